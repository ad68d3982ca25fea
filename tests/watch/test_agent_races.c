/*
 * The agent and rotations that happen while it looks, or while the centre's answer is under way: copytruncate and
 * renaming with a copy. Nothing is shipped twice, nothing is left out.
 *
 * The moment in the middle of a look is the one in which the copy is opened: source_open() is wrapped by the linker
 * (meson.build).
 */
#include "tests/watch/agent_test.h"
#include "watch/source.h"

static const char *truncated_at; /* when this copy is opened, its original `log` is truncated; NULL = nothing happens */

enum error __real_source_open(const char *path, struct source **source, struct failure *failure);
enum error __wrap_source_open(const char *path, struct source **source, struct failure *failure);
enum error __wrap_source_open(const char *path, struct source **source, struct failure *failure)
{
	enum error error = __real_source_open(path, source, failure);
	const char *name = strrchr(path, '/');

	if (truncated_at && name && strcmp(name + 1, truncated_at) == 0) {
		log_truncate_copied(&member, "log", truncated_at);
		truncated_at = NULL;
	}
	return error;
}

/* The centre has the lines, and the agent does not know. */
static void follow_unanswered(unsigned count)
{
	agent_start(&member);
	lines("log", 0, count);
	member.mood = CENTRE_LOSES_ANSWER;
	agent_run(&member, 1, SECOND);
	assert_true(member.received[0].size > 0);
	assert_int_equal(member.received[0].answered, 0);
}

static void look_while_truncated(void)
{
	truncated_at = "log.1";
	agent_look(&member);
	assert_null(truncated_at); /* it happened in the middle of that look */
}

static void assert_goes_on_as_one(void)
{
	member.mood = CENTRE_FINE;
	lines("log", 1000, 1010);
	agent_run(&member, 4, 10 * SECOND);
	agent_run(&member, 2, 20 * MINUTE);
	assert_int_equal(member.received_count, 2); /* the old file and the new one */
	assert_int_equal(counts().lost_bytes, 0);
	assert_all_received(&member);
}

static void test_agent_ships_once_what_is_truncated_in_a_look_before_the_answer(void **state)
{
	(void)state;
	follow_unanswered(50);
	log_copy(&member, "log", "log.1");
	look_while_truncated();
	assert_goes_on_as_one();
}

static void test_agent_ships_once_what_is_truncated_between_two_looks_before_the_answer(void **state)
{
	(void)state;
	follow_unanswered(50);
	log_copy(&member, "log", "log.1");
	agent_look(&member);
	log_truncate_copied(&member, "log", "log.1");
	assert_goes_on_as_one();
}

static void test_agent_ships_once_what_is_truncated_before_the_answer_and_a_restart(void **state)
{
	(void)state;
	follow_unanswered(50);
	log_copy(&member, "log", "log.1");
	look_while_truncated();
	agent_stop(&member);
	agent_start(&member);
	assert_goes_on_as_one();
}

static void test_agent_ships_the_rest_of_a_copy_whose_original_is_truncated_in_a_look(void **state)
{
	(void)state;
	follow_lines(50);
	lines("log", 50, 80); /* not read yet */
	log_copy(&member, "log", "log.1");
	look_while_truncated();
	assert_goes_on_as_one();
}

static void test_agent_knows_a_short_copy_whose_original_is_truncated_in_a_look(void **state)
{
	(void)state;
	follow_lines(50);
	log_copy(&member, "log", "log.1");
	lines("log", 50, 60); /* these stand in no copy, and are read */
	while (agent_work(member.agent, member.now) == AGENT_MORE)
		;
	look_while_truncated();
	assert_goes_on_as_one();
}

static void test_agent_ships_once_what_is_renamed_and_copied_before_the_answer(void **state)
{
	(void)state;
	follow_unanswered(50);
	log_rename(&member, "log", "log.1");
	agent_look(&member);
	log_copy(&member, "log.1", "log.2");
	agent_look(&member);
	log_delete(&member, "log.1");
	assert_goes_on_as_one();
}

static void test_agent_ships_once_what_is_renamed_and_copied_before_the_answer_while_down(void **state)
{
	(void)state;
	follow_unanswered(50);
	agent_stop(&member);
	log_rename(&member, "log", "log.1");
	log_copy(&member, "log.1", "log.2");
	log_delete(&member, "log.1");
	agent_start(&member);
	assert_goes_on_as_one();
}

static void test_agent_ships_the_rest_of_a_file_that_grew_elsewhere_and_is_copied_back(void **state)
{
	(void)state;
	follow_lines(50);
	log_rename(&member, "log", "../away"); /* its program writes on there */
	agent_run(&member, 4, 10 * SECOND);    /* delivered, and over as far as the agent knows */
	lines("../away", 50, 80);
	log_copy(&member, "../away", "log.1");
	assert_goes_on_as_one();
}

static void shell(const char *format)
{
	char command[1024], path[512];

	snprintf(command, sizeof command, format, log_path(&member, "", path));
	assert_int_equal(system(command), 0);
}

/* A copy is empty when it begins, and whoever makes a file in the folder wakes the agent. */
static void test_agent_ships_once_what_is_copied_while_it_looks(void **state)
{
	(void)state;
	follow_lines(50);
	shell("touch %slog.1");
	agent_look(&member);
	shell("cd %s && cat log >>log.1");
	generation_at(&member, "log")->copied = generation_at(&member, "log")->size;
	log_truncate_copied(&member, "log", "log.1");
	assert_goes_on_as_one();
}

static void test_agent_ships_once_what_is_compressed_while_it_looks(void **state)
{
	(void)state;
	follow_lines(50);
	log_rename(&member, "log", "log.1");
	shell("touch %slog.1.gz");
	agent_look(&member);
	shell("cd %s && gzip -c log.1 >>log.1.gz");
	log_delete(&member, "log.1");
	assert_goes_on_as_one();
}

static void test_agent_ships_a_file_that_was_empty_beside_another(void **state)
{
	(void)state;
	follow_lines(50);
	shell("touch %slog-other");
	agent_run(&member, 2, SECOND);
	lines("log-other", 500, 510);
	agent_run(&member, 2, SECOND);
	assert_int_equal(member.received_count, 2);
	assert_all_received(&member);
}

/* Neither a copy nor a rest of it, now or later: its beginning alone is the same. */
static void test_agent_ships_another_file_that_begins_with_the_same_header(void **state)
{
	(void)state;
	agent_start(&member);
	log_append(&member, "log", "time,sensor,signature,address,host\n");
	agent_run(&member, 1, SECOND);
	log_append(&member, "log.1", "time,sensor,signature,address,host\n");
	log_append(&member, "log.1", "2026-03-01T00:00:00Z,a,b,192.0.2.1,c\n");
	agent_run(&member, 4, 10 * SECOND);
	assert_int_equal(member.received_count, 2);
	assert_all_received(&member);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_agent_ships_once_what_is_truncated_in_a_look_before_the_answer, "log*"),
		AGENT_TEST(test_agent_ships_once_what_is_truncated_between_two_looks_before_the_answer, "log*"),
		AGENT_TEST(test_agent_ships_once_what_is_truncated_before_the_answer_and_a_restart, "log*"),
		AGENT_TEST(test_agent_ships_the_rest_of_a_copy_whose_original_is_truncated_in_a_look, "log*"),
		AGENT_TEST(test_agent_knows_a_short_copy_whose_original_is_truncated_in_a_look, "log*"),
		AGENT_TEST(test_agent_ships_once_what_is_renamed_and_copied_before_the_answer, "log*"),
		AGENT_TEST(test_agent_ships_once_what_is_renamed_and_copied_before_the_answer_while_down, "log*"),
		AGENT_TEST(test_agent_ships_the_rest_of_a_file_that_grew_elsewhere_and_is_copied_back, "log*"),
		AGENT_TEST(test_agent_ships_once_what_is_copied_while_it_looks, "log*"),
		AGENT_TEST(test_agent_ships_once_what_is_compressed_while_it_looks, "log*"),
		AGENT_TEST(test_agent_ships_a_file_that_was_empty_beside_another, "log*"),
		AGENT_TEST(test_agent_ships_another_file_that_begins_with_the_same_header, "log*"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
