/*
 * History, how it is opened and closed: the folder is listed and locked, every segment walked, and what a power cut
 * left behind the last whole frame cut off. In: a folder. Out: a history that history.c appends to and find.c reads.
 */
#include "base/log.h"
#include "store/history_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int compare_numbers(const void *a, const void *b)
{
	uint32_t first = ((const struct segment *)a)->number, second = ((const struct segment *)b)->number;
	return first < second ? -1 : first > second;
}

static enum error list_segments(struct history *history, struct failure *failure)
{
	DIR *folder = opendir(history->folder);
	if (!folder)
		return fail_errno(failure, "cannot list %s", history->folder);
	enum error error = OK;
	struct dirent *entry;
	while (!error && (entry = readdir(folder))) {
		uint32_t number;
		if (segment_named(entry->d_name, history->kind, &number))
			error = history_add_segment(history, number, failure);
	}
	closedir(folder);
	if (!error && history->segment_count)
		qsort(history->segments, history->segment_count, sizeof *history->segments, compare_numbers);
	return error;
}

struct opening {
	struct history *history;
	bool no_memory;
};

static void remember_frame(void *context, const struct frame_header *header)
{
	struct opening *opening = context;
	if (!seen_add(opening->history->seen, &header->batch))
		opening->no_memory = true;
}

static void say_damage(
    struct history *history, const char *path, const struct segment_damage *damage, struct history_repair *repair)
{
	if (damage->bad == 0)
		return;
	history->bad_frames += damage->bad;
	repair->bad_frames += damage->bad;
	log_write(LOG_ERROR, "a file of history is damaged: its damaged frames are skipped",
	    LOG_FIELD_STRING("file", path), LOG_FIELD_NUMBER("offset", damage->first),
	    LOG_FIELD_NUMBER("frames", damage->bad));
	if (!repair->words[0])
		snprintf(repair->words, sizeof repair->words,
		    "%.160s: %u damaged frames are skipped, the first at offset %llu", path, damage->bad,
		    (unsigned long long)damage->first);
}

/* Opens the last segment for writing and cuts its torn end off. */
static enum error open_last(
    struct history *history, uint64_t cut, struct history_repair *repair, struct failure *failure)
{
	struct segment *segment = last_segment(history);
	char path[4096];
	segment_path(history->folder, segment->number, history_suffix(history->kind), path, sizeof path);
	enum error error = file_open(path, false, &history->file, failure);
	if (error)
		return error;
	uint64_t size = file_size(history->file);
	if (cut < size) {
		repair->cut_bytes = size - cut;
		snprintf(repair->words, sizeof repair->words,
		    "%.160s: %llu bytes at its end had not become durable and were cut off", path,
		    (unsigned long long)repair->cut_bytes);
		log_write(LOG_WARNING, "a torn end of history was cut off: nobody was told that it is stored",
		    LOG_FIELD_STRING("file", path), LOG_FIELD_NUMBER("bytes", repair->cut_bytes));
		error = file_truncate(history->file, cut, failure);
	}
	if (!error && cut < SEGMENT_HEADER) {
		builder_clear(&history->packing->frame);
		segment_header_write(segment->number, time_now(), &history->packing->frame);
		error = file_truncate(history->file, 0, failure);
		if (!error)
			error = file_append(
			    history->file, history->packing->frame.at, history->packing->frame.size, failure);
		segment->size = SEGMENT_HEADER;
	}
	/* What a killed process wrote is in the page cache: now it becomes durable, because from now on it counts. */
	return error ? error : file_sync(history->file, failure);
}

static enum error walk_segments(struct history *history, struct history_repair *repair, struct failure *failure)
{
	struct opening opening = { .history = history };
	for (size_t i = 0; i < history->segment_count; i++) {
		struct segment *segment = &history->segments[i];
		bool last = i + 1 == history->segment_count;
		struct segment_damage damage;
		char path[4096];
		int descriptor = open(
		    segment_path(history->folder, segment->number, history_suffix(history->kind), path, sizeof path),
		    O_RDONLY | O_CLOEXEC);
		if (descriptor < 0)
			return fail_errno(failure, "cannot open %s", path);
		enum error error =
		    segment_walk(descriptor, path, segment, last, last, remember_frame, &opening, &damage, failure);
		close(descriptor);
		if (error)
			return error;
		say_damage(history, path, &damage, repair);
		if (last)
			error = open_last(history, damage.cut, repair, failure);
		if (error)
			return error;
	}
	return opening.no_memory ? fail(failure, ERROR_MEMORY, "%s: no memory", history->folder) : OK;
}

static enum error lock_folder(struct history *history, struct failure *failure)
{
	history->lock = open(history->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (history->lock < 0)
		return fail_errno(failure, "cannot open %s", history->folder);
	if (flock(history->lock, LOCK_EX | LOCK_NB) < 0)
		return fail(failure, ERROR_CONFLICT, "%s is in use by another process", history->folder);
	return OK;
}

struct packing *packing_new(void)
{
	struct packing *packing = calloc(1, sizeof *packing);
	if (!packing)
		return NULL;
	packing->users = 1;
	packing->unpacker = unpacker_new();
	packing->packer = ZSTD_createCCtx();
	if (packing->unpacker && packing->packer)
		return packing;
	packing_leave(packing);
	return NULL;
}

void packing_leave(struct packing *packing)
{
	if (--packing->users > 0)
		return;
	unpacker_free(packing->unpacker);
	ZSTD_freeCCtx(packing->packer);
	builder_free(&packing->frame);
	free(packing);
}

enum error history_open(
    const char *folder, struct history **history, struct history_repair *repair, struct failure *failure)
{
	struct packing *packing = packing_new();
	if (!packing)
		return fail(failure, ERROR_MEMORY, "%s: no memory", folder);
	enum error error = history_open_as(folder, HISTORY_ALERTS, packing, history, repair, failure);
	packing_leave(packing);
	return error;
}

enum error history_open_as(const char *folder, enum history_kind kind, struct packing *packing, struct history **result,
    struct history_repair *repair, struct failure *failure)
{
	struct history_repair own;
	repair = repair ? repair : &own;
	*repair = (struct history_repair){ 0 };
	enum error error = directory_make(folder, 0750, failure);
	if (error)
		return error;
	struct history *history = calloc(1, sizeof *history);
	if (!history)
		return fail(failure, ERROR_MEMORY, "%s: no memory", folder);
	history->lock = -1;
	history->folder = strdup(folder);
	history->kind = kind;
	history->seen = seen_new();
	history->verdicts = verdicts_new(folder);
	history->packing = packing;
	packing->users++;
	if (!history->folder || !history->seen || !history->verdicts)
		error = fail(failure, ERROR_MEMORY, "%s: no memory", folder);
	if (!error)
		error = lock_folder(history, failure);
	if (!error) /* the names of what a killed process made become durable, as its contents do in open_last() */
		error = directory_sync(folder, failure);
	if (!error)
		error = list_segments(history, failure);
	if (!error)
		error = walk_segments(history, repair, failure);
	if (!error && history->segment_count == 0)
		error = history_new_segment(history, 1, failure);
	struct verdict_set *set; /* a later version that was here has judged in the newest segment */
	if (!error && kind == HISTORY_ALERTS)
		error = verdicts_of(history->verdicts, last_segment(history)->number, &set, failure);
	if (error) {
		history_close(history);
		return error;
	}
	history_mark_synced(history);
	*result = history;
	return OK;
}

void history_close(struct history *history)
{
	if (!history)
		return;
	file_close(history->file);
	for (size_t i = 0; i < history->segment_count; i++)
		free(history->segments[i].frames);
	free(history->segments);
	seen_free(history->seen);
	verdicts_free(history->verdicts);
	packing_leave(history->packing);
	if (history->lock >= 0)
		close(history->lock);
	free(history->folder);
	free(history);
}
