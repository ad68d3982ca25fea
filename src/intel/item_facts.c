/*
 * What pages say of an item. In: an item, whole or as a community sees it. Out: the members that the templates name
 * (docs/pages.md).
 */
#include "formats/stix.h"
#include "intel/item_make.h"
#include "intel/pages.h"
#include "intel/values.h"

#include <stdlib.h>

#define VALUES_SHOWN 50

static const char *state_of(const struct item *item, nanoseconds now)
{
	if (item->revoked)
		return "revoked";
	if (item->false_positive)
		return "false-positive";
	if (item->kind != ITEM_INDICATOR)
		return "";
	if (item->valid_until.when && item->valid_until.when <= now)
		return "over";
	return item->valid_from.when > now ? "not-yet" : "valid";
}

static struct text add_values(const struct call *call, json_t *row, const struct item *item)
{
	const struct text *values = NULL;
	uint32_t count = 0;
	json_t *list = json_array();
	struct failure none;
	json_object_set_new(row, "values", list);
	if (item_values_find(item, call->arena, &values, &count, &none) != OK)
		count = 0;
	for (uint32_t i = 0; i < count && i < VALUES_SHOWN; i++)
		json_array_append_new(list, json_stringn(values[i].at, values[i].size));
	json_object_set_new(row, "values_left_out", json_integer(count > VALUES_SHOWN ? count - VALUES_SHOWN : 0));
	return count ? values[0] : TEXT_NONE;
}

/* The content of a note and its abstract are none of an item's own properties: they are kept. */
static struct text kept_text(const struct call *call, const struct item *item, const char *name)
{
	json_t *kept = json_loadb(item->kept.at ? item->kept.at : "", item->kept.size, 0, NULL);
	const json_t *member = json_object_get(kept, name);
	struct text found =
	    json_is_string(member) ? (struct text){ json_string_value(member), json_string_length(member) } : TEXT_NONE;
	found = found.size ? arena_text(call->arena, found) : TEXT_NONE;
	json_decref(kept);
	return found;
}

static void add_handling(const struct call *call, json_t *row, const struct item *item)
{
	int score = item_score(item, call->now);
	output_string(row, "tlp", tlp_code(item->tlp));
	if (item->pap != PAP_NONE)
		output_string(row, "pap", pap_code(item->pap));
	if (score >= 0) {
		json_object_set_new(row, "confidence", json_integer(item->confidence));
		json_object_set_new(row, "score", json_integer(score));
	}
	if (item->decays > 0)
		json_object_set_new(row, "half_life", json_integer(item->decays / DAY));
	output_string(row, "state", state_of(item, call->now));
	output_time(row, "valid_from", item->valid_from.when);
	if (item->valid_until.when != ITEM_TIME_LAST)
		output_time(row, "valid_until", item->valid_until.when);
	if (item->kind == ITEM_INDICATOR)
		output_string(row, "action", item_action_code(item->action));
	json_object_set_new(row, "false_positive", json_boolean(item->false_positive));
	json_object_set_new(row, "revoked", json_boolean(item->revoked));
}

json_t *item_facts(const struct call *call, const struct item *item)
{
	json_t *row = json_object();
	output_text(row, "item", item->id);
	output_text(row, "type", item->type);
	output_string(row, "kind", item_kind_code(item->kind));
	struct text value = add_values(call, row, item);
	struct text words = item->description.size ? item->description : kept_text(call, item, "content");
	struct text name = item->name.size ? item->name : kept_text(call, item, "abstract");
	if (name.size == 0)
		name = value.size ? value : item->pattern.size ? item->pattern : item->id;
	output_text(row, "title", name);
	output_text(row, "words", words);
	output_text(row, "pattern", item->pattern);
	if (item->kind == ITEM_RELATION || item->kind == ITEM_SIGHTING) {
		output_text(row, "source", item->source_ref);
		output_text(row, "target", item->target_ref);
		output_text(row, "relation", item->relation);
	}
	output_time(row, "modified", item->modified.when);
	output_time(row, "received", item->received);
	if (item->feed.size)
		output_text(row, "feed", item->feed);
	add_handling(call, row, item);
	return row;
}

void output_lines(json_t *object, const char *name, struct text json)
{
	json_t *read = json.size ? json_loadb(json.at, json.size, JSON_ALLOW_NUL, NULL) : NULL;
	char *lines = read ? json_dumps(read, JSON_INDENT(2)) : NULL;
	if (lines)
		output_string(object, name, lines);
	free(lines);
	json_decref(read);
}

void output_object(json_t *object, const char *name, const struct item *item)
{
	struct builder text = { 0 };
	if (item->form <= ITEM_STIX_20)
		item_to_stix(item, &text);
	if (!text.failed)
		output_lines(object, name, (struct text){ text.at, text.size });
	builder_free(&text);
}
