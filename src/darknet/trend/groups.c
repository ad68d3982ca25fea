/*
 * Groups: from newcomers to alarms. Cells: groups_cells.c; who belongs to which: groups_members.c.
 */
#include "darknet/trend/groups.h"

#include "base/hash_inline.h"
#include "base/memory.h"
#include "darknet/packet/arrival.h"
#include "darknet/trend/groups_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN 30.0    /* where alarms begin when nothing is known of chance's scores */
#define PURE 0.7        /* of a cell's newcomers: from there on all further ones are members */
#define CLAIM (2 * DAY) /* how long a group has its cells */
#define ROUNDS 64       /* groups of one check */
#define BATCH 64

const struct groups_settings groups_usual = { .bin = HOUR,
	.alarms = 1,
	.least = 10,
	.learn = 14,
	.days = 10,
	.cells = 1 << 19,
	.seen = 1 << 22,
	.newcomers = 1 << 18,
	.members = 1 << 20,
	.addresses = 100000,
	.listed = 1 << 22 };

static size_t power(size_t room)
{
	size_t size = 64;
	while (size < room)
		size *= 2;
	return size;
}

struct groups *groups_new(const struct groups_settings *settings)
{
	struct groups *groups = calloc(1, sizeof *groups);
	if (!groups)
		return NULL;
	groups->settings = *settings;
	groups->settings.newcomers = power(settings->newcomers);
	size_t cells = power(settings->cells), members = power(settings->members);
	groups->cells = memory_wide(cells * sizeof *groups->cells);
	groups->places = memory_wide(cells * sizeof *groups->places);
	if (groups->places)
		memset(groups->places, 0, cells * sizeof *groups->places);
	groups->cell_mask = cells - 1;
	groups->touched = calloc(cells, sizeof *groups->touched);
	groups->fresh = calloc(cells, sizeof *groups->fresh);
	groups->seen = lately_new(settings->seen, settings->days);
	groups->newcomers = calloc(groups->settings.newcomers, sizeof *groups->newcomers);
	groups->members = calloc(members, sizeof *groups->members);
	groups->member_mask = members - 1;
	groups->ports = histories_new(3000, settings->bin, settings->zone);
	if (groups->cells && groups->places && groups->touched && groups->fresh && groups->seen && groups->newcomers &&
	    groups->members && groups->ports)
		return groups;
	groups_free(groups);
	return NULL;
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	for (size_t i = 0; i < GROUPS_MOST; i++)
		free(groups->all[i].addresses);
	free(groups->cells);
	free(groups->places);
	free(groups->touched);
	free(groups->fresh);
	lately_free(groups->seen);
	free(groups->newcomers);
	free(groups->members);
	histories_free(groups->ports);
	free(groups);
}

/* A newcomer in a cell that belongs to a group is its member, and counts nowhere else. */
static struct group *claimed_by(struct groups *groups, const uint64_t keys[static GROUP_BYS])
{
	for (unsigned by = 0; by < GROUP_BYS; by++) {
		uint64_t key = keys[by], bit = key >> 8 & (CLAIMS - 1);
		struct cell *cell = key && groups->claims[bit / 64] >> bit % 64 & 1 ? cell_find(groups, key) : NULL;
		if (!cell || !cell->group)
			continue;
		struct group *group = group_of(groups, cell->group);
		if (group && groups->open - group->noticed < CLAIM)
			return group;
		cell->group = 0; /* what came to stay is the cell's history from now on */
	}
	return NULL;
}

static void claim(struct groups *groups, struct cell *cell, struct score score, struct group *group)
{
	uint64_t bit = cell->key >> 8 & (CLAIMS - 1);
	group->usual += score.expected / score.window;
	cell->group = (uint32_t)group->number;
	groups->claims[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* Whether the group is still what gave it away: of all who joined, those that its cells' histories cannot explain are
 * enough for a claim. A wave that is over leaves the usual newcomers, who are nobody's bots. */
static bool is_pure(const struct groups *groups, const struct group *group)
{
	double bins = (double)(groups->open + groups->settings.bin - group->noticed) / (double)groups->settings.bin;
	return group->expected + group->usual * bins <= (1 - PURE) * group->sources;
}

/* What a row looks up. */
struct look {
	const struct activity *row;
	uint64_t source, pair; /* hashes */
	bool new_here, new_source;
	uint64_t keys[GROUP_BYS];              /* of who is new here; 0: not applicable */
	const struct place *places[GROUP_BYS]; /* cell_fetch_found() */
	size_t port;                           /* histories_fetch_found() */
};

static uint64_t source_hash(const struct activity *row)
{
	return hash_16_inline(&row->source, 38);
}

static void add_one(struct groups *groups, const struct look *look)
{
	histories_add_at(groups->ports, port_key(look->row), 1, look->port);
	histories_add_at(groups->ports, HISTORY_ALL, 1, groups->all_ports);
	struct group *group = member_group(groups, look->source);
	if (group) {
		group_row(groups, group, look->row);
		return;
	}
	if (!look->new_here)
		return;
	group = claimed_by(groups, look->keys);
	if (group) {
		group_join(groups, group, look->source, look->row, is_pure(groups, group));
		return;
	}
	for (unsigned by = 0; by < GROUP_BYS; by++)
		if (look->keys[by])
			cell_count(groups, look->row, by, look->keys[by], look->places[by]);
	struct newcomer *slot = &groups->newcomers[groups->newcomer_count++ % groups->settings.newcomers];
	groups->lost.newcomers += slot->source && slot->bin + RING > groups->bin;
	*slot = (struct newcomer){
		.row = *look->row, .source = look->source, .bin = groups->bin, .new_source = look->new_source
	};
}

static void add_some(struct groups *groups, struct look *looks, size_t count)
{
	uint32_t day = groups->bin / (uint32_t)(DAY / groups->settings.bin); /* nobody is forgotten while we sleep */
	groups->all_ports = histories_fetch_found(groups->ports, HISTORY_ALL);
	for (size_t i = 0; i < count; i++) {
		struct look *look = &looks[i];
		look->port = histories_fetch_found(groups->ports, port_key(look->row));
		look->new_here = lately_first(groups->seen, look->pair, day);
		look->new_source = lately_first(groups->seen, look->source, day);
		if (!look->new_here)
			continue;
		cell_keys(look->row, look->new_source, look->keys);
		for (unsigned by = 0; by < GROUP_BYS; by++)
			if (look->keys[by])
				cell_fetch(groups, look->keys[by]);
	}
	for (size_t i = 0; i < count; i++)
		for (unsigned by = 0; by < GROUP_BYS && looks[i].new_here; by++)
			if (looks[i].keys[by])
				looks[i].places[by] = cell_fetch_found(groups, looks[i].keys[by]);
	for (size_t i = 0; i < count; i++)
		add_one(groups, &looks[i]);
}

void groups_add(struct groups *groups, const struct activity *activities, size_t count)
{
	struct look looks[BATCH];
	size_t some = 0;
	for (size_t i = 0; i < count; i++) {
		const struct activity *row = &activities[i];
		if (row->kind != ARRIVAL_PROBE || row->research)
			continue;
		if (groups->open == 0)
			groups->open = row->bin;
		uint64_t source = source_hash(row);
		looks[some] =
		    (struct look){ .row = row, .source = source, .pair = hash_u64_inline(source ^ port_key(row), 37) };
		lately_fetch(groups->seen, looks[some].source);
		lately_fetch(groups->seen, looks[some].pair);
		histories_fetch(groups->ports, port_key(row));
		if (++some == BATCH) {
			add_some(groups, looks, some);
			some = 0;
		}
	}
	add_some(groups, looks, some);
}

void groups_more(struct groups *groups, const struct activity *activity, uint32_t packets)
{
	if (groups->member_count == 0 || activity->kind != ARRIVAL_PROBE)
		return;
	struct group *group = member_group(groups, source_hash(activity));
	if (!group)
		return;
	group->packets += packets;
	if (activity->last > group->last)
		group->last = activity->last;
}

static double threshold(const struct groups *groups, const struct cell *cell)
{
	return groups->thresholds[cell->by][cell_level(cell)];
}

/* What was no alarm is what chance does: its highest score within a day goes into its class's tail. */
static void note(struct groups *groups, struct cell *cell)
{
	double surprise = cell_score(groups, cell).surprise;
	bool lately = cell->peak > 0 && groups->bin - cell->peak_bin < RING;
	if (surprise <= 1 || cell->group || cell->quiet > groups->bin || (lately && surprise <= cell->peak))
		return;
	tail_note(&groups->tails[cell->by][cell_level(cell)], lately ? cell->peak : 0, surprise);
	cell->peak = (float)surprise;
	cell->peak_bin = groups->bin;
}

/* One that a newcomer is taken out of: it is explained by its group. */
static void take_out(struct groups *groups, struct newcomer *newcomer)
{
	newcomer->taken = true;
	uint32_t age = groups->bin - newcomer->bin;
	uint64_t keys[GROUP_BYS];
	cell_keys(&newcomer->row, newcomer->new_source, keys);
	for (unsigned by = 0; by < GROUP_BYS; by++) {
		struct cell *cell = keys[by] ? cell_find(groups, keys[by]) : NULL;
		/* The ring of a cell that was not touched lately is at an older bin. */
		if (!cell || groups->bin - cell->bin > age || age - (groups->bin - cell->bin) >= RING)
			continue;
		uint16_t *slot = &cell->ring[newcomer->bin % RING];
		if (*slot > 0) {
			--*slot;
			cell->sum--;
		}
	}
}

/* Visits the newcomers of the last `window` bins that count in `cell`, newest first. */
static void take_members(struct groups *groups, struct group *group, const struct cell *cell, unsigned window)
{
	uint64_t most =
	    groups->newcomer_count < groups->settings.newcomers ? groups->newcomer_count : groups->settings.newcomers;
	for (uint64_t i = 1; i <= most; i++) {
		struct newcomer *newcomer =
		    &groups->newcomers[(groups->newcomer_count - i) % groups->settings.newcomers];
		if (groups->bin - newcomer->bin >= window)
			break;
		if (newcomer->taken || (cell->by >= GROUP_BY_SHAPE && !newcomer->new_source) ||
		    cell_key(&newcomer->row, cell->by) != cell->key)
			continue;
		if (group->told == 0 && group->sources == 0)
			group->example = newcomer->row;
		group_join(groups, group, newcomer->source, &newcomer->row, true);
		take_out(groups, newcomer);
	}
}

/* The group that this cell belongs to as well: open, of the last two days, the same shape on another port or the same
 * port with another shape, when shapes and ports are what they were found by. */
static struct group *akin(struct groups *groups, const struct newcomer *newest, const struct cell *cell)
{
	uint64_t most = groups->number < GROUPS_MOST ? groups->number : GROUPS_MOST;
	for (uint64_t i = 0; i < most; i++) {
		struct group *group = group_of(groups, groups->number - i);
		if (!group || groups->open - group->noticed > CLAIM)
			continue;
		const struct activity *example = &group->example;
		bool shapes = cell->by == GROUP_BY_PORT_SHAPE && group->by == GROUP_BY_PORT_SHAPE &&
			      example->shape == newest->row.shape;
		bool ports = cell->by < GROUP_BY_SHAPE && group->by < GROUP_BY_SHAPE &&
			     port_key(example) == port_key(&newest->row);
		if (shapes || ports)
			return group;
	}
	return NULL;
}

static const struct newcomer *newest_in(const struct groups *groups, const struct cell *cell)
{
	for (uint64_t i = 1; i <= groups->newcomer_count && i <= groups->settings.newcomers; i++) {
		const struct newcomer *newcomer =
		    &groups->newcomers[(groups->newcomer_count - i) % groups->settings.newcomers];
		if (groups->bin - newcomer->bin >= RING)
			return NULL;
		if (!newcomer->taken && cell_key(&newcomer->row, cell->by) == cell->key)
			return newcomer;
	}
	return NULL;
}

struct telling {
	nanoseconds now;
	group_visitor visit;
	void *context;
};

static struct group *begin(struct groups *groups, const struct telling *telling)
{
	struct group *group = &groups->all[++groups->number % GROUPS_MOST];
	if (group->open) { /* its place is needed */
		group->open = false;
		group_tell(group, telling->visit, telling->context);
	}
	group_unlist(groups, group);
	*group = (struct group){ .number = groups->number, .noticed = telling->now, .open = true };
	groups->rows[groups->number % GROUPS_MOST] = 0;
	return group;
}

static void found(struct groups *groups, struct cell *cell, struct score score, const struct telling *telling)
{
	cell->quiet = groups->bin + RING;
	const struct newcomer *newest = newest_in(groups, cell);
	struct group *group = newest ? akin(groups, newest, cell) : NULL;
	if (newest && !group)
		group = begin(groups, telling);
	if (!group)
		return;
	if (group->told == 0) {
		group->by = cell->by;
		group->observed = score.observed;
		group->expected = score.expected;
		group->window = score.window;
		group->surprise = score.surprise;
		group->threshold = threshold(groups, cell);
	}
	unsigned ports = group->port_count;
	take_members(groups, group, cell, score.window);
	if (score.observed - score.expected > PURE * score.observed)
		claim(groups, cell, score, group);
	/* The same group, by something else that its members have in common; unless it doubled, or has a new port. */
	if (group->told > 0 && group->port_count == ports && group->sources < 2 * group->sources_told)
		return;
	group->sources_told = group->sources;
	group->told++;
	group_tell(group, telling->visit, telling->context);
}

static bool alarming(const struct groups *groups, const struct cell *cell, struct score score)
{
	return score.observed >= groups->settings.least && score.surprise > threshold(groups, cell) && !cell->group &&
	       cell->quiet <= groups->bin;
}

/* The cells in which something came are held against their thresholds; those beyond go on to the next round, since each
 * group explains a part of the others. */
void groups_check(struct groups *groups, nanoseconds now, group_visitor visit, void *context)
{
	const struct telling telling = { now, visit, context };
	bool learning = groups->bin * groups->settings.bin < groups->settings.learn * DAY;
	size_t count = groups->fresh_count;
	for (size_t i = 0; i < count; i++)
		cell_at(groups, groups->fresh[i])->fresh = false;
	groups->fresh_count = 0;
	for (unsigned round = 0; round < ROUNDS && !learning && count > 0; round++) {
		struct cell *purest = NULL;
		struct score best = { 0 };
		double best_purity = -1;
		size_t left = 0;
		for (size_t i = 0; i < count; i++) {
			struct cell *cell = cell_at(groups, groups->fresh[i]);
			struct score score = cell_score(groups, cell);
			if (!alarming(groups, cell, score))
				continue;
			groups->fresh[left++] = groups->fresh[i];
			double purity = 1 - score.expected / score.observed;
			if (purity > best_purity) {
				purest = cell;
				best = score;
				best_purity = purity;
			}
		}
		count = left;
		if (purest)
			found(groups, purest, best, &telling);
	}
}

static void step_tails(struct groups *groups)
{
	for (unsigned by = 0; by < GROUP_BYS; by++)
		for (unsigned level = 0; level < LEVELS; level++) {
			struct tail *tail = &groups->tails[by][level];
			tail_step(tail, (double)groups->settings.bin / HOUR);
			groups->thresholds[by][level] =
			    tail_threshold(tail, groups->settings.alarms / (GROUP_BYS * LEVELS), UNKNOWN);
		}
}

/* Who came in a bin that was slept through counts nowhere: of the others we know nothing. */
static void sleep_through(struct groups *groups)
{
	for (size_t i = 0; i < groups->touched_count; i++) {
		struct cell *cell = cell_at(groups, groups->touched[i]);
		uint16_t *slot = &cell->ring[cell->bin % RING];
		cell->sum -= *slot;
		*slot = 0;
		cell->touched = cell->fresh = false;
	}
	groups->touched_count = groups->fresh_count = 0;
	groups->slept++;
	groups->missed = groups_missed(groups, 1) + 1;
	groups->since = 0;
}

static void learn_bin(struct groups *groups)
{
	bool settled = groups->bin * groups->settings.bin > groups->settings.learn * DAY / 2;
	for (size_t i = 0; i < groups->touched_count; i++) {
		struct cell *cell = cell_at(groups, groups->touched[i]);
		if (settled)
			note(groups, cell);
		cell->touched = false;
	}
	groups->touched_count = 0;
	step_tails(groups);
	groups->bin++;
	groups->since += groups->since < UINT32_MAX;
}

void groups_close(struct groups *groups, nanoseconds bin, double awake, group_visitor visit, void *context)
{
	if (groups->open == 0)
		groups->open = bin;
	groups_check(groups, bin + groups->settings.bin - 1, visit, context);
	if (awake < 0.5)
		sleep_through(groups);
	else
		learn_bin(groups);
	histories_close(groups->ports, bin, awake);
	groups->open = bin + groups->settings.bin;
	if (groups->open / DAY != bin / DAY)
		groups_day(groups, visit, context);
}

void groups_each(const struct groups *groups, group_visitor visit, void *context)
{
	for (size_t i = 0; i < GROUPS_MOST; i++)
		if (groups->all[i].number)
			visit(context, &groups->all[i]);
}

struct groups_lost groups_lost(const struct groups *groups)
{
	struct groups_lost lost = groups->lost;
	lost.sources = lately_displaced(groups->seen);
	return lost;
}
