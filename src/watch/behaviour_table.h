/*
 * A table of fixed size for what detectors remember: keys of fixed size, values of fixed size, zeroed when they are
 * new. A full row forgets the entry that was used longest ago, and counts it.
 */
#ifndef NOROSHI_WATCH_BEHAVIOUR_TABLE_H
#define NOROSHI_WATCH_BEHAVIOUR_TABLE_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct behaviour_table;

/* Room for `entries` and a few more. Keys are compared as bytes: zero their padding. NULL without memory. */
struct behaviour_table *table_new(uint32_t entries, size_t key_size, size_t value_size, uint64_t seed);
void table_free(struct behaviour_table *table);

/* The value of the key, made when it was not there (*fresh; may be NULL). Valid until the next table_take(). */
void *table_take(struct behaviour_table *table, const void *key, nanoseconds now, bool *fresh);
/* One entry after the other, in no order; *place is 0 at the start. False at the end. What is changed between comes or
 * does not. */
bool table_next(const struct behaviour_table *table, size_t *place, const void **key, const void **value);
/* Every key with its value. */
void table_each(const struct behaviour_table *table, void (*visit)(void *context, const void *key, const void *value),
    void *context);
uint64_t table_forgotten(const struct behaviour_table *table);

/* Counting different things in few bytes: linear counting (Whang et al. 1990) over COUNTER_BITS bits; good to about
 * three times as many things. Zeroed it is empty. */
#define COUNTER_BITS 256
struct distinct {
	uint64_t bits[COUNTER_BITS / 64];
};
bool distinct_add(struct distinct *distinct, uint64_t hash);                /* whether it is surely new */
void distinct_join(struct distinct *distinct, const struct distinct *more); /* adds all that the other counted */
uint32_t distinct_count(const struct distinct *distinct);

#endif
