/*
 * History, the writing side: opening the folder and repairing what a power cut left, appending frames, making them
 * durable, judging, and removing what is older than its retention. In: encoded alerts of accepted batches. Out: files.
 * Reading is in find.c.
 */
#include "store/history.h"

#include "base/log.h"
#include "store/history_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PACK_LEVEL 1 /* zstd: 450 MB/s here, a factor of 6 on EVE lines; level 3 gives 7 at half the speed */

struct segment *history_segment(const struct history *history, uint32_t number)
{
	size_t low = 0, high = history->segment_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (history->segments[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < history->segment_count && history->segments[low].number == number ? &history->segments[low] : NULL;
}

static enum error add_segment(struct history *history, uint32_t number, struct failure *failure)
{
	if (history->segment_count == history->segment_room) {
		size_t room = history->segment_room ? 2 * history->segment_room : 16;
		struct segment *segments = realloc(history->segments, room * sizeof *segments);
		if (!segments)
			return fail(failure, ERROR_MEMORY, "%s: no memory", history->folder);
		history->segments = segments;
		history->segment_room = room;
	}
	history->segments[history->segment_count++] = (struct segment){ .number = number };
	return OK;
}

/* ── opening ─ */

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
		if (segment_named(entry->d_name, &number))
			error = add_segment(history, number, failure);
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
	segment_path(history->folder, segment->number, "alerts", path, sizeof path);
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
		builder_clear(&history->frame);
		segment_header_write(segment->number, time_now(), &history->frame);
		error = file_truncate(history->file, 0, failure);
		if (!error)
			error = file_append(history->file, history->frame.at, history->frame.size, failure);
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
		    segment_path(history->folder, segment->number, "alerts", path, sizeof path), O_RDONLY | O_CLOEXEC);
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

static void mark_synced(struct history *history)
{
	const struct segment *segment = last_segment(history);
	history->synced.size = segment->size;
	history->synced.rows = segment->rows;
	history->synced.frames = segment->frame_count;
}

static enum error new_segment(struct history *history, uint32_t number, struct failure *failure)
{
	char path[4096];
	struct file *file;
	segment_path(history->folder, number, "alerts", path, sizeof path);
	enum error error = file_open(path, true, &file, failure);
	if (error)
		return error;
	builder_clear(&history->frame);
	segment_header_write(number, time_now(), &history->frame);
	/* A try that failed before (full disk) may have left a part of the header. */
	if (file_size(file))
		error = file_truncate(file, 0, failure);
	if (!error)
		error = history->frame.failed ? fail(failure, ERROR_MEMORY, "%s: no memory", path)
					      : file_append(file, history->frame.at, history->frame.size, failure);
	/* Not synced: that the name is durable is enough, a header that is not is written again at the next opening. */
	if (!error)
		error = add_segment(history, number, failure);
	if (error) {
		file_close(file);
		return error;
	}
	file_close(history->file);
	history->file = file;
	last_segment(history)->size = SEGMENT_HEADER;
	mark_synced(history);
	return OK;
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

enum error history_open(
    const char *folder, struct history **result, struct history_repair *repair, struct failure *failure)
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
	history->seen = seen_new();
	history->verdicts = verdicts_new(folder);
	history->unpacker = unpacker_new();
	history->packer = ZSTD_createCCtx();
	if (!history->folder || !history->seen || !history->verdicts || !history->unpacker || !history->packer)
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
		error = new_segment(history, 1, failure);
	struct verdict_set *set; /* a later version that was here has judged in the newest segment */
	if (!error)
		error = verdicts_of(history->verdicts, last_segment(history)->number, &set, failure);
	if (error) {
		history_close(history);
		return error;
	}
	mark_synced(history);
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
	unpacker_free(history->unpacker);
	ZSTD_freeCCtx(history->packer);
	builder_free(&history->frame);
	if (history->lock >= 0)
		close(history->lock);
	free(history->folder);
	free(history);
}

/* ── appending ─ */

/* After a failed write: opens the file again and cuts it back to `size`. */
static enum error cut_back(struct history *history, uint64_t size, struct failure *failure)
{
	char path[4096];
	file_close(history->file);
	history->file = NULL;
	segment_path(history->folder, last_segment(history)->number, "alerts", path, sizeof path);
	enum error error = file_open(path, false, &history->file, failure);
	if (!error && file_size(history->file) != size)
		error = file_truncate(history->file, size, failure);
	return error;
}

static enum error make_ready(struct history *history, struct failure *failure)
{
	if (history->lost)
		return fail(
		    failure, ERROR_SYSTEM, "%s: a sync failed; it has to be closed and opened anew", history->folder);
	if (!history->needs_repair)
		return OK;
	enum error error = cut_back(history, last_segment(history)->size, failure);
	history->needs_repair = error != OK;
	return error;
}

/* Checks that `encoded` is what `batch` says, and gives the range of its times. */
static enum error check_alerts(
    const struct history_batch *batch, struct text encoded, struct frame_header *header, struct failure *failure)
{
	struct reader from = reader_of(encoded.at, encoded.size);
	for (uint32_t i = 0; i < batch->alerts; i++) {
		struct alert alert;
		enum error error = alert_decode(&from, &alert, failure);
		if (error)
			return error;
		if (alert.organisation != batch->organisation || alert.id.sensor != batch->sensor)
			return fail(
			    failure, ERROR_INPUT, "history: an alert of another organisation or sensor than its batch");
		if (i == 0 || alert.occurred < header->least)
			header->least = alert.occurred;
		if (i == 0 || alert.occurred > header->greatest)
			header->greatest = alert.occurred;
	}
	if (!reader_done(&from))
		return fail(failure, ERROR_INPUT, "history: the batch holds more than its %u alerts", batch->alerts);
	return OK;
}

static enum error build_frame(
    struct history *history, struct frame_header *header, struct text encoded, struct failure *failure)
{
	struct builder *frame = &history->frame;
	size_t bound = ZSTD_compressBound(encoded.size) + FRAME_HEADER;
	if (frame->room < bound) {
		char *more = realloc(frame->at, bound);
		if (!more)
			return fail(failure, ERROR_MEMORY, "history: no memory for a frame of %zu bytes", encoded.size);
		frame->at = more;
		frame->room = bound;
	}
	size_t stored = 0;
	if (encoded.size)
		stored = ZSTD_compressCCtx(history->packer, frame->at + FRAME_HEADER, frame->room - FRAME_HEADER,
		    encoded.at, encoded.size, PACK_LEVEL);
	if (ZSTD_isError(stored))
		return fail(failure, ERROR_SYSTEM, "history: %s", ZSTD_getErrorName(stored));
	header->stored = (uint32_t)stored;
	header->raw = (uint32_t)encoded.size;
	header->body_checksum = checksum(0, frame->at + FRAME_HEADER, stored);
	struct builder bytes = { 0 };
	frame_header_write(header, &bytes);
	if (!bytes.failed)
		memcpy(frame->at, bytes.at, FRAME_HEADER);
	frame->size = FRAME_HEADER + stored;
	bool failed = bytes.failed;
	builder_free(&bytes);
	return failed ? fail(failure, ERROR_MEMORY, "history: no memory") : OK;
}

/* A new segment when this one is full, or when a day has passed, so that retention can remove whole days. */
static enum error roll(struct history *history, const struct history_batch *batch, struct failure *failure)
{
	const struct segment *segment = last_segment(history);
	bool full =
	    segment->size >= HISTORY_SEGMENT_BYTES || segment->rows + (uint64_t)batch->alerts > HISTORY_SEGMENT_ROWS;
	bool old = batch->received / DAY > segment->received_first / DAY;
	if (segment->frame_count == 0 || (!full && !old))
		return OK;
	enum error error = history_sync(history, failure);
	return error ? error : new_segment(history, segment->number + 1, failure);
}

enum error history_append(struct history *history, const struct history_batch *batch, struct text encoded,
    uint64_t *first_position, struct failure *failure)
{
	struct frame_header header = { .batch = *batch };
	if (encoded.size > FRAME_LARGEST || batch->alerts > HISTORY_SEGMENT_ROWS)
		return fail(failure, ERROR_LIMIT, "history: a frame of %zu bytes and %u alerts is too large",
		    encoded.size, batch->alerts);
	enum error error = make_ready(history, failure);
	if (!error)
		error = check_alerts(batch, encoded, &header, failure);
	if (!error)
		error = roll(history, batch, failure);
	if (error)
		return error;
	struct segment *segment = last_segment(history);
	header.segment = segment->number;
	header.row = segment->rows;
	error = build_frame(history, &header, encoded, failure);
	if (error)
		return error;
	uint64_t offset = segment->size;
	error = file_append(history->file, history->frame.at, history->frame.size, failure);
	if (error) {
		struct failure again;
		history->needs_repair = cut_back(history, offset, &again) != OK;
		return error;
	}
	error = segment_add(segment, &header, offset, failure);
	if (!error && !seen_add(history->seen, batch))
		error = fail(failure, ERROR_MEMORY, "history: no memory");
	if (error) {
		history->lost = true;
		return error;
	}
	*first_position = position_of(segment, header.row);
	return OK;
}

enum error history_sync(struct history *history, struct failure *failure)
{
	enum error error = make_ready(history, failure);
	if (error)
		return error;
	if (last_segment(history)->size != history->synced.size) {
		error = file_sync(history->file, failure);
		if (error) {
			/* The kernel may have dropped the pages and call the file clean: what is not known durable
			 * goes. */
			struct failure again;
			segment_cut(
			    last_segment(history), history->synced.size, history->synced.rows, history->synced.frames);
			if (cut_back(history, history->synced.size, &again) != OK)
				log_write(LOG_ERROR, "frames that could not be made durable cannot be taken back",
				    LOG_FIELD_STRING("folder", history->folder), LOG_FIELD_STRING("why", again.words));
			history->lost = true;
			return error;
		}
		mark_synced(history);
	}
	return verdicts_flush(history->verdicts, failure);
}

uint64_t history_seen(const struct history *history, const struct history_batch *batch, struct history_batch *stored)
{
	return seen_find(history->seen, batch, stored);
}

uint64_t history_end(const struct history *history)
{
	return position_of(last_segment(history), last_segment(history)->rows);
}

uint32_t history_bad_frames(const struct history *history)
{
	return history->bad_frames;
}

/* ── judging, forgetting ─ */

enum error history_judge(struct history *history, uint64_t position, enum verdict verdict, struct uuid event,
    struct uuid rule, struct failure *failure)
{
	struct segment *segment = history_segment(history, (uint32_t)(position >> 32));
	uint32_t row = (uint32_t)position;
	if (!segment || row >= segment->rows || (unsigned)verdict >= VERDICT_COUNT)
		return fail(failure, ERROR_NOT_FOUND, "history: there is no alert at position %llu",
		    (unsigned long long)position);
	struct verdict_set *set;
	struct judged judged = { verdict, event, rule };
	enum error error = verdicts_of(history->verdicts, segment->number, &set, failure);
	return error ? error : verdict_put(set, row, &judged, failure);
}

static enum error remove_first(struct history *history, uint64_t *alerts, struct failure *failure)
{
	struct segment *segment = &history->segments[0];
	char path[4096];
	segment_path(history->folder, segment->number, "alerts", path, sizeof path);
	/* The alerts go first: verdicts without alerts are harmless, the other way round alerts would be judged anew.
	 */
	enum error error = file_remove(path, failure);
	if (!error)
		error = verdicts_remove(history->verdicts, segment->number, failure);
	if (error)
		return error;
	for (size_t i = 0; i < segment->frame_count; i++)
		*alerts += segment->frames[i].alerts;
	free(segment->frames);
	memmove(segment, segment + 1, (--history->segment_count) * sizeof *segment);
	return OK;
}

enum error history_expire(struct history *history, nanoseconds before, uint64_t *alerts, struct failure *failure)
{
	*alerts = 0;
	enum error error = make_ready(history, failure);
	struct segment *last = error ? NULL : last_segment(history);
	if (last && last->frame_count && last->received_last < before) {
		error = history_sync(history, failure);
		if (!error) /* numbers are never used twice: an empty successor keeps the count */
			error = new_segment(history, last->number + 1, failure);
	}
	while (!error && history->segment_count > 1 && history->segments[0].received_last < before)
		error = remove_first(history, alerts, failure);
	return error;
}
