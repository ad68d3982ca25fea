/*
 * What a telescope found: one JSON object, or words for people. docs/darknet.md defines each key with its unit.
 */
#ifndef NOROSHI_DARKNET_REPORT_H
#define NOROSHI_DARKNET_REPORT_H

#include "base/catalog.h"
#include "darknet/event/telescope.h"

#include <stdio.h>

struct report {
	const struct telescope *telescope; /* finished */
	const struct space *space;
	const struct research *research; /* may be NULL */
	const struct trends *trends;     /* the same; finished */
	uint64_t files, unread, truncated;
	uint64_t dropped; /* frames that the kernel lost, live */
};

/* ERROR_SYSTEM: cannot be written. */
enum error report_json(const struct report *report, FILE *to, struct failure *failure);
enum error report_words(const struct report *report, const struct catalog *japanese, FILE *to, struct failure *failure);

/* The items of the arrays `scans` and `victims`. `research` may be NULL. */
void habit_json(const struct habit *habit, struct builder *to); /* `,"behaviour":{…}` */
void scan_json(const struct scan *scan, const struct research *research, struct builder *to);
void victim_json(const struct victim *victim, struct builder *to);

/* "23/tcp", "echo" of ICMP as "8.0/icmp". */
#define PORT_TEXT 24
char *port_format(uint16_t port, uint8_t protocol, char to[static PORT_TEXT]);
const char *protocol_name(uint8_t protocol); /* "tcp", "udp", "icmp", "icmpv6", "sctp", "gre"; else NULL */

#endif
