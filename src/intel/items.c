/*
 * Items one by one: looked for, read, changed, removed. An item is shown as the STIX object that it came as, with what
 * we know of it beside. A change makes a new version; of the object nothing but what was asked for, and `modified`,
 * differs.
 */
#include "intel/items.h"

#include "base/catalog.h"
#include "formats/stix.h"
#include "intel/loop.h"
#include "intel/misp_items.h"
#include "intel/taxii.h"
#include "intel/values.h"
#include "store/community.h"

#include <string.h>

static json_t *object_of(const struct item *item)
{
	struct builder text = { 0 };
	if (item->form == ITEM_STIX_21 || item->form == ITEM_STIX_20)
		item_to_stix(item, &text);
	json_t *object = text.failed || !text.size ? NULL : json_loadb(text.at, text.size, JSON_ALLOW_NUL, NULL);
	builder_free(&text);
	return object ? object : json_null();
}

static json_t *item_json(const struct item *item)
{
	json_t *row = json_object();
	output_text(row, "id", item->id);
	json_object_set_new(row, "organisation", json_integer(item->organisation));
	output_text(row, "type", item->type);
	output_string(row, "kind", item_kind_code(item->kind));
	output_string(row, "form", item_form_code(item->form));
	output_string(row, "tlp", tlp_code(item->tlp));
	output_time(row, "modified", item->modified.when);
	output_time(row, "received", item->received);
	if (item->feed.size)
		output_text(row, "feed", item->feed);
	output_string(row, "action", item_action_code(item->action));
	json_object_set_new(row, "false_positive", json_boolean(item->false_positive));
	json_object_set_new(row, "object", object_of(item));
	return row;
}

/* With everything in it; in lists the object of an item of MISP is null. */
static void show_misp(struct call *call, const struct item *item, json_t *row)
{
	json_t *object = misp_is_item(item) ? misp_object(call, item) : NULL;
	if (object)
		json_object_set_new(row, "object", object);
}

struct listing {
	json_t *list;
};

static void add_item(void *context, const struct item *item)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, item_json(item));
}

static struct page page_asked(const struct call *call)
{
	return (
	    struct page){ .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 100) };
}

static enum error answer_list(struct call *call, const struct item_query *query, struct failure *failure)
{
	struct page page = page_asked(call);
	struct listing listing = { json_array() };
	json_object_set_new(call->output, "items", listing.list);
	enum error error =
	    store_item_each(call->store, call->scope, query, &page, call->arena, add_item, &listing, failure);
	if (*page.next)
		output_string(call->output, "next", page.next);
	return error;
}

enum item_holds item_holds_asked(const struct call *call)
{
	struct text holds = input_text(call, "holds");
	return text_equal(holds, TEXT("now"))    ? ITEM_HOLDS
	       : text_equal(holds, TEXT("over")) ? ITEM_HOLDS_NOT
						 : ITEM_HOLDS_ANY;
}

enum error item_query_asked(const struct call *call, struct item_query *query, struct failure *failure)
{
	struct community community = { 0 };
	enum error error = OK;
	enum item_kind kind = ITEM_OTHER;
	enum tlp tlp = TLP_RED;
	if (input_has(call, "community"))
		error =
		    store_community_find(call->store, call->scope, input_text(call, "community"), &community, failure);
	*query = (struct item_query){
		.value = text_lowered(call->arena, text_trim(input_text(call, "value"))),
		.type = input_text(call, "type"),
		.label = input_text(call, "label"),
		.text = input_text(call, "text"),
		.kind = item_kind_parse(input_text(call, "kind"), &kind) ? (int)kind : -1,
		.tlp = input_has(call, "tlp") && tlp_parse(input_text(call, "tlp"), &tlp) ? (int)tlp : -1,
		.from = input_integer(call, "from", 0),
		.to = input_integer(call, "to", 0),
		.community = community.number,
		.sector = input_text(call, "sector"),
	};
	return error == ERROR_NOT_FOUND ? fail(failure, error, "%s", N_("There is no such community.")) : error;
}

enum error item_list(struct call *call, struct failure *failure)
{
	struct item_query query;
	enum error error = item_query_asked(call, &query, failure);
	return error == OK ? answer_list(call, &query, failure) : error;
}

static enum error find(struct call *call, struct item *item, struct failure *failure)
{
	enum error error =
	    store_item_find(call->store, call->scope, input_text(call, "item"), call->arena, item, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such item.") : error;
}

enum error item_read(struct call *call, struct failure *failure)
{
	struct item item;
	uint64_t sightings;
	enum error error = find(call, &item, failure);
	if (error == OK)
		error = store_item_sightings(call->store, call->scope, item.id, &sightings, failure);
	if (error != OK)
		return error;
	json_t *row = item_json(&item);
	show_misp(call, &item, row);
	json_object_set_new(row, "sightings", json_integer((json_int_t)sightings));
	json_object_update(call->output, row);
	json_decref(row);
	return OK;
}

enum error item_versions(struct call *call, struct failure *failure)
{
	struct item item;
	struct listing listing = { json_array() };
	json_object_set_new(call->output, "versions", listing.list);
	enum error error = find(call, &item, failure);
	return error == OK ? store_item_versions(call->store, call->scope, item.organisation, item.id, call->arena,
				 add_item, &listing, failure)
			   : error;
}

/* What leads to the item, or from it; of those only what may be seen itself. */
enum error item_relations(struct call *call, struct failure *failure)
{
	struct item item;
	enum error error = find(call, &item, failure);
	const struct item_query query = { .kind = -1, .tlp = -1, .end = input_text(call, "item") };
	return error == OK ? answer_list(call, &query, failure) : error;
}

enum error item_import(struct call *call, struct failure *failure)
{
	if (input_has(call, "collection"))
		return taxii_add(call, failure);
	struct import import = { .organisation = call->subject->organisation,
		.account = call->subject->account,
		.received = call->now,
		.failures = TEXT("[]") };
	enum error error = store_import_put(call->store, call->scope, &import, failure);
	output_uuid(call->output, "id", import.id);
	return error;
}

/* ── changing ─ */

static void change_text(const struct call *call, const char *name, struct text *to, struct item *item, uint32_t bit)
{
	if (!input_has(call, name))
		return;
	*to = input_text(call, name);
	item->present |= bit;
}

static void change_time(const struct call *call, const char *name, struct item_time *to)
{
	if (input_has(call, name))
		*to = (struct item_time){ .when = input_integer(call, name, 0) };
}

static enum error change_labels(const struct call *call, struct item *item, struct failure *failure)
{
	json_t *list = json_object_get(call->input, "labels"), *label;
	size_t index;
	if (!list)
		return OK;
	struct text *labels = arena_take(call->arena, (json_array_size(list) + 1) * sizeof *labels);
	if (!labels)
		return fail(failure, ERROR_MEMORY, "labels: no memory");
	json_array_foreach(list, index, label) labels[index] =
	    (struct text){ json_string_value(label), json_string_length(label) };
	item->labels = labels;
	item->label_count = (uint32_t)json_array_size(list);
	item->present =
	    item->label_count ? item->present | ITEM_HAS_LABELS : item->present & ~(uint32_t)ITEM_HAS_LABELS;
	return OK;
}

static enum error change(const struct call *call, struct item *item, struct failure *failure)
{
	change_text(call, "name", &item->name, item, ITEM_HAS_NAME);
	change_text(call, "description", &item->description, item, ITEM_HAS_DESCRIPTION);
	change_text(call, "language", &item->language, item, ITEM_HAS_LANGUAGE);
	if (input_has(call, "confidence")) {
		item->confidence = (uint8_t)input_integer(call, "confidence", 0);
		item->present |= ITEM_HAS_CONFIDENCE;
	}
	if (input_has(call, "revoked")) {
		item->revoked = input_boolean(call, "revoked", false);
		item->present |= ITEM_HAS_REVOKED;
	}
	bool misp = misp_is_item(item);
	bool of_indicator =
	    !misp && (input_has(call, "pattern") || input_has(call, "valid_from") || input_has(call, "valid_until"));
	if (of_indicator && item->kind != ITEM_INDICATOR)
		return fail(failure, ERROR_INPUT, "pattern, valid_from, valid_until: the item is no indicator");
	change_text(call, "pattern", &item->pattern, item, 0);
	change_time(call, "valid_from", &item->valid_from);
	change_time(call, "valid_until", &item->valid_until);
	if (input_has(call, "tlp"))
		item->tlp_marked = tlp_parse(input_text(call, "tlp"), &item->tlp);
	if (input_has(call, "action"))
		item_action_parse(input_text(call, "action"), &item->action);
	item->false_positive = input_boolean(call, "false_positive", item->false_positive);
	enum error error = change_labels(call, item, failure);
	return error ? error : misp_change(call, item, failure);
}

enum error item_change(struct call *call, struct failure *failure)
{
	struct item item;
	enum error error = store_item_get(call->store, call->scope, call->subject->organisation,
	    input_text(call, "item"), 0, call->arena, &item, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such item.");
	if (error == OK)
		error = change(call, &item, failure);
	const struct text *values = NULL;
	uint32_t count = 0;
	if (error != OK)
		return error;
	error = item_values_find(&item, call->arena, &values, &count, failure);
	if (error == ERROR_INPUT && !input_has(call, "pattern")) /* it came so */
		error = OK;
	if (error != OK)
		return error;
	/* Milliseconds, as STIX 2.0 wants them, or seconds, which MISP writes; always later than the version before. */
	nanoseconds unit = misp_is_item(&item) ? SECOND : MILLISECOND, now = call->now / unit * unit,
		    before = item.modified.when;
	item.modified = (struct item_time){ .when = now > before ? now : before / unit * unit + unit };
	item.present &= ~(uint32_t)ITEM_NO_MODIFIED;
	item.received = call->now;
	item.account = call->subject->account;
	error = store_item_put(
	    call->store, call->scope, &item, &(struct item_values){ values, count }, NULL, NULL, failure);
	if (error == OK)
		error = loop_changed(call->center, &item, call->arena, failure);
	if (error != OK)
		return error;
	json_t *row = item_json(&item);
	show_misp(call, &item, row);
	json_object_update(call->output, row);
	json_decref(row);
	return OK;
}

enum error item_remove(struct call *call, struct failure *failure)
{
	uint32_t owner = call->subject->organisation;
	enum error error =
	    store_item_remove(call->store, call->scope, owner, input_text(call, "item"), 0, call->now, failure);
	if (error == OK)
		error = loop_unreleased(call->center, owner, input_text(call, "item"), 0, 0, call->arena, failure);
	call->status = 204;
	return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such item.") : error;
}
