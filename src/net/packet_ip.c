/*
 * Decoding IP and its transports; see packet.h. Sources: RFC 791, 8200, 768, 9293, 792, 4443, 9260.
 */
#include "net/packet_inner.h"

#include <string.h>

enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_ESP = 50,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_NONE = 59,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_SCTP = 132,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_UDP_LITE = 136,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140
};

/* ── transports ─ */

/* What is left is the payload. */
static enum packet_kind take_payload(struct decode *decode)
{
	struct packet *packet = decode->packet;

	packet->at = decode->at.at;
	packet->size = (uint32_t)decode->at.left;
	packet->not_captured = decode->not_captured;
	return PACKET_WHOLE;
}

/* A header that is not there: cut off by the capture, or never sent. */
static enum packet_kind too_small(struct decode *decode, const char *event)
{
	return decode->not_captured ? PACKET_MALFORMED : decode_malformed(decode, event);
}

static enum packet_kind decode_tcp(struct decode *decode)
{
	struct packet *packet = decode->packet;
	struct cursor header = cursor_part(&decode->at, 20);

	packet_layer(packet, LAYER_TCP);
	if (header.failed)
		return too_small(decode, "decoder.tcp.pkt_too_small");
	packet->ports[0] = cursor_u16(&header);
	packet->ports[1] = cursor_u16(&header);
	packet->sequence = cursor_u32(&header);
	packet->acknowledgement = cursor_u32(&header);
	size_t size = (size_t)(cursor_u8(&header) >> 4) * 4;
	packet->tcp_flags = cursor_u8(&header);
	if (size < 20 || (size - 20 > decode->at.left && !decode->not_captured)) {
		packet_event(packet, "decoder.tcp.hlen_too_small");
		packet->damaged = true;
	} else if (size - 20 > decode->at.left) {
		uint32_t beyond = (uint32_t)(size - 20 - decode->at.left); /* options that were not captured */
		decode->not_captured -= beyond < decode->not_captured ? beyond : decode->not_captured;
		cursor_skip(&decode->at, decode->at.left);
	} else {
		cursor_skip(&decode->at, size - 20);
	}
	return take_payload(decode);
}

static enum packet_kind decode_udp(struct decode *decode)
{
	struct packet *packet = decode->packet;
	size_t there = decode->at.left + decode->not_captured;
	struct cursor header = cursor_part(&decode->at, 8);

	packet_layer(packet, LAYER_UDP);
	if (header.failed)
		return too_small(decode, "decoder.udp.pkt_too_small");
	packet->ports[0] = cursor_u16(&header);
	packet->ports[1] = cursor_u16(&header);
	size_t size = cursor_u16(&header);
	if (size < 8 || size > there) {
		packet_event(packet, size < 8 ? "decoder.udp.hlen_too_small" : "decoder.udp.hlen_invalid");
		packet->damaged = true;
		return take_payload(decode);
	}
	if (size - 8 <= decode->at.left) {
		decode->at.left = size - 8;
		decode->not_captured = 0;
	} else {
		decode->not_captured = (uint32_t)(size - 8 - decode->at.left);
	}
	enum packet_kind inner = decode_udp_tunnel(decode);
	return inner == PACKET_NOT_IP ? take_payload(decode) : inner;
}

static enum packet_kind decode_sctp(struct decode *decode)
{
	struct packet *packet = decode->packet;
	struct cursor header = cursor_part(&decode->at, 12);

	packet_layer(packet, LAYER_SCTP);
	if (header.failed)
		return too_small(decode, "decoder.sctp.pkt_too_small");
	packet->ports[0] = cursor_u16(&header);
	packet->ports[1] = cursor_u16(&header);
	return take_payload(decode);
}

static enum packet_kind decode_icmp(struct decode *decode, bool v6)
{
	struct packet *packet = decode->packet;
	struct cursor header = cursor_part(&decode->at, 4);

	packet_layer(packet, v6 ? LAYER_ICMPV6 : LAYER_ICMP);
	if (header.failed)
		return too_small(decode, v6 ? "decoder.icmpv6.pkt_too_small" : "decoder.icmpv4.pkt_too_small");
	packet->ports[0] = cursor_u8(&header);
	packet->ports[1] = cursor_u8(&header);
	if (v6 != (packet->ip_version == 6))
		packet_event(packet, v6 ? "decoder.ipv4.icmpv6" : "decoder.ipv6.icmpv4");
	return take_payload(decode);
}

enum packet_kind decode_transport(struct decode *decode, uint8_t protocol)
{
	decode->packet->ip_protocol = protocol;
	decode->packet->ports[0] = decode->packet->ports[1] = 0;
	switch (protocol) {
	case PROTOCOL_TCP:
		return decode_tcp(decode);
	case PROTOCOL_UDP:
		return decode_udp(decode);
	case PROTOCOL_ICMP:
		return decode_icmp(decode, false);
	case PROTOCOL_ICMPV6:
		return decode_icmp(decode, true);
	case PROTOCOL_SCTP:
		return decode_sctp(decode);
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
		return decode_ip_in_ip(decode, protocol);
	case PROTOCOL_GRE:
		return decode_gre(decode);
	case PROTOCOL_ESP:
		packet_layer(decode->packet, LAYER_ESP);
		return take_payload(decode);
	default:
		return take_payload(decode);
	}
}

/* ── IP ─ */

static struct address address_v4(const uint8_t bytes[4])
{
	struct address address = { { [10] = 0xff, [11] = 0xff } };
	memcpy(address.bytes + 12, bytes, 4);
	return address;
}

/* The packet ends where its header says: what the link padded it with goes; what it lacks without the capture having
 * cut it makes it a damaged one. */
static void bound(struct decode *decode, size_t size, const char *event)
{
	if (size <= decode->at.left) {
		decode->at.left = size;
		decode->not_captured = 0;
	} else if (size - decode->at.left <= decode->not_captured) {
		decode->not_captured = (uint32_t)(size - decode->at.left);
	} else {
		packet_event(decode->packet, event);
		decode->packet->damaged = true;
	}
}

static enum packet_kind take_fragment(struct decode *decode, uint8_t protocol, uint32_t id, uint32_t offset, bool more)
{
	struct packet *packet = decode->packet;

	packet->ip_protocol = protocol;
	packet->fragment_id = id;
	packet->fragment_offset = offset;
	packet->more_fragments = more;
	take_payload(decode);
	return PACKET_FRAGMENT;
}

enum packet_kind decode_ipv4(struct decode *decode)
{
	struct packet *packet = decode->packet;
	size_t there = decode->at.left + decode->not_captured;
	if (decode_found(decode, 4))
		return PACKET_WHOLE;
	struct cursor header = cursor_part(&decode->at, 20);

	packet_layer(packet, LAYER_IPV4);
	if (header.failed)
		return too_small(decode, "decoder.ipv4.pkt_too_small");
	uint8_t first = cursor_u8(&header);
	size_t header_size = (size_t)(first & 15) * 4;
	cursor_skip(&header, 1);
	size_t size = cursor_u16(&header);
	uint32_t id = cursor_u16(&header);
	uint16_t fragment = cursor_u16(&header);
	cursor_skip(&header, 1);
	uint8_t protocol = cursor_u8(&header);
	cursor_skip(&header, 2);
	if (first >> 4 != 4)
		return decode_malformed(decode, "decoder.ipv4.wrong_ip_version");
	if (header_size < 20)
		return decode_malformed(decode, "decoder.ipv4.hlen_too_small");
	if (size == 0)
		size = there; /* left to the network card to fill in (segmentation offload) */
	if (size < header_size)
		return decode_malformed(decode, "decoder.ipv4.iplen_smaller_than_hlen");
	packet->ip_version = 4;
	packet->ip_size = (uint32_t)size;
	packet->source = address_v4(cursor_bytes(&header, 4));
	packet->destination = address_v4(cursor_bytes(&header, 4));
	bound(decode, size - 20, "decoder.ipv4.trunc_pkt");
	cursor_skip(&decode->at, header_size - 20);
	if (decode->at.failed)
		return PACKET_MALFORMED;
	if (fragment & 0x3fff)
		return take_fragment(decode, protocol, id, (fragment & 0x1fffu) * 8, fragment & 0x2000);
	return decode_transport(decode, protocol);
}

/* One extension header that is a length and content; false when it does not fit. */
static bool skip_extension(struct decode *decode, uint8_t *next, bool authentication)
{
	uint8_t follows = cursor_u8(&decode->at);
	size_t units = cursor_u8(&decode->at);

	cursor_skip(&decode->at, (authentication ? (units + 2) * 4 : (units + 1) * 8) - 2);
	*next = follows;
	return !decode->at.failed;
}

static enum packet_kind decode_fragment_header(struct decode *decode, bool *goes_on, uint8_t *next)
{
	*next = cursor_u8(&decode->at);
	cursor_skip(&decode->at, 1);
	uint16_t word = cursor_u16(&decode->at);
	uint32_t id = cursor_u32(&decode->at);

	if (decode->at.failed)
		return too_small(decode, "decoder.ipv6.trunc_exthdr");
	if ((word & 0xfff9) == 0) { /* an atomic fragment is a packet (RFC 6946) */
		packet_event(decode->packet, "decoder.ipv6.exthdr_useless_fh");
		*goes_on = true;
		return PACKET_WHOLE;
	}
	return take_fragment(decode, *next, id, word & 0xfff8u, word & 1);
}

enum packet_kind decode_extensions(struct decode *decode, uint8_t next)
{
	for (;;) {
		bool goes_on = false;
		enum packet_kind kind;
		switch (next) {
		case PROTOCOL_HOP_BY_HOP:
		case PROTOCOL_ROUTING:
		case PROTOCOL_DESTINATION:
		case PROTOCOL_MOBILITY:
		case PROTOCOL_HIP:
		case PROTOCOL_SHIM6:
		case PROTOCOL_AH:
			if (!skip_extension(decode, &next, next == PROTOCOL_AH))
				return too_small(decode, "decoder.ipv6.trunc_exthdr");
			break;
		case PROTOCOL_FRAGMENT:
			kind = decode_fragment_header(decode, &goes_on, &next);
			if (!goes_on)
				return kind;
			break;
		default:
			return decode_transport(decode, next);
		}
	}
}

enum packet_kind decode_ipv6(struct decode *decode)
{
	struct packet *packet = decode->packet;
	if (decode_found(decode, 6))
		return PACKET_WHOLE;
	struct cursor header = cursor_part(&decode->at, 40);

	packet_layer(packet, LAYER_IPV6);
	if (header.failed)
		return too_small(decode, "decoder.ipv6.pkt_too_small");
	uint8_t version = cursor_u8(&header) >> 4;
	cursor_skip(&header, 3);
	size_t size = cursor_u16(&header);
	uint8_t next = cursor_u8(&header);
	cursor_skip(&header, 1);
	if (version != 6)
		return decode_malformed(decode, "decoder.ipv6.wrong_ip_version");
	if (size == 0 && next != PROTOCOL_NONE)
		size = decode->at.left + decode->not_captured; /* a jumbogram, or segmentation offload */
	packet->ip_version = 6;
	packet->ip_size = (uint32_t)size + 40;
	memcpy(packet->source.bytes, cursor_bytes(&header, 16), 16);
	memcpy(packet->destination.bytes, cursor_bytes(&header, 16), 16);
	bound(decode, size, "decoder.ipv6.trunc_pkt");
	return decode_extensions(decode, next);
}

enum packet_kind decode_ip(struct decode *decode)
{
	if (decode->at.left == 0)
		return decode_malformed(decode, "decoder.ipraw.invalid_ip_version");
	if (++decode->depth > DEEPEST)
		return decode_malformed(decode, "decoder.too_many_layers");
	switch (decode->at.at[0] >> 4) {
	case 4:
		return decode_ipv4(decode);
	case 6:
		return decode_ipv6(decode);
	default:
		return decode_malformed(decode, "decoder.ipraw.invalid_ip_version");
	}
}
