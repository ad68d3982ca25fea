/*
 * Collections of the exchange. What is in them: entry.c.
 */
#include "store/items.h"

#include "store/query.h"

#include <string.h>

#define FIELDS "number, id, community, tlp, title, description, alias, reads, writes, created, active, version"

static void take(struct query *query, struct collection *collection)
{
	*collection = (struct collection){ .number = (uint32_t)column_integer(query, 0),
		.id = column_uuid(query, 1),
		.community = (uint32_t)column_integer(query, 2),
		.tlp = (enum tlp)column_integer(query, 3),
		.read = (enum collection_right)column_integer(query, 7),
		.write = (enum collection_right)column_integer(query, 8),
		.created = column_integer(query, 9),
		.active = column_integer(query, 10) != 0,
		.version = column_count(query, 11) };
	column_string(query, 4, collection->title, sizeof collection->title);
	column_string(query, 5, collection->description, sizeof collection->description);
	column_string(query, 6, collection->alias, sizeof collection->alias);
}

static void bind_all(struct query *query, const struct collection *collection)
{
	bind_uuid(query, ":id", &collection->id);
	bind_integer(query, ":community", collection->community);
	bind_integer(query, ":tlp", collection->tlp);
	bind_string(query, ":title", collection->title);
	bind_string(query, ":description", collection->description);
	bind_string(query, ":alias", collection->alias);
	bind_integer(query, ":reads", collection->read);
	bind_integer(query, ":writes", collection->write);
	bind_integer(query, ":active", collection->active);
}

static enum error insert(
    struct store *store, const struct scope *scope, struct collection *collection, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_COLLECTION, 0,
	    "INSERT INTO collection (id, community, tlp, title, description, alias, reads, writes, created, "
	    "active,"
	    " version) SELECT :id, :community, :tlp, :title, :description, nullif(:alias, ''), :reads, :writes, "
	    ":created,"
	    " :active, 1 WHERE (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'collection') < :most",
	    &query, failure);
	if (error)
		return error;
	if (uuid_is_nil(collection->id))
		collection->id = uuid_random();
	collection->created = collection->created ? collection->created : time_now();
	int rows = 0;
	bind_all(&query, collection);
	bind_integer(&query, ":created", collection->created);
	bind_integer(&query, ":most", COLLECTIONS_MOST);
	error = query_run(&query, &rows);
	if (!error && rows == 0)
		error = fail(failure, ERROR_LIMIT, "there were %d collections: no more can be made", COLLECTIONS_MOST);
	collection->number = (uint32_t)sqlite3_last_insert_rowid(store->database);
	collection->version = 1;
	return error;
}

static enum error update(
    struct store *store, const struct scope *scope, struct collection *collection, struct failure *failure)
{
	struct query query;
	int rows = 0;
	enum error error = query_write(store, scope, NOUN_COLLECTION, 0,
	    "UPDATE collection SET id = :id, community = :community, tlp = :tlp, title = :title, description ="
	    " :description, alias = nullif(:alias, ''), reads = :reads, writes = :writes, active = :active,"
	    " version = version + 1 WHERE number = :number AND version = :version",
	    &query, failure);
	if (error)
		return error;
	bind_all(&query, collection);
	bind_integer(&query, ":number", collection->number);
	bind_integer(&query, ":version", (int64_t)collection->version);
	error = query_run(&query, &rows);
	if (!error && rows == 0)
		return fail(failure, ERROR_CONFLICT, "the collection was changed meanwhile: read it again");
	collection->version++;
	return error;
}

enum error store_collection_put(
    struct store *store, const struct scope *scope, struct collection *collection, struct failure *failure)
{
	char object[UUID_TEXT];
	bool is_new = collection->number == 0;
	enum error error = collection_check(collection, failure);
	if (!error)
		error = is_new ? insert(store, scope, collection, failure) : update(store, scope, collection, failure);
	if (error == ERROR_CONFLICT && is_new)
		return fail(failure, error, "alias: there is a collection \"%s\" already", collection->alias);
	if (error)
		return error;
	return log_change(store, scope, is_new ? "collection.new" : "collection.change",
	    uuid_format(collection->id, object), 0, collection->title, failure);
}

static enum error one(struct query *query, struct collection *collection)
{
	enum error error = query_one(query, "collection");
	if (error)
		return error;
	take(query, collection);
	query_release(query);
	return OK;
}

enum error store_collection_find(struct store *store, const struct scope *scope, struct text name,
    struct collection *collection, struct failure *failure)
{
	struct query query;
	struct uuid id = { 0 };
	uuid_parse(name, &id);
	enum error error = query_read(store, scope, NOUN_COLLECTION,
	    "SELECT " FIELDS " FROM collection WHERE {community} AND (id = :id OR alias = :alias)", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	bind_text(&query, ":alias", name);
	return one(&query, collection);
}

enum error store_collection_get(struct store *store, const struct scope *scope, uint32_t number,
    struct collection *collection, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COLLECTION,
	    "SELECT " FIELDS " FROM collection WHERE {community} AND number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", number);
	return one(&query, collection);
}

enum error store_collection_each(struct store *store, const struct scope *scope, uint32_t community,
    void (*each)(void *, const struct collection *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COLLECTION,
	    "SELECT " FIELDS
	    " FROM collection WHERE {community} AND (:community = 0 OR community = :community) ORDER BY number",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", community);
	while ((error = query_step(&query)) == OK) {
		struct collection collection;
		take(&query, &collection);
		each(context, &collection);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
