/*
 * What the fuzz targets of the readers of records share: any bytes as a stream of one format, or of whatever they are
 * told to be. Whatever comes out is written as one line of JSON, and an alert about it too.
 */
#ifndef NOROSHI_FUZZ_RECORD_H
#define NOROSHI_FUZZ_RECORD_H

#include "formats/record_write.h"
#include "fuzz.h"

#include <string.h>

static void check_line(const struct builder *line, struct json_parser *parser, bool duplicates)
{
	struct json_value root;
	CHECK(line->size && line->at[line->size - 1] == '\n');
	CHECK(memchr(line->at, '\n', line->size) == line->at + line->size - 1);
	CHECK(json_parse(parser, (struct text){ line->at, line->size - 1 }, &root, NULL) == OK);
	CHECK(duplicates || !json_had_duplicate_keys(parser));
	CHECK(json_exists(json_get(root, "event_type")) && json_exists(json_get(root, "timestamp")));
}

static void check_field(void *context, enum field field, struct text value)
{
	(void)context;
	CHECK(field < FIELD_COUNT);
	for (size_t i = 0; i < value.size; i++)
		CHECK(value.at[i] == value.at[i]); /* every byte can be read: the sanitizer watches */
}

static void check_record(const struct record *record, struct json_parser *parser)
{
	const struct eve_alert alert = { .gid = 1, .signature_id = 1, .severity = 1, .signature = TEXT("fuzz") };
	struct builder line = { 0 };
	CHECK(record->count <= RECORD_VALUES);
	record_fields(record, check_field, NULL);
	record_write(&line, TEXT("host"), record);
	check_line(&line, parser, record->passed.size > 0); /* what was EVE goes out as it came */
	builder_clear(&line);
	record_write_alert(&line, TEXT("host"), record, &alert);
	check_line(&line, parser, false);
	builder_free(&line);
}

static int fuzz_record(const char *name, const uint8_t *data, size_t size)
{
	const struct record_settings settings = { .zone = 9 * 3600 };
	struct json_parser *parser = json_parser_new(128);
	struct record_counts counts = { 0 };
	struct record_reader *reader;
	struct stream *stream;
	struct record record;
	struct line line;
	if (stream_open_memory("fuzz", data, size, &stream, NULL) == OK) {
		CHECK(record_reader_new(name ? record_format_named(name) : NULL, &settings, &reader, NULL) == OK);
		while (record_read(reader, stream, &line, &record, &counts, NULL, NULL, NULL) == OK)
			check_record(&record, parser);
		record_reader_free(reader);
		stream_close(stream);
	}
	json_parser_free(parser);
	return 0;
}

#endif
