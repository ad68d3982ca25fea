/*
 * UTF-8 (RFC 3629): is it well-formed, and what of it may be shown to a person. Part of base/text.h.
 */
#include "base/text.h"

#include <string.h>

size_t text_utf8_character(struct text text, uint32_t *code)
{
	const unsigned char *at = (const unsigned char *)text.at;
	size_t left = text.size;
	unsigned char first = at[0];
	if (first < 0x80) {
		*code = first;
		return 1;
	}
	size_t size = first >= 0xc2 && first <= 0xdf   ? 2
		      : (first & 0xf0) == 0xe0         ? 3
		      : first >= 0xf0 && first <= 0xf4 ? 4
						       : 0;
	if (size == 0 || size > left)
		return 0;
	uint32_t sum = first & (0xffu >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		sum = sum << 6 | (at[i] & 0x3f);
	}
	/* Overlong forms, surrogates, and beyond U+10FFFF. */
	if ((size == 3 && sum < 0x800) || (size == 4 && sum < 0x10000) || (sum >= 0xd800 && sum <= 0xdfff) ||
	    sum > 0x10ffff)
		return 0;
	*code = sum;
	return size;
}

/* How many bytes from `at` are certainly ASCII, in steps of eight. */
static size_t ascii_run(const char *at, size_t size)
{
	size_t i = 0;
	for (; i + 8 <= size; i += 8) {
		uint64_t word;
		memcpy(&word, at + i, 8);
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	return i;
}

size_t text_utf8_valid(struct text text)
{
	size_t i = 0;
	while (i < text.size) {
		i += ascii_run(text.at + i, text.size - i);
		if (i == text.size)
			break;
		uint32_t code;
		size_t size = text_utf8_character((struct text){ text.at + i, text.size - i }, &code);
		if (size == 0)
			return i;
		i += size;
	}
	return i;
}

/* C0 and C1 controls, and the invisible characters that reorder or break what is around them: a file name that reads
 * backwards deceives the person who looks at it (Unicode TR 36, 2.5). */
static bool is_hidden(uint32_t code)
{
	return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code <= 0x9f) ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x2028 ||
	       code == 0x2029;
}

size_t text_make_printable(struct text text, char *to)
{
	size_t written = 0;
	for (size_t i = 0; i < text.size;) {
		uint32_t code = 0;
		size_t size = text_utf8_character((struct text){ text.at + i, text.size - i }, &code);
		if (size == 0) {
			memcpy(to + written, "\xef\xbf\xbd", 3);
			written += 3;
			i++;
			continue;
		}
		if (!is_hidden(code)) {
			memcpy(to + written, text.at + i, size);
			written += size;
		}
		i += size;
	}
	to[written] = 0;
	return written;
}
