/*
 * The records of a sensor on the member's disk; see recorder.h.
 */
#include "watch/recorder.h"

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define FILE_LARGEST (64u << 20)
#define LINE_LARGEST (1u << 20) /* as an agent takes them */
#define PATH_SIZE 4352

struct recorder {
	struct recorder_settings settings;
	struct capture_reducer *reducer;
	struct capture_counts counts;
	struct builder rest, lines; /* of the last line; whole ones that are to be written */
	struct file *file;
	uint64_t number;   /* of the file */
	uint64_t size;     /* of the file, without what of `lines` got into it when the disk became full */
	uint64_t dropped;  /* lines */
	nanoseconds begun; /* wall clock */
	struct timespec policy_changed;
	bool unsynced, skipping;
	bool made;           /* there is a file of this number */
	bool gave_up;        /* ... and something was dropped: nothing is tried from there on */
	bool waits, hurries; /* the disk is full; nobody waits for that any more */
};

static char *path_of(const struct recorder *recorder, uint64_t number, char path[static PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%08llu.json", recorder->settings.folder, (unsigned long long)number);
	return path;
}

static bool number_of(const char *name, uint64_t *number)
{
	struct text text = text_of(name);
	if (!text_ends(text, TEXT(".json")))
		return false;
	text.size -= 5;
	return text_to_u64(text, number);
}

/* ── which files there are ─ */

struct kept {
	uint64_t number, size;
	time_t changed;
};

static int by_number(const void *a, const void *b)
{
	uint64_t left = ((const struct kept *)a)->number, right = ((const struct kept *)b)->number;
	return left < right ? -1 : left > right;
}

/* All files but the one that is written, the oldest first; the caller frees them. */
static struct kept *list_files(const struct recorder *recorder, size_t *count)
{
	struct kept *list = NULL;
	DIR *folder = opendir(recorder->settings.folder);
	char path[PATH_SIZE];
	*count = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		struct kept one = { 0 };
		struct stat about;
		if (!number_of(entry->d_name, &one.number) || one.number == recorder->number ||
		    stat(path_of(recorder, one.number, path), &about) != 0)
			continue;
		struct kept *more = realloc(list, (*count + 1) * sizeof *list);
		if (!more)
			break;
		list = more;
		one.size = (uint64_t)about.st_size;
		one.changed = about.st_mtime;
		list[(*count)++] = one;
	}
	if (folder)
		closedir(folder);
	if (list)
		qsort(list, *count, sizeof *list, by_number);
	return list;
}

/* An agent that has not delivered a file yet holds it open, and keeps what is left of it in its spool. */
static void remove_old(struct recorder *recorder)
{
	size_t count;
	char path[PATH_SIZE];
	struct kept *list = list_files(recorder, &count);
	uint64_t total = recorder->size;
	time_t oldest = time(NULL) - (time_t)recorder->settings.policy.member_days * 86400;
	for (size_t i = 0; i < count; i++)
		total += list[i].size;
	for (size_t i = 0; i < count && (list[i].changed < oldest || total > recorder->settings.limit); i++) {
		if (file_remove(path_of(recorder, list[i].number, path), NULL) != OK)
			break;
		log_write(LOG_INFO, "records are removed", LOG_FIELD_STRING("file", path),
		    LOG_FIELD_STRING(
			"why", list[i].changed < oldest ? "older than member_days" : "more than the limit"));
		total -= list[i].size;
	}
	free(list);
}

static enum error sync_file(struct recorder *recorder, struct failure *failure)
{
	enum error error = recorder->file && recorder->unsynced ? file_sync(recorder->file, failure) : OK;
	recorder->unsynced &= error != OK;
	return error;
}

/* Without a file there is none of this number yet. */

static enum error begin_file(struct recorder *recorder, struct failure *failure)
{
	char path[PATH_SIZE];
	if (recorder->file) {
		enum error error = sync_file(recorder, failure);
		if (error)
			return error;
		file_close(recorder->file);
		recorder->file = NULL;
	}
	recorder->size = 0;
	recorder->begun = time_now();
	recorder->unsynced = false;
	recorder->number++;
	remove_old(recorder);
	enum error error = file_open(path_of(recorder, recorder->number, path), true, &recorder->file, failure);
	recorder->made = error == OK;
	recorder->number -= error != OK;
	return error;
}

/* ── the policy ─ */

static void look_at_policy(struct recorder *recorder)
{
	const char *path = recorder->settings.policy_file;
	struct capture_policy policy = capture_policy_default;
	struct failure why;
	struct stat about;
	char *at;
	size_t size;
	if (!path || stat(path, &about) != 0 ||
	    (about.st_mtim.tv_sec == recorder->policy_changed.tv_sec &&
		about.st_mtim.tv_nsec == recorder->policy_changed.tv_nsec) ||
	    file_read(path, 4096, &at, &size, &why) != OK)
		return;
	if (capture_policy_read(text_trim((struct text){ at, size }), &policy, &why) == OK)
		recorder->settings.policy = policy;
	else
		log_write(LOG_WARNING, "the capture policy in force cannot be read: the one before holds",
		    LOG_FIELD_STRING("why", why.words));
	recorder->policy_changed = about.st_mtim;
	free(at);
}

/* ── life ─ */

enum error recorder_new(const struct recorder_settings *settings, struct recorder **made, struct failure *failure)
{
	size_t count;
	enum error error = directory_make(settings->folder, 0700, failure);
	if (error)
		return error;
	struct recorder *recorder = calloc(1, sizeof *recorder);
	if (recorder)
		recorder->reducer = capture_reducer_new();
	if (!recorder || !recorder->reducer) {
		free(recorder);
		return fail(failure, ERROR_MEMORY, "no memory to record");
	}
	recorder->settings = *settings;
	struct kept *list = list_files(recorder, &count);
	recorder->number = count > 0 ? list[count - 1].number : 0;
	free(list);
	look_at_policy(recorder);
	error = begin_file(recorder, failure);
	if (error) {
		recorder_free(recorder);
		return error;
	}
	*made = recorder;
	return OK;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	sync_file(recorder, NULL);
	file_close(recorder->file);
	builder_free(&recorder->rest);
	builder_free(&recorder->lines);
	capture_reducer_free(recorder->reducer);
	free(recorder);
}

/* ── lines ─ */

static void take_line(struct recorder *recorder, struct text line)
{
	struct text reduced;
	if (recorder->skipping || !capture_reduce(recorder->reducer, &recorder->settings.policy, CAPTURE_FOR_RECORD,
				      format_named("eve"), NULL, line, &recorder->counts, &reduced)) {
		recorder->skipping = false; /* what was too long or is no JSON is not recorded */
		return;
	}
	build_text(&recorder->lines, reduced);
	build_char(&recorder->lines, '\n');
}

/* ── a full disk ─ */

static uint64_t lines_in(const struct builder *lines)
{
	uint64_t count = 0;
	for (size_t i = 0; i < lines->size; i++)
		count += lines->at[i] == '\n';
	return count;
}

/* The file is closed until there is room: how much of the lines got into it is seen then. */
static void begin_waiting(struct recorder *recorder, const struct failure *failure)
{
	file_close(recorder->file);
	recorder->file = NULL;
	if (!recorder->waits)
		log_write(LOG_ERROR, "the disk is full: records wait", LOG_FIELD_STRING("why", failure->words));
	recorder->waits = true;
}

static void drop(struct recorder *recorder)
{
	recorder->dropped += lines_in(&recorder->lines);
	builder_clear(&recorder->lines);
	recorder->gave_up = true;
}

static void end_waiting(struct recorder *recorder)
{
	if (recorder->waits)
		log_write(LOG_INFO, "there is space again: records are kept");
	recorder->waits = false;
}

static enum error go_on(struct recorder *recorder, struct failure *failure)
{
	char path[PATH_SIZE];
	if (!recorder->made)
		return begin_file(recorder, failure);
	recorder->unsynced = true;
	return file_open_rest(
	    path_of(recorder, recorder->number, path), &recorder->size, &recorder->lines, &recorder->file, failure);
}

static enum error append(struct recorder *recorder, struct failure *failure)
{
	struct builder *lines = &recorder->lines;
	bool day_over = time_now() / DAY != recorder->begun / DAY;
	enum error error = OK;
	if (!recorder->file)
		error = go_on(recorder, failure);
	else if (recorder->size > 0 && (day_over || recorder->size + lines->size > FILE_LARGEST))
		error = begin_file(recorder, failure);
	if (!error)
		error = file_append(recorder->file, lines->at, lines->size, failure);
	if (error)
		return error;
	recorder->size += lines->size;
	recorder->unsynced = true;
	builder_clear(lines);
	return OK;
}

static enum error write_lines(struct recorder *recorder, struct failure *wanted)
{
	struct failure own, *failure = wanted ? wanted : &own;
	if (recorder->lines.failed)
		return fail(failure, ERROR_MEMORY, "no memory to record");
	if (recorder->lines.size == 0)
		return OK;
	enum error error = recorder->gave_up ? ERROR_LIMIT : append(recorder, failure);
	if (error == ERROR_LIMIT && !recorder->gave_up)
		begin_waiting(recorder, failure);
	if (error == ERROR_LIMIT && recorder->hurries)
		drop(recorder);
	else if (!error)
		end_waiting(recorder);
	return error == ERROR_LIMIT ? OK : error;
}

bool recorder_waits(const struct recorder *recorder)
{
	return recorder->waits && !recorder->hurries;
}

void recorder_hurry(struct recorder *recorder)
{
	recorder->hurries = true;
}

uint64_t recorder_dropped(const struct recorder *recorder)
{
	return recorder->dropped;
}

enum error recorder_write(struct recorder *recorder, struct text bytes, struct failure *failure)
{
	struct builder *rest = &recorder->rest;
	while (bytes.size > 0) {
		const char *stop = memchr(bytes.at, '\n', bytes.size);
		size_t size = stop ? (size_t)(stop - bytes.at) : bytes.size;
		struct text piece = { bytes.at, size };
		if (!stop || rest->size > 0)
			build_text(rest, piece);
		if (stop) {
			take_line(recorder, rest->size > 0 ? (struct text){ rest->at, rest->size } : piece);
			builder_clear(rest);
		} else if (rest->size > LINE_LARGEST) {
			recorder->skipping = true;
			builder_clear(rest);
		}
		size += stop != NULL;
		bytes = (struct text){ bytes.at + size, bytes.size - size };
	}
	return rest->failed ? fail(failure, ERROR_MEMORY, "no memory to record") : write_lines(recorder, failure);
}

enum error recorder_tend(struct recorder *recorder, struct failure *wanted)
{
	struct failure own, *failure = wanted ? wanted : &own;
	look_at_policy(recorder);
	remove_old(recorder);
	enum error error = write_lines(recorder, failure);
	if (!error)
		error = sync_file(recorder, failure);
	if (error == ERROR_LIMIT)
		begin_waiting(recorder, failure);
	return error == ERROR_LIMIT ? OK : error;
}
