/*
 * Rows of eight entries: a key has its row, and in it the place of its own or of the one that was used longest ago. See
 * behaviour_table.h.
 */
#include "watch/behaviour_table.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROW 8u

struct behaviour_table {
	uint32_t rows;                     /* a power of two */
	size_t key_size, value_size, size; /* bytes; of an entry: when it was used, key, value */
	uint64_t seed, forgotten;
	char *entries;
};

static size_t aligned(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

struct behaviour_table *table_new(uint32_t entries, size_t key_size, size_t value_size, uint64_t seed)
{
	struct behaviour_table *table = calloc(1, sizeof *table);
	if (!table)
		return NULL;
	table->rows = 8;
	while (table->rows * ROW < entries && table->rows < 1u << 26)
		table->rows *= 2;
	table->key_size = key_size;
	table->value_size = value_size;
	table->size = sizeof(nanoseconds) + aligned(key_size) + aligned(value_size);
	table->seed = seed;
	table->entries = calloc((size_t)table->rows * ROW, table->size);
	if (!table->entries) {
		free(table);
		return NULL;
	}
	return table;
}

void table_free(struct behaviour_table *table)
{
	if (table)
		free(table->entries);
	free(table);
}

static nanoseconds used_at(const char *entry)
{
	nanoseconds time;
	memcpy(&time, entry, sizeof time);
	return time;
}

void *table_take(struct behaviour_table *table, const void *key, nanoseconds now, bool *fresh)
{
	uint64_t hash = hash_bytes(key, table->key_size, table->seed);
	char *row = table->entries + (size_t)(hash & (table->rows - 1)) * ROW * table->size, *oldest = row;
	nanoseconds mark = now ? now : 1; /* 0: the entry is free */
	bool found = false;
	for (unsigned i = 0; i < ROW && !found; i++) {
		char *entry = row + i * table->size;
		found = used_at(entry) && memcmp(entry + sizeof mark, key, table->key_size) == 0;
		if (found || used_at(entry) < used_at(oldest))
			oldest = entry;
	}
	if (!found) {
		table->forgotten += used_at(oldest) != 0;
		memset(oldest, 0, table->size);
		memcpy(oldest + sizeof mark, key, table->key_size);
	}
	memcpy(oldest, &mark, sizeof mark);
	if (fresh)
		*fresh = !found;
	return oldest + sizeof mark + aligned(table->key_size);
}

bool table_next(const struct behaviour_table *table, size_t *place, const void **key, const void **value)
{
	while (*place < (size_t)table->rows * ROW) {
		const char *entry = table->entries + (*place)++ * table->size;
		if (!used_at(entry))
			continue;
		*key = entry + sizeof(nanoseconds);
		*value = entry + sizeof(nanoseconds) + aligned(table->key_size);
		return true;
	}
	return false;
}

void table_each(const struct behaviour_table *table, void (*visit)(void *context, const void *key, const void *value),
    void *context)
{
	for (size_t i = 0; i < (size_t)table->rows * ROW; i++) {
		const char *key = table->entries + i * table->size + sizeof(nanoseconds);
		if (used_at(key - sizeof(nanoseconds)))
			visit(context, key, key + aligned(table->key_size));
	}
}

uint64_t table_forgotten(const struct behaviour_table *table)
{
	return table->forgotten;
}

bool distinct_add(struct distinct *distinct, uint64_t hash)
{
	uint64_t *word = &distinct->bits[hash / 64 % (COUNTER_BITS / 64)], bit = (uint64_t)1 << (hash % 64);
	bool added = !(*word & bit);
	*word |= bit;
	return added;
}

void distinct_join(struct distinct *distinct, const struct distinct *more)
{
	for (unsigned i = 0; i < COUNTER_BITS / 64; i++)
		distinct->bits[i] |= more->bits[i];
}

uint32_t distinct_count(const struct distinct *distinct)
{
	unsigned set = 0;
	for (unsigned i = 0; i < COUNTER_BITS / 64; i++)
		set += (unsigned)__builtin_popcountll(distinct->bits[i]);
	if (set == COUNTER_BITS)
		set--; /* full: at least so many */
	return (uint32_t)lround(-COUNTER_BITS * log(1 - (double)set / COUNTER_BITS));
}
