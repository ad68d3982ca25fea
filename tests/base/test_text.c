/*
 * base/text.h: what a text is, numbers in it, UTF-8, and the builder.
 */
#include "base/error.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_find_and_compare_look_at_bytes(void **state)
{
	(void)state;
	assert_true(text_equal(TEXT_NONE, TEXT("")));
	assert_true(text_equal_nocase(TEXT("GeT"), TEXT("gEt")));
	assert_false(text_equal_nocase(TEXT("[a"), TEXT("{a")));
	assert_int_equal(text_compare(TEXT("ab"), TEXT("abc")), -1);
	assert_int_equal(text_compare(TEXT("\xff"), TEXT("a")), 1);
	assert_int_equal(text_compare(TEXT_NONE, TEXT_NONE), 0);
	assert_int_equal(text_find(TEXT("a\0bc\0d"), TEXT("c\0d")), 3);
	assert_int_equal(text_find(TEXT("abc"), TEXT("abcd")), -1);
	assert_int_equal(text_find_nocase(TEXT("User-Agent: x"), TEXT("agent")), 5);
	assert_int_equal(text_find_nocase(TEXT("agen"), TEXT("agent")), -1);
	assert_true(text_starts(TEXT("abc"), TEXT("ab")) && text_ends(TEXT("abc"), TEXT("bc")));
	assert_false(text_starts(TEXT("a"), TEXT("ab")) || text_ends(TEXT("a"), TEXT("ab")));
	assert_true(text_equal(text_trim(TEXT(" \t a b\r\n")), TEXT("a b")));
	assert_int_equal(text_trim(TEXT("  ")).size, 0);
}

static void test_cut_gives_every_part_once(void **state)
{
	(void)state;
	struct text rest = TEXT("a,,b");
	assert_true(text_equal(text_cut(&rest, ','), TEXT("a")));
	assert_true(text_equal(text_cut(&rest, ','), TEXT("")));
	assert_true(text_equal(text_cut(&rest, ','), TEXT("b")));
	assert_int_equal(rest.size, 0);
	rest = TEXT_NONE;
	assert_int_equal(text_cut(&rest, ',').size, 0);
}

static void test_integers_are_whole_or_refused(void **state)
{
	(void)state;
	uint64_t u;
	int64_t i;
	assert_true(text_to_u64(TEXT("18446744073709551615"), &u) && u == UINT64_MAX);
	assert_false(text_to_u64(TEXT("18446744073709551616"), &u));
	assert_false(text_to_u64(TEXT("99999999999999999999"), &u));
	assert_false(text_to_u64(TEXT(""), &u) || text_to_u64(TEXT("+1"), &u) || text_to_u64(TEXT("1 "), &u));
	assert_true(text_to_i64(TEXT("-9223372036854775808"), &i) && i == INT64_MIN);
	assert_true(text_to_i64(TEXT("9223372036854775807"), &i) && i == INT64_MAX);
	assert_false(text_to_i64(TEXT("9223372036854775808"), &i) || text_to_i64(TEXT("-9223372036854775809"), &i));
	assert_false(text_to_i64(TEXT("-"), &i) || text_to_i64(TEXT("--1"), &i));
	assert_true(text_to_i64(TEXT("-0"), &i) && i == 0);
}

static void check_double(const char *text)
{
	double value = -1;
	assert_true(text_to_double(text_of(text), &value));
	if (value != strtod(text, NULL))
		fail_msg("%s: %.17g instead of %.17g", text, value, strtod(text, NULL));
}

static void test_doubles_are_the_nearest_ones(void **state)
{
	(void)state;
	const char *const texts[] = { "0", "-0", "1", "0.1", "-1.5", "3.14159265358979", "1e22", "1e23",
		"123456789012345678", "9007199254740993", "9007199254740992.999999999999999999999",
		"2.2250738585072011e-308", "4.9e-324", "1e-400", "1.7976931348623157e308",
		"0.000000000000000000000000000000000000001", "100000000000000000000000000000000", "8.41e21",
		"9.5367431640625e-07", ".5", "5.", "1E+2", "12345678901234567890123456789.5e-5", "1583330105.224939",
		"179769313486231570000000000000000000000e270" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_double(texts[i]);
	srand(7);
	for (int i = 0; i < 20000; i++) {
		char text[64];
		snprintf(text, sizeof text, "%s%d%d.%d%de%d", rand() % 2 ? "-" : "", rand(), rand() % 1000, rand(),
		    rand(), rand() % 60 - 30);
		check_double(text);
	}
}

static void test_what_is_no_finite_number_is_refused(void **state)
{
	(void)state;
	double value = 7;
	const char *const texts[] = { "", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "inf", "nan", " 1", "1 ", "+1",
		"1e999", "-1e999", "1,5" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(text_to_double(text_of(texts[i]), &value));
	assert_true(value == 7);
	char digits[2000];
	memset(digits, '1', sizeof digits);
	assert_false(text_to_double((struct text){ digits, sizeof digits }, &value));
}

static void test_copy_cuts_between_characters(void **state)
{
	(void)state;
	char to[6];
	assert_true(text_copy(TEXT("abcde"), to, sizeof to));
	assert_string_equal(to, "abcde");
	assert_false(text_copy(TEXT("abc狼煙"), to, sizeof to)); /* 3 + 3 + 3 bytes into 5 */
	assert_string_equal(to, "abc");
	assert_false(text_copy(TEXT("abcdef"), to, sizeof to));
	assert_string_equal(to, "abcde");
	assert_true(text_copy(TEXT_NONE, to, sizeof to));
	assert_string_equal(to, "");
	assert_false(text_copy(TEXT("a"), to, 0));
}

static void test_utf8_is_what_rfc_3629_says(void **state)
{
	(void)state;
	const struct {
		struct text text;
		size_t valid;
	} cases[] = {
		{ TEXT("plain ascii of more than eight bytes"), 36 },
		{ TEXT("狼煙 é \xf0\x9f\x94\xa5"), 14 },
		{ TEXT("a\0b"), 3 },
		{ TEXT("\xc0\x80"), 0 },             /* overlong NUL */
		{ TEXT("ab\xe0\x80\xaf"), 2 },       /* overlong slash */
		{ TEXT("12345678\xed\xa0\x80"), 8 }, /* surrogate */
		{ TEXT("\xf4\x90\x80\x80"), 0 },     /* beyond U+10FFFF */
		{ TEXT("\xf4\x8f\xbf\xbf"), 4 },
		{ TEXT("\xe7\x8b"), 0 },
		{ TEXT("\x80"), 0 },
		{ TEXT("\xff"), 0 },
		{ TEXT("\xf0\x80\x80\xaf"), 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(text_utf8_valid(cases[i].text), cases[i].valid);
}

static void test_printable_text_cannot_deceive(void **state)
{
	(void)state;
	char to[100];
	struct text bad = TEXT("a\x1b[31m\xff\xfe\tb\nc\x7f\xc2\x9b\0d\xe2\x80\xaegpj.exe");
	size_t size = text_make_printable(bad, to);
	assert_string_equal(to, "a[31m\xef\xbf\xbd\xef\xbf\xbd\tb\ncdgpj.exe");
	assert_int_equal(size, strlen(to));
}

static void test_builder_writes_json_strings(void **state)
{
	(void)state;
	struct builder builder = { 0 };
	build_json_string(&builder, TEXT("a\"\\\b\t\n\v\f\r\x01/\x7f狼\xff\0"));
	assert_string_equal(builder.at, "\"a\\\"\\\\\\b\\t\\n\\u000b\\f\\r\\u0001/\x7f狼\xef\xbf\xbd\\u0000\"");
	builder_clear(&builder);
	build_json_string(&builder, TEXT_NONE);
	assert_string_equal(builder.at, "\"\"");
	builder_clear(&builder);
	assert_string_equal(builder.at, "");
	for (int i = 0; i < 1000; i++)
		build_format(&builder, "%d,", i);
	assert_int_equal(builder.size, 3890);
	assert_false(builder.failed);
	build_format(&builder, "%0*d", 5000, 1);
	assert_int_equal(builder.size, 8890);
	builder_free(&builder);
	assert_null(builder.at);
}

static void assert_written_like_printf(struct builder *builder, double value)
{
	char expected[40];
	snprintf(expected, sizeof expected, "%.6g", value);
	builder_clear(builder);
	build_double(builder, value);
	assert_string_equal(builder->at, expected);
}

static void test_numbers_are_written_as_printf_writes_them(void **state)
{
	static const double odd[] = { 0, -0.0, 1, 10, 0.1, 0.0001, 9.99995e-5, 99999.95, 999999, 999999.5, 1e6, 1234565,
		0.5, 123456.5, 1234567.5, 1e14, 999999499999999, 1e15, 1e300, 5e-324, -3.25, 2.5e-5, 0.000123456789 };
	struct builder builder = { 0 };
	uint64_t chance = 88172645463325252u;
	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		assert_written_like_printf(&builder, odd[i]);
	for (int place = -18; place < 18; place++) /* around each power of ten */
		for (int i = -40; i <= 40; i++)
			assert_written_like_printf(&builder, pow(10, place) * (1 + i * 0x1p-52));
	for (unsigned i = 0; i < 300000; i++) {
		chance ^= chance << 13;
		chance ^= chance >> 7;
		chance ^= chance << 17;
		double unit = (double)(chance >> 11) * 0x1p-53;
		assert_written_like_printf(&builder, exp(unit * 80 - 40));
		assert_written_like_printf(&builder, (double)(chance >> 44) / 8); /* halves of the last digit */
		assert_written_like_printf(&builder, (double)(chance >> 40) / 1e3);
	}
	static const uint64_t whole[] = { 0, 7, 10, 99, 100, 18446744073709551615u };
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		char expected[24];
		snprintf(expected, sizeof expected, "%llu", (unsigned long long)whole[i]);
		builder_clear(&builder);
		build_unsigned(&builder, whole[i]);
		assert_string_equal(builder.at, expected);
	}
	builder_free(&builder);
}

static void test_every_byte_is_escaped_at_every_place_of_a_string(void **state)
{
	(void)state;
	struct builder builder = { 0 }, alone = { 0 };
	for (int byte = 0; byte < 256; byte++) {
		builder_clear(&alone);
		build_json_string(&alone, (struct text){ (char[]){ (char)byte }, 1 });
		for (int place = 0; place < 20; place++) {
			char text[20], wanted[64];
			memset(text, 'x', sizeof text);
			text[place] = (char)byte;
			builder_clear(&builder);
			build_json_string(&builder, (struct text){ text, sizeof text });
			snprintf(wanted, sizeof wanted, "\"%.*s%.*s%.*s\"", place, "xxxxxxxxxxxxxxxxxxxx",
			    (int)alone.size - 2, alone.at + 1, 19 - place, "xxxxxxxxxxxxxxxxxxxx");
			assert_string_equal(builder.at, wanted);
		}
	}
	builder_free(&builder);
	builder_free(&alone);
}

static void test_words_of_a_failure_are_one_line_of_utf8_however_they_were_cut(void **state)
{
	(void)state;
	struct failure failure;
	(fail)(&failure, ERROR_INPUT, "%.4s: %.5s\n%s", "\xe9\x8a\x80\xe9\x8a\x80", "caf\xc3\xa9!", "\xff");
	assert_string_equal(failure.words, "\xe9\x8a\x80?: caf\xc3\xa9 ?");
	char longest[1000];
	memset(longest, 'a', sizeof longest);
	memcpy(longest + sizeof failure.words - 2, "\xe9\x8a\x80", 4);
	(fail)(&failure, ERROR_INPUT, "%s", longest);
	assert_int_equal(text_utf8_valid(text_of(failure.words)), sizeof failure.words - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find_and_compare_look_at_bytes),
		cmocka_unit_test(test_cut_gives_every_part_once),
		cmocka_unit_test(test_integers_are_whole_or_refused),
		cmocka_unit_test(test_doubles_are_the_nearest_ones),
		cmocka_unit_test(test_what_is_no_finite_number_is_refused),
		cmocka_unit_test(test_copy_cuts_between_characters),
		cmocka_unit_test(test_utf8_is_what_rfc_3629_says),
		cmocka_unit_test(test_printable_text_cannot_deceive),
		cmocka_unit_test(test_builder_writes_json_strings),
		cmocka_unit_test(test_numbers_are_written_as_printf_writes_them),
		cmocka_unit_test(test_every_byte_is_escaped_at_every_place_of_a_string),
		cmocka_unit_test(test_words_of_a_failure_are_one_line_of_utf8_however_they_were_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
