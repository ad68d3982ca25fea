/*
 * Reading one followed file on, batch by batch; see follow.h.
 */
#include "watch/follow.h"

#include <stdlib.h>
#include <string.h>

#define SEED 0x6e6f726f73686932u /* keeps our hashes apart from others' */

struct follow *follow_new(const char *path)
{
	struct follow *follow = calloc(1, sizeof *follow);

	if (!follow)
		return NULL;
	random_bytes(&follow->epoch, sizeof follow->epoch);
	follow->state = FOLLOW_HERE;
	follow->path = strdup(path);
	follow->home = strdup(path);
	if (!follow->path || !follow->home) {
		follow_free(follow);
		return NULL;
	}
	return follow;
}

void follow_free(struct follow *follow)
{
	if (!follow)
		return;
	source_close(follow->source);
	free(follow->path);
	free(follow->home);
	free(follow->preamble);
	free(follow->recent);
	free(follow);
}

bool follow_drained(const struct follow *follow)
{
	uint64_t known = follow->seen > follow->spooled.end ? follow->seen : follow->spooled.end;

	if (follow->stored != 0 && !follow->complete)
		return false;
	return follow->pending_end == 0 && follow->identity.place >= known;
}

bool follow_in_spool(const struct follow *follow)
{
	return follow->spooled.end > follow->identity.place && follow->spooled.end >= follow->pending_end;
}

bool follow_unknown(const struct follow *follow)
{
	return follow->identity.place == 0 && follow->identity.first_size == 0 && follow->pending_end == 0 &&
	       follow->spooled.begin == follow->spooled.end;
}

#define EDGE 256 /* bytes compared at both ends of what is spooled */

static enum error edge_check(struct follow *follow, struct spool *spool, struct source *source, uint64_t offset,
    bool *same, struct failure *failure)
{
	uint8_t ours[EDGE], theirs[EDGE];
	uint32_t have, got;
	enum error error = spool_read(spool, follow->epoch, &follow->spooled, offset, ours, EDGE, &have, failure);

	if (!error)
		error = source_read(source, offset, theirs, have, &got, failure);
	if (!error)
		*same = got == have && memcmp(ours, theirs, have) == 0;
	return error;
}

enum error follow_check(
    struct follow *follow, struct spool *spool, struct source *source, bool *same, struct failure *failure)
{
	const struct spool_range *spooled = &follow->spooled;
	enum error error = identity_check(&follow->identity, source, same, failure);

	if (error || !*same || spooled->begin == spooled->end)
		return error;
	error = edge_check(follow, spool, source, spooled->begin, same, failure);
	if (!error && *same) {
		uint64_t size = spooled->end - spooled->begin;
		error = edge_check(follow, spool, source, spooled->end - (size < EDGE ? size : EDGE), same, failure);
	}
	return error;
}

enum error follow_check_copy(
    struct follow *follow, struct spool *spool, struct source *source, bool *same, struct failure *failure)
{
	uint64_t place = follow->identity.place;
	uint32_t got;
	enum error error = follow_check(follow, spool, source, same, failure);

	if (error || !*same || follow->pending_end == 0)
		return error;
	uint32_t size = (uint32_t)(follow->pending_end - place);
	uint8_t *room = malloc(size);
	if (!room)
		return fail(failure, ERROR_MEMORY, "no memory to compare %s", follow->path);
	error = source_read(source, place, room, size, &got, failure);
	struct hash128 hash = hash128_bytes(room, error ? 0 : got, SEED);
	*same = !error && hash.high == follow->pending_hash.high && hash.low == follow->pending_hash.low;
	free(room);
	return error;
}

/* The content goes on with these bytes. What is recent begins with what was known before a restart. */
static void extend(struct follow *follow, const uint8_t *at, uint64_t size)
{
	const struct identity *identity = &follow->identity;

	if (!follow->recent && (follow->recent = malloc(RECENT_BYTES)) && !identity->tail_away) {
		memcpy(follow->recent, identity->tail, identity->tail_size);
		follow->recent_size = identity->tail_size;
	}
	identity_extend(&follow->identity, at, size);
	if (!follow->recent)
		return;
	if (size > RECENT_BYTES) {
		at += size - RECENT_BYTES;
		size = RECENT_BYTES;
	}
	uint32_t keep = RECENT_BYTES - (uint32_t)size;
	if (keep > follow->recent_size)
		keep = follow->recent_size;
	memmove(follow->recent, follow->recent + follow->recent_size - keep, keep);
	memcpy(follow->recent + keep, at, size);
	follow->recent_size = keep + (uint32_t)size;
}

/* `size` bytes of our content from `offset` on: of its beginning, of the spool, or of what was delivered last. */
static bool recall(const struct follow *follow, struct spool *spool, uint64_t offset, uint8_t *to, uint32_t size)
{
	uint64_t recent = follow->identity.place - follow->recent_size, end = offset + size;
	uint32_t got;
	struct failure ignored;

	if (end <= follow->identity.head_size && !follow->identity.head_away)
		memcpy(to, follow->identity.head + offset, size);
	else if (offset >= recent && end <= follow->identity.place)
		memcpy(to, follow->recent + (offset - recent), size);
	else
		return offset >= follow->spooled.begin && end <= follow->spooled.end &&
		       spool_read(spool, follow->epoch, &follow->spooled, offset, to, size, &got, &ignored) == OK;
	return true;
}

static bool piece_same(
    const struct follow *follow, struct spool *spool, struct source *source, uint64_t offset, uint32_t size)
{
	uint8_t ours[IDENTITY_TAIL], theirs[IDENTITY_TAIL];
	uint32_t got;
	struct failure ignored;

	if (source_read(source, offset, theirs, size, &got, &ignored) != OK || got != size)
		return false;
	if (recall(follow, spool, offset, ours, size))
		return memcmp(ours, theirs, size) == 0;
	return identity_hashes_same(&follow->identity, offset, theirs, size);
}

static uint32_t at_most(uint64_t size, uint32_t limit)
{
	return size < limit ? (uint32_t)size : limit;
}

bool follow_begins_same(const struct follow *follow, struct spool *spool, struct source *source, uint64_t size)
{
	uint64_t known = follow->identity.place > 0 ? follow->identity.place : follow->spooled.end;

	if (size > known)
		size = known;
	return size > 0 && piece_same(follow, spool, source, 0, at_most(size, IDENTITY_TAIL));
}

bool follow_knows(const struct follow *follow, struct spool *spool, struct source *source, uint64_t size)
{
	uint64_t behind = size > follow->identity.place ? size - follow->identity.place : size;
	uint32_t tail = at_most(behind, IDENTITY_TAIL);

	return follow_begins_same(follow, spool, source, size) && piece_same(follow, spool, source, size - tail, tail);
}

void follow_cut(struct follow *follow, uint64_t size)
{
	uint64_t from = size > follow->identity.place ? size : follow->identity.place;

	if (follow->seen > from)
		follow->cut = (struct spool_range){ from, follow->seen };
	follow->seen = from;
}

/* Bytes of the source from `offset` on. They are ours only when the source, looked at after reading, still is what we
 * know: it could have been truncated and written anew in between. */
static enum error read_ours(struct follow *follow, struct spool *spool, uint64_t offset, uint8_t *to, uint32_t size,
    uint32_t *got, bool *ours, struct failure *failure)
{
	uint64_t now;

	*ours = true;
	enum error error = source_read(follow->source, offset, to, size, got, failure);
	if (error)
		return error;
	if (!source_compressed(follow->source)) {
		error = follow_check(follow, spool, follow->source, ours, failure);
		if (!error)
			error = source_size(follow->source, &now, NULL, failure);
		if (error)
			return error;
		if (now < offset + *got)
			*ours = false;
	}
	if (*ours && offset + *got > follow->seen)
		follow->seen = offset + *got;
	return OK;
}

/* Bytes from the place on, from the source, or without one from the spool. */
static enum error fetch(struct follow *follow, struct spool *spool, uint8_t *to, uint32_t size, uint32_t *got,
    bool *ours, struct failure *failure)
{
	*ours = true;
	if (follow->source)
		return read_ours(follow, spool, follow->identity.place, to, size, got, ours, failure);
	return spool_read(spool, follow->epoch, &follow->spooled, follow->identity.place, to, size, got, failure);
}

enum error follow_spool(struct follow *follow, struct spool *spool, uint8_t *room, bool *same, struct failure *failure)
{
	enum error error = OK;
	uint32_t got = BATCH_BYTES;

	*same = true;
	if (follow->spooled.begin != follow->spooled.end && follow->spooled.end <= follow->identity.place)
		spool_drop(spool, follow->epoch, &follow->spooled);
	while (!error && *same && got == BATCH_BYTES) {
		bool empty = follow->spooled.begin == follow->spooled.end;
		uint64_t from = empty ? follow->identity.place : follow->spooled.end;
		error = read_ours(follow, spool, from, room, BATCH_BYTES, &got, same, failure);
		if (!error && *same && got > 0)
			error = spool_add(spool, follow->epoch, &follow->spooled, from, room, got, failure);
	}
	return error;
}

/* The size of the first whole lines, at most BATCH_LINES. */
static uint32_t whole_lines(const uint8_t *at, uint32_t size, uint32_t *lines)
{
	uint32_t end = 0;

	*lines = 0;
	while (*lines < BATCH_LINES) {
		const uint8_t *stop = memchr(at + end, '\n', size - end);
		if (!stop)
			break;
		end = (uint32_t)(stop - at) + 1;
		(*lines)++;
	}
	return end;
}

static enum follow_step skip_long_line(
    struct follow *follow, const uint8_t *at, uint32_t got, struct follow_notes *notes)
{
	const uint8_t *stop = memchr(at, '\n', got);
	uint32_t size = stop ? (uint32_t)(stop - at) + 1 : got;

	if (!follow->skipping)
		notes->too_long++, notes->at = follow->identity.place;
	notes->skipped += size;
	follow->skipping = !stop;
	extend(follow, at, size);
	return STEP_SKIPPED;
}

/* The batch that may have been sent already: the very same bytes, or the source has changed. */
static enum error read_pending(
    struct follow *follow, struct spool *spool, struct batch *batch, enum follow_step *step, struct failure *failure)
{
	uint32_t size = (uint32_t)(follow->pending_end - follow->identity.place), got;
	bool ours;
	enum error error = fetch(follow, spool, batch->content, size, &got, &ours, failure);

	if (error)
		return error;
	struct hash128 hash = hash128_bytes(batch->content, got, SEED);
	if (!ours || got != size || hash.high != follow->pending_hash.high || hash.low != follow->pending_hash.low) {
		*step = STEP_CHANGED;
		return OK;
	}
	batch->begin = follow->identity.place;
	batch->end = follow->pending_end;
	whole_lines(batch->content, got, &batch->lines);
	*step = STEP_BATCH;
	return OK;
}

enum error follow_read(struct follow *follow, struct spool *spool, bool last, struct batch *batch,
    enum follow_step *step, struct follow_notes *notes, struct failure *failure)
{
	uint32_t got, lines;
	bool ours;

	*step = STEP_NOTHING;
	if (follow->pending_end != 0)
		return read_pending(follow, spool, batch, step, failure);
	enum error error = fetch(follow, spool, batch->content, BATCH_BYTES, &got, &ours, failure);
	if (error)
		return error;
	if (!ours) {
		*step = STEP_CHANGED;
		return OK;
	}
	uint32_t size = whole_lines(batch->content, got, &lines);
	if (got > 0 && (follow->skipping || (size == 0 && got == BATCH_BYTES))) {
		*step = skip_long_line(follow, batch->content, got, notes);
		return OK;
	}
	if (follow->source && source_broken(follow->source))
		last = false; /* a line that broke off would be taken for a whole one */
	if (size == 0 && last && got > 0) {
		size = got;
		lines = 1;
	}
	if (size == 0) {
		follow->complete = got == 0 && follow->source && source_compressed(follow->source);
		if (follow->complete)
			follow_cut(follow, follow->identity.place);
		return OK;
	}
	batch->begin = follow->identity.place;
	batch->end = batch->begin + size;
	batch->lines = lines;
	*step = STEP_BATCH;
	return OK;
}

void follow_pending(struct follow *follow, const struct batch *batch)
{
	follow->pending_end = batch->end;
	follow->pending_hash = hash128_bytes(batch->content, batch->end - batch->begin, SEED);
}

/* Header lines stand at the beginning: those that start with '#' (Zeek), and the first line of a CSV file. */
static void gather_preamble(struct follow *follow, const struct batch *batch)
{
	const char *at = (const char *)batch->content, *end = at + (batch->end - batch->begin);
	bool csv = strcmp(follow->format, "csv") == 0;

	while (!follow->preamble_whole && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = stop ? (size_t)(stop - at) + 1 : (size_t)(end - at);
		bool first = csv && batch->begin == 0 && at == (const char *)batch->content;
		if ((!first && *at != '#') || follow->preamble_size + size > PREAMBLE_BYTES) {
			follow->preamble_whole = true;
			break;
		}
		char *grown = realloc(follow->preamble, follow->preamble_size + size);
		if (!grown) {
			follow->preamble_whole = true;
			break;
		}
		memcpy(grown + follow->preamble_size, at, size);
		follow->preamble = grown;
		follow->preamble_size += (uint32_t)size;
		at += size;
	}
}

void follow_done(struct follow *follow, const struct batch *batch)
{
	gather_preamble(follow, batch);
	extend(follow, batch->content, batch->end - batch->begin);
	if (follow->seen < follow->identity.place)
		follow->seen = follow->identity.place;
	follow->pending_end = 0;
}
