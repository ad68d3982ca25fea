/*
 * History, the reading side: replay after a restart, search, one alert by its position. In: positions and questions
 * with a scope. Out: alerts with their verdicts, borrowed for the call. Frames are skipped by organisation and time
 * through the index, by verdict and event through the verdicts, before anything is unpacked.
 */
#include "store/history.h"

#include "base/log.h"
#include "store/history_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define UNPACK_LARGEST (64u << 20) /* bytes in one call of history_find() */

static enum noun noun_of(const struct history *history)
{
	return history->kind == HISTORY_RECORDS ? NOUN_RECORD : NOUN_ALERT;
}

static int open_segment(const struct history *history, const struct segment *segment)
{
	char path[4096];
	return open(segment_path(history->folder, segment->number, history_suffix(history->kind), path, sizeof path),
	    O_RDONLY | O_CLOEXEC);
}

/* Unpacks a frame; a damaged one is said once, counted, and skipped from then on (*raw.at NULL). */
static enum error unpack(struct history *history, const struct segment *segment, int descriptor, struct frame *frame,
    struct frame_header *header, struct text *raw, struct failure *failure)
{
	struct failure why;
	*raw = TEXT_NONE;
	if (frame->bad)
		return OK;
	enum error error = frame_unpack(history->packing->unpacker, descriptor, frame->offset, header, raw, &why);
	if (error == ERROR_CORRUPT) {
		frame->bad = true;
		history->bad_frames++;
		log_write(LOG_ERROR, "a frame of history is damaged: its alerts are skipped",
		    LOG_FIELD_STRING("folder", history->folder), LOG_FIELD_NUMBER("segment", segment->number),
		    LOG_FIELD_NUMBER("offset", frame->offset), LOG_FIELD_NUMBER("alerts", frame->alerts),
		    LOG_FIELD_STRING("why", why.words));
		return OK;
	}
	return error ? fail(failure, error, "%s", why.words) : OK;
}

/* ── replay ─ */

static enum error replay_frame(const struct segment *segment, const struct frame *frame, struct frame_header *header,
    struct text raw, uint32_t from_row,
    enum error (*each)(void *, const struct history_batch *, uint64_t, struct reader *, struct failure *),
    void *context, struct failure *failure)
{
	struct reader from = reader_of(raw.at, raw.size);
	uint32_t row = frame->row;
	for (; row < from_row; row++) { /* the start lies within this frame */
		struct alert alert;
		enum error error = alert_decode(&from, &alert, failure);
		if (error)
			return error;
		header->batch.alerts--;
	}
	return each(context, &header->batch, position_of(segment, row), &from, failure);
}

enum error history_replay(struct history *history, const struct scope *scope, uint64_t from_position,
    enum error (*each)(void *context, const struct history_batch *batch, uint64_t first_position,
	struct reader *encoded, struct failure *failure),
    void *context, struct failure *failure)
{
	if (!scope_is_background(scope))
		return fail(failure, ERROR_DENIED, "a replay of history is for background work");
	enum error error = OK;
	for (size_t i = 0; i < history->segment_count && !error; i++) {
		struct segment *segment = &history->segments[i];
		if (segment->number < from_position >> 32 || segment->frame_count == 0)
			continue;
		uint32_t from_row = segment->number == from_position >> 32 ? (uint32_t)from_position : 0;
		int descriptor = open_segment(history, segment);
		if (descriptor < 0)
			return fail_errno(failure, "%s: cannot open segment %u", history->folder, segment->number);
		for (size_t j = 0; j < segment->frame_count && !error; j++) {
			struct frame *frame = &segment->frames[j];
			struct frame_header header;
			struct text raw;
			if (frame->alerts == 0 || frame->row + frame->alerts <= from_row)
				continue;
			error = unpack(history, segment, descriptor, frame, &header, &raw, failure);
			if (!error && raw.at)
				error = replay_frame(segment, frame, &header, raw, from_row, each, context, failure);
		}
		close(descriptor);
	}
	return error;
}

/* ── finding ─ */

struct search {
	struct history *history;
	const struct scope *scope;
	const struct history_query *query;
	void (*each)(void *, const struct history_hit *);
	void *context;
	uint32_t found;
	uint64_t *budget;  /* bytes that may still be unpacked */
	uint64_t next;     /* where to go on; 0 = not at a limit yet */
	uint32_t *offsets; /* of the alerts in an unpacked frame, for going backwards */
	uint32_t offset_room;
	struct failure *failure;
};

static bool frame_matters(const struct search *search, const struct segment *segment, const struct frame *frame)
{
	const struct history_query *query = search->query;
	uint64_t first = position_of(segment, frame->row), end = first + frame->alerts;
	if (frame->bad || frame->alerts == 0 || !scope_covers(search->scope, frame->organisation))
		return false;
	if (query->organisation && query->organisation != frame->organisation)
		return false;
	if (query->start && (query->newest_first ? first > query->start : end <= query->start))
		return false;
	return frame->greatest >= query->from && (query->to == 0 || frame->least < query->to);
}

static bool alert_matters(const struct search *search, const struct alert *alert, const struct judged *judged)
{
	const struct history_query *query = search->query;
	if (alert->received < query->received_from || alert->occurred < query->from ||
	    (query->to && alert->occurred >= query->to))
		return false;
	if (query->verdicts && !(query->verdicts & 1u << judged->verdict))
		return false;
	if (query->event && !uuid_among(judged->event, query->event, query->event_count))
		return false;
	if (query->records && !kept_record_fits(alert, query->records))
		return false;
	return query->contains.size == 0 || text_find_nocase(alert->original, query->contains) >= 0;
}

static enum error find_offsets(struct search *search, const struct frame *frame, struct text raw)
{
	if (search->offset_room < frame->alerts) {
		uint32_t *more = realloc(search->offsets, frame->alerts * sizeof *more);
		if (!more)
			return fail(search->failure, ERROR_MEMORY, "history: no memory");
		search->offsets = more;
		search->offset_room = frame->alerts;
	}
	struct reader from = reader_of(raw.at, raw.size);
	for (uint32_t i = 0; i < frame->alerts; i++) {
		struct alert alert;
		search->offsets[i] = (uint32_t)(from.at - (const uint8_t *)raw.at);
		enum error error = alert_decode(&from, &alert, search->failure);
		if (error)
			return error;
	}
	return OK;
}

static enum error search_rows(struct search *search, const struct segment *segment, const struct frame *frame,
    const struct verdict_set *set, struct text raw)
{
	const struct history_query *query = search->query;
	bool back = query->newest_first;
	enum error error = back ? find_offsets(search, frame, raw) : OK;
	struct reader from = reader_of(raw.at, raw.size);
	for (uint32_t i = 0; i < frame->alerts && !error; i++) {
		uint32_t row = back ? frame->row + frame->alerts - 1 - i : frame->row + i;
		struct history_hit hit = { .position = position_of(segment, row) };
		if (back)
			from = reader_of(
			    raw.at + search->offsets[row - frame->row], raw.size - search->offsets[row - frame->row]);
		error = alert_decode(&from, &hit.alert, search->failure);
		if (error || (query->start && (back ? hit.position > query->start : hit.position < query->start)))
			continue;
		struct judged judged = set ? verdict_get(set, row) : (struct judged){ 0 };
		if (!alert_matters(search, &hit.alert, &judged))
			continue;
		if (search->found == query->limit) {
			search->next = hit.position;
			return OK;
		}
		hit.verdict = judged.verdict;
		hit.event = judged.event;
		hit.rule = judged.rule;
		search->each(search->context, &hit);
		search->found++;
	}
	return error;
}

static enum error search_segment(struct search *search, struct segment *segment)
{
	const struct history_query *query = search->query;
	struct verdict_set *set = NULL;
	int descriptor = -1;
	enum error error = OK;
	for (size_t j = 0; j < segment->frame_count && !error && !search->next; j++) {
		struct frame *frame = &segment->frames[query->newest_first ? segment->frame_count - 1 - j : j];
		if (!frame_matters(search, segment, frame))
			continue;
		if (!set && search->history->kind == HISTORY_ALERTS)
			error = verdicts_of(search->history->verdicts, segment->number, &set, search->failure);
		if (error)
			break;
		if (set && (query->verdicts || query->event) &&
		    !verdict_any(set, frame->row, frame->alerts, query->verdicts, query->event, query->event_count))
			continue;
		if (*search->budget == 0) {
			search->next =
			    position_of(segment, query->newest_first ? frame->row + frame->alerts - 1 : frame->row);
			break;
		}
		if (descriptor < 0 && (descriptor = open_segment(search->history, segment)) < 0)
			return fail_errno(
			    search->failure, "%s: cannot open segment %u", search->history->folder, segment->number);
		struct frame_header header;
		struct text raw;
		error = unpack(search->history, segment, descriptor, frame, &header, &raw, search->failure);
		*search->budget -= raw.size < *search->budget ? raw.size : *search->budget;
		if (!error && raw.at)
			error = search_rows(search, segment, frame, set, raw);
	}
	if (descriptor >= 0)
		close(descriptor);
	return error;
}

static bool segment_matters(const struct history_query *query, const struct segment *segment)
{
	if (segment->rows == 0)
		return false;
	if (query->start &&
	    (query->newest_first ? segment->number > query->start >> 32 : segment->number < query->start >> 32))
		return false;
	return segment->greatest >= query->from && (query->to == 0 || segment->least < query->to);
}

enum error history_find(struct history *history, const struct scope *scope, const struct history_query *query,
    void (*each)(void *context, const struct history_hit *hit), void *context, uint64_t *next, struct failure *failure)
{
	*next = 0;
	if (!scope_reads(scope, noun_of(history)))
		return fail(failure, ERROR_DENIED, "the scope %s does not read %s", scope_name(scope),
		    history_suffix(history->kind));
	uint64_t budget = UNPACK_LARGEST;
	struct search search = { history, scope, query, each, context, .failure = failure };
	search.budget = query->budget ? query->budget : &budget;
	enum error error = OK;
	for (size_t i = 0; i < history->segment_count && !error && !search.next; i++) {
		struct segment *segment = &history->segments[query->newest_first ? history->segment_count - 1 - i : i];
		if (segment_matters(query, segment))
			error = search_segment(&search, segment);
	}
	free(search.offsets);
	if (!error)
		*next = search.next;
	return error;
}

static struct frame *frame_of(struct segment *segment, uint32_t row)
{
	size_t low = 0, high = segment->frame_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (segment->frames[middle].row + segment->frames[middle].alerts <= row)
			low = middle + 1;
		else
			high = middle;
	}
	return low < segment->frame_count && segment->frames[low].row <= row ? &segment->frames[low] : NULL;
}

static enum error hand_out(struct history *history, const struct segment *segment, const struct frame *frame,
    struct text raw, uint64_t position, void (*each)(void *, const struct history_hit *), void *context,
    struct failure *failure)
{
	struct history_hit hit = { .position = position };
	struct verdict_set *set = NULL;
	struct reader from = reader_of(raw.at, raw.size);
	bool judges = history->kind == HISTORY_ALERTS;
	enum error error = judges ? verdicts_of(history->verdicts, segment->number, &set, failure) : OK;
	for (uint32_t row = frame->row; row <= (uint32_t)position && !error; row++)
		error = alert_decode(&from, &hit.alert, failure);
	if (error)
		return error;
	struct judged judged = judges ? verdict_get(set, (uint32_t)position) : (struct judged){ 0 };
	hit.verdict = judged.verdict;
	hit.event = judged.event;
	hit.rule = judged.rule;
	each(context, &hit);
	return OK;
}

enum error history_get(struct history *history, const struct scope *scope, uint64_t position,
    void (*each)(void *context, const struct history_hit *hit), void *context, struct failure *failure)
{
	if (!scope_reads(scope, noun_of(history)))
		return fail(failure, ERROR_DENIED, "the scope %s does not read %s", scope_name(scope),
		    history_suffix(history->kind));
	struct segment *segment = history_segment(history, (uint32_t)(position >> 32));
	struct frame *frame = segment ? frame_of(segment, (uint32_t)position) : NULL;
	if (!frame || !scope_covers(scope, frame->organisation))
		return fail(failure, ERROR_NOT_FOUND, "there is no such alert");
	int descriptor = open_segment(history, segment);
	if (descriptor < 0)
		return fail_errno(failure, "%s: cannot open segment %u", history->folder, segment->number);
	struct frame_header header;
	struct text raw;
	enum error error = unpack(history, segment, descriptor, frame, &header, &raw, failure);
	if (!error && !raw.at)
		error = fail(failure, ERROR_CORRUPT, "the frame that holds this alert is damaged");
	if (!error)
		error = hand_out(history, segment, frame, raw, position, each, context, failure);
	close(descriptor);
	return error;
}
