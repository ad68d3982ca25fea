/*
 * The agent where something is full, refused or lost: what cannot be shipped is kept, or said exactly.
 */
#include "tests/watch/agent_test.h"
#include "watch/refused.h"

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
	(void)state;
	follow_lines(10);
	member.mood = CENTRE_AWAY;
	lines("log", 10, 3000);
	agent_run(&member, 2, SECOND);
	log_truncate(&member, "log");
	lines("log", 3000, 3010);
	agent_run(&member, 2, SECOND);
	member.mood = CENTRE_FINE;
	agent_run(&member, 5, 10 * SECOND);
	assert_all_received(&member);
}

static void test_agent_says_what_is_lost_when_it_cannot_be_known(void **state)
{
	(void)state;
	follow_lines(10);
	agent_stop(&member);
	lines("log", 10, 20);
	agent_start(&member);
	agent_look(&member); /* seen, not read */
	log_truncate(&member, "log");
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
	follow_lines(10);
	agent_stop(&member);
	snprintf(command, sizeof command, "printf x | dd of=%s/state/positions bs=1 seek=40 conv=notrunc 2>/dev/null",
	    member.folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(agent_new(&member.settings, &member.agent, &failure), ERROR_CORRUPT);
	member.agent = NULL;
}

static void test_agent_says_exactly_what_stands_in_no_copy(void **state)
{
	(void)state;
	follow_lines(10);
	member.mood = CENTRE_AWAY;
	member.settings.spool_limit = 0;
	lines("log", 10, 20);
	log_copy(&member, "log", "log.1");
	lines("log", 20, 25); /* between the copy and the truncation */
	agent_look(&member);  /* seen, but there is no room to spool it */
	log_truncate_copied(&member, "log", "log.1");
	lines("log", 25, 30);
	agent_run(&member, 1, SECOND);
	member.mood = CENTRE_FINE;
	agent_run(&member, 3, 20 * MINUTE);
	assert_int_equal(counts().lost_files, 1);
	assert_int_equal(counts().lost_bytes, member.generations[0].size - member.generations[0].copied);
	assert_int_equal(counts().waiting_files, 0);
	assert_all_received(&member);
}

static void test_agent_shows_its_losses_with_file_place_and_time(void **state)
{
	struct builder status = { 0 };
	struct failure failure;

	(void)state;
	follow_lines(10);
	lines("log", 10, 20);
	agent_look(&member);
	log_truncate(&member, "log");
	agent_run(&member, 3, 20 * MINUTE);
	assert_int_equal(agent_status(member.settings.folder, &status, &failure), OK);
	assert_non_null(strstr(status.at, "\"losses\":[{\"noticed\":\"20"));
	assert_non_null(strstr(status.at, "/logs/log\",\"epoch\":\""));
	assert_non_null(strstr(status.at, "\"why\":\"it was truncated or removed, and no copy of it was found\"}]"));
	builder_free(&status);
	assert_all_received(&member);
}

static void test_agent_ships_everything_after_a_day_without_the_centre(void **state)
{
	char name[32];

	(void)state;
	member.settings.spool_limit = 100000; /* an hour's lines are about as many */
	follow_lines(10);
	member.mood = CENTRE_AWAY;
	for (unsigned hour = 0; hour < 24; hour++) {
		lines("log", 10 + hour * 2000, 10 + (hour + 1) * 2000);
		agent_run(&member, 6, 10 * MINUTE);
		assert_true(counts().spooled <= 100000);
		if (hour % 6 == 5) {
			snprintf(name, sizeof name, "log.%u", hour);
			if (hour % 12 == 5)
				log_copy_truncate(&member, "log", name);
			else
				log_rename(&member, "log", name);
			agent_run(&member, 1, MINUTE);
			log_compress_zstd(&member, name);
		}
		if (hour % 8 == 7) {
			agent_stop(&member);
			agent_start(&member);
		}
	}
	member.mood = CENTRE_FINE;
	agent_run(&member, 5, 20 * MINUTE);
	assert_int_equal(counts().lost_bytes, 0);
	assert_int_equal(counts().spooled, 0);
	assert_all_received(&member);
}

static void test_agent_waits_while_its_file_system_is_full(void **state)
{
	(void)state;
	if (!member_mount_state(&member, 1 << 20))
		skip(); /* only root may mount */
	follow_lines(10);
	member_fill_state(&member, 0);
	lines("log", 10, 3000);
	agent_run(&member, 5, 10 * SECOND);
	assert_int_equal(counts().lines, 10); /* what is not on disk is not sent */
	log_rename(&member, "log", "log.1");
	lines("log", 3000, 3010);
	agent_run(&member, 5, 10 * SECOND);
	agent_crash(&member); /* makes room too: it fills again */
	member_fill_state(&member, 0);
	agent_start(&member);
	agent_run(&member, 5, 10 * SECOND);
	member_free_state(&member);
	agent_run(&member, 5, 10 * SECOND);
	assert_int_equal(counts().lost_bytes, 0);
	assert_all_received(&member);
}

static void test_agent_holds_a_refused_batch_until_its_file_system_has_room(void **state)
{
	(void)state;
	if (!member_mount_state(&member, 1 << 20))
		skip();
	follow_lines(10);
	lines("log", 10, 1000);
	member_fill_state(&member, 16384); /* the positions fit, the batch does not */
	member.mood = CENTRE_REFUSES;
	agent_run(&member, 5, 10 * SECOND);
	assert_int_equal(counts().refused, 0);
	assert_true(member.refusals > 1);
	member_free_state(&member);
	agent_run(&member, 2, 10 * SECOND);
	assert_int_equal(counts().refused, 1);
	assert_int_equal(counts().refused_lines, 990);
	assert_int_equal(counts().lost_bytes, 0);
}

static void test_agent_sends_refused_batches_again_when_asked(void **state)
{
	struct failure failure;

	(void)state;
	member.settings.format = "csv";
	agent_start(&member);
	log_append(&member, "log", "time,sensor,signature,address,host\n");
	agent_run(&member, 1, SECOND);
	member.mood = CENTRE_REFUSES;
	lines("log", 0, 2500);
	agent_run(&member, 1, SECOND);
	assert_int_equal(counts().refused, 3);
	assert_int_equal(refused_ask_again(member.settings.folder, &failure), OK);
	agent_run(&member, 2, SECOND); /* refused again: they stay, and are not asked about for ever */
	assert_int_equal(member.refusals, 6);
	assert_int_equal(refused_ask_again(member.settings.folder, &failure), OK);
	member.mood = CENTRE_LOSES_ANSWER;
	agent_run(&member, 1, SECOND);
	agent_crash(&member);
	member.mood = CENTRE_FINE;
	agent_start(&member);
	agent_run(&member, 3, SECOND);
	assert_int_equal(counts().resent, 3);
	assert_int_equal(member.overlaps, 1);
	assert_true(member.received[0].preambles >= 3);
	assert_string_equal(member.received[0].format, "csv");
	assert_all_received(&member);
	assert_int_equal(refused_ask_again(member.settings.folder, &failure), ERROR_NOT_FOUND);
	char command[512]; /* nothing is left behind */
	snprintf(command, sizeof command, "test -z \"$(ls %s/refused)\"", member.settings.folder);
	assert_int_equal(system(command), 0);
}

static void test_agent_says_that_refused_batches_beyond_the_limit_are_lost(void **state)
{
	(void)state;
	member.settings.refused_limit = 100000;
	member.mood = CENTRE_REFUSES;
	agent_start(&member);
	lines("log", 0, 5500);
	agent_run(&member, 1, SECOND);
	uint64_t batches, bytes;
	refused_sum(member.settings.folder, &batches, &bytes);
	assert_int_equal(counts().refused, 6);
	assert_true(batches > 0 && bytes <= 100000);
	assert_int_equal(counts().lost_bytes + bytes, member.generations[0].size);
	assert_int_equal(counts().lost_files + batches, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_agent_spools_a_deleted_file_while_the_centre_is_away, "log*"),
		AGENT_TEST(test_agent_spools_what_is_truncated_without_a_copy_while_the_centre_is_away, "log*"),
		AGENT_TEST(test_agent_says_what_is_lost_when_it_cannot_be_known, "log*"),
		AGENT_TEST(test_agent_counts_what_does_not_fit_into_the_spool, "log*"),
		AGENT_TEST(test_agent_keeps_a_refused_batch_aside_and_goes_on, "log*"),
		AGENT_TEST(test_agent_stops_shipping_while_it_is_denied, "log*"),
		AGENT_TEST(test_agent_leaves_out_a_line_longer_than_a_batch_and_counts_it, "log*"),
		AGENT_TEST(test_agent_of_one_folder_is_alone, "log*"),
		AGENT_TEST(test_agent_refuses_damaged_positions, "log*"),
		AGENT_TEST(test_agent_says_exactly_what_stands_in_no_copy, "log"),
		AGENT_TEST(test_agent_shows_its_losses_with_file_place_and_time, "log"),
		AGENT_TEST(test_agent_ships_everything_after_a_day_without_the_centre, "log"),
		AGENT_TEST(test_agent_waits_while_its_file_system_is_full, "log"),
		AGENT_TEST(test_agent_holds_a_refused_batch_until_its_file_system_has_room, "log"),
		AGENT_TEST(test_agent_sends_refused_batches_again_when_asked, "log"),
		AGENT_TEST(test_agent_says_that_refused_batches_beyond_the_limit_are_lost, "log"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
