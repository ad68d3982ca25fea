/*
 * TLS over a stream: records, and the handshake messages in them. The observer keeps what a message still waits for, so
 * that there is no buffer here: a message that lies in one record is read where it is, one that is cut over several is
 * put together for the moment of its reading.
 */
#include "net/tls.h"

#include "net/tls_keep.h"
#include "net/tls_record.h"

#include <stdlib.h>
#include <string.h>

/* A side, between calls. Bytes shown begin at a record's header when record_left is 0, else within a handshake record.
 */
struct tls_side {
	uint32_t record_left; /* bytes of the record's payload from there on */
	uint32_t skip;        /* bytes of a handshake message that does not interest */
	/* A message cut over records is shown again and again until it is whole. What was seen of it: the offset behind
	 * the last record looked at, and the payload before it. 0 = nothing. */
	size_t walked;
	uint32_t gathered;
};

struct tls_state {
	struct tls_keep keep;
	struct tls_side sides[2];
	bool began[2];
};

static uint64_t give_up(struct dissection *dissection, struct tls_state *state, enum side side, const char *event)
{
	dissection_anomaly(dissection, side, event);
	state->keep.encrypted[side] = true;
	return DISSECTION_DONE;
}

/* ── messages ─ */

/* Payload from `bytes` on, over the borders of records: `size` bytes of it, which are known to be there. */
static void gather(const struct tls_side *side, const uint8_t *bytes, size_t size, uint8_t *to, size_t wanted)
{
	struct cursor from = cursor_of(bytes, size);
	size_t left = side->record_left;
	while (wanted > 0 && !from.failed) {
		size_t part = left < wanted ? left : wanted;
		struct text text = cursor_text(&from, part);
		if (text.size > 0)
			memcpy(to, text.at, text.size);
		to += text.size;
		wanted -= part;
		cursor_skip(&from, 3);
		left = cursor_u16(&from);
	}
}

/* Walks records until `wanted` bytes of payload are there. Returns the offset behind them; 0 = not yet. *broken when
 * another record stands between. */
static size_t reach(struct tls_side *side, const uint8_t *bytes, size_t size, size_t wanted, bool *broken)
{
	if (side->walked == 0) {
		side->walked = side->record_left;
		side->gathered = side->record_left;
	}
	while (side->gathered < wanted) {
		struct cursor from = cursor_of(bytes, size);
		struct tls_record record;
		cursor_skip(&from, side->walked);
		if (!tls_record_read(&from, &record))
			return 0;
		if (record.type != TLS_RECORD_HANDSHAKE || !tls_record_plausible(&record)) {
			*broken = true;
			return 0;
		}
		side->walked += TLS_RECORD_HEADER + record.length;
		side->gathered += record.length;
	}
	size_t end = side->walked - (side->gathered - wanted);
	return end <= size ? end : 0;
}

/* A handshake message that begins at `bytes`, or cannot be told yet. */
static uint64_t read_message(
    struct dissection *dissection, struct tls_state *state, enum side which, const uint8_t *bytes, size_t size)
{
	struct tls_side *side = &state->sides[which];
	uint8_t header[4];
	bool broken = false;
	size_t end = reach(side, bytes, size, sizeof header, &broken);
	if (broken)
		return give_up(dissection, state, which, "invalid_handshake_message");
	if (end == 0)
		return 0;
	gather(side, bytes, size, header, sizeof header);
	struct cursor from = cursor_of(header, sizeof header);
	unsigned type = cursor_u8(&from);
	size_t wanted = sizeof header + cursor_u24(&from);
	if (!tls_keep_wants(type) || wanted > TLS_CERTIFICATE_LARGEST) {
		if (tls_keep_wants(type))
			dissection_anomaly(dissection, which, "handshake_message_too_long");
		side->skip = (uint32_t)wanted;
		side->walked = 0;
		return 0;
	}
	end = reach(side, bytes, size, wanted, &broken);
	if (broken)
		return give_up(dissection, state, which, "invalid_handshake_message");
	if (end == 0) {
		bool walked = side->gathered >= wanted;
		dissection_want(dissection, which,
		    walked ? side->walked - (side->gathered - wanted) : (size_t)side->walked + TLS_RECORD_HEADER);
		return 0;
	}
	uint32_t left = side->gathered - (uint32_t)wanted;
	uint8_t *message = NULL;
	if (wanted > side->record_left) {
		if (!(message = malloc(wanted)))
			return DISSECTION_DONE;
		gather(side, bytes, size, message, wanted);
	}
	side->record_left = left;
	side->walked = 0;
	from = cursor_of(message ? message : bytes, wanted);
	cursor_skip(&from, sizeof header);
	tls_keep_message(dissection, &state->keep, which, type, from);
	free(message);
	return end;
}

/* ── records ─ */

/* RFC 8446 6: level and description. A fatal one ends the handshake. */
static void read_alert(struct dissection *dissection, struct tls_state *state, struct cursor payload)
{
	enum { FATAL = 2 };
	if (cursor_u8(&payload) == FATAL)
		tls_keep_emit(dissection, &state->keep);
}

/* RFC 6520 4: type, length of the payload, payload, 16 bytes of padding. One that asks for more than it sends is what
 * became known as Heartbleed. */
static void read_heartbeat(struct dissection *dissection, enum side side, struct cursor payload, size_t length)
{
	cursor_skip(&payload, 1);
	size_t claimed = cursor_u16(&payload);
	if (payload.failed || claimed + 3 > length)
		dissection_anomaly(dissection, side, "overflow_heartbeat_message");
}

static uint64_t read_record(
    struct dissection *dissection, struct tls_state *state, enum side which, const uint8_t *bytes, size_t size)
{
	struct tls_side *side = &state->sides[which];
	struct cursor from = cursor_of(bytes, size);
	struct tls_record record;
	if (!tls_record_read(&from, &record))
		return 0;
	if (!tls_record_plausible(&record))
		return give_up(dissection, state, which,
		    record.length > TLS_RECORD_LARGEST ? "invalid_record_length"
		    : record.version >> 8 == 3         ? "invalid_record_type"
						       : "invalid_record_version");
	switch (record.type) {
	case TLS_RECORD_HANDSHAKE:
		side->record_left = record.length;
		return TLS_RECORD_HEADER;
	case TLS_RECORD_CHANGE_CIPHER_SPEC:
		if (!state->keep.retried) /* TLS 1.3 sends one for show before the second hello (RFC 8446 D.4) */
			tls_keep_encrypted(dissection, &state->keep, which);
		break;
	case TLS_RECORD_ALERT:
		if (from.left < record.length && from.left < 2)
			return 0;
		read_alert(dissection, state, from);
		break;
	case TLS_RECORD_HEARTBEAT:
		if (from.left < record.length && from.left < 3)
			return 0;
		read_heartbeat(dissection, which, from, record.length);
		break;
	default:
		tls_keep_encrypted(dissection, &state->keep, which);
	}
	return TLS_RECORD_HEADER + (uint64_t)record.length;
}

/* ── SSL 2 ─ */

/* A record of SSL 2 with a hello: a 15-bit length, a type, and the rest (draft-hickman-netscape-ssl-00 5.1, 5.5). */
static uint64_t read_ssl2(struct dissection *dissection, struct tls_state *state, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	size_t length = cursor_u16(&from) & 0x7fff;
	struct cursor body = cursor_part(&from, length);
	if (from.failed)
		return 0;
	unsigned type = cursor_u8(&body);
	if (type == SSL2_CLIENT_HELLO) {
		tls_keep_ssl2(dissection, &state->keep, body);
		return 2 + length;
	}
	/* The server stays with SSL 2: nothing of what follows is read. */
	state->keep.version = TLS_SSL2;
	tls_keep_emit(dissection, &state->keep);
	return DISSECTION_DONE;
}

/* ── the dissector ─ */

static uint64_t tls_data(struct dissection *dissection, enum side which, const uint8_t *bytes, size_t size)
{
	struct tls_state *state = dissection->state;
	struct tls_side *side = &state->sides[which];
	if (state->keep.emitted || state->keep.encrypted[which])
		return DISSECTION_DONE;
	if (!state->began[which]) {
		if (size < 3)
			return 0;
		if (tls_is_ssl2(bytes, size)) {
			uint64_t done = read_ssl2(dissection, state, bytes, size);
			state->began[which] = done > 0;
			return done;
		}
		state->began[which] = true;
	}
	if (side->record_left == 0)
		return read_record(dissection, state, which, bytes, size);
	if (side->skip == 0) {
		uint64_t done = read_message(dissection, state, which, bytes, size);
		if (done > 0 || side->skip == 0)
			return done;
	}
	uint32_t part = side->skip < side->record_left ? side->skip : side->record_left;
	side->skip -= part;
	side->record_left -= part;
	return part;
}

/* What is encrypted may be missing. */
static bool tls_gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct tls_state *state = dissection->state;
	(void)missing;
	return state->keep.emitted || state->keep.encrypted[side];
}

static void tls_stop(struct dissection *dissection)
{
	struct tls_state *state = dissection->state;
	tls_keep_emit(dissection, &state->keep);
	tls_keep_free(&state->keep);
}

const struct dissector dissector_tls = {
	.name = "tls",
	.protocol = PROTOCOL_TLS,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct tls_state),
	.most_kept = 2 * TLS_CERTIFICATE_LARGEST,
	.recognise = tls_recognise,
	.data = tls_data,
	.gap = tls_gap,
	.stop = tls_stop,
	.fields = tls_fields,
};
