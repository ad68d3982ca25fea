/*
 * Sightings of what is shared: counts for each indicator and organisation (store/shared.h).
 */
#include "store/handover.h"
#include "store/query.h"
#include "store/shared.h"

static enum error count_it(
    struct store *store, uint32_t id, uint32_t organisation, uint64_t count, nanoseconds now, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "SELECT community FROM shared WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":id", id);
	error = query_one(&query, "indicator");
	if (error)
		return error;
	uint32_t community = (uint32_t)column_integer(&query, 0);
	query_release(&query);
	return store_handover_add(store, organisation, community, HANDOVER_SIGHTED, count, now, failure);
}

enum error store_shared_met_add(struct store *store, const struct scope *scope, uint32_t id, uint32_t organisation,
    const struct shared_met *met, nanoseconds now, bool *new, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, organisation,
	    "INSERT INTO shared_met (shared, organisation, count, first, last, noted)"
	    " VALUES (:shared, :organisation, :count, :first, :last, :now)"
	    " ON CONFLICT (shared, organisation) DO UPDATE SET count = count + excluded.count,"
	    " first = min(first, excluded.first), last = max(last, excluded.last) RETURNING count",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":shared", id);
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":count", (int64_t)met->count);
	bind_integer(&query, ":first", met->first);
	bind_integer(&query, ":last", met->last);
	bind_integer(&query, ":now", now);
	error = query_one(&query, "sighting");
	if (error)
		return error;
	*new = column_count(&query, 0) == met->count;
	query_release(&query);
	return count_it(store, id, organisation, met->count, now, failure);
}

enum error store_shared_met_get(struct store *store, const struct scope *scope, uint32_t id, uint32_t organisation,
    struct shared_met *met, struct failure *failure)
{
	struct query query;
	*met = (struct shared_met){ 0 };
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT count, first, last FROM shared_met WHERE {scope} AND shared = :shared AND organisation = :own",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":shared", id);
	bind_integer(&query, ":own", organisation);
	error = query_step(&query);
	if (error == OK)
		*met = (struct shared_met){ column_count(&query, 0), column_integer(&query, 1),
			column_integer(&query, 2) };
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_shared_met_elsewhere(struct store *store, uint32_t id, uint32_t organisation, nanoseconds before,
    uint64_t *organisations, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT count(*) FROM shared_met WHERE shared = :shared AND organisation <> :own AND noted < :before",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":shared", id);
	bind_integer(&query, ":own", organisation);
	bind_integer(&query, ":before", before);
	error = query_one(&query, "sightings");
	if (error)
		return error;
	*organisations = column_count(&query, 0);
	query_release(&query);
	return OK;
}
