/*
 * Accounts. A scope for ACTION_SELF opens one's own row and no other; of it only what a person may change about itself.
 */
#include "store/query.h"

#include <string.h>

#define FIELDS                                                                                                         \
	"id, name, title, mail, role, organisation, language, disabled, password, created, last_sign_in, failures, "   \
	"not_before,"                                                                                                  \
	" version"
#define SELF_OR_SCOPE "({scope} OR id = :self) AND (:self IS NULL OR id = :self)"

static const struct uuid nobody;

/* One's own identity when the scope is for oneself; else nil, which binds NULL. */
static const struct uuid *self_of(const struct scope *scope)
{
	const struct subject *subject = scope_subject(scope);
	return subject && scope_action(scope) == ACTION_SELF ? &subject->account : &nobody;
}

static void take(struct query *query, struct account *account)
{
	*account = (struct account){ .id = column_uuid(query, 0), .role = (enum role)column_integer(query, 4) };
	column_string(query, 1, account->name, sizeof account->name);
	column_string(query, 2, account->title, sizeof account->title);
	column_string(query, 3, account->mail, sizeof account->mail);
	account->organisation = (uint32_t)column_integer(query, 5);
	account->language = column_integer(query, 6) == LANGUAGE_ENGLISH ? LANGUAGE_ENGLISH : LANGUAGE_JAPANESE;
	account->disabled = column_integer(query, 7) != 0;
	column_string(query, 8, account->password, sizeof account->password);
	account->created = column_integer(query, 9);
	account->last_sign_in = column_integer(query, 10);
	account->failures = (uint32_t)column_integer(query, 11);
	account->not_before = column_integer(query, 12);
	account->version = column_count(query, 13);
}

static void bind(struct query *query, const struct account *account)
{
	bind_uuid(query, ":id", &account->id);
	bind_string(query, ":name", account->name);
	bind_string(query, ":title", account->title);
	bind_string(query, ":mail", account->mail);
	bind_integer(query, ":role", account->role);
	bind_number_or_null(query, ":organisation", account->organisation);
	bind_integer(query, ":language", account->language);
	bind_integer(query, ":disabled", account->disabled);
	bind_string(query, ":password", account->password);
	bind_integer(query, ":last_sign_in", account->last_sign_in);
	bind_integer(query, ":failures", account->failures);
	bind_integer(query, ":not_before", account->not_before);
}

static enum error insert(
    struct store *store, const struct scope *scope, struct account *account, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_ACCOUNT, account->organisation,
	    "INSERT INTO account (" FIELDS
	    ") VALUES (:id, :name, :title, :mail, :role, :organisation, :language, :disabled,"
	    " :password, :created, :last_sign_in, :failures, :not_before, 1)",
	    &query, failure);
	if (error)
		return error;
	account->id = uuid_random();
	if (account->created == 0)
		account->created = time_now();
	bind(&query, account);
	bind_integer(&query, ":created", account->created);
	error = query_run(&query, NULL);
	if (error == ERROR_CONFLICT)
		return fail(failure, ERROR_CONFLICT,
		    "there is an account named %s already, or its organisation does not exist", account->name);
	if (!error)
		account->version = 1;
	return error;
}

static bool changes_only_itself(const struct account *account, const struct account *present)
{
	return strcmp(account->name, present->name) == 0 && account->role == present->role &&
	       account->organisation == present->organisation && account->disabled == present->disabled;
}

/* Whoever holds a session from before a changed password or a closed account is out. */
static enum error end_sessions(struct store *store, const struct account *account, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "DELETE FROM session WHERE account = :account", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":account", &account->id);
	return query_run(&query, NULL);
}

static const char update_sql[] =
    "UPDATE account SET name = :name, title = :title, mail = :mail, role = :role, organisation = :organisation,"
    " language = :language, disabled = :disabled, password = :password, last_sign_in = :last_sign_in,"
    " failures = :failures, not_before = :not_before, version = version + 1 WHERE id = :id";

static enum error update(
    struct store *store, const struct scope *scope, struct account *account, struct failure *failure)
{
	struct account present;
	enum error error = store_account_get(store, scope, account->id, &present, failure);
	if (error)
		return error;
	if (account->version != present.version)
		return fail(failure, ERROR_CONFLICT, "the account %s was changed by somebody else: read it again",
		    present.name);
	bool self = !uuid_is_nil(*self_of(scope));
	if (self && !changes_only_itself(account, &present))
		return fail(failure, ERROR_DENIED,
		    "name, role, organisation and standing of an account are the administrator's");
	if (!store->in_transaction)
		return fail(failure, ERROR_USAGE, "state store: a change outside a transaction");
	struct query query;
	/* store_account_get() above proved that it is one's own row; the centre's people have no organisation to cover.
	 */
	error = self ? query_own(store, update_sql, &query, failure)
		     : query_write(store, scope, NOUN_ACCOUNT, account->organisation, update_sql, &query, failure);
	if (error)
		return error;
	bind(&query, account);
	error = query_run(&query, NULL);
	if (error == ERROR_CONFLICT)
		return fail(failure, ERROR_CONFLICT,
		    "there is an account named %s already, or its organisation does not exist", account->name);
	if (!error)
		account->version++;
	bool shut_out = account->disabled || account->role != present.role ||
			account->organisation != present.organisation ||
			strcmp(account->password, present.password) != 0;
	return error || !shut_out ? error : end_sessions(store, account, failure);
}

enum error store_account_put(
    struct store *store, const struct scope *scope, struct account *account, struct failure *failure)
{
	const char *problem = account_problem(account);
	if (problem)
		return fail(failure, ERROR_INPUT, "account: %s", problem);
	store->standing++;
	bool is_new = uuid_is_nil(account->id);
	enum error error = is_new ? insert(store, scope, account, failure) : update(store, scope, account, failure);
	if (error)
		return error;
	return log_change(store, scope, is_new ? "account.new" : "account.change", account->name, account->organisation,
	    role_code(account->role), failure);
}

enum error store_account_get(
    struct store *store, const struct scope *scope, struct uuid id, struct account *account, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ACCOUNT,
	    "SELECT " FIELDS " FROM account WHERE " SELF_OR_SCOPE " AND id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":self", self_of(scope));
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "account");
	if (error)
		return error;
	take(&query, account);
	query_release(&query);
	return OK;
}

enum error store_account_find(
    struct store *store, const struct scope *scope, struct text name, struct account *account, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ACCOUNT,
	    "SELECT " FIELDS " FROM account WHERE " SELF_OR_SCOPE " AND name = :name", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":self", self_of(scope));
	bind_text(&query, ":name", name);
	error = query_one(&query, "account");
	if (error)
		return error;
	take(&query, account);
	query_release(&query);
	return OK;
}

enum error store_account_each(struct store *store, const struct scope *scope, struct page *page,
    void (*each)(void *, const struct account *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_ACCOUNT, &cursor, failure);
	page->next[0] = 0;
	if (!error)
		error = query_read(store, scope, NOUN_ACCOUNT,
		    "SELECT " FIELDS " FROM account WHERE " SELF_OR_SCOPE
		    " AND (:first OR (created, id) > (:key, :after)) ORDER BY created, id LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_uuid(&query, ":self", self_of(scope));
	bind_integer(&query, ":first", cursor.none);
	bind_integer(&query, ":key", cursor.key);
	bind_blob(&query, ":after", cursor.id.bytes, sizeof cursor.id.bytes);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct account account = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		take(&query, &account);
		each(context, &account);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_ACCOUNT, account.created, account.id);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_account_title(
    struct store *store, const struct scope *scope, struct uuid id, char *to, size_t size, struct failure *failure)
{
	if (!scope)
		return fail(failure, ERROR_DENIED, "a name is shown to nobody without a scope");
	to[0] = 0;
	struct query query;
	enum error error = query_own(store,
	    "SELECT CASE WHEN title <> '' THEN title ELSE name END, organisation FROM account WHERE id = :id", &query,
	    failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "account");
	if (error)
		return error;
	if (scope_covers(scope, (uint32_t)column_integer(&query, 1)))
		column_string(&query, 0, to, size);
	else
		error = fail(failure, ERROR_NOT_FOUND, "there is no such account");
	query_release(&query);
	return error;
}
