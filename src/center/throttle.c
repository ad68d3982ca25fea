/*
 * Slowing down the guessing of passwords: five tries are free, then each further wrong one doubles the wait, up to 15
 * minutes; an hour without a try forgets. Kept by name (whether an account has it or not) and by client address, in a
 * table of fixed size where a new entry takes the place of the oldest of its neighbours.
 */
#include "base/hash.h"
#include "center/request.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 8192
#define NEIGHBOURS 8
#define FREE_TRIES 5
#define LONGEST (15 * MINUTE)

struct entry {
	uint64_t key; /* 0 = empty */
	uint32_t failures;
	nanoseconds last, until;
};

struct throttle {
	uint64_t seed;
	struct entry entries[ENTRIES];
};

struct throttle *throttle_new(void)
{
	struct throttle *throttle = calloc(1, sizeof *throttle);
	if (throttle)
		random_bytes(&throttle->seed, sizeof throttle->seed);
	return throttle;
}

void throttle_free(struct throttle *throttle)
{
	free(throttle);
}

static uint64_t key_of(const struct throttle *throttle, const char *kind, const char *name)
{
	uint64_t key = hash_bytes(name, strlen(name), hash_bytes(kind, strlen(kind), throttle->seed));
	return key ? key : 1;
}

static const struct entry *find(const struct throttle *throttle, uint64_t key)
{
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		const struct entry *entry = &throttle->entries[(key + i) % ENTRIES];
		if (entry->key == key)
			return entry;
	}
	return NULL;
}

nanoseconds throttle_wait(const struct throttle *throttle, const char *kind, const char *name, nanoseconds now)
{
	const struct entry *entry = find(throttle, key_of(throttle, kind, name));
	return entry && entry->until > now ? entry->until - now : 0;
}

void throttle_failed(struct throttle *throttle, const char *kind, const char *name, nanoseconds now)
{
	uint64_t key = key_of(throttle, kind, name);
	struct entry *entry = (struct entry *)find(throttle, key);
	if (!entry) {
		entry = &throttle->entries[key % ENTRIES];
		for (unsigned i = 1; i < NEIGHBOURS; i++) {
			struct entry *other = &throttle->entries[(key + i) % ENTRIES];
			if (other->last < entry->last)
				entry = other;
		}
		*entry = (struct entry){ .key = key };
	}
	if (now - entry->last > HOUR)
		entry->failures = 0;
	entry->last = now;
	entry->failures++;
	if (entry->failures <= FREE_TRIES)
		return;
	unsigned doublings = entry->failures - FREE_TRIES - 1;
	nanoseconds wait = doublings >= 10 ? LONGEST : SECOND << doublings;
	entry->until = now + (wait < LONGEST ? wait : LONGEST);
}

void throttle_passed(struct throttle *throttle, const char *kind, const char *name)
{
	struct entry *entry = (struct entry *)find(throttle, key_of(throttle, kind, name));
	if (entry)
		*entry = (struct entry){ 0 };
}
