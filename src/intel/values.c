/*
 * Values of patterns; see values.h. Called by the front for what somebody gives, and by the keeper for what is changed.
 */
#include "intel/values.h"

#include "match/stix_pattern.h"

#include <string.h>

struct found {
	struct arena *arena;
	struct text *values;
	uint32_t count;
};

struct text text_lowered(struct arena *arena, struct text text)
{
	char *copy = arena_string(arena, text);
	for (char *c = copy; c && *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
	return text_of(copy);
}

static void add_value(void *context, enum indicator_kind kind, struct text value)
{
	(void)kind;
	struct found *found = context;
	if (found->count < ITEM_VALUES)
		found->values[found->count++] = text_lowered(found->arena, value);
}

/* The value, or both parts of one of two. */
static enum error attribute_values(
    const struct item *item, struct arena *arena, const struct text **values, uint32_t *count, struct failure *failure)
{
	struct text rest = text_lowered(arena, item->pattern), *found = arena_take(arena, 2 * sizeof *found);
	if (!found || !rest.at)
		return fail(failure, ERROR_MEMORY, "values: no memory");
	bool two = memchr(item->type.at ? item->type.at : "", '|', item->type.size) != NULL;
	if (two)
		found[(*count)++] = text_cut(&rest, '|');
	if (rest.size)
		found[(*count)++] = rest;
	*values = found;
	return OK;
}

enum error item_values_find(
    const struct item *item, struct arena *arena, const struct text **values, uint32_t *count, struct failure *failure)
{
	struct stix_pattern pattern;
	struct found found = { .arena = arena };
	*count = 0;
	if (item->form == ITEM_MISP_ATTRIBUTE)
		return attribute_values(item, arena, values, count, failure);
	if (item->pattern.size == 0 || (item->pattern_type.size && !text_equal(item->pattern_type, TEXT("stix"))))
		return OK;
	enum error error = stix_pattern_read(item->pattern, arena, &pattern, failure);
	if (error)
		return error;
	found.values = arena_take(arena, ITEM_VALUES * sizeof *found.values);
	if (!found.values)
		return fail(failure, ERROR_MEMORY, "values: no memory");
	stix_pattern_observables(&pattern, add_value, &found);
	*values = found.values;
	*count = found.count;
	return OK;
}
