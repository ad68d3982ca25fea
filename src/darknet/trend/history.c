/*
 * Histories: see the header.
 */
#include "darknet/trend/history.h"

#include "base/hash_inline.h"
#include "darknet/trend/kept.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_DAYS 7.0  /* half-life of the level */
#define FACTOR_TIMES 20 /* sightings of an hour, or of a day's hours, in which half of its factor is new */
#define SCATTER_FIRST 0.05f
#define PROBES 16
#define COUNT_MOST 1e15f
#define WELL_KNOWN 50.0 /* per bin: from there on the factors are mostly its own */

struct slot {
	uint32_t place; /* 1 + where it stands in `all`; 0: free */
	uint32_t tag;   /* the upper half of its key's hash: others need not be looked at */
};

struct histories {
	struct history *all; /* the first `count` */
	struct slot *slots;  /* by the lower half */
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
	histories->all = calloc(room, sizeof *histories->all); /* pages that nobody touches cost nothing */
	histories->slots = calloc(room, sizeof *histories->slots);
	if (!histories->all || !histories->slots) {
		histories_free(histories);
		return NULL;
	}
	histories->mask = room - 1;
	histories->bin = bin;
	histories->zone = zone;
	return histories;
}

void histories_free(struct histories *histories)
{
	if (!histories)
		return;
	free(histories->all);
	free(histories->slots);
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
}

static uint64_t hash_of(uint64_t key)
{
	return hash_u64_inline(key, 31);
}

/* The slot of a key or the free one where it belongs; NULL: others stand in all of them. */
static struct slot *slot_of(const struct histories *histories, uint64_t key, uint64_t hash)
{
	for (size_t i = 0; i < PROBES; i++) {
		struct slot *slot = &histories->slots[(hash + i) & histories->mask];
		if (!slot->place || (slot->tag == hash >> 32 && histories->all[slot->place - 1].key == key))
			return slot;
	}
	return NULL;
}

static struct slot *least_of(const struct histories *histories, uint64_t hash)
{
	struct slot *least = NULL;
	float worth = 0;
	for (size_t i = 0; i < PROBES; i++) {
		struct slot *slot = &histories->slots[(hash + i) & histories->mask];
		const struct history *history = &histories->all[slot->place - 1];
		if (!least || history->level + history->now < worth) {
			least = slot;
			worth = history->level + history->now;
		}
	}
	return least;
}

struct history *histories_add(struct histories *histories, uint64_t key, double amount)
{
	uint64_t hash = hash_of(key);
	struct slot *slot = slot_of(histories, key, hash);
	bool known = slot && slot->place;
	if (!slot) {
		histories->displaced++;
		slot = least_of(histories, hash);
	} else if (!known) {
		slot->place = (uint32_t)++histories->count;
	}
	struct history *history = &histories->all[slot->place - 1];
	if (!known) {
		slot->tag = (uint32_t)(hash >> 32);
		begin(histories, history, key);
	}
	history->now += (float)amount;
	return history;
}

struct history *histories_add_at(struct histories *histories, uint64_t key, double amount, size_t index)
{
	struct history *history = &histories->all[index];
	if (index >= histories->count || history->key != key)
		return histories_add(histories, key, amount);
	history->now += (float)amount;
	return history;
}

struct history *histories_get(struct histories *histories, uint64_t key)
{
	const struct slot *slot = slot_of(histories, key, hash_of(key));
	return slot && slot->place ? &histories->all[slot->place - 1] : NULL;
}

void histories_fetch(const struct histories *histories, uint64_t key)
{
	const struct slot *slot = &histories->slots[hash_of(key) & histories->mask];
	__builtin_prefetch(slot);
	__builtin_prefetch(slot + 64 / sizeof *slot); /* a look-up may go on there */
}

size_t histories_fetch_found(const struct histories *histories, uint64_t key)
{
	uint64_t hash = hash_of(key);
	for (size_t i = 0; i < PROBES; i++) {
		const struct slot *slot = &histories->slots[(hash + i) & histories->mask];
		if (!slot->place || slot->tag == hash >> 32) {
			size_t index = slot->place ? slot->place - 1 : 0;
			__builtin_prefetch(&histories->all[index], 1);
			return index;
		}
	}
	return 0;
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

double history_day(const struct histories *histories, const struct history *history, nanoseconds bin)
{
	return history->day[place_of(histories, bin).day];
}

struct expected history_expected(const struct histories *histories, const struct history *history, nanoseconds bin)
{
	double mean = history->level * history_season(histories, history, bin);
	/* What is known for a short time is known badly: gamma's predictive law of `bins` looks. */
	double scatter = history->scatter + 1 / ((double)history->level * history->bins + 0.3);
	return (struct expected){ fmax(mean, 0.3 / (history->bins + 1.0)), 1 / scatter };
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

static void learn(struct histories *histories, struct history *history, nanoseconds bin, double awake)
{
	struct place place = place_of(histories, bin);
	struct expected expected = history_expected(histories, history, bin);
	double count = history->now / awake, mean = expected.mean;
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

void histories_close(struct histories *histories, nanoseconds bin, double awake)
{
	bool learns = awake >= 0.5;
	histories->age += learns;
	for (size_t i = 0; i < histories->count; i++) {
		struct history *history = &histories->all[i];
		if (!learns)
			history->now = 0;
		else if (history->now > 0 || history->level > 1e-3f)
			learn(histories, history, bin, awake);
		else /* most: seen once, long ago */
			history->bins++;
	}
}

size_t histories_index(const struct histories *histories, const struct history *history)
{
	return (size_t)(history - histories->all);
}

uint64_t histories_displaced(const struct histories *histories)
{
	return histories->displaced;
}

size_t histories_count(const struct histories *histories)
{
	return histories->count;
}

size_t histories_room(const struct histories *histories)
{
	return histories->mask + 1;
}

uint32_t histories_age(const struct histories *histories)
{
	return histories->age;
}

void histories_change(struct histories *histories, history_visitor visit, void *context)
{
	for (size_t i = 0; i < histories->count; i++)
		visit(context, &histories->all[i]);
}

/* ── kept ─ */

static void put_history(struct builder *to, const struct history *history)
{
	put_u64(to, history->key);
	put_float(to, history->now);
	put_float(to, history->level);
	put_float(to, history->scatter);
	for (size_t i = 0; i < 24; i++)
		put_float(to, history->hour[i]);
	for (size_t i = 0; i < 7; i++)
		put_float(to, history->day[i]);
	put_u16(to, history->strange);
	put_u8(to, history->above);
	put_u32(to, history->bins);
	put_u32(to, history->since);
	for (size_t i = 0; i < 4; i++) {
		put_float(to, history->marks[i].peak);
		put_u32(to, history->marks[i].peak_bin);
		put_u32(to, history->marks[i].quiet);
	}
}

static void get_history(struct reader *from, struct history *history)
{
	history->key = get_u64(from);
	history->now = get_float(from, 0, COUNT_MOST);
	history->level = get_float(from, 0, COUNT_MOST);
	history->scatter = get_float(from, 0.001f, 2);
	for (size_t i = 0; i < 24; i++)
		history->hour[i] = get_float(from, 0.001f, 100);
	for (size_t i = 0; i < 7; i++)
		history->day[i] = get_float(from, 0.001f, 100);
	history->strange = get_u16(from);
	history->above = get_u8(from) != 0;
	history->bins = get_u32(from);
	history->since = get_u32(from);
	for (size_t i = 0; i < 4; i++) {
		history->marks[i].peak = get_float(from, 0, COUNT_MOST);
		history->marks[i].peak_bin = get_u32(from);
		history->marks[i].quiet = get_u32(from);
	}
	if (history->key == 0)
		from->failed = true;
}

void histories_put(const struct histories *histories, struct builder *to)
{
	put_u64(to, histories->mask);
	put_i64(to, histories->bin);
	put_i64(to, histories->zone);
	put_u32(to, histories->age);
	put_u64(to, histories->displaced);
	put_u64(to, histories->count);
	for (size_t place = 0; place <= histories->mask; place++)
		if (histories->slots[place].place) {
			put_u32(to, (uint32_t)place);
			put_u32(to, histories->slots[place].place);
		}
	for (size_t i = 0; i < histories->count; i++)
		put_history(to, &histories->all[i]);
}

void histories_get_kept(struct histories *histories, struct reader *from)
{
	get_same(from, histories->mask);
	get_same(from, (uint64_t)histories->bin);
	get_same(from, (uint64_t)histories->zone);
	histories->age = get_u32(from);
	histories->displaced = get_u64(from);
	histories->count = get_u64_below(from, histories->mask + 2);
	for (size_t i = 0; i < histories->count && !from->failed; i++) {
		uint32_t *place = &histories->slots[get_u32_below(from, histories->mask + 1)].place;
		from->failed = from->failed || *place != 0;
		*place = 1 + get_u32_below(from, histories->count + 1);
		from->failed = from->failed || *place < 2;
		*place -= 1;
	}
	for (size_t i = 0; i < histories->count && !from->failed; i++)
		get_history(from, &histories->all[i]);
	for (size_t i = 0; i <= histories->mask && !from->failed; i++)
		if (histories->slots[i].place)
			histories->slots[i].tag =
			    (uint32_t)(hash_of(histories->all[histories->slots[i].place - 1].key) >> 32);
}
