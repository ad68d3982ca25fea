/*
 * Items that a person writes on a page; see item_make.h.
 */
#include "intel/item_make.h"

#include "formats/stix.h"
#include "intel/observable.h"
#include "intel/rule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void put(json_t *object, const char *name, struct text text)
{
	if (text.size)
		json_object_set_new(object, name, json_stringn(text.at, text.size));
}

static void put_time(json_t *object, const char *name, nanoseconds when)
{
	char written[TIME_TEXT];
	const struct item_time time = { .when = when };
	put(object, name, item_time_text(&time, written));
}

/* What the value is, in the form that is compared, so that a defanged one is found like any other. */
static enum error put_pattern(
    json_t *object, const struct item_wish *wish, nanoseconds now, struct arena *arena, struct failure *failure)
{
	uint8_t form[INDICATOR_VALUE];
	char written[INDICATOR_TEXT];
	enum indicator_kind kind;
	if (!indicator_kind_named(wish->kind, &kind))
		return fail(failure, ERROR_INPUT, "type: what sort of value is it?");
	size_t size = rule_value_form(kind, wish->value, form);
	if (size == 0)
		return fail(failure, ERROR_INPUT, "value: it is no %s", indicator_kind_name(kind));
	struct text value = text_of(indicator_format(kind, form, size, written));
	struct text pattern = observable_pattern(kind, value, arena);
	if (pattern.size == 0)
		return fail(failure, ERROR_INPUT, "type: STIX has no pattern for %s", indicator_kind_name(kind));
	if (wish->until && wish->until <= now)
		return fail(failure, ERROR_INPUT, "valid_until: it must lie in the future");
	put(object, "pattern", pattern);
	put(object, "pattern_type", TEXT("stix"));
	put_time(object, "valid_from", now);
	if (wish->until)
		put_time(object, "valid_until", wish->until);
	put(object, "name", wish->name.size ? wish->name : value);
	put(object, "description", wish->words);
	return OK;
}

static enum error put_words(json_t *object, const struct item_wish *wish, nanoseconds now, struct failure *failure)
{
	bool note = text_equal(text_of(wish->type), TEXT("note")),
	     report = text_equal(text_of(wish->type), TEXT("report"));
	if (wish->words.size == 0)
		return fail(failure, ERROR_INPUT, "text: it must not be empty");
	if ((note || report) && wish->about_count == 0)
		return fail(failure, ERROR_INPUT, "about: a report is about at least one item: its id is expected");
	if (!note && wish->name.size == 0)
		return fail(failure, ERROR_INPUT, "name: it must not be empty");
	put(object, note ? "abstract" : "name", wish->name);
	put(object, note ? "content" : "description", wish->words);
	if (!note)
		put_time(object, "published", now);
	json_t *about = json_array();
	for (uint32_t i = 0; i < wish->about_count; i++) {
		if (!item_id_valid(wish->about[i])) {
			json_decref(about);
			return fail(failure, ERROR_INPUT, "about: expected ids of items, one a line");
		}
		json_array_append_new(about, json_stringn(wish->about[i].at, wish->about[i].size));
	}
	if (wish->about_count)
		json_object_set(object, "object_refs", about);
	json_decref(about);
	return OK;
}

static json_t *begin(const struct item_wish *wish, nanoseconds now)
{
	char id[UUID_TEXT], whole[ITEM_ID], pap[24];
	const char *type = wish->indicator ? "indicator" : wish->type;
	struct text marking = stix_tlp_marking(wish->tlp, ITEM_STIX_21);
	json_t *object = json_object();
	snprintf(whole, sizeof whole, "%s--%s", type, uuid_format(uuid_random(), id));
	put(object, "type", text_of(type));
	put(object, "spec_version", TEXT("2.1"));
	put(object, "id", text_of(whole));
	put_time(object, "created", now);
	put_time(object, "modified", now);
	json_object_set_new(object, "object_marking_refs", json_pack("[s%]", marking.at, marking.size));
	if (wish->confidence >= 0)
		json_object_set_new(object, "confidence", json_integer(wish->confidence));
	if (wish->pap != PAP_NONE) {
		snprintf(pap, sizeof pap, "PAP:%s", pap_code(wish->pap));
		json_object_set_new(object, "labels", json_pack("[s]", pap));
	}
	return object;
}

enum error item_of_object(const json_t *object, struct arena *arena, struct item *item, struct failure *failure)
{
	char *written = json_dumps(object, JSON_COMPACT);
	struct json_parser *parser = json_parser_new(STIX_DEEPEST);
	struct text kept = written ? arena_text(arena, text_of(written)) : TEXT_NONE;
	enum error error = parser && kept.at ? item_from_stix(parser, kept, arena, item, failure)
					     : fail(failure, ERROR_MEMORY, "an item: no memory");
	json_parser_free(parser);
	free(written);
	return error;
}

enum error item_make(
    const struct item_wish *wish, nanoseconds now, struct arena *arena, struct item *item, struct failure *failure)
{
	now = now / MILLISECOND * MILLISECOND; /* as STIX 2.0 wants them */
	json_t *object = begin(wish, now);
	enum error error =
	    wish->indicator ? put_pattern(object, wish, now, arena, failure) : put_words(object, wish, now, failure);
	if (error == OK)
		error = item_of_object(object, arena, item, failure);
	json_decref(object);
	if (error != OK)
		return error;
	item->received = now;
	item->action = wish->indicator ? wish->action : ITEM_OBSERVE;
	item->decays = wish->half;
	return OK;
}

int item_score(const struct item *item, nanoseconds now)
{
	if (!(item->present & ITEM_HAS_CONFIDENCE))
		return -1;
	if (item->decays <= 0 || now <= item->modified.when)
		return item->confidence;
	double halves = (double)(now - item->modified.when) / (double)item->decays;
	return (int)lround(item->confidence * exp2(-halves));
}
