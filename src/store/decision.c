/*
 * Standing decisions: alerts that match one leave as noise with it as the reason, until it ends or is withdrawn.
 */
#include "store/query.h"

#define FIELDS                                                                                                         \
	"id, organisation, detector, signature, host, account, source, source_length, reason, author, created, "       \
	"expires, review,"                                                                                             \
	" hits, last_hit, withdrawn, event, version"

static void take(struct query *query, struct decision *decision)
{
	*decision =
	    (struct decision){ .id = column_uuid(query, 0), .organisation = (uint32_t)column_integer(query, 1) };
	column_string(query, 2, decision->detector, sizeof decision->detector);
	column_string(query, 3, decision->signature, sizeof decision->signature);
	column_string(query, 4, decision->host, sizeof decision->host);
	column_string(query, 5, decision->account, sizeof decision->account);
	column_bytes(query, 6, decision->source.address.bytes, sizeof decision->source.address.bytes);
	decision->source.length = (uint8_t)column_integer(query, 7);
	column_string(query, 8, decision->reason, sizeof decision->reason);
	decision->author = column_uuid(query, 9);
	decision->created = column_integer(query, 10);
	decision->expires = column_integer(query, 11);
	decision->review = column_integer(query, 12);
	decision->hits = column_count(query, 13);
	decision->last_hit = column_integer(query, 14);
	decision->withdrawn = column_integer(query, 15) != 0;
	decision->event = column_uuid(query, 16);
	decision->version = column_count(query, 17);
}

static enum error insert(
    struct store *store, const struct scope *scope, struct decision *decision, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_DECISION, decision->organisation,
	    "INSERT INTO decision (" FIELDS
	    ") VALUES (:id, :organisation, :detector, :signature, :host, :account, :source,"
	    " :source_length, :reason, :author, :created, :expires, :review, 0, 0, :withdrawn, :event, 1)",
	    &query, failure);
	if (error)
		return error;
	decision->id = uuid_random();
	bind_uuid(&query, ":id", &decision->id);
	bind_integer(&query, ":organisation", decision->organisation);
	bind_string(&query, ":detector", decision->detector);
	bind_string(&query, ":signature", decision->signature);
	bind_string(&query, ":host", decision->host);
	bind_string(&query, ":account", decision->account);
	bind_blob(&query, ":source", decision->source.address.bytes, sizeof decision->source.address.bytes);
	bind_integer(&query, ":source_length", decision->source.length);
	bind_string(&query, ":reason", decision->reason);
	bind_uuid(&query, ":author", &decision->author);
	bind_integer(&query, ":created", decision->created);
	bind_integer(&query, ":expires", decision->expires);
	bind_integer(&query, ":review", decision->review);
	bind_integer(&query, ":withdrawn", decision->withdrawn);
	bind_uuid(&query, ":event", &decision->event);
	error = query_run(&query, NULL);
	if (!error)
		decision->version = 1;
	return error;
}

/* What a decision matches, by whom and why never changes: a different one is a new one, so that old verdicts stay true.
 */
static enum error update(
    struct store *store, const struct scope *scope, struct decision *decision, struct failure *failure)
{
	struct decision present;
	enum error error = store_decision_get(store, scope, decision->id, &present, failure);
	if (error)
		return error;
	if (decision->version != present.version)
		return fail(failure, ERROR_CONFLICT, "the decision was changed by somebody else: read it again");
	struct query query;
	error = query_write(store, scope, NOUN_DECISION, present.organisation,
	    "UPDATE decision SET expires = :expires, review = :review, withdrawn = max(withdrawn, :withdrawn),"
	    " version = version + 1 WHERE id = :id",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &decision->id);
	bind_integer(&query, ":expires", decision->expires);
	bind_integer(&query, ":review", decision->review);
	bind_integer(&query, ":withdrawn", decision->withdrawn);
	error = query_run(&query, NULL);
	if (!error)
		decision->version++;
	return error;
}

enum error store_decision_put(
    struct store *store, const struct scope *scope, struct decision *decision, struct failure *failure)
{
	const char *problem = decision->withdrawn ? NULL : decision_problem(decision);
	if (problem)
		return fail(failure, ERROR_INPUT, "%s", problem);
	bool is_new = uuid_is_nil(decision->id);
	enum error error = is_new ? insert(store, scope, decision, failure) : update(store, scope, decision, failure);
	if (error)
		return error;
	char object[UUID_TEXT]; /* and not the reason, which tells of contents */
	return log_change(store, scope,
	    decision->withdrawn ? "decision.withdraw"
	    : is_new            ? "decision.new"
				: "decision.change",
	    uuid_format(decision->id, object), decision->organisation, "", failure);
}

enum error store_decision_get(
    struct store *store, const struct scope *scope, struct uuid id, struct decision *decision, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_DECISION, "SELECT " FIELDS " FROM decision WHERE {scope} AND id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "decision");
	if (error)
		return error;
	take(&query, decision);
	query_release(&query);
	return OK;
}

enum error store_decision_each(struct store *store, const struct scope *scope, bool standing_only, struct page *page,
    void (*each)(void *, const struct decision *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_DECISION, &cursor, failure);
	page->next[0] = 0;
	if (!error)
		error = query_read(store, scope, NOUN_DECISION,
		    "SELECT " FIELDS " FROM decision WHERE {scope} AND (:all OR (withdrawn = 0 AND expires > :now))"
		    " AND (:first_page OR created < :key OR (created = :key AND id > :after))"
		    " ORDER BY created DESC, id LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":all", !standing_only);
	bind_integer(&query, ":now", time_now());
	bind_integer(&query, ":first_page", cursor.none);
	bind_integer(&query, ":key", cursor.key);
	bind_blob(&query, ":after", cursor.id.bytes, sizeof cursor.id.bytes);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct decision decision = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		take(&query, &decision);
		each(context, &decision);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_DECISION, decision.created, decision.id);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_decision_hit(struct store *store, const struct scope *scope, struct uuid id, uint64_t hits,
    nanoseconds last, struct failure *failure)
{
	struct decision decision;
	enum error error = store_decision_get(store, scope, id, &decision, failure);
	struct query query;
	if (!error)
		error = query_write(store, scope, NOUN_DECISION, decision.organisation,
		    "UPDATE decision SET hits = hits + :hits, last_hit = max(last_hit, :last) WHERE id = :id", &query,
		    failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	bind_integer(&query, ":hits", (int64_t)hits);
	bind_integer(&query, ":last", last);
	return query_run(&query, NULL);
}
