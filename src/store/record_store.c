/*
 * Records of many organisations: which history is whose, opened when it is needed and opened anew when it failed. In:
 * batches and questions as history.h has them. Out: to and from the organisation's own history.
 */
#include "store/record_store.h"

#include "base/log.h"
#include "store/history_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kept {
	uint32_t organisation;
	struct history *history; /* NULL: it could not be opened */
	enum error failed;       /* not OK: has to be closed and opened anew */
	nanoseconds floor;       /* what was received before is not read */
};

struct record_store {
	char *folder;
	struct packing *packing;
	struct kept *kept; /* by organisation */
	size_t count, room;
};

static char *path_of(const char *folder, uint32_t organisation, char *to, size_t size)
{
	snprintf(to, size, "%s/%u", folder, organisation);
	return to;
}

/* ── whose ─ */

static size_t place_of(const struct record_store *records, uint32_t organisation)
{
	size_t low = 0, high = records->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (records->kept[middle].organisation < organisation)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct kept *find(const struct record_store *records, uint32_t organisation)
{
	size_t place = place_of(records, organisation);
	return place < records->count && records->kept[place].organisation == organisation ? &records->kept[place]
											   : NULL;
}

static struct kept *add(struct record_store *records, uint32_t organisation)
{
	size_t place = place_of(records, organisation);
	if (records->count == records->room) {
		struct kept *more = array_grow(records->kept, &records->room, 16, sizeof *more);
		if (!more)
			return NULL;
		records->kept = more;
	}
	memmove(&records->kept[place + 1], &records->kept[place], (records->count - place) * sizeof *records->kept);
	records->kept[place] = (struct kept){ .organisation = organisation };
	records->count++;
	return &records->kept[place];
}

static enum error make_ready(struct record_store *records, struct kept *kept, struct failure *failure)
{
	char path[4400];
	struct history_repair repair;
	if (kept->history && !kept->failed)
		return OK;
	history_close(kept->history);
	kept->history = NULL;
	path_of(records->folder, kept->organisation, path, sizeof path);
	enum error error = history_open_as(path, HISTORY_RECORDS, records->packing, &kept->history, &repair, failure);
	if (error) {
		kept->history = NULL;
		return error;
	}
	kept->failed = OK;
	return OK;
}

/* Ready to be appended to; made when it is the organisation's first. */
static enum error kept_of(
    struct record_store *records, uint32_t organisation, struct kept **to, struct failure *failure)
{
	struct kept *kept = find(records, organisation);
	if (!kept && !(kept = add(records, organisation)))
		return fail(failure, ERROR_MEMORY, "no memory for records");
	*to = kept;
	return make_ready(records, kept, failure);
}

/* ── opening ─ */

static enum error list(const char *folder, enum error (*each)(void *context, uint32_t organisation, struct failure *),
    void *context, struct failure *failure)
{
	DIR *open = opendir(folder);
	struct dirent *entry;
	uint64_t number;
	if (!open && errno == ENOENT)
		return OK;
	if (!open)
		return fail_errno(failure, "cannot list %s", folder);
	enum error error = OK;
	while (!error && (entry = readdir(open)))
		if (text_to_u64(text_of(entry->d_name), &number) && number > 0 && number <= UINT32_MAX)
			error = each(context, (uint32_t)number, failure);
	closedir(open);
	return error;
}

static enum error open_one(void *context, uint32_t organisation, struct failure *failure)
{
	struct record_store *records = context;
	struct kept *kept = add(records, organisation);
	struct failure why;
	if (!kept)
		return fail(failure, ERROR_MEMORY, "no memory for records");
	enum error error = make_ready(records, kept, &why);
	if (error == ERROR_MEMORY || error == ERROR_VERSION)
		return fail(failure, error, "%s", why.words);
	if (error)
		log_write(LOG_ERROR, "the records of an organisation cannot be opened",
		    LOG_FIELD_NUMBER("organisation", organisation), LOG_FIELD_STRING("why", why.words));
	return OK;
}

enum error record_store_open(const char *folder, struct record_store **result, struct failure *failure)
{
	enum error error = directory_make(folder, 0750, failure);
	if (error)
		return error;
	struct record_store *records = calloc(1, sizeof *records);
	if (!records || !(records->folder = strdup(folder)) || !(records->packing = packing_new())) {
		if (records)
			free(records->folder);
		free(records);
		return fail(failure, ERROR_MEMORY, "%s: no memory", folder);
	}
	error = list(folder, open_one, records, failure);
	if (error) {
		record_store_close(records);
		return error;
	}
	*result = records;
	return OK;
}

void record_store_close(struct record_store *records)
{
	if (!records)
		return;
	for (size_t i = 0; i < records->count; i++)
		history_close(records->kept[i].history);
	packing_leave(records->packing);
	free(records->kept);
	free(records->folder);
	free(records);
}

/* ── appending ─ */

enum error record_store_seen(struct record_store *records, const struct history_batch *batch, uint64_t *end,
    struct history_batch *stored, struct failure *failure)
{
	struct kept *kept = NULL;
	enum error error = kept_of(records, batch->organisation, &kept, failure);
	if (!error)
		*end = history_seen(kept->history, batch, stored);
	return error;
}

enum error record_store_append(struct record_store *records, const struct history_batch *batch, struct text encoded,
    uint64_t *position, struct failure *failure)
{
	struct kept *kept = NULL;
	uint64_t ignored;
	enum error error = kept_of(records, batch->organisation, &kept, failure);
	if (error)
		return error;
	error = history_append(kept->history, batch, encoded, position ? position : &ignored, failure);
	/* Of a full disk history takes care, and what is no batch is refused before anything is written. */
	if (history_is_lost(kept->history) ||
	    (error && error != ERROR_LIMIT && error != ERROR_CORRUPT && error != ERROR_INPUT))
		kept->failed = error;
	return error;
}

enum error record_store_sync(struct record_store *records, uint32_t organisation, struct failure *failure)
{
	struct kept *kept = find(records, organisation);
	if (!kept || !kept->history)
		return fail(failure, ERROR_SYSTEM, "the records of organisation %u are not open", organisation);
	enum error error =
	    kept->failed ? fail(failure, kept->failed, "the records of organisation %u: a write failed", organisation)
			 : history_sync(kept->history, failure);
	kept->failed = error;
	return error;
}

/* ── reading ─ */

struct finding {
	uint32_t found;
	void (*each)(void *context, const struct history_hit *hit);
	void *context;
};

static void count_hit(void *context, const struct history_hit *hit)
{
	struct finding *finding = context;
	finding->found++;
	finding->each(finding->context, hit);
}

/* One organisation's; `own` is a question of its own, and becomes what is left of it. */
static enum error find_in(struct record_store *records, struct kept *kept, const struct scope *scope,
    struct history_query *own, struct finding *finding, uint64_t *next, struct failure *failure)
{
	uint32_t before = finding->found;
	enum error error = make_ready(records, kept, failure);
	own->received_from = kept->floor;
	if (!error)
		error = history_find(kept->history, scope, own, count_hit, finding, next, failure);
	own->limit -= finding->found - before;
	own->start = 0;
	return error;
}

enum error record_store_find(struct record_store *records, const struct scope *scope, const struct history_query *query,
    void (*each)(void *context, const struct history_hit *hit), void *context, struct record_place *place,
    struct failure *failure)
{
	uint64_t budget = RECORDS_BUDGET;
	struct record_place begin = *place;
	struct history_query own = *query;
	struct finding finding = { .each = each, .context = context };
	*place = (struct record_place){ 0 };
	if (!scope_reads(scope, NOUN_RECORD))
		return fail(failure, ERROR_DENIED, "the scope %s does not read records", scope_name(scope));
	if (!own.budget)
		own.budget = &budget;
	own.newest_first = true;
	own.start = begin.position;
	for (size_t i = place_of(records, begin.organisation); i < records->count; i++) {
		struct kept *kept = &records->kept[i];
		if (!scope_covers(scope, kept->organisation) ||
		    (query->organisation && query->organisation != kept->organisation))
			continue;
		if (own.limit == 0 || *own.budget == 0) {
			*place = (struct record_place){ kept->organisation, 0 };
			return OK;
		}
		if (kept->organisation != begin.organisation)
			own.start = 0;
		enum error error = find_in(records, kept, scope, &own, &finding, &place->position, failure);
		if (!error && place->position)
			place->organisation = kept->organisation;
		if (error || place->position)
			return error;
	}
	return OK;
}

enum error record_store_replay(struct record_store *records, const struct scope *scope, uint32_t organisation,
    uint64_t from_position,
    enum error (*each)(void *context, const struct history_batch *batch, uint64_t first_position,
	struct reader *encoded, struct failure *failure),
    void *context, struct failure *failure)
{
	struct kept *kept = find(records, organisation);
	enum error error = kept ? make_ready(records, kept, failure) : OK;
	return kept && !error ? history_replay(kept->history, scope, from_position, each, context, failure) : error;
}

uint64_t record_store_end(const struct record_store *records, uint32_t organisation)
{
	const struct kept *kept = find(records, organisation);
	return kept && kept->history ? history_end(kept->history) : 0;
}

uint64_t record_store_count(
    const struct record_store *records, const struct scope *scope, uint32_t organisation, int64_t first, int64_t last)
{
	const struct kept *kept = find(records, organisation);
	uint64_t count = 0;
	if (!kept || !kept->history || !scope_reads(scope, NOUN_COUNTER) || !scope_covers(scope, organisation))
		return 0;
	/* A segment begins anew each day: history.c, roll(). */
	for (size_t i = 0; i < kept->history->segment_count; i++) {
		const struct segment *segment = &kept->history->segments[i];
		int64_t day = segment->received_first / DAY;
		if (segment->frame_count && segment->received_last >= kept->floor && day >= first && day <= last)
			count += segment->rows;
	}
	return count;
}

uint32_t record_store_bad_frames(const struct record_store *records)
{
	uint32_t bad = 0;
	for (size_t i = 0; i < records->count; i++)
		bad += records->kept[i].history ? history_bad_frames(records->kept[i].history) : 0;
	return bad;
}

void record_store_organisations(
    const struct record_store *records, void (*each)(void *context, uint32_t organisation), void *context)
{
	for (size_t i = 0; i < records->count; i++)
		each(context, records->kept[i].organisation);
}

/* ── forgetting ─ */

enum error record_store_expire(struct record_store *records, const struct scope *scope, uint32_t organisation,
    nanoseconds before, uint64_t most, uint64_t *removed, struct failure *failure)
{
	struct kept *kept = find(records, organisation);
	uint64_t beyond = 0;
	*removed = 0;
	if (!scope_is_background(scope))
		return fail(failure, ERROR_DENIED, "the removal of records is for background work");
	if (!kept)
		return OK;
	kept->floor = before;
	enum error error = make_ready(records, kept, failure);
	if (!error)
		error = history_expire(kept->history, before, removed, failure);
	if (!error && most)
		error = history_shrink(kept->history, most, &beyond, failure);
	*removed += beyond;
	return error;
}

/* ── copies ─ */

struct copying {
	const char *folder;
	uint32_t organisation;
	enum error (*each)(
	    void *context, uint32_t organisation, const char *name, uint64_t most, struct failure *failure);
	void *context;
};

static enum error copy_file_of(void *context, const char *name, uint64_t most, struct failure *failure)
{
	struct copying *copying = context;
	return copying->each(copying->context, copying->organisation, name, most, failure);
}

static enum error copy_one(void *context, uint32_t organisation, struct failure *failure)
{
	struct copying *copying = context;
	char path[4400];
	uint64_t end;
	copying->organisation = organisation;
	path_of(copying->folder, organisation, path, sizeof path);
	return history_files(path, HISTORY_RECORDS, copy_file_of, copying, &end, failure);
}

enum error record_store_files(const char *folder,
    enum error (*each)(void *context, uint32_t organisation, const char *name, uint64_t most, struct failure *failure),
    void *context, struct failure *failure)
{
	struct copying copying = { .folder = folder, .each = each, .context = context };
	return list(folder, copy_one, &copying, failure);
}
