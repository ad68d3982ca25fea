/*
 * Gaps (欠測): times in which a sensor saw less than it should have, or nothing at all. Made by fleet/ from what each
 * sensor delivers, kept by store/, attached to every finding as its coverage (model/coverage.h; rule 13).
 *
 * A condition of a sensor that lasts is a gap that is open: there is no second place that says how a sensor does.
 */
#ifndef NOROSHI_MODEL_GAP_H
#define NOROSHI_MODEL_GAP_H

#include "base/catalog.h"
#include "base/hash.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

enum gap_kind {
	GAP_NEVER,       /* enrolled, and not heard of yet */
	GAP_SILENT,      /* nothing came */
	GAP_SLOW,        /* much less came than usually at that hour */
	GAP_DROPPING,    /* it says itself that it lost packets, or content */
	GAP_DRIFTING,    /* its clock is wrong */
	GAP_SAMPLED,     /* it looks at one packet in so many */
	GAP_MAINTENANCE, /* planned: silence is nobody's trouble meanwhile */
	GAP_NO_SENSOR,   /* no sensor of the organisation works; `sensor` is 0 */
	GAP_KINDS
};
const char *gap_kind_code(enum gap_kind kind); /* "silent", as in the API and the metrics */
bool gap_kind_parse(struct text code, enum gap_kind *kind);

#define GAP_WORDS 256

struct gap {
	uint64_t number; /* 1 …; 0 = not kept yet */
	uint32_t organisation, sensor;
	enum gap_kind kind;
	char code[32];        /* why, finer than the kind: "packets-dropped", "clock-ahead" (fleet/fleet.h) */
	nanoseconds from, to; /* by the centre's clock; to = 0: still open */
	uint64_t seen, lost;  /* packets (dropping); records that came, and that were missing (slow); bytes (content) */
	uint32_t sampling;    /* one packet in so many */
	nanoseconds error;    /* of the clock: positive = ahead of the centre's */
	char reason[GAP_WORDS];     /* of a maintenance: by a person */
	struct uuid author;         /* who planned it; nil = noticed by the centre */
	nanoseconds told, told_end; /* when its owner was told of it, and that it is over; 0 = not */
};

/* Nothing at all is seen in such a gap. */
bool gap_is_blind(enum gap_kind kind);
/* Overlaps [from, to). An open gap goes on for ever; one that ends where it begins was made up for and overlaps
 * nothing. */
bool gap_overlaps(const struct gap *gap, nanoseconds from, nanoseconds to);
/* One sentence for people: "Sensor gate: silent, 2026-11-21 12:10–13:40 JST". `catalog` NULL = English. */
void gap_write(const struct gap *gap, const char *sensor, const struct catalog *catalog, struct builder *to);

#endif
