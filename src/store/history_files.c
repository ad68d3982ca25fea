/*
 * The files that make up a history, for copies: also while the keeper appends to it. In: the folder. Out: names, in the
 * order in which they have to be copied, and up to where.
 *
 * Alerts files but the last one never change any more. The last one is taken up to its last intact frame as it stands
 * now: what was acknowledged before is in it. Verdicts come first: a copy may hold alerts without their verdicts, which
 * are judged again, but never verdicts of rows that the copy will give to other alerts.
 */
#include "store/history_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct listing {
	const char *folder;
	enum history_kind kind;
	uint32_t *numbers; /* in order */
	size_t count, room;
};

static int compare(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
	return first < second ? -1 : first > second;
}

const char *history_suffix(enum history_kind kind)
{
	return kind == HISTORY_RECORDS ? "records" : "alerts";
}

bool segment_named(const char *name, enum history_kind kind, uint32_t *number)
{
	struct text text = text_of(name), suffix = text_of(history_suffix(kind));
	uint64_t value;
	if (text.size != 9 + suffix.size || text.at[8] != '.' || !text_ends(text, suffix) ||
	    !text_to_u64((struct text){ text.at, 8 }, &value) || value == 0)
		return false;
	*number = (uint32_t)value;
	return true;
}

static enum error list(struct listing *listing, struct failure *failure)
{
	DIR *folder = opendir(listing->folder);
	struct dirent *entry;
	uint32_t number;
	if (!folder)
		return fail_errno(failure, "cannot list %s", listing->folder);
	enum error error = OK;
	while (!error && (entry = readdir(folder))) {
		if (!segment_named(entry->d_name, listing->kind, &number))
			continue;
		if (listing->count == listing->room) {
			void *more = array_grow(listing->numbers, &listing->room, 64, sizeof *listing->numbers);
			if (!more) {
				error = fail(failure, ERROR_MEMORY, "%s: no memory", listing->folder);
				break;
			}
			listing->numbers = more;
		}
		listing->numbers[listing->count++] = number;
	}
	closedir(folder);
	if (listing->count)
		qsort(listing->numbers, listing->count, sizeof *listing->numbers, compare);
	return error;
}

/* How far the last segment is good now; what is being appended just now is left out. */
static enum error good_end(
    const struct listing *listing, uint32_t number, uint64_t *end, uint64_t *position, struct failure *failure)
{
	char path[4096];
	struct segment segment = { .number = number };
	struct segment_damage damage;
	segment_path(listing->folder, number, history_suffix(listing->kind), path, sizeof path);
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (descriptor < 0)
		return fail_errno(failure, "cannot open %s", path);
	enum error error = segment_walk(descriptor, path, &segment, true, true, NULL, NULL, &damage, failure);
	close(descriptor);
	*end = damage.cut;
	*position = position_of(&segment, segment.rows);
	free(segment.frames);
	return error;
}

static enum error pass(const struct listing *listing, const char *kind, uint64_t last_end,
    enum error (*each)(void *context, const char *name, uint64_t most, struct failure *failure), void *context,
    struct failure *failure)
{
	for (size_t i = 0; i < listing->count; i++) {
		char name[32];
		bool last = i + 1 == listing->count;
		snprintf(name, sizeof name, "%08u.%s", listing->numbers[i], kind);
		enum error error = each(context, name, last ? last_end : UINT64_MAX, failure);
		/* Verdicts of a segment that was never judged; alerts whose retention ended meanwhile. */
		if (error == ERROR_NOT_FOUND && !(last && last_end != UINT64_MAX))
			continue;
		if (error)
			return error;
	}
	return OK;
}

enum error history_files(const char *folder, enum history_kind kind,
    enum error (*each)(void *context, const char *name, uint64_t most, struct failure *failure), void *context,
    uint64_t *end, struct failure *failure)
{
	struct listing listing = { .folder = folder, .kind = kind };
	uint64_t good = 0;
	*end = 0;
	enum error error = list(&listing, failure);
	if (!error && kind == HISTORY_ALERTS)
		error = pass(&listing, "verdicts", UINT64_MAX, each, context, failure);
	if (!error && listing.count)
		error = good_end(&listing, listing.numbers[listing.count - 1], &good, end, failure);
	if (!error)
		error = pass(&listing, history_suffix(kind), good, each, context, failure);
	free(listing.numbers);
	return error;
}
