/*
 * TLS over datagrams (RFC 6347, RFC 9147): records with an epoch and a number, handshake messages in fragments that may
 * arrive in any order. Each side's message is put together one at a time, as senders wait for each flight.
 */
#include "net/assembly.h"
#include "net/tls_keep.h"
#include "net/tls_record.h"

#define FRAGMENT_HEADER 12 /* type, length, number, fragment's offset and length (RFC 6347 4.2.2) */

enum { OLD_VERSION = 0x0100 /* of OpenSSL before 0.9.8f */ };

struct dtls_record {
	uint8_t type;
	uint16_t version, epoch;
	struct cursor payload;
};

struct dtls_side {
	struct assembly message;
	uint32_t length; /* of the message's body */
	uint16_t number;
	uint8_t type; /* 0 = none is waited for */
};

struct dtls_state {
	struct tls_keep keep;
	struct dtls_side sides[2];
};

/* RFC 6347 4.1. */
static bool read_record(struct cursor *from, struct dtls_record *record)
{
	record->type = cursor_u8(from);
	record->version = cursor_u16(from);
	record->epoch = cursor_u16(from);
	cursor_skip(from, 6);
	record->payload = cursor_part16(from);
	return !from->failed;
}

static bool is_plausible(const struct dtls_record *record)
{
	return record->type >= TLS_RECORD_CHANGE_CIPHER_SPEC && record->type <= TLS_RECORD_HEARTBEAT &&
	       (record->version == DTLS_1_0 || record->version == DTLS_1_2 || record->version == OLD_VERSION);
}

static void side_free(struct dtls_side *side)
{
	assembly_free(&side->message);
	side->type = 0;
}

/* One fragment, which is most often the whole message. */
static void read_fragment(
    struct dissection *dissection, struct dtls_state *state, enum side which, struct cursor *payload)
{
	unsigned type = cursor_u8(payload);
	uint32_t length = cursor_u24(payload);
	uint16_t number = cursor_u16(payload);
	uint32_t offset = cursor_u24(payload);
	struct cursor part = cursor_part24(payload);
	if (payload->failed || offset + part.left > length) {
		dissection_anomaly(dissection, which, "invalid_handshake_message");
		payload->left = 0;
		return;
	}
	if (!tls_keep_wants(type))
		return;
	if (part.left == length) {
		tls_keep_message(dissection, &state->keep, which, type, part);
		return;
	}
	struct dtls_side *side = &state->sides[which];
	if (side->type != type || side->number != number || side->length != length) {
		side_free(side);
		*side = (struct dtls_side){ .type = (uint8_t)type, .number = number, .length = length };
	}
	if (!assembly_add(&side->message, offset, cursor_rest(&part), TLS_CERTIFICATE_LARGEST))
		dissection_anomaly(dissection, which, "handshake_message_too_long");
	if (assembly_ready(&side->message) == length) {
		tls_keep_message(dissection, &state->keep, which, type, cursor_of(side->message.bytes, length));
		side_free(side);
	}
}

static void read_payload(
    struct dissection *dissection, struct dtls_state *state, enum side side, struct dtls_record *record)
{
	enum { FATAL = 2 };
	switch (record->type) {
	case TLS_RECORD_HANDSHAKE:
		while (record->payload.left > 0)
			read_fragment(dissection, state, side, &record->payload);
		break;
	case TLS_RECORD_CHANGE_CIPHER_SPEC:
		tls_keep_encrypted(dissection, &state->keep, side);
		break;
	case TLS_RECORD_ALERT:
		if (cursor_u8(&record->payload) == FATAL)
			tls_keep_emit(dissection, &state->keep);
		break;
	default:
		break;
	}
}

static uint64_t dtls_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct dtls_state *state = dissection->state;
	struct cursor from = cursor_of(bytes, size);
	struct dtls_record record;
	while (from.left > 0 && !state->keep.emitted && read_record(&from, &record) && is_plausible(&record)) {
		if (record.epoch > 0) /* what the new keys protect: a lost or late switch shows here */
			tls_keep_encrypted(dissection, &state->keep, side);
		else
			read_payload(dissection, state, side, &record);
	}
	return size;
}

/* The first record must be whole, and a handshake that begins must look like one. */
static enum likeness dtls_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	struct dtls_record record;
	if (!read_record(&from, &record) || !is_plausible(&record) || record.payload.left == 0)
		return LIKENESS_NONE;
	if (record.type != TLS_RECORD_HANDSHAKE || record.epoch > 0)
		return record.version == OLD_VERSION ? LIKENESS_NONE : LIKENESS_SURE;
	unsigned type = cursor_u8(&record.payload);
	uint32_t length = cursor_u24(&record.payload);
	cursor_skip(&record.payload, 2);
	uint32_t offset = cursor_u24(&record.payload);
	struct cursor part = cursor_part24(&record.payload);
	bool good = !record.payload.failed && offset + part.left <= length && type <= 24 &&
		    type != (side == SIDE_CLIENT ? TLS_SERVER_HELLO : TLS_CLIENT_HELLO);
	return good ? LIKENESS_SURE : LIKENESS_NONE;
}

static void dtls_start(struct dissection *dissection)
{
	struct dtls_state *state = dissection->state;
	state->keep.datagram = true;
}

static void dtls_stop(struct dissection *dissection)
{
	struct dtls_state *state = dissection->state;
	tls_keep_emit(dissection, &state->keep);
	tls_keep_free(&state->keep);
	side_free(&state->sides[0]);
	side_free(&state->sides[1]);
}

const struct dissector dissector_dtls = {
	.name = "tls",
	.protocol = PROTOCOL_TLS,
	.transports = TRANSPORT_UDP,
	.state_size = sizeof(struct dtls_state),
	.recognise = dtls_recognise,
	.start = dtls_start,
	.data = dtls_data,
	.stop = dtls_stop,
	.fields = tls_fields,
};
