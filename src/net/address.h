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

bool address_parse(struct text text, struct address *address); /* IPv4 dotted quad or RFC 4291 text; no zone, no port */
/* "a.b.c.d:port", "[v6]:port", "v6.port" (as tcpdump), or a bare address; *port = 0 when there is none. */
bool address_parse_port(struct text text, struct address *address, uint16_t *port);
char *address_format(struct address address, char to[static ADDRESS_TEXT]); /* RFC 5952; "" for no address */
bool address_exists(struct address address);
bool address_is_v4(struct address address);
bool address_equal(struct address a, struct address b);
int address_compare(struct address a, struct address b);
bool address_is_private(struct address address); /* RFC 1918, 4193, 6598, loopback, link-local, multicast, unspecified */

struct prefix {
	struct address address; /* bits beyond the length are zero */
	uint8_t length;         /* 0–128; IPv4 lengths + 96 */
};
#define PREFIX_TEXT 50
bool prefix_parse(struct text text, struct prefix *prefix); /* "10.0.0.0/8", "2001:db8::/32", or an address (/128) */
char *prefix_format(struct prefix prefix, char to[static PREFIX_TEXT]);
bool prefix_contains(struct prefix prefix, struct address address);

/* What is counted as one source: an IPv4 address itself, IPv6 at /64 (rule 11). */
struct address address_group(struct address address);
/* The neighbourhood: IPv4 /24, IPv6 /48. */
struct address address_neighbourhood(struct address address);

#endif
