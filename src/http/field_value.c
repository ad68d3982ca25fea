/*
 * One field's value: from text (query, form, path) or JSON to its typed form, and the check of a typed one.
 *
 * In: what a stranger sent. Out: a JSON value of the field's type within its limits, or words that name the field and
 * what was expected. The words never repeat the value: it may be a secret, or made to look like something else in a
 * log.
 */
#include "http/field_value.h"

#include "base/hash.h"
#include "base/time.h"
#include "net/address.h"
#include "net/signing_request.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LARGEST 256
#define CURSOR_LARGEST 512
#define ITEMS_MOST 256

size_t field_largest(const struct field *field)
{
	if (field->type == FIELD_LIST)
		return TEXT_LARGEST;
	if (field->largest)
		return field->largest;
	return field->type == FIELD_CURSOR ? CURSOR_LARGEST : TEXT_LARGEST;
}

size_t field_most_items(const struct field *field)
{
	return field->largest ? field->largest : ITEMS_MOST;
}

static enum error expected(const struct field *field, struct failure *failure, const char *what)
{
	return fail(failure, ERROR_INPUT, "field %s: expected %s", field->name, what);
}

static enum error no_memory(const struct field *field, struct failure *failure)
{
	return fail(failure, ERROR_MEMORY, "no memory for field %s", field->name);
}

/* Texts hold no control characters (C0, DEL, C1); FIELD_LINES may hold line feeds and tabs. */
static bool has_control(struct text text, bool lines)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if ((c < 0x20 && !(lines && (c == '\n' || c == '\t'))) || c == 0x7f)
			return true;
		if (c == 0xc2 && i + 1 < text.size && (unsigned char)text.at[i + 1] < 0xa0)
			return true;
	}
	return false;
}

static bool is_cursor(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
			c == '_'))
			return false;
	}
	return text.size > 0;
}

static enum error check_text(const struct field *field, struct text text, struct failure *failure)
{
	if (text.size > field_largest(field))
		return fail(failure, ERROR_INPUT, "field %s: at most %zu bytes", field->name, field_largest(field));
	if (text_utf8_valid(text) != text.size)
		return expected(field, failure, "well-formed UTF-8");
	if (has_control(text, field->type == FIELD_LINES))
		return expected(field, failure,
		    field->type == FIELD_LINES ? "text without control characters"
					       : "text without control characters and line breaks");
	if (field->required && text_trim(text).size == 0 && field->type != FIELD_SECRET)
		return expected(field, failure, "a text that is not empty");
	return OK;
}

static enum error check_choice(const struct field *field, struct text text, struct failure *failure)
{
	char list[300] = "";
	for (const char *const *choice = field->choices; *choice; choice++) {
		if (text_equal(text, text_of(*choice)))
			return OK;
		size_t used = strlen(list);
		if (used + strlen(*choice) + 3 < sizeof list)
			snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *choice);
	}
	return fail(failure, ERROR_INPUT, "field %s: expected one of: %s", field->name, list);
}

/* A string of a typed value: of the right form, and already in the one spelling that it has. */
static enum error check_string(const struct field *field, struct text text, struct failure *failure)
{
	struct uuid uuid;
	struct address address;
	struct prefix prefix;
	switch (field->type) {
	case FIELD_UUID:
		return uuid_parse(text, &uuid) ? OK : expected(field, failure, "a UUID");
	case FIELD_CHOICE:
		return check_choice(field, text, failure);
	case FIELD_ADDRESS:
		return address_parse(text, &address) ? OK : expected(field, failure, "an IPv4 or IPv6 address");
	case FIELD_PREFIX:
		return prefix_parse(text, &prefix)
			   ? OK
			   : expected(field, failure, "an address or a prefix such as 192.0.2.0/24");
	case FIELD_SIGNING_REQUEST:
		return machine_key_parse(text, NULL) ? OK : expected(field, failure, "a signing request in PEM");
	case FIELD_CURSOR:
		if (!is_cursor(text) || text.size > field_largest(field))
			return expected(field, failure, "the cursor of an earlier answer, unchanged");
		return OK;
	default:
		return check_text(field, text, failure);
	}
}

static enum error check_integer(const struct field *field, int64_t number, struct failure *failure)
{
	if ((field->least || field->most) && (number < field->least || number > field->most))
		return fail(failure, ERROR_INPUT, "field %s: expected a whole number from %lld to %lld", field->name,
		    (long long)field->least, (long long)field->most);
	return OK;
}

/* Bounds are declared as whole numbers; they hold for decimal ones as well. */
static enum error check_real(const struct field *field, double number, struct failure *failure)
{
	if (!isfinite(number))
		return expected(field, failure, "a number");
	if ((field->least || field->most) && (number < (double)field->least || number > (double)field->most))
		return fail(failure, ERROR_INPUT, "field %s: expected a number from %lld to %lld", field->name,
		    (long long)field->least, (long long)field->most);
	return OK;
}

static struct text string_text(const json_t *value)
{
	return (struct text){ json_string_value(value), json_string_length(value) };
}

static enum error check_list(const struct field *field, const json_t *value, struct failure *failure)
{
	if (!json_is_array(value))
		return expected(field, failure, "a list of texts");
	if (json_array_size(value) > field_most_items(field))
		return fail(failure, ERROR_INPUT, "field %s: at most %zu items", field->name, field_most_items(field));
	if (field->required && json_array_size(value) == 0)
		return expected(field, failure, "at least one item");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);
		if (!json_is_string(item))
			return expected(field, failure, "a list of texts");
		enum error error = check_text(field, string_text(item), failure);
		if (error)
			return error;
	}
	return OK;
}

enum error field_value_check(const struct field *field, const json_t *value, struct failure *failure)
{
	switch (field->type) {
	case FIELD_INTEGER:
		if (!json_is_integer(value))
			return expected(field, failure, "a whole number");
		return check_integer(field, json_integer_value(value), failure);
	case FIELD_TIME:
		return json_is_integer(value) ? OK : expected(field, failure, "a time");
	case FIELD_REAL:
		if (!json_is_number(value))
			return expected(field, failure, "a number");
		return check_real(field, json_number_value(value), failure);
	case FIELD_BOOLEAN:
		return json_is_boolean(value) ? OK : expected(field, failure, "true or false");
	case FIELD_LIST:
		return check_list(field, value, failure);
	default:
		if (!json_is_string(value))
			return expected(field, failure, "a text");
		return check_string(field, string_text(value), failure);
	}
}

/* Browsers send line breaks of a form as CR LF. */
static json_t *lines_value(struct text text)
{
	char *copy = malloc(text.size + 1);
	if (!copy)
		return NULL;
	size_t size = 0;
	for (size_t i = 0; i < text.size; i++)
		if (!(text.at[i] == '\r' && i + 1 < text.size && text.at[i + 1] == '\n'))
			copy[size++] = text.at[i];
	json_t *value = json_stringn(copy, size);
	free(copy);
	return value;
}

/* The one spelling of a string: lower-case UUIDs, RFC 5952 addresses. NULL: not of this form, or no memory. */
static json_t *string_value(const struct field *field, struct text text)
{
	struct uuid uuid;
	struct address address;
	struct prefix prefix;
	char to[PREFIX_TEXT > UUID_TEXT ? PREFIX_TEXT : UUID_TEXT];
	switch (field->type) {
	case FIELD_UUID:
		return uuid_parse(text, &uuid) ? json_string(uuid_format(uuid, to)) : NULL;
	case FIELD_ADDRESS:
		return address_parse(text, &address) ? json_string(address_format(address, to)) : NULL;
	case FIELD_PREFIX:
		return prefix_parse(text, &prefix) ? json_string(prefix_format(prefix, to)) : NULL;
	case FIELD_LINES:
		return lines_value(text);
	default:
		return json_stringn(text.at, text.size);
	}
}

/* RFC 3339 with its zone, or a day: its first moment in UTC. */
static bool time_value(struct text text, nanoseconds *time)
{
	bool assumed = false;
	char day[] = "0000-00-00T00:00:00Z";
	if (text.size == 10) {
		memcpy(day, text.at, 10);
		return time_parse(text_of(day), 0, time, &assumed);
	}
	return text.size <= 64 && time_parse(text, 0, time, &assumed) && !assumed;
}

static enum error from_string(const struct field *field, struct text text, json_t **value, struct failure *failure)
{
	/* json_stringn() refuses malformed UTF-8 without words: look first. */
	if (text.size > (1u << 20) || text_utf8_valid(text) != text.size)
		return expected(field, failure, "well-formed UTF-8");
	json_t *made = string_value(field, text);
	if (!made) {
		enum error error = check_string(field, text, failure);
		return error ? error : no_memory(field, failure);
	}
	enum error error = field->type == FIELD_LIST ? check_text(field, string_text(made), failure)
						     : field_value_check(field, made, failure);
	if (error)
		json_decref(made);
	else
		*value = made;
	return error;
}

static enum error from_request(const struct field *field, struct text text, json_t **value, struct failure *failure)
{
	uint8_t key[MACHINE_KEY];
	char hex[MACHINE_KEY_TEXT];
	struct failure why;
	if (signing_request_read(text, key, &why) != OK)
		return fail(failure, ERROR_INPUT, "field %s: %.400s", field->name, why.words);
	*value = json_string(hex_format(key, sizeof key, hex));
	return *value ? OK : no_memory(field, failure);
}

static enum error hand_over(const struct field *field, json_t *made, json_t **value, struct failure *failure)
{
	if (!made)
		return no_memory(field, failure);
	enum error error = field_value_check(field, made, failure);
	if (error)
		json_decref(made);
	else
		*value = made;
	return error;
}

enum error field_value_from_text(const struct field *field, struct text text, json_t **value, struct failure *failure)
{
	int64_t integer;
	double real;
	nanoseconds time;
	switch (field->type) {
	case FIELD_INTEGER:
		if (!text_to_i64(text, &integer))
			return expected(field, failure, "a whole number");
		return hand_over(field, json_integer(integer), value, failure);
	case FIELD_REAL:
		if (!text_to_double(text, &real))
			return expected(field, failure, "a number");
		return hand_over(field, json_real(real), value, failure);
	case FIELD_TIME:
		if (!time_value(text, &time))
			return expected(
			    field, failure, "a time as in RFC 3339, such as 2026-01-31T09:00:00+09:00, or a day");
		return hand_over(field, json_integer(time), value, failure);
	case FIELD_BOOLEAN: /* "on" is what a browser sends for a checkbox */
		if (text_equal(text, TEXT("true")) || text_equal(text, TEXT("on")))
			return hand_over(field, json_true(), value, failure);
		if (text_equal(text, TEXT("false")))
			return hand_over(field, json_false(), value, failure);
		return expected(field, failure, "true or false");
	case FIELD_SIGNING_REQUEST:
		return from_request(field, text, value, failure);
	default:
		return from_string(field, text, value, failure);
	}
}

static enum error list_from_json(
    const struct field *field, const json_t *given, json_t **value, struct failure *failure)
{
	enum error error = check_list(field, given, failure);
	if (error)
		return error;
	json_t *copy = json_deep_copy(given);
	if (!copy)
		return no_memory(field, failure);
	*value = copy;
	return OK;
}

enum error field_value_from_json(
    const struct field *field, const json_t *given, json_t **value, struct failure *failure)
{
	switch (field->type) {
	case FIELD_LIST:
		return list_from_json(field, given, value, failure);
	case FIELD_REAL: /* may be written as a whole number; it is one kind of number from here on */
		if (!json_is_number(given))
			return expected(field, failure, "a number");
		return hand_over(field, json_real(json_number_value(given)), value, failure);
	case FIELD_INTEGER:
	case FIELD_BOOLEAN: {
		enum error error = field_value_check(field, given, failure);
		return error ? error : hand_over(field, json_deep_copy(given), value, failure);
	}
	default:
		if (!json_is_string(given))
			return expected(
			    field, failure, field->type == FIELD_TIME ? "a time as text, RFC 3339" : "a text");
		return field_value_from_text(field, string_text(given), value, failure);
	}
}
