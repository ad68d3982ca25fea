/*
 * What entries of feeds are known by (store/remotes.h), so that one is there once, whichever feed says it, and a
 * removed one does not come back.
 */
#include "store/remotes.h"

#include "store/query.h"

static enum error find(struct store *store, const char *sql, uint32_t community, const uint8_t key[static 32],
    const struct uuid *remote, struct entry_known *known, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, sql, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", community);
	bind_blob(&query, ":key", key, 32);
	if (remote)
		bind_uuid(&query, ":remote", remote);
	error = query_one(&query, "entry");
	if (error)
		return error;
	*known = (struct entry_known){ .organisation = (uint32_t)column_integer(&query, 1),
		.remote = column_uuid(&query, 2),
		.created = column_integer(&query, 3),
		.modified = column_integer(&query, 4) };
	column_string(&query, 0, known->item, sizeof known->item);
	column_bytes(&query, 5, known->digest, sizeof known->digest);
	query_release(&query);
	return OK;
}

#define FOUND                                                                                                          \
	"SELECT item, organisation, remote, created, modified, digest FROM remote_entry"                               \
	" WHERE community = :community AND key = :key"

enum error store_remote_entry_find(struct store *store, uint32_t community, struct uuid remote,
    const struct entry_keys *keys, struct entry_known *known, struct failure *failure)
{
	enum error error = find(store, FOUND, community, keys->keys[0], NULL, known, failure);
	if (error == ERROR_NOT_FOUND && keys->count > 1)
		error = find(store, FOUND " AND NOT (named = 1 AND remote = :remote)", community, keys->keys[1],
		    &remote, known, failure);
	return error;
}

enum error store_remote_entry_put(struct store *store, uint32_t community, const struct entry_keys *keys,
    const struct entry_known *known, struct failure *failure)
{
	enum error error = OK;
	for (unsigned i = 0; i < keys->count && !error; i++) {
		struct query query;
		error = query_own(store,
		    "INSERT INTO remote_entry (community, key, item, organisation, remote, named, created, modified, "
		    "digest)"
		    " VALUES (:community, :key, :item, :organisation, :remote, :named, :created, :modified, :digest)"
		    " ON CONFLICT (community, key) DO UPDATE SET remote = excluded.remote, named = excluded.named,"
		    " modified = excluded.modified, digest = excluded.digest WHERE item = excluded.item"
		    " AND digest <> excluded.digest",
		    &query, failure);
		if (error)
			return error;
		bind_integer(&query, ":community", community);
		bind_blob(&query, ":key", keys->keys[i], sizeof keys->keys[i]);
		bind_string(&query, ":item", known->item);
		bind_integer(&query, ":organisation", known->organisation);
		bind_uuid(&query, ":remote", &known->remote);
		bind_integer(&query, ":named", keys->named);
		bind_integer(&query, ":created", known->created);
		bind_integer(&query, ":modified", known->modified);
		bind_blob(&query, ":digest", known->digest, sizeof known->digest);
		error = query_run(&query, NULL);
	}
	return error;
}
