/*
 * Scans: what one source asked of the telescope, as an analyst reads it, and what was no scan.
 *
 *   struct source_event → scan_judge() → struct scan, or the reason why it is none
 *
 * A scan reaches several addresses or ports: `least_targets` of one or the other (5 unless configured; Durumeric et
 * al., USENIX Security 2014, take 100 on a telescope of 5.5 million). Fewer is counted as below. One or two addresses
 * asked again and again on one or two ports is misconfiguration: somebody expects a service there. A worm is told by
 * its datagram, or by Mirai's header: hosts that scan because they were infected.
 */
#ifndef NOROSHI_DARKNET_SCANS_H
#define NOROSHI_DARKNET_SCANS_H

#include "darknet/event/estimate.h"
#include "darknet/event/sources.h"
#include "darknet/trend/habits.h"

struct coordinated;
struct coordinated_member;

enum scan_verdict {
	SCAN_IS,
	SCAN_BELOW,         /* too few packets to say */
	SCAN_MISCONFIGURED, /* repeated to few targets, or what asks nothing */
	SCAN_NOT,           /* backscatter: victims.h */
	SCAN_VERDICTS
};

/* Intervals depend on the number of targets only, but for their scale, and cost some 50 microseconds each: those of the
 * last few numbers are kept. */
#define SCAN_KEPT 1024
struct scan_kept {
	uint32_t targets;            /* 0 = nothing is kept here */
	struct estimate rate, reach; /* of one packet to each target, within one second */
};

struct scan_settings {
	const struct space *space;
	uint32_t least_targets; /* 0 = 5 */
	struct scan_kept *kept; /* SCAN_KEPT of them, zeroed at the beginning; one thread's */
};

struct scan {
	struct address source;
	nanoseconds first, last;
	uint32_t packets;
	double targets, target_error; /* as struct source_event's */
	double coverage;              /* share of the telescope's IPv4 addresses, 0–1; NaN of IPv6 */
	double seen_rate;             /* packets/s here, between the first and the last; NaN: at one moment */
	struct estimate rate;         /* packets/s to all of the Internet: estimate.h, which of them by `repeats` */
	struct estimate reach;        /* share of the Internet that it visited, 0–1 */
	uint32_t busiest;             /* packets here in its busiest minute; 0 = not followed */
	struct source_port ports[SOURCE_PORTS]; /* in order */
	uint32_t port_listed, port_count;
	bool port_least;
	bool repeats; /* draws addresses at random, with repetition: worms; else each once */
	bool worm;
	bool research;      /* by a list: its address or its name */
	uint8_t evidence;   /* enum research_evidence, of bits */
	struct habit habit; /* what it did over days: a label that decides nothing */
	uint8_t tool, marks;
	/* Of a coordinated scan (coordinated.h); then `source` is the first of them. The telescope's. */
	struct coordinated_member *members;
	size_t member_count;     /* 0 = one source alone */
	double together, sigmas; /* targets that as many such scans would have by chance, and how far that is away */
};

enum scan_verdict scan_judge(struct scan_settings *settings, const struct source_event *event, struct scan *scan);

/* The scan of all of them together; its members are for scan_clear(). False: no memory. */
bool scan_of_group(struct scan_settings *settings, const struct coordinated *found, struct scan *scan);
void scan_clear(struct scan *scan);
/* Leaves out the scans that are members of others among them; all sorted by scan_compare(). How many are left. */
size_t scan_drop_members(struct scan *scans, size_t count);
int scan_compare(const void *a, const void *b); /* by time, then source; a coordinated scan before its members */

#endif
