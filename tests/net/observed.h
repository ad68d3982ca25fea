/*
 * What the tests of the observer share: a dissector of their own, what it and the observer said, and segments of one
 * connection on their way to it.
 */
#ifndef NOROSHI_TESTS_OBSERVED_H
#define NOROSHI_TESTS_OBSERVED_H

#include "net/observer.h"
#include "wire.h"

struct seen {
	struct builder said[2]; /* the messages of each side, a line each */
	struct builder events;
	struct flow flows[64];
	enum flow_over why[64];
	unsigned flow_count, begun_count;
};

/* With `changed` NULL: the defaults, for 1,000 flows. */
struct observer *observe(struct seen *seen, const struct observer_settings *changed);
void forget(struct seen *seen);
const char *said(const struct builder *builder);

extern unsigned unfinished_shown; /* how often the dissector was shown a message that is not whole */

/* A segment of the one connection, a millisecond after the last one; side 0 is the client, 10.0.0.1:40000. */
struct segment {
	unsigned side;
	uint32_t sequence, acknowledgement, size;
	unsigned flags;
	const uint8_t *bytes;
};
void send_segment(struct observer *observer, const struct segment *segment);
void say(struct observer *observer, unsigned side, uint32_t sequence, unsigned flags, const char *bytes);
/* A frame of raw IP. */
void send_wire(struct observer *observer, const struct wire *wire, nanoseconds time);
nanoseconds next_moment(void); /* a millisecond later each time */

#endif
