/*
 * UTF-16 as UTF-8 (utf16.h).
 */
#include "net/utf16.h"

void utf16_build_code_point(struct builder *to, uint32_t code)
{
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = 0xfffd;
	if (code < 0x80) {
		build_char(to, (char)code);
	} else if (code < 0x800) {
		build_char(to, (char)(0xc0 | code >> 6));
		build_char(to, (char)(0x80 | (code & 0x3f)));
	} else {
		if (code < 0x10000) {
			build_char(to, (char)(0xe0 | code >> 12));
		} else {
			build_char(to, (char)(0xf0 | code >> 18));
			build_char(to, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		build_char(to, (char)(0x80 | (code >> 6 & 0x3f)));
		build_char(to, (char)(0x80 | (code & 0x3f)));
	}
}

static uint16_t read_unit(struct cursor *from, bool little)
{
	return little ? cursor_le16(from) : cursor_u16(from);
}

/* A pair of surrogates is one character. */
void utf16_build(struct builder *to, struct cursor from, bool little)
{
	while (from.left >= 2) {
		uint32_t code = read_unit(&from, little);
		struct cursor ahead = from;
		if (code >= 0xd800 && code <= 0xdbff && from.left >= 2) {
			uint32_t low = read_unit(&ahead, little);
			if (low >= 0xdc00 && low <= 0xdfff) {
				code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
				from = ahead;
			}
		}
		utf16_build_code_point(to, code);
	}
}
