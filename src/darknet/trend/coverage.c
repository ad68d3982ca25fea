/*
 * Coverage of a bin; see the header.
 */
#include "darknet/trend/coverage.h"

#include "darknet/trend/kept.h"

#include <math.h>

#define PARTS 64
#define NIGHT 0.25 /* of the usual rate */
#define CERTAIN 10.0
#define UP_DAYS 7.0 /* half-lives */
#define DOWN_DAYS 1.0

static unsigned part_of(const struct coverage *coverage, nanoseconds open, nanoseconds time)
{
	nanoseconds since = time > open ? time - open : 0, each = (coverage->bin + PARTS - 1) / PARTS;
	nanoseconds part = since / each;
	return part < PARTS ? (unsigned)part : PARTS - 1;
}

void coverage_mark(struct coverage *coverage, nanoseconds open, nanoseconds time)
{
	coverage->heard |= (uint64_t)1 << part_of(coverage, open, time);
	coverage->marks += coverage->marks < UINT32_MAX;
}

/* How many parts in a row must be silent; more than there are: nothing can be said. */
static unsigned run_of(const struct coverage *coverage)
{
	double each = (double)coverage->usual / PARTS * NIGHT;
	return coverage->bins > 0 && each * PARTS >= CERTAIN ? (unsigned)fmax(1, ceil(CERTAIN / each)) : PARTS + 1;
}

static uint64_t last_missing(const struct coverage *coverage, nanoseconds open)
{
	uint64_t parts = 0;
	for (unsigned part = 0; part < PARTS; part++) {
		nanoseconds begin = open + (nanoseconds)part * coverage->bin / PARTS;
		nanoseconds end = open + (nanoseconds)(part + 1) * coverage->bin / PARTS;
		parts |= (uint64_t)(coverage->lost_from < end && coverage->lost > begin) << part;
	}
	return parts;
}

void coverage_lost(struct coverage *coverage, nanoseconds open, nanoseconds from, nanoseconds to)
{
	if (to <= from)
		return;
	if (from > coverage->lost) {
		coverage->missing |= open ? last_missing(coverage, open) : 0;
		coverage->lost_from = from;
	}
	coverage->lost_from = from < coverage->lost_from ? from : coverage->lost_from;
	coverage->lost = to > coverage->lost ? to : coverage->lost;
}

/* Slowly up, for what comes in a campaign is not usual; quickly down: too little is the safe side. */
static void learn(struct coverage *coverage, double awake)
{
	double count = coverage->marks / awake, days = count > coverage->usual ? UP_DAYS : DOWN_DAYS;
	double speed = fmax(1.0 / (coverage->bins + 1), 1 - exp2(-(double)coverage->bin / (days * DAY)));
	if (coverage->bins > 24)
		count = fmin(count, 1.5 * coverage->usual + 1);
	coverage->usual += (float)(speed * (count - coverage->usual));
	coverage->bins += coverage->bins < UINT32_MAX;
}

double coverage_close(struct coverage *coverage, nanoseconds open)
{
	uint64_t missing = coverage->missing | last_missing(coverage, open);
	unsigned least = run_of(coverage), silent = 0, run = 0;
	for (unsigned part = 0; part <= PARTS; part++) {
		bool lost = part < PARTS && (missing >> part & 1);
		if (part < PARTS && !lost && !(coverage->heard >> part & 1)) {
			run++;
			continue;
		}
		silent += run >= least ? run : 0;
		run = 0;
		silent += lost;
	}
	double awake = 1 - (double)silent / PARTS;
	if (awake >= 0.5)
		learn(coverage, awake);
	coverage->heard = coverage->missing = 0;
	coverage->marks = 0;
	return awake;
}

void coverage_put(const struct coverage *coverage, struct builder *to)
{
	put_i64(to, coverage->bin);
	put_u64(to, coverage->heard);
	put_u32(to, coverage->marks);
	put_u32(to, coverage->bins);
	put_float(to, coverage->usual);
	put_i64(to, coverage->lost_from);
	put_i64(to, coverage->lost);
}

void coverage_get(struct coverage *coverage, struct reader *from)
{
	get_same(from, (uint64_t)coverage->bin);
	coverage->heard = get_u64(from);
	coverage->marks = get_u32(from);
	coverage->bins = get_u32(from);
	coverage->usual = get_float(from, 0, 1e15f);
	coverage->lost_from = get_time(from);
	coverage->lost = get_time(from);
}
