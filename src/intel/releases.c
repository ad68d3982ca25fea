/*
 * Releases of items; see releases.h. What may be is the policy's word (intel/releasing.h asks it), what is seen the
 * rendering's.
 */
#include "intel/releases.h"

#include "base/catalog.h"
#include "formats/stix.h"
#include "intel/item_make.h"
#include "intel/items.h"
#include "intel/loop.h"
#include "intel/loop_routes.h"
#include "intel/pages.h"
#include "intel/readers.h"
#include "intel/values.h"
#include "store/items.h"

#include <stdio.h>
#include <string.h>

#define NAMED_MOST 500u

static enum error no_item(struct failure *failure)
{
	return fail(failure, ERROR_NOT_FOUND, "%s", N_("There is no such item."));
}

static enum error no_release(struct failure *failure)
{
	return fail(failure, ERROR_NOT_FOUND, "%s", N_("There is no such release."));
}

/* ── what is wanted ─ */

/* The step that is widened, and the item behind it, which only its owner sees whole. */
static enum error ask_widening(struct call *call, struct release_ask *ask, struct failure *failure)
{
	enum error error =
	    store_release_get(call->store, ask->scope, input_uuid(call, "release"), call->arena, &ask->from, failure);
	if (error == OK && ask->from.withdrawn)
		return fail(failure, ERROR_CONFLICT, "%s", N_("This release was withdrawn."));
	if (error == OK)
		error = store_item_get(call->store, policy_background("release", call->arena), ask->from.organisation,
		    ask->from.item, ask->from.version.when, call->arena, &ask->item, failure);
	ask->widens = true;
	return error == ERROR_NOT_FOUND ? no_release(failure) : error;
}

static enum error ask_item(struct call *call, struct release_ask *ask, struct failure *failure)
{
	const struct scope *scope = page_scope(call, &ask->snapshot, ACTION_ITEM_READ);
	enum error error =
	    store_item_find(call->store, scope, input_text(call, "item"), call->arena, &ask->item, failure);
	return error == ERROR_NOT_FOUND ? no_item(failure) : error;
}

/* By short name or number, of those that the caller knows already: else names could be tried. */
static bool find_named(struct call *call, const struct release_ask *ask, struct text word, uint32_t *number)
{
	struct organisation organisation;
	uint32_t own = call->subject->organisation;
	const struct scope *scope = policy_background("names", call->arena);
	uint64_t value;
	bool there = text_to_u64(word, &value) && value <= UINT32_MAX
			 ? store_organisation_get(call->store, scope, (uint32_t)value, &organisation, NULL) == OK
			 : store_organisation_find(call->store, scope, word, &organisation, NULL) == OK;
	*number = there ? organisation.number : 0;
	return there && (own == 0 || own == *number || policy_knows_organisation(&ask->snapshot, own, *number));
}

static enum error ask_named(struct call *call, struct release_ask *ask, struct failure *failure)
{
	const json_t *list = json_object_get(call->input, "named"), *word;
	size_t index, count = json_array_size(list);
	uint32_t *named = arena_take(call->arena, (count ? count : 1) * sizeof *named);
	if (!named)
		return fail(failure, ERROR_MEMORY, "named: no memory");
	json_array_foreach(list, index, word)
	{
		struct text text = { json_string_value(word), json_string_length(word) };
		if (!find_named(call, ask, text, &named[index]))
			return fail(failure, ERROR_INPUT, "named: %.*s: %s", (int)text.size, text.at,
			    N_("it is no organisation that you know"));
	}
	ask->order.named = named;
	ask->order.named_count = (uint32_t)count;
	return OK;
}

static enum error ask_community(struct call *call, struct release_ask *ask, struct failure *failure)
{
	struct text name = input_text(call, "community");
	ask->chosen = name.size != 0;
	if (!ask->chosen)
		return OK;
	enum error error = store_community_find(call->store, ask->scope, name, &ask->community, failure);
	ask->order.community = ask->community.number;
	return error == ERROR_NOT_FOUND ? fail(failure, error, "%s", release_answer_words(RELEASE_UNKNOWN)) : error;
}

enum error release_ask(struct call *call, struct release_ask *ask, struct failure *failure)
{
	*ask = (struct release_ask){ .order = { .purpose = input_text(call, "purpose"),
					 .content = input_text(call, "content"),
					 .recipients = input_text(call, "recipients") } };
	enum error error = page_snapshot(call, &ask->snapshot, failure);
	if (error != OK)
		return error;
	ask->scope = page_scope(call, &ask->snapshot, ACTION_RELEASE_WRITE);
	if (!ask->scope)
		return no_item(failure);
	error = input_has(call, "release") ? ask_widening(call, ask, failure) : ask_item(call, ask, failure);
	if (error == OK)
		error = ask_community(call, ask, failure);
	if (error != OK)
		return error;
	ask->order.item = &ask->item;
	ask->order.from = ask->widens && ask->from.organisation != call->subject->organisation ? &ask->from : NULL;
	ask->order.tlp = ask->widens ? ask->from.tlp : ask->item.tlp;
	if (input_has(call, "tlp"))
		tlp_parse(input_text(call, "tlp"), &ask->order.tlp);
	ask->order.split = input_boolean(call, "split", false);
	return ask_named(call, ask, failure);
}

/* ── looking first ─ */

/* Who would read it: those that the caller may know of by name; how many, where they may know that much. */
static void show_recipients(struct call *call, const struct release_ask *ask, json_t *object)
{
	const struct scope *scope = page_scope(call, &ask->snapshot, ACTION_MEMBERSHIP_READ);
	json_t *list = json_array();
	bool known = scope && scope_covers_community(scope, ask->order.community);
	json_object_set_new(object, "recipients_known", json_boolean(known));
	json_object_set_new(object, "readers", list);
	for (size_t i = 0; i < ask->snapshot.organisation_count; i++) {
		uint32_t organisation = ask->snapshot.organisations[i].organisation;
		bool reads =
		    known && policy_standing(&ask->snapshot, organisation, ask->order.community) >= STANDING_READS;
		bool named = ask->order.tlp != TLP_RED;
		for (uint32_t n = 0; n < ask->order.named_count; n++)
			named = named || ask->order.named[n] == organisation;
		if (!reads || !named)
			continue;
		json_t *row = json_object();
		json_object_set_new(row, "member", json_integer(organisation));
		output_organisation(call, row, "member_title", organisation);
		json_array_append_new(list, row);
	}
	if (known)
		json_object_set_new(object, "reader_count", json_integer((json_int_t)json_array_size(list)));
}

/* Before anybody decides: what a warning list knows is seen here first. */
static void show_sensors(struct call *call, const struct release_ask *ask, json_t *object)
{
	struct loop_answer answer;
	if (loop_foresee(call->center, &ask->item, ask->order.community, ask->order.tlp, &answer, call->arena))
		json_object_set_new(object, "sensors", loop_answer_words(&answer));
}

static void put_json(json_t *object, const char *name, struct text text)
{
	json_t *read = json_loadb(text.at ? text.at : "", text.size, JSON_ALLOW_NUL, NULL);
	json_object_set_new(object, name, read ? read : json_null());
}

enum error release_look(struct call *call, struct release_ask *ask, json_t *object, struct failure *failure)
{
	struct release release;
	struct failure why = { 0 };
	enum error error =
	    release_prepare(call->center, ask->scope, &ask->snapshot, &ask->order, call->arena, &release, &why);
	json_object_set_new(object, "allowed", json_boolean(error == OK));
	if (error == ERROR_NOT_FOUND || error == ERROR_MEMORY || error == ERROR_SYSTEM || error == ERROR_CORRUPT) {
		*failure = why;
		return error;
	}
	output_string(object, "community", ask->community.name);
	output_string(object, "tlp", tlp_code(ask->order.tlp));
	if (error != OK) {
		output_string(object, "why", why.words);
		return OK;
	}
	put_json(object, "object", release.rendering);
	put_json(object, "removed", release.removed);
	json_object_set_new(object, "taken_out", json_integer(release.taken_out));
	show_recipients(call, ask, object);
	show_sensors(call, ask, object);
	return OK;
}

enum error release_preview(struct call *call, struct failure *failure)
{
	struct release_ask ask;
	enum error error = release_ask(call, &ask, failure);
	if (error == OK && !ask.chosen)
		return fail(failure, ERROR_INPUT, "community: %s", N_("to which one?"));
	return error == OK ? release_look(call, &ask, call->output, failure) : error;
}

/* ── deciding ─ */

enum error release_create(struct call *call, struct failure *failure)
{
	struct release_ask ask;
	struct release release;
	char id[UUID_TEXT];
	enum error error = release_ask(call, &ask, failure);
	if (error == OK && input_has(call, "seen") && input_integer(call, "seen", 0) != ask.item.modified.when)
		error = fail(failure, ERROR_CONFLICT, "%s", N_("The item was changed meanwhile: look at it again."));
	if (error == OK)
		error =
		    release_make(call->center, ask.scope, &ask.snapshot, &ask.order, call->arena, &release, failure);
	if (error != OK)
		return error;
	bool form = call->route->kind == ROUTE_FORM;
	snprintf(call->location, sizeof call->location, form ? "/shared/%s" : "/v1/releases/%s",
	    uuid_format(release.id, id));
	call->status = form ? 303 : 201;
	json_t *row = release_row(call, &release);
	json_object_update(call->output, row);
	json_decref(row);
	return OK;
}

enum error release_withdraw(struct call *call, struct failure *failure)
{
	struct policy_snapshot snapshot;
	struct uuid release = input_uuid(call, "release");
	struct text reason = text_trim(input_text(call, "reason"));
	enum error error = page_snapshot(call, &snapshot, failure);
	if (error == OK)
		error = release_take_back(call->center, call->scope, &snapshot, release, reason, call->arena, failure);
	if (error == ERROR_NOT_FOUND)
		return no_release(failure);
	bool form = call->route->kind == ROUTE_FORM;
	call->status = form ? 303 : 204;
	if (form)
		snprintf(call->location, sizeof call->location, "/shared");
	return error;
}

/* ── what there is ─ */

static bool may_tell_person(const struct call *call, const struct release *release)
{
	return call->subject->organisation == 0 || call->subject->organisation == release->organisation;
}

static void add_community(struct call *call, json_t *row, uint32_t number)
{
	struct community community;
	if (store_community_get(call->store, call->scope, number, &community, NULL) != OK)
		return;
	output_string(row, "community", community.name);
	json_object_set_new(row, "community_number", json_integer(community.number));
	output_string(row, "community_title", community_title(call, &community));
	output_string(row, "community_purpose", community.purpose);
	output_string(row, "community_content", community.content);
	output_string(row, "community_recipients", community.recipients);
}

/* Nobody learns who gave it where that may not be named: the centre stands in its place. */
static void add_giver(struct call *call, json_t *row, const struct release *release)
{
	struct policy_snapshot snapshot;
	struct failure none;
	bool told = may_tell_person(call, release) ||
		    (page_snapshot(call, &snapshot, &none) == OK &&
			policy_may_name(&snapshot, release->organisation, release->community));
	json_object_set_new(row, "own", json_boolean(release->organisation == call->subject->organisation));
	json_object_set_new(row, "vouched", json_boolean(!told));
	if (told)
		output_organisation(call, row, "owner_title", release->organisation);
}

json_t *release_row(struct call *call, const struct release *release)
{
	struct account account;
	json_t *row = json_object();
	output_uuid(row, "release", release->id);
	output_text(row, "shown_id", release->shown.size ? release->shown : release->item);
	json_object_set_new(row, "step", json_integer(release->step));
	output_string(row, "tlp", tlp_code(release->tlp));
	output_time(row, "version", release->version.when);
	output_time(row, "decided", release->decided);
	output_time(row, "withdrawn", release->withdrawn);
	output_text(row, "withdrawn_reason", release->reason);
	output_text(row, "purpose", release->purpose);
	output_text(row, "content", release->content);
	output_text(row, "recipients", release->recipients);
	json_object_set_new(row, "taken_out", json_integer(release->taken_out));
	put_json(row, "removed", release->removed.size ? release->removed : TEXT("[]"));
	add_community(call, row, release->community);
	add_giver(call, row, release);
	if (may_tell_person(call, release) && !uuid_is_nil(release->decided_by) &&
	    store_account_get(
		call->store, policy_background("names", call->arena), release->decided_by, &account, NULL) == OK &&
	    (call->subject->organisation == 0 || account.organisation == call->subject->organisation))
		output_string(row, "decided_by", *account.title ? account.title : account.name);
	return row;
}

bool release_item(struct call *call, const struct release *release, struct item *item)
{
	struct json_parser *parser = json_parser_new(STIX_DEEPEST);
	struct failure none;
	bool read = parser && release->rendering.size &&
		    item_from_stix(parser, release->rendering, call->arena, item, &none) == OK;
	json_parser_free(parser);
	if (read)
		item->tlp = release->tlp;
	return read;
}

struct listing {
	struct call *call;
	json_t *list;
};

static void add_step(void *context, const struct release *release)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, release_row(listing->call, release));
}

static void add_shared(void *context, const struct release *release)
{
	struct listing *listing = context;
	struct item item;
	json_t *row = release_row(listing->call, release);
	if (listing->call->route->kind == ROUTE_JSON)
		put_json(row, "object", release->rendering);
	else if (release_item(listing->call, release, &item)) {
		json_t *facts = item_facts(listing->call, &item);
		json_object_del(facts, "action"); /* what a sensor does is none of the object's own */
		json_object_update(row, facts);
		json_decref(facts);
	}
	json_array_append_new(listing->list, row);
}

/* The item's steps that the caller may know of, from the first circle on. */
enum error release_steps(struct call *call, struct failure *failure)
{
	struct item item;
	struct listing listing = { call, json_array() };
	json_object_set_new(call->output, "releases", listing.list);
	enum error error =
	    store_item_find(call->store, call->scope, input_text(call, "item"), call->arena, &item, failure);
	if (error == ERROR_NOT_FOUND)
		return no_item(failure);
	return error == OK ? store_release_each(call->store, call->scope, item.organisation, item.id, call->arena,
				 add_step, &listing, failure)
			   : error;
}

enum error release_list(struct call *call, struct failure *failure)
{
	enum tlp tlp = TLP_RED;
	struct community community = { 0 };
	struct listing listing = { call, json_array() };
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 50) };
	enum error error = OK;
	json_object_set_new(call->output, "releases", listing.list);
	if (input_has(call, "community"))
		error =
		    store_community_find(call->store, call->scope, input_text(call, "community"), &community, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "%s", N_("There is no such community."));
	const struct release_query query = { .community = community.number,
		.tlp = input_has(call, "tlp") && tlp_parse(input_text(call, "tlp"), &tlp) ? (int)tlp : -1,
		.type = input_text(call, "type"),
		.holds = item_holds_asked(call),
		.now = call->now,
		.words = input_text(call, "text") };
	if (error == OK)
		error = store_release_list(
		    call->store, call->scope, &query, &page, call->arena, add_shared, &listing, failure);
	if (*page.next)
		output_string(call->output, "next", page.next);
	return error;
}

enum error release_read(struct call *call, struct failure *failure)
{
	struct release release;
	enum error error =
	    store_release_get(call->store, call->scope, input_uuid(call, "release"), call->arena, &release, failure);
	if (error != OK)
		return error == ERROR_NOT_FOUND ? no_release(failure) : error;
	readers_note_opened(call, &release);
	json_t *row = release_row(call, &release);
	if (release.rendering.size)
		put_json(row, "object", release.rendering);
	json_object_update(call->output, row);
	json_decref(row);
	return OK;
}

/* What an organisation that left, or was removed, could read. */
enum error release_had(struct call *call, struct failure *failure)
{
	struct policy_snapshot snapshot;
	struct listing listing = { call, json_array() };
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 50) };
	uint32_t organisation = (uint32_t)input_integer(call, "organisation", 0);
	json_object_set_new(call->output, "releases", listing.list);
	enum error error = page_snapshot(call, &snapshot, failure);
	if (error == OK)
		error = store_release_had(
		    call->store, call->scope, &snapshot, organisation, &page, call->arena, add_step, &listing, failure);
	if (*page.next)
		output_string(call->output, "next", page.next);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "%s", N_("There is no such organisation.")) : error;
}

/* ── notes ─ */

static enum error put_note(struct call *call, const struct release *about, struct item *note, struct failure *failure)
{
	struct text id = about->shown.size ? about->shown : about->item;
	const struct item_wish wish = { .type = "note",
		.about = &id,
		.about_count = 1,
		.words = text_trim(input_text(call, "text")),
		.tlp = about->tlp,
		.confidence = -1 };
	struct policy_snapshot snapshot;
	enum error error = item_make(&wish, call->now, call->arena, note, failure);
	if (error == OK)
		error = page_snapshot(call, &snapshot, failure);
	if (error != OK)
		return error;
	note->organisation = call->subject->organisation;
	note->account = call->subject->account;
	return store_item_put(call->store, page_scope(call, &snapshot, ACTION_ITEM_WRITE), note,
	    &(struct item_values){ 0 }, NULL, NULL, failure);
}

/* It goes to whoever reads what it is about: of TLP:RED to those who were named, and to the one who gave it. */
static enum error release_to_same(
    struct call *call, const struct release *about, const struct item *note, struct failure *failure)
{
	struct policy_snapshot snapshot;
	struct release release;
	uint32_t *named = arena_take(call->arena, (about->named_count + 1) * sizeof *named);
	if (!named)
		return fail(failure, ERROR_MEMORY, "a note: no memory");
	for (uint32_t i = 0; i < about->named_count; i++)
		named[i] = about->named[i];
	named[about->named_count] = about->organisation;
	const struct release_order order = { .item = note,
		.community = about->community,
		.tlp = about->tlp,
		.named = named,
		.named_count = about->tlp == TLP_RED ? about->named_count + (about->organisation != 0) : 0,
		.purpose = about->purpose,
		.content = about->content,
		.recipients = about->recipients };
	enum error error = page_snapshot(call, &snapshot, failure);
	return error == OK ? release_make(call->center, call->scope, &snapshot, &order, call->arena, &release, failure)
			   : error;
}

enum error release_note(struct call *call, struct failure *failure)
{
	struct release about;
	struct item note;
	char id[UUID_TEXT];
	struct uuid release = input_uuid(call, "release");
	enum error error = store_release_get(call->store, call->scope, release, call->arena, &about, failure);
	if (error == ERROR_NOT_FOUND || (error == OK && about.rendering.size == 0))
		return no_release(failure);
	if (error == OK)
		error = put_note(call, &about, &note, failure);
	if (error == OK)
		error = release_to_same(call, &about, &note, failure);
	if (error != OK)
		return error;
	output_text(call->output, "item", note.id);
	bool form = call->route->kind == ROUTE_FORM;
	call->status = form ? 303 : 201;
	snprintf(
	    call->location, sizeof call->location, form ? "/shared/%s" : "/v1/releases/%s", uuid_format(release, id));
	return OK;
}
