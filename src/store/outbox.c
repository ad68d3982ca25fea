/*
 * The outbox (rule 7): messages that committed changes caused. Whoever changes something puts the message in the same
 * transaction; the bus takes what is due and says when it is done.
 */
#include "store/query.h"

enum error store_outbox_put(
    struct store *store, const char *topic, struct text body, nanoseconds not_before, struct failure *failure)
{
	if (!store->in_transaction)
		return fail(failure, ERROR_USAGE, "outbox: a message goes into the transaction of its cause");
	struct query query;
	enum error error = query_own(store,
	    "INSERT INTO outbox (topic, body, not_before, tries) VALUES (:topic, :body, :not_before, 0)", &query,
	    failure);
	if (error)
		return error;
	bind_string(&query, ":topic", topic);
	bind_blob(&query, ":body", body.at, body.size);
	bind_integer(&query, ":not_before", not_before);
	return query_run(&query, NULL);
}

/* Messages hold what any organisation is told: only background work that delivers may take them. */
static enum error only_background(const struct scope *scope, struct failure *failure)
{
	return scope_is_background(scope) ? OK : fail(failure, ERROR_DENIED, "the outbox is for background work");
}

enum error store_outbox_due(struct store *store, const struct scope *scope, nanoseconds now, uint32_t limit,
    struct arena *arena, void (*each)(void *, const struct outbox_message *), void *context, struct failure *failure)
{
	enum error error = only_background(scope, failure);
	struct query query;
	if (!error)
		error = query_read(store, scope, NOUN_NOTICE,
		    "SELECT number, topic, body, not_before, tries FROM outbox WHERE {scope} AND not_before <= :now"
		    " ORDER BY not_before, number LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":now", now);
	bind_integer(&query, ":limit", limit);
	while ((error = query_step(&query)) == OK) {
		struct outbox_message message = { .number = column_count(&query, 0) };
		column_string(&query, 1, message.topic, sizeof message.topic);
		message.body = arena_text(arena, column_text(&query, 2));
		message.not_before = column_integer(&query, 3);
		message.tries = (uint32_t)column_integer(&query, 4);
		if (!message.body.at) {
			error = fail(failure, ERROR_MEMORY, "outbox: no memory");
			break;
		}
		each(context, &message);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_outbox_done(struct store *store, const struct scope *scope, uint64_t number, struct failure *failure)
{
	enum error error = only_background(scope, failure);
	struct query query;
	if (!error)
		error = query_write(
		    store, scope, NOUN_NOTICE, 0, "DELETE FROM outbox WHERE number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", (int64_t)number);
	return query_run(&query, NULL);
}

enum error store_outbox_retry(
    struct store *store, const struct scope *scope, uint64_t number, nanoseconds not_before, struct failure *failure)
{
	enum error error = only_background(scope, failure);
	struct query query;
	if (!error)
		error = query_write(store, scope, NOUN_NOTICE, 0,
		    "UPDATE outbox SET not_before = :not_before, tries = tries + 1 WHERE number = :number", &query,
		    failure);
	if (error)
		return error;
	bind_integer(&query, ":number", (int64_t)number);
	bind_integer(&query, ":not_before", not_before);
	return query_run(&query, NULL);
}
