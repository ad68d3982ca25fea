/*
 * Items of MISP at the centre; see misp_items.h. Called by items.c.
 */
#include "intel/misp_items.h"

#include "formats/misp.h"
#include "store/items.h"

#include <string.h>

#define EVENT (1u << ITEM_MISP_EVENT)
#define ATTRIBUTE (1u << ITEM_MISP_ATTRIBUTE)
#define OBJECT (1u << ITEM_MISP_OBJECT)
#define ALL (EVENT | ATTRIBUTE | OBJECT)
#define GROUP "sharing-group" /* formats/misp.h: one item, kept whole */

bool misp_is_item(const struct item *item)
{
	return item->form >= ITEM_MISP_EVENT;
}

/* ── showing ─ */

struct gathering {
	struct call *call;
	struct item *items;
	uint32_t count;
	bool cut;
};

/* The items behind `from` are looked through as they come: objects, and then the attributes of those. */
static void gather(struct gathering *gathering, uint32_t from)
{
	const struct item *parent = &gathering->items[from];
	for (uint32_t i = 0; i < parent->reference_count && !gathering->cut; i++) {
		struct item child;
		struct failure none;
		if (store_item_get(gathering->call->store, gathering->call->scope, parent->organisation,
			parent->references[i], 0, gathering->call->arena, &child, &none) != OK ||
		    !misp_is_item(&child) || !text_equal(child.source_ref, parent->id))
			continue;
		gathering->cut = gathering->count == MISP_SHOWN;
		if (!gathering->cut)
			gathering->items[gathering->count++] = child;
	}
}

json_t *misp_object(struct call *call, const struct item *item)
{
	struct gathering gathering = { .call = call,
		.items = arena_take(call->arena, MISP_SHOWN * sizeof *gathering.items) };
	struct builder text = { 0 };
	if (!gathering.items)
		return NULL;
	gathering.items[gathering.count++] = *item;
	gathering.items[0].source_ref = TEXT_NONE; /* shown by itself, whatever it is a part of */
	for (uint32_t i = 0; i < gathering.count && !gathering.cut; i++)
		gather(&gathering, i);
	json_t *object = NULL;
	if (!gathering.cut && misp_write(gathering.items, gathering.count, &text))
		object = json_loadb(text.at, text.size, JSON_ALLOW_NUL, NULL);
	builder_free(&text);
	return object;
}

/* ── changing ─ */

static const struct {
	const char *field;
	unsigned forms; /* that have it */
} properties[] = {
	{ "name", EVENT | OBJECT },
	{ "description", ATTRIBUTE | OBJECT },
	{ "pattern", ATTRIBUTE },
	{ "misp_type", ATTRIBUTE },
	{ "labels", EVENT | ATTRIBUTE },
	{ "tlp", EVENT | ATTRIBUTE },
	{ "pap", EVENT | ATTRIBUTE },
	{ "published", EVENT },
	{ "first_seen", ATTRIBUTE | OBJECT },
	{ "last_seen", ATTRIBUTE | OBJECT },
	{ "revoked", ATTRIBUTE | OBJECT },
	{ "action", ALL },
	{ "false_positive", ALL },
};

static enum error check_fields(const struct call *call, const struct item *item, struct failure *failure)
{
	const char *name;
	json_t *value;
	if (text_equal(item->type, TEXT(GROUP)))
		return fail(failure, ERROR_INPUT, "a sharing group is kept as it came: give it again");
	json_object_foreach(call->input, name, value)
	{
		unsigned forms = strcmp(name, "item") == 0 ? ALL : 0;
		for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
			if (strcmp(properties[i].field, name) == 0)
				forms = properties[i].forms;
		if (!(forms >> item->form & 1))
			return fail(failure, ERROR_INPUT, "%s: the item is of MISP, as %s, and has none", name,
			    item_form_code(item->form));
	}
	return OK;
}

static void change_time(const struct call *call, const char *name, struct item_time *to)
{
	if (input_has(call, name))
		*to = (struct item_time){ .when = input_integer(call, name, 0) };
}

static const char *const own[] = { "misp_type", "pap", "published", "first_seen", "last_seen", NULL };

enum error misp_change(const struct call *call, struct item *item, struct failure *failure)
{
	for (size_t i = 0; own[i] && !misp_is_item(item); i++)
		if (input_has(call, own[i]))
			return fail(failure, ERROR_INPUT, "%s: the item is none of MISP", own[i]);
	if (!misp_is_item(item))
		return OK;
	enum error error = check_fields(call, item, failure);
	if (error)
		return error;
	if (input_has(call, "misp_type"))
		item->type = item->pattern_type = input_text(call, "misp_type");
	if (item->form == ITEM_MISP_ATTRIBUTE &&
	    ((input_has(call, "misp_type") && !item->type.size) || (input_has(call, "pattern") && !item->pattern.size)))
		return fail(failure, ERROR_INPUT, "pattern, misp_type: an attribute has a value and its type");
	if (input_has(call, "pap"))
		pap_parse(input_text(call, "pap"), &item->pap);
	change_time(call, "published", &item->published);
	change_time(call, "first_seen", &item->first_seen);
	change_time(call, "last_seen", &item->last_seen);
	return OK;
}
