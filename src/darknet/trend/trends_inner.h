/*
 * Inside of trends.h: a run, and what of it is kept (trends_kept.c).
 */
#ifndef NOROSHI_DARKNET_TRENDS_INNER_H
#define NOROSHI_DARKNET_TRENDS_INNER_H

#include "darknet/trend/coverage.h"
#include "darknet/trend/trends.h"

#define TRENDS_BEGUN_MOST ((size_t)1 << 22)

struct trends {
	struct changes *changes;
	struct groups *groups;
	struct habits *habits;
	nanoseconds bin, open; /* its length; when the open one began, 0: none */
	nanoseconds check;     /* when what is certain is told next */
	struct coverage coverage;
	uint64_t *begun; /* keys of activities of the open bin */
	size_t begun_count, begun_room;
	uint64_t *resumed; /* the same, of the run before, by hash; NULL: none */
	size_t resumed_mask;
	uint64_t old, asleep;
	bool keeps;
	struct change *told;
	size_t told_count, told_room;
	struct group *found;
	size_t found_count, found_room;
	uint64_t untold;
	change_visitor tell_change; /* may be NULL */
	group_visitor tell_group;   /* the same */
	group_visitor tell_grown;   /* the same */
	void *context;
};

#endif
