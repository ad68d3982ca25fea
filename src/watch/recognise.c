/*
 * Telling files apart through renames, copies, truncation, compression and used-again inodes; see recognise.h. The
 * order of the steps matters: content at its own inode first, then content that moved to another, then what is left is
 * new.
 */
#include "watch/recognise.h"

#include "base/log.h"
#include "watch/copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COARSEST (2 * SECOND) /* to which a program that copies a file may round its times */

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
	if (strcmp(path, follow->home) != 0 && !path_is_sibling(path, follow->home) && (copy = strdup(path))) {
		free(follow->home); /* not rotated: moved, or swapped with another; there it lives on */
		follow->home = copy;
	}
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
		follow->seen = candidate->size; /* kept, so that a loss is said exactly after a crash too */
		follow->changed = now;
		*changed = true;
		if (follow->source)
			identity_glimpse(&follow->identity, follow->source);
	}
	if (follow->stored == 0)
		follow->written = candidate->written;
}

/* A copy that was recognised before: nobody wrote to it since. */
static bool same_copy(const struct follow *follow, const struct candidate *candidate)
{
	return follow->stored != 0 && follow->stored == candidate->size &&
	       (follow->written == 0 || follow->written == candidate->written);
}

static void match_inode(
    struct follow *follow, struct candidate *candidate, struct spool *spool, nanoseconds now, bool *changed)
{
	bool unknown = follow_unknown(follow);

	if (follow->state == FOLLOW_DONE) {
		if (same_copy(follow, candidate))
			candidate->claimed = true;
		else if (follow->stored == 0 && !unknown && !candidate->claimed && still_ours(follow, candidate, spool))
			claim(follow, candidate, now, changed); /* moved away, and back */
		return;
	}
	if (unknown && !follow->source && strcmp(candidate->path, follow->path) != 0)
		return; /* an inode alone proves nothing: it may be used again */
	if (follow->claimed) {
		candidate->claimed = true; /* a further name of the same file */
	} else if (!candidate->claimed && still_ours(follow, candidate, spool)) {
		claim(follow, candidate, now, changed);
	} else if (!candidate->claimed || !unknown) {
		follow_detach(follow, now);
		*changed = true;
	}
}

/* Step 1: content at its own inode, under whatever name; first where its bytes tell, not the inode alone. */
static void match_inodes(
    struct follows *follows, struct candidates *candidates, struct spool *spool, nanoseconds now, bool *changed)
{
	for (size_t c = 0; c < candidates->count; c++)
		for (int unknown = 0; unknown < 2; unknown++)
			for (size_t i = 0; i < follows->count; i++) {
				struct follow *follow = follows->items[i];
				struct candidate *candidate = &candidates->items[c];
				if (follow->identity.device == candidate->device &&
				    follow->identity.inode == candidate->inode &&
				    follow_unknown(follow) == (unknown == 1))
					match_inode(follow, candidate, spool, now, changed);
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
	if (!source_compressed(source))
		follow_cut(follow, candidate->size);
	source_close(follow->source);
	follow->source = source;
	follow->state = FOLLOW_GONE; /* so that claim() notes the change */
	claim(follow, candidate, now, changed);
}

/* May this file hold the content of a follow that lost it? First a sibling that reaches as far as the original was
 * seen; then the file at its own name, when nothing says that it was truncated: it was moved to another disk, or its
 * folder is mounted anew; then a sibling that was copied before the last lines were written. Where only a first look
 * tells, which files with the same header lines share, it is no older than the original. */
static bool may_hold(const struct follow *follow, const struct candidate *candidate, int turn)
{
	if (candidate->claimed)
		return false;
	if (turn == 1)
		return strcmp(candidate->path, follow->home) == 0 && follow->identity.inode != 0 &&
		       candidate->size >= follow->seen;
	bool unread = follow->identity.place == 0 && follow->spooled.begin == follow->spooled.end;
	if (unread && candidate->written + COARSEST < follow->written)
		return false;
	return path_is_sibling(candidate->path, follow->home) && (turn == 2 || candidate->size >= follow->seen);
}

/* Step 3: content that was copied or compressed elsewhere before it was truncated or removed. Only content of which we
 * know something (a place, or spooled bytes) can be recognised. */
static void match_copies(
    struct follows *follows, struct candidates *candidates, struct spool *spool, nanoseconds now, bool *changed)
{
	for (size_t i = 0; i < follows->count; i++) {
		struct follow *follow = follows->items[i];
		struct source *source;
		if (follow->state != FOLLOW_GONE || follow->source || follow_unknown(follow))
			continue;
		for (size_t c = 0; c < 3 * candidates->count && !follow->claimed; c++) {
			struct candidate *candidate = &candidates->items[c % candidates->count];
			if (may_hold(follow, candidate, (int)(c / candidates->count)) &&
			    holds_content(follow, candidate, spool, &source))
				adopt(follow, candidate, source, now, changed);
		}
	}
}

/* A copy of what was delivered: remembered by its inode and size, so that it is known when the original has gone, and
 * by its content, for when it is compressed. */
static enum error remember_copy(
    struct follows *follows, const struct candidate *candidate, struct source *source, struct failure *failure)
{
	struct follow *copy = follow_new(candidate->path);
	struct failure ignored;

	if (!copy)
		return fail(failure, ERROR_MEMORY, "no memory to remember %s", candidate->path);
	copy->identity.device = candidate->device;
	copy->identity.inode = candidate->inode;
	copy->stored = candidate->size;
	copy->written = candidate->written;
	copy->complete = true;
	if (!source_compressed(source) && identity_take(&copy->identity, source, candidate->size, &ignored) == OK)
		copy->seen = candidate->size;
	else
		copy->identity.place = copy->identity.head_size = copy->identity.tail_size = 0;
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
	follow->written = candidate->written;
	follow->changed = now;
	identity_glimpse(&follow->identity, source);
	enum error error = follows_add(follows, follow, failure);
	if (error)
		follow_free(follow);
	else
		say("a new file", follow, candidate->path);
	return error;
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
	if (kind == COPY_NONE) {
		*changed = true;
		return follow_begin(follows, candidate, source, now, failure);
	}
	if (kind == COPY_LONGER && original->state != FOLLOW_HERE && !original->source) {
		adopt(original, candidate, source, now, changed);
		return OK;
	}
	enum error error = OK;
	if (kind == COPY_DELIVERED) { /* else looked at again next time */
		*changed = true;
		say("a copy of what was delivered", original, candidate->path);
		error = remember_copy(follows, candidate, source, failure);
	}
	source_close(source);
	return error;
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
