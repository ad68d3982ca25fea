/*
 * Trends of a run; see the header.
 */
#include "darknet/trends.h"

#include "base/memory.h"

#include <stdlib.h>

#define CHANGES_MOST 100000
#define GAP_MOST (62 * DAY)

struct trends {
	struct changes *changes;
	struct groups *groups;
	nanoseconds bin, open; /* its length; when the open one began, 0: none */
	struct change *told;
	size_t told_count, told_room;
	struct group *found;
	size_t found_count, found_room;
	uint64_t untold;
};

struct trends *trends_new(nanoseconds bin)
{
	struct trends *trends = calloc(1, sizeof *trends);
	struct changes_settings changes = changes_usual;
	struct groups_settings groups = groups_usual;
	if (!trends)
		return NULL;
	trends->bin = changes.bin = groups.bin = bin ? bin : HOUR;
	trends->changes = changes_new(&changes);
	trends->groups = groups_new(&groups);
	if (trends->changes && trends->groups)
		return trends;
	trends_free(trends);
	return NULL;
}

void trends_free(struct trends *trends)
{
	if (!trends)
		return;
	changes_free(trends->changes);
	groups_free(trends->groups);
	free(trends->told);
	free(trends->found);
	free(trends);
}

static void keep_change(void *context, const struct change *change)
{
	struct trends *trends = context;
	if (trends->told_count == trends->told_room) {
		struct change *more = NULL;
		if (trends->told_count < CHANGES_MOST)
			more = array_grow(trends->told, &trends->told_room, 64, sizeof *more);
		if (!more) {
			trends->untold++;
			return;
		}
		trends->told = more;
	}
	trends->told[trends->told_count++] = *change;
}

/* Groups grow on: all of them are fetched in the end. */
static void keep_no_group(void *context, const struct group *group)
{
	(void)context;
	(void)group;
}

static void close_bin(struct trends *trends)
{
	changes_close(trends->changes, trends->open, keep_change, trends);
	groups_close(trends->groups, trends->open, keep_no_group, trends);
	trends->open += trends->bin;
}

void trends_add(struct trends *trends, const struct activity *activity)
{
	if (trends->open == 0)
		trends->open = activity->bin;
	nanoseconds gap = activity->bin - trends->open;
	if (gap > GAP_MOST)
		trends->open += (gap - GAP_MOST) / trends->bin * trends->bin;
	while (trends->open < activity->bin)
		close_bin(trends);
	changes_add(trends->changes, activity);
	groups_add(trends->groups, activity);
}

static void keep_group(void *context, const struct group *group)
{
	struct trends *trends = context;
	if (trends->found_count == trends->found_room) {
		struct group *more = array_grow(trends->found, &trends->found_room, 64, sizeof *more);
		if (!more) {
			trends->untold++;
			return;
		}
		trends->found = more;
	}
	trends->found[trends->found_count++] = *group;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct group *)a)->number, y = ((const struct group *)b)->number;
	return (x > y) - (x < y);
}

void trends_finish(struct trends *trends)
{
	if (trends->open)
		close_bin(trends);
	groups_each(trends->groups, keep_group, trends);
	if (trends->found_count)
		qsort(trends->found, trends->found_count, sizeof *trends->found, by_number);
}

const struct change *trends_changes(const struct trends *trends, size_t *count)
{
	*count = trends->told_count;
	return trends->told;
}

const struct group *trends_groups(const struct trends *trends, size_t *count)
{
	*count = trends->found_count;
	return trends->found;
}

uint64_t trends_untold(const struct trends *trends)
{
	return trends->untold;
}
