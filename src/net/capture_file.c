/*
 * Reading capture files: a buffer that slides over the file, and the headers of pcap; see capture_file.h. Blocks of
 * pcapng: pcapng.c.
 */
#include "net/capture_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER ((size_t)1 << 20)          /* stays in the processor's cache between read() and decoder */
#define LARGEST_BUFFER ((size_t)16 << 20) /* of one block of pcapng; libpcap's bound too */
#define LARGEST_PACKET 262144u            /* libpcap's MAXIMUM_SNAPLEN */

/* ── the buffer ─ */

static enum error make_room(struct capture_file *file, size_t size, struct failure *failure)
{
	if (file->begin > 0 && file->end > file->begin)
		memmove(file->buffer, file->buffer + file->begin, file->end - file->begin);
	file->end -= file->begin;
	file->begin = 0;
	if (size <= file->room)
		return OK;
	uint8_t *more = realloc(file->buffer, size);
	if (!more)
		return fail(failure, ERROR_MEMORY, "%s: no memory for a block of %zu bytes", file->name, size);
	file->buffer = more;
	file->room = size;
	return OK;
}

static enum error fill(struct capture_file *file, size_t size, struct failure *failure)
{
	if (file->borrowed || file->at_end)
		return OK;
	enum error error = make_room(file, size > BUFFER ? size : BUFFER, failure);
	while (!error && file->end < file->room) {
		ssize_t got = read(file->descriptor, file->buffer + file->end, file->room - file->end);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(failure, "%s: cannot be read", file->name);
		file->at_end = got == 0;
		file->end += (size_t)got;
		if (got == 0 || file->end >= size)
			break;
	}
	return error;
}

enum error capture_need_more(struct capture_file *file, size_t size, const uint8_t **at, struct failure *failure)
{
	if (file->handed_out)
		return ERROR_AGAIN;
	enum error error = size > LARGEST_BUFFER ? capture_bad(file, failure, "a block of more than 16 MiB")
						 : fill(file, size, failure);
	if (error)
		return error;
	if (file->end - file->begin < size) {
		file->truncated = file->end > file->begin;
		return ERROR_END;
	}
	return capture_need(file, size, at, failure);
}

enum error capture_bad(struct capture_file *file, struct failure *failure, const char *what)
{
	return fail(failure, ERROR_INPUT, "%s: at byte %llu: %s", file->name, (unsigned long long)file->offset, what);
}

/* ── pcap ─ */

/* The file's header; its magic number says how the rest is written. */
static enum error pcap_begin(struct capture_file *file, struct failure *failure)
{
	const uint8_t *at;
	enum error error = capture_need(file, 24, &at, failure);

	if (error == ERROR_END)
		return capture_bad(file, failure, "the header of a pcap file ends too early");
	if (error)
		return error;
	if (capture_u16(file, at + 4) != 2)
		return capture_bad(file, failure, "a version of pcap other than 2");
	/* the upper bits say whether and how long a frame check sequence follows each frame */
	file->link = (uint16_t)(capture_u32(file, at + 20) & 0xffff);
	capture_done(file, 24);
	return OK;
}

static enum error pcap_next(struct capture_file *file, struct frame *frame, struct failure *failure)
{
	const uint8_t *at;
	enum error error = capture_need(file, file->packet_header, &at, failure);

	if (error)
		return error;
	uint32_t size = capture_u32(file, at + 8), on_wire = capture_u32(file, at + 12);
	uint32_t fraction = capture_u32(file, at + 4);
	if (size > LARGEST_PACKET)
		return capture_bad(file, failure, "a packet of more than 262144 bytes");
	error = capture_need(file, file->packet_header + size, &at, failure);
	if (error)
		return error;
	frame->bytes = at + file->packet_header;
	frame->size = size;
	frame->on_wire = on_wire > size ? on_wire : size;
	frame->time = capture_u32(file, at) * SECOND + (nanoseconds)fraction * (file->nanoseconds ? 1 : MICROSECOND);
	frame->link = file->link;
	capture_done(file, file->packet_header + size);
	return OK;
}

/* ── */

static const struct {
	uint8_t magic[4];
	bool pcapng, big_endian, nanoseconds;
	uint8_t packet_header;
} forms[] = {
	{ { 0xd4, 0xc3, 0xb2, 0xa1 }, false, false, false, 16 },
	{ { 0xa1, 0xb2, 0xc3, 0xd4 }, false, true, false, 16 },
	{ { 0x4d, 0x3c, 0xb2, 0xa1 }, false, false, true, 16 },
	{ { 0xa1, 0xb2, 0x3c, 0x4d }, false, true, true, 16 },
	{ { 0x34, 0xcd, 0xb2, 0xa1 }, false, false, false, 24 }, /* Kuznetzov's: interface and protocol too */
	{ { 0xa1, 0xb2, 0xcd, 0x34 }, false, true, false, 24 },
	{ { 0x0a, 0x0d, 0x0d, 0x0a }, true, false, false, 0 },
};

static enum error begin(struct capture_file *file, struct failure *failure)
{
	const uint8_t *at;
	enum error error = capture_need(file, 4, &at, failure);

	if (error && error != ERROR_END)
		return error;
	for (size_t i = 0; !error && i < sizeof forms / sizeof *forms; i++) {
		if (memcmp(at, forms[i].magic, 4) != 0)
			continue;
		file->big_endian = forms[i].big_endian;
		file->nanoseconds = forms[i].nanoseconds;
		file->packet_header = forms[i].packet_header;
		file->next = forms[i].pcapng ? pcapng_next : pcap_next;
		return forms[i].pcapng ? OK : pcap_begin(file, failure);
	}
	return fail(failure, ERROR_INPUT, "%s: this is neither pcap nor pcapng", file->name);
}

static enum error open_any(struct capture_file *opened, struct capture_file **file, struct failure *failure)
{
	enum error error = begin(opened, failure);

	if (error)
		capture_file_close(opened);
	else
		*file = opened;
	return error;
}

enum error capture_file_descriptor(
    int descriptor, const char *name, struct capture_file **file, struct failure *failure)
{
	struct capture_file *opened = calloc(1, sizeof *opened);

	if (opened)
		*opened = (struct capture_file){ .descriptor = descriptor, .name = strdup(name) };
	if (!opened || !opened->name) {
		close(descriptor);
		free(opened);
		return fail(failure, ERROR_MEMORY, "%s: no memory to read it", name);
	}
	return open_any(opened, file, failure);
}

enum error capture_file_open(const char *path, struct capture_file **file, struct failure *failure)
{
	if (strcmp(path, "-") == 0)
		return capture_file_descriptor(dup(STDIN_FILENO), "standard input", file, failure);
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return fail_errno(failure, "%s: cannot be opened", path);
	return capture_file_descriptor(descriptor, path, file, failure);
}

enum error capture_file_bytes(const void *at, size_t size, struct capture_file **file, struct failure *failure)
{
	struct capture_file *opened = calloc(1, sizeof *opened);

	if (opened)
		*opened = (struct capture_file){
			.descriptor = -1, .name = strdup("capture"), .borrowed = at, .end = size, .at_end = true
		};
	if (!opened || !opened->name) {
		free(opened);
		return fail(failure, ERROR_MEMORY, "no memory to read a capture");
	}
	return open_any(opened, file, failure);
}

void capture_file_close(struct capture_file *file)
{
	if (!file)
		return;
	if (file->descriptor >= 0)
		close(file->descriptor);
	free(file->name);
	free(file->buffer);
	free(file->interfaces);
	free(file);
}

/* Frames point into the buffer, which moves only when none has been handed out by this call. */
enum error capture_file_read(
    struct capture_file *file, struct frame *frames, size_t room, size_t *count, struct failure *failure)
{
	enum error error = OK;

	*count = 0;
	file->handed_out = false;
	while (*count < room && !error) {
		struct frame *frame = &frames[*count];
		error = file->next(file, frame, failure);
		if (error)
			break;
		frame->number = ++file->frames;
		file->handed_out = true;
		++*count;
	}
	return *count > 0 ? OK : error;
}

bool capture_file_truncated(const struct capture_file *file)
{
	return file->truncated;
}
