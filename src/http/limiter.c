/*
 * Token buckets for each client address and each token, in a table that never grows. In: who asks, how often it may.
 * Out: yes, or when to come again. Called by the server for each request before it does any work for it.
 */
#include "http/limiter.h"

#include "base/hash.h"

#include <stdlib.h>

#define WAYS 8

struct bucket {
	uint64_t key; /* 0 = unused */
	nanoseconds filled;
	double left;
};

struct limiter {
	uint64_t seed;
	size_t sets;
	struct bucket buckets[];
};

struct limiter *limiter_new(size_t entries)
{
	size_t sets = 1;
	while (sets * WAYS < entries && sets < (size_t)1 << 24)
		sets *= 2;
	struct limiter *limiter = calloc(1, sizeof *limiter + sets * WAYS * sizeof(struct bucket));
	if (!limiter)
		return NULL;
	limiter->sets = sets;
	random_bytes(&limiter->seed, sizeof limiter->seed);
	return limiter;
}

void limiter_free(struct limiter *limiter)
{
	free(limiter);
}

static double burst(uint32_t per_minute)
{
	return per_minute / 4 > 10 ? per_minute / 4 : 10;
}

static void fill(struct bucket *bucket, uint32_t per_minute, nanoseconds now)
{
	if (now > bucket->filled) {
		bucket->left += (double)(now - bucket->filled) / (double)MINUTE * per_minute;
		bucket->filled = now;
	}
	if (bucket->left > burst(per_minute))
		bucket->left = burst(per_minute);
}

static struct bucket *find(struct limiter *limiter, uint64_t key, uint32_t per_minute, nanoseconds now)
{
	struct bucket *set = &limiter->buckets[(key & (limiter->sets - 1)) * WAYS], *fullest = set;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (fullest->key && (!set[i].key || set[i].left > fullest->left))
			fullest = &set[i];
	}
	*fullest = (struct bucket){ .key = key, .filled = now, .left = burst(per_minute) };
	return fullest;
}

uint32_t limiter_take(
    struct limiter *limiter, unsigned kind, const void *key, size_t size, uint32_t per_minute, nanoseconds now)
{
	uint64_t hash = hash_bytes(key, size, limiter->seed + kind);
	struct bucket *bucket = find(limiter, hash ? hash : 1, per_minute, now);
	fill(bucket, per_minute, now);
	if (bucket->left >= 1) {
		bucket->left -= 1;
		return 0;
	}
	double seconds = (1 - bucket->left) * 60 / per_minute;
	return seconds < 1 ? 1 : (uint32_t)seconds + 1;
}
