/*
 * Routes of the loop: giving an indicator to a community, withdrawing it, what waits for a person, and the switch that
 * withdraws everything of a source.
 */
#include "intel/loop_routes.h"
#include "base/config.h"
#include "http/call.h"
#include "intel/loop.h"
#include "store/shared.h"

#include <string.h>

#define WAITING_SHOWN 500

extern const struct option_group loop_options[]; /* loop_settings.c */

static const char *const actions[] = { "observe", "alert", "block", NULL };
static const char *const tlps[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", NULL };

static enum item_action action_of(struct text word)
{
	for (int i = 0; actions[i]; i++)
		if (text_equal(word, text_of(actions[i])))
			return (enum item_action)i;
	return ITEM_OBSERVE;
}

static json_t *whys_json(uint32_t whys)
{
	json_t *list = json_array();
	unsigned next = 0;
	const char *code, *words;
	while ((code = loop_why(whys, &next, &words)))
		json_array_append_new(list, json_string(code));
	return list;
}

json_t *loop_answer_words(const struct loop_answer *answer)
{
	json_t *object = json_object(), *list = json_array();
	const char *code, *words;
	unsigned next = 0;
	loop_answer_output(object, answer);
	while ((code = loop_why(answer->whys, &next, &words)))
		json_array_append_new(list, json_pack("{s:s,s:s}", "code", code, "words", words));
	json_object_set_new(object, "reasons", list);
	return object;
}

void loop_answer_output(json_t *output, const struct loop_answer *answer)
{
	if (answer->id)
		json_object_set_new(output, "id", json_integer(answer->id));
	json_object_set_new(output, "travels", json_boolean(answer->travels));
	json_object_set_new(output, "waits", json_boolean(answer->waits));
	if (answer->travels)
		output_string(output, "action", actions[answer->action]);
	json_object_set_new(output, "reasons", whys_json(answer->whys));
}

static enum error shared_give(struct call *call, struct failure *failure)
{
	struct text type = input_text(call, "type"), value = input_text(call, "value");
	struct loop_gift gift = { .community = (uint32_t)input_integer(call, "number", 0),
		.organisation = call->subject->organisation,
		.item = input_text(call, "name"),
		.types = &type,
		.values = &value,
		.count = 1,
		.asked = action_of(input_text(call, "action")),
		.tlp = TLP_AMBER,
		.until = input_integer(call, "until", 0),
		.account = call->subject->account };
	struct loop_answer answer;
	if (!scope_covers_community(call->scope, gift.community))
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	if (input_has(call, "tlp"))
		tlp_parse(input_text(call, "tlp"), &gift.tlp);
	enum error error = loop_give(call->center, call->scope, &gift, &answer, call->arena, failure);
	if (!error && answer.crowded)
		error = fail(failure, ERROR_LIMIT, "too many of yours wait for a person: this one is not taken");
	if (error)
		return error;
	call->status = answer.travels ? 201 : 202;
	loop_answer_output(call->output, &answer);
	return OK;
}

static enum error shared_withdraw(struct call *call, struct failure *failure)
{
	struct shared row;
	uint32_t id = (uint32_t)input_integer(call, "id", 0);
	enum error error = store_shared_get(call->store, call->scope, id, &row, call->arena, failure);
	if (error || !scope_covers(call->scope, row.organisation))
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	if (row.withdrawn && !row.waits)
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	const struct shared_meant meant = {
		.id = id, .organisation = row.organisation, .held = call->subject->organisation != row.organisation
	};
	return loop_withdraw(call->center, call->scope, &meant, failure);
}

static enum error shared_release(struct call *call, struct failure *failure)
{
	struct loop_answer answer = { 0 };
	if (!scope_covers_all(call->scope)) /* not who gave it: the centre's people */
		return fail(failure, ERROR_DENIED, "the centre's analysts release what waits");
	enum error error = loop_release(call->center, call->scope, (uint32_t)input_integer(call, "id", 0),
	    call->subject->account, &answer, call->arena, failure);
	if (!error)
		loop_answer_output(call->output, &answer);
	return error;
}

static void add_waiting(void *context, const struct shared *row)
{
	json_t *object = json_object();
	json_object_set_new(object, "id", json_integer(row->id));
	json_object_set_new(object, "community", json_integer(row->community));
	json_object_set_new(object, "organisation", json_integer(row->organisation));
	output_string(object, "asked", actions[row->asked]);
	json_object_set_new(object, "values", json_loadb(row->body.at, row->body.size, 0, NULL));
	json_object_set_new(object, "reasons", whys_json(row->whys));
	output_time(object, "given", row->given);
	json_array_append_new(context, object);
}

static enum error shared_waiting(struct call *call, struct failure *failure)
{
	json_t *list = json_array();
	json_object_set_new(call->output, "waiting", list);
	return store_shared_waiting(call->store, call->scope, WAITING_SHOWN, add_waiting, list, failure);
}

static enum error shared_switch(struct call *call, bool stop, struct failure *failure)
{
	if (!scope_covers_all(call->scope))
		return fail(failure, ERROR_DENIED, "the centre's analysts switch a source off and on");
	const struct shared_meant meant = { .organisation = (uint32_t)input_integer(call, "number", 0) };
	enum error error = store_shared_stop(call->store, call->scope, meant.organisation, stop, call->now, failure);
	return error || !stop ? error : loop_withdraw(call->center, call->scope, &meant, failure);
}

static enum error shared_stop(struct call *call, struct failure *failure)
{
	return shared_switch(call, true, failure);
}

static enum error shared_go(struct call *call, struct failure *failure)
{
	return shared_switch(call, false, failure);
}

#define COMMUNITY                                                                                                      \
	{                                                                                                              \
		"number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295,                                \
							.summary = "Number of the community."                          \
	}
static const struct field give_fields[] = {
	COMMUNITY,
	{ "type", FIELD_TEXT, IN_BODY, true, 40, .summary = "Type of the value: address, domain, url, sha256 …" },
	{ "value", FIELD_TEXT, IN_BODY, true, 2048, .summary = "What sensors look for; defanged values are read." },
	{ "action", FIELD_CHOICE, IN_BODY, false, .choices = actions,
	    .summary = "What a sensor does that meets it; observe when absent." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps, .summary = "AMBER when absent." },
	{ "until", FIELD_TIME, IN_BODY, false, .summary = "When it ends." },
	{ "name", FIELD_TEXT, IN_BODY, false, 191, .summary = "Your name for it: given again it is changed." },
	{ NULL },
};
#define TRUST                                                                                                          \
	{ "trust", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = 2,                                               \
		.summary = "Of a source: 0 none, 1 it is heard, 2 as good as one's own." },                            \
	{                                                                                                              \
		"rate", FIELD_INTEGER, IN_BODY, false,                                                                 \
		    .least = 0, .most = 100000000, .summary = "So many of a source travel by themselves in an hour."   \
	}
static const struct field rule_read_fields[] = { COMMUNITY, { NULL } };
static const struct field rule_fields[] = {
	COMMUNITY,
	{ "alone", FIELD_CHOICE, IN_BODY, false, .choices = actions, .summary = "At most this travels by itself." },
	{ "least", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = 2,
	    .summary = "The trust that a source needs for anything to travel by itself." },
	TRUST,
	{ NULL },
};
static const struct field source_fields[] = {
	COMMUNITY,
	{ "organisation", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967294, .summary = "The source." },
	TRUST,
	{ NULL },
};
static const struct field sighting_fields[] = {
	COMMUNITY,
	{ "type", FIELD_TEXT, IN_BODY, true, 40, .summary = "Type of the value: address, domain, url, sha256 …" },
	{ "value", FIELD_TEXT, IN_BODY, true, 2048, .summary = "What was seen; defanged values are read." },
	{ "action", FIELD_CHOICE, IN_BODY, false, .choices = actions,
	    .summary = "What a sensor does that meets it; alert when absent." },
	{ "count", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 999999999,
	    .summary = "How often; 1 when absent." },
	{ "first", FIELD_TIME, IN_BODY, false, .summary = "When first; now when absent." },
	{ "last", FIELD_TIME, IN_BODY, false, .summary = "When last; now when absent." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps, .summary = "AMBER when absent." },
	{ NULL },
};
static const struct field id_fields[] = {
	{ "id", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295, .summary = "Number of the indicator." },
	{ NULL },
};
static const struct field number_fields[] = {
	{ "number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295, .summary = "Of the organisation." },
	{ NULL },
};

static const struct route routes[] = {
	{ ROUTE_JSON, "POST", "/v1/communities/{number}/indicators", "shared-give",
	    "Give an indicator to a community: its members' sensors look for it at once, as far as the release rule "
	    "lets it.",
	    give_fields, ACTION_RELEASE_WRITE, .hidden = true, .changes = true, .limits = { .per_minute = 60000 },
	    .handle = shared_give },
	{ ROUTE_JSON, "POST", "/v1/communities/{number}/sightings", "shared-sighting",
	    "Report what was seen: the value is given to the community in one's organisation's name, as an alert.",
	    sighting_fields, ACTION_RELEASE_WRITE, .hidden = true, .changes = true, .limits = { .per_minute = 60000 },
	    .handle = shared_sighting },
	{ ROUTE_JSON, "GET", "/v1/communities/{number}/rule", "shared-rule-read",
	    "What travels by itself in a community, and what it thinks of sources.", rule_read_fields,
	    ACTION_RELEASE_WRITE, .hidden = true, .handle = shared_rule_read },
	{ ROUTE_JSON, "PATCH", "/v1/communities/{number}/rule", "shared-rule-change",
	    "Set what travels by itself; what does not any more leaves.", rule_fields, ACTION_RELEASE_WRITE,
	    .hidden = true, .changes = true, .handle = shared_rule_change },
	{ ROUTE_JSON, "PATCH", "/v1/communities/{number}/rule/{organisation}", "shared-source-change",
	    "Set the trust and the rate of one source.", source_fields, ACTION_RELEASE_WRITE, .hidden = true,
	    .changes = true, .handle = shared_source_change },
	{ ROUTE_JSON, "GET", "/v1/shared/{id}", "shared-read",
	    "An indicator that an alert named, with how often it was met.", id_fields, ACTION_ITEM_READ, .hidden = true,
	    .handle = shared_read },
	{ ROUTE_JSON, "GET", "/v1/shared/waiting", "shared-waiting", "Indicators that wait for a person.", NULL,
	    ACTION_RELEASE_WRITE, .hidden = true, .handle = shared_waiting },
	{ ROUTE_JSON, "POST", "/v1/shared/{id}/release", "shared-release", "Let an indicator travel that waits.",
	    id_fields, ACTION_RELEASE_WRITE, .hidden = true, .changes = true, .handle = shared_release },
	{ ROUTE_JSON, "DELETE", "/v1/shared/{id}", "shared-withdraw", "Withdraw an indicator from every sensor.",
	    id_fields, ACTION_RELEASE_WRITE, .hidden = true, .changes = true, .handle = shared_withdraw },
	{ ROUTE_JSON, "POST", "/v1/organisations/{number}/shared/stop", "shared-stop",
	    "Withdraw all indicators of a source, and take none until it is switched on again.", number_fields,
	    ACTION_RELEASE_WRITE, .hidden = true, .changes = true, .handle = shared_stop },
	{ ROUTE_JSON, "POST", "/v1/organisations/{number}/shared/go", "shared-go",
	    "Take indicators of a source again; what was withdrawn stays so.", number_fields, ACTION_RELEASE_WRITE,
	    .hidden = true, .changes = true, .handle = shared_go },
	{ .name = NULL },
};

const struct capability loop_capability = {
	.name = "loop",
	.options = loop_options,
	.routes = routes,
	.start = loop_start,
	.tick = loop_tick,
	.stop = loop_stop_all,
	.alerts = loop_alerts,
	.replay_from = loop_replay_from,
};
