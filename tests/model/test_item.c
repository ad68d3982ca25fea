/*
 * The parts of items: codes are read as they are written, identifiers and times are what STIX says of them.
 */
#include "model/item.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_codes_are_read_as_they_are_written(void **state)
{
	(void)state;
	for (int i = 0; i < ITEM_KINDS; i++) {
		enum item_kind kind;
		assert_true(item_kind_parse(text_of(item_kind_code((enum item_kind)i)), &kind));
		assert_int_equal(kind, i);
	}
	for (int i = 0; i < ITEM_FORMS; i++) {
		enum item_form form;
		assert_true(item_form_parse(text_of(item_form_code((enum item_form)i)), &form));
		assert_int_equal(form, i);
	}
	for (int i = ITEM_OBSERVE; i <= ITEM_BLOCK; i++) {
		enum item_action action;
		assert_true(item_action_parse(text_of(item_action_code((enum item_action)i)), &action));
		assert_int_equal(action, i);
	}
	for (int i = PAP_CLEAR; i <= PAP_RED; i++) {
		enum pap pap;
		assert_true(pap_parse(text_of(pap_code((enum pap)i)), &pap));
		assert_int_equal(pap, i);
	}
}

static void test_pap_has_a_prefix_and_an_older_name(void **state)
{
	(void)state;
	enum pap pap;
	assert_true(pap_parse(TEXT("pap:white"), &pap));
	assert_int_equal(pap, PAP_CLEAR);
	assert_true(pap_parse(TEXT("PAP:RED"), &pap));
	assert_int_equal(pap, PAP_RED);
	assert_false(pap_parse(TEXT("PAP:"), &pap));
	assert_false(pap_parse(TEXT(""), &pap));
	assert_false(pap_parse(TEXT("PAP:PURPLE"), &pap));
	assert_string_equal(pap_code((enum pap)99), "RED"); /* what is unknown allows nothing */
}

#define DIGITS "11111111-2222-4333-8444-555555555555"

static void test_identifiers(void **state)
{
	(void)state;
	char longest[ITEM_ID + 2];
	struct text good = TEXT("x-our-type--" DIGITS);
	assert_true(item_id_valid(good));
	assert_true(text_equal(item_id_type(good), TEXT("x-our-type")));
	assert_true(item_id_valid(TEXT("a--AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE")));
	static const char *const bad[] = { "", "--" DIGITS, "tool-" DIGITS, "Tool--" DIGITS, "tool--" DIGITS "0",
		"tool", DIGITS, "tool--11111111-2222-4333-8444-55555555555g", "to ol--" DIGITS, "tool--" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(item_id_valid(text_of(bad[i])));
	memset(longest, 'a', sizeof longest);
	memcpy(longest + ITEM_ID - 38, "--" DIGITS, 38);
	assert_true(item_id_valid((struct text){ longest, ITEM_ID }));
	memset(longest, 'a', sizeof longest);
	memcpy(longest + ITEM_ID + 1 - 38, "--" DIGITS, 38);
	assert_false(item_id_valid((struct text){ longest, ITEM_ID + 1 }));
}

static void test_times_keep_what_was_written(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		nanoseconds when; /* 0 = none */
	} cases[] = {
		{ "1970-01-01T00:00:01Z", SECOND },
		{ "1970-01-01T00:00:00Z", 1 }, /* 0 would be absent */
		{ "2026-01-02T03:04:05.123456789012345Z", 1767323045123456789 },
		{ "2026-01-02T12:04:05+09:00", 1767323045000000000 },
		{ "1969-12-31T23:59:59Z", 1 },
		{ "0001-01-01T00:00:00Z", 1 },
		{ "9999-12-31T23:59:59.999999Z", ITEM_TIME_LAST },
		{ "2262-12-31T00:00:00Z", ITEM_TIME_LAST },
		{ "2026-02-30T00:00:00Z", 0 },
		{ "9999-02-30T00:00:00Z", 0 },
		{ "2026-01-02T03:04:05", 0 },
		{ "9999-01-02T03:04:05.123", 0 },
		{ "2026-01-02 03:04:05Z", 0 },
		{ "2026-01-02", 0 },
		{ "", 0 },
		{ "-026-01-02T03:04:05Z", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct item_time time;
		char made[TIME_TEXT];
		bool good = item_time_parse(text_of(cases[i].text), &time);
		if (good != (cases[i].when != 0) || (good && time.when != cases[i].when))
			fail_msg("%s: %d, %ld", cases[i].text, good, (long)time.when);
		assert_true(!good || text_equal(item_time_text(&time, made), text_of(cases[i].text)));
	}
}

static void test_times_of_ours_have_milliseconds(void **state)
{
	(void)state;
	char made[TIME_TEXT];
	struct item_time whole = { .when = 1767323045 * SECOND }, fine = { .when = 1767323045 * SECOND + 123456789 };
	struct item_time absent = { 0 };
	assert_true(text_equal(item_time_text(&whole, made), TEXT("2026-01-02T03:04:05.000Z")));
	assert_true(text_equal(item_time_text(&fine, made), TEXT("2026-01-02T03:04:05.123Z")));
	assert_int_equal(item_time_text(&absent, made).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes_are_read_as_they_are_written),
		cmocka_unit_test(test_pap_has_a_prefix_and_an_older_name),
		cmocka_unit_test(test_identifiers),
		cmocka_unit_test(test_times_keep_what_was_written),
		cmocka_unit_test(test_times_of_ours_have_milliseconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
