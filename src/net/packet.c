/*
 * Decoding the link layer down to IP; see packet.h.
 */
#include "net/packet.h"

#include "net/packet_inner.h"

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_BRIDGING = 0x6558, /* a whole Ethernet frame */
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE = 0x8864,
	TYPE_PPP = 0x880b,
	TYPE_ERSPAN = 0x88be,
	TYPE_QINQ = 0x88a8,
	TYPE_QINQ_OLD = 0x9100,
	TYPE_BACKBONE = 0x88e7, /* IEEE 802.1ah */
	TYPE_VNTAG = 0x8926,
	TYPE_ETAG = 0x893f
};

void packet_event(struct packet *packet, const char *event)
{
	if (packet->event_count < PACKET_EVENTS)
		packet->events[packet->event_count++] = event;
}

enum packet_kind decode_malformed(struct decode *decode, const char *event)
{
	packet_event(decode->packet, event);
	return PACKET_MALFORMED;
}

/* ── tags ─ */

static enum packet_kind decode_vlan(struct decode *decode)
{
	struct packet *packet = decode->packet;
	uint16_t tag = cursor_u16(&decode->at), type = cursor_u16(&decode->at);

	if (decode->at.failed)
		return decode_malformed(decode, "decoder.vlan.header_too_small");
	uint16_t id = tag & 0x0fff;
	if (!(packet->layers & 1u << LAYER_VLAN))
		packet->vlan[0] = id;
	else if (!(packet->layers & 1u << LAYER_QINQ))
		packet->vlan[1] = id;
	packet_layer(packet, packet->layers & 1u << LAYER_VLAN ? LAYER_QINQ : LAYER_VLAN);
	return decode_ethertype(decode, type);
}

/* Labels until the bottom of the stack; what follows says by its first bits what it is (RFC 4928, RFC 4385). */
static enum packet_kind decode_mpls(struct decode *decode)
{
	uint32_t label;

	packet_layer(decode->packet, LAYER_MPLS);
	do
		label = cursor_u32(&decode->at);
	while (!decode->at.failed && !(label & 0x100));
	if (decode->at.failed || decode->at.left == 0)
		return decode_malformed(decode, "decoder.mpls.header_too_small");
	uint8_t version = decode->at.at[0] >> 4;
	if (version == 4)
		return decode_ethertype(decode, TYPE_IPV4);
	if (version == 6)
		return decode_ethertype(decode, TYPE_IPV6);
	if (version != 0)
		return PACKET_NOT_IP;
	cursor_skip(&decode->at, 4); /* the control word of a pseudowire */
	return decode_ethertype(decode, TYPE_BRIDGING);
}

static enum packet_kind decode_pppoe(struct decode *decode)
{
	packet_layer(decode->packet, LAYER_PPPOE);
	cursor_u8(&decode->at);
	uint8_t code = cursor_u8(&decode->at);
	cursor_skip(&decode->at, 4);
	if (decode->at.failed)
		return decode_malformed(decode, "decoder.pppoe.pkt_too_small");
	if (code != 0)
		return decode_malformed(decode, "decoder.pppoe.wrong_code");
	return decode_ppp(decode);
}

/* Tags of a fixed size between the addresses and the next type. */
static enum packet_kind decode_tag(struct decode *decode, size_t size, const char *event)
{
	cursor_skip(&decode->at, size);
	uint16_t type = cursor_u16(&decode->at);

	return decode->at.failed ? decode_malformed(decode, event) : decode_ethertype(decode, type);
}

static enum packet_kind decode_other(struct decode *decode, uint16_t type)
{
	switch (type) {
	case TYPE_ARP:
		packet_layer(decode->packet, LAYER_ARP);
		return PACKET_NOT_IP;
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		return decode_mpls(decode);
	case TYPE_PPPOE:
		return decode_pppoe(decode);
	case TYPE_PPP:
		return decode_ppp(decode);
	case TYPE_BRIDGING:
		return decode_ethernet(decode);
	case TYPE_ERSPAN:
		cursor_skip(&decode->at, 8);
		return decode_ethernet(decode);
	case TYPE_BACKBONE:
		cursor_skip(&decode->at, 4);
		return decode_ethernet(decode);
	case TYPE_VNTAG:
		return decode_tag(decode, 4, "decoder.vntag.header_too_small");
	case TYPE_ETAG:
		return decode_tag(decode, 6, "decoder.etag.header_too_small");
	default:
		packet_layer(decode->packet, LAYER_UNKNOWN);
		return PACKET_NOT_IP;
	}
}

enum packet_kind decode_ethertype(struct decode *decode, uint16_t type)
{
	if (++decode->depth > DEEPEST)
		return decode_malformed(decode, "decoder.too_many_layers");
	switch (type) {
	case TYPE_IPV4:
		return decode_ipv4(decode);
	case TYPE_IPV6:
		return decode_ipv6(decode);
	case TYPE_VLAN:
	case TYPE_QINQ:
	case TYPE_QINQ_OLD:
		return decode_vlan(decode);
	default:
		return decode_other(decode, type);
	}
}

/* ── links ─ */

/* A length instead of a type: LLC, which carries IP when SNAP says so (RFC 1042). */
static enum packet_kind decode_llc(struct decode *decode)
{
	struct cursor at = decode->at;
	uint32_t llc = cursor_u24(&at), organisation = cursor_u24(&at);
	uint16_t type = cursor_u16(&at);

	if (at.failed || llc != 0xaaaa03 || organisation != 0)
		return PACKET_NOT_IP;
	decode->at = at;
	return decode_ethertype(decode, type);
}

enum packet_kind decode_ethernet(struct decode *decode)
{
	packet_layer(decode->packet, LAYER_ETHERNET);
	cursor_skip(&decode->at, 12);
	uint16_t type = cursor_u16(&decode->at);

	if (decode->at.failed)
		return decode_malformed(decode, "decoder.ethernet.pkt_too_small");
	return type < 0x600 ? decode_llc(decode) : decode_ethertype(decode, type);
}

/* Address and control may be left out, and the protocol may have one byte only (RFC 1661). */
enum packet_kind decode_ppp(struct decode *decode)
{
	packet_layer(decode->packet, LAYER_PPP);
	if (decode->at.left >= 2 && decode->at.at[0] == 0xff && decode->at.at[1] == 0x03)
		cursor_skip(&decode->at, 2);
	uint16_t protocol = cursor_u8(&decode->at);
	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | cursor_u8(&decode->at));
	if (decode->at.failed)
		return decode_malformed(decode, "decoder.ppp.pkt_too_small");
	switch (protocol) {
	case 0x21:
		return decode_ethertype(decode, TYPE_IPV4);
	case 0x57:
		return decode_ethertype(decode, TYPE_IPV6);
	case 0x281:
		return decode_ethertype(decode, TYPE_MPLS);
	default:
		return PACKET_NOT_IP;
	}
}

static enum packet_kind decode_cisco_hdlc(struct decode *decode)
{
	packet_layer(decode->packet, LAYER_CISCO_HDLC);
	cursor_skip(&decode->at, 2);
	uint16_t type = cursor_u16(&decode->at);

	if (decode->at.failed)
		return decode_malformed(decode, "decoder.chdlc.pkt_too_small");
	return decode_ethertype(decode, type);
}

static enum packet_kind decode_sll(struct decode *decode)
{
	packet_layer(decode->packet, LAYER_SLL);
	cursor_skip(&decode->at, 14);
	uint16_t type = cursor_u16(&decode->at);

	if (decode->at.failed)
		return decode_malformed(decode, "decoder.sll.pkt_too_small");
	return decode_ethertype(decode, type);
}

static enum packet_kind decode_sll2(struct decode *decode)
{
	packet_layer(decode->packet, LAYER_SLL2);
	uint16_t type = cursor_u16(&decode->at);
	cursor_skip(&decode->at, 18);

	if (decode->at.failed)
		return decode_malformed(decode, "decoder.sll2.pkt_too_small");
	return decode_ethertype(decode, type);
}

/* The address family in the byte order of whoever captured; the version of IP says more than its number, of which
 * every system has another for IPv6. */
static enum packet_kind decode_null(struct decode *decode)
{
	packet_layer(decode->packet, LAYER_NULL);
	cursor_skip(&decode->at, 4);
	if (decode->at.failed)
		return decode_malformed(decode, "decoder.ltnull.pkt_too_small");
	return decode_ip(decode);
}

/* Per-packet information (PPI): a header of its own length, and the link type behind it. */
static enum packet_kind decode_link(struct decode *decode, unsigned link);

static enum packet_kind decode_ppi(struct decode *decode)
{
	struct cursor at = decode->at;
	cursor_u16(&at);
	uint16_t size = cursor_le16(&at);
	uint32_t link = cursor_le32(&at);

	cursor_skip(&decode->at, size);
	if (at.failed || decode->at.failed || size < 8 || link == LINK_PPI)
		return PACKET_MALFORMED;
	return decode_link(decode, link);
}

static enum packet_kind decode_link(struct decode *decode, unsigned link)
{
	switch (link) {
	case LINK_ETHERNET:
		return decode_ethernet(decode);
	case LINK_RAW:
	case LINK_RAW_OLD:
	case LINK_RAW_OPENBSD:
	case LINK_IPV4:
	case LINK_IPV6:
		packet_layer(decode->packet, LAYER_RAW);
		return decode_ip(decode);
	case LINK_NULL:
	case LINK_LOOP:
		return decode_null(decode);
	case LINK_PPP:
	case LINK_PPP_HDLC:
		return decode_ppp(decode);
	case LINK_CISCO_HDLC:
		return decode_cisco_hdlc(decode);
	case LINK_LINUX_SLL:
		return decode_sll(decode);
	case LINK_LINUX_SLL2:
		return decode_sll2(decode);
	case LINK_PPI:
		return decode_ppi(decode);
	default:
		return PACKET_NOT_IP;
	}
}

enum packet_kind packet_decode(const struct frame *frame, struct packet *packet)
{
	struct decode decode = { .packet = packet,
		.at = cursor_of(frame->bytes, frame->size),
		.not_captured = frame->on_wire - frame->size };

	*packet = (struct packet){ 0 };
	return decode_link(&decode, frame->link);
}

bool decode_found(struct decode *decode, uint8_t version)
{
	if (!decode->find || decode->within-- > 0)
		return false;
	*decode->find = (struct packet_place){ .at = decode->at.at,
		.size = (uint32_t)decode->at.left,
		.not_captured = decode->not_captured,
		.version = version };
	return decode->find->at != NULL;
}

enum packet_kind packet_find(const struct frame *frame, unsigned within, struct packet_place *place)
{
	struct packet packet = { 0 };
	struct decode decode = { .packet = &packet,
		.at = cursor_of(frame->bytes, frame->size),
		.not_captured = frame->on_wire - frame->size,
		.find = place,
		.within = within };

	*place = (struct packet_place){ 0 };
	enum packet_kind kind = decode_link(&decode, frame->link);
	return place->at ? PACKET_WHOLE : kind == PACKET_MALFORMED ? PACKET_MALFORMED : PACKET_NOT_IP;
}

enum packet_kind packet_decode_datagram(struct packet *packet, uint8_t protocol, const uint8_t *at, uint32_t size)
{
	struct decode decode = { .packet = packet, .at = cursor_of(at, size) };

	packet->more_fragments = false;
	packet->fragment_offset = 0;
	return packet->ip_version == 6 ? decode_extensions(&decode, protocol) : decode_transport(&decode, protocol);
}
