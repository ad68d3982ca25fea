/*
 * Small values of the program itself (checkpoints, keys), and the answers kept for repeated POSTs (Idempotency-Key).
 */
#include "store/query.h"

enum error store_value_put(struct store *store, const char *key, struct text value, struct failure *failure)
{
	bool own_transaction = !store->in_transaction;
	enum error error = own_transaction ? store_begin(store, failure) : OK;
	if (error)
		return error;
	struct query query;
	error = query_own(store,
	    "INSERT INTO value (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = "
	    "excluded.value",
	    &query, failure);
	if (!error) {
		bind_string(&query, ":key", key);
		bind_blob(&query, ":value", value.at, value.size);
		error = query_run(&query, NULL);
	}
	if (!own_transaction)
		return error;
	if (!error)
		return store_commit(store, failure);
	store_rollback(store);
	return error;
}

enum error store_value_get(
    struct store *store, const char *key, struct arena *arena, struct text *value, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "SELECT value FROM value WHERE key = :key", &query, failure);
	if (error)
		return error;
	bind_string(&query, ":key", key);
	error = query_one(&query, "value");
	if (error)
		return error;
	*value = arena_text(arena, column_text(&query, 0));
	query_release(&query);
	return value->at ? OK : fail(failure, ERROR_MEMORY, "value %s: no memory", key);
}

/* Keys are the caller's own: nobody meets the answer to another's request. */
static enum error who_asks(const struct scope *scope, struct uuid *who, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	if (!subject)
		return fail(failure, ERROR_DENIED, "only requests of an account have a key");
	*who = subject->account;
	return OK;
}

enum error store_answer_find(struct store *store, const struct scope *scope, struct text key, nanoseconds now,
    struct arena *arena, uint16_t *status, struct text *body, struct failure *failure)
{
	struct uuid who;
	struct query query;
	enum error error = who_asks(scope, &who, failure);
	if (!error)
		error = query_own(store,
		    "SELECT status, body FROM answer WHERE who = :who AND key = :key AND expires > :now", &query,
		    failure);
	if (error)
		return error;
	bind_uuid(&query, ":who", &who);
	bind_text(&query, ":key", key);
	bind_integer(&query, ":now", now);
	error = query_one(&query, "answer");
	if (error)
		return error;
	*status = (uint16_t)column_integer(&query, 0);
	*body = arena_text(arena, column_text(&query, 1));
	query_release(&query);
	return body->at ? OK : fail(failure, ERROR_MEMORY, "answer: no memory");
}

enum error store_answer_put(struct store *store, const struct scope *scope, struct text key, uint16_t status,
    struct text body, nanoseconds now, nanoseconds expires, struct failure *failure)
{
	struct uuid who;
	struct query query;
	enum error error = who_asks(scope, &who, failure);
	if (!error && !store->in_transaction)
		error = fail(failure, ERROR_USAGE, "state store: a change outside a transaction");
	if (!error)
		error = query_own(store, "DELETE FROM answer WHERE expires <= :now", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":now", now);
	error = query_run(&query, NULL);
	if (!error)
		error = query_own(store,
		    "INSERT INTO answer (who, key, status, body, expires) VALUES (:who, :key, :status, :body, "
		    ":expires)",
		    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":who", &who);
	bind_text(&query, ":key", key);
	bind_integer(&query, ":status", status);
	bind_blob(&query, ":body", body.at, body.size);
	bind_integer(&query, ":expires", expires);
	return query_run(&query, NULL);
}
