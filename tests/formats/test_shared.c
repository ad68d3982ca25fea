/*
 * Readers on text that the real programs wrote: Wazuh's alerts of a web server under attack, with what Suricata wrote
 * inside them (EVE JSON and fast.log), and the alerts of four organisations as CSV. Skipped where ../shared is not.
 */
#include "formats/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void shared_path(const char *name, char *to, size_t size)
{
	const char *shared = getenv("NOROSHI_SHARED"), *root = getenv("SOURCE_ROOT");
	if (shared)
		snprintf(to, size, "%s/data/%s", shared, name);
	else
		snprintf(to, size, "%s/../shared/data/%s", root ? root : ".", name);
	if (access(to, R_OK) != 0)
		skip();
}

struct seen {
	struct format_counts counts;
	const struct format *format;
	uint64_t failed, with_host, with_ends, with_account, with_object;
	nanoseconds first, last;
	char complaint[480];
};

static void complain(void *context, const struct line *line, const struct failure *failure)
{
	struct seen *seen = context;
	(void)line;
	snprintf(seen->complaint, sizeof seen->complaint, "%s", failure->words);
}

static struct seen read_stream(struct stream *stream)
{
	struct seen seen = { 0 };
	struct failure failure = { 0 };
	struct format_settings settings = { 0 };
	struct format_reader *reader;
	struct alert alert;
	assert_int_equal(format_reader_new(NULL, &settings, &reader, &failure), OK);
	while (!format_read(reader, stream, NULL, &alert, &seen.counts, complain, &seen, &failure)) {
		seen.failed += alert.outcome == OUTCOME_FAILED;
		seen.with_host += alert.host.size || address_exists(alert.host_address);
		seen.with_ends += address_exists(alert.source) && address_exists(alert.target);
		seen.with_account += alert.account.size > 0;
		seen.with_object += alert.object.size > 0;
		if (!seen.first || alert.occurred < seen.first)
			seen.first = alert.occurred;
		if (alert.occurred > seen.last)
			seen.last = alert.occurred;
	}
	assert_string_equal(seen.complaint, "");
	seen.format = reader->format;
	format_reader_free(reader);
	stream_close(stream);
	return seen;
}

static struct seen read_file(const char *path)
{
	struct stream *stream;
	struct failure failure = { 0 };
	assert_int_equal(stream_open(path, &stream, &failure), OK);
	return read_stream(stream);
}

static nanoseconds time_of(const char *text)
{
	nanoseconds time = 0;
	assert_true(time_parse(text_of(text), 0, &time, NULL));
	return time;
}

static void test_wazuh_alerts_of_a_real_installation_are_read_whole(void **state)
{
	(void)state;
	char path[4096];
	shared_path("wazuh/insect.json", path, sizeof path);
	struct seen seen = read_file(path);
	assert_string_equal(seen.format->name, "wazuh");
	assert_int_equal(seen.counts.alerts, 497);
	assert_int_equal(seen.counts.malformed, 0);
	assert_int_equal(seen.with_host, 497);
	assert_int_equal(seen.with_account, 195); /* violet, from PAM and Dovecot */
	assert_int_equal(seen.failed, 333);       /* the five rules of failed sign-ins */
	assert_int_equal(seen.with_object, 85);   /* the requests within Suricata's alerts */
	assert_true(seen.first == time_of("2020-03-04T13:55:05.224939Z"));
}

/* What another program wrote stands in Wazuh's full_log: every line that `takes` accepts, as a file of its own. */
static struct seen read_full_logs(bool (*takes)(struct text log))
{
	char path[4096];
	char *line = NULL;
	size_t room = 0;
	struct builder text = { 0 };
	shared_path("wazuh/insect.json", path, sizeof path);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	struct json_parser *parser = json_parser_new(64);
	while (getline(&line, &room, file) > 0) {
		struct json_value alert;
		assert_int_equal(json_parse(parser, text_of(line), &alert, NULL), OK);
		struct text log = json_text(json_get(alert, "full_log"));
		if (takes(log)) {
			build_text(&text, log);
			build_char(&text, '\n');
		}
	}
	json_parser_free(parser);
	free(line);
	fclose(file);
	struct stream *stream;
	struct failure failure;
	assert_int_equal(stream_open_memory("full_log", text.at, text.size, &stream, &failure), OK);
	struct seen seen = read_stream(stream);
	builder_free(&text);
	return seen;
}

static bool is_eve(struct text log)
{
	return text_starts(log, TEXT("{"));
}

static bool is_fast(struct text log)
{
	return text_find(log, TEXT("[**]")) > 0;
}

static void test_eve_events_that_suricata_wrote_are_read_whole(void **state)
{
	(void)state;
	struct seen seen = read_full_logs(is_eve);
	assert_string_equal(seen.format->name, "eve");
	assert_int_equal(seen.counts.alerts, 87);
	assert_int_equal(seen.counts.malformed, 0);
	assert_int_equal(seen.with_ends, 87);
	assert_int_equal(seen.with_object, 85);
}

static void test_fast_log_lines_that_suricata_wrote_are_read_whole(void **state)
{
	(void)state;
	struct seen seen = read_full_logs(is_fast);
	assert_string_equal(seen.format->name, "fast");
	assert_int_equal(seen.counts.alerts, 75);
	assert_int_equal(seen.counts.malformed, 0);
	assert_int_equal(seen.with_ends, 75);
	assert_true(seen.first == time_of("2020-03-04T13:55:05.224939Z"));
}

static void test_csv_of_four_organisations_is_read_whole(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t alerts;
	} files[] = { { "fox", 473104 }, { "russellmitchell", 45544 }, { "santos", 130779 }, { "wardbeck", 91257 } };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char name[64], path[4096];
		snprintf(name, sizeof name, "ait-ads/%s.csv.gz", files[i].name);
		shared_path(name, path, sizeof path);
		struct seen seen = read_file(path);
		assert_string_equal(seen.format->name, "csv");
		assert_int_equal(seen.counts.alerts, files[i].alerts);
		assert_int_equal(seen.counts.malformed, 0);
		assert_int_equal(seen.counts.skipped, 1);
		assert_int_equal(seen.with_host, files[i].alerts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wazuh_alerts_of_a_real_installation_are_read_whole),
		cmocka_unit_test(test_eve_events_that_suricata_wrote_are_read_whole),
		cmocka_unit_test(test_fast_log_lines_that_suricata_wrote_are_read_whole),
		cmocka_unit_test(test_csv_of_four_organisations_is_read_whole),
	};
	return cmocka_run_group_tests_name("formats shared", tests, NULL, NULL);
}
