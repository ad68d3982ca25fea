/*
 * Trends as a file: docs/formats/darknet-history.md. A change of what is in it is a new version; older ones are read.
 */
#include "darknet/trend/trends_inner.h"

#include "darknet/trend/kept.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "NOROSHIT"
/* 4: without usual newcomers of groups; 3: without which addresses were told; 2: without habits; 1: without lost parts
 * of the open bin, too. */
#define VERSION 5
#define HEAD 28 /* magic, version, length of bins, size of the rest without its checksum */

enum error trends_write(const struct trends *trends, struct builder *to, struct failure *failure)
{
	size_t start = to->size;
	put_bytes(to, MAGIC, 8);
	put_u32(to, VERSION);
	put_i64(to, trends->bin);
	put_u64(to, 0); /* its size is known at the end */
	put_i64(to, trends->open);
	put_i64(to, trends->check);
	coverage_put(&trends->coverage, to);
	put_u64(to, trends->begun_count);
	for (size_t i = 0; i < trends->begun_count; i++)
		put_u64(to, trends->begun[i]);
	changes_put(trends->changes, to);
	groups_put(trends->groups, to);
	put_u64(to, trends->coverage.missing);
	habits_put(trends->habits, to);
	groups_put_listed(trends->groups, to);
	groups_put_usual(trends->groups, to);
	if (to->failed)
		return fail(failure, ERROR_MEMORY, "no memory for the history that is to be kept");
	uint64_t size = htole64(to->size - start - HEAD);
	memcpy(to->at + start + HEAD - sizeof size, &size, sizeof size);
	return OK;
}

enum error trends_save(const struct trends *trends, struct builder *to, struct failure *failure)
{
	size_t start = to->size;
	enum error error = trends_write(trends, to, failure);
	if (error)
		return error;
	put_u32(to, checksum(0, to->at + start, to->size - start));
	return to->failed ? fail(failure, ERROR_MEMORY, "no memory for the history that is to be kept") : OK;
}

/* Those that an earlier run began in the open bin are looked up in a table at most half full. */
static void get_begun(struct trends *trends, struct reader *from)
{
	size_t count = get_u64_below(from, TRENDS_BEGUN_MOST + 1), room = 64;
	while (room < count * 2)
		room *= 2;
	trends->resumed = calloc(room, sizeof *trends->resumed);
	trends->begun = calloc(room, sizeof *trends->begun);
	trends->begun_room = room;
	trends->resumed_mask = room - 1;
	if (!trends->resumed || !trends->begun) {
		from->failed = true;
		return;
	}
	for (size_t i = 0; i < count && !from->failed; i++) {
		uint64_t key = get_u64(from);
		size_t at = key & trends->resumed_mask;
		while (trends->resumed[at])
			at = (at + 1) & trends->resumed_mask;
		trends->resumed[at] = key;
		trends->begun[trends->begun_count++] = key;
	}
}

static bool get_rest(struct trends *trends, uint32_t version, struct reader *from)
{
	trends->open = get_time(from);
	trends->check = get_time(from);
	coverage_get(&trends->coverage, from);
	get_begun(trends, from);
	changes_get(trends->changes, from);
	groups_get(trends->groups, from);
	if (version > 1)
		trends->coverage.missing = get_u64(from);
	if (version > 2)
		habits_get(trends->habits, from);
	if (version > 3)
		groups_get_listed(trends->groups, from);
	if (version > 4)
		groups_get_usual(trends->groups, from);
	return reader_done(from);
}

enum error trends_load(struct trends *trends, struct text from, const char *name, struct failure *failure)
{
	struct reader head = reader_of(from.at, from.size);
	const void *magic = get_bytes(&head, 8);
	uint32_t version = get_u32(&head);
	nanoseconds bin = get_i64(&head);
	uint64_t size = get_u64(&head);
	if (head.failed || memcmp(magic, MAGIC, 8) != 0)
		return fail(failure, ERROR_CORRUPT, "%s: is no history of a telescope", name);
	if (version < 1 || version > VERSION)
		return fail(failure, ERROR_VERSION, "%s: a history of version %u; this program reads 1 to %d", name,
		    version, VERSION);
	if (size != from.size - HEAD - 4 || from.size < HEAD + 4)
		return fail(failure, ERROR_CORRUPT, "%s: is not whole: remove it to begin anew", name);
	struct reader end = reader_of(from.at + HEAD + size, 4);
	if (checksum(0, from.at, HEAD + size) != get_u32(&end))
		return fail(
		    failure, ERROR_CORRUPT, "%s: is damaged: its checksum is wrong; remove it to begin anew", name);
	if (bin != trends->bin)
		return fail(failure, ERROR_CONFLICT, "%s: is a history of bins of %lld s, not of %lld s", name,
		    (long long)(bin / SECOND), (long long)(trends->bin / SECOND));
	struct reader rest = reader_of(from.at + HEAD, size);
	if (!get_rest(trends, version, &rest))
		return fail(failure, ERROR_CORRUPT, "%s: holds what no history can: remove it to begin anew", name);
	return OK;
}
