/*
 * Bytes coming in, decompressed on the way and cut into lines.
 *
 * Two buffers: `raw` holds what was read from a compressed file; the window holds what comes out and was not yet
 * consumed. Plain files are read straight into the window; plain memory is the window. The window grows only as far as
 * one line (or a peek) may be long, plus one read.
 */
#include "base/stream.h"

#include "base/decompress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* zstd windows, as powers of two: what a frame may make us allocate. RFC 9659 allows 8 MiB in what HTTP carries. */
#define WINDOW_OF_FILES 27
#define WINDOW_OF_STRANGERS 23

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define READ_SIZE ((size_t)512) /* so that small inputs meet the borders between two reads */
#else
#define READ_SIZE ((size_t)256 << 10)
#endif

struct stream {
	char *name;
	int descriptor;         /* -1 = memory */
	bool borrowed;          /* the window is the caller's memory */
	bool begun;             /* the first bytes were looked at */
	bool ended;             /* nothing more comes into the window */
	bool told;              /* the failure was handed out */
	struct failure failure; /* why it ended; code OK = in order */

	const unsigned char *raw; /* compressed bytes (or, before `begun`, any) */
	unsigned char *raw_own;   /* the same when we allocated it */
	size_t raw_start, raw_end;
	bool raw_ended;
	struct decompressor *decompressor; /* NULL = plain */
	enum compression compression;

	char *window;
	size_t start, end, room; /* unread bytes; size allocated */
	uint64_t offset;         /* of window[start] in the decompressed stream */
	uint64_t lines, made, limit, taken, total;
};

static enum error stream_new(const char *name, struct stream **stream, struct failure *failure)
{
	struct stream *new = calloc(1, sizeof *new);
	if (new)
		new->name = strdup(name);
	if (!new || !new->name) {
		free(new);
		return fail(failure, ERROR_MEMORY, "%s: no memory to read it", name);
	}
	new->descriptor = -1;
	*stream = new;
	return OK;
}

enum error stream_open_descriptor(int descriptor, const char *name, struct stream **stream, struct failure *failure)
{
	struct stat status;
	enum error error = OK;
	if (fstat(descriptor, &status) != 0)
		error = fail_errno(failure, "%s cannot be opened", name);
	else if (S_ISDIR(status.st_mode))
		error = fail(failure, ERROR_INPUT, "%s is a folder; a file is needed", name);
	else
		error = stream_new(name, stream, failure);
	if (error) {
		close(descriptor);
		return error;
	}
	(*stream)->descriptor = descriptor;
	(*stream)->total = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
	posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
	return OK;
}

enum error stream_open(const char *path, struct stream **stream, struct failure *failure)
{
	bool standard = strcmp(path, "-") == 0;
	const char *name = standard ? "standard input" : path;
	int descriptor = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (descriptor < 0)
		return fail_errno(failure, "%s cannot be opened", name);
	return stream_open_descriptor(descriptor, name, stream, failure);
}

enum error stream_open_memory(
    const char *name, const void *at, size_t size, struct stream **stream, struct failure *failure)
{
	enum error error = stream_new(name, stream, failure);
	if (error)
		return error;
	(*stream)->raw = at;
	(*stream)->raw_end = (*stream)->total = (*stream)->taken = size;
	(*stream)->raw_ended = true;
	return OK;
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	if (stream->descriptor >= 0)
		close(stream->descriptor);
	decompressor_free(stream->decompressor);
	free(stream->raw_own);
	if (!stream->borrowed)
		free(stream->window);
	free(stream->name);
	free(stream);
}

void stream_limit(struct stream *stream, uint64_t limit)
{
	stream->limit = limit;
}

/* The first failure counts; the window keeps what came before it. */
static void stream_break(struct stream *stream, enum error code, const char *words)
{
	stream->ended = true;
	if (stream->decompressor)
		fail(&stream->failure, code, "%s: %s, at byte %" PRIu64 " of the file (%" PRIu64 " bytes decompressed)",
		    stream->name, words, stream->taken - (stream->raw_end - stream->raw_start), stream->made);
	else
		fail(&stream->failure, code, "%s: %s, at byte %" PRIu64, stream->name, words, stream->taken);
}

/* read(2) that waits when the descriptor does not block; 0 at the end or after a failure. */
static size_t read_some(struct stream *stream, void *to, size_t room)
{
	for (;;) {
		ssize_t got = read(stream->descriptor, to, room);
		if (got >= 0) {
			stream->taken += (uint64_t)got;
			return (size_t)got;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd ready = { .fd = stream->descriptor, .events = POLLIN };
			poll(&ready, 1, -1);
		} else if (errno != EINTR) {
			stream_break(stream, ERROR_SYSTEM, strerror(errno));
			return 0;
		}
	}
}

/* More compressed bytes; only when all before them are used. */
static void raw_fill(struct stream *stream)
{
	if (stream->raw_ended)
		return;
	stream->raw_start = 0;
	stream->raw_end = read_some(stream, stream->raw_own, READ_SIZE);
	stream->raw_ended = stream->raw_end == 0;
}

/* Room for `want` unread bytes and, behind them, `more`. */
static bool window_room(struct stream *stream, size_t want, size_t more)
{
	size_t need;
	if (stream->borrowed || __builtin_add_overflow(want, more, &need))
		return stream->borrowed;
	if (stream->room - stream->start >= need)
		return true;
	if (stream->start) {
		memmove(stream->window, stream->window + stream->start, stream->end - stream->start);
		stream->end -= stream->start;
		stream->start = 0;
	}
	if (stream->room >= need)
		return true;
	char *larger = realloc(stream->window, need);
	if (!larger) {
		stream_break(stream, ERROR_MEMORY, "no memory for a line of it");
		return false;
	}
	stream->window = larger;
	stream->room = need;
	return true;
}

/* Looks at the first bytes and sets up how the rest is read. */
static void stream_begin(struct stream *stream)
{
	stream->begun = true;
	if (stream->descriptor >= 0) {
		stream->raw = stream->raw_own = malloc(READ_SIZE);
		if (!stream->raw_own) {
			stream_break(stream, ERROR_MEMORY, "no memory to read it");
			return;
		}
		while (stream->raw_end < COMPRESSION_MAGIC && !stream->raw_ended) {
			size_t got = read_some(stream, stream->raw_own + stream->raw_end, READ_SIZE - stream->raw_end);
			stream->raw_end += got;
			stream->raw_ended = got == 0;
		}
	}
	stream->compression = compression_of(stream->raw, stream->raw_end);
	if (stream->compression != COMPRESSION_NONE) {
		stream->decompressor =
		    decompressor_new(stream->compression, stream->limit ? WINDOW_OF_STRANGERS : WINDOW_OF_FILES);
		if (!stream->decompressor)
			stream_break(stream, ERROR_MEMORY, "no memory to decompress it");
		return;
	}
	if (stream->descriptor < 0) { /* plain memory is its own window; it is only read */
		stream->borrowed = true;
		stream->window = stream->raw ? (char *)(uintptr_t)stream->raw : (char *)"";
		stream->ended = true;
	} else { /* what was read stays where it is */
		stream->window = (char *)stream->raw_own;
		stream->room = READ_SIZE;
	}
	stream->end = stream->raw_end;
	stream->made = stream->end;
	stream->raw = stream->raw_own = NULL;
}

static void refill_compressed(struct stream *stream)
{
	size_t made = 0, taken, room = stream->room - stream->end;
	uint64_t left = stream->limit > stream->made ? stream->limit - stream->made : 0;
	if (stream->limit && left < room)
		room = (size_t)left + 1; /* one more, to see that there is more */
	while (made == 0 && !stream->ended) {
		if (stream->raw_start == stream->raw_end)
			raw_fill(stream);
		if (stream->ended)
			return;
		const char *wrong = decompress(stream->decompressor, stream->raw + stream->raw_start,
		    stream->raw_end - stream->raw_start, &taken, stream->window + stream->end, room, &made);
		stream->raw_start += taken;
		stream->made += made;
		stream->end += made;
		if (stream->limit && stream->made > stream->limit) {
			stream->end -= made;
			stream->made -= made;
			stream->end += (size_t)left;
			stream->made += left;
			stream_break(stream, ERROR_LIMIT, "more comes out of it than the limit allows");
		} else if (wrong) {
			stream_break(stream, ERROR_INPUT, wrong);
		} else if (made == 0 && taken == 0 && stream->raw_ended) {
			if (decompressor_complete(stream->decompressor))
				stream->ended = true;
			else
				stream_break(stream, ERROR_INPUT, "the compressed data ends in the middle");
		}
	}
}

/* Puts at least one more byte into the window, which has room, or ends the stream. */
static void refill(struct stream *stream)
{
	if (stream->decompressor) {
		refill_compressed(stream);
		return;
	}
	size_t got = read_some(stream, stream->window + stream->end, stream->room - stream->end);
	stream->end += got;
	stream->made += got;
	stream->ended = stream->ended || got == 0;
}

static void consume(struct stream *stream, size_t size)
{
	stream->start += size;
	stream->offset += size;
}

/* The window holds at least `want` bytes, or all that comes. */
static void window_fill(struct stream *stream, size_t want)
{
	if (!stream->begun)
		stream_begin(stream);
	while (!stream->ended && stream->end - stream->start < want && window_room(stream, want, READ_SIZE))
		refill(stream);
}

enum error stream_peek(struct stream *stream, size_t want, struct text *text, struct failure *failure)
{
	(void)failure; /* what is broken is said by the read that meets it */
	window_fill(stream, want);
	size_t have = stream->end - stream->start;
	*text = (struct text){ stream->window + stream->start, have < want ? have : want };
	return OK;
}

/* What stream_line() and stream_read() answer when the window is empty. */
static enum error stream_finish(struct stream *stream, struct failure *failure)
{
	if (stream->failure.code == OK || stream->told)
		return fail(failure, ERROR_END, "%s: end", stream->name);
	stream->told = true;
	return fail(failure, stream->failure.code, "%s", stream->failure.words);
}

enum error stream_read(struct stream *stream, void *to, size_t size, size_t *got, struct failure *failure)
{
	*got = 0;
	if (size == 0)
		return OK;
	window_fill(stream, 1);
	size_t have = stream->end - stream->start;
	if (have == 0) {
		enum error error = stream_finish(stream, failure);
		return error == ERROR_END ? OK : error;
	}
	*got = have < size ? have : size;
	memcpy(to, stream->window + stream->start, *got);
	consume(stream, *got);
	return OK;
}

/* The line goes on beyond the limit: its first `longest` bytes stay where they are, and what follows is read over
 * itself again and again until the line's end. False when the stream ended before. */
static bool skip_rest(struct stream *stream, size_t longest)
{
	size_t keep = stream->start + longest;
	uint64_t skipped = longest;
	for (;;) {
		size_t have = stream->end - keep;
		const char *from = stream->window + keep;
		const char *found = have ? memchr(from, '\n', have) : NULL;
		size_t size = found ? (size_t)(found + 1 - from) : have;
		skipped += size;
		if (found || stream->ended) {
			stream->offset += skipped;
			stream->start = keep + size;
			return found;
		}
		stream->end = keep;
		refill(stream);
	}
}

static enum error line_cut(struct stream *stream, size_t longest, struct line *line, struct failure *failure)
{
	if (!window_room(stream, longest, READ_SIZE))
		return stream_finish(stream, failure);
	line->text = (struct text){ stream->window + stream->start, longest };
	line->cut = true;
	line->unterminated = !skip_rest(stream, longest);
	if (line->unterminated && stream->failure.code)
		return stream_finish(stream, failure); /* it broke inside this line */
	line->number = ++stream->lines;
	return OK;
}

static enum error line_take(struct stream *stream, size_t size, bool terminated, size_t longest, struct line *line)
{
	line->text = (struct text){ stream->window + stream->start, size };
	if (terminated && size && line->text.at[size - 1] == '\r')
		line->text.size--;
	if (line->text.size > longest) {
		line->text.size = longest;
		line->cut = true;
	}
	line->unterminated = !terminated;
	line->number = ++stream->lines;
	consume(stream, size + terminated);
	return OK;
}

enum error stream_line(struct stream *stream, size_t longest, struct line *line, struct failure *failure)
{
	size_t searched = 0;
	*line = (struct line){ .offset = stream->offset };
	window_fill(stream, 1);
	for (;;) {
		size_t have = stream->end - stream->start;
		const char *from = stream->window + stream->start;
		const char *found = have > searched ? memchr(from + searched, '\n', have - searched) : NULL;
		if (found)
			return line_take(stream, (size_t)(found - from), true, longest, line);
		searched = have;
		if (stream->ended)
			break;
		if (have > longest && have - longest > 1) /* one more may be the \r of a line that just fits */
			return line_cut(stream, longest, line, failure);
		if (stream->room - stream->end < READ_SIZE / 4 && !window_room(stream, have, READ_SIZE))
			break;
		refill(stream);
	}
	size_t rest = stream->end - stream->start;
	if (stream->failure.code || rest == 0) {
		consume(stream, rest); /* a line that broke off is not given: it would be taken for a whole one */
		return stream_finish(stream, failure);
	}
	return line_take(stream, rest, false, longest, line);
}

const char *stream_name(const struct stream *stream)
{
	return stream->name;
}

uint64_t stream_read_bytes(const struct stream *stream)
{
	return stream->taken;
}

uint64_t stream_total_bytes(const struct stream *stream)
{
	return stream->total;
}
