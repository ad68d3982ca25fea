/*
 * What each source did: a line of 64 bytes for each (source, kind) that was seen lately.
 *
 *   arrivals → sources_add() → activities, when their bin closes; events, when a source was silent for the time-out
 *
 * A source of one packet costs its line, 8 to 21 bytes of the index that finds it, and 4 of what ends it in time. A
 * second port, or a third target, gives it a trail (about 400 bytes: ports in order, distinct targets, packets of the
 * busiest minute); a second port within a bin a row of that bin. All of it is bounded; what is at its bound is counted
 * (struct source_counts). With all lines taken the stalest of its bucket ends: its event and activity are told as
 * they are.
 *
 * An event ends when its source sent nothing of that kind for the time-out. A slow scanner of all of the Internet at r
 * packets/s reaches a telescope of N addresses every 2^32/(r·N) s on average; waiting k times that splits it with a
 * probability of e^−k at each packet. sources_timeout() takes r = 10 (what Durumeric et al., USENIX Security 2014, call
 * a scan) and k = 5, within 10 minutes and 2 days.
 *
 * It is told when the time-out has passed, by the arrivals' own time: within a 64th of it, at most a minute; its
 * activity of the bin when that is over.
 *
 * Bins are of the arrivals' own time. One that is older than the current bin counts as at its beginning, and as late.
 * What is told depends on the order of arrivals only, never on how they are sliced. One thread.
 */
#ifndef NOROSHI_DARKNET_SOURCES_H
#define NOROSHI_DARKNET_SOURCES_H

#include "base/error.h"
#include "darknet/event/cardinality.h"
#include "darknet/packet/activity.h"
#include "darknet/packet/arrival.h"

#define SOURCE_PORTS 16                  /* that an event lists */
#define SOURCE_LINES ((uint64_t)1 << 30) /* no telescope remembers more sources at once */

/* How a source asked, or which answers a victim gave: bits of `marks`. */
enum source_mark {
	MARK_SYN = 1,    /* backscatter: SYN+ACK, of floods of SYNs to an open port */
	MARK_TCP = 2,    /* other flags (FIN, null, Xmas, ACK); backscatter: RST, of any flood over TCP */
	MARK_UDP = 4,    /* datagrams; backscatter: answers, or "port unreachable" of them */
	MARK_ECHO = 8,   /* ICMP requests; backscatter: replies */
	MARK_ERROR = 16, /* backscatter: ICMP errors of TCP or others */
	MARK_SCTP = 32,
	MARK_REST = 64,  /* other protocols, fragments */
	MARK_WORM = 128, /* the datagram of a worm */
};

struct source_port {
	uint16_t port; /* as struct activity's */
	uint8_t protocol;
};

/* What one source did from its first packet of a kind until it fell silent. */
struct source_event {
	struct address source; /* backscatter: the victim; IPv6: its /64 */
	nanoseconds first, last;
	nanoseconds
	    latest; /* backscatter: the first answer to the last question, as far as it is followed; else `last` */
	uint32_t packets;
	/* Distinct addresses of the telescope. Of backscatter: distinct questions that were answered, (address, ports,
	 * acknowledgement number; of ICMP the number of an echo or what an error quotes): an answer that is repeated
	 * counts once. */
	double targets;
	double target_error;             /* relative standard error; 0 = exact */
	const struct source_port *ports; /* in order of their first packet; until the visitor returns */
	uint32_t port_listed, port_count;
	bool port_least;    /* there were at least so many */
	uint32_t busiest;   /* packets in its busiest minute; 0 = not followed */
	uint64_t bytes;     /* of IP packets; 0 = not followed */
	uint8_t kind, tool; /* enum arrival_kind, arrival_tool that most of its packets say */
	uint8_t marks;
	uint8_t content; /* enum arrival_payload: the last one that was told */
	/* The set that `targets` counts, until the visitor returns; NULL = not followed. */
	const struct cardinality *distinct;
	const struct blocks *blocks;
};
typedef void (*source_visitor)(void *context, const struct source_event *event);
/* The packet with which an event begins. */
typedef void (*source_beginner)(void *context, const struct arrival *first);

struct source_settings {
	const struct space *space;
	nanoseconds bin;           /* 0 = an hour */
	nanoseconds timeout;       /* 0 = sources_timeout() */
	uint64_t lines;            /* at most; 0 = 10,000,000 */
	uint32_t trails;           /* 0 = 262,144 */
	uint32_t rows;             /* of a bin; 0 = 4,194,304 */
	uint32_t blocks;           /* of 8 KiB, for distinct targets; 0 = 32,768 */
	activity_visitor activity; /* may be NULL */
	activity_visitor first;    /* the same: of each activity when it begins, with what its first packet says */
	source_visitor event;      /* may be NULL */
	source_beginner begun;     /* the same */
	source_visitor again; /* the same: at the end of a bin, of an event that went on beyond a multiple of `every` */
	nanoseconds every;    /* 0 = a day */
	void *context;
};

struct source_counts {
	uint64_t arrivals, events, activities;
	uint64_t lines;      /* now */
	uint64_t lines_most; /* the most there were at once */
	uint64_t forgotten;  /* lines that ended because all were taken */
	uint64_t untrailed;  /* events that had to do without a trail */
	uint64_t unblocked;  /* counts of targets with 6.5 % error instead of 1.15 % or none */
	uint64_t rowless;    /* packets that are in no activity: all rows of the bin were taken */
	uint64_t late;       /* packets older than the bin */
};

struct sources;

nanoseconds sources_timeout(const struct space *space);
enum error sources_new(const struct source_settings *settings, struct sources **made, struct failure *failure);
void sources_free(struct sources *sources); /* tells nothing; NULL is fine */
enum error sources_add(struct sources *sources, const struct arrival *arrivals, size_t count, struct failure *failure);
/* The clock says that everything before `now` has arrived: closes bins, and tells events, that ended. */
void sources_close(struct sources *sources, nanoseconds now);
/* There is nothing more: closes everything. */
void sources_finish(struct sources *sources);
struct source_counts sources_count(const struct sources *sources);

#endif
