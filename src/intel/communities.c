/*
 * Communities over the API. In: typed fields. Out: JSON. What somebody may see or change of them is the scope's to say.
 */
#include "intel/communities.h"

#include "store/community.h"

#include <stddef.h>

static json_t *community_json(const struct community *community)
{
	json_t *object = json_object();
	output_uuid(object, "id", community->id);
	json_object_set_new(object, "number", json_integer(community->number));
	output_string(object, "name", community->name);
	output_string(object, "title_ja", community->title_ja);
	output_string(object, "title_en", community->title_en);
	output_string(object, "kind", community_kind_code(community->kind));
	output_string(object, "purpose", community->purpose);
	output_string(object, "content", community->content);
	output_string(object, "recipients", community->recipients);
	json_object_set_new(object, "hidden", json_boolean(community->hidden));
	json_object_set_new(object, "centre", json_boolean(community->centre));
	json_object_set_new(object, "active", json_boolean(community->active));
	json_object_set_new(object, "version", json_integer((json_int_t)community->version));
	return object;
}

static void add_community(void *context, const struct community *community)
{
	json_array_append_new(context, community_json(community));
}

enum error community_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 100) };
	json_t *list = json_array();
	json_object_set_new(call->output, "communities", list);
	enum error error = store_community_each(call->store, call->scope, &page, add_community, list, failure);
	if (*page.next)
		output_string(call->output, "next", page.next);
	return error;
}

enum error community_fill(struct call *call, struct community *community, struct failure *failure)
{
	static const struct {
		const char *name;
		size_t place, size;
	} texts[] = {
#define TEXT_OF(member) { #member, offsetof(struct community, member), sizeof community->member }
		TEXT_OF(name),
		TEXT_OF(title_ja),
		TEXT_OF(title_en),
		TEXT_OF(purpose),
		TEXT_OF(content),
		TEXT_OF(recipients),
	};
	enum error error = OK;
	for (size_t i = 0; i < sizeof texts / sizeof *texts && error == OK; i++)
		error = input_copy(call, texts[i].name, (char *)community + texts[i].place, texts[i].size, failure);
	if (input_has(call, "kind"))
		community_kind_parse(input_text(call, "kind"), &community->kind);
	community->parent = (uint32_t)input_integer(call, "parent", community->parent);
	community->hidden = input_boolean(call, "hidden", community->hidden);
	community->centre = input_boolean(call, "centre", community->centre);
	community->active = input_boolean(call, "active", community->active);
	if (error == OK && !*community->title_ja)
		text_copy(text_of(community->name), community->title_ja, sizeof community->title_ja);
	if (error == OK && !*community->title_en)
		text_copy(text_of(community->name), community->title_en, sizeof community->title_en);
	return error;
}

enum error community_create(struct call *call, struct failure *failure)
{
	struct community community = { .kind = COMMUNITY_CLOSED, .centre = true, .active = true };
	enum error error = community_fill(call, &community, failure);
	if (error == OK)
		error = store_community_put(call->store, call->scope, &community, failure);
	if (error != OK)
		return error;
	json_t *object = community_json(&community);
	json_object_update(call->output, object);
	json_decref(object);
	call->status = 201;
	return OK;
}

enum error community_meant(struct call *call, struct community *community, struct failure *failure)
{
	enum error error = store_community_get(
	    call->store, call->scope, (uint32_t)input_integer(call, "number", 0), community, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such community.") : error;
}

enum error member_put(struct call *call, struct failure *failure)
{
	struct community community;
	struct membership membership = { .role = MEMBERSHIP_MEMBER, .from = call->now };
	enum error error = community_meant(call, &community, failure);
	if (error != OK)
		return error;
	membership.community = community.number;
	membership.organisation = (uint32_t)input_integer(call, "organisation", 0);
	membership_role_parse(input_text(call, "role"), &membership.role);
	error = store_membership_put(call->store, call->scope, &membership, failure);
	if (error != OK)
		return error;
	json_object_set_new(call->output, "community", json_integer(community.number));
	json_object_set_new(call->output, "organisation", json_integer(membership.organisation));
	output_string(call->output, "role", membership_role_code(membership.role));
	output_time(call->output, "from", membership.from);
	return OK;
}

enum error member_end(struct call *call, struct failure *failure)
{
	struct community community;
	enum error error = community_meant(call, &community, failure);
	if (error == OK)
		error = store_membership_end(call->store, call->scope, community.number,
		    (uint32_t)input_integer(call, "organisation", 0), call->now, failure);
	call->status = 204;
	return error;
}
