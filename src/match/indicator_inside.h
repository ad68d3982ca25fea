/*
 * How a compiled set of indicators lies in memory; shared by the files of this room that make, ask and store it.
 */
#ifndef NOROSHI_MATCH_INDICATOR_INSIDE_H
#define NOROSHI_MATCH_INDICATOR_INSIDE_H

#include "match/indicator_set.h"

#include <assert.h>

#define SLOTS 8
struct bucket {               /* one cache line */
	uint32_t tags[SLOTS]; /* 0 = free; filled from the first on */
	uint32_t at[SLOTS];   /* of the record in the pool, in units of 4 bytes */
};
static_assert(sizeof(struct bucket) == 64, "a bucket is one cache line");

struct record {
	uint32_t number;
	uint32_t next; /* 1 + where an earlier record of the same value stands; 0 = none */
	uint16_t size;
	uint8_t kind;
	uint8_t action;
	uint8_t value[]; /* then zeroes up to a multiple of 4 */
};
static_assert(sizeof(struct record) == 12, "a record's head has no holes");
#define RECORD_SIZE(value_size) (sizeof(struct record) + (((size_t)(value_size) + 3) & ~(size_t)3))
#define POOL_MOST ((size_t)4 << 32)

struct indicator_set {
	uint64_t seed;    /* of the hashes: random, so that nobody can choose values that meet in one bucket */
	uint64_t buckets; /* never all full */
	struct bucket *table;
	uint8_t *pool;
	size_t pool_size;
	uint64_t lengths4;    /* bit n: there is a prefix of length 96 + n over IPv4 */
	uint64_t lengths6[3]; /* bit n: there is a prefix of length n over IPv6 */
	/* Which prefixes there may be (a Bloom filter of 2 bits in 16 or more): few lengths of an address get to the
	 * table */
	uint64_t *sieve;
	uint64_t sieve_mask, prefixes;
	uint64_t as_of;
	uint64_t labels; /* bit n: there is a domain of n labels; 63 stands for all longer ones */
	struct indicator_counts counts;
};

static inline const struct record *record_at(const struct indicator_set *set, uint32_t at)
{
	return (const struct record *)(const void *)(set->pool + (size_t)at * 4);
}

static inline uint32_t tag_of(uint64_t hash)
{
	uint32_t tag = (uint32_t)hash;
	return tag ? tag : 1;
}

static inline uint64_t bucket_of(const struct indicator_set *set, uint64_t hash)
{
	return (uint64_t)((unsigned __int128)hash * set->buckets >> 64);
}

static inline bool is_prefix(const uint8_t *value)
{
	return value[0] < 128;
}

/* Makes the sieve of the prefixes that were noted; false without memory. */
bool indicator_set_sieve(struct indicator_set *set);

/* Notes which forms of values occur (lengths, labels, kinds) for one record. */
void indicator_set_note(struct indicator_set *set, const struct record *record);

#endif
