/*
 * Time: the clocks, and RFC 3339 in and out. Every alert passes time_parse(), so it is written by hand.
 *
 * The calendar arithmetic counts days from March 1st, so that the leap day is the last day of a year, in eras of 400
 * years of 146,097 days (E. S. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
#include "base/time.h"

#include "base/character.h"

#include <string.h>
#include <time.h>

static nanoseconds clock_read(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

nanoseconds time_now(void)
{
	return clock_read(CLOCK_REALTIME);
}

nanoseconds time_monotonic(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

/* Days since 1970-01-01 of a day in a year ≥ 1. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
	year -= month <= 2;
	unsigned era = year / 400, of_era = year % 400;
	unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	unsigned day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
	return (int64_t)era * 146097 + day_of_era - 719468;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return month == 2 && leap ? 29 : days[month - 1];
}

/* Two digits at `at`; more than 99 when they are none. */
static inline unsigned two_digits(const char *at)
{
	return char_is_digit(at[0]) && char_is_digit(at[1]) ? (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0')
							    : 1000;
}

/* The fraction's digits from *i on, as nanoseconds; what is finer is cut off. False without a digit. */
static bool fraction_read(struct text text, size_t *i, int64_t *fraction)
{
	static const int32_t scale[] = { 1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1 };
	size_t first = *i, kept;
	int64_t sum = 0;
	while (*i < text.size && char_is_digit(text.at[*i])) {
		if (*i - first < 9)
			sum = sum * 10 + (text.at[*i] - '0');
		(*i)++;
	}
	kept = *i - first < 9 ? *i - first : 9;
	*fraction = sum * scale[kept];
	return kept > 0;
}

/* The zone that ends the text: "Z", "+hh:mm", "+hhmm", "+hh", or nothing. */
static bool zone_read(struct text text, int *zone, bool *assumed)
{
	*assumed = text.size == 0;
	if (text.size == 0)
		return true;
	if (text.size == 1 && (text.at[0] == 'Z' || text.at[0] == 'z')) {
		*zone = 0;
		return true;
	}
	if ((text.at[0] != '+' && text.at[0] != '-') || (text.size != 3 && text.size != 5 && text.size != 6))
		return false;
	unsigned hours = two_digits(text.at + 1), minutes = 0;
	if (text.size == 6 && text.at[3] != ':')
		return false;
	if (text.size > 3)
		minutes = two_digits(text.at + text.size - 2);
	if (hours > 23 || minutes > 59)
		return false;
	*zone = (int)(hours * 3600 + minutes * 60) * (text.at[0] == '-' ? -1 : 1);
	return true;
}

/* "YYYY-MM-DDThh:mm:ss" in seconds, as if in UTC; *leap = the second was 60. */
static bool seconds_read(const char *at, int64_t *seconds, bool *leap)
{
	unsigned century = two_digits(at), of_century = two_digits(at + 2);
	unsigned month = two_digits(at + 5), day = two_digits(at + 8);
	unsigned hour = two_digits(at + 11), minute = two_digits(at + 14), second = two_digits(at + 17);
	if (at[4] != '-' || at[7] != '-' || (at[10] != 'T' && at[10] != 't' && at[10] != ' ') || at[13] != ':' ||
	    at[16] != ':')
		return false;
	if (century > 99 || of_century > 99 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60)
		return false;
	unsigned year = century * 100 + of_century;
	if (year < 1970 || year > 2262 || day < 1 || day > days_in_month(year, month))
		return false;
	*leap = second == 60;
	*seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + (*leap ? 59 : second);
	return true;
}

bool time_parse_zone(struct text text, int *zone)
{
	bool none = false;
	return zone_read(text, zone, &none) && !none;
}

bool time_parse(struct text text, int zone, nanoseconds *time, bool *assumed)
{
	int64_t seconds, fraction = 0;
	bool leap, none;
	size_t i = 19;
	if (text.size < 19 || !seconds_read(text.at, &seconds, &leap))
		return false;
	if (i < text.size && (text.at[i] == '.' || text.at[i] == ',')) {
		i++;
		if (!fraction_read(text, &i, &fraction))
			return false;
	}
	if (i + 1 < text.size && text.at[i] == ' ') /* "… 13:55:05 +0000" */
		i++;
	if (!zone_read((struct text){ text.at + i, text.size - i }, &zone, &none))
		return false;
	if (leap)
		fraction = SECOND - 1;
	nanoseconds result;
	if (__builtin_mul_overflow(seconds - zone, SECOND, &result) ||
	    __builtin_add_overflow(result, fraction, &result))
		return false;
	*time = result;
	if (assumed)
		*assumed = none;
	return true;
}

bool time_parse_epoch(struct text text, nanoseconds *time)
{
	uint64_t whole = 0;
	int64_t fraction = 0, unit = SECOND;
	size_t i = 0;
	for (; i < text.size && char_is_digit(text.at[i]); i++)
		if (i == 19 || (whole = whole * 10 + (uint64_t)(text.at[i] - '0')) > INT64_MAX)
			return false;
	if (i == 0)
		return false;
	if (i < text.size) {
		if (text.at[i++] != '.' || !fraction_read(text, &i, &fraction) || i != text.size)
			return false;
	}
	while (whole > (uint64_t)(INT64_MAX / unit))
		unit /= 1000; /* ends: at 1 every whole number fits */
	nanoseconds result;
	if (__builtin_add_overflow((int64_t)whole * unit, fraction / (SECOND / unit), &result))
		return false;
	*time = result;
	return true;
}

static char *put_digits(char *to, uint64_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		to[i] = (char)('0' + value % 10);
	return to + digits;
}

static char *put_date(char *to, int64_t days)
{
	uint64_t shifted = (uint64_t)(days + 719468); /* 64 bits of nanoseconds never reach before the year 1677 */
	unsigned era = (unsigned)(shifted / 146097), day_of_era = (unsigned)(shifted % 146097);
	unsigned of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
	unsigned from_march = (5 * day_of_year + 2) / 153, month = from_march < 10 ? from_march + 3 : from_march - 9;
	to = put_digits(to, of_era + era * 400 + (month <= 2), 4);
	*to++ = '-';
	to = put_digits(to, month, 2);
	*to++ = '-';
	return put_digits(to, day_of_year - (153 * from_march + 2) / 5 + 1, 2);
}

/* Up to the seconds; gives the nanoseconds after them. */
static char *put_time(char *to, nanoseconds time, int64_t *fraction)
{
	int64_t days = time / DAY - (time % DAY < 0);
	int64_t rest = time % DAY + (time % DAY < 0 ? DAY : 0);
	unsigned second = (unsigned)(rest / SECOND);
	char *end = put_date(to, days);
	*fraction = rest % SECOND;
	*end++ = 'T';
	end = put_digits(end, second / 3600, 2);
	*end++ = ':';
	end = put_digits(end, second / 60 % 60, 2);
	*end++ = ':';
	return put_digits(end, second % 60, 2);
}

char *time_format(nanoseconds time, char to[static TIME_TEXT])
{
	int64_t fraction;
	char *end = put_time(to, time, &fraction);
	if (fraction) {
		int decimals = fraction % MILLISECOND == 0 ? 3 : fraction % MICROSECOND == 0 ? 6 : 9;
		int64_t unit = decimals == 3 ? MILLISECOND : decimals == 6 ? MICROSECOND : 1;
		*end++ = '.';
		end = put_digits(end, (uint64_t)(fraction / unit), decimals);
	}
	*end++ = 'Z';
	*end = 0;
	return to;
}

static char *format_micro(nanoseconds time, const char *zone, char to[static TIME_TEXT])
{
	int64_t fraction;
	char *end = put_time(to, time, &fraction);
	*end++ = '.';
	end = put_digits(end, (uint64_t)(fraction / MICROSECOND), 6);
	memcpy(end, zone, strlen(zone) + 1);
	return to;
}

char *time_format_micro(nanoseconds time, char to[static TIME_TEXT])
{
	return format_micro(time, "+0000", to);
}

char *time_format_taxii(nanoseconds time, char to[static TIME_TEXT])
{
	return format_micro(time, "Z", to);
}
