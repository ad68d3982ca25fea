/*
 * base/json.h: values, walks, duplicate keys, numbers of any size, and what is refused with which words.
 */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json_value parse(struct json_parser *parser, struct text text)
{
	struct json_value root = { 0 };
	struct failure failure = { 0 };
	if (json_parse(parser, text, &root, &failure) != OK)
		fail_msg("%.*s: %s", (int)text.size, text.at, failure.words);
	return root;
}

static void test_members_are_found_at_any_depth(void **state)
{
	struct json_parser *parser = *state;
	struct json_value root =
	    parse(parser, TEXT("{\"timestamp\":\"2020-03-04T13:55:05.224939+0000\",\"alert\":{\"signature_id\":2016184,"
			       "\"severity\":2,\"metadata\":{\"tag\":[\"x\",{\"y\":1}]}},\"last\":true}"));
	int64_t number;
	assert_true(text_equal(json_text(json_get(root, "timestamp")), TEXT("2020-03-04T13:55:05.224939+0000")));
	assert_true(json_to_i64(json_at(root, "alert.signature_id"), &number) && number == 2016184);
	assert_true(text_equal(json_text(json_at(root, "alert.severity")), TEXT("2")));
	assert_int_equal(json_kind(json_at(root, "alert.metadata.tag")), JSON_IS_ARRAY);
	assert_int_equal(json_kind(json_get(root, "last")), JSON_IS_TRUE);
	assert_false(json_exists(json_get(root, "severity")));
	assert_false(json_exists(json_at(root, "alert.metadata.none.deeper")));
	assert_false(json_exists(json_get(json_get(root, "last"), "x")));
	assert_int_equal(json_kind(json_get(root, "nothing")), JSON_IS_NULL);
	assert_int_equal(json_text(json_get(root, "alert")).size, 0);
}

static void test_a_walk_gives_every_item_and_member_in_order(void **state)
{
	struct json_parser *parser = *state;
	struct json_value root = parse(parser, TEXT("{\"a\":[1,-2.5,\"x\",null,[],{},[[7]]],\"b\":false,\"\":0}"));
	struct json_walk walk = { 0 }, items = { 0 };
	const enum json_kind kinds[] = { JSON_IS_INTEGER, JSON_IS_REAL, JSON_IS_STRING, JSON_IS_NULL, JSON_IS_ARRAY,
		JSON_IS_OBJECT, JSON_IS_ARRAY };
	assert_true(json_next(root, &walk));
	assert_true(text_equal(walk.key, TEXT("a")));
	for (size_t i = 0; i < 7; i++) {
		assert_true(json_next(walk.value, &items));
		assert_int_equal(json_kind(items.value), kinds[i]);
	}
	assert_false(json_next(walk.value, &items));
	assert_true(json_next(root, &walk) && text_equal(walk.key, TEXT("b")));
	assert_false(json_next(walk.value, &(struct json_walk){ 0 }));
	assert_true(json_next(root, &walk) && walk.key.size == 0 && json_exists(walk.value));
	assert_false(json_next(root, &walk));
	root = parse(parser, TEXT(" [ ] "));
	assert_false(json_next(root, &(struct json_walk){ 0 }));
}

/* Objects of any size, the outermost and one within it, asked from the last member to the first. */
static void test_every_member_of_any_object_is_found(void **state)
{
	struct json_parser *parser = *state;
	for (unsigned size = 0; size <= 130; size++) {
		struct builder text = { 0 };
		build_text(&text, TEXT("{\"in\":{"));
		for (unsigned i = 0; i < size; i++)
			build_format(&text, "%s\"key%u\":%u", i ? "," : "", i * 7, i + 1000);
		build_char(&text, '}');
		for (unsigned i = 0; i < size; i++)
			build_format(&text, ",\"key%u\":-%u", i * 7, i + 1);
		build_char(&text, '}');
		struct json_value root = parse(parser, (struct text){ text.at, text.size });
		for (unsigned i = size; i--;) {
			char key[16], number[16];
			int64_t value;
			snprintf(key, sizeof key, "key%u", i * 7);
			snprintf(number, sizeof number, "-%u", i + 1);
			assert_true(text_equal(json_text(json_get(root, key)), text_of(number)));
			assert_true(json_to_i64(json_get(json_get(root, "in"), key), &value) && value == i + 1000);
			snprintf(key, sizeof key, "key%u", i * 7 + 1);
			assert_false(json_exists(json_get(root, key)));
		}
		assert_false(json_had_duplicate_keys(parser));
		builder_free(&text);
	}
}

static void test_strings_keep_their_length(void **state)
{
	struct json_parser *parser = *state;
	struct json_value root =
	    parse(parser, TEXT("{\"a\\u0000b\":\"x\\u0000y\",\"u\":\"\\u72fc\\ud83d\\udd25\\\"\\\\\\/\\n\"}"));
	struct json_walk walk = { 0 };
	assert_true(json_next(root, &walk));
	assert_true(text_equal(walk.key, TEXT("a\0b")));
	assert_true(text_equal(json_text(walk.value), TEXT("x\0y")));
	assert_false(json_exists(json_get(root, "a")));
	assert_true(text_equal(json_text(json_get(root, "u")), TEXT("狼🔥\"\\/\n")));
}

static void test_numbers_keep_their_digits_and_their_limits(void **state)
{
	struct json_parser *parser = *state;
	static const char text[] = "[1.50, 1e3, -0, 18446744073709551615, -9223372036854775808, 0.1, 12, 5.0 ]";
	struct json_value root = parse(parser, TEXT(text));
	const char *const digits[] = { "1.50", "1e3", "-0", "18446744073709551615", "-9223372036854775808", "0.1", "12",
		"5.0" };
	const double reals[] = { 1.5, 1000, 0, 18446744073709551615.0, -9223372036854775808.0, 0.1, 12, 5 };
	struct json_walk walk = { 0 };
	for (size_t i = 0; i < 8; i++) {
		double real = 7;
		assert_true(json_next(root, &walk));
		assert_true(text_equal(json_text(walk.value), text_of(digits[i])));
		assert_true(json_to_double(walk.value, &real) && real == reals[i]);
		int64_t integer = 7;
		assert_int_equal(json_to_i64(walk.value, &integer), i == 2 || i == 4 || i == 6);
		assert_int_equal(integer, i == 4 ? INT64_MIN : i == 6 ? 12 : 0);
		uint64_t whole = 7;
		assert_int_equal(json_to_u64(walk.value, &whole), i == 2 || i == 3 || i == 6);
		assert_true(whole == (i == 3 ? UINT64_MAX : i == 6 ? 12 : 0));
	}
	double real = 7;
	assert_false(json_to_double(parse(parser, TEXT("\"5\"")), &real));
	assert_true(real == 0);
}

static void test_a_number_too_large_fails_itself_and_not_the_document(void **state)
{
	struct json_parser *parser = *state;
	struct json_value root = parse(parser, TEXT("{\"id\":123456789012345678901234567890,\"x\":[1e999,-1e999,0.25],"
						    "\"n\":-9223372036854775809,\"ok\":7}"));
	double real = 7;
	int64_t integer;
	assert_int_equal(json_kind(json_get(root, "id")), JSON_IS_REAL);
	assert_true(text_equal(json_text(json_get(root, "id")), TEXT("123456789012345678901234567890")));
	assert_true(json_to_double(json_get(root, "id"), &real) && real == 123456789012345678901234567890.0);
	assert_true(json_to_double(json_get(root, "n"), &real) && real == -9223372036854775808.0);
	assert_true(text_equal(json_text(json_get(root, "n")), TEXT("-9223372036854775809")));
	struct json_walk walk = { 0 };
	assert_true(json_next(json_get(root, "x"), &walk));
	assert_true(text_equal(json_text(walk.value), TEXT("1e999")));
	assert_false(json_to_double(walk.value, &real));
	assert_true(json_next(json_get(root, "x"), &walk) && json_next(json_get(root, "x"), &walk));
	assert_true(json_to_double(walk.value, &real) && real == 0.25);
	assert_true(json_to_i64(json_get(root, "ok"), &integer) && integer == 7);
	root = parse(parser, TEXT("18446744073709551616"));
	assert_true(json_to_double(root, &real) && real == 18446744073709551616.0);
}

static void test_of_duplicate_keys_the_first_counts_and_it_is_known(void **state)
{
	struct json_parser *parser = *state;
	int64_t number;
	struct json_value root = parse(parser, TEXT("{\"a\":1,\"b\":2,\"a\":3}"));
	assert_true(json_had_duplicate_keys(parser));
	assert_true(json_to_i64(json_get(root, "a"), &number) && number == 1);
	parse(parser, TEXT("{\"a\":1,\"b\":{\"a\":1}}"));
	assert_false(json_had_duplicate_keys(parser));
	parse(parser, TEXT("[5,{\"a\":{\"c\":0,\"\\u0063\":0}}]")); /* equal only once unescaped */
	assert_true(json_had_duplicate_keys(parser));
	parse(parser, TEXT("{\"\":1,\"\":2}"));
	assert_true(json_had_duplicate_keys(parser));
	assert_int_equal(json_parse(parser, TEXT("{\"a\":1,\"a\":2"), &root, NULL), ERROR_INPUT);
	assert_false(json_had_duplicate_keys(parser));
	for (unsigned keys = 2; keys < 3000; keys = keys * 3 / 2) {
		struct builder text = { 0 };
		for (unsigned twice = 0; twice < 2; twice++) {
			builder_clear(&text);
			build_char(&text, '{');
			for (unsigned i = 0; i < keys; i++)
				build_format(
				    &text, "%s\"key%u\":%u", i ? "," : "", twice && i == keys - 1 ? i / 2 : i, i);
			build_char(&text, '}');
			parse(parser, (struct text){ text.at, text.size });
			assert_int_equal(json_had_duplicate_keys(parser), twice);
		}
		builder_free(&text);
	}
}

static void test_what_is_wrong_is_said_with_its_place(void **state)
{
	struct json_parser *parser = *state;
	const struct {
		struct text text;
		const char *words;
	} cases[] = {
		{ TEXT(""), "byte 0: the text is empty" },
		{ TEXT("  "), "byte 2: the text ends where a value" },
		{ TEXT("{\"a\" 1}"), "byte 5: expected ':'" },
		{ TEXT("{\"a\":1 \"b\":2}"), "byte 7: expected ',' or '}'" },
		{ TEXT("{\"a\":1,}"), "byte 7: expected a key" },
		{ TEXT("{a:1}"), "byte 1: expected a key" },
		{ TEXT("[1,2"), "byte 4: the text ends inside" },
		{ TEXT("[1,]"), "byte 3: expected a value" },
		{ TEXT("[1}"), "byte 2: expected ',' or ']'" },
		{ TEXT("\"abc"), "byte 4: the text ends inside a string" },
		{ TEXT("\"a\nb\""), "byte 2: a control character" },
		{ TEXT("\"a\\x\""), "byte 2: a backslash" },
		{ TEXT("\"\\u12g4\""), "byte 1: \\u needs" },
		{ TEXT("\"\\ud800x\""), "byte 1: a high surrogate" },
		{ TEXT("\"\\udc00\""), "byte 1: a low surrogate" },
		{ TEXT("01"), "byte 1: a number must not begin with 0" },
		{ TEXT("-"), "byte 1: a minus" },
		{ TEXT("1."), "byte 2: a decimal point" },
		{ TEXT("[1e]"), "byte 3: an exponent" },
		{ TEXT("{} {}"), "byte 3: there is something behind" },
		{ TEXT("nul"), "byte 0: expected a value" },
		{ TEXT("\x1f\x8b\x08"), "byte 0: expected a value" },
		{ TEXT("[\"abc\xff\"]"), "byte 5: this is not UTF-8" },
		{ TEXT("\xef\xbb\xbf{]"), "byte 4: expected a key" },
		{ TEXT("[1\0]"), "byte 2: expected ','" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_value root = { .index = 5 };
		struct failure failure = { 0 };
		assert_int_equal(json_parse(parser, cases[i].text, &root, &failure), ERROR_INPUT);
		if (!strstr(failure.words, cases[i].words))
			fail_msg("case %zu: %s", i, failure.words);
		assert_false(json_exists(root));
	}
	assert_int_equal(json_kind(parse(parser, TEXT("\xef\xbb\xbf{}"))), JSON_IS_OBJECT);
}

static void test_depth_is_limited(void **state)
{
	(void)state;
	struct json_parser *parser = json_parser_new(5);
	struct json_value root;
	struct failure failure = { 0 };
	assert_non_null(parser);
	parse(parser, TEXT("[[[[[1]]]]]"));
	parse(parser, TEXT("[[[[[[]]]]]]")); /* empty: not counted */
	parse(parser, TEXT("{\"a\":[{\"b\":[[1],[2]]},[],[[]]]}"));
	assert_int_equal(json_parse(parser, TEXT("[[[[[[1]]]]]]"), &root, &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, "byte 5: nested deeper"));
	size_t size = 1000000;
	char *deep = malloc(size);
	assert_non_null(deep);
	memset(deep, '[', size);
	assert_int_equal(json_parse(parser, (struct text){ deep, size }, &root, &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, "nested deeper"));
	free(deep);
	json_parser_free(parser);
	json_parser_free(NULL);
}

static void test_a_parser_takes_small_and_large_texts_in_turn(void **state)
{
	struct json_parser *parser = *state;
	struct builder text = { 0 };
	for (int size = 1; size < 3000000; size = size * 7 + 1) {
		int64_t number;
		builder_clear(&text);
		build_char(&text, '[');
		for (int i = 0; i < size; i += 4)
			build_format(&text, "%d,", i % 1000);
		build_text(&text, TEXT("42]"));
		struct json_value root = parse(parser, (struct text){ text.at, text.size }), last = { 0 };
		struct json_walk walk = { 0 };
		while (json_next(root, &walk))
			last = walk.value;
		assert_true(json_to_i64(last, &number) && number == 42);
		assert_true(text_equal(json_text(last), TEXT("42")));
		assert_true(json_to_i64(parse(parser, TEXT("7")), &number) && number == 7);
	}
	builder_free(&text);
}

static int setup(void **state)
{
	*state = json_parser_new(64);
	return *state == NULL;
}

static int teardown(void **state)
{
	json_parser_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_are_found_at_any_depth),
		cmocka_unit_test(test_a_walk_gives_every_item_and_member_in_order),
		cmocka_unit_test(test_every_member_of_any_object_is_found),
		cmocka_unit_test(test_strings_keep_their_length),
		cmocka_unit_test(test_numbers_keep_their_digits_and_their_limits),
		cmocka_unit_test(test_a_number_too_large_fails_itself_and_not_the_document),
		cmocka_unit_test(test_of_duplicate_keys_the_first_counts_and_it_is_known),
		cmocka_unit_test(test_what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(test_depth_is_limited),
		cmocka_unit_test(test_a_parser_takes_small_and_large_texts_in_turn),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
