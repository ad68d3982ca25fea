/*
 * MISP's JSON as items; see misp.h. An event is parsed whole: its own properties may stand behind its attributes.
 */
#include "formats/json_pieces.h"
#include "formats/misp_inner.h"

#include <stdlib.h>

struct misp_stream {
	struct stream *stream;
	struct json_pieces *pieces;
	struct json_parser *parser;
	misp_complaint complain;
	void *context;
	uint64_t number; /* of the piece at hand */
	/* the piece at hand */
	struct arena *arena;
	struct item *items;
	uint32_t count, room;
	bool without_memory;
};

struct misp_stream *misp_stream_new(struct stream *stream, misp_complaint complain, void *context)
{
	static const char *const names[] = { "\"response\"", NULL };
	struct misp_stream *misp = calloc(1, sizeof *misp);
	if (!misp)
		return NULL;
	misp->stream = stream;
	misp->complain = complain;
	misp->context = context;
	misp->pieces = json_pieces_new();
	misp->parser = json_parser_new(MISP_DEEPEST);
	if (!misp->pieces || !misp->parser) {
		misp_stream_free(misp);
		return NULL;
	}
	json_pieces_named(misp->pieces, names);
	return misp;
}

void misp_stream_free(struct misp_stream *misp)
{
	if (!misp)
		return;
	json_pieces_free(misp->pieces);
	json_parser_free(misp->parser);
	free(misp);
}

struct text misp_stream_around(const struct misp_stream *misp)
{
	return json_pieces_around(misp->pieces);
}

static void say(struct misp_stream *misp, struct text parent, const char *what, uint32_t number, const char *words)
{
	struct failure why;
	fail(&why, ERROR_INPUT, "event %lu, %.*s: %s %u: %s", (unsigned long)misp->number,
	    (int)(parent.size < 40 ? parent.size : 40), parent.at ? parent.at : "", what, number, words);
	if (misp->complain)
		misp->complain(misp->context, &why);
}

static struct text copy(struct misp_stream *misp, struct text text)
{
	struct text made = arena_text(misp->arena, text);
	misp->without_memory |= !made.at;
	return made;
}

/* ── properties ─ */

static bool read_epoch(struct json_value value, struct item_time *time)
{
	uint64_t seconds;
	time->written = json_text(value);
	if ((json_kind(value) != JSON_IS_STRING && json_kind(value) != JSON_IS_INTEGER) ||
	    !text_to_u64(time->written, &seconds) || seconds == 0 || seconds > INT64_MAX / SECOND)
		return false;
	time->when = (nanoseconds)seconds * SECOND;
	return true;
}

/* False: it is not of the usual form. */
static bool read_property(
    struct misp_stream *misp, struct item *item, const struct misp_property *property, struct json_value value)
{
	void *to = (char *)item + property->at;
	struct text text = json_text(value);
	struct item_time time;
	bool is_text = json_kind(value) == JSON_IS_STRING;
	switch (property->how) {
	case MISP_TEXT:
		if (!is_text || (!text.size && !property->has) || (text.size && memchr(text.at, 0, text.size)))
			return false;
		*(struct text *)to = copy(misp, text);
		item->present |= property->has;
		return true;
	case MISP_EPOCH:
	case MISP_TIME:
		if (property->how == MISP_EPOCH ? !read_epoch(value, &time) : !is_text || !item_time_parse(text, &time))
			return false;
		*(struct item_time *)to = (struct item_time){ time.when, copy(misp, time.written) };
		item->present |= is_text ? 0 : property->has;
		return true;
	case MISP_BOOLEAN:
		*(bool *)to = json_kind(value) == JSON_IS_TRUE || text_equal(text, TEXT("1"));
		if (json_kind(value) != JSON_IS_TRUE && json_kind(value) != JSON_IS_FALSE)
			return false;
		item->present |= property->has;
		return true;
	}
	return false;
}

static uint32_t items_in(struct json_value list)
{
	struct json_walk walk = { 0 };
	uint32_t count = 0;
	while (json_kind(list) == JSON_IS_ARRAY && json_next(list, &walk))
		count++;
	return count;
}

/* False when one of them is no tag: then they are kept as they are. */
static bool read_tags(struct misp_stream *misp, struct item *item, struct json_value tags)
{
	uint32_t count = items_in(tags), i = 0;
	struct text *markings = arena_take(misp->arena, count * sizeof *markings);
	struct text *labels = arena_take(misp->arena, count * sizeof *labels);
	struct json_walk walk = { 0 };
	misp->without_memory |= !markings || !labels;
	if (misp->without_memory || json_kind(tags) != JSON_IS_ARRAY)
		return false;
	for (; json_next(tags, &walk); i++) {
		struct text name = json_text(json_get(walk.value, "name"));
		struct builder tag = { 0 };
		if (!name.size || memchr(name.at, 0, name.size))
			return false;
		build_json_value(&tag, walk.value);
		labels[i] = copy(misp, name);
		markings[i] = copy(misp, (struct text){ tag.at, tag.size });
		builder_free(&tag);
	}
	item->labels = labels;
	item->markings = markings;
	item->label_count = item->marking_count = count;
	item->present |= ITEM_HAS_LABELS | ITEM_HAS_MARKINGS;
	return true;
}

static bool read_known(struct misp_stream *misp, struct item *item, struct text key, struct json_value value)
{
	if (text_equal(key, TEXT("Tag")) && item->form != ITEM_MISP_OBJECT)
		return read_tags(misp, item, value);
	for (size_t i = 0; i < MISP_PROPERTIES; i++)
		if (misp_properties[i].forms & 1u << item->form && text_equal(key, text_of(misp_properties[i].name)))
			return read_property(misp, item, &misp_properties[i], value);
	return false;
}

static bool is_children(const struct item *item, struct text key, struct json_value value)
{
	return json_kind(value) == JSON_IS_ARRAY && item->form != ITEM_MISP_ATTRIBUTE &&
	       (text_equal(key, TEXT("Attribute")) ||
		   (item->form == ITEM_MISP_EVENT && text_equal(key, TEXT("Object"))));
}

static void read_members(struct misp_stream *misp, struct item *item, struct json_value object)
{
	struct builder kept = { 0 };
	struct json_walk walk = { 0 };
	while (json_next(object, &walk)) {
		if (read_known(misp, item, walk.key, walk.value))
			continue;
		build_char(&kept, kept.size ? ',' : '{');
		build_json_string(&kept, walk.key);
		build_char(&kept, ':');
		if (is_children(item, walk.key, walk.value))
			build_text(&kept, TEXT("[]"));
		else
			build_json_value(&kept, walk.value);
	}
	if (kept.size) {
		build_char(&kept, '}');
		item->kept = copy(misp, (struct text){ kept.at, kept.size });
	}
	misp->without_memory |= kept.failed;
	builder_free(&kept);
	misp_handling(item);
}

/* ── nouns ─ */

/* The next item of the piece; NULL without memory, or when it has no UUID, which is said. */
static struct item *take_item(
    struct misp_stream *misp, enum item_form form, struct json_value object, const struct item *parent, uint32_t number)
{
	struct uuid uuid;
	if (json_kind(object) != JSON_IS_OBJECT || !uuid_parse(json_text(json_get(object, "uuid")), &uuid)) {
		say(misp, parent ? parent->id : TEXT_NONE, form == ITEM_MISP_OBJECT ? "object" : "attribute", number,
		    "uuid: a UUID was expected");
		return NULL;
	}
	if (misp->without_memory || misp->count == misp->room) {
		misp->without_memory = true;
		return NULL;
	}
	struct item *item = &misp->items[misp->count++];
	item->form = form;
	item->kind = ITEM_OTHER;
	item->type = form == ITEM_MISP_EVENT ? TEXT("event") : form == ITEM_MISP_OBJECT ? TEXT("object") : TEXT_NONE;
	if (parent)
		item->source_ref = parent->id;
	read_members(misp, item, object);
	if (parent && !item->tlp_marked)
		item->tlp = parent->tlp;
	return item;
}

static void take_attribute(
    struct misp_stream *misp, struct json_value object, const struct item *parent, uint32_t number)
{
	struct json_value detects = json_get(object, "to_ids");
	struct item *item = take_item(misp, ITEM_MISP_ATTRIBUTE, object, parent, number);
	if (!item)
		return;
	item->pattern_type = item->type;
	if (json_kind(detects) == JSON_IS_TRUE || text_equal(json_text(detects), TEXT("1")))
		item->kind = ITEM_INDICATOR;
	misp->without_memory |= !item->id.at;
}

static void take_attributes(struct misp_stream *misp, struct json_value list, const struct item *parent)
{
	struct json_walk walk = { 0 };
	uint32_t number = 0;
	while (json_kind(list) == JSON_IS_ARRAY && json_next(list, &walk))
		take_attribute(misp, walk.value, parent, ++number);
}

/* The parent's children are those of the items behind `from` that it has itself. */
static void name_children(struct misp_stream *misp, struct item *parent, uint32_t from)
{
	struct text *list = arena_take(misp->arena, (misp->count - from) * sizeof *list);
	misp->without_memory |= !list;
	if (!list)
		return;
	parent->references = list;
	for (uint32_t i = from; i < misp->count; i++)
		if (misp->items[i].source_ref.at == parent->id.at)
			list[parent->reference_count++] = misp->items[i].id;
}

static void take_object(struct misp_stream *misp, struct json_value object, const struct item *event, uint32_t number)
{
	struct item *item = take_item(misp, ITEM_MISP_OBJECT, object, event, number);
	if (!item)
		return;
	uint32_t from = misp->count;
	take_attributes(misp, json_get(object, "Attribute"), item);
	name_children(misp, item, from);
}

static void take_event(struct misp_stream *misp, struct json_value event)
{
	struct item *item = take_item(misp, ITEM_MISP_EVENT, event, NULL, 0);
	struct json_value objects = json_get(event, "Object");
	struct json_walk walk = { 0 };
	uint32_t number = 0;
	if (!item)
		return;
	item->kind = ITEM_REPORT;
	item->created_by = copy(misp, json_text(json_at(event, "Orgc.uuid")));
	take_attributes(misp, json_get(event, "Attribute"), item);
	while (json_kind(objects) == JSON_IS_ARRAY && json_next(objects, &walk))
		take_object(misp, walk.value, item, ++number);
	name_children(misp, item, 1);
}

/* Older exports give sharing groups no UUID: then it is made of the name and the organisation that has it. */
static void take_group(struct misp_stream *misp, struct json_value entry)
{
	static const struct uuid space = { { 0x6e, 0x6f, 0x72, 0x6f, 0x73, 0x68, 0x69, 0x2d, 0x6d, 0x69, 0x73, 0x70,
	    0x2d, 0x73, 0x67, 0x31 } };
	struct json_value group = json_get(entry, "SharingGroup");
	struct text name = json_text(json_get(group, "name")), id = json_text(json_get(group, "uuid"));
	struct builder whole = { 0 };
	struct uuid uuid;
	char made[UUID_TEXT];
	struct item *item = &misp->items[misp->count++];
	build_text(&whole, json_text(json_at(entry, "Organisation.uuid")));
	build_char(&whole, '/');
	build_text(&whole, name);
	if (!uuid_parse(id, &uuid))
		id = text_of(uuid_format(uuid_derived(space, whole.at, whole.size), made));
	builder_clear(&whole);
	build_json_value(&whole, entry);
	*item = (struct item){ .form = ITEM_MISP_OBJECT,
		.kind = ITEM_OTHER,
		.type = TEXT(MISP_GROUP),
		.tlp = TLP_AMBER,
		.id = copy(misp, id),
		.name = copy(misp, name),
		.kept = copy(misp, (struct text){ whole.at, whole.size }) };
	misp->without_memory |= whole.failed;
	builder_free(&whole);
}

/* ── pieces ─ */

/* At most so many items come of it. */
static uint32_t count_items(struct json_value event)
{
	struct json_value objects = json_get(event, "Object");
	struct json_walk walk = { 0 };
	uint32_t count = 1 + items_in(json_get(event, "Attribute")) + items_in(objects);
	while (json_kind(objects) == JSON_IS_ARRAY && json_next(objects, &walk))
		count += items_in(json_get(walk.value, "Attribute"));
	return count;
}

static bool make_room(struct misp_stream *misp, struct arena *arena, uint32_t room)
{
	misp->arena = arena;
	misp->count = 0;
	misp->room = room;
	misp->items = arena_take(arena, room * sizeof *misp->items);
	misp->without_memory = !misp->items;
	return misp->items != NULL;
}

static enum error take_piece(struct misp_stream *misp, struct json_value root, struct arena *arena,
    struct misp_piece *piece, struct failure *why)
{
	struct json_value event = json_get(root, "Event"), answer = json_get(root, "response");
	struct uuid uuid;
	if (json_kind(answer) == JSON_IS_OBJECT)
		root = answer, event = json_get(root, "Event");
	piece->wrapped = json_kind(event) == JSON_IS_OBJECT;
	event = piece->wrapped ? event : root;
	if (!make_room(misp, arena, count_items(event)))
		return fail(why, ERROR_MEMORY, "no memory for an event");
	bool named = uuid_parse(json_text(json_get(event, "uuid")), &uuid);
	if (json_kind(json_get(root, "SharingGroup")) == JSON_IS_OBJECT && !json_exists(json_get(root, "info")))
		take_group(misp, root);
	else if (named && json_kind(json_get(event, "info")) == JSON_IS_STRING)
		take_event(misp, event);
	else if (named && json_exists(json_get(event, "value")))
		take_attribute(misp, event, NULL, 1);
	else if (!named && json_kind(json_get(event, "Attribute")) == JSON_IS_ARRAY)
		take_attributes(misp, json_get(event, "Attribute"), NULL);
	else
		return fail(why, ERROR_INPUT,
		    "an event of MISP (with uuid and info), attributes or a sharing group was "
		    "expected");
	if (misp->without_memory)
		return fail(why, ERROR_MEMORY, "no memory for an event of %u parts", misp->room);
	piece->items = misp->items;
	piece->count = misp->count;
	return OK;
}

static enum error refuse_twice(struct text key, struct failure *why)
{
	return fail(why, ERROR_INPUT, "%.*s: once was expected, and it stands there twice",
	    (int)(key.size < 80 ? key.size : 80), key.at);
}

enum error misp_stream_next(
    struct misp_stream *misp, struct arena *arena, struct misp_piece *piece, struct failure *failure)
{
	struct line text;
	struct json_value root;
	struct failure why = { 0 };
	enum error error = json_pieces_next(misp->pieces, misp->stream, MISP_LARGEST, &text, failure);
	if (error)
		return error;
	*piece = (struct misp_piece){ 0 };
	misp->number++;
	if (text.cut)
		error = fail(&why, ERROR_INPUT, "at most %u MiB were expected", MISP_LARGEST >> 20);
	else
		error = json_parse(misp->parser, text.text, &root, &why);
	if (!error && json_had_duplicate_keys(misp->parser))
		error = refuse_twice(json_duplicate_key(misp->parser), &why);
	if (!error)
		error = take_piece(misp, root, arena, piece, &why);
	if (error)
		return fail(failure, error, "event %lu, line %lu: %s", (unsigned long)misp->number,
		    (unsigned long)text.number, why.words);
	return OK;
}
