/*
 * Day tables of two periods are added up; series of days. See views.h.
 */
#include "darknet/view/day_sum.h"

#include "base/memory.h"
#include "darknet/day/day_folder.h"
#include "darknet/packet/arrival.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAYS_MOST 40000 /* of a period */

static bool begin_period(struct day_sum_period *period, const struct view_period *days)
{
	period->days = *days;
	period->table = day_table_new();
	period->cover = calloc((size_t)(days->to - days->from + 1), sizeof *period->cover);
	return period->table && period->cover;
}

struct day_sum *day_sum_new(const struct view_period *now, const struct view_period *before)
{
	const struct view_period *asked[2] = { now, before };
	struct day_sum *sum = calloc(1, sizeof *sum);

	for (size_t i = 0; sum && i < 2; i++)
		if (asked[i]->to < asked[i]->from || asked[i]->to - asked[i]->from >= DAYS_MOST ||
		    !begin_period(&sum->periods[i], asked[i])) {
			day_sum_free(sum);
			return NULL;
		}
	return sum;
}

void day_sum_free(struct day_sum *sum)
{
	for (size_t i = 0; sum && i < 2; i++) {
		day_table_free(sum->periods[i].table);
		day_table_free(sum->periods[i].places);
		free(sum->periods[i].cover);
		for (size_t series = 0; series < DAY_SUM_SERIES; series++)
			free(sum->periods[i].series[series]);
	}
	if (sum)
		free(sum->sensors);
	free(sum);
}

enum error day_sum_split(struct day_sum *sum, const char country[static 2], struct failure *failure)
{
	memcpy(sum->apart, country, 2);
	sum->split = true;
	for (size_t i = 0; i < 2; i++)
		if (!(sum->periods[i].places = day_table_new()))
			return fail(failure, ERROR_MEMORY, "no memory for a year's counts");
	return OK;
}

enum error day_sum_follow(
    struct day_sum *sum, const struct view_query *query, unsigned *series, struct failure *failure)
{
	unsigned number = sum->series_count;

	if (number == DAY_SUM_SERIES)
		return fail(failure, ERROR_LIMIT, "at most %d series", DAY_SUM_SERIES);
	for (size_t i = 0; i < 2; i++) {
		struct day_sum_period *period = &sum->periods[i];
		period->series[number] =
		    calloc((size_t)(period->days.to - period->days.from + 1), sizeof *period->series[number]);
		if (!period->series[number])
			return fail(failure, ERROR_MEMORY, "no memory for a series");
	}
	sum->series[number] = *query;
	sum->series_count++;
	sum->asked_any = false;
	*series = number;
	return OK;
}

static bool ports_take(enum view_ports ports, const struct day_key *key)
{
	bool has = key->protocol == 6 || key->protocol == 17 || key->protocol == 132;

	switch (ports) {
	case VIEW_PORTS_WELL_KNOWN:
		return has && key->port < 1024;
	case VIEW_PORTS_OTHER:
		return has && key->port >= 1024;
	case VIEW_PORTS_NONE:
		return !has;
	default:
		return true;
	}
}

bool query_takes(const struct view_query *query, const struct day_key *key)
{
	bool backscatter = key->kind == ARRIVAL_BACKSCATTER;

	if (backscatter != (query->kind == VIEW_BACKSCATTER) || (query->kind == VIEW_METHOD && key->method == 0) ||
	    (query->without_research && key->research) || (query->research_alone && !key->research))
		return false;
	if (query->country[0] && memcmp(query->country, key->country, 2) != 0)
		return false;
	if (query->protocol && (query->protocol != key->protocol || query->port != key->port))
		return false;
	return (query->method == 0 || query->method == key->method) && ports_take(query->ports, key);
}

/* ── reading ─ */

static struct day_sum_period *period_with(struct day_sum *sum, unsigned i, int64_t day)
{
	struct day_sum_period *period = &sum->periods[i];

	return day >= period->days.from && day <= period->days.to ? period : NULL;
}

void day_sum_awake(struct day_sum *sum, int64_t day, double awake, double address_days)
{
	for (unsigned i = 0; i < 2; i++) {
		struct day_sum_period *period = period_with(sum, i, day);
		if (!period)
			continue;
		struct day_sum_day *cover = &period->cover[day - period->days.from];
		cover->addresses += address_days;
		cover->awake = awake > cover->awake ? awake : cover->awake;
	}
}

/* NULL without memory. */
static struct view_sensor *sensor_of(struct day_sum *sum, const char *name)
{
	for (size_t i = sum->sensor_count; i-- > 0;)
		if (strcmp(sum->sensors[i].name, name) == 0)
			return &sum->sensors[i];
	if (sum->sensor_count == sum->sensor_room) {
		struct view_sensor *more = array_grow(sum->sensors, &sum->sensor_room, 16, sizeof *more);
		if (!more)
			return NULL;
		sum->sensors = more;
	}
	struct view_sensor *sensor = &sum->sensors[sum->sensor_count++];
	*sensor = (struct view_sensor){ 0 };
	memcpy(sensor->name, name, strlen(name));
	return sensor;
}

/* All parts of the sensor's day were read. Parts that overlap are awake for a day at most. */
static enum error end_sensor_day(struct day_sum *sum, struct failure *failure)
{
	double awake = (double)(sum->current_seconds < 86400 ? sum->current_seconds : 86400) / 86400;
	struct view_sensor *sensor = sum->current.sensor[0] ? sensor_of(sum, sum->current.sensor) : NULL;

	if (sum->current.sensor[0] && !sensor)
		return fail(failure, ERROR_MEMORY, "no memory for sensors");
	if (sensor) {
		day_sum_awake(sum, sum->current.day, awake, (double)sum->current.addresses * awake);
		for (unsigned i = 0; i < 2; i++)
			sensor->days[i] += period_with(sum, i, sum->current.day) ? awake : 0;
		if (sum->current.addresses > sensor->addresses)
			sensor->addresses = sum->current.addresses;
	}
	sum->current = (struct day_about){ 0 };
	sum->current_seconds = 0;
	return OK;
}

static uint8_t kind_in_split(const struct day_key *key)
{
	return key->kind == ARRIVAL_BACKSCATTER ? ARRIVAL_BACKSCATTER : ARRIVAL_PROBE;
}

static struct day_key port_in_split(const struct day_sum *sum, const struct day_key *key)
{
	struct day_key port = {
		.kind = kind_in_split(key), .research = key->research, .protocol = key->protocol, .port = key->port
	};

	if (memcmp(key->country, sum->apart, 2) == 0)
		memcpy(port.country, key->country, 2);
	return port;
}

static bool add_split(
    const struct day_sum *sum, struct day_sum_period *period, const struct day_key *key, uint64_t packets)
{
	struct day_key port = port_in_split(sum, key);
	struct day_key place = { .kind = kind_in_split(key), .research = key->research, .method = key->method };

	memcpy(place.country, key->country, 2);
	return day_table_add(period->table, &port, packets) && day_table_add(period->places, &place, packets);
}

void day_sum_expect(const struct day_sum *sum, int64_t day, const struct day_key *key)
{
	struct day_key port;

	if (!sum->split)
		return;
	port = port_in_split(sum, key);
	for (unsigned i = 0; i < 2; i++)
		if (day >= sum->periods[i].days.from && day <= sum->periods[i].days.to)
			day_table_expect(sum->periods[i].table, &port);
}

/* Which series take it. */
static uint64_t takers_of(struct day_sum *sum, const struct day_key *key)
{
	const uint64_t asked = day_key_pack(key) >> 16;
	uint64_t takers = 0;

	if (!sum->asked_any || asked != sum->asked) {
		for (unsigned series = 0; series < sum->series_count; series++) {
			struct view_query query = sum->series[series];
			query.country[0] = 0;
			takers |= (uint64_t)query_takes(&query, key) << series;
		}
		sum->asked = asked;
		sum->takers = takers;
		sum->asked_any = true;
	}
	return sum->takers;
}

static void follow_row(
    struct day_sum *sum, struct day_sum_period *period, int64_t day, const struct day_key *key, uint64_t packets)
{
	for (uint64_t takers = takers_of(sum, key); takers; takers &= takers - 1) {
		unsigned series = (unsigned)__builtin_ctzll(takers);
		const char *country = sum->series[series].country;
		if (!country[0] || memcmp(country, key->country, 2) == 0)
			period->series[series][day - period->days.from] += packets;
	}
}

enum error day_sum_count(
    struct day_sum *sum, int64_t day, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	for (unsigned i = 0; i < 2; i++) {
		struct day_sum_period *period = period_with(sum, i, day);
		if (!period)
			continue;
		if (!(sum->split ? add_split(sum, period, key, packets) : day_table_add(period->table, key, packets)))
			return fail(failure, ERROR_MEMORY, "no memory for a year's counts");
		follow_row(sum, period, day, key, packets);
	}
	return OK;
}

static enum error take_row(
    void *context, const struct day_about *about, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	return day_sum_count(context, about->day, key, packets, failure);
}

static void keep_zone(struct day_sum *sum, int zone)
{
	if (!sum->zoned || zone < sum->zones[0])
		sum->zones[0] = zone;
	if (!sum->zoned || zone > sum->zones[1])
		sum->zones[1] = zone;
	sum->zoned = true;
}

static enum error take_file(void *context, const char *path, struct failure *failure)
{
	struct day_sum *sum = context;
	struct day_about about;
	enum error error = day_table_read(path, &about, take_row, sum, failure);

	if (error)
		return error;
	if (about.day != sum->current.day || strcmp(about.sensor, sum->current.sensor) != 0) {
		error = end_sensor_day(sum, failure);
		sum->current = about;
	}
	if (about.addresses > sum->current.addresses)
		sum->current.addresses = about.addresses;
	sum->current_seconds += about.seconds;
	for (unsigned i = 0; i < 2; i++)
		if (period_with(sum, i, about.day)) {
			sum->periods[i].files++;
			keep_zone(sum, about.zone);
		}
	return error;
}

static enum error read_days(
    struct day_sum *sum, const char *folder, const char *sensor, int64_t from, int64_t to, struct failure *failure)
{
	enum error error = day_folder_each(folder, sensor, from, to, take_file, sum, failure);
	enum error ended = end_sensor_day(sum, error ? NULL : failure);

	return error ? error : ended;
}

enum error day_sum_read(struct day_sum *sum, const char *folder, const char *sensor, struct failure *failure)
{
	const struct view_period *now = &sum->periods[0].days, *before = &sum->periods[1].days;
	enum error error = read_days(sum, folder, sensor, now->from, now->to, failure);

	if (error || (before->from >= now->from && before->to <= now->to))
		return error;
	/* What lies in both was added to both above: only the days outside are read now. */
	if (before->from < now->from)
		error = read_days(
		    sum, folder, sensor, before->from, before->to < now->from ? before->to : now->from - 1, failure);
	if (!error && before->to > now->to)
		error = read_days(
		    sum, folder, sensor, before->from > now->to ? before->from : now->to + 1, before->to, failure);
	return error;
}

/* ── units and series ─ */

double period_unit(const struct day_sum_period *period, enum view_kind kind, int64_t from, int64_t to)
{
	double unit = 0;

	for (int64_t day = from; day <= to; day++) {
		const struct day_sum_day *cover = &period->cover[day - period->days.from];
		unit += kind == VIEW_BACKSCATTER ? cover->awake : cover->addresses;
	}
	return unit;
}

struct view_day_cover day_sum_day(const struct day_sum *sum, unsigned period, int64_t day)
{
	const struct day_sum_day *cover = &sum->periods[period].cover[day - sum->periods[period].days.from];

	return (struct view_day_cover){ cover->addresses, cover->awake };
}

bool day_sum_zones(const struct day_sum *sum, int zones[2])
{
	memcpy(zones, sum->zones, sizeof sum->zones);
	return sum->zoned;
}

const struct view_sensor *day_sum_sensors(const struct day_sum *sum, size_t *count)
{
	*count = sum->sensor_count;
	return sum->sensors;
}

void day_sum_leave_out(struct day_sum *sum, const struct view_period *days)
{
	for (unsigned i = 0; i < 2; i++) {
		struct day_sum_period *period = &sum->periods[i];
		int64_t from = days->from > period->days.from ? days->from : period->days.from;
		for (int64_t day = from; day <= days->to && day <= period->days.to; day++)
			period->cover[day - period->days.from].left_out = true;
	}
}

struct view_cover day_sum_cover(const struct day_sum *sum, unsigned period)
{
	const struct day_sum_period *asked = &sum->periods[period];

	return (struct view_cover){ .days = period_unit(asked, VIEW_BACKSCATTER, asked->days.from, asked->days.to),
		.address_days = period_unit(asked, VIEW_ACCESS, asked->days.from, asked->days.to),
		.files = asked->files };
}

static int month_of(int64_t day)
{
	time_t seconds = (time_t)(day * 86400);
	struct tm date;

	gmtime_r(&seconds, &date);
	return date.tm_year * 12 + date.tm_mon;
}

enum error day_sum_series(const struct day_sum *sum, unsigned series, unsigned which, bool months,
    struct view_step **made, size_t *count, struct failure *failure)
{
	const struct day_sum_period *period = &sum->periods[which];
	size_t days = (size_t)(period->days.to - period->days.from + 1);
	struct view_step *steps = calloc(days, sizeof *steps);

	if (!steps)
		return fail(failure, ERROR_MEMORY, "no memory for a series");
	*count = 0;
	double unit = 0;
	for (int64_t day = period->days.from; day <= period->days.to; day++) {
		struct view_step *step = *count ? &steps[*count - 1] : NULL;
		if (!step || !months || month_of(step->from) != month_of(day)) {
			step = &steps[(*count)++];
			step->from = day;
			unit = 0;
		}
		step->to = day;
		if (period->cover[day - period->days.from].left_out) {
			step->left_out++;
		} else {
			step->packets += period->series[series][day - period->days.from];
			unit += period_unit(period, sum->series[series].kind, day, day);
		}
		step->value = unit > 0 ? (double)step->packets / unit : NAN;
	}
	*made = steps;
	return OK;
}
