/*
 * Periods of reports; see period.h.
 */
#include "darknet/view/period.h"

#include "base/text.h"

#include <stdio.h>
#include <time.h>

static int64_t day_number(int year, int month, int day)
{
	struct tm date = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };

	return (int64_t)timegm(&date) / 86400;
}

char *view_day(int64_t day, char to[static VIEW_PERIOD_DAY])
{
	time_t seconds = (time_t)(day * 86400);
	struct tm date;

	gmtime_r(&seconds, &date);
	strftime(to, VIEW_PERIOD_DAY, "%Y-%m-%d", &date);
	return to;
}

/* A number of so many digits at the beginning, which is cut off. */
static bool cut_digits(struct text *rest, size_t digits, int *number)
{
	*number = 0;
	if (rest->size < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (rest->at[i] < '0' || rest->at[i] > '9')
			return false;
		*number = *number * 10 + (rest->at[i] - '0');
	}
	*rest = (struct text){ rest->at + digits, rest->size - digits };
	return true;
}

static bool cut_dash(struct text *rest)
{
	if (rest->size == 0 || rest->at[0] != '-')
		return false;
	*rest = (struct text){ rest->at + 1, rest->size - 1 };
	return true;
}

/* One day, month or year. */
static bool parse_one(struct text text, struct view_period *period, enum period_form *form)
{
	int year, month, day;
	char again[VIEW_PERIOD_DAY];
	struct text whole = text;

	if (!cut_digits(&text, 4, &year) || year < 1970 || year >= 2262)
		return false;
	if (text.size == 0) {
		*form = PERIOD_YEAR;
		*period = (struct view_period){ day_number(year, 1, 1), day_number(year + 1, 1, 1) - 1 };
		return true;
	}
	if (!cut_dash(&text) || !cut_digits(&text, 2, &month) || month < 1 || month > 12)
		return false;
	if (text.size == 0) {
		*form = PERIOD_MONTH;
		*period = (struct view_period){ day_number(year, month, 1), day_number(year, month + 1, 1) - 1 };
		return true;
	}
	if (!cut_dash(&text) || !cut_digits(&text, 2, &day) || text.size)
		return false;
	*form = PERIOD_DAYS;
	period->from = period->to = day_number(year, month, day);
	return text_equal(text_of(view_day(period->from, again)), whole); /* no 30th of February */
}

bool view_period_parse(struct text text, struct view_period *period, enum period_form *form)
{
	struct view_period last;
	enum period_form last_form;
	ptrdiff_t dots = text_find(text, TEXT(".."));

	if (dots < 0)
		return parse_one(text, period, form);
	struct text first = { text.at, (size_t)dots }, second = { text.at + dots + 2, text.size - (size_t)dots - 2 };
	if (!parse_one(first, period, form) || !parse_one(second, &last, &last_form) || *form != PERIOD_DAYS ||
	    last_form != PERIOD_DAYS || last.to < period->from)
		return false;
	period->to = last.to;
	return true;
}

struct view_period view_period_before(const struct view_period *period, enum period_form form)
{
	struct view_period before = { .to = period->from - 1 };
	time_t seconds = (time_t)(before.to * 86400);
	struct tm date;

	gmtime_r(&seconds, &date);
	before.from = form == PERIOD_YEAR    ? day_number(date.tm_year + 1900, 1, 1)
		      : form == PERIOD_MONTH ? day_number(date.tm_year + 1900, date.tm_mon + 1, 1)
					     : period->from - (period->to - period->from + 1);
	return before;
}

bool period_parse(struct text text, struct view_period *period, struct view_period *before)
{
	enum period_form form;

	if (!view_period_parse(text, period, &form))
		return false;
	*before = view_period_before(period, form);
	return true;
}

bool view_period_overlaps(const struct view_period *one, const struct view_period *other)
{
	return one->from <= other->to && other->from <= one->to;
}

char *view_period_format(const struct view_period *period, char to[static VIEW_PERIOD_TEXT])
{
	char first[VIEW_PERIOD_DAY], last[VIEW_PERIOD_DAY];
	struct view_period whole;
	enum period_form form;

	view_day(period->from, first);
	view_day(period->to, last);
	/* a year or a month that is exactly these days */
	for (size_t size = 4; size <= 7; size += 3)
		if (parse_one((struct text){ first, size }, &whole, &form) && whole.from == period->from &&
		    whole.to == period->to) {
			snprintf(to, VIEW_PERIOD_TEXT, "%.*s", (int)size, first);
			return to;
		}
	if (period->from == period->to)
		snprintf(to, VIEW_PERIOD_TEXT, "%s", first);
	else
		snprintf(to, VIEW_PERIOD_TEXT, "%s–%s", first, last);
	return to;
}
