/*
 * A report of views for programs: one JSON object, or CSV; see views_report.h and docs/darknet-views.md.
 */
#include "darknet/view/views_report.h"

#include "base/time.h"

#include <math.h>

#define TOP_MOST 1000
#define COUNTRY_PORTS 5 /* of each country */

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
	if (view->query.kind == VIEW_ACCESS && view->query.by == VIEW_BY_NOTHING && !view->query.ports)
		put_number(to, "seconds_for_each", 86400 / view->value[0]); /* an address waits so long for a packet */
	if (view->query.by != VIEW_BY_NOTHING) {
		put_order(to, view, VIEW_RANKED, "ranking", top);
		put_order(to, view, VIEW_INCREASE, "increase", top);
		put_order(to, view, VIEW_DECREASE, "decrease", top);
	}
	build_char(to, '}');
}

static void put_notes(struct builder *to, const struct views_report *report, unsigned period)
{
	const struct view_note *note;
	bool more = false;
	size_t next = 0;

	build_text(to, TEXT(",\"notes\":["));
	for (; (note = views_report_note(report, period, &next)); more = true) {
		build_text(to, more ? TEXT(",{\"period\":") : TEXT("{\"period\":"));
		build_json_string(to, text_of(note->period));
		build_text(to, TEXT(",\"ja\":"));
		build_json_string(to, text_of(note->japanese));
		build_text(to, TEXT(",\"en\":"));
		build_json_string(to, text_of(note->english));
		build_text(to, TEXT(",\"author\":"));
		build_json_string(to, text_of(note->author));
		build_text(to, TEXT(",\"written\":"));
		build_json_string(to, text_of(note->written_text));
		build_format(to, ",\"left_out\":%s}", note->left_out ? "true" : "false");
	}
	build_char(to, ']');
}

static void put_figures(struct builder *to, const struct views_figures *figures)
{
	build_format(to, ",\"figures\":{\"packets\":%llu", (unsigned long long)figures->packets);
	put_number(to, "addresses", figures->addresses);
	put_number(to, "per_address", figures->per_address);
	put_number(to, "seconds_for_each", figures->seconds_for_each);
	put_number(to, "research_percent", figures->research * 100);
	put_number(to, "iot_percent", figures->iot * 100);
	build_char(to, '}');
}

static void put_period(struct builder *to, const struct views_report *report, unsigned period)
{
	const struct view_period *days = &report->periods[period];
	const struct view_cover *cover = &report->cover[period];
	char from[VIEW_PERIOD_DAY], last[VIEW_PERIOD_DAY];

	build_format(to, "{\"from\":\"%s\",\"to\":\"%s\"", view_day(days->from, from), view_day(days->to, last));
	put_number(to, "days", cover->days);
	put_number(to, "address_days", cover->address_days);
	build_format(to, ",\"tables\":%llu", (unsigned long long)cover->files);
	put_figures(to, &report->figures[period]);
	put_notes(to, report, period);
	build_char(to, '}');
}

static void put_steps(struct builder *to, const char *name, const struct view_step *steps, size_t count)
{
	char day[VIEW_PERIOD_DAY];

	build_format(to, "\"%s\":[", name);
	for (size_t i = 0; i < count; i++) {
		build_format(to, "%s{\"from\":\"%s\",\"packets\":%llu", i ? "," : "", view_day(steps[i].from, day),
		    (unsigned long long)steps[i].packets);
		put_number(to, "value", steps[i].value);
		if (steps[i].left_out)
			build_format(to, ",\"left_out\":%u", steps[i].left_out);
		build_char(to, '}');
	}
	build_char(to, ']');
}

/* Those behind the first, which is all access. */
static void put_series(struct builder *to, const struct views_report *report)
{
	build_text(to, TEXT(",\"series\":{"));
	for (size_t i = 1; i < report->series_count; i++) {
		const struct views_series *series = &report->series[i];
		build_format(to, "%s\"%s\":{", i > 1 ? "," : "", series->name);
		put_steps(to, "months", series->months, series->month_count);
		build_char(to, ',');
		put_steps(to, "days", series->days, series->day_count);
		build_char(to, '}');
	}
	build_text(to, TEXT("},\"port_months\":{"));
	for (size_t i = 0; i < report->monthly_count; i++) {
		if (i)
			build_char(to, ',');
		put_steps(to, report->monthly[i].name, report->monthly[i].months, report->monthly[i].month_count);
	}
	build_char(to, '}');
}

static void put_countries(struct builder *to, const struct views_report *report)
{
	const struct view_cell *cells[COUNTRY_PORTS];

	build_text(to, TEXT(",\"country_ports\":{"));
	for (size_t i = 0; i < report->country_count; i++) {
		const struct view *view = &report->country_ports[i];
		size_t count = view_top(view, VIEW_RANKED, cells, COUNTRY_PORTS);
		build_format(to, "%s\"%.2s\":[", i ? "," : "", view->query.country);
		for (size_t j = 0; j < count; j++) {
			if (j)
				build_char(to, ',');
			put_cell(to, view, cells[j]);
		}
		build_char(to, ']');
	}
	build_char(to, '}');
}

static void put_coverage(struct builder *to, const struct views_report *report)
{
	char from[VIEW_PERIOD_DAY], last[VIEW_PERIOD_DAY];

	build_text(to, TEXT(",\"sensors\":["));
	for (size_t i = 0; i < report->sensor_count; i++) {
		const struct view_sensor *sensor = &report->sensors[i];
		build_format(to, "%s{\"sensor\":\"%s\",\"addresses\":%llu", i ? "," : "", sensor->name,
		    (unsigned long long)sensor->addresses);
		put_number(to, "days", sensor->days[0]);
		put_number(to, "days_before", sensor->days[1]);
		build_char(to, '}');
	}
	build_text(to, TEXT("],\"outages\":["));
	for (size_t i = 0; i < report->outage_count; i++) {
		const struct view_outage *outage = &report->outages[i];
		build_format(to, "%s{\"from\":\"%s\",\"to\":\"%s\"", i ? "," : "", view_day(outage->from, from),
		    view_day(outage->to, last));
		put_number(to, "days_awake", outage->awake);
		build_char(to, '}');
	}
	build_char(to, ']');
}

static void put_iot(struct builder *to, const struct views_report *report)
{
	if (!report->iot)
		return;
	build_text(to, TEXT(",\"iot_ports\":{\"name\":"));
	build_json_string(to, text_of(report->iot->name));
	build_format(to, ",\"date\":\"%s\"}", report->iot->date);
}

enum error views_report_json(const struct views_report *report, struct builder *to)
{
	const struct views_series *all = &report->series[SERIES_ALL];
	char known[TIME_TEXT];

	build_format(to, "{\"known\":\"%s\",\"period\":", time_format(report->known, known));
	put_period(to, report, 0);
	build_text(to, TEXT(",\"against\":"));
	put_period(to, report, 1);
	build_format(to, ",\"research\":\"%s\"",
	    report->without_research ? "without"
	    : report->research_alone ? "alone"
				     : "all");
	build_text(to, TEXT(",\"views\":{"));
	for (size_t i = 0; i < VIEW_SECTIONS; i++) {
		build_format(to, "%s\"%s\":", i ? "," : "", views_section_name(i));
		put_section(to, &report->sections[i], report->top);
	}
	build_text(to, TEXT("},"));
	put_steps(to, "months", all->months, all->month_count);
	build_char(to, ',');
	put_steps(to, "days", all->days, all->day_count);
	if (report->of_tables) {
		put_series(to, report);
		put_countries(to, report);
		put_coverage(to, report);
	}
	put_iot(to, report);
	build_text(to, TEXT("}\n"));
	return to->failed ? ERROR_MEMORY : OK;
}

/* ── CSV ─ */

/* As in JSON: what is printed is rounded where it is printed. */
static void put_csv_number(struct builder *to, double value)
{
	if (isfinite(value))
		build_format(to, ",%.10g", value);
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

/* All notes of a period in one quoted field, which begins with a year and so is no formula: "2020: … / …; …". */
static void put_csv_notes(struct builder *to, const struct views_report *report, unsigned period)
{
	const struct view_note *note;
	bool more = false;

	build_char(to, ',');
	for (size_t next = 0; (note = views_report_note(report, period, &next)); more = true) {
		struct builder words = { 0 };
		build_format(&words, "%s: %s / %s", note->period, note->japanese, note->english);
		build_text(to, more ? TEXT("; ") : TEXT("\""));
		for (size_t i = 0; i < words.size; i++) {
			if (words.at[i] == '"')
				build_char(to, '"');
			build_char(to, words.at[i]);
		}
		to->failed |= words.failed;
		builder_free(&words);
	}
	if (more)
		build_char(to, '"');
}

/* Every cell, not only the first ones: for spreadsheets and for what computes. */
enum error views_report_csv(const struct views_report *report, struct builder *to)
{
	struct builder notes = { 0 };
	char item[VIEW_ITEM], from[16], until[16];

	put_csv_notes(&notes, report, 0);
	put_csv_notes(&notes, report, 1);
	build_text(
	    to, TEXT("view,item,rank,rank_before,packets,packets_before,value,value_before,change,change_percent,"
		     "notes,notes_before,unit,from,to\n"));
	view_day(report->periods[0].from, from);
	view_day(report->periods[0].to, until);
	for (size_t i = 0; i < VIEW_SECTIONS; i++)
		for (size_t j = 0; j < report->sections[i].count; j++) {
			const struct view_cell *cell = &report->sections[i].cells[j];
			build_format(to, "%s,%s", views_section_name(i), view_item(&report->sections[i], cell, item));
			put_csv_rank(to, cell->rank[0]);
			put_csv_rank(to, cell->rank[1]);
			build_format(to, ",%llu,%llu", (unsigned long long)cell->packets[0],
			    (unsigned long long)cell->packets[1]);
			put_csv_number(to, cell->value[0]);
			put_csv_number(to, cell->value[1]);
			put_csv_number(to, cell->change);
			put_csv_number(to, cell->percent);
			build_text(to, (struct text){ notes.at, notes.size });
			build_format(to, ",%s,%s,%s\n",
			    report->sections[i].query.kind == VIEW_BACKSCATTER ? "packets/day" : "packets/day/address",
			    from, until);
		}
	to->failed |= notes.failed;
	builder_free(&notes);
	return to->failed ? ERROR_MEMORY : OK;
}
