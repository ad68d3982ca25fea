/*
 * What happens around a route's handler: scope, transaction, Idempotency-Key, and the line in the log.
 */
#include "base/log.h"
#include "center/request.h"

#include "center/feed.h"
#include "http/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void request_refuse(struct request *request, uint16_t status, const char *words)
{
	request->status = status;
	text_copy(text_of(words), request->problem, sizeof request->problem);
	json_decref(request->call.output);
	request->call.output = NULL;
	request->call.location[0] = 0;
	request->call.cookie = NULL;
}

/* The id of the thing: what the path names, else what the handler made. */
static void object_of(const struct request *request, char *to, size_t size)
{
	static const char *const names[] = { "id", "number", "position", "name", "event" };
	const json_t *places[] = { request->input, request->call.output };
	for (size_t p = 0; p < 2; p++)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			json_t *value = json_object_get(places[p], names[i]);
			if (json_is_string(value))
				snprintf(to, size, "%s", json_string_value(value));
			else if (json_is_integer(value))
				snprintf(to, size, "%lld", (long long)json_integer_value(value));
			else
				continue;
			return;
		}
	*to = 0;
}

void request_log(struct request *request, const char *outcome, const char *detail)
{
	struct log_line *line = &request->line;
	*line = (struct log_line){ .when = request->keeper->center.now(), .account = request->subject.account };
	text_copy(text_of(request->subject.role == ROLE_NONE ? "stranger" : request->subject.name), line->who,
	    sizeof line->who);
	text_copy(text_of(request->route->name), line->what, sizeof line->what);
	object_of(request, line->object, sizeof line->object);
	json_t *organisation = json_object_get(request->input, "organisation");
	if (!json_is_integer(organisation))
		organisation = json_object_get(request->call.output, "organisation");
	line->organisation =
	    json_is_integer(organisation) ? (uint32_t)json_integer_value(organisation) : request->subject.organisation;
	/* A handler may know better: a wrong password is a change that was made and a request that was denied. */
	const char *known = json_string_value(json_object_get(request->call.output, "_outcome"));
	text_copy(text_of(known ? known : outcome), line->outcome, sizeof line->outcome);
	json_object_del(request->call.output, "_outcome");
	snprintf(line->detail, sizeof line->detail, "%s%sfrom %s", detail, *detail ? "; " : "", request->client);
}

static bool request_scope(struct request *request)
{
	struct keeper *keeper = request->keeper;
	struct policy_snapshot snapshot = { 0 };
	struct failure failure = { 0 };
	if (request->subject.role == ROLE_NONE)
		return true; /* a stranger on a route for strangers */
	if (store_snapshot(keeper->store, request->call.now, request->work.arena, &snapshot, &failure) != OK) {
		request_refuse(request, 503, failure.words);
		return false;
	}
	request->call.scope = policy_scope(&snapshot, &request->subject, request->route->action, request->work.arena);
	if (request->call.scope || request->route->stranger)
		return true;
	counter_add(keeper->denied, 1);
	request_log(request, "denied", action_code(request->route->action));
	if (request->route->hidden)
		request_refuse(request, 404, ROUTE_HIDDEN_WORDS);
	else
		request_refuse(request, 403, "This account may not do that.");
	return false;
}

/* The change and its line in the log commit together. */
static enum error run_change(struct request *request, struct text key, struct failure *failure)
{
	struct store *store = request->keeper->store;
	enum error error = store_begin(store, failure);
	if (error != OK)
		return error;
	error = request->route->handle(&request->call, failure);
	if (error == OK)
		error = answer_keep(request, key, failure);
	if (error == OK) {
		if (!*request->line.what)
			request_log(request, request->call.status >= 400 ? "failed" : "done", "");
		error = store_log_append(store, &request->line, failure);
		request->line.what[0] = 0;
	}
	if (error == OK)
		error = store_commit(store, failure);
	if (error != OK)
		store_rollback(store);
	else
		feed_changed(request->keeper, request->route->action);
	return error;
}

static enum error run_read(struct request *request, struct failure *failure)
{
	struct call *call = &request->call;
	enum error error = request->route->handle ? request->route->handle(call, failure) : OK;
	if (error == OK && call->again)
		return OK;
	if (error == OK && request->route->kind == ROUTE_EVENTS && !call->type) {
		size_t count;
		const uint32_t *covered = scope_organisations(call->scope, &count);
		json_t *list = json_array();
		for (size_t i = 0; i < count; i++)
			json_array_append_new(list, json_integer(covered[i]));
		json_object_set_new(call->output, "all", json_boolean(scope_covers_all(call->scope)));
		json_object_set_new(call->output, "organisations", list);
	}
	/* Strangers see nothing of anybody; one's own account is nobody else's. */
	if (error == OK && request->subject.role != ROLE_NONE && request->route->action != ACTION_SELF &&
	    !*request->line.what)
		request_log(request, "done", "");
	return error;
}

static void prepare_call(struct request *request)
{
	struct keeper *keeper = request->keeper;
	struct call *call = &request->call;
	*call = (struct call){
		.route = request->route,
		.subject = &request->subject,
		.input = request->input,
		.output = json_object(),
		.status = 200,
		.version = request->version,
		.language = text_of(request->language),
		.arena = request->work.arena,
		.center = &keeper->center,
		.store = keeper->store,
		.history = keeper->history,
		.records = keeper->records,
		.now = keeper->center.now(),
		.kept = call->kept,
		.forget = call->forget,
	};
	if (request->asked == 0)
		request->asked = call->now;
	call->asked = request->asked;
	memcpy(call->session, request->session, sizeof call->session);
	memcpy(call->certificate, request->certificate, sizeof call->certificate);
	text_copy(text_of(request->client), call->client, sizeof call->client);
	text_copy(text_of(request->key), call->idempotency_key, sizeof call->idempotency_key);
}

/* True when those for whom this one asks have used their part of the keeper's time. */
static bool must_wait(struct request *request)
{
	if (request->subject.role == ROLE_NONE)
		return false;
	nanoseconds wait = shares_wait(requests_shares(request->keeper->requests), &request->subject, time_monotonic());
	if (wait == 0)
		return false;
	request_refuse(
	    request, 429, "Your requests have used their share of the centre's time: try again in a moment.");
	request->retry_after = (uint32_t)((wait + SECOND - 1) / SECOND);
	return true;
}

void request_run(struct request *request)
{
	struct failure failure = { 0 };
	struct call *call = &request->call;
	char key_text[ANSWER_KEY];
	if (request->status) /* refused on the way here */
		return;
	bool again = request->call.again;
	json_decref(request->call.output);
	prepare_call(request);
	if (!request->call.history && !request->route->stranger) {
		request_refuse(request, 503, "The centre cannot read its history just now.");
		request->retry_after = 5;
		return;
	}
	if (!request_scope(request))
		return;
	struct text key = answer_key(request, key_text);
	if (answer_again(request, key) || (!again && must_wait(request)))
		return;
	if (request->version && request->route->changes && !request->route->versioned) {
		request_refuse(request, 400, "If-Match: what this changes has no version.");
		return;
	}
	if (!cursors_open(request)) {
		request_refuse(request, 400, "after: it is not a cursor that this list gave to this account.");
		return;
	}
	nanoseconds began = processor_time();
	enum error error = request->route->changes ? run_change(request, key, &failure) : run_read(request, &failure);
	if (request->subject.role != ROLE_NONE)
		shares_charge(requests_shares(request->keeper->requests), &request->subject, processor_time() - began,
		    time_monotonic());
	if (error == OK && call->again)
		return;
	if (error == OK && !cursors_seal(request))
		error = fail(&failure, ERROR_MEMORY, "no memory for the answer");
	if (error == OK) {
		if (call->version == request->version)
			call->version = 0; /* an If-Match that the handler made nothing of is no ETag */
		request->status = call->status;
		request_frame(request);
		return;
	}
	if (request->subject.role != ROLE_NONE || request->route->watched)
		request_log(request, error == ERROR_DENIED ? "denied" : "failed", error_name(error));
	if (problem_status(error, request->version != 0) >= 500)
		log_write(LOG_ERROR, "a request failed", LOG_FIELD_STRING("route", request->route->name),
		    LOG_FIELD_STRING("why", failure.words));
	request_refuse(request, problem_status(error, request->version != 0), failure.words);
	if (error == ERROR_LIMIT || request->status == 503)
		request->retry_after = 5;
}
