/*
 * Finds the program's own unchanging files: from a build folder, which says in its file `source-folder` where its
 * source is, or below the installation's prefix. Called at the start by programs that need pages, translations or
 * lists.
 */
#include "base/data.h"

#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDERS_UP 4 /* tests lie a few folders deep in the build folder */

/* Cuts the last part off; false when there is none. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return false;
	*slash = 0;
	return true;
}

static bool own_folder(char folder[PATH_MAX])
{
	ssize_t size = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	if (size <= 0)
		return false;
	folder[size] = 0;
	return go_up(folder);
}

/* The build folder that the program runs from, and what its `source-folder` says. */
static bool build_folder(char build[PATH_MAX], char source[PATH_MAX])
{
	char name[PATH_MAX + 16];
	if (!own_folder(build))
		return false;
	for (unsigned i = 0; i < FOLDERS_UP; i++) {
		snprintf(name, sizeof name, "%s/source-folder", build);
		FILE *file = fopen(name, "re");
		if (file) {
			bool read = fgets(source, PATH_MAX, file) != NULL;
			fclose(file);
			source[read ? strcspn(source, "\n") : 0] = 0;
			return read;
		}
		if (!go_up(build))
			break;
	}
	return false;
}

static enum error give(const char *from, const char *below, char *path, size_t size, struct failure *failure)
{
	char both[PATH_MAX * 2];
	snprintf(both, sizeof both, "%s/%s", from, below);
	if (!text_copy(text_of(both), path, size))
		return fail(failure, ERROR_LIMIT, "the path %s is too long", both);
	if (access(path, R_OK) != 0)
		return fail_errno(failure, "cannot read %s, which belongs to the program", path);
	return OK;
}

static enum error find_installed(const char *below, char *path, size_t size, struct failure *failure)
{
	char folder[PATH_MAX];
	if (!own_folder(folder) || !go_up(folder))
		return fail_errno(failure, "cannot tell where the program is installed");
	return give(folder, below, path, size, failure);
}

enum error data_find(const char *name, char *path, size_t size, struct failure *failure)
{
	char build[PATH_MAX], source[PATH_MAX], below[256];
	if (build_folder(build, source))
		return give(source, name, path, size, failure);
	snprintf(below, sizeof below, "share/noroshi/%s", name);
	return find_installed(below, path, size, failure);
}

enum error data_find_catalog(const char *language, char *path, size_t size, struct failure *failure)
{
	char build[PATH_MAX], source[PATH_MAX], below[256];
	if (build_folder(build, source)) {
		snprintf(below, sizeof below, "po/%s/LC_MESSAGES/noroshi.mo", language);
		return give(build, below, path, size, failure);
	}
	snprintf(below, sizeof below, "share/locale/%s/LC_MESSAGES/noroshi.mo", language);
	return find_installed(below, path, size, failure);
}
