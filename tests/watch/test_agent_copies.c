/*
 * The agent and copies of what it follows, plain and compressed: they are recognised by content, and nothing is shipped
 * twice or left out.
 */
#include "tests/watch/agent_test.h"

static void test_agent_recovers_the_rest_from_the_copy_of_copytruncate(void **state)
{
	(void)state;
	follow_lines(10);
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
	follow_lines(10);
	log_copy_truncate(&member, "log", "log.1");
	lines("log", 100, 200);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
}

static void test_agent_notices_copytruncate_while_down(void **state)
{
	(void)state;
	follow_lines(10);
	agent_stop(&member);
	lines("log", 10, 20);
	log_copy_truncate(&member, "log", "log.1");
	lines("log", 20, 60);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
}

/* A file is rotated and compressed while the agent is down. */
static void compress_while_down(void (*compress)(struct member *member, const char *name))
{
	follow_lines(10);
	agent_stop(&member);
	lines("log", 10, 2000);
	log_rename(&member, "log", "log.1");
	compress(&member, "log.1");
	lines("log", 2000, 2010);
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 2);
	assert_all_received(&member);
}

static void test_agent_ships_the_rest_of_a_file_that_was_compressed_while_down(void **state)
{
	(void)state;
	compress_while_down(log_compress);
}

static void test_agent_reads_zstd_rotation(void **state)
{
	(void)state;
	compress_while_down(log_compress_zstd);
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

static void test_agent_finds_the_copy_of_a_file_truncated_before_it_was_read(void **state)
{
	(void)state;
	lines("log", 0, 20);
	agent_start(&member);
	agent_look(&member); /* seen, not read */
	log_copy_truncate(&member, "log", "log.1");
	lines("log", 20, 30);
	agent_run(&member, 3, 20 * MINUTE);
	assert_int_equal(counts().lost_files, 0);
	assert_all_received(&member);
}

static void test_agent_finds_the_copy_of_a_file_truncated_unread_while_down(void **state)
{
	(void)state;
	lines("log", 0, 20);
	agent_start(&member);
	agent_look(&member);
	agent_stop(&member);
	lines("log", 20, 40);
	log_copy_truncate(&member, "log", "log.1");
	log_compress(&member, "log.1");
	lines("log", 40, 50);
	agent_start(&member);
	agent_run(&member, 3, 20 * MINUTE);
	assert_int_equal(counts().lost_files, 0);
	assert_all_received(&member);
}

static void test_agent_takes_no_older_file_for_the_copy_of_an_unread_one(void **state)
{
	char command[1024];

	(void)state;
	log_append(&member, "log", "time,sensor,signature,address,host\n");
	snprintf(command, sizeof command,
	    "cd %s/logs && cp log log.1 && echo 1,a,b,192.0.2.1,c >>log.1 && touch -d '1 week ago' log.1",
	    member.folder);
	assert_int_equal(system(command), 0);
	agent_start(&member);
	agent_look(&member);
	log_truncate(&member, "log");
	agent_run(&member, 3, 20 * MINUTE);
	assert_int_equal(counts().lost_bytes, 35);
	assert_all_received(&member);
}

static void test_agent_does_not_ship_a_copy_again_that_ends_before_what_was_read(void **state)
{
	(void)state;
	follow_lines(50);
	log_copy(&member, "log", "log.1");
	lines("log", 50, 60); /* between the copy and the truncation, and read */
	while (agent_work(member.agent, member.now) == AGENT_MORE)
		;
	log_truncate_copied(&member, "log", "log.1");
	lines("log", 60, 70);
	agent_run(&member, 3, 10 * SECOND);
	agent_run(&member, 2, 20 * MINUTE);
	assert_int_equal(counts().lost_bytes, 0);
	assert_all_received(&member);
}

static void test_agent_does_not_ship_a_compressed_copy_again_that_ends_before_what_was_read(void **state)
{
	(void)state;
	follow_lines(50);
	log_copy(&member, "log", "log.1");
	lines("log", 50, 60);
	while (agent_work(member.agent, member.now) == AGENT_MORE)
		;
	log_truncate_copied(&member, "log", "log.1");
	log_compress(&member, "log.1");
	agent_run(&member, 3, 10 * SECOND);
	assert_all_received(&member);
}

static uint64_t bytes_read(void)
{
	char text[4096] = "";
	FILE *file = fopen("/proc/self/io", "r");

	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	return strtoull(strstr(text, "rchar:") + 6, NULL, 10);
}

static void test_agent_reads_a_broken_compressed_file_once_until_it_changes(void **state)
{
	char command[1024];

	(void)state;
	/* 4 MiB that do not shrink, broken off near the end; whole lines before it */
	snprintf(command, sizeof command,
	    "cd %s/logs && head -c 3000000 /dev/urandom | base64 | gzip -1 >whole && size=$(stat -c %%s whole) && "
	    "head -c $((size - 1000)) whole >log.1.gz",
	    member.folder);
	assert_int_equal(system(command), 0);
	agent_start(&member);
	agent_run(&member, 1, SECOND);
	assert_int_equal(counts().broken, 1);
	assert_true(member.received[0].size > 4000000);
	uint64_t before = bytes_read();
	agent_run(&member, 20, 10 * SECOND);
	assert_true(bytes_read() - before < 1 << 20);
	snprintf(
	    command, sizeof command, "cd %s/logs && cat whole >log.1.gz", member.folder); /* written on to its end */
	assert_int_equal(system(command), 0);
	agent_run(&member, 3, 10 * SECOND);
	assert_int_equal(counts().waiting_files, 0);
	snprintf(command, sizeof command, "test $(gzip -dc %s/logs/whole | wc -c) = %zu", member.folder,
	    member.received[0].size);
	assert_int_equal(system(command), 0);
}

static void test_agent_leaves_a_compressed_file_alone_while_it_is_written(void **state)
{
	char command[1024];

	(void)state;
	member.settings.settle = HOUR;
	lines("log.1", 0, 300);
	log_compress(&member, "log.1");
	agent_start(&member);
	agent_run(&member, 2, SECOND);
	assert_int_equal(counts().files, 0);
	snprintf(command, sizeof command, "touch -d '2 hours ago' %s/logs/log.1.gz", member.folder);
	assert_int_equal(system(command), 0);
	agent_run(&member, 2, SECOND);
	assert_all_received(&member);
}

static void test_agent_knows_a_copy_again_that_is_compressed_after_a_restart(void **state)
{
	(void)state;
	follow_lines(50);
	log_copy(&member, "log", "log.1");
	lines("log", 50, 60);
	while (agent_work(member.agent, member.now) == AGENT_MORE)
		;
	log_truncate_copied(&member, "log", "log.1");
	agent_run(&member, 3, 10 * SECOND);
	agent_stop(&member);
	log_rename(&member, "log.1", "log.2");
	log_compress_zstd(&member, "log.2");
	agent_start(&member);
	agent_run(&member, 3, 10 * SECOND);
	assert_all_received(&member);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_agent_recovers_the_rest_from_the_copy_of_copytruncate, "log"),
		AGENT_TEST(test_agent_notices_truncation_when_the_file_has_grown_beyond_its_place, "log*"),
		AGENT_TEST(test_agent_notices_copytruncate_while_down, "log*"),
		AGENT_TEST(test_agent_ships_the_rest_of_a_file_that_was_compressed_while_down, "log"),
		AGENT_TEST(test_agent_does_not_ship_a_compressed_file_twice, "log*"),
		AGENT_TEST(test_agent_ships_compressed_files_that_it_never_saw_plain, "log*"),
		AGENT_TEST(test_agent_finds_the_copy_of_a_file_truncated_before_it_was_read, "log"),
		AGENT_TEST(test_agent_finds_the_copy_of_a_file_truncated_unread_while_down, "log"),
		AGENT_TEST(test_agent_takes_no_older_file_for_the_copy_of_an_unread_one, "log"),
		AGENT_TEST(test_agent_reads_zstd_rotation, "log"),
		AGENT_TEST(test_agent_does_not_ship_a_copy_again_that_ends_before_what_was_read, "log*"),
		AGENT_TEST(test_agent_does_not_ship_a_compressed_copy_again_that_ends_before_what_was_read, "log*"),
		AGENT_TEST(test_agent_reads_a_broken_compressed_file_once_until_it_changes, "log*"),
		AGENT_TEST(test_agent_leaves_a_compressed_file_alone_while_it_is_written, "log*"),
		AGENT_TEST(test_agent_knows_a_copy_again_that_is_compressed_after_a_restart, "log*"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
