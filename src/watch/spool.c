/*
 * The bounded copy of what could vanish; see spool.h.
 */
#include "watch/spool.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct spool {
	char *folder;
	uint64_t limit, used;
};

#define SPOOL_PATH 4352

static char *spool_path(const struct spool *spool, struct hash128 epoch, char path[static SPOOL_PATH])
{
	snprintf(path, SPOOL_PATH, "%s/%016llx%016llx", spool->folder, (unsigned long long)epoch.high,
	    (unsigned long long)epoch.low);
	return path;
}

enum error spool_open(const char *folder, uint64_t limit, struct spool **opened, struct failure *failure)
{
	enum error error = directory_make(folder, 0700, failure);

	if (error)
		return error;
	struct spool *spool = calloc(1, sizeof *spool);
	if (spool)
		spool->folder = strdup(folder);
	if (!spool || !spool->folder) {
		free(spool);
		return fail(failure, ERROR_MEMORY, "no memory for the spool");
	}
	spool->limit = limit;
	*opened = spool;
	return OK;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	free(spool->folder);
	free(spool);
}

void spool_claim(struct spool *spool, struct hash128 epoch, struct spool_range *range)
{
	char path[SPOOL_PATH];
	struct stat about;

	if (range->end <= range->begin)
		return;
	if (stat(spool_path(spool, epoch, path), &about) != 0 || (uint64_t)about.st_size < range->end - range->begin)
		*range = (struct spool_range){ 0, 0 };
	else
		spool->used += range->end - range->begin;
}

static bool epoch_named(const char *name, struct hash128 *epoch)
{
	uint8_t bytes[16];

	if (strlen(name) != 32 || !hex_parse(text_of(name), bytes, sizeof bytes))
		return false;
	*epoch = (struct hash128){ 0, 0 };
	for (int i = 0; i < 8; i++) {
		epoch->high = epoch->high << 8 | bytes[i];
		epoch->low = epoch->low << 8 | bytes[i + 8];
	}
	return true;
}

void spool_sweep(struct spool *spool, bool (*claimed)(void *context, struct hash128 epoch), void *context)
{
	DIR *folder = opendir(spool->folder);
	struct dirent *entry;
	struct hash128 epoch;
	char path[SPOOL_PATH];

	while (folder && (entry = readdir(folder)))
		if (epoch_named(entry->d_name, &epoch) && !claimed(context, epoch))
			file_remove(spool_path(spool, epoch, path), NULL);
	if (folder)
		closedir(folder);
}

enum error spool_add(struct spool *spool, struct hash128 epoch, struct spool_range *range, uint64_t offset,
    const void *at, uint32_t size, struct failure *failure)
{
	char path[SPOOL_PATH];
	struct file *file;
	struct spool_range next = *range;

	if (next.begin == next.end)
		next.begin = next.end = offset;
	if (spool->used + size > spool->limit)
		return fail(failure, ERROR_LIMIT, "the spool %s holds %llu bytes, its limit is %llu (spool_limit)",
		    spool->folder, (unsigned long long)spool->used, (unsigned long long)spool->limit);
	enum error error = file_open(spool_path(spool, epoch, path), true, &file, failure);
	if (error)
		return error;
	/* what a crash left behind the range is cut off first */
	if (file_size(file) != next.end - next.begin)
		error = file_truncate(file, next.end - next.begin, failure);
	if (!error)
		error = file_append(file, at, size, failure);
	if (!error)
		error = file_sync(file, failure);
	file_close(file);
	if (error)
		return error;
	next.end += size;
	*range = next;
	spool->used += size;
	return OK;
}

enum error spool_read(struct spool *spool, struct hash128 epoch, const struct spool_range *range, uint64_t offset,
    void *to, uint32_t size, uint32_t *got, struct failure *failure)
{
	char path[SPOOL_PATH];

	*got = 0;
	if (offset < range->begin || offset >= range->end)
		return OK;
	if (size > range->end - offset)
		size = (uint32_t)(range->end - offset);
	int descriptor = open(spool_path(spool, epoch, path), O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return fail_errno(failure, "%s", path);
	while (*got < size) {
		ssize_t part =
		    pread(descriptor, (uint8_t *)to + *got, size - *got, (off_t)(offset - range->begin + *got));
		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			break;
		*got += (uint32_t)part;
	}
	close(descriptor);
	return *got == size ? OK : fail(failure, ERROR_CORRUPT, "%s: shorter than it was written", path);
}

void spool_drop(struct spool *spool, struct hash128 epoch, struct spool_range *range)
{
	char path[SPOOL_PATH];

	if (range->end > range->begin) {
		file_remove(spool_path(spool, epoch, path), NULL);
		spool->used -= range->end - range->begin;
	}
	*range = (struct spool_range){ 0, 0 };
}

uint64_t spool_used(const struct spool *spool)
{
	return spool->used;
}
