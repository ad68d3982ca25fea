/*
 * What the loop does by itself (intel/loop_inner.h), in slices between which the keeper serves others: withdraws what
 * is over and what is left of sources that were stopped, removes what was withdrawn long ago, lets travel what waited
 * for its time, and judges what stands once more when members' networks or who vouches changed.
 *
 * A sweep only ever lowers. What a person let travel stays as long as no reason came that he did not know. Sweeps use a
 * tenth of the keeper's time at most: one begins when nine times as long as the last one took have passed.
 */
#include "base/log.h"
#include "intel/loop_inner.h"

#include <stdlib.h>

#define SLICE (10 * MILLISECOND)
#define ROWS 64u
#define PAUSE 9 /* times what the sweep before took */

struct slice {
	struct center *center;
	struct loop_state *state;
	struct arena *arena;
	const struct scope *scope;
	struct shared rows[ROWS];
	unsigned count;
	bool more;
};

void loop_sweep_want(struct center *center, bool all)
{
	struct loop_state *state = loop_state_of(center);
	state->sweep_wanted = true;
	state->sweep_all |= all;
}

static void note(void *context, const struct shared *row)
{
	struct slice *slice = context;
	struct shared *to = &slice->rows[slice->count++];
	*to = *row;
	to->item = arena_text(slice->arena, row->item);
	to->body = arena_text(slice->arena, row->body);
}

/* ── sweeping ─ */

#define GROUND_WHYS                                                                                                    \
	(1u << RULE_OWN | 1u << RULE_OWN_NEAR | 1u << RULE_LISTED | 1u << RULE_LISTED_NEAR | 1u << RULE_FALSE_POSITIVE)

/* How far it may go now; RULE_NOTHING: it leaves. */
static int cap_of(const struct shared *row, const struct rule_decision *decision)
{
	if (uuid_is_nil(row->released))
		return decision->alone;
	uint32_t unknown = decision->whys & ~row->whys & GROUND_WHYS;
	return unknown ? RULE_NOTHING : decision->by_person;
}

static enum error lower(
    struct slice *slice, struct shared *row, const struct rule_decision *decision, struct failure *failure)
{
	int cap = cap_of(row, decision);
	if (cap >= (int)row->action)
		return OK;
	row->whys = decision->whys;
	if (cap != RULE_NOTHING)
		row->action = (enum item_action)cap;
	else if (decision->by_person == RULE_NOTHING) {
		const struct shared_meant meant = { .id = row->id, .organisation = row->organisation };
		return loop_withdraw(slice->center, slice->scope, &meant, failure);
	}
	return store_shared_put(slice->center->store, slice->scope, row, cap != RULE_NOTHING, failure);
}

static enum error judge_again(struct slice *slice, struct shared *row, struct failure *failure)
{
	struct judging judging = { 0 };
	struct rule_decision decision;
	enum error error = row->item.at && row->body.at ? judging_row(&judging, row, slice->arena, failure)
							: fail(failure, ERROR_MEMORY, "no memory for an indicator");
	judging_voice(&judging, row->organisation, row->account, 0);
	if (!uuid_is_nil(row->released))
		judging_voice(&judging, 0, row->released, 2);
	if (!error)
		error = judging_decide(
		    &judging, slice->center, row->community, row->organisation, true, &decision, slice->arena, failure);
	if (!error)
		error = lower(slice, row, &decision, failure);
	builder_free(&judging.body);
	return error;
}

static bool may_sweep(struct loop_state *state)
{
	nanoseconds now = time_monotonic();
	if (state->sweeping)
		return true;
	if (!state->sweep_wanted || now - state->sweep_ended < PAUSE * (state->sweep_ended - state->sweep_began))
		return false;
	state->sweep_wanted = false;
	state->sweeping_all = state->sweep_all;
	state->sweep_all = false;
	state->sweeping = true;
	state->sweep_began = now;
	state->swept = 0;
	return true;
}

static enum error sweep(struct slice *slice, struct failure *failure)
{
	struct loop_state *state = slice->state;
	if (!may_sweep(state))
		return OK;
	slice->count = 0;
	enum error error = store_shared_standing(
	    slice->center->store, slice->scope, !state->sweeping_all, state->swept, ROWS, note, slice, failure);
	for (unsigned i = 0; i < slice->count && !error; i++) {
		state->swept = slice->rows[i].id;
		error = judge_again(slice, &slice->rows[i], failure);
	}
	if (error || slice->count < ROWS) {
		state->sweeping = false;
		state->sweep_ended = time_monotonic();
		state->sweep_wanted |= error != OK;
		state->sweep_all |= error != OK && state->sweeping_all;
	}
	return error;
}

/* ── what has begun ─ */

static enum error begin_one(struct slice *slice, struct shared *row, struct failure *failure)
{
	struct judging judging = { 0 };
	struct rule_decision decision;
	enum error error = judging_row(&judging, row, slice->arena, failure);
	judging_voice(&judging, row->organisation, row->account, 0);
	if (!error)
		error = judging_decide(&judging, slice->center, row->community, row->organisation, false, &decision,
		    slice->arena, failure);
	builder_free(&judging.body);
	if (error)
		return error;
	bool travels = decision.alone != RULE_NOTHING;
	row->begins = 0;
	row->whys = decision.whys;
	row->action = travels ? (enum item_action)decision.alone : ITEM_OBSERVE;
	error = store_shared_put(slice->center->store, slice->scope, row, travels, failure);
	if (!error && travels)
		loop_rate_note(slice->center, row->community, row->organisation);
	return error;
}

static enum error begin_due(struct slice *slice, nanoseconds now, struct failure *failure)
{
	slice->count = 0;
	enum error error = store_shared_due(slice->center->store, slice->scope, now, ROWS, note, slice, failure);
	for (unsigned i = 0; i < slice->count && !error; i++)
		error = begin_one(slice, &slice->rows[i], failure);
	slice->more |= slice->count == ROWS;
	return error;
}

/* ── slices ─ */

static enum error withdraw_stopped(struct slice *slice, struct failure *failure)
{
	struct shared_meant meant = { .held = false };
	uint64_t withdrawn;
	bool more = false;
	enum error error = store_shared_stopping(slice->center->store, &meant.organisation, failure);
	if (!error && meant.organisation)
		error = store_shared_withdraw(slice->center->store, slice->scope, &meant, &withdrawn, &more, failure);
	slice->more |= meant.organisation != 0;
	slice->state->sweep_wanted |= meant.organisation != 0;
	return error;
}

static enum error do_slice(struct slice *slice, struct failure *failure)
{
	nanoseconds began = time_monotonic(), now = slice->center->now();
	bool over = false;
	enum error error = loop_ground(slice->center, slice->arena, failure);
	if (!error)
		error = withdraw_stopped(slice, failure);
	if (!error)
		error = store_shared_expire(slice->center->store, slice->scope, now, &over, failure);
	slice->more |= over;
	if (!error)
		error = loop_keep_position(slice->center, failure);
	if (!error)
		error = begin_due(slice, now, failure);
	if (!error)
		error = loop_purge(slice->center, slice->scope, &slice->more, slice->arena, failure);
	do {
		error = error ? error : sweep(slice, failure);
	} while (!error && slice->state->sweeping && time_monotonic() - began < SLICE);
	return error;
}

static void go_on(void *context)
{
	struct center *center = context;
	struct loop_state *state = loop_state_of(center);
	watch_stop(state->again);
	state->again = NULL;
	loop_work(center);
}

void loop_work(struct center *center)
{
	struct loop_state *state = loop_state_of(center);
	struct failure failure = { 0 };
	struct slice *slice = calloc(1, sizeof *slice);
	if (!slice)
		return;
	slice->center = center;
	slice->state = state;
	slice->arena = arena_new(64u << 20);
	/* Nobody asks: what is over or was stopped leaves. */
	slice->scope = slice->arena ? policy_background(LOOP_SCOPE, slice->arena) : NULL;
	enum error error = slice->scope ? store_begin(center->store, &failure)
					: fail(&failure, ERROR_MEMORY, "no memory for the release rule");
	if (!error) {
		error = do_slice(slice, &failure);
		if (!error)
			error = store_commit(center->store, &failure);
		if (error)
			store_rollback(center->store);
	}
	if (error)
		log_write(LOG_ERROR, "what is shared cannot be looked at", LOG_FIELD_STRING("why", failure.words));
	if (!error && (slice->more || state->sweeping) && !state->again) /* others first */
		state->again = loop_timer(center->loop, MILLISECOND, 0, go_on, center);
	arena_free(slice->arena);
	free(slice);
}

/* ── life ─ */

static struct counter *counter(struct center *center, const char *result)
{
	return counter_get(center->counters, COUNTER_TOTAL, "noroshi_loop",
	    "Indicators that somebody gave to a community.", "result", text_of(result));
}

enum error loop_start(struct center *center, struct failure *failure)
{
	const struct loop_settings *settings = loop_configured();
	struct loop_state *state = calloc(1, sizeof *state);
	struct loop_rates *rates = loop_rates_new();
	if (!state || !rates || !center_set_state(center, LOOP_NAME, state)) {
		free(state);
		loop_rates_free(rates);
		return fail(failure, ERROR_MEMORY, "no memory for the release rule");
	}
	state->rates = rates;
	center->protection = loop_protection;
	center->item_changed = loop_changed;
	state->travels = counter(center, "travels");
	state->waits = counter(center, "waits");
	state->refused = counter(center, "refused");
	state->crowded = counter(center, "crowded");
	state->met = counter_get(center->counters, COUNTER_TOTAL, "noroshi_loop_sightings",
	    "How often shared indicators were met at members.", NULL, TEXT_NONE);
	if (!settings->warninglists || !*settings->warninglists)
		return OK;
	const char *kinds = settings->kinds && *settings->kinds ? settings->kinds : NULL;
	return warninglists_load(settings->warninglists, kinds, NULL, NULL, &state->lists, failure);
}

void loop_stop_all(struct center *center)
{
	struct loop_state *state = loop_state_of(center);
	if (!state)
		return;
	center->protection = NULL;
	center->item_changed = NULL;
	watch_stop(state->again);
	ground_free(state->ground);
	ground_free(state->listed);
	warninglists_free(state->lists);
	loop_rates_free(state->rates);
	free(state);
	center_set_state(center, LOOP_NAME, NULL);
}

void loop_tick(struct center *center, nanoseconds now)
{
	(void)now;
	if (!loop_state_of(center)->again)
		loop_work(center);
}
