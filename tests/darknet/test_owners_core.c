/*
 * What there is to tell about an address, without a clock or a store (darknet/center/owners.h).
 */
#include "darknet/center/owners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START (20000 * DAY)

static const struct owners_settings settings = { .tell_every = DAY, .quiet = 2 * DAY, .digest = 10 * MINUTE };

static struct appeared line_of(uint32_t sensor, nanoseconds when, const char *port)
{
	struct appeared line = { .kind = APPEARANCE_PROBE, .sensor = sensor, .when = when, .packets = 1, .targets = 1 };
	line.addresses = 256;
	text_copy(text_of(port), line.port, sizeof line.port);
	return line;
}

static void take(struct appearance *appearance, uint32_t sensor, nanoseconds when, const char *port, nanoseconds now)
{
	struct appeared line = line_of(sensor, when, port);
	owners_take(appearance, &line, &settings, appearance->told, now);
	appearance->number = 1;
}

static void test_it_is_told_at_once_then_daily_then_that_it_stopped(void **state)
{
	(void)state;
	struct appearance one = { .organisation = 1 };
	take(&one, 7, START, "23/tcp", START + SECOND);
	assert_true(one.due <= START + SECOND);
	assert_int_equal(owners_news(&one, &settings, START + SECOND), OWNERS_BEGINS);
	owners_told(&one, OWNERS_BEGINS, &settings, START + SECOND);
	assert_int_equal(one.due, START + 2 * DAY);
	take(&one, 7, START + HOUR, "23/tcp", START + HOUR);
	assert_int_equal(one.due, START + SECOND + DAY);
	assert_int_equal(owners_news(&one, &settings, START + HOUR), OWNERS_NOTHING);
	assert_int_equal(owners_news(&one, &settings, START + SECOND + DAY), OWNERS_GOES_ON);
	owners_told(&one, OWNERS_GOES_ON, &settings, START + SECOND + DAY);
	assert_int_equal(one.due, START + HOUR + 2 * DAY);
	assert_int_equal(owners_news(&one, &settings, one.due - 1), OWNERS_NOTHING);
	assert_int_equal(owners_news(&one, &settings, one.due), OWNERS_STOPPED);
	owners_told(&one, OWNERS_STOPPED, &settings, one.due);
	assert_int_equal(one.due, INT64_MAX);
	assert_int_equal(owners_news(&one, &settings, START + 100 * DAY), OWNERS_NOTHING);
	/* It comes again: news, and nothing of the first time is told once more. */
	take(&one, 8, START + 9 * DAY, "22/tcp", START + 9 * DAY);
	assert_int_equal(owners_news(&one, &settings, START + 9 * DAY), OWNERS_BEGINS);
	assert_int_equal(one.first, START + 9 * DAY);
	assert_int_equal(one.packets, 1);
	assert_string_equal(one.ports[0], "22/tcp");
	assert_int_equal(one.telescope_count, 1);
}

static void test_what_was_over_before_anybody_was_told_is_told_once(void **state)
{
	(void)state;
	struct appearance one = { 0 };
	take(&one, 7, START, "23/tcp", START + 5 * DAY);
	assert_int_equal(owners_news(&one, &settings, START + 5 * DAY), OWNERS_WAS);
	owners_told(&one, OWNERS_WAS, &settings, START + 5 * DAY);
	assert_int_equal(owners_news(&one, &settings, START + 5 * DAY), OWNERS_NOTHING);
	assert_int_equal(one.due, INT64_MAX);
}

static void test_an_organisation_that_was_told_just_now_waits(void **state)
{
	(void)state;
	struct appearance one = { 0 };
	struct appeared line = line_of(7, START, "23/tcp");
	owners_take(&one, &line, &settings, START - MINUTE, START);
	assert_int_equal(one.due, START + 9 * MINUTE);
	assert_int_equal(owners_news(&one, &settings, one.due), OWNERS_BEGINS);
}

/* Lines of many telescopes in any order: one appearance, the same. */
static void test_the_order_of_lines_changes_nothing(void **state)
{
	(void)state;
	enum { LINES = 60 };
	struct appeared lines[LINES];
	struct appearance wanted = { 0 };
	srand(4711);
	for (unsigned i = 0; i < LINES; i++) {
		char port[16];
		snprintf(port, sizeof port, "%u/tcp", 20 + i % 5);
		lines[i] = line_of(1 + i % 4, START + (nanoseconds)i * MINUTE, port);
		snprintf(lines[i].tool, sizeof lines[i].tool, "tool%u", i / 7);
	}
	for (unsigned turn = 0; turn < 200; turn++) {
		struct appearance one = { 0 };
		for (unsigned i = 0; i < LINES; i++) {
			owners_take(&one, &lines[i], &settings, 0, START + HOUR);
			one.number = 1;
		}
		assert_int_equal(one.packets, LINES);
		assert_int_equal(one.first, START);
		assert_int_equal(one.last, START + (LINES - 1) * MINUTE);
		assert_int_equal(one.telescope_count, 4);
		assert_int_equal(one.addresses, 4 * 256);
		assert_int_equal(one.port_count, 5);
		assert_string_equal(one.tool, "tool8");
		if (turn == 0)
			wanted = one;
		assert_int_equal(one.due, wanted.due);
		for (unsigned i = LINES - 1; i > 0; i--) {
			unsigned other = (unsigned)rand() % (i + 1);
			struct appeared kept = lines[i];
			lines[i] = lines[other];
			lines[other] = kept;
		}
	}
}

static void test_ports_and_telescopes_are_bounded(void **state)
{
	(void)state;
	struct appearance one = { 0 };
	for (unsigned i = 0; i < 100; i++) {
		char port[16];
		snprintf(port, sizeof port, "%u/tcp", i);
		take(&one, i, START + i, port, START + SECOND);
	}
	assert_int_equal(one.port_count, APPEARANCE_PORTS);
	assert_int_equal(one.ports_more, 100 - APPEARANCE_PORTS);
	assert_int_equal(one.telescope_count, APPEARANCE_TELESCOPES);
	assert_int_equal(one.packets, 100);
}

static void goes_on(
    struct appearance *appearance, uint32_t sensor, nanoseconds since, nanoseconds when, uint64_t packets)
{
	struct appeared line = line_of(sensor, when, "23/tcp");
	line.since = since;
	line.packets = packets;
	owners_take(appearance, &line, &settings, appearance->told, when);
	appearance->number = 1;
}

/* An event that goes on is told with all its packets each day: they are counted once. */
static void test_packets_of_an_event_that_goes_on_are_counted_once(void **state)
{
	(void)state;
	struct appearance one = { 0 };
	take(&one, 7, START, "23/tcp", START);
	take(&one, 8, START + HOUR, "23/tcp", START + HOUR);
	for (unsigned day = 1; day <= 30; day++) {
		goes_on(&one, 7, START, START + day * DAY, 1 + 1000 * day);
		goes_on(&one, 8, START + HOUR, START + day * DAY + HOUR, 1 + 10 * day);
	}
	assert_int_equal(one.packets, 1 + 30000 + 1 + 300);
	/* The same line once more, and one that was late, say nothing new. */
	goes_on(&one, 7, START, START + 30 * DAY, 30001);
	goes_on(&one, 7, START, START + 4 * DAY, 4001);
	assert_int_equal(one.packets, 30302);
	/* Its telescope sees a new event; of the one before nothing is added any more. */
	take(&one, 7, START + 31 * DAY, "23/tcp", START + 31 * DAY);
	goes_on(&one, 7, START + 31 * DAY, START + 32 * DAY, 500);
	goes_on(&one, 7, START, START + 32 * DAY, 40000);
	assert_int_equal(one.packets, 30302 + 500);
	/* Of an event whose first line nobody had, what it told. */
	goes_on(&one, 9, START + 31 * DAY, START + 32 * DAY, 70);
	goes_on(&one, 9, START + 31 * DAY, START + 33 * DAY, 90);
	assert_int_equal(one.packets, 30302 + 500 + 90);
}

static void test_of_too_many_telescopes_at_least_is_counted(void **state)
{
	(void)state;
	struct appearance one = { 0 };
	for (uint32_t sensor = 1; sensor <= APPEARANCE_TELESCOPES + 1; sensor++)
		take(&one, sensor, START, "23/tcp", START);
	for (uint32_t sensor = 1; sensor <= APPEARANCE_TELESCOPES + 1; sensor++)
		for (unsigned day = 1; day <= 3; day++)
			goes_on(&one, sensor, START, START + day * DAY, 1 + 10 * day);
	assert_int_equal(one.packets, 31 * APPEARANCE_TELESCOPES + 1);
}

static void test_a_clock_that_runs_ahead_does_not_move_the_end(void **state)
{
	(void)state;
	struct appearance one = { 0 };
	take(&one, 7, START + 300 * DAY, "23/tcp", START);
	assert_int_equal(one.last, START);
	owners_told(&one, OWNERS_BEGINS, &settings, START);
	assert_int_equal(owners_news(&one, &settings, START + 2 * DAY), OWNERS_STOPPED);
}

static void test_lines_are_read_from_alerts_and_nothing_else_is_one(void **state)
{
	(void)state;
	struct appeared line;
	struct alert alert = {
		.detector = TEXT("Noroshi darknet"), .signature_id = TEXT("darknet:worm"), .repeats = 5
	};
	assert_false(appeared_read(&alert, &line)); /* no source */
	address_parse(TEXT("2001:db8:1:2:3:4:5:6"), &alert.source);
	alert.object = TEXT("port=23/tcp tool=mirai worm=mirai targets=3 addresses=65536 new=thing");
	assert_true(appeared_read(&alert, &line));
	assert_int_equal(line.kind, APPEARANCE_WORM);
	assert_int_equal(line.packets, 5);
	assert_int_equal(line.targets, 3);
	assert_int_equal(line.addresses, 65536);
	assert_string_equal(line.port, "23/tcp");
	assert_int_equal(line.since, 0);
	assert_true(address_equal(line.address, address_group(alert.source)));
	assert_true(appearance_is_foreign(&alert));
	alert.host_address = alert.source;
	assert_false(appearance_is_foreign(&alert));
	alert.object = TEXT("port=23/tcp since=2024-10-04T00:00:00.250000Z");
	assert_true(appeared_read(&alert, &line));
	assert_int_equal(line.since, START + 250 * MILLISECOND);
	alert.object = TEXT("port=23/tcp since=yesterday");
	assert_true(appeared_read(&alert, &line));
	assert_int_equal(line.since, 0);
	alert.signature_id = TEXT("darknet:group");
	assert_false(appeared_read(&alert, &line));
	alert.signature_id = TEXT("darknet:worm");
	alert.detector = TEXT("Suricata");
	assert_false(appeared_read(&alert, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_told_at_once_then_daily_then_that_it_stopped),
		cmocka_unit_test(test_what_was_over_before_anybody_was_told_is_told_once),
		cmocka_unit_test(test_an_organisation_that_was_told_just_now_waits),
		cmocka_unit_test(test_the_order_of_lines_changes_nothing),
		cmocka_unit_test(test_ports_and_telescopes_are_bounded),
		cmocka_unit_test(test_packets_of_an_event_that_goes_on_are_counted_once),
		cmocka_unit_test(test_of_too_many_telescopes_at_least_is_counted),
		cmocka_unit_test(test_a_clock_that_runs_ahead_does_not_move_the_end),
		cmocka_unit_test(test_lines_are_read_from_alerts_and_nothing_else_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
