/*
 * A report of views for people; see views_report.h.
 */
#include "darknet/view/chart.h"
#include "darknet/view/views_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *views_section_title(size_t section)
{
	static const char *const titles[VIEW_SECTIONS] = {
		[SECTION_ALL] = N_("All access"),
		[SECTION_WELL_KNOWN] = N_("Well-known ports (0 to 1023)"),
		[SECTION_OTHER_PORTS] = N_("Other ports"),
		[SECTION_NO_PORTS] = N_("Without ports (ICMP and others)"),
		[SECTION_PORTS] = N_("Destination ports"),
		[SECTION_PORTS_JAPAN] = N_("Destination ports, of sources in Japan"),
		[SECTION_PORTS_SURVEYED] = N_("Destination ports, without scanners of researchers"),
		[SECTION_COUNTRIES] = N_("Countries of sources"),
		[SECTION_METHODS] = N_("Methods"),
		[SECTION_METHOD_COUNTRIES] = N_("Countries of the methods' sources"),
		[SECTION_BACKSCATTER] = N_("All backscatter"),
		[SECTION_BACKSCATTER_PORTS] = N_("Backscatter: ports of victims"),
		[SECTION_BACKSCATTER_COUNTRIES] = N_("Backscatter: countries of victims"),
	};

	return titles[section];
}

static void put_translated(struct builder *to, const struct catalog *japanese, const char *words)
{
	build_text(to, text_of(catalog_string(japanese, words)));
	build_char(to, '\n');
}

static void put_value(struct builder *to, double value, const char *format, int width)
{
	char words[32] = "–";

	if (isfinite(value))
		snprintf(words, sizeof words, format, value);
	/* the dash has three bytes */
	build_format(to, "%*s", isfinite(value) ? width : width + 2, words);
}

static void put_rank(struct builder *to, uint32_t rank, const char *format)
{
	char words[16] = "-";

	if (rank)
		snprintf(words, sizeof words, "%u", rank);
	build_format(to, format, words);
}

static void put_line(struct builder *to, const struct view *view, const struct view_cell *cell, const char *name)
{
	char item[VIEW_ITEM];

	put_rank(to, cell->rank[0], "%5s ");
	put_rank(to, cell->rank[1], "(%5s)  ");
	build_format(to, "%-16s", view_item(view, cell, item));
	put_value(to, cell->value[0], "%.2f", 14);
	put_value(to, cell->percent, "%+.1f %%", 12);
	put_value(to, cell->change, "%+.2f", 14);
	if (name)
		build_format(to, "  %s", name);
	build_char(to, '\n');
}

static void put_order(struct builder *to, const struct catalog *japanese, const struct views_report *report,
    const struct view *view, enum view_order order, const char *title)
{
	const struct view_cell *cells[1000];
	size_t count = view_top(view, order, cells, report->top);

	if (count == 0)
		return;
	build_text(to, TEXT("  "));
	put_translated(to, japanese, title);
	for (size_t i = 0; i < count; i++)
		put_line(to, view, cells[i], view_item_name(report->names, view, cells[i], japanese));
}

static void put_section(struct builder *to, const struct catalog *japanese, const struct views_report *report,
    const struct view *view, const char *title)
{
	build_char(to, '\n');
	put_translated(to, japanese, title);
	build_text(to, TEXT("  "));
	put_translated(to, japanese,
	    view->query.kind == VIEW_BACKSCATTER ? N_("packets for each day") : N_("packets for each day and address"));
	if (view->query.by == VIEW_BY_NOTHING) {
		for (size_t i = 0; i < view->count; i++)
			put_line(to, view, &view->cells[i], NULL);
		return;
	}
	put_order(to, japanese, report, view, VIEW_RANKED, N_("rank (before), item, count, change"));
	put_order(to, japanese, report, view, VIEW_INCREASE, N_("by increase"));
	put_order(to, japanese, report, view, VIEW_DECREASE, N_("by decrease"));
}

static void say(
    struct builder *to, const struct catalog *japanese, const char *words, const char *const *parameters, size_t count)
{
	struct text texts[4];

	for (size_t i = 0; i < count && i < 4; i++)
		texts[i] = text_of(parameters[i]);
	catalog_build(japanese, text_of(words), texts, count, to);
	build_char(to, '\n');
}

static size_t put_zone(char *to, size_t room, int zone)
{
	int minutes = abs(zone) / 60;
	int size = snprintf(to, room, "UTC%c%02d:%02d", zone < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
	return (size_t)size;
}

char *views_report_zones(const struct views_report *report, char to[static VIEW_ZONES_TEXT])
{
	size_t size = put_zone(to, VIEW_ZONES_TEXT, report->zones[0]);

	if (!report->zoned)
		return NULL;
	if (report->zones[1] != report->zones[0]) {
		size += (size_t)snprintf(to + size, VIEW_ZONES_TEXT - size, " – ");
		put_zone(to + size, VIEW_ZONES_TEXT - size, report->zones[1]);
	}
	return to;
}

static void put_header(struct builder *to, const struct catalog *japanese, const struct views_report *report)
{
	char days[4][VIEW_PERIOD_DAY], cover[2][32], zones[VIEW_ZONES_TEXT];

	for (unsigned period = 0; period < 2; period++) {
		view_day(report->periods[period].from, days[2 * period]);
		view_day(report->periods[period].to, days[2 * period + 1]);
		snprintf(cover[period], sizeof cover[period], "%.1f", report->cover[period].days);
	}
	say(to, japanese, N_("{0} to {1}, compared with {2} to {3}"),
	    (const char *const[]){ days[0], days[1], days[2], days[3] }, 4);
	say(to, japanese, N_("days in which a telescope was awake: {0}, and {1} before"),
	    (const char *const[]){ cover[0], cover[1] }, 2);
	if (views_report_zones(report, zones))
		say(to, japanese, N_("time zone of the days: {0}"), (const char *const[]){ zones }, 1);
}

/* A note that is about both periods once. */
static void put_notes(struct builder *to, const struct catalog *japanese, const struct views_report *report)
{
	const struct view_note *note;

	for (unsigned period = 0; period < 2; period++)
		for (size_t next = 0; (note = views_report_note(report, period, &next));) {
			if (period && view_period_overlaps(&note->days, &report->periods[0]))
				continue;
			say(to, japanese,
			    note->left_out ? N_("note on {0}, which is left out of trends: {1} ({2})")
					   : N_("note on {0}: {1} ({2})"),
			    (const char *const[]){
				note->period, japanese ? note->japanese : note->english, note->author },
			    3);
		}
}

static void put_figures(struct builder *to, const struct catalog *japanese, const struct views_report *report)
{
	const struct views_figures *now = &report->figures[0], *before = &report->figures[1];
	const struct {
		const char *title;
		double now, before;
		unsigned decimals;
	} lines[] = {
		{ N_("packets, backscatter among them"), (double)now->packets, (double)before->packets, 0 },
		{ N_("addresses"), now->addresses, before->addresses, 1 },
		{ N_("packets for each address"), now->per_address, before->per_address, 1 },
		{ N_("seconds between two packets to an address"), now->seconds_for_each, before->seconds_for_each, 1 },
		{ N_("share of scanners of researchers, %"), now->research * 100, before->research * 100, 1 },
		{ N_("share of ports of IoT devices, without researchers, %"), now->iot * 100, before->iot * 100, 1 },
	};
	char words[CHART_NUMBER], other[CHART_NUMBER];

	build_char(to, '\n');
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		build_format(to, "%16s (%s)  ", chart_number(lines[i].now, lines[i].decimals, words),
		    chart_number(lines[i].before, lines[i].decimals, other));
		put_translated(to, japanese, lines[i].title);
	}
}

enum error views_report_words(const struct views_report *report, const struct catalog *japanese, struct builder *to)
{
	put_header(to, japanese, report);
	put_notes(to, japanese, report);
	put_figures(to, japanese, report);
	for (size_t i = 0; i < VIEW_SECTIONS; i++)
		put_section(to, japanese, report, &report->sections[i], views_section_title(i));
	return to->failed ? ERROR_MEMORY : OK;
}
