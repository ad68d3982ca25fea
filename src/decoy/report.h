/*
 * What the process that answers tells the one that writes: one message of a socket pair (SOCK_SEQPACKET) for each
 * session that is over; and the other way a datagram that came.
 */
#ifndef NOROSHI_DECOY_REPORT_H
#define NOROSHI_DECOY_REPORT_H

#include "base/codec.h"
#include "decoy/session.h"
#include "net/address.h"

#define REPORT_MOST (192u << 10) /* bytes of a message */

struct report {
	uint8_t service; /* index in the configuration */
	struct address source;
	uint16_t port;     /* its */
	uint64_t datagram; /* which one; 0: a session of TCP */
	nanoseconds begun, ended;
	enum session_end end;
	uint32_t received, sent, left_out; /* bytes, bytes, facts */
	struct text facts, payload, answer;
	uint64_t refused; /* sessions since the last report */
};

/* `report->facts`, `payload` and `answer` are the session's. */
void report_encode(const struct report *report, struct builder *to);
/* Whoever sent it is not believed: false when it is none. Texts point into `message`. */
bool report_decode(struct text message, struct report *report);

struct datagram {
	uint64_t id;
	uint8_t service;
	struct text bytes;
};
void datagram_encode(const struct datagram *datagram, struct builder *to);
bool datagram_decode(struct text message, struct datagram *datagram);

/* The next fact of `facts`; false at the end. */
struct fact_text {
	enum fact kind;
	struct text first, second;
};
bool report_fact(struct reader *facts, struct fact_text *fact);

#endif
