/*
 * From a frame to an arrival; see arrival.h. Ethernet with IPv4, the telescope's daily bread, is read here at once;
 * every other link by net/packet.h. Sources: RFC 791, 8200, 9293, 768, 792, 4443, 9260, 1071 (checksums).
 */
#include "darknet/packet/arrival.h"

#include "base/hash.h"
#include "darknet/packet/answer.h"
#include "darknet/packet/header.h"
#include "darknet/packet/method.h"
#include "net/packet.h"

#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };

#define TCP_PSH 0x08
#define TCP_URG 0x20
#define TCP_MEANING (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG)

/* What the layers share while one packet is read. */
struct reading {
	struct arrival *arrival;
	const struct space *space;
	struct cursor at;      /* the bytes that were captured, to the end of the IP packet */
	uint32_t not_captured; /* bytes of the IP packet that should follow them */
	uint64_t pseudo;       /* of the checksum: the pseudo header's sum */
	bool fixed;            /* IPv4: not to be fragmented */
	bool partial;          /* a first fragment: checksums are of more than is here */
};

/* ── checksums ─ */

static uint64_t sum_add(uint64_t sum, const uint8_t *at, size_t size)
{
	uint32_t word;
	for (; size >= 4; at += 4, size -= 4) {
		memcpy(&word, at, 4);
		sum += word;
	}
	word = 0;
	if (size)
		memcpy(&word, at, size);
	return sum + word;
}

/* Whether the one's complement sum is that of a right checksum, in either byte order. */
static bool sum_right(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum == 0xffff;
}

static void check_transport(struct reading *reading, size_t size)
{
	const uint8_t rest[4] = { 0, reading->arrival->protocol, (uint8_t)(size >> 8), (uint8_t)size };
	uint64_t sum = reading->arrival->protocol == ICMP ? 0 : sum_add(reading->pseudo, rest, sizeof rest);

	if (reading->partial || reading->not_captured || reading->at.left < size || size == 0)
		return;
	if (!sum_right(sum_add(sum, reading->at.at, size)))
		reading->arrival->wrong_checksum = true;
}

/* ── transports ─ */

static void take_payload(struct reading *reading, size_t size)
{
	reading->arrival->payload = (uint16_t)(size < 65535 ? size : 65535);
}

static void broken(struct reading *reading)
{
	reading->arrival->kind = ARRIVAL_OTHER;
	reading->arrival->cut = true;
}

/* RFC 9293: what stands behind a SYN that was sent in somebody else's name, or behind any other segment. */
static enum arrival_kind tcp_kind(uint8_t flags, uint16_t payload)
{
	switch (flags & TCP_MEANING) {
	case TCP_SYN | TCP_ACK:
		return ARRIVAL_BACKSCATTER;
	case TCP_ACK: /* nmap's and hping3's ACK scans */
		return payload ? ARRIVAL_OTHER : ARRIVAL_PROBE;
	default:
		if (flags & TCP_RST)
			return flags & (TCP_SYN | TCP_FIN) ? ARRIVAL_OTHER : ARRIVAL_BACKSCATTER;
		return flags & TCP_ACK ? ARRIVAL_OTHER : ARRIVAL_PROBE; /* SYN, FIN, null, Xmas, and mixtures */
	}
}

static void read_tcp(struct reading *reading, size_t size)
{
	struct arrival *arrival = reading->arrival;
	struct cursor whole = reading->at, header = cursor_part(&whole, 20);

	if (header.failed) {
		broken(reading);
		return;
	}
	arrival->source_port = cursor_u16(&header);
	arrival->port = cursor_u16(&header);
	arrival->sequence = cursor_u32(&header);
	arrival->acknowledgement = cursor_u32(&header);
	size_t header_size = (size_t)(cursor_u8(&header) >> 4) * 4;
	arrival->flags = cursor_u8(&header);
	arrival->window = cursor_u16(&header);
	if (header_size < 20 || header_size > size) {
		broken(reading);
		return;
	}
	take_payload(reading, size - header_size);
	arrival->kind = (uint8_t)tcp_kind(arrival->flags, arrival->payload);
	size_t option_size = header_size - 20;
	arrival->cut |= whole.left < option_size;
	struct header_options options = { 0 };
	if (option_size)
		options = header_options(cursor_part(&whole, option_size < whole.left ? option_size : whole.left));
	arrival->options = options.hash;
	if (arrival->payload && arrival->kind != ARRIVAL_BACKSCATTER)
		arrival->method = (uint8_t)method_of_stream(whole);
	if (arrival->kind == ARRIVAL_PROBE && !arrival->cut)
		arrival->tool = (uint8_t)header_tool(arrival, &options, reading->fixed);
}

static void read_udp(struct reading *reading, size_t size)
{
	struct arrival *arrival = reading->arrival;
	struct cursor at = reading->at;

	arrival->source_port = cursor_u16(&at);
	arrival->port = cursor_u16(&at);
	size_t length = cursor_u16(&at);
	uint16_t checksum = cursor_u16(&at);
	if (at.failed || length < 8 || (length > size && !reading->partial)) { /* a first fragment tells of all of it */
		broken(reading);
		return;
	}
	if (checksum == 0)
		arrival->wrong_checksum = address_is_v4(arrival->destination) ? arrival->wrong_checksum : true;
	else
		check_transport(reading, length);
	take_payload(reading, length - 8);
	if (at.left > length - 8)
		at = cursor_part(&at, length - 8);
	if (at.left >= 2)
		arrival->sequence = (uint32_t)(at.at[0] << 8 | at.at[1]);
	arrival->content = (uint8_t)answer_of(arrival->source_port, at);
	arrival->kind = arrival->content ? ARRIVAL_BACKSCATTER : ARRIVAL_PROBE;
	if (!arrival->content)
		arrival->content = (uint8_t)worm_of(arrival->port, arrival->payload, at);
	if (at.left >= 4 && at.at[0] == 'd' && at.at[1] >= '1' && at.at[1] <= '9' && at.at[2] == ':')
		arrival->kind = ARRIVAL_OTHER; /* BitTorrent's table of hosts holds addresses that nobody has */
	if (arrival->kind != ARRIVAL_PROBE)
		return;
	arrival->method = (uint8_t)method_of_datagram(arrival->port, at);
	arrival->tool = (uint8_t)header_tool(arrival, &(struct header_options){ 0 }, reading->fixed);
}

/* The packet that an ICMP error quotes, which must have come from an address of the telescope. */
static bool read_quote(struct reading *reading, struct cursor at, bool v6)
{
	struct arrival *arrival = reading->arrival;
	struct address source = { { [10] = 0xff, [11] = 0xff } }, destination = source;
	size_t room = v6 ? 16 : 4, skip = 24;
	uint32_t place, identification = 0;

	if (v6) {
		cursor_skip(&at, 6);
		arrival->quoted_protocol = cursor_u8(&at);
		cursor_skip(&at, 1);
	} else {
		skip = (size_t)(cursor_u8(&at) & 15) * 4;
		cursor_skip(&at, 3);
		identification = cursor_u16(&at);
		cursor_skip(&at, 3);
		arrival->quoted_protocol = cursor_u8(&at);
		cursor_skip(&at, 2);
	}
	const uint8_t *from = cursor_bytes(&at, room), *to = cursor_bytes(&at, room);
	if (!from || !to) {
		arrival->quoted_protocol = 0;
		arrival->cut = true;
		return true; /* it may have been ours */
	}
	memcpy(source.bytes + 16 - room, from, room);
	memcpy(destination.bytes + 16 - room, to, room);
	if (!space_place(reading->space, source, &place)) {
		arrival->quoted_protocol = 0;
		return false;
	}
	arrival->quoted = destination;
	if (!v6)
		cursor_skip(&at, skip > 20 ? skip - 20 : 0);
	uint8_t protocol = arrival->quoted_protocol;
	uint32_t ports = cursor_u32(&at), number = cursor_u32(&at); /* all protocols': 8 bytes are always quoted */
	if (protocol == TCP || protocol == UDP || protocol == SCTP)
		arrival->quoted_port = (uint16_t)ports;
	arrival->quoted_question = ((ports ^ identification << 16) * 0x9e3779b1u) ^ number;
	return true;
}

static enum arrival_kind icmp_kind(uint8_t type)
{
	switch (type) {
	case 8: /* echo, timestamp, information, mask: asked */
	case 13:
	case 15:
	case 17:
		return ARRIVAL_PROBE;
	case 0: /* and answered; unreachable, quench, time exceeded, parameter problem */
	case 3:
	case 4:
	case 11:
	case 12:
	case 14:
	case 16:
	case 18:
		return ARRIVAL_BACKSCATTER;
	default:
		return ARRIVAL_OTHER;
	}
}

static enum arrival_kind icmpv6_kind(uint8_t type)
{
	return type == 128                               ? ARRIVAL_PROBE
	       : type == 129 || (type >= 1 && type <= 4) ? ARRIVAL_BACKSCATTER
							 : ARRIVAL_OTHER;
}

static void read_icmp(struct reading *reading, size_t size, bool v6)
{
	struct arrival *arrival = reading->arrival;
	struct cursor at = reading->at;
	uint8_t type = cursor_u8(&at), code = cursor_u8(&at);

	cursor_u16(&at);
	arrival->sequence = cursor_u32(&at);
	if (at.failed || size < 8) {
		arrival->sequence = 0;
		broken(reading);
		return;
	}
	check_transport(reading, size);
	arrival->port = (uint16_t)(type << 8 | code);
	take_payload(reading, size - 8);
	arrival->kind = (uint8_t)(v6 ? icmpv6_kind(type) : icmp_kind(type));
	bool error = v6 ? type < 128 : type == 3 || type == 4 || type == 11 || type == 12;
	if (arrival->kind == ARRIVAL_BACKSCATTER && error && !read_quote(reading, at, v6))
		arrival->kind = ARRIVAL_OTHER;
	if (arrival->kind != ARRIVAL_PROBE)
		return;
	arrival->method = METHOD_ICMP;
	arrival->tool = (uint8_t)header_tool(arrival, &(struct header_options){ 0 }, reading->fixed);
}

static void read_sctp(struct reading *reading, size_t size)
{
	struct arrival *arrival = reading->arrival;
	struct cursor at = reading->at;

	arrival->source_port = cursor_u16(&at);
	arrival->port = cursor_u16(&at);
	cursor_skip(&at, 8);
	arrival->flags = cursor_u8(&at);
	if (at.failed || size < 16) {
		broken(reading);
		return;
	}
	take_payload(reading, size - 12);
	bool answer = arrival->flags == 2 || arrival->flags == 6 || arrival->flags == 9; /* INIT ACK, ABORT, ERROR */
	bool asks = arrival->flags == 1 || arrival->flags == 10;                         /* INIT, COOKIE ECHO */
	arrival->kind = answer ? ARRIVAL_BACKSCATTER : asks ? ARRIVAL_PROBE : ARRIVAL_OTHER;
}

static void read_transport(struct reading *reading)
{
	size_t size = reading->at.left + reading->not_captured;

	reading->arrival->kind = ARRIVAL_OTHER;
	switch (reading->arrival->protocol) {
	case TCP:
		check_transport(reading, size);
		read_tcp(reading, size);
		break;
	case UDP:
		read_udp(reading, size);
		break;
	case ICMP:
		if (address_is_v4(reading->arrival->destination))
			read_icmp(reading, size, false);
		break;
	case ICMPV6:
		if (!address_is_v4(reading->arrival->destination))
			read_icmp(reading, size, true);
		break;
	case SCTP:
		read_sctp(reading, size);
		break;
	default:
		take_payload(reading, size);
	}
}

/* ── IP ─ */

/* The IP packet ends where its header says; what is missing was cut off by the capture, or never sent. */
static void bound(struct reading *reading, size_t size, uint32_t behind)
{
	if (size <= reading->at.left) {
		reading->at.left = size;
		reading->not_captured = 0;
		return;
	}
	reading->not_captured = (uint32_t)(size - reading->at.left);
	reading->arrival->cut = reading->not_captured > behind;
}

static enum arrival_result read_ipv4(struct reading *reading, uint32_t behind)
{
	struct arrival *arrival = reading->arrival;
	struct cursor whole = reading->at, header = cursor_part(&reading->at, 20);

	if (header.failed)
		return ARRIVAL_MALFORMED;
	uint8_t first = cursor_u8(&header);
	size_t header_size = (size_t)(first & 15) * 4;
	cursor_skip(&header, 1);
	size_t size = cursor_u16(&header);
	arrival->identification = cursor_u16(&header);
	uint16_t fragment = cursor_u16(&header);
	arrival->hops = cursor_u8(&header);
	arrival->protocol = cursor_u8(&header);
	cursor_skip(&header, 2);
	const uint8_t *from = cursor_bytes(&header, 4);
	uint32_t to = cursor_u32(&header);
	if (first >> 4 != 4 || header_size < 20)
		return ARRIVAL_MALFORMED;
	if (!space_place_v4(reading->space, to, &arrival->place))
		return ARRIVAL_ELSEWHERE;
	if (size == 0)
		size = whole.left + behind; /* left to the network card to fill in */
	if (size < header_size)
		return ARRIVAL_MALFORMED;
	arrival->source.bytes[10] = arrival->source.bytes[11] = 0xff;
	arrival->destination.bytes[10] = arrival->destination.bytes[11] = 0xff;
	memcpy(arrival->source.bytes + 12, from, 4);
	memcpy(arrival->destination.bytes + 12, from + 4, 4);
	arrival->size = (uint32_t)size;
	bound(reading, size - 20, behind);
	if (whole.left >= header_size)
		arrival->wrong_checksum = !sum_right(sum_add(0, whole.at, header_size));
	cursor_skip(&reading->at, header_size - 20);
	if (reading->at.failed)
		return ARRIVAL_MALFORMED;
	reading->fixed = fragment & 0x4000;
	reading->pseudo = sum_add(0, from, 8);
	reading->partial = fragment & 0x2000;
	if (fragment & 0x1fff) {
		arrival->fragment = true;
		arrival->kind = ARRIVAL_OTHER;
		return ARRIVAL_TAKEN;
	}
	read_transport(reading);
	return ARRIVAL_TAKEN;
}

/* Passes over one extension header of IPv6. False: `next` is none, or it does not fit. */
static bool skip_extension(struct reading *reading, uint8_t *next)
{
	uint8_t type = *next;
	struct cursor *at = &reading->at;

	if (type == 44) {
		*next = cursor_u8(at);
		cursor_u8(at);
		uint16_t word = cursor_u16(at);
		cursor_u32(at);
		reading->arrival->fragment = word & 0xfff8;
		reading->partial = word & 1;
		return !at->failed && !reading->arrival->fragment;
	}
	if (type != 0 && type != 43 && type != 60 && type != 51 && type != 135 && type != 139 && type != 140)
		return false;
	*next = cursor_u8(at);
	size_t units = cursor_u8(at);
	cursor_skip(at, (type == 51 ? (units + 2) * 4 : (units + 1) * 8) - 2);
	return !at->failed;
}

static enum arrival_result read_ipv6(struct reading *reading, uint32_t behind)
{
	struct arrival *arrival = reading->arrival;
	struct cursor header = cursor_part(&reading->at, 40);

	if (header.failed)
		return ARRIVAL_MALFORMED;
	uint8_t version = cursor_u8(&header) >> 4;
	cursor_skip(&header, 3);
	size_t size = cursor_u16(&header);
	uint8_t next = cursor_u8(&header);
	arrival->hops = cursor_u8(&header);
	const uint8_t *from = cursor_bytes(&header, 16), *to = cursor_bytes(&header, 16);
	if (version != 6)
		return ARRIVAL_MALFORMED;
	memcpy(arrival->source.bytes, from, 16);
	memcpy(arrival->destination.bytes, to, 16);
	if (!space_place(reading->space, arrival->destination, &arrival->place))
		return ARRIVAL_ELSEWHERE;
	arrival->size = (uint32_t)size + 40;
	bound(reading, size, behind);
	reading->pseudo = sum_add(0, from, 32);
	while (skip_extension(reading, &next))
		;
	arrival->protocol = next;
	if (reading->at.failed || arrival->fragment) {
		arrival->kind = ARRIVAL_OTHER;
		arrival->cut |= reading->at.failed;
		return ARRIVAL_TAKEN;
	}
	read_transport(reading);
	return ARRIVAL_TAKEN;
}

/* ── */

enum arrival_result arrival_of(const struct space *space, const struct frame *frame, struct arrival *arrival)
{
	struct reading reading = { .arrival = arrival, .space = space, .at = cursor_of(frame->bytes, frame->size) };
	struct cursor ethernet = reading.at;
	uint32_t behind = frame->on_wire - frame->size;
	uint8_t version = 4;

	*arrival = (struct arrival){ .time = frame->time };
	cursor_skip(&ethernet, 12);
	bool plain = frame->link == LINK_ETHERNET && !space->carriers && cursor_u16(&ethernet) == 0x0800;
	if (plain) {
		reading.at = ethernet;
	} else {
		struct packet_place place;
		enum packet_kind kind = packet_find(frame, space->carriers, &place);
		if (kind != PACKET_WHOLE)
			return kind == PACKET_MALFORMED ? ARRIVAL_MALFORMED : ARRIVAL_NOT_IP;
		reading.at = cursor_of(place.at, place.size);
		behind = place.not_captured;
		version = place.version;
	}
	return version == 4 ? read_ipv4(&reading, behind) : read_ipv6(&reading, behind);
}

static uint32_t hops_rounded(uint8_t hops)
{
	return hops <= 32 ? 32 : hops <= 64 ? 64 : hops <= 128 ? 128 : 255;
}

uint32_t arrival_shape(const struct arrival *arrival)
{
	uint64_t word = (uint64_t)arrival->options << 32 | (uint32_t)arrival->window << 16 | (arrival->size & 0xffff);
	uint32_t shape = (uint32_t)hash_u64(word, hops_rounded(arrival->hops));
	return shape ? shape : 1;
}
