/*
 * Community ID flow hashing, version 1 (net/flow.h): the same id for both directions of a flow, at every sensor.
 * Source: the specification at github.com/corelight/community-id-spec.
 */
#include "base/base64.h"
#include "base/hash.h"
#include "net/flow.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

struct ordered {
	struct flow_end low, high;
	bool one_way; /* ICMP without a counterpart: stays as it was sent */
};

/* The message that answers a type of message, for those that come in pairs. */
static int counterpart(uint8_t ip_protocol, uint16_t type)
{
	static const struct {
		uint8_t protocol;
		uint8_t one, other;
	} pairs[] = {
		{ IPPROTO_ICMP, ICMP_ECHO, ICMP_ECHOREPLY }, { IPPROTO_ICMP, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY },
		{ IPPROTO_ICMP, ICMP_INFO_REQUEST, ICMP_INFO_REPLY },
		{ IPPROTO_ICMP, 10, 9 }, /* router solicitation and advertisement (RFC 1256) */
		{ IPPROTO_ICMP, ICMP_ADDRESS, ICMP_ADDRESSREPLY },
		{ IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY },
		{ IPPROTO_ICMPV6, 133, 134 }, /* router, neighbour solicitation and advertisement (RFC 4861) */
		{ IPPROTO_ICMPV6, 135, 136 },
		{ IPPROTO_ICMPV6, 130, 131 }, /* multicast listener query and report (RFC 2710) */
		{ IPPROTO_ICMPV6, 139, 140 }, /* who are you (RFC 4620) */
		{ IPPROTO_ICMPV6, 144, 145 }, /* home agent discovery (RFC 6275) */
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i].protocol == ip_protocol) {
			if (pairs[i].one == type)
				return pairs[i].other;
			if (pairs[i].other == type)
				return pairs[i].one;
		}
	return -1;
}

static struct ordered order(const struct flow *flow)
{
	struct ordered ends = { flow->ends[SIDE_CLIENT], flow->ends[SIDE_SERVER], false };
	if (flow->ip_protocol == IPPROTO_ICMP || flow->ip_protocol == IPPROTO_ICMPV6) {
		int other = counterpart(flow->ip_protocol, ends.low.port);
		ends.one_way = other < 0;
		if (other >= 0)
			ends.high.port = (uint16_t)other;
	}
	int compared = address_compare(ends.low.address, ends.high.address);
	if (!ends.one_way && (compared > 0 || (compared == 0 && ends.low.port > ends.high.port))) {
		struct flow_end high = ends.low;
		ends.low = ends.high;
		ends.high = high;
	}
	return ends;
}

static size_t add_address(uint8_t *to, struct address address)
{
	size_t skipped = address_is_v4(address) ? 12 : 0;
	memcpy(to, address.bytes + skipped, sizeof address.bytes - skipped);
	return sizeof address.bytes - skipped;
}

static size_t add_port(uint8_t *to, uint16_t port)
{
	to[0] = (uint8_t)(port >> 8);
	to[1] = (uint8_t)port;
	return 2;
}

char *community_id_format(const struct flow *flow, char to[static COMMUNITY_ID_TEXT])
{
	uint8_t bytes[2 + 2 * 16 + 2 + 2 * 2] = { 0 }, digest[20]; /* the seed is 0 */
	struct ordered ends = order(flow);
	size_t size = 2;
	size += add_address(bytes + size, ends.low.address);
	size += add_address(bytes + size, ends.high.address);
	bytes[size] = flow->ip_protocol;
	size += 2; /* and a byte of padding */
	switch (flow->ip_protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		size += add_port(bytes + size, ends.low.port);
		size += add_port(bytes + size, ends.high.port);
		break;
	default:
		break;
	}
	sha1(bytes, size, digest);
	memcpy(to, "1:", 2);
	base64_format(digest, sizeof digest, to + 2);
	return to;
}
