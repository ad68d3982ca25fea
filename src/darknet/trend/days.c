/*
 * Days and weeks; see the header.
 */
#include "darknet/trend/days.h"

#include "darknet/trend/kept.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_DAYS 7.0 /* half-life */
#define SCATTER_FIRST 0.1f
#define WEEK_LEAST 4 /* days of a week that make it known */

void days_begin(struct days *days, uint64_t key, uint32_t known)
{
	*days = (struct days){ .key = key, .known = known, .scatter = SCATTER_FIRST };
	/* Of weeks nobody knows where they began: those that were seen for certain were empty. */
	for (size_t i = 0; i < DAYS_WEEKS; i++)
		days->week[i] = i < known / 7 ? 0 : -1;
}

struct days_law days_expected(const struct days *days, double factor)
{
	double mean = days->level * factor;
	/* What is known for a short time is known badly: gamma's predictive law of `known` looks. */
	double scatter = days->scatter + 1 / ((double)days->level * days->known + 0.3);
	return (struct days_law){ fmax(mean, 0.3 / (days->known + 1.0)), 1 / scatter };
}

/* What is further than three deviations counts as three: a burst is no new level. */
static double tame(const struct days *days, double count, double mean)
{
	double deviation = 3 * sqrt(mean + mean * mean * days->scatter) + 1;
	return days->known > 7 ? fmin(fmax(count, mean - deviation), mean + deviation) : count;
}

void days_close(struct days *days, double factor, double awake)
{
	double count = days->today;
	days->today = 0;
	if (awake < 0.5)
		return;
	count /= awake;
	days->week_sum += (float)count;
	days->week_days++;
	double mean = days_expected(days, factor).mean, taken = tame(days, count, mean);
	if (days->known > 7) {
		double excess = ((taken - mean) * (taken - mean) - mean) / fmax(mean * mean, 1);
		double scatter = days->scatter + 0.05 * mean / (mean + 5) * (excess - days->scatter);
		days->scatter = (float)fmin(fmax(scatter, 0.002), 2);
	}
	double speed = fmax(1.0 / (days->known + 1), 1 - exp2(-1 / LEVEL_DAYS));
	days->level += (float)(speed * (taken / factor - days->level));
	days->known++;
}

void days_close_week(struct days *days)
{
	memmove(days->week + 1, days->week, (DAYS_WEEKS - 1) * sizeof days->week[0]);
	days->week[0] = days->week_days >= WEEK_LEAST ? days->week_sum / (float)days->week_days : -1;
	days->week_sum = 0;
	days->week_days = 0;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* Sources stay for days: a week is worth one day's count, with the scatter that its weeks had, not below 5 %. */
bool days_expected_week(const struct days *days, bool year, struct days_law *law)
{
	float before[4];
	double spread = 0;
	for (size_t i = 0; i < 6; i++)
		if (days->week[i] < 0)
			return false;
	if (year && days->week[52] < 0)
		return false;
	for (size_t i = 1; i < 5; i++) {
		before[i - 1] = days->week[i];
		spread += fabs(days->week[i] - days->week[i + 1]) / 4 * 1.25;
	}
	qsort(before, 4, sizeof before[0], by_value);
	double usual = year ? days->week[52] : (before[1] + before[2]) / 2;
	double relative = fmin(spread / fmax(usual, 1), 2);
	law->mean = fmax(usual, 0.3 / 29);
	law->size = 1 / (relative * relative + 0.0025 + 1 / (usual * 28 + 0.3));
	return true;
}

void days_put(const struct days *days, struct builder *to)
{
	put_u64(to, days->key);
	put_u32(to, days->today);
	put_u32(to, days->known);
	put_float(to, days->level);
	put_float(to, days->scatter);
	for (size_t i = 0; i < DAYS_WEEKS; i++)
		put_float(to, days->week[i]);
	put_float(to, days->week_sum);
	put_u16(to, days->week_days);
}

void days_get(struct days *days, struct reader *from)
{
	days->key = get_u64(from);
	days->today = get_u32(from);
	days->known = get_u32(from);
	days->level = get_float(from, 0, 1e15f);
	days->scatter = get_float(from, 0, 2);
	for (size_t i = 0; i < DAYS_WEEKS; i++)
		days->week[i] = get_float(from, -1, 1e15f);
	days->week_sum = get_float(from, 0, 1e15f);
	days->week_days = get_u16(from);
}
