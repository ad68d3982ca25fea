/*
 * What the readers of pcap and pcapng share; see capture_file.h.
 */
#ifndef NOROSHI_NET_CAPTURE_INNER_H
#define NOROSHI_NET_CAPTURE_INNER_H

#include "net/capture_file.h"

/* An interface that a section of pcapng describes. */
struct capture_interface {
	uint16_t link;
	uint32_t most;  /* bytes that it captures of a packet; 0 = all */
	uint64_t ticks; /* a second; 0 = more than 64 bits hold */
	nanoseconds offset;
};

struct capture_file {
	int descriptor; /* -1: `borrowed` */
	char *name;
	const uint8_t *borrowed;
	uint8_t *buffer;
	size_t begin, end, room; /* what was read and not looked at: [begin, end) */
	uint64_t offset;         /* in the file, of `begin` */
	uint64_t frames;
	bool at_end, handed_out, truncated;
	bool big_endian, nanoseconds; /* of pcap; of pcapng's section */
	uint8_t packet_header;        /* bytes */
	uint16_t link;                /* of pcap */
	struct capture_interface *interfaces;
	size_t interface_count, interface_room;
	enum error (*next)(struct capture_file *file, struct frame *frame, struct failure *failure);
};

/* `size` bytes at the place reached. ERROR_AGAIN: not without moving those handed out; ERROR_END: the file has fewer.
 */
enum error capture_need_more(struct capture_file *file, size_t size, const uint8_t **at, struct failure *failure);
static inline enum error capture_need(
    struct capture_file *file, size_t size, const uint8_t **at, struct failure *failure)
{
	if (__builtin_expect(file->end - file->begin < size, 0))
		return capture_need_more(file, size, at, failure);
	*at = (file->borrowed ? file->borrowed : file->buffer) + file->begin;
	return OK;
}
/* Goes on behind them. */
static inline void capture_done(struct capture_file *file, size_t size)
{
	file->begin += size;
	file->offset += size;
}
enum error capture_bad(struct capture_file *file, struct failure *failure, const char *what);

enum error pcapng_next(struct capture_file *file, struct frame *frame, struct failure *failure);

static inline uint32_t capture_u32(const struct capture_file *file, const uint8_t *at)
{
	return file->big_endian ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
				: (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static inline uint16_t capture_u16(const struct capture_file *file, const uint8_t *at)
{
	return (uint16_t)(file->big_endian ? at[0] << 8 | at[1] : at[1] << 8 | at[0]);
}

#endif
