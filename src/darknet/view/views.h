/*
 * Views: what the police agency's fixed-point observation prints of a year or a month (catalogue D02), out of day
 * tables.
 *
 *   day tables → day_sum_add() → struct day_sum → view_of() → rankings
 *
 * A sum holds two periods: the one asked for and the one it is compared with. A view is one question to it. Units:
 * access and methods are packets for each day and address, backscatter is packets for each day; days are those in which
 * a telescope was awake, over all sensors (address-days; for backscatter the days of the longest sensor).
 *
 * A country is that of the source's allocation. Shares are of all packets of the view's kind, so that those of a top
 * ten do not add up to 100 %.
 */
#ifndef NOROSHI_DARKNET_VIEWS_H
#define NOROSHI_DARKNET_VIEWS_H

#include "darknet/day/day_table.h"

enum view_kind {
	VIEW_ACCESS, /* 2-1 to 2-5: all that is no backscatter */
	VIEW_METHOD, /* 2-6, 2-7: of these, packets that try something */
	VIEW_BACKSCATTER
};

enum view_by { VIEW_BY_PORT, VIEW_BY_COUNTRY, VIEW_BY_METHOD, VIEW_BY_NOTHING };

/* Well-known ports are 0 to 1023 of TCP, UDP and SCTP. */
enum view_ports { VIEW_PORTS_ALL, VIEW_PORTS_WELL_KNOWN, VIEW_PORTS_OTHER, VIEW_PORTS_NONE };

struct view_query {
	enum view_kind kind;
	enum view_by by;
	enum view_ports ports;
	/* Only packets of this country or port; "" and no protocol = all. */
	char country[2];
	uint16_t port;
	uint8_t protocol;
	uint8_t method;        /* 0 = all */
	bool without_research; /* scanners of researchers do not count */
	bool research_alone;   /* nothing else does */
};

struct view_period {
	int64_t from, to; /* days, both within */
};

/* What the days of a period were. */
struct view_cover {
	double days;         /* in which there was a telescope; a day of 12 hours is half of one */
	double address_days; /* over all sensors */
	uint64_t files;
};

struct view_cell {
	struct day_key key; /* what the view is by; all else 0 */
	uint64_t packets[2];
	double value[2];  /* in the view's unit; NaN where there was no telescope */
	uint32_t rank[2]; /* from 1; 0 = it was not there. Equal ones share the smaller rank */
	double change;    /* value[0] - value[1] */
	double percent;   /* of value[1]; NaN when that was 0 */
	double share;     /* of the view's packets, 0-1 */
};

struct view {
	struct view_query query;
	struct view_cell *cells; /* by rank, equal ones by key */
	size_t count;
	uint64_t total[2];
	double value[2];
};

enum view_order { VIEW_RANKED, VIEW_INCREASE, VIEW_DECREASE };

struct day_sum; /* one thread */

struct day_sum *day_sum_new(const struct view_period *now, const struct view_period *before); /* NULL without memory */
void day_sum_free(struct day_sum *sum);
/* Before anything is counted: the sum answers views by port, of all or of this country, and views by country and method
 * over all ports, and no others. So it has some 100,000 rows however many counts it adds up. */
enum error day_sum_split(struct day_sum *sum, const char country[static 2], struct failure *failure);
/* Every table of the folder that belongs to either period; "" = all sensors. */
enum error day_sum_read(struct day_sum *sum, const char *folder, const char *sensor, struct failure *failure);
/* Instead of a folder, what somebody else keeps of days: counts, and for how long telescopes were awake (a part of the
 * day) with how many addresses in all (addresses × that part). Days outside both periods are passed over. */
enum error day_sum_count(
    struct day_sum *sum, int64_t day, const struct day_key *key, uint64_t packets, struct failure *failure);
/* Some rows before it is counted: of a sum that is split, so that adding up does not wait for memory. */
void day_sum_expect(const struct day_sum *sum, int64_t day, const struct day_key *key);
void day_sum_awake(struct day_sum *sum, int64_t day, double awake, double address_days);
struct view_cover day_sum_cover(const struct day_sum *sum, unsigned period); /* 0 = now, 1 = before */

/* A day as it was seen; how long, and with how many addresses (times that). */
struct view_day_cover {
	double addresses, awake;
};
struct view_day_cover day_sum_day(const struct day_sum *sum, unsigned period, int64_t day);

struct view_sensor {
	char name[DAY_TABLE_NAME];
	uint64_t addresses; /* the most of any day */
	double days[2];     /* in which it was awake, of each period */
};
const struct view_sensor *day_sum_sensors(const struct day_sum *sum, size_t *count); /* those that had a day */
/* In which zones days begin, as the tables that were read say: the least and the most, seconds east of UTC. False: none
 * was read. */
bool day_sum_zones(const struct day_sum *sum, int zones[2]);

enum error view_of(
    const struct day_sum *sum, const struct view_query *query, struct view *view, struct failure *failure);
void view_free(struct view *view);
/* At most `room` cells in that order: those that grew (or shrank) by the most packets for each unit first. */
size_t view_top(const struct view *view, enum view_order order, const struct view_cell **top, size_t room);

/* ── series ─ */

/* Days that are no part of trends: series pass over them; rankings hold them. */
void day_sum_leave_out(struct day_sum *sum, const struct view_period *days);

/* Before day_sum_read(): the packets of this query are kept for each day. At most DAY_SUM_SERIES; their number, from 0.
 */
#define DAY_SUM_SERIES 64
enum error day_sum_follow(
    struct day_sum *sum, const struct view_query *query, unsigned *series, struct failure *failure);

/* A day, or the days of one month that lie in the period. */
struct view_step {
	int64_t from, to;  /* days, both within */
	unsigned left_out; /* days of them that do not count */
	uint64_t packets;
	double value; /* in the query's unit: NaN where there was no telescope, or all is left out */
};
/* `months`: a step for each month. The caller frees. */
enum error day_sum_series(const struct day_sum *sum, unsigned series, unsigned period, bool months,
    struct view_step **steps, size_t *count, struct failure *failure);

const char *view_kind_name(enum view_kind kind); /* "access" */
const char *view_by_name(enum view_by by);       /* "port" */

#endif
