/*
 * RFC 8259, read byte by byte without recursion, to name the first thing that is wrong.
 */
#include "base/json_scan.h"

#include "base/character.h"

#include <string.h>

struct scan {
	struct text text;
	size_t i;       /* next byte */
	unsigned depth; /* containers open */
	unsigned deepest;
	const char *words; /* what is wrong at byte i */
	json_large_number large;
	void *context;
	uint64_t objects[JSON_DEEPEST / 64]; /* bit n: the container at depth n + 1 is an object */
};

static bool wrong(struct scan *scan, const char *words)
{
	scan->words = words;
	return false;
}

/* The next byte; 0 at the end (a NUL is never right outside a string, so the two need no telling apart). */
static char next(const struct scan *scan)
{
	return scan->i < scan->text.size ? scan->text.at[scan->i] : 0;
}

static void skip_space(struct scan *scan)
{
	while (next(scan) == ' ' || next(scan) == '\t' || next(scan) == '\n' || next(scan) == '\r')
		scan->i++;
}

/* Four digits at `at`; -1 when they are none. */
static int hex_four(struct text text, size_t at)
{
	int sum = 0;
	if (at > text.size || text.size - at < 4)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		int digit = char_hex(text.at[i]);
		if (digit < 0)
			return -1;
		sum = sum * 16 + digit;
	}
	return sum;
}

/* At a backslash. */
static bool scan_escape(struct scan *scan)
{
	char c = scan->i + 1 < scan->text.size ? scan->text.at[scan->i + 1] : 0;
	if (c && strchr("\"\\/bfnrt", c)) {
		scan->i += 2;
		return true;
	}
	if (c != 'u')
		return wrong(scan, "a backslash is followed by something that is no escape");
	int code = hex_four(scan->text, scan->i + 2);
	if (code < 0)
		return wrong(scan, "\\u needs four hexadecimal digits");
	if (code >= 0xdc00 && code <= 0xdfff)
		return wrong(scan, "a low surrogate without a high one");
	if (code >= 0xd800 && code <= 0xdbff) {
		size_t second = scan->i + 6;
		int low = second + 6 <= scan->text.size && memcmp(scan->text.at + second, "\\u", 2) == 0
			      ? hex_four(scan->text, second + 2)
			      : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return wrong(scan, "a high surrogate without a low one");
		scan->i += 6;
	}
	scan->i += 6;
	return true;
}

/* At the opening quote. */
static bool scan_string(struct scan *scan)
{
	scan->i++;
	while (scan->i < scan->text.size) {
		unsigned char c = (unsigned char)scan->text.at[scan->i];
		if (c == '"') {
			scan->i++;
			return true;
		}
		if (c < 0x20)
			return wrong(scan, "a control character inside a string must be escaped");
		if (c == '\\') {
			if (!scan_escape(scan))
				return false;
		} else {
			scan->i++;
		}
	}
	return wrong(scan, "the text ends inside a string");
}

static size_t scan_digits(struct scan *scan)
{
	size_t first = scan->i;
	while (char_is_digit(next(scan)))
		scan->i++;
	return scan->i - first;
}

static bool scan_number(struct scan *scan)
{
	size_t first = scan->i, digits;
	bool whole = true;
	if (next(scan) == '-')
		scan->i++;
	if (next(scan) == '0')
		scan->i++, digits = 1;
	else
		digits = scan_digits(scan);
	if (digits == 0)
		return wrong(scan, "a minus needs a number behind it");
	if (char_is_digit(next(scan)))
		return wrong(scan, "a number must not begin with 0");
	if (next(scan) == '.') {
		whole = false;
		scan->i++;
		if (scan_digits(scan) == 0)
			return wrong(scan, "a decimal point needs digits behind it");
	}
	if (next(scan) == 'e' || next(scan) == 'E') {
		whole = false;
		scan->i++;
		if (next(scan) == '+' || next(scan) == '-')
			scan->i++;
		if (scan_digits(scan) == 0)
			return wrong(scan, "an exponent needs digits");
	}
	struct text number = { scan->text.at + first, scan->i - first };
	int64_t i64;
	uint64_t u64;
	double real;
	bool fits = whole ? text_to_i64(number, &i64) || text_to_u64(number, &u64) : text_to_double(number, &real);
	if (!fits && scan->large)
		scan->large(scan->context, first, number.size);
	return true;
}

static bool scan_word(struct scan *scan, struct text word)
{
	struct text rest = { scan->text.at + scan->i, scan->text.size - scan->i };
	if (!text_starts(rest, word))
		return wrong(scan, "expected a value");
	scan->i += word.size;
	return true;
}

static bool in_object(const struct scan *scan)
{
	unsigned level = scan->depth - 1;
	return scan->objects[level / 64] >> level % 64 & 1;
}

/* A container that is not empty: its bracket stands at `bracket`. */
static bool scan_open(struct scan *scan, size_t bracket)
{
	bool object = scan->text.at[bracket] == '{';
	if (scan->depth >= scan->deepest) {
		scan->i = bracket;
		return wrong(scan, "nested deeper than allowed");
	}
	unsigned level = scan->depth++;
	uint64_t bit = UINT64_C(1) << level % 64;
	scan->objects[level / 64] = object ? scan->objects[level / 64] | bit : scan->objects[level / 64] & ~bit;
	return true;
}

/* In an object, before a member: its key and the colon. */
static bool scan_key(struct scan *scan)
{
	skip_space(scan);
	if (next(scan) != '"')
		return wrong(scan, "expected a key in quotes");
	if (!scan_string(scan))
		return false;
	skip_space(scan);
	if (next(scan) != ':')
		return wrong(scan, "expected ':' after a key");
	scan->i++;
	return true;
}

/* A value, or the beginning of a container. *opened = a container is open and its first member or item comes next. */
static bool scan_value(struct scan *scan, bool *opened)
{
	skip_space(scan);
	char c = next(scan);
	*opened = false;
	if (c == '{' || c == '[') {
		size_t bracket = scan->i++;
		skip_space(scan);
		if (next(scan) == (c == '{' ? '}' : ']')) {
			scan->i++;
			return true;
		}
		if (!scan_open(scan, bracket))
			return false;
		*opened = true;
		return c == '[' || scan_key(scan);
	}
	if (c == '"')
		return scan_string(scan);
	if (c == '-' || char_is_digit(c))
		return scan_number(scan);
	if (scan->i == scan->text.size)
		return wrong(scan, "the text ends where a value is expected");
	return scan_word(scan, c == 't' ? TEXT("true") : c == 'f' ? TEXT("false") : TEXT("null"));
}

/* After a value: closes containers up to a comma. *more = a value comes next. */
static bool scan_after(struct scan *scan, bool *more)
{
	*more = true;
	while (scan->depth) {
		skip_space(scan);
		bool object = in_object(scan);
		if (next(scan) == ',') {
			scan->i++;
			return !object || scan_key(scan);
		}
		if (scan->i == scan->text.size)
			return wrong(scan, "the text ends inside an object or array");
		if (next(scan) != (object ? '}' : ']'))
			return wrong(
			    scan, object ? "expected ',' or '}' after a member" : "expected ',' or ']' after an item");
		scan->i++;
		scan->depth--;
	}
	*more = false;
	skip_space(scan);
	return scan->i == scan->text.size || wrong(scan, "there is something behind the value");
}

bool json_scan(struct text text, unsigned deepest, json_large_number large, void *context, struct json_offence *offence)
{
	struct scan scan = { .text = text,
		.deepest = deepest < JSON_DEEPEST ? deepest : JSON_DEEPEST,
		.large = large,
		.context = context };
	size_t valid = text_utf8_valid(text);
	bool sound = true, more = true, opened;
	while (sound && more) {
		sound = scan_value(&scan, &opened);
		if (sound && !opened)
			sound = scan_after(&scan, &more);
	}
	if (sound && valid == text.size)
		return true;
	if (sound || valid < scan.i)
		*offence = (struct json_offence){ valid, "this is not UTF-8" };
	else
		*offence = (struct json_offence){ scan.i, scan.words };
	return false;
}
