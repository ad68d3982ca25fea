/*
 * Items as bytes, of another process or of the store: whatever decodes encodes to the same bytes, and is written as
 * STIX without a byte of anybody else's.
 *
 * Sources: model/item_code.c.
 */
#include "fuzz.h"
#include "model/item_code.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(data, size);
	struct arena *arena = arena_new(64u << 20);
	struct item item, back;
	CHECK(arena);
	while (item_decode(&reader, arena, &item, NULL) == OK) {
		struct builder bytes = { 0 }, again = { 0 };
		item_encode(&item, &bytes);
		struct reader second = reader_of(bytes.at, bytes.size);
		CHECK(!bytes.failed && item_decode(&second, arena, &back, NULL) == OK && reader_done(&second));
		item_encode(&back, &again);
		CHECK(again.size == bytes.size && memcmp(again.at, bytes.at, bytes.size) == 0);
		CHECK(item.id.size > 0 && item.id.size <= ITEM_ID && item.confidence <= 100);
		builder_free(&bytes);
		builder_free(&again);
		arena_clear(arena);
	}
	arena_free(arena);
	return 0;
}
