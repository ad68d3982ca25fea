/*
 * What a detector is judged on: activities of hour after hour, and what was put into them.
 *
 *   world_year(), world_wild() → world_hour() of 0, 1, … in order → activities, in order of their first packet
 *
 * Two generators that share nothing but seeded chance: year.h (two settings) and wild.h. docs/darknet-detection.md says
 * what is in each.
 */
#ifndef NOROSHI_TESTS_DARKNET_WORLD_H
#define NOROSHI_TESTS_DARKNET_WORLD_H

#include "darknet/packet/activity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_START (1640962800 * SECOND) /* 2022-01-01T00:00+09:00 */
#define WORLD_CAMPAIGNS 40
#define WORLD_PORTS 5
#define WORLD_QUIET 21 /* days before the first campaign */

struct world_campaign {
	uint32_t sources;
	uint32_t first, last; /* hours */
	uint16_t ports[WORLD_PORTS];
	uint8_t port_count;
};

struct world {
	void *inside;
	uint32_t hours;
	struct world_campaign campaigns[WORLD_CAMPAIGNS];
	void (*hour)(void *inside, uint32_t hour, activity_visitor visit, void *context);
	int (*origin)(void *inside, struct address source); /* the campaign that it belongs to now; -1: none */
	/* Something that is no campaign sends to this port by mistake, in one of these hours or shortly before: who is
	 * told of it was told of something. */
	bool (*mistake)(void *inside, uint16_t port, uint32_t from, uint32_t to);
	void (*free)(void *inside);
	bool (*researcher)(void *inside, struct address source); /* also those that nobody knows as one */
};

enum world_kind { WORLD_FIRST, WORLD_SECOND, WORLD_WILD, WORLD_KINDS };

struct world_setting {
	enum world_kind kind;
	uint64_t seed;
	unsigned days;
	double rows; /* activities of the background in an hour, on average */
	double most; /* sources of the largest campaign: 100,000 in a full year */
};

/* False without memory. */
bool world_new(const struct world_setting *setting, struct world *world);
void world_free(struct world *world);

#endif
