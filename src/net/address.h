/*
 * Addresses and prefixes, 128 bits inside: IPv4 is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
 */
#ifndef NOROSHI_NET_ADDRESS_H
#define NOROSHI_NET_ADDRESS_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct address {
	uint8_t bytes[16]; /* network byte order; all zero = no address */
};

#define ADDRESS_TEXT 46

/* The parsers return false and leave their results alone when the whole text is not what they read. IPv4 is four
 * decimal parts without leading zeros ("010.0.0.1" is refused: some programs read it as octal); IPv6 is RFC 4291 text
 * without a zone; IPv4-mapped text ("::ffff:10.0.0.1") gives the same address as the IPv4 text. "::" parses, as no
 * address. */
bool address_parse(struct text text, struct address *address);
/* "a.b.c.d:port", "[v6]:port", "[v6]", "v6.port" and "a.b.c.d.port" (as tcpdump), or a bare address; *port = 0 when
 * there is none. */
bool address_parse_port(struct text text, struct address *address, uint16_t *port);
char *address_format(struct address address, char to[static ADDRESS_TEXT]); /* RFC 5952; "" for no address */
bool address_exists(struct address address);
bool address_is_v4(struct address address);
static inline bool address_equal(struct address a, struct address b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}
int address_compare(struct address a, struct address b);
/* Not an address of the public Internet: RFC 1918, 4193, 6598, loopback, link-local, site-local, multicast,
 * unspecified, 0/8 and 240/4; also IPv6 that carries such an IPv4 address (IPv4-compatible, RFC 6052, 6to4). Never
 * contacted (rule 12). */
bool address_is_private(struct address address);

struct prefix {
	struct address address; /* bits beyond the length are zero */
	uint8_t length;         /* 0–128; IPv4 lengths + 96 */
};
#define PREFIX_TEXT 50
/* "10.0.0.0/8", "2001:db8::/32", or an address (/128). Bits beyond the length are cleared. Prefixes are over 128 bits:
 * "::/0" contains the IPv4 addresses too, "0.0.0.0/0" only them. */
bool prefix_parse(struct text text, struct prefix *prefix);
struct prefix prefix_of(struct address address, uint8_t length);
char *prefix_format(struct prefix prefix, char to[static PREFIX_TEXT]);
bool prefix_contains(struct prefix prefix, struct address address);

/* What is counted as one source: an IPv4 address itself, IPv6 at /64 (rule 11). */
struct address address_group(struct address address);
/* The neighbourhood: IPv4 /24, IPv6 /48. */
struct address address_neighbourhood(struct address address);

#endif
