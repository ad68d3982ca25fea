/*
 * Fields, routes, headers, limits and the API document, without a server.
 */
#include "http/fields.h"
#include "http/header.h"
#include "http/limiter.h"
#include "http/openapi.h"
#include "tests/http/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct route *const read_route = &sample_routes[0], *const make_route = &sample_routes[1];

static void test_malformed_json_is_refused_without_repeating_it(void **state)
{
	(void)state;
	struct failure failure;
	json_t *input = json_object();
	struct text body = TEXT("{\"name\":\"\\\xcd\x84hunter2\"}");
	assert_int_equal(fields_read_json(make_route, body, input, &failure), ERROR_INPUT);
	assert_string_equal(failure.words, "the body is not JSON: line 1, column 11: invalid escape");
	body = TEXT("{\"name\":\"hunter2\" x}");
	assert_int_equal(fields_read_json(make_route, body, input, &failure), ERROR_INPUT);
	assert_null(strstr(failure.words, "x}"));
	json_decref(input);
}

static void test_fields_cross_between_processes_unchanged(void **state)
{
	(void)state;
	struct failure failure;
	struct builder encoded = { 0 };
	json_t *input = json_object(), *output = NULL;
	struct text body =
	    TEXT("{\"name\":\"\\u9280\",\"weight\":0.25,\"urgent\":false,\"colour\":\"green\",\"text\":\"a\\nb\"}");
	assert_int_equal(fields_read_json(make_route, body, input, &failure), OK);
	fields_encode(make_route, input, &encoded);
	struct reader reader = reader_of(encoded.at, encoded.size);
	assert_int_equal(fields_decode(make_route, &reader, &output, &failure), OK);
	assert_true(reader_done(&reader));
	assert_true(json_equal(input, output));
	json_decref(output);
	/* The keeper trusts none of it: every shorter message, and one that lacks the required field, is refused. */
	for (size_t size = 0; size < encoded.size; size++) {
		reader = reader_of(encoded.at, size);
		assert_int_equal(fields_decode(make_route, &reader, &output, &failure), ERROR_INPUT);
	}
	json_object_del(input, "name");
	builder_clear(&encoded);
	fields_encode(make_route, input, &encoded);
	reader = reader_of(encoded.at, encoded.size);
	assert_int_equal(fields_decode(make_route, &reader, &output, &failure), ERROR_INPUT);
	assert_string_equal(failure.words, "field name is missing");
	json_decref(input);
	builder_free(&encoded);
}

static void test_the_keeper_refuses_values_that_the_table_does_not_allow(void **state)
{
	(void)state;
	static const char *const wrong[] = { "{\"name\":\"a\",\"weight\":2.0}", "{\"name\":\"a\\tb\"}", "{\"name\":5}",
		"{\"name\":\"a\",\"colour\":\"x\"}", "{\"name\":\"a\",\"other\":1}",
		"{\"name\":\"a\",\"address\":\"1.2.3\"}", "[]", "{}" };
	struct failure failure;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		json_t *input = json_loads(wrong[i], 0, NULL);
		assert_int_equal(fields_check(make_route, input, &failure), ERROR_INPUT);
		json_decref(input);
	}
}

static void test_secrets_do_not_come_back_in_words(void **state)
{
	(void)state;
	static const struct field fields[] = {
		{ .name = "password", .type = FIELD_SECRET, .place = IN_BODY, .largest = 8 }, { .name = NULL }
	};
	static const struct route route = { .name = "sign-in", .fields = fields };
	struct failure failure;
	json_t *input = json_object();
	assert_int_equal(
	    fields_read_form(&route, IN_BODY, TEXT("password=correct+horse"), input, NULL, &failure), ERROR_INPUT);
	assert_null(strstr(failure.words, "correct"));
	json_decref(input);
}

static enum error check_one(struct route route, char *words)
{
	struct route table[] = { route, { .name = NULL } };
	const struct route *const tables[] = { sample_routes, table, NULL };
	struct failure failure = { 0 };
	enum error error = routes_check(tables, &failure);
	strcpy(words, failure.words);
	return error;
}

static void test_wrong_route_tables_are_refused(void **state)
{
	(void)state;
	char words[480];
	static const struct field id[] = { { .name = "id", .type = FIELD_UUID, .place = IN_PATH }, { .name = NULL } };
	struct route good = { .kind = ROUTE_JSON,
		.method = "GET",
		.path = "/v1/others/{id}",
		.name = "other",
		.fields = id },
		     bad;
	assert_int_equal(check_one(good, words), OK);
	bad = good, bad.name = "thing-read";
	assert_int_equal(check_one(bad, words), ERROR_USAGE);
	assert_string_equal(words, "two routes are called thing-read");
	bad = good, bad.path = "/v1/things/{id}";
	assert_int_equal(check_one(bad, words), ERROR_USAGE);
	bad = good, bad.fields = NULL;
	assert_int_equal(check_one(bad, words), ERROR_USAGE);
	bad = good, bad.path = "/v1/others";
	assert_int_equal(check_one(bad, words), ERROR_USAGE);
	bad = good, bad.method = "FETCH";
	assert_int_equal(check_one(bad, words), ERROR_USAGE);
	bad = good, bad.changes = true;
	assert_int_equal(check_one(bad, words), ERROR_USAGE);
	bad = good, bad.kind = ROUTE_FORM;
	assert_int_equal(check_one(bad, words), ERROR_USAGE);
	bad = good, bad.kind = ROUTE_PAGE;
	assert_int_equal(check_one(bad, words), ERROR_USAGE);
}

static void test_fixed_paths_win_over_values(void **state)
{
	(void)state;
	static const struct field id[] = { { .name = "id", .type = FIELD_TEXT, .place = IN_PATH }, { .name = NULL } };
	static const struct route table[] = {
		{ .method = "GET", .path = "/a/{id}", .name = "value", .fields = id },
		{ .method = "GET", .path = "/a/b", .name = "fixed" },
		{ .method = "POST", .path = "/a/b", .name = "post" },
		{ .name = NULL },
	};
	static const struct route *const tables[] = { table, NULL };
	struct router *router = NULL;
	struct route_match match;
	struct failure failure;
	assert_int_equal(router_new(tables, &router, &failure), OK);
	route_find(router, TEXT("GET"), TEXT("/a/b"), &match);
	assert_string_equal(match.route->name, "fixed");
	route_find(router, TEXT("GET"), TEXT("/a/c"), &match);
	assert_string_equal(match.route->name, "value");
	assert_true(text_equal(match.values[0], TEXT("c")));
	route_find(router, TEXT("DELETE"), TEXT("/a/b"), &match);
	assert_null(match.route);
	assert_string_equal(match.allow, "GET, HEAD, POST");
	static const char *const none[] = { "", "a", "/a", "/a/", "/a/b/", "//a/b", "/a//b", "/a/b/c" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		route_find(router, TEXT("GET"), text_of(none[i]), &match);
		assert_false(match.path_exists);
	}
	assert_string_equal(route_by_name(router, TEXT("post"))->method, "POST");
	router_free(router);
}

static void test_headers_are_read_strictly(void **state)
{
	(void)state;
	uint64_t number;
	struct text token;
	assert_true(header_length(TEXT("12"), &number) && number == 12);
	assert_false(header_length(TEXT("+12"), &number) || header_length(TEXT("12 "), &number) ||
		     header_length(TEXT(""), &number));
	assert_true(header_bearer(TEXT("bearer 0123456789abcdef"), &token));
	assert_false(header_bearer(TEXT("Bearer 0123456789abcdef x"), &token));
	assert_true(text_equal(header_cookie(TEXT("a=1; noroshi=xyz; b=2"), TEXT("noroshi")), TEXT("xyz")));
	assert_int_equal(header_cookie(TEXT("noroshi=x; noroshi=y"), TEXT("noroshi")).size, 0);
	assert_int_equal(header_cookie(TEXT("xnoroshi=x"), TEXT("noroshi")).size, 0);
	assert_true(text_equal(header_language(TEXT("de, en;q=0.3, ja;q=0.9"), TEXT("en")), TEXT("ja")));
	assert_true(text_equal(header_language(TEXT("ja;q=0"), TEXT("en")), TEXT("en")));
	assert_true(header_version(TEXT("W/\"7\""), &number) && number == 7);
	assert_true(header_is_type(TEXT("Application/JSON; charset=UTF-8"), "application/json"));
	assert_false(header_is_type(TEXT("application/json; charset=utf-16"), "application/json"));
}

static void test_allowances_refill_and_do_not_mix(void **state)
{
	(void)state;
	struct limiter *limiter = limiter_new(64);
	unsigned allowed = 0;
	for (unsigned i = 0; i < 100; i++)
		allowed += limiter_take(limiter, 1, "a", 1, 120, SECOND) == 0;
	assert_int_equal(allowed, 30);
	assert_int_equal(limiter_take(limiter, 1, "b", 1, 120, SECOND), 0);
	assert_int_equal(limiter_take(limiter, 2, "a", 1, 120, SECOND), 0);
	assert_true(limiter_take(limiter, 1, "a", 1, 120, SECOND) > 0);
	assert_int_equal(limiter_take(limiter, 1, "a", 1, 120, 2 * SECOND), 0);
	/* A flood of others does not give "a" a new allowance for free more often than buckets are forgotten: it stays
	 * empty. */
	for (unsigned i = 0; i < 100; i++)
		limiter_take(limiter, 1, "a", 1, 120, 2 * SECOND);
	assert_true(limiter_take(limiter, 1, "a", 1, 120, 2 * SECOND) > 0);
	limiter_free(limiter);
}

/* Every reference resolves, every path value is a parameter, every operation has an id, a summary and answers. */
static void check_operation(const char *path, json_t *operation, json_t *ids)
{
	const char *id = json_string_value(json_object_get(operation, "operationId"));
	assert_non_null(id);
	assert_null(json_object_get(ids, id));
	json_object_set_new(ids, id, json_true());
	assert_true(json_is_string(json_object_get(operation, "summary")));
	assert_true(json_object_size(json_object_get(operation, "responses")) >= 2);
	size_t values = 0, index;
	json_t *parameter;
	for (const char *at = path; (at = strchr(at, '{')); at++)
		values++;
	json_array_foreach(json_object_get(operation, "parameters"), index, parameter)
	{
		const char *in = json_string_value(json_object_get(parameter, "in"));
		assert_true(strcmp(in, "path") == 0 || strcmp(in, "query") == 0 || strcmp(in, "header") == 0);
		if (strcmp(in, "path") == 0) {
			values--;
			assert_true(json_is_true(json_object_get(parameter, "required")));
		}
		assert_true(json_is_string(json_object_get(json_object_get(parameter, "schema"), "type")));
	}
	assert_int_equal(values, 0);
}

static void test_the_api_document_is_sound_and_complete(void **state)
{
	(void)state;
	struct builder text = { 0 };
	size_t operations = 0, expected = 0;
	const char *path, *method;
	json_t *operation_set, *operation, *ids = json_object();
	openapi_write(sample_tables, "Sample \"API\"", &text);
	json_t *document = json_loadb(text.at, text.size, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	assert_string_equal(json_string_value(json_object_get(document, "openapi")), "3.1.0");
	assert_non_null(
	    json_object_get(json_object_get(json_object_get(document, "components"), "responses"), "problem"));
	json_object_foreach(json_object_get(document, "paths"), path, operation_set)
	{
		assert_int_equal(path[0], '/');
		json_object_foreach(operation_set, method, operation)
		{
			check_operation(path, operation, ids);
			operations++;
		}
	}
	for (const struct route *route = sample_routes; route->name; route++)
		expected += strncmp(route->path, "/v1/", 4) == 0;
	assert_int_equal(operations, expected);
	json_t *make = json_object_get(json_object_get(json_object_get(document, "paths"), "/v1/things"), "post");
	json_t *schema = json_object_get(
	    json_object_get(json_object_get(json_object_get(make, "requestBody"), "content"), "application/json"),
	    "schema");
	assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
	assert_string_equal(json_string_value(json_array_get(json_object_get(schema, "required"), 0)), "name");
	json_decref(document);
	json_decref(ids);
	builder_free(&text);
}

static void test_percent_decoding_refuses_what_is_broken(void **state)
{
	(void)state;
	char to[64];
	size_t size;
	struct builder encoded = { 0 };
	assert_true(percent_decode(TEXT("a%20b+c%e3%81%82"), true, to, &size));
	assert_string_equal(to, "a b c\xe3\x81\x82");
	static const char *const wrong[] = { "%", "%4", "%zz", "%00", "%ff", "a%e3%81" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(percent_decode(text_of(wrong[i]), true, to, &size));
	percent_encode(TEXT("a b/\xe3\x81\x82&=~"), &encoded);
	assert_string_equal(encoded.at, "a%20b%2F%E3%81%82%26%3D~");
	assert_null(strstr(read_route->path, "%"));
	builder_free(&encoded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_json_is_refused_without_repeating_it),
		cmocka_unit_test(test_fields_cross_between_processes_unchanged),
		cmocka_unit_test(test_the_keeper_refuses_values_that_the_table_does_not_allow),
		cmocka_unit_test(test_secrets_do_not_come_back_in_words),
		cmocka_unit_test(test_wrong_route_tables_are_refused),
		cmocka_unit_test(test_fixed_paths_win_over_values),
		cmocka_unit_test(test_headers_are_read_strictly),
		cmocka_unit_test(test_allowances_refill_and_do_not_mix),
		cmocka_unit_test(test_the_api_document_is_sound_and_complete),
		cmocka_unit_test(test_percent_decoding_refuses_what_is_broken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
