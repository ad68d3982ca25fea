/*
 * Prefix sets: prefixes are cut into disjoint ranges, each with the numbers that cover it, by one sweep over their
 * borders.
 */
#include "match/prefix_set.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 position;

struct entry {
	position first, last;
	uint32_t number;
};

struct border { /* where something begins to cover, or has just ceased to */
	position at;
	uint32_t number;
	bool begins;
};

struct range { /* until the next range's first */
	position first;
	uint32_t numbers, count; /* in the pool */
};

struct prefix_set {
	struct entry *entries;
	size_t entry_count, entry_room;
	struct range *ranges;
	size_t range_count;
	uint32_t *pool;
	size_t pool_count, pool_room;
};

struct prefix_set *prefix_set_new(void)
{
	return calloc(1, sizeof(struct prefix_set));
}

void prefix_set_free(struct prefix_set *set)
{
	if (!set)
		return;
	free(set->entries);
	free(set->ranges);
	free(set->pool);
	free(set);
}

static position position_of(struct address address)
{
	position at = 0;
	for (int i = 0; i < 16; i++)
		at = at << 8 | address.bytes[i];
	return at;
}

enum error prefix_set_add(struct prefix_set *set, struct prefix prefix, uint32_t number)
{
	if (set->entry_count >= PREFIX_SET_LARGEST)
		return ERROR_LIMIT;
	if (set->entry_count == set->entry_room) {
		void *more = array_grow(set->entries, &set->entry_room, 256, sizeof *set->entries);
		if (!more)
			return ERROR_MEMORY;
		set->entries = more;
	}
	position first = position_of(prefix.address);
	position rest = prefix.length == 0 ? ~(position)0 : ((position)1 << (128 - prefix.length)) - 1;
	set->entries[set->entry_count++] = (struct entry){ first, first | rest, number };
	return OK;
}

static int compare_borders(const void *a, const void *b)
{
	const struct border *x = a, *y = b;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* How often each number covers the place of the sweep; only those that do are listed, ascending. */
struct active {
	struct {
		uint32_t number, times;
	} * at;
	size_t count, room;
};

static bool active_change(struct active *active, const struct border *border)
{
	size_t low = 0, high = active->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (active->at[middle].number < border->number)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < active->count && active->at[low].number == border->number;
	if (found) {
		active->at[low].times += border->begins ? 1u : -1u;
		if (active->at[low].times == 0) {
			memmove(active->at + low, active->at + low + 1, (--active->count - low) * sizeof *active->at);
		}
		return true;
	}
	if (active->count == active->room) {
		void *more = array_grow(active->at, &active->room, 64, sizeof *active->at);
		if (!more)
			return false;
		active->at = more;
	}
	memmove(active->at + low + 1, active->at + low, (active->count - low) * sizeof *active->at);
	active->at[low].number = border->number;
	active->at[low].times = 1;
	active->count++;
	return true;
}

/* Ends the range before `at` and begins one with the numbers that are active now. */
static bool range_add(struct prefix_set *set, position at, const struct active *active)
{
	size_t count = active->count < PREFIX_SET_NUMBERS ? active->count : PREFIX_SET_NUMBERS;
	if (set->pool_room - set->pool_count < count) {
		void *more = array_grow(set->pool, &set->pool_room, 1024, sizeof *set->pool);
		if (!more)
			return false;
		set->pool = more;
	}
	struct range *range = &set->ranges[set->range_count++];
	*range = (struct range){ at, (uint32_t)set->pool_count, (uint32_t)count };
	for (size_t i = 0; i < count; i++)
		set->pool[set->pool_count++] = active->at[i].number;
	return true;
}

enum error prefix_set_compile(struct prefix_set *set)
{
	size_t count = 0;
	struct active active = { 0 };
	struct border *borders = calloc(2 * set->entry_count + 1, sizeof *borders);
	set->ranges = calloc(2 * set->entry_count + 1, sizeof *set->ranges);
	bool good = borders && set->ranges;
	for (size_t i = 0; i < set->entry_count && good; i++) {
		const struct entry *entry = &set->entries[i];
		borders[count++] = (struct border){ entry->first, entry->number, true };
		if (entry->last != ~(position)0)
			borders[count++] = (struct border){ entry->last + 1, entry->number, false };
	}
	if (good && count > 0)
		qsort(borders, count, sizeof *borders, compare_borders);
	for (size_t i = 0; i < count && good;) {
		position at = borders[i].at;
		size_t end = i;
		/* What begins goes first, so that nothing ceases that was not there. */
		for (; end < count && borders[end].at == at; end++)
			if (borders[end].begins)
				good = good && active_change(&active, &borders[end]);
		for (; i < end; i++)
			if (!borders[i].begins)
				good = good && active_change(&active, &borders[i]);
		good = good && range_add(set, at, &active);
	}
	free(active.at);
	free(borders);
	free(set->entries);
	set->entries = NULL;
	set->entry_count = set->entry_room = 0;
	return good ? OK : ERROR_MEMORY;
}

const uint32_t *prefix_set_find(const struct prefix_set *set, struct address address, size_t *count)
{
	position at = position_of(address);
	size_t low = 0, high = set->range_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (set->ranges[middle].first <= at)
			low = middle + 1;
		else
			high = middle;
	}
	*count = low == 0 ? 0 : set->ranges[low - 1].count;
	return *count ? set->pool + set->ranges[low - 1].numbers : NULL;
}
