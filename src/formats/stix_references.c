/*
 * To which other objects an object refers; see stix_inner.h. Nothing is followed, so cycles do no harm.
 */
#include "formats/stix_inner.h"

#include <stdlib.h>

void references_free(struct references *references)
{
	if (references->list != references->few)
		free(references->list);
	free(references->table);
}

/* The slot that holds the text, or the empty one where it belongs. */
static uint32_t *slot_of(const struct references *references, struct text text)
{
	size_t slot = hash_text(text, 0) & (references->slots - 1);
	for (uint32_t number; (number = references->table[slot]) != 0; slot = (slot + 1) & (references->slots - 1))
		if (text_equal(references->list[number - 1], text))
			break;
	return &references->table[slot];
}

static bool grow(struct references *references)
{
	bool first = references->list == references->few;
	struct text *list = array_grow(first ? NULL : references->list, &references->room, 64, sizeof *list);
	if (!list)
		return false;
	if (first)
		memcpy(list, references->few, sizeof references->few);
	references->list = list;
	free(references->table);
	references->slots = references->room * 2; /* a power of two, at most half full */
	references->table = calloc(references->slots, sizeof *references->table);
	if (!references->table)
		return false;
	for (uint32_t i = 0; i < references->count; i++)
		*slot_of(references, list[i]) = i + 1;
	return true;
}

static bool is_known(const struct references *references, struct text text)
{
	if (references->table)
		return *slot_of(references, text) != 0;
	for (uint32_t i = 0; i < references->count; i++)
		if (text_equal(references->few[i], text))
			return true;
	return false;
}

static void add(struct references *references, struct text text)
{
	const size_t few = sizeof references->few / sizeof references->few[0];
	if (references->failed || references->crowded || !item_id_valid(text))
		return; /* of a dictionary in an observation of version 2.0: "0" */
	if (!references->list)
		references->list = references->few;
	if (is_known(references, text))
		return;
	references->crowded = references->count == ITEM_REFERENCES;
	bool full = references->count == (references->table ? references->room : few);
	if (full && !references->crowded && !grow(references))
		references->failed = true;
	if (references->crowded || references->failed)
		return;
	references->list[references->count++] = text;
	if (references->table)
		*slot_of(references, text) = references->count;
}

void references_gather(struct references *references, struct text key, struct json_value value)
{
	struct json_walk walk = { 0 };
	switch (json_kind(value)) {
	case JSON_IS_STRING:
		if (text_ends(key, TEXT("_ref")))
			add(references, json_text(value));
		break;
	case JSON_IS_ARRAY:
		if (text_ends(key, TEXT("_refs")))
			key.size--; /* of its items: "…_ref" */
		while (json_next(value, &walk))
			references_gather(references, key, walk.value);
		break;
	case JSON_IS_OBJECT:
		while (json_next(value, &walk))
			references_gather(references, walk.key, walk.value);
		break;
	default:
		break;
	}
}
