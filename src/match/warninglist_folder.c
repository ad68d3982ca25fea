/*
 * Loads a folder of warning lists. Declared in match/warninglist.h.
 */
#include "base/file.h"
#include "match/warninglist.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FILES 4096
#define LARGEST ((size_t)64 << 20)

static enum error load_file(struct warninglists *lists, const char *path, bool may_lack, struct failure *failure)
{
	char *at;
	size_t size;
	enum error error = file_read(path, LARGEST, &at, &size, failure);
	if (error)
		return error == ERROR_NOT_FOUND && may_lack ? OK : error;
	error = warninglists_add(lists, path, (struct text){ at, size }, failure);
	free(at);
	return error;
}

static int is_candidate(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static enum error load_entry(struct warninglists *lists, const char *folder, const char *name, struct failure *failure)
{
	char path[PATH_MAX];
	bool document = text_ends(text_of(name), TEXT(".json"));
	int size = snprintf(path, sizeof path, document ? "%s/%s" : "%s/%s/list.json", folder, name);
	if (size < 0 || (size_t)size >= sizeof path)
		return fail(failure, ERROR_LIMIT, "%s: the path is too long", folder);
	return load_file(lists, path, !document, failure);
}

static enum error load_folder(struct warninglists *lists, const char *folder, struct failure *failure)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_candidate, alphasort);
	if (count < 0)
		return fail_errno(failure, "cannot read the folder of warning lists %s", folder);
	enum error error =
	    count > MOST_FILES ? fail(failure, ERROR_LIMIT, "%s: more than %d files", folder, MOST_FILES) : OK;
	for (int i = 0; i < count; i++) {
		if (!error)
			error = load_entry(lists, folder, entries[i]->d_name, failure);
		free(entries[i]);
	}
	free(entries);
	return error;
}

static enum error load_kinds(struct warninglists *lists, const char *kinds, struct failure *failure)
{
	char *at;
	size_t size;
	if (!kinds)
		return OK;
	enum error error = file_read(kinds, LARGEST, &at, &size, failure);
	if (error)
		return error;
	error = warninglists_kinds(lists, kinds, (struct text){ at, size }, failure);
	free(at);
	return error;
}

enum error warninglists_load(const char *folder, const char *kinds, warninglist_skipped skipped, void *context,
    struct warninglists **lists, struct failure *failure)
{
	struct warninglists *made = warninglists_new(skipped, context);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for warning lists");
	enum error error = load_kinds(made, kinds, failure);
	if (!error)
		error = load_folder(made, folder, failure);
	if (!error)
		error = warninglists_compile(made, failure);
	if (error) {
		warninglists_free(made);
		return error;
	}
	*lists = made;
	return OK;
}
