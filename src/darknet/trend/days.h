/*
 * Days and weeks of a port, country or network: how many different sources came on each.
 *
 *   days_count() of each source that is first on its day → days_close() → days_expected() of any later day, weeks
 *
 * Not sums of hours: one source that stays for a week is one on each of its days, not 168 sources. The level follows
 * its days (half-life 7 days), as history.h's does its hours; counts scatter by a negative binomial law with the
 * scatter that they had. Times are the caller's; a day of which the sensor saw less than half teaches nothing.
 */
#ifndef NOROSHI_DARKNET_DAYS_H
#define NOROSHI_DARKNET_DAYS_H

#include "base/codec.h"

#include <stdbool.h>
#include <stdint.h>

#define DAYS_WEEKS 53

struct days {
	uint64_t key;           /* whose they are */
	uint32_t today;         /* different sources of the open day */
	uint32_t known;         /* days that were closed, also those before it was first seen */
	float level, scatter;   /* of a day; 1/size */
	float week[DAYS_WEEKS]; /* mean of a day of finished weeks; [0] is the last one; below 0: not known */
	float week_sum;
	uint16_t week_days; /* of the open week, that count */
};

struct days_law {
	double mean, size;
};

/* Nothing came for `known` days before: that is its history. */
void days_begin(struct days *days, uint64_t key, uint32_t known);
/* What is expected of a day whose day of the week has this factor. */
struct days_law days_expected(const struct days *days, double factor);
/* The open day ended, of which the sensor saw the share `awake`. */
void days_close(struct days *days, double factor, double awake);
/* The open week ended: its mean is week[0], when at least four of its days count. */
void days_close_week(struct days *days);
/* What a week's mean is expected to be: the median of the four weeks before the last, or of the week 52 before it;
 * false when too little is known. */
bool days_expected_week(const struct days *days, bool year, struct days_law *law);

/* Kept over a restart; a wrong value fails the reader. */
void days_put(const struct days *days, struct builder *to);
void days_get(struct days *days, struct reader *from);

#endif
