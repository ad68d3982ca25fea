/*
 * What the parts of a report's page share; of views_page*.c alone.
 */
#ifndef NOROSHI_DARKNET_VIEWS_PAGE_INNER_H
#define NOROSHI_DARKNET_VIEWS_PAGE_INNER_H

#include "darknet/view/chart.h"
#include "darknet/view/views_page.h"

struct page {
	struct builder *to;
	const struct catalog *catalog; /* NULL: English */
	const struct views_report *report;
	const char *prefix;      /* of ids */
	unsigned tables, charts; /* so far */
};

/* Translated and escaped. */
void page_say(struct page *page, const char *msgid);
void page_say_of(struct page *page, const char *msgid, const char *const *parameters, size_t count);
/* "2022", with the marks of its notes, as HTML. */
void page_period(struct page *page, unsigned period);

void page_heading(struct page *page, unsigned level, const char *id, const char *msgid);
void page_paragraph(struct page *page, const char *msgid);

/* A table: its caption with its number, the unit (a msgid; NULL: none), then columns and rows. `rows`: how many. */
void page_table_open(struct page *page, const char *title, const char *unit, size_t rows);
void page_column(struct page *page, const char *msgid);
void page_column_text(struct page *page, const char *words);
void page_table_body(struct page *page);
void page_row(struct page *page, const char *heading); /* escaped */
void page_number(struct page *page, double value, unsigned decimals);
void page_signed(struct page *page, double value, unsigned decimals, const char *unit);
void page_row_end(struct page *page);
void page_table_close(struct page *page);

/* "日本 (JP)": with the name where it is known. */
void page_item(struct page *page, const struct view *view, const struct view_cell *cell);

/* views_page_tables.c */
void page_ranking(struct page *page, enum views_section section); /* chart, ranking, by increase, by decrease */
void page_months(struct page *page, const char *title, const struct views_series *series, size_t count);
void page_lines(struct page *page, const char *title, const struct views_series *series, size_t count);
void page_days(struct page *page, const char *title, const struct views_series *series);
const char *page_unit(enum view_kind kind);                       /* a msgid */
const char *page_series_title(const struct views_series *series); /* a msgid, or the port */

#endif
