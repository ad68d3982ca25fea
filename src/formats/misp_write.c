/*
 * Items as MISP's JSON; see misp.h.
 */
#include "base/character.h"
#include "formats/misp_inner.h"

#include <stdio.h>
#include <stdlib.h>

#define DEEPEST 4 /* events have objects, which have attributes: whoever has more goes in a circle */

struct writing {
	const struct item *items;
	uint32_t count;
	uint32_t *table; /* number + 1, by the hash of the id */
	size_t slots;
	struct builder *to;
};

static const struct item *find(const struct writing *writing, struct text id)
{
	size_t slot = hash_text(id, 0) & (writing->slots - 1);
	for (uint32_t number; (number = writing->table[slot]) != 0; slot = (slot + 1) & (writing->slots - 1))
		if (text_equal(writing->items[number - 1].id, id))
			return &writing->items[number - 1];
	return NULL;
}

static bool index_items(struct writing *writing)
{
	for (writing->slots = 4; writing->slots < (size_t)writing->count * 2;)
		writing->slots *= 2;
	writing->table = calloc(writing->slots, sizeof *writing->table);
	if (!writing->table)
		return false;
	for (uint32_t i = 0; i < writing->count; i++) {
		size_t slot = hash_text(writing->items[i].id, 0) & (writing->slots - 1);
		while (writing->table[slot])
			slot = (slot + 1) & (writing->slots - 1);
		writing->table[slot] = i + 1;
	}
	return true;
}

static void write_name(struct builder *to, const char *name)
{
	if (to->at[to->size - 1] != '{')
		build_char(to, ',');
	build_json_string(to, text_of(name));
	build_char(to, ':');
}

static void write_time(const struct misp_property *property, const struct item *item, struct builder *to)
{
	const struct item_time *time = (const void *)((const char *)item + property->at);
	bool number = item->present & property->has;
	char made[TIME_TEXT];
	struct text text = item_time_text(time, made);
	if (property->how == MISP_EPOCH && !time->written.size) {
		snprintf(made, sizeof made, "%ld", (long)(time->when / SECOND));
		text = text_of(made);
	}
	write_name(to, property->name);
	if (number)
		build_text(to, text);
	else
		build_json_string(to, text);
}

static void write_property(const struct misp_property *property, const struct item *item, struct builder *to)
{
	const void *from = (const char *)item + property->at;
	switch (property->how) {
	case MISP_TEXT:
		if (((const struct text *)from)->size || item->present & property->has) {
			write_name(to, property->name);
			build_json_string(to, *(const struct text *)from);
		}
		break;
	case MISP_EPOCH:
	case MISP_TIME:
		if (((const struct item_time *)from)->when)
			write_time(property, item, to);
		break;
	case MISP_BOOLEAN:
		if (item->present & property->has) {
			write_name(to, property->name);
			build_text(to, *(const bool *)from ? TEXT("true") : TEXT("false"));
		}
		break;
	}
}

/* ── tags ─ */

static bool holds(const struct text *list, uint32_t count, struct text text)
{
	for (uint32_t i = 0; i < count; i++)
		if (text_equal(list[i], text))
			return true;
	return false;
}

/* The names of the tags that came; an empty one where the text is no tag. */
static struct text *tag_names(const struct item *item, struct arena *arena)
{
	struct json_parser *parser = json_parser_new(MISP_DEEPEST);
	struct text *names = arena ? arena_take(arena, item->marking_count * sizeof *names) : NULL;
	struct json_value root;
	for (uint32_t i = 0; parser && names && i < item->marking_count; i++)
		if (!json_parse(parser, item->markings[i], &root, NULL))
			names[i] = arena_text(arena, json_text(json_get(root, "name")));
	json_parser_free(parser);
	return parser ? names : NULL;
}

static void write_between(struct builder *to)
{
	if (to->at[to->size - 1] != '[')
		build_char(to, ',');
}

static void write_tag(struct builder *to, const char *prefix, struct text name)
{
	struct builder whole = { 0 };
	build_text(&whole, text_of(prefix));
	build_text(&whole, name);
	write_between(to);
	build_text(to, TEXT("{\"name\":"));
	build_json_string(to, (struct text){ whole.at, whole.size });
	build_char(to, '}');
	to->failed |= whole.failed;
	builder_free(&whole);
}

struct handling {
	bool same_tlp, same_pap; /* the labels say what the item says */
};

static struct handling handling_of(const struct item *item)
{
	struct item came = { .labels = item->labels, .label_count = item->label_count };
	misp_handling(&came);
	return (struct handling){
		.same_tlp = came.tlp_marked == item->tlp_marked && (!came.tlp_marked || came.tlp == item->tlp),
		.same_pap = came.pap == item->pap,
	};
}

/* Whether a tag of this name stays: those of handling while they say what the item does. */
static bool stays(const struct item *item, struct text name, struct handling handling)
{
	enum tlp tlp;
	enum pap pap;
	if (misp_says_tlp(name, &tlp))
		return handling.same_tlp;
	if (misp_says_pap(name, &pap))
		return handling.same_pap;
	return holds(item->labels, item->label_count, name);
}

static void write_tags(const struct item *item, struct builder *to)
{
	struct arena *arena = arena_new(0);
	struct text *names = tag_names(item, arena);
	struct handling handling = handling_of(item);
	char tlp[16];
	to->failed |= !names;
	write_name(to, "Tag");
	build_char(to, '[');
	for (uint32_t i = 0; names && i < item->marking_count; i++) {
		if (!stays(item, names[i], handling))
			continue;
		write_between(to);
		build_text(to, item->markings[i]);
	}
	for (uint32_t i = 0; names && i < item->label_count; i++)
		if (!holds(names, item->marking_count, item->labels[i]) && stays(item, item->labels[i], handling))
			write_tag(to, "", item->labels[i]);
	text_copy(text_of(tlp_code(item->tlp)), tlp, sizeof tlp);
	for (char *at = tlp; *at; at++)
		*at = char_lower(*at);
	if (!handling.same_tlp && item->tlp_marked)
		write_tag(to, "tlp:", text_of(tlp));
	if (!handling.same_pap && item->pap)
		write_tag(to, "PAP:", text_of(pap_code(item->pap)));
	build_char(to, ']');
	arena_free(arena);
}

static bool has_tags(const struct item *item)
{
	struct handling handling = handling_of(item);
	return item->present & ITEM_HAS_MARKINGS || item->label_count || !handling.same_tlp || !handling.same_pap;
}

/* ── items ─ */

static void write_item(struct writing *writing, const struct item *item, int depth);

static void write_children(
    struct writing *writing, const struct item *item, enum item_form form, const char *name, int depth)
{
	write_name(writing->to, name);
	build_char(writing->to, '[');
	for (uint32_t i = 0; i < item->reference_count && depth < DEEPEST; i++) {
		const struct item *child = find(writing, item->references[i]);
		if (!child || child->form != form || !text_equal(child->source_ref, item->id))
			continue;
		write_between(writing->to);
		write_item(writing, child, depth + 1);
	}
	build_char(writing->to, ']');
}

static bool has_children(const struct writing *writing, const struct item *item, enum item_form form)
{
	for (uint32_t i = 0; i < item->reference_count; i++) {
		const struct item *child = find(writing, item->references[i]);
		if (child && child->form == form && text_equal(child->source_ref, item->id))
			return true;
	}
	return false;
}

/* What was kept, without the empty lists that stand for the children; which of them stood there. */
static void write_kept(const struct item *item, struct builder *to, bool *attributes, bool *objects)
{
	struct json_parser *parser = json_parser_new(MISP_DEEPEST);
	struct json_value root;
	struct json_walk walk = { 0 };
	to->failed |= !parser || json_parse(parser, item->kept, &root, NULL) != OK;
	while (!to->failed && json_next(root, &walk)) {
		bool attribute = text_equal(walk.key, TEXT("Attribute")), object = text_equal(walk.key, TEXT("Object"));
		*attributes |= attribute;
		*objects |= object && item->form == ITEM_MISP_EVENT;
		if (attribute || (object && item->form == ITEM_MISP_EVENT))
			continue;
		if (to->at[to->size - 1] != '{')
			build_char(to, ',');
		build_json_string(to, walk.key);
		build_char(to, ':');
		build_json_value(to, walk.value);
	}
	json_parser_free(parser);
}

static void write_item(struct writing *writing, const struct item *item, int depth)
{
	struct builder *to = writing->to;
	bool attributes = false, objects = false;
	if (text_equal(item->type, TEXT(MISP_GROUP))) {
		build_text(to, item->kept);
		return;
	}
	build_char(to, '{');
	for (size_t i = 0; i < MISP_PROPERTIES; i++)
		if (misp_properties[i].forms & 1u << item->form)
			write_property(&misp_properties[i], item, to);
	if (item->form != ITEM_MISP_OBJECT && has_tags(item))
		write_tags(item, to);
	if (item->form == ITEM_MISP_ATTRIBUTE) {
		if (item->kept.size > 2) {
			build_text(to, TEXT(","));
			build_text(to, (struct text){ item->kept.at + 1, item->kept.size - 2 });
		}
	} else {
		if (item->kept.size)
			write_kept(item, to, &attributes, &objects);
		if (attributes || has_children(writing, item, ITEM_MISP_ATTRIBUTE))
			write_children(writing, item, ITEM_MISP_ATTRIBUTE, "Attribute", depth);
		if (objects || has_children(writing, item, ITEM_MISP_OBJECT))
			write_children(writing, item, ITEM_MISP_OBJECT, "Object", depth);
	}
	build_char(to, '}');
}

bool misp_write(const struct item *items, uint32_t count, struct builder *to)
{
	struct writing writing = { .items = items, .count = count, .to = to };
	bool more = false;
	if (!index_items(&writing))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (items[i].form < ITEM_MISP_EVENT ||
		    (items[i].source_ref.size && find(&writing, items[i].source_ref)))
			continue;
		if (more)
			build_char(to, ',');
		write_item(&writing, &items[i], 1);
		more = true;
	}
	free(writing.table);
	return !to->failed;
}
