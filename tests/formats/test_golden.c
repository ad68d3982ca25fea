/*
 * Every format's reader against files beside this test: golden/NAME.in is read, and what comes out (alerts as JSON,
 * complaints, counts) equals golden/NAME.ok. With NOROSHI_GOLDEN_WRITE set the .ok files are written instead, to be
 * read by a person.
 */
#include "base/file.h"
#include "formats/format.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct golden {
	const char *name;
	const char *format; /* that its content must be told as; with a map it is given by the map */
	const char *map;
	int zone;
	bool telescope; /* wrote it */
};

static const struct golden goldens[] = {
	{ "csv", "csv", NULL, 0 },
	{ "csv-map", "csv", "time=ts;x,signature=rule,host=node,address=ip,detector:Own", 0 },
	{ "csv-positions", "csv", "time=1,signature=2,host=3,detector:Own,category:test", 0 },
	{ "eve", "eve", NULL, 9 * 3600 },
	{ "eve-darknet", "eve", NULL, 0, .telescope = true },
	{ "eve-decoy", "eve", NULL, 0, .telescope = true },
	{ "eve-no-telescope", "eve", NULL, 0 },
	{ "wazuh", "wazuh", NULL, 0 },
	{ "aminer", "aminer", NULL, 0 },
	{ "zeek-tsv", "zeek", NULL, 0 },
	{ "zeek-json", "zeek", NULL, 0 },
	{ "zeek-conn", "zeek", NULL, 0 },
	{ "fast", "fast", NULL, 9 * 3600 },
	{ "cef", "cef", NULL, 0 },
	{ "idea", "idea", NULL, 0 },
};

static void complain(void *context, const struct line *line, const struct failure *failure)
{
	build_format(context, "line %" PRIu64 ", byte %" PRIu64 ": %s\n", line->number, line->offset, failure->words);
}

static void read_all(const struct golden *golden, const char *path, struct builder *out)
{
	struct failure failure = { 0 };
	struct stream *stream;
	struct format_reader *reader;
	struct format_counts counts = { 0 };
	struct alert alert;
	struct format_settings settings = {
		.zone = golden->zone, .map = text_of(golden->map), .telescope = golden->telescope
	};
	time_parse(TEXT("2026-04-01T00:00:00Z"), 0, &settings.now, NULL);
	assert_int_equal(stream_open(path, &stream, &failure), OK);
	assert_int_equal(format_reader_new(NULL, &settings, &reader, &failure), OK);
	enum error error;
	while (!(error = format_read(reader, stream, NULL, &alert, &counts, complain, out, &failure))) {
		alert_write_json(&alert, false, out);
		build_char(out, '\n');
	}
	assert_int_equal(error, ERROR_END);
	assert_non_null(reader->format);
	assert_string_equal(reader->format->name, golden->format);
	assert_int_equal(counts.lines, counts.alerts + counts.skipped + counts.malformed);
	build_format(out,
	    "lines %" PRIu64 ", alerts %" PRIu64 ", skipped %" PRIu64 ", malformed %" PRIu64 ", cut %" PRIu64
	    ", duplicate keys %" PRIu64 "\n",
	    counts.lines, counts.alerts, counts.skipped, counts.malformed, counts.cut, counts.duplicate_keys);
	format_reader_free(reader);
	stream_close(stream);
}

static void test_reader_gives_what_its_golden_file_says(void **state)
{
	const struct golden *golden = *state;
	const char *folder = getenv("GOLDEN");
	struct builder out = { 0 }, path = { 0 };
	struct failure failure = { 0 };
	assert_non_null(folder);
	build_format(&path, "%s/%s.in", folder, golden->name);
	read_all(golden, path.at, &out);
	builder_clear(&path);
	build_format(&path, "%s/%s.ok", folder, golden->name);
	if (getenv("NOROSHI_GOLDEN_WRITE")) {
		assert_int_equal(file_replace(path.at, (struct text){ out.at, out.size }, 0644, &failure), OK);
	} else {
		char *expected;
		size_t size;
		assert_int_equal(file_read(path.at, 1 << 20, &expected, &size, &failure), OK);
		assert_string_equal(out.at, expected);
		free(expected);
	}
	builder_free(&out);
	builder_free(&path);
}

int main(void)
{
	struct CMUnitTest tests[sizeof goldens / sizeof *goldens];
	char names[sizeof goldens / sizeof *goldens][80];
	for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
		snprintf(names[i], sizeof names[i], "test_reader_gives_what_its_golden_file_says %s", goldens[i].name);
		tests[i] = (struct CMUnitTest){ .name = names[i],
			.test_func = test_reader_gives_what_its_golden_file_says,
			.initial_state = (void *)(uintptr_t)&goldens[i] };
	}
	return cmocka_run_group_tests_name("formats golden", tests, NULL, NULL);
}
