/*
 * Joint alerts: what an organisation is asked to issue together with the centre, and its agreement; how many messages
 * were sent by kind and language.
 */
#include "reach/routes.h"

struct asking {
	struct call *call;
	struct reach_work work;
	json_t *list;
	struct uuid wanted; /* nil: all that wait */
	struct dispatch_signatory found;
};

static void add_asked(void *context, const struct dispatch_signatory *signatory)
{
	struct asking *asking = context;
	struct dispatch dispatch;
	if (store_dispatch_of(
		asking->call->store, asking->work.all, signatory->dispatch, asking->call->arena, &dispatch, NULL) != OK)
		return;
	bool waits = dispatch.state == DISPATCH_DRAFT || dispatch.state == DISPATCH_PROPOSED;
	if (!uuid_is_nil(asking->wanted)) {
		if (waits && uuid_equal(dispatch.id, asking->wanted))
			asking->found = *signatory;
		return;
	}
	if (!waits)
		return;
	json_t *object = dispatch_json(asking->call, &dispatch);
	/* to whom it goes is the centre's to know */
	json_object_del(object, "list");
	json_object_del(object, "community");
	json_object_del(object, "recipients");
	json_object_set_new(object, "organisation", json_integer(signatory->organisation));
	output_time(object, "agreed", signatory->agreed);
	json_array_append_new(asking->list, object);
}

enum error signature_list(struct call *call, struct failure *failure)
{
	struct asking asking = { .call = call, .work = reach_work_of(call), .list = json_array() };
	json_object_set_new(call->output, "signatures", asking.list);
	json_object_set_new(
	    call->output, "may_agree", json_boolean(policy_reach(call->subject->role, ACTION_NOTICE_ACKNOWLEDGE) != 0));
	return store_signatory_each(call->store, call->scope, 0, add_asked, &asking, failure);
}

enum error signature_agree(struct call *call, struct failure *failure)
{
	struct asking asking = { .call = call, .work = reach_work_of(call), .wanted = input_uuid(call, "id") };
	enum error error = store_signatory_each(call->store, call->scope, 0, add_asked, &asking, failure);
	if (error != OK)
		return error;
	if (asking.found.organisation == 0)
		return fail(failure, ERROR_NOT_FOUND, "there is nothing to agree to");
	if (asking.found.agreed == 0) {
		asking.found.account = call->subject->account;
		asking.found.agreed = call->now;
		error = store_signatory_put(call->store, call->scope, &asking.found, failure);
	}
	text_copy(TEXT("/signatures"), call->location, sizeof call->location);
	output_time(call->output, "agreed", asking.found.agreed);
	return error;
}

/* ── counts ─ */

static void add_count(void *context, enum dispatch_kind kind, bool japanese, bool english, uint64_t count)
{
	json_t *list = context;
	json_t *languages = json_array();
	if (japanese)
		json_array_append_new(languages, json_string("ja"));
	if (english)
		json_array_append_new(languages, json_string("en"));
	json_array_append_new(list, json_pack("{s:s,s:o,s:I}", "kind", dispatch_kind_code(kind), "languages", languages,
					"count", (json_int_t)count));
}

enum error dispatch_counts(struct call *call, struct failure *failure)
{
	json_t *list = json_array();
	json_object_set_new(call->output, "counts", list);
	return store_dispatch_counts(call->store, call->scope, input_integer(call, "from", 1),
	    input_integer(call, "to", INT64_MAX), add_count, list, failure);
}
