/*
 * An activity: what one source did to one destination port in one bin, with one shape of header. What everything reads
 * that needs the history of many sources; what bins are kept of, and what a sensor ships.
 *
 *   sources.h → struct activity (by bin, within it in any order) → history, changes, groups, bins
 */
#ifndef NOROSHI_DARKNET_ACTIVITY_H
#define NOROSHI_DARKNET_ACTIVITY_H

#include "base/time.h"
#include "net/address.h"

#include <stdint.h>

struct activity {
	nanoseconds bin;         /* its beginning, UTC; a whole multiple of the bin's length since 1970 */
	nanoseconds first, last; /* arrivals within it, to a 65,536th of its length (55 ms of an hour) */
	struct address source;   /* IPv6: its /64 */
	uint32_t packets;
	uint32_t
	    targets;    /* distinct addresses of the telescope: linear counting on 64 bits; beyond some 250: packets */
	uint32_t shape; /* of the headers: options, window, size, hops rounded up to 32, 64, 128, 255; 0 = several */
	uint32_t network; /* autonomous system; 0 = not known */
	char country[2];  /* ISO 3166-1 of the source's allocation; "" = not known */
	uint16_t port;    /* of the destination; ICMP: type * 256 + code; backscatter: of the victim, its source port */
	uint8_t protocol; /* of IP */
	uint8_t kind;     /* enum arrival_kind */
	uint8_t tool;     /* enum arrival_tool that most of its packets say */
	uint8_t method;   /* enum arrival_method of its packets; where they differ, those of each are an activity */
	uint8_t research; /* 1: on a list of research scanners, or known to behave as one */
};

/* Told of each activity when its bin closed. There is one for each (source, kind, protocol, port) of a bin; when its
 * source was forgotten in between (counted), two. */
typedef void (*activity_visitor)(void *context, const struct activity *activity);

#endif
