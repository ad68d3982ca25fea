/*
 * What the centre refused, kept within a bound; see refused.h.
 */
#include "watch/refused.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Names begin with the time: their order is that of age. */
static int kept(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 6 && strcmp(entry->d_name + size - 6, ".lines") == 0;
}

static void make_room(const char *folder, uint64_t limit, uint64_t wanted)
{
	struct dirent **names;
	char path[8192];
	struct stat about;
	uint64_t used = 0;
	int count = scandir(folder, &names, kept, alphasort);

	for (int i = count - 1; i >= 0; i--) { /* the newest first: what no longer fits goes */
		snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
		if (stat(path, &about) == 0) {
			used += (uint64_t)about.st_size;
			if (used + wanted > limit)
				file_remove(path, NULL);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

enum error refused_keep(
    const char *folder, uint64_t limit, const struct follow *follow, const struct batch *batch, struct failure *failure)
{
	char inside[4200], path[4400], time[TIME_TEXT];
	uint64_t size = batch->end - batch->begin;

	snprintf(inside, sizeof inside, "%s/refused", folder);
	enum error error = directory_make(inside, 0700, failure);
	if (error)
		return error;
	if (size > limit)
		return fail(failure, ERROR_LIMIT, "%s: %llu bytes do not fit into refused_limit", inside,
		    (unsigned long long)size);
	make_room(inside, limit, size);
	snprintf(path, sizeof path, "%s/%s-%016llx%016llx-%llu.lines", inside, time_format(time_now(), time),
	    (unsigned long long)follow->epoch.high, (unsigned long long)follow->epoch.low,
	    (unsigned long long)batch->begin);
	return file_replace(path, (struct text){ (const char *)batch->content, size }, 0600, failure);
}
