/*
 * What the days of two periods add up to; of day_sum.c and views.c.
 */
#ifndef NOROSHI_DARKNET_DAY_SUM_H
#define NOROSHI_DARKNET_DAY_SUM_H

#include "darknet/day/day_inside.h"
#include "darknet/view/views.h"

struct day_sum_day {
	double addresses; /* over all sensors, times the part of the day in which each was awake */
	double awake;     /* the part of the day in which one of them was */
	bool left_out;    /* of series */
};

struct day_sum_period {
	struct view_period days;
	struct day_table *table;   /* by everything; of a sum that is split: by port, with the country set apart */
	struct day_table *places;  /* of a sum that is split: by country and method, all ports together */
	struct day_sum_day *cover; /* for each day */
	uint64_t files;
	uint64_t *series[DAY_SUM_SERIES]; /* packets for each day */
};

struct day_sum {
	struct day_sum_period periods[2];
	struct view_query series[DAY_SUM_SERIES];
	unsigned series_count;
	bool split;
	char apart[2]; /* country */
	/* Of the last row: the series that take such packets of any country (a bit each). Rows come in the order of
	 * their keys, in which the country is last. */
	uint64_t asked, takers;
	bool asked_any;
	bool zoned;                  /* a table of the periods was read */
	int zones[2];                /* seconds east of UTC: the least and the most of their days' */
	struct view_sensor *sensors; /* in the order of their names, but for what is read later */
	size_t sensor_count, sensor_room;
	/* The day of a sensor whose parts are being read. */
	struct day_about current;
	uint64_t current_seconds;
};

/* Whether packets of this key count for the query. */
bool query_takes(const struct view_query *query, const struct day_key *key);
/* The unit: address-days, or days for backscatter, of some days of the period. */
double period_unit(const struct day_sum_period *period, enum view_kind kind, int64_t from, int64_t to);

#endif
