/*
 * What became of imports: TAXII's status resources, and those of our own uploads.
 */
#include "store/items.h"

#include "store/query.h"

#define FIELDS "id, organisation, account, collection, received, finished, total, good, bad, failures"

enum error store_import_put(
    struct store *store, const struct scope *scope, struct import *import, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_ITEM, import->organisation,
	    "INSERT INTO import (" FIELDS ") VALUES (:id, :organisation, :account, :collection, :received, :finished,"
	    " :total, :good, :bad, :failures) ON CONFLICT (id) DO UPDATE SET finished = excluded.finished,"
	    " total = excluded.total, good = excluded.good, bad = excluded.bad, failures = excluded.failures",
	    &query, failure);
	if (error)
		return error;
	if (uuid_is_nil(import->id))
		import->id = uuid_random();
	bind_uuid(&query, ":id", &import->id);
	bind_integer(&query, ":organisation", import->organisation);
	bind_uuid(&query, ":account", &import->account);
	bind_integer(&query, ":collection", import->collection);
	bind_integer(&query, ":received", import->received);
	bind_integer(&query, ":finished", import->finished);
	bind_integer(&query, ":total", (int64_t)import->total);
	bind_integer(&query, ":good", (int64_t)import->good);
	bind_integer(&query, ":bad", (int64_t)import->bad);
	bind_text(&query, ":failures", import->failures);
	return query_run(&query, NULL);
}

enum error store_import_get(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    struct import *import, struct failure *failure)
{
	struct query query;
	const struct subject *subject = scope_subject(scope);
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT " FIELDS " FROM import WHERE {scope} AND id = :id AND (:any OR account = :account)", &query,
	    failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	bind_integer(&query, ":any", subject == NULL);
	bind_uuid(&query, ":account", subject ? &subject->account : &(struct uuid){ 0 });
	error = query_one(&query, "import");
	if (error)
		return error;
	*import = (struct import){ .id = column_uuid(&query, 0),
		.organisation = (uint32_t)column_integer(&query, 1),
		.account = column_uuid(&query, 2),
		.collection = (uint32_t)column_integer(&query, 3),
		.received = column_integer(&query, 4),
		.finished = column_integer(&query, 5),
		.total = column_count(&query, 6),
		.good = column_count(&query, 7),
		.bad = column_count(&query, 8),
		.failures = arena_text(arena, column_text(&query, 9)) };
	query_release(&query);
	return import->failures.at ? OK : fail(failure, ERROR_MEMORY, "import: no memory");
}

static enum error run(
    struct store *store, const struct scope *scope, const char *sql, nanoseconds when, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_ITEM, 0, sql, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":when", when);
	return query_run(&query, NULL);
}

enum error store_import_end(struct store *store, const struct scope *scope, nanoseconds now, struct failure *failure)
{
	static const char sql[] = "UPDATE import SET bad = total - good, finished = :when WHERE finished = 0";
	return run(store, scope, sql, now, failure);
}

enum error store_import_expire(
    struct store *store, const struct scope *scope, nanoseconds before, struct failure *failure)
{
	static const char sql[] = "DELETE FROM import WHERE finished > 0 AND finished < :when";
	return run(store, scope, sql, before, failure);
}
