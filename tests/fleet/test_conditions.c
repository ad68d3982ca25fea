/*
 * How a sensor is told to be silent, slow, dropping, drifting or sampled, and to have recovered: deliveries and time
 * in, gaps out. No clock but the test's.
 */
#include "fleet/fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIDNIGHT ((nanoseconds)1795186800 * SECOND) /* Saturday 2026-11-21 00:00 in Japan */
#define MONDAY (MIDNIGHT - 5 * DAY)

static const struct fleet_settings settings = { .silence = 15 * MINUTE,
	.silence_factor = 4,
	.recover = 2 * MINUTE,
	.slow_share = 0.2,
	.slow_least = 100,
	.slow_days = 4,
	.drop_share = 0.01,
	.drop_least = 100,
	.drop_window = 5 * MINUTE,
	.drift = MINUTE,
	.clock_window = 10 * MINUTE };

struct kept {
	struct gap gaps[64]; /* by number − 1, as last told */
	size_t count;
	struct fleet_sensor sensor;
	nanoseconds now, awake;
};

static void keep(void *context, struct fleet_sensor *sensor, struct gap *gap)
{
	struct kept *kept = context;
	assert_int_equal(gap->sensor, 7);
	assert_int_equal(gap->organisation, 3);
	assert_ptr_equal(sensor, &kept->sensor);
	if (!gap->number)
		gap->number = ++kept->count;
	assert_in_range(gap->number, 1, 64);
	kept->gaps[gap->number - 1] = *gap;
}

static struct kept begin(nanoseconds now)
{
	struct kept kept = { .now = now, .awake = now };
	fleet_meet(&kept.sensor, 7, 3, now, now);
	return kept;
}

static void hear(struct kept *kept, struct heard heard)
{
	heard.organisation = 3;
	heard.sensor = 7;
	heard.received = kept->now;
	fleet_hear(&settings, &kept->sensor, &heard, keep, kept);
}

/* The seconds pass one by one, as the keeper's ticks; with `lines` at each whole `every`. */
static void pass(struct kept *kept, nanoseconds duration, nanoseconds every, uint32_t lines)
{
	for (nanoseconds end = kept->now + duration; kept->now < end;) {
		kept->now += SECOND;
		if (every && kept->now % every == 0)
			hear(kept, (struct heard){ .lines = lines, .oldest = kept->now, .newest = kept->now });
		fleet_judge(&settings, &kept->sensor, kept->now, kept->awake, keep, kept);
	}
}

static bool on(const struct kept *kept, enum gap_kind kind)
{
	return kept->sensor.conditions[kind].on;
}

static void test_a_sensor_that_stops_is_silent_and_then_recovers(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	pass(&kept, HOUR, MINUTE, 10);
	assert_int_equal(kept.count, 0);
	nanoseconds last = kept.now;
	pass(&kept, 15 * MINUTE, 0, 0);
	assert_false(on(&kept, GAP_SILENT));
	pass(&kept, 2 * SECOND, 0, 0);
	assert_true(on(&kept, GAP_SILENT));
	assert_true(kept.gaps[0].from == last && kept.gaps[0].to == 0 && kept.gaps[0].kind == GAP_SILENT);
	pass(&kept, HOUR, 0, 0);
	assert_int_equal(kept.count, 1);
	nanoseconds again = (kept.now / MINUTE + 1) * MINUTE;
	pass(&kept, MINUTE, MINUTE, 10);
	assert_true(on(&kept, GAP_SILENT)); /* not yet sure */
	pass(&kept, 3 * MINUTE, MINUTE, 10);
	assert_false(on(&kept, GAP_SILENT));
	assert_true(kept.gaps[0].to == again);
	assert_int_equal(kept.count, 1);
}

static void test_one_delivery_in_a_long_silence_is_no_recovery(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	struct fleet_settings slow_to_recover = settings;
	slow_to_recover.recover = HOUR;
	pass(&kept, HOUR, MINUTE, 10);
	pass(&kept, HOUR, 0, 0);
	hear(&kept, (struct heard){ .lines = 1 });
	for (int i = 0; i < 7200; i++) {
		kept.now += SECOND;
		fleet_judge(&slow_to_recover, &kept.sensor, kept.now, kept.awake, keep, &kept);
		assert_true(on(&kept, GAP_SILENT));
	}
	assert_int_equal(kept.count, 1);
}

static void test_what_an_agent_delivers_later_makes_up_for_the_silence(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	pass(&kept, HOUR, MINUTE, 10);
	nanoseconds last = kept.now;
	pass(&kept, 2 * HOUR, 0, 0);
	assert_true(on(&kept, GAP_SILENT));
	hear(&kept, (struct heard){ .lines = 500, .oldest = last + 10 * SECOND, .newest = kept.now });
	pass(&kept, 5 * MINUTE, MINUTE, 10);
	assert_true(kept.gaps[0].to == kept.gaps[0].from); /* nothing was unseen */
	assert_false(gap_overlaps(&kept.gaps[0], last - HOUR, last + HOUR));
	/* A machine that was off saw nothing before it was on again. */
	pass(&kept, HOUR, MINUTE, 10);
	last = kept.now;
	pass(&kept, 2 * HOUR, 0, 0);
	hear(&kept, (struct heard){ .lines = 5, .oldest = kept.now - 20 * MINUTE, .newest = kept.now });
	nanoseconds again = kept.now - 20 * MINUTE;
	pass(&kept, 5 * MINUTE, MINUTE, 10);
	assert_true(kept.gaps[1].from == last && kept.gaps[1].to == again);
}

static void test_a_sensor_that_is_rarely_heard_is_waited_for_longer(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	pass(&kept, 40 * HOUR, 2 * HOUR, 3);
	size_t early = kept.count; /* until it is known to be one */
	assert_in_range(early, 0, 2);
	pass(&kept, 60 * HOUR, 2 * HOUR, 3);
	assert_int_equal(kept.count, early);
	pass(&kept, 9 * HOUR, 0, 0);
	assert_int_equal(kept.count, early + 1);
}

static void test_nobody_is_silent_while_the_centre_was_away(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	pass(&kept, HOUR, MINUTE, 10);
	kept.now += 6 * HOUR; /* the centre is down */
	kept.awake = kept.now;
	pass(&kept, 10 * MINUTE, 0, 0);
	hear(&kept, (struct heard){ .lines = 10 });
	pass(&kept, HOUR, MINUTE, 10);
	assert_int_equal(kept.count, 0);
}

static void test_a_new_sensor_is_not_heard_of_until_it_is(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	fleet_meet(&kept.sensor, 7, 3, 0, MONDAY);
	pass(&kept, DAY, 0, 0);
	assert_int_equal(kept.count, 1);
	assert_true(kept.gaps[0].kind == GAP_NEVER && kept.gaps[0].from == MONDAY && kept.gaps[0].to == 0);
	hear(&kept, (struct heard){ .lines = 0 });
	assert_true(kept.gaps[0].to == kept.now);
	pass(&kept, 10 * MINUTE, MINUTE, 1);
	assert_int_equal(kept.count, 1);
}

/* Ten lines a minute by day, one by night and at weekends. */
static void office_day(struct kept *kept, bool working, double share)
{
	for (int hour = 0; hour < 24; hour++) {
		bool busy = working && hour >= 9 && hour < 18;
		pass(kept, HOUR, MINUTE, busy ? (uint32_t)(100 * share) : 10);
	}
}

static void test_slow_is_less_than_usual_at_that_hour_and_no_night_or_weekend_is_slow(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	for (int day = 0; day < 14; day++)
		office_day(&kept, day % 7 < 5, 1);
	assert_int_equal(kept.count, 0);
	nanoseconds monday = kept.now;
	office_day(&kept, true, 0.05);
	assert_int_equal(kept.count, 1);
	assert_true(kept.gaps[0].kind == GAP_SLOW && kept.gaps[0].from == monday + 9 * HOUR);
	/* Over by an hour that is as usual: the evening, whose rate did not change. */
	assert_true(kept.gaps[0].to == monday + 18 * HOUR);
	assert_in_range(kept.gaps[0].seen, 9 * 60 * 5 - 10, 9 * 60 * 5 + 10);
	assert_in_range(kept.gaps[0].lost, 9 * 60 * 90, 9 * 60 * 96);
	office_day(&kept, true, 0.5); /* half is not slow */
	assert_int_equal(kept.count, 1);
}

static void test_silent_hours_teach_nothing(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	for (int day = 0; day < 5; day++)
		office_day(&kept, true, 1);
	pass(&kept, 2 * DAY, MINUTE, 10);
	double before = kept.sensor.usual[10];
	pass(&kept, DAY, 0, 0); /* Monday without a word */
	assert_true(kept.sensor.usual[10] == before);
	assert_int_equal(kept.count, 1);
	assert_int_equal(kept.gaps[0].kind, GAP_SILENT);
}

static void capture(struct kept *kept, nanoseconds duration, uint64_t packets, uint64_t drops)
{
	for (nanoseconds end = kept->now + duration; kept->now < end;) {
		struct heard heard = { .lines = 1,
			.counted = true,
			.packets = kept->sensor.packets + packets,
			.drops = kept->sensor.drops + drops };
		pass(kept, 10 * SECOND, 0, 0);
		hear(kept, heard);
	}
}

static void test_drops_are_told_from_eves_counters_and_end_below_half_the_share(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	capture(&kept, 30 * MINUTE, 10000, 50); /* half a percent */
	assert_int_equal(kept.count, 0);
	capture(&kept, 15 * MINUTE, 10000, 300);
	assert_int_equal(kept.count, 1);
	assert_int_equal(kept.gaps[0].kind, GAP_DROPPING);
	capture(&kept, 15 * MINUTE, 10000, 70); /* still over half of it */
	assert_true(on(&kept, GAP_DROPPING));
	capture(&kept, 15 * MINUTE, 10000, 0);
	assert_false(on(&kept, GAP_DROPPING));
	double share = (double)kept.gaps[0].lost / (double)(kept.gaps[0].lost + kept.gaps[0].seen);
	assert_true(share > 0.01 && share < 0.03);
	/* A capture that is started anew counts from 0. */
	hear(&kept, (struct heard){ .counted = true, .packets = 100, .drops = 1 });
	capture(&kept, 15 * MINUTE, 10000, 0);
	assert_int_equal(kept.count, 1);
}

static void test_content_that_an_agent_lost_is_a_gap_of_its_own(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	pass(&kept, MINUTE, MINUTE, 1);
	nanoseconds before = kept.now;
	pass(&kept, MINUTE, 0, 0);
	hear(&kept, (struct heard){ .agent = true, .clock = kept.now, .content = 4096 });
	pass(&kept, MINUTE, 0, 0);
	hear(&kept, (struct heard){ .agent = true, .clock = kept.now, .content = 4096 });
	assert_int_equal(kept.count, 1);
	assert_string_equal(kept.gaps[0].code, "content-lost");
	assert_true(kept.gaps[0].from == before && kept.gaps[0].to == before + MINUTE && kept.gaps[0].lost == 4096);
}

static void deliver(struct kept *kept, nanoseconds duration, nanoseconds delay, nanoseconds ahead, bool agent)
{
	for (nanoseconds end = kept->now + duration; kept->now < end;) {
		pass(kept, 30 * SECOND, 0, 0);
		nanoseconds occurred = kept->now - delay + ahead;
		hear(kept, (struct heard){ .lines = 1,
			       .oldest = occurred,
			       .newest = occurred,
			       .agent = agent,
			       .clock = kept->now + ahead });
	}
}

static void test_a_wrong_clock_is_told_from_late_delivery_where_an_agent_says_its_time(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	deliver(&kept, HOUR, 20 * SECOND, 0, false);
	assert_int_equal(kept.count, 0);
	deliver(&kept, HOUR, 20 * SECOND, 10 * MINUTE, false);
	assert_int_equal(kept.count, 1);
	assert_true(on(&kept, GAP_DRIFTING));
	assert_string_equal(kept.gaps[0].code, "clock-ahead");
	assert_true(kept.gaps[0].error == 10 * MINUTE - 20 * SECOND);
	deliver(&kept, HOUR, 20 * SECOND, 0, false);
	assert_false(on(&kept, GAP_DRIFTING));
	deliver(&kept, HOUR, 10 * MINUTE, 0, true); /* late, and its clock is right */
	assert_int_equal(kept.count, 1);
	deliver(&kept, HOUR, 0, -10 * MINUTE, true);
	assert_string_equal(kept.gaps[1].code, "clock-behind");
	deliver(&kept, HOUR, 0, 0, true);
	assert_false(on(&kept, GAP_DRIFTING));
	deliver(&kept, HOUR, 400 * DAY, 0, false); /* old content says nothing of a clock */
	assert_int_equal(kept.count, 2);
}

/* A telescope's line each ten seconds, by an agent whose own clock is right. */
static void watch(struct kept *kept, nanoseconds duration, uint64_t arrived, uint64_t lost, nanoseconds ahead)
{
	for (nanoseconds end = kept->now + duration; kept->now < end;) {
		pass(kept, 10 * SECOND, 0, 0);
		hear(kept, (struct heard){ .lines = 1, .agent = true, .clock = kept->now });
		hear(kept, (struct heard){ .arrived = arrived, .lost = lost, .written = kept->now + ahead });
	}
}

static void test_a_telescope_whose_clock_is_90_s_off_is_noticed_by_its_lines(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	watch(&kept, HOUR, 1000, 0, -2 * SECOND); /* shipped a little later */
	assert_int_equal(kept.count, 0);
	watch(&kept, HOUR, 1000, 0, 90 * SECOND);
	assert_int_equal(kept.count, 1);
	assert_string_equal(kept.gaps[0].code, "clock-ahead");
	assert_true(kept.gaps[0].error == 90 * SECOND);
	watch(&kept, HOUR, 1000, 0, 0);
	assert_false(on(&kept, GAP_DRIFTING));
	watch(&kept, HOUR, 1000, 0, -90 * SECOND);
	assert_int_equal(kept.count, 2);
	assert_string_equal(kept.gaps[1].code, "clock-behind-or-late");
	assert_true(kept.gaps[1].error == -90 * SECOND);
	watch(&kept, HOUR, 1000, 0, 0);
	assert_false(on(&kept, GAP_DRIFTING));
}

static void test_a_telescope_that_drops_is_noticed_by_its_lines(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	watch(&kept, HOUR, 1000, 0, 0);
	assert_int_equal(kept.count, 0);
	watch(&kept, 20 * MINUTE, 1000, 500, 0);
	assert_true(on(&kept, GAP_DROPPING));
	assert_string_equal(kept.gaps[0].code, "packets-dropped");
	watch(&kept, 20 * MINUTE, 1000, 0, 0);
	assert_false(on(&kept, GAP_DROPPING));
}

/* Its route was withdrawn: lines come as before. */
static void test_a_telescope_whose_packets_stay_away_is_slow(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	watch(&kept, 4 * DAY, 1000, 0, 0);
	assert_int_equal(kept.count, 0);
	watch(&kept, 3 * HOUR, 10, 0, 0);
	assert_true(on(&kept, GAP_SLOW));
	assert_string_equal(kept.gaps[0].code, "packets-low");
	assert_true(kept.gaps[0].seen > 0 && kept.gaps[0].lost > 50 * kept.gaps[0].seen);
	watch(&kept, 3 * HOUR, 1000, 0, 0);
	assert_false(on(&kept, GAP_SLOW));
	assert_int_equal(kept.count, 1);
}

static void test_sampling_is_known_as_long_as_flows_say_so(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	hear(&kept, (struct heard){ .lines = 1, .sampling = 100 });
	hear(&kept, (struct heard){ .lines = 1, .sampling = 100 });
	assert_int_equal(kept.count, 1);
	hear(&kept, (struct heard){ .lines = 1, .sampling = 1000 });
	assert_int_equal(kept.count, 2);
	assert_true(kept.gaps[0].to && kept.gaps[1].sampling == 1000);
	pass(&kept, 25 * HOUR, MINUTE, 1);
	assert_false(on(&kept, GAP_SAMPLED));
}

static void test_a_habit_comes_back_and_damage_is_refused(void **unused)
{
	(void)unused;
	struct kept kept = begin(MONDAY);
	for (int day = 0; day < 5; day++)
		office_day(&kept, true, 1);
	struct builder bytes = { 0 };
	struct fleet_sensor back = { 0 };
	struct failure failure;
	fleet_encode(&kept.sensor, &bytes);
	struct reader from = reader_of(bytes.at, bytes.size);
	assert_int_equal(fleet_decode(&from, &back, &failure), OK);
	assert_memory_equal(back.usual, kept.sensor.usual, sizeof back.usual);
	assert_true(back.last == kept.sensor.last && back.interval == kept.sensor.interval);
	assert_in_range(bytes.size, 1, 700);
	for (size_t size = 0; size < bytes.size; size++) {
		from = reader_of(bytes.at, size);
		assert_int_not_equal(fleet_decode(&from, &back, &failure), OK);
	}
	builder_free(&bytes);
}

static void test_the_state_that_is_shown_is_the_worst(void **unused)
{
	(void)unused;
	bool none[GAP_KINDS] = { 0 }, some[GAP_KINDS] = { [GAP_SLOW] = true, [GAP_DROPPING] = true };
	bool harmless[GAP_KINDS] = { [GAP_SAMPLED] = true, [GAP_MAINTENANCE] = true };
	assert_string_equal(fleet_state(none), "ok");
	assert_string_equal(fleet_state(some), "dropping");
	assert_string_equal(fleet_state(harmless), "ok");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_sensor_that_stops_is_silent_and_then_recovers),
		cmocka_unit_test(test_one_delivery_in_a_long_silence_is_no_recovery),
		cmocka_unit_test(test_what_an_agent_delivers_later_makes_up_for_the_silence),
		cmocka_unit_test(test_a_sensor_that_is_rarely_heard_is_waited_for_longer),
		cmocka_unit_test(test_nobody_is_silent_while_the_centre_was_away),
		cmocka_unit_test(test_a_new_sensor_is_not_heard_of_until_it_is),
		cmocka_unit_test(test_slow_is_less_than_usual_at_that_hour_and_no_night_or_weekend_is_slow),
		cmocka_unit_test(test_silent_hours_teach_nothing),
		cmocka_unit_test(test_drops_are_told_from_eves_counters_and_end_below_half_the_share),
		cmocka_unit_test(test_content_that_an_agent_lost_is_a_gap_of_its_own),
		cmocka_unit_test(test_a_wrong_clock_is_told_from_late_delivery_where_an_agent_says_its_time),
		cmocka_unit_test(test_a_telescope_whose_clock_is_90_s_off_is_noticed_by_its_lines),
		cmocka_unit_test(test_a_telescope_that_drops_is_noticed_by_its_lines),
		cmocka_unit_test(test_a_telescope_whose_packets_stay_away_is_slow),
		cmocka_unit_test(test_sampling_is_known_as_long_as_flows_say_so),
		cmocka_unit_test(test_a_habit_comes_back_and_damage_is_refused),
		cmocka_unit_test(test_the_state_that_is_shown_is_the_worst),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
