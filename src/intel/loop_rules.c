/*
 * Routes of what a community lets travel by itself, and of what it thinks of each source: for who keeps the community,
 * and the centre's analysts.
 */
#include "intel/loop.h"
#include "intel/loop_routes.h"
#include "store/community.h"
#include "store/shared.h"

struct keeping {
	struct call *call;
	struct policy_snapshot snapshot;
	uint32_t community;
	json_t *sources;
};

static enum error keeps(struct keeping *keeping, struct call *call, struct failure *failure)
{
	uint32_t *community = &keeping->community;
	keeping->call = call;
	*community = (uint32_t)input_integer(call, "number", 0);
	if (!scope_covers_community(call->scope, *community))
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	enum error error = store_snapshot(call->store, call->now, call->arena, &keeping->snapshot, failure);
	if (error || scope_covers_all(call->scope))
		return error;
	if (policy_standing(&keeping->snapshot, call->subject->organisation, *community) < STANDING_KEEPS)
		return fail(failure, ERROR_DENIED, "who keeps the community, and the centre's analysts, set its rule");
	return OK;
}

/* A member speaks of those alone whom it knows. */
static bool knows(const struct keeping *keeping, uint32_t source)
{
	return scope_covers(keeping->call->scope, source) ||
	       policy_knows_organisation(&keeping->snapshot, keeping->call->subject->organisation, source);
}

static void add_source(void *context, const struct shared_rule *rule)
{
	const struct keeping *keeping = context;
	if (rule->organisation == 0 || !knows(keeping, rule->organisation))
		return;
	json_t *object = json_object();
	json_object_set_new(object, "member", json_integer(rule->organisation));
	json_object_set_new(object, "trust", json_integer(rule->trust));
	json_object_set_new(object, "rate", json_integer((json_int_t)rule->rate));
	json_array_append_new(keeping->sources, object);
}

static enum error answer(struct keeping *keeping, struct failure *failure)
{
	struct call *call = keeping->call;
	uint32_t community = keeping->community;
	struct shared_rule rule;
	keeping->sources = json_array();
	enum error error = loop_rule_of(call->center, community, LOOP_ANY, &rule, failure);
	if (!error)
		error = store_shared_rule_each(call->store, community, add_source, keeping, failure);
	json_object_set_new(call->output, "community", json_integer(community));
	output_string(call->output, "alone", item_action_code(rule.alone));
	json_object_set_new(call->output, "least", json_integer(rule.least));
	json_object_set_new(call->output, "trust", json_integer(rule.trust));
	json_object_set_new(call->output, "rate", json_integer((json_int_t)rule.rate));
	json_object_set_new(call->output, "sources", keeping->sources);
	return error;
}

enum error shared_rule_read(struct call *call, struct failure *failure)
{
	struct keeping keeping;
	enum error error = keeps(&keeping, call, failure);
	return error ? error : answer(&keeping, failure);
}

/* What it lets through less now leaves at once. */
static enum error put(struct keeping *keeping, const struct shared_rule *rule, struct failure *failure)
{
	struct call *call = keeping->call;
	enum error error = store_shared_rule_put(call->store, call->scope, rule, call->now, failure);
	if (error)
		return error;
	loop_sweep_want(call->center, true);
	return answer(keeping, failure);
}

enum error shared_rule_change(struct call *call, struct failure *failure)
{
	struct keeping keeping;
	struct shared_rule rule;
	enum error error = keeps(&keeping, call, failure);
	if (!error)
		error = loop_rule_of(call->center, keeping.community, LOOP_ANY, &rule, failure);
	if (error)
		return error;
	rule.organisation = 0;
	if (input_has(call, "alone"))
		item_action_parse(input_text(call, "alone"), &rule.alone);
	rule.least = (unsigned)input_integer(call, "least", rule.least);
	rule.trust = (unsigned)input_integer(call, "trust", rule.trust);
	rule.rate = (uint64_t)input_integer(call, "rate", (int64_t)rule.rate);
	return put(&keeping, &rule, failure);
}

enum error shared_source_change(struct call *call, struct failure *failure)
{
	uint32_t organisation = (uint32_t)input_integer(call, "organisation", 0);
	struct keeping keeping;
	struct shared_rule rule;
	enum error error = keeps(&keeping, call, failure);
	if (!error && !knows(&keeping, organisation))
		error = fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	if (!error)
		error = loop_rule_of(call->center, keeping.community, organisation, &rule, failure);
	if (error)
		return error;
	rule.trust = (unsigned)input_integer(call, "trust", rule.trust);
	rule.rate = (uint64_t)input_integer(call, "rate", (int64_t)rule.rate);
	return put(&keeping, &rule, failure);
}
