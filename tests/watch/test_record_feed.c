/*
 * Records in the files that the agent follows: batches go in, alerts come out, and asking again changes nothing.
 */
#include "watch/record_feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
	struct record_feed_settings settings;
	struct record_feed *feed;
	struct follow *follow;
	struct builder content;
};

static int begin(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	struct failure failure;
	assert_non_null(bench);
	assert_int_equal(detection_options_begin(&bench->settings.detection, 0, &failure), OK);
	bench->settings.rules = true;
	assert_int_equal(record_feed_new(&bench->settings, &bench->feed, &failure), OK);
	bench->follow = follow_new("/var/log/log");
	assert_non_null(bench->follow);
	*state = bench;
	return 0;
}

static int end(void **state)
{
	struct bench *bench = *state;
	follow_free(bench->follow);
	record_feed_free(bench->feed);
	record_feed_settings_free(&bench->settings);
	builder_free(&bench->content);
	free(bench);
	return 0;
}

static void sign_ins(struct bench *bench, int count, int number)
{
	for (int i = 0; i < count; i++)
		build_format(&bench->content,
		    "{\"EventTime\":\"2026-04-01T00:00:%02dZ\",\"Hostname\":\"WS01\",\"EventID\":%d,\"Channel\":"
		    "\"Security\",\"SourceName\":\"x\",\"TargetUserName\":\"taro\",\"IpAddress\":\"203.0.113.7\"}\n",
		    i, number);
}

/* What stands in `content`, as a batch from `at` on. */
static struct record_batch take(struct bench *bench, uint64_t at)
{
	struct record_batch found;
	struct failure failure;
	const struct batch batch = {
		.begin = at, .end = at + bench->content.size, .content = (uint8_t *)bench->content.at
	};
	assert_int_equal(record_feed_take(bench->feed, bench->follow, &batch, &found, &failure), OK);
	return found;
}

static unsigned lines_of(struct text text)
{
	unsigned lines = 0;
	for (size_t i = 0; i < text.size; i++)
		lines += text.at[i] == '\n';
	return lines;
}

static void test_a_format_of_records_is_told_by_its_name(void **state)
{
	(void)state;
	assert_string_equal(record_feed_format("record-zeek")->name, "zeek");
	assert_null(record_feed_format("zeek"));
	assert_null(record_feed_format("record-"));
	assert_null(record_feed_format(""));
}

static void test_logs_of_records_are_told_from_logs_of_alerts(void **state)
{
	struct json_parser *parser = json_parser_new(64);
	(void)state;
	assert_string_equal(
	    record_feed_recognise(TEXT("#separator \\x09\n#path\tconn\n#fields\tts\tuid\n"), parser, 90), "zeek");
	assert_null(record_feed_recognise(TEXT("#separator \\x09\n#path\tnotice\n#fields\tts\tnote\n"), parser, 90));
	assert_null(record_feed_recognise(
	    TEXT("{\"timestamp\":\"2026-04-01T00:00:00Z\",\"event_type\":\"alert\"}\n"), parser, 90));
	assert_string_equal(
	    record_feed_recognise(TEXT("type=CWD msg=audit(1775001600.243:1): cwd=\"/\"\n"), parser, 0), "auditd");
	json_parser_free(parser);
}

/* The centre was away: the batch is asked for again, and what was in it counts once. */
static void test_a_batch_that_is_asked_for_again_counts_once(void **state)
{
	struct bench *bench = *state;
	strcpy(bench->follow->format, "record-windows");
	sign_ins(bench, 5, 4625);
	for (int i = 0; i < 3; i++)
		assert_int_equal(take(bench, 0).alerts.size, 0);
	uint64_t next = bench->content.size;
	builder_clear(&bench->content);
	sign_ins(bench, 1, 4624);
	assert_int_equal(take(bench, next).alerts.size, 0); /* five failures, not fifteen */
	next += bench->content.size;
	builder_clear(&bench->content);
	sign_ins(bench, 5, 4625);
	assert_int_equal(take(bench, next).alerts.size, 0);
	next += bench->content.size;
	builder_clear(&bench->content);
	sign_ins(bench, 1, 4624);
	struct record_batch first = take(bench, next);
	char *kept = strndup(first.alerts.at, first.alerts.size);
	assert_int_equal(lines_of(first.alerts), 1);
	assert_non_null(strstr(kept, "noroshi:sign-in-after-failures"));
	struct record_batch again = take(bench, next);
	assert_int_equal(again.alerts.size, strlen(kept));
	assert_memory_equal(again.alerts.at, kept, again.alerts.size);
	free(kept);
}

static void test_another_file_at_the_same_place_is_another_batch(void **state)
{
	struct bench *bench = *state;
	strcpy(bench->follow->format, "record-windows");
	sign_ins(bench, 10, 4625);
	take(bench, 0);
	bench->follow->epoch.low++;
	builder_clear(&bench->content);
	sign_ins(bench, 1, 4624);
	assert_int_equal(lines_of(take(bench, 0).alerts), 1);
}

static void test_header_lines_go_before_each_batch_and_places_are_the_file_s(void **state)
{
	static const char header[] = "#path\tconn\n#fields\tts\tid.orig_h\tid.resp_h\n";
	struct bench *bench = *state;
	strcpy(bench->follow->format, "record-zeek");
	bench->follow->preamble = strdup(header);
	bench->follow->preamble_size = sizeof header - 1;
	build_text(&bench->content, TEXT("1\t10.0.0.1\t10.0.0.2\nbad\n2\t10.0.0.1\tnowhere\n"));
	struct record_batch found = take(bench, 1000);
	assert_int_equal(found.records, 1);
	assert_int_equal(found.malformed, 2);
	assert_int_equal(found.place, 1000 + 20);
	assert_non_null(strstr(found.words, "fewer columns"));
}

/* What another program raised leaves too; its other records do not. */
static void test_of_eve_the_alerts_leave(void **state)
{
	struct bench *bench = *state;
	strcpy(bench->follow->format, "record-eve");
	build_text(&bench->content,
	    TEXT("{\"timestamp\":\"2026-04-01T00:00:00Z\",\"event_type\":\"flow\",\"src_ip\":\"10.0.0.1\"}\n"
		 "{\"timestamp\":\"2026-04-01T00:00:00Z\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":1}}\n"));
	struct record_batch found = take(bench, 0);
	assert_int_equal(found.records, 2);
	assert_int_equal(lines_of(found.alerts), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_format_of_records_is_told_by_its_name),
		cmocka_unit_test(test_logs_of_records_are_told_from_logs_of_alerts),
		cmocka_unit_test_setup_teardown(test_a_batch_that_is_asked_for_again_counts_once, begin, end),
		cmocka_unit_test_setup_teardown(test_another_file_at_the_same_place_is_another_batch, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_header_lines_go_before_each_batch_and_places_are_the_file_s, begin, end),
		cmocka_unit_test_setup_teardown(test_of_eve_the_alerts_leave, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
