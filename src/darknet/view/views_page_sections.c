/*
 * The sections of a report's page, in the order in which the police agency prints them; before them the year as NICTER
 * prints it, after them coverage and what is counted.
 */
#include "darknet/view/views_page_inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP_SHARES 10
#define COUNTRY_PORTS 5

/* ── the period's figures ─ */

static void put_figure(struct page *page, const char *title, double now, double before, unsigned decimals)
{
	page_row(page, catalog_string(page->catalog, title));
	page_number(page, now, decimals);
	page_number(page, before, decimals);
	page_signed(page, before > 0 ? (now - before) / before * 100 : NAN, 1, " %");
	page_row_end(page);
}

static void put_period_columns(struct page *page)
{
	for (unsigned period = 0; period < 2; period++) {
		build_text(page->to, TEXT("<th scope=\"col\">"));
		page_period(page, period);
		build_text(page->to, TEXT("</th>"));
	}
}

static void put_figures(struct page *page)
{
	const struct views_figures *now = &page->report->figures[0], *before = &page->report->figures[1];

	page_table_open(page, N_("Figures of the period"), NULL, 6);
	page_column(page, N_("figure"));
	put_period_columns(page);
	page_column(page, N_("change, %"));
	page_table_body(page);
	put_figure(page, N_("packets, backscatter among them"), (double)now->packets, (double)before->packets, 0);
	put_figure(page, N_("addresses"), now->addresses, before->addresses, 1);
	put_figure(page, N_("packets for each address"), now->per_address, before->per_address, 1);
	put_figure(
	    page, N_("seconds between two packets to an address"), now->seconds_for_each, before->seconds_for_each, 1);
	put_figure(page, N_("share of scanners of researchers, %"), now->research * 100, before->research * 100, 1);
	put_figure(
	    page, N_("share of ports of IoT devices, without researchers, %"), now->iot * 100, before->iot * 100, 1);
	page_table_close(page);
	if (page->report->iot) {
		build_text(page->to, TEXT("<p>"));
		page_say_of(page, N_("Ports of IoT devices: {0}, {1}."),
		    (const char *const[]){ page->report->iot->name, page->report->iot->date }, 2);
		build_text(page->to, TEXT("</p>\n"));
	}
}

/* Shares of one view, of all its packets; with those of another view's packets beside them. */
static void put_shares(struct page *page, const char *title, const struct view *view)
{
	const struct view_cell *cells[TOP_SHARES];
	size_t count = view_top(view, VIEW_RANKED, cells, TOP_SHARES);
	double rest = 1;

	if (count == 0)
		return;
	page_table_open(page, title, N_("share of all packets, %"), count);
	page_column(page, N_("item"));
	put_period_columns(page);
	page_table_body(page);
	for (size_t i = 0; i < count; i++) {
		page_item(page, view, cells[i]);
		page_number(page, cells[i]->share * 100, 1);
		page_number(
		    page, view->total[1] ? (double)cells[i]->packets[1] / (double)view->total[1] * 100 : NAN, 1);
		page_row_end(page);
		rest -= cells[i]->share;
	}
	page_row(page, catalog_string(page->catalog, N_("others")));
	page_number(page, fmax(rest, 0) * 100, 1);
	build_text(page->to, TEXT("<td>–</td>"));
	page_row_end(page);
	page_table_close(page);
}

static void section_figures(struct page *page)
{
	page_heading(page, 2, "figures", N_("The period in figures"));
	put_figures(page);
	page_heading(page, 3, "surveyed", N_("Destination ports, without scanners of researchers"));
	page_ranking(page, SECTION_PORTS_SURVEYED);
	put_shares(page, N_("Shares of destination ports, without scanners of researchers"),
	    &page->report->sections[SECTION_PORTS_SURVEYED]);
}

/* ── 2-1 to 2-3 ─ */

static void section_trend(struct page *page)
{
	const struct views_series *all = &page->report->series[SERIES_ALL];

	page_heading(page, 2, "2-1", N_("2-1 Total trend"));
	page_lines(page, N_("All access, each day"), all, 1);
	page_months(page, N_("All access, mean of each month"), all, 1);
	page_days(page, N_("All access, each day"), all);
}

static void section_well_known(struct page *page)
{
	const struct views_series *series = &page->report->series[SERIES_WELL_KNOWN];

	page_heading(page, 2, "2-2", N_("2-2 Well-known ports and others"));
	page_lines(page, N_("Access by kind of port, each day"), series, 3);
	page_table_open(page, N_("Access by kind of port"), page_unit(VIEW_ACCESS), 3);
	page_column(page, N_("item"));
	put_period_columns(page);
	page_column(page, N_("change, %"));
	page_column(page, N_("share, %"));
	page_table_body(page);
	for (size_t i = SECTION_WELL_KNOWN; i <= SECTION_NO_PORTS; i++) {
		const struct view *view = &page->report->sections[i], *all = &page->report->sections[SECTION_ALL];
		page_row(page, catalog_string(page->catalog, views_section_title(i)));
		page_number(page, view->value[0], 2);
		page_number(page, view->value[1], 2);
		page_signed(
		    page, view->value[1] > 0 ? (view->value[0] - view->value[1]) / view->value[1] * 100 : NAN, 1, " %");
		page_number(page, all->total[0] ? (double)view->total[0] / (double)all->total[0] * 100 : NAN, 1);
		page_row_end(page);
	}
	page_table_close(page);
	page_months(page, N_("Access by kind of port, mean of each month"), series, 3);
}

static void section_monthly(struct page *page)
{
	page_heading(page, 2, "2-3", N_("2-3 Monthly means by port"));
	if (page->report->monthly_count == 0) {
		page_paragraph(page, N_("Nothing was seen."));
		return;
	}
	page_lines(page, N_("The first ports, mean of each month"), page->report->monthly, page->report->monthly_count);
	page_months(
	    page, N_("The first ports, mean of each month"), page->report->monthly, page->report->monthly_count);
}

/* ── 2-4, 2-5 ─ */

/* What part of the access to each port comes from Japan. */
static void put_japan(struct page *page)
{
	const struct view *all = &page->report->sections[SECTION_PORTS],
			  *japan = &page->report->sections[SECTION_PORTS_JAPAN];
	const struct view_cell *cells[TOP_SHARES];
	size_t count = view_top(all, VIEW_RANKED, cells, TOP_SHARES);
	char item[VIEW_ITEM];

	page_table_open(page, N_("Access of all sources and of those in Japan"), page_unit(VIEW_ACCESS), count + 1);
	page_column(page, N_("item"));
	page_column(page, N_("all sources"));
	page_column(page, N_("sources in Japan"));
	page_column(page, N_("share, %"));
	page_table_body(page);
	page_row(page, catalog_string(page->catalog, N_("all ports")));
	page_number(page, all->value[0], 2);
	page_number(page, japan->value[0], 2);
	page_number(page, all->total[0] ? (double)japan->total[0] / (double)all->total[0] * 100 : NAN, 1);
	page_row_end(page);
	for (size_t i = 0; i < count; i++) {
		double value = 0, packets = 0;
		for (size_t j = 0; j < japan->count; j++)
			if (japan->cells[j].key.port == cells[i]->key.port &&
			    japan->cells[j].key.protocol == cells[i]->key.protocol) {
				value = japan->cells[j].value[0];
				packets = (double)japan->cells[j].packets[0];
			}
		page_row(page, view_item(all, cells[i], item));
		page_number(page, cells[i]->value[0], 2);
		page_number(page, value, 2);
		page_number(page, packets / (double)cells[i]->packets[0] * 100, 1);
		page_row_end(page);
	}
	page_table_close(page);
}

static void section_ports(struct page *page)
{
	const struct views_report *report = page->report;
	const struct views_series *followed = &report->series[SERIES_FOLLOWED];
	size_t count = report->series_count - SERIES_FOLLOWED;

	page_heading(page, 2, "2-4", N_("2-4 Destination ports and countries of sources"));
	page_heading(page, 3, "ports", N_("Destination ports"));
	page_ranking(page, SECTION_PORTS);
	page_heading(page, 3, "japan", N_("Destination ports, of sources in Japan"));
	put_japan(page);
	page_ranking(page, SECTION_PORTS_JAPAN);
	page_heading(page, 3, "shares", N_("Shares of countries"));
	put_shares(page, N_("Shares of countries"), &report->sections[SECTION_COUNTRIES]);
	page_paragraph(page,
	    N_("A country is that of the allocation of the source's address; the machine may be a stepping stone. "
	       "Shares of the first ones do not add up to 100 %."));
	page_heading(page, 3, "followed", N_("Ports over time"));
	for (size_t i = 0; i < count; i++)
		page_lines(page, followed[i].name, &followed[i], 1);
	page_months(page, N_("Ports over time, mean of each month"), followed, count);
	for (size_t i = 0; i < count; i++)
		page_days(page, followed[i].name, &followed[i]);
}

static void section_countries(struct page *page)
{
	const struct views_report *report = page->report;
	const struct view_cell *cells[COUNTRY_PORTS];
	char words[256], item[VIEW_ITEM];

	page_heading(page, 2, "2-5", N_("2-5 Countries of sources and their ports"));
	page_ranking(page, SECTION_COUNTRIES);
	if (report->country_count == 0)
		return;
	page_table_open(
	    page, N_("The first ports of the first countries"), page_unit(VIEW_ACCESS), report->country_count);
	page_column(page, N_("country"));
	for (unsigned rank = 1; rank <= COUNTRY_PORTS; rank++) {
		snprintf(words, sizeof words, "%u", rank);
		page_column_text(page, words);
	}
	page_table_body(page);
	for (size_t i = 0; i < report->country_count; i++) {
		const struct view *view = &report->country_ports[i];
		size_t count = view_top(view, VIEW_RANKED, cells, COUNTRY_PORTS);
		const char *name = view_country_name(report->names, view->query.country, page->catalog != NULL);
		snprintf(words, sizeof words, "%.2s %s", view->query.country, name ? name : "");
		page_row(page, words);
		for (size_t j = 0; j < COUNTRY_PORTS; j++) {
			char number[CHART_NUMBER];
			build_text(page->to, TEXT("<td>"));
			if (j < count)
				build_format(page->to, "%s<br>%s", view_item(view, cells[j], item),
				    chart_number(cells[j]->value[0], 2, number));
			else
				build_text(page->to, TEXT("–"));
			build_text(page->to, TEXT("</td>"));
		}
		page_row_end(page);
	}
	page_table_close(page);
}

/* ── 2-6 to 2-8 ─ */

static void section_methods(struct page *page)
{
	page_heading(page, 2, "2-6", N_("2-6 Methods"));
	page_ranking(page, SECTION_METHODS);
	page_heading(page, 2, "2-7", N_("2-7 Sources of the methods"));
	page_ranking(page, SECTION_METHOD_COUNTRIES);
}

static void section_backscatter(struct page *page)
{
	const struct views_series *series = &page->report->series[SERIES_BACKSCATTER];

	page_heading(page, 2, "2-8", N_("2-8 Backscatter of attacks"));
	page_lines(page, N_("All backscatter, each day"), series, 1);
	page_months(page, N_("All backscatter, mean of each month"), series, 1);
	page_days(page, N_("All backscatter, each day"), series);
	page_heading(page, 3, "backscatter-ports", N_("Backscatter: ports of victims"));
	page_ranking(page, SECTION_BACKSCATTER_PORTS);
	page_heading(page, 3, "backscatter-countries", N_("Backscatter: countries of victims"));
	page_ranking(page, SECTION_BACKSCATTER_COUNTRIES);
}

/* ── coverage ─ */

static void put_sensors(struct page *page)
{
	const struct views_report *report = page->report;

	page_table_open(page, N_("Sensors"), NULL, report->sensor_count);
	page_column(page, N_("sensor"));
	page_column(page, N_("addresses"));
	for (unsigned period = 0; period < 2; period++) {
		build_text(page->to, TEXT("<th scope=\"col\">"));
		page_say(page, N_("days awake"));
		build_char(page->to, ' ');
		page_period(page, period);
		build_text(page->to, TEXT("</th>"));
	}
	page_table_body(page);
	for (size_t i = 0; i < report->sensor_count; i++) {
		page_row(page, report->sensors[i].name);
		page_number(page, (double)report->sensors[i].addresses, 0);
		page_number(page, report->sensors[i].days[0], 2);
		page_number(page, report->sensors[i].days[1], 2);
		page_row_end(page);
	}
	page_table_close(page);
}

static void put_outages(struct page *page)
{
	const struct views_report *report = page->report;
	char words[VIEW_PERIOD_TEXT];

	if (report->outage_count == 0) {
		page_paragraph(page, N_("On every day a telescope was awake all day."));
		return;
	}
	page_table_open(page, N_("Days in which no telescope was awake all the time"), NULL, report->outage_count);
	page_column(page, N_("days"));
	page_column(page, N_("how many"));
	page_column(page, N_("days of them awake"));
	page_table_body(page);
	for (size_t i = 0; i < report->outage_count; i++) {
		const struct view_outage *outage = &report->outages[i];
		page_row(page, view_period_format(&(struct view_period){ outage->from, outage->to }, words));
		page_number(page, (double)(outage->to - outage->from + 1), 0);
		page_number(page, outage->awake, 2);
		page_row_end(page);
	}
	page_table_close(page);
}

static void section_coverage(struct page *page)
{
	page_heading(page, 2, "coverage", N_("Coverage"));
	page_table_open(page, N_("Coverage of the periods"), NULL, 3);
	page_column(page, N_("figure"));
	put_period_columns(page);
	page_table_body(page);
	page_row(page, catalog_string(page->catalog, N_("days in which a telescope was awake")));
	page_number(page, page->report->cover[0].days, 2);
	page_number(page, page->report->cover[1].days, 2);
	page_row_end(page);
	page_row(page, catalog_string(page->catalog, N_("addresses, times days")));
	page_number(page, page->report->cover[0].address_days, 2);
	page_number(page, page->report->cover[1].address_days, 2);
	page_row_end(page);
	page_row(page, catalog_string(page->catalog, N_("tables that were read")));
	page_number(page, (double)page->report->cover[0].files, 0);
	page_number(page, (double)page->report->cover[1].files, 0);
	page_row_end(page);
	page_table_close(page);
	put_sensors(page);
	put_outages(page);
}

static void section_notes(struct page *page)
{
	const struct view_note *note;
	bool any = false;

	page_heading(page, 2, "notes", N_("Notes"));
	for (size_t i = 0; page->report->notes && i < page->report->notes->count; i++) {
		note = &page->report->notes->items[i];
		if (!view_period_overlaps(&note->days, &page->report->periods[0]) &&
		    !view_period_overlaps(&note->days, &page->report->periods[1]))
			continue;
		any = true;
		build_format(page->to, "<p id=\"%s-note-%zu\">†%zu ", page->prefix, i + 1, i + 1);
		page_say_of(page,
		    note->left_out ? N_("note on {0}, which is left out of trends: {1} ({2})")
				   : N_("note on {0}: {1} ({2})"),
		    (const char *const[]){ note->period, page->catalog ? note->japanese : note->english, note->author },
		    3);
		build_text(page->to, TEXT(" <small>"));
		build_html(page->to, text_of(note->written_text));
		build_text(page->to, TEXT("</small></p>\n"));
	}
	if (!any)
		page_paragraph(page, N_("There are no notes on these periods."));
}

static void section_counted(struct page *page)
{
	page_heading(page, 2, "counted", N_("What is counted"));
	page_paragraph(page,
	    N_("Access: all packets to unused addresses that are no backscatter, for each day and address. Methods: "
	       "those "
	       "of them that try something, told by their first bytes. Backscatter: answers to what nobody here asked, "
	       "for "
	       "each day; port and country are the victim's. Changes are against the other period; –: not known, or "
	       "nothing to compare with."));
	if (page->report->without_research)
		page_paragraph(page, N_("Scanners of researchers are not counted at all."));
	if (page->report->research_alone)
		page_paragraph(page, N_("Scanners of researchers alone are counted."));
}

void views_page_sections(
    const struct views_report *report, const struct catalog *catalog, const char *prefix, struct builder *to)
{
	static void (*const sections[])(struct page * page) = { section_figures, section_trend, section_well_known,
		section_monthly, section_ports, section_countries, section_methods, section_backscatter,
		section_coverage, section_notes, section_counted };
	struct page page = { .to = to, .catalog = catalog, .report = report, .prefix = prefix };

	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		build_text(to, TEXT("<section>\n"));
		sections[i](&page);
		build_text(to, TEXT("</section>\n"));
	}
}
