/*
 * Detectors on a synthetic year: which campaigns each found and when, and how often it cried for nothing.
 *
 * Baselines on the same data, for each port by its number of sources in an hour: a plain threshold (so many times the
 * mean of the last weeks) and CUSUM (Page, "Continuous inspection schemes", Biometrika 1954) of the deviations from the
 * port's own history with its hours and days, in standard deviations, with the usual allowance of half of one.
 *
 * Delays count from the first packet that a campaign sent.
 */
#ifndef NOROSHI_TESTS_DARKNET_JUDGE_H
#define NOROSHI_TESTS_DARKNET_JUDGE_H

#include "world.h"

#define THRESHOLDS 4 /* working points of each detector */
#define CUSUMS 6
#define GROUPS 3

struct verdict {
	double at;                          /* its parameter */
	nanoseconds found[WORLD_CAMPAIGNS]; /* when; 0: never */
	unsigned wrong;                     /* false alarms */
	unsigned mistakes;                  /* alarms about what was sent by mistake */
	unsigned alarms;
	double listed, listed_bots; /* sources that groups listed, and those of them that were the campaign's */
};

struct judgement {
	struct verdict threshold[THRESHOLDS], cusum[CUSUMS], groups[GROUPS];
	struct verdict rises;   /* changes of ports */
	struct verdict regions; /* rises of countries and networks */
	unsigned falls;         /* falls of ports where no campaign had ended, in the last eight days */
	unsigned falls_of_regions;
	nanoseconds begun[WORLD_CAMPAIGNS]; /* first packets; 0: it sent none */
	double months;                      /* judged */
	double seconds;                     /* of this process's CPU, the making of the year included */
	uint64_t rows;
};

/* `points` of the groups, 1 to GROUPS: each is a run of its own; the first is one false alarm a month. */
void judge_world(struct world *world, size_t points, struct judgement *judgement);

/* Of campaigns with at least `least` and at most `most` sources that sent something: how many there are, and were
 * found; median and 90th percentile of the delays in hours. */
struct share {
	unsigned all, found;
	double delay, late;
};
struct share verdict_share(const struct world *world, const struct judgement *judgement, const struct verdict *verdict,
    uint32_t least, uint32_t most);

#endif
