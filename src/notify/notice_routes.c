/*
 * Handlers of notices for those who are signed in: typed fields in, JSON out; the steps themselves are work.c's.
 */
#include "notify/bulletin.h"
#include "notify/evidence.h"
#include "notify/notice_json.h"
#include "notify/receipt.h"
#include "notify/routes.h"
#include "notify/work.h"

#include <stdio.h>
#include <string.h>

static struct work work_of(struct call *call)
{
	return (struct work){ .center = call->center,
		.store = call->store,
		.scope = call->scope,
		.arena = call->arena,
		.settings = notify_settings(),
		.now = call->now };
}

/* What a route that changed a notice answers: forms go back to its page, programs get it. */
static enum error answer(struct call *call, const struct notice *notice)
{
	char id[UUID_TEXT];
	bool form = call->route->kind == ROUTE_FORM;
	snprintf(
	    call->location, sizeof call->location, "%s/notices/%s", form ? "" : "/v1", uuid_format(notice->id, id));
	if (!form) {
		json_object_set_new(call->output, "notice", notice_json(call, notice, NULL));
		call->version = notice->version;
	}
	return OK;
}

enum error notice_create(struct call *call, struct failure *failure)
{
	struct work work = work_of(call);
	struct notice notice;
	struct draft draft = { .event = input_uuid(call, "id"),
		.tlp = TLP_AMBER,
		.deadline = input_integer(call, "deadline", 0),
		.subject_ja = text_trim(input_text(call, "subject_ja")),
		.subject_en = text_trim(input_text(call, "subject_en")),
		.advice = text_trim(input_text(call, "advice")),
		.author = call->subject->account };
	struct text tlp = input_text(call, "tlp");
	if (tlp.size > 0)
		tlp_parse(tlp, &draft.tlp);
	int64_t hours = input_integer(call, "hours", 0);
	if (hours > 0 && draft.deadline == 0)
		draft.deadline = call->now + hours * HOUR;
	enum error error = work_draft(&work, &draft, &notice, failure);
	if (error == OK && text_equal(input_text(call, "then"), TEXT("send")))
		error = work_send(&work, &notice, failure);
	if (error != OK)
		return error;
	if (call->route->kind == ROUTE_JSON)
		call->status = 201;
	return answer(call, &notice);
}

struct listing {
	struct call *call;
	json_t *notices;
	struct organisation organisation; /* of the last row: many rows in a row have the same */
	uint32_t unacknowledged;
};

/* How far the notice is known to have come; "" when that cannot be read just now. */
static void add_receipt(struct call *call, const struct notice *notice, json_t *json)
{
	const char *receipt;
	bool known = notice_receipt(call->store, notice, call->arena, &receipt, NULL) == OK;
	json_object_set_new(json, "receipt", json_string(known ? receipt : ""));
}

static void each_notice(void *context, const struct notice *notice)
{
	struct listing *listing = context;
	struct call *call = listing->call;
	if (listing->organisation.number != notice->organisation &&
	    store_organisation_get(call->store, call->scope, notice->organisation, &listing->organisation, NULL) != OK)
		listing->organisation = (struct organisation){ 0 };
	bool known = listing->organisation.number == notice->organisation;
	json_t *json = notice_json_short(call, notice, known ? &listing->organisation : NULL);
	add_receipt(call, notice, json);
	json_array_append_new(listing->notices, json);
	listing->unacknowledged += notice->state == NOTICE_SENT;
}

static uint32_t wanted_states(const struct call *call)
{
	struct text state = input_text(call, "state");
	for (unsigned i = 0; i <= NOTICE_WITHDRAWN; i++)
		if (text_equal(state, text_of(notice_state_code((enum notice_state)i))))
			return 1u << i;
	return 0;
}

enum error notice_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 100) };
	struct listing listing = { .call = call, .notices = json_array() };
	json_object_set_new(call->output, "notices", listing.notices);
	enum error error = store_notice_each(call->store, call->scope, input_uuid(call, "event"), wanted_states(call),
	    &page, call->arena, each_notice, &listing, failure);
	if (error != OK)
		return error;
	struct text state = input_text(call, "state");
	json_object_set_new(call->output, "state", json_stringn(state.at ? state.at : "", state.size));
	json_object_set_new(call->output, "unacknowledged", json_integer(listing.unacknowledged));
	json_object_set_new(call->output, "next", json_string(page.next));
	return OK;
}

enum error notice_inbox(struct call *call, struct failure *failure)
{
	if (call->subject->role != ROLE_MEMBER)
		return fail(failure, ERROR_NOT_FOUND, "only members have an inbox");
	enum error error = bulletins_output(call, 5, failure);
	return error == OK ? notice_list(call, failure) : error;
}

static enum error load(struct call *call, struct notice *notice, struct failure *failure)
{
	return store_notice_get(call->store, call->scope, input_uuid(call, "id"), call->arena, notice, failure);
}

static void each_delivery(void *context, const struct delivery *delivery)
{
	json_array_append_new(context, delivery_json(delivery));
}

/* The text as a signed-in reader gets it, in the language of the request. */
static enum error add_text(struct call *call, const struct notice *notice, const struct event *event,
    const struct coverage *coverage, const struct organisation *organisation, struct failure *failure)
{
	struct event shown;
	const struct catalog *catalog;
	evidence_of(event, &shown);
	enum language language = text_equal(call->language, TEXT("ja")) ? LANGUAGE_JAPANESE : LANGUAGE_ENGLISH;
	enum error error = work_catalog(call->center, language, &catalog, failure);
	if (error != OK)
		return error;
	struct letter letter = { .notice = notice,
		.event = &shown,
		.coverage = coverage,
		.organisation = organisation,
		.settings = notify_settings(),
		.catalog = catalog,
		.language = language,
		.public_url = call->center->public_url };
	struct builder text = { 0 };
	letter_text(&letter, &text);
	if (text.failed)
		error = fail(failure, ERROR_MEMORY, "notice: no memory");
	else
		json_object_set_new(call->output, "text", json_stringn(text.at, text.size));
	builder_free(&text);
	return error;
}

enum error notice_read(struct call *call, struct failure *failure)
{
	struct notice notice;
	struct organisation organisation;
	struct event event;
	struct event_standing standing;
	struct coverage coverage;
	struct work work = work_of(call);
	enum error error = load(call, &notice, failure);
	if (error == OK)
		error = store_organisation_get(call->store, call->scope, notice.organisation, &organisation, failure);
	if (error == OK)
		error =
		    store_event_get(call->store, call->scope, notice.event, call->arena, &event, &standing, failure);
	if (error == OK)
		error = work_coverage(&work, &event, &coverage, failure);
	if (error != OK)
		return error;
	json_t *deliveries = json_array();
	json_object_set_new(call->output, "deliveries", deliveries);
	json_t *json = notice_json(call, &notice, &organisation);
	add_receipt(call, &notice, json);
	json_object_set_new(call->output, "notice", json);
	json_object_set_new(call->output, "may", notice_steps_json(call, &notice));
	json_object_set_new(call->output, "handling", json_string(tlp_handling(notice.tlp)));
	json_t *evidence = evidence_json(&event);
	if (!evidence)
		return fail(failure, ERROR_MEMORY, "notice: no memory");
	json_object_set_new(evidence, "coverage", json_real(coverage.share));
	json_object_set_new(call->output, "evidence", evidence);
	output_coverage(call, call->output, "watched", &coverage);
	call->version = notice.version;
	error = store_delivery_each(call->store, call->scope, notice.id, each_delivery, deliveries, failure);
	return error == OK ? add_text(call, &notice, &event, &coverage, &organisation, failure) : error;
}

/* Loads the notice, and refuses when the caller saw another version of it. */
static enum error load_for_change(struct call *call, struct notice *notice, struct failure *failure)
{
	enum error error = load(call, notice, failure);
	if (error == OK && call->version != 0 && call->version != notice->version)
		return fail(failure, ERROR_CONFLICT, "notice %s was changed by somebody else; look at it again",
		    notice->number);
	return error;
}

static enum error change(
    struct call *call, enum error (*step)(struct work *, struct notice *, struct failure *), struct failure *failure)
{
	struct work work = work_of(call);
	struct notice notice;
	enum error error = load_for_change(call, &notice, failure);
	if (error == OK)
		error = step(&work, &notice, failure);
	return error == OK ? answer(call, &notice) : error;
}

enum error notice_send(struct call *call, struct failure *failure)
{
	return change(call, work_send, failure);
}

enum error notice_withdraw(struct call *call, struct failure *failure)
{
	return change(call, work_withdraw, failure);
}

enum error notice_close(struct call *call, struct failure *failure)
{
	return change(call, work_close, failure);
}

enum error notice_acknowledge(struct call *call, struct failure *failure)
{
	struct work work = work_of(call);
	struct notice notice;
	enum error error = load_for_change(call, &notice, failure);
	if (error == OK)
		error = work_acknowledge(&work, &notice, call->subject->account, text_of(call->subject->name), failure);
	return error == OK ? answer(call, &notice) : error;
}

enum error notice_reply(struct call *call, struct failure *failure)
{
	struct work work = work_of(call);
	struct notice notice;
	if (text_trim(input_text(call, "text")).size == 0)
		return fail(failure, ERROR_INPUT, "text: it is empty");
	enum error error = load_for_change(call, &notice, failure);
	if (error == OK)
		error = work_reply(&work, &notice, text_of(call->subject->name), input_text(call, "text"), failure);
	return error == OK ? answer(call, &notice) : error;
}
