/*
 * Elements of DER, and the texts of the few simple types.
 */
#include "net/der.h"

#include "base/character.h"
#include "net/utf16.h"

#include <stdio.h>
#include <string.h>

bool der_next(struct cursor *from, unsigned *tag, struct cursor *content)
{
	if (from->failed || from->left == 0)
		return false;
	*tag = cursor_u8(from);
	if ((*tag & 0x1f) == 0x1f) { /* a tag number of several bytes */
		from->failed = true;
		return false;
	}
	size_t size = cursor_u8(from);
	if (size & 0x80) {
		unsigned bytes = size & 0x7f;
		bool fits = bytes > 0; /* 0: indefinite */
		size = 0;
		while (bytes-- > 0 && fits) {
			fits = size >> 24 == 0;
			size = size << 8 | cursor_u8(from);
		}
		if (!fits) {
			from->failed = true;
			return false;
		}
	}
	*content = cursor_part(from, size);
	return !from->failed;
}

struct cursor der_take(struct cursor *from, unsigned tag)
{
	unsigned found;
	struct cursor content = { NULL, 0, true };
	if (!der_next(from, &found, &content) || found != tag) {
		from->failed = true;
		return (struct cursor){ NULL, 0, true };
	}
	return content;
}

bool der_optional(struct cursor *from, unsigned tag, struct cursor *content)
{
	struct cursor ahead = *from;
	unsigned found;
	if (!der_next(&ahead, &found, content)) {
		from->failed |= ahead.failed;
		return false;
	}
	if (found != tag)
		return false;
	*from = ahead;
	return true;
}

int64_t der_integer(struct cursor *from)
{
	unsigned tag;
	struct cursor content;
	if (!der_next(from, &tag, &content) || (tag != DER_INTEGER && tag != DER_ENUMERATED) || content.left == 0 ||
	    content.left > 8) {
		from->failed = true;
		return 0;
	}
	uint64_t value = (uint64_t)(int8_t)cursor_u8(&content);
	while (content.left > 0)
		value = value << 8 | cursor_u8(&content);
	return (int64_t)value;
}

char *der_oid_format(struct text oid, char to[static DER_OID_TEXT])
{
	struct cursor from = cursor_of_text(oid);
	size_t size = 0;
	bool first = true;
	to[0] = '\0';
	while (from.left > 0) {
		uint64_t value = 0;
		uint8_t byte;
		do {
			byte = cursor_u8(&from);
			value = value << 7 | (byte & 0x7f);
		} while (byte & 0x80 && from.left > 0);
		if (size > DER_OID_TEXT - 32)
			break;
		if (first) { /* the first two parts share a number (X.690 8.19.4) */
			uint64_t top = value < 80 ? value / 40 : 2;
			size += (size_t)snprintf(to, DER_OID_TEXT, "%u", (unsigned)top);
			value -= 40 * top;
			first = false;
		}
		size += (size_t)snprintf(to + size, DER_OID_TEXT - size, ".%llu", (unsigned long long)value);
	}
	return to;
}

void der_string(unsigned tag, struct text content, struct builder *to)
{
	struct cursor from = cursor_of_text(content);
	switch (tag) {
	case DER_BMP_STRING:
		utf16_build(to, from, false);
		break;
	case DER_UNIVERSAL_STRING:
		while (from.left >= 4)
			utf16_build_code_point(to, cursor_u32(&from));
		break;
	case DER_T61_STRING: /* in practice Latin-1 or UTF-8, hardly ever T.61 */
		if (text_utf8_valid(content) < content.size) {
			while (from.left > 0)
				utf16_build_code_point(to, cursor_u8(&from));
			break;
		}
		build_text(to, content);
		break;
	default:
		build_text(to, content);
	}
}

/* Two digits at `at`, up to `most`. */
static bool is_part(const char *at, int most)
{
	return char_is_digit(at[0]) && char_is_digit(at[1]) && (at[0] - '0') * 10 + (at[1] - '0') <= most;
}

bool der_time(unsigned tag, struct text content, char to[static DER_TIME_TEXT])
{
	static const int most[] = { 99, 12, 31, 23, 59, 60 };
	char digits[14];
	if (tag == DER_UTC_TIME && content.size == 13) {
		memcpy(digits, content.at[0] >= '5' ? "19" : "20", 2);
		memcpy(digits + 2, content.at, 12);
	} else if (tag == DER_GENERALIZED_TIME && content.size == 15) {
		memcpy(digits, content.at, 14);
	} else {
		return false;
	}
	if (content.at[content.size - 1] != 'Z' || !is_part(digits, 99))
		return false;
	for (int part = 0; part < 6; part++)
		if (!is_part(digits + 2 + 2 * part, most[part]))
			return false;
	snprintf(to, DER_TIME_TEXT, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", digits, digits + 4, digits + 6, digits + 8,
	    digits + 10, digits + 12);
	return true;
}
