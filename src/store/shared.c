/*
 * What is shared with sensors (store/shared.h).
 */
#include "store/shared.h"

#include "store/query.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const action_words[] = { "observe", "alert", "block" };

#define COLUMNS                                                                                                        \
	"id, community, organisation, item, coalesce(number, 0), withdrawn, asked, action, whys, until, given, "       \
	"account, body, held, begins, version, released, waits"
#define LIVE "(withdrawn = 0 OR waits = 1)"
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
		.body = column_text(query, 12),
		.held = column_integer(query, 13) != 0,
		.begins = column_integer(query, 14),
		.version = column_integer(query, 15),
		.released = column_uuid(query, 16),
		.waits = column_integer(query, 17) != 0 };
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
	enum error error = query_write(store, scope, NOUN_RELEASE, shared->organisation,
	    "INSERT INTO shared (community, organisation, item, number, withdrawn, asked, action, whys, until, given,"
	    " account, body, held, begins, version, released, waits) VALUES (:community, :organisation, :item,"
	    " CASE WHEN :travels THEN " NEXT " END, NOT :travels, :asked, :action, :whys, :until, :given, :account,"
	    " :body, :held, :begins, :version, :released, NOT :travels) ON CONFLICT (organisation, item, community) DO "
	    "UPDATE SET"
	    /* what travelled is told that it does not any more */
	    " number = CASE WHEN :travels OR NOT shared.withdrawn THEN " NEXT " ELSE shared.number END,"
	    " withdrawn = NOT :travels, waits = NOT :travels, asked = excluded.asked, action = excluded.action,"
	    " whys = excluded.whys, until = excluded.until, given = excluded.given, account = excluded.account,"
	    " body = excluded.body, held = excluded.held, begins = excluded.begins, version = excluded.version,"
	    " released = excluded.released RETURNING id, coalesce(number, 0)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", shared->community);
	bind_integer(&query, ":organisation", shared->organisation);
	bind_text(&query, ":item", shared->item);
	bind_integer(&query, ":travels", travels);
	bind_integer(&query, ":asked", shared->asked);
	bind_integer(&query, ":action", shared->action);
	bind_integer(&query, ":whys", shared->whys);
	bind_integer(&query, ":until", shared->until);
	bind_integer(&query, ":given", shared->given);
	bind_blob(&query, ":account", shared->account.bytes, sizeof shared->account.bytes);
	bind_text(&query, ":body", shared->body);
	bind_integer(&query, ":held", shared->held);
	bind_integer(&query, ":begins", shared->begins);
	bind_integer(&query, ":version", shared->version);
	bind_uuid(&query, ":released", &shared->released);
	error = query_one(&query, "shared");
	if (error)
		return error;
	shared->id = (uint32_t)column_integer(&query, 0);
	shared->number = column_count(&query, 1);
	query_release(&query);
	return OK;
}

/* Each that travelled gets a number of its own; of what waited nobody was told. Of the next SHARED_SLICE rows of the
 * condition. */
#define WITHDRAW(condition)                                                                                            \
	"UPDATE shared SET withdrawn = 1, waits = 0, held = held OR :held,"                                            \
	" number = CASE WHEN shared.withdrawn THEN shared.number ELSE next.number END"                                 \
	" FROM (SELECT id, (SELECT coalesce(max(number), 0) FROM shared) + row_number() OVER () AS number"             \
	" FROM (SELECT id FROM shared WHERE " condition " LIMIT :limit)) AS next"                                      \
	" WHERE shared.id = next.id"

static enum error withdraw(struct query *query, bool held, uint64_t *withdrawn, bool *more)
{
	int changed = 0;
	bind_integer(query, ":held", held);
	bind_integer(query, ":limit", SHARED_SLICE);
	enum error error = query_run(query, &changed);
	*withdrawn = (uint64_t)changed;
	*more = changed == (int)SHARED_SLICE;
	return error;
}

enum error store_shared_withdraw(struct store *store, const struct scope *scope, const struct shared_meant *meant,
    uint64_t *withdrawn, bool *more, struct failure *failure)
{
	static const char one[] = WITHDRAW(LIVE " AND organisation = :organisation AND id = :id"),
			  named[] = WITHDRAW(LIVE " AND organisation = :organisation AND item = :item"
						  " AND (:version = 0 OR version = :version)"
						  " AND (:community = 0 OR community = :community)"),
			  all[] = WITHDRAW(LIVE " AND organisation = :organisation");
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, meant->organisation,
	    meant->id          ? one
	    : meant->item.size ? named
			       : all,
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", meant->organisation);
	if (meant->id)
		bind_integer(&query, ":id", meant->id);
	else if (meant->item.size) {
		bind_text(&query, ":item", meant->item);
		bind_integer(&query, ":version", meant->version);
		bind_integer(&query, ":community", meant->community);
	}
	return withdraw(&query, meant->held, withdrawn, more);
}

enum error store_shared_expire(
    struct store *store, const struct scope *scope, nanoseconds now, bool *more, struct failure *failure)
{
	/* apart: each has an index of its own */
	static const char standing[] = WITHDRAW("withdrawn = 0 AND until > 0 AND until <= :now"),
			  waiting[] = WITHDRAW("waits = 1 AND until > 0 AND until <= :now");
	const char *const both[] = { standing, waiting };
	enum error error = OK;
	*more = false;
	for (int i = 0; i < 2 && !error; i++) {
		struct query query;
		uint64_t withdrawn;
		bool further = false;
		error = query_write(store, scope, NOUN_RELEASE, 0, both[i], &query, failure);
		if (error)
			break;
		bind_integer(&query, ":now", now);
		error = withdraw(&query, false, &withdrawn, &further);
		*more |= further;
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
	return error ? error
		     : log_change(store, scope, stop ? "shared.stop" : "shared.go", "", organisation, "", failure);
}

/* ── reads ─ */

static enum error one_row(struct query *query, struct shared *shared, struct arena *arena)
{
	enum error error = query_one(query, "shared");
	if (error)
		return error;
	*shared = read_row(query);
	shared->item = arena_text(arena, shared->item);
	shared->body = arena_text(arena, shared->body);
	query_release(query);
	return shared->body.at && shared->item.at ? OK
						  : fail(query->failure, ERROR_MEMORY, "no memory for an indicator");
}

enum error store_shared_get(struct store *store, const struct scope *scope, uint32_t id, struct shared *shared,
    struct arena *arena, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE id = :id AND {community}", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":id", id);
	return one_row(&query, shared, arena);
}

enum error store_shared_find(struct store *store, const struct scope *scope, uint32_t organisation, struct text item,
    uint32_t community, struct shared *shared, struct arena *arena, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE {scope} AND organisation = :organisation AND item = :item"
	    " AND community = :community",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_text(&query, ":item", item);
	bind_integer(&query, ":community", community);
	return one_row(&query, shared, arena);
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

static enum error since_of_all(struct store *store, const struct scope *scope, uint64_t since, unsigned limit,
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

/* The numbers of one community alone: a walk over neighbours in an index, however many others there are. */
static enum error take_numbers(struct store *store, uint32_t community, uint64_t since, unsigned limit,
    uint64_t *numbers, size_t *count, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT number FROM shared WHERE community = :community AND number > :since ORDER BY number LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", community);
	bind_integer(&query, ":since", (int64_t)since);
	bind_integer(&query, ":limit", limit);
	while ((error = query_step(&query)) == OK)
		numbers[(*count)++] = column_count(&query, 0);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return left < right ? -1 : left > right;
}

static enum error each_numbered(struct store *store, const uint64_t *numbers, size_t count,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < count && !error; i++) {
		struct query query;
		error = query_own(store, "SELECT " COLUMNS " FROM shared WHERE number = :number", &query, failure);
		if (error)
			break;
		bind_integer(&query, ":number", (int64_t)numbers[i]);
		error = walk(&query, each, context);
	}
	return error;
}

enum error store_shared_since(struct store *store, const struct scope *scope, uint64_t since, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	size_t community_count, count = 0;
	const uint32_t *communities = scope_communities(scope, &community_count);
	enum error error = OK;
	if (scope_covers_all_communities(scope) || !scope_reads(scope, NOUN_RELEASE))
		return since_of_all(store, scope, since, limit, each, context, failure);
	uint64_t *numbers = malloc((2 * (size_t)limit + 1) * sizeof *numbers);
	if (!numbers)
		return fail(failure, ERROR_MEMORY, "no memory for what changed");
	for (size_t i = 0; i < community_count && !error; i++) {
		error = take_numbers(store, communities[i], since, limit, numbers, &count, failure);
		if (count > limit || i + 1 == community_count) { /* no more than the first of them are wanted */
			if (count > 0)
				qsort(numbers, count, sizeof *numbers, compare_numbers);
			count = count < limit ? count : limit;
		}
	}
	if (!error)
		error = each_numbered(store, numbers, count, each, context, failure);
	free(numbers);
	return error;
}

enum error store_shared_waiting(struct store *store, const struct scope *scope, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE waits = 1 AND {scope} AND {community}"
	    " ORDER BY id LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":limit", limit);
	return walk(&query, each, context);
}

enum error store_shared_of_item(struct store *store, const struct scope *scope, uint32_t organisation, struct text item,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE {scope} AND organisation = :organisation AND item = :item"
	    " AND " LIVE " ORDER BY community",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_text(&query, ":item", item);
	return walk(&query, each, context);
}

enum error store_shared_named(struct store *store, const struct scope *scope, struct text item, uint32_t community,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE {scope} AND item = :item AND community = :community ORDER BY id"
	    " LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":item", item);
	bind_integer(&query, ":community", community);
	bind_integer(&query, ":limit", SHARED_VOICES);
	return walk(&query, each, context);
}

enum error store_shared_due(struct store *store, const struct scope *scope, nanoseconds now, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " COLUMNS " FROM shared WHERE {scope} AND waits = 1 AND begins > 0 AND begins <= :now"
	    " ORDER BY begins LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":now", now);
	bind_integer(&query, ":limit", limit);
	return walk(&query, each, context);
}

enum error store_shared_standing(struct store *store, const struct scope *scope, bool blocks, uint32_t after,
    unsigned limit, void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	static const char all[] = "SELECT " COLUMNS " FROM shared WHERE {scope} AND id > :after AND withdrawn = 0"
				  " ORDER BY id LIMIT :limit",
			  some[] = "SELECT " COLUMNS " FROM shared WHERE {scope} AND id > :after AND withdrawn = 0"
				   " AND action = 2 ORDER BY id LIMIT :limit";
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE, blocks ? some : all, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":after", after);
	bind_integer(&query, ":limit", limit);
	return walk(&query, each, context);
}

enum error store_shared_same(struct store *store, uint32_t community, struct text body,
    void (*each)(void *, const struct shared *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT " COLUMNS " FROM shared WHERE community = :community AND body = :body AND withdrawn = 0"
	    " ORDER BY id LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", community);
	bind_text(&query, ":body", body);
	bind_integer(&query, ":limit", SHARED_VOICES);
	return walk(&query, each, context);
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

enum error store_shared_stopping(struct store *store, uint32_t *organisation, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT organisation FROM shared_stop AS stop WHERE EXISTS (SELECT 1 FROM shared WHERE"
	    " shared.organisation = stop.organisation AND " LIVE ") LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	error = query_step(&query);
	*organisation = error == OK ? (uint32_t)column_integer(&query, 0) : 0;
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_shared_given(struct store *store, uint32_t community, uint32_t organisation, nanoseconds since,
    void (*each)(void *, unsigned minute, uint64_t count), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT (given - :since) / 60000000000 AS minute, count(*) FROM shared WHERE organisation = :organisation"
	    " AND given > :since AND community = :community AND number IS NOT NULL GROUP BY minute",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":community", community);
	bind_integer(&query, ":since", since);
	while ((error = query_step(&query)) == OK)
		each(context, (unsigned)column_integer(&query, 0), column_count(&query, 1));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_shared_waiting_count(
    struct store *store, uint32_t organisation, unsigned most, uint64_t *count, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT count(*) FROM (SELECT 1 FROM shared WHERE organisation = :organisation AND waits = 1"
	    " LIMIT :most)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":most", most);
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
