/*
 * What a remote is given and told to delete, and what comes back to where it came from. See remotes_give.h.
 */
#include "center/remotes_give.h"

#include "formats/stix.h"
#include "store/items.h"

#include <jansson.h>

/* What came from there does not go back. */
static void give(void *context, const struct entry *entry)
{
	struct giving *giving = context;
	if (entry->organisation == giving->remote->organisation)
		return;
	build_text(&giving->list, giving->list.size ? TEXT(",") : TEXT("{\"objects\":["));
	build_text(&giving->list, entry->rendering);
}

enum error remotes_given(struct keeper *keeper, const struct work *work, const struct remote *remote,
    struct giving *giving, int64_t *given, bool *more, struct failure *failure)
{
	struct collection collection;
	const struct entry_query query = {
		.after = remote->given, .limit = remote->objects, .bytes = remote->bytes, .organisation = ENTRY_OF_ALL
	};
	enum error error = store_collection_get(keeper->store, work->scope, remote->collection, &collection, failure);
	if (error == OK)
		error = store_entry_each(
		    keeper->store, work->scope, &collection, &query, give, giving, more, given, failure);
	if (error == OK && giving->list.size)
		build_text(&giving->list, TEXT("]}"));
	return error == OK && giving->list.failed ? fail(failure, ERROR_MEMORY, "no memory for a page") : error;
}

static void look(void *context, const struct entry *entry, nanoseconds withdrawn)
{
	struct removing *removing = context;
	removing->looked++;
	removing->withdrawn = withdrawn;
	removing->added = entry->added;
	if (entry->organisation != removing->remote->organisation && entry->added <= removing->remote->given)
		removing->names[removing->count++] = arena_text(removing->arena, entry->id);
}

enum error remotes_gone(struct keeper *keeper, const struct work *work, const struct remote *remote,
    struct removing *removing, struct failure *failure)
{
	struct collection collection;
	enum error error = store_collection_get(keeper->store, work->scope, remote->collection, &collection, failure);
	if (error == OK)
		error = store_entry_gone(keeper->store, work->scope, &collection, remote->removed,
		    remote->removed_added, REMOVED_MOST, look, removing, failure);
	for (uint32_t i = 0; i < removing->count && error == OK; i++) {
		bool stands = true;
		error =
		    store_entry_exists(keeper->store, work->scope, &collection, removing->names[i], &stands, failure);
		if (error != OK || stands)
			continue;
		build_text(&removing->ids, removing->names[i]);
		build_char(&removing->ids, '\n');
	}
	return error == OK && removing->ids.failed ? fail(failure, ERROR_MEMORY, "no memory for a page") : error;
}

/* ── what came is what we gave ─ */

struct echo {
	struct text object; /* what came */
	uint32_t organisation;
	bool found;
};

static void compare(void *context, const struct entry *entry)
{
	struct echo *echo = context;
	if (echo->found || entry->organisation == echo->organisation)
		return;
	json_t *ours = json_loadb(entry->rendering.at, entry->rendering.size, JSON_ALLOW_NUL, NULL),
	       *theirs = json_loadb(echo->object.at, echo->object.size, JSON_ALLOW_NUL, NULL);
	echo->found = ours && theirs && json_equal(ours, theirs);
	json_decref(ours);
	json_decref(theirs);
}

enum error remotes_echo(struct keeper *keeper, const struct collection *collection, const struct item *item, bool *echo,
    struct failure *failure)
{
	struct work work;
	struct builder object = { 0 };
	bool more;
	int64_t reached;
	struct entry_query query = { .limit = 16,
		.bytes = SIZE_MAX,
		.exact = &item->modified.when,
		.exact_count = 1,
		.ids = &item->id,
		.id_count = 1,
		.organisation = ENTRY_OF_ALL,
		.all_relations = true };
	item_to_stix(item, &object);
	struct echo looked = { { object.at, object.size }, item->organisation, false };
	enum error error = work_begin(&work, "remotes", failure);
	if (error == OK)
		error = store_entry_each(
		    keeper->store, work.scope, collection, &query, compare, &looked, &more, &reached, failure);
	work_end(&work);
	*echo = looked.found;
	builder_free(&object);
	return error;
}
