/*
 * Objects of STIX as items; see stix.h. Called by stix_stream.c, by the import and by the TAXII server.
 */
#include "formats/stix.h"

#include "formats/stix_inner.h"

/* Without these the object says nothing. (The others that the standard requires are missing in much of what there is.)
 */
static const char *const required[ITEM_KINDS][3] = {
	[ITEM_INDICATOR] = { "pattern" },
	[ITEM_SIGHTING] = { "sighting_of_ref" },
	[ITEM_RELATION] = { "source_ref", "target_ref", "relationship_type" },
};

static enum item_kind kind_of(struct text type)
{
	static const struct {
		const char *type;
		enum item_kind kind;
	} kinds[] = {
		{ "indicator", ITEM_INDICATOR },
		{ "sighting", ITEM_SIGHTING },
		{ "report", ITEM_REPORT },
		{ "x-noroshi-advisory", ITEM_ADVISORY },
		{ "relationship", ITEM_RELATION },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (text_equal(type, text_of(kinds[i].type)))
			return kinds[i].kind;
	return ITEM_OTHER;
}

struct reading {
	struct arena *arena;
	struct item *item;
	struct failure *failure;
	const struct stix_property *property; /* at hand */
	struct builder kept;
	struct references references;
	struct json_value version;
};

static enum error expected(struct reading *reading, const char *what)
{
	struct text id = reading->item->id;
	return fail(reading->failure, ERROR_INPUT, "%.*s: %s: %s was expected", (int)id.size, id.at,
	    reading->property->name, what);
}

static enum error no_memory(struct failure *failure)
{
	return fail(failure, ERROR_MEMORY, "no memory for an object of STIX");
}

static enum error read_text(struct reading *reading, struct json_value value, struct text *to)
{
	struct text text = json_text(value);
	if (json_kind(value) != JSON_IS_STRING)
		return expected(reading, "a text");
	if (!text.size && !reading->property->has)
		return expected(reading, "a text that is not empty");
	if (text.size && memchr(text.at, 0, text.size))
		return expected(reading, "a text without NUL");
	if (reading->property->how == STIX_REFERENCE && !item_id_valid(text))
		return expected(reading, "an identifier, type--UUID,");
	*to = arena_text(reading->arena, text);
	return to->at ? OK : no_memory(reading->failure);
}

static enum error read_time(struct reading *reading, struct json_value value, struct item_time *to)
{
	struct item_time time;
	if (json_kind(value) != JSON_IS_STRING || !item_time_parse(json_text(value), &time))
		return expected(reading, "a time as 2026-01-31T12:00:00.000Z");
	*to = (struct item_time){ time.when, arena_text(reading->arena, time.written) };
	return to->written.at ? OK : no_memory(reading->failure);
}

static enum error read_number(struct reading *reading, struct json_value value)
{
	uint64_t number;
	if (reading->property->how == STIX_NUMBER) {
		if (!json_to_u64(value, &reading->item->count))
			return expected(reading, "a whole number from 0 on");
		return OK;
	}
	if (!json_to_u64(value, &number) || number > 100)
		return expected(reading, "a whole number from 0 to 100");
	reading->item->confidence = (uint8_t)number;
	return OK;
}

static uint32_t items_in(struct json_value list)
{
	struct json_walk walk = { 0 };
	uint32_t count = 0;
	while (json_next(list, &walk))
		count++;
	return count;
}

static enum error read_texts(struct reading *reading, struct json_value value, const struct text **to)
{
	bool markings = reading->property->how == STIX_REFERENCES;
	const char *what = markings ? "a list of identifiers, type--UUID," : "a list of texts";
	struct json_walk walk = { 0 };
	uint32_t *count = markings ? &reading->item->marking_count : &reading->item->label_count;
	if (json_kind(value) != JSON_IS_ARRAY)
		return expected(reading, what);
	struct text *list = arena_take(reading->arena, items_in(value) * sizeof *list);
	if (!list)
		return no_memory(reading->failure);
	for (*count = 0; json_next(value, &walk); (*count)++) {
		struct text text = json_text(walk.value);
		if (json_kind(walk.value) != JSON_IS_STRING || (text.size && memchr(text.at, 0, text.size)) ||
		    (markings && !item_id_valid(text)))
			return expected(reading, what);
		list[*count] = arena_text(reading->arena, text);
		if (!list[*count].at)
			return no_memory(reading->failure);
	}
	*to = list;
	return OK;
}

static enum error read_property(struct reading *reading, struct json_value value)
{
	const struct stix_property *property = reading->property;
	void *to = (char *)reading->item + property->at;
	reading->item->present |= property->has;
	switch (property->how) {
	case STIX_TEXT:
	case STIX_REFERENCE:
		return read_text(reading, value, to);
	case STIX_TIME:
		return read_time(reading, value, to);
	case STIX_BOOLEAN:
		if (json_kind(value) != JSON_IS_TRUE && json_kind(value) != JSON_IS_FALSE)
			return expected(reading, "true or false");
		*(bool *)to = json_kind(value) == JSON_IS_TRUE;
		return OK;
	case STIX_PERCENT:
	case STIX_NUMBER:
		return read_number(reading, value);
	case STIX_TEXTS:
	case STIX_REFERENCES:
		return read_texts(reading, value, to);
	}
	return OK;
}

static const struct stix_property *property_named(struct text name, enum item_kind kind)
{
	const struct stix_property *property = stix_properties;
	for (; property < stix_properties + STIX_PROPERTIES; property++)
		if (property->name[0] == (name.size ? name.at[0] : 0) && text_equal(name, text_of(property->name)))
			return property->kinds & 1u << kind ? property : NULL;
	return NULL;
}

static void keep(struct reading *reading, struct text key, struct json_value value)
{
	build_char(&reading->kept, reading->kept.size ? ',' : '{');
	build_json_string(&reading->kept, key);
	build_char(&reading->kept, ':');
	build_json_value(&reading->kept, value);
}

static enum error read_member(struct reading *reading, struct text key, struct json_value value)
{
	if (text_equal(key, TEXT("type")))
		return OK;
	if (text_equal(key, TEXT("spec_version"))) {
		reading->version = value;
		return OK;
	}
	references_gather(&reading->references, key, value);
	reading->property = property_named(key, reading->item->kind);
	if (reading->property)
		return read_property(reading, value);
	keep(reading, key, value);
	return OK;
}

/* Which version the object is of. One without says 2.0; but the objects that only observe (which have no `created`)
 * need not say it since 2.1. What is not said for us by the item's form is kept. */
static enum error read_version(struct reading *reading)
{
	struct text version = json_text(reading->version);
	bool created = reading->item->created.when != 0, second = text_equal(version, TEXT("2.1"));
	static const struct stix_property property = { .name = "spec_version" };
	reading->property = &property;
	reading->item->form = second || (!version.size && !created) ? ITEM_STIX_21 : ITEM_STIX_20;
	if (json_exists(reading->version) && !second && !text_equal(version, TEXT("2.0")))
		return expected(reading, "\"2.1\", or \"2.0\",");
	if (version.size && !(second && created))
		keep(reading, TEXT("spec_version"), reading->version);
	return OK;
}

static enum error read_references(struct reading *reading)
{
	struct references *references = &reading->references;
	struct item *item = reading->item;
	static const struct stix_property property = { .name = "references" };
	reading->property = &property;
	if (references->crowded)
		return expected(reading, "no more than 100,000 other objects that it refers to");
	struct text *list = arena_take(reading->arena, references->count * sizeof *list);
	if (references->failed || !list)
		return no_memory(reading->failure);
	for (uint32_t i = 0; i < references->count; i++)
		if (!(list[i] = arena_text(reading->arena, references->list[i])).at)
			return no_memory(reading->failure);
	item->references = list;
	item->reference_count = references->count;
	return OK;
}

static enum error check_required(struct reading *reading, struct json_value object)
{
	const char *const *names = required[reading->item->kind];
	for (int i = 0; i < 3 && names[i]; i++) {
		struct stix_property property = { .name = names[i] };
		reading->property = &property;
		if (!json_exists(json_get(object, names[i])))
			return expected(reading, "this property");
	}
	return OK;
}

static enum error read_object(struct reading *reading, struct json_value object)
{
	struct json_walk walk = { 0 };
	struct item *item = reading->item;
	enum error error = OK;
	while (!error && json_next(object, &walk))
		error = read_member(reading, walk.key, walk.value);
	if (!error)
		error = read_version(reading);
	if (!error)
		error = check_required(reading, object);
	if (error)
		return error;
	if (reading->kept.size) {
		build_char(&reading->kept, '}');
		item->kept = arena_text(reading->arena, (struct text){ reading->kept.at, reading->kept.size });
		if (reading->kept.failed || !item->kept.at)
			return no_memory(reading->failure);
	}
	stix_handling(item);
	return read_references(reading);
}

/* Type and identifier, which name the object in every complaint. */
static enum error read_names(struct reading *reading, struct json_value object)
{
	struct item *item = reading->item;
	struct text type = json_text(json_get(object, "type")), id = json_text(json_get(object, "id"));
	static const struct stix_property property = { .name = "id" };
	if (json_kind(object) != JSON_IS_OBJECT)
		return fail(reading->failure, ERROR_INPUT, "an object of STIX, { … }, was expected");
	if (json_kind(json_get(object, "type")) != JSON_IS_STRING || !type.size)
		return fail(reading->failure, ERROR_INPUT, "%.*s: type: a text was expected",
		    (int)(item_id_valid(id) ? id.size : 0), id.at ? id.at : "");
	reading->property = &property;
	item->id = (struct text){ id.at, id.size < 80 ? id.size : 80 }; /* for the complaint */
	if (json_kind(json_get(object, "id")) != JSON_IS_STRING || !item_id_valid(id) ||
	    !text_equal(item_id_type(id), type))
		return expected(reading, "the object's type, two hyphens and a UUID");
	if (text_equal(type, TEXT("bundle")))
		return fail(reading->failure, ERROR_INPUT,
		    "%.*s: a bundle stands here where one of its objects was expected", (int)id.size, id.at);
	item->type = arena_text(reading->arena, type);
	item->kind = kind_of(type);
	return item->type.at ? OK : no_memory(reading->failure);
}

enum error item_from_stix_value(
    struct json_value object, struct arena *arena, struct item *item, struct failure *failure)
{
	struct reading reading = { .arena = arena, .item = item, .failure = failure };
	*item = (struct item){ 0 };
	enum error error = read_names(&reading, object);
	if (!error)
		error = read_object(&reading, object);
	builder_free(&reading.kept);
	references_free(&reading.references);
	return error;
}

enum error item_from_stix(
    struct json_parser *parser, struct text json, struct arena *arena, struct item *item, struct failure *failure)
{
	struct json_value object;
	enum error error = json_parse(parser, json, &object, failure);
	if (error)
		return error;
	if (json_had_duplicate_keys(parser)) {
		struct text id = json_text(json_get(object, "id")), key = json_duplicate_key(parser);
		return fail(failure, ERROR_INPUT, "%.*s: %.*s: once was expected, and it stands there twice",
		    (int)(item_id_valid(id) ? id.size : 0), id.at ? id.at : "", (int)(key.size < 80 ? key.size : 80),
		    key.at);
	}
	return item_from_stix_value(object, arena, item, failure);
}
