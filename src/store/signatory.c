/*
 * Who issues a dispatch together with the centre, and whether they agreed; and the feeds of readers.
 */
#include "store/dispatch.h"
#include "store/query.h"

enum error store_signatory_put(
    struct store *store, const struct scope *scope, const struct dispatch_signatory *signatory, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NOTICE, signatory->organisation,
	    "INSERT INTO signatory (dispatch, organisation, account, agreed) VALUES (:dispatch, :organisation, "
	    ":account,"
	    " :agreed) ON CONFLICT (dispatch, organisation) DO UPDATE SET account = :account, agreed = :agreed",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":dispatch", (int64_t)signatory->dispatch);
	bind_integer(&query, ":organisation", signatory->organisation);
	bind_uuid(&query, ":account", &signatory->account);
	bind_integer(&query, ":agreed", signatory->agreed);
	error = query_run(&query, NULL);
	return error || uuid_is_nil(signatory->account)
		   ? error
		   : log_change(store, scope, "dispatch.agree", "", signatory->organisation, "", failure);
}

enum error store_signatory_each(struct store *store, const struct scope *scope, uint64_t dispatch,
    void (*each)(void *, const struct dispatch_signatory *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT dispatch, organisation, account, agreed FROM signatory WHERE {scope}"
	    " AND (:dispatch = 0 OR dispatch = :dispatch) ORDER BY dispatch DESC, organisation LIMIT 500",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":dispatch", (int64_t)dispatch);
	while ((error = query_step(&query)) == OK) {
		struct dispatch_signatory signatory = { .dispatch = column_count(&query, 0),
			.organisation = (uint32_t)column_integer(&query, 1),
			.account = column_uuid(&query, 2),
			.agreed = column_integer(&query, 3) };
		each(context, &signatory);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_feed_put(struct store *store, const struct scope *scope, struct uuid account, uint32_t organisation,
    const uint8_t digest[32], nanoseconds made, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NOTICE, organisation,
	    "INSERT INTO feed (account, organisation, digest, made) VALUES (:account, :organisation, :digest, :made)"
	    " ON CONFLICT (account) DO UPDATE SET organisation = :organisation, digest = :digest, made = :made",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":account", &account);
	bind_integer(&query, ":organisation", organisation);
	bind_blob(&query, ":digest", digest, 32);
	bind_integer(&query, ":made", made);
	error = query_run(&query, NULL);
	return error ? error : log_change(store, scope, "feed.new", "", organisation, "", failure);
}

enum error store_feed_find(struct store *store, const struct scope *scope, const uint8_t digest[32],
    struct uuid *account, uint32_t *organisation, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT account, organisation FROM feed WHERE {scope} AND digest = :digest", &query, failure);
	if (error)
		return error;
	bind_blob(&query, ":digest", digest, 32);
	error = query_one(&query, "feed");
	if (error)
		return error;
	*account = column_uuid(&query, 0);
	*organisation = (uint32_t)column_integer(&query, 1);
	query_release(&query);
	return OK;
}
