/*
 * Views of texts (secret_view.h). Each is one walk with a table of the 256 bytes: an object of a megabyte is read in a
 * dozen ways while the keeper waits.
 */
#include "intel/secret_view.h"

#include <string.h>

/* ── folding ─ */

static const uint8_t holds_of[256] = { ['0' ... '9'] = VIEW_DIGIT,
	[':'] = VIEW_COLON,
	[' '] = VIEW_FANG,
	['['] = VIEW_FANG,
	[']'] = VIEW_FANG,
	['('] = VIEW_FANG,
	[')'] = VIEW_FANG,
	['{'] = VIEW_FANG,
	['}'] = VIEW_FANG,
	['<'] = VIEW_FANG,
	['>'] = VIEW_FANG,
	['%'] = VIEW_ESCAPE,
	['='] = VIEW_ESCAPE };

static char lower(uint32_t code)
{
	return (char)(code - 'A' < 26 ? code + ('a' - 'A') : code);
}

static bool is_passed_over(uint32_t code)
{
	return (code >= 0x200b && code <= 0x200f) || code == 0xfeff || code == 0xad || code == 0x2060;
}

/* In the half width, when it has one, which is ASCII. */
static uint32_t narrow(uint32_t code)
{
	if (code >= 0xff01 && code <= 0xff5e)
		return code - (0xff01 - 0x21);
	return code == 0x3002 ? '.' : code; /* the dot of Japanese names of domains */
}

/* Of a byte that begins no character of several: whether it is anything that can be seen. */
static const uint8_t is_kept[256] = { [1 ... '['] = 1, [']' ... 0x7f] = 1 };

/* A character of several bytes; what is malformed is passed over byte by byte. Returns its size; *to moves on. */
static size_t fold_character(char **to, struct text text, unsigned *holds)
{
	uint32_t code;
	size_t size = text_utf8_character(text, &code);
	if (size == 0 || is_passed_over(code))
		return size ? size : 1;
	code = narrow(code);
	if (code < 0x80) {
		*(*to)++ = lower(code);
		*holds |= holds_of[code];
	} else {
		memcpy(*to, text.at, size);
		*to += size;
	}
	return size;
}

unsigned view_fold(struct builder *view, struct text text)
{
	unsigned holds = 0;
	if (!build_room(view, text.size)) /* no character becomes longer */
		return 0;
	char *to = view->at + view->size;
	for (size_t i = 0; i < text.size;) {
		unsigned char c = (unsigned char)text.at[i];
		if (c >= 0xc2 && c <= 0xf4) {
			i += fold_character(&to, (struct text){ text.at + i, text.size - i }, &holds);
			continue;
		}
		*to = lower(c);
		to += is_kept[c];
		holds |= holds_of[c];
		i++;
	}
	view->size = (size_t)(to - view->at);
	view->at[view->size] = 0;
	return holds;
}

/* ── what was written so that nobody clicks on it ─ */

struct form {
	struct text written, meant;
};

static const struct form *form_at(struct text text)
{
	static const struct form forms[] = { { { "[dot]", 5 }, { ".", 1 } }, { { "(dot)", 5 }, { ".", 1 } },
		{ { "{dot}", 5 }, { ".", 1 } }, { { " dot ", 5 }, { ".", 1 } }, { { "[at]", 4 }, { "@", 1 } },
		{ { "(at)", 4 }, { "@", 1 } }, { { " at ", 4 }, { "@", 1 } } };
	if (text.size < 4 || (text.at[1] != 'd' && text.at[1] != 'a'))
		return NULL;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (text_starts(text, forms[i].written))
			return &forms[i];
	return NULL;
}

/* What stands before `from` is copied when something else takes the place of what stands there. */
static void copy_up_to(struct builder *view, struct text text, size_t *copied, size_t from, size_t behind)
{
	build_text(view, (struct text){ text.at + *copied, from - *copied });
	*copied = behind;
}

bool view_refang(struct builder *view, struct text text)
{
	size_t copied = 0;
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (!(holds_of[c] & VIEW_FANG))
			continue;
		const struct form *form = form_at((struct text){ text.at + i, text.size - i });
		if (form) {
			copy_up_to(view, text, &copied, i, i + form->written.size);
			build_text(view, form->meant);
			i += form->written.size - 1;
		} else if (c != ' ') {
			copy_up_to(view, text, &copied, i, i + 1);
		}
	}
	if (copied == 0)
		return false;
	copy_up_to(view, text, &copied, text.size, text.size);
	return true;
}

/* ── decoding ─ */

/* Values of the digits of hexadecimal; -1: it is none. */
static const int8_t hex_values[128] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1, -1, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 10, 11, 12, 13, 14, 15, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 };

static bool is_hex(char c)
{
	return (unsigned char)c < 128 && hex_values[(unsigned char)c] >= 0;
}

/* What stands between two escapes, or before the first one: of much the parts that are near them. */
static void copy_near(struct builder *view, struct text between, bool first, bool last)
{
	if (between.size > 2 * VIEW_NEAR || ((first || last) && between.size > VIEW_NEAR)) {
		if (!first)
			build_text(view, (struct text){ between.at, VIEW_NEAR });
		build_char(view, '\n');
		if (!last)
			build_text(view, (struct text){ between.at + between.size - VIEW_NEAR, VIEW_NEAR });
	} else {
		build_text(view, between);
	}
}

bool view_unescape(struct builder *view, struct text text)
{
	size_t copied = 0;
	for (size_t i = 0, size; i + 1 < text.size; i += size) {
		unsigned byte = 256;
		size = 1;
		if (text.at[i] != '%' && text.at[i] != '=')
			continue;
		if (text.at[i] == '=' && text.at[i + 1] == '\n')
			size = 2;
		else if (i + 2 < text.size && is_hex(text.at[i + 1]) && is_hex(text.at[i + 2])) {
			byte = (unsigned)(hex_values[(unsigned char)text.at[i + 1]] * 16 +
					  hex_values[(unsigned char)text.at[i + 2]]);
			size = 3;
		}
		if (size == 1)
			continue;
		copy_near(view, (struct text){ text.at + copied, i - copied }, copied == 0, false);
		if (byte < 256)
			build_char(view, (char)byte);
		copied = i + size;
	}
	if (copied == 0)
		return false;
	copy_near(view, (struct text){ text.at + copied, text.size - copied }, false, true);
	return true;
}

/* Values of the characters of base64 in both its alphabets (RFC 4648, 4 and 5); -1: it is none. */
static const int8_t base64_values[128] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, 62, -1,
	63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, 63, -1, 26, 27, 28, 29, 30, 31, 32, 33,
	34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1 };

enum { OF_BASE64 = 1, OF_HEX = 2, OF_DIGITS = 4, OF_NOTHING = 8 };
/* NUL is every other byte of UTF-16. */
static const uint8_t run_kinds[256] = { [0] = OF_BASE64 | OF_HEX | OF_DIGITS | OF_NOTHING,
	['0' ... '9'] = OF_BASE64 | OF_HEX | OF_DIGITS,
	['a' ... 'f'] = OF_BASE64 | OF_HEX,
	['A' ... 'F'] = OF_BASE64 | OF_HEX,
	['g' ... 'z'] = OF_BASE64,
	['G' ... 'Z'] = OF_BASE64,
	['+'] = OF_BASE64,
	['-'] = OF_BASE64,
	['/'] = OF_BASE64,
	['_'] = OF_BASE64 };

bool view_cut_run(struct text *rest, struct view_run *run)
{
	for (size_t from = 0; from < rest->size; from++) {
		unsigned all = OF_HEX | OF_DIGITS, kind;
		size_t end = from, nothing = 0;
		for (; end < rest->size && (kind = run_kinds[(unsigned char)rest->at[end]]) != 0; end++) {
			all &= kind;
			nothing += kind / OF_NOTHING;
		}
		size_t count = end - from - nothing;
		if (end - from >= VIEW_LEAST) {
			*run = (struct view_run){ .text = { rest->at + from, end - from },
				.base64 = !(all & OF_DIGITS) && (!(all & OF_HEX) || count < VIEW_HEX),
				.hex = (all & OF_HEX) != 0 };
			*rest = (struct text){ rest->at + end, rest->size - end };
			return true;
		}
		from = end;
	}
	return false;
}

/* The bits of the characters, `width` of each, as bytes. */
static void decode(struct builder *view, struct text run, size_t skip, unsigned width, const int8_t values[static 128])
{
	uint32_t bits = 0;
	unsigned count = 0;
	if (!build_room(view, run.size))
		return;
	char *to = view->at + view->size;
	for (size_t i = 0; i < run.size; i++) {
		int8_t value = values[run.at[i] & 127];
		if (value < 0)
			continue;
		if (skip) {
			skip--;
			continue;
		}
		bits = bits << width | (uint32_t)value;
		count += width;
		if (count < 8)
			continue;
		count -= 8;
		*to++ = (char)(bits >> count);
	}
	view->size = (size_t)(to - view->at);
	*to = 0;
}

void view_base64(struct builder *view, struct text run, size_t skip)
{
	decode(view, run, skip, 6, base64_values);
}

void view_hex(struct builder *view, struct text run, size_t skip)
{
	decode(view, run, skip, 4, hex_values);
}
