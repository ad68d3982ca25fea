/*
 * formats/repeat.h: a line that is looked up means what it means when it is read alone.
 */
#include "formats/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "time,detector,signature,source,host,object\n"
#define LINES 30000
#define COMMON 24     /* kinds of line that come again and again */
#define MANY 3000     /* kinds of line that come a few times: more than are remembered */
#define MET_HERE 2000 /* at least so many lines of the test must have been looked up, or it shows nothing */

static unsigned pick(unsigned *seed, unsigned count)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 8) % count;
}

/* The time, in many forms, some of them wrong. */
static void write_time(struct builder *to, unsigned *seed)
{
	static const char *const odd[] = { "2026-04-01T00:00:00Z", "2026-04-01 00:00:00.5+09:00", " 1775001600",
		"\t1775001600 ", "1775001600.25", "\"1775001600\"", "", "x", "time", "-1", "1775001600\x01", "\"17",
		"火" };
	if (pick(seed, 3))
		build_format(to, "%u", 1775001600 + pick(seed, 5));
	else
		build_format(to, "%s", odd[pick(seed, sizeof odd / sizeof *odd)]);
}

/* What stands behind it: plain, quoted, beyond ASCII, with control characters, or wrong. */
static void write_tail(struct builder *to, unsigned kind)
{
	static const char *const odd[] = { ",IDS,\"a, \"\"b\"\"\",10.0.0.1,web,", ",IDS,警告,10.0.0.1,web,",
		",IDS,a\x02 b,10.0.0.1,web,/x", ",IDS,,10.0.0.1,web,", ",IDS,good,10.0.0.999,web,",
		",IDS,good,10.0.0.1", ",IDS,\"open,10.0.0.1,web,", ",,no detector,,,", ",IDS,good,10.0.0.1,web,,more",
		",IDS,\xff,,,", ",\"IDS\",\"quoted\",\"10.0.0.1\",\"web\",\"\"" };
	if (kind < sizeof odd / sizeof *odd)
		build_format(to, "%s\n", odd[kind]);
	else
		build_format(
		    to, ",IDS,signature %u,10.0.%u.%u,host%u,/%u\n", kind % 7, kind / 250, kind % 250, kind, kind);
}

/* An alert's words, without `original` and the time. */
static void write_words(struct alert alert, struct builder *to)
{
	alert.occurred = 0;
	alert_write_json(&alert, false, to);
}

/* One reader over the whole text. */
struct reading {
	struct stream *stream;
	struct format_reader *reader;
};

static struct reading reading_of(struct text text, const struct format_settings *settings)
{
	struct reading reading;
	assert_int_equal(stream_open_memory("test", text.at, text.size, &reading.stream, NULL), OK);
	assert_int_equal(format_reader_new(format_named("csv"), settings, &reading.reader, NULL), OK);
	return reading;
}

static bool reading_next(struct reading *reading, struct line *line, struct alert *alert)
{
	struct format_counts counts = { 0 };
	return format_read(reading->reader, reading->stream, line, alert, &counts, NULL, NULL, NULL) == OK;
}

static void reading_end(struct reading *reading)
{
	format_reader_free(reading->reader);
	stream_close(reading->stream);
}

static void check_alone(struct text line, const struct alert *alert, const struct format_settings *settings)
{
	struct builder text = { 0 }, words = { 0 }, alone_words = { 0 };
	struct line here;
	struct alert alone;
	build_text(&text, TEXT(HEADER));
	build_text(&text, line);
	struct reading reading = reading_of((struct text){ text.at, text.size }, settings);
	assert_true(reading_next(&reading, &here, &alone));
	assert_true(alone.occurred == alert->occurred && alone.zone_assumed == alert->zone_assumed);
	alert_write_json(alert, true, &words);
	alert_write_json(&alone, true, &alone_words);
	assert_string_equal(words.at, alone_words.at);
	reading_end(&reading);
	builder_free(&text);
	builder_free(&words);
	builder_free(&alone_words);
}

/* Two alerts of one shape say the same. `words` holds, by the shape's number, what its first alert said. */
static bool check_shape(uint64_t shape, const struct alert *alert, char **words)
{
	struct builder now = { 0 };
	assert_true(shape < LINES);
	write_words(*alert, &now);
	bool again = words[shape] != NULL;
	if (again)
		assert_string_equal(words[shape], now.at);
	else
		words[shape] = strdup(now.at);
	builder_free(&now);
	return again;
}

static void test_looked_up_is_as_read(void **state)
{
	(void)state;
	const struct format_settings settings = { .zone = 9 * 3600 };
	unsigned seed = 20260401, looked_up = 0, read = 0;
	uint64_t newest = 0;
	struct builder text = { 0 };
	char **words = calloc(LINES, sizeof *words);
	struct line line;
	struct alert alert;
	build_text(&text, TEXT(HEADER));
	for (unsigned i = 0; i < LINES; i++) {
		write_time(&text, &seed);
		write_tail(&text, pick(&seed, 2) ? pick(&seed, COMMON) : i / 8 % MANY);
	}
	struct reading reading = reading_of((struct text){ text.at, text.size }, &settings);
	while (reading_next(&reading, &line, &alert)) {
		check_alone(line.text, &alert, &settings);
		assert_true(alert.original.at == line.text.at && alert.original.size == line.text.size);
		uint64_t shape = format_shape(reading.reader);
		newest = shape > newest ? shape : newest;
		looked_up += shape && check_shape(shape, &alert, words);
		read++;
	}
	assert_true(read > LINES / 2);
	assert_true(looked_up > MET_HERE);
	assert_true(newest > FORMAT_SHAPES); /* the room was used up */
	reading_end(&reading);
	for (unsigned i = 0; i < LINES; i++)
		free(words[i]);
	free(words);
	builder_free(&text);
}

static void test_time_is_never_taken_for_granted(void **state)
{
	static const char text[] = HEADER "1775001600,IDS,good,10.0.0.1,web,\n1775001600,IDS,good,10.0.0.1,web,\n"
					  ",IDS,good,10.0.0.1,web,\n17750016000000000000000000000000000000000,IDS,good,"
					  "10.0.0.1,web,\n1775001601,IDS,good,10.0.0.1,web,\n";
	const struct format_settings settings = { 0 };
	struct reading reading = reading_of((struct text){ text, sizeof text - 1 }, &settings);
	struct line line;
	struct alert alert;
	nanoseconds occurred = 0;
	unsigned read = 0;
	(void)state;
	for (; reading_next(&reading, &line, &alert); read++)
		occurred = alert.occurred;
	assert_int_equal(read, 3);
	assert_true(occurred == 1775001601 * SECOND);
	reading_end(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_looked_up_is_as_read),
		cmocka_unit_test(test_time_is_never_taken_for_granted) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
