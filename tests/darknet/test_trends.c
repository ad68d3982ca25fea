/*
 * darknet/trend/trends.h: bins close by themselves, also those in which nothing came; what is told is JSON with each
 * key that docs/darknet.md has.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "darknet/trend/coverage.h"
#include "darknet/trend/trends_inner.h"

#include "world.h"
#include "year.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void add(void *context, const struct activity *activity)
{
	trends_add(context, activity);
}

static json_t *parse(struct builder *text)
{
	assert_false(text->failed);
	json_t *value = json_loadb(text->at, text->size, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(value);
	builder_free(text);
	return value;
}

static void check_keys(json_t *value, const char *const *keys)
{
	for (; *keys; keys++)
		if (!json_object_get(value, *keys))
			fail_msg("no key %s", *keys);
}

static void check_change(const struct change *change)
{
	static const char *const keys[] = { "change", "over", "new", "noticed", "from", "to", "observed", "expected",
		"surprise", "threshold", "awake", NULL };
	struct builder text = { 0 };
	change_json(change, &text);
	json_t *value = parse(&text);
	check_keys(value, keys);
	assert_int_equal(json_object_size(value), 12); /* and a port, a country or a network */
	json_decref(value);
}

static void check_group(const struct group *group)
{
	static const char *const keys[] = { "kind", "number", "sources", "packets", "open", "noticed", "first", "last",
		"ports", "common", "tool", "shape", "prefixes", "observed", "expected", "surprise", "threshold", "bins",
		"addresses", NULL };
	struct builder text = { 0 };
	group_json(group, group->address_count, &text);
	json_t *value = parse(&text);
	check_keys(value, keys);
	assert_int_equal(json_array_size(json_object_get(value, "addresses")), group->address_count);
	assert_true(json_object_size(json_object_get(value, "common")) >= 1);
	json_decref(value);
}

static void test_a_year_has_groups_and_changes(void **state)
{
	(void)state;
	struct year_setting setting = { .seed = 4, .days = 32, .rows = 200, .most = 1000, .targets = 4096 };
	struct year *year = year_new(&setting);
	struct trends *trends = trends_new(0);
	assert_non_null(trends);
	for (uint32_t hour = 0; hour < year_hours(year); hour++)
		year_hour(year, hour, add, trends);
	trends_finish(trends);
	size_t changes, groups;
	const struct change *change = trends_changes(trends, &changes);
	const struct group *group = trends_groups(trends, &groups);
	print_message("# %zu changes, %zu groups\n", changes, groups);
	assert_true(changes > 5 && groups > 5 && trends_untold(trends) == 0);
	for (size_t i = 0; i < changes; i++)
		check_change(&change[i]);
	for (size_t i = 0; i < groups; i++) {
		check_group(&group[i]);
		assert_true(i == 0 || group[i].number > group[i - 1].number);
	}
	trends_free(trends);
	year_free(year);
}

static void test_hours_in_which_nothing_came_are_closed_and_decades_are_not(void **state)
{
	(void)state;
	struct trends *trends = trends_new(0);
	struct activity activity = {
		.bin = YEAR_START, .first = YEAR_START, .last = YEAR_START, .packets = 1, .port = 23, .protocol = 6
	};
	trends_add(trends, &activity);
	activity.bin += 3 * HOUR;
	trends_add(trends, &activity);
	activity.bin += 100 * 365 * DAY; /* a file may say so */
	trends_add(trends, &activity);
	trends_finish(trends);
	size_t count;
	trends_groups(trends, &count);
	assert_int_equal(count, 0);
	trends_free(trends);
	trends_free(NULL);
}

/* ── kept over a restart ─ */

struct told {
	uint64_t changes, groups; /* of what was told, in order */
	unsigned count;
};

static void tell_change(void *context, const struct change *change)
{
	struct told *told = context;
	uint64_t what[] = { (uint64_t)change->noticed, (uint64_t)change->to, change->of, change->over, change->rise,
		change->port, change->network, (uint64_t)(change->observed * 1000),
		(uint64_t)(change->surprise * 1000) };
	told->changes = hash_bytes(what, sizeof what, told->changes);
	told->count++;
}

static void tell_group(void *context, const struct group *group)
{
	struct told *told = context;
	uint64_t what[] = { (uint64_t)group->noticed, group->number, group->sources, group->packets, group->told,
		group->observed, (uint64_t)(group->surprise * 1000), group->address_count, group->port_count,
		group->open };
	told->groups = hash_bytes(what, sizeof what, told->groups);
	told->groups = hash_bytes(group->addresses, group->address_count * sizeof *group->addresses, told->groups);
	told->count++;
}

/* An hour as the telescope tells it: each row when it begins, and when the bin is over what it did in all. A run that
 * breaks off at row `broken` tells what it has by then; the next one begins anew what goes on. */
struct relay {
	struct trends *trends;
	struct told told;
	struct activity *rows;
	size_t count, room;
	uint64_t number, broken; /* rows so far; where the run breaks */
};

static void end_of_bin(struct relay *relay)
{
	for (size_t i = 0; i < relay->count; i++)
		trends_more(relay->trends, &relay->rows[i]);
	relay->count = 0;
}

static struct trends *fresh_trends(struct relay *relay)
{
	struct trends *trends = trends_new(0);
	assert_non_null(trends);
	trends_tell(trends, tell_change, tell_group, &relay->told);
	trends_keep(trends);
	return trends;
}

static void restart(struct relay *relay)
{
	struct builder kept = { 0 }, again = { 0 };
	struct failure failure = { 0 };
	end_of_bin(relay);
	trends_finish(relay->trends);
	assert_int_equal(trends_save(relay->trends, &kept, &failure), OK);
	trends_free(relay->trends);
	relay->trends = fresh_trends(relay);
	struct text text = { kept.at, kept.size };
	if (trends_load(relay->trends, text, "kept", &failure) != OK)
		fail_msg("%s", failure.words);
	assert_int_equal(trends_save(relay->trends, &again, &failure), OK);
	assert_int_equal(again.size, kept.size);
	assert_memory_equal(again.at, kept.at, kept.size);
	builder_free(&kept);
	builder_free(&again);
}

static void relay_row(void *context, const struct activity *activity)
{
	struct relay *relay = context;
	struct activity first = *activity;
	if (relay->count && relay->rows[0].bin != activity->bin)
		end_of_bin(relay);
	if (relay->number++ == relay->broken) {
		restart(relay);
		for (size_t i = 0; i < 3; i++) /* the row before is seen again: it began before the run broke */
			trends_begin(relay->trends, &relay->rows[0], 1);
	}
	if (relay->count == relay->room) {
		relay->rows = array_grow(relay->rows, &relay->room, 1024, sizeof *relay->rows);
		assert_non_null(relay->rows);
	}
	relay->rows[relay->count++] = *activity;
	first.packets = 1;
	trends_begin(relay->trends, &first, 1);
}

static struct told run_broken_at(uint64_t broken)
{
	struct year_setting setting = { .seed = 4, .days = 28, .rows = 60, .most = 300, .targets = 4096 };
	struct year *year = year_new(&setting);
	struct relay relay = { .broken = broken };
	relay.trends = fresh_trends(&relay);
	for (uint32_t hour = 0; hour < year_hours(year); hour++)
		year_hour(year, hour, relay_row, &relay);
	end_of_bin(&relay);
	trends_clock(relay.trends, YEAR_START + 31 * DAY);
	trends_free(relay.trends);
	year_free(year);
	free(relay.rows);
	return relay.told;
}

static void test_a_run_that_is_broken_anywhere_tells_what_one_run_would(void **state)
{
	(void)state;
	struct told whole = run_broken_at(UINT64_MAX);
	assert_true(whole.count > 10);
	static const uint64_t points[] = { 1, 31234 };
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		struct told parts = run_broken_at(points[i]);
		assert_int_equal(parts.count, whole.count);
		assert_true(parts.changes == whole.changes && parts.groups == whole.groups);
	}
}

static struct builder some_history(void)
{
	struct builder kept = { 0 };
	struct year_setting setting = { .seed = 4, .days = 25, .rows = 20, .most = 100, .targets = 4096 };
	struct year *year = year_new(&setting);
	struct trends *trends = trends_new(0);
	trends_keep(trends);
	for (uint32_t hour = 0; hour < 600; hour++)
		year_hour(year, hour, add, trends);
	assert_int_equal(trends_save(trends, &kept, NULL), OK);
	trends_free(trends);
	year_free(year);
	return kept;
}

static enum error load(const char *at, size_t size, nanoseconds bin, struct failure *failure)
{
	struct trends *trends = trends_new(bin);
	enum error error = trends_load(trends, (struct text){ at, size }, "kept", failure);
	trends_free(trends);
	return error;
}

static void test_a_damaged_history_is_one_error_and_never_another_history(void **state)
{
	(void)state;
	struct builder kept = some_history();
	struct failure failure = { 0 };
	assert_int_equal(load(kept.at, kept.size, 0, &failure), OK);
	for (size_t i = 0; i < 12; i++) {
		size_t at = i < 6 ? i * 7 : kept.size / 12 * i;
		kept.at[at] ^= 0x10;
		enum error error = load(kept.at, kept.size, 0, &failure);
		assert_true(error == ERROR_CORRUPT || error == ERROR_VERSION);
		assert_true(failure.words[0]);
		kept.at[at] ^= 0x10;
	}
	for (size_t size = 0; size < kept.size; size += size < 40 ? 1 : kept.size / 7)
		assert_int_equal(load(kept.at, size, 0, &failure), ERROR_CORRUPT);
	kept.at[8]++;
	assert_int_equal(load(kept.at, kept.size, 0, &failure), ERROR_VERSION);
	kept.at[8]--;
	assert_int_equal(load(kept.at, kept.size, 2 * HOUR, &failure), ERROR_CONFLICT);
	builder_free(&kept);
}

/* Version 4 is version 5 without the usual newcomers of open groups, version 3 is version 4 without which addresses
 * were told and what was slept through, version 2 is version 3 without its habits, version 1 is version 2 without its
 * last eight bytes. */
static void test_histories_of_versions_before_are_read(void **state)
{
	(void)state;
	struct builder kept = some_history(), habits = { 0 }, listed = { 0 }, usual = { 0 };
	struct trends *trends = trends_new(0);
	struct failure failure = { .words = "" };
	assert_int_equal(trends_load(trends, (struct text){ kept.at, kept.size }, "kept", NULL), OK);
	habits_put(trends->habits, &habits);
	groups_put_listed(trends->groups, &listed);
	groups_put_usual(trends->groups, &usual);
	assert_true(habits.size > 1000 && listed.size > 20 && usual.size > 0); /* a group is open */
	for (uint32_t version = 1; version <= 4; version++) {
		struct builder before = { 0 };
		size_t size = kept.size - 28 - 4 - usual.size;
		size -= version < 4 ? listed.size : 0;
		size -= version < 3 ? habits.size : 0;
		size -= version < 2 ? 8 : 0;
		put_bytes(&before, kept.at, 8);
		put_u32(&before, version);
		put_i64(&before, HOUR);
		put_u64(&before, size);
		put_bytes(&before, kept.at + 28, size);
		put_u32(&before, checksum(0, before.at, before.size));
		assert_false(before.failed);
		if (load(before.at, before.size, 0, &failure) != OK)
			fail_msg("%s", failure.words);
		builder_free(&before);
	}
	trends_free(trends);
	builder_free(&habits);
	builder_free(&listed);
	builder_free(&usual);
	builder_free(&kept);
}

static void test_what_is_older_than_the_history_is_left_out(void **state)
{
	(void)state;
	struct builder kept = some_history();
	struct trends *trends = trends_new(0);
	assert_int_equal(trends_load(trends, (struct text){ kept.at, kept.size }, "kept", NULL), OK);
	struct activity activity = {
		.bin = YEAR_START, .first = YEAR_START, .last = YEAR_START, .packets = 1, .port = 23, .protocol = 6
	};
	trends_begin(trends, &activity, 1);
	trends_add(trends, &activity);
	assert_int_equal(trends_old(trends), 2);
	trends_free(trends);
	builder_free(&kept);
}

/* ── coverage ─ */

struct sensor {
	struct trends *trends;
	struct told told;
	nanoseconds off_from, off_to; /* it hears nothing */
	unsigned changes, groups, falls;
};

static void count_change(void *context, const struct change *change)
{
	struct sensor *sensor = context;
	sensor->changes++;
	sensor->falls += !change->rise;
}

static void count_group(void *context, const struct group *group)
{
	struct sensor *sensor = context;
	sensor->groups += group->open;
}

static void hear(void *context, const struct activity *activity)
{
	struct sensor *sensor = context;
	if (activity->first >= sensor->off_from && activity->first < sensor->off_to)
		return;
	struct activity heard = *activity;
	if (heard.last >= sensor->off_from && heard.first < sensor->off_from)
		heard.last = sensor->off_from - 1;
	trends_begin(sensor->trends, &heard, 1);
	trends_more(sensor->trends, &heard);
}

/* 30 days of the background without a campaign, of which the sensor misses some. */
static struct sensor listen(enum world_kind kind, nanoseconds off_from, nanoseconds off_to, uint64_t *asleep)
{
	struct sensor sensor = { .off_from = WORLD_START + off_from, .off_to = WORLD_START + off_to };
	struct world world;
	const struct world_setting setting = { kind, 11, 30, 150, 10 };
	assert_true(world_new(&setting, &world));
	sensor.trends = trends_new(0);
	trends_tell(sensor.trends, count_change, count_group, &sensor);
	for (uint32_t hour = 0; hour < WORLD_QUIET * 24; hour++)
		world.hour(world.inside, hour, hear, &sensor);
	trends_finish(sensor.trends);
	*asleep = trends_asleep(sensor.trends);
	trends_free(sensor.trends);
	world_free(&world);
	return sensor;
}

static void test_a_sensor_that_was_off_makes_no_alarm(void **state)
{
	(void)state;
	static const struct {
		nanoseconds from, to;
		unsigned least, most; /* bins that are left out */
	} offs[] = { { 16 * DAY, 17 * DAY, 24, 24 },
		{ 18 * DAY + 5 * HOUR + 20 * MINUTE, 18 * DAY + 8 * HOUR + 20 * MINUTE, 2, 3 },
		{ 15 * DAY + 10 * MINUTE, 15 * DAY + 30 * MINUTE, 0, 0 } };
	for (int kind = 0; kind < WORLD_KINDS; kind++) {
		uint64_t asleep;
		struct sensor always = listen((enum world_kind)kind, 0, 0, &asleep);
		assert_int_equal(asleep, 0);
		for (size_t i = 0; i < (kind == WORLD_WILD ? sizeof offs / sizeof offs[0] : 1); i++) {
			struct sensor sensor = listen((enum world_kind)kind, offs[i].from, offs[i].to, &asleep);
			print_message("# world %d, off %zu: %u changes (%u falls), %u groups; without: %u, %u\n", kind,
			    i, sensor.changes, sensor.falls, sensor.groups, always.changes, always.groups);
			assert_in_range(asleep, offs[i].least, offs[i].most);
			assert_int_equal(sensor.falls, always.falls);
			assert_true(sensor.groups <= always.groups && sensor.changes <= always.changes);
		}
	}
}

static void test_lost_times_are_no_falls_either(void **state)
{
	(void)state;
	struct coverage coverage = { .bin = HOUR };
	for (int hour = 0; hour < 100; hour++) {
		for (int i = 0; i < 3600; i += 10)
			coverage_mark(&coverage, hour * HOUR, hour * HOUR + i * SECOND);
		if (hour == 50)
			coverage_lost(&coverage, hour * HOUR, hour * HOUR + 15 * MINUTE, hour * HOUR + 45 * MINUTE);
		for (int i = 0; i < 10 && hour == 60; i++) /* in pieces, with something heard between them */
			coverage_lost(&coverage, hour * HOUR, hour * HOUR + i * 6 * MINUTE,
			    hour * HOUR + i * 6 * MINUTE + 3 * MINUTE);
		double awake = coverage_close(&coverage, hour * HOUR);
		if (hour == 50 || hour == 60)
			assert_true(awake >= (hour == 50 ? 0.45 : 0.3) && awake <= 0.5);
		else
			assert_true(awake == 1);
	}
	/* What hears little is never told to be off. */
	struct coverage quiet = { .bin = HOUR };
	for (int hour = 0; hour < 100; hour++) {
		for (int i = 0; i < hour % 5; i++)
			coverage_mark(&quiet, hour * HOUR, hour * HOUR + i * MINUTE);
		assert_true(coverage_close(&quiet, hour * HOUR) == 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_year_has_groups_and_changes),
		cmocka_unit_test(test_hours_in_which_nothing_came_are_closed_and_decades_are_not),
		cmocka_unit_test(test_a_run_that_is_broken_anywhere_tells_what_one_run_would),
		cmocka_unit_test(test_a_damaged_history_is_one_error_and_never_another_history),
		cmocka_unit_test(test_histories_of_versions_before_are_read),
		cmocka_unit_test(test_what_is_older_than_the_history_is_left_out),
		cmocka_unit_test(test_a_sensor_that_was_off_makes_no_alarm),
		cmocka_unit_test(test_lost_times_are_no_falls_either),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
