/*
 * Telling files apart through renames, copies, truncation, compression and used-again inodes; see recognise.h. The
 * order of the steps matters: content at its own inode first, then content that moved to another, then what is left is
 * new.
 */
#include "watch/recognise.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const char *what, const struct follow *follow, const char *path)
{
	char epoch[33];

	snprintf(epoch, sizeof epoch, "%016llx%016llx", (unsigned long long)follow->epoch.high,
	    (unsigned long long)follow->epoch.low);
	log_write(LOG_INFO, what, LOG_FIELD_STRING("file", path), LOG_FIELD_STRING("epoch", epoch),
	    LOG_FIELD_NUMBER("from", follow->identity.place));
}

static void lose(struct follow *follow, nanoseconds now)
{
	source_close(follow->source);
	follow->source = NULL;
	follow->state = FOLLOW_GONE;
	follow->missing = now;
}

void follow_detach(struct follow *follow, nanoseconds now)
{
	say("the file was truncated or replaced", follow, follow->path);
	lose(follow, now);
	/* never again by inode: what stands there now may begin with the same header lines */
	follow->identity.device = follow->identity.inode = 0;
}

static bool set_path(struct follow *follow, const char *path, nanoseconds now)
{
	if (strcmp(follow->path, path) == 0)
		return false;
	say("the file has another name", follow, path);
	char *copy = strdup(path);
	if (!copy)
		return false;
	free(follow->path);
	follow->path = copy;
	follow->changed = now;
	return true;
}

/* The follow's own inode under this name: does it still hold our content? Opens it unless nothing is to be read from
 * it. */
static bool still_ours(struct follow *follow, const struct candidate *candidate, struct spool *spool)
{
	struct failure ignored;
	struct source *source = follow->source;
	bool same = false;

	if (follow->stored == 0 && candidate->size < follow->seen)
		return false; /* truncated, or another file on the same inode */
	bool compressed_as_before = follow->stored != 0 && follow->stored == candidate->size;
	if (compressed_as_before && (source || follow_drained(follow)))
		return true;
	if (!source && follow->stored == 0 && strcmp(candidate->path, follow->home) != 0 && follow_drained(follow) &&
	    candidate->size == follow->seen)
		return true; /* a rotated file that rests */
	if (!source && source_open(candidate->path, &source, &ignored) != OK)
		return false;
	bool inode = source_device(source) == candidate->device && source_inode(source) == candidate->inode;
	enum error error = inode ? follow_check_copy(follow, spool, source, &same, &ignored) : OK;
	if (!error && same) {
		follow->source = source;
		return true;
	}
	if (source != follow->source)
		source_close(source);
	return false;
}

static void claim(struct follow *follow, struct candidate *candidate, nanoseconds now, bool *changed)
{
	candidate->claimed = true;
	follow->claimed = true;
	follow->missing = 0;
	if (set_path(follow, candidate->path, now) || follow->state != FOLLOW_HERE)
		*changed = true;
	follow->state = FOLLOW_HERE;
	if (follow->stored == 0 && candidate->size > follow->seen) {
		follow->seen = candidate->size;
		follow->changed = now;
	}
}

static bool nothing_known(const struct follow *follow)
{
	return follow->identity.place == 0 && follow->pending_end == 0 && follow->spooled.begin == follow->spooled.end;
}

/* Step 1: content at its own inode, under whatever name. */
static void match_inodes(
    struct follows *follows, struct candidates *candidates, struct spool *spool, nanoseconds now, bool *changed)
{
	for (size_t c = 0; c < candidates->count; c++) {
		struct candidate *candidate = &candidates->items[c];
		for (size_t i = 0; i < follows->count; i++) {
			struct follow *follow = follows->items[i];
			if (follow->identity.device != candidate->device || follow->identity.inode != candidate->inode)
				continue;
			if (follow->state == FOLLOW_DONE) { /* a copy that was recognised before */
				if (follow->stored != 0 && follow->stored == candidate->size)
					candidate->claimed = true;
				continue;
			}
			if (nothing_known(follow) && !follow->source && strcmp(candidate->path, follow->path) != 0)
				continue; /* an inode alone proves nothing: it may be used again */
			if (follow->claimed) {
				candidate->claimed = true; /* a further name of the same file */
			} else if (still_ours(follow, candidate, spool)) {
				claim(follow, candidate, now, changed);
			} else {
				follow_detach(follow, now);
				*changed = true;
			}
		}
	}
}

/* Step 2: files that no name leads to. */
static void match_missing(struct follows *follows, struct spool *spool, nanoseconds now, bool *changed)
{
	struct failure ignored;

	for (size_t i = 0; i < follows->count; i++) {
		struct follow *follow = follows->items[i];
		bool same = false;
		if (follow->claimed || follow->state != FOLLOW_HERE)
			continue;
		*changed = true;
		if (follow->source && follow_check(follow, spool, follow->source, &same, &ignored) == OK && same) {
			say("the file has no name any more", follow, follow->path);
			follow->state = FOLLOW_GONE; /* deleted or moved away: its descriptor still has it */
			follow->changed = now;
		} else if (follow->source) {
			follow_detach(follow, now);
		} else {
			say("the file is gone", follow, follow->path);
			lose(follow, now); /* gone while we did not look; it may come back, with its folder */
		}
	}
}

/* Does the file at the candidate hold what we follow, from the beginning to at least what we know of? */
static bool holds_content(
    struct follow *follow, struct candidate *candidate, struct spool *spool, struct source **opened)
{
	struct failure ignored;
	struct source *source;
	uint8_t last;
	uint32_t got;
	bool same = false;
	uint64_t need = follow->identity.place;

	if (source_open(candidate->path, &source, &ignored) != OK)
		return false;
	enum error error = follow_check_copy(follow, spool, source, &same, &ignored);
	if (follow->spooled.end > need)
		need = follow->spooled.end;
	if (!error && same && need > follow->identity.place) { /* it must reach so far */
		error = source_read(source, need - 1, &last, 1, &got, &ignored);
		same = !error && got == 1;
	}
	if (error || !same) {
		source_close(source);
		return false;
	}
	*opened = source;
	return true;
}

static void adopt(
    struct follow *follow, struct candidate *candidate, struct source *source, nanoseconds now, bool *changed)
{
	say("the content goes on in a copy", follow, candidate->path);
	follow->identity.device = candidate->device;
	follow->identity.inode = candidate->inode;
	follow->stored = source_compressed(source) ? candidate->size : 0;
	follow->complete = false;
	source_close(follow->source);
	follow->source = source;
	follow->state = FOLLOW_GONE; /* so that claim() notes the change */
	claim(follow, candidate, now, changed);
}

/* May this file hold the content of a follow that lost it? A sibling always. The file at its own name only when nothing
 * says that it was truncated: it was moved to another disk, or its folder is mounted anew. */
static bool may_hold(const struct follow *follow, const struct candidate *candidate, bool siblings)
{
	if (candidate->claimed)
		return false;
	if (siblings)
		return path_is_sibling(candidate->path, follow->home);
	return strcmp(candidate->path, follow->home) == 0 && follow->identity.inode != 0 &&
	       candidate->size >= follow->seen;
}

/* Step 3: content that was copied or compressed elsewhere before it was truncated or removed. Only content of which we
 * know something (a place, or spooled bytes) can be recognised. */
static void match_copies(
    struct follows *follows, struct candidates *candidates, struct spool *spool, nanoseconds now, bool *changed)
{
	for (size_t i = 0; i < follows->count; i++) {
		struct follow *follow = follows->items[i];
		struct source *source;
		if (follow->state != FOLLOW_GONE || follow->source || nothing_known(follow))
			continue;
		for (size_t c = 0; c < 2 * candidates->count && !follow->claimed; c++) {
			struct candidate *candidate = &candidates->items[c % candidates->count];
			if (may_hold(follow, candidate, c < candidates->count) &&
			    holds_content(follow, candidate, spool, &source))
				adopt(follow, candidate, source, now, changed);
		}
	}
}

/* Reads a compressed file to its end. False when the stream is not whole. */
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
	} while (!error && got == piece);
	if (!error) /* a short read may be a broken stream: then the next one says so */
		error = source_read(source, *size, room, 1, &got, &ignored);
	free(room);
	return !error && got == 0;
}

enum copy_kind {
	COPY_NONE,
	COPY_DELIVERED, /* all of it was delivered from the original */
	COPY_LONGER,    /* begins with what was delivered, and more stands behind */
	COPY_LATER,     /* cannot be told yet */
};

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

static enum copy_kind plain_copy_of(
    struct follow *follow, struct candidate *candidate, struct source *source, bool same)
{
	uint64_t place = follow->identity.place;

	if (prefix_of(
		follow, candidate, source)) /* the original is still there: a copy, by hand or before a truncation */
		return candidate->size <= place ? COPY_DELIVERED : COPY_LATER;
	return same && place > 0 && candidate->size == place && follow_drained(follow) ? COPY_DELIVERED : COPY_NONE;
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

static enum copy_kind compressed_copy_of(struct follow *follow, struct source *source)
{
	uint64_t size, place = follow->identity.place;

	if (follow->source ? !begin_same(follow->source, source) : nothing_known(follow))
		return COPY_NONE;
	if (follow->state != FOLLOW_DONE && !follow_drained(follow))
		return COPY_LATER; /* what it holds comes from the original, or step 3 adopts it */
	if (!content_size(source, place, &size))
		return COPY_LATER;
	return size <= place ? COPY_DELIVERED : COPY_LONGER;
}

/* Is this new file a copy of content that we know, whole or with more behind it? */
static enum copy_kind copy_of(
    struct follow *follow, struct candidate *candidate, struct source *source, struct spool *spool)
{
	struct failure ignored;
	bool same = false;

	enum error error = follow_check(follow, spool, source, &same, &ignored);
	if (error == ERROR_AGAIN)
		return COPY_LATER;
	if (!source_compressed(source))
		return plain_copy_of(follow, candidate, source, !error && same);
	return error || !same ? COPY_NONE : compressed_copy_of(follow, source);
}

/* A copy of what was delivered: remembered by its inode and size, so that it is known when the original has gone. */
static enum error remember_copy(struct follows *follows, const struct candidate *candidate, struct failure *failure)
{
	struct follow *copy = follow_new(candidate->path);

	if (!copy)
		return fail(failure, ERROR_MEMORY, "no memory to remember %s", candidate->path);
	copy->identity.device = candidate->device;
	copy->identity.inode = candidate->inode;
	copy->stored = candidate->size;
	copy->state = FOLLOW_DONE;
	copy->ended = time_now();
	enum error error = follows_add(follows, copy, failure);
	if (error)
		follow_free(copy);
	return error;
}

static enum error follow_begin(struct follows *follows, struct candidate *candidate, struct source *source,
    nanoseconds now, struct failure *failure)
{
	struct follow *follow = follow_new(candidate->path);

	if (!follow) {
		source_close(source);
		return fail(failure, ERROR_MEMORY, "no memory to follow %s", candidate->path);
	}
	follow->source = source;
	follow->identity.device = candidate->device;
	follow->identity.inode = candidate->inode;
	follow->stored = source_compressed(source) ? candidate->size : 0;
	follow->seen = source_compressed(source) ? 0 : candidate->size;
	follow->changed = now;
	enum error error = follows_add(follows, follow, failure);
	if (error)
		follow_free(follow);
	else
		say("a new file", follow, candidate->path);
	return error;
}

/* A follow of which nothing was read before its content went away: a new sibling at least as large is taken for its
 * copy. Whether it is does not matter, as nothing was delivered under its epoch; otherwise it would be reported as
 * lost. */
static struct follow *unread_original(
    struct follows *follows, const struct candidate *candidate, const struct source *source)
{
	for (size_t i = 0; i < follows->count; i++) {
		struct follow *follow = follows->items[i];
		if (follow->state == FOLLOW_GONE && !follow->source && nothing_known(follow) && !follow->skipping &&
		    !source_compressed(source) && candidate->size >= follow->seen &&
		    path_is_sibling(candidate->path, follow->home))
			return follow;
	}
	return NULL;
}

/* Step 4: one file that nobody claimed. */
static enum error take_new(struct follows *follows, struct candidate *candidate, struct spool *spool, nanoseconds now,
    nanoseconds settle, bool *changed, struct failure *failure)
{
	struct failure ignored;
	struct source *source;
	enum copy_kind kind = COPY_NONE;
	struct follow *original = NULL;

	if (source_open(candidate->path, &source, &ignored) != OK)
		return OK; /* gone again, or not for us to read */
	if (source_device(source) != candidate->device || source_inode(source) != candidate->inode ||
	    (source_compressed(source) && time_now() - candidate->written < settle)) {
		source_close(source);
		return OK; /* another file by now, or still being written: next time */
	}
	for (size_t i = 0; i < follows->count && kind == COPY_NONE; i++) {
		original = follows->items[i];
		if (path_is_sibling(candidate->path, original->home))
			kind = copy_of(original, candidate, source, spool);
	}
	struct follow *unread = kind == COPY_NONE ? unread_original(follows, candidate, source) : NULL;
	if (unread) {
		adopt(unread, candidate, source, now, changed);
		return OK;
	}
	if (kind == COPY_NONE) {
		*changed = true;
		return follow_begin(follows, candidate, source, now, failure);
	}
	if (kind == COPY_LONGER && original->state != FOLLOW_HERE && !original->source) {
		adopt(original, candidate, source, now, changed);
		return OK;
	}
	source_close(source);
	if (kind != COPY_DELIVERED)
		return OK; /* looked at again next time */
	*changed = true;
	say("a copy of what was delivered", original, candidate->path);
	return remember_copy(follows, candidate, failure);
}

enum error recognise(struct follows *follows, struct candidates *candidates, struct spool *spool, nanoseconds now,
    nanoseconds settle, bool *changed, struct failure *failure)
{
	enum error error = OK;

	for (size_t i = 0; i < follows->count; i++)
		follows->items[i]->claimed = false;
	match_inodes(follows, candidates, spool, now, changed);
	match_missing(follows, spool, now, changed);
	match_copies(follows, candidates, spool, now, changed);
	for (size_t c = 0; c < candidates->count && !error; c++)
		if (candidates->items[c].named && !candidates->items[c].claimed)
			error = take_new(follows, &candidates->items[c], spool, now, settle, changed, failure);
	return error;
}
