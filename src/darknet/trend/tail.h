/*
 * How surprising must a score be, that chance alone makes only so many alarms in a month?
 *
 *   scores of what is no alarm yet → tail_note() → tail_threshold() → alarms
 *
 * A model's own probabilities are never true in their tails (counts are more dispersed than any model says), so the
 * tail is measured: for each class of scores a histogram that forgets with a half-life of 60 days, and beyond its own
 * data an exponential, fitted by quantiles so that the alarms in it do not move it. The idea of peaks over a threshold
 * for streams: Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017. One thread.
 */
#ifndef NOROSHI_DARKNET_TAIL_H
#define NOROSHI_DARKNET_TAIL_H

#include "base/codec.h"

#define TAIL_BUCKETS 512 /* of half a unit (nat) each */

struct tail {
	float counts[TAIL_BUCKETS]; /* of peaks: the highest score of one thing within a day */
	float hours;                /* that were looked at, forgotten like the counts */
};

/* A peak rises from `before` (0: it is a new one) to `score`. */
void tail_note(struct tail *tail, double before, double score);
/* `hours` passed. */
void tail_step(struct tail *tail, double hours);
/* The score that is exceeded `times` a month (30 days) by chance; `unknown` when fewer than three peaks were
 * seen. */
double tail_threshold(const struct tail *tail, double times, double unknown);

/* Kept over a restart; a wrong value fails the reader. */
void tail_put(const struct tail *tail, struct builder *to);
void tail_get(struct tail *tail, struct reader *from);

#endif
