/*
 * What is shared with sensors (store/shared.h).
 */
#include "store/shared.h"

#include "store/query.h"

#include <inttypes.h>

static const char *const action_words[] = { "observe", "alert", "block" };

#define COLUMNS                                                                                                        \
	"id, community, organisation, item, coalesce(number, 0), withdrawn, asked, action, whys, until, given, "       \
	"account, "                                                                                                    \
	"body"
#define NEXT "(SELECT coalesce(max(number), 0) + 1 FROM shared)"

static struct shared read_row(struct query *query)
{
	return (struct shared){ .id = (uint32_t)column_integer(query, 0),
		.community = (uint32_t)column_integer(query, 1),
		.organisation = (uint32_t)column_integer(query, 2),
		.item = column_text(query, 3),
		.number = column_count(query, 4),
		.withdrawn = column_integer(query, 5) != 0,
		.asked = (enum item_action)column_integer(query, 6),
		.action = (enum item_action)column_integer(query, 7),
		.whys = (uint32_t)column_integer(query, 8),
		.until = column_integer(query, 9),
		.given = column_integer(query, 10),
		.account = column_uuid(query, 11),
		.body = column_text(query, 12) };
}

static enum error walk(struct query *query, void (*each)(void *, const struct shared *), void *context)
{
	enum error error;
	while ((error = query_step(query)) == OK) {
		struct shared row = read_row(query);
		each(context, &row);
	}
	query_release(query);
	return error == ERROR_END ? OK : error;
}

/* ── changes ─ */

enum error store_shared_put(
    struct store *store, const struct scope *scope, struct shared *shared, bool travels, struct failure *failure)
{
	struct query query;
	uint8_t account[16];
	enum error error = query_write(store, scope, NOUN_RELEASE, shared->organisation,
	    "INSERT INTO shared (community, organisation, item, number, withdrawn, asked, action, whys, until, given,"
	    " account, body) VALUES (:community, :organisation, :item, CASE WHEN :travels THEN " NEXT " END, 0, :asked,"
	    " :action, :whys, :until, :given, :account, :body)"
	    " ON CONFLICT (organisation, item, community) DO UPDATE SET"
	    /* what travelled is told that it does not any more */
	    " number = CASE WHEN :travels OR shared.number IS NOT NULL THEN " NEXT " END,"
	    " withdrawn = NOT :travels AND shared.number IS NOT NULL, asked = excluded.asked, action = excluded.action,"
	    " whys = excluded.whys, until = excluded.until, given = excluded.given, account = excluded.account,"
	    " body = excluded.body RETURNING id, coalesce(number, 0)",
	    &query, failure);
	if (error)
		return error;
	memcpy(account, shared->account.bytes, 16);
	bind_integer(&query, ":community", shared->community);
	bind_integer(&query, ":organisation", shared->organisation);
	bind_text(&query, ":item", shared->item);
	bind_integer(&query, ":travels", travels);
	bind_integer(&query, ":asked", shared->asked);
	bind_integer(&query, ":action", shared->action);
	bind_integer(&query, ":whys", shared->whys);
	bind_integer(&query, ":until", shared->until);
	bind_integer(&query, ":given", shared->given);
	bind_blob(&query, ":account", account, sizeof account);
	bind_text(&query, ":body", shared->body);
	error = query_one(&query, "shared");
	if (error)
		return error;
	shared->id = (uint32_t)column_integer(&query, 0);
	shared->number = column_count(&query, 1);
	query_release(&query);
	return OK;
}

/* One at a time: each has a number of its own. */
static enum error withdraw_next(struct query *query, int *changed)
{
	*changed = 0;
	return query_run(query, changed);
}

enum error store_shared_withdraw(
    struct store *store, const struct scope *scope, uint32_t organisation, uint32_t id, struct failure *failure)
{
	int changed = 1, all = 0;
	enum error error = OK;
	while (!error && changed > 0) {
		struct query query;
		error = query_write(store, scope, NOUN_RELEASE, organisation,
		    "UPDATE shared SET withdrawn = 1, number = " NEXT " WHERE id = (SELECT id FROM shared WHERE"
		    " organisation = :organisation AND withdrawn = 0 AND (:id = 0 OR id = :id) LIMIT 1)",
		    &query, failure);
		if (error)
			return error;
		bind_integer(&query, ":organisation", organisation);
		bind_integer(&query, ":id", id);
		error = withdraw_next(&query, &changed);
		all += changed;
	}
	if (!error && id && all == 0)
		return fail(failure, ERROR_NOT_FOUND, "there is no such thing");
	return error;
}

enum error store_shared_expire(struct store *store, const struct scope *scope, nanoseconds now, struct failure *failure)
{
	int changed = 1;
	enum error error = OK;
	while (!error && changed > 0) {
		struct query query;
		error = query_write(store, scope, NOUN_RELEASE, 0,
		    "UPDATE shared SET withdrawn = 1, number = " NEXT " WHERE id = (SELECT id FROM shared WHERE"
		    " withdrawn = 0 AND until > 0 AND until <= :now LIMIT 1)",
		    &query, failure);
		if (error)
			return error;
		bind_integer(&query, ":now", now);
		error = withdraw_next(&query, &changed);
	}
	return error;
}

enum error store_shared_stop(struct store *store, const struct scope *scope, uint32_t organisation, bool stop,
    nanoseconds now, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	struct uuid account = subject ? subject->account : (struct uuid){ 0 };
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, organisation,
	    stop ? "INSERT INTO shared_stop (organisation, account, since) VALUES (:organisation, :account, :now) ON "
		   "CONFLICT"
		   " DO NOTHING"
		 : "DELETE FROM shared_stop WHERE organisation = :organisation",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	if (stop) {
		bind_blob(&query, ":account", account.bytes, 16);
		bind_integer(&query, ":now", now);
	}
	error = query_run(&query, NULL);
	if (!error && stop)
		error = store_shared_withdraw(store, scope, organisation, 0, failure);
	return error ? error
		     : log_change(store, scope, stop ? "shared.stop" : "shared.go", "", organisation, "", failure);
}

/* ── reads ─ */

enum error store_shared_get(struct store *store, const struct scope *scope, uint32_t id, struct shared *shared,
    struct arena *arena, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE id = :id AND {community}", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":id", id);
	error = query_one(&query, "shared");
	if (error)
		return error;
	*shared = read_row(&query);
	shared->item = arena_text(arena, shared->item);
	shared->body = arena_text(arena, shared->body);
	query_release(&query);
	return shared->body.at ? OK : fail(failure, ERROR_MEMORY, "no memory for an indicator");
}

enum error store_shared_stopped(struct store *store, uint32_t organisation, bool *stopped, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_own(store, "SELECT 1 FROM shared_stop WHERE organisation = :organisation", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	error = query_step(&query);
	*stopped = error == OK;
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_shared_since(struct store *store, const struct scope *scope, uint64_t since, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE number > :since AND {community} ORDER BY number LIMIT :limit", &query,
	    failure);
	if (error)
		return error;
	bind_integer(&query, ":since", (int64_t)since);
	bind_integer(&query, ":limit", limit);
	return walk(&query, each, context);
}

enum error store_shared_waiting(struct store *store, const struct scope *scope, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE number IS NULL AND withdrawn = 0 AND {scope} AND {community}"
	    " ORDER BY id LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":limit", limit);
	return walk(&query, each, context);
}

enum error store_shared_same(struct store *store, uint32_t community, struct text body,
    void (*each)(void *, uint32_t organisation, struct uuid account), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT organisation, account FROM shared WHERE community = :community AND body = :body AND withdrawn = 0"
	    " ORDER BY id LIMIT 16",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", community);
	bind_text(&query, ":body", body);
	while ((error = query_step(&query)) == OK)
		each(context, (uint32_t)column_integer(&query, 0), column_uuid(&query, 1));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static enum error one_count(struct query *query, uint64_t *count)
{
	enum error error = query_one(query, "shared");
	if (error)
		return error;
	*count = column_count(query, 0);
	query_release(query);
	return OK;
}

enum error store_shared_last(struct store *store, uint64_t *number, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "SELECT coalesce(max(number), 0) FROM shared", &query, failure);
	return error ? error : one_count(&query, number);
}

enum error store_shared_rate(
    struct store *store, uint32_t organisation, nanoseconds since, uint64_t *count, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT count(*) FROM shared WHERE organisation = :organisation AND given > :since", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":since", since);
	return one_count(&query, count);
}

void shared_write_line(const struct shared *shared, struct builder *to)
{
	build_format(to, "{\"number\":%" PRIu64 ",\"id\":%u", shared->number, shared->id);
	if (!shared->withdrawn) {
		build_format(to, ",\"action\":\"%s\",\"values\":", action_words[shared->action]);
		build_text(to, shared->body);
	}
	build_text(to, TEXT("}\n"));
}
