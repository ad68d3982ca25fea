/*
 * A text being built, growing (declared in base/text.h).
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and a NUL. */
static bool make_room(struct builder *builder, size_t more)
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

void build_text(struct builder *builder, struct text text)
{
	if (!make_room(builder, text.size))
		return;
	if (text.size)
		memcpy(builder->at + builder->size, text.at, text.size);
	builder->size += text.size;
	builder->at[builder->size] = 0;
}

void build_char(struct builder *builder, char c)
{
	build_text(builder, (struct text){ &c, 1 });
}

void build_format(struct builder *builder, const char *format, ...)
{
	va_list arguments;
	if (!make_room(builder, 0))
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
		if (length < 0 || !make_room(builder, (size_t)length))
			break;
	}
	builder->failed = true;
}

/* The bytes from `at` that stand in a JSON string as they are. */
static size_t plain_run(const char *at, size_t size)
{
	size_t i = 0;
	while (i < size && (unsigned char)at[i] >= 0x20 && at[i] != '"' && at[i] != '\\')
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

static void build_escaped(struct builder *builder, struct text text)
{
	while (text.size) {
		size_t run = plain_run(text.at, text.size);
		build_text(builder, (struct text){ text.at, run });
		text.at += run, text.size -= run;
		if (text.size) {
			build_escape(builder, text.at[0]);
			text.at++, text.size--;
		}
	}
}

void build_json_string(struct builder *builder, struct text text)
{
	build_char(builder, '"');
	while (text.size) {
		size_t valid = text_utf8_valid(text);
		build_escaped(builder, (struct text){ text.at, valid });
		text.at += valid, text.size -= valid;
		if (text.size) {
			build_text(builder, TEXT("\xef\xbf\xbd"));
			text.at++, text.size--;
		}
	}
	build_char(builder, '"');
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
