/*
 * Decoding what carries packets inside IP; see packet.h. Tunnels over UDP are believed when both the port and the
 * content say so: anybody may use a port. Sources: RFC 2003, 4213, 2784, 2890, 2637, 7348, 8926, 4380, 3GPP TS 29.281.
 */
#include "net/packet_inner.h"

enum { PORT_VXLAN = 4789, PORT_GENEVE = 6081, PORT_TEREDO = 3544, PORT_GTP = 2152 };

/* Goes into what a tunnel carries. When that is no packet, everything is as before: the carrier is the packet. */
static enum packet_kind enter(struct decode *decode, enum layer layer, enum packet_kind (*next)(struct decode *decode))
{
	struct packet outer = *decode->packet;
	struct decode before = *decode;

	if (decode->depth >= DEEPEST || outer.damaged)
		return PACKET_NOT_IP;
	packet_layer(decode->packet, layer);
	decode->packet->tunnel++;
	enum packet_kind kind = next(decode);
	if (kind == PACKET_WHOLE || kind == PACKET_FRAGMENT)
		return kind;
	*decode->packet = outer;
	*decode = before;
	return PACKET_NOT_IP;
}

static enum packet_kind carrier(struct decode *decode)
{
	decode->packet->at = decode->at.at;
	decode->packet->size = (uint32_t)decode->at.left;
	decode->packet->not_captured = decode->not_captured;
	return PACKET_WHOLE;
}

enum packet_kind decode_ip_in_ip(struct decode *decode, uint8_t protocol)
{
	bool outer6 = decode->packet->ip_version == 6, inner6 = protocol == 41;
	static const enum layer layers[2][2] = { { LAYER_IPV4_IN_IPV4, LAYER_IPV6_IN_IPV4 },
		{ LAYER_IPV4_IN_IPV6, LAYER_IPV6_IN_IPV6 } };
	static const char *const wrong[2][2] = { { "decoder.ipv4.unknown_protocol", "decoder.ipv4.unknown_protocol" },
		{ "decoder.ipv6.ipv4_in_ipv6_wrong_version", "decoder.ipv6.ipv6_in_ipv6_wrong_version" } };
	enum packet_kind kind = enter(decode, layers[outer6][inner6], decode_ip);

	if (kind != PACKET_NOT_IP)
		return kind;
	packet_event(decode->packet, wrong[outer6][inner6]);
	return carrier(decode);
}

/* ── GRE ─ */

static enum packet_kind decode_gre_inside(struct decode *decode)
{
	uint16_t flags = cursor_u16(&decode->at), type = cursor_u16(&decode->at);
	unsigned version = flags & 7;
	size_t more = 0;

	if (version == 0)
		more = (flags & 0xc000 ? 4u : 0u) + (flags & 0x2000 ? 4u : 0u) + (flags & 0x1000 ? 4u : 0u);
	else
		more = 4u + (flags & 0x1000 ? 4u : 0u) + (flags & 0x0080 ? 4u : 0u);
	cursor_skip(&decode->at, more);
	bool old_erspan = version == 0 && type == 0x88be && !(flags & 0x1000); /* type I has no header of its own */
	if (decode->at.failed || version > 1 || (version == 0 && flags & 0x4000))
		return PACKET_MALFORMED;
	return old_erspan ? decode_ethernet(decode) : decode_ethertype(decode, type);
}

enum packet_kind decode_gre(struct decode *decode)
{
	enum packet_kind kind = enter(decode, LAYER_GRE, decode_gre_inside);

	if (kind != PACKET_NOT_IP)
		return kind;
	if (decode->at.left < 4 && !decode->not_captured)
		packet_event(decode->packet, "decoder.gre.pkt_too_small");
	return carrier(decode);
}

/* ── over UDP ─ */

static enum packet_kind decode_vxlan(struct decode *decode)
{
	uint8_t flags = cursor_u8(&decode->at);

	cursor_skip(&decode->at, 7);
	if (decode->at.failed || !(flags & 8))
		return PACKET_NOT_IP;
	return decode_ethernet(decode);
}

static enum packet_kind decode_geneve(struct decode *decode)
{
	uint8_t first = cursor_u8(&decode->at);
	cursor_skip(&decode->at, 1);
	uint16_t type = cursor_u16(&decode->at);

	cursor_skip(&decode->at, 4 + (first & 0x3fu) * 4);
	if (decode->at.failed || first >> 6 != 0)
		return PACKET_NOT_IP;
	return decode_ethertype(decode, type);
}

/* IPv6, behind an authentication or an origin indication when they are there. */
static enum packet_kind decode_teredo(struct decode *decode)
{
	struct cursor at = decode->at;
	uint16_t indication = cursor_u16(&at);

	if (indication == 0x0001) {
		size_t client = cursor_u8(&at), authentication = cursor_u8(&at);
		cursor_skip(&at, client + authentication + 9);
		decode->at = at;
		indication = cursor_u16(&at);
	}
	if (indication == 0x0000)
		cursor_skip(&decode->at, 8);
	if (decode->at.failed || decode->at.left == 0 || decode->at.at[0] >> 4 != 6)
		return PACKET_NOT_IP;
	return decode_ip(decode);
}

/* Version 1, a user's packet (message type 255); extension headers name the next one in their last byte. */
static enum packet_kind decode_gtp(struct decode *decode)
{
	uint8_t flags = cursor_u8(&decode->at), message = cursor_u8(&decode->at);
	cursor_skip(&decode->at, 6);

	if (decode->at.failed || flags >> 5 != 1 || !(flags & 0x10) || message != 255)
		return PACKET_NOT_IP;
	if (flags & 7) {
		cursor_skip(&decode->at, 3);
		uint8_t next = cursor_u8(&decode->at);
		while (flags & 4 && next && !decode->at.failed) {
			size_t size = (size_t)cursor_u8(&decode->at) * 4;
			if (size < 4)
				return PACKET_NOT_IP;
			cursor_skip(&decode->at, size - 2);
			next = cursor_u8(&decode->at);
		}
	}
	return decode->at.failed ? PACKET_NOT_IP : decode_ip(decode);
}

enum packet_kind decode_udp_tunnel(struct decode *decode)
{
	const uint16_t *ports = decode->packet->ports;

	if (ports[1] == PORT_VXLAN)
		return enter(decode, LAYER_VXLAN, decode_vxlan);
	if (ports[1] == PORT_GENEVE)
		return enter(decode, LAYER_GENEVE, decode_geneve);
	if (ports[1] == PORT_TEREDO || ports[0] == PORT_TEREDO)
		return enter(decode, LAYER_TEREDO, decode_teredo);
	if (ports[1] == PORT_GTP || ports[0] == PORT_GTP)
		return enter(decode, LAYER_GTP, decode_gtp);
	return PACKET_NOT_IP;
}
