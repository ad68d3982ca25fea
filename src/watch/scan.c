/*
 * Finding the files that may concern us; see scan.h.
 */
#include "watch/scan.h"

#include "base/memory.h"

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum error add(struct candidates *candidates, const char *path, bool named, struct failure *failure)
{
	struct stat about;

	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
		return OK;
	if (candidates->count == CANDIDATE_MOST) {
		candidates->left_out++;
		return OK;
	}
	if (candidates->count == candidates->room) {
		void *more = array_grow(candidates->items, &candidates->room, 32, sizeof *candidates->items);
		if (!more)
			return fail(failure, ERROR_MEMORY, "no memory to look at %s", path);
		candidates->items = more;
	}
	struct candidate *candidate = &candidates->items[candidates->count];
	*candidate = (struct candidate){ .path = strdup(path),
		.device = about.st_dev,
		.inode = about.st_ino,
		.size = (uint64_t)about.st_size,
		.named = named,
		.written = about.st_mtim.tv_sec * SECOND + about.st_mtim.tv_nsec };
	if (!candidate->path)
		return fail(failure, ERROR_MEMORY, "no memory to look at %s", path);
	candidates->count++;
	return OK;
}

/* "…/eve" of "…/eve.json", "…/access" of "…/access.log", "…/messages" of "…/messages" */
static size_t stem_size(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *dot = strrchr(name ? name + 1 : path, '.');

	if (dot && dot != (name ? name + 1 : path))
		return (size_t)(dot - path);
	return strlen(path);
}

bool path_is_sibling(const char *path, const char *home)
{
	size_t stem = stem_size(home);

	return strncmp(path, home, stem) == 0 && path[stem] != 0 && strchr(".-_", path[stem]) &&
	       !strchr(path + stem, '/') && strcmp(path, home) != 0;
}

static enum error add_siblings(struct candidates *candidates, const char *home, struct failure *failure)
{
	const char *name = strrchr(home, '/');
	char folder[4096], path[4096];
	struct dirent *entry;
	enum error error = OK;

	int size = name ? (int)(name - home) : 0;
	if (snprintf(folder, sizeof folder, "%.*s", size, home) >= (int)sizeof folder)
		return OK;
	DIR *open = opendir(name ? (size ? folder : "/") : ".");
	while (open && !error && (entry = readdir(open))) {
		int length = name ? snprintf(path, sizeof path, "%s/%s", folder, entry->d_name)
				  : snprintf(path, sizeof path, "%s", entry->d_name);
		if (length < (int)sizeof path && path_is_sibling(path, home))
			error = add(candidates, path, false, failure);
	}
	if (open)
		closedir(open);
	return error;
}

static int by_path(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	return order ? order : right->named - left->named; /* the named one first: it stays */
}

static void sort_unique(struct candidates *candidates)
{
	size_t kept = 0;

	if (candidates->count == 0)
		return;
	qsort(candidates->items, candidates->count, sizeof *candidates->items, by_path);
	for (size_t i = 1; i < candidates->count; i++) {
		if (strcmp(candidates->items[i].path, candidates->items[kept].path) == 0)
			free(candidates->items[i].path);
		else
			candidates->items[++kept] = candidates->items[i];
	}
	candidates->count = kept + 1;
}

enum error candidates_find(const char *const *patterns, size_t pattern_count, const struct follows *follows,
    struct candidates *candidates, struct failure *failure)
{
	enum error error = OK;

	*candidates = (struct candidates){ 0 };
	for (size_t i = 0; i < pattern_count && !error; i++) {
		glob_t found;
		if (glob(patterns[i], 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc && !error; k++)
			error = add(candidates, found.gl_pathv[k], true, failure);
		globfree(&found);
	}
	for (size_t i = 0; i < follows->count && !error; i++) {
		const struct follow *follow = follows->items[i];
		bool seen = false; /* siblings of one home are listed once */
		for (size_t k = 0; k < i && !seen; k++)
			seen = strcmp(follows->items[k]->home, follow->home) == 0 &&
			       follows->items[k]->state != FOLLOW_DONE;
		if (follow->state != FOLLOW_DONE && !seen)
			error = add_siblings(candidates, follow->home, failure);
	}
	if (error)
		candidates_clear(candidates);
	sort_unique(candidates);
	return error;
}

void candidates_clear(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		free(candidates->items[i].path);
	free(candidates->items);
	*candidates = (struct candidates){ 0 };
}
