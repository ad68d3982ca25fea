/*
 * Trends of a run; see the header.
 */
#include "darknet/trend/trends_inner.h"

#include "base/hash_inline.h"
#include "base/memory.h"
#include "darknet/packet/arrival.h"

#include <stdlib.h>

#define CHANGES_MOST 100000
#define GAP_MOST (62 * DAY)
#define GROWN_EVERY (5 * MINUTE) /* fewer sources than … */
#define GROWN_MANY 1000          /* … these wait so long */

void trends_tell(struct trends *trends, change_visitor change, group_visitor group, void *context)
{
	trends->tell_change = change;
	trends->tell_group = group;
	trends->context = context;
}

void trends_tell_sources(struct trends *trends, group_visitor grown)
{
	trends->tell_grown = grown;
}

struct trends *trends_new(nanoseconds bin)
{
	struct trends *trends = calloc(1, sizeof *trends);
	struct changes_settings changes = changes_usual;
	struct groups_settings groups = groups_usual;
	if (!trends)
		return NULL;
	trends->coverage.bin = trends->bin = changes.bin = groups.bin = bin ? bin : HOUR;
	trends->changes = changes_new(&changes);
	trends->groups = groups_new(&groups);
	trends->habits = habits_new(&habits_usual);
	if (trends->changes && trends->groups && trends->habits)
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
	habits_free(trends->habits);
	free(trends->told);
	free(trends->found);
	free(trends->begun);
	free(trends->resumed);
	free(trends);
}

static void keep_change(void *context, const struct change *change)
{
	struct trends *trends = context;
	if (trends->tell_change)
		trends->tell_change(trends->context, change);
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
static void tell_group(void *context, const struct group *group)
{
	const struct trends *trends = context;
	if (trends->tell_group)
		trends->tell_group(trends->context, group);
}

static void tell_grown(void *context, const struct group *group)
{
	const struct trends *trends = context;
	if (trends->tell_grown)
		trends->tell_grown(trends->context, group);
}

static void check(struct trends *trends)
{
	changes_check(trends->changes, trends->check, keep_change, trends);
	groups_check(trends->groups, trends->check, tell_group, trends);
	groups_grown(trends->groups, trends->check % GROWN_EVERY == 0 ? 1 : GROWN_MANY, tell_grown, trends);
}

static void close_bin(struct trends *trends)
{
	double awake = coverage_close(&trends->coverage, trends->open);
	trends->asleep += awake < 0.5;
	changes_close(trends->changes, trends->open, awake, keep_change, trends);
	groups_close(trends->groups, trends->open, awake, tell_group, trends);
	groups_grown(trends->groups, 1, tell_grown, trends);
	trends->open += trends->bin;
	trends->check = trends->open + MINUTE;
	trends->begun_count = 0;
	free(trends->resumed);
	trends->resumed = NULL;
}

/* False: it is older than what is known. */
static bool reach(struct trends *trends, nanoseconds bin)
{
	if (trends->open == 0) {
		trends->open = bin;
		trends->check = bin + MINUTE;
	}
	nanoseconds gap = bin - trends->open;
	if (gap < 0) {
		trends->old++;
		return false;
	}
	if (gap > GAP_MOST) {
		close_bin(trends);
		trends->open += (gap - GAP_MOST) / trends->bin * trends->bin;
	}
	while (trends->open < bin)
		close_bin(trends);
	return true;
}

/* What tells an activity from the others of its bin. */
static uint64_t key_of(const struct activity *activity)
{
	uint64_t what = (uint64_t)activity->kind << 40 | (uint64_t)activity->method << 32 |
			(uint64_t)activity->protocol << 16 | activity->port;
	uint64_t key = hash_u64_inline(hash_16_inline(&activity->source, 43) ^ what, 44);
	return key ? key : 1;
}

static bool was_begun(const struct trends *trends, const struct activity *activity)
{
	if (!trends->resumed)
		return false;
	uint64_t key = key_of(activity);
	for (size_t at = key;; at++)
		if (trends->resumed[at & trends->resumed_mask] == key)
			return true;
		else if (trends->resumed[at & trends->resumed_mask] == 0)
			return false;
}

/* Remembered until its bin is over, for whoever goes on in the midst of it. */
static void remember(struct trends *trends, uint64_t key)
{
	if (trends->begun_count == trends->begun_room) {
		uint64_t *more = NULL;
		if (trends->begun_count < TRENDS_BEGUN_MOST)
			more = array_grow(trends->begun, &trends->begun_room, 4096, sizeof *more);
		if (!more) {
			trends->untold++;
			return;
		}
		trends->begun = more;
	}
	trends->begun[trends->begun_count++] = key;
}

static void begin(struct trends *trends, const struct activity *activities, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		coverage_mark(&trends->coverage, trends->open, activities[i].first);
		if (trends->keeps)
			remember(trends, key_of(&activities[i]));
	}
	changes_add(trends->changes, activities, count);
	groups_add(trends->groups, activities, count);
}

void trends_clock(struct trends *trends, nanoseconds now)
{
	if (trends->open == 0)
		return;
	while (trends->open + trends->bin <= now && now - trends->open < GAP_MOST)
		close_bin(trends);
	if (now < trends->check)
		return;
	check(trends);
	trends->check = now / MINUTE * MINUTE + MINUTE;
}

/* How many of them begin before anything is told or closed: the first always. */
static size_t run_of(const struct trends *trends, const struct activity *activities, size_t count)
{
	nanoseconds end = trends->open + trends->bin;
	size_t run = 1;
	end = trends->check < end ? trends->check : end;
	while (run < count && activities[run].bin == trends->open && activities[run].first < end)
		run++;
	return run;
}

void trends_begin(struct trends *trends, const struct activity *activities, size_t count)
{
	for (size_t i = 0, run = 1; i < count; i += run) {
		run = 1;
		if (!reach(trends, activities[i].bin))
			continue;
		trends_clock(trends, activities[i].first);
		if (trends->resumed) {
			if (!was_begun(trends, &activities[i]))
				begin(trends, &activities[i], 1);
			continue;
		}
		run = run_of(trends, activities + i, count - i);
		begin(trends, activities + i, run);
	}
}

void trends_more(struct trends *trends, const struct activity *activity)
{
	if (activity->bin != trends->open)
		return; /* its beginning was too old */
	uint32_t packets = activity->packets - !was_begun(trends, activity);
	coverage_mark(&trends->coverage, trends->open, activity->last);
	if (packets)
		groups_more(trends->groups, activity, packets);
	habits_add(trends->habits, activity);
}

void trends_add(struct trends *trends, const struct activity *activity)
{
	if (!reach(trends, activity->bin))
		return;
	coverage_mark(&trends->coverage, trends->open, activity->last);
	if (was_begun(trends, activity))
		groups_more(trends->groups, activity, activity->packets);
	else
		begin(trends, activity, 1);
	habits_add(trends->habits, activity);
}

void trends_addresses(struct trends *trends, uint64_t addresses)
{
	habits_addresses(trends->habits, addresses);
}

struct habit trends_habit(const struct trends *trends, struct address source, uint8_t tool)
{
	return trends ? habits_of(trends->habits, source, tool) : (struct habit){ .confidence = HABIT_NONE };
}

void trends_lost(struct trends *trends, nanoseconds from, nanoseconds to)
{
	coverage_lost(&trends->coverage, trends->open, from, to);
}

void trends_keep(struct trends *trends)
{
	trends->keeps = true;
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
	if (trends->open && !trends->keeps)
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

uint64_t trends_old(const struct trends *trends)
{
	return trends->old;
}

uint64_t trends_asleep(const struct trends *trends)
{
	return trends->asleep;
}

nanoseconds trends_open(const struct trends *trends)
{
	return trends->open;
}
