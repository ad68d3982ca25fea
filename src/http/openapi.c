/*
 * The OpenAPI 3.1 document of the API, made from the route tables, so that it cannot say anything else than what is
 * checked. Called by the server at its start, and by the manual's build.
 */
#include "http/openapi.h"

#include "http/field_value.h"

#include <stdio.h>
#include <string.h>

static void put_string(struct builder *to, const char *name, const char *value)
{
	build_json_string(to, text_of(name));
	build_char(to, ':');
	build_json_string(to, text_of(value ? value : ""));
}

static void put_schema_type(struct builder *to, const struct field *field)
{
	static const char *const types[] = {
		[FIELD_TEXT] = "\"type\":\"string\"",
		[FIELD_LINES] = "\"type\":\"string\"",
		[FIELD_INTEGER] = "\"type\":\"integer\",\"format\":\"int64\"",
		[FIELD_REAL] = "\"type\":\"number\"",
		[FIELD_BOOLEAN] = "\"type\":\"boolean\"",
		[FIELD_UUID] = "\"type\":\"string\",\"format\":\"uuid\"",
		[FIELD_TIME] = "\"type\":\"string\",\"format\":\"date-time\"",
		[FIELD_CHOICE] = "\"type\":\"string\"",
		[FIELD_ADDRESS] = "\"type\":\"string\"",
		[FIELD_PREFIX] = "\"type\":\"string\"",
		[FIELD_CURSOR] = "\"type\":\"string\"",
		[FIELD_SECRET] = "\"type\":\"string\",\"format\":\"password\"",
		[FIELD_LIST] = "\"type\":\"array\"",
		[FIELD_SIGNING_REQUEST] = "\"type\":\"string\"",
	};
	build_text(to, text_of(types[field->type]));
}

static void put_schema(struct builder *to, const struct field *field)
{
	build_char(to, '{');
	put_schema_type(to, field);
	if ((field->type == FIELD_INTEGER || field->type == FIELD_REAL) && (field->least || field->most))
		build_format(to, ",\"minimum\":%lld,\"maximum\":%lld", (long long)field->least, (long long)field->most);
	if (field->type == FIELD_TEXT || field->type == FIELD_LINES || field->type == FIELD_CURSOR ||
	    field->type == FIELD_SECRET)
		build_format(to, ",\"maxLength\":%zu", field_largest(field));
	if (field->type == FIELD_LIST)
		build_format(to, ",\"maxItems\":%zu,\"items\":{\"type\":\"string\",\"maxLength\":%zu}",
		    field_most_items(field), field_largest(field));
	if (field->type == FIELD_CHOICE) {
		build_text(to, TEXT(",\"enum\":["));
		for (const char *const *choice = field->choices; *choice; choice++) {
			if (choice != field->choices)
				build_char(to, ',');
			build_json_string(to, text_of(*choice));
		}
		build_char(to, ']');
	}
	if (field->place == IN_BODY && field->summary) {
		build_char(to, ',');
		put_string(to, "description", field->summary);
	}
	build_char(to, '}');
}

/* The headers that a change heeds. */
static void put_headers(struct builder *to, const struct route *route, bool first)
{
	if (route->versioned)
		build_format(to,
		    "%s{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false,\"description\":\"The ETag that "
		    "was read: 412 when the thing was changed since.\",\"schema\":{\"type\":\"string\"}}",
		    first ? "" : ",");
	if (route_takes_key(route))
		build_format(to,
		    "%s{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,\"description\":\"The same "
		    "request again is answered as the first time; another one with this key: "
		    "422.\",\"schema\":{\"type\":"
		    "\"string\",\"minLength\":1,\"maxLength\":64}}",
		    first && !route->versioned ? "" : ",");
}

static void put_parameters(struct builder *to, const struct route *route)
{
	bool first = true;
	build_text(to, TEXT("\"parameters\":["));
	for (const struct field *field = route->fields; field && field->name; field++) {
		if (field->place == IN_BODY)
			continue;
		if (!first)
			build_char(to, ',');
		first = false;
		build_char(to, '{');
		put_string(to, "name", field->name);
		build_format(to, ",\"in\":\"%s\",\"required\":%s,", field->place == IN_PATH ? "path" : "query",
		    field->required || field->place == IN_PATH ? "true" : "false");
		put_string(to, "description", field->summary);
		build_text(to, TEXT(",\"schema\":"));
		put_schema(to, field);
		build_char(to, '}');
	}
	put_headers(to, route, first);
	build_char(to, ']');
}

static void put_members(struct builder *to, const struct route *route, bool required_only)
{
	bool first = true;
	for (const struct field *field = route->fields; field && field->name; field++) {
		if (field->place != IN_BODY || (required_only && !field->required))
			continue;
		if (!first)
			build_char(to, ',');
		first = false;
		build_json_string(to, text_of(field->name));
		if (!required_only) {
			build_char(to, ':');
			put_schema(to, field);
		}
	}
}

static void put_body(struct builder *to, const struct route *route)
{
	bool any = false, required = false;
	for (const struct field *field = route->fields; field && field->name; field++) {
		any |= field->place == IN_BODY;
		required |= field->place == IN_BODY && field->required;
	}
	if (route->kind == ROUTE_STREAM) {
		build_text(to, TEXT(",\"requestBody\":{\"required\":true,\"content\":{\"application/"
				    "x-ndjson\":{\"schema\":{\"type\":"
				    "\"string\",\"format\":\"binary\"}}}}"));
		return;
	}
	if (!any)
		return;
	build_format(to,
	    ",\"requestBody\":{\"required\":%s,\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\","
	    "\"additionalProperties\":false,\"properties\":{",
	    required ? "true" : "false");
	put_members(to, route, false);
	build_char(to, '}');
	if (required) {
		build_text(to, TEXT(",\"required\":["));
		put_members(to, route, true);
		build_char(to, ']');
	}
	build_text(to, TEXT("}}}}"));
}

static void put_responses(struct builder *to, const struct route *route)
{
	build_text(to, TEXT(",\"responses\":{\"200\":{\"description\":\"Done\",\"content\":{"));
	if (route->kind == ROUTE_EVENTS)
		build_text(to, TEXT("\"text/event-stream\":{\"schema\":{\"type\":\"string\"}}"));
	else
		build_text(to, TEXT("\"application/json\":{\"schema\":{\"type\":\"object\"}}"));
	build_text(to, TEXT("}},\"default\":{\"$ref\":\"#/components/responses/problem\"}}"));
}

static void put_operation(struct builder *to, const struct route *route)
{
	char method[8];
	size_t size = 0;
	for (; route->method[size] && size + 1 < sizeof method; size++)
		method[size] = (char)(route->method[size] | 0x20);
	method[size] = 0;
	build_json_string(to, text_of(method));
	build_text(to, TEXT(":{"));
	put_string(to, "operationId", route->name);
	build_char(to, ',');
	put_string(to, "summary", route->summary);
	build_char(to, ',');
	put_parameters(to, route);
	put_body(to, route);
	put_responses(to, route);
	if (route->stranger)
		build_text(to, TEXT(",\"security\":[]"));
	else
		build_format(to, ",\"x-action\":\"%s\"", action_code(route->action));
	build_char(to, '}');
}

static bool is_listed(const struct route *route)
{
	return strncmp(route->path, "/v1/", 4) == 0;
}

/* Whether an earlier route of the tables has this path: then it is written there. */
static bool is_first(const struct route *const *tables, const struct route *route)
{
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *other = tables[i]; other->name; other++) {
			if (other == route)
				return true;
			if (strcmp(other->path, route->path) == 0)
				return false;
		}
	return true;
}

static void put_path(struct builder *to, const struct route *const *tables, const char *path)
{
	bool first = true;
	build_json_string(to, text_of(path));
	build_text(to, TEXT(":{"));
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++) {
			if (strcmp(route->path, path) != 0)
				continue;
			if (!first)
				build_char(to, ',');
			first = false;
			put_operation(to, route);
		}
	build_char(to, '}');
}

void openapi_write(const struct route *const *tables, const char *title, struct builder *to)
{
	bool first = true;
	build_text(to, TEXT("{\"openapi\":\"3.1.0\",\"info\":{"));
	put_string(to, "title", title);
	build_text(to, TEXT(",\"version\":\"1\",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}},"
			    "\"security\":[{\"token\":[]},{\"session\":[]}],\"paths\":{"));
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++) {
			if (!is_listed(route) || !is_first(tables, route))
				continue;
			if (!first)
				build_char(to, ',');
			first = false;
			put_path(to, tables, route->path);
		}
	build_text(
	    to, TEXT("},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
		     "\"session\":{"
		     "\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"__Host-noroshi\"}},\"responses\":{\"problem\":{"
		     "\"description\":\"What went wrong (RFC "
		     "9457)\",\"content\":{\"application/problem+json\":{\"schema\":{\"type\":"
		     "\"object\",\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
		     "\"status\":{\"type\":"
		     "\"integer\"},\"detail\":{\"type\":\"string\"}}}}}}}}}"));
}
