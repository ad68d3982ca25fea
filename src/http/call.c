/*
 * Typed fields in, JSON out: what the handlers of all capabilities share. See call.h.
 */
#include "http/call.h"

#include <stdlib.h>

bool input_has(const struct call *call, const char *name)
{
	return json_object_get(call->input, name) != NULL;
}

struct text input_text(const struct call *call, const char *name)
{
	json_t *value = json_object_get(call->input, name);
	return json_is_string(value) ? (struct text){ json_string_value(value), json_string_length(value) } : TEXT_NONE;
}

const char *input_string(const struct call *call, const char *name)
{
	const char *value = json_string_value(json_object_get(call->input, name));
	return value ? value : "";
}

int64_t input_integer(const struct call *call, const char *name, int64_t otherwise)
{
	json_t *value = json_object_get(call->input, name);
	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool input_boolean(const struct call *call, const char *name, bool otherwise)
{
	json_t *value = json_object_get(call->input, name);
	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

struct uuid input_uuid(const struct call *call, const char *name)
{
	struct uuid uuid = { 0 };
	return uuid_parse(input_text(call, name), &uuid) ? uuid : (struct uuid){ 0 };
}

enum error input_copy(const struct call *call, const char *name, char *to, size_t size, struct failure *failure)
{
	if (!input_has(call, name))
		return OK;
	if (!text_copy(input_text(call, name), to, size))
		return fail(failure, ERROR_INPUT, "%s: at most %zu bytes", name, size - 1);
	return OK;
}

void output_text(json_t *object, const char *name, struct text value)
{
	if (text_utf8_valid(value) == value.size) {
		json_object_set_new(object, name, json_stringn(value.at ? value.at : "", value.size));
		return;
	}
	char *plain = malloc(3 * value.size + 1);
	if (!plain)
		return;
	size_t size = text_make_printable(value, plain);
	json_object_set_new(object, name, json_stringn(plain, size));
	free(plain);
}

void output_string(json_t *object, const char *name, const char *value)
{
	output_text(object, name, text_of(value));
}

void output_time(json_t *object, const char *name, nanoseconds time)
{
	char text[TIME_TEXT];
	if (time)
		output_string(object, name, time_format(time, text));
}

void output_day(json_t *object, const char *name, nanoseconds time)
{
	char text[TIME_TEXT] = "";
	if (time) {
		time_format(time, text);
		text[10] = 0;
	}
	output_string(object, name, text);
}

void output_uuid(json_t *object, const char *name, struct uuid uuid)
{
	char text[UUID_TEXT];
	if (!uuid_is_nil(uuid))
		output_string(object, name, uuid_format(uuid, text));
}
