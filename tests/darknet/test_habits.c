/*
 * darknet/trend/habits.h: who comes for days as researchers do is labelled, and who lacks any of it is not; how many of
 * the synthetic years' researchers are, and how many others.
 */
#include "base/hash.h"
#include "darknet/packet/arrival.h"
#include "darknet/packet/method.h"
#include "darknet/trend/habits.h"
#include "net/address.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN (1640995200 * SECOND) /* 2022-01-01T00:00Z */

/* What one source does on its days. */
struct manner {
	unsigned days, pause;    /* from the first to the last; a visit each so many */
	unsigned ports, packets; /* new ports of a visit; packets to each */
	uint8_t tool, kind;
	uint8_t method; /* of every second activity */
	bool uneven, same_ports;
};

static struct address source_of(unsigned network, unsigned host)
{
	return (struct address){ { [10] = 0xff, 0xff, 192, 0, (uint8_t)network, (uint8_t)host } };
}

static void visit(struct habits *habits, struct address source, const struct manner *manner, unsigned day)
{
	for (unsigned i = 0; i < manner->ports; i++) {
		struct activity row = { .bin = BEGIN + day * DAY + (6 + i % 12) * HOUR,
			.source = source,
			.packets = manner->uneven && day % 2 ? manner->packets * 100 : manner->packets,
			.port = (uint16_t)(1000 + i + (manner->same_ports ? 0 : day * manner->ports)),
			.protocol = 6,
			.tool = manner->tool,
			.kind = manner->kind,
			.method = i % 2 ? manner->method : METHOD_NONE };
		row.targets = row.packets;
		row.first = row.last = row.bin;
		habits_add(habits, &row);
	}
}

static struct habit after(const struct manner *manner)
{
	struct habits *habits = habits_new(&habits_usual);
	assert_non_null(habits);
	habits_addresses(habits, 1000);
	for (unsigned day = 0; day < manner->days; day += manner->pause)
		visit(habits, source_of(2, 1), manner, day);
	struct habit habit = habits_of(habits, source_of(2, 1), TOOL_ZMAP);
	habits_free(habits);
	return habit;
}

static const struct manner daily = { .days = 14, .pause = 1, .ports = 5, .packets = 40, .tool = TOOL_ZMAP };

static void test_who_comes_back_evenly_for_many_ports_is_labelled(void **state)
{
	(void)state;
	struct manner manner = daily;
	struct habit habit = after(&manner);
	assert_int_equal(habit.confidence, HABIT_MEDIUM);
	assert_true(habit.tool && !habit.neighbours && habit.days == 13 && habit.span == 13 && habit.scatter < 0.1);
	assert_true(habit.ports > 55 && habit.ports < 75); /* of the 65 that came after the first day */
	manner.tool = TOOL_UNKNOWN;
	assert_int_equal(after(&manner).confidence, HABIT_LOW);
	manner =
	    (struct manner){ .days = 43, .pause = 7, .ports = 12, .packets = 40, .tool = TOOL_MASSCAN }; /* weekly */
	assert_int_equal(after(&manner).confidence, HABIT_MEDIUM);
	manner = daily; /* one port, all of the telescope each day */
	manner.same_ports = true;
	manner.ports = 1;
	manner.packets = 900;
	assert_int_equal(after(&manner).confidence, HABIT_MEDIUM);
}

static void test_who_lacks_any_of_it_is_not(void **state)
{
	(void)state;
	struct manner manner = daily;
	manner.days = 7; /* too short: of what came twice six days are known */
	assert_int_equal(after(&manner).confidence, HABIT_NONE);
	manner = daily;
	manner.same_ports = true; /* few ports, few addresses */
	manner.packets = 10;
	assert_int_equal(after(&manner).confidence, HABIT_NONE);
	manner.ports = 1; /* all of the telescope each day, as bots do, and by no scanner's tool */
	manner.packets = 900;
	manner.tool = TOOL_SYSTEM;
	assert_int_equal(after(&manner).confidence, HABIT_NONE);
	manner = daily;
	manner.uneven = true;
	assert_int_equal(after(&manner).confidence, HABIT_NONE);
	manner = daily;
	manner.method = METHOD_SMB1; /* an attack's payload */
	assert_int_equal(after(&manner).confidence, HABIT_NONE);
	manner.method = METHOD_SCAN; /* asks what is there */
	assert_int_equal(after(&manner).confidence, HABIT_MEDIUM);
	manner = daily;
	manner.tool = TOOL_MIRAI;
	assert_int_equal(after(&manner).confidence, HABIT_NONE);
	manner = daily;
	manner.kind = ARRIVAL_BACKSCATTER;
	assert_int_equal(after(&manner).confidence, HABIT_NONE);
}

static void test_a_schedule_is_one(void **state)
{
	(void)state;
	static const unsigned days[] = { 0, 1, 2, 3, 9, 10, 17, 18, 26, 27 }; /* whenever it likes */
	struct habits *habits = habits_new(&habits_usual);
	for (size_t i = 0; i < sizeof days / sizeof *days; i++)
		visit(habits, source_of(2, 1), &daily, days[i]);
	struct habit habit = habits_of(habits, source_of(2, 1), TOOL_ZMAP);
	assert_true(habit.confidence == HABIT_NONE && habit.days == 9 && habit.ports > 30);
	/* what was a habit is none when it has been gone for four weeks */
	for (unsigned day = 30; day < 44; day++)
		visit(habits, source_of(3, 1), &daily, day);
	assert_int_equal(habits_of(habits, source_of(3, 1), TOOL_ZMAP).confidence, HABIT_MEDIUM);
	visit(habits, source_of(3, 1), &daily, 44 + HABIT_DAYS);
	assert_int_equal(habits_of(habits, source_of(3, 1), TOOL_ZMAP).confidence, HABIT_NONE);
	habits_free(habits);
}

static void test_neighbours_that_take_turns_are_one(void **state)
{
	(void)state;
	struct habits *habits = habits_new(&habits_usual);
	struct manner manner = daily;
	for (unsigned day = 0; day < 21; day++) {
		visit(habits, source_of(2, day), &daily, day); /* each of them on one day */
		manner.tool = TOOL_SYSTEM;
		visit(habits, source_of(3, day), &manner, day);
		manner.tool = TOOL_ZMAP;
		visit(habits, source_of(4, 7), &manner, day); /* one alone, and once somebody beside him who attacks */
	}
	manner.method = METHOD_SMB1;
	visit(habits, source_of(4, 8), &manner, 20);
	struct habit habit = habits_of(habits, source_of(2, 20), TOOL_ZMAP);
	assert_true(habit.confidence == HABIT_MEDIUM && habit.neighbours && habit.sources > 15);
	assert_int_equal(habits_of(habits, source_of(2, 20), TOOL_NMAP).confidence, HABIT_NONE);
	assert_int_equal(habits_of(habits, source_of(3, 20), TOOL_ZMAP).confidence, HABIT_NONE);
	assert_true(!habits_of(habits, source_of(4, 7), TOOL_ZMAP).neighbours);
	assert_int_equal(habits_of(habits, source_of(4, 7), TOOL_ZMAP).confidence, HABIT_MEDIUM);
	habits_free(habits);
}

static void test_what_is_kept_goes_on_and_is_bounded(void **state)
{
	(void)state;
	static const struct habits_settings small = { 1024, 64 };
	struct habits *one = habits_new(&small), *other = habits_new(&small);
	for (unsigned day = 0; day < 20; day++)
		for (unsigned host = 0; host < 250; host++)
			visit(one, source_of(host, host), &daily, day);
	assert_true(habits_displaced(one) > 0);
	struct builder text = { 0 }, again = { 0 };
	habits_put(one, &text);
	struct reader from = reader_of(text.at, text.size);
	habits_get(other, &from);
	assert_true(reader_done(&from));
	unsigned known = 0;
	for (unsigned host = 0; host < 250; host++) {
		struct habit a = habits_of(one, source_of(host, host), TOOL_ZMAP),
			     b = habits_of(other, source_of(host, host), TOOL_ZMAP);
		known += a.confidence == HABIT_MEDIUM;
		assert_int_equal(a.confidence, b.confidence);
		assert_int_equal(a.days, b.days);
		assert_true(!a.days || a.scatter == b.scatter);
	}
	assert_true(known > 10 && known <= 64);
	habits_put(other, &again);
	assert_int_equal(again.size, text.size);
	assert_memory_equal(again.at, text.at, text.size);
	for (size_t size = 0; size < text.size; size += 7) { /* cut: refused */
		struct habits *cut = habits_new(&small);
		from = reader_of(text.at, size);
		habits_get(cut, &from);
		assert_false(reader_done(&from));
		habits_free(cut);
	}
	builder_free(&text);
	builder_free(&again);
	habits_free(one);
	habits_free(other);
	habits_free(NULL);
}

/* ── years ─ */

/* Recruited: of a campaign, and busy elsewhere before or beside it. */
enum who { RESEARCHER, CAMPAIGN, RECRUITED, OTHER, WHO_COUNT };
#define ELSEWHERE 20 /* activities */

struct seen {
	struct address source;
	nanoseconds first, labelled;
	uint32_t elsewhere;
	uint8_t who, confidence;
};

struct year_of_habits {
	struct habits *habits;
	struct world world;
	struct seen *seen;
	size_t mask, count;
};

static bool is_of(const struct world_campaign *campaign, uint16_t port)
{
	for (int i = 0; i < campaign->port_count; i++)
		if (campaign->ports[i] == port)
			return true;
	return false;
}

static void look(void *context, const struct activity *activity)
{
	struct year_of_habits *year = context;
	size_t at = hash_bytes(&activity->source, sizeof activity->source, 5) & year->mask;
	habits_add(year->habits, activity);
	while (year->seen[at].first && !address_equal(year->seen[at].source, activity->source))
		at = (at + 1) & year->mask;
	struct seen *seen = &year->seen[at];
	if (!seen->first) {
		assert_true(year->count++ < year->mask / 2);
		seen->source = activity->source;
		seen->first = activity->first;
		seen->who = year->world.researcher(year->world.inside, activity->source) ? RESEARCHER : OTHER;
	}
	int campaign = year->world.origin(year->world.inside, activity->source);
	if (campaign >= 0)
		seen->who = CAMPAIGN;
	seen->elsewhere += campaign < 0 || !is_of(&year->world.campaigns[campaign], activity->port);
	uint8_t confidence = habits_of(year->habits, activity->source, activity->tool).confidence;
	if (confidence && !seen->labelled)
		seen->labelled = activity->first;
	seen->confidence = confidence > seen->confidence ? confidence : seen->confidence;
}

static void judge(enum world_kind kind, unsigned labelled[WHO_COUNT][3], unsigned all[WHO_COUNT])
{
	static const char *const names[] = { "first", "second", "wild" };
	const struct world_setting setting = { kind, 11, 49, 400, 5000 };
	struct year_of_habits year = { .habits = habits_new(&habits_usual), .mask = (1 << 21) - 1 };
	double days = 0;
	memset(labelled, 0, WHO_COUNT * sizeof *labelled);
	memset(all, 0, WHO_COUNT * sizeof *all);
	year.seen = calloc(year.mask + 1, sizeof *year.seen);
	assert_true(year.habits && year.seen && world_new(&setting, &year.world));
	for (uint32_t hour = 0; hour < year.world.hours; hour++)
		year.world.hour(year.world.inside, hour, look, &year);
	for (size_t i = 0; i <= year.mask; i++) {
		struct seen *seen = &year.seen[i];
		if (!seen->first)
			continue;
		if (seen->who == CAMPAIGN && seen->elsewhere >= ELSEWHERE)
			seen->who = RECRUITED;
		all[seen->who]++;
		labelled[seen->who][seen->confidence]++;
		if (seen->who == RESEARCHER && seen->confidence)
			days += (double)(seen->labelled - seen->first) / (double)DAY;
	}
	print_message(
	    "# %s, 49 days, medium and low of all: researchers %u, %u of %u, after %.1f days; sources of campaigns "
	    "%u, %u of %u; those that were busy elsewhere %u, %u of %u; others %u, %u of %u\n",
	    names[kind], labelled[0][2], labelled[0][1], all[0], days / (labelled[0][1] + labelled[0][2]),
	    labelled[1][2], labelled[1][1], all[1], labelled[2][2], labelled[2][1], all[2], labelled[3][2],
	    labelled[3][1], all[3]);
	world_free(&year.world);
	habits_free(year.habits);
	free(year.seen);
}

static void test_researchers_of_synthetic_years_and_nobody_of_their_campaigns(void **state)
{
	(void)state;
	unsigned labelled[WHO_COUNT][3], all[WHO_COUNT];
	for (int kind = 0; kind < WORLD_KINDS; kind++) {
		judge(kind, labelled, all);
		assert_true(all[RESEARCHER] >= 64 && all[CAMPAIGN] > 10000);
		assert_true(labelled[RESEARCHER][HABIT_NONE] <= 0.05 * all[RESEARCHER]);
		assert_true(all[CAMPAIGN] - labelled[CAMPAIGN][HABIT_NONE] <= 1e-3 * all[CAMPAIGN]);
		assert_true(all[OTHER] - labelled[OTHER][HABIT_NONE] <= 2e-3 * all[OTHER]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_comes_back_evenly_for_many_ports_is_labelled),
		cmocka_unit_test(test_who_lacks_any_of_it_is_not),
		cmocka_unit_test(test_a_schedule_is_one),
		cmocka_unit_test(test_neighbours_that_take_turns_are_one),
		cmocka_unit_test(test_what_is_kept_goes_on_and_is_bounded),
		cmocka_unit_test(test_researchers_of_synthetic_years_and_nobody_of_their_campaigns),
	};
	return cmocka_run_group_tests_name("darknet habits", tests, NULL, NULL);
}
