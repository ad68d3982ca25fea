/*
 * A report of views for people; see views_report.h.
 */
#include "darknet/views_report.h"

#include <math.h>

/* In the order of VIEW_SECTIONS. */
static const char *const titles[VIEW_SECTIONS] = {
	N_("All access"),
	N_("Destination ports"),
	N_("Destination ports, of sources in Japan"),
	N_("Countries of sources"),
	N_("Methods"),
	N_("Countries of the methods' sources"),
	N_("All backscatter"),
	N_("Backscatter: ports of victims"),
	N_("Backscatter: countries of victims"),
};

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

static void put_line(struct builder *to, const struct view *view, const struct view_cell *cell)
{
	char item[VIEW_ITEM];

	put_rank(to, cell->rank[0], "%5s ");
	put_rank(to, cell->rank[1], "(%5s)  ");
	build_format(to, "%-16s", view_item(view, cell, item));
	put_value(to, cell->value[0], "%.2f", 14);
	put_value(to, cell->percent, "%+.1f %%", 12);
	put_value(to, cell->change, "%+.2f", 14);
	build_char(to, '\n');
}

static void put_order(struct builder *to, const struct catalog *japanese, const struct view *view,
    enum view_order order, const char *title, size_t top)
{
	const struct view_cell *cells[1000];
	size_t count = view_top(view, order, cells, top);

	if (count == 0)
		return;
	build_text(to, TEXT("  "));
	put_translated(to, japanese, title);
	for (size_t i = 0; i < count; i++)
		put_line(to, view, cells[i]);
}

static void put_section(
    struct builder *to, const struct catalog *japanese, const struct view *view, const char *title, size_t top)
{
	build_char(to, '\n');
	put_translated(to, japanese, title);
	build_text(to, TEXT("  "));
	put_translated(to, japanese,
	    view->query.kind == VIEW_BACKSCATTER ? N_("packets for each day") : N_("packets for each day and address"));
	if (view->query.by == VIEW_BY_NOTHING) {
		for (size_t i = 0; i < view->count; i++)
			put_line(to, view, &view->cells[i]);
		return;
	}
	put_order(to, japanese, view, VIEW_RANKED, N_("rank (before), item, count, change"), top);
	put_order(to, japanese, view, VIEW_INCREASE, N_("by increase"), top);
	put_order(to, japanese, view, VIEW_DECREASE, N_("by decrease"), top);
}

enum error views_report_words(const struct views_report *report, const struct catalog *japanese, struct builder *to)
{
	char days[4][16], cover[2][32];
	struct text parameters[4];

	for (unsigned period = 0; period < 2; period++) {
		view_day(report->periods[period].from, days[2 * period]);
		view_day(report->periods[period].to, days[2 * period + 1]);
		snprintf(cover[period], sizeof cover[period], "%.1f", report->cover[period].days);
	}
	for (size_t i = 0; i < 4; i++)
		parameters[i] = text_of(days[i]);
	catalog_build(japanese, text_of(N_("{0} to {1}, compared with {2} to {3}")), parameters, 4, to);
	build_char(to, '\n');
	for (size_t i = 0; i < 2; i++)
		parameters[i] = text_of(cover[i]);
	catalog_build(
	    japanese, text_of(N_("days in which a telescope was awake: {0}, and {1} before")), parameters, 2, to);
	build_char(to, '\n');
	for (size_t i = 0; i < VIEW_SECTIONS; i++)
		put_section(to, japanese, &report->sections[i], titles[i], report->top);
	return to->failed ? ERROR_MEMORY : OK;
}
