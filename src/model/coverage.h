/*
 * Coverage (観測範囲): how much of what could have been seen in a time was looked at, from the organisation's sensors
 * and their gaps. It goes with every finding, count and notice (rule 13), is worked out when these are read, and is no
 * part of them: an event has the same id, members and text whatever its sensors did.
 */
#ifndef NOROSHI_MODEL_COVERAGE_H
#define NOROSHI_MODEL_COVERAGE_H

#include "model/gap.h"
#include "model/organisation.h"

#define COVERAGE_GAPS 24 /* that are listed */

struct coverage {
	nanoseconds from, to; /* [from, to) */
	uint32_t sensors;     /* that the organisation had then */
	uint32_t whole;       /* of them, those that were never blind */
	double share;         /* of the time of all of them in which they saw something, less what was dropped; 0–1 */
	uint32_t gaps_all, gap_count; /* in all; listed */
	struct coverage_gap {
		struct gap gap;
		char sensor[NAME_SIZE]; /* "" of one of the whole organisation */
	} gaps[COVERAGE_GAPS];
	/* while it is added up */
	double blind;        /* sensors' time without sight, in nanoseconds */
	bool in_sight;       /* of the sensor at hand: that it was there, */
	double dark, passed; /* its time without sight, and the share of packets that was not dropped */
	nanoseconds seen_to; /* and up to when that is counted */
};

/* An empty time is widened to one second: a single alert has a first and a last that are equal. */
void coverage_begin(struct coverage *coverage, nanoseconds from, nanoseconds to);
/* For each sensor, then its gaps by time of their beginning, then the next sensor; sensor 0 for gaps of the whole
 * organisation, which are listed only. What does not overlap the time is passed over. */
void coverage_sensor(struct coverage *coverage, const struct sensor *sensor);
void coverage_gap(struct coverage *coverage, const struct sensor *sensor, const struct gap *gap);
void coverage_end(struct coverage *coverage);

/* The sentence that says it all, without the gaps: "2 of 3 sensors watched the whole time (coverage 87 %)". */
void coverage_write(const struct coverage *coverage, const struct catalog *catalog, struct builder *to);

#endif
