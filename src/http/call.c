/*
 * Typed fields in, JSON out: what the handlers of all capabilities share. See call.h.
 */
#include "http/call.h"

#include "model/capability.h"

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

/* ── gaps and coverage ─ */

static const struct catalog *catalog_of(const struct call *call)
{
	return catalog_for(call->center ? call->center->japanese : NULL, call->language);
}

static void output_built(json_t *object, const char *name, struct builder *words)
{
	output_text(object, name, words->failed ? TEXT_NONE : (struct text){ words->at, words->size });
	builder_free(words);
}

void output_gap(const struct call *call, json_t *object, const struct gap *gap, const char *sensor)
{
	struct builder words = { 0 };
	json_object_set_new(object, "number", json_integer((json_int_t)gap->number));
	output_string(object, "kind", gap_kind_code(gap->kind));
	output_string(object, "code", gap->code);
	if (gap->sensor)
		json_object_set_new(object, "sensor", json_integer(gap->sensor));
	output_string(object, "sensor_name", sensor);
	output_time(object, "from", gap->from);
	output_time(object, "to", gap->to);
	json_object_set_new(object, "open", json_boolean(gap->to == 0));
	if (gap->seen || gap->lost) {
		json_object_set_new(object, "seen", json_integer((json_int_t)gap->seen));
		json_object_set_new(object, "lost", json_integer((json_int_t)gap->lost));
	}
	if (gap->sampling)
		json_object_set_new(object, "sampling", json_integer(gap->sampling));
	if (gap->error)
		json_object_set_new(object, "clock_error", json_real((double)gap->error / (double)SECOND));
	if (*gap->reason)
		output_string(object, "reason", gap->reason);
	gap_write(gap, sensor, catalog_of(call), &words);
	output_built(object, "words", &words);
}

void output_coverage(const struct call *call, json_t *object, const char *name, const struct coverage *coverage)
{
	struct builder words = { 0 };
	json_t *shown = json_object(), *gaps = json_array();
	output_time(shown, "from", coverage->from);
	output_time(shown, "to", coverage->to);
	json_object_set_new(shown, "sensors", json_integer(coverage->sensors));
	json_object_set_new(shown, "whole", json_integer(coverage->whole));
	json_object_set_new(shown, "share", json_real((double)(int)(coverage->share * 1000) / 1000));
	coverage_write(coverage, catalog_of(call), &words);
	output_built(shown, "words", &words);
	bool names = policy_reach(call->subject->role, ACTION_SENSOR_READ) != 0; /* others read the figures */
	for (uint32_t i = 0; i < coverage->gap_count && names; i++) {
		json_t *gap = json_object();
		output_gap(call, gap, &coverage->gaps[i].gap, coverage->gaps[i].sensor);
		json_array_append_new(gaps, gap);
	}
	json_object_set_new(shown, "gaps", gaps);
	json_object_set_new(shown, "gaps_all", json_integer(coverage->gaps_all));
	json_object_set_new(object, name, shown);
}
