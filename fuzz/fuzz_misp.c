/*
 * formats/misp.h: any text gives items or complaints with words; what an event gave is written as one that gives the
 * same, written the same.
 *
 * Sources: formats/misp.c, formats/misp_read.c, formats/misp_write.c.
 */
#include "formats/misp.h"
#include "fuzz.h"

#include <string.h>

static void complain(void *context, const struct failure *failure)
{
	(void)context;
	CHECK(failure->words[0]);
}

static enum error read_one(struct text text, struct arena *arena, struct misp_piece *piece)
{
	struct stream *stream;
	struct failure failure = { 0 };
	CHECK(stream_open_memory("again", text.at, text.size, &stream, NULL) == OK);
	struct misp_stream *misp = misp_stream_new(stream, complain, NULL);
	CHECK(misp);
	enum error error = misp_stream_next(misp, arena, piece, &failure);
	misp_stream_free(misp);
	stream_close(stream);
	return error;
}

static bool repeats(const struct misp_piece *piece)
{
	for (uint32_t i = 0; i < piece->count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (text_equal(piece->items[i].id, piece->items[j].id))
				return true;
	return false;
}

/* An identifier that stands there twice stays one item: such events are not compared, only written. */
static void write_and_read(const struct misp_piece *piece, struct arena *arena)
{
	struct builder once = { 0 }, twice = { 0 };
	struct misp_piece again;
	CHECK(misp_write(piece->items, piece->count, &once));
	if (piece->count > 0 && piece->count < 1000 && piece->items[0].form == ITEM_MISP_EVENT && !repeats(piece)) {
		CHECK(read_one((struct text){ once.at, once.size }, arena, &again) == OK);
		CHECK(again.count == piece->count);
		CHECK(misp_write(again.items, again.count, &twice));
		CHECK(once.size == twice.size && memcmp(once.at, twice.at, once.size) == 0);
	}
	builder_free(&once);
	builder_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream *stream;
	struct arena *arena = arena_new(256u << 20);
	struct misp_piece piece;
	struct failure failure = { 0 };
	CHECK(arena && stream_open_memory("fuzz", data, size, &stream, NULL) == OK);
	struct misp_stream *misp = misp_stream_new(stream, complain, NULL);
	CHECK(misp);
	for (;;) {
		enum error error = misp_stream_next(misp, arena, &piece, &failure);
		if (error == OK)
			write_and_read(&piece, arena);
		else if (error != ERROR_INPUT)
			break;
		CHECK(error == OK || failure.words[0]);
	}
	misp_stream_free(misp);
	stream_close(stream);
	arena_free(arena);
	return 0;
}
