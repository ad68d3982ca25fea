/*
 * The loop at the centre; see loop.h. What is given, what a person lets travel, what is withdrawn.
 */
#include "base/log.h"
#include "intel/loop_inner.h"

#include <stdlib.h>
#include <string.h>

/* ── giving ─ */

static struct text item_of(const struct loop_gift *gift, const struct judging *judging, char to[static 40])
{
	uint8_t digest[32];
	if (gift->item.size > 0)
		return gift->item;
	sha256(judging->body.at, judging->body.size, digest);
	return text_of(hex_format(digest, 16, to));
}

struct giving {
	struct center *center;
	const struct scope *scope;
	const struct loop_gift *gift;
	struct judging judging;
	struct shared row;   /* as it will be */
	struct shared stood; /* as it is; id 0 = there is none */
	char name[40];
	struct loop_answer *answer;
	struct arena *arena;
};

static bool stands(const struct shared *row)
{
	return row->id && !row->withdrawn;
}

static enum error look(struct giving *giving, struct failure *failure)
{
	const struct loop_gift *gift = giving->gift;
	enum error error = store_shared_find(giving->center->store, giving->scope, gift->organisation, giving->row.item,
	    gift->community, &giving->stood, giving->arena, failure);
	if (error == ERROR_NOT_FOUND) {
		giving->stood.id = 0;
		error = OK;
	}
	giving->judging.itself = giving->stood.id;
	giving->judging.indicator.held = giving->stood.id && giving->stood.held;
	return error;
}

/* What has not begun waits for its time, if it will be let through then. */
static enum error decide(struct giving *giving, struct rule_decision *decision, struct failure *failure)
{
	struct judging *judging = &giving->judging;
	const struct loop_gift *gift = giving->gift;
	bool again = stands(&giving->stood) && text_equal(giving->stood.body, giving->row.body);
	judging_voice(judging, gift->organisation, gift->account, 0);
	enum error error = judging_decide(
	    judging, giving->center, gift->community, gift->organisation, again, decision, giving->arena, failure);
	if (error || !(decision->whys >> RULE_NOT_YET & 1))
		return error;
	judging->indicator.from = 0;
	judging->voice_count = 1;
	judging->lower_count = 0;
	error = judging_decide(
	    judging, giving->center, gift->community, gift->organisation, again, decision, giving->arena, failure);
	decision->waits |= decision->alone != RULE_NOTHING;
	decision->alone = RULE_NOTHING;
	decision->whys |= 1u << RULE_NOT_YET;
	giving->row.begins = gift->from;
	return error;
}

static enum error refuse(struct giving *giving, struct failure *failure)
{
	counter_add(loop_state_of(giving->center)->refused, 1);
	if (!giving->stood.id || (giving->stood.withdrawn && !giving->stood.waits))
		return OK;
	const struct shared_meant meant = { .id = giving->stood.id, .organisation = giving->stood.organisation };
	return loop_withdraw(giving->center, giving->scope, &meant, failure);
}

static bool same(const struct shared *stood, const struct shared *row, bool travels)
{
	return stands(stood) && travels && text_equal(stood->body, row->body) && stood->asked == row->asked &&
	       stood->action == row->action && stood->until == row->until;
}

static enum error keep(struct giving *giving, bool travels, struct failure *failure)
{
	struct center *center = giving->center;
	struct shared *row = &giving->row;
	bool crowded = false;
	enum error error = OK;
	giving->answer->id = giving->stood.id;
	if (same(&giving->stood, row, travels) && giving->stood.version == row->version)
		return OK;
	if (!travels && !giving->stood.id)
		error = loop_crowded(center, row->organisation, &crowded, failure);
	giving->answer->crowded = crowded;
	giving->answer->waits &= !crowded;
	counter_add(crowded   ? loop_state_of(center)->crowded
		    : travels ? loop_state_of(center)->travels
			      : loop_state_of(center)->waits,
	    1);
	if (error || crowded)
		return error;
	error = store_shared_put(center->store, giving->scope, row, travels, failure);
	giving->answer->id = row->id;
	if (error)
		return error;
	if (travels)
		loop_rate_note(center, row->community, row->organisation);
	else
		loop_crowd_note(center, row->organisation);
	if (stands(&giving->stood))
		loop_sweep_want(center, false); /* what it vouched for before */
	return OK;
}

/* Another voice may let those travel with more that were given before. */
static enum error lift(struct giving *giving, struct failure *failure)
{
	const struct judging *judging = &giving->judging;
	enum error error = OK;
	for (size_t i = 0; i < judging->lower_count && !error; i++) {
		struct judging again = { 0 };
		struct rule_decision decision;
		struct shared row;
		/* What others gave is judged again, and told to nobody. */
		const struct scope *scope = policy_background(LOOP_SCOPE, giving->arena);
		error = scope ? store_shared_get(
				    giving->center->store, scope, judging->lower[i], &row, giving->arena, failure)
			      : fail(failure, ERROR_MEMORY, "no memory for an indicator");
		if (!error)
			error = judging_row(&again, &row, giving->arena, failure);
		judging_voice(&again, row.organisation, row.account, 0);
		if (!error)
			error = judging_decide(&again, giving->center, row.community, row.organisation, true, &decision,
			    giving->arena, failure);
		if (!error && decision.alone > (int)row.action) {
			row.action = (enum item_action)decision.alone;
			row.whys = decision.whys;
			error = store_shared_put(giving->center->store, scope, &row, true, failure);
		}
		builder_free(&again.body);
	}
	return error;
}

/* Beyond its rate nothing travels by itself, and no more waits: then nothing further is asked, so that an import of
 * millions is not slow. */
static enum error pass_over(struct giving *giving, struct failure *failure)
{
	const struct loop_gift *gift = giving->gift;
	struct shared_rule rule;
	uint64_t given;
	enum error error = loop_crowded(giving->center, gift->organisation, &giving->answer->crowded, failure);
	if (error || !giving->answer->crowded)
		return error;
	error = loop_rule_of(giving->center, gift->community, gift->organisation, &rule, failure);
	if (!error)
		error = loop_rate_of(giving->center, gift->community, gift->organisation, &given, failure);
	giving->answer->crowded = !error && given >= rule.rate;
	giving->answer->whys = 1u << RULE_RATE;
	counter_add(loop_state_of(giving->center)->crowded, giving->answer->crowded);
	return error;
}

static bool is_older(const struct loop_gift *gift, const struct shared *stood)
{
	return stood->id && (!stood->withdrawn || stood->waits) && stood->version > gift->version;
}

static enum error give(struct giving *giving, struct failure *failure)
{
	const struct loop_gift *gift = giving->gift;
	struct judging *judging = &giving->judging;
	struct rule_decision decision;
	enum error error = judging_take(judging, gift->types, gift->values, gift->count, giving->arena, failure);
	judging->indicator.asked = gift->asked;
	judging->indicator.tlp = gift->tlp;
	judging->indicator.pap = gift->pap;
	judging->indicator.from = gift->from;
	judging->indicator.until = gift->until;
	judging->indicator.revoked = gift->revoked;
	judging->indicator.false_positive = gift->false_positive;
	giving->row.item = item_of(gift, judging, giving->name);
	giving->row.body = (struct text){ judging->body.at, judging->body.size };
	if (!error)
		error = look(giving, failure);
	if (!error && !giving->stood.id)
		error = pass_over(giving, failure);
	if (error || giving->answer->crowded || is_older(gift, &giving->stood))
		return error;
	error = decide(giving, &decision, failure);
	if (error)
		return error;
	*giving->answer = (struct loop_answer){ .travels = decision.alone != RULE_NOTHING,
		.waits = decision.waits,
		.action = decision.alone == RULE_NOTHING ? ITEM_OBSERVE : (enum item_action)decision.alone,
		.whys = decision.whys };
	giving->row.action = giving->answer->action;
	giving->row.whys = decision.whys;
	if (!giving->answer->travels && !giving->answer->waits)
		return refuse(giving, failure);
	error = keep(giving, giving->answer->travels, failure);
	return error || !giving->answer->travels ? error : lift(giving, failure);
}

enum error loop_give(struct center *center, const struct scope *scope, const struct loop_gift *gift,
    struct loop_answer *answer, struct arena *arena, struct failure *failure)
{
	struct giving giving = { .center = center, .scope = scope, .gift = gift, .answer = answer, .arena = arena };
	*answer = (struct loop_answer){ 0 };
	giving.row = (struct shared){ .community = gift->community,
		.organisation = gift->organisation,
		.asked = gift->asked,
		.until = gift->until,
		.given = center->now(),
		.version = gift->version,
		.account = gift->account };
	enum error error = give(&giving, failure);
	builder_free(&giving.judging.body);
	return error;
}

/* ── what waited ─ */

static enum error release(struct center *center, const struct scope *scope, struct shared *row, struct uuid account,
    struct judging *judging, struct loop_answer *answer, struct arena *arena, struct failure *failure)
{
	struct rule_decision decision;
	enum error error = judging_row(judging, row, arena, failure);
	judging->indicator.held = false; /* it is looked at now */
	judging_voice(judging, row->organisation, row->account, 0);
	judging_voice(judging, 0, account, 2);
	if (!error)
		error =
		    judging_decide(judging, center, row->community, row->organisation, true, &decision, arena, failure);
	if (error)
		return error;
	if (decision.by_person == RULE_NOTHING)
		return fail(failure, ERROR_CONFLICT, "nobody can release it: %s",
		    rule_why_words((enum rule_why)__builtin_ctz(decision.whys)));
	row->action = (enum item_action)decision.by_person;
	row->whys = decision.whys;
	row->held = false;
	row->released = account;
	*answer = (struct loop_answer){ .travels = true, .action = row->action, .whys = decision.whys, .id = row->id };
	return store_shared_put(center->store, scope, row, true, failure);
}

enum error loop_release(struct center *center, const struct scope *scope, uint32_t id, struct uuid account,
    struct loop_answer *answer, struct arena *arena, struct failure *failure)
{
	struct judging judging = { 0 };
	struct shared row;
	enum error error = store_shared_get(center->store, scope, id, &row, arena, failure);
	if (!error && !row.waits && (row.withdrawn || row.action == row.asked))
		error = fail(failure, ERROR_CONFLICT, "it does not wait");
	if (!error)
		error = release(center, scope, &row, account, &judging, answer, arena, failure);
	builder_free(&judging.body);
	return error;
}

const char *loop_why(uint32_t whys, unsigned *next, const char **words)
{
	for (; *next < RULE_WHYS; ++*next)
		if (whys >> *next & 1) {
			enum rule_why why = (enum rule_why)(*next)++;
			*words = rule_why_words(why);
			return rule_why_code(why);
		}
	return NULL;
}

/* ── what leaves ─ */

enum error loop_withdraw(
    struct center *center, const struct scope *scope, const struct shared_meant *meant, struct failure *failure)
{
	uint64_t withdrawn = 0, all = 0;
	bool more = true;
	enum error error = OK;
	while (!error && more && all < SHARED_SLICE) { /* of a name in all communities; of a source the rest follows */
		error = store_shared_withdraw(center->store, scope, meant, &withdrawn, &more, failure);
		all += withdrawn;
	}
	if (!error && all > 0)
		loop_sweep_want(center, false);
	return error;
}
