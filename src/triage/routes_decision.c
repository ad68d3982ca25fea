/*
 * Standing decisions: reading, making, withdrawing. A decision that came from a dismissed event takes what the request
 * does not say from the event: its weightiest signature and host.
 */
#include "triage/routes.h"

#include <stdio.h>
#include <string.h>

#define STANDS (90 * DAY) /* when the request names no end */

struct listing {
	struct call *call;
	const struct titles *titles;
	json_t *list;
};

static void list_decision(void *context, const struct decision *decision)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, decision_json(listing->call, listing->titles, decision));
}

static void add_may_write(struct call *call)
{
	json_object_set_new(
	    call->output, "may_write", json_boolean(policy_reach(call->subject->role, ACTION_DECISION_WRITE) != 0));
}

enum error decisions_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 0) };
	struct titles *titles;
	enum error error = titles_load(call, &titles, failure);
	if (error)
		return error;
	struct listing listing = { call, titles, json_array() };
	json_object_set_new(call->output, "decisions", listing.list);
	error = store_decision_each(
	    call->store, call->scope, input_boolean(call, "standing", false), &page, list_decision, &listing, failure);
	output_string(call->output, "next", page.next);
	add_may_write(call);
	return error;
}

static enum error answer(struct call *call, const struct decision *decision, struct failure *failure)
{
	char text[UUID_TEXT];
	struct titles *titles;
	enum error error = titles_load(call, &titles, failure);
	if (error)
		return error;
	if (call->route->kind == ROUTE_FORM) {
		snprintf(call->location, sizeof call->location, "/decisions");
		return OK;
	}
	json_object_set_new(call->output, "decision", decision_json(call, titles, decision));
	snprintf(call->location, sizeof call->location, "/v1/decisions/%s", uuid_format(decision->id, text));
	call->version = decision->version;
	add_may_write(call);
	return OK;
}

enum error decision_read(struct call *call, struct failure *failure)
{
	struct decision decision;
	enum error error = store_decision_get(call->store, call->scope, input_uuid(call, "id"), &decision, failure);
	if (!error)
		error = answer(call, &decision, failure);
	call->location[0] = 0;
	return error;
}

static enum error copy_field(struct call *call, const char *name, char *to, size_t size, struct failure *failure)
{
	if (!text_copy(input_text(call, name), to, size))
		return fail(failure, ERROR_INPUT, "%s: at most %zu bytes", name, size - 1);
	return OK;
}

/* What the request says of a decision; times that it does not say are set. */
static enum error read_fields(struct call *call, struct text reason, struct decision *decision, struct failure *failure)
{
	struct text source = input_text(call, "source");
	decision->author = call->subject->account;
	decision->created = call->now;
	decision->expires = input_integer(call, "expires", 0);
	decision->review = input_integer(call, "review", 0);
	if (decision->expires == 0)
		decision->expires = call->now + STANDS;
	if (decision->review == 0)
		decision->review = call->now + (decision->expires - call->now) / 2;
	if (source.size && !prefix_parse(source, &decision->source))
		return fail(failure, ERROR_INPUT, "source: expected an address or a prefix");
	if (!text_copy(reason, decision->reason, sizeof decision->reason))
		return fail(failure, ERROR_INPUT, "reason: at most %zu bytes", sizeof decision->reason - 1);
	enum error error = copy_field(call, "detector", decision->detector, sizeof decision->detector, failure);
	if (!error)
		error = copy_field(call, "signature", decision->signature, sizeof decision->signature, failure);
	if (!error)
		error = copy_field(call, "host", decision->host, sizeof decision->host, failure);
	if (!error)
		error = copy_field(call, "account", decision->account, sizeof decision->account, failure);
	return error;
}

enum error decision_from_event(
    struct call *call, const struct event *event, struct text reason, struct failure *failure)
{
	struct decision decision = { .organisation = event->organisation, .event = event->id };
	enum error error = read_fields(call, reason, &decision, failure);
	if (error)
		return error;
	bool named = decision.signature[0] || decision.host[0] || decision.account[0] || decision.source.length;
	if (!named && event->signature_count) {
		text_copy(text_of(event->signatures[0].name), decision.signature, sizeof decision.signature);
		if (event->host_count)
			text_copy(text_of(event->hosts[0].name), decision.host, sizeof decision.host);
	}
	error = store_decision_put(call->store, call->scope, &decision, failure);
	if (error)
		return error;
	output_uuid(call->output, "decision", decision.id);
	tell_changed(call, decision.organisation, "decision", decision.id);
	return OK;
}

enum error decision_create(struct call *call, struct failure *failure)
{
	struct decision decision = { .organisation = (uint32_t)input_integer(call, "organisation", 0) };
	enum error error = read_fields(call, text_trim(input_text(call, "reason")), &decision, failure);
	struct organisation organisation;
	if (!error && decision.organisation)
		error = store_organisation_get(call->store, call->scope, decision.organisation, &organisation, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, ERROR_INPUT, "organisation: there is no such organisation");
	if (!error)
		error = store_decision_put(call->store, call->scope, &decision, failure);
	if (error)
		return error;
	tell_changed(call, decision.organisation, "decision", decision.id);
	if (call->route->kind == ROUTE_JSON)
		call->status = 201;
	return answer(call, &decision, failure);
}

enum error decision_withdraw(struct call *call, struct failure *failure)
{
	struct decision decision;
	enum error error = store_decision_get(call->store, call->scope, input_uuid(call, "id"), &decision, failure);
	if (!error && call->version != 0 && call->version != decision.version)
		error = fail(failure, ERROR_CONFLICT, "the decision was changed by somebody else: read it again");
	if (!error && !decision.withdrawn) {
		decision.withdrawn = true;
		error = store_decision_put(call->store, call->scope, &decision, failure);
	}
	if (error)
		return error;
	tell_changed(call, decision.organisation, "decision", decision.id);
	error = answer(call, &decision, failure);
	if (call->route->kind == ROUTE_JSON)
		call->location[0] = 0;
	return error;
}
