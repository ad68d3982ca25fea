/*
 * The dissector of HTTP/2 (http2.h): frames of each side, and the streams in them. The observer calls it.
 */
#include "net/http2.h"

#include "net/cursor.h"
#include "net/http_part.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 9 /* bytes before each frame's payload (RFC 9113, 4.1) */
#define TABLE_LARGEST 65536u

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define PREFACE (sizeof preface - 1)

enum frame_type {
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_RST_STREAM = 3,
	FRAME_SETTINGS = 4,
	FRAME_PUSH_PROMISE = 5,
	FRAME_CONTINUATION = 9,
};
enum { FLAG_END_STREAM = 1, FLAG_ACK = 1, FLAG_END_HEADERS = 4, FLAG_PADDED = 8, FLAG_PRIORITY = 32 };

struct frame_head {
	uint32_t length, stream;
	uint8_t type, flags;
};

/* A stream of the protocol, by its number. */
struct exchange {
	struct exchange *next;
	uint32_t number;
	uint64_t id;
	struct http_kept parts[2]; /* by side: request, response */
	bool seen[2], ended[2];
};

struct reading {
	bool preface; /* was passed */
	bool lost;
	nghttp2_hd_inflater *inflater;
	uint64_t data_left; /* of a DATA frame that is handed on as it comes */
	uint32_t data_stream;
	bool data_ends;
	uint32_t block_stream; /* whose header block goes on in CONTINUATION; 0 = none */
	bool block_ends;       /* the stream with it */
	bool block_interim;    /* 1xx: another head follows */
	enum side block_side;  /* whose head it is: a promised request is the client's */
};

struct http2_state {
	struct reading sides[2];
	struct exchange *first;
	unsigned open;
	uint64_t exchanges;
	size_t kept;
};

/* ── streams ─ */

static struct http_part part_of(const struct exchange *exchange, enum side side)
{
	const struct http_kept *kept = &exchange->parts[side];
	return (struct http_part){ .seen = exchange->seen[side],
		.protocol = TEXT("HTTP/2"),
		.head = { kept->lines.at, kept->lines.size },
		.body = kept->body };
}

static void emit(struct dissection *dissection, struct exchange **place)
{
	struct http2_state *state = dissection->state;
	struct exchange *exchange = *place;
	struct http_exchange fact = { .tx_id = exchange->id, .version = 2, .stream = exchange->number };
	uint64_t status;
	for (unsigned i = 0; i < 2; i++)
		http_kept_end(&exchange->parts[i], exchange->ended[i]);
	fact.request = part_of(exchange, SIDE_CLIENT);
	fact.response = part_of(exchange, SIDE_SERVER);
	fact.method = http_header(fact.request.head, ":method");
	fact.uri = http_header(fact.request.head, ":path");
	fact.host = http_header(fact.request.head, ":authority");
	if (!fact.host.size)
		fact.host = http_header(fact.request.head, "host");
	fact.status_text = http_header(fact.response.head, ":status");
	if (text_to_u64(fact.status_text, &status) && status < 1000)
		fact.status = (uint16_t)status;
	dissection_emit(dissection, exchange->seen[SIDE_SERVER] ? SIDE_SERVER : SIDE_CLIENT, &fact);
	*place = exchange->next;
	state->open--;
	for (unsigned i = 0; i < 2; i++)
		http_kept_free(&exchange->parts[i], &state->kept);
	free(exchange);
}

static struct exchange **find(struct http2_state *state, uint32_t number)
{
	struct exchange **place = &state->first;
	while (*place && (*place)->number != number)
		place = &(*place)->next;
	return place;
}

/* The stream of this number, which begins here when it is new; NULL without memory. */
static struct exchange *exchange_of(struct dissection *dissection, uint32_t number)
{
	struct http2_state *state = dissection->state;
	struct exchange **place = find(state, number);
	if (*place)
		return *place;
	if (state->open == HTTP2_STREAMS) {
		dissection_anomaly(dissection, SIDE_CLIENT, "too_many_streams");
		emit(dissection, &state->first);
		place = find(state, number);
	}
	*place = calloc(1, sizeof **place);
	if (!*place)
		return NULL;
	(*place)->number = number;
	(*place)->id = state->exchanges++;
	state->open++;
	return *place;
}

static void end_side(struct dissection *dissection, enum side side, uint32_t number)
{
	struct exchange **place = find(dissection->state, number);
	if (!*place)
		return;
	(*place)->ended[side] = true;
	if ((*place)->ended[SIDE_SERVER] && ((*place)->ended[SIDE_CLIENT] || !(*place)->seen[SIDE_CLIENT]))
		emit(dissection, place);
}

/* ── header blocks ─ */

static void give_up(struct dissection *dissection, enum side side, const char *event)
{
	struct http2_state *state = dissection->state;
	dissection_anomaly(dissection, side, event);
	state->sides[side].lost = true;
}

static void keep_header(struct http2_state *state, struct http_kept *part, const nghttp2_nv *header)
{
	struct builder line = { 0 };
	build_text(&line, (struct text){ (const char *)header->name, header->namelen });
	build_text(&line, TEXT(": "));
	build_text(&line, (struct text){ (const char *)header->value, header->valuelen });
	for (size_t i = 0; i < line.size; i++) /* a line end within would be another header */
		if (line.at[i] == '\r' || line.at[i] == '\n')
			line.at[i] = ' ';
	build_text(&line, TEXT("\r\n"));
	if (!line.failed)
		http_kept_line(part, (struct text){ line.at, line.size }, &state->kept);
	builder_free(&line);
}

/* Decodes a piece of a header block into the part that it belongs to. */
static bool decode_block(struct dissection *dissection, enum side side, struct cursor block, bool last)
{
	struct http2_state *state = dissection->state;
	struct reading *reading = &state->sides[side];
	struct exchange *exchange = exchange_of(dissection, reading->block_stream);
	struct text bytes = cursor_rest(&block);
	const uint8_t *at = (const uint8_t *)bytes.at;
	size_t left = bytes.size;
	for (;;) {
		nghttp2_nv header;
		int flags = 0;
		ssize_t taken = nghttp2_hd_inflate_hd2(reading->inflater, &header, &flags, at, left, last);
		if (taken < 0)
			return false;
		at += taken, left -= (size_t)taken;
		if (flags & NGHTTP2_HD_INFLATE_EMIT) {
			if (header.namelen == 7 && memcmp(header.name, ":status", 7) == 0)
				reading->block_interim = header.valuelen == 3 && header.value[0] == '1';
			if (exchange)
				keep_header(state, &exchange->parts[reading->block_side], &header);
		}
		if (flags & NGHTTP2_HD_INFLATE_FINAL) {
			nghttp2_hd_inflate_end_headers(reading->inflater);
			return true;
		}
		if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && !left)
			return true;
	}
}

static void block_ended(struct dissection *dissection, enum side side)
{
	struct http2_state *state = dissection->state;
	struct reading *reading = &state->sides[side];
	uint32_t number = reading->block_stream;
	struct exchange *exchange = *find(state, number);
	reading->block_stream = 0;
	if (exchange && reading->block_interim && reading->block_side == SIDE_SERVER && !reading->block_ends)
		http_kept_free(&exchange->parts[SIDE_SERVER], &state->kept);
	if (reading->block_ends)
		end_side(dissection, reading->block_side, number);
}

static void take_block(struct dissection *dissection, enum side side, struct cursor block, uint8_t flags)
{
	bool last = flags & FLAG_END_HEADERS;
	if (!decode_block(dissection, side, block, last))
		give_up(dissection, side, "invalid_header");
	else if (last)
		block_ended(dissection, side);
}

static void take_headers(
    struct dissection *dissection, enum side side, const struct frame_head *frame, struct cursor payload)
{
	struct reading *reading = &((struct http2_state *)dissection->state)->sides[side];
	bool promise = frame->type == FRAME_PUSH_PROMISE;
	size_t padding = frame->flags & FLAG_PADDED ? cursor_u8(&payload) : 0;
	if (!promise && frame->flags & FLAG_PRIORITY)
		cursor_skip(&payload, 5);
	uint32_t number = promise ? cursor_u32(&payload) & 0x7fffffffu : frame->stream;
	if (payload.failed || padding > payload.left || !number || reading->block_stream) {
		give_up(dissection, side, "invalid_frame_data");
		return;
	}
	reading->block_stream = number;
	reading->block_side = promise ? SIDE_CLIENT : side;
	reading->block_ends = promise || frame->flags & FLAG_END_STREAM;
	reading->block_interim = false;
	struct exchange *exchange = exchange_of(dissection, number);
	if (exchange)
		exchange->seen[reading->block_side] = true;
	take_block(dissection, side, cursor_part(&payload, payload.left - padding), frame->flags);
}

/* ── frames ─ */

/* How large the other side's encoder may make its table is said by who decodes (RFC 9113, 6.5.2). */
static void take_settings(struct dissection *dissection, enum side side, struct cursor payload)
{
	struct http2_state *state = dissection->state;
	while (payload.left >= 6) {
		uint16_t name = cursor_u16(&payload);
		uint32_t value = cursor_u32(&payload);
		nghttp2_hd_inflater *inflater = state->sides[OTHER_SIDE(side)].inflater;
		if (name == 1 && inflater)
			nghttp2_hd_inflate_change_table_size(inflater, value < TABLE_LARGEST ? value : TABLE_LARGEST);
	}
}

static void data_bytes(struct dissection *dissection, enum side side, uint32_t number, struct text bytes)
{
	struct http2_state *state = dissection->state;
	struct exchange *exchange = exchange_of(dissection, number);
	if (!exchange)
		return;
	exchange->seen[side] = true;
	http_kept_body(&exchange->parts[side], (const uint8_t *)bytes.at, bytes.size, &state->kept);
}

static void take_data(
    struct dissection *dissection, enum side side, const struct frame_head *frame, struct cursor payload)
{
	size_t padding = frame->flags & FLAG_PADDED ? cursor_u8(&payload) : 0;
	if (payload.failed || padding > payload.left) {
		dissection_anomaly(dissection, side, "invalid_frame_data");
		return;
	}
	data_bytes(dissection, side, frame->stream, cursor_text(&payload, payload.left - padding));
	if (frame->flags & FLAG_END_STREAM)
		end_side(dissection, side, frame->stream);
}

static void take_frame(
    struct dissection *dissection, enum side side, const struct frame_head *frame, struct cursor payload)
{
	struct http2_state *state = dissection->state;
	struct reading *reading = &state->sides[side];
	struct exchange **place;
	switch (frame->type) {
	case FRAME_DATA:
		take_data(dissection, side, frame, payload);
		break;
	case FRAME_HEADERS:
	case FRAME_PUSH_PROMISE:
		take_headers(dissection, side, frame, payload);
		break;
	case FRAME_CONTINUATION:
		if (reading->block_stream && reading->block_stream == frame->stream)
			take_block(dissection, side, payload, frame->flags);
		else
			give_up(dissection, side, "invalid_frame_data");
		break;
	case FRAME_SETTINGS:
		if (!(frame->flags & FLAG_ACK))
			take_settings(dissection, side, payload);
		break;
	case FRAME_RST_STREAM:
		if (*(place = find(state, frame->stream)))
			emit(dissection, place);
		break;
	default:
		break;
	}
}

static struct frame_head read_head(struct cursor *from)
{
	struct frame_head frame = { .length = cursor_u24(from), .type = cursor_u8(from), .flags = cursor_u8(from) };
	frame.stream = cursor_u32(from) & 0x7fffffffu;
	return frame;
}

/* A DATA frame that is larger than what waits is handed on as it comes; its padding, if it has any, with it. */
static void begin_data(struct reading *reading, const struct frame_head *frame)
{
	reading->data_left = frame->length;
	reading->data_stream = frame->stream;
	reading->data_ends = frame->flags & FLAG_END_STREAM;
}

static size_t go_on_with_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct reading *reading = &((struct http2_state *)dissection->state)->sides[side];
	size_t some = reading->data_left < size ? (size_t)reading->data_left : size;
	data_bytes(dissection, side, reading->data_stream, (struct text){ (const char *)bytes, some });
	reading->data_left -= some;
	if (!reading->data_left && reading->data_ends)
		end_side(dissection, side, reading->data_stream);
	return some;
}

/* One step; returns how many bytes it took, 0 when it needs more (*wanted in all, when that is known). */
static size_t take_some(
    struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size, size_t *wanted)
{
	struct reading *reading = &((struct http2_state *)dissection->state)->sides[side];
	struct cursor from = cursor_of(bytes, size);
	if (reading->lost)
		return size;
	if (reading->data_left)
		return go_on_with_data(dissection, side, bytes, size);
	if (!reading->preface && side == SIDE_CLIENT) {
		if (size < PREFACE && memcmp(bytes, preface, size) == 0)
			return 0;
		reading->preface = true;
		if (size >= PREFACE && memcmp(bytes, preface, PREFACE) == 0)
			return PREFACE;
	}
	struct frame_head frame = read_head(&from);
	if (from.failed)
		return 0;
	if (frame.length > HTTP2_FRAME_LARGEST) {
		if (frame.type == FRAME_DATA)
			begin_data(reading, &frame);
		else
			give_up(dissection, side, "frame_too_long");
		return HEAD;
	}
	struct cursor payload = cursor_part(&from, frame.length);
	if (from.failed) {
		*wanted = HEAD + frame.length;
		return 0;
	}
	take_frame(dissection, side, &frame, payload);
	return HEAD + frame.length;
}

static uint64_t take(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	size_t done = 0, some = 1, wanted = 0;
	while (done < size && some)
		done += some = take_some(dissection, side, bytes + done, size - done, &wanted);
	if (wanted && !done)
		dissection_want(dissection, side, wanted);
	return done;
}

/* A hole within DATA is one of its body; any other may have changed the state of the compression. */
static bool gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct http2_state *state = dissection->state;
	struct reading *reading = &state->sides[side];
	if (missing > reading->data_left)
		return false;
	struct exchange *exchange = *find(state, reading->data_stream);
	if (exchange)
		exchange->parts[side].body.gaps = true;
	reading->data_left -= missing;
	if (!reading->data_left && reading->data_ends)
		end_side(dissection, side, reading->data_stream);
	return true;
}

static void start(struct dissection *dissection)
{
	struct http2_state *state = dissection->state;
	for (unsigned i = 0; i < 2; i++)
		if (nghttp2_hd_inflate_new(&state->sides[i].inflater) != 0)
			state->sides[i].lost = true;
}

static void stop(struct dissection *dissection)
{
	struct http2_state *state = dissection->state;
	while (state->first)
		emit(dissection, &state->first);
	for (unsigned i = 0; i < 2; i++)
		if (state->sides[i].inflater)
			nghttp2_hd_inflate_del(state->sides[i].inflater);
}

/* The client's preface; the server begins with SETTINGS (RFC 9113, 3.4). */
static enum likeness recognise(enum side side, const uint8_t *bytes, size_t size)
{
	size_t some = size < PREFACE ? size : PREFACE;
	struct cursor from = cursor_of(bytes, size);
	if (some && memcmp(bytes, preface, some) == 0)
		return size >= PREFACE ? LIKENESS_SURE : LIKENESS_MAYBE;
	if (side == SIDE_CLIENT)
		return LIKENESS_NONE;
	static const uint8_t settings[] = { 0, 0, 0, FRAME_SETTINGS, 0, 0, 0, 0, 0 };
	for (size_t i = 0; i < size && i < HEAD; i++)
		if (i != 2 && bytes[i] != settings[i])
			return LIKENESS_NONE;
	struct frame_head frame = read_head(&from);
	if (from.failed)
		return LIKENESS_MAYBE;
	return frame.length % 6 == 0 ? LIKENESS_SURE : LIKENESS_NONE;
}

const struct dissector dissector_http2 = {
	.name = "http2",
	.protocol = PROTOCOL_HTTP2,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct http2_state),
	.most_kept = HTTP2_FRAME_LARGEST + HEAD,
	.recognise = recognise,
	.start = start,
	.data = take,
	.gap = gap,
	.stop = stop,
	.fields = http_fields,
};
