/*
 * What was withdrawn long ago goes (store/shared.h). The greatest number that went of each community stays: whoever
 * took changes up to that number has nothing that went.
 */
#include "store/query.h"
#include "store/shared.h"

/* What somebody else than its owner withdrew is remembered for ever, and the newest number, because the next is made of
 * it. In the order of an index of just these. */
#define NUMBER "coalesce(number, 0)"
#define GONE                                                                                                           \
	"SELECT id FROM shared WHERE withdrawn = 1 AND waits = 0 AND held = 0 AND " NUMBER " <= :most AND " NUMBER     \
	" < (SELECT coalesce(max(number), 0) FROM shared) ORDER BY " NUMBER ", id LIMIT :limit"

static enum error run_slice(struct store *store, const struct scope *scope, const char *sql, uint64_t most,
    int *changed, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, 0, sql, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":most", (int64_t)most);
	bind_integer(&query, ":limit", SHARED_SLICE);
	return query_run(&query, changed);
}

enum error store_shared_purge(
    struct store *store, const struct scope *scope, uint64_t most, bool *more, struct failure *failure)
{
	static const char *const steps[] = {
		"INSERT INTO shared_purged (community, number) SELECT community, max(number) FROM shared"
		" WHERE number IS NOT NULL AND id IN (" GONE ") GROUP BY community"
		" ON CONFLICT (community) DO UPDATE SET number = max(number, excluded.number)",
		"DELETE FROM shared_met WHERE shared IN (" GONE ")",
		"DELETE FROM shared WHERE id IN (" GONE ")",
	};
	int changed = 0;
	enum error error = OK;
	for (size_t i = 0; i < sizeof steps / sizeof *steps && !error; i++)
		error = run_slice(store, scope, steps[i], most, &changed, failure);
	*more = changed == (int)SHARED_SLICE; /* of the last step */
	return error;
}

enum error store_shared_purged(
    struct store *store, const struct scope *scope, uint64_t *number, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT coalesce(max(number), 0) FROM shared_purged WHERE {community}", &query, failure);
	if (!error)
		error = query_one(&query, "shared");
	if (error)
		return error;
	*number = column_count(&query, 0);
	query_release(&query);
	return OK;
}
