/*
 * Cells: how many newcomers have something in common, against the cell's own history.
 */
#include "base/hash_inline.h"
#include "darknet/packet/arrival.h"
#include "darknet/trend/groups_inner.h"
#include "darknet/trend/quantile.h"

#include <math.h>
#include <string.h>

#define WAYS 16
#define HALF_LIFE_DAYS 7.0
#define SCATTER_FIRST 0.1f
#define SCORED 4 /* newcomers of a day: fewer are no surprise */

uint64_t port_key(const struct activity *activity)
{
	return (uint64_t)1 << 32 | (uint64_t)activity->protocol << 16 | activity->port;
}

/* What tells the cells of a kind from each other, beside the port; 0: not applicable. */
static inline uint64_t what_of(const struct activity *activity, enum group_by by)
{
	switch (by) {
	case GROUP_BY_PORT:
		return 1;
	case GROUP_BY_PORT_SHAPE:
	case GROUP_BY_SHAPE:
		return activity->shape;
	case GROUP_BY_PORT_NETWORK:
	case GROUP_BY_NETWORK:
		return activity->network;
	case GROUP_BY_PORT_COUNTRY:
		return (uint64_t)(uint8_t)activity->country[0] << 8 | (uint8_t)activity->country[1];
	case GROUP_BY_PORT_TOOL:
		return activity->tool > TOOL_SYSTEM ? activity->tool : 0;
	default:
		return 0;
	}
}

static inline uint64_t key_of(const struct activity *activity, uint64_t port, enum group_by by)
{
	uint64_t what = what_of(activity, by);
	if (what == 0)
		return 0;
	return hash_u64_inline((by < GROUP_BY_SHAPE ? port : 0) ^ hash_u64_inline(what, 40 + by), 39) | 1;
}

uint64_t cell_key(const struct activity *activity, enum group_by by)
{
	return key_of(activity, port_key(activity), by);
}

void cell_keys(const struct activity *activity, bool new_source, uint64_t keys[static GROUP_BYS])
{
	uint64_t port = port_key(activity);
#pragma GCC unroll 8
	for (unsigned by = 0; by < GROUP_BYS; by++)
		keys[by] = by < GROUP_BY_SHAPE || new_source ? key_of(activity, port, by) : 0;
}

/* What is expected of a bin without its season. */
static double level(const struct cell *cell)
{
	return (cell->seen + 0.3) / (cell->exposure + 1.0);
}

unsigned cell_level(const struct cell *cell)
{
	double rate = level(cell);
	return rate < 0.5 ? 0 : rate < 5 ? 1 : 2;
}

static double forgetting(const struct groups *groups)
{
	return exp2(-(double)groups->settings.bin / (HALF_LIFE_DAYS * DAY));
}

/* A bin's count leaves the ring and becomes history. */
static void learn(const struct groups *groups, struct cell *cell, double count, double season)
{
	double mean = level(cell) * season, keep = forgetting(groups);
	if (cell->exposure > 72) {
		double most = mean + 3 * sqrt(mean + mean * mean * cell->scatter) + 1;
		double excess = ((count - mean) * (count - mean) - mean) / fmax(mean * mean, 0.25);
		excess = fmin(excess, 4);
		double scatter = cell->scatter + 0.02 * mean / (mean + 2) * (excess - cell->scatter);
		cell->scatter = (float)fmin(fmax(scatter, 0.005), 2);
		count = fmin(count, most);
	}
	cell->seen = (float)(cell->seen * keep + count);
	cell->exposure = (float)(cell->exposure * keep + season);
}

static double season_of(const struct groups *groups, uint64_t port, nanoseconds bin)
{
	const struct history *history = port ? histories_find(groups->ports, port) : NULL;
	if (!history || history->level < 5)
		history = histories_find(groups->ports, HISTORY_ALL);
	return history ? history_season(groups->ports, history, bin) : 1;
}

static void advance(const struct groups *groups, struct cell *cell)
{
	uint32_t gap = groups->bin - cell->bin;
	if (gap == 0)
		return;
	double season = gap == 1 ? season_of(groups, cell->port, groups->open) : 1;
	for (uint32_t i = 1; i <= gap && i <= RING; i++) {
		uint16_t *slot = &cell->ring[(cell->bin + i) % RING];
		learn(groups, cell, *slot, season);
		cell->sum -= *slot;
		*slot = 0;
	}
	if (gap > RING) { /* nothing came for longer */
		double keep = forgetting(groups), all = pow(keep, gap - RING);
		cell->seen = (float)(cell->seen * all);
		cell->exposure = (float)(cell->exposure * all + (1 - all) / (1 - keep));
	}
	cell->bin = groups->bin;
}

static void begin(const struct groups *groups, struct cell *cell, uint64_t key)
{
	double keep = forgetting(groups);
	/* It did not come since we look: that is its history. */
	double exposure = (1 - pow(keep, groups->bin)) / (1 - keep);
	*cell = (struct cell){ .key = key, .bin = groups->bin, .exposure = (float)exposure, .scatter = SCATTER_FIRST };
}

static uint32_t tag_of(uint64_t key)
{
	return (uint32_t)(key >> 32);
}

static struct place *place_at(const struct groups *groups, uint64_t key, size_t way)
{
	return &groups->places[((key >> 8) + way) & groups->cell_mask];
}

/* The place of a cell or the free one where it belongs; NULL: others stand in all of them. */
static struct place *place_of(const struct groups *groups, uint64_t key)
{
	for (size_t way = 0; way < WAYS; way++) {
		struct place *place = place_at(groups, key, way);
		if (!place->cell || (place->tag == tag_of(key) && groups->cells[place->cell - 1].key == key))
			return place;
	}
	return NULL;
}

/* The place of the least cell, for another; NULL: all are needed. */
static struct place *least_of(const struct groups *groups, uint64_t key)
{
	struct place *least = NULL;
	double least_worth = INFINITY;
	for (size_t way = 0; way < WAYS; way++) {
		struct place *place = place_at(groups, key, way);
		const struct cell *cell = &groups->cells[place->cell - 1];
		double worth = (double)cell->seen + cell->sum - 0.05 * (groups->bin - cell->bin);
		if (!cell->touched && !cell->group && worth < least_worth) {
			least = place;
			least_worth = worth;
		}
	}
	return least;
}

/* Its own from now on; NULL: there is no room. */
static struct place *place_for(struct groups *groups, uint64_t key)
{
	struct place *place = place_of(groups, key);
	if (place && place->cell)
		return place;
	if (place) {
		place->cell = (uint32_t)++groups->cell_count;
	} else {
		groups->lost.cells++;
		place = least_of(groups, key);
	}
	if (!place)
		return NULL;
	place->tag = tag_of(key);
	begin(groups, &groups->cells[place->cell - 1], key);
	return place;
}

void cell_fetch(const struct groups *groups, uint64_t key)
{
	__builtin_prefetch(place_at(groups, key, 0));
}

struct place *cell_fetch_found(const struct groups *groups, uint64_t key)
{
	for (size_t way = 0; way < WAYS; way++) {
		struct place *place = place_at(groups, key, way);
		if (!place->cell)
			return NULL;
		if (place->tag != tag_of(key))
			continue;
		const struct cell *cell = &groups->cells[place->cell - 1];
		__builtin_prefetch(cell, 1);
		__builtin_prefetch(&cell->ring[groups->bin % RING], 1);
		return place;
	}
	return NULL;
}

void cell_count(
    struct groups *groups, const struct activity *activity, enum group_by by, uint64_t key, const struct place *place)
{
	if (!place || groups->cells[place->cell - 1].key != key) /* others with its tag stand before it, or took it */
		place = place_for(groups, key);
	if (!place)
		return;
	struct cell *cell = &groups->cells[place->cell - 1];
	uint32_t index = (uint32_t)(place - groups->places);
	cell->by = (uint8_t)by;
	cell->port = by < GROUP_BY_SHAPE ? port_key(activity) : 0;
	advance(groups, cell);
	if (!cell->touched)
		groups->touched[groups->touched_count++] = index;
	if (!cell->fresh)
		groups->fresh[groups->fresh_count++] = index;
	cell->touched = cell->fresh = true;
	if (cell->ring[cell->bin % RING] == UINT16_MAX)
		return;
	cell->ring[cell->bin % RING]++;
	cell->sum++;
}

struct cell *cell_find(const struct groups *groups, uint64_t key)
{
	const struct place *place = place_of(groups, key);
	return place && place->cell ? &groups->cells[place->cell - 1] : NULL;
}

double groups_missed(const struct groups *groups, unsigned window)
{
	return groups->since < window ? groups->missed
				      : ldexp(groups->missed, (int)window - 1 - (int)fmin(groups->since, 10000));
}

struct score cell_score(const struct groups *groups, const struct cell *cell)
{
	static const unsigned windows[] = { 1, 4, 24 };
	struct score best = { 0 };
	if (cell->sum < SCORED)
		return best;
	uint32_t sum = 0;
	unsigned at = 0;
	double rate = level(cell), season = 0;
	for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
		for (; at < windows[w]; at++)
			sum += cell->ring[(cell->bin + RING - at) % RING];
		double usual = rate * windows[w]; /* a season is seldom below half: cheap, since most cells end here */
		if (sum < SCORED || sum < usual / 2 + sqrt(usual))
			continue;
		season = 0;
		for (unsigned i = 0; i < windows[w] && windows[w] < 24; i++)
			season += season_of(groups, cell->port, groups->open - i * groups->settings.bin);
		if (windows[w] == 24)
			season = 24; /* a whole day has every hour */
		double mean = rate * (season + groups_missed(groups, windows[w]));
		double scatter = cell->scatter / sqrt(windows[w]) + 1 / (cell->seen + 0.3);
		if (sum < mean + 2 * sqrt(mean))
			continue;
		double surprise = count_surprise(sum, mean, 1 / scatter);
		if (surprise > best.surprise)
			best = (struct score){ surprise, mean, sum, windows[w] };
	}
	return best;
}
