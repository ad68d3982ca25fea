/*
 * One file of history: writing and reading the headers, walking the frames of a file that may be damaged anywhere. In:
 * bytes of the file. Out: the index of its intact frames and what was wrong.
 */
#include "store/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define SEGMENT_MAGIC "NRSHALRT"
#define FRAME_MAGIC 0x4d52464eu /* "NFRM" */
#define FRAME_LAST 1u
#define WALK_BLOCK (1u << 20)

char *segment_path(const char *folder, uint32_t number, const char *kind, char *to, size_t size)
{
	snprintf(to, size, "%s/%08u.%s", folder, number, kind);
	return to;
}

void segment_header_write(uint32_t segment, nanoseconds created, struct builder *to)
{
	size_t start = to->size;
	put_bytes(to, SEGMENT_MAGIC, 8);
	put_u32(to, SEGMENT_VERSION);
	put_u32(to, segment);
	put_i64(to, created);
	put_u32(to, 0);
	put_u32(to, to->failed ? 0 : checksum(0, to->at + start, SEGMENT_HEADER - 4));
}

enum error segment_header_read(const uint8_t bytes[static SEGMENT_HEADER], uint32_t segment)
{
	struct reader from = reader_of(bytes + 8, SEGMENT_HEADER - 8);
	uint32_t version = get_u32(&from), number = get_u32(&from);
	get_i64(&from);
	get_u32(&from);
	if (memcmp(bytes, SEGMENT_MAGIC, 8) != 0 || get_u32(&from) != checksum(0, bytes, SEGMENT_HEADER - 4))
		return ERROR_CORRUPT;
	if (version > SEGMENT_VERSION)
		return ERROR_VERSION;
	return version == SEGMENT_VERSION && number == segment ? OK : ERROR_CORRUPT;
}

void frame_header_write(const struct frame_header *header, struct builder *to)
{
	const struct history_batch *batch = &header->batch;
	size_t start = to->size;
	put_u32(to, FRAME_MAGIC);
	put_u16(to, SEGMENT_VERSION);
	put_u16(to, batch->last ? FRAME_LAST : 0);
	put_u32(to, header->stored);
	put_u32(to, header->raw);
	put_u32(to, header->row);
	put_u32(to, batch->organisation);
	put_u32(to, batch->sensor);
	put_u32(to, batch->alerts);
	put_u64(to, batch->epoch.high);
	put_u64(to, batch->epoch.low);
	put_u64(to, batch->sequence_first);
	put_u64(to, batch->sequence_end);
	put_i64(to, batch->received);
	put_i64(to, header->least);
	put_i64(to, header->greatest);
	put_u32(to, batch->lines);
	put_u32(to, batch->skipped);
	put_u32(to, batch->malformed);
	put_u32(to, header->body_checksum);
	put_u32(to, header->segment);
	put_u32(to, to->failed ? 0 : checksum(0, to->at + start, FRAME_HEADER - 4));
}

bool frame_header_read(const uint8_t bytes[static FRAME_HEADER], struct frame_header *header)
{
	struct reader from = reader_of(bytes, FRAME_HEADER);
	struct history_batch *batch = &header->batch;
	if (get_u32(&from) != FRAME_MAGIC || get_u16(&from) != SEGMENT_VERSION)
		return false;
	uint16_t flags = get_u16(&from);
	header->stored = get_u32(&from);
	header->raw = get_u32(&from);
	header->row = get_u32(&from);
	batch->organisation = get_u32(&from);
	batch->sensor = get_u32(&from);
	batch->alerts = get_u32(&from);
	batch->epoch.high = get_u64(&from);
	batch->epoch.low = get_u64(&from);
	batch->sequence_first = get_u64(&from);
	batch->sequence_end = get_u64(&from);
	batch->received = get_i64(&from);
	header->least = get_i64(&from);
	header->greatest = get_i64(&from);
	batch->lines = get_u32(&from);
	batch->skipped = get_u32(&from);
	batch->malformed = get_u32(&from);
	header->body_checksum = get_u32(&from);
	header->segment = get_u32(&from);
	batch->last = flags & FRAME_LAST;
	if (get_u32(&from) != checksum(0, bytes, FRAME_HEADER - 4) || from.failed)
		return false;
	/* An encoded alert has more than 40 bytes: what claims more alerts than fit is not ours. */
	return header->stored <= FRAME_LARGEST && header->raw <= FRAME_LARGEST && batch->alerts <= header->raw / 40 &&
	       header->row <= UINT32_MAX - batch->alerts && (batch->alerts > 0) == (header->stored > 0);
}

bool frame_is_newer(const uint8_t bytes[static FRAME_HEADER])
{
	struct reader from = reader_of(bytes, FRAME_HEADER), sum = reader_of(bytes + FRAME_HEADER - 4, 4);
	return get_u32(&from) == FRAME_MAGIC && get_u16(&from) > SEGMENT_VERSION &&
	       get_u32(&sum) == checksum(0, bytes, FRAME_HEADER - 4);
}

enum error segment_add(
    struct segment *segment, const struct frame_header *header, uint64_t offset, struct failure *failure)
{
	if (segment->frame_count == segment->frame_room) {
		size_t room = segment->frame_room ? 2 * segment->frame_room : 64;
		struct frame *frames = realloc(segment->frames, room * sizeof *frames);
		if (!frames)
			return fail(failure, ERROR_MEMORY, "history: no memory for the index of %zu frames", room);
		segment->frames = frames;
		segment->frame_room = room;
	}
	const struct history_batch *batch = &header->batch;
	struct frame *frame = &segment->frames[segment->frame_count];
	*frame = (struct frame){ offset, header->least, header->greatest, header->row, batch->alerts,
		batch->organisation, false };
	bool first = segment->frame_count++ == 0;
	if (first || batch->received < segment->received_first)
		segment->received_first = batch->received;
	if (first || batch->received > segment->received_last)
		segment->received_last = batch->received;
	if (batch->alerts && (segment->rows == 0 || header->least < segment->least))
		segment->least = header->least;
	if (batch->alerts && (segment->rows == 0 || header->greatest > segment->greatest))
		segment->greatest = header->greatest;
	segment->rows = header->row + batch->alerts;
	segment->size = offset + FRAME_HEADER + header->stored;
	return OK;
}

void segment_cut(struct segment *segment, uint64_t size, uint32_t rows, size_t frames)
{
	/* The times may stay wider than need be: they only say where it is worth looking. */
	segment->size = size;
	segment->rows = rows;
	segment->frame_count = frames;
}

/* ── walking ─ */

struct walk {
	const char *path;
	int descriptor;
	uint64_t end;
	uint8_t *block;
	uint64_t at; /* of the block's first byte */
	size_t filled;
};

/* `size` bytes of the file at `offset`, through one buffered block; NULL at the end or on an error. */
static const uint8_t *walk_bytes(struct walk *walk, uint64_t offset, size_t size)
{
	if (offset + size > walk->end)
		return NULL;
	if (offset < walk->at || offset + size > walk->at + walk->filled) {
		walk->at = offset;
		walk->filled = 0;
		while (walk->filled < WALK_BLOCK) {
			ssize_t got = pread(walk->descriptor, walk->block + walk->filled, WALK_BLOCK - walk->filled,
			    (off_t)(offset + walk->filled));
			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				break;
			walk->filled += (size_t)got;
		}
		if (walk->filled < size)
			return NULL;
	}
	return walk->block + (offset - walk->at);
}

static bool body_is_good(struct walk *walk, uint64_t offset, const struct frame_header *header)
{
	uint32_t sum = 0;
	for (uint32_t done = 0; done < header->stored;) {
		uint32_t part = header->stored - done < WALK_BLOCK / 2 ? header->stored - done : WALK_BLOCK / 2;
		const uint8_t *bytes = walk_bytes(walk, offset + done, part);
		if (!bytes)
			return false;
		sum = checksum(sum, bytes, part);
		done += part;
	}
	return sum == header->body_checksum;
}

/* A header that belongs here: of this segment, with rows that go on. */
static bool header_fits(struct walk *walk, uint64_t offset, const struct segment *segment, struct frame_header *header)
{
	const uint8_t *bytes = walk_bytes(walk, offset, FRAME_HEADER);
	return bytes && frame_header_read(bytes, header) && header->segment == segment->number &&
	       header->row >= segment->rows;
}

/* The next offset from `offset` on with a header that fits, or the file's end. */
static uint64_t resynchronise(struct walk *walk, uint64_t offset, const struct segment *segment)
{
	static const uint8_t magic[4] = { 'N', 'F', 'R', 'M' };
	struct frame_header header;
	while (offset + FRAME_HEADER <= walk->end) {
		uint64_t left = walk->end - offset;
		size_t look = left < WALK_BLOCK / 2 ? (size_t)left : WALK_BLOCK / 2;
		const uint8_t *bytes = walk_bytes(walk, offset, look);
		if (!bytes)
			break;
		const uint8_t *found = memmem(bytes, look, magic, sizeof magic);
		if (!found) {
			offset += look - 3;
			continue;
		}
		offset += (uint64_t)(found - bytes);
		if (header_fits(walk, offset, segment, &header))
			return offset;
		offset++;
	}
	return walk->end;
}

static void note_damage(struct segment_damage *damage, uint64_t offset)
{
	if (damage->bad++ == 0)
		damage->first = offset;
}

static enum error walk_frames(struct walk *walk, struct segment *segment, bool bodies, bool tail,
    void (*each)(void *, const struct frame_header *), void *context, struct segment_damage *damage,
    struct failure *failure)
{
	uint64_t offset = SEGMENT_HEADER;
	uint64_t doubtful = 0; /* where damage began that only counts as such when something intact follows */
	while (offset < walk->end) {
		struct frame_header header;
		bool fits = header_fits(walk, offset, segment, &header);
		bool whole = fits && offset + FRAME_HEADER + header.stored <= walk->end;
		bool good = whole && (!bodies || body_is_good(walk, offset + FRAME_HEADER, &header));
		const uint8_t *bytes = fits ? NULL : walk_bytes(walk, offset, FRAME_HEADER);
		if (bytes && frame_is_newer(bytes)) /* not damage: it must not be cut off */
			return fail(failure, ERROR_VERSION, "%s holds what a newer version wrote: install that version",
			    walk->path);
		if (!whole) {
			doubtful = doubtful ? doubtful : offset;
			offset = resynchronise(walk, offset + 1, segment);
			continue;
		}
		uint64_t next = offset + FRAME_HEADER + header.stored;
		if (!good && tail && next == walk->end) {
			doubtful = doubtful ? doubtful : offset;
			break; /* the very last frame, with a body that was not written whole */
		}
		if (doubtful)
			note_damage(damage, doubtful);
		doubtful = 0;
		enum error error = segment_add(segment, &header, offset, failure);
		if (error)
			return error;
		if (!good) {
			note_damage(damage, offset);
			segment->frames[segment->frame_count - 1].bad = true;
		} else if (each) {
			each(context, &header);
		}
		offset = next;
	}
	if (doubtful && !tail)
		note_damage(damage, doubtful);
	damage->cut = doubtful && tail ? doubtful : walk->end;
	return OK;
}

enum error segment_walk(int descriptor, const char *path, struct segment *segment, bool bodies, bool tail,
    void (*each)(void *context, const struct frame_header *header), void *context, struct segment_damage *damage,
    struct failure *failure)
{
	struct stat status;
	*damage = (struct segment_damage){ 0 };
	if (fstat(descriptor, &status) < 0)
		return fail_errno(failure, "cannot look at %s", path);
	struct walk walk = {
		.path = path, .descriptor = descriptor, .end = (uint64_t)status.st_size, .block = malloc(WALK_BLOCK)
	};
	if (!walk.block)
		return fail(failure, ERROR_MEMORY, "%s: no memory", path);
	const uint8_t *bytes = walk_bytes(&walk, 0, SEGMENT_HEADER);
	enum error error = bytes ? segment_header_read(bytes, segment->number) : ERROR_CORRUPT;
	if (error == ERROR_VERSION) {
		free(walk.block);
		return fail(failure, ERROR_VERSION, "%s was written by a newer version: install that version", path);
	}
	if (error && bytes)
		note_damage(damage, 0); /* the frames carry all that is needed to read on */
	segment->size = SEGMENT_HEADER;
	if (bytes)
		error = walk_frames(&walk, segment, bodies, tail, each, context, damage, failure);
	else
		error = OK; /* shorter than its header: nothing was ever stored in it; cut = 0 */
	if (!error && tail && damage->bad &&
	    segment->frame_count == 0) /* a header that had not become durable: likewise */
		*damage = (struct segment_damage){ 0 };
	free(walk.block);
	return error;
}

/* ── bodies ─ */

struct unpacker {
	ZSTD_DCtx *context;
	uint8_t *stored, *raw;
	size_t stored_room, raw_room;
};

struct unpacker *unpacker_new(void)
{
	struct unpacker *unpacker = calloc(1, sizeof *unpacker);
	if (unpacker && !(unpacker->context = ZSTD_createDCtx())) {
		free(unpacker);
		return NULL;
	}
	return unpacker;
}

void unpacker_free(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	ZSTD_freeDCtx(unpacker->context);
	free(unpacker->stored);
	free(unpacker->raw);
	free(unpacker);
}

static bool make_room(uint8_t **at, size_t *room, size_t size)
{
	if (*room >= size && *at)
		return true;
	uint8_t *more = realloc(*at, size ? size : 1);
	if (!more)
		return false;
	*at = more;
	*room = size;
	return true;
}

static bool read_whole(int descriptor, uint8_t *to, size_t size, uint64_t offset)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(descriptor, to + done, size - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

enum error frame_unpack(struct unpacker *unpacker, int descriptor, uint64_t offset, struct frame_header *header,
    struct text *raw, struct failure *failure)
{
	uint8_t bytes[FRAME_HEADER];
	*raw = TEXT_NONE;
	if (!read_whole(descriptor, bytes, sizeof bytes, offset) || !frame_header_read(bytes, header))
		return fail(failure, ERROR_CORRUPT, "the frame's header is damaged");
	if (header->stored == 0)
		return OK;
	if (!make_room(&unpacker->stored, &unpacker->stored_room, header->stored) ||
	    !make_room(&unpacker->raw, &unpacker->raw_room, header->raw))
		return fail(failure, ERROR_MEMORY, "no memory for a frame of %u bytes", header->raw);
	if (!read_whole(descriptor, unpacker->stored, header->stored, offset + FRAME_HEADER))
		return fail(failure, ERROR_CORRUPT, "the frame ends too early");
	if (checksum(0, unpacker->stored, header->stored) != header->body_checksum)
		return fail(failure, ERROR_CORRUPT, "the frame fails its checksum");
	size_t size =
	    ZSTD_decompressDCtx(unpacker->context, unpacker->raw, header->raw, unpacker->stored, header->stored);
	if (ZSTD_isError(size) || size != header->raw)
		return fail(failure, ERROR_CORRUPT, "the frame does not unpack");
	*raw = (struct text){ (const char *)unpacker->raw, size };
	return OK;
}
