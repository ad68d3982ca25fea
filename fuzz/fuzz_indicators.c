/*
 * match/indicator_list.h and the compiled file: any list is read, and each value of its set is found again by its text;
 * any bytes behind a compiled file's name are refused or make a set that can be asked for anything.
 *
 * Sources: match/indicator.c, match/indicator_list.c, match/indicator_document.c, match/indicator_file.c,
 * match/indicator_set.c, match/indicator_find.c, match/url.c, match/name.c.
 */
#include "base/stream.h"
#include "fuzz.h"
#include "match/indicator_document.h"

#include <string.h>

static void count(void *context, const struct indicator_match *match)
{
	char words[INDICATOR_TEXT];
	CHECK(match->kind < INDICATOR_KINDS && match->action < INDICATOR_ACTIONS);
	CHECK(indicator_format(match->kind, match->value, match->size, words) == words);
	++*(uint64_t *)context;
}

static void find_again(void *context, const struct indicator_match *match)
{
	char words[INDICATOR_TEXT];
	uint64_t met = 0;
	indicator_format(match->kind, match->value, match->size, words);
	if (match->kind != INDICATOR_ADDRESS) {
		indicator_set_kinds(context, INDICATOR_BIT(match->kind), text_of(words), count, &met);
		CHECK(met > 0);
	}
}

/* Asks for each line, and for what each line met. */
static void ask_lines(struct indicator_set *set, struct text text)
{
	for (unsigned i = 0; text.size > 0 && i < 50; i++) {
		struct text line = text_cut(&text, '\n');
		indicator_set_kinds(set, INDICATOR_ANY, line, find_again, set);
		text_cut(&line, ',');
		indicator_set_kinds(set, INDICATOR_ANY, text_cut(&line, ','), find_again, set);
	}
}

static void read_list(struct stream *stream, struct text text)
{
	struct failure failure = { 0 };
	struct indicator_list_counts counts = { 0 };
	struct indicator_builder *builder = indicator_builder_new();
	struct indicator_set *set;
	CHECK(builder);
	enum error error = indicator_list_read(stream, builder, &counts, NULL, NULL, &failure);
	CHECK(error == OK || failure.words[0]);
	CHECK(indicator_document_begins(text) || counts.indicators + counts.malformed <= counts.lines);
	CHECK(indicator_builder_compile(builder, &set, &failure) == OK);
	struct indicator_counts compiled = indicator_set_count(set);
	CHECK(compiled.total + compiled.repeated + compiled.crowded == counts.indicators);
	ask_lines(set, text);
	indicator_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream *stream;
	struct failure failure = { 0 };
	struct indicator_set *set;
	struct text text = { (const char *)data, size };
	CHECK(stream_open_memory("list", data, size, &stream, &failure) == OK);
	stream_limit(stream, 1 << 20);
	if (!text_starts(text, TEXT(INDICATOR_FILE_MAGIC))) {
		read_list(stream, text);
	} else if (indicator_set_read(stream, &set, &failure) == OK) {
		ask_lines(set, text);
		indicator_set_free(set);
	} else {
		CHECK(failure.words[0]);
	}
	stream_close(stream);
	return 0;
}
