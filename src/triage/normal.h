/*
 * What is normal in one organisation, learned from its own stream: how often each thing (a signature; a signature on a
 * host) happens, and at what time of the day. Called by judge.c with alerts in order of time.
 *
 * The surprise of an occurrence is −log10 of the probability of meeting the thing at least once in ten minutes, if it
 * came as a Poisson process of the rate learned so far. Rates are exponentially weighted (half-life one day), counted
 * in minutes that held an occurrence, so that a burst counts once. A thing never met before has the rate at which new
 * things come at all (Good and Turing's argument: Good, Biometrika 40, 1953): where everything is still new, newness
 * says nothing. A thing that came at the same time of the day on an earlier day has half the surprise: daily jobs are
 * no news.
 */
#ifndef NOROSHI_TRIAGE_NORMAL_H
#define NOROSHI_TRIAGE_NORMAL_H

#include "base/codec.h"
#include "base/error.h"
#include "base/time.h"

#include <stdint.h>

#define NORMAL_SLOTS 96 /* of a day: 15 minutes each */

struct habit {
	uint64_t key;        /* 0 = empty slot */
	nanoseconds counted; /* when `count` was last brought up to date */
	float count;         /* minutes with an occurrence, each weighted by its age */
	uint32_t day;        /* of `today`, days since 1970 */
	uint32_t earlier[NORMAL_SLOTS / 32], today[NORMAL_SLOTS / 32]; /* slots of the day in which it came */
};

struct normal {
	struct habit *habits; /* open addressing */
	uint32_t used, mask;
	uint32_t most; /* habits remembered; beyond, the rarest half is forgotten */
	uint64_t forgotten;
	nanoseconds start; /* of the stream; 0 = nothing seen yet */
	nanoseconds newest;
	double novel; /* new things, weighted by age */
	nanoseconds novel_at;
	nanoseconds exposed_from,
	    exposed_to; /* the newest exposure that was worked out: most alerts ask for it again */
	double exposure;
	nanoseconds aged; /* the newest age whose decay was worked out: habits of one burst have the same */
	double kept;
};

struct surprise {
	double expected; /* occurrences within ten minutes */
	double count;    /* minutes with an occurrence so far, weighted by age: 0 = never met */
	bool daily;      /* came at this time of the day before */
	bool settled;    /* met at once again at the same time, it changes nothing and is as surprising */
};

enum error normal_init(struct normal *normal, uint32_t most);
void normal_free(struct normal *normal);
/* Learns an occurrence of `key` at `time` and says how surprising it was before it was learned. `general`: the key is a
 * signature by itself, of which new ones are rarer than new pairs. */
struct surprise normal_meet(struct normal *normal, uint64_t key, nanoseconds time, bool general);
/* How surprising it was, 0 and up: 1 = one in ten. */
double surprise_value(const struct surprise *surprise);
/* Certainly surprise_value() of both together is less than `sum`, where `odds` is 10 to the power of -sum. Most alerts
 * are no surprise, and this says so in a nanosecond, without the logarithms of surprise_value() (40 ns each). */
bool surprise_is_less(const struct surprise *a, const struct surprise *b, double odds);
/* Share of the learning period that has passed, 0–1: how much newness may count. */
double normal_learned(const struct normal *normal, nanoseconds time, nanoseconds period);
size_t normal_memory(const struct normal *normal);

void normal_save(const struct normal *normal, struct builder *to);
enum error normal_load(struct normal *normal, struct reader *from);

#endif
