/*
 * Coverage: what gaps of sensors leave of a time, and the sentences that say so.
 */
#include "model/coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON ((nanoseconds)1795230000 * SECOND) /* 2026-11-21 12:00 in Japan */

static const struct sensor gate = { .number = 1, .organisation = 1, .name = "gate", .state = SENSOR_REPORTING };
static const struct sensor mail = { .number = 2, .organisation = 1, .name = "mail", .state = SENSOR_SILENT };
static const struct sensor old = { .number = 3, .organisation = 1, .name = "old", .state = SENSOR_REVOKED };

static struct gap gap_of(const struct sensor *sensor, enum gap_kind kind, nanoseconds from, nanoseconds to)
{
	return (struct gap){ .organisation = 1, .sensor = sensor->number, .kind = kind, .from = from, .to = to };
}

static void near(double value, double wanted)
{
	if (value < wanted - 1e-9 || value > wanted + 1e-9)
		fail_msg("%f is not %f", value, wanted);
}

static void check_words(const struct coverage *coverage, const char *wanted)
{
	struct builder words = { 0 };
	coverage_write(coverage, NULL, &words);
	build_char(&words, '\0');
	assert_string_equal(words.at, wanted);
	builder_free(&words);
}

static void check_gap_words(const struct gap *gap, const char *sensor, const char *wanted)
{
	struct builder words = { 0 };
	gap_write(gap, sensor, NULL, &words);
	build_char(&words, '\0');
	assert_string_equal(words.at, wanted);
	builder_free(&words);
}

static void test_sensors_without_gaps_cover_everything(void **unused)
{
	(void)unused;
	struct coverage coverage;
	coverage_begin(&coverage, NOON, NOON + HOUR);
	coverage_sensor(&coverage, &gate);
	coverage_sensor(&coverage, &mail);
	coverage_end(&coverage);
	assert_int_equal(coverage.sensors, 2);
	assert_int_equal(coverage.whole, 2);
	near(coverage.share, 1);
	check_words(&coverage, "2 of 2 sensors watched the whole time; coverage 100 %");
}

static void test_a_silent_time_is_taken_off_once_however_many_gaps_it_has(void **unused)
{
	(void)unused;
	struct coverage coverage;
	struct gap first = gap_of(&mail, GAP_SILENT, NOON - HOUR, NOON + 15 * MINUTE);
	struct gap second = gap_of(&mail, GAP_NEVER, NOON + 10 * MINUTE, NOON + 30 * MINUTE);
	struct gap before = gap_of(&gate, GAP_SILENT, NOON - 2 * HOUR, NOON); /* ends where the time begins */
	coverage_begin(&coverage, NOON, NOON + HOUR);
	coverage_sensor(&coverage, &gate);
	coverage_gap(&coverage, &gate, &before);
	coverage_sensor(&coverage, &mail);
	coverage_gap(&coverage, &mail, &first);
	coverage_gap(&coverage, &mail, &second);
	coverage_end(&coverage);
	assert_int_equal(coverage.sensors, 2);
	assert_int_equal(coverage.whole, 1);
	assert_int_equal(coverage.gaps_all, 2);
	near(coverage.share, 0.75);
	check_words(&coverage, "1 of 2 sensors watched the whole time; coverage 75 %");
	check_gap_words(
	    &coverage.gaps[0].gap, coverage.gaps[0].sensor, "Sensor mail: silent, 2026-11-21 11:00–12:15 JST");
}

static void test_drops_and_sampling_dim_what_was_seen(void **unused)
{
	(void)unused;
	struct coverage coverage;
	struct gap dropping = gap_of(&gate, GAP_DROPPING, NOON, 0);
	dropping.seen = 970;
	dropping.lost = 30;
	struct gap sampled = gap_of(&mail, GAP_SAMPLED, NOON, 0);
	sampled.sampling = 4;
	coverage_begin(&coverage, NOON, NOON + HOUR);
	coverage_sensor(&coverage, &gate);
	coverage_gap(&coverage, &gate, &dropping);
	coverage_sensor(&coverage, &mail);
	coverage_gap(&coverage, &mail, &sampled);
	coverage_end(&coverage);
	assert_int_equal(coverage.whole, 2); /* never blind */
	near(coverage.share, (0.97 + 0.25) / 2);
	check_gap_words(&dropping, "gate", "Sensor gate: 3.0 % of packets dropped, since 2026-11-21 12:00 JST");
	check_gap_words(&sampled, "mail", "Sensor mail: looks at one packet in 4 only, since 2026-11-21 12:00 JST");
}

static void test_who_was_not_there_yet_or_is_revoked_does_not_count(void **unused)
{
	(void)unused;
	struct coverage coverage;
	struct gap later = gap_of(&mail, GAP_NEVER, NOON + 2 * HOUR, 0);
	struct gap gone = gap_of(&old, GAP_SILENT, NOON - DAY, 0);
	coverage_begin(&coverage, NOON, NOON + HOUR);
	coverage_sensor(&coverage, &mail);
	coverage_gap(&coverage, &mail, &later);
	coverage_sensor(&coverage, &old);
	coverage_gap(&coverage, &old, &gone);
	coverage_end(&coverage);
	assert_int_equal(coverage.sensors, 0);
	assert_int_equal(coverage.gaps_all, 0);
	near(coverage.share, 0);
	check_words(&coverage, "No sensor was there: nothing can have been seen.");
}

static void test_a_moment_is_a_time_too(void **unused)
{
	(void)unused;
	struct coverage coverage;
	struct gap silent = gap_of(&gate, GAP_SILENT, NOON, 0);
	coverage_begin(&coverage, NOON, NOON);
	coverage_sensor(&coverage, &gate);
	coverage_gap(&coverage, &gate, &silent);
	coverage_end(&coverage);
	assert_int_equal(coverage.whole, 0);
	near(coverage.share, 0);
}

static void test_more_gaps_than_are_listed_are_counted(void **unused)
{
	(void)unused;
	struct coverage coverage;
	coverage_begin(&coverage, NOON, NOON + DAY);
	coverage_sensor(&coverage, &gate);
	for (int i = 0; i < 100; i++) {
		struct gap gap = gap_of(&gate, GAP_SILENT, NOON + i * MINUTE, NOON + i * MINUTE + 30 * SECOND);
		coverage_gap(&coverage, &gate, &gap);
	}
	coverage_end(&coverage);
	assert_int_equal(coverage.gaps_all, 100);
	assert_int_equal(coverage.gap_count, COVERAGE_GAPS);
	near(coverage.share, 1 - 100 * 30.0 / 86400);
}

static void test_every_kind_has_its_sentence(void **unused)
{
	(void)unused;
	struct gap slow = gap_of(&gate, GAP_SLOW, NOON, NOON + HOUR);
	slow.seen = 120;
	slow.lost = 2880;
	check_gap_words(
	    &slow, "gate", "Sensor gate: 120 records where about 3000 are usual, 2026-11-21 12:00–13:00 JST");
	struct gap drifting = gap_of(&gate, GAP_DRIFTING, NOON, NOON + DAY);
	drifting.error = -301 * SECOND;
	check_gap_words(
	    &drifting, "gate", "Sensor gate: its clock is wrong by −301 s, 2026-11-21 12:00–2026-11-22 12:00 JST");
	struct gap lost = gap_of(&gate, GAP_DROPPING, NOON, NOON + MINUTE);
	strcpy(lost.code, "content-lost");
	lost.lost = 4096;
	check_gap_words(&lost, "gate", "Sensor gate: 4096 bytes of its files were lost, 2026-11-21 12:00–12:01 JST");
	struct gap planned = gap_of(&gate, GAP_MAINTENANCE, NOON, NOON + HOUR);
	strcpy(planned.reason, "new disks");
	check_gap_words(&planned, "gate", "Sensor gate: planned maintenance, 2026-11-21 12:00–13:00 JST: new disks");
	for (unsigned i = 0; i < GAP_KINDS; i++) {
		enum gap_kind kind;
		assert_true(gap_kind_parse(text_of(gap_kind_code((enum gap_kind)i)), &kind));
		assert_int_equal(kind, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sensors_without_gaps_cover_everything),
		cmocka_unit_test(test_a_silent_time_is_taken_off_once_however_many_gaps_it_has),
		cmocka_unit_test(test_drops_and_sampling_dim_what_was_seen),
		cmocka_unit_test(test_who_was_not_there_yet_or_is_revoked_does_not_count),
		cmocka_unit_test(test_a_moment_is_a_time_too),
		cmocka_unit_test(test_more_gaps_than_are_listed_are_counted),
		cmocka_unit_test(test_every_kind_has_its_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
