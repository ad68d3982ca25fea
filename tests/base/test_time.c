/*
 * base/time.h: the calendar, RFC 3339 and its relatives, epoch numbers, durations.
 */
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check_time(const char *text, nanoseconds expected)
{
	nanoseconds time = -1;
	bool assumed = true;
	if (!time_parse(text_of(text), 0, &time, &assumed))
		fail_msg("%s was refused", text);
	if (time != expected)
		fail_msg("%s: %" PRId64 " instead of %" PRId64, text, time, expected);
}

static void test_every_form_that_detectors_write_is_read(void **state)
{
	(void)state;
	check_time("1970-01-01T00:00:00Z", 0);
	check_time("2020-03-04T13:55:05.224939+0000", 1583330105 * SECOND + 224939000);
	check_time("2020-03-04 13:55:05,224+00:00", 1583330105 * SECOND + 224000000);
	check_time("2020-03-04t22:55:05+09", 1583330105 * SECOND);
	check_time("2020-03-04T22:55:05 +0900", 1583330105 * SECOND);
	check_time("2020-03-04T08:25:05.1-05:30", 1583330105 * SECOND + 100000000);
	check_time("2020-03-04T13:55:05.1234567899z", 1583330105 * SECOND + 123456789);
	check_time("2000-02-29T00:00:00Z", 951782400 * SECOND);
	check_time("2016-12-31T23:59:60Z", 1483228800 * SECOND - 1);
	check_time("2262-04-11T23:47:16.854775807Z", INT64_MAX);
	check_time("1970-01-01T00:00:00+09:00", -9 * HOUR);
}

static void test_a_missing_zone_is_assumed_and_said(void **state)
{
	(void)state;
	nanoseconds time;
	bool assumed = false;
	assert_true(time_parse(TEXT("2020-03-04T22:55:05"), 9 * 3600, &time, &assumed));
	assert_true(assumed && time == 1583330105 * SECOND);
	assert_true(time_parse(TEXT("2020-03-04T13:55:05Z"), 9 * 3600, &time, &assumed));
	assert_true(!assumed && time == 1583330105 * SECOND);
	assert_true(time_parse(TEXT("2020-03-04T13:55:05Z"), 0, &time, NULL));
}

static void test_what_is_no_time_is_refused(void **state)
{
	(void)state;
	const char *const texts[] = { "", "2020", "2020-03-04", "2020-13-04T00:00:00Z", "2020-00-04T00:00:00Z",
		"2020-04-31T00:00:00Z", "2019-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2020-03-00T00:00:00Z",
		"2020-03-04T24:00:00Z", "2020-03-04T00:60:00Z", "2020-03-04T00:00:61Z", "1969-12-31T23:59:59Z",
		"2262-04-11T23:47:16.854775808Z", "2263-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
		"2020-03-04T13:55:05.", "2020-03-04T13:55:05.Z", "2020-03-04T13:55:05+", "2020-03-04T13:55:05+9",
		"2020-03-04T13:55:05+24:00", "2020-03-04T13:55:05+09:60", "2020-03-04T13:55:05+0900x",
		"2020-03-04T13:55:05ZZ", "2020-03-04T13:55:05 ", "2020/03/04T13:55:05Z", "2020-03-04_13:55:05Z",
		"2020-0a-04T13:55:05Z", "-020-03-04T13:55:05Z", " 2020-03-04T13:55:05Z", "2020-03-04T13:55:05+09-00" };
	nanoseconds time = 7;
	bool assumed = true;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (time_parse(text_of(texts[i]), 0, &time, &assumed))
			fail_msg("%s was taken", texts[i]);
	assert_true(time == 7 && assumed);
}

static void test_every_day_agrees_with_the_c_library(void **state)
{
	(void)state;
	char ours[TIME_TEXT], theirs[TIME_TEXT];
	for (int64_t day = -106751; day < 106751; day++) {
		time_t seconds = day * 86400 + 86399;
		struct tm parts;
		strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
		if (strcmp(time_format(seconds * SECOND, ours), theirs) != 0)
			fail_msg("%s instead of %s", ours, theirs);
		if (day >= 0)
			check_time(theirs, seconds * SECOND);
	}
}

static void test_a_time_is_written_with_the_decimals_it_needs(void **state)
{
	(void)state;
	char to[TIME_TEXT];
	assert_string_equal(time_format(0, to), "1970-01-01T00:00:00Z");
	assert_string_equal(time_format(120 * MILLISECOND, to), "1970-01-01T00:00:00.120Z");
	assert_string_equal(time_format(1 * MICROSECOND, to), "1970-01-01T00:00:00.000001Z");
	assert_string_equal(time_format(1, to), "1970-01-01T00:00:00.000000001Z");
	assert_string_equal(time_format(-1, to), "1969-12-31T23:59:59.999999999Z");
	assert_string_equal(time_format(INT64_MAX, to), "2262-04-11T23:47:16.854775807Z");
	assert_string_equal(time_format(INT64_MIN, to), "1677-09-21T00:12:43.145224192Z");
	srand(11);
	for (int i = 0; i < 20000; i++) {
		nanoseconds time = (nanoseconds)(((uint64_t)rand() << 32 ^ (uint64_t)rand() << 8) & INT64_MAX);
		check_time(time_format(time, to), time);
	}
}

static void test_epoch_numbers_tell_their_unit_by_size(void **state)
{
	(void)state;
	const struct {
		const char *text;
		nanoseconds time;
	} cases[] = { { "0", 0 }, { "1642204801", 1642204801 * SECOND }, { "1583330105.224939", 1583330105224939000 },
		{ "1583330105.2249391239", 1583330105224939123 }, { "1583330105224", 1583330105224 * MILLISECOND },
		{ "1583330105224.5", 1583330105224500000 }, { "1583330105224939", 1583330105224939000 },
		{ "1583330105224939123", 1583330105224939123 }, { "9223372036854775807", INT64_MAX },
		{ "9223372036", 9223372036 * SECOND }, { "0000000001", SECOND } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		nanoseconds time = -1;
		assert_true(time_parse_epoch(text_of(cases[i].text), &time));
		if (time != cases[i].time)
			fail_msg("%s: %" PRId64, cases[i].text, time);
	}
	const char *const wrong[] = { "", ".5", "5.", "-1", "+1", "1e9", " 1", "1 ", "9223372036854775808",
		"99999999999999999999", "9223372036.9", "1.2.3", "1583330105,2" };
	nanoseconds time;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (time_parse_epoch(text_of(wrong[i]), &time))
			fail_msg("%s was taken", wrong[i]);
}

static void test_durations_read_back_what_they_write(void **state)
{
	(void)state;
	const struct {
		const char *text;
		nanoseconds size;
		const char *written;
	} cases[] = { { "10 min", 10 * MINUTE, "10 min" }, { "90s", 90 * SECOND, "90 s" }, { "2h", 2 * HOUR, "2 h" },
		{ "7d", 7 * DAY, "7 d" }, { "500ms", 500 * MILLISECOND, "500 ms" }, { "1.5 h", 90 * MINUTE, "90 min" },
		{ "0", 0, "0 s" }, { " 3 weeks ", 21 * DAY, "21 d" }, { "1 day", DAY, "1 d" },
		{ "15µs", 15000, "15 us" }, { "7 ns", 7, "7 ns" }, { "0.000000001 s", 1, "1 ns" } };
	char to[TIME_TEXT];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		nanoseconds size = -1;
		assert_true(duration_parse(text_of(cases[i].text), &size));
		assert_int_equal(size, cases[i].size);
		assert_string_equal(duration_format(size, to), cases[i].written);
		assert_true(duration_parse(text_of(to), &size) && size == cases[i].size);
	}
	const char *const wrong[] = { "", "5", "min", "-1 s", "1 fortnight", "1..5 s", ".s", "1. s", "99999999999 d",
		"1 s s", "1e3 s", "1.2.3 s", "106752 d" };
	nanoseconds size;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (duration_parse(text_of(wrong[i]), &size))
			fail_msg("%s was taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form_that_detectors_write_is_read),
		cmocka_unit_test(test_a_missing_zone_is_assumed_and_said),
		cmocka_unit_test(test_what_is_no_time_is_refused),
		cmocka_unit_test(test_every_day_agrees_with_the_c_library),
		cmocka_unit_test(test_a_time_is_written_with_the_decimals_it_needs),
		cmocka_unit_test(test_epoch_numbers_tell_their_unit_by_size),
		cmocka_unit_test(test_durations_read_back_what_they_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
