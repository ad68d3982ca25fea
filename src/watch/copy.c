/*
 * Recognising copies, plain and compressed; see copy.h.
 */
#include "watch/copy.h"

#include <stdlib.h>
#include <string.h>

#define FEW 32 /* bytes that tell most files apart before one is decompressed */

/* Reads a compressed file on to its end, or to where its stream breaks off. False when it cannot be read. */
static bool content_size(struct source *source, uint64_t from, uint64_t *size)
{
	static const uint32_t piece = 65536;
	uint8_t *room = malloc(piece);
	uint32_t got = 0;
	struct failure ignored;
	enum error error = room ? OK : ERROR_MEMORY;

	*size = from;
	do {
		if (!error)
			error = source_read(source, *size, room, piece, &got, &ignored);
		*size += error ? 0 : got;
	} while (!error && got > 0);
	free(room);
	return !error || error == ERROR_AGAIN;
}

/* Do the first and the last bytes of a plain file stand at the same places of the original? */
static bool prefix_of(struct follow *follow, const struct candidate *candidate, struct source *source)
{
	uint8_t ours[IDENTITY_HEAD], theirs[IDENTITY_HEAD];
	uint32_t have, got;
	struct failure ignored;
	uint64_t places[2] = { 0, candidate->size > IDENTITY_HEAD ? candidate->size - IDENTITY_HEAD : 0 };

	if (!follow->source || source_compressed(follow->source) || candidate->size == 0)
		return false;
	for (int i = 0; i < 2; i++) {
		uint32_t size = candidate->size - places[i] > IDENTITY_HEAD ? IDENTITY_HEAD
									    : (uint32_t)(candidate->size - places[i]);
		if (source_read(follow->source, places[i], ours, size, &have, &ignored) ||
		    source_read(source, places[i], theirs, size, &got, &ignored) || have != size || got != size ||
		    memcmp(ours, theirs, size) != 0)
			return false;
	}
	return true;
}

/* The original has gone, and the copy ends before what was read of it: a program wrote on after the copy was made. What
 * of it is not delivered yet is spooled. */
static enum copy_kind short_copy_of(
    const struct follow *follow, struct source *source, struct spool *spool, uint64_t size)
{
	return follow_knows(follow, spool, source, size) ? COPY_DELIVERED : COPY_NONE;
}

/* Was the original truncated or written anew since this look began? Then what we follow may stand in the copy alone. */
static bool original_changed(struct follow *follow, struct spool *spool)
{
	struct failure ignored;
	uint64_t size;
	bool same;

	if (source_compressed(follow->source))
		return false;
	return source_size(follow->source, &size, NULL, &ignored) != OK || size < follow->seen ||
	       follow_check_copy(follow, spool, follow->source, &same, &ignored) != OK || !same;
}

static enum copy_kind plain_copy_of(
    struct follow *follow, const struct candidate *candidate, struct source *source, struct spool *spool, bool same)
{
	uint64_t place = follow->identity.place;

	if (candidate->size == 0) /* so a copy begins: what it is, its content tells */
		return COPY_LATER;
	if (prefix_of(
		follow, candidate, source)) /* the original is still there: a copy, by hand or before a truncation */
		return candidate->size <= place ? COPY_DELIVERED : COPY_LATER;
	if (same && place > 0 && candidate->size == place && follow_drained(follow))
		return COPY_DELIVERED;
	if (follow->source) /* the next look begins with its truncation */
		return original_changed(follow, spool) ? COPY_LATER : COPY_NONE;
	if (same && candidate->size > place && place >= IDENTITY_HEAD && follow->state == FOLLOW_DONE &&
	    follow->stored == 0)
		return COPY_LONGER; /* it grew where nobody looked any more; less than that many files have in common */
	return short_copy_of(follow, source, spool, candidate->size);
}

/* Do both begin with the same bytes, as far as both reach? */
static bool begin_same(struct source *a, struct source *b)
{
	uint8_t left[IDENTITY_HEAD], right[IDENTITY_HEAD];
	uint32_t have, got;
	struct failure ignored;

	if (source_read(a, 0, left, sizeof left, &have, &ignored) ||
	    source_read(b, 0, right, sizeof right, &got, &ignored))
		return false;
	return memcmp(left, right, have < got ? have : got) == 0 && (have > 0) == (got > 0);
}

static enum copy_kind compressed_copy_of(struct follow *follow, struct source *source, struct spool *spool, bool same)
{
	uint64_t size, place = follow->identity.place;

	if (!same && (follow->source || !follow_begins_same(follow, spool, source, FEW)))
		return COPY_NONE;
	if (!same)
		return content_size(source, 0, &size) ? short_copy_of(follow, source, spool, size) : COPY_LATER;
	if (follow->source ? !begin_same(follow->source, source) : follow_unknown(follow))
		return COPY_NONE;
	if (follow->state != FOLLOW_DONE && !follow_drained(follow))
		return COPY_LATER; /* what it holds comes from the original, or step 3 adopts it */
	if (!content_size(source, place, &size))
		return COPY_LATER;
	return size <= place ? COPY_DELIVERED : COPY_LONGER;
}

enum copy_kind copy_of(
    struct follow *follow, const struct candidate *candidate, struct source *source, struct spool *spool)
{
	struct failure ignored;
	bool same = false;

	enum error error = follow_check(follow, spool, source, &same, &ignored);
	if (error == ERROR_AGAIN)
		return COPY_LATER;
	if (!source_compressed(source))
		return plain_copy_of(follow, candidate, source, spool, !error && same);
	return error ? COPY_NONE : compressed_copy_of(follow, source, spool, same);
}
