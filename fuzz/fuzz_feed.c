/*
 * formats/feed.h and intel/feed_item.h: any bytes give entries whose texts are bounded and printable, each an item that
 * is known again, or a failure with words.
 *
 * Sources: formats/feed.c, formats/feed_text.c, formats/feed_encoding.c, intel/feed_item.c.
 */
#include "fuzz.h"
#include "intel/feed_item.h"

#include <string.h>

#define MOST 16u
#define NOW (1790000000 * SECOND)

struct seen {
	uint32_t entries;
	struct arena *arena;
};

static void check_text(struct text text, size_t most)
{
	CHECK(text.size <= 3 * most && text_utf8_valid(text) == text.size);
	CHECK(text.size == 0 || !memchr(text.at, 0, text.size));
}

static enum error take(void *context, const struct feed_entry *entry)
{
	struct seen *seen = context;
	struct item item;
	struct failure failure = { 0 };
	struct entry_keys keys;
	CHECK(++seen->entries <= MOST);
	check_text(entry->id, FEED_NAME);
	check_text(entry->link, FEED_NAME);
	check_text(entry->title, FEED_NAME);
	check_text(entry->source, FEED_NAME);
	check_text(entry->summary, FEED_SUMMARY);
	arena_clear(seen->arena);
	enum error error = feed_item_make(entry, TEXT("fuzz"), TLP_CLEAR, NOW, seen->arena, &item, &failure);
	CHECK(error == OK || failure.words[0]);
	CHECK((error == OK) == (entry->id.size > 0 || entry->link.size > 0));
	if (error == OK)
		CHECK(item.kind == ITEM_ADVISORY && item.tlp == TLP_CLEAR && item_id_valid(item.id) &&
		      item.modified.when >= item.created.when && feed_item_keys(&item, TEXT("fuzz"), &keys));
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { .arena = arena_new(16u << 20) };
	struct failure failure = { 0 };
	const struct feed_reader reader = { take, &seen };
	CHECK(seen.arena);
	enum error error = feed_parse((struct text){ (const char *)data, size }, MOST, &reader, &failure);
	CHECK(error == OK || (error == ERROR_INPUT && failure.words[0]));
	arena_free(seen.arena);
	return 0;
}
