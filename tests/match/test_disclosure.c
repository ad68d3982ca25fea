/*
 * What a signature's metadata says of its vulnerability, and when that makes an alert more urgent.
 */
#include "match/disclosure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct disclosure read(const char *metadata)
{
	return disclosure_of(text_of(metadata));
}

static nanoseconds at(const char *text)
{
	nanoseconds time;
	assert_true(time_parse(text_of(text), 0, &time, NULL));
	return time;
}

static void test_what_the_metadata_says(void **state)
{
	(void)state;
	struct disclosure one = read("created_at 2026_11_05, cve CVE_2026_1234, disclosed 2026-11-01, poc 2026_11_03");
	assert_string_equal(one.cve, "CVE-2026-1234");
	assert_true(one.known && !one.created && one.poc_public);
	assert_int_equal(one.day, at("2026-11-01T00:00:00Z"));
	assert_int_equal(one.poc, at("2026-11-03T00:00:00Z"));
	one = read("disclosed 2026_11_01,created_at 2026_11_05,cve 2026-7,cve CVE-2026-8, poc public");
	assert_string_equal(one.cve, "CVE-2026-7");
	assert_int_equal(one.day, at("2026-11-01T00:00:00Z"));
	assert_true(one.poc_public && one.poc == 0);
	one = read("created_at 2010_09_23, confidence High");
	assert_true(one.known && one.created && !one.poc_public && !one.cve[0]);
}

static void test_what_is_no_day_is_passed_over(void **state)
{
	static const char *const odd[] = { "", ",", " ", "disclosed", "disclosed ", "disclosed 2026_13_01",
		"disclosed 2026_1_1", "disclosed 2026_11-01", "created_at 2026_02_30", "poc secret", "poc", "cve",
		"cve x", "disclosed 2026_11_01x", "created_at 0000_00_00", "created_at 9999_99_99",
		",,,disclosed  ,cve ," };
	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct disclosure one = read(odd[i]);
		assert_false(one.known || one.poc_public);
		assert_true(strlen(one.cve) < sizeof one.cve);
	}
	assert_string_equal(read("cve CVE_1\n\xff\x1b[1m").cve, "CVE-1???\?1M");
	char longest[4000];
	memset(longest, 'x', sizeof longest - 1);
	memcpy(longest, "cve ", 4);
	longest[sizeof longest - 1] = 0;
	assert_true(strlen(read(longest).cve) == DISCLOSURE_CVE - 1);
}

static void test_days_and_urgency(void **state)
{
	(void)state;
	struct disclosure one = read("disclosed 2026_11_01, poc 2026_11_04");
	assert_int_equal(disclosure_days(&one, at("2026-11-01T23:59:59Z")), 0);
	assert_int_equal(disclosure_days(&one, at("2026-11-08T00:00:00Z")), 7);
	assert_int_equal(disclosure_days(&one, at("2026-10-31T23:00:00Z")), -1);
	assert_false(disclosure_raises(&one, at("2026-11-03T23:59:59Z"))); /* nobody has the proof yet */
	assert_true(disclosure_raises(&one, at("2026-11-04T00:00:00Z")));
	assert_true(disclosure_raises(&one, at("2027-01-29T00:00:00Z")));
	assert_false(disclosure_raises(&one, at("2027-01-30T00:00:00Z"))); /* 90 days are over */
	one = read("disclosed 2026_11_01");
	assert_false(disclosure_raises(&one, at("2026-11-04T00:00:00Z")));
	one = read("poc public");
	assert_false(disclosure_raises(&one, at("2026-11-04T00:00:00Z")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_metadata_says),
		cmocka_unit_test(test_what_is_no_day_is_passed_over),
		cmocka_unit_test(test_days_and_urgency),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
