/*
 * Sessions of sources in a minute; see rate.h.
 */
#include "decoy/rate.h"

#include "base/hash.h"

#include <stdlib.h>

#define PLACES 16384u
#define WAYS 4u

struct rate {
	uint32_t per_minute;
	uint64_t seed;
	struct place {
		struct address source;
		uint32_t minute, count;
	} places[PLACES][WAYS];
};

struct rate *rate_new(uint32_t per_minute)
{
	struct rate *rate = calloc(1, sizeof *rate);
	if (!rate)
		return NULL;
	rate->per_minute = per_minute;
	random_bytes(&rate->seed, sizeof rate->seed);
	return rate;
}

void rate_free(struct rate *rate)
{
	free(rate);
}

bool rate_allows(struct rate *rate, struct address source, nanoseconds now)
{
	uint32_t minute = (uint32_t)(now / MINUTE) + 1;
	source = address_group(source);
	struct place *ways = rate->places[hash_bytes(source.bytes, sizeof source.bytes, rate->seed) % PLACES];
	struct place *least = &ways[0];
	for (size_t i = 0; i < WAYS; i++) {
		struct place *place = &ways[i];
		if (place->minute == minute && address_equal(place->source, source)) {
			bool allowed = place->count < rate->per_minute;
			place->count += allowed;
			return allowed;
		}
		if (place->minute != minute)
			place->count = 0;
		if (place->count < least->count)
			least = place;
	}
	*least = (struct place){ source, minute, 1 };
	return true;
}
