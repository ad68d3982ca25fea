/*
 * Requests with a password in them: the password thread works before the handler is called. A route asks by its fields:
 * the secret `password` is checked (against the account `name` for a stranger, against one's own otherwise), the secret
 * `new_password` is hashed. The handler finds "_matches" and "_hash" in its input, which no request can bring.
 */
#include "center/message.h"
#include "center/request.h"

#include <stdio.h>
#include <string.h>

static bool route_has(const struct route *route, const char *name)
{
	for (const struct field *field = route->fields; field && field->name; field++)
		if (field->type == FIELD_SECRET && strcmp(field->name, name) == 0)
			return true;
	return false;
}

static void password_done(void *context, bool matches, const char *hash)
{
	struct request *request = context;
	json_object_set_new(request->input, "_matches", json_boolean(matches));
	json_object_set_new(request->input, "_hash", json_string(hash));
	json_object_del(request->input, "password");
	request_resume(request);
}

/* Whose password is checked. True when there is a wait to be kept first. */
static bool must_wait(struct request *request, struct account *account)
{
	struct keeper *keeper = request->keeper;
	struct throttle *throttle = requests_throttle(keeper->requests);
	struct failure failure;
	nanoseconds now = keeper->center.now();
	const char *name = request->subject.name;
	if (request->subject.role == ROLE_NONE) {
		name = json_string_value(json_object_get(request->input, "name"));
		name = name ? name : "";
	}
	*account = (struct account){ 0 };
	if (store_account_find(keeper->store, request->work.scope, text_of(name), account, &failure) != OK ||
	    account->disabled)
		*account = (struct account){ 0 };
	nanoseconds wait = throttle_sign_in_wait(throttle, name, request->client, account->not_before, now);
	if (wait <= 0)
		return false;
	request->retry_after = (uint32_t)((wait + SECOND - 1) / SECOND);
	return true;
}

bool request_asks_password(struct request *request)
{
	bool check = route_has(request->route, "password"), fresh = route_has(request->route, "new_password");
	struct account account = { 0 };
	if (!check && !fresh)
		return false;
	const char *password = json_string_value(json_object_get(request->input, "password"));
	const char *new_password = json_string_value(json_object_get(request->input, "new_password"));
	if (check && must_wait(request, &account)) {
		uint32_t seconds = request->retry_after;
		char words[120];
		snprintf(
		    words, sizeof words, "Too many wrong passwords: the next try is possible in %u seconds.", seconds);
		request_log(request, "denied", "too many wrong passwords");
		request_refuse(request, 429, words);
		request_resume(request);
		return true;
	}
	enum error error = passwords_ask(request->keeper->passwords, check, account.password, text_of(password),
	    text_of(new_password), password_done, request);
	if (error != OK) {
		request->retry_after = 5;
		request_refuse(
		    request, error == ERROR_INPUT ? 400 : 503, "Too many passwords are being checked: try again.");
		request_resume(request);
	}
	return true;
}
