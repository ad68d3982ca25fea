/*
 * What the centre refused, on disk; see refused.h.
 */
#include "watch/refused.h"

#include "base/file.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH 4400

static char *path_in(const char *folder, const char *name, char path[static PATH])
{
	snprintf(path, PATH, "%s/refused/%s", folder, name);
	return path;
}

static char *preamble_path(const char *folder, struct hash128 epoch, char path[static PATH])
{
	char name[64];

	snprintf(name, sizeof name, "%016" PRIx64 "%016" PRIx64 ".preamble", epoch.high, epoch.low);
	return path_in(folder, name, path);
}

static bool parse_name(const char *name, struct refused_batch *batch)
{
	size_t size = strlen(name);
	int end = 0;

	/* the time before them has a length of its own */
	if (size >= sizeof batch->name || size < TIME_TEXT)
		return false;
	const char *dash = strrchr(name, '-');
	if (!dash || dash - name < 34 || dash[-33] != '-')
		return false;
	if (sscanf(dash - 32, "%16" SCNx64 "%16" SCNx64 "-%" SCNu64 ".lines%n", &batch->epoch.high, &batch->epoch.low,
		&batch->offset, &end) != 3 ||
	    end == 0 || dash[-32 + end] != 0)
		return false;
	memcpy(batch->name, name, size + 1);
	return true;
}

enum error refused_keep(
    const char *folder, const struct follow *follow, const struct batch *batch, struct failure *failure)
{
	char path[PATH], name[128], time[TIME_TEXT];

	snprintf(path, sizeof path, "%s/refused", folder);
	enum error error = directory_make(path, 0700, failure);
	if (!error && follow->preamble_size > 0)
		error = file_replace(preamble_path(folder, follow->epoch, path),
		    (struct text){ follow->preamble, follow->preamble_size }, 0600, failure);
	if (error)
		return error;
	snprintf(name, sizeof name, "%s-%016" PRIx64 "%016" PRIx64 "-%" PRIu64 ".lines", time_format(time_now(), time),
	    follow->epoch.high, follow->epoch.low, batch->begin);
	return file_replace(path_in(folder, name, path),
	    (struct text){ (const char *)batch->content, batch->end - batch->begin }, 0600, failure);
}

/* Calls `each` for every batch; in no order. */
static void walk(const char *folder, void (*each)(void *context, struct refused_batch *batch), void *context)
{
	struct refused_batch batch;
	struct dirent *entry;
	struct stat about;
	char path[PATH];
	DIR *open;

	snprintf(path, sizeof path, "%s/refused", folder);
	open = opendir(path);
	while (open && (entry = readdir(open)))
		if (parse_name(entry->d_name, &batch) && stat(path_in(folder, entry->d_name, path), &about) == 0) {
			batch.size = (uint64_t)about.st_size;
			each(context, &batch);
		}
	if (open)
		closedir(open);
}

struct search {
	const char *after;
	struct refused_batch *best;
	bool found;
};

static void take_older(void *context, struct refused_batch *batch)
{
	struct search *search = context;

	if (strcmp(batch->name, search->after) <= 0 || (search->found && strcmp(batch->name, search->best->name) >= 0))
		return;
	*search->best = *batch;
	search->found = true;
}

bool refused_next(const char *folder, const char *after, struct refused_batch *batch)
{
	struct search search = { .after = after, .best = batch };

	walk(folder, take_older, &search);
	return search.found;
}

static void add_up(void *context, struct refused_batch *batch)
{
	uint64_t **sums = context;

	*sums[0] += 1;
	*sums[1] += batch->size;
}

void refused_sum(const char *folder, uint64_t *batches, uint64_t *bytes)
{
	uint64_t *sums[2] = { batches, bytes };

	*batches = *bytes = 0;
	walk(folder, add_up, sums);
}

enum error refused_read(const char *folder, const struct refused_batch *batch, uint8_t *content, struct follow *follow,
    struct failure *failure)
{
	char path[PATH], *at;
	size_t size;
	enum error error = file_read(path_in(folder, batch->name, path), BATCH_BYTES, &at, &size, failure);

	if (error)
		return error;
	memcpy(content, at, size);
	free(at);
	if (size != batch->size)
		return fail(failure, ERROR_CONFLICT, "%s: it changes while it is read", path);
	if (access(preamble_path(folder, batch->epoch, path), F_OK) != 0)
		return OK;
	error = file_read(path, PREAMBLE_BYTES, &follow->preamble, &size, failure);
	follow->preamble_size = error ? 0 : (uint32_t)size;
	return error;
}

struct same_epoch {
	struct hash128 epoch;
	bool found;
};

static void look_for_epoch(void *context, struct refused_batch *batch)
{
	struct same_epoch *same = context;

	same->found |= batch->epoch.high == same->epoch.high && batch->epoch.low == same->epoch.low;
}

enum error refused_remove(const char *folder, const struct refused_batch *batch, struct failure *failure)
{
	struct same_epoch same = { .epoch = batch->epoch };
	char path[PATH];
	enum error error = file_remove(path_in(folder, batch->name, path), failure);

	if (error)
		return error;
	walk(folder, look_for_epoch, &same);
	if (!same.found && access(preamble_path(folder, batch->epoch, path), F_OK) == 0)
		error = file_remove(path, failure);
	return error;
}

enum error refused_ask_again(const char *folder, struct failure *failure)
{
	struct refused_batch any;
	char path[PATH];

	if (!refused_next(folder, "", &any))
		return fail(failure, ERROR_NOT_FOUND, "%s: no refused batch is kept there", folder);
	return file_replace(path_in(folder, "again", path), TEXT_NONE, 0600, failure);
}

bool refused_asked_again(const char *folder)
{
	char path[PATH];

	return access(path_in(folder, "again", path), F_OK) == 0;
}

void refused_answered(const char *folder)
{
	char path[PATH];

	file_remove(path_in(folder, "again", path), NULL);
}
