/*
 * S7 communication with Siemens' controllers over TPKT and X.224 (RFC 1006, port 102): one fact for each message with
 * the protocol number 0x32 (S7comm), and for each with 0x72 (S7comm-plus), of which only that is told.
 *
 * There is no public standard; sources: the descriptions of Wireshark's and of the Snap7 project's authors, and
 * captures.
 */
#ifndef NOROSHI_NET_S7_H
#define NOROSHI_NET_S7_H

#include "net/dissector.h"

enum s7_type { S7_JOB = 1, S7_ACK = 2, S7_ACK_DATA = 3, S7_USER_DATA = 7 };

struct s7_message {
	bool plus; /* S7comm-plus: nothing else is known */
	enum s7_type type;
	uint16_t reference; /* pairs a job with its acknowledgement */
	bool has_function;
	uint8_t function;                /* s7_function_name() */
	uint8_t error_class, error_code; /* of acknowledgements */
};

/* "read_var", "plc_stop" …; NULL when it has none. */
const char *s7_function_name(uint8_t function);

extern const struct dissector dissector_s7;

#endif
