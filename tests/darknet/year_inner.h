/*
 * Inside of the synthetic year: what its setup decides and its hours read.
 */
#ifndef NOROSHI_TESTS_DARKNET_YEAR_INNER_H
#define NOROSHI_TESTS_DARKNET_YEAR_INNER_H

#include "chance.h"
#include "year.h"

#define PORTS_MOST 20000
#define TCP 6
#define UDP 17

struct year_port {
	double mean; /* rows in an hour */
	double phase;
	uint16_t port;
	uint8_t protocol;
};

struct year {
	struct year_setting setting;
	uint32_t hours;
	struct year_port ports[PORTS_MOST]; /* most rows first */
	double until[PORTS_MOST];           /* of the second setting: sums of this hour's weights */
	uint32_t port_count;
	struct campaign campaigns[CAMPAIGNS];
	struct attack attacks[ATTACKS];
	uint32_t outlier_first, outlier_behind;
	uint16_t outlier_port;
	/* The hour that is made. */
	struct activity *rows;
	size_t count, room;
	uint64_t *keys; /* of rows, so that none is told twice */
	size_t keys_room;
};

/* One row of the hour `chance` is the hour's; `id` is the source's number. What `activity` has not yet is added. */
void year_row(struct year *year, struct chance *chance, uint32_t hour, uint32_t id, struct activity activity);
/* A number that depends on the seed and these only. */
uint64_t year_hash(const struct year *year, uint64_t a, uint64_t b);
double year_unit(const struct year *year, uint64_t a, uint64_t b); /* the same, between 0 and 1 */

/* How a source of the background looks that sends to `port`. */
void year_look(const struct year *year, uint32_t id, struct activity *activity);
uint32_t year_common_shape(const struct year *year, unsigned which);

void year_background(struct year *year, uint32_t hour);
void year_events(struct year *year, uint32_t hour); /* campaigns, attacks, the outlier */

/* Numbers of sources: below 2^31 the background's; a campaign has 2^20 each behind it. */
#define RESEARCHERS 200
#define RESEARCHER_ID 0x3fff0000u /* the first of them */
#define CAMPAIGN_ID(campaign, source) (0x80000000u + (uint32_t)(campaign)*0x100000u + (source))

#endif
