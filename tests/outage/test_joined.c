/*
 * Troubles of web sites joined over organisations: told once, when enough are concerned at once, and again after quiet.
 */
#include "outage/outage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON ((nanoseconds)1795230000 * SECOND)

static const struct outage_settings settings = { .together = 10 * MINUTE, .quiet = 30 * MINUTE, .organisations = 3 };

static bool take(
    struct outage *outage, nanoseconds time, uint32_t organisation, bool down, struct outage_picture *picture)
{
	struct outage_trouble trouble = { .time = time, .organisation = organisation, .down = down };
	return outage_take(&settings, outage, &trouble, picture);
}

static void test_trouble_at_three_within_ten_minutes_is_told_once(void **unused)
{
	(void)unused;
	struct outage *outage = calloc(1, sizeof *outage);
	struct outage_picture picture;
	assert_false(take(outage, NOON, 1, false, &picture));
	assert_false(take(outage, NOON + MINUTE, 1, true, &picture)); /* the same one's */
	assert_false(take(outage, NOON + 2 * MINUTE, 2, false, &picture));
	assert_true(take(outage, NOON + 9 * MINUTE, 3, false, &picture));
	assert_int_equal(picture.count, 3);
	assert_int_equal(picture.down, 1);
	assert_true(picture.since == NOON);
	assert_false(take(outage, NOON + 10 * MINUTE, 4, true, &picture));
	assert_false(outage_end(&settings, outage, NOON + 40 * MINUTE));
	assert_true(outage_end(&settings, outage, NOON + 41 * MINUTE));
	assert_false(outage_end(&settings, outage, NOON + 42 * MINUTE));
	assert_false(take(outage, NOON + HOUR, 1, true, &picture));
	assert_false(take(outage, NOON + HOUR, 2, true, &picture));
	assert_true(take(outage, NOON + HOUR, 3, true, &picture));
	assert_int_equal(picture.down, 3);
	free(outage);
}

static void test_what_lies_apart_or_is_ones_own_is_not_joined(void **unused)
{
	(void)unused;
	struct outage *outage = calloc(1, sizeof *outage);
	struct outage_picture picture;
	for (uint32_t i = 0; i < 3 * OUTAGE_KEPT; i++) /* more than are kept */
		assert_false(take(outage, NOON + i * 6 * MINUTE, 1 + i % 2, true, &picture));
	assert_int_equal(outage->count, OUTAGE_KEPT);
	nanoseconds later = NOON + 3 * OUTAGE_KEPT * 6 * MINUTE + DAY;
	assert_false(take(outage, later, 1, true, &picture));
	assert_false(take(outage, later + 11 * MINUTE, 2, true, &picture));
	assert_false(take(outage, later + 22 * MINUTE, 3, true, &picture));
	/* By time, not by arrival: one that comes late is joined with its own time. */
	assert_true(take(outage, later + 16 * MINUTE, 4, true, &picture));
	assert_int_equal(picture.count, 3);
	free(outage);
}

static void test_hosts_and_domains(void **unused)
{
	(void)unused;
	static const struct {
		const char *url, *host;
	} cases[] = { { "https://www.example.jp/a?b", "www.example.jp" }, { "http://example.jp:8080", "example.jp" },
		{ "https://user@example.jp/", "example.jp" }, { "https://[2001:db8::1]/", "" }, { "example.jp", "" },
		{ "", "" }, { "https://", "" } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_true(text_equal(outage_host(text_of(cases[i].url)), text_of(cases[i].host)));
	assert_true(outage_is_within(TEXT("www.Example.jp"), TEXT("example.JP")));
	assert_true(outage_is_within(TEXT("example.jp"), TEXT("example.jp")));
	assert_false(outage_is_within(TEXT("badexample.jp"), TEXT("example.jp")));
	assert_false(outage_is_within(TEXT("jp"), TEXT("example.jp")));
	assert_false(outage_is_within(TEXT("example.jp"), TEXT("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trouble_at_three_within_ten_minutes_is_told_once),
		cmocka_unit_test(test_what_lies_apart_or_is_ones_own_is_not_joined),
		cmocka_unit_test(test_hosts_and_domains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
