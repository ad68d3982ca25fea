/*
 * One side of a TCP connection: its bytes in order, each once, out of segments that come in any order, doubled, cut
 * anew, or not at all (RFC 9293). Bytes that come in order are handed on without a copy. Where segments overlap, the
 * bytes that came first count.
 *
 * A hole is given up when the other side has acknowledged what is behind it and it does not come soon, when more waits
 * behind it than may, or when the flow ends.
 */
#ifndef NOROSHI_NET_TCP_STREAM_H
#define NOROSHI_NET_TCP_STREAM_H

#include <stdbool.h>
#include <stdint.h>

/* How long a hole is waited for is a matter of bytes, not of how they were cut into packets: of runs of bytes between
 * holes, and of acknowledgements that go further. */
#define TCP_MOST_WAITING 1024 /* runs on one side */
#define TCP_PATIENCE 16       /* acknowledgements beyond the one of what is behind the hole */

/* What all the streams of an observer share. */
struct stream_memory {
	uint64_t used, most; /* bytes */
	uint32_t waiting;    /* bytes that may wait on one side */
	uint64_t gaps, gap_bytes, overlaps, refused;
};

/* What waits: segments that follow each other are one. */
struct tcp_segment {
	struct tcp_segment *next;
	uint32_t first, size, room; /* number of the first byte */
	uint8_t bytes[];
};

struct tcp_side {
	struct tcp_segment *waiting; /* in order, not overlapping */
	uint32_t next;               /* number of the byte that comes next */
	uint32_t end;                /* where the side ends, when it said so */
	uint32_t waiting_bytes;
	uint32_t acknowledged; /* the newest that counted for patience */
	uint16_t waiting_count, patience;
	uint64_t offset;           /* of the byte that comes next, in the whole stream: numbers wrap, this does not */
	bool begun, has_end, over; /* over: its last byte was handed on, or nobody wants more */
	bool moved;                /* bytes were handed on */
};

/* Who takes the bytes. Any of them may say that nobody wants more, by setting `over` of the side. */
struct tcp_taker {
	void *context;
	void (*bytes)(void *context, const uint8_t *bytes, uint32_t size);
	void (*gap)(void *context, uint64_t missing);
	void (*end)(void *context);
};

/* A segment with payload, behind its SYN if it has one. `not_captured` bytes follow it that the capture cut off.
 * Returns the name of what is wrong with it, or NULL. */
const char *tcp_side_segment(struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker,
    uint32_t first, const uint8_t *bytes, uint32_t size, uint32_t not_captured);
void tcp_side_syn(struct tcp_side *side, uint32_t first); /* the side's first byte has this number */
void tcp_side_fin(struct tcp_side *side, const struct tcp_taker *taker, uint32_t end);
/* The other side has received everything before `number`. */
void tcp_side_acknowledged(
    struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker, uint32_t number);
/* Nothing comes any more: what waits is handed on with its holes, and the side ends. */
void tcp_side_finish(struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker);
void tcp_side_clear(struct tcp_side *side, struct stream_memory *memory); /* frees what waits */

#endif
