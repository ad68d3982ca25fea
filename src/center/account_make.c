/*
 * An account straight into the store of a configuration.
 */
#include "center/account_make.h"

#include "center/command_store.h"

static enum error account_describe(const struct account_wish *wish, struct store *store, const struct work *work,
    struct account *account, struct failure *failure)
{
	struct account other;
	struct organisation organisation;
	struct failure unknown;
	*account = (struct account){ .created = time_now(), .language = LANGUAGE_JAPANESE };
	if (!role_parse(text_of(wish->role), &account->role))
		return fail(failure, ERROR_USAGE, "--role: expected administrator, analyst, member or auditor");
	text_copy(text_of(wish->name), account->name, sizeof account->name);
	text_copy(text_of(wish->title ? wish->title : wish->name), account->title, sizeof account->title);
	text_copy(text_of(wish->mail), account->mail, sizeof account->mail);
	if (wish->organisation) {
		enum error error =
		    store_organisation_find(store, work->scope, text_of(wish->organisation), &organisation, failure);
		if (error == ERROR_NOT_FOUND)
			return fail(failure, ERROR_USAGE, "--organisation: there is no organisation \"%s\"",
			    wish->organisation);
		if (error != OK)
			return error;
		account->organisation = organisation.number;
	}
	const char *problem = account_problem(account);
	if (!problem)
		problem = password_problem(wish->password, account);
	if (problem)
		return fail(failure, ERROR_USAGE, "%s", problem);
	if (store_account_find(store, work->scope, text_of(wish->name), &other, &unknown) == OK)
		return fail(failure, ERROR_USAGE, "there is an account \"%s\" already", wish->name);
	return password_hash(wish->password, account->password, failure);
}

static enum error account_write(struct store *store, const struct work *work, struct account *account, char *secret,
    bool token, struct failure *failure)
{
	struct log_line line;
	enum error error = store_begin(store, failure);
	if (error == OK)
		error = store_account_put(store, work->scope, account, failure);
	if (error == OK && token) {
		struct token made = { .account = account->id, .created = time_now() };
		secret_make("nra_", secret, made.digest);
		text_copy(TEXT("command line"), made.name, sizeof made.name);
		error = store_token_put(store, work->scope, &made, failure);
	}
	command_store_line(&line, "account-create", account->name, 0);
	text_copy(text_of(role_code(account->role)), line.detail, sizeof line.detail);
	if (error == OK)
		error = store_log_append(store, &line, failure);
	if (error == OK)
		error = store_commit(store, failure);
	if (error != OK)
		store_rollback(store);
	return error;
}

enum error account_make(const struct account_wish *wish, char *secret, struct failure *failure)
{
	struct command_store place;
	struct account account;
	*secret = 0;
	enum error error = command_store_open(wish->config, &place, failure);
	if (error == OK)
		error = account_describe(wish, place.store, &place.work, &account, failure);
	if (error == OK)
		error = account_write(place.store, &place.work, &account, secret, wish->token, failure);
	command_store_close(&place);
	return error;
}
