/*
 * Addresses and prefixes: text to 128 bits and back, and the few questions that are asked about them. The parsers are
 * strict: what two programs could read differently (leading zeros, missing parts, zones) is refused. Called for every
 * alert and record, so nothing here allocates or depends on the C library's parsers.
 */
#include "net/address.h"

#include "base/character.h"

#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* ── reading ─ */

/* A decimal number without leading zeros, up to `most`, at the start of [at, end): the place behind it, or NULL. */
static const char *read_decimal(const char *at, const char *end, unsigned most, unsigned *value)
{
	unsigned sum = 0;
	const char *start = at;
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		sum = sum * 10 + (unsigned)(*at - '0');
		if (sum > most)
			return NULL;
	}
	if (at == start || (*start == '0' && at - start > 1))
		return NULL;
	*value = sum;
	return at;
}

static bool read_quad(const char *at, const char *end, uint8_t bytes[4])
{
	for (int part = 0; part < 4; part++) {
		unsigned value;
		if (part > 0 && (at >= end || *at++ != '.'))
			return false;
		at = read_decimal(at, end, 255, &value);
		if (!at)
			return false;
		bytes[part] = (uint8_t)value;
	}
	return at == end;
}

/* RFC 4291, 2.2: eight groups; "::" once, for one or more of them; the last two may be a dotted quad. */
static bool read_groups(const char *at, const char *end, uint8_t bytes[16])
{
	uint8_t read[16] = { 0 };
	int filled = 0, gap = -1;
	if (end - at >= 2 && at[0] == ':' && at[1] == ':') {
		gap = 0;
		at += 2;
	}
	while (at < end) {
		const char *start = at;
		unsigned value = 0;
		int digit;
		for (; at < end && at - start < 5 && (digit = char_hex(*at)) >= 0; at++)
			value = value << 4 | (unsigned)digit;
		if (at < end && *at == '.') {
			if (filled > 12 || !read_quad(start, end, read + filled))
				return false;
			filled += 4;
			break;
		}
		if (at == start || at - start > 4 || filled > 14)
			return false;
		read[filled++] = (uint8_t)(value >> 8);
		read[filled++] = (uint8_t)value;
		if (at == end)
			break;
		if (*at++ != ':' || at == end)
			return false;
		if (*at == ':') {
			if (gap >= 0)
				return false;
			gap = filled;
			at++;
		}
	}
	if (gap < 0 ? filled != 16 : filled > 14)
		return false;
	if (gap < 0)
		gap = filled;
	memset(bytes, 0, 16);
	memcpy(bytes, read, (size_t)gap);
	memcpy(bytes + 16 - (filled - gap), read + gap, (size_t)(filled - gap));
	return true;
}

bool address_parse(struct text text, struct address *address)
{
	if (text.size < 2 || text.size >= ADDRESS_TEXT)
		return false;
	const char *end = text.at + text.size;
	uint8_t bytes[16];
	/* The first group of IPv6 text ends within five characters; a quad has its first point within four. */
	for (size_t i = 0; i < text.size && i < 5; i++) {
		if (text.at[i] == ':') {
			if (!read_groups(text.at, end, bytes))
				return false;
			memcpy(address->bytes, bytes, 16);
			return true;
		}
		if (text.at[i] == '.')
			break;
	}
	if (!read_quad(text.at, end, bytes))
		return false;
	memcpy(address->bytes, mapped, 12);
	memcpy(address->bytes + 12, bytes, 4);
	return true;
}

static bool read_port(const char *at, const char *end, uint16_t *port)
{
	unsigned value;
	if (read_decimal(at, end, 65535, &value) != end)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool address_parse_port(struct text text, struct address *address, uint16_t *port)
{
	if (text.size == 0)
		return false;
	const char *end = text.at + text.size;
	struct address read;
	uint16_t number = 0;
	if (address_parse(text, &read)) {
		/* a bare address */
	} else if (*text.at == '[') {
		const char *close = memchr(text.at, ']', text.size);
		if (!close || !address_parse((struct text){ text.at + 1, (size_t)(close - text.at - 1) }, &read) ||
		    !memchr(text.at, ':', (size_t)(close - text.at)))
			return false;
		if (close + 1 != end && (close[1] != ':' || !read_port(close + 2, end, &number)))
			return false;
	} else {
		/* The port stands behind the last point (tcpdump), or behind the only colon of an IPv4 address. */
		const char *cut = end;
		while (cut > text.at && cut[-1] >= '0' && cut[-1] <= '9')
			cut--;
		if (cut == text.at || cut == end || !read_port(cut, end, &number))
			return false;
		cut--;
		if (!address_parse((struct text){ text.at, (size_t)(cut - text.at) }, &read))
			return false;
		bool groups = memchr(text.at, ':', (size_t)(cut - text.at)) != NULL;
		if (*cut != '.' && (*cut != ':' || groups))
			return false;
	}
	*address = read;
	*port = number;
	return true;
}

bool prefix_parse(struct text text, struct prefix *prefix)
{
	const char *slash = text.size ? memchr(text.at, '/', text.size) : NULL;
	size_t size = slash ? (size_t)(slash - text.at) : text.size;
	struct prefix read = { .length = 128 };
	if (!address_parse((struct text){ text.at, size }, &read.address))
		return false;
	if (slash) {
		bool quad = !memchr(text.at, ':', size);
		unsigned length;
		const char *end = text.at + text.size;
		if (read_decimal(slash + 1, end, quad ? 32 : 128, &length) != end)
			return false;
		read.length = (uint8_t)(quad ? length + 96 : length);
	}
	*prefix = prefix_of(read.address, read.length);
	return true;
}

/* ── writing ─ */

static char *write_decimal(char *to, unsigned value)
{
	if (value >= 100)
		*to++ = (char)('0' + value / 100);
	if (value >= 10)
		*to++ = (char)('0' + value / 10 % 10);
	*to++ = (char)('0' + value % 10);
	return to;
}

static char *write_quad(char *to, const uint8_t bytes[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*to++ = '.';
		to = write_decimal(to, bytes[i]);
	}
	return to;
}

static char *write_group(char *to, unsigned value)
{
	static const char digits[] = "0123456789abcdef";
	for (int shift = 12; shift >= 0; shift -= 4)
		if (shift == 0 || value >> shift)
			*to++ = digits[value >> shift & 15];
	return to;
}

/* RFC 5952: lower case, no leading zeros, "::" for the first longest run of two or more zero groups. */
static char *write_groups(char *to, const uint8_t bytes[16])
{
	unsigned group[8];
	for (int i = 0; i < 8; i++)
		group[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	int longest = 1, gap = -1;
	for (int i = 0; i < 8; i++) {
		int run = 0;
		while (i + run < 8 && group[i + run] == 0)
			run++;
		if (run > longest) {
			longest = run;
			gap = i;
		}
		if (run > 0)
			i += run - 1;
	}
	for (int i = 0; i < 8; i++) {
		if (i == gap) {
			*to++ = ':';
			*to++ = ':';
			i += longest - 1;
			continue;
		}
		if (i > 0 && i != gap + longest)
			*to++ = ':';
		to = write_group(to, group[i]);
	}
	return to;
}

static char *write_address(char *to, const struct address *address)
{
	return address_is_v4(*address) ? write_quad(to, address->bytes + 12) : write_groups(to, address->bytes);
}

char *address_format(struct address address, char to[static ADDRESS_TEXT])
{
	*(address_exists(address) ? write_address(to, &address) : to) = '\0';
	return to;
}

char *prefix_format(struct prefix prefix, char to[static PREFIX_TEXT])
{
	bool quad = prefix.length >= 96 && address_is_v4(prefix.address);
	char *end = quad ? write_quad(to, prefix.address.bytes + 12) : write_groups(to, prefix.address.bytes);
	*end++ = '/';
	*write_decimal(end, quad ? prefix.length - 96u : prefix.length) = '\0';
	return to;
}

/* ── questions ─ */

bool address_exists(struct address address)
{
	uint64_t half[2];
	memcpy(half, address.bytes, 16);
	return (half[0] | half[1]) != 0;
}

bool address_is_v4(struct address address)
{
	return memcmp(address.bytes, mapped, 12) == 0;
}

int address_compare(struct address a, struct address b)
{
	return memcmp(a.bytes, b.bytes, 16);
}

static bool quad_is_private(const uint8_t b[4])
{
	return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) || /* RFC 1918 */
	       (b[0] == 100 && (b[1] & 0xc0) == 64) ||                                               /* RFC 6598 */
	       b[0] == 127 || (b[0] == 169 && b[1] == 254) || /* loopback, link-local */
	       b[0] == 0 || b[0] >= 224; /* this network (RFC 1122), multicast, reserved, broadcast */
}

bool address_is_private(struct address address)
{
	static const uint8_t zero[12], translated[12] = { 0x00, 0x64, 0xff, 0x9b };
	const uint8_t *b = address.bytes;
	if (address_is_v4(address))
		return quad_is_private(b + 12);
	if (memcmp(b, zero, 12) == 0) /* unspecified, loopback, and IPv4-compatible (RFC 4291, 2.5.5.1) */
		return quad_is_private(b + 12);
	if (memcmp(b, translated, 12) == 0) /* RFC 6052: reaches the IPv4 address inside */
		return quad_is_private(b + 12);
	if (b[0] == 0x20 && b[1] == 0x02) /* RFC 3056, 6to4: the same */
		return quad_is_private(b + 2);
	return (b[0] & 0xfe) == 0xfc || b[0] == 0xff || (b[0] == 0xfe && b[1] >= 0x80);
}

struct prefix prefix_of(struct address address, uint8_t length)
{
	struct prefix prefix = { .length = length > 128 ? 128 : length };
	size_t whole = prefix.length / 8;
	memcpy(prefix.address.bytes, address.bytes, whole);
	if (prefix.length % 8)
		prefix.address.bytes[whole] = (uint8_t)(address.bytes[whole] & 0xff00 >> prefix.length % 8);
	return prefix;
}

bool prefix_contains(struct prefix prefix, struct address address)
{
	return address_equal(prefix_of(address, prefix.length).address, prefix.address);
}

struct address address_group(struct address address)
{
	return address_is_v4(address) ? address : prefix_of(address, 64).address;
}

struct address address_neighbourhood(struct address address)
{
	return prefix_of(address, address_is_v4(address) ? 96 + 24 : 48).address;
}
