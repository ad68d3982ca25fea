/*
 * See powercut.h. In: the journal that one run of a kind's work left; out: a check for each cut.
 */
#include "powercut.h"

#include "base/file.h"
#include "disk.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define STARTS_MOST 4
#define OUTCOMES_ALL 24 /* so many different ones are all tried */

struct run {
	const struct powercut_kind *kind;
	char folder[64], work[80], cut[80], journal[80];
	uint64_t *syncs, *others; /* numbers of the operations of the plain run */
	size_t sync_count, other_count;
	uint64_t from; /* cuts before this record were made in another run */
	unsigned cuts; /* at a point */
	unsigned long points, checks;
	uint64_t *seen; /* checksums of what was checked since the last mark */
	size_t seen_count, seen_room;
};

static char where[256], folder_in_use[64];

const char *powercut_where(void)
{
	return where;
}

size_t marks_of(const struct marks *marks, const char *words, struct text *last)
{
	size_t count = 0, size = strlen(words);
	for (size_t i = 0; i < marks->count; i++)
		if (text_starts(marks->all[i], text_of(words))) {
			count++;
			if (last)
				*last = (struct text){ marks->all[i].at + size, marks->all[i].size - size };
		}
	return count;
}

void mark(const char *format, ...)
{
	char words[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);
	file_mark(text_of(words));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void empty(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(mkdir(folder, 0700), 0);
}

/* ── doing and recording the work ─ */

/* How it ended: true when all was done. */
static bool start(const struct run *run, const char *failing)
{
	int status;
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("NOROSHI_FILE_JOURNAL", run->journal, 1);
		if (failing)
			setenv("NOROSHI_FILE_FAIL", failing, 1);
		_exit(run->kind->work(run->work) ? 0 : 9);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && !(failing && WTERMSIG(status) == SIGKILL))
		fail_msg("%s: the work ended with signal %d", where, WTERMSIG(status));
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 9)
		fail_msg("%s: the work ended with status %d", where, WEXITSTATUS(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void record(const struct run *run, const char *failing)
{
	empty(run->work);
	unlink(run->journal);
	for (int starts = 0; !start(run, starts ? NULL : failing); starts++)
		if (starts + 1 == STARTS_MOST)
			fail_msg("%s: the work is not done after %d starts", where, STARTS_MOST);
}

/* ── cutting ─ */

static bool is_new(struct run *run, uint64_t sum)
{
	for (size_t i = 0; i < run->seen_count; i++)
		if (run->seen[i] == sum)
			return false;
	if (run->seen_count == run->seen_room) {
		run->seen_room = run->seen_room ? 2 * run->seen_room : 64;
		run->seen = realloc(run->seen, run->seen_room * sizeof *run->seen);
		assert_non_null(run->seen);
	}
	run->seen[run->seen_count++] = sum;
	return true;
}

static void cut_and_check(struct run *run, const struct disk *disk, struct cut cut, const struct marks *marks)
{
	static const char *const names[] = { "outcome", "nothing", "all", "names", "sizes", "content", "random" };
	if (!is_new(run, disk_cut(disk, cut, run->work, NULL)))
		return;
	empty(run->cut);
	disk_cut(disk, cut, run->work, run->cut);
	char *end = strstr(where, ", cut");
	end = end ? end : where + strlen(where);
	snprintf(end, sizeof where - (size_t)(end - where), ", cut behind record %lu: %s %llu, %zu marks", run->points,
	    names[cut.kind], (unsigned long long)cut.number, marks->count);
	run->kind->check(run->cut, marks);
	run->checks++;
}

static void cut_here(struct run *run, const struct disk *disk, const struct marks *marks)
{
	uint64_t outcomes = disk_outcomes(disk);
	if (outcomes <= OUTCOMES_ALL && (outcomes <= run->cuts || run->cuts > 1)) {
		for (uint64_t i = 0; i < outcomes; i++)
			cut_and_check(run, disk, (struct cut){ CUT_OUTCOME, i }, marks);
		return;
	}
	for (unsigned i = 0; i < run->cuts; i++)
		cut_and_check(run, disk,
		    i + CUT_NOTHING < CUT_RANDOM ? (struct cut){ (enum cut_kind)(i + CUT_NOTHING), 0 }
						 : (struct cut){ CUT_RANDOM, run->points * 1000 + i },
		    marks);
}

static void number_add(uint64_t **numbers, size_t *count, uint64_t number)
{
	*numbers = realloc(*numbers, (*count + 1) * sizeof **numbers);
	assert_non_null(*numbers);
	(*numbers)[(*count)++] = number;
}

static void note_operation(struct run *run, const struct file_record *record)
{
	if (record->operation == FILE_SYNC || record->operation == FILE_SYNC_FOLDER)
		number_add(&run->syncs, &run->sync_count, record->number);
	else if (record->operation != FILE_MARK)
		number_add(&run->others, &run->other_count, record->number);
}

/* How many records the journal has; the cuts are made behind those from run->from on. */
static uint64_t cut_everywhere(struct run *run)
{
	struct failure failure;
	struct file_record record;
	struct marks marks = { 0 };
	char *at;
	size_t size;
	if (file_read(run->journal, (size_t)1 << 30, &at, &size, &failure))
		fail_msg("%s: %s", where, failure.words);
	struct reader journal = reader_of(at, size);
	struct disk *disk = disk_new();
	enum error error;
	run->points = run->seen_count = 0;
	while ((error = file_journal_next(&journal, &record, &failure)) == OK) {
		disk_replay(disk, &record);
		if (!run->from)
			note_operation(run, &record);
		if (record.operation == FILE_MARK) {
			marks.all = realloc(marks.all, (marks.count + 1) * sizeof *marks.all);
			assert_non_null(marks.all);
			marks.all[marks.count++] = record.data;
			run->seen_count = 0;
		}
		if (++run->points >= run->from)
			cut_here(run, disk, &marks);
	}
	if (error != ERROR_END)
		fail_msg("%s: %s", where, failure.words);
	disk_free(disk);
	free(marks.all);
	free(at);
	return run->points;
}

/* The record that belongs to operation `number` of the first process: everything before is as in the plain run. */
static void fault_run(struct run *run, uint64_t number, const char *error)
{
	char failing[48];
	snprintf(failing, sizeof failing, "%llu:%s", (unsigned long long)number, error);
	snprintf(where, sizeof where, "%s, operation %s", run->kind->name, failing);
	record(run, failing);
	run->from = number;
	cut_everywhere(run);
}

/* With that error at some of these operations, spread over all of them. */
static void fault_runs(struct run *run, const char *error, const uint64_t *numbers, size_t count, unsigned faults)
{
	for (unsigned i = 0; i < faults && i < count; i++)
		fault_run(run, numbers[count > faults ? (2 * i + 1) * count / (2 * faults) : i], error);
}

void powercut_run(const struct powercut_kind *kind)
{
	const char *longer = getenv("NOROSHI_LONG");
	unsigned times = longer && *longer == '1' ? 10 : 1;
	struct run run = { .kind = kind, .cuts = (kind->cuts ? kind->cuts : 6) * times };
	unsigned faults = (kind->faults ? kind->faults : 12) * times;
	/* In memory where possible: thousands of syncs, and what this disk does with them is not under test. */
	snprintf(run.folder, sizeof run.folder, "%s/noroshi-powercut-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(run.folder));
	strcpy(folder_in_use, run.folder);
	snprintf(run.work, sizeof run.work, "%s/work", run.folder);
	snprintf(run.cut, sizeof run.cut, "%s/cut", run.folder);
	snprintf(run.journal, sizeof run.journal, "%s/journal", run.folder);
	snprintf(where, sizeof where, "%s", kind->name);
	if (kind->prepare)
		kind->prepare();
	record(&run, NULL);
	uint64_t records = cut_everywhere(&run);
	unsigned long plain = run.checks;
	run.cuts = times > 1 ? 3 : 1;
	const char *only = getenv("NOROSHI_POWERCUT_FAULT"); /* "247:EIO": this one, to look at what came of it */
	if (only && strchr(only, ':')) {
		fault_run(&run, strtoull(only, NULL, 10), strchr(only, ':') + 1);
		return;
	}
	fault_runs(&run, "KILL", run.syncs, run.sync_count, faults);
	fault_runs(&run, "KILL", run.others, run.other_count, faults);
	if (!kind->no_failures) {
		fault_runs(&run, "EIO", run.syncs, run.sync_count, faults);
		fault_runs(&run, "ENOSPC", run.others, run.other_count, faults);
	}
	printf("# %s: %llu records, %lu different cuts, and %lu after kills and failures\n", kind->name,
	    (unsigned long long)records, plain, run.checks - plain);
	assert_true(plain > 3);
	free(run.seen);
	free(run.syncs);
	free(run.others);
}

int powercut_tidy(void **state)
{
	(void)state;
	return getenv("NOROSHI_POWERCUT_KEEP") ? 0 : nftw(folder_in_use, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
