/*
 * Accounts and tokens of programs: for administrators.
 */
#include "center/routes.h"

#include <stdio.h>
#include <string.h>

static const char *const roles[] = { "administrator", "analyst", "member", "auditor", NULL };
static const char *const languages[] = { "ja", "en", NULL };

static json_t *account_json(const struct account *account)
{
	json_t *object = json_object();
	output_uuid(object, "id", account->id);
	output_string(object, "name", account->name);
	output_string(object, "title", account->title);
	output_string(object, "mail", account->mail);
	output_string(object, "role", role_code(account->role));
	if (account->organisation)
		json_object_set_new(object, "organisation", json_integer(account->organisation));
	output_string(object, "language", language_code(account->language));
	json_object_set_new(object, "disabled", json_boolean(account->disabled));
	json_object_set_new(object, "may_sign_in", json_boolean(*account->password != 0));
	output_time(object, "created", account->created);
	output_time(object, "last_sign_in", account->last_sign_in);
	json_object_set_new(object, "version", json_integer((json_int_t)account->version));
	return object;
}

struct listing {
	struct call *call;
	json_t *list;
};

static const char *title_of(const struct call *call, const struct organisation *organisation)
{
	bool japanese = text_equal(call->language, TEXT("ja"));
	const char *title = japanese ? organisation->title_ja : organisation->title_en;
	return *title ? title : organisation->name;
}

static void add_account(void *context, const struct account *account)
{
	struct listing *listing = context;
	struct organisation organisation;
	struct failure none;
	json_t *object = account_json(account);
	if (account->organisation && store_organisation_get(listing->call->store, listing->call->scope,
					 account->organisation, &organisation, &none) == OK)
		output_string(object, "organisation_title", title_of(listing->call, &organisation));
	json_array_append_new(listing->list, object);
}

static void add_choice(void *context, const struct organisation *organisation)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, json_pack("{s:i,s:s}", "number", (int)organisation->number, "title",
						 title_of(listing->call, organisation)));
}

static enum error account_list(struct call *call, struct failure *failure)
{
	struct page page = page_of(call), all = { .limit = 500 };
	struct listing accounts = { call, json_array() }, organisations = { call, json_array() };
	json_object_set_new(call->output, "accounts", accounts.list);
	json_object_set_new(call->output, "organisations", organisations.list); /* for the page's form */
	enum error error = store_account_each(call->store, call->scope, &page, add_account, &accounts, failure);
	page_next(call, &page);
	if (error == OK)
		error = store_organisation_each(call->store, call->scope, &all, add_choice, &organisations, failure);
	return error;
}

static enum error account_fill(struct call *call, struct account *account, struct failure *failure)
{
	enum error error = input_copy(call, "title", account->title, sizeof account->title, failure);
	if (error == OK)
		error = input_copy(call, "mail", account->mail, sizeof account->mail, failure);
	if (error != OK)
		return error;
	if (input_has(call, "role"))
		role_parse(text_of(input_string(call, "role")), &account->role);
	account->organisation = (uint32_t)input_integer(call, "organisation", account->organisation);
	if (account->role != ROLE_MEMBER && !input_has(call, "organisation"))
		account->organisation = 0;
	if (input_has(call, "language"))
		language_parse(input_text(call, "language"), &account->language);
	account->disabled = input_boolean(call, "disabled", account->disabled);
	const char *problem = account_problem(account);
	if (problem)
		return fail(failure, ERROR_INPUT, "%s", problem);
	if (!input_has(call, "new_password"))
		return OK;
	problem = password_problem(text_of(input_string(call, "new_password")), account);
	if (problem)
		return fail(failure, ERROR_INPUT, "new_password: %s", problem);
	account->failures = 0;
	account->not_before = 0;
	if (!text_copy(text_of(input_string(call, "_hash")), account->password, sizeof account->password) ||
	    !*account->password)
		return fail(failure, ERROR_MEMORY, "no memory to hash the password: try again");
	return OK;
}

/* A member's organisation must exist. */
static enum error organisation_exists(struct call *call, uint32_t number, struct failure *failure)
{
	struct organisation organisation;
	if (number == 0)
		return OK;
	if (store_organisation_get(call->store, call->scope, number, &organisation, failure) != OK)
		return fail(failure, ERROR_INPUT, "organisation: there is no organisation %u", number);
	return OK;
}

static enum error account_create(struct call *call, struct failure *failure)
{
	struct account account = { .created = call->now }, other;
	struct failure unknown;
	enum error error = input_copy(call, "name", account.name, sizeof account.name, failure);
	text_copy(text_of(account.name), account.title, sizeof account.title);
	if (error == OK)
		error = account_fill(call, &account, failure);
	if (error == OK)
		error = organisation_exists(call, account.organisation, failure);
	if (error == OK && store_account_find(call->store, call->scope, text_of(account.name), &other, &unknown) == OK)
		error = fail(failure, ERROR_CONFLICT, "There is an account \"%s\" already.", account.name);
	if (error == OK)
		error = store_account_put(call->store, call->scope, &account, failure);
	if (error != OK)
		return error;
	char id[UUID_TEXT];
	bool form = call->route->kind == ROUTE_FORM;
	snprintf(
	    call->location, sizeof call->location, form ? "/accounts" : "/v1/accounts/%s", uuid_format(account.id, id));
	call->status = form ? 303 : 201;
	json_t *object = account_json(&account);
	json_object_update(call->output, object);
	json_decref(object);
	call->version = account.version;
	return OK;
}

static enum error account_find(struct call *call, struct account *account, struct failure *failure)
{
	struct uuid id;
	id = input_uuid(call, "id");
	if (uuid_is_nil(id))
		return fail(failure, ERROR_NOT_FOUND, "There is no such account.");
	enum error error = store_account_get(call->store, call->scope, id, account, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such account.") : error;
}

static enum error account_read(struct call *call, struct failure *failure)
{
	struct account account;
	enum error error = account_find(call, &account, failure);
	if (error != OK)
		return error;
	json_t *object = account_json(&account);
	json_object_update(call->output, object);
	json_decref(object);
	call->version = account.version;
	return OK;
}

static enum error account_change(struct call *call, struct failure *failure)
{
	struct account account;
	enum error error = account_find(call, &account, failure);
	if (error == OK && call->version && call->version != account.version)
		error = fail(failure, ERROR_CONFLICT, "The account was changed meanwhile: read it again.");
	if (error == OK && uuid_equal(account.id, call->subject->account) &&
	    (input_boolean(call, "disabled", false) || input_has(call, "role")))
		error = fail(failure, ERROR_CONFLICT, "Another administrator must do this: it is your own account.");
	if (error == OK)
		error = account_fill(call, &account, failure);
	if (error == OK)
		error = organisation_exists(call, account.organisation, failure);
	if (error == OK)
		error = store_account_put(call->store, call->scope, &account, failure);
	if (error != OK)
		return error;
	json_t *object = account_json(&account);
	json_object_update(call->output, object);
	json_decref(object);
	call->version = account.version;
	snprintf(call->location, sizeof call->location, "/accounts");
	return OK;
}

/* Whose a token is, as people call it. */
static void token_owner(const struct call *call, const struct token *token, char *to, size_t size)
{
	struct sensor sensor;
	struct failure none;
	*to = 0;
	if (!token->sensor)
		store_account_title(call->store, call->scope, token->account, to, size, &none);
	else if (store_sensor_get(call->store, call->scope, token->sensor, &sensor, &none) == OK)
		text_copy(text_of(sensor.name), to, size);
}

static void add_token(void *context, const struct token *token)
{
	struct listing *listing = context;
	json_t *object = json_object();
	char owner[128];
	token_owner(listing->call, token, owner, sizeof owner);
	output_uuid(object, "id", token->id);
	output_string(object, "name", token->name);
	output_string(object, "owner", owner);
	output_uuid(object, "account", token->account);
	if (token->sensor)
		json_object_set_new(object, "sensor", json_integer(token->sensor));
	output_time(object, "created", token->created);
	output_time(object, "expires", token->expires);
	output_time(object, "last_used", token->last_used);
	json_object_set_new(object, "revoked", json_boolean(token->revoked));
	json_array_append_new(listing->list, object);
}

static enum error token_list(struct call *call, struct failure *failure)
{
	struct page page = page_of(call);
	struct listing tokens = { call, json_array() };
	json_object_set_new(call->output, "tokens", tokens.list);
	enum error error = store_token_each(call->store, call->scope, &page, add_token, &tokens, failure);
	page_next(call, &page);
	return error;
}

static enum error token_create(struct call *call, struct failure *failure)
{
	struct token token = { .created = call->now };
	struct account account;
	char secret[SECRET_TEXT];
	enum error error = account_find(call, &account, failure);
	if (error == OK)
		error = input_copy(call, "name", token.name, sizeof token.name, failure);
	if (error != OK)
		return error;
	token.account = account.id;
	token.expires = input_integer(call, "expires", 0);
	secret_make("nra_", secret, token.digest);
	error = store_token_put(call->store, call->scope, &token, failure);
	if (error != OK)
		return error;
	output_uuid(call->output, "id", token.id);
	output_uuid(call->output, "account", token.account);
	output_string(call->output, "token", secret);
	call->status = 201;
	return OK;
}

struct revocation {
	struct uuid id;
	struct token token;
	bool found;
};

static void find_token(void *context, const struct token *token)
{
	struct revocation *revocation = context;
	if (uuid_equal(token->id, revocation->id)) {
		revocation->token = *token;
		revocation->found = true;
	}
}

static enum error token_revoke(struct call *call, struct failure *failure)
{
	struct revocation revocation = { 0 };
	struct page page = { .limit = 500 };
	char after[sizeof page.next];
	revocation.id = input_uuid(call, "id");
	if (uuid_is_nil(revocation.id))
		return fail(failure, ERROR_NOT_FOUND, "There is no such token.");
	do {
		text_copy(text_of(page.next), after, sizeof after);
		page.after = text_of(after);
		enum error error = store_token_each(call->store, call->scope, &page, find_token, &revocation, failure);
		if (error != OK)
			return error;
	} while (!revocation.found && *page.next);
	if (!revocation.found)
		return fail(failure, ERROR_NOT_FOUND, "There is no such token.");
	revocation.token.revoked = true;
	bool form = call->route->kind == ROUTE_FORM;
	call->status = form ? 303 : 204;
	if (form)
		snprintf(call->location, sizeof call->location, "/tokens");
	return store_token_put(call->store, call->scope, &revocation.token, failure);
}

#define LIST                                                                                                           \
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },                       \
	{                                                                                                              \
		"limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,                                      \
							 .summary = "Of one page; 100 when absent."                    \
	}
#define ACCOUNT_BODY                                                                                                   \
	{ "title", FIELD_TEXT, IN_BODY, false, 127, .summary = "As it is shown." },                                    \
	    { "mail", FIELD_TEXT, IN_BODY, false, 254, .summary = "Mail address." },                                   \
	    { "organisation", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = 4294967295,                           \
		    .summary = "Of a member." },                                                                       \
	    { "language", FIELD_CHOICE, IN_BODY, false, .choices = languages, .summary = "Of the pages and mails." },  \
	    { "new_password", FIELD_SECRET, IN_BODY, false, 1024, .summary = "At least 12 bytes." },                   \
	{                                                                                                              \
		"disabled", FIELD_BOOLEAN, IN_BODY, false, .summary = "It can neither sign in nor use tokens."         \
	}

static const struct field list_fields[] = { LIST, { NULL } };
static const struct field create_fields[] = {
	{ "name", FIELD_TEXT, IN_BODY, true, 63, .summary = "For signing in: a-z 0-9 - . _" },
	{ "role", FIELD_CHOICE, IN_BODY, true, .choices = roles, .summary = "What it may do." },
	ACCOUNT_BODY,
	{ NULL },
};
static const struct field id_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The account." },
	{ NULL },
};
static const struct field change_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The account." },
	{ "role", FIELD_CHOICE, IN_BODY, false, .choices = roles, .summary = "What it may do." },
	ACCOUNT_BODY,
	{ NULL },
};
static const struct field token_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The account." },
	{ "name", FIELD_TEXT, IN_BODY, true, 127, .summary = "What the token is for." },
	{ "expires", FIELD_TIME, IN_BODY, false, .summary = "When it ends; never when absent." },
	{ NULL },
};
static const struct field token_id_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The token." },
	{ NULL },
};

const struct route account_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/accounts", "account-list", "Accounts, by name.", list_fields, ACTION_ACCOUNT_READ,
	    .handle = account_list },
	{ ROUTE_PAGE, "GET", "/accounts", "account-list-page", "Accounts, by name.", list_fields, ACTION_ACCOUNT_READ,
	    .page = "accounts", .handle = account_list },
	{ ROUTE_JSON, "POST", "/v1/accounts", "account-create", "Make an account.", create_fields, ACTION_ACCOUNT_WRITE,
	    .changes = true, .handle = account_create },
	{ ROUTE_FORM, "POST", "/accounts", "account-create-form", "Make an account.", create_fields,
	    ACTION_ACCOUNT_WRITE, .changes = true, .handle = account_create },
	{ ROUTE_JSON, "GET", "/v1/accounts/{id}", "account-read", "One account.", id_fields, ACTION_ACCOUNT_READ,
	    .handle = account_read },
	{ ROUTE_JSON, "PATCH", "/v1/accounts/{id}", "account-change", "Change an account.", change_fields,
	    ACTION_ACCOUNT_WRITE, .changes = true, .versioned = true, .handle = account_change },
	{ ROUTE_FORM, "POST", "/accounts/{id}", "account-change-form", "Change an account.", change_fields,
	    ACTION_ACCOUNT_WRITE, .changes = true, .handle = account_change },
	{ ROUTE_JSON, "GET", "/v1/tokens", "token-list", "Tokens, without their secrets.", list_fields,
	    ACTION_ACCOUNT_READ, .handle = token_list },
	{ ROUTE_PAGE, "GET", "/tokens", "token-list-page", "Tokens, without their secrets.", list_fields,
	    ACTION_ACCOUNT_READ, .page = "tokens", .handle = token_list },
	{ ROUTE_FORM, "POST", "/tokens/{id}/revoke", "token-revoke-form", "Revoke a token.", token_id_fields,
	    ACTION_ACCOUNT_WRITE, .changes = true, .handle = token_revoke },
	{ ROUTE_JSON, "POST", "/v1/accounts/{id}/tokens", "token-create", "Make a token for an account; shown once.",
	    token_fields, ACTION_ACCOUNT_WRITE, .changes = true, .handle = token_create },
	{ ROUTE_JSON, "DELETE", "/v1/tokens/{id}", "token-revoke", "Revoke a token.", token_id_fields,
	    ACTION_ACCOUNT_WRITE, .changes = true, .handle = token_revoke },
	{ 0 },
};
