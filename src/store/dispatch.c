/*
 * Dispatches, and the years of reach tests that other programs counted. Of the centre alone: what a member may see of a
 * dispatch is its own recipient (recipient.c).
 */
#include "store/dispatch.h"
#include "store/query.h"

#include <stdio.h>

#define FIELDS                                                                                                         \
	"number, id, kind, direction, pass, state, tlp, list, subject_ja, subject_en, body_ja, body_en, questions, "   \
	"author, proposed_by, approved_by, created, started, closed, within, recipients, version, "                    \
	"community, timing, tags"
#define FROM " FROM (SELECT *, 0 AS organisation FROM dispatch)"

static bool take(struct query *query, struct arena *arena, struct dispatch *dispatch)
{
	*dispatch = (struct dispatch){ .number = column_count(query, 0),
		.id = column_uuid(query, 1),
		.kind = (enum dispatch_kind)column_integer(query, 2),
		.direction = (enum dispatch_direction)column_integer(query, 3),
		.pass = (enum dispatch_pass)column_integer(query, 4),
		.state = (enum dispatch_state)column_integer(query, 5),
		.tlp = (enum tlp)column_integer(query, 6),
		.body_ja = arena_string(arena, column_text(query, 10)),
		.body_en = arena_string(arena, column_text(query, 11)),
		.questions = arena_string(arena, column_text(query, 12)),
		.author = column_uuid(query, 13),
		.proposed_by = column_uuid(query, 14),
		.approved_by = column_uuid(query, 15),
		.created = column_integer(query, 16),
		.started = column_integer(query, 17),
		.closed = column_integer(query, 18),
		.within = column_integer(query, 19),
		.recipients = (uint32_t)column_integer(query, 20),
		.version = column_count(query, 21),
		.community = (uint32_t)column_integer(query, 22),
		.timing = (enum dispatch_timing)column_integer(query, 23) };
	column_string(query, 24, dispatch->tags, sizeof dispatch->tags);
	column_string(query, 7, dispatch->list, sizeof dispatch->list);
	column_string(query, 8, dispatch->subject_ja, sizeof dispatch->subject_ja);
	column_string(query, 9, dispatch->subject_en, sizeof dispatch->subject_en);
	return dispatch->body_ja && dispatch->body_en && dispatch->questions;
}

static enum error bind_and_run(struct query *query, const struct dispatch *dispatch, int *changed)
{
	bind_uuid(query, ":id", &dispatch->id);
	bind_integer(query, ":kind", dispatch->kind);
	bind_integer(query, ":direction", dispatch->direction);
	bind_integer(query, ":pass", dispatch->pass);
	bind_integer(query, ":state", dispatch->state);
	bind_integer(query, ":tlp", dispatch->tlp);
	bind_string(query, ":list", dispatch->list);
	bind_string(query, ":subject_ja", dispatch->subject_ja);
	bind_string(query, ":subject_en", dispatch->subject_en);
	bind_string(query, ":body_ja", dispatch->body_ja);
	bind_string(query, ":body_en", dispatch->body_en);
	bind_string(query, ":questions", dispatch->questions);
	bind_uuid(query, ":author", &dispatch->author);
	bind_uuid(query, ":proposed_by", &dispatch->proposed_by);
	bind_uuid(query, ":approved_by", &dispatch->approved_by);
	bind_integer(query, ":created", dispatch->created);
	bind_integer(query, ":started", dispatch->started);
	bind_integer(query, ":closed", dispatch->closed);
	bind_integer(query, ":within", dispatch->within);
	bind_integer(query, ":recipients", dispatch->recipients);
	bind_integer(query, ":version", (int64_t)dispatch->version);
	bind_integer(query, ":community", dispatch->community);
	bind_integer(query, ":timing", dispatch->timing);
	bind_string(query, ":tags", dispatch->tags);
	return query_run(query, changed);
}

static enum error log_it(
    struct store *store, const struct scope *scope, const struct dispatch *dispatch, struct failure *failure)
{
	char what[32], object[UUID_TEXT];
	snprintf(what, sizeof what, "dispatch.%s", dispatch_state_code(dispatch->state));
	return log_change(
	    store, scope, what, uuid_format(dispatch->id, object), 0, dispatch_kind_code(dispatch->kind), failure);
}

enum error store_dispatch_put(
    struct store *store, const struct scope *scope, struct dispatch *dispatch, struct failure *failure)
{
	struct query query;
	int changed = 0;
	bool new = uuid_is_nil(dispatch->id);
	enum error error = query_write(store, scope, NOUN_NOTICE, 0,
	    new ? "INSERT INTO dispatch (id, kind, direction, pass, state, tlp, list, subject_ja, subject_en, body_ja,"
		  " body_en, questions, author, proposed_by, approved_by, created, started, closed, within, recipients,"
		  " version, community, timing, tags) VALUES (:id, :kind, :direction, :pass, :state, :tlp, :list, "
		  ":subject_ja, :subject_en,"
		  " :body_ja, :body_en, :questions, :author, :proposed_by, :approved_by, :created, :started, :closed,"
		  " :within, :recipients, :version + 1, :community, :timing, :tags)"
		: "UPDATE dispatch SET kind = :kind, direction = :direction, pass = :pass, state = :state, tlp = :tlp,"
		  " list = :list, subject_ja = :subject_ja, subject_en = :subject_en, body_ja = :body_ja,"
		  " body_en = :body_en, questions = :questions, author = :author, proposed_by = :proposed_by,"
		  " approved_by = :approved_by, created = :created, started = :started, closed = :closed,"
		  " within = :within, recipients = :recipients, version = version + 1,"
		  " community = :community, timing = :timing, tags = :tags"
		  " WHERE id = :id AND version = :version",
	    &query, failure);
	if (error)
		return error;
	if (new) {
		dispatch->id = uuid_random();
		dispatch->version = 0;
	}
	error = bind_and_run(&query, dispatch, &changed);
	if (!error && changed == 0)
		error = fail(failure, ERROR_CONFLICT, "somebody else changed it meanwhile: read it again");
	if (error)
		return error;
	if (new)
		dispatch->number = (uint64_t)sqlite3_last_insert_rowid(store->database);
	dispatch->version++;
	return log_it(store, scope, dispatch, failure);
}

static enum error get(
    struct store *store, struct query *query, struct arena *arena, struct dispatch *dispatch, struct failure *failure)
{
	(void)store;
	enum error error = query_one(query, "dispatch");
	if (error)
		return error;
	bool taken = take(query, arena, dispatch);
	query_release(query);
	return taken ? OK : fail(failure, ERROR_MEMORY, "dispatch: no memory");
}

enum error store_dispatch_get(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    struct dispatch *dispatch, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_read(store, scope, NOUN_NOTICE, "SELECT " FIELDS FROM " WHERE {scope} AND id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	return get(store, &query, arena, dispatch, failure);
}

enum error store_dispatch_of(struct store *store, const struct scope *scope, uint64_t number, struct arena *arena,
    struct dispatch *dispatch, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_NOTICE, "SELECT " FIELDS FROM " WHERE {scope} AND number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", (int64_t)number);
	return get(store, &query, arena, dispatch, failure);
}

enum error store_dispatch_each(struct store *store, const struct scope *scope, bool running, struct page *page,
    struct arena *arena, void (*each)(void *, const struct dispatch *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_DISPATCH, &cursor, failure);
	page->next[0] = 0;
	if (!error && running)
		error = query_read(store, scope, NOUN_NOTICE,
		    "SELECT " FIELDS FROM " WHERE {scope} AND state = 2 AND number < :after ORDER BY number DESC LIMIT "
		    ":limit",
		    &query, failure);
	else if (!error)
		error = query_read(store, scope, NOUN_NOTICE,
		    "SELECT " FIELDS FROM " WHERE {scope} AND number < :after ORDER BY number DESC LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	struct dispatch dispatch = { 0 };
	bind_integer(&query, ":after", cursor.none ? INT64_MAX : cursor.key);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	while ((error = query_step(&query)) == OK && shown < limit) {
		if (!take(&query, arena, &dispatch)) {
			error = fail(failure, ERROR_MEMORY, "dispatches: no memory");
			break;
		}
		each(context, &dispatch);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_DISPATCH, (int64_t)dispatch.number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_dispatch_counts(struct store *store, const struct scope *scope, nanoseconds from, nanoseconds to,
    void (*each)(void *, enum dispatch_kind, bool japanese, bool english, uint64_t count), void *context,
    struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT kind, subject_ja <> '', subject_en <> '', count(*) FROM (SELECT *, 0 AS organisation FROM dispatch)"
	    " WHERE {scope} AND started >= :from AND started < :to AND state IN (2, 3) GROUP BY 1, 2, 3 ORDER BY 1, 2, "
	    "3",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":from", from > 0 ? from : 1);
	bind_integer(&query, ":to", to);
	while ((error = query_step(&query)) == OK)
		each(context, (enum dispatch_kind)column_integer(&query, 0), column_integer(&query, 1),
		    column_integer(&query, 2), column_count(&query, 3));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* ── years ─ */

enum error store_reach_year_put(
    struct store *store, const struct scope *scope, const struct reach_year *year, bool add, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NOTICE, 0,
	    "INSERT INTO reach_year (year, direction, tier, addressed, reached)"
	    " VALUES (:year, :direction, :tier, :addressed, :reached) ON CONFLICT (year, direction, tier) DO UPDATE SET"
	    " addressed = addressed * :add + :addressed, reached = reached * :add + :reached",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":add", add);
	bind_integer(&query, ":year", year->year);
	bind_integer(&query, ":direction", year->direction);
	bind_string(&query, ":tier", year->tier);
	bind_integer(&query, ":addressed", (int64_t)year->addressed);
	bind_integer(&query, ":reached", (int64_t)year->reached);
	return query_run(&query, NULL);
}

enum error store_reach_year_each(struct store *store, const struct scope *scope,
    void (*each)(void *, const struct reach_year *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT year, direction, tier, addressed, reached FROM (SELECT *, 0 AS organisation FROM reach_year)"
	    " WHERE {scope} ORDER BY year, direction, tier",
	    &query, failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK) {
		struct reach_year year = { .year = (int)column_integer(&query, 0),
			.direction = (enum dispatch_direction)column_integer(&query, 1),
			.addressed = column_count(&query, 3),
			.reached = column_count(&query, 4) };
		column_string(&query, 2, year.tier, sizeof year.tier);
		each(context, &year);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
