/*
 * formats/openioc.h: any bytes give one indicator, whose pattern is not empty, or a failure with words.
 *
 * Sources: formats/openioc.c.
 */
#include "formats/openioc.h"
#include "formats/stix.h"
#include "fuzz.h"

static void complain(void *context, const struct failure *failure)
{
	(void)context;
	CHECK(failure->words[0]);
}

/* As an object of STIX it is read again, unless its texts are none that STIX takes. */
static void write_and_read(const struct item *item, struct arena *arena)
{
	struct json_parser *parser = json_parser_new(STIX_DEEPEST);
	struct builder to = { 0 };
	struct item again;
	CHECK(parser);
	item_to_stix(item, &to);
	CHECK(item_from_stix(parser, (struct text){ to.at, to.size }, arena, &again, NULL) == OK);
	CHECK(text_equal(again.pattern, item->pattern) && text_equal(again.name, item->name));
	builder_free(&to);
	json_parser_free(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream *stream;
	struct arena *arena = arena_new(64u << 20);
	struct failure failure = { 0 };
	struct item item;
	CHECK(arena && stream_open_memory("fuzz", data, size, &stream, NULL) == OK);
	struct openioc *openioc = openioc_new(stream, complain, NULL);
	CHECK(openioc);
	enum error error = openioc_next(openioc, arena, &item, &failure);
	CHECK(error == OK || failure.words[0]);
	if (!error) {
		CHECK(item.pattern.size && item_id_valid(item.id));
		write_and_read(&item, arena);
	}
	CHECK(openioc_next(openioc, arena, &item, &failure) == ERROR_END);
	openioc_free(openioc);
	stream_close(stream);
	arena_free(arena);
	return 0;
}
