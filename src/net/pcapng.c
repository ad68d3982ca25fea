/*
 * Blocks of pcapng; see capture_file.h. A block that we do not know, or that describes what we do not ask, is passed
 * over; one whose lengths contradict each other ends the file with an error.
 */
#include "net/capture_inner.h"

#include "base/memory.h"

#include <string.h>

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 2u /* obsolete */
#define BLOCK_SIMPLE 3u
#define BLOCK_ENHANCED 6u

#define MOST_INTERFACES 65536u

enum { OPTION_END = 0, OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14 };

/* The body of a block: behind type and length, before the length that ends it. */
struct body {
	const uint8_t *at;
	size_t size;
};

static void read_option(
    struct capture_file *file, struct capture_interface *interface, unsigned code, const uint8_t *at, size_t size)
{
	if (code == OPTION_TSRESOL && size >= 1) {
		unsigned power = at[0] & 0x7f;
		uint64_t ticks = 1;
		if (at[0] & 0x80)
			ticks = power < 64 ? (uint64_t)1 << power : 0;
		else
			for (unsigned i = 0; i < power; i++)
				ticks = power <= 19 ? ticks * 10 : 0;
		interface->ticks = ticks;
	} else if (code == OPTION_TSOFFSET && size >= 8) {
		uint64_t first = capture_u32(file, at), second = capture_u32(file, at + 4);
		int64_t seconds = (int64_t)(file->big_endian ? first << 32 | second : second << 32 | first);
		if (seconds > -INT64_MAX / SECOND && seconds < INT64_MAX / SECOND)
			interface->offset = seconds * SECOND;
	}
}

static void read_options(struct capture_file *file, struct capture_interface *interface, const uint8_t *at, size_t left)
{
	while (left >= 4) {
		unsigned code = capture_u16(file, at);
		size_t size = capture_u16(file, at + 2), padded = (size + 3) & ~(size_t)3;
		if (code == OPTION_END || size > left - 4)
			return;
		read_option(file, interface, code, at + 4, size);
		if (padded > left - 4)
			return;
		at += 4 + padded;
		left -= 4 + padded;
	}
}

static enum error read_interface(struct capture_file *file, struct body body, struct failure *failure)
{
	if (body.size < 8)
		return capture_bad(file, failure, "an interface block that is too short");
	if (file->interface_count == MOST_INTERFACES)
		return capture_bad(file, failure, "more than 65536 interfaces");
	if (file->interface_count == file->interface_room) {
		void *more = array_grow(file->interfaces, &file->interface_room, 4, sizeof *file->interfaces);
		if (!more)
			return fail(failure, ERROR_MEMORY, "%s: no memory for its interfaces", file->name);
		file->interfaces = more;
	}
	struct capture_interface *interface = &file->interfaces[file->interface_count++];
	*interface = (struct capture_interface){
		.link = capture_u16(file, body.at), .most = capture_u32(file, body.at + 4), .ticks = 1000000
	};
	read_options(file, interface, body.at + 8, body.size - 8);
	return OK;
}

static nanoseconds time_of(const struct capture_interface *interface, uint64_t ticks)
{
	if (interface->ticks == 0)
		return interface->offset;
	unsigned __int128 time = (unsigned __int128)ticks * (uint64_t)SECOND / interface->ticks;
	nanoseconds sum;
	if (time > INT64_MAX || __builtin_add_overflow((nanoseconds)time, interface->offset, &sum))
		return interface->offset;
	return sum;
}

static enum error read_packet(
    struct capture_file *file, uint32_t type, struct body body, struct frame *frame, struct failure *failure)
{
	size_t header = type == BLOCK_SIMPLE ? 4 : 20;
	if (body.size < header)
		return capture_bad(file, failure, "a packet block that is too short");
	uint32_t number = 0;
	if (type == BLOCK_ENHANCED)
		number = capture_u32(file, body.at);
	else if (type == BLOCK_PACKET)
		number = capture_u16(file, body.at);
	if (number >= file->interface_count)
		return capture_bad(file, failure, "a packet of an interface that no block describes");
	const struct capture_interface *interface = &file->interfaces[number];
	uint32_t size, on_wire;
	nanoseconds time = 0;
	if (type == BLOCK_SIMPLE) { /* says neither time nor how much was captured */
		on_wire = capture_u32(file, body.at);
		size = interface->most && interface->most < on_wire ? interface->most : on_wire;
	} else {
		size = capture_u32(file, body.at + 12);
		on_wire = capture_u32(file, body.at + 16);
		time =
		    time_of(interface, (uint64_t)capture_u32(file, body.at + 4) << 32 | capture_u32(file, body.at + 8));
	}
	if (size > body.size - header)
		return capture_bad(file, failure, "a packet that is longer than its block");
	*frame = (struct frame){ .bytes = body.at + header,
		.size = size,
		.on_wire = on_wire > size ? on_wire : size,
		.time = time,
		.link = interface->link };
	return OK;
}

/* A section says its byte order in the bytes behind its length. */
static enum error read_section(struct capture_file *file, const uint8_t *at, struct failure *failure)
{
	static const uint8_t big[4] = { 0x1a, 0x2b, 0x3c, 0x4d }, little[4] = { 0x4d, 0x3c, 0x2b, 0x1a };

	if (memcmp(at + 8, big, 4) != 0 && memcmp(at + 8, little, 4) != 0)
		return capture_bad(file, failure, "a section without a byte order");
	file->big_endian = memcmp(at + 8, big, 4) == 0;
	file->interface_count = 0;
	return OK;
}

/* One block, at `at` with all its bytes; *is_frame when it was a packet. */
static enum error read_block(struct capture_file *file, struct body body, uint32_t type, struct frame *frame,
    bool *is_frame, struct failure *failure)
{
	*is_frame = type == BLOCK_SIMPLE || type == BLOCK_ENHANCED || type == BLOCK_PACKET;
	if (*is_frame)
		return read_packet(file, type, body, frame, failure);
	if (type == BLOCK_INTERFACE)
		return read_interface(file, body, failure);
	if (type == BLOCK_SECTION && (body.size < 16 || capture_u16(file, body.at + 4) != 1))
		return capture_bad(file, failure, "a section of a version other than 1");
	return OK;
}

enum error pcapng_next(struct capture_file *file, struct frame *frame, struct failure *failure)
{
	bool is_frame = false;
	enum error error = OK;

	while (!error && !is_frame) {
		const uint8_t *at;
		error = capture_need(file, 12, &at, failure);
		if (error)
			break;
		if (capture_u32(file, at) == BLOCK_SECTION) {
			error = read_section(file, at, failure);
			if (error)
				break;
		}
		uint32_t type = capture_u32(file, at), size = capture_u32(file, at + 4);
		if (size < 12 || size % 4 != 0)
			return capture_bad(file, failure, "a block whose length is no multiple of 4, or below 12");
		error = capture_need(file, size, &at, failure);
		if (error)
			break;
		if (capture_u32(file, at + size - 4) != size)
			return capture_bad(file, failure, "a block whose two lengths differ");
		error = read_block(file, (struct body){ at + 8, size - 12 }, type, frame, &is_frame, failure);
		if (!error)
			capture_done(file, size);
	}
	return error;
}
