/*
 * History, the writing side: appending frames, making them durable, judging, and removing what is older than its
 * retention. In: encoded alerts of accepted batches. Out: files. Opening is in history_open.c, reading in find.c.
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

enum error history_add_segment(struct history *history, uint32_t number, struct failure *failure)
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

void history_mark_synced(struct history *history)
{
	const struct segment *segment = last_segment(history);
	history->synced.size = segment->size;
	history->synced.rows = segment->rows;
	history->synced.frames = segment->frame_count;
}

enum error history_new_segment(struct history *history, uint32_t number, struct failure *failure)
{
	char path[4096];
	struct file *file;
	segment_path(history->folder, number, history_suffix(history->kind), path, sizeof path);
	enum error error = file_open(path, true, &file, failure);
	if (error)
		return error;
	builder_clear(&history->packing->frame);
	segment_header_write(number, time_now(), &history->packing->frame);
	/* A try that failed before (full disk) may have left a part of the header. */
	if (file_size(file))
		error = file_truncate(file, 0, failure);
	if (!error)
		error = history->packing->frame.failed
			    ? fail(failure, ERROR_MEMORY, "%s: no memory", path)
			    : file_append(file, history->packing->frame.at, history->packing->frame.size, failure);
	/* Not synced: that the name is durable is enough, a header that is not is written again at the next opening. */
	if (!error)
		error = history_add_segment(history, number, failure);
	if (error) {
		file_close(file);
		return error;
	}
	file_close(history->file);
	history->file = file;
	last_segment(history)->size = SEGMENT_HEADER;
	history_mark_synced(history);
	return OK;
}

/* ── appending ─ */

/* After a failed write: opens the file again and cuts it back to `size`. */
static enum error cut_back(struct history *history, uint64_t size, struct failure *failure)
{
	char path[4096];
	file_close(history->file);
	history->file = NULL;
	segment_path(history->folder, last_segment(history)->number, history_suffix(history->kind), path, sizeof path);
	enum error error = file_open(path, false, &history->file, failure);
	if (!error && file_size(history->file) != size)
		error = file_truncate(history->file, size, failure);
	return error;
}

static enum error make_ready(struct history *history, struct failure *failure)
{
	if (history->lost)
		return fail(
		    failure, history->lost, "%s: a sync failed; it has to be closed and opened anew", history->folder);
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
	struct builder *frame = &history->packing->frame;
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
		stored = ZSTD_compressCCtx(history->packing->packer, frame->at + FRAME_HEADER,
		    frame->room - FRAME_HEADER, encoded.at, encoded.size, PACK_LEVEL);
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
	return error ? error : history_new_segment(history, segment->number + 1, failure);
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
	error = file_append(history->file, history->packing->frame.at, history->packing->frame.size, failure);
	if (error) {
		struct failure again;
		history->needs_repair = cut_back(history, offset, &again) != OK;
		return error;
	}
	error = segment_add(segment, &header, offset, failure);
	if (!error && !seen_add(history->seen, batch))
		error = fail(failure, ERROR_MEMORY, "history: no memory");
	if (error) {
		history->lost = error;
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
			history->lost = error;
			return error;
		}
		history_mark_synced(history);
	}
	return verdicts_flush(history->verdicts, failure);
}

bool history_is_lost(const struct history *history)
{
	return history->lost != OK;
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
	segment_path(history->folder, segment->number, history_suffix(history->kind), path, sizeof path);
	/* The alerts go first: verdicts without alerts are harmless, the other way round alerts would be judged anew.
	 */
	enum error error = file_remove(path, failure);
	if (!error && history->kind == HISTORY_ALERTS)
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
			error = history_new_segment(history, last->number + 1, failure);
	}
	while (!error && history->segment_count > 1 && history->segments[0].received_last < before)
		error = remove_first(history, alerts, failure);
	return error;
}

enum error history_shrink(struct history *history, uint64_t bytes, uint64_t *alerts, struct failure *failure)
{
	uint64_t all = 0;
	*alerts = 0;
	enum error error = make_ready(history, failure);
	for (size_t i = 0; i < history->segment_count; i++)
		all += history->segments[i].size;
	while (!error && history->segment_count > 1 && all > bytes) {
		all -= history->segments[0].size;
		error = remove_first(history, alerts, failure);
	}
	return error;
}
