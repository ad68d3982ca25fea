/*
 * The fields of a request, read from path, query, form and JSON body against the route's table, and their encoding
 * between front and keeper. Called by the server (front) and by the keeper. Every parser here takes what a stranger
 * sent.
 */
#include "http/fields.h"

#include "base/config.h"
#include "http/field_value.h"

#include <string.h>

#define JSON_LEVELS 32
#define FIELDS_MOST 64
#define LARGEST_FORM (16u << 20)

static const struct field *find_field(const struct route *route, struct text name)
{
	for (const struct field *field = route->fields; field && field->name; field++)
		if (text_equal(text_of(field->name), name))
			return field;
	return NULL;
}

static const char *place_name(enum field_place place)
{
	static const char *const names[] = { [IN_PATH] = "path", [IN_QUERY] = "query", [IN_BODY] = "body" };
	return names[place];
}

static enum error unknown_field(
    const struct route *route, enum field_place place, struct text name, struct failure *failure)
{
	const char *known[FIELDS_MOST + 1];
	size_t count = 0;
	for (const struct field *field = route->fields; field && field->name && count < FIELDS_MOST; field++)
		if (field->place == place)
			known[count++] = field->name;
	known[count] = NULL;
	char shown[64 * 3 + 1], cut[65];
	text_copy(name, cut, sizeof cut);
	text_make_printable(text_of(cut), shown);
	const char *nearest = nearest_name(cut, known);
	if (nearest)
		return fail(failure, ERROR_INPUT, "unknown field %s in the %s; did you mean %s?", shown,
		    place_name(place), nearest);
	return fail(failure, ERROR_INPUT, "unknown field %s in the %s", shown, place_name(place));
}

/* Puts a new value (taken over in every case) into the object. */
static enum error put_value(const struct field *field, json_t *value, json_t *into, struct failure *failure)
{
	json_t *there = json_object_get(into, field->name);
	int failed;
	if (field->type == FIELD_LIST && json_is_string(value)) {
		if (!there) {
			there = json_array();
			if (!there || json_object_set_new(into, field->name, there) != 0) {
				json_decref(value);
				return fail(failure, ERROR_MEMORY, "no memory for field %s", field->name);
			}
		}
		if (json_array_size(there) >= field_most_items(field)) {
			json_decref(value);
			return fail(
			    failure, ERROR_INPUT, "field %s: at most %zu items", field->name, field_most_items(field));
		}
		failed = json_array_append_new(there, value);
	} else if (there) {
		json_decref(value);
		return fail(failure, ERROR_INPUT, "field %s is there twice", field->name);
	} else {
		failed = json_object_set_new(into, field->name, value);
	}
	return failed ? fail(failure, ERROR_MEMORY, "no memory for field %s", field->name) : OK;
}

enum error field_set(const struct route *route, enum field_place place, struct text name, struct text text,
    json_t *into, struct failure *failure)
{
	const struct field *field = find_field(route, name);
	if (!field || field->place != place)
		return unknown_field(route, place, name, failure);
	if (text.size == 0 && !field->required && place != IN_PATH)
		return OK;
	json_t *value;
	enum error error = field_value_from_text(field, text, &value, failure);
	return error ? error : put_value(field, value, into, failure);
}

static enum error read_pair(const struct route *route, enum field_place place, char *name, size_t name_size,
    char *value, size_t value_size, json_t *into, char *form_token, struct failure *failure)
{
	struct text name_text = { name, name_size }, value_text = { value, value_size };
	if (form_token && text_equal(name_text, TEXT("form_token"))) {
		if (form_token[0] || value_size > 64)
			return fail(failure, ERROR_INPUT, "the form's token is there twice or too long");
		text_copy(value_text, form_token, 65);
		return OK;
	}
	return field_set(route, place, name_text, value_text, into, failure);
}

enum error fields_read_form(const struct route *route, enum field_place place, struct text text, json_t *into,
    char *form_token, struct failure *failure)
{
	if (text.size > LARGEST_FORM)
		return fail(failure, ERROR_LIMIT, "the %s is larger than %u bytes", place_name(place), LARGEST_FORM);
	if (form_token)
		form_token[0] = 0;
	struct builder scratch = { 0 };
	enum error error = OK;
	size_t pair_number = 0;
	while (text.size > 0 && error == OK) {
		struct text pair = text_cut(&text, '&');
		pair_number++;
		if (pair.size == 0)
			continue;
		struct text value = pair, name = text_cut(&value, '=');
		/* One buffer holds both, each with its NUL: what is decoded is never longer than what came. */
		builder_clear(&scratch);
		build_text(&scratch, pair);
		build_text(&scratch, TEXT("\0\0"));
		if (scratch.failed) {
			error = fail(failure, ERROR_MEMORY, "no memory for a form");
			break;
		}
		char *name_to = scratch.at, *value_to = scratch.at + name.size + 1;
		size_t name_size, value_size;
		if (!percent_decode(name, true, name_to, &name_size) ||
		    !percent_decode(value, true, value_to, &value_size))
			error =
			    fail(failure, ERROR_INPUT, "value %zu of the %s is not well-formed percent-encoded UTF-8",
				pair_number, place_name(place));
		else
			error = read_pair(
			    route, place, name_to, name_size, value_to, value_size, into, form_token, failure);
	}
	builder_free(&scratch);
	return error;
}

/* jansson descends as deep as the document; ours are shallow, so deeper ones are refused before it sees them. */
static bool too_deep(struct text text)
{
	size_t level = 0;
	bool string = false;
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];
		if (string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				string = false;
		} else if (c == '"') {
			string = true;
		} else if (c == '{' || c == '[') {
			if (++level > JSON_LEVELS)
				return true;
		} else if ((c == '}' || c == ']') && level > 0) {
			level--;
		}
	}
	return false;
}

enum error fields_read_json(const struct route *route, struct text text, json_t *into, struct failure *failure)
{
	if (too_deep(text))
		return fail(failure, ERROR_INPUT, "the body is nested deeper than %d levels", JSON_LEVELS);
	json_error_t where;
	json_t *given = json_loadb(text.at ? text.at : "", text.size, JSON_REJECT_DUPLICATES, &where);
	if (!given) {
		/* jansson goes on with what stands there, cut anywhere: it may be a secret, or half a character. */
		char *near = strstr(where.text, " near ");
		return fail(failure, ERROR_INPUT, "the body is not JSON: line %d, column %d: %.*s", where.line,
		    where.column, near ? (int)(near - where.text) : (int)strlen(where.text), where.text);
	}
	enum error error = json_is_object(given) ? OK : fail(failure, ERROR_INPUT, "the body is not a JSON object");
	for (void *at = json_object_iter(given); at && !error; at = json_object_iter_next(given, at)) {
		struct text name = text_of(json_object_iter_key(at));
		const json_t *member = json_object_iter_value(at);
		const struct field *field = find_field(route, name);
		if (!field || field->place != IN_BODY) {
			error = unknown_field(route, IN_BODY, name, failure);
			break;
		}
		if (json_is_null(member))
			continue;
		json_t *value;
		error = field_value_from_json(field, member, &value, failure);
		if (!error)
			error = put_value(field, value, into, failure);
	}
	json_decref(given);
	return error;
}

enum error fields_complete(const struct route *route, const json_t *fields, struct failure *failure)
{
	for (const struct field *field = route->fields; field && field->name; field++)
		if (field->required && !json_object_get(fields, field->name))
			return fail(failure, ERROR_INPUT, "field %s is missing", field->name);
	return OK;
}

enum error fields_check(const struct route *route, const json_t *fields, struct failure *failure)
{
	if (!json_is_object(fields))
		return fail(failure, ERROR_INPUT, "the fields of %s are not an object", route->name);
	json_t *walked = (json_t *)fields; /* jansson's iterators are not const; nothing is changed */
	for (void *at = json_object_iter(walked); at; at = json_object_iter_next(walked, at)) {
		const struct field *field = find_field(route, text_of(json_object_iter_key(at)));
		if (!field)
			return unknown_field(route, IN_BODY, text_of(json_object_iter_key(at)), failure);
		enum error error = field_value_check(field, json_object_iter_value(at), failure);
		if (error)
			return error;
	}
	return fields_complete(route, fields, failure);
}

bool percent_decode(struct text text, bool plus, char *to, size_t *size)
{
	size_t used = 0;
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];
		if (c == '%') {
			uint8_t byte;
			if (i + 2 >= text.size || !hex_parse((struct text){ text.at + i + 1, 2 }, &byte, 1))
				return false;
			c = (char)byte;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == 0)
			return false;
		to[used++] = c;
	}
	to[used] = 0;
	*size = used;
	return text_utf8_valid((struct text){ to, used }) == used;
}

void percent_encode(struct text text, struct builder *to)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
		    c == '.' || c == '_' || c == '~')
			build_char(to, (char)c);
		else
			build_format(to, "%%%02X", c);
	}
}
