/*
 * The flows that are under way: found by the ends of a packet in either direction, ended after quiet, within a number
 * that is set. Memory is taken at the start, and used as it is needed.
 *
 * One thread.
 */
#ifndef NOROSHI_NET_FLOW_TABLE_H
#define NOROSHI_NET_FLOW_TABLE_H

#include "net/flow.h"
#include "net/packet.h"

struct flow_table;
struct stream;

/* A flow with its place. Two lines of cache: see flow.h. */
struct flow_entry {
	struct flow flow;
	uint32_t next, previous; /* of those that end in the same second; entry 0 is none */
	/* Of a TCP flow whose content nobody looks at (yet): by side, the number of the first byte behind its SYN. */
	union {
		struct stream *stream;
		uint32_t first_byte[2];
	};
};

struct flow_table_settings {
	uint32_t flows; /* at most so many */
	nanoseconds timeout_new, timeout_established, timeout_closed, timeout_udp;
	uint64_t first_id, id_step;
	/* Before the entry is taken back. */
	void (*over)(void *context, struct flow_entry *entry, enum flow_over why);
	void *context;
};

struct flow_table *flow_table_new(const struct flow_table_settings *settings); /* NULL without memory */
void flow_table_free(struct flow_table *table);                                /* without telling of flows */

uint32_t flow_table_hash(const struct flow_table *table, const struct packet *packet);
/* The flow of this packet, which is a new one (packets of both sides 0) when there was none; which side sent it. */
struct flow_entry *flow_table_find(
    struct flow_table *table, const struct packet *packet, uint32_t hash, nanoseconds now, enum side *side);
/* What flow_table_find() will look at comes into the cache while others are looked for: first the index (gives the
 * hash), a little later the flow. */
uint32_t flow_table_prefetch(const struct flow_table *table, const struct packet *packet);
void flow_table_prefetch_entry(const struct flow_table *table, uint32_t hash);

void flow_table_state(struct flow_table *table, struct flow_entry *entry, enum flow_state state);
/* Ends the flows that were quiet for too long. Comes before the first flow_table_find(), and when a second has passed.
 */
void flow_table_time(struct flow_table *table, nanoseconds now);
void flow_table_end(struct flow_table *table, enum flow_over why); /* all of them */

uint64_t flow_table_begun(const struct flow_table *table);
uint64_t flow_table_forced(const struct flow_table *table);
uint32_t flow_table_active(const struct flow_table *table);

#endif
