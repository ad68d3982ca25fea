/*
 * Durable files, in the recording build: what the journal holds equals what the folder holds, and each operation may
 * fail without harm. What a power cut leaves is in tests/powercut.
 */
#include "base/file.h"

#include "base/file_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/disk.h"

/* In memory where possible: thousands of syncs, and what a disk does with them is not under test here. */
static char root[64];

static char *in_root(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", root, name);
	return path;
}

static void remove_all(void)
{
	char command[300];
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	assert_int_equal(system(command), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "%s/noroshi-file-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	remove_all();
	return 0;
}

static struct text journal_read(char **at)
{
	struct failure failure;
	size_t size;
	assert_int_equal(file_read(in_root("journal"), 64 << 20, at, &size, &failure), OK);
	return (struct text){ *at, size };
}

/* ── the writer under test, in a process of its own: 12 versions of one file, a log, a renamed and a removed file ─ */

#define CHECK(call)                                                                                                    \
	do {                                                                                                           \
		enum error error_ = (call);                                                                            \
		if (error_)                                                                                            \
			_exit(10 + (int)error_);                                                                       \
	} while (0)

static void mark(const char *what, int number)
{
	char words[32];
	snprintf(words, sizeof words, "%s %d", what, number);
	file_mark(text_of(words));
}

static void write_things(void)
{
	struct failure failure;
	struct file *log, *large;
	char words[4096];
	CHECK(directory_make(in_root("data"), 0750, &failure));
	CHECK(file_open(in_root("data/log"), true, &log, &failure));
	for (int i = 0; i < 12; i++) {
		memset(words, 'a' + i, sizeof words);
		CHECK(file_replace(in_root("data/state"), (struct text){ words, (size_t)(100 * i) }, 0640, &failure));
		mark("state", i);
		CHECK(file_append(log, words, (size_t)(10 + i), &failure));
		CHECK(file_append(log, "\n", 1, &failure));
		CHECK(file_sync(log, &failure));
		mark("log", (int)file_size(log));
	}
	CHECK(file_write_at(log, 3, "XYZ", 3, &failure));
	CHECK(file_truncate(log, 60, &failure));
	CHECK(file_sync(log, &failure));
	mark("cut", 60);
	file_close(log);
	CHECK(file_replace_begin(in_root("data/large"), 0600, &large, &failure));
	CHECK(file_append(large, "one ", 4, &failure));
	CHECK(file_append(large, "two", 3, &failure));
	CHECK(file_replace_commit(large, &failure));
	CHECK(file_rename(in_root("data/large"), in_root("data/renamed"), &failure));
	mark("renamed", 0);
	CHECK(file_remove(in_root("data/log"), &failure));
	mark("removed", 0);
}

static int run_writer(const char *failing)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("NOROSHI_FILE_JOURNAL", in_root("journal"), 1);
		if (failing)
			setenv("NOROSHI_FILE_FAIL", failing, 1);
		write_things();
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void compare_one(void *context, const char *path, struct text content)
{
	char *at;
	size_t size;
	struct failure failure;
	enum error error = file_read(path, 1 << 20, &at, &size, &failure);
	++*(int *)context;
	assert_int_equal(error, content.at ? OK : ERROR_NOT_FOUND);
	if (!content.at)
		return;
	assert_int_equal(size, content.size);
	assert_memory_equal(at, content.at, size);
	free(at);
}

/* Gives the number of names. */
static int compare(const struct disk *disk)
{
	int names = 0;
	disk_each(disk, compare_one, &names);
	return names;
}

static void test_journal_replayed_equals_the_folder(void **state)
{
	(void)state;
	assert_int_equal(run_writer(NULL), 0);
	char *journal;
	struct text text = journal_read(&journal);
	struct reader reader = reader_of(text.at, text.size);
	struct file_record record;
	struct disk *disk = disk_new();
	uint64_t number = 0;
	while (file_journal_next(&reader, &record, NULL) == OK) {
		if (record.operation != FILE_MARK)
			assert_int_equal(record.number, ++number);
		assert_int_equal(record.error, 0);
		disk_replay(disk, &record);
	}
	assert_true(reader_done(&reader));
	assert_true(number > 60);
	assert_int_equal(compare(disk), 6);
	disk_free(disk);
	free(journal);
}

/* Each operation fails once, with a full disk and with a broken one: the writer gets the error, the state file is
 * whole. */
static void test_failure_of_any_operation_is_reported_and_leaves_whole_files(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum error wanted;
	} errors[] = { { "ENOSPC", ERROR_LIMIT }, { "EIO", ERROR_SYSTEM } };
	for (size_t kind = 0; kind < 2; kind++) {
		int status = 1, at = 0;
		for (at = 1; status != 0 && at < 400; at++) {
			char failing[32], *journal, *content;
			size_t size;
			struct failure failure;
			snprintf(failing, sizeof failing, "%d:%s", at, errors[kind].name);
			status = run_writer(failing);
			if (status != 0)
				assert_int_equal(status, 10 + (int)errors[kind].wanted);
			struct text text = journal_read(&journal);
			struct reader reader = reader_of(text.at, text.size);
			struct file_record record;
			struct disk *disk = disk_new();
			int failed = 0;
			while (file_journal_next(&reader, &record, NULL) == OK) {
				failed += record.error != 0;
				disk_replay(disk, &record);
			}
			assert_int_equal(failed, status != 0);
			compare(disk);
			if (file_read(in_root("data/state"), 1 << 20, &content, &size, &failure) == OK) {
				assert_int_equal(size % 100, 0);
				for (size_t i = 0; i < size; i++)
					assert_int_equal(content[i], 'a' + (int)size / 100);
				free(content);
			}
			disk_free(disk);
			free(journal);
			remove_all();
			assert_int_equal(mkdir(root, 0700), 0);
		}
		assert_true(at > 60 && at < 400);
	}
}

/* ── one at a time ─ */

static void test_file_refuses_further_work_after_a_failed_write(void **state)
{
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		struct failure failure;
		struct file *file;
		setenv("NOROSHI_FILE_FAIL", "4:ENOSPC", 1); /* create, sync of the folder, write, write */
		CHECK(file_open(in_root("log"), true, &file, &failure));
		CHECK(file_append(file, "first", 5, &failure));
		if (file_append(file, "second", 6, &failure) != ERROR_LIMIT || !strstr(failure.words, "No space left"))
			_exit(1);
		if (file_append(file, "third", 5, &failure) != ERROR_SYSTEM ||
		    file_sync(file, &failure) != ERROR_SYSTEM)
			_exit(2);
		if (file_size(file) != 5)
			_exit(3);
		file_close(file);
		CHECK(file_open(in_root("log"), false, &file, &failure));
		_exit(file_size(file) == 8 && file_truncate(file, 5, &failure) == OK ? 0 : 4);
	}
	int status;
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

static void test_file_descriptors_are_not_inherited_by_programs(void **state)
{
	(void)state;
	struct failure failure;
	struct file *file, *replacing;
	assert_int_equal(file_open(in_root("log"), true, &file, &failure), OK);
	assert_int_equal(file_replace_begin(in_root("state"), 0600, &replacing, &failure), OK);
	assert_true(fcntl(file_descriptor(file), F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(file_descriptor(replacing), F_GETFD) & FD_CLOEXEC);
	file_replace_abandon(replacing);
	file_close(file);
	assert_int_equal(access(in_root("state.new"), F_OK), -1);
	assert_int_equal(access(in_root("state"), F_OK), -1);
}

static void test_what_is_no_regular_file_is_never_replaced(void **state)
{
	struct failure failure = { 0 };
	struct stat before, after;
	(void)state;
	assert_int_equal(stat("/dev/null", &before), 0);
	assert_int_equal(file_replace("/dev/null", TEXT("x"), 0600, &failure), ERROR_INPUT);
	assert_int_equal(stat("/dev/null", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mode, after.st_mode);
}

static void test_replacement_is_refused_while_another_owner_writes_and_reuses_what_a_crash_left(void **state)
{
	(void)state;
	struct failure failure;
	struct file *first, *second;
	struct stat status;
	int left = open(in_root("state.new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write(left, "half of an older state", 22), 22);
	close(left);
	assert_int_equal(file_replace_begin(in_root("state"), 0604, &first, &failure), OK);
	assert_int_equal(file_replace_begin(in_root("state"), 0600, &second, &failure), ERROR_CONFLICT);
	assert_int_equal(file_append(first, "new", 3, &failure), OK);
	assert_int_equal(file_replace_commit(first, &failure), OK);
	char *at;
	size_t size;
	assert_int_equal(file_read(in_root("state"), 10, &at, &size, &failure), OK);
	assert_string_equal(at, "new");
	free(at);
	assert_int_equal(stat(in_root("state"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0604);
	assert_int_equal(access(in_root("state.new"), F_OK), -1);
}

static void test_file_read_gives_everything_or_the_limit(void **state)
{
	(void)state;
	struct failure failure;
	char *at, words[5000];
	size_t size;
	memset(words, 'w', sizeof words);
	assert_int_equal(file_replace(in_root("words"), (struct text){ words, sizeof words }, 0600, &failure), OK);
	assert_int_equal(file_read(in_root("words"), sizeof words, &at, &size, &failure), OK);
	assert_int_equal(size, sizeof words);
	assert_int_equal(at[size], '\0');
	free(at);
	assert_int_equal(file_read(in_root("words"), sizeof words - 1, &at, &size, &failure), ERROR_LIMIT);
	assert_int_equal(
	    file_read("/proc/self/status", 1 << 20, &at, &size, &failure), OK); /* says that it has 0 bytes */
	assert_true(size > 100);
	free(at);
	assert_int_equal(file_replace(in_root("empty"), TEXT_NONE, 0600, &failure), OK);
	assert_int_equal(file_read(in_root("empty"), 0, &at, &size, &failure), OK);
	assert_int_equal(size, 0);
	free(at);
}

static void test_a_line_that_was_cut_does_not_spoil_the_next(void **state)
{
	struct failure failure;
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct file *file;
		assert_int_equal(file_open_lines(in_root("lines"), &file, &failure), OK);
		assert_int_equal(file_append(file, "whole\ncut", 9, &failure), OK);
		file_close(file);
	}
	char *at;
	size_t size;
	assert_int_equal(file_read(in_root("lines"), 1000, &at, &size, &failure), OK);
	assert_string_equal(at, "whole\ncut\nwhole\ncut\nwhole\ncut");
	free(at);
	struct file *file;
	assert_int_not_equal(file_open_lines(root, &file, &failure), OK);
}

static void test_names_that_do_not_exist_are_told_from_other_failures(void **state)
{
	(void)state;
	struct failure failure;
	struct file *file;
	char *at;
	size_t size;
	assert_int_equal(file_read(in_root("none"), 1, &at, &size, &failure), ERROR_NOT_FOUND);
	assert_non_null(strstr(failure.words, "none"));
	assert_int_equal(file_open(in_root("none"), false, &file, &failure), ERROR_NOT_FOUND);
	assert_int_equal(file_open(in_root("none/none"), true, &file, &failure), ERROR_NOT_FOUND);
	assert_int_equal(file_remove(in_root("none"), &failure), ERROR_NOT_FOUND);
	assert_int_equal(file_rename(in_root("none"), in_root("other"), &failure), ERROR_NOT_FOUND);
	assert_int_equal(directory_make(in_root("folder"), 0700, &failure), OK);
	assert_int_equal(directory_make(in_root("folder"), 0700, &failure), OK);
	assert_int_equal(file_read(in_root("folder"), 1, &at, &size, &failure), ERROR_SYSTEM);
	assert_int_equal(file_open(in_root("folder"), true, &file, &failure), ERROR_SYSTEM);
	assert_int_equal(mkfifo(in_root("pipe"), 0600), 0);
	assert_int_equal(file_open(in_root("pipe"), true, &file, &failure), ERROR_USAGE);
	assert_int_equal(file_replace(in_root("words"), TEXT("x"), 0600, &failure), OK);
	assert_int_equal(directory_make(in_root("words"), 0700, &failure), ERROR_SYSTEM);
}

static void test_journal_with_a_broken_record_is_told(void **state)
{
	(void)state;
	assert_int_equal(run_writer(NULL), 0);
	char *journal;
	struct text text = journal_read(&journal);
	journal[text.size / 2] ^= 1;
	struct reader reader = reader_of(text.at, text.size);
	struct file_record record;
	struct failure failure;
	enum error error;
	while ((error = file_journal_next(&reader, &record, &failure)) == OK)
		;
	assert_int_equal(error, ERROR_CORRUPT);
	free(journal);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_journal_replayed_equals_the_folder),
		FILE_TEST(test_failure_of_any_operation_is_reported_and_leaves_whole_files),
		FILE_TEST(test_file_refuses_further_work_after_a_failed_write),
		FILE_TEST(test_file_descriptors_are_not_inherited_by_programs),
		FILE_TEST(test_what_is_no_regular_file_is_never_replaced),
		FILE_TEST(test_replacement_is_refused_while_another_owner_writes_and_reuses_what_a_crash_left),
		FILE_TEST(test_file_read_gives_everything_or_the_limit),
		FILE_TEST(test_a_line_that_was_cut_does_not_spoil_the_next),
		FILE_TEST(test_names_that_do_not_exist_are_told_from_other_failures),
		FILE_TEST(test_journal_with_a_broken_record_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
