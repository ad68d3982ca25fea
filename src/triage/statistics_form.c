/*
 * Writes rows of statistics. See statistics_form.h.
 */
#include "triage/statistics_form.h"

#include "base/csv.h"
#include "base/time.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

static const struct column {
	const char *name;
	size_t offset;
} columns[] = {
	{ "events", offsetof(struct figures, events) },
	{ "confirmed", offsetof(struct figures, confirmed) },
	{ "dismissed", offsetof(struct figures, dismissed) },
	{ "open", offsetof(struct figures, open) },
	{ "merged", offsetof(struct figures, merged) },
	{ "notices", offsetof(struct figures, notices) },
	{ "acknowledged_in_time", offsetof(struct figures, in_time) },
	{ "acknowledged_late", offsetof(struct figures, late) },
	{ "not_acknowledged", offsetof(struct figures, unacknowledged) },
	{ "withdrawn", offsetof(struct figures, withdrawn) },
	{ "reminders", offsetof(struct figures, reminders) },
	{ "escalations", offsetof(struct figures, escalations) },
};
#define COLUMNS (sizeof columns / sizeof *columns)

static const struct median {
	const char *seconds, *hours;
} medians[DURATION_COUNT] = {
	[OPENED_TO_SENT] = { "median_seconds_opened_to_sent", "hours_opened_to_sent" },
	[OPENED_TO_ACKNOWLEDGED] = { "median_seconds_opened_to_acknowledged", "hours_opened_to_acknowledged" },
	[SENT_TO_ACKNOWLEDGED] = { "median_seconds_sent_to_acknowledged", "hours_sent_to_acknowledged" },
};

static const char *const levels[] = { "total", "period", "sector", "organisation" };

static uint64_t figure(const struct figures *figures, size_t column)
{
	uint64_t value;
	memcpy(&value, (const char *)figures + columns[column].offset, sizeof value);
	return value;
}

static char *day_in_japan(nanoseconds time, char to[static TIME_TEXT])
{
	time_format(time + 9 * HOUR, to);
	to[10] = 0;
	return to;
}

/* First and last day of the period (JST). */
static void days_of(enum period_kind kind, int32_t period, char first[static TIME_TEXT], char last[static TIME_TEXT])
{
	day_in_japan(period_start(kind, period), first);
	day_in_japan(period_start(kind, period + 1) - 1, last);
}

json_t *statistics_row_json(
    enum period_kind kind, const struct statistics_row *row, const struct statistics_label *label, bool hours)
{
	char period[PERIOD_TEXT], first[TIME_TEXT], last[TIME_TEXT];
	json_t *object = json_object();
	if (row->level != LEVEL_TOTAL) {
		days_of(kind, row->period, first, last);
		json_object_set_new(object, "period", json_string(period_format(kind, row->period, period)));
		json_object_set_new(object, "first_day", json_string(first));
		json_object_set_new(object, "last_day", json_string(last));
	}
	if (row->level == LEVEL_SECTOR || row->level == LEVEL_ORGANISATION)
		json_object_set_new(object, "sector", json_string(label->sector));
	if (row->level == LEVEL_ORGANISATION) {
		json_object_set_new(object, "organisation", json_integer(row->group));
		json_object_set_new(object, "organisation_name", json_string(label->name));
		json_object_set_new(object, "organisation_title", json_string(label->title));
	}
	for (size_t i = 0; i < COLUMNS; i++)
		json_object_set_new(object, columns[i].name, json_integer((json_int_t)figure(&row->figures, i)));
	for (int i = 0; i < DURATION_COUNT; i++) {
		nanoseconds median = row->figures.median[i];
		if (median < 0)
			continue;
		json_object_set_new(object, medians[i].seconds, json_integer(median / SECOND));
		if (hours)
			json_object_set_new(object, medians[i].hours, json_real((double)median / (double)HOUR));
	}
	return object;
}

void statistics_csv_header(struct builder *to)
{
	build_text(to, TEXT("level,period,first_day,last_day,sector,organisation,title"));
	for (size_t i = 0; i < COLUMNS; i++)
		build_format(to, ",%s", columns[i].name);
	for (int i = 0; i < DURATION_COUNT; i++)
		build_format(to, ",%s", medians[i].seconds);
	build_text(to, TEXT("\r\n"));
}

void statistics_csv_row(
    enum period_kind kind, const struct statistics_row *row, const struct statistics_label *label, struct builder *to)
{
	char period[PERIOD_TEXT] = "", first[TIME_TEXT] = "", last[TIME_TEXT] = "";
	if (row->level != LEVEL_TOTAL) {
		period_format(kind, row->period, period);
		days_of(kind, row->period, first, last);
	}
	build_format(to, "%s,%s,%s,%s", levels[row->level], period, first, last);
	build_char(to, ',');
	csv_put(to, label->sector);
	build_char(to, ',');
	csv_put(to, label->name);
	build_char(to, ',');
	csv_put(to, label->title);
	for (size_t i = 0; i < COLUMNS; i++)
		build_format(to, ",%" PRIu64, figure(&row->figures, i));
	for (int i = 0; i < DURATION_COUNT; i++) {
		build_char(to, ',');
		if (row->figures.median[i] >= 0)
			build_format(to, "%" PRId64, row->figures.median[i] / SECOND);
	}
	build_text(to, TEXT("\r\n"));
}
