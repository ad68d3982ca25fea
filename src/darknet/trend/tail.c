/*
 * The measured tail of scores: see the header.
 */
#include "darknet/trend/tail.h"

#include "darknet/trend/kept.h"

#include <math.h>
#include <stddef.h>

#define HALF_LIFE (60.0 * 24)
#define MONTH (30.0 * 24)
#define PEAKS 40 /* the exponential begins where this many peaks lie above */

static size_t bucket_of(double score)
{
	size_t bucket = score > 0 ? (size_t)(score * 2) : 0;
	return bucket < TAIL_BUCKETS ? bucket : TAIL_BUCKETS - 1;
}

void tail_note(struct tail *tail, double before, double score)
{
	if (before > 0) {
		float *old = &tail->counts[bucket_of(before)];
		*old = *old > 1 ? *old - 1 : 0;
	}
	tail->counts[bucket_of(score)] += 1;
}

void tail_step(struct tail *tail, double hours)
{
	float keep = (float)exp2(-hours / HALF_LIFE);
	tail->hours = tail->hours * keep + (float)hours;
	for (size_t i = 0; i < TAIL_BUCKETS; i++)
		tail->counts[i] *= keep;
}

/* The score above which `share` of the peaks beyond bucket `from` lie. */
static double quantile_beyond(const struct tail *tail, size_t from, double beyond, double share)
{
	double above = 0;
	for (size_t i = TAIL_BUCKETS; i-- > from;) {
		double here = tail->counts[i];
		if (above + here >= beyond * share)
			return ((double)i + 1 - (here > 0 ? (beyond * share - above) / here : 0)) / 2;
		above += here;
	}
	return (double)from / 2;
}

double tail_threshold(const struct tail *tail, double times, double unknown)
{
	double beyond = 0, months = tail->hours / MONTH;
	size_t from = TAIL_BUCKETS;
	while (from > 2 && beyond < PEAKS)
		beyond += tail->counts[--from];
	if (beyond < 3 || months <= 0)
		return unknown;
	double start = (double)from / 2;
	/* Median and upper tenth of what lies beyond: the slope that either of them says, the flatter of the two. */
	double middle = (quantile_beyond(tail, from, beyond, 0.5) - start) / log(2);
	double upper = (quantile_beyond(tail, from, beyond, 0.2) - start) / log(5);
	double slope = fmax(0.5, fmax(middle, upper));
	return fmax(start, start + slope * log(beyond / months / times));
}

void tail_put(const struct tail *tail, struct builder *to)
{
	uint16_t used = 0;
	for (size_t i = 0; i < TAIL_BUCKETS; i++)
		used = (uint16_t)(used + (tail->counts[i] > 0));
	put_float(to, tail->hours);
	put_u16(to, used);
	for (size_t i = 0; i < TAIL_BUCKETS; i++)
		if (tail->counts[i] > 0) {
			put_u16(to, (uint16_t)i);
			put_float(to, tail->counts[i]);
		}
}

void tail_get(struct tail *tail, struct reader *from)
{
	tail->hours = get_float(from, 0, 1e9f);
	for (uint16_t used = get_u16(from); used > 0 && !from->failed; used--) {
		uint16_t bucket = get_u16(from);
		if (bucket >= TAIL_BUCKETS)
			from->failed = true;
		else
			tail->counts[bucket] = get_float(from, 0, 1e12f);
	}
}
