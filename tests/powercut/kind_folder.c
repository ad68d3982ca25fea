/*
 * Folders that appear whole: a backup, or what a restore makes. A process copies files into one and commits it. After
 * the cut the folder is there when it was said to be, and never with a part of its content; what was being made bears
 * another name.
 */
#include "kinds.h"

#include "base/copy.h"
#include "center/folder.h"

#include <unistd.h>

#define FILES 3
#define SIZE 2000 /* some sectors */

static char *in(const char *folder, const char *name)
{
	static char paths[4][4400];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static const char *const files[FILES] = { "one", "history/two", "history/three" };

/* Beside the folder: it is not what is being tested. */
static char *source_of(const char *folder, int number)
{
	static char path[300];
	snprintf(path, sizeof path, "%s.source", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < SIZE; i++)
		fputc('a' + number, file);
	assert_int_equal(fclose(file), 0);
	return path;
}

static enum error fill(const char *folder, const struct folder *made, struct failure *failure)
{
	uint64_t size;
	uint8_t digest[32];
	enum error error = folder_make(made, "history", failure);
	for (int i = 0; i < FILES && !error; i++)
		error = copy_file(
		    source_of(folder, i), in(made->partial, files[i]), UINT64_MAX, NULL, &size, digest, failure);
	return error;
}

static bool work(const char *folder)
{
	char name[16];
	int number = 1;
	struct folder made;
	/* What an earlier process began stays until somebody removes it: each has a name of its own. */
	do
		snprintf(name, sizeof name, "made-%d", number);
	while ((access(in(folder, name), F_OK) == 0 || access(strcat(in(folder, name), ".partial"), F_OK) == 0) &&
	       number++);
	TRY(folder_begin(in(folder, name), &made, &failure));
	TRY(fill(folder, &made, &failure));
	TRY(folder_commit(&made, &failure));
	mark("made %d", number);
	return true;
}

static void check_file(const char *path, int number)
{
	char *at;
	size_t size;
	FINE(file_read(path, 1 << 20, &at, &size, &failure));
	assert_int_equal(size, SIZE);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(at[i], 'a' + number);
	free(at);
}

static void check(const char *folder, const struct marks *marks)
{
	for (int number = 1; number <= 4; number++) {
		char name[16], path[4400];
		snprintf(name, sizeof name, "made-%d", number);
		strcpy(path, in(folder, name));
		if (access(path, F_OK) != 0) {
			assert_int_not_equal(marked_number(marks, "made "), number);
			continue;
		}
		for (int i = 0; i < FILES; i++)
			check_file(in(path, files[i]), i);
	}
}

const struct powercut_kind kind_folder = { "folder", work, check, .faults = 100 };
