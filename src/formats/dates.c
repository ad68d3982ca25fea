/*
 * Dates as fast.log, syslog and CEF write them. Where the year is missing it is the one that puts the time nearest
 * before now.
 */
#include "formats/dates.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A year behind, and as many as lie between two 29ths of February (1896 and 1904 had eight). */
#define YEARS_BACK 9

static bool parse_in_year(int year, unsigned month, unsigned day, struct text clock,
    const struct format_settings *settings, nanoseconds *time)
{
	char whole[64];
	if (clock.size > 32)
		return false;
	int size = snprintf(whole, sizeof whole, "%04d-%02u-%02uT%.*s", year, month, day, (int)clock.size, clock.at);
	return time_parse((struct text){ whole, (size_t)size }, settings->zone, time, NULL);
}

/* `year` < 0: not named. */
static bool date_of(int year, unsigned month, unsigned day, struct text clock, const struct format_settings *settings,
    nanoseconds *time)
{
	if (year >= 0)
		return parse_in_year(year, month, day, clock, settings, time);
	nanoseconds now = settings->now ? settings->now : time_now();
	time_t seconds = (time_t)(now / SECOND + settings->zone);
	struct tm today;
	if (!gmtime_r(&seconds, &today))
		return false;
	int this_year = today.tm_year + 1900;
	for (int back = -1; back < YEARS_BACK; back++) /* on 31 December a clock may already show January */
		if (parse_in_year(this_year - back, month, day, clock, settings, time) && *time <= now + DAY)
			return true;
	return false;
}

static bool number_of(struct text text, uint64_t most, unsigned *number)
{
	uint64_t value;
	if (!text_to_u64(text, &value) || value > most)
		return false;
	*number = (unsigned)value;
	return true;
}

bool date_parse_slashes(struct text text, const struct format_settings *settings, nanoseconds *time)
{
	struct text clock = text;
	struct text date = text_cut(&clock, '-');
	struct text month_text = text_cut(&date, '/'), day_text = text_cut(&date, '/');
	unsigned month, day, year = 0;
	if (!number_of(month_text, 12, &month) || !number_of(day_text, 31, &day) || !clock.size)
		return false;
	if (date.size && !number_of(date, 9999, &year))
		return false;
	if (date.size && date.size <= 2)
		year += 2000;
	return date_of(date.size ? (int)year : -1, month, day, clock, settings, time);
}

static unsigned month_named(struct text name)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (unsigned i = 0; i < 12; i++)
		if (text_equal_nocase(name, (struct text){ months + 3 * i, 3 }))
			return i + 1;
	return 0;
}

/* The next word; more than one space may stand before it. */
static struct text next_word(struct text *rest)
{
	while (rest->size && *rest->at == ' ')
		*rest = (struct text){ rest->at + 1, rest->size - 1 };
	return text_cut(rest, ' ');
}

/* Takes a zone off `*rest` when it begins with one; seconds east of UTC. */
static bool take_zone(struct text *rest, int *zone)
{
	struct text after = *rest;
	struct text word = next_word(&after);
	unsigned hours, minutes;
	if (text_equal(word, TEXT("UTC")) || text_equal(word, TEXT("GMT")) || text_equal(word, TEXT("Z"))) {
		*zone = 0;
	} else if ((word.size == 6 && word.at[3] == ':') || word.size == 5) {
		struct text tail = { word.at + word.size - 2, 2 };
		if ((word.at[0] != '+' && word.at[0] != '-') ||
		    !number_of((struct text){ word.at + 1, 2 }, 23, &hours) || !number_of(tail, 59, &minutes))
			return false;
		*zone = (int)(hours * 3600 + minutes * 60) * (word.at[0] == '-' ? -1 : 1);
	} else {
		return false;
	}
	*rest = after;
	return true;
}

bool date_parse_month_name(
    struct text text, const struct format_settings *settings, nanoseconds *time, bool *assumed, struct text *rest)
{
	struct format_settings here = *settings;
	struct text after = text;
	unsigned month = month_named(next_word(&after)), day, year;
	if (!month || !number_of(next_word(&after), 31, &day))
		return false;
	struct text clock = next_word(&after);
	bool has_year = clock.size == 4 && number_of(clock, 9999, &year);
	if (has_year)
		clock = next_word(&after);
	bool has_zone = take_zone(&after, &here.zone);
	*assumed = !has_zone;
	if (!date_of(has_year ? (int)year : -1, month, day, clock, &here, time))
		return false;
	if (rest)
		*rest = after;
	/* A zone that we do not know ("JST") may stand there alone: then the configured one is assumed. */
	return rest || text_find(text_trim(after), TEXT(" ")) < 0;
}
