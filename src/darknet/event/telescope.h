/*
 * A telescope: everything that is found in the packets to unused addresses.
 *
 *   frames → telescope_frames() → totals, ports, scans, victims; activities for whoever reads the history of many
 *
 * The same input in the same order gives the same results, from files or live, however it is sliced. Scans and victims
 * are kept until the end (at most `findings` of each; the others are counted). One thread.
 */
#ifndef NOROSHI_DARKNET_TELESCOPE_H
#define NOROSHI_DARKNET_TELESCOPE_H

#include "darknet/event/research.h"
#include "darknet/event/scans.h"
#include "darknet/event/sources.h"
#include "darknet/event/victims.h"
#include "darknet/trend/trends.h"
#include "match/origin.h"

/* Told while frames arrive, where not NULL: what lines.h writes. */
struct telescope_watch {
	/* Each frame, before anything that it causes is told; `arrival` is NULL unless it is to the telescope. */
	void (*frame)(void *context, const struct frame *frame, const struct arrival *arrival);
	source_beginner begun;
	source_visitor again;
	void (*scan)(void *context, const struct scan *scan);
	void (*victim)(void *context, const struct victim *victim);
	void *context;
};

struct telescope_settings {
	/* `activity` with `context` is told of each activity, with `research` filled in; `event` is the telescope's. */
	struct source_settings sources;
	uint32_t least_targets, least_answers; /* scans.h, victims.h */
	uint32_t findings;                     /* 0 = 1,000,000 */
	bool latest;                           /* of more findings the last are kept, not the first */
	struct telescope_watch watch;          /* zeroed: none */
	const struct research *research;       /* may be NULL; lives as long */
	const struct origins *origins;         /* the same: countries and networks of activities */
	struct trends *trends;                 /* may be NULL; told of each activity and of the end; lives as long */
};

struct telescope_part {
	uint64_t sources, packets; /* sources: events */
};

struct telescope_totals {
	uint64_t frames;
	uint64_t results[ARRIVAL_RESULTS]; /* frames by what became of them */
	uint64_t kinds[ARRIVAL_KINDS];     /* packets that were taken */
	uint64_t tools[TOOL_COUNT];        /* probes, by each packet's own header */
	uint64_t bytes, wrong_checksums, cut, fragments;
	nanoseconds first, last; /* of the packets that were taken; 0 when there was none */
	struct telescope_part misconfigured, worms, research, below, scans, victims, quiet; /* quiet: too few answers */
	struct telescope_part alike; /* of worms and scans: those that behave as researchers do */
	uint64_t untold;             /* scans and victims beyond the bound */
	uint64_t crowded;            /* scans that were not asked whether they are parts of one: coordinated.h */
	struct source_counts sources;
};

/* Probes to one port. */
struct telescope_port {
	uint16_t port; /* ICMP: type * 256 + code */
	uint8_t protocol;
	uint64_t packets;
	double sources, source_error; /* distinct ones; relative standard error, 0 = exact */
};

struct telescope;

enum error telescope_new(const struct telescope_settings *settings, struct telescope **made, struct failure *failure);
void telescope_free(struct telescope *telescope); /* NULL is fine */
enum error telescope_frames(
    struct telescope *telescope, const struct frame *frames, size_t count, struct failure *failure);
void telescope_close(struct telescope *telescope, nanoseconds now); /* sources_close() */
/* There is nothing more. ERROR_MEMORY: there was no room for what was found. */
enum error telescope_finish(struct telescope *telescope, struct failure *failure);

/* After telescope_finish(); all live as long as the telescope. */
struct telescope_totals telescope_count(const struct telescope *telescope);
const struct scan *telescope_scans(const struct telescope *telescope, size_t *count);     /* by time, then source */
const struct victim *telescope_victims(const struct telescope *telescope, size_t *count); /* the same */
const struct telescope_port *telescope_ports(const struct telescope *telescope, size_t *count); /* most packets first */

#endif
