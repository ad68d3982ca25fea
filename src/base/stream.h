/*
 * Bytes coming in, from a file, standard input or memory, decompressed on the way (gzip RFC 1952 with concatenated
 * members, zstd RFC 8878 with concatenated frames; told by content), and cut into lines.
 */
#ifndef NOROSHI_BASE_STREAM_H
#define NOROSHI_BASE_STREAM_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

struct stream;

/* "-" is standard input. Files, pipes and devices; a folder is ERROR_INPUT. What the file holds is looked at when the
 * first byte is asked for. Bytes that are neither gzip nor zstd are taken as they are. */
enum error stream_open(const char *path, struct stream **stream, struct failure *failure);
/* An open descriptor, which is closed with the stream, in every case. */
enum error stream_open_descriptor(int descriptor, const char *name, struct stream **stream, struct failure *failure);
/* Reads memory that stays valid until stream_close(). `name` is used in messages. */
enum error stream_open_memory(
    const char *name, const void *at, size_t size, struct stream **stream, struct failure *failure);
void stream_close(struct stream *stream);

/* At most `limit` bytes come out of a compressed stream in total (a decompression bomb ends in ERROR_LIMIT, after
 * everything before the limit was given); 0 = no limit. A zstd frame may ask for a window of at most 128 MiB, with a
 * limit of at most 8 MiB (RFC 9659). */
void stream_limit(struct stream *stream, uint64_t limit);

/* The next bytes without consuming them, to tell a format by its content: up to `want`, fewer at the end or before a
 * break (which the next stream_line() or stream_read() tells). Always OK; valid until the next call. */
enum error stream_peek(struct stream *stream, size_t want, struct text *text, struct failure *failure);

struct line {
	struct text text;  /* without its line break (\n or \r\n); valid until the next call */
	uint64_t number;   /* 1 = first */
	uint64_t offset;   /* of its first byte, in the decompressed stream */
	bool cut;          /* was longer than the limit: `text` holds its beginning, the rest was skipped */
	bool unterminated; /* the stream ended without a line break */
};
/* ERROR_END at the end. A stream that breaks (damaged or truncated compression, something else behind it, the limit, a
 * read error) gives every whole line before the break, then the error once (with the offset), then ERROR_END; the line
 * in which it broke is not given. `longest` is the limit for one line in bytes; memory stays within it plus 512 KiB,
 * however long the line is. An empty last line without a break is none. */
enum error stream_line(struct stream *stream, size_t longest, struct line *line, struct failure *failure);

/* Up to `size` decompressed bytes; *got = 0 at the end, and after a break, which is told once. */
enum error stream_read(struct stream *stream, void *to, size_t size, size_t *got, struct failure *failure);

const char *stream_name(const struct stream *stream);
uint64_t stream_read_bytes(const struct stream *stream); /* taken from the file so far (of memory: all), for progress */
uint64_t stream_total_bytes(const struct stream *stream); /* size of the file, 0 when not known */

#endif
