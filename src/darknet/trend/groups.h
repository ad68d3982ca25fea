/*
 * Synchronised groups: sources that begin to act together although each of them is quiet.
 *
 *   activities → groups_add() … groups_check() → struct group, as soon as it is certain
 *
 * How. Of a botnet that sends one packet from each source in an hour no source is striking, and on a busy port not even
 * their sum. Striking is that many sources that were not here before have *the same thing in common at the same time*.
 * So newcomers are counted (sources first seen on a port, or at all, within `days`) in cells of what they may have in
 * common: port; port and shape of header, network, country or tool; shape; network. Each cell has its own history
 * (gamma-Poisson with its own scatter, times the season of its port); its counts over 1, 4 and 24 bins are held against
 * that. What remains improbable beyond the measured tail of such scores (tail.h), set to the false alarms a month that
 * are asked for, is a group: first the purest cell, whose newcomers are its members; their packets are then taken out
 * of every other cell, so that one group is told once and what hides behind it appears.
 *
 * The idea that synchrony betrays quiet campaigns: Han, Shimamura, Takahashi, Inoue, Takeuchi, Nakao, "Dark-TRACER:
 * Early Detection Framework for Malware Activity Based on Anomalous Spatiotemporal Patterns", IEEE Access 2022, who
 * look for it by graphical lasso and factorisation of matrices and tensors of (source, port) counts. Ours is neither:
 * what was measured, and against what, is in docs/darknet-detection.md.
 *
 * Certain early: counts of an open bin are held against what is expected of all of it; they only grow. So a check every
 * minute tells a group minutes after it began. Rows may be told when they begin, or all when their bin closed (files).
 *
 * Bounded: cells, memory of sources, newcomers of a day, groups, their members and the addresses that are listed of
 * them; what found no room is counted.
 * Scans (kind probe) only; known research scanners are left out. One thread.
 */
#ifndef NOROSHI_DARKNET_GROUPS_H
#define NOROSHI_DARKNET_GROUPS_H

#include "base/codec.h"
#include "base/time.h"
#include "darknet/packet/activity.h"

#include <stdbool.h>
#include <stddef.h>

struct groups_settings {
	nanoseconds bin;
	double alarms;      /* groups a month (30 days) that chance may make */
	unsigned least;     /* sources of a group */
	unsigned learn;     /* days before the first is told */
	unsigned days;      /* a source that was not seen so long is a newcomer */
	size_t cells;       /* 120 bytes each */
	size_t seen;        /* pairs of source and port, 4 bytes each */
	size_t newcomers;   /* of the last day, 72 bytes each */
	size_t members;     /* of all open groups, 16 bytes each */
	unsigned addresses; /* listed of one group, */
	size_t listed;      /* and of all that are remembered, 16 bytes each */
	int zone;           /* seconds east of UTC, of days and hours in the season */
};
extern const struct groups_settings groups_usual; /* bins of an hour, one false alarm a month, some 100 MB */

/* What its members have in common: of the cell that gave it away. */
enum group_by {
	GROUP_BY_PORT,
	GROUP_BY_PORT_SHAPE,
	GROUP_BY_PORT_NETWORK,
	GROUP_BY_PORT_COUNTRY,
	GROUP_BY_PORT_TOOL,
	GROUP_BY_SHAPE,
	GROUP_BY_NETWORK,
	GROUP_BYS
};

#define GROUP_PORTS 16

struct group {
	uint64_t number;         /* 1, 2, … */
	nanoseconds noticed;     /* the check that found it */
	nanoseconds first, last; /* packets of its members */
	uint64_t packets;        /* of them, as told */
	uint32_t sources;        /* members so far; it grows while it is open */
	uint32_t told;           /* times it was told: more than 1 when it doubled, or came to another port */
	uint32_t sources_told;   /* of them, when it was told last */
	/* The evidence. */
	enum group_by by;
	struct activity example;    /* port, protocol, shape, network, country, tool: what `by` says is in common */
	uint32_t observed;          /* newcomers in the window … */
	double expected;            /* … and what its history says; observed - expected over observed is its purity */
	unsigned window;            /* bins */
	double surprise, threshold; /* -ln of the probability, and where alarms begin now */
	/* Ports that its members sent to, most packets first is not promised. */
	uint16_t ports[GROUP_PORTS];
	uint8_t protocols[GROUP_PORTS];
	unsigned port_count;
	/* The indicators: `address_count` of its members, as they came. Others found no room, or came when more of all
	 * who had joined were to be expected anyway than a group's purity allows. */
	struct address *addresses;
	size_t address_count, address_room;
	size_t listed; /* of the addresses: those that were told */
	double usual;  /* newcomers that the histories of its cells say for each bin: they join, too */
	bool open;     /* still acting; false: it was told for the last time */
};

typedef void (*group_visitor)(void *context, const struct group *group);

struct groups;

struct groups *groups_new(const struct groups_settings *settings); /* NULL without memory */
void groups_free(struct groups *groups);

/* Rows of the open bin: when they begin, with the packets so far, or when their bin closed. Once for each. Many at once
 * are cheaper: what they look up is fetched meanwhile. */
void groups_add(struct groups *groups, const struct activity *activities, size_t count);
/* Packets of a row beyond those that groups_add() was told. */
void groups_more(struct groups *groups, const struct activity *activity, uint32_t packets);
/* Tells groups that are certain by `now`, a time in the open bin. Every minute or so; cheap when nothing came. */
void groups_check(struct groups *groups, nanoseconds now, group_visitor visit, void *context);
/* Tells each open group of whose addresses at least so many were not told yet: `listed` is where they begin. */
void groups_grown(struct groups *groups, size_t least, group_visitor visit, void *context);
/* The bin that began at `bin` ended; every bin must be closed, in order. Tells as groups_check() does, and at the end
 * of a day groups that stopped (`open` is false then). `awake`: the
 * share of it in which the sensor listened (1: all of it). A bin of which it missed more than half did not happen:
 * nobody new is counted in it, nothing is learnt, and what was seen before it is not forgotten the sooner. */
void groups_close(struct groups *groups, nanoseconds bin, double awake, group_visitor visit, void *context);
/* Those that are remembered (the open ones, and the last that closed). */
void groups_each(const struct groups *groups, group_visitor visit, void *context);

struct groups_lost {
	uint64_t cells, sources, newcomers, members, addresses; /* that had no room */
};
struct groups_lost groups_lost(const struct groups *groups);

/* Kept over a restart, but for groups that ended: written, and read into a new one of the same settings. What is no
 * such thing fails the reader; what it was read into is then good for nothing but to be freed. */
void groups_put(const struct groups *groups, struct builder *to);
void groups_get(struct groups *groups, struct reader *from);
/* Of each group which addresses were told. What was kept without it tells them once more. */
void groups_put_listed(const struct groups *groups, struct builder *to);
void groups_get_listed(struct groups *groups, struct reader *from);
/* Of each group how many newcomers are usual. What was kept without it goes on as if there were none: it lists more. */
void groups_put_usual(const struct groups *groups, struct builder *to);
void groups_get_usual(struct groups *groups, struct reader *from);

#endif
