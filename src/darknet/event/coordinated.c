/*
 * Scans that share their targets out; see coordinated.h.
 *
 * Cohorts of the same ports and tool are a chain, the newest first; all cohorts are a ring by age.
 */
#include "darknet/event/coordinated.h"

#include "base/hash.h"
#include "base/memory.h"
#include "darknet/event/joint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define APART (10 * MINUTE)
#define SIGMAS 6
#define COHORTS 1024
#define MEMBERS 4096
#define FIRST_MEMBERS 8
#define CHAINS 1024     /* a power of two */
#define CHAIN_LOOK 32   /* cohorts of one key that a scan is held against */
#define CHAIN_STEPS 128 /* … on a way of no more than so many of any key */
#define CROWD 8192      /* of the scans of a chain that end within `apart`: comparisons for nothing, then no more */
#define UNLIKE 1.5      /* shares differ by less than this factor */
#define MOST_SHARE 0.75
#define KEY_SEED 0x636f6f72u

/* Overlap that chance must make before a scan is held to be of another cohort; and the share of it that parts of one
 * scan may have: retries, and whoever is in the cohort by chance. */
#define TELLING 8
#define OWN_OVERLAP 0.5
#define MOST_OVERLAP 0.2

struct cohort {
	uint64_t key;
	struct scan example;
	struct joint targets;
	nanoseconds begin, first, last; /* begin: of the member that came first */
	uint64_t packets;
	double sum;                /* of its members' targets */
	double free_log, pair_log; /* of the chance that one address, or two, are nobody's target */
	double variance;           /* of errors of counts */
	struct coordinated_member *members;
	size_t count, room;
	uint32_t next; /* in the chain; NONE */
	bool used;
};

#define NONE UINT32_MAX

struct chain {
	uint32_t first;       /* cohort */
	uint32_t for_nothing; /* comparisons, since `window` began */
	nanoseconds window;
};

struct coordinating {
	struct coordinated_settings settings;
	coordinated_visitor visit;
	void *context;
	struct cohort *cohorts;
	uint32_t oldest, count; /* a ring */
	struct chain chains[CHAINS];
	uint64_t crowded;
	struct blocks blocks;
};

/* ── cohorts ─ */

static int compare_ports(const void *a, const void *b)
{
	const struct source_port *one = a, *other = b;
	return one->protocol != other->protocol ? one->protocol - other->protocol : one->port - other->port;
}

/* Of the same ports, in whatever order, by the same tool. Of more ports than are listed only how many, to a factor. */
static uint64_t key_of(const struct scan *scan)
{
	struct source_port ports[SOURCE_PORTS] = { 0 };
	uint64_t key = hash_u64(scan->tool, KEY_SEED);

	if (scan->port_count > SOURCE_PORTS)
		return hash_u64(key + (uint64_t)ilogb(scan->port_count), KEY_SEED);
	memcpy(ports, scan->ports, scan->port_listed * sizeof *ports);
	qsort(ports, scan->port_listed, sizeof *ports, compare_ports);
	for (uint32_t i = 0; i < scan->port_listed; i++)
		key = hash_u64(key ^ ((uint64_t)ports[i].protocol << 16 | ports[i].port), KEY_SEED);
	return key;
}

static void unchain(struct coordinating *all, uint32_t number)
{
	uint32_t *at = &all->chains[all->cohorts[number].key & (CHAINS - 1)].first;
	while (*at != number)
		at = &all->cohorts[*at].next;
	*at = all->cohorts[number].next;
}

/* Addresses that are nobody's target, when subsets of sizes t are drawn independently from N: one is free with the
 * product of (N - t)/N, two with that of (N - t)(N - t - 1)/(N(N - 1)). */
static void judge(struct coordinating *all, const struct cohort *cohort)
{
	double n = (double)all->settings.addresses;
	double one = exp(cohort->free_log), two = exp(cohort->pair_log);
	double variance = n * one + n * (n - 1) * two - n * n * one * one;
	double held = cohort->targets.count, error = cohort->targets.error;
	double chance = n * (1 - one);
	struct coordinated found = { &cohort->example, cohort->first, cohort->last, cohort->packets, held, error,
		chance, 0, cohort->members, cohort->count };

	variance = (variance > 1 ? variance : 1) + cohort->variance + error * held * error * held;
	found.sigmas = (held - chance) / sqrt(variance);
	if (cohort->count > 1 && found.sigmas >= all->settings.sigmas &&
	    cohort->sum - held <= MOST_OVERLAP * (cohort->sum - chance) && all->visit)
		all->visit(all->context, &found);
}

static void end_oldest(struct coordinating *all)
{
	struct cohort *cohort = &all->cohorts[all->oldest];
	if (cohort->used) {
		judge(all, cohort);
		unchain(all, all->oldest);
	}
	joint_clear(&cohort->targets, &all->blocks);
	free(cohort->members);
	*cohort = (struct cohort){ 0 };
	all->oldest = (all->oldest + 1) % all->settings.cohorts;
	all->count--;
}

static struct cohort *begin_cohort(struct coordinating *all, uint64_t key, const struct scan *scan)
{
	if (all->count == all->settings.cohorts)
		end_oldest(all);
	uint32_t number = (all->oldest + all->count++) % all->settings.cohorts;
	struct cohort *cohort = &all->cohorts[number];
	uint32_t *chain = &all->chains[key & (CHAINS - 1)].first;
	*cohort = (struct cohort){
		.key = key, .example = *scan, .begin = scan->first, .first = scan->first, .next = *chain, .used = true
	};
	*chain = number;
	return cohort;
}

/* ── scans ─ */

static bool alike(const struct coordinating *all, const struct cohort *cohort, uint64_t key, const struct scan *scan)
{
	double mean = cohort->sum / (double)cohort->count;
	nanoseconds apart = scan->first > cohort->begin ? scan->first - cohort->begin : cohort->begin - scan->first;
	return cohort->key == key && cohort->count < all->settings.members && apart <= all->settings.apart &&
	       scan->targets < mean * UNLIKE && scan->targets * UNLIKE > mean;
}

/* Whether so many further targets made a union of this size without the overlap that chance makes. */
static bool fits(const struct coordinating *all, const struct scan *scan, double before, double after, double error)
{
	double chance = before * scan->targets / (double)all->settings.addresses;
	double overlap = before + scan->targets - after, doubt = 3 * error * after;
	return chance < TELLING + doubt || overlap <= OWN_OVERLAP * chance + doubt;
}

static bool remember(struct cohort *cohort, const struct scan *scan)
{
	if (cohort->count == cohort->room) {
		size_t room = cohort->room ? 2 * cohort->room : FIRST_MEMBERS;
		struct coordinated_member *members = realloc(cohort->members, room * sizeof *members);
		if (!members)
			return false;
		cohort->members = members;
		cohort->room = room;
	}
	cohort->members[cohort->count++] = (struct coordinated_member){ scan->source, scan->first, scan->last,
		scan->packets, (uint32_t)(scan->targets + 0.5) };
	return true;
}

static void join(struct coordinating *all, struct cohort *cohort, const struct scan *scan)
{
	double n = (double)all->settings.addresses, t = scan->targets, doubt = scan->target_error * t;

	if (!remember(cohort, scan))
		return;
	cohort->first = scan->first < cohort->first ? scan->first : cohort->first;
	cohort->last = scan->last > cohort->last ? scan->last : cohort->last;
	cohort->packets += scan->packets;
	cohort->sum += t;
	cohort->free_log += log1p(-t / n);
	cohort->pair_log += log1p(-t / n) + log1p(-t / (n - 1));
	cohort->variance += doubt * doubt;
}

static bool try_cohort(struct coordinating *all, struct cohort *cohort, const struct scan *scan,
    const struct cardinality *targets, const struct blocks *blocks)
{
	struct joint_trial trial;
	double before = cohort->targets.count;

	if (!joint_try(&cohort->targets, &all->blocks, targets, blocks, all->settings.addresses <= 1u << 16, &trial))
		return false;
	bool its_own = fits(all, scan, before, trial.count, trial.error);
	if (its_own) {
		joint_keep(&cohort->targets, &all->blocks, &trial);
		join(all, cohort, scan);
	} else {
		joint_drop(&cohort->targets, &all->blocks, &trial);
	}
	return its_own;
}

/* The parts of one scan are of the first cohort that they are held against. Who comes in thousands that are of none,
 * each on his own, is looked at no further, nor takes the place of others' cohorts. */
static bool is_crowded(const struct coordinating *all, struct chain *chain, const struct scan *scan)
{
	nanoseconds window = scan->last / all->settings.apart;
	if (window > chain->window) {
		chain->window = window;
		chain->for_nothing = 0;
	}
	return chain->for_nothing >= CROWD;
}

void coordinated_add(
    struct coordinating *all, const struct scan *scan, const struct cardinality *targets, const struct blocks *blocks)
{
	if (!address_is_v4(scan->source) || targets->form == CARDINALITY_SMALL || scan->coverage > MOST_SHARE)
		return;
	uint64_t key = key_of(scan);
	struct chain *chain = &all->chains[key & (CHAINS - 1)];
	unsigned looked = 0, steps = 0;
	if (is_crowded(all, chain, scan)) {
		all->crowded++;
		return;
	}
	for (uint32_t at = chain->first; at != NONE && looked < CHAIN_LOOK && steps < CHAIN_STEPS; steps++) {
		struct cohort *cohort = &all->cohorts[at];
		at = cohort->next;
		if (cohort->key != key)
			continue;
		looked++;
		if (!alike(all, cohort, key, scan))
			continue;
		if (try_cohort(all, cohort, scan, targets, blocks))
			return;
		chain->for_nothing++;
	}
	struct cohort *cohort = begin_cohort(all, key, scan);
	if (joint_begin(&cohort->targets, &all->blocks, targets, blocks))
		join(all, cohort, scan);
}

/* ── */

void coordinated_close(struct coordinating *all, nanoseconds begin)
{
	while (all->count && all->cohorts[all->oldest].begin + all->settings.apart < begin)
		end_oldest(all);
}

uint64_t coordinated_crowded(const struct coordinating *all)
{
	return all->crowded;
}

void coordinated_finish(struct coordinating *all)
{
	while (all->count)
		end_oldest(all);
}

struct coordinating *coordinating_new(
    const struct coordinated_settings *settings, coordinated_visitor visit, void *context)
{
	struct coordinating *all = calloc(1, sizeof *all);

	if (!all)
		return NULL;
	all->settings = *settings;
	all->settings.apart = settings->apart ? settings->apart : APART;
	all->settings.sigmas = settings->sigmas > 0 ? settings->sigmas : SIGMAS;
	all->settings.cohorts = settings->cohorts ? settings->cohorts : COHORTS;
	all->settings.members = settings->members ? settings->members : MEMBERS;
	all->visit = visit;
	all->context = context;
	for (size_t i = 0; i < CHAINS; i++)
		all->chains[i].first = NONE;
	all->cohorts = calloc(all->settings.cohorts, sizeof *all->cohorts);
	/* One of each cohort, and one for a union that is tried. */
	if (!all->cohorts || !blocks_init(&all->blocks, all->settings.cohorts + 1)) {
		coordinating_free(all);
		return NULL;
	}
	return all;
}

void coordinating_free(struct coordinating *all)
{
	if (!all)
		return;
	for (uint32_t i = 0; all->cohorts && i < all->settings.cohorts; i++)
		free(all->cohorts[i].members);
	blocks_free(&all->blocks);
	free(all->cohorts);
	free(all);
}
