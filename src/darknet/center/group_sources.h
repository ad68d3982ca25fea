/*
 * All sources of a group: what the lines that its telescope wrote of it name together.
 *
 *   history: the group's alerts ─┐
 *                                ├─► group_sources_look(), slice by slice ─► `list`, each source once
 *   records: "group-sources"    ─┘
 *
 * Lines may come in any order and more than once. One thread.
 */
#ifndef NOROSHI_DARKNET_GROUP_SOURCES_H
#define NOROSHI_DARKNET_GROUP_SOURCES_H

#include "http/call.h"
#include "store/record_store.h"

#include <jansson.h>

#define GROUP_SOURCES_MOST 131072u /* a telescope tells 100,000 */

struct listed_source {
	struct address address;
	uint32_t place; /* in the group, as its telescope counts; the lowest of those that lines say */
};

struct group_sources {
	struct uuid wanted;    /* finding_id() */
	nanoseconds noticed;   /* of the group; 0 = it is looked for in the last 30 days */
	json_t *finding;       /* "darknet" of the alert with the most sources; else of the last */
	uint64_t most, told;   /* sources of `finding`; the most that any line says */
	uint32_t sensor;       /* that wrote it */
	uint32_t organisation; /* its own */
	/* By place, then address, once all was looked at. */
	struct listed_source *list;
	size_t count, room;
	uint64_t beyond; /* at least so many found no room */
	/* How far it is. */
	struct record_place place;
	bool found; /* the alerts were looked at */
};

/* Unpacks some `budget` bytes. ERROR_AGAIN: there is more to be looked at; ERROR_NOT_FOUND: there is no such group that
 * the scope reads. group_sources_free() in any case. */
enum error group_sources_look(
    struct call *call, struct group_sources *sources, uint64_t budget, struct failure *failure);
void group_sources_free(struct group_sources *sources);

#endif
