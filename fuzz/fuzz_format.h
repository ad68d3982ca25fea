/*
 * What the fuzz targets of the readers share: any bytes as a stream of one format. Whatever comes out is a whole alert,
 * lives through storing, and prints as JSON.
 */
#ifndef NOROSHI_FUZZ_FORMAT_H
#define NOROSHI_FUZZ_FORMAT_H

#include "formats/format.h"
#include "fuzz.h"

#include <string.h>

static void check_text(struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		CHECK((uint8_t)text.at[i] >= 0x20);
	CHECK(text_utf8_valid(text) == text.size);
}

static void check_stored(const struct alert *alert)
{
	struct builder bytes = { 0 }, again = { 0 };
	struct alert back;
	alert_encode(alert, &bytes);
	struct reader reader = reader_of(bytes.at, bytes.size);
	CHECK(alert_decode(&reader, &back, NULL) == OK);
	CHECK(reader_done(&reader));
	alert_encode(&back, &again);
	CHECK(again.size == bytes.size && memcmp(again.at, bytes.at, bytes.size) == 0);
	builder_free(&bytes);
	builder_free(&again);
}

static void check_printed(const struct alert *alert, struct json_parser *parser)
{
	struct builder json = { 0 };
	struct json_value root;
	alert_write_json(alert, true, &json);
	CHECK(json_parse(parser, (struct text){ json.at, json.size }, &root, NULL) == OK);
	CHECK(!json_had_duplicate_keys(parser));
	CHECK(text_equal(json_text(json_get(root, "signature")), alert->signature));
	builder_free(&json);
}

static void check_alert(const struct alert *alert, struct json_parser *parser)
{
	CHECK(!alert_problem(alert));
	check_text(alert->detector);
	check_text(alert->signature);
	check_text(alert->signature_id);
	check_text(alert->category);
	check_text(alert->host);
	check_text(alert->account);
	check_text(alert->protocol);
	check_text(alert->object);
	check_stored(alert);
	check_printed(alert, parser);
}

static int fuzz_format(const char *name, const char *map, const uint8_t *data, size_t size)
{
	struct format_settings settings = {
		.zone = 9 * 3600, .map = text_of(map), .now = 1775000000 * SECOND, .telescope = true
	};
	struct format_counts counts = { 0 };
	struct json_parser *parser = json_parser_new(64);
	struct format_reader *reader;
	struct stream *stream;
	struct alert alert;
	if (stream_open_memory("fuzz", data, size, &stream, NULL))
		return 0;
	struct failure failure = { 0 };
	if (format_reader_new(name ? format_named(name) : NULL, &settings, &reader, &failure) != OK) {
		CHECK(map && failure.words[0]);
		stream_close(stream);
		json_parser_free(parser);
		return 0;
	}
	while (format_read(reader, stream, NULL, &alert, &counts, NULL, NULL, NULL) == OK)
		check_alert(&alert, parser);
	CHECK(counts.lines == counts.alerts + counts.skipped + counts.malformed);
	format_reader_free(reader);
	stream_close(stream);
	json_parser_free(parser);
	return 0;
}

#endif
