/*
 * What the readers of records in JSON share. Called by record_windows.c, record_cloudtrail.c, record_m365.c.
 */
#include "formats/record_inner.h"

#include <string.h>

#define INNER_DEEPEST 64

/* Dots may be nesting or part of the name. */
static struct json_value member(struct json_value root, const char *name)
{
	struct json_value value = json_at(root, name);
	if (!json_exists(value) && strchr(name, '.'))
		value = json_get(root, name);
	if (json_kind(value) == JSON_IS_OBJECT && json_exists(json_get(value, "#text")))
		value = json_get(value, "#text");
	return value;
}

struct json_value record_json(struct json_value root, const char *const *names)
{
	struct json_value value = { 0 };
	for (; *names; names++) {
		value = member(root, *names);
		if (json_exists(value) && json_kind(value) != JSON_IS_NULL)
			return value;
	}
	return value;
}

struct text record_json_text(struct json_value root, const char *const *names)
{
	for (; *names; names++) {
		struct text text = json_text(member(root, *names));
		if (text.size)
			return text;
	}
	return TEXT_NONE;
}

static enum error parse(struct json_parser *parser, struct text text, struct json_value *root, struct failure *failure)
{
	enum error error = json_parse(parser, text, root, failure);
	if (!error && json_kind(*root) != JSON_IS_OBJECT)
		error = fail(failure, ERROR_INPUT, "it is JSON but no object: an object, { … }, was expected");
	return error;
}

enum error record_object(
    struct record_reader *reader, struct text line, struct json_value *root, struct failure *failure)
{
	return parse(reader->parser, line, root, failure);
}

enum error record_inner_object(
    struct record_reader *reader, struct text text, struct json_value *root, struct failure *failure)
{
	if (!reader->inner && !(reader->inner = json_parser_new(INNER_DEEPEST)))
		return fail(failure, ERROR_MEMORY, "no memory for a reader");
	return parse(reader->inner, text, root, failure);
}

int record_recognise_keys(struct text beginning, const char *const *keys, int certain)
{
	beginning = text_trim(beginning);
	if (!text_starts(beginning, TEXT("{")) && !text_starts(beginning, TEXT("[")))
		return 0;
	for (; *keys; keys++)
		if (text_find(beginning, text_of(*keys)) < 0)
			return 0;
	return certain;
}

void record_try_end(struct flow_end *end, struct text text)
{
	const char *zone = text.size ? memchr(text.at, '%', text.size) : NULL;
	struct address address;
	uint16_t port;
	if (zone)
		text.size = (size_t)(zone - text.at);
	if (!address_parse_port(text, &address, &port) || !address_exists(address))
		return;
	end->address = address;
	if (port)
		end->port = port;
}
