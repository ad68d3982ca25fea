/*
 * The agent against everything that happens to log files: what it delivers equals the source, byte for byte. Copies and
 * compressed files are in test_agent_copies.c, what is full, refused or lost in test_agent_bounds.c.
 */
#include "base/codec.h"
#include "base/file.h"
#include "tests/watch/agent_test.h"

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
	follow_lines(10);
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
	follow_lines(10);
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

static void test_agent_tells_a_used_again_inode_from_the_file_it_knew(void **state)
{
	(void)state;
	follow_lines(20);
	agent_stop(&member);
	/* the same inode with other content, larger than what was read: as after delete and create */
	log_truncate(&member, "log");
	lines("log", 500, 600);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 2);
	assert_all_received(&member);
}

static void test_agent_tells_a_file_replaced_while_down(void **state)
{
	(void)state;
	follow_lines(20);
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
	follow_lines(20);
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

static void test_agent_follows_files_that_swap_their_names_while_it_runs(void **state)
{
	(void)state;
	follow_lines(20);
	lines("log-b", 100, 120);
	agent_run(&member, 1, SECOND);
	log_swap(&member, "log", "log-b");
	lines("log-b", 20, 30);
	lines("log", 120, 130);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 2);
	assert_all_received(&member);
}

static void test_agent_goes_on_when_its_configuration_changes_between_runs(void **state)
{
	(void)state;
	follow_lines(20);
	agent_stop(&member);
	lines("log", 20, 30);
	log_rename(&member, "log", "log.1");
	lines("log", 30, 40);
	lines("log-b", 100, 110);
	member_set_pattern(&member, 0, "log*"); /* now it names the rotated file too */
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 3);
	agent_stop(&member);
	lines("log-b", 110, 120);
	lines("log", 40, 50);
	member_set_pattern(&member, 0, "log"); /* log-b goes on as a sibling that is followed already */
	member_set_pattern(&member, 1, "log-b");
	member.settings.spool_limit = 0;
	member.settings.format = "eve";
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 3);
	assert_all_received(&member);
}

/* Version 2 had the bytes of the log's beginning and end where there are hashes now, version 1 not the last 44 bytes.
 */
static void rewrite_as(const char *path, uint32_t version)
{
	char *at, *log, log_path[512];
	size_t size, log_size;
	struct builder to = { 0 };

	snprintf(log_path, sizeof log_path, "%s/logs/log", member.folder);
	assert_int_equal(file_read(path, 1 << 20, &at, &size, NULL), OK);
	assert_int_equal(file_read(log_path, 1 << 20, &log, &log_size, NULL), OK);
	struct reader from = reader_of(at, size - 4);
	put_bytes(&to, get_bytes(&from, 4), 4);
	assert_int_equal(get_u32(&from), 3);
	put_u32(&to, version);
	put_bytes(&to, get_bytes(&from, 4 + 16), 4 + 16); /* count, epoch */
	put_text(&to, get_text(&from));
	put_text(&to, get_text(&from));
	put_bytes(&to, get_bytes(&from, 1 + 16), 1 + 16); /* state, device, inode */
	uint64_t place = get_u64(&from);
	put_u64(&to, place);
	uint32_t head = get_u32(&from);
	get_bytes(&from, 32);
	uint32_t tail = get_u32(&from);
	get_bytes(&from, 16);
	assert_true(head > 0 && tail > 0 && place <= log_size);
	put_text(&to, (struct text){ log, head });
	put_text(&to, (struct text){ log + place - tail, tail });
	size_t left = (size_t)(from.end - from.at) - (version == 1 ? 44 : 0);
	put_bytes(&to, get_bytes(&from, left), left);
	put_u32(&to, checksum(0, to.at, to.size));
	assert_false(from.failed);
	assert_int_equal(file_replace(path, (struct text){ to.at, to.size }, 0600, NULL), OK);
	builder_free(&to);
	free(log);
	free(at);
}

static void go_on_from(uint32_t version)
{
	char path[512];

	follow_lines(20);
	agent_stop(&member);
	snprintf(path, sizeof path, "%s/positions", member.settings.folder);
	rewrite_as(path, version);
	lines("log", 20, 30);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 1);
	assert_int_equal(member.overlaps, 0);
	assert_all_received(&member);
}

static void test_agent_goes_on_from_positions_of_version_1(void **state)
{
	(void)state;
	go_on_from(1);
}

static void test_agent_goes_on_from_positions_of_version_2(void **state)
{
	(void)state;
	go_on_from(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_agent_ships_what_is_appended, "log*"),
		AGENT_TEST(test_agent_ships_only_whole_lines_until_the_rotated_file_is_quiet, "log"),
		AGENT_TEST(test_agent_goes_on_where_it_stood_after_a_restart, "log*"),
		AGENT_TEST(test_agent_finishes_the_renamed_file_before_the_new_one, "log"),
		AGENT_TEST(test_agent_follows_rename_chains_while_down, "log*"),
		AGENT_TEST(test_agent_keeps_files_with_the_same_header_apart, "log*"),
		AGENT_TEST(test_agent_tells_a_used_again_inode_from_the_file_it_knew, "log*"),
		AGENT_TEST(test_agent_tells_a_file_replaced_while_down, "log*"),
		AGENT_TEST(test_agent_follows_two_files_that_swap_their_names, "log*"),
		AGENT_TEST(test_agent_goes_on_in_a_file_that_moved_to_another_disk, "log"),
		AGENT_TEST(test_agent_sends_the_same_bounds_again_after_a_lost_answer, "log*"),
		AGENT_TEST(test_agent_sends_the_same_bounds_again_after_a_crash_in_a_delivery, "log*"),
		AGENT_TEST(test_agent_follows_files_that_swap_their_names_while_it_runs, "log*"),
		AGENT_TEST(test_agent_goes_on_when_its_configuration_changes_between_runs, "log"),
		AGENT_TEST(test_agent_goes_on_from_positions_of_version_1, "log"),
		AGENT_TEST(test_agent_goes_on_from_positions_of_version_2, "log"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
