/*
 * Routes of sightings: an indicator with how often it was met, and what a member's people have seen. Who else met it is
 * told to nobody but the centre's analysts; how many others, to members, from OTHERS_LEAST on and as of the last
 * midnight (UTC), so that no change of the number says who it was.
 */
#include "intel/loop.h"
#include "intel/loop_routes.h"
#include "store/community.h"
#include "store/shared.h"

#define OTHERS_LEAST 3u

static enum error add_sightings(struct call *call, uint32_t id, struct failure *failure)
{
	struct shared_met own;
	uint64_t others = 0;
	uint32_t organisation = call->subject->organisation;
	bool all = scope_covers_all(call->scope);
	json_t *met = json_object();
	enum error error = store_shared_met_get(call->store, call->scope, id, organisation, &own, failure);
	if (!error)
		error = store_shared_met_elsewhere(
		    call->store, id, organisation, all ? INT64_MAX : call->now / DAY * DAY, &others, failure);
	json_object_set_new(met, "count", json_integer((json_int_t)own.count));
	if (own.count) {
		output_time(met, "first", own.first);
		output_time(met, "last", own.last);
	}
	if (all || others >= OTHERS_LEAST)
		json_object_set_new(met, "elsewhere", json_integer((json_int_t)others));
	json_object_set_new(call->output, "sightings", met);
	return error;
}

enum error shared_read(struct call *call, struct failure *failure)
{
	struct shared row;
	struct policy_snapshot snapshot;
	uint32_t id = (uint32_t)input_integer(call, "id", 0);
	enum error error = store_shared_get(call->store, call->scope, id, &row, call->arena, failure);
	bool own = !error && scope_covers(call->scope, row.organisation);
	if (error == ERROR_NOT_FOUND || (!error && row.withdrawn && !own))
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	if (!error)
		error = store_snapshot(call->store, call->now, call->arena, &snapshot, failure);
	if (error)
		return error;
	json_object_set_new(call->output, "id", json_integer(row.id));
	json_object_set_new(call->output, "community", json_integer(row.community));
	if (own || (policy_may_name(&snapshot, row.organisation, row.community) &&
		       policy_knows_organisation(&snapshot, call->subject->organisation, row.organisation)))
		json_object_set_new(call->output, "giver", json_integer(row.organisation));
	json_object_set_new(call->output, "travels", json_boolean(!row.withdrawn));
	output_string(call->output, "action", item_action_code(row.action));
	json_object_set_new(call->output, "values", json_loadb(row.body.at, row.body.size, 0, NULL));
	if (row.until)
		output_time(call->output, "until", row.until);
	return add_sightings(call, row.id, failure);
}

/* ── what people have seen ─ */

struct seen {
	struct call *call;
	struct shared_met met;
	uint32_t ids[SHARED_VOICES];
	size_t count;
};

static void note(void *context, const struct shared *row)
{
	struct seen *seen = context;
	seen->ids[seen->count++] = row->id;
}

/* It counts for everybody's indicator of the same value. */
static enum error count_it(struct call *call, uint32_t community, uint32_t id, struct failure *failure)
{
	struct shared row;
	struct seen seen = { .call = call,
		.met = { .count = (uint64_t)input_integer(call, "count", 1),
		    .first = input_integer(call, "first", call->now),
		    .last = input_integer(call, "last", call->now) } };
	const struct scope *scope = policy_background(LOOP_SCOPE, call->arena);
	bool new;
	enum error error = scope ? store_shared_get(call->store, scope, id, &row, call->arena, failure)
				 : fail(failure, ERROR_MEMORY, "no memory for a sighting");
	if (!error)
		error = store_shared_same(call->store, community, row.body, note, &seen, failure);
	for (size_t i = 0; i < seen.count && !error; i++)
		error = store_shared_met_add(
		    call->store, scope, seen.ids[i], call->subject->organisation, &seen.met, call->now, &new, failure);
	return error;
}

enum error shared_sighting(struct call *call, struct failure *failure)
{
	struct text type = input_text(call, "type"), value = input_text(call, "value");
	enum item_action action = ITEM_ALERT;
	struct loop_gift gift = { .community = (uint32_t)input_integer(call, "number", 0),
		.organisation = call->subject->organisation,
		.types = &type,
		.values = &value,
		.count = 1,
		.tlp = TLP_AMBER,
		.account = call->subject->account };
	struct loop_answer answer;
	if (!scope_covers_community(call->scope, gift.community))
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	if (input_has(call, "action"))
		item_action_parse(input_text(call, "action"), &action);
	if (input_has(call, "tlp"))
		tlp_parse(input_text(call, "tlp"), &gift.tlp);
	gift.asked = action;
	enum error error = loop_give(call->center, call->scope, &gift, &answer, call->arena, failure);
	if (!error && answer.crowded)
		error = fail(failure, ERROR_LIMIT, "too many of yours wait for a person: this one is not taken");
	if (!error && answer.id && answer.travels && gift.organisation)
		error = count_it(call, gift.community, answer.id, failure);
	if (error)
		return error;
	call->status = answer.travels ? 201 : 202;
	loop_answer_output(call->output, &answer);
	return OK;
}
