/*
 * darknet/trend/groups.h and what it stands on: who is new (lately.h), what is usual (history.h), how surprising chance
 * is (tail.h).
 */
#include "darknet/packet/arrival.h"
#include "darknet/trend/groups.h"
#include "darknet/trend/history.h"
#include "darknet/trend/lately.h"
#include "darknet/trend/tail.h"

#include "chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#define START (1640995200 * SECOND) /* 2022-01-01T00:00Z */

static void test_a_source_is_new_once_until_it_is_forgotten(void **state)
{
	(void)state;
	struct lately *seen = lately_new(100000, 10);
	assert_non_null(seen);
	struct chance chance = chance_of(1, 1);
	uint64_t keys[2000];
	for (size_t i = 0; i < 2000; i++) {
		keys[i] = chance_bits(&chance);
		assert_true(lately_first(seen, keys[i], 250)); /* days are kept modulo 256 */
	}
	for (size_t i = 0; i < 2000; i++)
		assert_false(lately_first(seen, keys[i], 260));
	for (size_t i = 0; i < 2000; i++)
		assert_true(lately_first(seen, keys[i], 271) && !lately_first(seen, keys[i], 271));
	assert_int_equal(lately_displaced(seen), 0);
	for (size_t i = 0; i < 1000000; i++)
		lately_first(seen, chance_bits(&chance), 272);
	assert_true(lately_displaced(seen) > 500000);
	lately_free(seen);
	lately_free(NULL);
}

/* Scores of which each exceeds x with probability exp(-x/2), a hundred in an hour, and a few alarms that are none. */
static void test_thresholds_are_exceeded_as_often_as_was_asked(void **state)
{
	(void)state;
	struct tail tail = { 0 };
	struct chance chance = chance_of(2, 1);
	assert_true(tail_threshold(&tail, 1, 33) == 33);
	for (int hour = 0; hour < 60 * 24; hour++) {
		for (int i = 0; i < 100; i++)
			tail_note(&tail, 0, -2 * log(chance_unit(&chance)));
		tail_step(&tail, 1);
	}
	/* 72,000 in a month: once is at 2·ln 72,000 = 22.4, ten times at 17.8. */
	double once = tail_threshold(&tail, 1, 33), ten = tail_threshold(&tail, 10, 33);
	assert_true(once > 20 && once < 27 && ten > 15 && ten < 21 && ten < once);
	double before = once;
	for (int i = 0; i < 3; i++)
		tail_note(&tail, 0, 1000);
	once = tail_threshold(&tail, 1, 33);
	assert_true(fabs(once - before) < 4);
	tail_note(&tail, 0, 5); /* a peak that rises is one peak */
	tail_note(&tail, 5, 30);
	tail_note(&tail, 30, 31);
	double count = 0;
	for (size_t i = 0; i < TAIL_BUCKETS; i++)
		count += tail.counts[i];
	assert_true(count < 144000 && tail.counts[62] >= 1 && tail.counts[60] < 1);
}

static struct histories *learnt(struct chance *chance, unsigned days, double mean)
{
	struct histories *histories = histories_new(100, HOUR, 9 * 3600);
	assert_non_null(histories);
	for (unsigned hour = 0; hour < days * 24; hour++) {
		double season = (hour + 9) % 24 < 12 ? 1.5 : 0.5;
		histories_add(histories, 7, (double)chance_poisson(chance, mean * season));
		histories_close(histories, START + hour * HOUR, 1);
	}
	return histories;
}

static void test_a_history_knows_the_hours_of_the_day(void **state)
{
	(void)state;
	struct chance chance = chance_of(3, 1);
	struct histories *histories = learnt(&chance, 60, 100);
	const struct history *history = histories_find(histories, 7);
	assert_non_null(history);
	double day = history_expected(histories, history, START + 60 * DAY - 9 * HOUR + 6 * HOUR).mean;
	double night = history_expected(histories, history, START + 60 * DAY - 9 * HOUR + 18 * HOUR).mean;
	assert_true(day > 135 && day < 165 && night > 40 && night < 60);
	assert_true(history->scatter < 0.05);
	assert_null(histories_find(histories, 8));
	histories_free(histories);
}

static void test_a_burst_is_no_new_level_and_a_new_level_is(void **state)
{
	(void)state;
	struct chance chance = chance_of(4, 1);
	struct histories *histories = learnt(&chance, 60, 100);
	const struct history *history = histories_find(histories, 7);
	double before = history->level;
	for (unsigned hour = 0; hour < 6; hour++) {
		histories_add(histories, 7, 100000);
		histories_close(histories, START + 60 * DAY + hour * HOUR, 1);
	}
	assert_true(history->level < before * 1.3);
	for (unsigned hour = 6; hour < 45 * 24; hour++) {
		histories_add(histories, 7, (double)chance_poisson(&chance, 300));
		histories_close(histories, START + 60 * DAY + hour * HOUR, 1);
	}
	assert_true(history->level > 240 && history->level < 360);
	histories_free(histories);
}

static void test_histories_are_bounded_and_the_least_go(void **state)
{
	(void)state;
	struct histories *histories = histories_new(100, HOUR, 0);
	for (unsigned hour = 0; hour < 48; hour++) {
		histories_add(histories, 5, 50);
		histories_close(histories, START + hour * HOUR, 1);
	}
	for (uint64_t key = 100; key < 5000; key++)
		histories_add(histories, key, 1);
	assert_true(histories_displaced(histories) > 4000 && histories_count(histories) < 200);
	assert_non_null(histories_find(histories, 5));
	histories_free(histories);
}

/* ---- Groups ---- */

struct told {
	unsigned ended; /* groups of the shape 99 */
	struct group last;
	unsigned times;
	struct address addresses[1000];
};

static void tell(void *context, const struct group *group)
{
	struct told *told = context;
	if (!group->open) {
		told->ended += group->example.shape == 99;
		return;
	}
	told->times++;
	told->last = *group;
	size_t count = group->address_count < 1000 ? group->address_count : 1000;
	memcpy(told->addresses, group->addresses, count * sizeof *group->addresses);
}

static void note_nothing(void *context, const struct group *group)
{
	(void)context;
	(void)group;
}

static struct activity source(uint32_t number, nanoseconds first)
{
	struct activity activity = { .bin = first / HOUR * HOUR,
		.first = first,
		.last = first,
		.packets = 1,
		.targets = 1,
		.shape = 1 + number % 5,
		.network = 1 + number % 300,
		.country = { (char)('A' + number % 20), 'X' },
		.port = 23,
		.protocol = 6,
		.kind = ARRIVAL_PROBE,
		.tool = TOOL_SYSTEM };
	activity.source.bytes[10] = activity.source.bytes[11] = 0xff;
	memcpy(activity.source.bytes + 12, &number, sizeof number);
	return activity;
}

/* An hour of 100 sources on port 23, half of them new; what `more` adds is between them. */
static void background(struct groups *groups, struct chance *chance, uint32_t hour)
{
	for (uint64_t i = chance_poisson(chance, 100); i > 0; i--) {
		bool known = chance_unit(chance) < 0.5;
		uint32_t number = known ? chance_below(chance, 2000) : (uint32_t)chance_bits(chance) | 1u << 24;
		struct activity row = source(number, START + hour * HOUR + chance_below(chance, 3600) * SECOND);
		groups_add(groups, &row, 1);
	}
}

static struct groups *quiet_weeks(struct told *told, struct chance *chance, uint32_t hours)
{
	struct groups_settings settings = groups_usual;
	settings.cells = 1 << 14;
	settings.seen = 1 << 18;
	settings.newcomers = 1 << 14;
	settings.members = 1 << 14;
	struct groups *groups = groups_new(&settings);
	assert_non_null(groups);
	*told = (struct told){ 0 };
	for (uint32_t hour = 0; hour < hours; hour++) {
		background(groups, chance, hour);
		groups_close(groups, START + hour * HOUR, 1, tell, told);
	}
	return groups;
}

#define WEEKS (40 * 24)

static void test_sources_that_begin_together_are_a_group_before_their_hour_ended(void **state)
{
	(void)state;
	static struct told told;
	struct chance chance = chance_of(5, 1);
	struct groups *groups = quiet_weeks(&told, &chance, WEEKS);
	unsigned by_chance = told.times;
	assert_in_range(by_chance, 0, 4); /* in 26 days, one a month was asked for */
	background(groups, &chance, WEEKS);
	nanoseconds hour = START + WEEKS * HOUR;
	for (uint32_t i = 0; i < 200 && told.times == by_chance; i++) {
		struct activity row = source(0x50000000 + i, hour + i * 10 * SECOND);
		row.shape = 99; /* one packet from each, but the same header */
		groups_add(groups, &row, 1);
		groups_check(groups, row.first + 1, tell, &told);
	}
	assert_int_equal(told.times, by_chance + 1);
	struct group group = told.last;
	assert_true(group.noticed < hour + 20 * MINUTE);
	assert_true(group.by == GROUP_BY_PORT_SHAPE && group.example.shape == 99 && group.example.port == 23);
	assert_true(group.sources >= 10 && group.address_count == group.sources && group.packets == group.sources);
	for (size_t i = 0; i < group.address_count; i++)
		assert_int_equal(told.addresses[i].bytes[15], 0x50);
	assert_true(group.port_count == 1 && group.ports[0] == 23 && group.protocols[0] == 6);
	assert_true(group.observed >= 10 && group.expected < 1 && group.surprise > group.threshold && group.open);
	groups_free(groups);
}

static void find_group(void *context, const struct group *group)
{
	struct group *into = context;
	if (group->example.shape == 99)
		*into = *group;
}

static void test_a_group_grows_and_ends(void **state)
{
	(void)state;
	static struct told told;
	struct chance chance = chance_of(6, 1);
	struct groups *groups = quiet_weeks(&told, &chance, WEEKS);
	unsigned by_chance = told.times;
	for (uint32_t hour = WEEKS; hour < WEEKS + 10 * 24; hour++) {
		background(groups, &chance, hour);
		for (uint32_t i = 0; hour < WEEKS + 48 && i < 300; i++) {
			struct activity row = source(0x50000000 + i, START + hour * HOUR + i * SECOND);
			row.shape = 99;
			groups_add(groups, &row, 1);
			groups_more(groups, &row, 2);
		}
		groups_close(groups, START + hour * HOUR, 1, tell, &told);
	}
	assert_true(told.times > by_chance && told.times <= by_chance + 3);
	assert_int_equal(told.ended, 1);
	struct group group = { 0 };
	groups_each(groups, find_group, &group);
	assert_true(group.sources >= 270 && group.packets > 270 * 3 * 46 && !group.open);
	assert_true(
	    group.first < START + WEEKS * HOUR + MINUTE && group.last == START + (WEEKS + 47) * HOUR + 299 * SECOND);
	groups_free(groups);
}

static void find_wave(void *context, const struct group *group)
{
	struct group *into = context;
	if (group->noticed > START + WEEKS * HOUR && group->sources > into->sources)
		*into = *group;
}

/* Whose addresses were told, each once: by number of its source. */
struct grown {
	uint8_t times[20000];
	unsigned visits, others;
};

static void note_grown(void *context, const struct group *group)
{
	struct grown *grown = context;
	grown->visits++;
	for (size_t i = group->listed; i < group->address_count; i++) {
		uint32_t number = 0;
		memcpy(&number, group->addresses[i].bytes + 12, sizeof number);
		if (number >= 0x50000000 && number < 0x50000000 + 20000)
			grown->times[number - 0x50000000]++;
		else
			grown->others++;
	}
}

/* The group on port 5555, which began WEEKS after START, of `count` sources within an hour; what is told of each
 * minute. */
static struct groups *crowd(
    struct grown *grown, struct chance *chance, const struct groups_settings *settings, uint32_t count)
{
	struct groups *groups = groups_new(settings);
	assert_non_null(groups);
	for (uint32_t hour = 0; hour < WEEKS; hour++) {
		background(groups, chance, hour);
		groups_close(groups, START + hour * HOUR, 1, note_nothing, NULL);
	}
	nanoseconds hour = START + WEEKS * HOUR;
	for (uint32_t i = 0; i < count; i++) {
		struct activity row = source(0x50000000 + i, hour + (nanoseconds)i * (HOUR / count));
		row.port = 5555;
		row.shape = 99;
		groups_add(groups, &row, 1);
		if (i % 100 == 99) {
			groups_check(groups, row.first + 1, note_grown, grown);
			groups_grown(groups, 1000, note_grown, grown);
		}
	}
	groups_close(groups, hour, 1, note_grown, grown);
	groups_grown(groups, 1, note_grown, grown);
	return groups;
}

static void find_crowd(void *context, const struct group *group)
{
	struct group *into = context;
	if (group->example.port == 5555)
		*into = *group;
}

static void test_each_of_many_sources_is_told_once_while_the_group_grows(void **state)
{
	(void)state;
	static struct grown grown;
	struct chance chance = chance_of(12, 1);
	struct groups_settings settings = groups_usual;
	struct group group = { 0 };
	grown = (struct grown){ .visits = 0 };
	struct groups *groups = crowd(&grown, &chance, &settings, 20000);
	groups_each(groups, find_crowd, &group);
	assert_true(group.sources == 20000 && group.address_count == 20000 && group.listed == 20000);
	for (size_t i = 0; i < 20000; i++)
		assert_int_equal(grown.times[i], 1);
	assert_in_range(grown.visits, 20, 60);
	assert_int_equal(groups_lost(groups).addresses, 0);
	groups_free(groups);
}

static void test_addresses_that_find_no_room_are_counted_and_ended_groups_give_theirs(void **state)
{
	(void)state;
	static struct grown grown;
	struct chance chance = chance_of(12, 1);
	struct groups_settings settings = groups_usual;
	struct group group = { 0 };
	settings.addresses = 6000;
	settings.listed = 8000;
	grown = (struct grown){ .visits = 0 };
	struct groups *groups = crowd(&grown, &chance, &settings, 9000);
	groups_each(groups, find_crowd, &group);
	assert_true(group.sources == 9000 && group.address_count == 6000);
	assert_int_equal(groups_lost(groups).addresses, 3000);
	for (uint32_t hour = WEEKS + 1; hour < WEEKS + 4 * 24; hour++) { /* until it has ended */
		background(groups, &chance, hour);
		groups_close(groups, START + hour * HOUR, 1, note_nothing, NULL);
	}
	groups_each(groups, find_crowd, &group);
	assert_true(!group.open && group.address_count == 6000);
	nanoseconds begin = START + (WEEKS + 4 * 24) * HOUR;
	for (uint32_t i = 0; i < 5000; i++) {
		struct activity row = source(0x60000000 + i, begin + i * SECOND / 2);
		row.port = 7777;
		row.shape = 98;
		groups_add(groups, &row, 1);
		if (i % 100 == 99)
			groups_check(groups, row.first + 1, note_nothing, NULL);
	}
	groups_each(groups, find_crowd, &group);
	assert_int_equal(group.address_count, 1000); /* it was told: the first stay */
	assert_int_equal(groups_lost(groups).addresses, 3000);
	groups_free(groups);
}

/* Bots on port 23, twenty new ones in an hour, each of which lives for 40 hours and sends in most of them. */
static void bots(struct groups *groups, struct chance *chance, uint32_t hour)
{
	for (uint32_t born = hour < 40 ? 0 : hour - 40; born <= hour; born++)
		for (uint32_t i = 0; i < 20; i++) {
			if (chance_unit(chance) < 0.3)
				continue;
			struct activity row = source(
			    0x60000000 + born * 20 + i, START + hour * HOUR + chance_below(chance, 3600) * SECOND);
			groups_add(groups, &row, 1);
		}
}

/* 400 in an hour, with a header as a fifth of the usual newcomers has: those join for two days, some ten an hour. */
static void test_a_wave_that_is_over_lists_few_of_the_usual_newcomers(void **state)
{
	(void)state;
	static struct told told;
	struct chance chance = chance_of(14, 1);
	struct groups *groups = quiet_weeks(&told, &chance, WEEKS);
	for (uint32_t i = 0; i < 400; i++) {
		struct activity row = source(0x50000000 + i, START + WEEKS * HOUR + i * SECOND);
		row.shape = 3;
		groups_add(groups, &row, 1);
	}
	for (uint32_t hour = WEEKS; hour < WEEKS + 60; hour++) {
		background(groups, &chance, hour);
		groups_close(groups, START + hour * HOUR, 1, tell, &told);
	}
	struct group group = { 0 };
	groups_each(groups, find_wave, &group);
	size_t bots = 0;
	for (size_t i = 0; i < group.address_count; i++)
		bots += group.addresses[i].bytes[15] == 0x50;
	assert_int_equal(bots, 400);
	assert_true(group.sources > 700 && group.usual > 5);
	assert_in_range(group.address_count, 400, 400 * 10 / 6);
	groups_free(groups);
}

/* Who came while the sensor was off is new when it is on again, and no group; what had no part in that is one. */
static void test_who_came_while_nobody_listened_is_no_group(void **state)
{
	(void)state;
	static struct told told;
	struct chance chance = chance_of(8, 1);
	struct groups *groups = quiet_weeks(&told, &chance, 0);
	unsigned before = 0;
	for (uint32_t hour = 0; hour < WEEKS + 60; hour++) {
		bool off = hour >= WEEKS && hour < WEEKS + 26;
		if (hour == WEEKS)
			before = told.times;
		if (!off)
			bots(groups, &chance, hour);
		groups_close(groups, START + hour * HOUR, off ? 0 : 1, tell, &told);
		assert_true(hour < WEEKS || told.times == before);
		if (hour != WEEKS + 26)
			continue;
		for (uint32_t i = 0; i < 30; i++) { /* where nobody else is, in the first hour after */
			struct activity row = source(0x50000000 + i, START + (hour + 1) * HOUR + i * SECOND);
			row.shape = 99;
			row.port = 5555;
			groups_add(groups, &row, 1);
		}
		groups_check(groups, START + (hour + 1) * HOUR + MINUTE, tell, &told);
		assert_int_equal(told.times, before + 1);
		assert_true(told.last.example.shape == 99 && told.last.sources == 30);
		before = told.times;
	}
	groups_free(groups);
}

static void test_research_and_backscatter_are_no_groups(void **state)
{
	(void)state;
	static struct told told;
	struct chance chance = chance_of(7, 1);
	struct groups *groups = quiet_weeks(&told, &chance, WEEKS);
	unsigned by_chance = told.times;
	for (uint32_t i = 0; i < 2000; i++) {
		struct activity row = source(0x50000000 + i, START + WEEKS * HOUR + i * SECOND);
		row.shape = 99;
		row.research = i % 2;
		row.kind = i % 2 ? ARRIVAL_PROBE : ARRIVAL_BACKSCATTER;
		groups_add(groups, &row, 1);
	}
	groups_close(groups, START + WEEKS * HOUR, 1, tell, &told);
	assert_int_equal(told.times, by_chance);
	groups_free(groups);
}

static void test_what_finds_no_room_is_counted(void **state)
{
	(void)state;
	struct groups_settings settings = groups_usual;
	settings.cells = settings.newcomers = settings.members = 64;
	settings.seen = 1024;
	settings.learn = 0;
	static struct told told;
	struct groups *groups = groups_new(&settings);
	for (uint32_t i = 0; i < 20000; i++) {
		struct activity row = source(i, START + i / 7 * SECOND);
		row.port = (uint16_t)(i % 3 ? 23 : i);
		groups_add(groups, &row, 1);
	}
	groups_close(groups, START, 1, tell, &told);
	struct groups_lost lost = groups_lost(groups);
	assert_true(lost.cells > 0 && lost.newcomers > 0 && lost.sources > 0);
	for (uint32_t hour = 1; hour < 60; hour++) {
		for (uint32_t i = 0; i < 100; i++) {
			struct activity row = source(0x50000000 + i + hour * 100, START + hour * HOUR + i);
			groups_add(groups, &row, 1);
		}
		groups_close(groups, START + hour * HOUR, 1, tell, &told);
	}
	assert_true(groups_lost(groups).members > 0 && told.times > 0);
	groups_free(groups);
	groups_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_source_is_new_once_until_it_is_forgotten),
		cmocka_unit_test(test_thresholds_are_exceeded_as_often_as_was_asked),
		cmocka_unit_test(test_a_history_knows_the_hours_of_the_day),
		cmocka_unit_test(test_a_burst_is_no_new_level_and_a_new_level_is),
		cmocka_unit_test(test_histories_are_bounded_and_the_least_go),
		cmocka_unit_test(test_sources_that_begin_together_are_a_group_before_their_hour_ended),
		cmocka_unit_test(test_a_group_grows_and_ends),
		cmocka_unit_test(test_each_of_many_sources_is_told_once_while_the_group_grows),
		cmocka_unit_test(test_addresses_that_find_no_room_are_counted_and_ended_groups_give_theirs),
		cmocka_unit_test(test_a_wave_that_is_over_lists_few_of_the_usual_newcomers),
		cmocka_unit_test(test_who_came_while_nobody_listened_is_no_group),
		cmocka_unit_test(test_research_and_backscatter_are_no_groups),
		cmocka_unit_test(test_what_finds_no_room_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
