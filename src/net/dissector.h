/*
 * Dissectors: one file and one struct each. A dissector is told the bytes that each side of a flow sends, in order, and
 * emits its own struct of facts ("a DNS answer", "a TLS handshake"). It knows nothing of packets, output, or matching.
 *
 *   frame → packet → flow → stream (TCP) or datagram (UDP) → dissector → facts → whoever listens (struct listener)
 *
 * Protocols are told by content, never by port. Everything here belongs to the thread that works on the flow.
 */
#ifndef NOROSHI_NET_DISSECTOR_H
#define NOROSHI_NET_DISSECTOR_H

#include "base/text.h"
#include "base/time.h"
#include "net/field.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow; /* net/flow.h */

enum protocol {
	PROTOCOL_UNKNOWN,
	PROTOCOL_DNS,
	PROTOCOL_TLS,
	PROTOCOL_QUIC,
	PROTOCOL_HTTP,
	PROTOCOL_HTTP2,
	PROTOCOL_SMTP,
	PROTOCOL_SSH,
	PROTOCOL_FTP,
	PROTOCOL_SMB,
	PROTOCOL_RDP,
	PROTOCOL_KERBEROS,
	PROTOCOL_MQTT,
	PROTOCOL_MODBUS,
	PROTOCOL_DNP3,
	PROTOCOL_S7,
	PROTOCOL_POP3,
	PROTOCOL_IMAP,
	PROTOCOL_COUNT
};

/* Sides of a flow. Who is the client is known from the handshake, or taken to be who sent first; a dissector that knows
 * better (a response came first: midstream) may say so: dissection_swap(). */
enum side { SIDE_CLIENT, SIDE_SERVER };
#define OTHER_SIDE(one) ((enum side)(1 - (one)))

enum transport { TRANSPORT_TCP = 1, TRANSPORT_UDP = 2 };

/* How sure a dissector is that bytes are its protocol. */
enum likeness {
	LIKENESS_NONE,  /* they are not */
	LIKENESS_MAYBE, /* so far they could be: ask again with more of them */
	LIKENESS_SURE,
};

/* One protocol at work in one flow. */
struct dissection {
	const struct dissector *dissector;
	void *state; /* `state_size` zeroed bytes of the dissector's */
	const struct flow *flow;
	nanoseconds time; /* of the newest packet */
	enum transport transport;
	bool swapped; /* set by dissection_swap() */
	const struct listener *listener;
};

/* What data() returns when nothing that follows on this side interests. */
#define DISSECTION_DONE UINT64_MAX

struct dissector {
	const char *name; /* Suricata's app_proto: "dns", "http", "tls" */
	enum protocol protocol;
	unsigned transports; /* bits of enum transport */
	size_t state_size;
	/* How many bytes of one side may wait for the rest of a message (of TCP); with more the engine reports
	 * "applayer_too_long" and calls data() no more for that side. */
	size_t most_kept;

	/* The first bytes that this side sent. Never reads beyond `size`; gives NONE as soon as they cannot be the
	 * protocol. For UDP a MAYBE counts as NONE. */
	enum likeness (*recognise)(enum side side, const uint8_t *bytes, size_t size);
	/* May be NULL. */
	void (*start)(struct dissection *dissection);
	/* The bytes of a side that it was not done with yet, and new ones behind them. Returns how many from the
	 * beginning it is done with; 0 = show it again when there are more (dissection_want()); more than `size` = the
	 * ones that come next do not interest it either (and may be missing). Called again at once when it was done
	 * with some but not all. For UDP: one whole datagram; what it returns does not matter. What is malformed is
	 * reported by dissection_anomaly(), and the dissector goes on where it can. */
	uint64_t (*data)(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size);
	/* `missing` bytes of a side were never seen (capture loss); what was kept of that side is gone. Returns whether
	 * the dissector can go on with what follows. May be NULL: it cannot. */
	bool (*gap)(struct dissection *dissection, enum side side, uint64_t missing);
	/* A side has sent its last byte (FIN; RST and timeout end both). May be NULL. */
	void (*finished)(struct dissection *dissection, enum side side);
	/* The flow is over: emits what waited for more. Frees what `state` points to. May be NULL. */
	void (*stop)(struct dissection *dissection);

	/* Calls visit() with each field of the facts that indicators and signatures look at. NULL: it emits none. */
	void (*fields)(const void *facts, field_visitor visit, void *context);
};

/* Emits facts: the dissector's own struct, whose texts live until this returns. `side`: who said it. */
void dissection_emit(struct dissection *dissection, enum side side, const void *facts);
/* Something that the protocol's standard forbids: `event` is a stable lower-case name ("invalid_record_length"). The
 * same event is reported once for a flow and side. */
void dissection_anomaly(struct dissection *dissection, enum side side, const char *event);
/* From data() that returns 0: show this side again when it has so many bytes in all, of the same beginning. It may be
 * shown before, or never again when the side ends: a hint, so that a message that comes a byte at a time is not looked
 * at for each of them. */
void dissection_want(struct dissection *dissection, enum side side, size_t bytes);
/* What follows on this flow is another protocol (STARTTLS, CONNECT, Upgrade): `next` = NULL has it recognised afresh.
 * Takes effect for bytes of each side behind those that data() is done with. */
void dissection_become(struct dissection *dissection, const struct dissector *next);
/* The side that was taken for the client is the server. */
void dissection_swap(struct dissection *dissection);

/* Whoever listens to a worker's dissections (output, matching, detectors). Called on the worker's thread. */
struct listener {
	void *context;
	void (*facts)(void *context, const struct dissection *dissection, enum side side, const void *facts);
	void (*anomaly)(void *context, const struct dissection *dissection, enum side side, const char *event);
};

/* All of them, in the order in which they are asked; ends with NULL. (dissectors.c) */
extern const struct dissector *const dissectors[];
const struct dissector *dissector_of(enum protocol protocol); /* NULL for PROTOCOL_UNKNOWN and protocols without one */

#endif
