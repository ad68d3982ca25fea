/*
 * STIX and MISP as lists of indicators; see indicator_document.h.
 */
#include "match/indicator_document.h"

#include "base/json.h"
#include "base/stream.h"
#include "base/time.h"
#include "match/stix_pattern.h"

#include <string.h>

#define DEEPEST 64
#define ARENA_BYTES ((size_t)64 << 20) /* of one pattern */
#define PIECE 65536

struct reading {
	struct indicator_builder *builder;
	struct indicator_list_counts *counts;
	struct arena *arena;
	const char *name;
	nanoseconds now;
	uint32_t number; /* of the indicator or attribute at hand */
	indicator_complaint complain;
	void *context;
	enum error error; /* what ends the reading */
	struct failure *failure;
};

bool indicator_document_begins(struct text beginning)
{
	beginning = text_trim(beginning);
	if (text_starts(beginning, TEXT("\xef\xbb\xbf")))
		beginning = (struct text){ beginning.at + 3, beginning.size - 3 };
	return beginning.size && (beginning.at[0] == '{' || beginning.at[0] == '[');
}

static struct text cut(struct text text)
{
	return (struct text){ text.at, text.size < 80 ? text.size : 80 };
}

static void say_malformed(struct reading *reading, struct text id, const char *words)
{
	struct failure why;
	struct text shown = cut(id);
	fail(&why, ERROR_INPUT, "%.*s (number %u): %s", (int)shown.size, shown.at, reading->number, words);
	reading->counts->malformed++;
	if (reading->complain)
		reading->complain(reading->context, reading->name, 0, &why);
}

static void add(struct reading *reading, enum indicator_kind kind, struct text value, struct text id)
{
	struct failure why = { 0 };
	enum error error = indicator_builder_add(reading->builder, kind, value, INDICATOR_ALERT, reading->number, &why);
	if (error == ERROR_INPUT)
		say_malformed(reading, id, why.words);
	else if (error)
		reading->error = fail(reading->failure, error, "%s: %s", reading->name, why.words);
	else
		reading->counts->indicators++;
}

/* ── STIX ─ */

struct observable {
	struct reading *reading;
	struct text id;
};

static void add_observable(void *context, enum indicator_kind kind, struct text value)
{
	const struct observable *observable = context;
	add(observable->reading, kind, value, observable->id);
}

static bool holds_now(const struct reading *reading, struct json_value indicator)
{
	nanoseconds time;
	struct text from = json_text(json_get(indicator, "valid_from"));
	struct text until = json_text(json_get(indicator, "valid_until"));
	bool begun = !time_parse(from, 0, &time, NULL) || time <= reading->now;
	bool over = time_parse(until, 0, &time, NULL) && time <= reading->now;
	return begun && !over && json_kind(json_get(indicator, "revoked")) != JSON_IS_TRUE;
}

static void take_stix_indicator(struct reading *reading, struct json_value indicator)
{
	struct stix_pattern pattern;
	struct failure why = { 0 };
	struct observable observable = { reading, json_text(json_get(indicator, "id")) };
	struct text type = json_text(json_get(indicator, "pattern_type")); /* version 2.0 has none: it is STIX's */
	reading->number++;
	if ((type.size && !text_equal(type, TEXT("stix"))) || !holds_now(reading, indicator)) {
		reading->counts->passed_over++;
		return;
	}
	arena_clear(reading->arena);
	enum error error = stix_pattern_read(json_text(json_get(indicator, "pattern")), reading->arena, &pattern, &why);
	if (error)
		say_malformed(reading, observable.id, why.words);
	else if (!stix_pattern_observables(&pattern, add_observable, &observable))
		reading->counts->passed_over++;
}

static void take_stix_object(struct reading *reading, struct json_value object)
{
	if (text_equal(json_text(json_get(object, "type")), TEXT("indicator")))
		take_stix_indicator(reading, object);
}

/* ── MISP ─ */

bool indicator_attribute_values(struct text types, struct text values, indicator_value_visitor visit, void *context)
{
	bool parts = memchr(types.at ? types.at : "", '|', types.size) != NULL, taken = false;
	while (types.size) {
		struct text type = text_cut(&types, '|'), value = parts ? text_cut(&values, '|') : values;
		enum indicator_kind kind;
		if (!indicator_kind_named(type, &kind))
			continue;
		visit(context, kind, value);
		taken = true;
	}
	return taken;
}

static void take_attribute(struct reading *reading, struct json_value attribute)
{
	struct json_value detects = json_get(attribute, "to_ids"), deleted = json_get(attribute, "deleted");
	struct observable observable = { reading, json_text(json_get(attribute, "uuid")) };
	struct text types = json_text(json_get(attribute, "type")), values = json_text(json_get(attribute, "value"));
	/* also as the texts "1" and "0", in older exports */
	bool wanted = json_kind(detects) == JSON_IS_TRUE || text_equal(json_text(detects), TEXT("1"));
	bool gone = json_kind(deleted) == JSON_IS_TRUE || text_equal(json_text(deleted), TEXT("1"));
	reading->number++;
	bool taken = wanted && !gone && indicator_attribute_values(types, values, add_observable, &observable);
	reading->counts->passed_over += !taken;
}

static void take_attributes(struct reading *reading, struct json_value list)
{
	struct json_walk walk = { 0 };
	while (!reading->error && json_kind(list) == JSON_IS_ARRAY && json_next(list, &walk))
		take_attribute(reading, walk.value);
}

static void take_event(struct reading *reading, struct json_value event)
{
	struct json_value objects = json_get(event, "Object");
	struct json_walk walk = { 0 };
	take_attributes(reading, json_get(event, "Attribute"));
	while (!reading->error && json_kind(objects) == JSON_IS_ARRAY && json_next(objects, &walk))
		take_attributes(reading, json_get(walk.value, "Attribute"));
}

/* ── any document ─ */

static bool take_one(struct reading *reading, struct json_value value)
{
	struct json_value event = json_get(value, "Event");
	if (json_exists(event))
		take_event(reading, event);
	else if (json_exists(json_get(value, "Attribute")))
		take_event(reading, value);
	else if (json_exists(json_get(value, "to_ids")))
		take_attribute(reading, value);
	else if (json_exists(json_get(value, "type")))
		take_stix_object(reading, value);
	else
		return false;
	return true;
}

/* The list of a bundle, a page of TAXII, or an answer of MISP; else the document itself. */
static bool take_document(struct reading *reading, struct json_value root)
{
	static const char *const lists[] = { "objects", "response", "Attribute" };
	struct json_value list = root;
	struct json_walk walk = { 0 };
	bool any = false;
	for (size_t i = 0; i < sizeof lists / sizeof *lists && json_kind(list) != JSON_IS_ARRAY; i++)
		if (json_kind(json_get(root, lists[i])) == JSON_IS_ARRAY && !json_exists(json_get(root, "Object")))
			list = json_get(root, lists[i]);
	if (json_kind(list) != JSON_IS_ARRAY)
		return take_one(reading, root);
	while (!reading->error && json_next(list, &walk)) {
		reading->counts->lines++;
		any |= take_one(reading, walk.value);
	}
	return any || reading->counts->lines == 0;
}

static enum error read_all(struct stream *stream, struct builder *to, struct failure *failure)
{
	size_t got = 1;
	while (got) {
		if (to->size > INDICATOR_DOCUMENT_LONGEST)
			return fail(failure, ERROR_LIMIT, "%s: the document is longer than %u MiB", stream_name(stream),
			    INDICATOR_DOCUMENT_LONGEST >> 20);
		if (!build_room(to, PIECE))
			return fail(failure, ERROR_MEMORY, "%s: no memory for the document", stream_name(stream));
		enum error error = stream_read(stream, to->at + to->size, PIECE, &got, failure);
		if (error)
			return error;
		to->size += got;
	}
	return OK;
}

enum error indicator_document_read(struct stream *stream, struct indicator_builder *builder,
    struct indicator_list_counts *counts, indicator_complaint complain, void *context, struct failure *failure)
{
	struct reading reading = { .builder = builder,
		.counts = counts,
		.arena = arena_new(ARENA_BYTES),
		.name = stream_name(stream),
		.now = time_now(),
		.complain = complain,
		.context = context,
		.failure = failure };
	struct json_parser *parser = json_parser_new(DEEPEST);
	struct builder text = { 0 };
	struct failure why = { 0 };
	struct json_value root;
	enum error error = reading.arena && parser ? read_all(stream, &text, failure)
						   : fail(failure, ERROR_MEMORY, "no memory for the indicators");
	if (!error && (error = json_parse(parser, (struct text){ text.at, text.size }, &root, &why)))
		fail(failure, error, "%s: %s", stream_name(stream), why.words);
	builder_free(&text);
	if (!error && !take_document(&reading, root))
		error = fail(failure, ERROR_INPUT,
		    "%s: a document of JSON, but neither STIX (a bundle or objects) nor MISP (events or attributes)",
		    stream_name(stream));
	json_parser_free(parser);
	arena_free(reading.arena);
	return error ? error : reading.error;
}
