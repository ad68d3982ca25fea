/*
 * Numbers in a text being built (declared in base/text.h), for records of which there are hundreds of thousands: printf
 * takes 0.3 microseconds for each.
 */
#include "base/text.h"

#include <math.h>

#define DIGITS 6 /* of "%.6g" */

char *text_put_unsigned(char *to, uint64_t value)
{
	char digits[20];
	size_t count = 0;
	do
		digits[count++] = (char)('0' + value % 10);
	while (value /= 10);
	while (count)
		*to++ = digits[--count];
	return to;
}

void build_unsigned(struct builder *builder, uint64_t value)
{
	char digits[20];
	build_text(builder, (struct text){ digits, (size_t)(text_put_unsigned(digits, value) - digits) });
}

/* Powers of ten that a double holds exactly. */
static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* The first six digits as a number of 100,000 to 999,999, and the place of the first (0: units). False where that is
 * not sure: one multiplication or division by an exact power errs by less than 1e-9 of the last digit, so only what is
 * nearer than that to a half could be rounded to the other side. */
static bool six_digits(double value, uint32_t *digits, int *place)
{
	if (!(value >= 1e-15 && value < 1e15))
		return false;
	*place = (int)((ilogb(value) * 1233 + 4096 * 1233) >> 12) - 1233; /* of the logarithm; too small by 1 at most */
	if (*place < 14 && (*place + 1 >= 0 ? value >= tens[*place + 1] : value * tens[-*place - 1] >= 1))
		++*place;
	int shift = DIGITS - 1 - *place;
	double scaled = shift >= 0 ? value * tens[shift] : value / tens[-shift];
	double whole = floor(scaled), rest = scaled - whole;
	if (scaled < 1e5 || scaled >= 999999 || fabs(rest - 0.5) < 1e-6)
		return false;
	*digits = (uint32_t)whole + (rest > 0.5);
	return true;
}

void build_double(struct builder *builder, double value)
{
	uint32_t digits;
	int place;
	char text[32], *to = text;

	if (!six_digits(value, &digits, &place)) {
		build_format(builder, "%.6g", value);
		return;
	}
	bool power = place < -4 || place >= DIGITS; /* as 1.23457e+06 */
	int decimals = DIGITS - 1 - (power ? 0 : place);
	uint32_t unit = 1;
	for (; decimals > 0 && digits % 10 == 0; decimals--)
		digits /= 10;
	for (int i = 0; i < decimals; i++)
		unit *= 10; /* to the ninth at most: of 0.000123457 */
	to = text_put_unsigned(to, digits / unit);
	if (decimals > 0)
		*to++ = '.';
	for (digits %= unit; unit > 1; digits %= unit) {
		unit /= 10;
		*to++ = (char)('0' + digits / unit);
	}
	if (power) {
		unsigned size = (unsigned)(place < 0 ? -place : place);
		*to++ = 'e';
		*to++ = place < 0 ? '-' : '+';
		*to++ = (char)('0' + size / 10);
		*to++ = (char)('0' + size % 10);
	}
	build_text(builder, (struct text){ text, (size_t)(to - text) });
}
