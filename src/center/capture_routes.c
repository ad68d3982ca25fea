/*
 * Capture policies (model/capture_policy.h): for the sensors that keep to them, for programs, and as the page on which
 * an organisation's own people and the centre's administrators see and change them.
 */
#include "center/routes.h"
#include "model/capability.h"

#include <stdio.h>
#include <string.h>

#define VERSIONS_SHOWN 50

/* ── reading ─ */

static json_t *choices_json(enum capture_kind kind, enum capture present)
{
	json_t *list = json_array();
	for (unsigned i = 0; i <= capture_most(kind); i++) {
		if (i == CAPTURE_REDUCED && !capture_can_reduce(kind))
			continue;
		json_array_append_new(
		    list, json_pack("{s:s,s:b}", "code", capture_code((enum capture)i), "chosen", (int)(i == present)));
	}
	return list;
}

static json_t *kinds_json(const struct capture_policy *policy)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		if (capture_is_choice(i))
			json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:o}", "kind", capture_kind_code(i),
							"value", capture_code(policy->kinds[i]), "default",
							capture_code(capture_policy_default.kinds[i]), "choices",
							choices_json(i, policy->kinds[i])));
	return list;
}

static void add_version(void *context, const struct capture_version *version)
{
	struct builder line = { 0 };
	json_t *object = json_object();
	capture_policy_write(&version->policy, &line);
	json_object_set_new(object, "number", json_integer((json_int_t)version->version));
	output_time(object, "made", version->made);
	output_string(object, "by", version->own ? "organisation" : "centre"); /* names stand in the log */
	output_text(object, "policy", (struct text){ line.at, line.size });
	json_array_append_new(context, object);
	builder_free(&line);
}

static void add_dropped(void *context, const struct capture_dropped *dropped)
{
	json_t *object = json_object();
	json_object_set_new(object, "number", json_integer(dropped->sensor));
	output_string(object, "sensor", dropped->name);
	json_object_set_new(object, "fields", json_integer((json_int_t)dropped->fields));
	output_time(object, "first", dropped->first);
	output_time(object, "last", dropped->last);
	json_array_append_new(context, object);
}

/* Whose policy is meant: who belongs to an organisation need not say. */
static uint32_t organisation_meant(const struct call *call)
{
	return (uint32_t)input_integer(call, "organisation", call->subject->organisation);
}

static enum error version_find(struct call *call, struct capture_version *version, struct failure *failure)
{
	uint32_t organisation = organisation_meant(call);
	if (organisation == 0)
		return fail(failure, ERROR_INPUT, "organisation: whose capture policy is meant?");
	return store_capture_get(call->store, call->scope, organisation, version, failure);
}

/* Whether who asks may loosen the policy: only the organisation's own people may. */
static bool may_loosen(const struct call *call, uint32_t organisation)
{
	struct policy_snapshot snapshot = { 0 };
	struct failure ignored;
	if (store_snapshot(call->store, call->now, call->arena, &snapshot, &ignored) != OK)
		return false;
	const struct scope *scope = policy_scope(&snapshot, call->subject, ACTION_CAPTURE_LOOSEN, call->arena);
	return scope && scope_covers(scope, organisation);
}

static void show_policy(struct call *call, const struct capture_version *version)
{
	struct builder line = { 0 };
	capture_policy_write(&version->policy, &line);
	json_object_set_new(call->output, "organisation", json_integer(version->organisation));
	json_object_set_new(call->output, "version", json_integer((json_int_t)version->version));
	output_text(call->output, "policy", (struct text){ line.at, line.size });
	json_object_set_new(call->output, "member_days", json_integer(version->policy.member_days));
	json_object_set_new(call->output, "centre_days", json_integer(version->policy.centre_days));
	json_object_set_new(call->output, "kinds", kinds_json(&version->policy));
	builder_free(&line);
}

static enum error capture_read(struct call *call, struct failure *failure)
{
	struct capture_version version;
	enum error error = version_find(call, &version, failure);
	if (error != OK)
		return error;
	show_policy(call, &version);
	call->version = version.version;
	json_t *versions = json_array(), *dropped = json_array();
	json_object_set_new(call->output, "versions", versions);
	json_object_set_new(call->output, "dropped", dropped);
	error = store_capture_each(
	    call->store, call->scope, version.organisation, VERSIONS_SHOWN, add_version, versions, failure);
	if (error == OK)
		error = store_capture_dropped_each(
		    call->store, call->scope, version.organisation, add_dropped, dropped, failure);
	if (error != OK || call->route->kind != ROUTE_PAGE)
		return error;
	struct organisation organisation;
	error = store_organisation_get(call->store, call->scope, version.organisation, &organisation, failure);
	output_string(call->output, "organisation_name", error ? "" : organisation.name);
	json_object_set_new(
	    call->output, "may_write", json_boolean(policy_reach(call->subject->role, ACTION_CAPTURE_WRITE) != 0));
	json_object_set_new(call->output, "may_loosen", json_boolean(may_loosen(call, version.organisation)));
	return error;
}

/* For the sensor that keeps to it: nothing of who made it, nor of other sensors. */
static enum error capture_keep(struct call *call, struct failure *failure)
{
	struct capture_version version;
	enum error error = version_find(call, &version, failure);
	if (error == OK)
		show_policy(call, &version);
	return error;
}

/* ── changing ─ */

static enum error policy_fill(struct call *call, struct capture_policy *policy, struct failure *failure)
{
	char days[24];
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++) {
		const char *name = capture_kind_code(i);
		const char *problem = capture_is_choice(i) && input_has(call, name)
					  ? capture_policy_set(policy, text_of(name), input_text(call, name))
					  : NULL;
		if (problem)
			return fail(failure, ERROR_INPUT, "%s: %s", name, problem);
	}
	static const char *const names[] = { "member_days", "centre_days" };
	for (size_t i = 0; i < 2; i++) {
		if (!input_has(call, names[i]))
			continue;
		snprintf(days, sizeof days, "%lld", (long long)input_integer(call, names[i], 0));
		const char *problem = capture_policy_set(policy, text_of(names[i]), text_of(days));
		if (problem)
			return fail(failure, ERROR_INPUT, "%s: %s", names[i], problem);
	}
	return OK;
}

static enum error capture_change(struct call *call, struct failure *failure)
{
	struct capture_version version;
	enum error error = version_find(call, &version, failure);
	if (error != OK)
		return error;
	uint64_t known = call->route->kind == ROUTE_FORM ? (uint64_t)input_integer(call, "version", 0) : call->version;
	if ((known || call->route->kind == ROUTE_FORM) && known != version.version)
		return fail(failure, ERROR_CONFLICT, "The capture policy was changed meanwhile: read it again.");
	struct capture_policy before = version.policy;
	error = policy_fill(call, &version.policy, failure);
	if (error != OK)
		return error;
	if (capture_policy_loosens(&before, &version.policy) && !may_loosen(call, version.organisation))
		return fail(failure, ERROR_DENIED,
		    "Only the organisation's own people may loosen its capture policy; others may make it stricter.");
	version.made = call->now;
	version.account = call->subject->account;
	version.own = call->subject->organisation == version.organisation;
	error = store_capture_put(call->store, call->scope, &version, failure);
	if (error != OK)
		return error;
	call->version = version.version;
	if (call->center)
		call->center->capture_changed = true;
	if (call->route->kind == ROUTE_FORM) {
		snprintf(
		    call->location, sizeof call->location, "/capture-policy?organisation=%u", version.organisation);
		call->status = 303;
	}
	show_policy(call, &version);
	return OK;
}

/* ── routes ─ */

static const char *const whole[] = { "not", "stays", "leaves", NULL };
static const char *const reducible[] = { "not", "stays", "reduced", "leaves", NULL };
static const char *const kept[] = { "not", "stays", NULL };

#define ORGANISATION                                                                                                   \
	{                                                                                                              \
		"organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,                        \
								.summary = "Whose; one's own when absent."             \
	}
#define KIND(name, choice, words)                                                                                      \
	{                                                                                                              \
		name, FIELD_CHOICE, IN_BODY, false, .choices = choice, .summary = words                                \
	}
#define DAYS(name, words)                                                                                              \
	{                                                                                                              \
		name, FIELD_INTEGER, IN_BODY, false, .least = 1, .most = CAPTURE_DAYS_MOST, .summary = words           \
	}
#define POLICY_BODY                                                                                                    \
	KIND("name", whole, "Names looked up (DNS)."), KIND("server", whole, "Names of servers (TLS, HTTP)."),         \
	    KIND("agent", whole, "Software of both ends."), KIND("url", reducible, "URLs."),                           \
	    KIND("mail", reducible, "Mail addresses."), KIND("subject", whole, "Subjects of mails."),                  \
	    KIND("file", reducible, "Names of transferred files."),                                                    \
	    KIND("hash", whole, "Hashes of transferred files."), KIND("path", whole, "Programs and files of hosts."),  \
	    KIND("account", whole, "Names of accounts."), KIND("command", whole, "Commands and their arguments."),     \
	    KIND("text", reducible, "Lines of logs as they are."), KIND("payload", kept, "Packets and bodies."),       \
	    DAYS("member_days", "So many days records are kept at the member at most."),                               \
	    DAYS("centre_days", "So many days records are kept at the centre at most.")

static const struct field read_fields[] = { ORGANISATION, { NULL } };
static const struct field change_fields[] = { ORGANISATION, POLICY_BODY, { NULL } };
static const struct field form_fields[] = {
	{ "organisation", FIELD_INTEGER, IN_BODY, true, .least = 1, .most = 4294967295, .summary = "Whose." },
	{ "version", FIELD_INTEGER, IN_BODY, true, .least = 0, .most = INT32_MAX,
	    .summary = "As the page showed it: another change meanwhile is an error." },
	POLICY_BODY,
	{ NULL },
};

const struct route capture_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/sensor/capture-policy", "capture-keep",
	    "The capture policy that this sensor is to keep to.", NULL, ACTION_CAPTURE_KEEP, .door = DOOR_EITHER,
	    .handle = capture_keep },
	{ ROUTE_JSON, "GET", "/v1/capture-policy", "capture-read",
	    "What of an organisation's communications may be recorded and leave it, and for how long it is kept.",
	    read_fields, ACTION_CAPTURE_READ, .handle = capture_read },
	{ ROUTE_PAGE, "GET", "/capture-policy", "capture-page", "An organisation's capture policy.", read_fields,
	    ACTION_CAPTURE_READ, .page = "capture-policy", .handle = capture_read },
	{ ROUTE_JSON, "PATCH", "/v1/capture-policy", "capture-change",
	    "Change a capture policy; only the organisation's own people may loosen it.", change_fields,
	    ACTION_CAPTURE_WRITE, .changes = true, .versioned = true, .handle = capture_change },
	{ ROUTE_FORM, "POST", "/capture-policy", "capture-change-form",
	    "Change a capture policy; only the organisation's own people may loosen it.", form_fields,
	    ACTION_CAPTURE_WRITE, .changes = true, .handle = capture_change },
	{ 0 },
};
