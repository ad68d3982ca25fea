/*
 * The pages of items: the list with its filters, one item with everything that is known of it, and the forms that make
 * and change one's own. In: typed fields. Out: the data of the templates "items", "item" and "item-new".
 */
#include "intel/pages.h"

#include "intel/item_make.h"
#include "intel/items.h"
#include "intel/readers.h"
#include "intel/values.h"
#include "store/items.h"

#include <stdio.h>
#include <string.h>

#define PAGE_ROWS 50
#define RELATIONS_SHOWN 100
#define ABOUT_MOST 100u

struct listing {
	struct call *call;
	json_t *list;
};

static void add_item(void *context, const struct item *item)
{
	struct listing *listing = context;
	json_t *row = item_facts(listing->call, item);
	output_organisation(listing->call, row, "owner_title", item->organisation);
	json_object_set_new(row, "own", json_boolean(item->organisation == listing->call->subject->organisation));
	json_array_append_new(listing->list, row);
}

/* What was asked for stays in the filters. */
static void show_filters(struct call *call)
{
	static const char *const names[] = { "value", "text", "kind", "tlp", "type", "label", "holds", "community",
		"sector" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		output_text(call->output, names[i], input_text(call, names[i]));
	output_day(call->output, "from", input_integer(call, "from", 0));
	output_day(call->output, "to", input_integer(call, "to", 0));
}

/* Whose they are, for those who see the items of many. */
static void add_source(const struct call *call, json_t *list, uint32_t organisation)
{
	json_t *row = json_object();
	json_object_set_new(row, "number", json_integer(organisation));
	output_organisation(call, row, "source_title", organisation);
	bool chosen =
	    input_has(call, "organisation") && input_integer(call, "organisation", 0) == (int64_t)organisation;
	json_object_set_new(row, "chosen", json_boolean(chosen));
	json_array_append_new(list, row);
}

static enum error show_sources(struct call *call, struct failure *failure)
{
	struct policy_snapshot snapshot;
	if (call->subject->organisation)
		return OK;
	json_t *list = json_array();
	json_object_set_new(call->output, "sources", json_pack("{s:o}", "list", list));
	enum error error = page_snapshot(call, &snapshot, failure);
	add_source(call, list, 0);
	for (size_t i = 0; error == OK && i < snapshot.organisation_count; i++)
		add_source(call, list, snapshot.organisations[i].organisation);
	return error;
}

enum error items_page(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"),
		.limit = (uint32_t)input_integer(call, "limit", PAGE_ROWS) };
	struct listing listing = { call, json_array() };
	struct item_query query;
	enum error error = item_query_asked(call, &query, failure);
	query.holds = item_holds_asked(call);
	query.now = call->now;
	query.owned = input_has(call, "organisation");
	query.owner = (uint32_t)input_integer(call, "organisation", 0);
	json_object_set_new(call->output, "items", listing.list);
	show_filters(call);
	if (error == OK)
		error =
		    store_item_each(call->store, call->scope, &query, &page, call->arena, add_item, &listing, failure);
	if (*page.next)
		output_string(call->output, "next", page.next);
	if (error == OK)
		error = show_sources(call, failure);
	return error == OK ? output_communities(call, call->scope, query.community, failure) : error;
}

/* ── one item ─ */

static enum error find(struct call *call, struct item *item, struct failure *failure)
{
	enum error error =
	    store_item_find(call->store, call->scope, input_text(call, "item"), call->arena, item, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such item.") : error;
}

static void add_version(void *context, const struct item *item)
{
	struct listing *listing = context;
	struct account account;
	json_t *row = json_object();
	output_time(row, "modified", item->modified.when);
	output_time(row, "received", item->received);
	output_string(row, "tlp", tlp_code(item->tlp));
	/* Accounts of one's own organisation, by their titles. */
	if (item->organisation == listing->call->subject->organisation && !uuid_is_nil(item->account) &&
	    store_account_get(listing->call->store, policy_background("names", listing->call->arena), item->account,
		&account, NULL) == OK)
		output_string(row, "by", *account.title ? account.title : account.name);
	json_array_insert_new(listing->list, 0, row);
}

static enum error show_around(struct call *call, const struct item *item, struct failure *failure)
{
	struct page page = { .limit = RELATIONS_SHOWN };
	struct listing versions = { call, json_array() }, relations = { call, json_array() };
	const struct item_query ends = { .kind = -1, .tlp = -1, .end = item->id };
	uint64_t sightings = 0;
	json_object_set_new(call->output, "versions", versions.list);
	json_object_set_new(call->output, "relations", relations.list);
	enum error error = store_item_versions(
	    call->store, call->scope, item->organisation, item->id, call->arena, add_version, &versions, failure);
	if (error == OK)
		error =
		    store_item_each(call->store, call->scope, &ends, &page, call->arena, add_item, &relations, failure);
	if (error == OK)
		error = store_item_sightings(call->store, call->scope, item->id, &sightings, failure);
	json_object_set_new(call->output, "sightings", json_integer((json_int_t)sightings));
	return error;
}

enum error item_page(struct call *call, struct failure *failure)
{
	struct item item;
	enum error error = find(call, &item, failure);
	if (error != OK)
		return error;
	json_t *shown = item_facts(call, &item);
	json_object_set_new(call->output, "shown", shown);
	output_organisation(call, shown, "owner_title", item.organisation);
	output_object(shown, "object", &item);
	output_day(shown, "until_day", item.valid_until.when == ITEM_TIME_LAST ? 0 : item.valid_until.when);
	output_text(shown, "name", item.name);
	output_text(shown, "description", item.description);
	json_object_set_new(call->output, "is_own", json_boolean(item.organisation == call->subject->organisation));
	json_object_set_new(call->output, "is_indicator", json_boolean(item.kind == ITEM_INDICATOR));
	error = output_steps(call, item.organisation, item.id, (struct uuid){ 0 }, failure);
	if (error == OK)
		error = readers_output(call, item.organisation, item.id, failure);
	return error == OK ? show_around(call, &item, failure) : error;
}

/* ── making one ─ */

enum error item_new_page(struct call *call, struct failure *failure)
{
	(void)failure;
	output_text(call->output, "about", input_text(call, "about"));
	return OK;
}

/* Ids, one a line. */
static enum error read_about(struct call *call, struct item_wish *wish, struct failure *failure)
{
	struct text rest = input_text(call, "about");
	struct text *about = arena_take(call->arena, ABOUT_MOST * sizeof *about);
	if (!about)
		return fail(failure, ERROR_MEMORY, "about: no memory");
	wish->about = about;
	while (rest.size) {
		struct text line = text_trim(text_cut(&rest, '\n'));
		if (line.size == 0)
			continue;
		if (wish->about_count == ABOUT_MOST)
			return fail(failure, ERROR_INPUT, "about: at most %u items", ABOUT_MOST);
		about[wish->about_count++] = line;
	}
	return OK;
}

static enum error read_wish(struct call *call, struct item_wish *wish, struct failure *failure)
{
	struct text what = input_text(call, "what");
	*wish = (struct item_wish){ .indicator = text_equal(what, TEXT("indicator")),
		.type = text_equal(what, TEXT("report")) ? "report" : "x-noroshi-advisory",
		.kind = input_text(call, "type"),
		.value = input_text(call, "value"),
		.name = input_text(call, "name"),
		.words = input_text(call, "text"),
		.tlp = TLP_AMBER,
		.confidence = (int)input_integer(call, "confidence", -1),
		.until = input_integer(call, "valid_until", 0),
		.half = input_integer(call, "half_life", 0) * DAY };
	tlp_parse(input_text(call, "tlp"), &wish->tlp);
	pap_parse(input_text(call, "pap"), &wish->pap);
	item_action_parse(input_text(call, "action"), &wish->action);
	return read_about(call, wish, failure);
}

enum error item_create_form(struct call *call, struct failure *failure)
{
	struct item_wish wish;
	struct item item;
	const struct text *values = NULL;
	uint32_t count = 0;
	enum error error = read_wish(call, &wish, failure);
	if (error == OK)
		error = item_make(&wish, call->now, call->arena, &item, failure);
	if (error == OK)
		error = item_values_find(&item, call->arena, &values, &count, failure);
	if (error != OK)
		return error;
	item.organisation = call->subject->organisation;
	item.account = call->subject->account;
	snprintf(call->location, sizeof call->location, "/items/%.*s", (int)item.id.size, item.id.at);
	return store_item_put(
	    call->store, call->scope, &item, &(struct item_values){ values, count }, NULL, NULL, failure);
}

enum error item_change_form(struct call *call, struct failure *failure)
{
	struct text item = input_text(call, "item");
	snprintf(call->location, sizeof call->location, "/items/%.*s", (int)item.size, item.at);
	call->status = 303;
	return item_change(call, failure);
}
