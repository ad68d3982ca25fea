/*
 * The agent's positions, written and read; see position.h.
 */
#include "watch/position.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC 0x5741524eu /* "NRAW" */
/* 1: without the first look, the time of the last change, and what was cut; 2: with bytes of the content, not hashes */
#define VERSION 3
#define LARGEST ((size_t)64 << 20)

enum error follows_add(struct follows *follows, struct follow *follow, struct failure *failure)
{
	if (follows->count == FOLLOW_MOST)
		return fail(failure, ERROR_LIMIT, "%s: already following %d files", follow->path, FOLLOW_MOST);
	if (follows->count == follows->room) {
		void *more = array_grow(follows->items, &follows->room, 16, sizeof(struct follow *));
		if (!more)
			return fail(failure, ERROR_MEMORY, "no memory to follow %s", follow->path);
		follows->items = more;
	}
	follows->items[follows->count++] = follow;
	return OK;
}

void follows_remove(struct follows *follows, size_t index)
{
	follow_free(follows->items[index]);
	follows->count--;
	memmove(follows->items + index, follows->items + index + 1, (follows->count - index) * sizeof(struct follow *));
}

void follows_clear(struct follows *follows)
{
	for (size_t i = 0; i < follows->count; i++)
		follow_free(follows->items[i]);
	free(follows->items);
	*follows = (struct follows){ 0 };
}

static void encode_follow(struct follow *follow, struct builder *to)
{
	put_u64(to, follow->epoch.high);
	put_u64(to, follow->epoch.low);
	put_text(to, text_of(follow->path));
	put_text(to, text_of(follow->home));
	put_u8(to, (uint8_t)follow->state);
	identity_encode(&follow->identity, to);
	put_u64(to, follow->pending_end);
	put_u64(to, follow->pending_hash.high);
	put_u64(to, follow->pending_hash.low);
	put_u8(to, (uint8_t)(follow->skipping | follow->preamble_whole << 1 | follow->complete << 2));
	put_text(to, (struct text){ follow->preamble, follow->preamble_size });
	put_text(to, text_of(follow->format));
	put_u64(to, follow->spooled.begin);
	put_u64(to, follow->spooled.end);
	put_u64(to, follow->seen);
	put_u64(to, follow->stored);
	put_u64(to, follow->lines);
	put_u64(to, follow->bytes);
	put_i64(to, follow->ended);
	identity_first_encode(&follow->identity, to);
	put_i64(to, follow->written);
	put_u64(to, follow->cut.begin);
	put_u64(to, follow->cut.end);
}

static char *text_string(struct text text)
{
	return text.size > 0 && !memchr(text.at, 0, text.size) ? strndup(text.at, text.size) : NULL;
}

static bool decode_preamble(struct text preamble, struct follow *follow)
{
	if (preamble.size > PREAMBLE_BYTES)
		return false;
	if (preamble.size == 0)
		return true;
	follow->preamble = malloc(preamble.size);
	if (!follow->preamble)
		return false;
	memcpy(follow->preamble, preamble.at, preamble.size);
	follow->preamble_size = (uint32_t)preamble.size;
	return true;
}

static bool follow_plausible(const struct follow *follow)
{
	uint64_t place = follow->identity.place;

	if (!follow->path || !follow->home || follow->state < FOLLOW_HERE || follow->state > FOLLOW_DONE)
		return false;
	if (follow->pending_end != 0 && (follow->pending_end <= place || follow->pending_end - place > BATCH_BYTES))
		return false;
	return follow->spooled.begin <= follow->spooled.end && follow->cut.begin <= follow->cut.end;
}

/* NULL when the bytes are no followed file, or memory ran out. */
static struct follow *decode_follow(struct reader *from, uint32_t version)
{
	struct follow *follow = calloc(1, sizeof *follow);

	if (!follow)
		return NULL;
	follow->epoch.high = get_u64(from);
	follow->epoch.low = get_u64(from);
	follow->path = text_string(get_text(from));
	follow->home = text_string(get_text(from));
	follow->state = (enum follow_state)get_u8(from);
	identity_decode(from, version < 3, &follow->identity);
	follow->pending_end = get_u64(from);
	follow->pending_hash.high = get_u64(from);
	follow->pending_hash.low = get_u64(from);
	uint8_t flags = get_u8(from);
	follow->skipping = flags & 1;
	follow->preamble_whole = flags & 2;
	follow->complete = flags & 4;
	bool fine = decode_preamble(get_text(from), follow);
	fine = text_copy(get_text(from), follow->format, sizeof follow->format) && fine;
	follow->spooled.begin = get_u64(from);
	follow->spooled.end = get_u64(from);
	follow->seen = get_u64(from);
	follow->stored = get_u64(from);
	follow->lines = get_u64(from);
	follow->bytes = get_u64(from);
	follow->ended = get_i64(from);
	if (version > 1) {
		identity_first_decode(from, &follow->identity);
		follow->written = get_i64(from);
		follow->cut.begin = get_u64(from);
		follow->cut.end = get_u64(from);
	}
	if (!fine || from->failed || !follow_plausible(follow)) {
		follow_free(follow);
		return NULL;
	}
	return follow;
}

static enum error decode_all(
    const char *path, struct reader *from, uint32_t version, struct follows *follows, struct failure *failure)
{
	uint32_t count = get_u32(from);
	enum error error = OK;

	for (uint32_t i = 0; i < count && !error; i++) {
		struct follow *follow = decode_follow(from, version);
		if (!follow)
			return fail(failure, ERROR_CORRUPT, "%s: entry %u of %u is malformed", path, i + 1, count);
		error = follows_add(follows, follow, failure);
		if (error)
			follow_free(follow);
	}
	if (!error && !reader_done(from))
		error = fail(failure, ERROR_CORRUPT, "%s: there is more in it than its %u entries", path, count);
	return error;
}

enum error positions_load(const char *path, struct follows *follows, struct failure *failure)
{
	char *at;
	size_t size;

	*follows = (struct follows){ 0 };
	if (access(path, F_OK) != 0)
		return OK;
	enum error error = file_read(path, LARGEST, &at, &size, failure);
	if (error)
		return error;
	struct reader from = reader_of(at, size >= 4 ? size - 4 : 0);
	struct reader end = reader_of(at + (size >= 4 ? size - 4 : 0), size >= 4 ? 4 : 0);
	uint32_t magic = get_u32(&from), version = get_u32(&from);
	if (size < 12 || magic != MAGIC || get_u32(&end) != checksum(0, at, size - 4))
		error = fail(failure, ERROR_CORRUPT, "%s: damaged, or not an agent's state", path);
	else if (version < 1 || version > VERSION)
		error = fail(failure, ERROR_VERSION,
		    "%s was written by a newer version (%u, this program reads up to %u): install that version", path,
		    version, VERSION);
	else
		error = decode_all(path, &from, version, follows, failure);
	free(at);
	if (error)
		follows_clear(follows);
	return error;
}

enum error positions_save(const char *path, const struct follows *follows, struct failure *failure)
{
	struct builder to = { 0 };

	put_u32(&to, MAGIC);
	put_u32(&to, VERSION);
	put_u32(&to, (uint32_t)follows->count);
	for (size_t i = 0; i < follows->count; i++)
		encode_follow(follows->items[i], &to);
	put_u32(&to, checksum(0, to.at, to.size));
	enum error error = to.failed ? fail(failure, ERROR_MEMORY, "no memory to write %s", path)
				     : file_replace(path, (struct text){ to.at, to.size }, 0600, failure);
	builder_free(&to);
	return error;
}
