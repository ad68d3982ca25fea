/*
 * The sections of a report, made and written for programs; see views_report.h. For people: views_words.c.
 */
#include "darknet/views_report.h"

#include "base/time.h"
#include "darknet/method.h"
#include "darknet/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOP_MOST 1000

static const struct {
	const char *name;
	enum view_kind kind;
	enum view_by by;
	const char *country;
} sections[VIEW_SECTIONS] = {
	{ "all", VIEW_ACCESS, VIEW_BY_NOTHING, "" },
	{ "ports", VIEW_ACCESS, VIEW_BY_PORT, "" },
	{ "ports-japan", VIEW_ACCESS, VIEW_BY_PORT, "JP" },
	{ "countries", VIEW_ACCESS, VIEW_BY_COUNTRY, "" },
	{ "methods", VIEW_METHOD, VIEW_BY_METHOD, "" },
	{ "method-countries", VIEW_METHOD, VIEW_BY_COUNTRY, "" },
	{ "backscatter", VIEW_BACKSCATTER, VIEW_BY_NOTHING, "" },
	{ "backscatter-ports", VIEW_BACKSCATTER, VIEW_BY_PORT, "" },
	{ "backscatter-countries", VIEW_BACKSCATTER, VIEW_BY_COUNTRY, "" },
};

const char *views_section_name(size_t section)
{
	return sections[section].name;
}

static enum error make(struct views_report *report, struct day_sum *sum, const char *folder, const char *sensor,
    bool without_research, struct failure *failure)
{
	const struct view_query all = { .by = VIEW_BY_NOTHING, .without_research = without_research };
	unsigned series;
	enum error error = day_sum_follow(sum, &all, &series, failure);

	if (!error)
		error = day_sum_read(sum, folder, sensor, failure);
	for (size_t i = 0; i < VIEW_SECTIONS && !error; i++) {
		struct view_query query = {
			.kind = sections[i].kind, .by = sections[i].by, .without_research = without_research
		};
		memcpy(query.country, sections[i].country, strlen(sections[i].country));
		error = view_of(sum, &query, &report->sections[i], failure);
	}
	for (unsigned period = 0; period < 2; period++)
		report->cover[period] = day_sum_cover(sum, period);
	if (!error)
		error = day_sum_series(sum, series, 0, true, &report->months, &report->month_count, failure);
	if (!error)
		error = day_sum_series(sum, series, 0, false, &report->days, &report->day_count, failure);
	return error;
}

enum error views_report_make(
    struct views_report *report, const char *folder, const char *sensor, bool without_research, struct failure *failure)
{
	struct day_sum *sum = day_sum_new(&report->periods[0], &report->periods[1]);

	if (!sum)
		return fail(failure, ERROR_MEMORY, "no memory for a report");
	enum error error = make(report, sum, folder, sensor, without_research, failure);
	day_sum_free(sum);
	report->known = time_now();
	report->top = report->top < TOP_MOST ? report->top : TOP_MOST;
	return error;
}

void views_report_free(struct views_report *report)
{
	for (size_t i = 0; i < VIEW_SECTIONS; i++)
		view_free(&report->sections[i]);
	free(report->months);
	free(report->days);
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

char *view_day(int64_t day, char to[static 16])
{
	time_t seconds = (time_t)(day * 86400);
	struct tm date;

	gmtime_r(&seconds, &date);
	strftime(to, 16, "%Y-%m-%d", &date);
	return to;
}

/* ── JSON ─ */

/* As many digits as the numbers of packets are worth; null where there is none. */
static void put_number(struct builder *to, const char *name, double value)
{
	if (isfinite(value))
		build_format(to, ",\"%s\":%.10g", name, value);
	else
		build_format(to, ",\"%s\":null", name);
}

static void put_rank(struct builder *to, const char *name, uint32_t rank)
{
	if (rank)
		build_format(to, ",\"%s\":%u", name, rank);
	else
		build_format(to, ",\"%s\":null", name);
}

static void put_cell(struct builder *to, const struct view *view, const struct view_cell *cell)
{
	char item[VIEW_ITEM];

	build_format(to, "{\"item\":\"%s\"", view_item(view, cell, item));
	put_rank(to, "rank", cell->rank[0]);
	put_rank(to, "rank_before", cell->rank[1]);
	build_format(to, ",\"packets\":%llu,\"packets_before\":%llu", (unsigned long long)cell->packets[0],
	    (unsigned long long)cell->packets[1]);
	put_number(to, "value", cell->value[0]);
	put_number(to, "value_before", cell->value[1]);
	put_number(to, "change", cell->change);
	put_number(to, "change_percent", cell->percent);
	put_number(to, "share_percent", cell->share * 100);
	build_char(to, '}');
}

static void put_order(struct builder *to, const struct view *view, enum view_order order, const char *name, size_t top)
{
	const struct view_cell *cells[TOP_MOST];
	size_t count = view_top(view, order, cells, top);

	build_format(to, ",\"%s\":[", name);
	for (size_t i = 0; i < count; i++) {
		if (i)
			build_char(to, ',');
		put_cell(to, view, cells[i]);
	}
	build_char(to, ']');
}

static void put_section(struct builder *to, const struct view *view, size_t top)
{
	build_format(to, "{\"unit\":\"%s\",\"packets\":%llu,\"packets_before\":%llu",
	    view->query.kind == VIEW_BACKSCATTER ? "packets/day" : "packets/day/address",
	    (unsigned long long)view->total[0], (unsigned long long)view->total[1]);
	put_number(to, "value", view->value[0]);
	put_number(to, "value_before", view->value[1]);
	if (view->query.kind == VIEW_ACCESS && view->query.by == VIEW_BY_NOTHING)
		put_number(to, "seconds_for_each", 86400 / view->value[0]); /* an address waits so long for a packet */
	if (view->query.by != VIEW_BY_NOTHING) {
		put_order(to, view, VIEW_RANKED, "ranking", top);
		put_order(to, view, VIEW_INCREASE, "increase", top);
		put_order(to, view, VIEW_DECREASE, "decrease", top);
	}
	build_char(to, '}');
}

static void put_period(struct builder *to, const struct views_report *report, unsigned period)
{
	const struct view_cover *cover = &report->cover[period];
	char from[16], last[16];

	build_format(to, "{\"from\":\"%s\",\"to\":\"%s\"", view_day(report->periods[period].from, from),
	    view_day(report->periods[period].to, last));
	put_number(to, "days", cover->days);
	put_number(to, "address_days", cover->address_days);
	build_format(to, ",\"tables\":%llu}", (unsigned long long)cover->files);
}

static void put_steps(struct builder *to, const struct view_step *steps, size_t count)
{
	char day[16];

	for (size_t i = 0; i < count; i++) {
		build_format(to, "%s{\"from\":\"%s\",\"packets\":%llu", i ? "," : "", view_day(steps[i].from, day),
		    (unsigned long long)steps[i].packets);
		put_number(to, "value", steps[i].value);
		build_char(to, '}');
	}
}

enum error views_report_json(const struct views_report *report, struct builder *to)
{
	char known[TIME_TEXT];

	build_format(to, "{\"known\":\"%s\",\"period\":", time_format(report->known, known));
	put_period(to, report, 0);
	build_text(to, TEXT(",\"against\":"));
	put_period(to, report, 1);
	build_text(to, TEXT(",\"views\":{"));
	for (size_t i = 0; i < VIEW_SECTIONS; i++) {
		build_format(to, "%s\"%s\":", i ? "," : "", sections[i].name);
		put_section(to, &report->sections[i], report->top);
	}
	build_text(to, TEXT("},\"months\":["));
	put_steps(to, report->months, report->month_count);
	build_text(to, TEXT("],\"days\":["));
	put_steps(to, report->days, report->day_count);
	build_text(to, TEXT("]}\n"));
	return to->failed ? ERROR_MEMORY : OK;
}

/* ── CSV ─ */

static void put_csv_number(struct builder *to, double value, unsigned decimals)
{
	if (isfinite(value))
		build_format(to, ",%.*f", (int)decimals, value);
	else
		build_char(to, ',');
}

static void put_csv_rank(struct builder *to, uint32_t rank)
{
	if (rank)
		build_format(to, ",%u", rank);
	else
		build_char(to, ',');
}

/* Every cell, not only the first ones: for spreadsheets. */
enum error views_report_csv(const struct views_report *report, struct builder *to)
{
	char item[VIEW_ITEM];

	build_text(
	    to, TEXT("view,item,rank,rank_before,packets,packets_before,value,value_before,change,change_percent\n"));
	for (size_t i = 0; i < VIEW_SECTIONS; i++)
		for (size_t j = 0; j < report->sections[i].count; j++) {
			const struct view_cell *cell = &report->sections[i].cells[j];
			build_format(to, "%s,%s", sections[i].name, view_item(&report->sections[i], cell, item));
			put_csv_rank(to, cell->rank[0]);
			put_csv_rank(to, cell->rank[1]);
			build_format(to, ",%llu,%llu", (unsigned long long)cell->packets[0],
			    (unsigned long long)cell->packets[1]);
			put_csv_number(to, cell->value[0], 2);
			put_csv_number(to, cell->value[1], 2);
			put_csv_number(to, cell->change, 2);
			put_csv_number(to, cell->percent, 1);
			build_char(to, '\n');
		}
	return to->failed ? ERROR_MEMORY : OK;
}
