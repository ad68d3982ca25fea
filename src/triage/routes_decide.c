/*
 * What people decide about an event: confirm, dismiss, reopen, merge, split. In: the event, a reason, and the version
 * that the person saw (If-Match). Out: the event as it stands then; a dismissal can leave a standing decision. Runs in
 * one transaction with its line in the log.
 */
#include "triage/routes.h"

#include <stdio.h>

#define HOSTS_LARGEST 64

static enum error answer(struct call *call, struct uuid id, struct failure *failure)
{
	char text[UUID_TEXT];
	struct event *event;
	struct event_standing standing;
	struct titles *titles;
	enum error error = event_load(call, id, &event, &standing, &titles, failure);
	if (error)
		return error;
	json_t *object = event_json(call, titles, event, &standing);
	if (!object)
		return fail(failure, ERROR_MEMORY, "event: no memory");
	json_object_set_new(call->output, "event", object);
	json_object_set_new(call->output, "organisation", json_integer(event->organisation));
	tell_changed(call, event->organisation, "event", id);
	if (call->route->kind == ROUTE_FORM)
		snprintf(call->location, sizeof call->location, "/events/%s", uuid_format(id, text));
	else
		call->version = standing.version;
	return OK;
}

static enum error decide(struct call *call, enum event_state state, struct uuid other, struct failure *failure)
{
	struct uuid id = input_uuid(call, "id");
	enum error error = store_event_decide(call->store, call->scope, id, state, other,
	    text_trim(input_text(call, "reason")), call->version, call->now, failure);
	return error ? error : answer(call, id, failure);
}

enum error event_confirm(struct call *call, struct failure *failure)
{
	return decide(call, EVENT_CONFIRMED, (struct uuid){ 0 }, failure);
}

enum error event_reopen(struct call *call, struct failure *failure)
{
	return decide(call, EVENT_OPEN, (struct uuid){ 0 }, failure);
}

enum error event_merge(struct call *call, struct failure *failure)
{
	struct uuid into = input_uuid(call, "into");
	enum error error = decide(call, EVENT_MERGED, into, failure);
	if (!error && call->route->kind == ROUTE_FORM) {
		char text[UUID_TEXT];
		snprintf(call->location, sizeof call->location, "/events/%s", uuid_format(into, text));
	}
	return error;
}

enum error event_dismiss(struct call *call, struct failure *failure)
{
	struct uuid id = input_uuid(call, "id");
	struct text reason = text_trim(input_text(call, "reason"));
	struct event *event = arena_take(call->arena, sizeof *event);
	struct event_standing standing;
	if (!event)
		return fail(failure, ERROR_MEMORY, "event: no memory");
	enum error error = store_event_get(call->store, call->scope, id, call->arena, event, &standing, failure);
	if (!error && input_boolean(call, "standing", false))
		error = decision_from_event(call, event, reason, failure);
	return error ? error : decide(call, EVENT_DISMISSED, (struct uuid){ 0 }, failure);
}

enum error event_split(struct call *call, struct failure *failure)
{
	struct text hosts[HOSTS_LARGEST];
	struct uuid id = input_uuid(call, "id"), part;
	json_t *list = json_object_get(call->input, "hosts");
	size_t count = json_array_size(list);
	if (count > HOSTS_LARGEST)
		return fail(failure, ERROR_INPUT, "hosts: at most %d at once", HOSTS_LARGEST);
	for (size_t i = 0; i < count; i++) {
		json_t *host = json_array_get(list, i);
		hosts[i] = (struct text){ json_string_value(host), json_string_length(host) };
	}
	enum error error = store_event_split(call->store, call->scope, id, hosts, count,
	    text_trim(input_text(call, "reason")), call->version, call->now, &part, failure);
	if (!error)
		error = answer(call, id, failure);
	if (!error) {
		json_t *event = json_object_get(call->output, "event");
		tell_changed(call, (uint32_t)json_integer_value(json_object_get(event, "organisation")), "event", part);
		output_uuid(call->output, "new_event", part);
	}
	return error;
}
