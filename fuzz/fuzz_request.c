/*
 * http/fields.h, http/route.h, http/header.h: whatever a client sends as path, query, form or JSON body becomes typed
 * values that pass the table's check and cross to the keeper unchanged, or a refusal with words.
 *
 * Sources: http/fields.c, http/field_value.c, http/fields_codec.c, http/header.c, http/route.c.
 */
#include "fuzz.h"
#include "http/fields.h"
#include "http/header.h"

#include <string.h>

static const char *const choices[] = { "red", "green", NULL };
static const struct field fields[] = {
	{ .name = "id", .type = FIELD_UUID, .place = IN_PATH, .required = true },
	{ .name = "text", .type = FIELD_TEXT, .place = IN_QUERY, .largest = 40 },
	{ .name = "lines", .type = FIELD_LINES, .place = IN_BODY },
	{ .name = "integer", .type = FIELD_INTEGER, .place = IN_BODY, .least = -5, .most = 1000 },
	{ .name = "real", .type = FIELD_REAL, .place = IN_BODY },
	{ .name = "boolean", .type = FIELD_BOOLEAN, .place = IN_BODY },
	{ .name = "uuid", .type = FIELD_UUID, .place = IN_BODY },
	{ .name = "time", .type = FIELD_TIME, .place = IN_BODY },
	{ .name = "choice", .type = FIELD_CHOICE, .place = IN_BODY, .choices = choices },
	{ .name = "address", .type = FIELD_ADDRESS, .place = IN_BODY },
	{ .name = "prefix", .type = FIELD_PREFIX, .place = IN_BODY },
	{ .name = "cursor", .type = FIELD_CURSOR, .place = IN_BODY },
	{ .name = "secret", .type = FIELD_SECRET, .place = IN_BODY },
	{ .name = "list", .type = FIELD_LIST, .place = IN_BODY, .largest = 4 },
	{ .name = "request", .type = FIELD_SIGNING_REQUEST, .place = IN_BODY },
	{ .name = NULL },
};
static const struct route routes[] = {
	{ .kind = ROUTE_JSON, .method = "POST", .path = "/v1/things/{id}", .name = "thing", .fields = fields },
	{ .kind = ROUTE_JSON, .method = "POST", .path = "/v1/things/all", .name = "all" },
	{ .name = NULL },
};
static const struct route *const tables[] = { routes, NULL };

/* What was read passes the check once the required field is there, and is the same after encoding and decoding. */
static void check_fields(json_t *input)
{
	struct failure failure;
	struct builder encoded = { 0 };
	json_t *decoded = NULL;
	if (!json_object_get(input, "id"))
		json_object_set_new(input, "id", json_string("6e8bc430-9c3a-11d9-9669-0800200c9a66"));
	CHECK(fields_check(routes, input, &failure) == OK);
	fields_encode(routes, input, &encoded);
	struct reader reader = reader_of(encoded.at, encoded.size);
	CHECK(fields_decode(routes, &reader, &decoded, &failure) == OK);
	CHECK(reader_done(&reader));
	CHECK(json_equal(input, decoded));
	json_decref(decoded);
	builder_free(&encoded);
}

static void try_read(struct text text, unsigned way)
{
	struct failure failure = { 0 };
	char token[65];
	json_t *input = json_object();
	enum error error = way == 0   ? fields_read_json(routes, text, input, &failure)
			   : way == 1 ? fields_read_form(routes, IN_BODY, text, input, token, &failure)
				      : fields_read_form(routes, IN_QUERY, text, input, NULL, &failure);
	if (error)
		CHECK(failure.words[0] && text_utf8_valid(text_of(failure.words)) == strlen(failure.words));
	else
		check_fields(input);
	json_decref(input);
}

static void try_path(struct text text)
{
	struct router *router = NULL;
	struct route_match match;
	struct failure failure;
	CHECK(router_new(tables, &router, &failure) == OK);
	route_find(router, TEXT("POST"), text, &match);
	CHECK(!match.route || match.path_exists);
	for (size_t i = 0; i < match.count; i++)
		CHECK(
		    match.values[i].at >= text.at && match.values[i].at + match.values[i].size <= text.at + text.size);
	router_free(router);
}

static void try_headers(struct text text)
{
	uint64_t number;
	struct text token;
	char *hosts[] = { "localhost:1", NULL };
	header_length(text, &number);
	if (header_bearer(text, &token))
		CHECK(token.size >= 16 && token.size <= 256);
	if (header_token(text, &token))
		CHECK(token.size >= 16 && token.size <= 256);
	char name[64], password[256];
	if (header_basic(text, name, password))
		CHECK(*name && strlen(name) < sizeof name && strlen(password) < sizeof password);
	header_accepts(text, "application/taxii+json", "2.1");
	header_is_version(text, "application/taxii+json", "2.1");
	header_cookie(text, TEXT("noroshi"));
	CHECK(header_language(text, TEXT("ja")).size == 2);
	header_version(text, &number);
	header_is_type(text, "application/json");
	header_host_known(text, hosts);
	nanoseconds time;
	char date[HEADER_DATE];
	if (header_date(text, &time)) /* one writing of each second */
		CHECK(text_equal(text, text_of(header_date_format(time, date))) && time % SECOND == 0);
	header_is_key(text);
	struct agent_word word;
	if (header_agent(text, &word))
		CHECK(word.said && word.clock >= 0);
}

static void try_decode(struct text text)
{
	struct reader reader = reader_of(text.at, text.size);
	struct failure failure;
	json_t *decoded = NULL;
	if (fields_decode(routes, &reader, &decoded, &failure) == OK) {
		CHECK(fields_check(routes, decoded, &failure) == OK);
		json_decref(decoded);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct text text = { (const char *)data + 1, size - 1 };
	switch (data[0] % 6) {
	case 3:
		try_path(text);
		break;
	case 4:
		try_headers(text);
		break;
	case 5:
		try_decode(text);
		break;
	default:
		try_read(text, data[0] % 6);
		break;
	}
	return 0;
}
