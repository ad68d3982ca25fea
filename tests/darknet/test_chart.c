/*
 * Charts: numbers end where the scale says, gaps stay gaps, strangers' words stay words.
 */
#include "darknet/view/chart.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 6

static const struct text labels[COUNT] = { { "01", 2 }, { "", 0 }, { "03", 2 }, { "04", 2 }, { "", 0 }, { "06", 2 } };

static struct chart chart_of(const double *values, const char *name)
{
	return (struct chart){ .id = "c",
		.title = TEXT("Access"),
		.description = TEXT("Packets"),
		.unit = TEXT("packets"),
		.series = { { text_of(name), values } },
		.series_count = 1,
		.labels = labels,
		.count = COUNT,
		.decimals = 1 };
}

static size_t times(const char *whole, const char *part)
{
	size_t count = 0;

	for (const char *at = whole; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

static void test_numbers_are_grouped_by_thousands(void **unused)
{
	(void)unused;
	static const struct {
		double value;
		unsigned decimals;
		const char *words;
	} numbers[] = {
		{ 0, 0, "0" },
		{ 999, 0, "999" },
		{ 1000, 0, "1,000" },
		{ -1234567.891, 2, "-1,234,567.89" },
		{ -12.5, 1, "-12.5" },
		{ 123456.5, 1, "123,456.5" },
		{ 522600000000, 0, "522,600,000,000" },
		{ 999999999999999999e3, 0, "1e+21" },
		{ NAN, 2, "–" },
		{ INFINITY, 2, "–" },
	};
	char words[CHART_NUMBER];

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_string_equal(chart_number(numbers[i].value, numbers[i].decimals, words), numbers[i].words);
}

static void test_a_line_runs_from_its_first_value_to_its_last(void **unused)
{
	(void)unused;
	const double values[COUNT] = { 0, 25, 50, 75, 100, 50 };
	struct chart chart = chart_of(values, "all");
	struct builder to = { 0 };

	chart_lines(&chart, &to);
	assert_false(to.failed);
	/* 0 at the bottom, 100 (the top of the scale) at the top, half of it in the middle */
	assert_non_null(strstr(to.at, "d=\"M72.0 230.0L198.4 184.0L324.8 138.0L451.2 92.0L577.6 46.0L704.0 138.0\""));
	assert_non_null(strstr(to.at, ">100</text>"));
	assert_non_null(strstr(to.at, ">20</text>"));
	assert_int_equal(times(to.at, "<title id=\"c-title\">Access</title>"), 1);
	assert_int_equal(times(to.at, "<desc id=\"c-desc\">Packets</desc>"), 1);
	for (size_t i = 0; i < COUNT; i++)
		if (labels[i].size) {
			char wanted[16];
			snprintf(wanted, sizeof wanted, ">%s</text>", labels[i].at);
			assert_int_equal(times(to.at, wanted), 1);
		}
	builder_free(&to);
}

static void test_what_is_not_known_is_a_gap_and_a_lonely_value_a_dot(void **unused)
{
	(void)unused;
	const double values[COUNT] = { 1, 2, NAN, 3, NAN, INFINITY };
	struct chart chart = chart_of(values, "all");
	struct builder to = { 0 };

	chart_lines(&chart, &to);
	assert_int_equal(times(to.at, "<circle"), 1);
	const char *path = strstr(to.at, "d=\"M72.0 1");
	assert_non_null(path);
	assert_int_equal(strcspn(path + 3, "\""), strlen("M72.0 168.7L198.4 107.3"));
	builder_free(&to);
	const double nothing[COUNT] = { NAN, NAN, NAN, NAN, NAN, NAN };
	chart = chart_of(nothing, "all");
	chart_lines(&chart, &to);
	chart_bars(&chart, &to);
	chart.count = 0;
	chart_lines(&chart, &to);
	chart_bars(&chart, &to);
	assert_false(to.failed);
	assert_null(strstr(to.at, "nan"));
	assert_null(strstr(to.at, "inf"));
	builder_free(&to);
}

static void test_bars_are_as_long_as_their_numbers(void **unused)
{
	(void)unused;
	const double values[COUNT] = { 100, 50, 0, -5, NAN, 1e-9 };
	struct chart chart = chart_of(values, "");
	struct builder to = { 0 };

	chart_bars(&chart, &to);
	assert_int_equal(times(to.at, "<rect"), 3);
	assert_int_equal(times(to.at, "width=\"476.0\""), 1);
	assert_int_equal(times(to.at, "width=\"238.0\""), 1);
	assert_int_equal(times(to.at, "width=\"0.5\""), 1); /* something is something */
	assert_non_null(strstr(to.at, ">100.0</text>"));
	assert_non_null(strstr(to.at, ">-5.0</text>"));
	builder_free(&to);
}

static void test_words_of_strangers_stay_words(void **unused)
{
	(void)unused;
	static const char words[] = "</title><script>alert(1)</script>&\"'";
	const double values[COUNT] = { 1, 1, 1, 1, 1, 1 };
	struct text strange[COUNT];
	struct chart chart = chart_of(values, words);
	struct builder to = { 0 };

	for (size_t i = 0; i < COUNT; i++)
		strange[i] = text_of(words);
	chart.labels = strange;
	chart.title = chart.description = chart.unit = text_of(words);
	chart_lines(&chart, &to);
	chart_bars(&chart, &to);
	assert_null(strstr(to.at, "<script"));
	assert_int_equal(times(to.at, "</title>"), 2);
	assert_non_null(strstr(to.at, "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"));
	builder_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_are_grouped_by_thousands),
		cmocka_unit_test(test_a_line_runs_from_its_first_value_to_its_last),
		cmocka_unit_test(test_what_is_not_known_is_a_gap_and_a_lonely_value_a_dot),
		cmocka_unit_test(test_bars_are_as_long_as_their_numbers),
		cmocka_unit_test(test_words_of_strangers_stay_words),
	};

	return cmocka_run_group_tests_name("darknet chart", tests, NULL, NULL);
}
