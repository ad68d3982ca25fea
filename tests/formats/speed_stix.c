/*
 * How many typical indicators of STIX one core reads, and writes, in a second of its own time. Run by hand:
 * build/tests/formats/speed_stix [OBJECTS]
 */
#include "formats/stix_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static double user_seconds(void)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6;
}

static void build_bundle(struct builder *to, unsigned count)
{
	build_text(
	    to, TEXT("{\"type\":\"bundle\",\"id\":\"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d\",\"objects\":[\n"));
	for (unsigned i = 0; i < count; i++)
		build_format(to,
		    "%s{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--%08x-0202-4b11-81ad-"
		    "24baa25ebe8b\","
		    "\"created_by_ref\":\"identity--f431f809-377b-45e0-aa1c-6a4751cae5ff\","
		    "\"created\":\"2026-01-02T03:04:05.123Z\",\"modified\":\"2026-01-02T03:04:05.123Z\","
		    "\"name\":\"Address of a server that was called\",\"description\":\"Seen in incident %u\","
		    "\"indicator_types\":[\"malicious-activity\"],\"pattern\":\"[ipv4-addr:value = '198.51.%u.%u']\","
		    "\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-02T03:04:05Z\",\"confidence\":80,"
		    "\"object_marking_refs\":[\"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da\"]}",
		    i ? ",\n" : "", i, i, i / 256 % 256, i % 256);
	build_text(to, TEXT("\n]}\n"));
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 200000, read = 0;
	struct builder bundle = { 0 }, to = { 0 };
	struct stream *stream;
	struct arena *arena = arena_new(0);
	struct item item;
	struct failure failure = { 0 };
	build_bundle(&bundle, count);
	if (bundle.failed || !arena || stream_open_memory("bundle", bundle.at, bundle.size, &stream, &failure))
		return 1;
	struct stix_stream *stix = stix_stream_new(stream);
	double before = user_seconds();
	while (stix && stix_stream_next(stix, arena, &item, &failure) == OK) {
		arena_clear(arena);
		read++;
	}
	double reading = user_seconds() - before;
	printf("%u read, %zu bytes each: %.2f µs, %.0f objects/s\n", read, bundle.size / count, reading / read * 1e6,
	    read / reading);
	stix_stream_free(stix);
	stream_close(stream);

	struct json_parser *parser = json_parser_new(STIX_DEEPEST);
	builder_clear(&bundle);
	build_bundle(&bundle, 1);
	struct text one = { strchr(bundle.at, '\n') + 1, 0 };
	one.size = (size_t)(strchr(one.at, '\n') - one.at);
	before = user_seconds();
	for (unsigned i = 0; i < count; i++) {
		arena_clear(arena);
		if (item_from_stix(parser, one, arena, &item, &failure))
			return 1;
	}
	reading = user_seconds() - before;
	printf("item_from_stix: %.2f µs, %.0f objects/s\n", reading / count * 1e6, count / reading);
	before = user_seconds();
	for (unsigned i = 0; i < count; i++) {
		builder_clear(&to);
		item_to_stix(&item, &to);
	}
	double writing = user_seconds() - before;
	printf("item_to_stix:   %.2f µs, %.0f objects/s\n", writing / count * 1e6, count / writing);
	json_parser_free(parser);
	builder_free(&bundle);
	builder_free(&to);
	arena_free(arena);
	return read == count ? 0 : 1;
}
