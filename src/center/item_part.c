/*
 * Parts of imports (center/message.h: MESSAGE_PUSH).
 */
#include "center/item_part.h"

#include "base/codec.h"
#include "intel/values.h"
#include "model/item_code.h"

#define FAILURES_MOST (64u << 10) /* bytes told of one part */

void item_part_add(struct item_part *part, const struct item *item, struct arena *arena)
{
	const struct text *values = NULL;
	uint32_t count = 0;
	struct failure ignored;
	/* A pattern that cannot be read is kept as it came; it is found by everything else. */
	if (item_values_find(item, arena, &values, &count, &ignored) != OK)
		count = 0;
	item_encode(item, &part->encoded);
	put_u32(&part->encoded, count);
	for (uint32_t i = 0; i < count; i++)
		put_text(&part->encoded, values[i]);
	part->items++;
}

/* What the words name, "object 3, line 17, indicator--…: …", or the object's place. */
static struct text id_in(struct text words)
{
	struct text id = TEXT_NONE;
	for (unsigned i = 0; i < 3 && words.size; i++)
		id = text_trim(text_cut(&words, i == 2 ? ':' : ','));
	return text_find(id, TEXT("--")) > 0 ? id : TEXT("?");
}

void item_part_refuse(struct item_part *part, const char *words, nanoseconds received)
{
	char now[TIME_TEXT];
	struct builder *to = &part->failures;
	part->bad++;
	if (to->size > FAILURES_MOST)
		return;
	if (to->size)
		build_char(to, ',');
	build_text(to, TEXT("{\"id\":"));
	build_json_string(to, id_in(text_of(words)));
	build_format(to, ",\"version\":\"%s\",\"message\":", time_format(received, now));
	build_json_string(to, text_of(words));
	build_char(to, '}');
}

void item_part_write(struct item_part *part, struct uuid import, bool last, uint64_t objects, struct builder *to)
{
	put_uuid(to, import);
	put_u8(to, last);
	put_u64(to, objects);
	put_u64(to, part->bad);
	put_text(to, (struct text){ part->failures.at, part->failures.size });
	put_u32(to, part->items);
	put_bytes(to, part->encoded.at, part->encoded.size);
	to->failed |= part->encoded.failed || part->failures.failed;
	builder_clear(&part->encoded);
	builder_clear(&part->failures);
	part->items = 0;
	part->bad = 0;
}

void item_part_free(struct item_part *part)
{
	builder_free(&part->encoded);
	builder_free(&part->failures);
}
