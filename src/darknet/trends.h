/*
 * Trends: changes and groups of all activities of a run, bin after bin, and what of them is told in the end.
 *
 *   activities, in order of their bins → trends_add() … trends_finish() → changes, groups
 *
 * Bins between two activities in which nothing came are closed as empty ones, 62 days of them at most: what is further
 * apart is not one history. What learns for 14 days says nothing of shorter input. One thread.
 */
#ifndef NOROSHI_DARKNET_TRENDS_H
#define NOROSHI_DARKNET_TRENDS_H

#include "darknet/changes.h"
#include "darknet/groups.h"

#include <stdio.h>

struct trends;

struct trends *trends_new(nanoseconds bin); /* 0 = an hour; NULL without memory */
void trends_free(struct trends *trends);
void trends_add(struct trends *trends, const struct activity *activity);
void trends_finish(struct trends *trends);

/* After trends_finish(), by the time they were noticed. Both live as long as the trends. */
const struct change *trends_changes(const struct trends *trends, size_t *count);
const struct group *trends_groups(const struct trends *trends, size_t *count);
uint64_t trends_untold(const struct trends *trends); /* changes beyond 100,000, or for which there was no memory */

/* The items of the JSON arrays `changes` and `groups`, without their brackets; docs/darknet.md has their keys. */
void change_json(const struct change *change, struct builder *to);
void group_json(const struct group *group, struct builder *to);

#endif
