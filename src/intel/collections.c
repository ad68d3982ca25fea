/*
 * Collections as somebody sees them, for TAXII; and for those who make them. Whether one may read or write is the
 * policy's word about the community (a standing), held against what the collection asks for.
 */
#include "intel/collections.h"

#include "intel/taxii.h"
#include "store/community.h"

#include <stdio.h>
#include <string.h>

#define NO_SUCH_COLLECTION "there is no such collection"

struct rights {
	struct policy_snapshot snapshot;
	const struct scope *write;
};

static enum error rights_load(struct call *call, struct rights *rights, struct failure *failure)
{
	enum error error = store_snapshot(call->store, call->now, call->arena, &rights->snapshot, failure);
	rights->write =
	    error == OK ? policy_scope(&rights->snapshot, call->subject, ACTION_ITEM_WRITE, call->arena) : NULL;
	return error;
}

/* The least standing that a right of a collection asks for. */
static bool has_right(const struct call *call, const struct rights *rights, const struct collection *collection,
    enum collection_right right)
{
	static const enum standing least[COLLECTION_RIGHTS] = {
		[COLLECTION_READERS] = STANDING_READS,
		[COLLECTION_MEMBERS] = STANDING_GIVES,
		[COLLECTION_STEWARDS] = STANDING_KEEPS,
	};
	if (call->subject->organisation == 0) /* of the centre: the scope has said so */
		return true;
	return right != COLLECTION_CENTRE &&
	       policy_standing(&rights->snapshot, call->subject->organisation, collection->community) >= least[right];
}

/* A release of its own TLP to the community, which is what adding an object is, must be allowed too. */
static bool may_give(const struct call *call, const struct rights *rights, const struct collection *collection)
{
	const struct scope *scope = policy_scope(&rights->snapshot, call->subject, ACTION_RELEASE_WRITE, call->arena);
	const struct release_wish wish = { .organisation = call->subject->organisation,
		.item_tlp = collection->tlp,
		.community = collection->community,
		.tlp = collection->tlp };
	return scope && policy_release_allowed(&rights->snapshot, scope, &wish) == RELEASE_ALLOWED;
}

static bool show(const struct call *call, const struct rights *rights, const struct collection *collection,
    struct shown_collection *shown)
{
	*shown = (struct shown_collection){ .collection = *collection };
	if (!collection->active || !scope_covers_community(call->scope, collection->community))
		return false;
	shown->can_read = has_right(call, rights, collection, collection->read);
	shown->can_write = rights->write && scope_covers_community(rights->write, collection->community) &&
			   has_right(call, rights, collection, collection->write) && may_give(call, rights, collection);
	shown->write = shown->can_write ? rights->write : NULL;
	return shown->can_read || shown->can_write;
}

enum error shown_collection_find(struct call *call, struct shown_collection *shown, struct failure *failure)
{
	struct rights rights;
	struct collection collection;
	enum error error = rights_load(call, &rights, failure);
	if (error != OK)
		return error;
	error = store_collection_find(call->store, call->scope, input_text(call, "collection"), &collection, failure);
	if (error == OK && show(call, &rights, &collection, shown))
		return OK;
	return error == OK || error == ERROR_NOT_FOUND ? fail(failure, ERROR_NOT_FOUND, NO_SUCH_COLLECTION) : error;
}

struct showing {
	const struct call *call;
	const struct rights *rights;
	void (*each)(void *, const struct shown_collection *);
	void *context;
};

static void show_one(void *context, const struct collection *collection)
{
	const struct showing *showing = context;
	struct shown_collection shown;
	if (show(showing->call, showing->rights, collection, &shown))
		showing->each(showing->context, &shown);
}

enum error shown_collection_each(
    struct call *call, void (*each)(void *, const struct shown_collection *), void *context, struct failure *failure)
{
	struct rights rights;
	struct showing showing = { call, &rights, each, context };
	enum error error = rights_load(call, &rights, failure);
	return error == OK ? store_collection_each(call->store, call->scope, 0, show_one, &showing, failure) : error;
}

/* ── making them ─ */

static json_t *collection_row(const struct call *call, const struct collection *collection)
{
	struct community community;
	json_t *object = json_object();
	output_uuid(object, "id", collection->id);
	if (store_community_get(call->store, call->scope, collection->community, &community, NULL) == OK)
		output_string(object, "community", community.name);
	output_string(object, "tlp", tlp_code(collection->tlp));
	output_string(object, "title", collection->title);
	output_string(object, "description", collection->description);
	output_string(object, "alias", collection->alias);
	output_string(object, "read", collection_right_code(collection->read));
	output_string(object, "write", collection_right_code(collection->write));
	output_time(object, "created", collection->created);
	json_object_set_new(object, "active", json_boolean(collection->active));
	json_object_set_new(object, "version", json_integer((json_int_t)collection->version));
	return object;
}

static enum error answer(struct call *call, const struct collection *collection)
{
	json_t *object = collection_row(call, collection);
	json_object_update(call->output, object);
	json_decref(object);
	call->version = collection->version;
	return OK;
}

struct listing {
	const struct call *call;
	json_t *list;
};

static void add_row(void *context, const struct collection *collection)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, collection_row(listing->call, collection));
}

enum error collection_list(struct call *call, struct failure *failure)
{
	struct listing listing = { call, json_array() };
	json_object_set_new(call->output, "collections", listing.list);
	return store_collection_each(call->store, call->scope, 0, add_row, &listing, failure);
}

static enum error fill(struct call *call, struct collection *collection, struct failure *failure)
{
	if (input_has(call, "tlp"))
		tlp_parse(input_text(call, "tlp"), &collection->tlp);
	if (input_has(call, "read"))
		collection_right_parse(input_text(call, "read"), &collection->read);
	if (input_has(call, "write"))
		collection_right_parse(input_text(call, "write"), &collection->write);
	collection->active = input_boolean(call, "active", collection->active);
	enum error error = input_copy(call, "title", collection->title, sizeof collection->title, failure);
	if (error == OK)
		error =
		    input_copy(call, "description", collection->description, sizeof collection->description, failure);
	return error == OK ? input_copy(call, "alias", collection->alias, sizeof collection->alias, failure) : error;
}

/* What AMBER is is not for everybody. */
static enum error fits(const struct community *community, const struct collection *collection, struct failure *failure)
{
	if (community->kind == COMMUNITY_OPEN && collection->tlp > TLP_GREEN)
		return fail(failure, ERROR_INPUT, "tlp: everybody is in this community: expected CLEAR or GREEN");
	return OK;
}

enum error collection_create(struct call *call, struct failure *failure)
{
	struct community community;
	struct collection collection = {
		.tlp = TLP_AMBER, .read = COLLECTION_READERS, .write = COLLECTION_MEMBERS, .active = true
	};
	enum error error =
	    store_community_find(call->store, call->scope, input_text(call, "community"), &community, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, ERROR_INPUT, "community: there is no community of this name");
	if (error == OK)
		error = fill(call, &collection, failure);
	if (error == OK)
		error = fits(&community, &collection, failure);
	if (error != OK)
		return error;
	collection.community = community.number;
	if (input_has(call, "id"))
		collection.id = input_uuid(call, "id");
	collection.created = call->now;
	error = store_collection_put(call->store, call->scope, &collection, failure);
	if (error != OK)
		return error;
	char id[UUID_TEXT];
	snprintf(call->location, sizeof call->location, "/v1/collections/%s", uuid_format(collection.id, id));
	call->status = 201;
	return answer(call, &collection);
}

enum error collection_read(struct call *call, struct failure *failure)
{
	struct collection collection;
	enum error error =
	    store_collection_find(call->store, call->scope, input_text(call, "collection"), &collection, failure);
	return error == OK ? answer(call, &collection) : error;
}

enum error collection_change(struct call *call, struct failure *failure)
{
	struct collection collection;
	struct community community;
	enum error error =
	    store_collection_find(call->store, call->scope, input_text(call, "collection"), &collection, failure);
	if (error == OK && call->version && call->version != collection.version)
		error = fail(failure, ERROR_CONFLICT, "The collection was changed meanwhile: read it again.");
	if (error == OK && input_has(call, "tlp"))
		error = fail(failure, ERROR_INPUT, "tlp: it stays: what is in the collection was given at this level");
	if (error == OK)
		error = store_community_get(call->store, call->scope, collection.community, &community, failure);
	if (error == OK)
		error = fill(call, &collection, failure);
	if (error == OK)
		error = store_collection_put(call->store, call->scope, &collection, failure);
	return error == OK ? answer(call, &collection) : error;
}
