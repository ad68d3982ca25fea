/*
 * Trends: changes and groups of all activities of a run, bin after bin, and what of them is told in the end.
 *
 *   first packets of activities, in order of time → trends_begin(); what they did in all → trends_more()
 *   or whole activities, in order of their bins → trends_add()
 *   … trends_finish() → changes, groups
 *
 * What is certain is told at the next full minute of the activities' own time (trends_add(): when the bin is over), so
 * that files and an interface tell the same. Bins between two activities in which nothing came are closed as empty
 * ones, 62 days of them at most: what is further apart is not one history. What learns for 14 days says nothing of
 * shorter input. Bins, or parts of them, in which the sensor did not listen teach nothing and are no falls
 * (coverage.h).
 *
 * What was learnt can be kept in a file and goes on from there, in the midst of a bin too: a run that is broken
 * anywhere tells what one run would. What an earlier run saw in that bin counts once when it is seen again; what is
 * older is left out and counted. Beside changes and groups it learns who behaves as researchers do (habits.h), which
 * decides nothing here. One thread.
 */
#ifndef NOROSHI_DARKNET_TRENDS_H
#define NOROSHI_DARKNET_TRENDS_H

#include "base/error.h"
#include "darknet/trend/changes.h"
#include "darknet/trend/groups.h"
#include "darknet/trend/habits.h"

#include <stdio.h>

#define TRENDS_FILE_MOST ((size_t)1 << 30) /* bytes of what is kept: some 60 MB, 300 at its bounds */

struct trends;

struct trends *trends_new(nanoseconds bin); /* 0 = an hour; NULL without memory */
void trends_free(struct trends *trends);
/* Told of each when it is noticed, of a group also when it grew and when it ended. Either may be NULL. */
void trends_tell(struct trends *trends, change_visitor change, group_visitor group, void *context);
/* Told of each group to which sources came that it was not told with: of a thousand at the next full minute, of fewer
 * at the next full five minutes, or when the bin is over. Its addresses from `listed` on are those. */
void trends_tell_sources(struct trends *trends, group_visitor grown);
/* Of the telescope, of which habits.h asks how much of it somebody asked for. */
void trends_addresses(struct trends *trends, uint64_t addresses);
/* Many at once are cheaper; what is told is the same. */
void trends_begin(struct trends *trends, const struct activity *activities, size_t count);
void trends_more(struct trends *trends, const struct activity *activity);
void trends_add(struct trends *trends, const struct activity *activity);
/* Everything before `now` was told: what is certain is told by now. */
void trends_clock(struct trends *trends, nanoseconds now);
/* The sensor did not listen, or lost so much that it says nothing. In order of time: before what came behind it. */
void trends_lost(struct trends *trends, nanoseconds from, nanoseconds to);
/* There is nothing more: the last bin is closed, unless trends_keep() said that it goes on. */
void trends_finish(struct trends *trends);

/* What was learnt goes on in another run. Before anything is told, else what began before is told twice there. */
void trends_keep(struct trends *trends);
/* docs/formats/darknet-history.md; trends_write() without the checksum (base/hash.h, 4 bytes, little-endian) of all
 * that it wrote. ERROR_MEMORY. */
enum error trends_write(const struct trends *trends, struct builder *to, struct failure *failure);
enum error trends_save(const struct trends *trends, struct builder *to, struct failure *failure);
/* Into new ones, before anything is told. ERROR_CORRUPT, ERROR_VERSION, ERROR_CONFLICT (bins of another length),
 * ERROR_MEMORY: they are then good for nothing but trends_free(). `name` is the file's, for the failure. */
enum error trends_load(struct trends *trends, struct text from, const char *name, struct failure *failure);

/* How it has behaved for days, by the bins that are over. `trends` may be NULL: nothing is known. */
struct habit trends_habit(const struct trends *trends, struct address source, uint8_t tool);

/* After trends_finish(), by the time they were noticed. Both live as long as the trends. */
const struct change *trends_changes(const struct trends *trends, size_t *count);
const struct group *trends_groups(const struct trends *trends, size_t *count);
nanoseconds trends_open(const struct trends *trends); /* when the open bin began; 0: nothing was told yet */
uint64_t trends_old(const struct trends *trends);     /* activities older than what was kept */
uint64_t trends_asleep(const struct trends *trends);  /* bins of which the sensor missed more than half */
uint64_t trends_untold(const struct trends *trends);  /* changes beyond 100,000, or for which there was no memory */

/* The items of the JSON arrays `changes` and `groups`, without their brackets; docs/darknet.md has their keys. */
void change_json(const struct change *change, struct builder *to);
/* With the first `listed` of its addresses. */
void group_json(const struct group *group, size_t listed, struct builder *to);

#endif
