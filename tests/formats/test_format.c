/*
 * formats/format.h: telling formats by content, counting, complaining, and bad input of every kind, for every format.
 */
#include "formats/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct run {
	struct format_counts counts;
	uint64_t complaints;
	char last[480];  /* the last complaint */
	char words[480]; /* of the failure that ended it */
	enum error end, after;
	char signature[64]; /* of the last alert */
	nanoseconds occurred;
};

static void complain(void *context, const struct line *line, const struct failure *failure)
{
	struct run *run = context;
	assert_true(line->number > 0);
	run->complaints++;
	snprintf(run->last, sizeof run->last, "%s", failure->words);
}

static struct run read_plausible(
    const struct format *format, const char *at, size_t size, nanoseconds past, nanoseconds future)
{
	struct run run = { 0 };
	struct failure failure = { 0 };
	struct format_settings settings = { .now = 1775000000 * SECOND, .past = past, .future = future };
	struct stream *stream;
	struct format_reader *reader;
	struct alert alert;
	assert_int_equal(stream_open_memory("test", at, size, &stream, &failure), OK);
	assert_int_equal(format_reader_new(format, &settings, &reader, &failure), OK);
	while (!(run.end = format_read(reader, stream, NULL, &alert, &run.counts, complain, &run, &failure))) {
		assert_null(alert_problem(&alert));
		text_copy(alert.signature, run.signature, sizeof run.signature);
		run.occurred = alert.occurred;
	}
	snprintf(run.words, sizeof run.words, "%s", failure.words);
	run.after = format_read(reader, stream, NULL, &alert, &run.counts, complain, &run, &failure);
	assert_int_equal(run.counts.lines, run.counts.alerts + run.counts.skipped + run.counts.malformed);
	assert_int_equal(run.complaints, run.counts.malformed + run.counts.duplicate_keys + run.counts.implausible);
	format_reader_free(reader);
	stream_close(stream);
	return run;
}

static struct run read_bytes(const struct format *format, const char *at, size_t size)
{
	return read_plausible(format, at, size, 0, 0);
}

static struct run read_text(const char *format, const char *text)
{
	return read_bytes(format ? format_named(format) : NULL, text, strlen(text));
}

/* One good line of each format. */
static const struct sample {
	const char *format, *head, *line;
} samples[] = {
	{ "eve", "",
	    "{\"timestamp\":\"2026-04-01T00:00:00Z\",\"event_type\":\"alert\",\"src_ip\":\"10.0.0.1\",\"alert\":{"
	    "\"signature_id\":1,"
	    "\"signature\":\"good\"}}\n" },
	{ "wazuh", "",
	    "{\"timestamp\":\"2026-04-01T00:00:00Z\",\"rule\":{\"level\":3,\"description\":\"good\"},\"agent\":{"
	    "\"name\":\"a\"}}\n" },
	{ "aminer", "", "{\"AnalysisComponent\":{\"Message\":\"good\"},\"LogData\":{\"Timestamps\":[1775001600]}}\n" },
	{ "zeek", "", "{\"ts\":1775001600,\"note\":\"good\"}\n" },
	{ "zeek", "#separator \\x09\n#path\tnotice\n#fields\tts\tnote\n", "1775001600.000000\tgood\n" },
	{ "fast", "",
	    "04/01/2026-00:00:00.000000  [**] [1:1:1] good [**] [Priority: 1] {TCP} 10.0.0.1:1 -> 10.0.0.2:2\n" },
	{ "cef", "", "CEF:0|a|b|1|1|good|5|rt=1775001600000\n" },
	{ "idea", "",
	    "{\"Format\":\"IDEA0\",\"DetectTime\":\"2026-04-01T00:00:00Z\",\"Category\":[\"Test\"],\"Description\":"
	    "\"good\"}\n" },
	{ "csv", "time,detector,signature\n", "1775001600,d,good\n" },
};
#define SAMPLES (sizeof samples / sizeof *samples)

static void test_every_format_is_told_by_content(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct failure failure;
		struct builder text = { 0 };
		struct json_parser *parser = json_parser_new(64);
		build_format(&text, "%s%s", samples[i].head, samples[i].line);
		const struct format *format = format_recognise((struct text){ text.at, text.size }, parser, &failure);
		assert_non_null(format);
		assert_string_equal(format->name, samples[i].format);
		struct run run = read_text(NULL, text.at);
		assert_int_equal(run.counts.alerts, 1);
		assert_int_equal(run.end, ERROR_END);
		assert_string_equal(run.signature, "good");
		assert_true(run.occurred == 1775001600 * SECOND);
		json_parser_free(parser);
		builder_free(&text);
	}
}

static void test_json_formats_are_told_by_a_first_line_that_is_longer_than_what_is_looked_at(void **state)
{
	(void)state;
	struct builder text = { 0 };
	build_text(&text,
	    TEXT("{\"timestamp\":\"2026-04-01T00:00:00Z\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":1,"
		 "\"signature\":\"good\"},\"payload\":\""));
	for (int i = 0; i < 20000; i++)
		build_char(&text, 'A');
	build_text(&text, TEXT("\"}\n"));
	struct run run = read_text(NULL, text.at);
	assert_int_equal(run.counts.alerts, 1);
	builder_free(&text);
}

static void test_unknown_content_is_one_failure_that_lists_the_formats(void **state)
{
	(void)state;
	struct run run = read_text(NULL, "hello world\nsecond line\n");
	assert_int_equal(run.end, ERROR_INPUT);
	assert_int_equal(run.after, ERROR_END);
	assert_non_null(strstr(run.words, "\"hello world\""));
	assert_non_null(strstr(run.words, "eve, wazuh, aminer, zeek, fast, cef, idea, csv"));
	assert_int_equal(run.counts.lines, 0);
}

static void test_empty_input_is_no_failure(void **state)
{
	(void)state;
	assert_int_equal(read_text(NULL, "").end, ERROR_END);
	assert_int_equal(read_text(NULL, "\n \n").end, ERROR_END);
	assert_int_equal(read_text("eve", "\n\n").counts.skipped, 2);
}

static void test_binary_garbage_is_one_failure_and_forced_each_line_is_counted(void **state)
{
	(void)state;
	char garbage[4096];
	uint32_t random = 12345;
	for (size_t i = 0; i < sizeof garbage; i++) {
		random = random * 1103515245u + 12345u;
		garbage[i] = (char)(random >> 16);
	}
	struct run run = read_bytes(NULL, garbage, sizeof garbage);
	assert_int_equal(run.end, ERROR_INPUT);
	assert_int_equal(run.counts.alerts, 0);
	for (size_t i = 0; formats[i]; i++) {
		run = read_bytes(formats[i], garbage, sizeof garbage);
		assert_int_equal(run.end, ERROR_END);
		assert_int_equal(run.counts.alerts, 0);
		assert_true(run.counts.malformed > 5);
	}
}

static void expect_bad_between_good(const struct sample *sample, const char *bad, size_t size, const char *words)
{
	struct builder text = { 0 };
	build_format(&text, "%s%s", sample->head, sample->line);
	build_text(&text, (struct text){ bad, size });
	build_format(&text, "\n%s", sample->line);
	struct run run = read_bytes(format_named(sample->format), text.at, text.size);
	assert_int_equal(run.counts.alerts, 2);
	assert_int_equal(run.counts.malformed, 1);
	assert_int_equal(run.end, ERROR_END);
	if (!strstr(run.last, words))
		fail_msg("%s: \"%s\" does not speak of \"%s\"", sample->format, run.last, words);
	builder_free(&text);
}

static void test_lines_that_are_no_utf8_or_hold_nul_are_refused_and_the_rest_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		expect_bad_between_good(&samples[i], "abc \xc3\x28 def", 10, "no valid UTF-8 at byte 5");
		expect_bad_between_good(&samples[i], "abc\0def", 7, "a NUL stands at byte 4");
	}
}

static void test_truncated_lines_are_refused_and_the_rest_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		const char *line = samples[i].line;
		for (size_t size = 1; size + 1 < strlen(line); size++) {
			struct builder text = { 0 };
			build_format(&text, "%s%.*s\n%s", samples[i].head, (int)size, line, line);
			struct run run = read_bytes(format_named(samples[i].format), text.at, text.size);
			/* A piece of CEF, of fast.log or of tab-separated text may be a whole alert; JSON never. */
			assert_true(run.counts.alerts >= 1 && run.counts.alerts <= 2);
			assert_true(*line != '{' || run.counts.malformed == 1);
			builder_free(&text);
		}
	}
}

static void test_a_line_of_100_megabytes_is_cut_counted_and_the_rest_is_read(void **state)
{
	(void)state;
	size_t size = (size_t)100 << 20;
	char *long_line = malloc(size);
	assert_non_null(long_line);
	memset(long_line, 'x', size);
	long_line[0] = '{';
	for (size_t i = 0; i < 2; i++) {
		const struct sample *sample = &samples[i ? SAMPLES - 1 : 0];
		struct builder text = { 0 };
		build_format(&text, "%s%s", sample->head, sample->line);
		build_text(&text, (struct text){ long_line, size });
		build_format(&text, "\n%s", sample->line);
		struct run run = read_bytes(NULL, text.at, text.size);
		assert_int_equal(run.counts.alerts, 2);
		assert_int_equal(run.counts.malformed, 1);
		assert_int_equal(run.counts.cut, 1);
		assert_non_null(strstr(run.last, "longer than 1048576 bytes"));
		builder_free(&text);
	}
	free(long_line);
}

static void test_deep_json_is_refused_and_the_rest_is_read(void **state)
{
	(void)state;
	char deep[20001];
	memset(deep, '[', sizeof deep - 1);
	deep[20000] = 0;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct builder bad = { 0 };
		if (samples[i].line[0] != '{')
			continue;
		build_format(&bad, "{\"a\":%s", deep);
		expect_bad_between_good(&samples[i], bad.at, bad.size, "JSON");
		builder_free(&bad);
	}
}

static void test_duplicate_keys_are_counted_and_the_first_counts(void **state)
{
	(void)state;
	struct run run =
	    read_text(NULL, "{\"ts\":1,\"note\":\"first\",\"note\":\"second\"}\n{\"ts\":1,\"note\":\"third\"}\n");
	assert_int_equal(run.counts.alerts, 2);
	assert_int_equal(run.counts.duplicate_keys, 1);
	run = read_text(NULL, "{\"ts\":1,\"note\":\"first\",\"note\":\"second\"}\n");
	assert_string_equal(run.signature, "first");
	assert_string_equal(run.last, "JSON: the key \"note\" stands twice in one object: the first was taken");
}

static void test_texts_of_alerts_neither_steer_terminals_nor_turn_around(void **state)
{
	(void)state;
	struct run run = read_text("csv", "time,detector,signature\n2026-03-31T23:00:00Z,d,a\x7f\xc2\x9b"
					  "31mb\xe2\x80\xaetxt.exe"
					  "\xe2\x81\xa6"
					  "c\xe2\x80\xa8\n");
	assert_int_equal(run.counts.alerts, 1);
	assert_string_equal(run.signature, "a31mbtxt.exec");
	run = read_text(NULL, "{\"ts\":1,\"note\":\"x\\u202ey\\u009b1m\\u001b[2J\\n\xe7\x8b\xbc\xe7\x85\x99\"}\n");
	assert_string_equal(run.signature, "xy1m [2J \xe7\x8b\xbc\xe7\x85\x99");
}

static void test_implausible_times_are_said_and_taken(void **state)
{
	(void)state;
	const char *text = "time,detector,signature\n1970-01-01T00:00:00Z,d,s\n2026-03-31T23:00:00Z,d,s\n"
			   "2100-01-01T00:00:00Z,d,t\n";
	struct run run = read_plausible(format_named("csv"), text, strlen(text), 3650 * DAY, 10 * MINUTE);
	assert_int_equal(run.counts.alerts, 3);
	assert_int_equal(run.counts.implausible, 2);
	assert_string_equal(run.last,
	    "the time 2100-01-01T00:00:00Z is not plausible: it is more than 10 min in the future; "
	    "the alert was taken");
	run = read_plausible(format_named("csv"), text, strlen(text), 0, 0);
	assert_int_equal(run.counts.implausible, 0);
}

static void test_times_of_1970_and_2100_are_facts(void **state)
{
	(void)state;
	struct run run = read_text("csv", "time,detector,signature\n1970-01-01T00:00:00Z,d,s\n");
	assert_true(run.counts.alerts == 1 && run.occurred == 0);
	run = read_text("csv", "time,detector,signature\n2100-01-01T00:00:00Z,d,s\n");
	assert_true(run.counts.alerts == 1 && run.occurred == 4102444800 * SECOND);
	run = read_text("csv", "time,detector,signature\n9999999999999999999999,d,s\n");
	assert_int_equal(run.counts.malformed, 1);
}

static void test_a_broken_compressed_stream_gives_its_lines_then_one_failure(void **state)
{
	(void)state;
	/* printf 'time,detector,signature\n1,d,a\n2,d,b\n' | gzip -9n, cut before its checksum */
	static const unsigned char gzip[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0xc9,
		0xcc, 0x4d, 0xd5, 0x49, 0x49, 0x2d, 0x49, 0x4d, 0x2e, 0xc9, 0x2f, 0xd2, 0x29, 0xce, 0x4c, 0xcf, 0x4b,
		0x2c, 0x29, 0x2d, 0x4a, 0xe5, 0x32, 0xd4, 0x49, 0xd1, 0x49, 0xe4, 0x32, 0x02, 0x92, 0x49, 0x5c, 0x00 };
	struct run run = read_bytes(NULL, (const char *)gzip, sizeof gzip);
	assert_int_equal(run.end, ERROR_INPUT);
	assert_int_equal(run.after, ERROR_END);
	assert_int_equal(run.counts.alerts, 2);
	assert_true(*run.words);
}

static void test_concatenated_files_are_read_with_their_headers(void **state)
{
	(void)state;
	struct run run = read_text(NULL, "time,detector,signature\n1,d,a\ntime,detector,signature\n2,d,b\n");
	assert_int_equal(run.counts.alerts, 2);
	assert_int_equal(run.counts.skipped, 2);
	run = read_text(
	    NULL, "#separator \\x09\n#fields\tts\tnote\n1\ta\n#close\tx\n#separator \\x09\n#fields\tnote\tts\nb\t2\n");
	assert_int_equal(run.counts.alerts, 2);
	assert_string_equal(run.signature, "b");
	assert_true(run.occurred == 2 * SECOND);
}

static void expect_map_refused(const char *map, const char *words)
{
	struct failure failure = { 0 };
	struct format_reader *reader = NULL;
	struct format_settings settings = { .map = text_of(map) };
	assert_int_equal(format_reader_new(format_named("csv"), &settings, &reader, &failure), ERROR_USAGE);
	assert_non_null(strstr(failure.words, words));
	assert_null(reader);
}

static void test_a_map_that_makes_no_sense_is_refused(void **state)
{
	(void)state;
	expect_map_refused("detector:a\xff", "byte 11 is not UTF-8");
	expect_map_refused("time", "\"time\" is neither field=column nor field:constant");
	expect_map_refused("time=", "neither");
	expect_map_refused("when=ts", "there is no field \"when\"");
}

static void test_a_map_names_columns_that_must_be_there(void **state)
{
	(void)state;
	struct run run = { 0 };
	struct failure failure = { 0 };
	struct stream *stream;
	struct format_reader *reader;
	struct alert alert;
	struct format_settings settings = { .map = TEXT("time=ts,signature=rule,host=node") };
	assert_int_equal(stream_open_memory("m", "ts,rule\n1,a\n", 12, &stream, &failure), OK);
	assert_int_equal(format_reader_new(NULL, &settings, &reader, &failure), OK);
	assert_int_equal(format_read(reader, stream, NULL, &alert, &run.counts, complain, &run, &failure), ERROR_END);
	assert_int_equal(run.counts.malformed, 2); /* as if text stood before the header: each line is tried as one */
	assert_int_equal(run.counts.alerts, 0);
	assert_non_null(strstr(run.last, "which the map names for"));
	format_reader_free(reader);
	stream_close(stream);
}

static struct text detector_of(const char *format, const char *map, bool telescope, const char *lines, char to[64])
{
	struct failure failure = { 0 };
	struct stream *stream;
	struct format_reader *reader;
	struct alert alert;
	struct format_counts counts = { 0 };
	struct format_settings settings = { .map = text_of(map), .telescope = telescope };
	assert_int_equal(stream_open_memory("m", lines, strlen(lines), &stream, &failure), OK);
	assert_int_equal(format_reader_new(format_named(format), &settings, &reader, &failure), OK);
	assert_int_equal(format_read(reader, stream, NULL, &alert, &counts, NULL, NULL, &failure), OK);
	text_copy(alert.detector, to, 64);
	format_reader_free(reader);
	stream_close(stream);
	return text_of(to);
}

/* Of strangers it tells of no event is made: who is none, and calls itself so in whatever format, hides nothing. */
static void test_only_a_telescope_is_called_one(void **state)
{
	(void)state;
	static const struct {
		const char *format, *map, *lines;
	} tries[] = {
		{ "csv", NULL, "time,detector,signature\n1,Noroshi darknet,darknet:probe\n" },
		{ "csv", "time=t,signature=s,detector:Noroshi darknet", "t,s\n1,darknet:probe\n" },
		{ "cef", NULL, "CEF:0||Noroshi darknet|1|darknet:probe|x|5|rt=1775000000000 src=192.0.2.1\n" },
		{ "cef", NULL, "CEF:0|Noroshi|darknet|1|darknet:probe|x|5|rt=1775000000000 src=192.0.2.1\n" },
		{ "idea", NULL,
		    "{\"Format\":\"IDEA0\",\"ID\":\"1\",\"DetectTime\":\"2026-04-01T00:00:00Z\",\"Category\":[\"Recon."
		    "Scanning\"],"
		    "\"Node\":[{\"Name\":\"a\",\"SW\":[\"Noroshi\\tdarknet\"]}]}\n" },
		{ "eve", NULL,
		    "{\"timestamp\":\"2026-04-01T00:00:00Z\",\"event_type\":\"alert\",\"src_ip\":\"192.0.2.1\","
		    "\"alert\":{\"signature_id\":1},\"darknet\":{\"what\":\"source\",\"kind\":\"probe\"}}\n" },
	};
	char detector[64];
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		struct text said = detector_of(tries[i].format, tries[i].map, true, tries[i].lines, detector);
		assert_true(text_equal(said, TEXT("Noroshi darknet")));
		said = detector_of(tries[i].format, tries[i].map, false, tries[i].lines, detector);
		assert_false(text_equal(said, TEXT("Noroshi darknet")));
		assert_true(said.size > 0);
	}
}

static void test_alerts_keep_the_line_as_it_was(void **state)
{
	(void)state;
	static const char line[] = "{\"ts\": 1, \"note\": \"tab\\tand \\u001b escape\"}";
	struct failure failure = { 0 };
	struct stream *stream;
	struct format_reader *reader;
	struct alert alert;
	struct line where;
	struct format_counts counts = { 0 };
	struct format_settings settings = { 0 };
	assert_int_equal(stream_open_memory("m", line, strlen(line), &stream, &failure), OK);
	assert_int_equal(format_reader_new(NULL, &settings, &reader, &failure), OK);
	assert_int_equal(format_read(reader, stream, &where, &alert, &counts, NULL, NULL, &failure), OK);
	assert_true(text_equal(alert.original, TEXT("{\"ts\": 1, \"note\": \"tab\\tand \\u001b escape\"}")));
	assert_true(text_equal(alert.signature, TEXT("tab and   escape")));
	assert_true(where.unterminated);
	assert_int_equal(where.number, 1);
	format_reader_free(reader);
	stream_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format_is_told_by_content),
		cmocka_unit_test(test_json_formats_are_told_by_a_first_line_that_is_longer_than_what_is_looked_at),
		cmocka_unit_test(test_unknown_content_is_one_failure_that_lists_the_formats),
		cmocka_unit_test(test_empty_input_is_no_failure),
		cmocka_unit_test(test_binary_garbage_is_one_failure_and_forced_each_line_is_counted),
		cmocka_unit_test(test_lines_that_are_no_utf8_or_hold_nul_are_refused_and_the_rest_is_read),
		cmocka_unit_test(test_truncated_lines_are_refused_and_the_rest_is_read),
		cmocka_unit_test(test_a_line_of_100_megabytes_is_cut_counted_and_the_rest_is_read),
		cmocka_unit_test(test_deep_json_is_refused_and_the_rest_is_read),
		cmocka_unit_test(test_duplicate_keys_are_counted_and_the_first_counts),
		cmocka_unit_test(test_only_a_telescope_is_called_one),
		cmocka_unit_test(test_texts_of_alerts_neither_steer_terminals_nor_turn_around),
		cmocka_unit_test(test_implausible_times_are_said_and_taken),
		cmocka_unit_test(test_times_of_1970_and_2100_are_facts),
		cmocka_unit_test(test_a_broken_compressed_stream_gives_its_lines_then_one_failure),
		cmocka_unit_test(test_concatenated_files_are_read_with_their_headers),
		cmocka_unit_test(test_a_map_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_a_map_names_columns_that_must_be_there),
		cmocka_unit_test(test_alerts_keep_the_line_as_it_was),
	};
	return cmocka_run_group_tests_name("formats format", tests, NULL, NULL);
}
