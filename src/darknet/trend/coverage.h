/*
 * Which part of a bin did the sensor listen in? Told by what arrived, for nothing else knows it of a capture file: a
 * telescope that something reaches many times in a minute is not silent for minutes but when it is off.
 *
 *   coverage_mark() of arrivals, coverage_lost() of times known to be missing → coverage_close(): the share
 *
 * A bin has 64 parts. A run of parts without an arrival is silence of the sensor when at least ten would usually have
 * come in it at a quarter of the usual rate (nights are quieter), which chance leaves out once in 20,000 times; a
 * telescope that hears less than that is taken to be awake. What is usual
 * follows its bins, slowly upwards.
 * One thread.
 */
#ifndef NOROSHI_DARKNET_COVERAGE_H
#define NOROSHI_DARKNET_COVERAGE_H

#include "base/codec.h"
#include "base/time.h"

struct coverage {
	nanoseconds bin;             /* its length */
	uint64_t heard;              /* parts of the open bin, a bit each */
	uint32_t marks;              /* arrivals that were told of it */
	uint32_t bins;               /* that `usual` was learnt from */
	float usual;                 /* marks of a bin */
	nanoseconds lost_from, lost; /* the last time that is known to be missing; `lost` is behind it */
	uint64_t missing;            /* parts of the open bin that earlier such times touched */
};

void coverage_mark(struct coverage *coverage, nanoseconds open, nanoseconds time); /* in the bin that began at `open` */
/* Nothing was heard from `from` to `to`, or so much was lost that it says nothing. In order of time; before the bin
 * behind it is closed. `open`: when the open bin began, 0: none did. */
void coverage_lost(struct coverage *coverage, nanoseconds open, nanoseconds from, nanoseconds to);
/* The bin that began at `open` ended: 0 to 1. */
double coverage_close(struct coverage *coverage, nanoseconds open);

void coverage_put(const struct coverage *coverage, struct builder *to);
void coverage_get(struct coverage *coverage, struct reader *from); /* a wrong value fails the reader */

#endif
