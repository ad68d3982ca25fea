/*
 * RDP: connection requests, their answers, and the client's settings (rdp.h).
 */
#include "net/rdp.h"

#include "net/tpkt.h"
#include "net/utf16.h"

#include <string.h>

struct rdp_state {
	uint64_t count;
	bool done[2];
};

enum { NEGOTIATION_REQUEST = 1, NEGOTIATION_RESPONSE = 2, NEGOTIATION_FAILURE = 3, NEGOTIATION_SIZE = 8 };

/* ── X.224 ─ */

/* "Cookie: mstshash=NAME" CR LF, or a routing token of a load balancer in its place. */
static void read_cookie(struct cursor *variable, struct text *cookie)
{
	struct text rest = { (const char *)variable->at, variable->left };
	ptrdiff_t end = text_find(rest, TEXT("\r\n"));
	if (end < 0)
		return;
	struct text line = cursor_text(variable, (size_t)end);
	cursor_skip(variable, 2);
	if (text_starts(line, TEXT("Cookie: mstshash=")))
		*cookie = (struct text){ line.at + 17, line.size - 17 };
}

/* Type, flags, length, and a number (2.2.1.1.1, 2.2.1.2.1, 2.2.1.2.2). */
static bool read_negotiation(struct cursor from, uint8_t *type, uint32_t *number)
{
	*type = cursor_u8(&from);
	cursor_skip(&from, 1);
	uint16_t size = cursor_le16(&from);
	*number = cursor_le32(&from);
	return !from.failed && size == NEGOTIATION_SIZE;
}

static void tell(struct dissection *dissection, enum side side, struct rdp_message *message)
{
	struct rdp_state *state = dissection->state;
	message->tx_id = state->count++;
	dissection_emit(dissection, side, message);
}

static void take_request(struct dissection *dissection, enum side side, struct cursor variable)
{
	struct rdp_message message = { .kind = RDP_REQUEST };
	uint8_t type;
	uint32_t number;
	read_cookie(&variable, &message.cookie);
	if (read_negotiation(variable, &type, &number) && type == NEGOTIATION_REQUEST)
		message.protocols = number;
	tell(dissection, side, &message);
}

/* A server that says nothing of protocols knows RDP's own security only. */
static void take_confirm(struct dissection *dissection, enum side side, struct cursor variable)
{
	struct rdp_message message = { .kind = RDP_RESPONSE };
	uint8_t type;
	uint32_t number;
	if (read_negotiation(variable, &type, &number)) {
		if (type == NEGOTIATION_RESPONSE)
			message.protocols = number;
		else if (type == NEGOTIATION_FAILURE)
			message = (struct rdp_message){ .kind = RDP_REFUSAL, .refusal = number };
	}
	tell(dissection, side, &message);
	if (message.protocols != 0)
		dissection_become(dissection, dissector_of(PROTOCOL_TLS));
}

/* ── the client's settings ─ */

enum block { BLOCK_CORE = 0xc001, BLOCK_NETWORK = 0xc003 };

/* 32 bytes of UTF-16LE with a NUL at their end (2.2.1.3.2), as UTF-8. */
static void read_name(struct cursor *from, char to[static RDP_NAME_TEXT])
{
	struct cursor units = cursor_part(from, 32);
	struct builder name = { 0 };
	utf16_build(&name, units, true);
	struct text rest = { name.at, name.size };
	text_copy(text_cut(&rest, '\0'), to, RDP_NAME_TEXT);
	builder_free(&name);
}

static void read_core(struct rdp_message *message, struct cursor block)
{
	message->version = cursor_le32(&block);
	message->width = cursor_le16(&block);
	message->height = cursor_le16(&block);
	message->depth = cursor_le16(&block);
	cursor_skip(&block, 2);
	message->keyboard_layout = cursor_le32(&block);
	message->build = cursor_le32(&block);
	read_name(&block, message->name);
	message->keyboard_type = cursor_le32(&block);
	cursor_skip(&block, 4);
	message->function_keys = cursor_le32(&block);
}

/* The MCS Connect-Initial holds, in BER and then in PER, a conference request of which the last octet string is marked
 * by the letters "Duca": behind them stand a PER length and the client's blocks, each a type, a length with these four
 * bytes, and the rest (2.2.1.3.1). */
static bool read_settings(struct rdp_message *message, struct text payload)
{
	ptrdiff_t mark = text_find(payload, TEXT("Duca"));
	if (mark < 0)
		return false;
	struct cursor from = cursor_of_text(payload);
	cursor_skip(&from, (size_t)mark + 4);
	if (cursor_u8(&from) & 0x80)
		cursor_skip(&from, 1);
	while (from.left >= 4) {
		uint16_t type = cursor_le16(&from), size = cursor_le16(&from);
		if (size < 4)
			return false;
		struct cursor block = cursor_part(&from, size - 4u);
		if (type == BLOCK_CORE) {
			read_core(message, block);
		} else if (type == BLOCK_NETWORK) {
			uint32_t count = cursor_le32(&block);
			size_t most = block.left / 12;
			message->channels = cursor_part(&block, 12 * (count < most ? count : most));
		}
	}
	return message->version != 0;
}

bool rdp_channel_next(struct cursor *channels, struct text *name)
{
	if (channels->left < 12)
		return false;
	struct text all = cursor_text(channels, 8);
	cursor_skip(channels, 4); /* options */
	*name = text_cut(&all, '\0');
	return true;
}

static void take_data(struct dissection *dissection, struct rdp_state *state, enum side side, struct cursor payload)
{
	struct rdp_message message = { .kind = RDP_CLIENT };
	enum { CONNECT_INITIAL = 0x7f65 };
	struct cursor tag = payload;
	state->done[side] = true;
	if (side == SIDE_CLIENT && cursor_u16(&tag) == CONNECT_INITIAL &&
	    read_settings(&message, cursor_rest(&payload)))
		tell(dissection, side, &message);
}

/* ── the dissector ─ */

static uint64_t rdp_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct rdp_state *state = dissection->state;
	struct tpkt packet;
	if (state->done[side])
		return DISSECTION_DONE;
	enum likeness likeness = tpkt_read(cursor_of(bytes, size), &packet);
	if (likeness == LIKENESS_MAYBE) {
		dissection_want(dissection, side, packet.size);
		return 0;
	}
	if (likeness == LIKENESS_NONE) {
		dissection_anomaly(dissection, side, "malformed_data");
		state->done[side] = true;
		return DISSECTION_DONE;
	}
	if (packet.code == X224_CONNECT)
		take_request(dissection, side, packet.variable);
	else if (packet.code == X224_CONFIRM)
		take_confirm(dissection, side, packet.variable);
	else if (packet.code == X224_DATA)
		take_data(dissection, state, side, packet.payload);
	return packet.size;
}

/* A connect with a cookie, a token, or RDP's negotiation; S7 and others say the names of their ends there. */
static enum likeness rdp_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct tpkt packet;
	enum likeness likeness = tpkt_read(cursor_of(bytes, size), &packet);
	if (likeness != LIKENESS_SURE)
		return likeness;
	struct text variable = { (const char *)packet.variable.at, packet.variable.left };
	uint8_t type, wanted = side == SIDE_CLIENT ? NEGOTIATION_REQUEST : NEGOTIATION_RESPONSE;
	uint32_t number;
	if (packet.code != (side == SIDE_CLIENT ? X224_CONNECT : X224_CONFIRM))
		return LIKENESS_NONE;
	bool negotiates = read_negotiation(packet.variable, &type, &number) &&
			  (type == wanted || (side == SIDE_SERVER && type == NEGOTIATION_FAILURE));
	bool named = side == SIDE_CLIENT && text_starts(variable, TEXT("Cookie: "));
	return negotiates || named ? LIKENESS_SURE : LIKENESS_NONE;
}

static void rdp_fields(const void *facts, field_visitor visit, void *context)
{
	const struct rdp_message *message = facts;
	if (message->cookie.size > 0)
		visit(context, FIELD_RDP_COOKIE, message->cookie);
}

const struct dissector dissector_rdp = {
	.name = "rdp",
	.protocol = PROTOCOL_RDP,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct rdp_state),
	.most_kept = 65535,
	.recognise = rdp_recognise,
	.data = rdp_data,
	.fields = rdp_fields,
};
