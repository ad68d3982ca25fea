/*
 * Entries of feeds on their way into the store: each is there once in a community, whoever says it, and a new version
 * when its own publisher says something else. In: items of intel/feed_item.h. Called by import_items.c.
 */
#include "center/importing.h"
#include "intel/feed_item.h"

#include <string.h>

/* Whether what comes says more than what is known. Who said it first goes on with it: the same remote when it says
 * something else, another of the same organisation when it says it later. */
static bool is_news(const struct under_way *import, const struct item *item, const struct entry_keys *keys,
    const struct entry_known *known)
{
	if (known->organisation != import->import.organisation ||
	    memcmp(known->digest, keys->digest, sizeof keys->digest) == 0)
		return false;
	return uuid_equal(known->remote, import->import.account) || item->modified.when > known->modified;
}

/* An object keeps its id and its beginning, and a version is later than the one before. */
static void follow(struct item *item, const struct entry_known *known, struct arena *arena)
{
	item->id = arena_text(arena, text_of(known->item));
	item->created = (struct item_time){ .when = known->created };
	if (item->modified.when <= known->modified)
		item->modified = (struct item_time){ .when = known->modified + MILLISECOND };
}

enum error import_entry(struct keeper *keeper, const struct under_way *import, struct item *item,
    struct entry_keys *keys, struct arena *arena, bool *taken, struct failure *failure)
{
	struct entry_known known;
	uint32_t community = import->collection.community;
	if (!feed_item_keys(item, text_of(import->feed), keys))
		return import_corrupt(failure);
	enum error error =
	    store_remote_entry_find(keeper->store, community, import->import.account, keys, &known, failure);
	*taken = error == ERROR_NOT_FOUND || (error == OK && is_news(import, item, keys, &known));
	if (error == ERROR_NOT_FOUND)
		return OK;
	if (error == OK && *taken)
		follow(item, &known, arena);
	else if (error == OK) /* by its other names too, the next time */
		error = store_remote_entry_put(keeper->store, community, keys, &known, failure);
	return error;
}

enum error import_entry_kept(struct keeper *keeper, const struct under_way *import, const struct item *item,
    const struct entry_keys *keys, struct failure *failure)
{
	struct entry_known known = { .organisation = import->import.organisation,
		.remote = import->import.account,
		.created = item->created.when,
		.modified = item->modified.when };
	text_copy(item->id, known.item, sizeof known.item);
	memcpy(known.digest, keys->digest, sizeof known.digest);
	return store_remote_entry_put(keeper->store, import->collection.community, keys, &known, failure);
}
