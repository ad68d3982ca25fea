/*
 * The pages of communities: which there are, one with its members, and where one's own organisation may be named. In:
 * typed fields. Out: the data of the templates "communities" and "community" (docs/pages.md). What somebody may see or
 * change is what the scopes of the same actions say that the API asks for.
 */
#include "intel/pages.h"

#include "intel/communities.h"
#include "store/items.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MOST 500

struct looking {
	struct call *call;
	struct policy_snapshot snapshot;
	const struct scope *members; /* NULL: they may not ask who the members are */
	json_t *list;
	uint32_t of; /* parts of this community, or candidates for it */
};

static enum error look(struct call *call, struct looking *looking, struct failure *failure)
{
	*looking = (struct looking){ .call = call };
	enum error error = page_snapshot(call, &looking->snapshot, failure);
	if (error == OK)
		looking->members = page_scope(call, &looking->snapshot, ACTION_MEMBERSHIP_READ);
	return error;
}

static json_t *community_row(const struct looking *looking, const struct community *community)
{
	static const char *const standings[] = { "", "reader", "member", "steward" };
	uint32_t own = looking->call->subject->organisation;
	json_t *row = json_object();
	json_object_set_new(row, "number", json_integer(community->number));
	output_string(row, "name", community->name);
	output_string(row, "title", community_title(looking->call, community));
	output_string(row, "kind", community_kind_code(community->kind));
	output_string(row, "purpose", community->purpose);
	json_object_set_new(row, "hidden", json_boolean(community->hidden));
	json_object_set_new(row, "centre", json_boolean(community->centre));
	json_object_set_new(row, "active", json_boolean(community->active));
	if (own)
		output_string(row, "own_role", standings[policy_standing(&looking->snapshot, own, community->number)]);
	return row;
}

static void add_community(void *context, const struct community *community)
{
	struct looking *looking = context;
	json_array_append_new(looking->list, community_row(looking, community));
}

static void add_part(void *context, const struct community *community)
{
	struct looking *looking = context;
	if (community->parent == looking->of)
		add_community(context, community);
}

/* ── where one's own organisation may be named ─ */

/* A choice for each community that the organisation is in: "within" one of them. */
static enum error show_naming(struct looking *looking, const json_t *communities, struct failure *failure)
{
	struct call *call = looking->call;
	struct naming_choice choice;
	size_t index;
	json_t *row, *naming = json_object(), *circles = json_array();
	json_object_set_new(call->output, "own_naming", naming);
	json_object_set_new(naming, "circles", circles);
	enum error error = store_naming_get(call->store, page_scope(call, &looking->snapshot, ACTION_NAMING_READ),
	    call->subject->organisation, &choice, failure);
	if (error != OK)
		return error;
	output_string(naming, "naming", naming_code(choice.naming));
	json_object_set_new(naming, "naming_version", json_integer((json_int_t)choice.version));
	json_array_foreach(communities, index, row)
	{
		json_t *circle = json_object();
		json_object_set(circle, "circle", json_object_get(row, "number"));
		json_object_set(circle, "title", json_object_get(row, "title"));
		json_object_set_new(circle, "chosen",
		    json_boolean(choice.naming == NAMING_WITHIN &&
				 json_integer_value(json_object_get(row, "number")) == choice.circle));
		json_array_append_new(circles, circle);
	}
	return OK;
}

enum error communities_page(struct call *call, struct failure *failure)
{
	struct looking looking;
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 100) };
	enum error error = look(call, &looking, failure);
	looking.list = json_array();
	json_object_set_new(call->output, "communities", looking.list);
	if (error == OK)
		error = store_community_each(call->store, call->scope, &page, add_community, &looking, failure);
	if (*page.next)
		output_string(call->output, "next", page.next);
	json_object_set_new(
	    call->output, "may_write", json_boolean(policy_reach(call->subject->role, ACTION_COMMUNITY_WRITE) != 0));
	if (error == OK && call->subject->role == ROLE_MEMBER)
		error = show_naming(&looking, looking.list, failure);
	return error;
}

enum error naming_form(struct call *call, struct failure *failure)
{
	struct naming_choice choice;
	struct policy_snapshot snapshot;
	uint32_t own = call->subject->organisation;
	enum error error = page_snapshot(call, &snapshot, failure);
	if (error == OK)
		error = store_naming_get(call->store, call->scope, own, &choice, failure);
	if (error == OK && choice.version != (uint64_t)input_integer(call, "naming_version", 0))
		error = fail(failure, ERROR_CONFLICT, "This was changed meanwhile: read it again.");
	if (error != OK)
		return error;
	naming_parse(input_text(call, "naming"), &choice.naming);
	choice.circle = choice.naming == NAMING_WITHIN ? (uint32_t)input_integer(call, "circle", 0) : 0;
	if (choice.circle && policy_standing(&snapshot, own, choice.circle) < STANDING_READS)
		return fail(failure, ERROR_NOT_FOUND, "There is no such community.");
	snprintf(call->location, sizeof call->location, "/communities");
	return store_naming_put(call->store, call->scope, &choice, failure);
}

/* ── one community ─ */

static void add_member(void *context, const struct membership *membership, const char *name)
{
	struct looking *looking = context;
	json_t *row = json_object();
	json_object_set_new(row, "member", json_integer(membership->organisation));
	output_string(row, "member_name", name);
	output_organisation(looking->call, row, "member_title", membership->organisation);
	output_string(row, "member_role", membership_role_code(membership->role));
	output_time(row, "from", membership->from);
	output_time(row, "to", membership->to);
	bool ended = membership->to && membership->to <= looking->call->now;
	json_object_set_new(row, "ended", json_boolean(ended));
	if (membership->organisation == looking->call->subject->organisation)
		json_object_set_new(row, "own", json_true());
	json_array_append_new(looking->list, row);
}

/* Organisations that may be made members: for the centre all, for a keeper those that it knows already. */
static void add_candidate(const struct looking *looking, uint32_t organisation)
{
	const struct policy_snapshot *snapshot = &looking->snapshot;
	uint32_t own = looking->call->subject->organisation;
	bool known = own == 0 || organisation == own || policy_knows_organisation(snapshot, own, organisation);
	if (!known)
		return;
	json_t *row = json_object();
	json_object_set_new(row, "member", json_integer(organisation));
	output_organisation(looking->call, row, "member_title", organisation);
	json_array_append_new(looking->list, row);
}

static enum error show_members(struct looking *looking, uint32_t number, bool keeps, struct failure *failure)
{
	struct call *call = looking->call;
	struct page page = { .limit = SHOWN_MOST };
	struct membership_query asked = { .community = number, .ended = keeps, .now = call->now };
	looking->list = json_array();
	json_object_set_new(call->output, "members", looking->list);
	bool known = looking->members && scope_covers_community(looking->members, number);
	json_object_set_new(call->output, "members_unknown", json_boolean(!known));
	enum error error = looking->members ? store_membership_each(call->store, looking->members, &asked, &page,
						  add_member, looking, failure)
					    : OK;
	json_object_set_new(call->output, "more_members", json_boolean(*page.next != 0));
	if (error != OK || !keeps)
		return error;
	looking->list = json_array();
	json_object_set_new(call->output, "candidates", looking->list);
	for (size_t i = 0; i < looking->snapshot.organisation_count; i++)
		if (looking->snapshot.organisations[i].active)
			add_candidate(looking, looking->snapshot.organisations[i].organisation);
	return OK;
}

static void add_collection(void *context, const struct collection *collection)
{
	json_t *row = json_object();
	output_uuid(row, "id", collection->id);
	output_string(row, "title", *collection->title ? collection->title : collection->alias);
	output_string(row, "tlp", tlp_code(collection->tlp));
	json_object_set_new(row, "active", json_boolean(collection->active));
	json_array_append_new(context, row);
}

static enum error show_around(struct looking *looking, const struct community *community, struct failure *failure)
{
	struct call *call = looking->call;
	struct page page = { .limit = SHOWN_MOST };
	struct community whole;
	json_t *collections = json_array();
	looking->list = json_array();
	looking->of = community->number;
	json_object_set_new(call->output, "parts", looking->list);
	json_object_set_new(call->output, "collections", collections);
	if (community->parent && store_community_get(call->store, call->scope, community->parent, &whole, NULL) == OK)
		json_object_set_new(call->output, "whole", community_row(looking, &whole));
	enum error error = store_community_each(call->store, call->scope, &page, add_part, looking, failure);
	return error == OK ? store_collection_each(
				 call->store, call->scope, community->number, add_collection, collections, failure)
			   : error;
}

/* The community itself; a title for the page and both as they are kept, for the form. */
static json_t *community_shown(const struct looking *looking, const struct community *community)
{
	json_t *shown = community_row(looking, community);
	output_string(shown, "title_ja", community->title_ja);
	output_string(shown, "title_en", community->title_en);
	json_object_set_new(shown, "keeps_centre_out", json_boolean(!community->centre));
	output_string(shown, "content", community->content);
	output_string(shown, "recipients", community->recipients);
	output_time(shown, "valid_from", community->valid_from);
	output_time(shown, "valid_to", community->valid_to);
	json_object_set_new(shown, "version", json_integer((json_int_t)community->version));
	return shown;
}

enum error community_page(struct call *call, struct failure *failure)
{
	struct looking looking;
	struct community community;
	enum error error = community_meant(call, &community, failure);
	if (error == OK)
		error = look(call, &looking, failure);
	if (error != OK)
		return error;
	json_object_set_new(call->output, "community", community_shown(&looking, &community));
	json_object_set_new(
	    call->output, "may_write", json_boolean(policy_reach(call->subject->role, ACTION_COMMUNITY_WRITE) != 0));
	const struct scope *keeping = page_scope(call, &looking.snapshot, ACTION_MEMBERSHIP_WRITE);
	bool keeps = keeping && scope_covers_community(keeping, community.number);
	json_object_set_new(call->output, "keeps", json_boolean(keeps));
	json_object_set_new(
	    call->output, "may_share", json_boolean(policy_reach(call->subject->role, ACTION_ITEM_READ) != 0));
	error = show_around(&looking, &community, failure);
	return error == OK ? show_members(&looking, community.number, keeps, failure) : error;
}

/* ── changes ─ */

static void go_to_community(struct call *call, json_int_t number)
{
	snprintf(call->location, sizeof call->location, "/communities/%" JSON_INTEGER_FORMAT, number);
	call->status = 303;
}

enum error community_create_form(struct call *call, struct failure *failure)
{
	enum error error = community_create(call, failure);
	if (error == OK)
		go_to_community(call, json_integer_value(json_object_get(call->output, "number")));
	return error;
}

enum error community_change_form(struct call *call, struct failure *failure)
{
	struct community community;
	static const char *const cleared[] = { "title_ja", "title_en" };
	enum error error = community_meant(call, &community, failure);
	if (error == OK && (uint64_t)input_integer(call, "version", 0) != community.version)
		error = fail(failure, ERROR_CONFLICT, "The community was changed meanwhile: read it again.");
	for (size_t i = 0; i < sizeof cleared / sizeof *cleared; i++)
		if (!input_has(call, cleared[i])) /* an empty field of a form is one that was emptied */
			json_object_set_new(call->input, cleared[i], json_string(""));
	if (error == OK)
		error = community_fill(call, &community, failure);
	if (error == OK)
		error = store_community_put(call->store, call->scope, &community, failure);
	if (error == OK)
		go_to_community(call, community.number);
	return error;
}

static enum error back_to_members(struct call *call, enum error error)
{
	if (error == OK)
		go_to_community(call, input_integer(call, "number", 0));
	return error;
}

enum error member_put_form(struct call *call, struct failure *failure)
{
	return back_to_members(call, member_put(call, failure));
}

enum error member_end_form(struct call *call, struct failure *failure)
{
	return back_to_members(call, member_end(call, failure));
}
