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

/* The entry of `key` in a table of entries of `size` bytes that begin with struct remembered; *new when it was made, in
 * the place of the longest quiet. */
static void *entry(void *table, size_t sets, size_t size, struct remembered wanted, bool *new, uint64_t *forgotten)
{
	char *set = (char *)table + (wanted.key & (sets - 1)) * WAYS * size, *place = set;
	wanted.key |= !wanted.key;
	*new = false;
	for (char *at = set; at < set + WAYS * size; at += size) {
		struct remembered *one = (struct remembered *)(void *)at, *oldest = (struct remembered *)(void *)place;
		if (one->key == wanted.key) {
			one->seen = wanted.seen;
			return one;
		}
		if (oldest->key && (!one->key || one->seen < oldest->seen))
			place = at;
	}
	*new = true;
	*forgotten += ((struct remembered *)(void *)place)->key != 0;
	memset(place, 0, size);
	*(struct remembered *)(void *)place = wanted;
	return place;
}

struct source *memory_source(struct memory *memory, uint64_t key, nanoseconds now)
{
	bool new;
	struct source *source = entry(memory->sources, memory->source_sets, sizeof *source,
	    (struct remembered){ key, now }, &new, &memory->sources_forgotten);
	if (new)
		source->window = source->weak_since = now;
	return source;
}

struct path *memory_path(struct memory *memory, uint64_t key, nanoseconds now)
{
	bool new;
	struct path *path = entry(memory->paths, memory->path_sets, sizeof *path, (struct remembered){ key, now }, &new,
	    &memory->paths_forgotten);
	if (new)
		path->least = UINT64_MAX;
	return path;
}

void tally_request(struct tally *tally, bool remarkable, uint64_t hash)
{
	tally->requests++;
	if (!remarkable)
		return;
	tally->remarkable++;
	tally->distinct[hash % DISTINCT_BITS / 64] |= (uint64_t)1 << hash % 64;
}

/* Of so many bits the hashes of n paths leave (1 - 1/bits)^n unset (linear counting, Whang et al. 1990). */
unsigned tally_distinct(const struct tally *tally)
{
	int set = 0;
	for (size_t i = 0; i < DISTINCT_BITS / 64; i++)
		set += __builtin_popcountll(tally->distinct[i]);
	double unset = DISTINCT_BITS - (set < DISTINCT_BITS ? set : DISTINCT_BITS - 1);
	return (unsigned)(-DISTINCT_BITS * log(unset / DISTINCT_BITS) + 0.5);
}
