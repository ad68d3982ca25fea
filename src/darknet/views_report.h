/*
 * All views of a period beside another one: as one JSON object, as CSV, or for people. docs/darknet-views.md defines
 * them.
 */
#ifndef NOROSHI_DARKNET_VIEWS_REPORT_H
#define NOROSHI_DARKNET_VIEWS_REPORT_H

#include "base/catalog.h"
#include "darknet/views.h"

#include <stdio.h>

#define VIEW_SECTIONS 9

struct views_report {
	struct view_period periods[2];
	struct view_cover cover[2];
	struct view sections[VIEW_SECTIONS];
	struct view_step *months, *days; /* of access, the period now */
	size_t month_count, day_count, top;
	nanoseconds known; /* when it was computed: later tables may say something else */
};

/* What each section is: "ports", "ports-japan", "countries", … */
const char *views_section_name(size_t section);

/* Reads the folder's tables. `report` is freed by views_report_free() in either case. */
enum error views_report_make(struct views_report *report, const char *folder, const char *sensor, bool without_research,
    struct failure *failure);
void views_report_free(struct views_report *report);

enum error views_report_json(const struct views_report *report, struct builder *to);
enum error views_report_csv(const struct views_report *report, struct builder *to);
enum error views_report_words(const struct views_report *report, const struct catalog *japanese, struct builder *to);

/* "23/tcp", "JP", "smb1"; "-" where it is not known. */
#define VIEW_ITEM 32
char *view_item(const struct view *view, const struct view_cell *cell, char to[static VIEW_ITEM]);
char *view_day(int64_t day, char to[static 16]); /* "2022-03-01" */

#endif
