/*
 * Drives dissectors as the observer does, without packets: a conversation is what each side says in turn; it is given
 * to the dissectors whole, cut at every place, and byte by byte, and must give the same facts each time.
 */
#ifndef NOROSHI_TESTS_NET_DISSECTOR_DRIVER_H
#define NOROSHI_TESTS_NET_DISSECTOR_DRIVER_H

#include "net/dissector.h"
#include "net/flow.h"

/* One turn: bytes of a side, or a hole of `missing` bytes in what it sent. */
struct said {
	enum side side;
	const void *at;
	size_t size;
	uint64_t missing;
};
#define SAID_CLIENT(literal)                                                                                           \
	{                                                                                                              \
		SIDE_CLIENT, (literal), sizeof(literal) - 1, 0                                                         \
	}
#define SAID_SERVER(literal)                                                                                           \
	{                                                                                                              \
		SIDE_SERVER, (literal), sizeof(literal) - 1, 0                                                         \
	}
#define SAID_MISSING(side, bytes)                                                                                      \
	{                                                                                                              \
		(side), NULL, 0, (bytes)                                                                               \
	}

struct conversation {
	enum transport transport;          /* 0 = TCP; of UDP each turn is a datagram, and is never cut */
	uint16_t port;                     /* of the server; 0 = 4242 */
	const struct dissector *dissector; /* NULL = recognised among all of them */
	const struct said *said;
	size_t count;
};
#define CONVERSATION(array) .said = (array), .count = sizeof(array) / sizeof *(array)

/* How facts are shown: one line each ("client dns {…}" with driver_show_eve). */
typedef void (*driver_show)(struct builder *to, const struct dissection *dissection, enum side side, const void *facts);
/* As the members of their EVE records: "{\"tx_id\":0,…}". */
void driver_show_eve(struct builder *to, const struct dissection *dissection, enum side side, const void *facts);
/* As the fields that they have: "dns.query=example.org dns.address=192.0.2.1". */
void driver_show_fields(struct builder *to, const struct dissection *dissection, enum side side, const void *facts);

/* How turns on TCP are cut. */
struct cut {
	bool bytewise;   /* each byte comes alone */
	size_t turn, at; /* else turn `turn` is cut behind `at` bytes; 0 = not */
};
/* Ends with both sides finished. Adds a line to `to` for each fact and for each anomaly ("client anomaly EVENT"). */
void driver_run(const struct conversation *conversation, driver_show show, const struct cut *cut, struct builder *to);

/* Runs it whole, byte by byte, and with every turn (its first 4,000 bytes) cut in two at every place; each must show
 * `expected` (lines, in their order), or the test fails with what differs. (dissector_expect.c) */
void driver_expect(const struct conversation *conversation, driver_show show, const char *expected);

#endif
