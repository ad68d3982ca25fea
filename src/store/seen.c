/*
 * Which parts of which batches and files are stored already. A ring of epochs in the order of their first coming, each
 * with its ranges in order, and an open-addressing table of their places. At the bound the oldest epoch goes, unless it
 * was touched since it last came round: a batch of it that is sent again later is then stored a second time.
 */
#include "store/seen.h"

#include <stdlib.h>
#include <string.h>

struct range {
	uint64_t first, end;
	nanoseconds received;
	uint32_t lines, alerts, skipped, malformed;
};

struct entry {
	struct hash128 epoch;
	uint32_t sensor;
	uint16_t count, room;
	bool touched;
	struct range *ranges;
};

struct seen {
	struct entry *entries;
	uint32_t *table; /* place + 1; 0 = free; twice as many as entries, a power of two */
	uint32_t room, count, oldest;
	uint32_t ranges;
};

struct seen *seen_new(void)
{
	return calloc(1, sizeof(struct seen));
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	for (uint32_t i = 0; i < seen->count; i++)
		free(seen->entries[i].ranges);
	free(seen->entries);
	free(seen->table);
	free(seen);
}

static uint32_t slot_of(const struct seen *seen, uint32_t sensor, struct hash128 epoch)
{
	uint64_t hash = hash_u64(epoch.low ^ hash_u64(epoch.high, sensor), 0x5ee4);
	return (uint32_t)hash & (2 * seen->room - 1);
}

/* The slot that holds it, or the free one where it would go. */
static uint32_t look(const struct seen *seen, uint32_t sensor, struct hash128 epoch)
{
	uint32_t slot = slot_of(seen, sensor, epoch);
	while (seen->table[slot]) {
		const struct entry *entry = &seen->entries[seen->table[slot] - 1];
		if (entry->sensor == sensor && entry->epoch.high == epoch.high && entry->epoch.low == epoch.low)
			break;
		slot = (slot + 1) & (2 * seen->room - 1);
	}
	return slot;
}

/* Frees a slot and closes the gap, so that every other entry is still found from its own slot on. */
static void unlink_slot(struct seen *seen, uint32_t slot)
{
	uint32_t mask = 2 * seen->room - 1, gap = slot;
	for (uint32_t next = (slot + 1) & mask; seen->table[next]; next = (next + 1) & mask) {
		const struct entry *entry = &seen->entries[seen->table[next] - 1];
		uint32_t home = slot_of(seen, entry->sensor, entry->epoch);
		if (((next - home) & mask) >= ((next - gap) & mask)) {
			seen->table[gap] = seen->table[next];
			gap = next;
		}
	}
	seen->table[gap] = 0;
}

static bool grow(struct seen *seen)
{
	uint32_t room = seen->room ? 2 * seen->room : 1024;
	struct entry *entries = realloc(seen->entries, room * sizeof *entries);
	if (!entries)
		return false;
	seen->entries = entries;
	uint32_t *table = calloc(2 * (size_t)room, sizeof *table);
	if (!table)
		return false;
	free(seen->table);
	seen->table = table;
	seen->room = room;
	for (uint32_t place = 0; place < seen->count; place++)
		seen->table[look(seen, entries[place].sensor, entries[place].epoch)] = place + 1;
	return true;
}

static void forget_oldest(struct seen *seen)
{
	while (seen->entries[seen->oldest].touched) {
		seen->entries[seen->oldest].touched = false;
		seen->oldest = (seen->oldest + 1) % seen->count;
	}
	struct entry *entry = &seen->entries[seen->oldest];
	uint32_t slot = look(seen, entry->sensor, entry->epoch);
	if (seen->table[slot] == seen->oldest + 1)
		unlink_slot(seen, slot);
	seen->ranges -= entry->count;
	free(entry->ranges);
	*entry = (struct entry){ 0 };
}

/* A place for a new epoch: a fresh one, or that of the oldest. */
static bool take_place(struct seen *seen, uint32_t *place)
{
	if (seen->count == seen->room && seen->room < SEEN_EPOCHS && !grow(seen))
		return false;
	bool full = seen->count == seen->room || seen->ranges >= SEEN_RANGES_ALL;
	if (!full) {
		*place = seen->count++;
		seen->entries[*place] = (struct entry){ 0 };
		return true;
	}
	forget_oldest(seen);
	*place = seen->oldest;
	seen->oldest = (seen->oldest + 1) % seen->count;
	return true;
}

static void range_join(struct range *into, const struct range *other)
{
	if (other->end > into->end)
		into->end = other->end;
	into->lines += other->lines;
	into->alerts += other->alerts;
	into->skipped += other->skipped;
	into->malformed += other->malformed;
}

/* Makes one of the first two neighbours that touch; when none do, forgets the lowest. */
static void make_one_less(struct seen *seen, struct entry *entry)
{
	uint16_t at = 0;
	while (at + 1 < entry->count && entry->ranges[at + 1].first > entry->ranges[at].end)
		at++;
	if (at + 1 < entry->count)
		range_join(&entry->ranges[at], &entry->ranges[at + 1]);
	else
		at = (uint16_t)-1;
	uint16_t gone = (uint16_t)(at + 1);
	memmove(
	    &entry->ranges[gone], &entry->ranges[gone + 1], (size_t)(entry->count - gone - 1) * sizeof *entry->ranges);
	entry->count--;
	seen->ranges--;
}

static bool range_insert(struct seen *seen, struct entry *entry, const struct range *range)
{
	if (entry->count == SEEN_RANGES)
		make_one_less(seen, entry);
	if (entry->count == entry->room) {
		uint16_t room = entry->room ? (uint16_t)(2 * entry->room) : 1;
		struct range *ranges = realloc(entry->ranges, room * sizeof *ranges);
		if (!ranges)
			return false;
		entry->ranges = ranges;
		entry->room = room;
	}
	uint16_t at = entry->count;
	while (at > 0 && entry->ranges[at - 1].first > range->first)
		at--;
	memmove(&entry->ranges[at + 1], &entry->ranges[at], (size_t)(entry->count - at) * sizeof *entry->ranges);
	entry->ranges[at] = *range;
	entry->count++;
	seen->ranges++;
	return true;
}

bool seen_add(struct seen *seen, const struct history_batch *batch)
{
	if (seen->room == 0 && !grow(seen))
		return false;
	uint32_t slot = look(seen, batch->sensor, batch->epoch), place;
	if (seen->table[slot]) {
		place = seen->table[slot] - 1;
		seen->entries[place].touched = true;
	} else {
		if (!take_place(seen, &place))
			return false;
		seen->entries[place].epoch = batch->epoch;
		seen->entries[place].sensor = batch->sensor;
		seen->table[look(seen, batch->sensor, batch->epoch)] = place + 1;
	}
	struct range range = { batch->sequence_first, batch->sequence_end, batch->received, batch->lines, batch->alerts,
		batch->skipped, batch->malformed };
	return range_insert(seen, &seen->entries[place], &range);
}

uint64_t seen_find(const struct seen *seen, const struct history_batch *batch, struct history_batch *stored)
{
	uint64_t end = batch->sequence_first;
	struct range sums = { 0 };
	uint32_t place = seen->room ? seen->table[look(seen, batch->sensor, batch->epoch)] : 0;
	const struct entry *entry = place ? &seen->entries[place - 1] : NULL;
	bool any = false;
	for (uint16_t i = 0; entry && i < entry->count && entry->ranges[i].first <= end && end < batch->sequence_end;
	     i++) {
		const struct range *range = &entry->ranges[i];
		if (range->end <= end)
			continue;
		if (!any)
			sums.received = range->received;
		any = true;
		range_join(&sums, range);
		end = range->end;
	}
	if (stored) {
		*stored = *batch;
		stored->received = sums.received;
		stored->lines = sums.lines;
		stored->alerts = sums.alerts;
		stored->skipped = sums.skipped;
		stored->malformed = sums.malformed;
	}
	return end;
}
