/*
 * Set-associative tables: a key has eight possible places. See webattack_memory.h.
 */
#include "watch/webattack_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8

static size_t sets_for(size_t entries)
{
	size_t sets = 1;
	while (sets * WAYS < entries)
		sets *= 2;
	return sets;
}

bool memory_init(struct memory *memory, size_t sources, size_t paths)
{
	*memory = (struct memory){ .source_sets = sets_for(sources), .path_sets = sets_for(paths) };
	memory->sources = calloc(memory->source_sets * WAYS, sizeof *memory->sources);
	memory->paths = calloc(memory->path_sets * WAYS, sizeof *memory->paths);
	return memory->sources && memory->paths;
}

void memory_clear(struct memory *memory)
{
	memset(memory->sources, 0, memory->source_sets * WAYS * sizeof *memory->sources);
	memset(memory->paths, 0, memory->path_sets * WAYS * sizeof *memory->paths);
}

void memory_free(struct memory *memory)
{
	free(memory->sources);
	free(memory->paths);
	*memory = (struct memory){ 0 };
}

struct source *memory_source(struct memory *memory, uint64_t key, nanoseconds now)
{
	struct source *set = memory->sources + (key & (memory->source_sets - 1)) * WAYS, *oldest = set;
	key |= !key;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key) {
			set[i].seen = now;
			return &set[i];
		}
		if (oldest->key && (!set[i].key || set[i].seen < oldest->seen))
			oldest = &set[i];
	}
	memory->sources_forgotten += oldest->key != 0;
	*oldest = (struct source){ .key = key, .seen = now, .window = now, .weak_since = now };
	return oldest;
}

struct path *memory_path(struct memory *memory, uint64_t key, nanoseconds now)
{
	struct path *set = memory->paths + (key & (memory->path_sets - 1)) * WAYS, *oldest = set;
	key |= !key;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key) {
			set[i].seen = now;
			return &set[i];
		}
		if (oldest->key && (!set[i].key || set[i].seen < oldest->seen))
			oldest = &set[i];
	}
	memory->paths_forgotten += oldest->key != 0;
	*oldest = (struct path){ .key = key, .seen = now, .least = UINT64_MAX };
	return oldest;
}

bool source_distinct(struct source *source, uint64_t hash)
{
	uint64_t *word = &source->distinct[hash % DISTINCT_BITS / 64], bit = (uint64_t)1 << hash % 64;
	bool new = !(*word & bit);
	*word |= bit;
	return new;
}

/* Of so many bits the hashes of n paths leave (1 - 1/bits)^n unset (linear counting, Whang et al. 1990). */
unsigned source_distinct_count(const struct source *source)
{
	int set = 0;
	for (size_t i = 0; i < DISTINCT_BITS / 64; i++)
		set += __builtin_popcountll(source->distinct[i]);
	double unset = DISTINCT_BITS - (set < DISTINCT_BITS ? set : DISTINCT_BITS - 1);
	return (unsigned)(-DISTINCT_BITS * log(unset / DISTINCT_BITS) + 0.5);
}
