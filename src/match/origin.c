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
		uint32_t *index[2]; /* for the first 16 bits of a key the range that holds their beginning */
	} tables[ORIGIN_FILES];
};

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

static enum error make_index(struct origin_table *table, struct failure *failure)
{
	for (size_t family = 0; family < 2; family++) {
		const struct origin_ranges *ranges = &table->file.families[family];
		uint32_t *index = calloc(65537, sizeof *index);
		size_t at = 0;

		if (!index)
			return fail(failure, ERROR_MEMORY, "no memory for the origins of addresses");
		table->index[family] = index;
		for (uint64_t high = 0; high < 65536; high++) {
			while (at + 1 < ranges->count && ranges->first[at + 1] <= high << 48)
				at++;
			index[high] = (uint32_t)at;
		}
		index[65536] = (uint32_t)(ranges->count ? ranges->count - 1 : 0);
	}
	return OK;
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

static struct origin look_up(const struct origin_table *table, size_t family, uint64_t key)
{
	const struct origin_ranges *ranges = &table->file.families[family];
	size_t low = table->index[family][key >> 48], high = table->index[family][(key >> 48) + 1] + 1;

	if (ranges->count == 0 || key < ranges->first[0])
		return (struct origin){ 0 };
	while (high - low > 1) { /* the last range that does not begin behind the key */
		size_t middle = low + (high - low) / 2;
		if (ranges->first[middle] <= key)
			low = middle;
		else
			high = middle;
	}
	return ranges->what[low];
}

struct origin origins_of(const struct origins *origins, struct address address)
{
	struct origin origin = { 0 };
	bool is_v4 = address_is_v4(address);
	uint64_t key = 0;

	for (size_t i = 0; i < (is_v4 ? 4 : 8); i++)
		key = key << 8 | address.bytes[i + (is_v4 ? 12 : 0)];
	if (is_v4)
		key <<= 32;
	for (size_t i = 0; origins && i < origins->count; i++) {
		struct origin said = look_up(&origins->tables[i], is_v4 ? 0 : 1, key);
		if (origin.network == 0)
			origin.network = said.network;
		if (origin.country[0] == 0)
			memcpy(origin.country, said.country, sizeof origin.country);
	}
	return origin;
}
