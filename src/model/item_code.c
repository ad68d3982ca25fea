/*
 * Items to and from bytes (item_code.h). In: an item that a reader of a format made, or bytes of another process or of
 * the store, which may hold anything. Called by front, keeper and store.
 */
#include "model/item_code.h"

#define FORMAT 1

static void put_time(struct builder *to, const struct item_time *time)
{
	put_i64(to, time->when);
	put_text(to, time->written);
}

static struct item_time get_time(struct reader *from)
{
	nanoseconds when = get_i64(from);
	return (struct item_time){ when, get_text(from) };
}

static void put_list(struct builder *to, const struct text *list, uint32_t count)
{
	put_u32(to, count);
	for (uint32_t i = 0; i < count; i++)
		put_text(to, list[i]);
}

static const struct text *get_list(struct reader *from, struct arena *arena, uint32_t *count)
{
	*count = get_u32(from);
	/* Each has a length of four bytes: a count that does not fit asks for no memory. */
	if (from->failed || *count > (size_t)(from->end - from->at) / 4) {
		from->failed = true;
		*count = 0;
	}
	struct text *list = *count ? arena_take(arena, *count * sizeof *list) : NULL;
	for (uint32_t i = 0; list && i < *count; i++)
		list[i] = get_text(from);
	return list;
}

void item_encode(const struct item *item, struct builder *to)
{
	put_u8(to, FORMAT);
	put_u8(to, (uint8_t)item->kind);
	put_u8(to, (uint8_t)item->form);
	put_u8(to, (uint8_t)item->tlp);
	put_u8(to, (uint8_t)item->pap);
	put_u8(to, (uint8_t)item->action);
	put_u8(to, item->confidence);
	put_u8(to, (uint8_t)(item->tlp_marked | item->revoked << 1 | item->false_positive << 2));
	put_u32(to, item->present);
	put_text(to, item->id);
	put_text(to, item->type);
	put_time(to, &item->created);
	put_time(to, &item->modified);
	put_text(to, item->created_by);
	put_i64(to, item->decays);
	put_text(to, item->name);
	put_text(to, item->description);
	put_text(to, item->language);
	put_list(to, item->labels, item->label_count);
	put_list(to, item->markings, item->marking_count);
	put_text(to, item->pattern);
	put_text(to, item->pattern_type);
	put_text(to, item->pattern_version);
	put_time(to, &item->valid_from);
	put_time(to, &item->valid_until);
	put_text(to, item->source_ref);
	put_text(to, item->target_ref);
	put_text(to, item->relation);
	put_time(to, &item->first_seen);
	put_time(to, &item->last_seen);
	put_u64(to, item->count);
	put_time(to, &item->published);
	put_list(to, item->references, item->reference_count);
	put_text(to, item->kept);
}

static void decode_fixed(struct reader *from, struct item *item)
{
	item->kind = (enum item_kind)get_u8(from);
	item->form = (enum item_form)get_u8(from);
	item->tlp = (enum tlp)get_u8(from);
	item->pap = (enum pap)get_u8(from);
	item->action = (enum item_action)get_u8(from);
	item->confidence = get_u8(from);
	uint8_t flags = get_u8(from);
	item->tlp_marked = flags & 1;
	item->revoked = flags & 2;
	item->false_positive = flags & 4;
	item->present = get_u32(from);
	if (item->kind >= ITEM_KINDS || item->form >= ITEM_FORMS || item->tlp > TLP_RED || item->pap > PAP_RED ||
	    item->action > ITEM_BLOCK || item->confidence > 100)
		from->failed = true;
}

static void decode_contents(struct reader *from, struct arena *arena, struct item *item)
{
	item->id = get_text(from);
	item->type = get_text(from);
	item->created = get_time(from);
	item->modified = get_time(from);
	item->created_by = get_text(from);
	item->decays = get_i64(from);
	item->name = get_text(from);
	item->description = get_text(from);
	item->language = get_text(from);
	item->labels = get_list(from, arena, &item->label_count);
	item->markings = get_list(from, arena, &item->marking_count);
	item->pattern = get_text(from);
	item->pattern_type = get_text(from);
	item->pattern_version = get_text(from);
	item->valid_from = get_time(from);
	item->valid_until = get_time(from);
	item->source_ref = get_text(from);
	item->target_ref = get_text(from);
	item->relation = get_text(from);
	item->first_seen = get_time(from);
	item->last_seen = get_time(from);
	item->count = get_u64(from);
	item->published = get_time(from);
	item->references = get_list(from, arena, &item->reference_count);
	item->kept = get_text(from);
}

enum error item_decode(struct reader *from, struct arena *arena, struct item *item, struct failure *failure)
{
	*item = (struct item){ 0 };
	if (get_u8(from) != FORMAT)
		from->failed = true;
	decode_fixed(from, item);
	decode_contents(from, arena, item);
	bool lists = (item->label_count == 0 || item->labels) && (item->marking_count == 0 || item->markings) &&
		     (item->reference_count == 0 || item->references);
	if (!lists && !from->failed)
		return fail(failure, ERROR_MEMORY, "an item: no memory");
	if (from->failed || item->id.size == 0 || item->id.size > ITEM_ID || item->type.size == 0 ||
	    item->type.size > ITEM_ID || item->reference_count > ITEM_REFERENCES)
		return fail(failure, ERROR_CORRUPT, "an item cannot be read");
	return OK;
}
