/*
 * Joins what flow exporters tell into flows with two sides, as detectors see them: each direction comes in a record of
 * its own, a long flow in several pieces, a sampled packet (sFlow) as a record.
 *
 *   struct flow_record → struct flow_join → struct joined_flow
 *
 * A flow is told a while after its first record, when the other direction has come too; what comes later of the same
 * ends is told as its continuation. Memory is fixed; what a full table tells too early it counts. One thread.
 */
#ifndef NOROSHI_WATCH_FLOW_JOIN_H
#define NOROSHI_WATCH_FLOW_JOIN_H

#include "formats/flow_record.h"
#include "watch/behaviour.h"

struct joined_flow {
	struct flow flow; /* what came since it was told the last time; `first` is the beginning of all */
	struct seen_flow seen;
	struct address exporter;
};

struct flow_join_settings {
	uint32_t flows;   /* that may wait or be remembered, at least 64 */
	nanoseconds wait; /* for the rest of a flow, by the time at which records are received */
	nanoseconds keep; /* for its continuation: longer than exporters go on with a flow without telling of it */
	uint64_t seed;
	const struct behaviour_settings *behaviour; /* what is inside; lives longer */
	void (*told)(void *context, const struct joined_flow *joined);
	void *context;
};
extern const struct flow_join_settings flow_join_defaults;

struct flow_join;
struct flow_join *flow_join_new(const struct flow_join_settings *settings); /* NULL without memory */
void flow_join_free(struct flow_join *join);                                /* without telling */

/* Times of a record that are later than when it was received are moved to that: a clock of an exporter that is wrong
 * makes no future. */
void flow_join_record(struct flow_join *join, const struct flow_record *record, nanoseconds received);
void flow_join_time(struct flow_join *join, nanoseconds now); /* tells what has waited enough */
void flow_join_finish(struct flow_join *join);                /* tells all that wait */

struct flow_join_counts {
	uint64_t records, flows, continued; /* given; told as beginnings; told as continuations */
	uint64_t alone;                     /* told with one direction only */
	uint64_t early;                     /* told, because the table was full, before the rest could come */
	uint64_t future;                    /* records whose time was moved */
};
struct flow_join_counts flow_join_count(const struct flow_join *join);

#endif
