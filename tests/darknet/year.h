/*
 * A synthetic year of a telescope, to judge what reads it: from one seed, the same on every machine.
 *
 *   seed, setting → year_hour() → activities of one hour, in order of their first packet
 *                 → year_campaigns(): what was put in, to compare with what was found
 *
 * docs/darknet-detection.md says what is in it. Two settings that share no law with each other: seasons, ports,
 * sources, dispersion, how campaigns grow. Hours are independent of each other: any of them can be made alone.
 */
#ifndef NOROSHI_TESTS_DARKNET_YEAR_H
#define NOROSHI_TESTS_DARKNET_YEAR_H

#include "darknet/packet/activity.h"
#include "darknet/packet/arrival.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YEAR_START (1640962800 * SECOND) /* 2022-01-01T00:00+09:00 */
#define YEAR_QUIET 21                    /* days before the first campaign */
#define CAMPAIGNS 40
#define ATTACKS 100
#define CAMPAIGN_PORTS 3

struct year_setting {
	uint64_t seed;
	unsigned days;
	double rows;      /* activities of the background in an hour, on average */
	double most;      /* sources of the largest campaign: 100,000 in a full year */
	bool second;      /* the setting of the other laws */
	unsigned targets; /* addresses of the telescope */
};

enum campaign_look {
	LOOK_OWN,    /* all of its sources send one shape that nobody else sends */
	LOOK_COMMON, /* one shape that many others send */
	LOOK_MIXED   /* as different as the background's */
};

struct campaign {
	uint32_t sources;
	uint32_t first, last; /* hours; all sources have stopped behind the last */
	double ramp;          /* hours until all of its sources have begun */
	double rate;          /* packets of one source in an hour */
	uint16_t ports[CAMPAIGN_PORTS];
	uint8_t port_count;
	uint8_t look; /* enum campaign_look */
	uint8_t tool; /* enum arrival_tool, where it has one */
	bool known;   /* the port is one that the background uses a lot */
	bool local;   /* all of its sources are in three networks */
	uint32_t shape;
};

struct attack {
	uint32_t first; /* hour */
	uint32_t hours;
	double answers; /* that arrive in an hour */
	uint16_t port;
	uint32_t victim;
};

struct year;

struct year *year_new(const struct year_setting *setting);
void year_free(struct year *year);
const struct campaign *year_campaigns(const struct year *year); /* CAMPAIGNS of them */
const struct attack *year_attacks(const struct year *year);     /* ATTACKS of them */
/* The month of misconfiguration: its port, its first hour and the one behind its last. */
uint16_t year_outlier(const struct year *year, uint32_t *first, uint32_t *behind);
uint32_t year_hours(const struct year *year);

/* What the engine would tell of hour 0 … year_hours() - 1. */
void year_hour(struct year *year, uint32_t hour, activity_visitor visit, void *context);
/* The campaign that a source belongs to; -1: none. */
int year_origin(const struct year *year, struct address source);
bool year_researcher(struct address source); /* known as one or not */

#endif
