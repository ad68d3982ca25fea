/*
 * A text being built, growing (declared in base/text.h).
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool build_room(struct builder *builder, size_t more)
{
	size_t need;
	if (builder->failed)
		return false;
	if (__builtin_add_overflow(builder->size, more, &need) || __builtin_add_overflow(need, (size_t)1, &need)) {
		builder->failed = true;
		return false;
	}
	if (need <= builder->room)
		return true;
	size_t room = builder->room < 128 ? 128 : builder->room;
	while (room < need)
		room = room > SIZE_MAX / 2 ? need : room * 2;
	char *at = realloc(builder->at, room);
	if (!at) {
		builder->failed = true;
		return false;
	}
	builder->at = at;
	builder->room = room;
	return true;
}

void build_format(struct builder *builder, const char *format, ...)
{
	va_list arguments;
	if (!build_room(builder, 0))
		return;
	for (int try = 0; try < 2; try++) {
		size_t left = builder->room - builder->size;
		va_start(arguments, format);
		int length = vsnprintf(builder->at + builder->size, left, format, arguments);
		va_end(arguments);
		if (length >= 0 && (size_t)length < left) {
			builder->size += (size_t)length;
			return;
		}
		builder->at[builder->size] = 0;
		if (length < 0 || !build_room(builder, (size_t)length))
			break;
	}
	builder->failed = true;
}

/* Whether one of eight bytes does not stand in a JSON string as it is, or is not ASCII: a byte less than 0x20, equal to
 * '"' or '\\' borrows into its highest bit when what it must not be is taken off. */
static bool any_special(uint64_t bytes)
{
	const uint64_t each = 0x0101010101010101, quotes = bytes ^ each * '"', slashes = bytes ^ each * '\\';
	return (bytes | (bytes - each * 0x20) | (quotes - each) | (slashes - each)) & each * 0x80;
}

/* The bytes from `at` that stand in a JSON string as they are and are ASCII. */
static size_t plain_run(const char *at, size_t size)
{
	static const bool plain[256] = { [0x20 ... 0x21] = true, [0x23 ... 0x5b] = true, [0x5d ... 0x7f] = true };
	size_t i = 0;
	for (uint64_t bytes; size - i >= sizeof bytes; i += sizeof bytes) {
		memcpy(&bytes, at + i, sizeof bytes);
		if (any_special(bytes))
			break;
	}
	while (i < size && plain[(unsigned char)at[i]])
		i++;
	return i;
}

static void build_escape(struct builder *builder, char c)
{
	static const char names[] = "btn\0fr"; /* of 8, 9, 10, 12, 13 */
	if (c == '"' || c == '\\')
		build_text(builder, (struct text){ (char[]){ '\\', c }, 2 });
	else if (c >= 8 && c <= 13 && names[c - 8])
		build_text(builder, (struct text){ (char[]){ '\\', names[c - 8] }, 2 });
	else
		build_format(builder, "\\u%04x", (unsigned)(unsigned char)c);
}

void build_json_string(struct builder *builder, struct text text)
{
	build_char(builder, '"');
	while (text.size) { /* an empty text may be at no place */
		size_t size = plain_run(text.at, text.size);
		build_text(builder, (struct text){ text.at, size });
		if (size == text.size)
			break;
		text.at += size, text.size -= size;
		uint32_t code;
		size = 1;
		if ((unsigned char)text.at[0] < 0x80)
			build_escape(builder, text.at[0]);
		else if ((size = text_utf8_character(text, &code)) > 0)
			build_text(builder, (struct text){ text.at, size });
		else
			build_text(builder, TEXT("\xef\xbf\xbd")), size = 1;
		text.at += size, text.size -= size;
	}
	build_char(builder, '"');
}

void build_html(struct builder *builder, struct text text)
{
	size_t start = 0;
	if (text.size == 0)
		return;
	for (size_t i = 0; i < text.size; i++) {
		struct text entity;
		switch (text.at[i]) {
		case '&':
			entity = TEXT("&amp;");
			break;
		case '<':
			entity = TEXT("&lt;");
			break;
		case '>':
			entity = TEXT("&gt;");
			break;
		case '"':
			entity = TEXT("&quot;");
			break;
		case '\'':
			entity = TEXT("&#39;");
			break;
		default:
			continue;
		}
		build_text(builder, (struct text){ text.at + start, i - start });
		build_text(builder, entity);
		start = i + 1;
	}
	build_text(builder, (struct text){ text.at + start, text.size - start });
}

void builder_clear(struct builder *builder)
{
	builder->size = 0;
	builder->failed = false;
	if (builder->at)
		builder->at[0] = 0;
}

void builder_free(struct builder *builder)
{
	free(builder->at);
	*builder = (struct builder){ 0 };
}
