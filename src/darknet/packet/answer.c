/*
 * Answers over UDP; see answer.h. Each service is one function over its first bytes. Sources: RFC 1035 (DNS), 5905 and
 * ntpd's mode 6 and 7 (NTP), UPnP Device Architecture 1.1 (SSDP), memcached's protocol.txt, RFC 4511 (CLDAP), 9000 and
 * 8999 (QUIC), 6347 (DTLS), 3416 (SNMP), 1002 (NetBIOS), 5531 (portmap), 3261 (SIP), 7252 (CoAP), 864 (CHARGEN), 1350
 * (TFTP), 7296 (IKE), Valve's server queries.
 */
#include "darknet/packet/answer.h"

#include <string.h>

static bool begins(struct cursor at, const char *with)
{
	size_t size = strlen(with);
	return at.left >= size && memcmp(at.at, with, size) == 0;
}

static bool holds(struct cursor at, const char *what)
{
	return text_find(cursor_rest(&at), text_of(what)) >= 0;
}

/* The response bit, an operation that exists, one question or none. */
static bool dns(struct cursor at)
{
	cursor_u16(&at);
	uint16_t flags = cursor_u16(&at), questions = cursor_u16(&at);
	return !at.failed && flags >> 15 && (flags >> 11 & 15) <= 6 && questions <= 1;
}

/* NetBIOS names use the same header. */
static bool netbios(struct cursor at)
{
	cursor_u16(&at);
	uint16_t flags = cursor_u16(&at);
	return !at.failed && flags >> 15 && (flags >> 11 & 15) <= 9;
}

static bool ntp(struct cursor at)
{
	uint8_t first = cursor_u8(&at), second = cursor_u8(&at);
	unsigned mode = first & 7;
	if (at.failed)
		return false;
	if (mode == 6)
		return second & 0x80; /* control: the response bit */
	if (mode == 7)
		return first & 0x80; /* private (monlist): the response bit */
	return mode == 4 || mode == 2;
}

static bool ssdp(struct cursor at)
{
	return begins(at, "HTTP/1.") || begins(at, "NOTIFY ");
}

/* Eight bytes of a frame's header, then an answer's first word. */
static bool memcached(struct cursor at)
{
	static const char *const words[] = { "VALUE ", "STAT ", "END", "VERSION ", "ERROR", "STORED", "OK" };
	cursor_skip(&at, 8);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (begins(at, words[i]))
			return true;
	return false;
}

/* The length of a BER value, passed over. */
static void skip_length(struct cursor *at)
{
	uint8_t length = cursor_u8(at);
	if (length & 0x80)
		cursor_skip(at, length & 0x7f);
}

/* SEQUENCE { INTEGER, … }: goes behind the first INTEGER or OCTET STRING. */
static bool ber_message(struct cursor *at)
{
	if (cursor_u8(at) != 0x30)
		return false;
	skip_length(at);
	if (cursor_u8(at) != 0x02)
		return false;
	cursor_skip(at, cursor_u8(at));
	return !at->failed;
}

static bool cldap(struct cursor at)
{
	if (!ber_message(&at))
		return false;
	uint8_t operation = cursor_u8(&at);
	return !at.failed && (operation == 0x64 || operation == 0x65);
}

static bool snmp(struct cursor at)
{
	if (!ber_message(&at) || cursor_u8(&at) != 0x04)
		return false;
	cursor_skip(&at, cursor_u8(&at));
	uint8_t type = cursor_u8(&at);
	return !at.failed && (type == 0xa2 || type == 0xa8);
}

/* From the service's side every long header is an answer: version negotiation, Retry, Initial, Handshake. */
static bool quic(struct cursor at)
{
	uint8_t first = cursor_u8(&at);
	uint32_t version = cursor_u32(&at);
	bool known = version == 0 || version == 1 || version == 0x6b3343cf || version >> 8 == 0xff0000 ||
		     version >> 24 == 'Q' || version >> 24 == 0xfa;
	return !at.failed && first & 0x80 && known;
}

/* A record of handshake (HelloVerifyRequest, ServerHello) or an alert. */
static bool dtls(struct cursor at)
{
	uint8_t type = cursor_u8(&at);
	uint16_t version = cursor_u16(&at);
	cursor_skip(&at, 10);
	uint8_t message = cursor_u8(&at);
	if (at.failed || (version != 0xfeff && version != 0xfefd && version != 0x0100))
		return false;
	return type == 21 || (type == 22 && (message == 2 || message == 3));
}

static bool quic_or_dtls(struct cursor at)
{
	return quic(at) || dtls(at);
}

static bool portmap(struct cursor at)
{
	cursor_u32(&at);
	return cursor_u32(&at) == 1 && !at.failed;
}

static bool sip(struct cursor at)
{
	return begins(at, "SIP/2.0 ");
}

/* Version 1, and a code of class 2, 4 or 5. */
static bool coap(struct cursor at)
{
	uint8_t first = cursor_u8(&at), code = cursor_u8(&at);
	return !at.failed && first >> 6 == 1 && code >> 5 >= 2 && code >> 5 <= 5;
}

static bool wsd(struct cursor at)
{
	return begins(at, "<") && (holds(at, "ProbeMatch") || holds(at, "Fault") || holds(at, "ResolveMatch"));
}

static bool game(struct cursor at)
{
	if (cursor_u32(&at) != 0xffffffff)
		return false;
	return begins(at, "statusResponse") || begins(at, "infoResponse") || begins(at, "I") || begins(at, "A") ||
	       begins(at, "D") || begins(at, "E") || begins(at, "m") || begins(at, "disconnect");
}

/* The printable characters in their order, from anywhere. */
static bool chargen(struct cursor at)
{
	uint8_t before = cursor_u8(&at);
	for (unsigned i = 0; i < 8; i++) {
		uint8_t next = cursor_u8(&at);
		if (at.failed || next != (before == 126 ? 32 : before + 1))
			return false;
		before = next;
	}
	return true;
}

static bool tftp(struct cursor at)
{
	uint16_t operation = cursor_u16(&at);
	return !at.failed && (operation == 3 || operation == 5 || operation == 6);
}

/* The flag "this is a response" of version 2; a responder's cookie of version 1. */
static bool ike(struct cursor at)
{
	cursor_skip(&at, 8);
	uint32_t high = cursor_u32(&at), low = cursor_u32(&at);
	cursor_u8(&at);
	uint8_t version = cursor_u8(&at);
	cursor_u8(&at);
	uint8_t flags = cursor_u8(&at);
	if (at.failed)
		return false;
	return version >> 4 == 2 ? flags & 0x20 : version >> 4 == 1 && (high | low) != 0;
}

static const struct {
	uint16_t port; /* of the service */
	uint8_t payload;
	bool (*says)(struct cursor);
} services[] = {
	{ 53, PAYLOAD_DNS, dns },
	{ 5353, PAYLOAD_DNS, dns },
	{ 123, PAYLOAD_NTP, ntp },
	{ 1900, PAYLOAD_SSDP, ssdp },
	{ 11211, PAYLOAD_MEMCACHED, memcached },
	{ 389, PAYLOAD_CLDAP, cldap },
	{ 443, PAYLOAD_QUIC, quic_or_dtls },
	{ 80, PAYLOAD_QUIC, quic },
	{ 8443, PAYLOAD_QUIC, quic_or_dtls },
	{ 4433, PAYLOAD_DTLS, dtls },
	{ 3478, PAYLOAD_DTLS, dtls },
	{ 161, PAYLOAD_SNMP, snmp },
	{ 137, PAYLOAD_NETBIOS, netbios },
	{ 111, PAYLOAD_PORTMAP, portmap },
	{ 5060, PAYLOAD_SIP, sip },
	{ 5683, PAYLOAD_COAP, coap },
	{ 3702, PAYLOAD_WSD, wsd },
	{ 27015, PAYLOAD_GAME, game },
	{ 27960, PAYLOAD_GAME, game },
	{ 30120, PAYLOAD_GAME, game },
	{ 19, PAYLOAD_CHARGEN, chargen },
	{ 69, PAYLOAD_TFTP, tftp },
	{ 500, PAYLOAD_IKE, ike },
};

enum arrival_payload answer_of(uint16_t source_port, struct cursor payload)
{
	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (services[i].port == source_port && services[i].says(payload))
			return services[i].payload == PAYLOAD_QUIC && dtls(payload) ? PAYLOAD_DTLS
										    : services[i].payload;
	return PAYLOAD_NONE;
}

/* Moore et al., "Inside the Slammer Worm", IEEE Security & Privacy 2003: 376 bytes to port 1434, 0x04 and then 0x01s.
 */
enum arrival_payload worm_of(uint16_t port, uint16_t size, struct cursor payload)
{
	return port == 1434 && size == 376 && cursor_u32(&payload) == 0x04010101 ? PAYLOAD_SLAMMER : PAYLOAD_NONE;
}
