/*
 * Coordinated scans: several sources that divide the addresses of one scan among themselves.
 *
 *   struct scan with its set of targets, as they end → coordinated_add() → struct coordinated
 *
 * How. Who scans alone knows nothing of others: two scans of shares a and b of N addresses have a·b·N targets in common
 * by chance. The parts of one scan have none. So scans of the same ports by the same tool that began together and are
 * about as large are gathered in a cohort, with the union of their targets. When the cohort is complete, it is one scan
 * if its union is larger than chance makes that of as many scans of these sizes by `sigmas` standard deviations, and
 * less than a fifth of the overlap that chance makes is there. The idea of looking for the most coverage with the least
 * overlap: Gates, "Coordinated Scan Detection", NDSS 2009. Mean and variance of the addresses that subsets of fixed
 * sizes, drawn independently, leave free are exact (see coordinated.c).
 *
 * Not seen: parts too small for chance to make them overlap (together less than about 3 % of a telescope of 65,536
 * addresses), sources that begin more than `apart` after each other, or whose shares differ by more than half. Sources
 * that each draw at random (worms) overlap as chance has it, and are no scan together: groups.h looks for those. Two
 * who independently scan different networks within the telescope at the same time would be told as one.
 *
 * IPv4 only. Bounded: cohorts, and members of each; the oldest cohort is judged early when there is no room. A scan
 * that is no part of a cohort costs up to 32 comparisons: of the same ports by the same tool 8,192 of them for scans
 * that end within `apart`; further scans are then in no cohort, which is counted. What is told depends on the order of
 * scans only. One thread.
 */
#ifndef NOROSHI_DARKNET_COORDINATED_H
#define NOROSHI_DARKNET_COORDINATED_H

#include "darknet/event/cardinality.h"
#include "darknet/event/scans.h"

struct coordinated_settings {
	uint64_t addresses; /* of the telescope */
	nanoseconds apart;  /* its sources begin within; 0 = 10 minutes */
	double sigmas;      /* 0 = 6 */
	unsigned cohorts;   /* of 8.5 KiB at most; 0 = 1,024 */
	unsigned members;   /* of one cohort, 48 bytes each; 0 = 4,096 */
};

struct coordinated_member {
	struct address source;
	nanoseconds first, last;
	uint32_t packets, targets;
};

struct coordinated {
	const struct scan *example; /* the first that ended: ports, tool */
	nanoseconds first, last;
	uint64_t packets;
	double targets, target_error; /* of all together, distinct */
	double chance;                /* that as many such scans would have together, each on its own */
	double sigmas;                /* how far apart the two are */
	const struct coordinated_member *members;
	size_t count;
};

typedef void (*coordinated_visitor)(void *context, const struct coordinated *found); /* until it returns */

struct coordinating;

/* NULL without memory. `visit` may be NULL. */
struct coordinating *coordinating_new(
    const struct coordinated_settings *settings, coordinated_visitor visit, void *context);
void coordinating_free(struct coordinating *coordinating); /* tells nothing; NULL is fine */

/* A scan that ended, with the set of its targets; worms and research scanners are not asked for. */
void coordinated_add(struct coordinating *coordinating, const struct scan *scan, const struct cardinality *targets,
    const struct blocks *blocks);
/* No scan that began before `begin` is waited for any more: cohorts of such scans are judged. */
void coordinated_close(struct coordinating *coordinating, nanoseconds begin);
void coordinated_finish(struct coordinating *coordinating);            /* all of them */
uint64_t coordinated_crowded(const struct coordinating *coordinating); /* scans that were held against nothing */

#endif
