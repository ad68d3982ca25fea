/*
 * QUIC: packets of a datagram, frames of a packet, and the hello that they carry.
 */
#include "net/quic.h"

#include "net/assembly.h"
#include "net/quic_google.h"
#include "net/quic_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLO_LARGEST ((size_t)16 << 10) /* bytes of CRYPTO data */
#define TRIES_MOST 64                    /* Initial packets of a side that are opened */

struct quic_side {
	struct assembly stream;
	uint8_t tries;
	bool done;
};

struct quic_state {
	struct quic_side sides[2];
	struct quic_keys keys[2]; /* by enum side */
	uint32_t version;         /* that they are for; 0 = none yet */
	uint8_t connection[QUIC_CID_LARGEST];
	uint8_t connection_size;
};

/* A packet with a long header (RFC 9000 17.2). */
enum packet_type { PACKET_INITIAL, PACKET_ZERO_RTT, PACKET_HANDSHAKE, PACKET_RETRY };
struct packet {
	enum packet_type type;
	uint32_t version;
	struct text connection; /* of the destination */
	struct text bytes;      /* all of it */
	size_t number;          /* offset of the packet number */
};

char *quic_version_format(uint32_t version, char to[static QUIC_VERSION_TEXT])
{
	char letters[4] = { (char)(version >> 24), (char)(version >> 16), (char)(version >> 8), (char)version };
	bool named = isalpha((unsigned char)letters[0]) && isdigit((unsigned char)letters[1]) &&
		     isdigit((unsigned char)letters[2]) && isdigit((unsigned char)letters[3]);
	if (named)
		snprintf(to, QUIC_VERSION_TEXT, "%.4s", letters);
	else
		snprintf(to, QUIC_VERSION_TEXT, "%x", (unsigned)version);
	return to;
}

/* RFC 9000 16: the two highest bits say how many bytes. */
static uint64_t read_varint(struct cursor *from)
{
	uint8_t first = cursor_u8(from);
	uint64_t value = first & 0x3f;
	for (unsigned left = (1u << (first >> 6)) - 1; left > 0; left--)
		value = value << 8 | cursor_u8(from);
	return value;
}

static struct cursor read_part(struct cursor *from)
{
	uint64_t size = read_varint(from);
	if (size > from->left)
		from->failed = true;
	return cursor_part(from, (size_t)size);
}

/* ── facts ─ */

static void set_name(struct quic_hello *fact, struct text name)
{
	if (text_ends(name, TEXT(".")))
		name.size--;
	fact->server_name = name;
}

/* The handshake message that a side's stream begins with. */
static void emit(struct dissection *dissection, enum side side, uint32_t version, struct text message)
{
	struct quic_hello fact = { .version = version };
	struct builder text = { 0 };
	struct cursor from = cursor_of_text(message);
	cursor_skip(&from, 4);
	bool good;
	if (text_starts(message, TEXT("CHLO"))) {
		good = google_hello_read(message, &fact, &text);
		set_name(&fact, fact.server_name);
		fact.cyu = (struct text){ text.at, text.size };
		ja3_hash(fact.cyu, fact.cyu_hash);
	} else if (side == SIDE_CLIENT) {
		good = tls_client_hello_read(&fact.tls, from, false);
		set_name(&fact, fact.tls.server_name);
		ja3_string(&fact.tls, &text);
		ja4_format(&fact.tls, JA4_QUIC, fact.ja4);
	} else {
		good = tls_server_hello_read(&fact.tls, from);
		ja3s_string(&fact.tls, &text);
	}
	if (!good)
		dissection_anomaly(dissection, side, "error_on_data");
	if (fact.cyu.size == 0 && !text.failed) {
		fact.ja3 = (struct text){ text.at, text.size };
		ja3_hash(fact.ja3, fact.ja3_hash);
	}
	dissection_emit(dissection, side, &fact);
	builder_free(&text);
}

/* Whether all of Google's hello is there: it does not say its length. */
static bool google_is_whole(struct text message)
{
	struct quic_hello hello = { 0 };
	struct builder ignored = { 0 };
	bool whole = google_hello_read(message, &hello, &ignored);
	builder_free(&ignored);
	return whole;
}

/* Tells of the stream's first message when it is there. */
static void try_message(struct dissection *dissection, struct quic_state *state, enum side which, uint32_t version)
{
	struct quic_side *side = &state->sides[which];
	struct text ready = { (const char *)side->stream.bytes, assembly_ready(&side->stream) };
	struct cursor from = cursor_of_text(ready);
	uint8_t type = cursor_u8(&from);
	uint32_t length = cursor_u24(&from);
	if (from.failed)
		return;
	if (text_starts(ready, TEXT("CHLO"))) {
		if (!google_is_whole(ready))
			return;
		emit(dissection, which, version, ready);
	} else if (type != (which == SIDE_CLIENT ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO)) {
		if (version != QUIC_Q050) /* whose servers answer in Google's own way */
			dissection_anomaly(dissection, which, "error_on_data");
	} else {
		if (length > from.left)
			return;
		emit(dissection, which, version, (struct text){ ready.at, 4 + (size_t)length });
	}
	assembly_free(&side->stream);
	side->done = true;
}

/* ── frames ─ */

enum frame_type {
	FRAME_PADDING = 0x00,
	FRAME_PING = 0x01,
	FRAME_ACK = 0x02,
	FRAME_ACK_ECN = 0x03,
	FRAME_CRYPTO = 0x06,
	FRAME_GOOGLE_CRYPTO = 0x08, /* of Q050 and T05x */
	FRAME_CLOSE = 0x1c,
};

/* RFC 9000 19.3. */
static void skip_ack(struct cursor *from, bool congestion)
{
	read_varint(from);
	read_varint(from);
	uint64_t ranges = read_varint(from);
	read_varint(from);
	for (; ranges > 0 && !from->failed; ranges--) {
		read_varint(from);
		read_varint(from);
	}
	for (int i = 0; congestion && i < 3; i++)
		read_varint(from);
}

static void read_frames(struct dissection *dissection, struct quic_side *side, enum side which, struct cursor from)
{
	while (from.left > 0 && !from.failed) {
		uint8_t type = cursor_u8(&from);
		switch (type) {
		case FRAME_PADDING:
		case FRAME_PING:
			break;
		case FRAME_ACK:
		case FRAME_ACK_ECN:
			skip_ack(&from, type == FRAME_ACK_ECN);
			break;
		case FRAME_CRYPTO:
		case FRAME_GOOGLE_CRYPTO: {
			uint64_t offset = read_varint(&from);
			struct cursor data = read_part(&from);
			bool added = !data.failed && offset < HELLO_LARGEST &&
				     assembly_add(&side->stream, (size_t)offset, cursor_rest(&data), HELLO_LARGEST);
			if (!added)
				dissection_anomaly(dissection, which, "crypto_frag_too_long");
			break;
		}
		default: /* a close; or what has no place in an Initial packet */
			return;
		}
	}
}

/* ── packets ─ */

static enum packet_type type_of(uint8_t first, uint32_t version)
{
	unsigned bits = first >> 4 & 3;
	return (enum packet_type)(version == QUIC_2 ? (bits + 3) % 4 : bits); /* RFC 9369 3.2 */
}

/* The packet at the beginning of `datagram`, which is cut off from it. False when it is none that can be read. */
static bool read_packet(struct cursor *datagram, struct packet *packet)
{
	struct cursor from = *datagram;
	uint8_t first = cursor_u8(&from);
	packet->version = cursor_u32(&from);
	if (from.failed || !(first & 0x80) || !quic_version_known(packet->version))
		return false;
	packet->type = type_of(first, packet->version);
	struct cursor connection = cursor_part8(&from), source = cursor_part8(&from);
	if (connection.left > QUIC_CID_LARGEST || source.left > QUIC_CID_LARGEST)
		return false;
	packet->connection = cursor_rest(&connection);
	if (packet->type == PACKET_RETRY) {
		cursor_skip(datagram, datagram->left);
		return !from.failed;
	}
	if (packet->type == PACKET_INITIAL)
		read_part(&from); /* token */
	uint64_t length = read_varint(&from);
	if (from.failed || length > from.left)
		return false;
	packet->number = datagram->left - from.left;
	packet->bytes = cursor_text(datagram, packet->number + (size_t)length);
	return true;
}

static void derive(struct quic_state *state, const struct packet *packet)
{
	quic_keys_derive(packet->version, packet->connection, state->keys);
	state->version = packet->version;
	memcpy(state->connection, packet->connection.size ? packet->connection.at : "", packet->connection.size);
	state->connection_size = (uint8_t)packet->connection.size;
}

static bool is_other_connection(const struct quic_state *state, const struct packet *packet)
{
	return state->version != packet->version ||
	       !text_equal(
		   packet->connection, (struct text){ (const char *)state->connection, state->connection_size });
}

/* The keys come of the client's first connection id, or of the one that a Retry gave it: whichever fits. */
static size_t open_packet(struct quic_state *state, enum side side, const struct packet *packet, uint8_t *to)
{
	if (state->version == 0)
		return 0;
	size_t size = quic_open(&state->keys[side], packet->bytes, packet->number, to);
	if (size > 0 || side == SIDE_SERVER || !is_other_connection(state, packet))
		return size;
	struct quic_state before = *state;
	derive(state, packet);
	size = quic_open(&state->keys[side], packet->bytes, packet->number, to);
	if (size == 0)
		*state = before;
	return size;
}

static void take_initial(
    struct dissection *dissection, struct quic_state *state, enum side which, const struct packet *packet)
{
	struct quic_side *side = &state->sides[which];
	if (which == SIDE_CLIENT && state->version == 0)
		derive(state, packet);
	if (side->done || side->tries >= TRIES_MOST)
		return;
	side->tries++;
	uint8_t *payload = malloc(packet->bytes.size);
	if (!payload)
		return;
	size_t size = open_packet(state, which, packet, payload);
	if (size > 0) {
		read_frames(dissection, side, which, cursor_of(payload, size));
		try_message(dissection, state, which, packet->version);
	} else if (state->version != 0) {
		dissection_anomaly(dissection, which, "failed_decrypt");
	}
	free(payload);
}

/* ── the dissector ─ */

static void take_google(
    struct dissection *dissection, struct quic_side *side, enum side which, struct cursor datagram, uint32_t version)
{
	struct text stream = google_stream(datagram);
	if (side->done || !text_starts(stream, TEXT("CHLO")))
		return;
	emit(dissection, which, version, stream);
	side->done = true;
}

static uint64_t quic_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct quic_state *state = dissection->state;
	struct cursor datagram = cursor_of(bytes, size);
	struct packet packet;
	uint32_t version;
	if (state->sides[0].done && state->sides[1].done)
		return size;
	if (google_version_read(datagram, &version)) {
		take_google(dissection, &state->sides[side], side, datagram, version);
		return size;
	}
	while (datagram.left > 0 && read_packet(&datagram, &packet)) {
		if (packet.type == PACKET_INITIAL)
			take_initial(dissection, state, side, &packet);
		else if (packet.type == PACKET_RETRY)
			state->version = 0; /* the keys come of the next connection id that the client uses */
	}
	return size;
}

static enum likeness quic_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor datagram = cursor_of(bytes, size);
	struct packet packet;
	uint32_t version;
	(void)side;
	if (google_version_read(datagram, &version))
		return LIKENESS_SURE;
	return size > 0 && bytes[0] & 0x40 && read_packet(&datagram, &packet) ? LIKENESS_SURE : LIKENESS_NONE;
}

static void quic_stop(struct dissection *dissection)
{
	struct quic_state *state = dissection->state;
	assembly_free(&state->sides[0].stream);
	assembly_free(&state->sides[1].stream);
}

static void quic_fields(const void *facts, field_visitor visit, void *context)
{
	const struct quic_hello *fact = facts;
	bool server = fact->ja4[0] == '\0';
	if (fact->server_name.size > 0)
		visit(context, FIELD_TLS_SNI, fact->server_name);
	if (fact->ja3_hash[0])
		visit(context, server ? FIELD_TLS_JA3S : FIELD_TLS_JA3, text_of(fact->ja3_hash));
	if (fact->ja4[0])
		visit(context, FIELD_TLS_JA4, text_of(fact->ja4));
	if (fact->user_agent.size > 0)
		visit(context, FIELD_HTTP_USER_AGENT, fact->user_agent);
}

const struct dissector dissector_quic = {
	.name = "quic",
	.protocol = PROTOCOL_QUIC,
	.transports = TRANSPORT_UDP,
	.state_size = sizeof(struct quic_state),
	.recognise = quic_recognise,
	.data = quic_data,
	.stop = quic_stop,
	.fields = quic_fields,
};
