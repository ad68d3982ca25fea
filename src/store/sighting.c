/*
 * What telescopes saw of networks that are no member's, until their contacts are told. See networks.h.
 */
#include "store/networks.h"

#include "store/query.h"

#define FIELDS "number, contact, address, kind, first, last, packets, telescopes, ports, ports_more, tool, worm, events"

static void take(struct query *query, struct appearance *to)
{
	*to = (struct appearance){ .number = column_count(query, 0),
		.organisation = (uint32_t)column_integer(query, 1),
		.kind = (enum appearance_kind)column_integer(query, 3),
		.first = column_integer(query, 4),
		.last = column_integer(query, 5),
		.packets = column_count(query, 6),
		.ports_more = (uint32_t)column_integer(query, 9) };
	column_bytes(query, 2, to->address.bytes, sizeof to->address.bytes);
	appearance_take_lists(column_text(query, 7), column_text(query, 12), column_text(query, 8), to);
	column_string(query, 10, to->tool, sizeof to->tool);
	column_string(query, 11, to->worm, sizeof to->worm);
}

enum error store_sighting_find(struct store *store, const struct scope *scope, uint32_t contact, struct address address,
    enum appearance_kind kind, struct appearance *to, struct failure *failure)
{
	struct query query;
	enum error error = query_network(store, scope,
	    "SELECT " FIELDS " FROM network_sighting WHERE contact = :contact AND address = :address AND kind = :kind",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":contact", contact);
	bind_blob(&query, ":address", address.bytes, sizeof address.bytes);
	bind_integer(&query, ":kind", kind);
	error = query_one(&query, "sighting");
	if (error)
		return error;
	take(&query, to);
	query_release(&query);
	return OK;
}

static enum error write(struct store *store, const struct scope *scope, const struct appearance *from,
    const struct appearance_lists *lists, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NETWORK, 0,
	    "INSERT INTO network_sighting (contact, address, kind, first, last, packets, telescopes, ports, ports_more,"
	    " tool, worm, events) VALUES (:contact, :address, :kind, :first, :last, :packets, :telescopes, :ports, "
	    ":ports_more,"
	    " :tool, :worm, :events) ON CONFLICT (contact, address, kind) DO UPDATE SET first = excluded.first,"
	    " last = excluded.last, packets = excluded.packets, telescopes = excluded.telescopes,"
	    " ports = excluded.ports, ports_more = excluded.ports_more, tool = excluded.tool, worm = excluded.worm,"
	    " events = excluded.events",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":contact", from->organisation);
	bind_blob(&query, ":address", from->address.bytes, sizeof from->address.bytes);
	bind_integer(&query, ":kind", from->kind);
	bind_integer(&query, ":first", from->first);
	bind_integer(&query, ":last", from->last);
	bind_integer(&query, ":packets", (int64_t)from->packets);
	appearance_bind_lists(&query, lists);
	bind_integer(&query, ":ports_more", from->ports_more);
	bind_string(&query, ":tool", from->tool);
	bind_string(&query, ":worm", from->worm);
	return query_run(&query, NULL);
}

enum error store_sighting_put(
    struct store *store, const struct scope *scope, struct appearance *sighting, struct failure *failure)
{
	struct appearance_lists lists = { 0 };
	enum error error = appearance_put_lists(sighting, &lists) ? write(store, scope, sighting, &lists, failure)
								  : fail(failure, ERROR_MEMORY, "sighting: no memory");
	appearance_free_lists(&lists);
	return error;
}

enum error store_sighting_each(struct store *store, const struct scope *scope, uint32_t contact, uint32_t most,
    void (*each)(void *, const struct appearance *), void *context, struct failure *failure)
{
	struct query query;
	struct appearance sighting;
	enum error error = query_network(store, scope,
	    "SELECT " FIELDS " FROM network_sighting WHERE contact = :contact ORDER BY number LIMIT :most", &query,
	    failure);
	if (error)
		return error;
	bind_integer(&query, ":contact", contact);
	bind_integer(&query, ":most", most);
	while ((error = query_step(&query)) == OK) {
		take(&query, &sighting);
		each(context, &sighting);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_sighting_count(
    struct store *store, const struct scope *scope, uint32_t contact, uint64_t *count, struct failure *failure)
{
	struct query query;
	enum error error = query_network(store, scope,
	    "SELECT count(*) FROM network_sighting WHERE :contact = 0 OR contact = :contact", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":contact", contact);
	error = query_one(&query, "sighting");
	if (error)
		return error;
	*count = column_count(&query, 0);
	query_release(&query);
	return OK;
}

enum error store_sighting_remove(
    struct store *store, const struct scope *scope, uint32_t contact, uint64_t up_to, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NETWORK, 0,
	    "DELETE FROM network_sighting WHERE contact = :contact AND number <= :up_to", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":contact", contact);
	bind_integer(&query, ":up_to", (int64_t)up_to);
	return query_run(&query, NULL);
}
