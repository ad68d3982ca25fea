/*
 * What one arrival adds to its source; see line.h.
 */
#include "darknet/event/line.h"
#include "darknet/packet/method.h"
#include "net/packet.h"

#include <endian.h>
#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };

#define TIME_LAST ((nanoseconds)9000000000 * SECOND) /* the year 2255: room for a bin behind it */

static uint8_t mark_of(const struct arrival *arrival)
{
	bool answers = arrival->kind == ARRIVAL_BACKSCATTER;
	switch (arrival->protocol) {
	case TCP:
		return arrival->flags & TCP_SYN && !(arrival->flags & (TCP_RST | TCP_FIN)) ? MARK_SYN : MARK_TCP;
	case UDP:
		return arrival->content == PAYLOAD_SLAMMER ? MARK_UDP | MARK_WORM : MARK_UDP;
	case SCTP:
		return MARK_SCTP;
	case ICMP:
	case ICMPV6:
		if (!address_exists(arrival->quoted))
			return MARK_ECHO;
		return answers && arrival->quoted_protocol == UDP ? MARK_UDP : MARK_ERROR;
	default:
		return MARK_REST;
	}
}

/* What struct touch says of a source; IPv4 is ::ffff:a.b.c.d. */
static uint64_t key_of(struct address address, bool *v6)
{
	uint64_t high, low;
	memcpy(&high, address.bytes, sizeof high);
	memcpy(&low, address.bytes + sizeof high, sizeof low);
	high = be64toh(high);
	low = be64toh(low);
	*v6 = high != 0 || low >> 32 != 0xffff;
	return *v6 ? high : low & 0xffffffff;
}

/* What tells two questions from the same address and port: TCP's acknowledgement number; of ICMP the identifier and
 * number of an echo, or what an error quotes. */
static uint32_t number_of(const struct arrival *arrival)
{
	if (arrival->protocol != ICMP && arrival->protocol != ICMPV6)
		return arrival->acknowledgement;
	return address_exists(arrival->quoted) ? arrival->quoted_question : arrival->sequence;
}

/* Of backscatter: one for each question that was answered; see struct source_event. */
static uint32_t question_of(const struct arrival *arrival)
{
	uint64_t word = (uint64_t)arrival->place << 32 | (uint32_t)arrival->port << 16 | arrival->source_port;
	word = (word ^ (uint64_t)number_of(arrival) * 0x9e3779b97f4a7c15ull) * 0xd6e8feb86659fd93ull;
	return (uint32_t)(word >> 32);
}

void touch_of(const struct arrival *arrival, struct touch *touch)
{
	bool answers = arrival->kind == ARRIVAL_BACKSCATTER, quoted = answers && address_exists(arrival->quoted);

	touch->key = key_of(quoted ? arrival->quoted : arrival->source, &touch->v6);
	touch->hash = line_hash(touch->key, arrival->kind, touch->v6);
	touch->time = arrival->time < 0 ? 0 : arrival->time < TIME_LAST ? arrival->time : TIME_LAST;
	touch->item = answers ? question_of(arrival) : arrival->place;
	touch->place = arrival->place;
	touch->shape = arrival_shape(arrival);
	touch->port = quoted                                                                ? arrival->quoted_port
		      : answers && arrival->protocol != ICMP && arrival->protocol != ICMPV6 ? arrival->source_port
											    : arrival->port;
	touch->protocol = quoted ? arrival->quoted_protocol : arrival->protocol;
	touch->kind = arrival->kind;
	touch->method = arrival->method == METHOD_ICMP ? METHOD_NONE : arrival->method;
	touch->mark = mark_of(arrival);
	touch->arrival = arrival;
}
