/*
 * Communities, who is in them, and where organisations may be named: for programs. Whoever keeps a community keeps its
 * members; an organisation's own people say where it may be named. What is hidden answers as what does not exist.
 */
#include "center/routes.h"
#include "store/community.h"

#include <stdio.h>

/* ── communities ─ */

static json_t *community_json(const struct community *community)
{
	json_t *object = json_object();
	json_object_set_new(object, "number", json_integer(community->number));
	output_uuid(object, "id", community->id);
	output_string(object, "name", community->name);
	output_string(object, "title_ja", community->title_ja);
	output_string(object, "title_en", community->title_en);
	output_string(object, "kind", community_kind_code(community->kind));
	if (community->parent)
		json_object_set_new(object, "parent", json_integer(community->parent));
	output_string(object, "purpose", community->purpose);
	output_string(object, "content", community->content);
	output_string(object, "recipients", community->recipients);
	json_object_set_new(object, "hidden", json_boolean(community->hidden));
	json_object_set_new(object, "centre", json_boolean(community->centre));
	output_time(object, "valid_from", community->valid_from);
	output_time(object, "valid_to", community->valid_to);
	json_object_set_new(object, "active", json_boolean(community->active));
	json_object_set_new(object, "version", json_integer((json_int_t)community->version));
	return object;
}

static void give(struct call *call, const struct community *community)
{
	json_t *object = community_json(community);
	json_object_update(call->output, object);
	json_decref(object);
	call->version = community->version;
}

static uint32_t number_meant(const struct call *call)
{
	return (uint32_t)input_integer(call, "number", 0);
}

static enum error no_community(struct failure *failure)
{
	return fail(failure, ERROR_NOT_FOUND, "There is no such community.");
}

static enum error community_find(struct call *call, struct community *community, struct failure *failure)
{
	enum error error = store_community_get(call->store, call->scope, number_meant(call), community, failure);
	return error == ERROR_NOT_FOUND ? no_community(failure) : error;
}

static enum error community_read(struct call *call, struct failure *failure)
{
	struct community community;
	enum error error = community_find(call, &community, failure);
	if (error == OK)
		give(call, &community);
	return error;
}

static enum error community_fill(struct call *call, struct community *community, struct failure *failure)
{
	struct {
		const char *name;
		char *to;
		size_t size;
	} texts[] = {
		{ "name", community->name, sizeof community->name },
		{ "title_ja", community->title_ja, sizeof community->title_ja },
		{ "title_en", community->title_en, sizeof community->title_en },
		{ "purpose", community->purpose, sizeof community->purpose },
		{ "content", community->content, sizeof community->content },
		{ "recipients", community->recipients, sizeof community->recipients },
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		enum error error = input_copy(call, texts[i].name, texts[i].to, texts[i].size, failure);
		if (error != OK)
			return error;
	}
	if (input_has(call, "kind"))
		community_kind_parse(input_text(call, "kind"), &community->kind);
	community->parent = (uint32_t)input_integer(call, "parent", community->parent);
	community->hidden = input_boolean(call, "hidden", community->hidden);
	community->centre = input_boolean(call, "centre", community->centre);
	community->valid_from = input_integer(call, "valid_from", community->valid_from);
	community->valid_to = input_integer(call, "valid_to", community->valid_to);
	community->active = input_boolean(call, "active", community->active);
	return OK;
}

static enum error community_change(struct call *call, struct failure *failure)
{
	struct community community;
	enum error error = community_find(call, &community, failure);
	if (error == OK && call->version && call->version != community.version)
		error = fail(failure, ERROR_CONFLICT, "The community was changed meanwhile: read it again.");
	if (error == OK)
		error = community_fill(call, &community, failure);
	if (error == OK)
		error = store_community_put(call->store, call->scope, &community, failure);
	if (error == OK)
		give(call, &community);
	return error;
}

/* ── members ─ */

static void add_member(void *context, const struct membership *membership, const char *name)
{
	json_t *object = json_object();
	json_object_set_new(object, "member", json_integer(membership->organisation));
	output_string(object, "name", name);
	output_string(object, "role", membership_role_code(membership->role));
	output_time(object, "from", membership->from);
	output_time(object, "to", membership->to);
	json_array_append_new(context, object);
}

/* Of a hidden community who does not keep it sees its own row, as if there were no others. */
static enum error member_list(struct call *call, struct failure *failure)
{
	struct page page = page_of(call);
	struct membership_query asked = {
		.community = number_meant(call), .ended = input_boolean(call, "ended", false), .now = call->now
	};
	json_t *list = json_array();
	json_object_set_new(call->output, "members", list);
	enum error error = store_membership_each(call->store, call->scope, &asked, &page, add_member, list, failure);
	if (error == OK && !scope_covers_community(call->scope, asked.community) && json_array_size(list) == 0)
		return no_community(failure);
	page_next(call, &page);
	return error;
}

static enum error snapshot_of(struct call *call, struct policy_snapshot *snapshot, struct failure *failure)
{
	return store_snapshot(call->store, call->now, call->arena, snapshot, failure);
}

/* ── where an organisation may be named ─ */

static enum error naming_find(struct call *call, struct naming_choice *choice, struct failure *failure)
{
	uint32_t organisation = (uint32_t)input_integer(call, "organisation", call->subject->organisation);
	if (organisation == 0)
		return fail(failure, ERROR_INPUT, "organisation: whose choice is meant?");
	return store_naming_get(call->store, call->scope, organisation, choice, failure);
}

static void show_naming(struct call *call, const struct naming_choice *choice)
{
	json_object_set_new(call->output, "organisation", json_integer(choice->organisation));
	output_string(call->output, "naming", naming_code(choice->naming));
	if (choice->circle)
		json_object_set_new(call->output, "circle", json_integer(choice->circle));
	json_object_set_new(call->output, "version", json_integer((json_int_t)choice->version));
	call->version = choice->version;
}

static enum error naming_read(struct call *call, struct failure *failure)
{
	struct naming_choice choice;
	enum error error = naming_find(call, &choice, failure);
	if (error == OK)
		show_naming(call, &choice);
	return error;
}

static enum error naming_change(struct call *call, struct failure *failure)
{
	struct naming_choice choice;
	struct policy_snapshot snapshot;
	enum error error = naming_find(call, &choice, failure);
	if (error == OK && call->version && call->version != choice.version)
		error = fail(failure, ERROR_CONFLICT, "This was changed meanwhile: read it again.");
	if (error == OK)
		error = snapshot_of(call, &snapshot, failure);
	if (error != OK)
		return error;
	naming_parse(input_text(call, "naming"), &choice.naming);
	choice.circle = (uint32_t)input_integer(call, "circle", 0);
	if (choice.circle && policy_standing(&snapshot, choice.organisation, choice.circle) < STANDING_READS)
		return no_community(failure);
	error = store_naming_put(call->store, call->scope, &choice, failure);
	if (error == OK)
		show_naming(call, &choice);
	return error;
}

/* ── routes ─ */

static const char *const kinds[] = { "sector", "council", "isac", "closed", "bilateral", "open", NULL };
static const char *const namings[] = { "anywhere", "within", "nowhere", NULL };

#define NUMBER                                                                                                         \
	{                                                                                                              \
		"number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295, .summary = "Its number."       \
	}
#define LIST                                                                                                           \
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },                       \
	{                                                                                                              \
		"limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,                                      \
							 .summary = "Of one page; 100 when absent."                    \
	}
#define COMMUNITY_BODY                                                                                                 \
	{ "title_ja", FIELD_TEXT, IN_BODY, false, 127, .summary = "Japanese title." },                                 \
	    { "title_en", FIELD_TEXT, IN_BODY, false, 127, .summary = "English title." },                              \
	    { "kind", FIELD_CHOICE, IN_BODY, false, .choices = kinds,                                                  \
		    .summary = "Of an open one every active organisation is a member." },                              \
	    { "parent", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = INT32_MAX,                                  \
		    .summary = "The whole that it is a part of; 0 = none." },                                          \
	    { "purpose", FIELD_TEXT, IN_BODY, false, COMMUNITY_WORDS - 1, .summary = "Why is shared here." },          \
	    { "content", FIELD_TEXT, IN_BODY, false, COMMUNITY_WORDS - 1, .summary = "What is shared here." },         \
	    { "recipients", FIELD_TEXT, IN_BODY, false, COMMUNITY_WORDS - 1,                                           \
		    .summary = "With whom it may be shared beyond the members." },                                     \
	    { "hidden", FIELD_BOOLEAN, IN_BODY, false, .summary = "Members do not learn who the members are." },       \
	    { "centre", FIELD_BOOLEAN, IN_BODY, false,                                                                 \
		    .summary = "The centre's analysts read what is released here." },                                  \
	    { "valid_from", FIELD_TIME, IN_BODY, false, .summary = "For an event with a beginning." },                 \
	    { "valid_to", FIELD_TIME, IN_BODY, false, .summary = "And an end." },                                      \
	{                                                                                                              \
		"active", FIELD_BOOLEAN, IN_BODY, false, .summary = "Items are released to it and read in it."         \
	}

static const struct field number_fields[] = { NUMBER, { NULL } };
static const struct field change_fields[] = {
	NUMBER,
	{ "name", FIELD_TEXT, IN_BODY, false, 63, .summary = "Short and unique: a-z 0-9 - . _" },
	COMMUNITY_BODY,
	{ NULL },
};
static const struct field member_list_fields[] = {
	NUMBER,
	{ "ended", FIELD_BOOLEAN, IN_QUERY, false, .summary = "Those that ended, too." },
	LIST,
	{ NULL },
};
static const struct field naming_read_fields[] = {
	{ "organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,
	    .summary = "Whose; one's own when absent." },
	{ NULL },
};
static const struct field naming_change_fields[] = {
	{ "naming", FIELD_CHOICE, IN_BODY, true, .choices = namings,
	    .summary = "Where others may learn that something comes from it or is about it." },
	{ "circle", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = INT32_MAX,
	    .summary = "For `within`: the community, with its parts." },
	{ NULL },
};

const struct route community_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/communities/{number}", "community-read", "One community.", number_fields,
	    ACTION_COMMUNITY_READ, .handle = community_read },
	{ ROUTE_JSON, "PATCH", "/v1/communities/{number}", "community-change", "Change a community.", change_fields,
	    ACTION_COMMUNITY_WRITE, .changes = true, .versioned = true, .handle = community_change },
	{ ROUTE_JSON, "GET", "/v1/communities/{number}/members", "community-members",
	    "Who the members are; of a hidden community only who keeps it learns more than itself.", member_list_fields,
	    ACTION_MEMBERSHIP_READ, .handle = member_list },
	{ ROUTE_JSON, "GET", "/v1/naming", "naming-read", "Where an organisation may be named to others.",
	    naming_read_fields, ACTION_NAMING_READ, .handle = naming_read },
	{ ROUTE_JSON, "PATCH", "/v1/naming", "naming-change",
	    "Say where one's own organisation may be named to others.", naming_change_fields, ACTION_NAMING_WRITE,
	    .changes = true, .versioned = true, .handle = naming_change },
	{ 0 },
};
