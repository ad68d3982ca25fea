/*
 * Slowing down the guessing of passwords: some tries are free, then each further wrong one doubles the wait, up to 15
 * minutes; an hour without a try forgets. Kept by name (whether an account has it or not), by client address (IPv6 by
 * /64), and by both together, in a table of fixed size where a new entry takes the place of the oldest of its
 * neighbours.
 *
 * Whoever guesses at a name must not shut out the person whose name it is: where that person signed in before, only the
 * wrong tries of this name from this address count. A right password takes nothing away from its address: else whoever
 * has one account could guess at all the others without end.
 */
#include "base/hash.h"
#include "center/request.h"
#include "net/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 8192
#define NEIGHBOURS 8
#define FREE_TRIES 5
#define FREE_TRIES_ADDRESS 20 /* many people can stand behind one address */
#define FAMILIAR 2048
#define FAMILIAR_FOR (30 * DAY)
#define LONGEST (15 * MINUTE)

struct entry {
	uint64_t key; /* 0 = empty */
	uint32_t failures;
	nanoseconds last, until;
};

struct throttle {
	uint64_t seed;
	struct entry entries[ENTRIES];
	struct {
		uint64_t key;
		nanoseconds last;
	} familiar[FAMILIAR]; /* names at addresses that they signed in from; guesses cannot push them out */
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
	unsigned tries = strcmp(kind, "address") == 0 ? FREE_TRIES_ADDRESS : FREE_TRIES;
	entry->until = now + throttle_penalty(entry->failures, tries);
}

nanoseconds throttle_penalty(uint32_t failures, uint32_t free_tries)
{
	if (failures <= free_tries)
		return 0;
	unsigned doublings = failures - free_tries - 1;
	return doublings >= 10 ? LONGEST : SECOND << doublings;
}

void throttle_passed(struct throttle *throttle, const char *kind, const char *name)
{
	struct entry *entry = (struct entry *)find(throttle, key_of(throttle, kind, name));
	if (entry)
		*entry = (struct entry){ 0 };
}

/* ── signing in ─ */

#define PLACE (128 + ADDRESS_TEXT + 2)

static const char *group_of(const char *client, char to[static ADDRESS_TEXT])
{
	struct address address;
	if (!address_parse(text_of(client), &address))
		return client;
	return address_format(address_group(address), to);
}

/* The name at the address, as one text. */
static const char *place_of(const char *name, const char *group, char to[static PLACE])
{
	snprintf(to, PLACE, "%s\n%s", group, name);
	return to;
}

static uint64_t *familiar(struct throttle *throttle, uint64_t key, bool make, nanoseconds now)
{
	size_t oldest = key % FAMILIAR;
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		size_t at = (key + i) % FAMILIAR;
		if (throttle->familiar[at].key == key && now - throttle->familiar[at].last < FAMILIAR_FOR) {
			throttle->familiar[at].last = make ? now : throttle->familiar[at].last;
			return &throttle->familiar[at].key;
		}
		if (throttle->familiar[at].last < throttle->familiar[oldest].last)
			oldest = at;
	}
	if (!make)
		return NULL;
	throttle->familiar[oldest].key = key;
	throttle->familiar[oldest].last = now;
	return &throttle->familiar[oldest].key;
}

nanoseconds throttle_sign_in_wait(
    struct throttle *throttle, const char *name, const char *client, nanoseconds not_before, nanoseconds now)
{
	char address[ADDRESS_TEXT], place[PLACE];
	const char *group = group_of(client, address);
	place_of(name, group, place);
	if (familiar(throttle, key_of(throttle, "place", place), false, now))
		return throttle_wait(throttle, "place", place, now);
	nanoseconds waits[] = { throttle_wait(throttle, "place", place, now),
		throttle_wait(throttle, "name", name, now), throttle_wait(throttle, "address", group, now),
		not_before - now };
	nanoseconds longest = 0;
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
		longest = waits[i] > longest ? waits[i] : longest;
	return longest;
}

void throttle_sign_in_failed(struct throttle *throttle, const char *name, const char *client, nanoseconds now)
{
	char address[ADDRESS_TEXT], place[PLACE];
	const char *group = group_of(client, address);
	throttle_failed(throttle, "place", place_of(name, group, place), now);
	throttle_failed(throttle, "name", name, now);
	throttle_failed(throttle, "address", group, now);
}

void throttle_sign_in_passed(struct throttle *throttle, const char *name, const char *client, nanoseconds now)
{
	char address[ADDRESS_TEXT], place[PLACE];
	place_of(name, group_of(client, address), place);
	throttle_passed(throttle, "place", place);
	throttle_passed(throttle, "name", name);
	familiar(throttle, key_of(throttle, "place", place), true, now);
}
