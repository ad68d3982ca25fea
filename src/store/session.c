/*
 * Sessions of people and tokens of programs. Only digests rest here. A session or token belongs to whoever its account
 * or its sensor belongs to, and so does the scope.
 */
#include "store/query.h"

#define SESSION_FIELDS "digest, form_digest, account, created, expires, last_used"
#define SESSION_ROWS "(SELECT s.*, a.organisation AS organisation FROM session s JOIN account a ON a.id = s.account)"
#define TOKEN_FIELDS "id, digest, account, sensor, name, created, expires, last_used, revoked"
#define TOKEN_ROWS                                                                                                     \
	"(SELECT t.*, ifnull(a.organisation, s.organisation) AS organisation FROM token t"                             \
	" LEFT JOIN account a ON a.id = t.account LEFT JOIN sensor s ON s.number = t.sensor)"
#define SELF_OR_SCOPE "({scope} OR account = :self) AND (:self IS NULL OR account = :self)"

static const struct uuid nobody;

static const struct uuid *self_of(const struct scope *scope)
{
	const struct subject *subject = scope_subject(scope);
	return subject && scope_action(scope) == ACTION_SELF ? &subject->account : &nobody;
}

/* Sessions and tokens are written by sign-in (background), by oneself, or by whoever keeps accounts and sensors. */
static enum error may_write(
    struct store *store, const struct scope *scope, const struct uuid *account, bool of_sensor, struct failure *failure)
{
	const struct uuid *self = self_of(scope);
	bool fine = scope_writes(scope, NOUN_ACCOUNT) || (of_sensor && scope_writes(scope, NOUN_SENSOR));
	if (!uuid_is_nil(*self))
		fine = fine && uuid_equal(*self, *account);
	else
		fine = fine && scope_covers_all(scope);
	if (!fine)
		return fail(failure, ERROR_DENIED, "the scope %s does not change this", scope_name(scope));
	if (!store->in_transaction)
		return fail(failure, ERROR_USAGE, "state store: a change outside a transaction");
	return OK;
}

enum error store_session_put(
    struct store *store, const struct scope *scope, const struct session *session, struct failure *failure)
{
	enum error error = may_write(store, scope, &session->account, false, failure);
	struct query query;
	if (!error)
		error = query_own(store,
		    "INSERT INTO session (" SESSION_FIELDS
		    ") VALUES (:digest, :form_digest, :account, :created, :expires, :last_used)"
		    " ON CONFLICT (digest) DO UPDATE SET form_digest = excluded.form_digest, expires = "
		    "excluded.expires,"
		    " last_used = excluded.last_used WHERE account = excluded.account",
		    &query, failure);
	if (error)
		return error;
	bind_blob(&query, ":digest", session->digest, sizeof session->digest);
	bind_blob(&query, ":form_digest", session->form_digest, sizeof session->form_digest);
	bind_uuid(&query, ":account", &session->account);
	bind_integer(&query, ":created", session->created);
	bind_integer(&query, ":expires", session->expires);
	bind_integer(&query, ":last_used", session->last_used);
	return query_run(&query, NULL);
}

enum error store_session_find(struct store *store, const struct scope *scope, const uint8_t digest[32],
    struct session *session, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ACCOUNT,
	    "SELECT " SESSION_FIELDS " FROM " SESSION_ROWS " WHERE " SELF_OR_SCOPE " AND digest = :digest", &query,
	    failure);
	if (error)
		return error;
	bind_uuid(&query, ":self", self_of(scope));
	bind_blob(&query, ":digest", digest, 32);
	error = query_one(&query, "session");
	if (error)
		return error;
	*session = (struct session){ .account = column_uuid(&query, 2),
		.created = column_integer(&query, 3),
		.expires = column_integer(&query, 4),
		.last_used = column_integer(&query, 5) };
	column_bytes(&query, 0, session->digest, sizeof session->digest);
	column_bytes(&query, 1, session->form_digest, sizeof session->form_digest);
	query_release(&query);
	return OK;
}

enum error store_session_remove(
    struct store *store, const struct scope *scope, const uint8_t digest[32], struct failure *failure)
{
	struct session session;
	enum error error = store_session_find(store, scope, digest, &session, failure);
	if (!error)
		error = may_write(store, scope, &session.account, false, failure);
	struct query query;
	if (!error)
		error = query_own(store, "DELETE FROM session WHERE digest = :digest", &query, failure);
	if (error)
		return error;
	bind_blob(&query, ":digest", digest, 32);
	return query_run(&query, NULL);
}

enum error store_session_expire(
    struct store *store, const struct scope *scope, nanoseconds now, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_write(store, scope, NOUN_ACCOUNT, 0, "DELETE FROM session WHERE expires <= :now", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":now", now);
	return query_run(&query, NULL);
}

static void take_token(struct query *query, struct token *token)
{
	*token = (struct token){ .id = column_uuid(query, 0), .account = column_uuid(query, 2) };
	column_bytes(query, 1, token->digest, sizeof token->digest);
	token->sensor = (uint32_t)column_integer(query, 3);
	column_string(query, 4, token->name, sizeof token->name);
	token->created = column_integer(query, 5);
	token->expires = column_integer(query, 6);
	token->last_used = column_integer(query, 7);
	token->revoked = column_integer(query, 8) != 0;
}

enum error store_token_put(struct store *store, const struct scope *scope, struct token *token, struct failure *failure)
{
	if (uuid_is_nil(token->account) == (token->sensor == 0))
		return fail(failure, ERROR_INPUT, "a token is of an account or of a sensor");
	enum error error = may_write(store, scope, &token->account, token->sensor != 0, failure);
	struct query query;
	bool is_new = uuid_is_nil(token->id), was_revoked = token->revoked;
	if (is_new)
		token->id = uuid_random();
	if (!error) /* whose it is, its digest and a revocation never change */
		error = query_own(store,
		    "INSERT INTO token (" TOKEN_FIELDS
		    ") VALUES (:id, :digest, :account, :sensor, :name, :created, :expires,"
		    " :last_used, :revoked) ON CONFLICT (id) DO UPDATE SET name = excluded.name, expires = "
		    "excluded.expires,"
		    " last_used = excluded.last_used, revoked = max(revoked, excluded.revoked)"
		    " WHERE account IS excluded.account AND sensor IS excluded.sensor",
		    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &token->id);
	bind_blob(&query, ":digest", token->digest, sizeof token->digest);
	bind_uuid(&query, ":account", &token->account);
	bind_number_or_null(&query, ":sensor", token->sensor);
	bind_string(&query, ":name", token->name);
	bind_integer(&query, ":created", token->created);
	bind_integer(&query, ":expires", token->expires);
	bind_integer(&query, ":last_used", token->last_used);
	bind_integer(&query, ":revoked", token->revoked);
	error = query_run(&query, NULL);
	if (error)
		return error;
	char object[UUID_TEXT];
	return log_change(store, scope,
	    was_revoked ? "token.revoke"
	    : is_new    ? "token.new"
			: "token.change",
	    uuid_format(token->id, object), 0, token->name, failure);
}

enum error store_token_used(
    struct store *store, const struct scope *scope, struct uuid id, nanoseconds when, struct failure *failure)
{
	struct query query;
	enum error error = may_write(store, scope, &nobody, false, failure);
	if (!error)
		error = query_own(
		    store, "UPDATE token SET last_used = max(last_used, :used) WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	bind_integer(&query, ":used", when);
	return query_run(&query, NULL);
}

enum error store_token_find(struct store *store, const struct scope *scope, const uint8_t digest[32],
    struct token *token, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ACCOUNT,
	    "SELECT " TOKEN_FIELDS " FROM " TOKEN_ROWS " WHERE " SELF_OR_SCOPE " AND digest = :digest", &query,
	    failure);
	if (error)
		return error;
	bind_uuid(&query, ":self", self_of(scope));
	bind_blob(&query, ":digest", digest, 32);
	error = query_one(&query, "token");
	if (error)
		return error;
	take_token(&query, token);
	query_release(&query);
	return OK;
}

enum error store_token_each(struct store *store, const struct scope *scope, struct page *page,
    void (*each)(void *, const struct token *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_TOKEN, &cursor, failure);
	page->next[0] = 0;
	if (!error) /* a scope for sensors alone sees the tokens of sensors */
		error = query_read(store, scope, scope_reads(scope, NOUN_ACCOUNT) ? NOUN_ACCOUNT : NOUN_SENSOR,
		    "SELECT " TOKEN_FIELDS " FROM " TOKEN_ROWS " WHERE " SELF_OR_SCOPE
		    " AND (:accounts OR account IS NULL) AND (:first OR (created, id) > (:key, :after))"
		    " ORDER BY created, id LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_uuid(&query, ":self", self_of(scope));
	bind_integer(&query, ":accounts", scope_reads(scope, NOUN_ACCOUNT));
	bind_integer(&query, ":first", cursor.none);
	bind_integer(&query, ":key", cursor.key);
	bind_blob(&query, ":after", cursor.id.bytes, sizeof cursor.id.bytes);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct token token = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		take_token(&query, &token);
		each(context, &token);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_TOKEN, token.created, token.id);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
