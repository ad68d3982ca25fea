/*
 * Reading at places, plain or compressed; see source.h. Of a compressed file the last bytes read are kept, because
 * batches end before what was read ends; for a place before them it is decompressed from its beginning again.
 */
#include "watch/source.h"

#include "base/stream.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT (1u << 20)

struct source {
	int descriptor;
	char *path;
	uint64_t device, inode;
	bool compressed;
	struct stream *stream; /* of a compressed file, opened when first read */
	uint64_t place;        /* of the stream, in decompressed bytes */
	uint64_t seen;         /* the farthest place reached */
	uint8_t *kept;         /* the content before `place`, KEPT bytes of room */
	uint32_t kept_size;
	char broken[256];  /* why the stream broke off, at `place`; empty = it did not */
	off_t broken_size; /* the file as it was then: until it changes, nothing more can be read */
	struct timespec broken_time;
};

static bool begins_compressed(int descriptor)
{
	uint8_t magic[4];
	ssize_t got = pread(descriptor, magic, sizeof magic, 0);

	if (got >= 3 && magic[0] == 0x1f && magic[1] == 0x8b && magic[2] == 8)
		return true; /* RFC 1952, 2.3.1 */
	return got == 4 && magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f &&
	       magic[3] == 0xfd; /* RFC 8878, 3.1.1 */
}

static enum error source_fill(struct source *source, const char *path, struct failure *failure)
{
	struct stat about;

	if (fstat(source->descriptor, &about) != 0)
		return fail_errno(failure, "%s", path);
	if (!S_ISREG(about.st_mode))
		return fail(failure, ERROR_USAGE, "%s: not a regular file", path);
	source->device = about.st_dev;
	source->inode = about.st_ino;
	source->compressed = begins_compressed(source->descriptor);
	source->path = strdup(path);
	return source->path ? OK : fail(failure, ERROR_MEMORY, "no memory to open %s", path);
}

enum error source_open(const char *path, struct source **opened, struct failure *failure)
{
	struct source *source = calloc(1, sizeof *source);

	if (!source)
		return fail(failure, ERROR_MEMORY, "no memory to open %s", path);
	/* O_NONBLOCK: a FIFO of that name must not hold us */
	source->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (source->descriptor < 0) {
		int number = errno;
		free(source);
		errno = number;
		if (number == ENOENT || number == ENOTDIR)
			return fail(failure, ERROR_NOT_FOUND, "%s: no such file", path);
		return fail_errno(failure, "%s", path);
	}
	enum error error = source_fill(source, path, failure);
	if (error) {
		source_close(source);
		return error;
	}
	*opened = source;
	return OK;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	if (source->stream)
		stream_close(source->stream);
	close(source->descriptor);
	free(source->kept);
	free(source->path);
	free(source);
}

bool source_compressed(const struct source *source)
{
	return source->compressed;
}

const char *source_broken(const struct source *source)
{
	return source->broken[0] ? source->broken : NULL;
}

uint64_t source_device(const struct source *source)
{
	return source->device;
}

uint64_t source_inode(const struct source *source)
{
	return source->inode;
}

enum error source_size(struct source *source, uint64_t *size, bool *removed, struct failure *failure)
{
	struct stat about;

	if (fstat(source->descriptor, &about) != 0)
		return fail_errno(failure, "%s", source->path);
	*size = source->compressed ? source->seen : (uint64_t)about.st_size;
	if (removed)
		*removed = about.st_nlink == 0;
	return OK;
}

static enum error read_plain(
    struct source *source, uint64_t offset, uint8_t *to, uint32_t size, uint32_t *got, struct failure *failure)
{
	uint32_t have = 0;

	while (have < size) {
		ssize_t part = pread(source->descriptor, to + have, size - have, (off_t)(offset + have));
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return fail_errno(
			    failure, "%s: reading at %llu", source->path, (unsigned long long)(offset + have));
		if (part == 0)
			break;
		have += (uint32_t)part;
	}
	*got = have;
	return OK;
}

/* The stream is opened by descriptor, so that it is the file that we looked at whatever its name is by now. */
static enum error stream_rewind(struct source *source, struct failure *failure)
{
	char path[32];

	if (source->stream)
		stream_close(source->stream);
	source->stream = NULL;
	source->place = 0;
	source->kept_size = 0;
	if (!source->kept && !(source->kept = malloc(KEPT)))
		return fail(failure, ERROR_MEMORY, "no memory to read %s", source->path);
	snprintf(path, sizeof path, "/proc/self/fd/%d", source->descriptor);
	return stream_open(path, &source->stream, failure);
}

static void keep(struct source *source, const uint8_t *at, size_t size)
{
	if (size > KEPT) {
		at += size - KEPT;
		size = KEPT;
	}
	size_t old = KEPT - size < source->kept_size ? KEPT - size : source->kept_size;
	memmove(source->kept, source->kept + source->kept_size - old, old);
	memcpy(source->kept + old, at, size);
	source->kept_size = (uint32_t)(old + size);
}

/* The next piece of the stream, at most `size` bytes; kept. */
static enum error stream_next(struct source *source, uint8_t *to, size_t size, size_t *got, struct failure *failure)
{
	*got = 0;
	enum error error = stream_read(source->stream, to, size, got, failure);
	if (error)
		return error;
	keep(source, to, *got);
	source->place += *got;
	if (source->place > source->seen)
		source->seen = source->place;
	return OK;
}

static void note_break(struct source *source, const char *words)
{
	struct stat about = { 0 };
	const char *why = strstr(words, ": "); /* the name before it is that of our descriptor */

	fstat(source->descriptor, &about);
	source->broken_size = about.st_size;
	source->broken_time = about.st_mtim;
	text_copy(text_of(why ? why + 2 : words), source->broken, sizeof source->broken);
	stream_close(source->stream);
	source->stream = NULL;
}

static bool still_broken(const struct source *source)
{
	struct stat about;

	return source->broken[0] && fstat(source->descriptor, &about) == 0 && about.st_size == source->broken_size &&
	       about.st_mtim.tv_sec == source->broken_time.tv_sec &&
	       about.st_mtim.tv_nsec == source->broken_time.tv_nsec;
}

/* Of what was read last, as far as it reaches. */
static uint32_t read_kept(const struct source *source, uint64_t offset, uint8_t *to, uint32_t size)
{
	if (source->place <= offset)
		return 0;
	uint64_t back = source->place - offset;
	uint32_t got = back < size ? (uint32_t)back : size;
	memcpy(to, source->kept + source->kept_size - back, got);
	return got;
}

static enum error read_compressed(
    struct source *source, uint64_t offset, uint8_t *to, uint32_t size, uint32_t *got, struct failure *failure)
{
	uint8_t skipped[16384];
	size_t part = 1;
	enum error error = OK;

	*got = 0;
	bool kept = source->place - source->kept_size <= offset;
	if (kept && still_broken(source)) {
		*got = read_kept(source, offset, to, size);
		return *got > 0 ? OK : ERROR_AGAIN;
	}
	source->broken[0] = 0;
	if (!source->stream || !kept)
		error = stream_rewind(source, failure);
	while (!error && part > 0 && source->place < offset)
		error = stream_next(source, skipped,
		    offset - source->place < sizeof skipped ? offset - source->place : sizeof skipped, &part, failure);
	if (!error)
		*got = read_kept(source, offset, to, size);
	while (!error && part > 0 && *got < size && source->place >= offset) {
		error = stream_next(source, to + *got, size - *got, &part, failure);
		*got += error ? 0 : (uint32_t)part;
	}
	if (error == ERROR_INPUT || error == ERROR_CORRUPT) { /* broken off: look again from the beginning next time */
		note_break(source, failure->words);
		return *got > 0 ? OK : ERROR_AGAIN;
	}
	return error == ERROR_END ? OK : error;
}

enum error source_read(
    struct source *source, uint64_t offset, void *to, uint32_t size, uint32_t *got, struct failure *failure)
{
	if (source->compressed)
		return read_compressed(source, offset, to, size, got, failure);
	return read_plain(source, offset, to, size, got, failure);
}
