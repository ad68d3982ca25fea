/*
 * Durations as people write them: "10 min", "90s", "1.5 h". Declared in base/time.h.
 */
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
	const char *name;
	nanoseconds size;
};

/* The first name of each size is the one that duration_format() writes. */
static const struct unit units[] = {
	{ "d", DAY },
	{ "h", HOUR },
	{ "min", MINUTE },
	{ "s", SECOND },
	{ "ms", MILLISECOND },
	{ "us", MICROSECOND },
	{ "ns", 1 },
	{ "day", DAY },
	{ "days", DAY },
	{ "hour", HOUR },
	{ "hours", HOUR },
	{ "m", MINUTE },
	{ "minute", MINUTE },
	{ "minutes", MINUTE },
	{ "sec", SECOND },
	{ "second", SECOND },
	{ "seconds", SECOND },
	{ "µs", MICROSECOND },
	{ "w", 7 * DAY },
	{ "week", 7 * DAY },
	{ "weeks", 7 * DAY },
};
#define UNITS (sizeof units / sizeof *units)

static bool unit_find(struct text name, nanoseconds *size)
{
	for (size_t i = 0; i < UNITS; i++)
		if (text_equal(name, text_of(units[i].name))) {
			*size = units[i].size;
			return true;
		}
	return false;
}

/* `decimals` (digits only, at most nine) of a unit, in nanoseconds. */
static bool part_of_unit(struct text decimals, nanoseconds unit, nanoseconds *part)
{
	uint64_t digits, scale = 1;
	if (decimals.size > 9 || !text_to_u64(decimals, &digits))
		return false;
	for (size_t i = 0; i < decimals.size; i++)
		scale *= 10;
	*part = (nanoseconds)((unsigned __int128)digits * (uint64_t)unit / scale);
	return true;
}

bool duration_parse(struct text text, nanoseconds *duration)
{
	size_t digits = 0;
	uint64_t whole;
	nanoseconds unit, result, part = 0;
	text = text_trim(text);
	if (text_equal(text, TEXT("0"))) {
		*duration = 0;
		return true;
	}
	while (digits < text.size && ((text.at[digits] >= '0' && text.at[digits] <= '9') || text.at[digits] == '.'))
		digits++;
	struct text number = { text.at, digits };
	struct text name = text_trim((struct text){ text.at + digits, text.size - digits });
	bool point = text_find(number, TEXT(".")) >= 0;
	struct text before = text_cut(&number, '.');
	if (!unit_find(name, &unit) || !text_to_u64(before, &whole) || (point && !part_of_unit(number, unit, &part)))
		return false;
	if (__builtin_mul_overflow(whole, unit, &result) || __builtin_add_overflow(result, part, &result))
		return false;
	*duration = result;
	return true;
}

char *duration_format(nanoseconds duration, char to[static TIME_TEXT])
{
	size_t i = 0;
	while (duration % units[i].size)
		i++; /* ends at "ns" */
	if (duration == 0)
		i = 3;
	snprintf(to, TIME_TEXT, "%" PRId64 " %s", duration / units[i].size, units[i].name);
	return to;
}
