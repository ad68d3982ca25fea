/*
 * What base/file.h promises by itself: replaced files are whole and never older than acknowledged; what was appended
 * and synced is there; renamed and removed names stay so.
 */
#include "kinds.h"

#include <unistd.h>

#define ROUNDS 5
#define UNIT 300 /* more than one unit is more than a sector */

static char *in(const char *folder, const char *name)
{
	static char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* Content number n is n units of one letter. */
static struct text numbered(int number)
{
	static char words[UNIT * (ROUNDS + 2)];
	memset(words, 'a' + number, sizeof words);
	return (struct text){ words, (size_t)(UNIT * number) };
}

/* What an earlier process made is synced first; what this one cannot make it tries once more. */
static bool open_log(const char *path, struct file **log)
{
	struct failure ignored;
	if (access(path, F_OK) == 0)
		TRY(directory_sync_of(path, &failure));
	return file_open(path, true, log, &ignored) == OK || file_open(path, true, log, &ignored) == OK;
}

static bool log_lines(const char *folder)
{
	struct file *log;
	struct failure failure;
	bool done = open_log(in(folder, "data/log"), &log);
	if (!done)
		return false;
	int i = (int)(file_size(log) / UNIT);
	for (; i < ROUNDS && done; i++) {
		/* A start after a kill goes on behind the whole lines, and makes durable what it goes on behind. */
		done =
		    (file_size(log) == (uint64_t)i * UNIT || file_truncate(log, (uint64_t)i * UNIT, &failure) == OK) &&
		    file_append(log, numbered(i + 1).at, UNIT / 3, &failure) == OK &&
		    file_append(log, numbered(i + 1).at, UNIT - UNIT / 3, &failure) == OK &&
		    file_sync(log, &failure) == OK;
		if (done)
			mark("log %d", i + 1);
	}
	file_close(log);
	if (!done && file_open(in(folder, "data/log"), false, &log, &failure) == OK) {
		/* What a failed sync dropped would be taken for written by the next start. */
		file_truncate(log, (uint64_t)(i - 1) * UNIT, &failure);
		file_close(log);
	}
	return done;
}

static bool work(const char *folder)
{
	char *at;
	size_t size = 0;
	struct file *large;
	struct failure ignored;
	mark("begun");
	TRY(directory_make(in(folder, "data"), 0750, &failure));
	if (file_read(in(folder, "data/state"), 1 << 20, &at, &size, &ignored) == OK)
		free(at);
	for (int i = (int)(size / UNIT) + 1; i <= ROUNDS; i++) {
		TRY(file_replace(in(folder, "data/state"), numbered(i), 0640, &failure));
		mark("state %d", i);
	}
	if (!log_lines(folder))
		return false;
	TRY(file_replace_begin(in(folder, "data/large"), 0600, &large, &failure));
	struct text words = numbered(ROUNDS);
	if (file_append(large, words.at, UNIT, &ignored) || file_append(large, words.at, words.size - UNIT, &ignored)) {
		file_replace_abandon(large);
		return false;
	}
	TRY(file_replace_commit(large, &failure));
	mark("large");
	char from[200];
	strcpy(from, in(folder, "data/large"));
	mark("renaming");
	TRY(directory_make(in(folder, "other"), 0750, &failure));
	TRY(file_rename(from, in(folder, "other/renamed"), &failure));
	mark("renamed");
	mark("removing");
	TRY(file_remove(in(folder, "data/state"), &failure));
	mark("removed");
	return true;
}

/* Gives how many units of it there are, 0 when there is none; a part of a unit may follow where `torn` is fine. */
static size_t units(const char *path, bool same, bool torn)
{
	char *at;
	size_t size;
	struct failure failure;
	enum error error = file_read(path, 1 << 20, &at, &size, &failure);
	if (error == ERROR_NOT_FOUND)
		return 0;
	assert_int_equal(error, OK);
	size_t count = size / UNIT;
	if (!torn)
		assert_int_equal(size % UNIT, 0);
	for (size_t i = 0; same && i < size; i++)
		assert_int_equal(at[i], 'a' + (int)count);
	free(at);
	return count;
}

static void check_log(const char *folder, uint64_t acknowledged)
{
	char *at;
	size_t size;
	if (!acknowledged)
		return;
	FINE(file_read(in(folder, "data/log"), 1 << 20, &at, &size, &failure));
	assert_true(size >= acknowledged * UNIT);
	for (size_t i = 0; i < acknowledged * UNIT; i++)
		assert_int_equal(at[i], 'a' + 1 + (int)(i / UNIT));
	free(at);
}

static void check(const char *folder, const struct marks *marks)
{
	size_t version = units(in(folder, "data/state"), true, false), known = marked_number(marks, "state ");
	if (!marks_of(marks, "removing", NULL))
		assert_true(version >= known);
	if (marks_of(marks, "removed", NULL))
		assert_int_equal(version, 0);
	check_log(folder, marked_number(marks, "log "));
	size_t large = units(in(folder, "data/large"), true, false),
	       moved = units(in(folder, "other/renamed"), true, false);
	assert_true((large == 0 || large == ROUNDS) && (moved == 0 || moved == ROUNDS));
	if (marks_of(marks, "large", NULL))
		assert_true(large || (moved && marks_of(marks, "renaming", NULL)));
	if (marks_of(marks, "renamed", NULL))
		assert_true(moved);
	if (marks_of(marks, "renamed", NULL) && marks_of(marks, "begun", NULL) == 1) /* else it may be written anew */
		assert_true(!large);
}

const struct powercut_kind kind_files = { "files", work, check, .cuts = 12, .faults = 100 };
