/*
 * Histories: see the header.
 */
#include "darknet/history.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_DAYS 7.0  /* half-life of the level */
#define FACTOR_TIMES 20 /* sightings of an hour, or of a day's hours, in which half of its factor is new */
#define SCATTER_FIRST 0.05f
#define PROBES 16
#define WELL_KNOWN 50.0 /* per bin: from there on the factors are mostly its own */

struct histories {
	struct history *all;
	size_t mask, count;
	uint32_t age;
	uint64_t displaced;
	nanoseconds bin;
	int zone;
};

struct histories *histories_new(size_t most, nanoseconds bin, int zone)
{
	size_t room = PROBES;
	while (room < most + most / 4)
		room *= 2;
	struct histories *histories = calloc(1, sizeof *histories);
	if (!histories)
		return NULL;
	histories->all = calloc(room, sizeof *histories->all);
	if (!histories->all) {
		free(histories);
		return NULL;
	}
	histories->mask = room - 1;
	histories->bin = bin;
	histories->zone = zone;
	return histories;
}

void histories_free(struct histories *histories)
{
	if (histories)
		free(histories->all);
	free(histories);
}

/* It did not come since the table was made: that is its history. */
static void begin(const struct histories *histories, struct history *history, uint64_t key)
{
	*history =
	    (struct history){ .key = key, .scatter = SCATTER_FIRST, .bins = histories->age, .since = histories->age };
	for (size_t i = 0; i < 24; i++)
		history->hour[i] = 1;
	for (size_t i = 0; i < 7; i++)
		history->day[i] = 1;
	for (size_t i = 0; i < HISTORY_WEEKS; i++)
		history->week[i] = -1;
}

struct history *histories_add(struct histories *histories, uint64_t key, double amount)
{
	uint64_t at = hash_u64(key, 31);
	struct history *least = NULL;
	for (size_t i = 0; i < PROBES; i++) {
		struct history *history = &histories->all[(at + i) & histories->mask];
		if (!history->key) {
			begin(histories, history, key);
			histories->count++;
		}
		if (history->key == key) {
			history->now += (float)amount;
			return history;
		}
		if (!least || history->level + history->now < least->level + least->now)
			least = history;
	}
	histories->displaced++;
	begin(histories, least, key);
	least->now = (float)amount;
	return least;
}

struct history *histories_get(struct histories *histories, uint64_t key)
{
	uint64_t at = hash_u64(key, 31);
	for (size_t i = 0; i < PROBES; i++) {
		struct history *history = &histories->all[(at + i) & histories->mask];
		if (history->key == key)
			return history;
		if (!history->key)
			return NULL;
	}
	return NULL;
}

const struct history *histories_find(const struct histories *histories, uint64_t key)
{
	return histories_get((struct histories *)histories, key);
}

struct place {
	unsigned hour, day;
};

static struct place place_of(const struct histories *histories, nanoseconds bin)
{
	int64_t hours = (bin + histories->zone * SECOND) / HOUR;
	return (struct place){ (unsigned)(hours % 24), (unsigned)(hours / 24 % 7) };
}

double history_season(const struct histories *histories, const struct history *history, nanoseconds bin)
{
	struct place place = place_of(histories, bin);
	return history->hour[place.hour] * history->day[place.day];
}

struct expected history_expected(const struct histories *histories, const struct history *history, nanoseconds bin)
{
	double mean = history->level * history_season(histories, history, bin);
	/* What is known for a short time is known badly: gamma's predictive law of `bins` looks. */
	double scatter = history->scatter + 1 / ((double)history->level * history->bins + 0.3);
	return (struct expected){ fmax(mean, 0.3 / (history->bins + 1.0)), 1 / scatter };
}

static void learn_week(const struct histories *histories, struct history *history, double count)
{
	history->week_sum += (float)count;
	if (++history->week_bins < 7 * DAY / histories->bin)
		return;
	memmove(history->week + 1, history->week, (HISTORY_WEEKS - 1) * sizeof history->week[0]);
	history->week[0] = history->week_sum / (float)history->week_bins;
	history->week_sum = 0;
	history->week_bins = 0;
}

/* What all factors have in common belongs to the level. */
static void settle(struct history *history, float *factors, size_t count)
{
	float sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += factors[i];
	for (size_t i = 0; i < count; i++)
		factors[i] *= (float)count / sum;
	history->level *= sum / (float)count;
}

static void learn(struct histories *histories, struct history *history, nanoseconds bin)
{
	struct place place = place_of(histories, bin);
	struct expected expected = history_expected(histories, history, bin);
	double count = history->now, mean = expected.mean;
	learn_week(histories, history, count);
	history->now = 0;
	if (history->bins > 24) {
		double deviation = (3 + history->strange / 12.0) * sqrt(mean + mean * mean * history->scatter) + 1;
		bool above = count > mean, within = fabs(count - mean) <= deviation;
		history->strange = within || above != history->above ? 0 : (uint16_t)fmin(history->strange + 1, 1000);
		history->above = above;
		count = fmin(fmax(count, mean - deviation), mean + deviation);
		double excess = ((count - mean) * (count - mean) - mean) / fmax(mean * mean, 1);
		double scatter = history->scatter + 0.01 * mean / (mean + 5) * (excess - history->scatter);
		history->scatter = (float)fmin(fmax(scatter, 0.002), 2);
	}
	double season = history->hour[place.hour] * history->day[place.day];
	double speed = fmax(1.0 / (history->bins + 1), 1 - exp2(-(double)histories->bin / (LEVEL_DAYS * DAY)));
	history->level += (float)(speed * (count / season - history->level));
	if (history->bins++ < 72)
		return;
	/* Each hour of the day comes once in a day: the factors begin as means and go on as the level does. */
	double days = (double)history->bins * (double)histories->bin / DAY;
	double known = history->level / (history->level + WELL_KNOWN) * fmax(1 / days, log(2) / FACTOR_TIMES);
	double ratio = fmin(count / fmax(history->level, 1e-3), 4);
	float *hour = &history->hour[place.hour], *day = &history->day[place.day];
	*hour += (float)(known * (ratio / *day - *hour));
	*day += (float)(fmin(known * 7, 0.2) / 24 * (ratio / *hour - *day));
	*hour = fminf(fmaxf(*hour, 0.1f), 8);
	*day = fminf(fmaxf(*day, 0.1f), 8);
	if (place.hour == 0) {
		settle(history, history->hour, 24);
		settle(history, history->day, 7);
	}
}

void histories_close(struct histories *histories, nanoseconds bin)
{
	histories->age++;
	for (size_t i = 0; i <= histories->mask; i++) {
		struct history *history = &histories->all[i];
		if (!history->key)
			continue;
		if (history->now > 0 || history->level > 1e-3f) {
			learn(histories, history, bin);
		} else { /* most: seen once, long ago */
			learn_week(histories, history, 0);
			history->bins++;
		}
	}
}

uint64_t histories_displaced(const struct histories *histories)
{
	return histories->displaced;
}

size_t histories_count(const struct histories *histories)
{
	return histories->count;
}

uint32_t histories_age(const struct histories *histories)
{
	return histories->age;
}

void histories_change(struct histories *histories, history_visitor visit, void *context)
{
	for (size_t i = 0; i <= histories->mask; i++)
		if (histories->all[i].key)
			visit(context, &histories->all[i]);
}
