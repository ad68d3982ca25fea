/*
 * A report as a page to read and to print: one HTML document that needs nothing else.
 *
 *   report → views_page() → HTML: views 2-1 to 2-8 of the police agency's observation and the year in NICTER's style,
 *                            charts (chart.h), the table behind each chart, coverage, notes
 *
 * No script and nothing from elsewhere: its content security policy allows its own style sheet alone, by its hash. A4
 * when it is printed; a table of up to 40 rows stands on one sheet. Everything that came from files is escaped where it
 * is written.
 */
#ifndef NOROSHI_DARKNET_VIEWS_PAGE_H
#define NOROSHI_DARKNET_VIEWS_PAGE_H

#include "darknet/view/views_report.h"

/* In Japanese when there is a catalogue, else in English; `both`: in Japanese and then in English. */
enum error views_page(const struct views_report *report, const struct catalog *japanese, bool both, struct builder *to);

/* Its headings, charts and tables alone, for another document. `prefix`: what its ids begin with ("ja"). */
void views_page_sections(
    const struct views_report *report, const struct catalog *catalog, const char *prefix, struct builder *to);

#endif
