/*
 * Texts and dates of feeds: HTML as a person would read it, and the dates that publishers write.
 */
#include "formats/feed.h"

#include <stdio.h>
#include <string.h>

/* ── texts ─ */

struct plain {
	struct text rest;
	struct builder *to;
	size_t most;
	unsigned lines; /* that are owed before the next character … */
	bool space;     /* … or a space */
	bool no_tags;   /* no ">" is left: "<" is a character */
};

static struct text skip(struct text text, size_t count)
{
	return (struct text){ text.at + count, text.size - count };
}

static void put(struct plain *plain, struct text character)
{
	struct builder *to = plain->to;
	bool begun = to->size > 0;
	for (; begun && plain->lines; plain->lines--)
		build_char(to, '\n'), plain->space = false;
	if (begun && plain->space)
		build_char(to, ' ');
	plain->lines = 0;
	plain->space = false;
	if (to->size + character.size <= plain->most)
		build_text(to, character);
	else
		plain->rest = TEXT_NONE;
}

static void put_code(struct plain *plain, uint32_t code)
{
	char bytes[4];
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t firsts[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	if (code == ' ' || code == 0xa0) {
		plain->space = true;
		return;
	}
	for (size_t i = size; i-- > 1; code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3f));
	bytes[0] = (char)(firsts[size] | code);
	put(plain, (struct text){ bytes, size });
}

static const struct {
	const char *name;
	uint32_t code;
} entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' }, { "nbsp", 0xa0 },
	{ "copy", 0xa9 }, { "reg", 0xae }, { "deg", 0xb0 }, { "middot", 0xb7 }, { "laquo", 0xab }, { "raquo", 0xbb },
	{ "times", 0xd7 }, { "yen", 0xa5 }, { "euro", 0x20ac }, { "trade", 0x2122 }, { "ndash", 0x2013 },
	{ "mdash", 0x2014 }, { "lsquo", 0x2018 }, { "rsquo", 0x2019 }, { "ldquo", 0x201c }, { "rdquo", 0x201d },
	{ "bull", 0x2022 }, { "hellip", 0x2026 } };

static bool number_of(struct text digits, uint32_t *code)
{
	bool hex = digits.size > 1 && (digits.at[0] == 'x' || digits.at[0] == 'X');
	uint32_t value = 0;
	if (hex)
		digits = skip(digits, 1);
	if (digits.size == 0 || digits.size > 8)
		return false;
	for (size_t i = 0; i < digits.size; i++) {
		char c = digits.at[i];
		uint32_t digit = c >= '0' && c <= '9'          ? (uint32_t)(c - '0')
				 : hex && c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
				 : hex && c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
							       : 99;
		if (digit == 99 || value > 0x10ffff)
			return false;
		value = value * (hex ? 16 : 10) + digit;
	}
	*code = value;
	return value >= 0x20 && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

/* At "&": what it means, or the character itself. */
static void take_entity(struct plain *plain)
{
	struct text looked = { plain->rest.at, plain->rest.size < 12 ? plain->rest.size : 12 };
	ptrdiff_t end = text_find(looked, TEXT(";"));
	struct text name = end > 1 ? (struct text){ looked.at + 1, (size_t)end - 1 } : TEXT_NONE;
	uint32_t code = 0;
	if (name.size > 1 && name.at[0] == '#' && !number_of(skip(name, 1), &code))
		code = 0;
	for (size_t i = 0; i < sizeof entities / sizeof *entities && !code; i++)
		if (text_equal(name, text_of(entities[i].name)))
			code = entities[i].code;
	plain->rest = skip(plain->rest, code ? (size_t)end + 1 : 1);
	put_code(plain, code ? code : '&');
}

static bool is_block(struct text name)
{
	static const char *const blocks[] = { "p", "br", "div", "li", "ul", "ol", "dl", "dt", "dd", "tr", "table", "hr",
		"pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article" };
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (text_equal_nocase(name, text_of(blocks[i])))
			return true;
	return false;
}

/* Behind `end`, or at the end where that never comes. */
static void pass(struct plain *plain, struct text end)
{
	ptrdiff_t at = text_find_nocase(plain->rest, end);
	plain->rest = at < 0 ? TEXT_NONE : skip(plain->rest, (size_t)at + end.size);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* At "<": false when it begins no tag. */
static bool take_tag(struct plain *plain)
{
	struct text rest = skip(plain->rest, 1);
	bool closes = text_starts(rest, TEXT("/"));
	if (text_starts(rest, TEXT("!--"))) {
		pass(plain, TEXT("-->"));
		return true;
	}
	if (plain->no_tags || rest.size == 0 || !(closes || rest.at[0] == '!' || is_letter(rest.at[0])))
		return false;
	ptrdiff_t end = text_find(rest, TEXT(">"));
	if (end < 0) {
		plain->no_tags = true;
		return false;
	}
	struct text name = skip(rest, closes);
	size_t size = 0;
	while (size < name.size && (is_letter(name.at[size]) || (name.at[size] >= '0' && name.at[size] <= '9')))
		size++;
	name.size = size;
	plain->rest = skip(rest, (size_t)end + 1);
	if (is_block(name) && plain->lines == 0)
		plain->lines = 1;
	if (!closes && text_equal_nocase(name, TEXT("script")))
		pass(plain, TEXT("</script>"));
	else if (!closes && text_equal_nocase(name, TEXT("style")))
		pass(plain, TEXT("</style>"));
	return true;
}

static void take_character(struct plain *plain, bool html)
{
	char c = *plain->rest.at;
	uint32_t code;
	if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
		plain->space = true;
		plain->lines += c == '\n' && !html && plain->lines < 2;
		plain->rest = skip(plain->rest, 1);
		return;
	}
	size_t size = text_utf8_character(plain->rest, &code);
	struct text character = { plain->rest.at, size ? size : 1 };
	plain->rest = skip(plain->rest, character.size);
	put(plain, character);
}

void feed_text(struct text written, bool html, size_t most, struct builder *to)
{
	struct builder raw = { 0 };
	struct plain plain = { .rest = written, .to = &raw, .most = most };
	while (plain.rest.size) {
		if (html && *plain.rest.at == '<' && take_tag(&plain))
			continue;
		if (html && *plain.rest.at == '&')
			take_entity(&plain);
		else
			take_character(&plain, html);
	}
	if (raw.size && !raw.failed && build_room(to, 3 * raw.size + 1))
		to->size += text_make_printable((struct text){ raw.at, raw.size }, to->at + to->size);
	to->failed |= raw.failed;
	builder_free(&raw);
}

/* ── dates ─ */

static bool month_of(struct text name, unsigned *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (*month = 1; *month <= 12; ++*month)
		if (name.size >= 3 &&
		    text_equal_nocase((struct text){ name.at, 3 }, (struct text){ names + 3 * (*month - 1), 3 }))
			return true;
	return false;
}

/* RFC 822, 5: those of North America, and the one of Japan that publishers write all the same. */
static const char *zone_of(struct text name)
{
	static const char *const zones[][2] = { { "EST", "-05:00" }, { "EDT", "-04:00" }, { "CST", "-06:00" },
		{ "CDT", "-05:00" }, { "MST", "-07:00" }, { "MDT", "-06:00" }, { "PST", "-08:00" }, { "PDT", "-07:00" },
		{ "JST", "+09:00" } };
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (text_equal_nocase(name, text_of(zones[i][0])))
			return zones[i][1];
	return "Z"; /* UT, GMT, and every other as RFC 2822, 4.3 says */
}

static struct text next_word(struct text *rest)
{
	*rest = text_trim(*rest);
	struct text word = text_cut(rest, ' ');
	return word;
}

/* "Wed, 02 Oct 2002 08:00:00 +0900": the day's name, the seconds and the century may be missing. */
static bool date_of_mail(struct text text, nanoseconds *time)
{
	char written[48];
	uint64_t day, year;
	unsigned month;
	ptrdiff_t comma = text_find(text, TEXT(","));
	struct text rest = comma >= 0 ? skip(text, (size_t)comma + 1) : text;
	struct text days = next_word(&rest), name = next_word(&rest), years = next_word(&rest),
		    clock = next_word(&rest), zone = text_trim(rest);
	if (!text_to_u64(days, &day) || day > 31 || !month_of(name, &month) || !text_to_u64(years, &year) ||
	    year > 9999 || (clock.size != 5 && clock.size != 8) || zone.size > 6)
		return false;
	if (years.size == 2)
		year += year < 50 ? 2000 : 1900;
	bool offset = zone.size && (zone.at[0] == '+' || zone.at[0] == '-');
	struct text east = offset ? zone : text_of(zone_of(zone));
	snprintf(written, sizeof written, "%04u-%02u-%02uT%.*s%s%.*s", (unsigned)year, month, (unsigned)day,
	    (int)clock.size, clock.at, clock.size == 5 ? ":00" : "", (int)east.size, east.at);
	return time_parse(text_of(written), 0, time, NULL);
}

bool feed_date(struct text text, nanoseconds *time)
{
	char written[48];
	text = text_trim(text);
	if (text.size < 10 || text.size > 40)
		return false;
	if (text.size == 10)
		snprintf(written, sizeof written, "%.10sT00:00:00Z", text.at);
	else if (text.size >= 16 && text.at[13] == ':' && (text.size == 16 || text.at[16] != ':'))
		snprintf(written, sizeof written, "%.16s:00%.*s", text.at, (int)text.size - 16, text.at + 16);
	else
		snprintf(written, sizeof written, "%.*s", (int)text.size, text.at);
	return time_parse(text_of(written), 0, time, NULL) || date_of_mail(text, time);
}
