/*
 * Tables and charts of a report's page: rankings, months, days.
 */
#include "darknet/view/views_page_inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BARS 10              /* of a ranking's chart */
#define MONTHS_BESIDE 12     /* of the table of days */
#define DAYS_SHOWN (3 * 366) /* longer periods are shown by month */

/* ── pieces ─ */

void page_say_of(struct page *page, const char *msgid, const char *const *parameters, size_t count)
{
	struct builder plain = { 0 };
	struct text texts[6];

	for (size_t i = 0; i < count && i < 6; i++)
		texts[i] = text_of(parameters[i]);
	catalog_build(page->catalog, text_of(msgid), texts, count, &plain);
	build_html(page->to, (struct text){ plain.at, plain.size });
	page->to->failed |= plain.failed;
	builder_free(&plain);
}

void page_say(struct page *page, const char *msgid)
{
	build_html(page->to, catalog_text(page->catalog, text_of(msgid)));
}

void page_heading(struct page *page, unsigned level, const char *id, const char *msgid)
{
	build_format(page->to, "<h%u id=\"%s-%s\">", level, page->prefix, id);
	page_say(page, msgid);
	build_format(page->to, "</h%u>\n", level);
}

void page_paragraph(struct page *page, const char *msgid)
{
	build_text(page->to, TEXT("<p>"));
	page_say(page, msgid);
	build_text(page->to, TEXT("</p>\n"));
}

/* Marks lead to the list of notes on the page. */
void page_period(struct page *page, unsigned period)
{
	char words[VIEW_PERIOD_TEXT];
	size_t next = 0;

	build_html(page->to, text_of(view_period_format(&page->report->periods[period], words)));
	while (views_report_note(page->report, period, &next))
		build_format(page->to, "<sup><a href=\"#%s-note-%zu\">†%zu</a></sup>", page->prefix, next, next);
}

void page_table_open(struct page *page, const char *title, const char *unit, size_t rows)
{
	char number[16];

	snprintf(number, sizeof number, "%u", ++page->tables);
	/* wide ones can be moved on a small screen, by keys too */
	build_format(page->to,
	    "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"%s-table-%s\"><table class=\"%s\">"
	    "<caption id=\"%s-table-%s\">",
	    page->prefix, number, rows > 40 ? "long" : "whole", page->prefix, number);
	page_say_of(
	    page, N_("Table {0}: {1}"), (const char *const[]){ number, catalog_string(page->catalog, title) }, 2);
	if (unit) {
		build_text(page->to, TEXT(" <span class=\"unit\">"));
		page_say_of(page, N_("({0})"), (const char *const[]){ catalog_string(page->catalog, unit) }, 1);
		build_text(page->to, TEXT("</span>"));
	}
	build_text(page->to, TEXT("</caption>\n<thead><tr>"));
}

void page_column_text(struct page *page, const char *words)
{
	build_text(page->to, TEXT("<th scope=\"col\">"));
	build_html(page->to, text_of(words));
	build_text(page->to, TEXT("</th>"));
}

void page_column(struct page *page, const char *msgid)
{
	page_column_text(page, catalog_string(page->catalog, msgid));
}

void page_table_body(struct page *page)
{
	build_text(page->to, TEXT("</tr></thead>\n<tbody>\n"));
}

void page_row(struct page *page, const char *heading)
{
	build_text(page->to, TEXT("<tr><th scope=\"row\">"));
	build_html(page->to, text_of(heading));
	build_text(page->to, TEXT("</th>"));
}

void page_number(struct page *page, double value, unsigned decimals)
{
	char words[CHART_NUMBER];

	build_format(page->to, "<td>%s</td>", chart_number(value, decimals, words));
}

void page_signed(struct page *page, double value, unsigned decimals, const char *unit)
{
	char words[CHART_NUMBER];

	if (isfinite(value))
		build_format(
		    page->to, "<td>%s%s%s</td>", value < 0 ? "" : "+", chart_number(value, decimals, words), unit);
	else
		build_text(page->to, TEXT("<td>–</td>"));
}

void page_row_end(struct page *page)
{
	build_text(page->to, TEXT("</tr>\n"));
}

void page_table_close(struct page *page)
{
	build_text(page->to, TEXT("</tbody></table></div>\n"));
}

const char *page_unit(enum view_kind kind)
{
	return kind == VIEW_BACKSCATTER ? N_("packets for each day") : N_("packets for each day and address");
}

/* ── charts ─ */

/* With the number and the words that every chart has; what it shows stands in the table behind it. */
static struct chart chart_begin(struct page *page, const char *title, char id[static 32])
{
	snprintf(id, 32, "%s-chart-%u", page->prefix, ++page->charts);
	return (struct chart){ .id = id,
		.title = catalog_text(page->catalog, text_of(title)),
		.description = catalog_text(page->catalog, text_of(N_("The table behind it has the same figures."))) };
}

static void put_chart(
    struct page *page, const struct chart *chart, void (*draw)(const struct chart *chart, struct builder *to))
{
	build_text(page->to, TEXT("<figure>\n"));
	draw(chart, page->to);
	build_text(page->to, TEXT("<figcaption>"));
	build_html(page->to, chart->title);
	build_text(page->to, TEXT("</figcaption></figure>\n"));
}

/* ── rankings ─ */

static void put_bars(struct page *page, const struct view *view, const char *title)
{
	const struct view_cell *cells[BARS];
	size_t count = view_top(view, VIEW_RANKED, cells, BARS);
	double values[2][BARS];
	char items[BARS][VIEW_ITEM], id[32], periods[2][VIEW_PERIOD_TEXT];
	struct text labels[BARS];

	if (count == 0)
		return;
	struct chart chart = chart_begin(page, title, id);
	chart.unit = catalog_text(page->catalog, text_of(page_unit(view->query.kind)));
	for (size_t i = 0; i < count; i++) {
		labels[i] = text_of(view_item(view, cells[i], items[i]));
		for (unsigned period = 0; period < 2; period++)
			values[period][i] = cells[i]->value[period];
	}
	for (unsigned period = 0; period < 2; period++)
		chart.series[period] =
		    (struct chart_series){ text_of(view_period_format(&page->report->periods[period], periods[period])),
			    values[period] };
	chart.series_count = 2;
	chart.labels = labels;
	chart.count = count;
	chart.decimals = 2;
	put_chart(page, &chart, chart_bars);
}

static void put_rank(struct page *page, uint32_t rank)
{
	if (rank)
		build_format(page->to, "<td>%u</td>", rank);
	else
		build_text(page->to, TEXT("<td>–</td>"));
}

void page_item(struct page *page, const struct view *view, const struct view_cell *cell)
{
	const char *name = view_item_name(page->report->names, view, cell, page->catalog);
	char item[VIEW_ITEM], words[256];

	snprintf(words, sizeof words, "%s (%s)", name ? name : "", view_item(view, cell, item));
	page_row(page, name ? words : item);
}

static void put_order(struct page *page, const struct view *view, enum view_order order, const char *title)
{
	const struct view_cell *cells[1000];
	size_t count = view_top(view, order, cells, page->report->top);

	if (count == 0)
		return;
	page_table_open(page, title, page_unit(view->query.kind), count);
	page_column(page, N_("item"));
	for (unsigned period = 0; period < 2; period++) {
		build_text(page->to, TEXT("<th scope=\"col\">"));
		page_say(page, N_("rank"));
		build_char(page->to, ' ');
		page_period(page, period);
		build_text(page->to, TEXT("</th>"));
	}
	for (unsigned period = 0; period < 2; period++) {
		build_text(page->to, TEXT("<th scope=\"col\">"));
		page_say(page, N_("count"));
		build_char(page->to, ' ');
		page_period(page, period);
		build_text(page->to, TEXT("</th>"));
	}
	page_column(page, N_("change, %"));
	page_column(page, N_("change, count"));
	page_table_body(page);
	for (size_t i = 0; i < count; i++) {
		page_item(page, view, cells[i]);
		put_rank(page, cells[i]->rank[0]);
		put_rank(page, cells[i]->rank[1]);
		page_number(page, cells[i]->value[0], 2);
		page_number(page, cells[i]->value[1], 2);
		page_signed(page, cells[i]->percent, 1, " %");
		page_signed(page, cells[i]->change, 2, "");
		page_row_end(page);
	}
	page_table_close(page);
}

void page_ranking(struct page *page, enum views_section section)
{
	const struct view *view = &page->report->sections[section];
	const char *title = catalog_string(page->catalog, views_section_title(section));
	static const struct {
		enum view_order order;
		const char *msgid;
	} orders[] = {
		{ VIEW_RANKED, N_("{0}: ranking") },
		{ VIEW_INCREASE, N_("{0}: by increase") },
		{ VIEW_DECREASE, N_("{0}: by decrease") },
	};

	if (view->count == 0)
		page_paragraph(page, N_("Nothing was seen."));
	put_bars(page, view, views_section_title(section));
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct builder words = { 0 };
		const struct text parameter = text_of(title);
		catalog_build(page->catalog, text_of(orders[i].msgid), &parameter, 1, &words);
		put_order(page, view, orders[i].order, words.at ? words.at : "");
		page->to->failed |= words.failed;
		builder_free(&words);
	}
}

/* ── months and days ─ */

static struct tm date_of(int64_t day)
{
	time_t seconds = (time_t)(day * 86400);
	struct tm date;

	gmtime_r(&seconds, &date);
	return date;
}

const char *page_series_title(const struct views_series *series)
{
	for (size_t i = 0; i < VIEW_SECTIONS; i++)
		if (strcmp(series->name, views_section_name(i)) == 0)
			return views_section_title(i);
	return series->name;
}

/* Every day of a short period has a mark, the first of each month of a longer one. */
static bool labels_of(
    const struct view_step *steps, size_t count, bool months, struct text *labels, char (*words)[VIEW_PERIOD_DAY])
{
	for (size_t i = 0; i < count; i++) {
		bool marked = months || count <= 62 || date_of(steps[i].from).tm_mday == 1;
		view_day(steps[i].from, words[i]);
		labels[i] = !marked                ? TEXT_NONE
			    : months || count > 62 ? (struct text){ words[i], 7 }
						   : text_of(words[i] + 5);
	}
	return true;
}

void page_lines(struct page *page, const char *title, const struct views_series *series, size_t count)
{
	bool months = series->day_count == 0 || series->day_count > DAYS_SHOWN;
	size_t places = months ? series->month_count : series->day_count;
	double *values = calloc(CHART_SERIES * (places + 1), sizeof *values);
	struct text *labels = calloc(places + 1, sizeof *labels);
	char(*words)[VIEW_PERIOD_DAY] = calloc(places + 1, sizeof *words), id[32];

	if (values && labels && words) {
		struct chart chart = chart_begin(page, title, id);
		labels_of(months ? series->months : series->days, places, months, labels, words);
		chart.unit = catalog_text(page->catalog, text_of(page_unit(series->kind)));
		chart.labels = labels;
		chart.count = places;
		for (size_t i = 0; i < count && i < CHART_SERIES; i++) {
			for (size_t j = 0; j < places; j++)
				values[i * places + j] = (months ? series[i].months : series[i].days)[j].value;
			chart.series[i] =
			    (struct chart_series){ catalog_text(page->catalog, text_of(page_series_title(&series[i]))),
				    values + i * places };
		}
		chart.series_count = count < CHART_SERIES ? count : CHART_SERIES;
		put_chart(page, &chart, chart_lines);
	} else {
		page->to->failed = true;
	}
	free(values);
	free(labels);
	free(words);
}

void page_months(struct page *page, const char *title, const struct views_series *series, size_t count)
{
	char month[VIEW_PERIOD_DAY];

	if (count == 0)
		return;
	page_table_open(page, title, page_unit(series->kind), series->month_count);
	page_column(page, N_("month"));
	for (size_t i = 0; i < count; i++)
		page_column(page, page_series_title(&series[i]));
	page_table_body(page);
	for (size_t i = 0; i < series->month_count; i++) {
		view_day(series->months[i].from, month);
		month[7] = '\0';
		page_row(page, month);
		for (size_t j = 0; j < count; j++)
			page_number(page, series[j].months[i].value, 2);
		page_row_end(page);
	}
	page_table_close(page);
}

/* One table: a column for each month from a step on, a row for each day of a month. Where the next one begins. */
static size_t put_days(struct page *page, const char *title, const struct views_series *series, size_t first)
{
	const double *cells[MONTHS_BESIDE][31] = { 0 };
	char words[VIEW_PERIOD_DAY], months[MONTHS_BESIDE][VIEW_PERIOD_DAY];
	size_t count = 0, i = first;

	for (; i < series->day_count; i++) {
		struct tm date = date_of(series->days[i].from);
		if (i == first || date.tm_mday == 1) {
			if (count == MONTHS_BESIDE)
				break;
			view_day(series->days[i].from, months[count]);
			months[count++][7] = '\0';
		}
		cells[count - 1][date.tm_mday - 1] = &series->days[i].value;
	}
	page_table_open(page, title, page_unit(series->kind), 31);
	page_column(page, N_("day"));
	for (size_t j = 0; j < count; j++)
		page_column_text(page, months[j]);
	page_table_body(page);
	for (unsigned day = 0; day < 31; day++) {
		snprintf(words, sizeof words, "%u", day + 1);
		page_row(page, words);
		for (size_t j = 0; j < count; j++)
			page_number(page, cells[j][day] ? *cells[j][day] : NAN, 2);
		page_row_end(page);
	}
	page_table_close(page);
	return i;
}

void page_days(struct page *page, const char *title, const struct views_series *series)
{
	if (series->day_count > DAYS_SHOWN)
		return;
	for (size_t next = 0; next < series->day_count;)
		next = put_days(page, title, series, next);
}
