/*
 * What is normal in one organisation. See normal.h.
 */
#include "triage/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALF_LIFE ((double)DAY)
#define WINDOW (10.0 * (double)MINUTE)
#define PRIOR 0.5               /* Jeffreys' prior for a Poisson rate */
#define GENERAL_SHARE (1.0 / 3) /* of new things, how many are new signatures rather than known ones on a new host */
#define GENERATION 14           /* days after which a time of the day that no longer recurs is forgotten */

static double decay(nanoseconds from, nanoseconds to)
{
	return to > from ? exp2(-(double)(to - from) / HALF_LIFE) : 1;
}

enum error normal_init(struct normal *normal, uint32_t most)
{
	*normal = (struct normal){ .mask = 63, .most = most < 64 ? 64 : most };
	normal->habits = calloc(normal->mask + 1, sizeof *normal->habits);
	return normal->habits ? OK : ERROR_MEMORY;
}

void normal_free(struct normal *normal)
{
	free(normal->habits);
	*normal = (struct normal){ 0 };
}

static struct habit *slot_of(struct habit *habits, uint32_t mask, uint64_t key)
{
	uint32_t at = (uint32_t)(key ^ (key >> 32)) & mask;
	while (habits[at].key && habits[at].key != key)
		at = (at + 1) & mask;
	return &habits[at];
}

static void move_into(struct normal *normal, struct habit *habits, uint32_t mask)
{
	for (uint32_t i = 0; i <= normal->mask; i++)
		if (normal->habits[i].key)
			*slot_of(habits, mask, normal->habits[i].key) = normal->habits[i];
	free(normal->habits);
	normal->habits = habits;
	normal->mask = mask;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Forgets the half that is least in use now. Depends on what was learned only, not on the table's order. */
static void forget_half(struct normal *normal)
{
	double *counts = malloc(normal->used * sizeof *counts);
	struct habit *habits = calloc(normal->mask + 1, sizeof *habits);
	if (!counts || !habits) {
		free(counts);
		free(habits);
		return;
	}
	uint32_t n = 0;
	for (uint32_t i = 0; i <= normal->mask; i++)
		if (normal->habits[i].key)
			counts[n++] = normal->habits[i].count * decay(normal->habits[i].counted, normal->newest);
	qsort(counts, n, sizeof *counts, compare_double);
	double least = counts[n / 2];
	for (uint32_t i = 0; i <= normal->mask; i++) {
		struct habit *habit = &normal->habits[i];
		if (habit->key && habit->count * decay(habit->counted, normal->newest) <= least) {
			habit->key = 0;
			normal->used--;
			normal->forgotten++;
		}
	}
	free(counts);
	move_into(normal, habits, normal->mask);
}

static struct habit *habit_of(struct normal *normal, uint64_t key)
{
	if (!key)
		key = 1;
	struct habit *habit = slot_of(normal->habits, normal->mask, key);
	if (habit->key)
		return habit;
	if (normal->used >= normal->most)
		forget_half(normal);
	else if (normal->used * 4 >= normal->mask * 3) {
		uint32_t mask = normal->mask * 2 + 1;
		struct habit *habits = calloc((size_t)mask + 1, sizeof *habits);
		if (habits)
			move_into(normal, habits, mask);
		else
			forget_half(normal);
	}
	habit = slot_of(normal->habits, normal->mask, key);
	habit->key = key;
	normal->used++;
	return habit;
}

static bool slot_is_set(const uint32_t *slots, unsigned slot)
{
	return slots[slot / 32] >> (slot % 32) & 1;
}

/* Whether the thing came around this time on an earlier day; notes that it came now, *noted: as it had been before. */
static bool daily(struct habit *habit, nanoseconds time, bool *noted)
{
	uint32_t day = (uint32_t)(time / DAY);
	unsigned slot = (unsigned)(time % DAY / (DAY / NORMAL_SLOTS));
	if (day > habit->day) {
		bool generation = day / GENERATION != habit->day / GENERATION;
		for (unsigned i = 0; i < NORMAL_SLOTS / 32; i++) {
			habit->earlier[i] = (generation ? 0 : habit->earlier[i]) | habit->today[i];
			habit->today[i] = 0;
		}
		habit->day = day;
	}
	bool was = slot_is_set(habit->earlier, slot) || slot_is_set(habit->earlier, (slot + 1) % NORMAL_SLOTS) ||
		   slot_is_set(habit->earlier, (slot + NORMAL_SLOTS - 1) % NORMAL_SLOTS);
	*noted = slot_is_set(habit->today, slot);
	habit->today[slot / 32] |= 1u << (slot % 32);
	return was;
}

/* How long has been learned, weighted by age. */
static double exposure_of(struct normal *normal, nanoseconds time)
{
	if (normal->exposed_to != time || normal->exposed_from != normal->start) {
		double passed = (double)(time - normal->start) / HALF_LIFE;
		normal->exposure = (1 - exp2(-passed)) * HALF_LIFE / M_LN2;
		normal->exposed_from = normal->start;
		normal->exposed_to = time;
	}
	return normal->exposure;
}

static double kept_of(struct normal *normal, nanoseconds from, nanoseconds to)
{
	if (to <= from)
		return 1;
	if (normal->aged != to - from) {
		normal->aged = to - from;
		normal->kept = decay(from, to);
	}
	return normal->kept;
}

struct surprise normal_meet(struct normal *normal, uint64_t key, nanoseconds time, bool general)
{
	if (!normal->start || time < normal->start)
		normal->start = time;
	if (time > normal->newest)
		normal->newest = time;
	double exposure = exposure_of(normal, time);
	struct habit *habit = habit_of(normal, key);
	bool known = habit->counted != 0, counts = true, noted;
	double rate;
	struct surprise surprise = { 0 };
	if (known) {
		surprise.count = habit->count * kept_of(normal, habit->counted, time);
		rate = (surprise.count + PRIOR) / (exposure + HALF_LIFE);
		counts = time - habit->counted >= MINUTE;
		if (counts) {
			habit->count = (float)surprise.count + 1;
			habit->counted = time;
		}
	} else {
		normal->novel *= decay(normal->novel_at, time);
		normal->novel_at = time;
		rate = (normal->novel + PRIOR) / (exposure + HALF_LIFE) * (general ? GENERAL_SHARE : 1);
		normal->novel++;
		habit->count = 1;
		habit->counted = time;
		habit->day = (uint32_t)(time / DAY);
	}
	surprise.daily = daily(habit, time, &noted);
	surprise.settled = !counts && noted;
	surprise.expected = rate * WINDOW;
	return surprise;
}

double surprise_value(const struct surprise *surprise)
{
	double value = surprise->expected > 3 ? 0 : -log10(-expm1(-surprise->expected));
	if (value > 9)
		value = 9;
	return surprise->daily ? value / 2 : value;
}

/* The probability 1 - exp(-x) is at least x / (1 + x), since exp(x) is at least 1 + x. */
bool surprise_is_less(const struct surprise *a, const struct surprise *b, double odds)
{
	return a->expected * b->expected > odds * (1 + a->expected) * (1 + b->expected);
}

double normal_learned(const struct normal *normal, nanoseconds time, nanoseconds period)
{
	if (period <= 0)
		return 1;
	double share = 2 * (double)(time - normal->start) / (double)period - 1;
	return share < 0 ? 0 : share > 1 ? 1 : share;
}

size_t normal_memory(const struct normal *normal)
{
	return ((size_t)normal->mask + 1) * sizeof *normal->habits;
}

static void put_double(struct builder *to, double value)
{
	put_bytes(to, &value, sizeof value);
}

static double get_double(struct reader *from)
{
	double value = 0;
	const void *at = get_bytes(from, sizeof value);
	if (at)
		memcpy(&value, at, sizeof value);
	return value;
}

void normal_save(const struct normal *normal, struct builder *to)
{
	put_u32(to, normal->used);
	for (uint32_t i = 0; i <= normal->mask; i++)
		if (normal->habits[i].key)
			put_bytes(to, &normal->habits[i], sizeof normal->habits[i]);
	put_u64(to, normal->forgotten);
	put_i64(to, normal->start);
	put_i64(to, normal->newest);
	put_double(to, normal->novel);
	put_i64(to, normal->novel_at);
}

enum error normal_load(struct normal *normal, struct reader *from)
{
	uint32_t used = get_u32(from);
	for (uint32_t i = 0; i < used && !from->failed; i++) {
		struct habit habit;
		const void *at = get_bytes(from, sizeof habit);
		if (!at)
			break;
		memcpy(&habit, at, sizeof habit);
		if (!habit.key)
			return ERROR_CORRUPT;
		*habit_of(normal, habit.key) = habit;
	}
	normal->forgotten = get_u64(from);
	normal->start = get_i64(from);
	normal->newest = get_i64(from);
	normal->novel = get_double(from);
	normal->novel_at = get_i64(from);
	return from->failed ? ERROR_CORRUPT : OK;
}
