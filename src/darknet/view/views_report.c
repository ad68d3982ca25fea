/*
 * The sections of a report are made; see views_report.h. Written for programs: views_json.c; for people: views_words.c,
 * views_page.c.
 */
#include "darknet/view/views_report.h"

#include "base/time.h"
#include "darknet/packet/method.h"
#include "darknet/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOP_MOST 1000

static const struct {
	const char *name;
	enum view_kind kind;
	enum view_by by;
	enum view_ports ports;
	const char *country;
	bool without_research;
} sections[VIEW_SECTIONS] = {
	[SECTION_ALL] = { "all", VIEW_ACCESS, VIEW_BY_NOTHING, 0, "", false },
	[SECTION_WELL_KNOWN] = { "ports-well-known", VIEW_ACCESS, VIEW_BY_NOTHING, VIEW_PORTS_WELL_KNOWN, "", false },
	[SECTION_OTHER_PORTS] = { "ports-other", VIEW_ACCESS, VIEW_BY_NOTHING, VIEW_PORTS_OTHER, "", false },
	[SECTION_NO_PORTS] = { "ports-none", VIEW_ACCESS, VIEW_BY_NOTHING, VIEW_PORTS_NONE, "", false },
	[SECTION_PORTS] = { "ports", VIEW_ACCESS, VIEW_BY_PORT, 0, "", false },
	[SECTION_PORTS_JAPAN] = { "ports-japan", VIEW_ACCESS, VIEW_BY_PORT, 0, "JP", false },
	[SECTION_PORTS_SURVEYED] = { "ports-without-research", VIEW_ACCESS, VIEW_BY_PORT, 0, "", true },
	[SECTION_COUNTRIES] = { "countries", VIEW_ACCESS, VIEW_BY_COUNTRY, 0, "", false },
	[SECTION_METHODS] = { "methods", VIEW_METHOD, VIEW_BY_METHOD, 0, "", false },
	[SECTION_METHOD_COUNTRIES] = { "method-countries", VIEW_METHOD, VIEW_BY_COUNTRY, 0, "", false },
	[SECTION_BACKSCATTER] = { "backscatter", VIEW_BACKSCATTER, VIEW_BY_NOTHING, 0, "", false },
	[SECTION_BACKSCATTER_PORTS] = { "backscatter-ports", VIEW_BACKSCATTER, VIEW_BY_PORT, 0, "", false },
	[SECTION_BACKSCATTER_COUNTRIES] = { "backscatter-countries", VIEW_BACKSCATTER, VIEW_BY_COUNTRY, 0, "", false },
};

const char *views_section_name(size_t section)
{
	return sections[section].name;
}

/* ── series ─ */

/* One that the sum follows; what it is called. */
static enum error follow(struct views_report *report, struct day_sum *sum, struct view_query query, const char *name,
    struct failure *failure)
{
	struct views_series *series = &report->series[report->series_count];
	unsigned number;

	query.by = VIEW_BY_NOTHING;
	query.without_research = report->without_research;
	query.research_alone = report->research_alone;
	snprintf(series->name, sizeof series->name, "%s", name);
	series->kind = query.kind;
	enum error error = day_sum_follow(sum, &query, &number, failure);
	report->series_count += !error;
	return error;
}

static enum error follow_all(struct views_report *report, struct day_sum *sum, struct failure *failure)
{
	static const enum views_section of[SERIES_FOLLOWED] = { SECTION_ALL, SECTION_WELL_KNOWN, SECTION_OTHER_PORTS,
		SECTION_NO_PORTS, SECTION_BACKSCATTER };
	char name[PORT_TEXT];
	enum error error = OK;

	for (size_t i = 0; i < SERIES_FOLLOWED && !error; i++)
		error = follow(report, sum,
		    (struct view_query){ .kind = sections[of[i]].kind, .ports = sections[of[i]].ports },
		    sections[of[i]].name, failure);
	for (size_t i = 0; i < report->followed_count && !error; i++) {
		const struct view_port *port = &report->followed[i];
		error = follow(report, sum, (struct view_query){ .port = port->port, .protocol = port->protocol },
		    port_format(port->port, port->protocol, name), failure);
	}
	return error;
}

static void leave_out(const struct views_report *report, struct day_sum *sum)
{
	for (size_t i = 0; report->notes && i < report->notes->count; i++)
		if (report->notes->items[i].left_out)
			day_sum_leave_out(sum, &report->notes->items[i].days);
}

static enum error keep_series(
    struct views_series *series, const struct day_sum *sum, unsigned number, bool with_days, struct failure *failure)
{
	enum error error = day_sum_series(sum, number, 0, true, &series->months, &series->month_count, failure);

	if (!error && with_days)
		error = day_sum_series(sum, number, 0, false, &series->days, &series->day_count, failure);
	return error;
}

/* Which ports come first is known only when all was read: it is read again. */
static enum error keep_monthly(struct views_report *report, const char *folder, struct failure *failure)
{
	const struct view_cell *top[VIEW_MONTHLY];
	const struct view *ports = &report->sections[SECTION_PORTS];
	size_t count = view_top(ports, VIEW_RANKED, top, VIEW_MONTHLY);
	struct day_sum *sum = count ? day_sum_new(&report->periods[0], &report->periods[0]) : NULL;
	enum error error = OK;
	unsigned number;

	if (count == 0)
		return OK;
	if (!sum)
		return fail(failure, ERROR_MEMORY, "no memory for a report");
	for (size_t i = 0; i < count && !error; i++) {
		struct view_query query = { .by = VIEW_BY_NOTHING,
			.port = top[i]->key.port,
			.protocol = top[i]->key.protocol,
			.without_research = report->without_research,
			.research_alone = report->research_alone };
		view_item(ports, top[i], report->monthly[i].name);
		error = day_sum_follow(sum, &query, &number, failure);
	}
	leave_out(report, sum);
	if (!error)
		error = day_sum_read(sum, folder, report->sensor, failure);
	for (size_t i = 0; i < count && !error; i++) {
		error = keep_series(&report->monthly[i], sum, (unsigned)i, false, failure);
		report->monthly_count = i + 1;
	}
	day_sum_free(sum);
	return error;
}

/* ── coverage ─ */

static enum error keep_sensors(struct views_report *report, const struct day_sum *sum, struct failure *failure)
{
	const struct view_sensor *sensors = day_sum_sensors(sum, &report->sensor_count);

	report->sensors = calloc(report->sensor_count + 1, sizeof *sensors);
	if (!report->sensors)
		return fail(failure, ERROR_MEMORY, "no memory for sensors");
	if (report->sensor_count)
		memcpy(report->sensors, sensors, report->sensor_count * sizeof *sensors);
	return OK;
}

static enum error keep_outages(struct views_report *report, const struct day_sum *sum, struct failure *failure)
{
	const struct view_period *period = &report->periods[0];
	int64_t last = period->from - 2;

	report->outages = calloc((size_t)(period->to - period->from) / 2 + 1, sizeof *report->outages);
	if (!report->outages)
		return fail(failure, ERROR_MEMORY, "no memory for outages");
	for (int64_t day = period->from; day <= period->to; day++) {
		double awake = day_sum_day(sum, 0, day).awake;
		if (awake >= 1 - 0.5 / 86400)
			continue;
		if (last != day - 1)
			report->outages[report->outage_count++] = (struct view_outage){ .from = day };
		struct view_outage *outage = &report->outages[report->outage_count - 1];
		outage->to = last = day;
		outage->awake += awake;
	}
	return OK;
}

/* ── all ─ */

static enum error make_sections(struct views_report *report, const struct day_sum *sum, struct failure *failure)
{
	enum error error = OK;

	for (size_t i = 0; i < VIEW_SECTIONS && !error; i++) {
		struct view_query query = { .kind = sections[i].kind,
			.by = sections[i].by,
			.ports = sections[i].ports,
			.without_research = report->without_research || sections[i].without_research,
			.research_alone = report->research_alone };
		memcpy(query.country, sections[i].country, strlen(sections[i].country));
		error = view_of(sum, &query, &report->sections[i], failure);
	}
	return error;
}

/* The ports of the first countries. */
static enum error make_countries(struct views_report *report, const struct day_sum *sum, struct failure *failure)
{
	const struct view_cell *top[VIEW_COUNTRIES + 1];
	size_t count = view_top(&report->sections[SECTION_COUNTRIES], VIEW_RANKED, top, VIEW_COUNTRIES + 1);
	enum error error = OK;

	for (size_t i = 0; i < count && report->country_count < VIEW_COUNTRIES && !error; i++) {
		struct view_query query = { .by = VIEW_BY_PORT,
			.without_research = report->without_research,
			.research_alone = report->research_alone };
		if (!top[i]->key.country[0])
			continue; /* not known */
		memcpy(query.country, top[i]->key.country, 2);
		error = view_of(sum, &query, &report->country_ports[report->country_count], failure);
		report->country_count += !error;
	}
	return error;
}

static void make_figures(struct views_report *report)
{
	const struct view *all = &report->sections[SECTION_ALL], *left = &report->sections[SECTION_PORTS_SURVEYED];

	for (unsigned period = 0; period < 2; period++) {
		struct views_figures *figures = &report->figures[period];
		*figures = views_figures_of(
		    all->total[period] + report->sections[SECTION_BACKSCATTER].total[period], &report->cover[period]);
		double access = (double)all->total[period], without = (double)left->total[period];
		if (access > 0 && !report->without_research && !report->research_alone)
			figures->research = (access - without) / access;
		if (without > 0 && report->iot)
			figures->iot = (double)views_iot_packets(left, report->iot, period) / without;
	}
}

enum error views_report_begin(struct views_report *report, struct day_sum **made, struct failure *failure)
{
	static const struct view_port usual[] = { { 23, 6 }, { 6379, 6 }, { 22, 6 } };

	if (report->top > TOP_MOST)
		report->top = TOP_MOST;
	if (report->followed_count == 0) {
		memcpy(report->followed, usual, sizeof usual);
		report->followed_count = sizeof usual / sizeof *usual;
	}
	*made = day_sum_new(&report->periods[0], &report->periods[1]);
	if (!*made)
		return fail(failure, ERROR_MEMORY, "no memory for a report");
	leave_out(report, *made);
	enum error error =
	    report->of_tables ? OK : day_sum_split(*made, sections[SECTION_PORTS_JAPAN].country, failure);
	return error ? error : follow_all(report, *made, failure);
}

enum error views_report_end(struct views_report *report, const struct day_sum *sum, struct failure *failure)
{
	enum error error = make_sections(report, sum, failure);

	for (unsigned period = 0; period < 2; period++)
		report->cover[period] = day_sum_cover(sum, period);
	if (!error && report->of_tables)
		error = make_countries(report, sum, failure);
	for (size_t i = 0; i < report->series_count && !error; i++)
		error = keep_series(&report->series[i], sum, (unsigned)i, true, failure);
	if (!error)
		error = keep_sensors(report, sum, failure);
	if (!error)
		error = keep_outages(report, sum, failure);
	if (!error)
		make_figures(report);
	report->zoned = day_sum_zones(sum, report->zones);
	report->known = time_now();
	return error;
}

enum error views_report_make(
    struct views_report *report, const char *folder, const char *sensor, struct failure *failure)
{
	struct day_sum *sum;

	report->sensor = sensor;
	report->of_tables = true;
	enum error error = views_report_begin(report, &sum, failure);
	if (!error)
		error = day_sum_read(sum, folder, sensor, failure);
	if (!error)
		error = views_report_end(report, sum, failure);
	day_sum_free(sum);
	return error ? error : keep_monthly(report, folder, failure);
}

static void free_series(struct views_series *series)
{
	free(series->months);
	free(series->days);
}

void views_report_free(struct views_report *report)
{
	for (size_t i = 0; i < VIEW_SECTIONS; i++)
		view_free(&report->sections[i]);
	for (size_t i = 0; i < report->country_count; i++)
		view_free(&report->country_ports[i]);
	for (size_t i = 0; i < report->series_count; i++)
		free_series(&report->series[i]);
	for (size_t i = 0; i < report->monthly_count; i++)
		free_series(&report->monthly[i]);
	free(report->sensors);
	free(report->outages);
}

/* ── words ─ */

const struct view_note *views_report_note(const struct views_report *report, unsigned period, size_t *next)
{
	const struct view_notes *notes = report->notes;

	while (notes && *next < notes->count) {
		const struct view_note *note = &notes->items[(*next)++];
		if (view_period_overlaps(&note->days, &report->periods[period]))
			return note;
	}
	return NULL;
}

char *view_item(const struct view *view, const struct view_cell *cell, char to[static VIEW_ITEM])
{
	switch (view->query.by) {
	case VIEW_BY_PORT:
		return port_format(cell->key.port, cell->key.protocol, to);
	case VIEW_BY_COUNTRY:
		snprintf(to, VIEW_ITEM, "%.2s", cell->key.country[0] ? cell->key.country : "-");
		return to;
	case VIEW_BY_METHOD:
		snprintf(to, VIEW_ITEM, "%s", method_name(cell->key.method));
		return to;
	default:
		snprintf(to, VIEW_ITEM, "all");
		return to;
	}
}
