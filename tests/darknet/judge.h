/*
 * Detectors on a synthetic year: which campaigns each found and when, and how often it cried for nothing.
 *
 * Baselines on the same data, for each port by its number of sources in an hour: a plain threshold (so many times the
 * mean of the last weeks) and CUSUM (Page, "Continuous inspection schemes", Biometrika 1954) of the deviations from the
 * port's own history with its hours and days, in standard deviations, with the usual allowance of half of one.
 */
#ifndef NOROSHI_TESTS_DARKNET_JUDGE_H
#define NOROSHI_TESTS_DARKNET_JUDGE_H

#include "year.h"

#define POINTS 3 /* working points of each detector */

struct verdict {
	nanoseconds found[CAMPAIGNS]; /* when; 0: never */
	unsigned wrong;               /* false alarms */
	unsigned outlier;             /* alarms about the month of misconfiguration */
	unsigned alarms;
	double listed, listed_bots; /* sources that groups listed, and those of them that were the campaign's */
};

struct judgement {
	struct verdict threshold[POINTS], cusum[POINTS], groups[POINTS];
	double threshold_at[POINTS], cusum_at[POINTS], groups_at[POINTS]; /* their parameters */
	double months;                                                    /* judged */
	double seconds; /* of this process's CPU, the making of the year included */
	uint64_t rows;
};

/* `points` of the groups, 1 to POINTS: each is a run of its own; the first is one false alarm a month. */
void judge_year(struct year *year, size_t points, struct judgement *judgement);

/* Of campaigns with at least `least` and at most `most` sources: how many there are, and were found; the median of the
 * delays in hours. */
struct share {
	unsigned all, found;
	double delay;
};
struct share verdict_share(const struct year *year, const struct verdict *verdict, uint32_t least, uint32_t most);

#endif
