/*
 * The pages of releases: what is shared with somebody, one release with its steps and what others wrote about it, and
 * the step itself: look at what the community would see, then decide. In: typed fields. Out: the data of the templates
 * "shared", "release", "release-new" and "had".
 */
#include "intel/pages.h"

#include "formats/stix.h"
#include "intel/readers.h"
#include "intel/releases.h"

#include <string.h>

#define NOTES_LOOKED_AT 500

struct choices {
	struct call *call;
	json_t *list;
	uint32_t chosen;
};

static void add_choice(void *context, const struct community *community)
{
	struct choices *choices = context;
	json_t *row = json_object();
	output_string(row, "name", community->name);
	output_string(row, "title", community_title(choices->call, community));
	json_object_set_new(row, "chosen", json_boolean(community->number == choices->chosen));
	json_array_append_new(choices->list, row);
}

enum error output_communities(struct call *call, const struct scope *scope, uint32_t chosen, struct failure *failure)
{
	struct page page = { .limit = 500 };
	struct choices choices = { call, json_array(), chosen };
	json_object_set_new(call->output, "communities", choices.list);
	return store_community_each(call->store, scope, &page, add_choice, &choices, failure);
}

enum error shared_page(struct call *call, struct failure *failure)
{
	struct community community = { 0 };
	enum error error = release_list(call, failure);
	output_text(call->output, "text", input_text(call, "text"));
	output_text(call->output, "tlp", input_text(call, "tlp"));
	output_text(call->output, "type", input_text(call, "type"));
	output_text(call->output, "holds", input_text(call, "holds"));
	output_text(call->output, "community", input_text(call, "community"));
	if (error == OK && input_has(call, "community"))
		error =
		    store_community_find(call->store, call->scope, input_text(call, "community"), &community, failure);
	return error == OK ? output_communities(call, call->scope, community.number, failure) : error;
}

/* ── one release ─ */

struct steps {
	struct call *call;
	json_t *list;
	struct uuid shown;
};

static void add_step(void *context, const struct release *release)
{
	struct steps *steps = context;
	json_t *row = release_row(steps->call, release);
	json_object_set_new(row, "this", json_boolean(uuid_equal(release->id, steps->shown)));
	json_array_append_new(steps->list, row);
}

enum error output_steps(
    struct call *call, uint32_t organisation, struct text item, struct uuid shown, struct failure *failure)
{
	struct steps steps = { call, json_array(), shown };
	json_object_set_new(call->output, "steps", steps.list);
	return store_release_each(call->store, call->scope, organisation, item, call->arena, add_step, &steps, failure);
}

struct notes {
	struct call *call;
	json_t *list;
	struct text about;
};

static bool is_about(const struct item *note, struct text id)
{
	for (uint32_t i = 0; i < note->reference_count; i++)
		if (text_equal(note->references[i], id))
			return true;
	return false;
}

static void add_note(void *context, const struct release *release)
{
	struct notes *notes = context;
	struct item note;
	if (!release_item(notes->call, release, &note) || !is_about(&note, notes->about))
		return;
	json_t *row = release_row(notes->call, release);
	json_t *facts = item_facts(notes->call, &note);
	json_object_update(row, facts);
	json_decref(facts);
	json_array_append_new(notes->list, row);
}

/* What others of the community wrote about it. */
static enum error show_notes(struct call *call, const struct release *release, struct failure *failure)
{
	struct page page = { .limit = NOTES_LOOKED_AT };
	struct notes notes = { call, json_array(), release->shown.size ? release->shown : release->item };
	const struct release_query query = { .community = release->community, .tlp = -1, .type = TEXT("note") };
	json_object_set_new(call->output, "notes", notes.list);
	return store_release_list(call->store, call->scope, &query, &page, call->arena, add_note, &notes, failure);
}

static enum error show_rights(struct call *call, const struct release *release, struct failure *failure)
{
	struct policy_snapshot snapshot;
	uint32_t own = call->subject->organisation;
	const struct release_standing standing = release_standing_of(release);
	enum error error = page_snapshot(call, &snapshot, failure);
	if (error != OK)
		return error;
	const struct scope *scope = page_scope(call, &snapshot, ACTION_RELEASE_WRITE);
	const struct scope *giving = page_scope(call, &snapshot, ACTION_ITEM_WRITE);
	bool owns = release->organisation == own;
	bool keeps = own == 0 || policy_standing(&snapshot, own, release->community) == STANDING_KEEPS;
	bool stands = release->withdrawn == 0;
	json_object_set_new(call->output, "may_widen", json_boolean(scope && stands && (owns || keeps)));
	json_object_set_new(
	    call->output, "may_withdraw", json_boolean(scope && policy_release_withdraw(&snapshot, scope, &standing)));
	json_object_set_new(call->output, "may_note",
	    json_boolean(giving && stands && scope_covers_community(giving, release->community)));
	return OK;
}

enum error release_page(struct call *call, struct failure *failure)
{
	struct release release;
	struct item item;
	enum error error =
	    store_release_get(call->store, call->scope, input_uuid(call, "release"), call->arena, &release, failure);
	if (error != OK)
		return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such release.") : error;
	readers_note_opened(call, &release);
	json_t *shown = release_row(call, &release);
	json_object_set_new(call->output, "shown", shown);
	if (release_item(call, &release, &item)) {
		json_t *facts = item_facts(call, &item);
		json_object_del(facts, "action");
		json_object_del(facts, "received");
		json_object_update(shown, facts);
		json_decref(facts);
		output_lines(shown, "object", release.rendering);
	} else
		output_text(shown, "title", release.item);
	output_text(shown, "item_of_own", release.item);
	error = output_steps(call, release.organisation, release.item, release.id, failure);
	if (error == OK && !release.withdrawn)
		error = show_notes(call, &release, failure);
	return error == OK ? show_rights(call, &release, failure) : error;
}

/* ── the step ─ */

static void echo_fields(struct call *call, const struct release_ask *ask)
{
	static const char *const names[] = { "purpose", "content", "recipients" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		output_text(call->output, names[i], input_text(call, names[i]));
	json_t *named = json_object_get(call->input, "named");
	json_object_set_new(call->output, "named", named ? json_copy(named) : json_array());
	output_string(call->output, "tlp", tlp_code(ask->order.tlp));
	json_object_set_new(call->output, "split", json_boolean(ask->order.split));
	json_object_set_new(call->output, "red", json_boolean(ask->order.tlp == TLP_RED));
}

/* Of the chosen community, those that may be named for TLP:RED: whom the caller knows. */
static void show_candidates(struct call *call, const struct release_ask *ask)
{
	uint32_t own = call->subject->organisation;
	json_t *list = json_array();
	json_object_set_new(call->output, "candidates", list);
	for (size_t i = 0; i < ask->snapshot.organisation_count; i++) {
		uint32_t organisation = ask->snapshot.organisations[i].organisation;
		bool known = own == 0 || policy_knows_organisation(&ask->snapshot, own, organisation);
		if (!known || policy_standing(&ask->snapshot, organisation, ask->order.community) < STANDING_READS)
			continue;
		json_t *row = json_object();
		bool chosen = false;
		for (uint32_t n = 0; n < ask->order.named_count; n++)
			chosen = chosen || ask->order.named[n] == organisation;
		json_object_set_new(row, "member", json_integer(organisation));
		output_organisation(call, row, "member_title", organisation);
		json_object_set_new(row, "chosen", json_boolean(chosen));
		json_array_append_new(list, row);
	}
}

static void show_rendering(struct call *call, json_t *look)
{
	json_t *object = json_object_get(look, "object");
	char *written = json_is_object(object) ? json_dumps(object, JSON_COMPACT) : NULL;
	struct release release = { .rendering = text_of(written), .tlp = TLP_CLEAR };
	struct item item;
	if (written && release_item(call, &release, &item)) {
		json_t *facts = item_facts(call, &item);
		json_object_del(facts, "action");
		json_object_del(facts, "received");
		json_object_del(facts, "tlp");
		output_lines(facts, "object", release.rendering);
		json_object_set_new(look, "rendered", facts);
	}
	free(written);
	json_object_del(look, "object");
}

enum error release_new_page(struct call *call, struct failure *failure)
{
	struct release_ask ask;
	enum error error = release_ask(call, &ask, failure);
	if (error != OK)
		return error;
	json_t *shown = item_facts(call, &ask.item), *look;
	struct item seen;
	if (ask.order.from) { /* not theirs: of the item no more than its rendering says */
		json_decref(shown);
		shown = release_item(call, &ask.from, &seen) ? item_facts(call, &seen) : json_object();
		json_object_del(shown, "action");
	}
	json_object_set_new(call->output, "shown", shown);
	if (ask.widens)
		output_uuid(call->output, "release", ask.from.id);
	else
		output_text(call->output, "item", ask.item.id);
	output_time(call->output, "seen", ask.item.modified.when);
	echo_fields(call, &ask);
	error = output_communities(call, ask.scope, ask.order.community, failure);
	if (error != OK || !ask.chosen)
		return error;
	output_string(call->output, "community", ask.community.name);
	show_candidates(call, &ask);
	look = json_object();
	json_object_set_new(call->output, "look", look);
	error = release_look(call, &ask, look, failure);
	show_rendering(call, look);
	return error;
}

/* ── what somebody had ─ */

enum error had_page(struct call *call, struct failure *failure)
{
	enum error error = release_had(call, failure);
	output_organisation(
	    call, call->output, "whose", error == OK ? (uint32_t)input_integer(call, "organisation", 0) : 0);
	return error;
}
