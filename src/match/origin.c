/*
 * Networks within each other become ranges one behind the other; look-up.
 */
#include "match/origin_inside.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct origins {
	size_t count;
	struct origin_table {
		struct origin_file file;
		uint32_t *index[2]; /* for the first 16 bits of a key how many ranges begin before them */
		uint16_t *low;      /* the next 16 bits of where each range of IPv4 begins, instead of `first` */
	} tables[ORIGIN_FILES];
};

#define BATCH 64

/* ── ranges ─ */

static bool same(struct origin a, struct origin b)
{
	return a.network == b.network && memcmp(a.country, b.country, sizeof a.country) == 0;
}

static bool is_country(const char code[static 2])
{
	return code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z';
}

/* From here on it is so. */
static enum error begin_range(
    struct origin_ranges *ranges, uint64_t first, struct origin origin, struct failure *failure)
{
	if (ranges->count && ranges->first[ranges->count - 1] == first)
		ranges->count--;
	if (ranges->count && same(ranges->what[ranges->count - 1], origin))
		return OK;
	if (ranges->count == ranges->room) {
		size_t room = ranges->room;
		uint64_t *longer = array_grow(ranges->first, &room, 4096, sizeof *longer);
		if (!longer)
			return fail(failure, ERROR_MEMORY, "no memory for the origins of addresses");
		ranges->first = longer;
		struct origin *wider = array_grow(ranges->what, &ranges->room, 4096, sizeof *wider);
		if (!wider)
			return fail(failure, ERROR_MEMORY, "no memory for the origins of addresses");
		ranges->what = wider;
	}
	ranges->first[ranges->count] = first;
	ranges->what[ranges->count++] = origin;
	return OK;
}

/* The innermost open network ends: behind it the one around goes on. */
static enum error close_one(struct origin_filling *filling, struct failure *failure)
{
	struct origin_network *ended = &filling->around[--filling->depth];
	struct origin_ranges *ranges = &filling->file->families[ended->is_v4 ? 0 : 1];
	struct origin around = filling->depth ? ended[-1].origin : (struct origin){ 0 };

	if (ended->last == UINT64_MAX)
		return OK;
	return begin_range(ranges, ended->last + 1, around, failure);
}

enum error origin_add(struct origin_filling *filling, const struct origin_network *network, struct failure *failure)
{
	struct origin_network *top = filling->around + filling->depth;

	while (filling->depth && (top[-1].is_v4 != network->is_v4 || top[-1].last < network->first)) {
		enum error error = close_one(filling, failure);
		if (error)
			return error;
		top--;
	}
	if (filling->depth == sizeof filling->around / sizeof *filling->around ||
	    (filling->depth && (network->first < top[-1].first || network->last > top[-1].last)))
		return fail(failure, ERROR_CORRUPT, "the networks are not in the order of their addresses");
	struct origin_ranges *ranges = &filling->file->families[network->is_v4 ? 0 : 1];
	if (ranges->count && network->first < ranges->first[ranges->count - 1])
		return fail(failure, ERROR_CORRUPT, "the networks are not in the order of their addresses");
	*top = *network;
	if (!is_country(top->origin.country))
		memset(top->origin.country, 0, sizeof top->origin.country);
	if (filling->depth && top->origin.network == 0)
		top->origin.network = top[-1].origin.network;
	if (filling->depth && top->origin.country[0] == 0)
		memcpy(top->origin.country, top[-1].origin.country, sizeof top->origin.country);
	filling->depth++;
	return begin_range(ranges, network->first, top->origin, failure);
}

enum error origin_end(struct origin_filling *filling, struct failure *failure)
{
	enum error error = OK;

	while (filling->depth && !error)
		error = close_one(filling, failure);
	return error;
}

/* ── loading ─ */

/* Ranges are many, and looked for in any order: what a look-up reads of those of IPv4 is 2 bytes each. */
static enum error make_narrow(struct origin_table *table, struct failure *failure)
{
	struct origin_ranges *ranges = &table->file.families[0];

	table->low = malloc((ranges->count + 1) * sizeof *table->low);
	if (!table->low)
		return fail(failure, ERROR_MEMORY, "no memory for the origins of addresses");
	for (size_t i = 0; i < ranges->count; i++)
		table->low[i] = (uint16_t)(ranges->first[i] >> 32);
	free(ranges->first);
	ranges->first = NULL;
	return OK;
}

static enum error make_index(struct origin_table *table, struct failure *failure)
{
	for (size_t family = 0; family < 2; family++) {
		struct origin_ranges *ranges = &table->file.families[family];
		uint32_t *index = calloc(65537, sizeof *index);
		size_t at = 0;

		if (!index)
			return fail(failure, ERROR_MEMORY, "no memory for the origins of addresses");
		table->index[family] = index;
		for (uint64_t high = 0; high < 65536; high++) {
			while (at < ranges->count && ranges->first[at] < high << 48)
				at++;
			index[high] = (uint32_t)at;
		}
		index[65536] = (uint32_t)ranges->count;
		void *fitting = ranges->count ? realloc(ranges->what, ranges->count * sizeof *ranges->what) : NULL;
		ranges->what = fitting ? fitting : ranges->what;
	}
	return make_narrow(table, failure);
}

/* Those of libloc begin with their name, those of MaxMind's format are known by what stands at their end. */
static enum error begins_as_location(const char *path, bool *is, struct failure *failure)
{
	char magic[7] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return fail_errno(failure, "%s", path);
	*is = fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "LOCDBXX", sizeof magic) == 0;
	fclose(file);
	return OK;
}

static enum error load_table(const char *path, struct origin_table *table, struct failure *failure)
{
	struct origin_filling filling = { .file = &table->file };
	bool location = false;
	enum error error = begins_as_location(path, &location, failure);

	if (!error)
		error = location ? origin_read_location(path, &filling, failure)
				 : origin_read_maxmind(path, &filling, failure);
	if (!error)
		error = origin_end(&filling, failure);
	return error ? error : make_index(table, failure);
}

enum error origins_load(const char *const *paths, size_t count, struct origins **origins, struct failure *failure)
{
	if (count == 0 || count > ORIGIN_FILES)
		return fail(failure, ERROR_USAGE, "databases of origins: 1 to %d are read", ORIGIN_FILES);
	struct origins *made = calloc(1, sizeof *made);
	enum error error = made ? OK : fail(failure, ERROR_MEMORY, "no memory for the origins of addresses");
	while (!error && made->count < count) {
		error = load_table(paths[made->count], &made->tables[made->count], failure);
		made->count++;
	}
	if (error) {
		origins_free(made);
		return error;
	}
	*origins = made;
	return OK;
}

void origins_free(struct origins *origins)
{
	for (size_t i = 0; origins && i < origins->count; i++)
		for (size_t family = 0; family < 2; family++) {
			free(origins->tables[i].file.families[family].first);
			free(origins->tables[i].file.families[family].what);
			free(origins->tables[i].index[family]);
		}
	for (size_t i = 0; origins && i < origins->count; i++)
		free(origins->tables[i].low);
	free(origins);
}

nanoseconds origins_date(const struct origins *origins)
{
	nanoseconds oldest = 0;

	for (size_t i = 0; origins && i < origins->count; i++)
		if (i == 0 || origins->tables[i].file.date < oldest)
			oldest = origins->tables[i].file.date;
	return oldest;
}

/* ── look-up ─ */

struct wanted {
	uint64_t key;
	size_t family, end; /* how many ranges do not begin behind the key: the last of them has it */
};

static struct wanted wanted_of(struct address address)
{
	bool is_v4 = address_is_v4(address);
	uint64_t key = 0;

	for (size_t i = 0; i < (is_v4 ? 4 : 8); i++)
		key = key << 8 | address.bytes[i + (is_v4 ? 12 : 0)];
	return (struct wanted){ is_v4 ? key << 32 : key, is_v4 ? 0 : 1, 0 };
}

static void fetch(const struct origin_table *table, const struct wanted *wanted)
{
	size_t from = table->index[wanted->family][wanted->key >> 48];

	__builtin_prefetch(
	    wanted->family ? (void *)(table->file.families[1].first + from) : (void *)(table->low + from));
}

/* By halves, and without a branch that nobody could foretell. */
static size_t end_of(const struct origin_table *table, const struct wanted *wanted)
{
	const uint64_t *first = table->file.families[1].first;
	const uint32_t *index = table->index[wanted->family] + (wanted->key >> 48);
	size_t at = index[0], count = index[1] - at;
	uint16_t low = (uint16_t)(wanted->key >> 32);

	while (count > 0) {
		size_t half = (count + 1) / 2;
		bool before = wanted->family ? first[at + half - 1] <= wanted->key : table->low[at + half - 1] <= low;
		at += before ? half : 0;
		count = before ? count - half : half - 1;
	}
	return at;
}

static void say_all(const struct origin_table *table, struct wanted *wanted, size_t count, struct origin *said)
{
	for (size_t i = 0; i < count; i++)
		fetch(table, &wanted[i]);
	for (size_t i = 0; i < count; i++) {
		wanted[i].end = end_of(table, &wanted[i]);
		__builtin_prefetch(table->file.families[wanted[i].family].what + wanted[i].end - (wanted[i].end > 0));
	}
	for (size_t i = 0; i < count; i++) {
		if (wanted[i].end == 0)
			continue;
		const struct origin *what = &table->file.families[wanted[i].family].what[wanted[i].end - 1];
		if (said[i].network == 0)
			said[i].network = what->network;
		if (said[i].country[0] == 0)
			memcpy(said[i].country, what->country, sizeof said[i].country);
	}
}

void origins_of_all(const struct origins *origins, const struct address *addresses, size_t count, struct origin *said)
{
	struct wanted wanted[BATCH];

	memset(said, 0, count * sizeof *said);
	for (size_t done = 0; origins && done < count; done += BATCH) {
		size_t some = count - done < BATCH ? count - done : BATCH;
		for (size_t i = 0; i < some; i++)
			wanted[i] = wanted_of(addresses[done + i]);
		for (size_t i = 0; i < origins->count; i++)
			say_all(&origins->tables[i], wanted, some, said + done);
	}
}

struct origin origins_of(const struct origins *origins, struct address address)
{
	struct origin origin;

	origins_of_all(origins, &address, 1, &origin);
	return origin;
}
