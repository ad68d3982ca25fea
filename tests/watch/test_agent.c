/*
 * The agent against everything that happens to log files: what it delivers equals the source, byte for byte.
 */
#include "tests/watch/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct member member;

static void lines(const char *name, unsigned from, unsigned to)
{
	char line[128];

	for (unsigned i = from; i < to; i++) {
		snprintf(line, sizeof line, "{\"event\":%u,\"text\":\"something that happened\"}\n", i);
		log_append(&member, name, line);
	}
}

static int begin(void **state)
{
	(void)state;
	member_begin(&member, "log*");
	return 0;
}

static int begin_single(void **state)
{
	(void)state;
	member_begin(&member, "log");
	return 0;
}

static int end(void **state)
{
	(void)state;
	member_end(&member);
	return 0;
}

static struct agent_counts counts(void)
{
	struct agent_counts now;

	agent_count(member.agent, &now);
	return now;
}

static void test_agent_ships_what_is_appended(void **state)
{
	(void)state;
	lines("log", 0, 2500);
	agent_start(&member);
	agent_run(&member, 1, SECOND);
	lines("log", 2500, 2510);
	agent_run(&member, 1, SECOND);
	assert_all_received(&member);
	assert_int_equal(counts().batches, 4); /* at most 1,000 lines in each */
	assert_int_equal(counts().lines, 2510);
}

static void test_agent_ships_only_whole_lines_until_the_rotated_file_is_quiet(void **state)
{
	(void)state;
	agent_start(&member);
	log_append(&member, "log", "first\nsecond without its en");
	agent_run(&member, 3, 10 * SECOND);
	assert_int_equal(member.received[0].size, 6);
	log_append(&member, "log", "d\nthird");
	agent_run(&member, 3, 10 * SECOND);
	assert_int_equal(member.received[0].size, 29);
	log_rename(&member, "log", "log.1");
	agent_run(&member, 1, SECOND);
	assert_int_equal(member.received[0].size, 29);
	agent_run(&member, 3, 10 * SECOND);
	assert_all_received(&member);
}

static void test_agent_goes_on_where_it_stood_after_a_restart(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 30);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	lines("log", 30, 60);
	agent_start(&member);
	agent_run(&member, 1, SECOND);
	assert_int_equal(member.overlaps, 0);
	assert_all_received(&member);
}

static void test_agent_finishes_the_renamed_file_before_the_new_one(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	lines("log", 10, 20);
	log_rename(&member, "log", "log.1");
	lines("log", 20, 30);
	agent_run(&member, 1, SECOND);
	lines("log.1", 30, 33); /* the writer has not reopened yet */
	agent_run(&member, 1, SECOND);
	assert_int_equal(member.received_count, 2);
	assert_all_received(&member);
}

static void test_agent_follows_rename_chains_while_down(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	lines("log", 10, 20);
	log_rename(&member, "log", "log.1");
	lines("log", 20, 30);
	log_rename(&member, "log.1", "log.2");
	log_rename(&member, "log", "log.1");
	lines("log", 30, 40);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
}

static void test_agent_recovers_the_rest_from_the_copy_of_copytruncate(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	lines("log", 10, 20); /* not read before the truncation */
	log_copy_truncate(&member, "log", "log.1");
	lines("log", 20, 25);
	agent_run(&member, 2, SECOND);
	assert_int_equal(counts().lost_files, 0);
	assert_all_received(&member);
}

static void test_agent_notices_truncation_when_the_file_has_grown_beyond_its_place(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	log_copy_truncate(&member, "log", "log.1");
	lines("log", 100, 200);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
}

static void test_agent_notices_copytruncate_while_down(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	lines("log", 10, 20);
	log_copy_truncate(&member, "log", "log.1");
	lines("log", 20, 60);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
}

static void test_agent_keeps_files_with_the_same_header_apart(void **state)
{
	(void)state;
	agent_start(&member);
	log_append(&member, "log", "time,sensor,signature,address,host\n");
	agent_run(&member, 1, SECOND);
	log_copy_truncate(&member, "log", "log.1");
	agent_run(&member, 1, SECOND);
	log_append(&member, "log", "time,sensor,signature,address,host\n1,a,b,192.0.2.1,c\n");
	agent_run(&member, 2, SECOND);
	log_append(&member, "log", "2,a,b,192.0.2.1,c\n");
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
	assert_true(member.received[1].preambles > 0);
}

static void test_agent_ships_the_rest_of_a_file_that_was_compressed_while_down(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	lines("log", 10, 2000);
	log_rename(&member, "log", "log.1");
	log_compress(&member, "log.1");
	lines("log", 2000, 2010);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
}

static void test_agent_does_not_ship_a_compressed_file_twice(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 100);
	agent_run(&member, 1, SECOND);
	log_rename(&member, "log", "log.1");
	agent_run(&member, 2, 10 * SECOND);
	log_compress(&member, "log.1");
	agent_run(&member, 3, 10 * SECOND);
	agent_stop(&member);
	agent_start(&member);
	agent_run(&member, 3, 10 * SECOND);
	assert_int_equal(member.received_count, 1);
	assert_all_received(&member);
}

static void test_agent_ships_compressed_files_that_it_never_saw_plain(void **state)
{
	(void)state;
	lines("log.1", 0, 3000);
	log_compress(&member, "log.1");
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
	agent_stop(&member);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.overlaps, 0);
	assert_all_received(&member);
}

static void test_agent_spools_a_deleted_file_while_the_centre_is_away(void **state)
{
	(void)state;
	agent_start(&member);
	member.mood = CENTRE_AWAY;
	lines("log", 0, 3000);
	agent_run(&member, 2, SECOND);
	log_delete(&member, "log");
	agent_run(&member, 3, 10 * SECOND);
	agent_stop(&member); /* the descriptor is gone now: only the spool has it */
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	member.mood = CENTRE_FINE;
	agent_run(&member, 3, 10 * SECOND);
	assert_all_received(&member);
	agent_run(&member, 2, 20 * MINUTE);
	assert_int_equal(counts().spooled, 0);
	assert_int_equal(counts().lost_bytes, 0);
}

static void test_agent_spools_what_is_truncated_without_a_copy_while_the_centre_is_away(void **state)
{
	char path[512];

	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	member.mood = CENTRE_AWAY;
	lines("log", 10, 3000);
	agent_run(&member, 2, SECOND);
	snprintf(path, sizeof path, "%s/logs/log", member.folder);
	assert_int_equal(truncate(path, 0), 0);
	member.generations[0].name[0] = 0;
	lines("log", 3000, 3010);
	agent_run(&member, 2, SECOND);
	member.mood = CENTRE_FINE;
	agent_run(&member, 5, 10 * SECOND);
	assert_all_received(&member);
}

static void test_agent_says_what_is_lost_when_it_cannot_be_known(void **state)
{
	char path[512];

	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	lines("log", 10, 20);
	agent_start(&member);
	struct failure failure;
	assert_int_equal(agent_scan(member.agent, member.now, &failure), OK); /* seen, not read */
	snprintf(path, sizeof path, "%s/logs/log", member.folder);
	assert_int_equal(truncate(path, 0), 0);
	agent_run(&member, 3, 20 * MINUTE);
	assert_int_equal(counts().lost_files, 1);
	assert_int_equal(counts().lost_bytes, member.generations[0].size - member.received[0].size);
}

static void test_agent_counts_what_does_not_fit_into_the_spool(void **state)
{
	(void)state;
	member.settings.spool_limit = 1000;
	agent_start(&member);
	member.mood = CENTRE_AWAY;
	lines("log", 0, 3000);
	agent_run(&member, 2, SECOND);
	log_delete(&member, "log");
	agent_run(&member, 3, 10 * SECOND);
	assert_true(counts().spool_full > 0);
	assert_true(counts().spooled <= 1000);
	member.mood = CENTRE_FINE; /* the descriptor still has it all */
	agent_run(&member, 3, 10 * SECOND);
	assert_all_received(&member);
}

static void test_agent_tells_a_used_again_inode_from_the_file_it_knew(void **state)
{
	char path[512];

	(void)state;
	agent_start(&member);
	lines("log", 0, 20);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	/* the same inode with other content, larger than what was read: as after delete and create */
	snprintf(path, sizeof path, "%s/logs/log", member.folder);
	assert_int_equal(truncate(path, 0), 0);
	member.generations[0].name[0] = 0;
	lines("log", 500, 600);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 2);
	assert_all_received(&member);
}

static void test_agent_tells_a_file_replaced_while_down(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 20);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	log_delete(&member, "log");
	lines("log", 20, 50);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
}

static void test_agent_follows_two_files_that_swap_their_names(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log-a", 0, 20);
	lines("log-b", 100, 120);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	log_rename(&member, "log-a", "swap");
	log_rename(&member, "log-b", "log-a");
	log_rename(&member, "swap", "log-b");
	lines("log-a", 120, 130);
	lines("log-b", 20, 30);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 2);
	assert_all_received(&member);
}

static void test_agent_goes_on_in_a_file_that_moved_to_another_disk(void **state)
{
	char command[1024];

	(void)state;
	agent_start(&member);
	lines("log", 0, 20);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	snprintf(command, sizeof command, "cd %s/logs && cp log ../other && rm log && cp ../other log", member.folder);
	assert_int_equal(system(command), 0);
	lines("log", 20, 30);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 1);
	assert_all_received(&member);
}

static void test_agent_sends_the_same_bounds_again_after_a_lost_answer(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	member.mood = CENTRE_LOSES_ANSWER;
	agent_run(&member, 1, SECOND);
	lines("log", 10, 20); /* it has grown meanwhile */
	agent_run(&member, 1, 20 * SECOND);
	agent_stop(&member);
	lines("log", 20, 30);
	agent_start(&member);
	member.mood = CENTRE_FINE;
	agent_run(&member, 2, 20 * SECOND);
	assert_true(member.overlaps >= 1);
	assert_all_received(&member);
}

static void test_agent_sends_the_same_bounds_again_after_a_crash_in_a_delivery(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	member.mood = CENTRE_LOSES_ANSWER;
	agent_run(&member, 1, SECOND);
	agent_crash(&member);
	member.mood = CENTRE_FINE;
	lines("log", 10, 20);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.overlaps, 1);
	assert_all_received(&member);
}

static void test_agent_keeps_a_refused_batch_aside_and_goes_on(void **state)
{
	char command[512];

	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	member.mood = CENTRE_REFUSES;
	agent_run(&member, 1, SECOND);
	member.mood = CENTRE_FINE;
	lines("log", 10, 20);
	agent_run(&member, 1, SECOND);
	assert_int_equal(counts().refused, 1);
	assert_int_equal(counts().refused_lines, 10);
	assert_int_equal(counts().lines, 10);
	snprintf(command, sizeof command, "grep -q '\"event\":9,' %s/state/refused/*.lines", member.folder);
	assert_int_equal(system(command), 0);
}

static void test_agent_stops_shipping_while_it_is_denied(void **state)
{
	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	member.mood = CENTRE_DENIES;
	agent_run(&member, 3, SECOND);
	assert_int_equal(counts().failures, 1); /* once; then it waits for minutes */
	member.mood = CENTRE_FINE;
	agent_run(&member, 3, 10 * MINUTE);
	assert_all_received(&member);
}

static void test_agent_leaves_out_a_line_longer_than_a_batch_and_counts_it(void **state)
{
	size_t size = 5 << 20;
	char *line = malloc(size);

	(void)state;
	memset(line, 'x', size);
	line[size - 1] = '\n';
	agent_start(&member);
	lines("log", 0, 5);
	log_append_bytes(&member, "log", line, size);
	lines("log", 5, 10);
	agent_run(&member, 2, SECOND);
	assert_int_equal(counts().too_long, 1);
	assert_int_equal(counts().lines, 10);
	free(line);
}

static void test_agent_of_one_folder_is_alone(void **state)
{
	struct agent *other = NULL;
	struct failure failure;

	(void)state;
	agent_start(&member);
	assert_int_equal(agent_new(&member.settings, &other, &failure), ERROR_CONFLICT);
}

static void test_agent_refuses_damaged_positions(void **state)
{
	char command[512];
	struct failure failure;

	(void)state;
	agent_start(&member);
	lines("log", 0, 10);
	agent_run(&member, 1, SECOND);
	agent_stop(&member);
	snprintf(command, sizeof command, "printf x | dd of=%s/state/positions bs=1 seek=40 conv=notrunc 2>/dev/null",
	    member.folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(agent_new(&member.settings, &member.agent, &failure), ERROR_CORRUPT);
	member.agent = NULL;
}

#define AGENT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define AGENT_TEST_SINGLE(name) cmocka_unit_test_setup_teardown(name, begin_single, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_agent_ships_what_is_appended),
		AGENT_TEST_SINGLE(test_agent_ships_only_whole_lines_until_the_rotated_file_is_quiet),
		AGENT_TEST(test_agent_goes_on_where_it_stood_after_a_restart),
		AGENT_TEST_SINGLE(test_agent_finishes_the_renamed_file_before_the_new_one),
		AGENT_TEST(test_agent_follows_rename_chains_while_down),
		AGENT_TEST_SINGLE(test_agent_recovers_the_rest_from_the_copy_of_copytruncate),
		AGENT_TEST(test_agent_notices_truncation_when_the_file_has_grown_beyond_its_place),
		AGENT_TEST(test_agent_notices_copytruncate_while_down),
		AGENT_TEST(test_agent_keeps_files_with_the_same_header_apart),
		AGENT_TEST_SINGLE(test_agent_ships_the_rest_of_a_file_that_was_compressed_while_down),
		AGENT_TEST(test_agent_does_not_ship_a_compressed_file_twice),
		AGENT_TEST(test_agent_ships_compressed_files_that_it_never_saw_plain),
		AGENT_TEST(test_agent_spools_a_deleted_file_while_the_centre_is_away),
		AGENT_TEST(test_agent_spools_what_is_truncated_without_a_copy_while_the_centre_is_away),
		AGENT_TEST(test_agent_says_what_is_lost_when_it_cannot_be_known),
		AGENT_TEST(test_agent_counts_what_does_not_fit_into_the_spool),
		AGENT_TEST(test_agent_tells_a_used_again_inode_from_the_file_it_knew),
		AGENT_TEST(test_agent_tells_a_file_replaced_while_down),
		AGENT_TEST(test_agent_follows_two_files_that_swap_their_names),
		AGENT_TEST_SINGLE(test_agent_goes_on_in_a_file_that_moved_to_another_disk),
		AGENT_TEST(test_agent_sends_the_same_bounds_again_after_a_lost_answer),
		AGENT_TEST(test_agent_sends_the_same_bounds_again_after_a_crash_in_a_delivery),
		AGENT_TEST(test_agent_keeps_a_refused_batch_aside_and_goes_on),
		AGENT_TEST(test_agent_stops_shipping_while_it_is_denied),
		AGENT_TEST(test_agent_leaves_out_a_line_longer_than_a_batch_and_counts_it),
		AGENT_TEST(test_agent_of_one_folder_is_alone),
		AGENT_TEST(test_agent_refuses_damaged_positions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
