/*
 * What a live sensor looks for, in its main thread: what the opener hands over becomes what is in force.
 *
 *   at the start: each set as it comes; then: large sets by a thread of their own (taker.h), changes at once
 */
#ifndef NOROSHI_WATCH_SENSOR_LISTS_H
#define NOROSHI_WATCH_SENSOR_LISTS_H

#include "base/loop.h"
#include "watch/opener.h"
#include "watch/taker.h"

struct sensor_lists {
	const struct detection_files *files;
	struct detection_sets *sets; /* NULL: nothing is looked for */
	struct taker *taker;         /* NULL at the start */
	struct loop *loop;
	uint64_t sets_taken, sets_refused, changes_taken, changes_refused;
	bool have[DETECTION_KINDS];
	struct failure refused;      /* at the start: why it cannot begin */
	nanoseconds changes_next;    /* monotonic: not read before */
	struct watch *changes_timer; /* NULL: none is waited for */
};

/* Begins the taker: the start is over. */
enum error sensor_lists_begin(struct sensor_lists *lists, struct failure *failure);

/* What the opener answered: OPENER_SETS, OPENER_CHANGES. The descriptor is taken. */
void sensor_lists_set(struct sensor_lists *lists, const struct opener_answer *answer, int descriptor);
void sensor_lists_changes(struct sensor_lists *lists, int descriptor);

#endif
