/*
 * The observer's own struct, and what looks at the content of flows; see observer.h.
 */
#ifndef NOROSHI_NET_OBSERVER_INNER_H
#define NOROSHI_NET_OBSERVER_INNER_H

#include "net/flow_table.h"
#include "net/fragments.h"
#include "net/observer.h"
#include "net/stream.h"

/* struct flow's `content`. */
enum content {
	CONTENT_NONE,   /* none yet */
	CONTENT_STREAM, /* the entry has a stream */
	CONTENT_DONE,   /* nobody wants more */
};

struct observer {
	struct observer_settings settings;
	struct observer_counts counts;
	struct flow_table *table;
	struct fragments *fragments;
	struct stream_memory memory;
	const struct frame *frame; /* the one under way */
	nanoseconds now;           /* the newest time of the packets' clock */
	bool silent;               /* no dissector is told of ends */
};

/* Give the packet's content to the flow's dissector. What is wrong is added to the packet's events. */
/* Returns whether the packet should not count for the connection's state: a reset that the other side would ignore. */
bool observe_tcp(struct observer *observer, struct flow_entry *entry, struct packet *packet, enum side side);
void observe_udp(struct observer *observer, struct flow_entry *entry, struct packet *packet, enum side side);
/* The flow, which has a stream, is over. */
void observe_end(struct observer *observer, struct flow_entry *entry);

#endif
