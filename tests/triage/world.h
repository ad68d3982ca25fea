/*
 * Random worlds for the property tests of rules 4 to 6: organisations, hosts, far sides, detectors, clocks that are
 * wrong, alerts that are equal; ways to hand such a world to triage; what came of it, checked in itself and compared
 * with another way.
 */
#ifndef NOROSHI_TESTS_TRIAGE_WORLD_H
#define NOROSHI_TESTS_TRIAGE_WORLD_H

#include "triage/triage.h"

#define WORLD_MOST 512  /* alerts */
#define WORLD_EVENTS 64 /* events of one world */

struct fact {
	struct alert alert;
	nanoseconds counts_as; /* occurred, moved to the configured distance from received */
	nanoseconds arrives;   /* in the manner at hand */
	uint64_t toss;         /* among those that arrive together */
	bool restart;          /* behind it */
	uint64_t position;
};

struct world {
	struct triage_settings settings;
	struct fact facts[WORLD_MOST];
	unsigned count, organisations, clamped;
};

/* How it is handed over. */
struct manner {
	nanoseconds disorder; /* each alert arrives up to this much later than its time; less than the lateness bound */
	bool apart;           /* one organisation after the other, instead of all together */
	unsigned restarts;    /* one alert in so many is followed by saving, and loading into a new triage; 0 = none */
	bool provisional;     /* events open before the order is certain */
	bool live;            /* in their order, at their time, each told at once: all clocks are right */
	uint32_t only;        /* this organisation alone; 0 = all */
	bool neighbours;      /* each IPv6 far side is replaced by another of its /64 */
	unsigned seed;
	bool loud; /* prints events that differ */
};

struct verdict_found {
	enum verdict verdict;
	struct uuid event;
	unsigned times; /* final judgements that replaced none */
};

struct result {
	struct verdict_found of[WORLD_MOST];
	struct event *events[WORLD_EVENTS];
	unsigned count, taken_back, provisional;
	struct triage_counts counts;
	char complaint[512]; /* the first thing that must not be; empty = none */
};

uint64_t world_dice(uint64_t *state, uint64_t count);
void world_make(uint64_t seed, struct world *world);
void world_print(const struct world *world);

/* Hands the world over and fills what came of it; result_free() is due. */
void world_run(const struct world *world, const struct manner *manner, struct result *result);
void result_free(struct result *result);

/* The same events, with the same ids, members and content, and the same verdicts? Else words on the first difference.
 */
bool result_same(const struct world *world, const struct manner *manner, const struct result *one,
    const struct result *other, char *words, size_t size);

#endif
