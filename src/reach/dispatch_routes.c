/*
 * Handlers of dispatches for the centre's analysts; the steps themselves are work.c's.
 */
#include "reach/published.h"
#include "reach/routes.h"

#include <stdio.h>

#define REMINDED_AT_ONCE 500
#define SHOWN_MOST 200 /* recipients that a page shows */

static enum error load(struct call *call, struct dispatch *dispatch, struct failure *failure)
{
	enum error error =
	    store_dispatch_get(call->store, call->scope, input_uuid(call, "id"), call->arena, dispatch, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, ROUTE_HIDDEN_WORDS) : error;
}

enum error dispatch_answer(struct call *call, const struct dispatch *dispatch)
{
	char id[UUID_TEXT];
	bool form = call->route->kind == ROUTE_FORM;
	snprintf(call->location, sizeof call->location, "%s/dispatches/%s", form ? "" : "/v1",
	    uuid_format(dispatch->id, id));
	json_object_set_new(call->output, "dispatch", dispatch_json(call, dispatch));
	return OK;
}

/* ── steps ─ */

enum error dispatch_propose(struct call *call, struct failure *failure)
{
	struct dispatch dispatch;
	struct reach_work work = reach_work_of(call);
	enum error error = load(call, &dispatch, failure);
	if (error == OK)
		error = reach_propose(
		    &work, &dispatch, call->subject->account, (uint32_t)input_integer(call, "recipients", 0), failure);
	return error == OK ? dispatch_answer(call, &dispatch) : error;
}

enum error dispatch_start(struct call *call, struct failure *failure)
{
	struct dispatch dispatch;
	struct reach_work work = reach_work_of(call);
	enum error error = load(call, &dispatch, failure);
	if (error == OK)
		error = reach_start(
		    &work, &dispatch, call->subject->account, (uint32_t)input_integer(call, "recipients", 0), failure);
	if (error == OK)
		error = publish_released(call, &dispatch, failure);
	return error == OK ? dispatch_answer(call, &dispatch) : error;
}

enum error dispatch_deadline_set(struct call *call, struct failure *failure)
{
	struct dispatch dispatch;
	nanoseconds until = input_integer(call, "until", 0);
	enum error error = load(call, &dispatch, failure);
	if (error != OK)
		return error;
	if (dispatch.state != DISPATCH_RUNNING)
		return fail(failure, ERROR_CONFLICT, "it is %s and has no deadline to change",
		    dispatch_state_code(dispatch.state));
	if (until <= dispatch.started || until > dispatch.started + 90 * DAY)
		return fail(failure, ERROR_INPUT, "until: after its start, and within 90 days of it");
	dispatch.within = until - dispatch.started;
	error = store_dispatch_put(call->store, call->scope, &dispatch, failure);
	return error == OK ? dispatch_answer(call, &dispatch) : error;
}

enum error dispatch_remind(struct call *call, struct failure *failure)
{
	struct dispatch dispatch;
	struct reach_work work = reach_work_of(call);
	size_t reminded = 0, some = REMINDED_AT_ONCE;
	enum error error = load(call, &dispatch, failure);
	if (error != OK)
		return error;
	if (!reach_takes_answers(&dispatch) || call->now > dispatch_deadline(&dispatch))
		return fail(failure, ERROR_CONFLICT, "its time is over, or has not begun");
	while (error == OK && some == REMINDED_AT_ONCE) {
		error = reach_send_some(&work, &dispatch, RECIPIENTS_SILENT, REMINDED_AT_ONCE, &some, failure);
		reminded += some;
	}
	if (error != OK)
		return error;
	json_object_set_new(call->output, "reminded", json_integer((json_int_t)reminded));
	return dispatch_answer(call, &dispatch);
}

enum error dispatch_close(struct call *call, struct failure *failure)
{
	struct dispatch dispatch;
	struct reach_work work = reach_work_of(call);
	enum error error = load(call, &dispatch, failure);
	if (error == OK)
		error = reach_close(&work, &dispatch, failure);
	return error == OK ? dispatch_answer(call, &dispatch) : error;
}

enum error dispatch_withdraw(struct call *call, struct failure *failure)
{
	struct dispatch dispatch;
	struct reach_work work = reach_work_of(call);
	enum error error = load(call, &dispatch, failure);
	if (error == OK)
		error = reach_withdraw(&work, &dispatch, failure);
	if (error == OK)
		error = publish_withdrawn(call, &dispatch, failure);
	return error == OK ? dispatch_answer(call, &dispatch) : error;
}

/* ── shown ─ */

struct listing {
	struct call *call;
	json_t *list;
};

static void add_dispatch(void *context, const struct dispatch *dispatch)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, dispatch_json(listing->call, dispatch));
}

static void add_list(void *context, const char *list, uint32_t contacts, uint32_t troubled)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, json_pack("{s:s,s:I,s:I}", "list", list, "contacts", (json_int_t)contacts,
						 "troubled", (json_int_t)troubled));
}

enum error dispatch_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 50) };
	struct listing listing = { call, json_array() }, lists = { call, json_array() };
	json_object_set_new(call->output, "dispatches", listing.list);
	json_object_set_new(call->output, "lists", lists.list);
	enum error error =
	    store_dispatch_each(call->store, call->scope, false, &page, call->arena, add_dispatch, &listing, failure);
	output_string(call->output, "next", page.next);
	return error == OK ? store_contact_lists(call->store, call->scope, add_list, &lists, failure) : error;
}

struct summing {
	struct reach_table table;
	json_t *missed; /* those who were not reached, the first ones */
	uint64_t left_out, received, opened;
	enum error error;
	struct failure failure;
};

static void sum(void *context, const struct recipient *recipient, const struct reach_record *record)
{
	struct summing *summing = context;
	if (summing->error != OK)
		return;
	summing->error = reach_table_add(&summing->table, record, &summing->failure);
	summing->received += recipient->delivered != 0;
	summing->opened += recipient->opened != 0;
	if (record->reason == REACH_REACHED || record->reason == REACH_WAITING)
		return;
	if (json_array_size(summing->missed) < SHOWN_MOST)
		json_array_append_new(summing->missed, recipient_json(recipient, record));
	else
		summing->left_out++;
}

static enum error add_table(
    struct call *call, struct reach_work *work, const struct dispatch *dispatch, struct failure *failure)
{
	struct summing summing = { .missed = json_array() };
	json_object_set_new(call->output, "missed", summing.missed);
	enum error error = reach_records(work, dispatch, sum, &summing, failure);
	if (error == OK && summing.error != OK && failure)
		*failure = summing.failure;
	error = error == OK ? summing.error : error;
	if (error == OK) {
		json_t *table = reach_table_json(&summing.table);
		json_t *test = json_array_get(json_object_get(table, "tests"), 0);
		json_object_set(call->output, "tiers", json_object_get(test, "tiers"));
		json_object_set_new(call->output, "received", json_integer((json_int_t)summing.received));
		json_object_set_new(call->output, "opened", json_integer((json_int_t)summing.opened));
		json_object_set_new(call->output, "missed_left_out", json_integer((json_int_t)summing.left_out));
		json_decref(table);
	}
	reach_table_free(&summing.table);
	return error;
}

enum error dispatch_read(struct call *call, struct failure *failure)
{
	struct dispatch dispatch;
	struct reach_work work = reach_work_of(call);
	struct failure none;
	uint32_t recipients;
	enum error error = load(call, &dispatch, failure);
	if (error != OK)
		return error;
	dispatch_answer(call, &dispatch);
	bool waits = dispatch.state == DISPATCH_DRAFT || dispatch.state == DISPATCH_PROPOSED;
	if (waits && reach_count(&work, &dispatch, &recipients, &none) == OK)
		json_object_set_new(call->output, "recipients_now", json_integer(recipients));
	bool own = uuid_equal(dispatch.proposed_by, call->subject->account);
	json_object_set_new(call->output, "may_propose", json_boolean(dispatch.state == DISPATCH_DRAFT));
	json_object_set_new(call->output, "may_start", json_boolean(dispatch.state == DISPATCH_PROPOSED && !own));
	json_object_set_new(
	    call->output, "waits_for_another", json_boolean(dispatch.state == DISPATCH_PROPOSED && own));
	json_object_set_new(call->output, "runs", json_boolean(dispatch.state == DISPATCH_RUNNING));
	json_object_set_new(call->output, "may_withdraw", json_boolean(waits || dispatch.state == DISPATCH_RUNNING));
	return dispatch.started ? add_table(call, &work, &dispatch, failure) : OK;
}

struct exporting {
	struct text wanted; /* code of a reason; empty: all */
	struct builder csv;
	json_t *list; /* NULL: CSV */
};

static void export(void *context, const struct recipient *recipient, const struct reach_record *record)
{
	struct exporting *exporting = context;
	if (exporting->wanted.size && !text_equal(exporting->wanted, text_of(reach_reason_code(record->reason))))
		return;
	if (exporting->list)
		json_array_append_new(exporting->list, recipient_json(recipient, record));
	else
		reach_record_write(&exporting->csv, record);
}

enum error dispatch_records(struct call *call, struct failure *failure)
{
	struct dispatch dispatch;
	struct reach_work work = reach_work_of(call);
	bool csv = text_equal(input_text(call, "format"), TEXT("csv"));
	struct exporting exporting = { .wanted = input_text(call, "reason"), .list = csv ? NULL : json_array() };
	if (!csv)
		json_object_set_new(call->output, "records", exporting.list);
	enum error error = load(call, &dispatch, failure);
	if (error == OK && csv)
		reach_record_write_header(&exporting.csv);
	if (error == OK)
		error = reach_records(&work, &dispatch, export, &exporting, failure);
	if (error == OK && csv) {
		call->type = "text/csv; charset=utf-8; header=present";
		call->body = exporting.csv.failed
				 ? TEXT_NONE
				 : arena_text(call->arena, (struct text){ exporting.csv.at, exporting.csv.size });
		error = call->body.at ? OK : fail(failure, ERROR_MEMORY, "records: no memory");
	}
	builder_free(&exporting.csv);
	return error;
}
