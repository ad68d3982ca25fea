/*
 * What a header says of its maker; see header.h. Each rule is one function, the surest first.
 */
#include "darknet/packet/header.h"

#include "base/hash.h"
#include "net/packet.h"

#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58 };

/* ── options ─ */

static void take_option(struct header_options *options, uint8_t kind, struct cursor value, uint8_t order[static 64])
{
	uint16_t fixed = 0;

	switch (kind) {
	case 2:
		fixed = options->mss = cursor_u16(&value);
		break;
	case 3:
		options->scale = true;
		fixed = cursor_u8(&value);
		break;
	case 4:
		options->sack = true;
		break;
	case 8:
		options->timestamp = true;
		break;
	default:
		options->other = true;
	}
	options->broken |= value.failed;
	order[options->count * 3] = kind;
	order[options->count * 3 + 1] = (uint8_t)(fixed >> 8);
	order[options->count * 3 + 2] = (uint8_t)fixed;
	options->count++;
}

struct header_options header_options(struct cursor at)
{
	struct header_options options = { 0 };
	uint8_t order[64] = { 0 };
	size_t padding = 0;

	if (at.left == 0)
		return options;
	while (at.left && options.count < 20) {
		uint8_t kind = cursor_u8(&at);
		if (kind == 0)
			break;
		if (kind == 1) {
			padding = padding * 3 + options.count + 1;
			continue;
		}
		uint8_t size = cursor_u8(&at);
		if (at.failed || size < 2 || (size_t)(size - 2) > at.left) {
			options.broken = true;
			break;
		}
		take_option(&options, kind, cursor_part(&at, size - 2u), order);
	}
	options.hash = (uint32_t)hash_bytes(order, sizeof order, padding);
	options.hash += options.hash == 0;
	return options;
}

/* ── tools ─ */

static uint32_t destination_number(const struct arrival *arrival)
{
	return (uint32_t)arrival->destination.bytes[12] << 24 | (uint32_t)arrival->destination.bytes[13] << 16 |
	       (uint32_t)arrival->destination.bytes[14] << 8 | arrival->destination.bytes[15];
}

/* The identification is a sum of the rest; in a question over UDP the same number stands in the payload. */
static bool is_masscan(const struct arrival *arrival, bool fixed)
{
	uint32_t sum = destination_number(arrival) ^ arrival->port ^ arrival->sequence;

	if (fixed || arrival->acknowledgement || (arrival->protocol != TCP && arrival->protocol != UDP))
		return false;
	return arrival->sequence && (sum & 0xffff) == arrival->identification;
}

/* 54321 in all of its probes until the version 4; otherwise nothing but a window of 65535 from a stack that begins at
 * 255 hops. */
static bool is_zmap(const struct arrival *arrival, const struct header_options *options, bool fixed)
{
	if (fixed || (arrival->protocol == TCP && arrival->acknowledgement && arrival->flags == TCP_SYN))
		return false;
	if (arrival->identification == 54321)
		return true;
	return arrival->protocol == TCP && arrival->flags == TCP_SYN && arrival->window == 65535 && !options->count &&
	       arrival->hops > 192;
}

/* A SYN with the one option MSS 1460 and a window of 1 to 4 KiB; its other probes have no option and the same windows;
 * the probes of its detection of operating systems have a fixed set of options each. Hops begin at 37 to 59. */
static bool is_nmap(const struct arrival *arrival, const struct header_options *options, bool fixed)
{
	bool window = arrival->window >= 1024 && arrival->window <= 4096 && arrival->window % 1024 == 0;

	if (arrival->protocol == ICMP)
		return arrival->port >> 8 == 13 && arrival->hops < 60 && arrival->size == 40;
	if (arrival->protocol == UDP)
		return arrival->identification == 0x1042 && arrival->payload == 300;
	if (arrival->protocol != TCP || fixed || arrival->hops >= 60)
		return false;
	if (arrival->flags == TCP_SYN && window && !arrival->acknowledgement)
		return options->count == 1 && options->mss == 1460;
	bool stealth = (arrival->flags & (TCP_SYN | TCP_RST)) == 0;
	if (stealth && window && !options->count)
		return true;
	return options->scale && options->timestamp && options->mss && (options->mss == 265 || options->mss == 1460) &&
	       (arrival->window <= 63 || arrival->window == 128 || arrival->window == 256 || arrival->window == 512);
}

/* No option and a window of 512; a random acknowledgement number where none is acknowledged. */
static bool is_hping3(const struct arrival *arrival, const struct header_options *options, bool fixed)
{
	if (arrival->protocol != TCP || fixed || options->count || arrival->hops > 64)
		return false;
	return arrival->window == 512 || (arrival->acknowledgement && !(arrival->flags & TCP_ACK));
}

/* What connect() and ping send: the options that every system's stack negotiates, or its ping's size. */
static bool is_system(const struct arrival *arrival, const struct header_options *options, bool fixed)
{
	if (arrival->protocol == TCP)
		return arrival->flags == TCP_SYN && options->mss && !options->other && !options->broken &&
		       options->sack && (options->scale || options->timestamp) && !arrival->acknowledgement;
	if (arrival->protocol == ICMP && arrival->port == 8 << 8)
		return (arrival->payload == 56 && fixed) || arrival->payload == 32;
	return arrival->protocol == ICMPV6 && arrival->port == 128 << 8 &&
	       (arrival->payload == 56 || arrival->payload == 32);
}

enum arrival_tool header_tool(const struct arrival *arrival, const struct header_options *options, bool fixed)
{
	bool v4 = address_is_v4(arrival->destination);

	if (v4 && arrival->protocol == TCP && arrival->flags == TCP_SYN &&
	    arrival->sequence == destination_number(arrival))
		return TOOL_MIRAI;
	if (v4 && is_zmap(arrival, options, fixed))
		return TOOL_ZMAP;
	if (v4 && is_masscan(arrival, fixed))
		return TOOL_MASSCAN;
	if (is_hping3(arrival, options, fixed))
		return TOOL_HPING3;
	if (is_nmap(arrival, options, fixed))
		return TOOL_NMAP;
	return is_system(arrival, options, fixed) ? TOOL_SYSTEM : TOOL_UNKNOWN;
}

/* ── names ─ */

const char *arrival_tool_name(unsigned tool)
{
	static const char *const names[TOOL_COUNT] = { "unknown", "system", "zmap", "masscan", "mirai", "nmap",
		"hping3", "unicornscan" };
	return tool < TOOL_COUNT ? names[tool] : names[TOOL_UNKNOWN];
}

const char *arrival_kind_name(unsigned kind)
{
	static const char *const names[ARRIVAL_KINDS] = { "probe", "backscatter", "other" };
	return kind < ARRIVAL_KINDS ? names[kind] : names[ARRIVAL_OTHER];
}

const char *arrival_payload_name(unsigned payload)
{
	static const char *const names[PAYLOAD_TYPES] = { "", "dns", "ntp", "ssdp", "memcached", "cldap", "quic",
		"dtls", "snmp", "netbios", "portmap", "sip", "coap", "wsd", "game", "chargen", "tftp", "ike",
		"slammer" };
	return payload < PAYLOAD_TYPES ? names[payload] : "";
}
