/*
 * Text that somebody else owns: comparing, finding, cutting and reading numbers out of it. Called from every room.
 *
 * Nothing here looks at the locale: what a byte means must not depend on the environment of the process.
 */
#include "base/text.h"

#include "base/character.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool text_equal(struct text a, struct text b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static bool same_nocase(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (char_lower(a[i]) != char_lower(b[i]))
			return false;
	return true;
}

bool text_equal_nocase(struct text a, struct text b)
{
	return a.size == b.size && same_nocase(a.at, b.at, a.size);
}

bool text_starts(struct text text, struct text prefix)
{
	return text.size >= prefix.size && (prefix.size == 0 || memcmp(text.at, prefix.at, prefix.size) == 0);
}

bool text_ends(struct text text, struct text suffix)
{
	return text.size >= suffix.size &&
	       (suffix.size == 0 || memcmp(text.at + text.size - suffix.size, suffix.at, suffix.size) == 0);
}

int text_compare(struct text a, struct text b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common ? memcmp(a.at, b.at, common) : 0;
	if (order)
		return order < 0 ? -1 : 1;
	return (a.size > b.size) - (a.size < b.size);
}

struct text text_trim(struct text text)
{
	while (text.size && char_is_space(text.at[0]))
		text.at++, text.size--;
	while (text.size && char_is_space(text.at[text.size - 1]))
		text.size--;
	return text;
}

ptrdiff_t text_find(struct text whole, struct text part)
{
	if (part.size == 0)
		return 0;
	if (whole.size < part.size)
		return -1;
	const char *found = memmem(whole.at, whole.size, part.at, part.size);
	return found ? found - whole.at : -1;
}

ptrdiff_t text_find_nocase(struct text whole, struct text part)
{
	if (part.size == 0)
		return 0;
	for (size_t i = 0; i + part.size <= whole.size; i++)
		if (char_lower(whole.at[i]) == char_lower(part.at[0]) && same_nocase(whole.at + i, part.at, part.size))
			return (ptrdiff_t)i;
	return -1;
}

struct text text_cut(struct text *rest, char separator)
{
	struct text before = *rest;
	const char *found = rest->size ? memchr(rest->at, separator, rest->size) : NULL;
	if (!found) {
		*rest = (struct text){ rest->size ? rest->at + rest->size : rest->at, 0 };
		return before;
	}
	before.size = (size_t)(found - before.at);
	*rest = (struct text){ found + 1, rest->size - before.size - 1 };
	return before;
}

bool text_to_u64(struct text text, uint64_t *value)
{
	uint64_t sum = 0;
	if (text.size == 0)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (!char_is_digit(text.at[i]))
			return false;
		if (__builtin_mul_overflow(sum, 10u, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(text.at[i] - '0'), &sum))
			return false;
	}
	*value = sum;
	return true;
}

bool text_to_i64(struct text text, int64_t *value)
{
	uint64_t size;
	bool negative = text.size && text.at[0] == '-';
	if (negative)
		text.at++, text.size--;
	if (!text_to_u64(text, &size) || size > (uint64_t)INT64_MAX + negative)
		return false;
	*value = negative ? (int64_t)(0 - size) : (int64_t)size;
	return true;
}

/* A decimal number taken apart: digits × 10^exponent. */
struct decimal {
	uint64_t digits; /* the first 19 significant ones */
	int exponent;    /* after the digits kept */
	bool exact;      /* nothing was left out of `digits` */
	bool negative;
};

static size_t take_digits(struct text text, size_t i, struct decimal *decimal, bool fraction, bool *any)
{
	for (; i < text.size && char_is_digit(text.at[i]); i++) {
		*any = true;
		if (decimal->digits < UINT64_C(1000000000000000000)) {
			decimal->digits = decimal->digits * 10 + (uint64_t)(text.at[i] - '0');
			decimal->exponent -= fraction;
		} else {
			decimal->exact = false;
		}
	}
	return i;
}

/* [-] digits [. digits] [e [+-] digits], at least one digit before the exponent. */
static bool decimal_read(struct text text, struct decimal *decimal)
{
	size_t i = 0;
	bool any = false;
	*decimal = (struct decimal){ .exact = true };
	if (i < text.size && text.at[i] == '-') {
		decimal->negative = true;
		i++;
	}
	i = take_digits(text, i, decimal, false, &any);
	if (i < text.size && text.at[i] == '.')
		i = take_digits(text, i + 1, decimal, true, &any);
	if (!any)
		return false;
	if (i < text.size && (text.at[i] == 'e' || text.at[i] == 'E')) {
		int exponent = 0;
		i++;
		bool negative = i < text.size && text.at[i] == '-';
		if (i < text.size && (text.at[i] == '-' || text.at[i] == '+'))
			i++;
		if (i == text.size)
			return false;
		for (; i < text.size && char_is_digit(text.at[i]); i++)
			if (exponent < 100000)
				exponent = exponent * 10 + (text.at[i] - '0');
		decimal->exponent += negative ? -exponent : exponent;
	}
	return i == text.size;
}

/* What the fast way cannot do exactly goes to the C library, with the C locale. */
static bool double_exact(struct text text, double *value)
{
	char copy[1024];
	if (text.size >= sizeof copy)
		return false;
	memcpy(copy, text.at, text.size);
	copy[text.size] = 0;
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* glibc hands out its own constant: no allocation */
	if (!plain)
		return false;
	double result = strtod_l(copy, NULL, plain);
	freelocale(plain);
	if (!isfinite(result))
		return false;
	*value = result;
	return true;
}

bool text_to_double(struct text text, double *value)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
		1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	struct decimal decimal;
	if (!decimal_read(text, &decimal))
		return false;
	/* Both factors are exact in a double, so that the one rounding is right (Clinger 1990). */
	if (!decimal.exact || decimal.digits > UINT64_C(1) << 53 || decimal.exponent < -22 || decimal.exponent > 22)
		return double_exact(text, value);
	double result = (double)decimal.digits;
	result = decimal.exponent < 0 ? result / powers[-decimal.exponent] : result * powers[decimal.exponent];
	*value = decimal.negative ? -result : result;
	return true;
}

bool text_copy(struct text text, char *to, size_t size)
{
	size_t room = size - 1, length = text.size;
	if (size == 0)
		return false;
	if (length > room) {
		length = room;
		/* Not into the middle of a character: back over its continuation bytes, at most three. */
		for (int i = 0; i < 3 && length && ((unsigned char)text.at[length] & 0xc0) == 0x80; i++)
			length--;
	}
	if (length)
		memcpy(to, text.at, length);
	to[length] = 0;
	return length == text.size;
}
