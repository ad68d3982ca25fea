/*
 * The telescope's bound on what it keeps: from files the first findings, live the last ones; those that are not kept
 * are counted, and told to whoever watches.
 */
#include "packets.h"

#include "darknet/event/telescope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BEGIN ((nanoseconds)1700000000 * SECOND)
#define SCANS 10u
#define KEPT 4u

static void count_scan(void *context, const struct scan *scan)
{
	unsigned *told = context;
	assert_int_equal(scan->packets, 8);
	(*told)++;
}

/* Ten sources one after the other, each over before the next; *told: how many scans the watch heard of. */
static struct telescope *look(const struct space *space, bool latest, unsigned *told)
{
	const struct telescope_settings settings = { .sources = { .space = space, .bin = SECOND, .timeout = SECOND },
		.findings = KEPT,
		.latest = latest,
		.watch = { .scan = count_scan, .context = told } };
	struct telescope *telescope;
	uint8_t room[PACKET_ROOM];

	assert_int_equal(telescope_new(&settings, &telescope, NULL), OK);
	for (uint32_t i = 0; i < SCANS * 8; i++) {
		const struct packet_made made = { .source = 0xc0000201 + i / 8,
			.destination = 0xc6330000 + i,
			.source_port = 4000,
			.port = 23,
			.protocol = 6,
			.flags = 2,
			.time = BEGIN + i / 8 * 10 * SECOND + i % 8 * MILLISECOND };
		const struct frame frame = packet_make(&made, room);
		assert_int_equal(telescope_frames(telescope, &frame, 1, NULL), OK);
	}
	assert_int_equal(telescope_finish(telescope, NULL), OK);
	return telescope;
}

static void check(bool latest, unsigned first)
{
	struct prefix prefix;
	struct space *space;
	unsigned told = 0;
	size_t count;

	assert_true(prefix_parse(TEXT("198.51.0.0/16"), &prefix));
	assert_int_equal(space_new(&prefix, 1, &space, NULL), OK);
	struct telescope *telescope = look(space, latest, &told);
	const struct scan *scans = telescope_scans(telescope, &count);
	assert_int_equal(count, KEPT);
	for (unsigned i = 0; i < KEPT; i++)
		assert_int_equal(scans[i].source.bytes[15], first + i);
	assert_int_equal(told, SCANS);
	assert_int_equal(telescope_count(telescope).untold, SCANS - KEPT);
	assert_int_equal(telescope_count(telescope).scans.sources, SCANS);
	telescope_free(telescope);
	space_free(space);
}

static void test_of_more_findings_the_first_are_kept(void **state)
{
	(void)state;
	check(false, 1);
}

static void test_of_more_findings_the_last_are_kept_when_they_were_told(void **state)
{
	(void)state;
	check(true, 1 + SCANS - KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_more_findings_the_first_are_kept),
		cmocka_unit_test(test_of_more_findings_the_last_are_kept_when_they_were_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
