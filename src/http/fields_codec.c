/*
 * Typed fields as bytes: how they cross from front to keeper. Only what the route's table names can be written, and
 * what is read is checked against the table again: the keeper trusts no byte of front.
 */
#include "http/fields.h"

#include <string.h>

#define FIELDS_MOST 64

static void put_value(const struct field *field, const json_t *value, struct builder *to)
{
	double real;
	uint64_t bits;
	switch (field->type) {
	case FIELD_INTEGER:
	case FIELD_TIME:
		put_i64(to, json_integer_value(value));
		break;
	case FIELD_REAL:
		real = json_number_value(value);
		memcpy(&bits, &real, sizeof bits);
		put_u64(to, bits);
		break;
	case FIELD_BOOLEAN:
		put_u8(to, json_is_true(value));
		break;
	case FIELD_LIST:
		put_u16(to, (uint16_t)json_array_size(value));
		for (size_t i = 0; i < json_array_size(value); i++) {
			const json_t *item = json_array_get(value, i);
			put_text(to, (struct text){ json_string_value(item), json_string_length(item) });
		}
		break;
	default:
		put_text(to, (struct text){ json_string_value(value), json_string_length(value) });
		break;
	}
}

void fields_encode(const struct route *route, const json_t *fields, struct builder *to)
{
	uint16_t count = 0, index = 0;
	for (const struct field *field = route->fields; field && field->name; field++)
		count = (uint16_t)(count + (json_object_get(fields, field->name) != NULL));
	put_u16(to, count);
	for (const struct field *field = route->fields; field && field->name; field++, index++) {
		const json_t *value = json_object_get(fields, field->name);
		if (!value)
			continue;
		put_u16(to, index);
		put_value(field, value, to);
	}
}

static json_t *get_string(struct reader *from)
{
	struct text text = get_text(from);
	return from->failed ? NULL : json_stringn(text.at ? text.at : "", text.size);
}

static json_t *get_list(struct reader *from)
{
	uint16_t count = get_u16(from);
	json_t *list = json_array();
	for (uint16_t i = 0; i < count && list && !from->failed; i++)
		if (json_array_append_new(list, get_string(from)) != 0)
			from->failed = true;
	return list;
}

/* NULL: malformed (`from->failed`, or a text that is no UTF-8), or no memory. */
static json_t *get_value(const struct field *field, struct reader *from)
{
	double real;
	uint64_t bits;
	switch (field->type) {
	case FIELD_INTEGER:
	case FIELD_TIME:
		return json_integer(get_i64(from));
	case FIELD_REAL:
		bits = get_u64(from);
		memcpy(&real, &bits, sizeof real);
		return json_real(real); /* refuses what is not finite */
	case FIELD_BOOLEAN:
		return json_boolean(get_u8(from));
	case FIELD_LIST:
		return get_list(from);
	default:
		return get_string(from);
	}
}

static enum error read_fields(const struct route *route, struct reader *from, json_t *fields, struct failure *failure)
{
	size_t known = 0;
	while (route->fields && route->fields[known].name)
		known++;
	uint16_t count = get_u16(from);
	if (count > known)
		return fail(failure, ERROR_INPUT, "%s: %u fields are more than its table has", route->name, count);
	for (uint16_t i = 0; i < count && !from->failed; i++) {
		uint16_t index = get_u16(from);
		if (from->failed || index >= known || json_object_get(fields, route->fields[index].name))
			return fail(
			    failure, ERROR_INPUT, "%s: field number %u is unknown or there twice", route->name, index);
		json_t *value = get_value(&route->fields[index], from);
		if (!value || json_object_set_new(fields, route->fields[index].name, value) != 0)
			return fail(
			    failure, ERROR_INPUT, "%s: field %s is malformed", route->name, route->fields[index].name);
	}
	if (from->failed)
		return fail(failure, ERROR_INPUT, "%s: its fields end in the middle", route->name);
	return fields_check(route, fields, failure);
}

enum error fields_decode(const struct route *route, struct reader *from, json_t **fields, struct failure *failure)
{
	json_t *made = json_object();
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for the fields of %s", route->name);
	enum error error = read_fields(route, from, made, failure);
	if (error)
		json_decref(made);
	else
		*fields = made;
	return error;
}
