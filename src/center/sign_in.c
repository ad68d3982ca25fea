/*
 * Signing in and out, one's own account, and the way home. Called by the keeper; the password was checked before by the
 * password thread (request_password.c).
 */
#include "center/request.h"
#include "center/routes.h"

#include <stdio.h>
#include <string.h>

#define FREE_FAILURES 5

/* A wrong password is a change too: it is counted, and slows the next try down. */
static enum error sign_in_failed(struct call *call, struct account *account, struct failure *failure)
{
	struct keeper *keeper = call->center->keeper;
	struct throttle *throttle = requests_throttle(keeper->requests);
	throttle_sign_in_failed(throttle, input_string(call, "name"), call->client, call->now);
	snprintf(call->location, sizeof call->location, "/sign-in?failed=true");
	output_string(call->output, "_outcome", "denied");
	if (!account)
		return OK;
	/* Forgets when the throttle does: else a wait would tell that the account exists. */
	nanoseconds last = account->not_before - throttle_penalty(account->failures, FREE_FAILURES);
	account->failures = call->now - last > HOUR ? 1 : account->failures + 1;
	account->not_before = call->now + throttle_penalty(account->failures, FREE_FAILURES);
	/* Who signs in is nobody yet. */
	return store_account_put(call->store, policy_background("sign-in", call->arena), account, failure);
}

static enum error session_begin(struct call *call, const struct account *account, struct failure *failure)
{
	struct keeper *keeper = call->center->keeper;
	/* Who signs in is nobody yet. */
	const struct scope *scope = policy_background("sign-in", call->arena);
	struct session session = { .account = account->id, .created = call->now, .last_used = call->now };
	uint8_t secret[24], form[32];
	char cookie[HEX_SIZE(24)], token[HEX_SIZE(32)];
	static const uint8_t none[32];
	random_bytes(secret, sizeof secret);
	hex_format(secret, sizeof secret, cookie);
	sha256(cookie, strlen(cookie), session.digest);
	/* As the server makes the token of a session's forms: HMAC-SHA-256 of "form" under the cookie's value, in hex.
	 */
	hmac_sha256(cookie, strlen(cookie), "form", 4, form);
	hex_format(form, sizeof form, token);
	sha256(token, strlen(token), session.form_digest);
	session.expires = call->now + keeper->process->settings.session_longest;
	if (memcmp(call->session, none, sizeof none) != 0) {
		struct failure gone;
		store_session_remove(call->store, scope, call->session, &gone);
	}
	call->cookie = arena_string(call->arena, text_of(cookie));
	return store_session_put(call->store, scope, &session, failure);
}

static enum error sign_in(struct call *call, struct failure *failure)
{
	struct keeper *keeper = call->center->keeper;
	/* Who signs in is nobody yet. */
	const struct scope *scope = policy_background("sign-in", call->arena);
	struct account account;
	struct failure unknown;
	bool known =
	    store_account_find(call->store, scope, text_of(input_string(call, "name")), &account, &unknown) == OK;
	if (!known || account.disabled || !input_boolean(call, "_matches", false))
		return sign_in_failed(call, known ? &account : NULL, failure);
	struct throttle *throttle = requests_throttle(keeper->requests);
	throttle_sign_in_passed(throttle, account.name, call->client, call->now);
	account.failures = 0;
	account.not_before = 0;
	account.last_sign_in = call->now;
	enum error error = store_account_put(call->store, scope, &account, failure);
	if (error == OK)
		error = session_begin(call, &account, failure);
	snprintf(call->location, sizeof call->location, "%s", own_path(input_string(call, "back")));
	return error;
}

static enum error sign_in_page(struct call *call, struct failure *failure)
{
	(void)failure;
	if (call->subject->role != ROLE_NONE) {
		call->status = 303;
		snprintf(call->location, sizeof call->location, "/");
		return OK;
	}
	json_object_set_new(call->output, "failed", json_boolean(input_boolean(call, "failed", false)));
	if (input_has(call, "back"))
		output_string(call->output, "back", own_path(input_string(call, "back")));
	return OK;
}

static enum error sign_out(struct call *call, struct failure *failure)
{
	call->cookie = arena_string(call->arena, TEXT_NONE);
	snprintf(call->location, sizeof call->location, "/sign-in");
	/* One's own session. */
	return store_session_remove(call->store, policy_background("sign-in", call->arena), call->session, failure);
}

/* Where each role begins its work. */
static enum error home(struct call *call, struct failure *failure)
{
	(void)failure;
	static const char *const pages[ROLE_COUNT] = {
		[ROLE_NONE] = "/sign-in",
		[ROLE_ADMINISTRATOR] = "/organisations",
		[ROLE_ANALYST] = "/queue",
		[ROLE_MEMBER] = "/inbox",
		[ROLE_AUDITOR] = "/log",
		[ROLE_SENSOR] = "/sign-in",
		[ROLE_DEVICE] = "/sign-in",
	};
	call->status = 303;
	snprintf(call->location, sizeof call->location, "%s", pages[call->subject->role]);
	return OK;
}

static enum error account_self(struct call *call, struct failure *failure)
{
	struct account account;
	enum error error = store_account_get(call->store, call->scope, call->subject->account, &account, failure);
	if (error != OK)
		return error;
	output_uuid(call->output, "id", account.id);
	output_string(call->output, "name", account.name);
	output_string(call->output, "title", account.title);
	output_string(call->output, "mail", account.mail);
	output_string(call->output, "role", role_code(account.role));
	output_time(call->output, "last_sign_in", account.last_sign_in);
	json_object_set_new(call->output, "changed", json_boolean(input_boolean(call, "changed", false)));
	json_object_set_new(call->output, "failed", json_boolean(input_boolean(call, "failed", false)));
	if (account.organisation)
		json_object_set_new(call->output, "organisation", json_integer(account.organisation));
	return OK;
}

static enum error password_change(struct call *call, struct failure *failure)
{
	struct account account;
	enum error error = store_account_get(call->store, call->scope, call->subject->account, &account, failure);
	if (error != OK)
		return error;
	if (!input_boolean(call, "_matches", false)) {
		struct keeper *keeper = call->center->keeper;
		throttle_sign_in_failed(requests_throttle(keeper->requests), account.name, call->client, call->now);
		return fail(failure, ERROR_DENIED, "The present password is wrong.");
	}
	const char *problem = password_problem(text_of(input_string(call, "new_password")), &account);
	if (problem)
		return fail(failure, ERROR_INPUT, "new_password: %s", problem);
	text_copy(text_of(input_string(call, "_hash")), account.password, sizeof account.password);
	if (!*account.password)
		return fail(failure, ERROR_MEMORY, "no memory to hash the password: try again");
	snprintf(call->location, sizeof call->location, "/account?changed=true");
	return store_account_put(call->store, call->scope, &account, failure);
}

static const struct field sign_in_fields[] = {
	{ "name", FIELD_TEXT, IN_BODY, true, 128, .summary = "The account's name." },
	{ "password", FIELD_SECRET, IN_BODY, true, 1024, .summary = "Its password." },
	{ "back", FIELD_TEXT, IN_BODY, false, 512, .summary = "The page to go to." },
	{ NULL },
};
static const struct field sign_in_page_fields[] = {
	{ "failed", FIELD_BOOLEAN, IN_QUERY, false, .summary = "The last try failed." },
	{ "back", FIELD_TEXT, IN_QUERY, false, 512, .summary = "The page to go to afterwards." },
	{ NULL },
};
static const struct field account_page_fields[] = {
	{ "changed", FIELD_BOOLEAN, IN_QUERY, false, .summary = "The password was changed." },
	{ "failed", FIELD_BOOLEAN, IN_QUERY, false, .summary = "The password was not changed." },
	{ NULL },
};
static const struct field password_fields[] = {
	{ "password", FIELD_SECRET, IN_BODY, true, 1024, .summary = "The present password." },
	{ "new_password", FIELD_SECRET, IN_BODY, true, 1024, .summary = "At least 12 bytes." },
	{ NULL },
};

const struct route sign_in_routes[] = {
	{ ROUTE_PAGE, "GET", "/", "home", "The page where one's work begins.", NULL, ACTION_SELF, .stranger = true,
	    .page = "sign-in", .handle = home },
	{ ROUTE_PAGE, "GET", "/sign-in", "sign-in-page", "The page to sign in.", sign_in_page_fields, ACTION_SELF,
	    .stranger = true, .page = "sign-in", .handle = sign_in_page },
	{ ROUTE_FORM, "POST", "/sign-in", "sign-in", "Sign in.", sign_in_fields, ACTION_SELF, .stranger = true,
	    .changes = true, .limits = { .per_minute = 60 }, .handle = sign_in },
	{ ROUTE_FORM, "POST", "/sign-out", "sign-out", "Sign out.", NULL, ACTION_SELF, .changes = true,
	    .handle = sign_out },
	{ ROUTE_PAGE, "GET", "/account", "account-page", "One's own account.", account_page_fields, ACTION_SELF,
	    .page = "account", .handle = account_self },
	{ ROUTE_JSON, "GET", "/v1/account", "account-self", "One's own account.", NULL, ACTION_SELF,
	    .handle = account_self },
	{ ROUTE_FORM, "POST", "/account/password", "password-change-form", "Change one's password.", password_fields,
	    ACTION_SELF, .changes = true, .limits = { .per_minute = 20 }, .handle = password_change },
	{ ROUTE_JSON, "POST", "/v1/account/password", "password-change", "Change one's password.", password_fields,
	    ACTION_SELF, .changes = true, .limits = { .per_minute = 20 }, .handle = password_change },
	{ 0 },
};
