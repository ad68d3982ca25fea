/*
 * The content of one flow at work: which dissector, what it was not done with yet, and for TCP the reassembly of both
 * sides. The observer's own; dissectors see only the `struct dissection` in it.
 *
 *   segments → struct tcp_side → stream_bytes() → dissector → facts → listener
 *   datagrams ─────────────────→ stream_datagram() ↗
 *
 * Sides are kept as they were at first (`turned` says whether the roles were found to be the other way round since);
 * all functions here take the role.
 */
#ifndef NOROSHI_NET_STREAM_H
#define NOROSHI_NET_STREAM_H

#include "net/dissector.h"
#include "net/flow.h"
#include "net/tcp_stream.h"

#define STREAM_MOST_EVENTS 8 /* different anomalies of a side that are told */

/* What a side sent and the dissector, or the recognition, was not done with. */
struct stream_kept {
	uint8_t *bytes;
	uint32_t size, room;
	uint32_t want; /* bytes of it before it is shown again */
	uint64_t skip; /* bytes to come that nobody wants */
	bool deaf;     /* nobody wants anything that comes */
	bool ended;
	uint8_t event_count;
	const char *events[STREAM_MOST_EVENTS];
};

struct stream {
	struct dissection dissection; /* first: dissectors have only this */
	struct flow *flow;
	struct stream_memory *memory;
	struct tcp_side tcp[2];
	struct stream_kept kept[2];
	/* While nothing is recognised: bits of `dissectors` that could still be it, as roles are and the other way
	 * round. */
	uint64_t candidates[2];
	const struct dissector *next; /* dissection_become() */
	bool become, turned;
	bool over; /* nobody wants anything of this flow any more */
	uint8_t became;
};

/* NULL without memory. The flow lives longer. */
struct stream *stream_new(
    struct flow *flow, enum transport transport, const struct listener *listener, struct stream_memory *memory);
void stream_free(struct stream *stream); /* without telling the dissector */

/* Whether a dissector is sure of this datagram, sent by the client or the server: before a stream is made of it. */
bool stream_knows_datagram(const uint8_t *bytes, uint32_t size);

void stream_bytes(struct stream *stream, enum side side, const uint8_t *bytes, uint32_t size);
void stream_gap(struct stream *stream, enum side side, uint64_t missing);
void stream_end(struct stream *stream, enum side side);
void stream_datagram(struct stream *stream, enum side side, const uint8_t *bytes, uint32_t size);
/* The flow is over: ends both sides, stops the dissector, frees the stream. */
void stream_finish(struct stream *stream);

static inline struct tcp_side *stream_tcp(struct stream *stream, enum side side)
{
	return &stream->tcp[side ^ stream->turned];
}

#endif
