/*
 * Items in the loop (loop.h): what is released to a community reaches the sensors of its members, and leaves them when
 * it is not any more.
 */
#include "base/log.h"
#include "intel/loop_inner.h"
#include "match/stix_pattern.h"
#include "store/items.h"

#include <string.h>

struct values {
	struct text types[RULE_VALUES], values[RULE_VALUES];
	size_t count;
	bool many;
};

static void add_value(void *context, enum indicator_kind kind, struct text value)
{
	struct values *values = context;
	values->many |= values->count == RULE_VALUES;
	if (values->many)
		return;
	values->types[values->count] = text_of(indicator_kind_name(kind));
	values->values[values->count++] = value;
}

/* The values of which one alone fulfils it; false when it says more, or something else. */
static bool read_values(const struct item *item, struct values *values, struct arena *arena)
{
	struct stix_pattern pattern;
	struct failure failure;
	enum indicator_kind kind;
	values->count = 0;
	values->many = false;
	if (item->kind != ITEM_INDICATOR || item->pattern.size == 0)
		return false;
	if (item->form == ITEM_MISP_ATTRIBUTE) { /* its type and value */
		if (!indicator_kind_named(item->pattern_type, &kind))
			return false;
		add_value(values, kind, item->pattern);
		return true;
	}
	if (item->pattern_type.size && !text_equal(item->pattern_type, TEXT("stix")))
		return false;
	return stix_pattern_read(item->pattern, arena, &pattern, &failure) == OK &&
	       stix_pattern_observables(&pattern, add_value, values) && values->count > 0 && !values->many;
}

static const struct scope *scope_of(struct arena *arena, struct failure *failure)
{
	/* The release was the policy's; what follows from it is the rule's. */
	const struct scope *scope = policy_background(LOOP_SCOPE, arena);
	if (!scope)
		fail(failure, ERROR_MEMORY, "no memory for an indicator");
	return scope;
}

/* The policy was asked before: whoever may take the release back may take this back too. */
static enum error leave(
    struct center *center, const struct item *item, uint32_t community, struct arena *arena, struct failure *failure)
{
	return loop_unreleased(center, item->organisation, item->id, 0, community, arena, failure);
}

static enum error give_item(struct center *center, const struct item *item, const struct values *values,
    uint32_t community, enum tlp tlp, struct arena *arena, struct failure *failure)
{
	struct loop_answer answer;
	const struct scope *scope = scope_of(arena, failure);
	const struct loop_gift gift = { .community = community,
		.organisation = item->organisation,
		.item = item->id,
		.types = values->types,
		.values = values->values,
		.count = values->count,
		.asked = item->action,
		.tlp = tlp,
		.pap = item->pap,
		.from = item->valid_from.when,
		.until = item->valid_until.when == ITEM_TIME_LAST ? 0 : item->valid_until.when,
		.version = item->modified.when,
		.revoked = item->revoked,
		.false_positive = item->false_positive,
		.account = item->account };
	if (!scope)
		return failure->code;
	enum error error = loop_give(center, scope, &gift, &answer, arena, failure);
	if (error != ERROR_INPUT)
		return error;
	/* a value is none of its type: sensors cannot compare it */
	counter_add(loop_state_of(center)->refused, 1);
	return leave(center, item, community, arena, failure);
}

enum error loop_released(struct center *center, const struct item *item, uint32_t community, enum tlp tlp,
    struct arena *arena, struct failure *failure)
{
	if (loop_state_of(center) && item->kind == ITEM_SIGHTING)
		return loop_sighted(center, item, community, tlp, arena, failure);
	if (!loop_state_of(center) || item->kind != ITEM_INDICATOR || !item->id.size)
		return OK;
	struct values *values = arena_take(arena, sizeof *values);
	if (!values)
		return fail(failure, ERROR_MEMORY, "no memory for an indicator");
	nanoseconds newest;
	enum error error = store_item_newest(center->store, item->organisation, item->id, &newest, failure);
	if (error || newest > item->modified.when) /* imports may come in any order */
		return error;
	if (!read_values(item, values, arena))
		return leave(center, item, community, arena, failure);
	return give_item(center, item, values, community, tlp, arena, failure);
}

/* ── looking first ─ */

static const struct ground *listed_ground(struct center *center)
{
	struct loop_state *state = loop_state_of(center);
	struct failure none;
	if (!state->listed)
		ground_new(NULL, 0, center->now(), state->lists, &state->listed, &none);
	return state->listed;
}

static bool foresee(struct center *center, const struct rule_indicator *indicator, const struct item *item,
    uint32_t community, struct loop_answer *answer)
{
	struct failure none;
	struct shared_rule rule;
	struct rule_source source = { 0 };
	const struct ground *ground = listed_ground(center);
	if (!ground || loop_rule_of(center, community, item->organisation, &rule, &none) != OK ||
	    store_shared_stopped(center->store, item->organisation, &source.killed, &none) != OK ||
	    loop_rate_of(center, community, item->organisation, &source.released, &none) != OK)
		return false;
	source.trust = rule.trust;
	source.most = rule.rate;
	const struct rule_community of_community = { .alone = rule.alone, .trust = rule.least };
	const struct rule_voice giver = { .account = item->account, .source = item->organisation, .trust = rule.trust };
	struct rule_decision decision =
	    rule_decide(indicator, &source, &of_community, &giver, 1, ground, center->now());
	*answer = (struct loop_answer){ .travels = decision.alone != RULE_NOTHING,
		.waits = decision.waits,
		.action = decision.alone == RULE_NOTHING ? ITEM_OBSERVE : (enum item_action)decision.alone,
		.whys = decision.whys };
	return true;
}

bool loop_foresee(struct center *center, const struct item *item, uint32_t community, enum tlp tlp,
    struct loop_answer *answer, struct arena *arena)
{
	struct judging judging = { 0 };
	struct failure none;
	struct values *values = arena_take(arena, sizeof *values);
	bool told = loop_state_of(center) && values && read_values(item, values, arena) &&
		    judging_take(&judging, values->types, values->values, values->count, arena, &none) == OK;
	judging.indicator.asked = item->action;
	judging.indicator.tlp = tlp;
	judging.indicator.pap = item->pap;
	judging.indicator.from = item->valid_from.when;
	judging.indicator.until = item->valid_until.when == ITEM_TIME_LAST ? 0 : item->valid_until.when;
	judging.indicator.revoked = item->revoked;
	judging.indicator.false_positive = item->false_positive;
	told = told && foresee(center, &judging.indicator, item, community, answer);
	builder_free(&judging.body);
	return told;
}

enum error loop_unreleased(struct center *center, uint32_t organisation, struct text item, nanoseconds version,
    uint32_t community, struct arena *arena, struct failure *failure)
{
	const struct scope *scope = scope_of(arena, failure);
	const struct shared_meant meant = {
		.organisation = organisation, .item = item, .version = version, .community = community
	};
	if (!scope)
		return failure->code;
	return loop_state_of(center) && item.size ? loop_withdraw(center, scope, &meant, failure) : OK;
}

/* ── a new version ─ */

struct stood {
	struct shared rows[SHARED_VOICES];
	size_t count;
	struct arena *arena;
};

static void note(void *context, const struct shared *row)
{
	struct stood *stood = context;
	if (stood->count == sizeof stood->rows / sizeof *stood->rows)
		return;
	stood->rows[stood->count] = *row;
	stood->rows[stood->count++].body = arena_text(stood->arena, row->body);
}

/* In one community. What says other values than were released there, or became more secret, leaves. */
static enum error change_in(struct center *center, const struct item *item, const struct values *values,
    const struct shared *row, struct arena *arena, struct failure *failure)
{
	struct judging judging = { 0 };
	enum error error = judging_take(&judging, values->types, values->values, values->count, arena, failure);
	bool same =
	    !error && row->body.at && text_equal(row->body, (struct text){ judging.body.at, judging.body.size });
	builder_free(&judging.body);
	if (error == ERROR_INPUT || (!error && !same))
		return leave(center, item, row->community, arena, failure);
	return error ? error : give_item(center, item, values, row->community, item->tlp, arena, failure);
}

enum error loop_changed(struct center *center, const struct item *item, struct arena *arena, struct failure *failure)
{
	struct stood *stood = arena_take(arena, sizeof *stood);
	struct values *values = arena_take(arena, sizeof *values);
	const struct scope *scope = scope_of(arena, failure);
	if (!loop_state_of(center) || item->kind != ITEM_INDICATOR)
		return OK;
	if (!stood || !values || !scope)
		return fail(failure, ERROR_MEMORY, "no memory for an indicator");
	stood->arena = arena;
	stood->count = 0;
	enum error error =
	    store_shared_of_item(center->store, scope, item->organisation, item->id, note, stood, failure);
	bool comparable = read_values(item, values, arena);
	for (size_t i = 0; i < stood->count && !error; i++)
		error = comparable ? change_in(center, item, values, &stood->rows[i], arena, failure)
				   : leave(center, item, stood->rows[i].community, arena, failure);
	return error;
}
