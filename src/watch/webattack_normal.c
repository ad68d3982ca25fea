/*
 * Undoing how attackers write. See webattack_normal.h. Every step writes no more than it reads, so all work in place.
 */
#include "watch/webattack_normal.h"

#include "base/character.h"

#include <string.h>

/* Hexadecimal digits at a place: their value, or -1. */
static int hex_value(const char *at, const char *end, int digits)
{
	int value = 0;
	if (end - at < digits)
		return -1;
	for (int i = 0; i < digits; i++) {
		int digit = char_hex(at[i]);
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static char *put_character(char *to, unsigned code)
{
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 0x3f));
	} else {
		*to++ = (char)(0xe0 | (code >> 12 & 0xf));
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	}
	return to;
}

/* A line break that was sent must not look like the border of a parameter. */
static char *put_byte(struct normal *normal, char *to, int byte)
{
	normal->newline |= byte == '\n' || byte == '\r';
	*to++ = (char)(byte == '\n' ? '\r' : byte);
	return to;
}

/* ── one level ─ */

/* Percent-encoding, also %uHHHH. Returns the place behind it, or NULL. */
static const char *undo_percent(struct normal *normal, const char *at, const char *end, char **to)
{
	int value = hex_value(at + 1, end, 2);
	if (value >= 0) {
		*to = put_byte(normal, *to, value);
		return at + 3;
	}
	if (end - at < 6 || char_lower(at[1]) != 'u' || (value = hex_value(at + 2, end, 4)) < 0)
		return NULL;
	*to = value < 0x80 ? put_byte(normal, *to, value) : put_character(*to, (unsigned)value);
	return at + 6;
}

static const char *undo_backslash(struct normal *normal, const char *at, const char *end, char **to)
{
	int digits = end - at < 2 ? 0 : at[1] == 'x' ? 2 : at[1] == 'u' ? 4 : 0;
	int value = digits ? hex_value(at + 2, end, digits) : -1;
	if (value < 0)
		return NULL;
	*to = value < 0x80 ? put_byte(normal, *to, value) : put_character(*to, (unsigned)value);
	return at + 2 + digits;
}

static const char *undo_entity(struct normal *normal, const char *at, const char *end, char **to)
{
	static const struct {
		struct text name;
		char meaning;
	} entities[] = { { TEXT("&lt;"), '<' }, { TEXT("&gt;"), '>' }, { TEXT("&quot;"), '"' },
		{ TEXT("&apos;"), '\'' }, { TEXT("&amp;"), '&' }, { TEXT("&colon;"), ':' }, { TEXT("&lpar;"), '(' },
		{ TEXT("&rpar;"), ')' }, { TEXT("&tab;"), ' ' }, { TEXT("&newline;"), ' ' } };
	struct text rest = { at, (size_t)(end - at) };
	for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
		struct text name = entities[i].name;
		if (rest.size >= name.size && text_equal_nocase((struct text){ at, name.size }, name)) {
			*(*to)++ = entities[i].meaning;
			return at + name.size;
		}
	}
	if (rest.size < 4 || at[1] != '#')
		return NULL;
	bool hex = char_lower(at[2]) == 'x';
	unsigned value = 0;
	const char *digit = at + 2 + hex;
	for (; digit < end && digit - at < 10; digit++) {
		int one = hex ? char_hex(*digit) : char_is_digit(*digit) ? *digit - '0' : -1;
		if (one < 0)
			break;
		value = value * (hex ? 16 : 10) + (unsigned)one;
	}
	if (digit == at + 2 + hex || value == 0 || value > 0x7f)
		return NULL;
	*to = put_byte(normal, *to, (int)value);
	return digit + (digit < end && *digit == ';');
}

/* Two or three bytes of UTF-8 that stand for an ASCII character: overlong, or a full-width form (U+FF01–FF5E). */
static const char *undo_utf8(struct normal *normal, const char *at, const char *end, char **to)
{
	const uint8_t *bytes = (const uint8_t *)at;
	size_t size = (size_t)(end - at);
	if ((bytes[0] == 0xc0 || bytes[0] == 0xc1) && size >= 2 && (bytes[1] & 0xc0) == 0x80) {
		*to = put_byte(normal, *to, (bytes[0] & 0x1f) << 6 | (bytes[1] & 0x3f));
		normal->overlong = true;
		return at + 2;
	}
	if (size < 3 || (bytes[1] & 0xc0) != 0x80 || (bytes[2] & 0xc0) != 0x80)
		return NULL;
	unsigned code = (bytes[0] & 0xfu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
	if (bytes[0] == 0xe0 && code < 0x80) {
		*to = put_byte(normal, *to, (int)code);
		normal->overlong = true;
		return at + 3;
	}
	if (bytes[0] != 0xef || code < 0xff01 || code > 0xff5e)
		return NULL;
	*(*to)++ = (char)(code - 0xff01 + '!');
	return at + 3;
}

static const char *undo_one(struct normal *normal, const char *at, const char *end, char **to)
{
	switch (*at) {
	case '%':
		return undo_percent(normal, at, end, to);
	case '\\':
		return undo_backslash(normal, at, end, to);
	case '&':
		return undo_entity(normal, at, end, to);
	default:
		return (uint8_t)*at >= 0xc0 ? undo_utf8(normal, at, end, to) : NULL;
	}
}

/* Goes over the whole text once; true when an encoding was undone. */
static bool undo_level(struct normal *normal, bool *percent)
{
	const char *at = normal->text, *end = at + normal->size;
	char *to = normal->text;
	bool undone = false;
	while (at < end) {
		bool is_percent = *at == '%';
		const char *next = undo_one(normal, at, end, &to);
		if (next) {
			undone = true;
			*percent |= is_percent;
			at = next;
		} else {
			*to++ = *at++;
		}
	}
	normal->size = (size_t)(to - normal->text);
	return undone;
}

/* ── the last step: one form for case, white space, comments ─ */

/* A comment of SQL that hides white space: nothing or one word within it. 0 = it is none. */
static size_t comment_size(const char *at, const char *end)
{
	const char *c = at + 2;
	if (end - at < 4 || at[1] != '*')
		return 0;
	while (c < end && c - at < 24 && *c != '*' && (char_is_space(*c) || char_hex(*c) >= 0 || char_lower(*c) >= 'a'))
		c++;
	return end - c >= 2 && c[0] == '*' && c[1] == '/' ? (size_t)(c - at) + 2 : 0;
}

/* A comment that a version of MySQL executes: its beginning, slash, star, "!50000". */
static size_t versioned_size(const char *at, const char *end)
{
	size_t size = 3;
	if (end - at < 3 || at[1] != '*' || at[2] != '!')
		return 0;
	while (at + size < end && size < 9 && char_is_digit(at[size]))
		size++;
	return size;
}

static void unify(struct normal *normal)
{
	const char *at = normal->text, *end = at + normal->size;
	char *to = normal->text;
	bool versioned = false;
	while (at < end) {
		size_t skip = 0, opened = 0;
		if (*at == '/') {
			opened = versioned_size(at, end);
			skip = opened ? opened : comment_size(at, end);
		} else if (versioned && *at == '*' && end - at > 1 && at[1] == '/') {
			skip = 2;
		}
		versioned |= opened != 0;
		normal->comment |= skip != 0;
		char c = skip || (*at != '\n' && char_is_space(*at)) ? ' ' : char_lower(*at);
		if (c != ' ' || to == normal->text || to[-1] != ' ')
			*to++ = c;
		at += skip ? skip : 1;
	}
	normal->size = (size_t)(to - normal->text);
}

static void finish(struct normal *normal)
{
	bool percent = false;
	for (unsigned level = 1; level < NORMAL_LEVELS && undo_level(normal, &percent); level++) {
		normal->levels += percent;
		percent = false;
	}
	unify(normal);
}

static void begin(struct normal *normal, struct text *text)
{
	normal->levels = 0;
	normal->overlong = normal->newline = normal->comment = false;
	normal->cut = text->size > sizeof normal->text;
	if (normal->cut)
		text->size = sizeof normal->text;
}

/* The first level knows what '?', '&' and '+' mean; behind it they are characters like others. */
void normal_target(struct normal *normal, struct text target)
{
	begin(normal, &target);
	const char *at = target.at, *end = at + target.size;
	char *to = normal->text;
	bool query = false;
	while (at < end) {
		const char *next = *at == '%' ? undo_percent(normal, at, end, &to) : NULL;
		if (next) {
			normal->levels = 1;
			at = next;
			continue;
		}
		if (query ? *at == '&' : *at == '?') {
			query = true;
			*to++ = '\n';
		} else if (query && *at == '+') {
			*to++ = ' ';
		} else {
			to = put_byte(normal, to, *at);
		}
		at++;
	}
	normal->size = (size_t)(to - normal->text);
	finish(normal);
}

void normal_header(struct normal *normal, struct text header)
{
	begin(normal, &header);
	char *to = normal->text;
	for (size_t i = 0; i < header.size; i++)
		to = put_byte(normal, to, header.at[i]);
	normal->size = header.size;
	finish(normal);
}

bool normal_is_odd(struct text query)
{
	bool value = false;
	for (size_t i = 0; i < query.size; i++) {
		char c = query.at[i];
		int decoded = c == '%' ? hex_value(query.at + i + 1, query.at + query.size, 2) : -1;
		if (decoded >= 0) {
			c = (char)decoded;
			i += 2;
		} else if (c == '&' || c == '=') { /* between parameters; they end and begin values */
			value = c == '=';
			continue;
		}
		bool control = decoded >= 0 && (decoded < ' ' || decoded == 0x7f);
		if (value && (control || (c && strchr("'\"`<>()[]{};|\\$*^", c))))
			return true;
	}
	return false;
}
