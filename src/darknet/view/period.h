/*
 * Periods of views as people write them: "2022", "2022-03", "2022-03-01", "2022-03-01..2022-03-31".
 */
#ifndef NOROSHI_DARKNET_PERIOD_H
#define NOROSHI_DARKNET_PERIOD_H

#include "base/text.h"
#include "darknet/view/views.h"

enum period_form { PERIOD_YEAR, PERIOD_MONTH, PERIOD_DAYS };

bool view_period_parse(struct text text, struct view_period *period, enum period_form *form);
/* The year, the month, or as many days before. */
struct view_period view_period_before(const struct view_period *period, enum period_form form);
/* Both at once. */
bool period_parse(struct text text, struct view_period *period, struct view_period *before);
bool view_period_overlaps(const struct view_period *one, const struct view_period *other);

#define VIEW_PERIOD_DAY 16
char *view_day(int64_t day, char to[static VIEW_PERIOD_DAY]); /* "2022-03-01" */
/* "2022", "2022-03", "2022-03-01", "2022-03-01–2022-03-31": as short as it can be said. */
#define VIEW_PERIOD_TEXT 40
char *view_period_format(const struct view_period *period, char to[static VIEW_PERIOD_TEXT]);

#endif
