/*
 * formats/stix_stream.h: any text gives items or complaints with words; an item is written as an object that gives the
 * same item, written the same; its references are identifiers, each once.
 *
 * Sources: formats/stix.c, formats/stix_read.c, formats/stix_write.c, formats/stix_references.c, formats/stix_stream.c,
 * formats/stix_tlp.c, formats/json_pieces.c, base/json_write.c, model/item.c.
 */
#include "formats/stix_stream.h"
#include "fuzz.h"

#include <string.h>

static void write_and_read(const struct item *item, struct arena *arena)
{
	struct json_parser *parser = json_parser_new(STIX_DEEPEST);
	struct builder once = { 0 }, twice = { 0 };
	struct failure failure = { 0 };
	struct item again;
	CHECK(parser);
	item_to_stix(item, &once);
	CHECK(item_from_stix(parser, (struct text){ once.at, once.size }, arena, &again, &failure) == OK);
	CHECK(again.kind == item->kind && again.form == item->form && again.tlp == item->tlp && again.pap == item->pap);
	CHECK(again.present == item->present && again.reference_count == item->reference_count);
	item_to_stix(&again, &twice);
	CHECK(once.size == twice.size && memcmp(once.at, twice.at, once.size) == 0);
	builder_free(&once);
	builder_free(&twice);
	json_parser_free(parser);
}

static void check_references(const struct item *item)
{
	for (uint32_t i = 0; i < item->reference_count; i++) {
		CHECK(item_id_valid(item->references[i]));
		for (uint32_t j = 0; j < i && i < 100; j++)
			CHECK(!text_equal(item->references[i], item->references[j]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream *stream;
	struct arena *arena = arena_new(64u << 20);
	struct failure failure = { 0 };
	struct item item;
	uint64_t given = 0;
	CHECK(arena && stream_open_memory("fuzz", data, size, &stream, NULL) == OK);
	struct stix_stream *stix = stix_stream_new(stream);
	CHECK(stix);
	for (;;) {
		enum error error = stix_stream_next(stix, arena, &item, &failure);
		if (error == OK) {
			check_references(&item);
			write_and_read(&item, arena);
			given++;
		} else if (error != ERROR_INPUT) {
			break;
		}
		CHECK(error == OK || failure.words[0]);
	}
	CHECK(given <= stix_stream_objects(stix));
	stix_stream_free(stix);
	stream_close(stream);
	arena_free(arena);
	return 0;
}
