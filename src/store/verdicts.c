/*
 * The verdicts of segments. In: judgements by row. Out: what was judged, and files of checksummed blocks that are only
 * appended to. A damaged end is cut when the file is next written: what it said is derived again from the alerts.
 */
#include "store/verdicts.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/log.h"
#include "store/segment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MAGIC 0x4452564eu /* "NVRD" */
#define BLOCK_HEADER 28
#define BLOCK_LARGEST (1u << 20)
#define HAS_EVENT 1u
#define HAS_RULE 2u

struct pair {
	struct uuid event, rule;
};

struct verdict_set {
	struct verdicts *all;
	uint32_t segment; /* 0 = free */
	uint64_t used;    /* when it was last asked for */
	uint8_t *verdicts;
	uint32_t *places; /* of pairs */
	uint32_t rows;
	struct pair *pairs; /* [0] is nil, nil */
	uint32_t pair_count, pair_room;
	uint32_t *table; /* 2 × pair_room */
	struct builder pending;
	uint32_t pending_count;
	struct file *file;
	uint64_t good, synced; /* bytes of the file; of them known to be durable */
};

struct verdicts {
	char *folder;
	uint64_t clock;
	enum error lost; /* not OK: so a sync failed */
	struct verdict_set sets[VERDICTS_LOADED];
};

struct verdicts *verdicts_new(const char *folder)
{
	struct verdicts *verdicts = calloc(1, sizeof *verdicts);
	if (verdicts && !(verdicts->folder = strdup(folder))) {
		free(verdicts);
		return NULL;
	}
	return verdicts;
}

static void set_clear(struct verdict_set *set)
{
	free(set->verdicts);
	free(set->places);
	free(set->pairs);
	free(set->table);
	builder_free(&set->pending);
	file_close(set->file);
	*set = (struct verdict_set){ 0 };
}

void verdicts_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	for (size_t i = 0; i < VERDICTS_LOADED; i++)
		set_clear(&verdicts->sets[i]);
	free(verdicts->folder);
	free(verdicts);
}

/* ── in memory ─ */

static uint32_t pair_slot(const struct verdict_set *set, const struct pair *pair)
{
	uint32_t mask = 2 * set->pair_room - 1, slot = (uint32_t)hash_bytes(pair, sizeof *pair, 0x7a1) & mask;
	while (set->table[slot] && memcmp(&set->pairs[set->table[slot] - 1], pair, sizeof *pair) != 0)
		slot = (slot + 1) & mask;
	return slot;
}

static bool pairs_grow(struct verdict_set *set)
{
	uint32_t room = set->pair_room ? 2 * set->pair_room : 64;
	struct pair *pairs = realloc(set->pairs, room * sizeof *pairs);
	if (!pairs)
		return false;
	set->pairs = pairs;
	uint32_t *table = calloc(2 * (size_t)room, sizeof *table);
	if (!table)
		return false;
	free(set->table);
	set->table = table;
	set->pair_room = room;
	if (set->pair_count == 0)
		set->pairs[set->pair_count++] = (struct pair){ 0 };
	for (uint32_t i = 0; i < set->pair_count; i++)
		set->table[pair_slot(set, &set->pairs[i])] = i + 1;
	return true;
}

static bool rows_grow(struct verdict_set *set, uint32_t rows)
{
	uint32_t room = set->rows ? set->rows : 1024;
	while (room < rows)
		room = room > UINT32_MAX / 2 ? UINT32_MAX : 2 * room;
	uint8_t *verdicts = realloc(set->verdicts, room);
	if (verdicts)
		set->verdicts = verdicts;
	uint32_t *places = verdicts ? realloc(set->places, (size_t)room * sizeof *places) : NULL;
	if (!places)
		return false;
	set->places = places;
	memset(set->verdicts + set->rows, 0, room - set->rows);
	memset(set->places + set->rows, 0, (size_t)(room - set->rows) * sizeof *places);
	set->rows = room;
	return true;
}

static bool set_row(void *context, uint32_t row, const struct judged *judged)
{
	struct verdict_set *set = context;
	struct pair pair = { judged->event, judged->rule };
	if (row >= HISTORY_SEGMENT_ROWS || (row >= set->rows && !rows_grow(set, row + 1)))
		return false;
	if (set->pair_count == set->pair_room && !pairs_grow(set))
		return false;
	uint32_t slot = pair_slot(set, &pair);
	if (!set->table[slot]) {
		set->pairs[set->pair_count] = pair;
		set->table[slot] = ++set->pair_count;
	}
	set->verdicts[row] = (uint8_t)judged->verdict;
	set->places[row] = set->table[slot] - 1;
	return true;
}

struct judged verdict_get(const struct verdict_set *set, uint32_t row)
{
	if (row >= set->rows)
		return (struct judged){ .verdict = VERDICT_PENDING };
	const struct pair *pair = &set->pairs[set->places[row]];
	return (struct judged){ (enum verdict)set->verdicts[row], pair->event, pair->rule };
}

bool uuid_among(struct uuid id, const struct uuid *ids, size_t count)
{
	size_t i = 0;
	do
		if (uuid_equal(id, ids[i]))
			return true;
	while (++i < count);
	return false;
}

bool verdict_any(const struct verdict_set *set, uint32_t row, uint32_t count, uint32_t verdicts,
    const struct uuid *events, size_t event_count)
{
	if (events) { /* most segments hold nothing of an event: their list of pairs says so */
		uint32_t i = 0;
		while (i < set->pair_count && !uuid_among(set->pairs[i].event, events, event_count))
			i++;
		if (i == set->pair_count)
			return false;
	}
	for (uint32_t i = row; i < row + count; i++) {
		struct judged judged = verdict_get(set, i);
		if ((!verdicts || verdicts & 1u << judged.verdict) &&
		    (!events || uuid_among(judged.event, events, event_count)))
			return true;
	}
	return false;
}

/* ── blocks ─ */

static bool read_records(struct text payload, uint32_t count,
    bool (*each)(void *context, uint32_t row, const struct judged *judged), void *context)
{
	struct reader from = reader_of(payload.at, payload.size);
	for (uint32_t i = 0; i < count; i++) {
		struct judged judged = { 0 };
		uint32_t row = get_u32(&from);
		uint8_t verdict = get_u8(&from), parts = get_u8(&from);
		if (parts & HAS_EVENT)
			judged.event = get_uuid(&from);
		if (parts & HAS_RULE)
			judged.rule = get_uuid(&from);
		judged.verdict = (enum verdict)verdict;
		if (from.failed || verdict >= VERDICT_COUNT || !each(context, row, &judged))
			return false;
	}
	return reader_done(&from);
}

size_t verdict_block_read(struct text bytes, uint32_t segment,
    bool (*each)(void *context, uint32_t row, const struct judged *judged), void *context)
{
	if (bytes.size < BLOCK_HEADER)
		return 0;
	struct reader from = reader_of(bytes.at, BLOCK_HEADER);
	uint32_t magic = get_u32(&from), version = get_u32(&from), number = get_u32(&from), count = get_u32(&from);
	uint32_t size = get_u32(&from), sum = get_u32(&from);
	if (magic != BLOCK_MAGIC || version != SEGMENT_VERSION || number != segment || size > BLOCK_LARGEST ||
	    get_u32(&from) != checksum(0, bytes.at, BLOCK_HEADER - 4) || bytes.size - BLOCK_HEADER < size)
		return 0;
	struct text payload = { bytes.at + BLOCK_HEADER, size };
	if (checksum(0, payload.at, payload.size) != sum || !read_records(payload, count, each, context))
		return 0;
	return BLOCK_HEADER + size;
}

/* Of a later version than ours, which keeps the header. */
static bool block_is_newer(struct text bytes)
{
	if (bytes.size < BLOCK_HEADER)
		return false;
	struct reader from = reader_of(bytes.at, BLOCK_HEADER), sum = reader_of(bytes.at + BLOCK_HEADER - 4, 4);
	return get_u32(&from) == BLOCK_MAGIC && get_u32(&from) > SEGMENT_VERSION &&
	       get_u32(&sum) == checksum(0, bytes.at, BLOCK_HEADER - 4);
}

static enum error load(struct verdict_set *set, struct failure *failure)
{
	char path[4096], *at = NULL;
	size_t size = 0;
	if (!pairs_grow(set))
		return fail(failure, ERROR_MEMORY, "history: no memory for verdicts");
	segment_path(set->all->folder, set->segment, "verdicts", path, sizeof path);
	/* A segment has at most HISTORY_SEGMENT_ROWS rows, each of them judged a few times. */
	enum error error = file_read(path, (size_t)HISTORY_SEGMENT_ROWS * 38 * 8, &at, &size, failure);
	if (error == ERROR_NOT_FOUND)
		return OK;
	if (error)
		return error;
	size_t done = 0, block;
	while ((block = verdict_block_read((struct text){ at + done, size - done }, set->segment, set_row, set)) > 0)
		done += block;
	bool newer = block_is_newer((struct text){ at + done, size - done });
	free(at);
	if (newer) /* not damage: it must not be cut off */
		return fail(failure, ERROR_VERSION, "%s holds what a newer version wrote: install that version", path);
	set->good = set->synced = done;
	if (done < size)
		log_write(LOG_WARNING, "a file of verdicts is damaged: what it said behind is judged again or unknown",
		    LOG_FIELD_STRING("file", path), LOG_FIELD_NUMBER("offset", done), LOG_FIELD_NUMBER("size", size));
	return OK;
}

/* Opens for writing behind what is good. */
static enum error open_file(struct verdict_set *set, struct failure *failure)
{
	char path[4096];
	segment_path(set->all->folder, set->segment, "verdicts", path, sizeof path);
	enum error error = file_open(path, true, &set->file, failure);
	if (!error && file_size(set->file) != set->good)
		error = file_truncate(set->file, set->good, failure);
	return error;
}

static void block_write(const struct verdict_set *set, struct builder *to)
{
	put_u32(to, BLOCK_MAGIC);
	put_u32(to, SEGMENT_VERSION);
	put_u32(to, set->segment);
	put_u32(to, set->pending_count);
	put_u32(to, (uint32_t)set->pending.size);
	put_u32(to, checksum(0, set->pending.at, set->pending.size));
	put_u32(to, to->failed ? 0 : checksum(0, to->at, BLOCK_HEADER - 4));
	put_bytes(to, set->pending.at, set->pending.size);
}

/* Appends the waiting records as one block, not yet synced. */
static enum error write_block(struct verdict_set *set, struct failure *failure)
{
	if (set->pending_count == 0)
		return OK;
	struct builder block = { 0 };
	block_write(set, &block);
	enum error error = block.failed ? fail(failure, ERROR_MEMORY, "history: no memory for verdicts") : OK;
	if (!error && !set->file)
		error = open_file(set, failure);
	if (!error)
		error = file_append(set->file, block.at, block.size, failure);
	if (!error) {
		set->good += block.size;
		set->pending_count = 0;
		builder_clear(&set->pending);
	} else if (set->file) { /* half a block may stand there: cut when it is opened again */
		file_close(set->file);
		set->file = NULL;
	}
	builder_free(&block);
	return error;
}

/* The kernel may have dropped the pages and call the file clean: a hole would hide all later blocks, so what is not
 * known to be durable goes. */
static void cut_back(struct verdict_set *set, enum error why)
{
	struct failure failure;
	file_close(set->file);
	set->file = NULL;
	set->all->lost = why;
	set->good = set->synced;
	if (open_file(set, &failure) != OK)
		log_write(LOG_ERROR, "verdicts that could not be made durable cannot be taken back",
		    LOG_FIELD_STRING("folder", set->all->folder), LOG_FIELD_STRING("why", failure.words));
}

static enum error set_flush(struct verdict_set *set, struct failure *failure)
{
	if (set->all->lost)
		return fail(failure, set->all->lost, "%s: a sync of verdicts failed; history has to be opened anew",
		    set->all->folder);
	bool waiting = set->pending_count > 0;
	enum error error = write_block(set, failure);
	if (!error && set->file) {
		error = file_sync(set->file, failure);
		if (error)
			cut_back(set, error);
		else
			set->synced = set->good;
	} else if (!error && waiting)
		error = fail(failure, ERROR_SYSTEM, "history: verdicts have no file");
	if (error && set->file) {
		file_close(set->file);
		set->file = NULL;
	}
	return error;
}

enum error verdicts_flush(struct verdicts *verdicts, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < VERDICTS_LOADED && !error; i++) {
		struct verdict_set *set = &verdicts->sets[i];
		if (set->segment && (verdicts->lost || set->pending_count || set->file))
			error = set_flush(set, failure);
		if (set->segment && !error &&
		    set->file) { /* open only while it is written: few descriptors, no stale size */
			file_close(set->file);
			set->file = NULL;
		}
	}
	return error;
}

/* ── of all segments ─ */

enum error verdicts_of(
    struct verdicts *verdicts, uint32_t segment, struct verdict_set **result, struct failure *failure)
{
	struct verdict_set *oldest = &verdicts->sets[0];
	for (size_t i = 0; i < VERDICTS_LOADED; i++) {
		struct verdict_set *set = &verdicts->sets[i];
		if (set->segment == segment) {
			set->used = ++verdicts->clock;
			*result = set;
			return OK;
		}
		if (set->used < oldest->used)
			oldest = set;
	}
	enum error error = oldest->segment && oldest->pending_count ? set_flush(oldest, failure) : OK;
	if (error)
		return error;
	set_clear(oldest);
	oldest->all = verdicts;
	oldest->segment = segment;
	oldest->used = ++verdicts->clock;
	error = load(oldest, failure);
	if (error)
		set_clear(oldest);
	else
		*result = oldest;
	return error;
}

enum error verdict_put(struct verdict_set *set, uint32_t row, const struct judged *judged, struct failure *failure)
{
	if (set->pending.size > BLOCK_LARGEST - 64 && write_block(set, failure) != OK)
		return failure ? failure->code : ERROR_SYSTEM;
	if (!set_row(set, row, judged))
		return fail(failure, ERROR_MEMORY, "history: no memory for verdicts");
	bool has_event = !uuid_is_nil(judged->event), has_rule = !uuid_is_nil(judged->rule);
	put_u32(&set->pending, row);
	put_u8(&set->pending, (uint8_t)judged->verdict);
	put_u8(&set->pending, (uint8_t)((has_event ? HAS_EVENT : 0u) | (has_rule ? HAS_RULE : 0u)));
	if (has_event)
		put_uuid(&set->pending, judged->event);
	if (has_rule)
		put_uuid(&set->pending, judged->rule);
	set->pending_count++;
	return set->pending.failed ? fail(failure, ERROR_MEMORY, "history: no memory for verdicts") : OK;
}

enum error verdicts_remove(struct verdicts *verdicts, uint32_t segment, struct failure *failure)
{
	for (size_t i = 0; i < VERDICTS_LOADED; i++)
		if (verdicts->sets[i].segment == segment)
			set_clear(&verdicts->sets[i]);
	char path[4096];
	segment_path(verdicts->folder, segment, "verdicts", path, sizeof path);
	enum error error = file_remove(path, failure);
	return error == ERROR_NOT_FOUND ? OK : error;
}
