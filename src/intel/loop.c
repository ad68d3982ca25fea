/*
 * The loop at the centre; see loop.h.
 */
#include "intel/loop.h"

#include "base/json.h"
#include "base/log.h"
#include "intel/rule.h"
#include "store/shared.h"

#include <stdlib.h>
#include <string.h>

#define GROUND_HOLDS SECOND
#define RATE_OVER HOUR
#define NAME "loop"

struct state {
	struct warninglists *lists;
	struct ground *ground;
	nanoseconds loaded; /* monotonic */
};

/* ── ground ─ */

struct spaces {
	struct organisation_space *at;
	size_t count, room;
	bool failed;
};

static void collect(void *context, const struct organisation_space *space)
{
	struct spaces *spaces = context;
	if (spaces->count == spaces->room && !spaces->failed) {
		size_t room = spaces->room ? 2 * spaces->room : 64;
		struct organisation_space *at = realloc(spaces->at, room * sizeof *at);
		spaces->failed = !at;
		spaces->at = at ? at : spaces->at;
		spaces->room = at ? room : spaces->room;
	}
	if (!spaces->failed)
		spaces->at[spaces->count++] = *space;
}

static enum error load_ground(struct center *center, struct state *state, struct arena *arena, struct failure *failure)
{
	struct spaces spaces = { 0 };
	struct ground *ground;
	if (state->ground && time_monotonic() - state->loaded < GROUND_HOLDS)
		return OK;
	const struct scope *scope = policy_background("release rule", arena);
	if (!scope)
		return fail(failure, ERROR_MEMORY, "no memory for members' networks");
	enum error error = store_space_each(center->store, scope, 0, collect, &spaces, failure);
	if (!error && spaces.failed)
		error = fail(failure, ERROR_MEMORY, "no memory for members' networks");
	if (!error)
		error = ground_new(spaces.at, spaces.count, center->now(), state->lists, &ground, failure);
	free(spaces.at);
	if (error)
		return error;
	ground_free(state->ground);
	state->ground = ground;
	state->loaded = time_monotonic();
	return OK;
}

/* ── what is judged ─ */

struct judging {
	struct rule_value *values;
	struct rule_indicator indicator;
	struct rule_voice voices[18];
	size_t voice_count;
	struct builder body; /* canonical JSON of the values */
};

static enum error take_value(
    struct judging *judging, struct text type, struct text value, struct arena *arena, struct failure *failure)
{
	uint8_t form[INDICATOR_VALUE];
	char words[INDICATOR_TEXT];
	struct rule_value *to = &judging->values[judging->indicator.value_count];
	if (!indicator_kind_named(type, &to->kind))
		return fail(failure, ERROR_INPUT, "type: there is no type of indicators \"%.*s\"",
		    (int)(type.size < 40 ? type.size : 40), type.at ? type.at : "");
	to->size = rule_value_form(to->kind, value, form);
	if (to->size == 0)
		return fail(failure, ERROR_INPUT, "value: \"%.*s\" is no %s", (int)(value.size < 80 ? value.size : 80),
		    value.at ? value.at : "", indicator_kind_name(to->kind));
	to->form = (const uint8_t *)arena_text(arena, (struct text){ (const char *)form, to->size }).at;
	if (!to->form)
		return fail(failure, ERROR_MEMORY, "no memory for an indicator");
	build_text(&judging->body, judging->indicator.value_count++ ? TEXT(",[\"") : TEXT("[\""));
	build_text(&judging->body, text_of(indicator_kind_name(to->kind)));
	build_text(&judging->body, TEXT("\","));
	build_json_string(&judging->body, text_of(indicator_format(to->kind, to->form, to->size, words)));
	build_char(&judging->body, ']');
	return OK;
}

static enum error take_values(struct judging *judging, const struct text *types, const struct text *values,
    size_t count, struct arena *arena, struct failure *failure)
{
	enum error error = OK;
	if (count == 0 || count > RULE_VALUES)
		return fail(failure, ERROR_INPUT, "from 1 to %u values are expected", RULE_VALUES);
	judging->values = arena_take(arena, count * sizeof *judging->values);
	if (!judging->values)
		return fail(failure, ERROR_MEMORY, "no memory for an indicator");
	build_char(&judging->body, '[');
	for (size_t i = 0; i < count && !error; i++)
		error = take_value(judging, types[i], values[i], arena, failure);
	build_char(&judging->body, ']');
	judging->indicator.values = judging->values;
	judging->indicator.comparable = true;
	if (!error && judging->body.failed)
		return fail(failure, ERROR_MEMORY, "no memory for an indicator");
	if (!error && judging->body.size > SHARED_BODY)
		return fail(failure, ERROR_INPUT, "the values have more than %d bytes", SHARED_BODY);
	return error;
}

static void add_voice(void *context, uint32_t organisation, struct uuid account)
{
	struct judging *judging = context;
	if (judging->voice_count < sizeof judging->voices / sizeof *judging->voices)
		judging->voices[judging->voice_count++] =
		    (struct rule_voice){ .account = account, .source = organisation, .trust = 1 };
}

static enum error judge(struct center *center, struct judging *judging, uint32_t community, uint32_t organisation,
    struct rule_decision *decision, struct arena *arena, struct failure *failure)
{
	struct state *state = center_state(center, NAME);
	const struct loop_settings *settings = loop_configured();
	enum indicator_action alone = INDICATOR_ALERT;
	struct rule_source source = { .trust = 1, .most = (uint64_t)settings->rate };
	enum error error = load_ground(center, state, arena, failure);
	if (!error)
		error = store_shared_stopped(center->store, organisation, &source.killed, failure);
	if (!error)
		error = store_shared_rate(
		    center->store, organisation, center->now() - RATE_OVER, &source.released, failure);
	if (!error)
		error = store_shared_same(center->store, community,
		    (struct text){ judging->body.at, judging->body.size }, add_voice, judging, failure);
	if (error)
		return error;
	indicator_action_named(text_of(settings->alone), &alone);
	const struct rule_community rule = { .alone = (enum item_action)alone, .trust = 1 };
	*decision = rule_decide(
	    &judging->indicator, &source, &rule, judging->voices, judging->voice_count, state->ground, center->now());
	return OK;
}

/* ── giving ─ */

static struct text item_of(const struct loop_gift *gift, const struct judging *judging, char to[static 40])
{
	uint8_t digest[32];
	if (gift->item.size > 0)
		return gift->item;
	sha256(judging->body.at, judging->body.size, digest);
	return text_of(hex_format(digest, 16, to));
}

static enum error give(struct center *center, const struct scope *scope, const struct loop_gift *gift,
    struct judging *judging, struct loop_answer *answer, struct arena *arena, struct failure *failure)
{
	struct rule_decision decision;
	char name[40];
	enum error error = take_values(judging, gift->types, gift->values, gift->count, arena, failure);
	judging->indicator.asked = gift->asked;
	judging->indicator.tlp = gift->tlp;
	judging->indicator.pap = gift->pap;
	judging->indicator.from = gift->from;
	judging->indicator.until = gift->until;
	add_voice(judging, gift->organisation, gift->account);
	if (!error)
		error = judge(center, judging, gift->community, gift->organisation, &decision, arena, failure);
	if (error)
		return error;
	*answer = (struct loop_answer){ .travels = decision.alone != RULE_NOTHING,
		.waits = decision.waits,
		.action = decision.alone == RULE_NOTHING ? ITEM_OBSERVE : (enum item_action)decision.alone,
		.whys = decision.whys };
	if (!answer->travels && !answer->waits)
		return OK;
	struct shared row = { .community = gift->community,
		.organisation = gift->organisation,
		.item = item_of(gift, judging, name),
		.asked = gift->asked,
		.action = answer->action,
		.whys = decision.whys,
		.until = gift->until,
		.given = center->now(),
		.account = gift->account,
		.body = { judging->body.at, judging->body.size } };
	error = store_shared_put(center->store, scope, &row, answer->travels, failure);
	answer->id = row.id;
	return error;
}

enum error loop_give(struct center *center, const struct scope *scope, const struct loop_gift *gift,
    struct loop_answer *answer, struct arena *arena, struct failure *failure)
{
	struct judging judging = { 0 };
	*answer = (struct loop_answer){ 0 };
	enum error error = give(center, scope, gift, &judging, answer, arena, failure);
	builder_free(&judging.body);
	return error;
}

/* ── what waited ─ */

/* The values of a row, as they were written. */
static enum error values_of(const struct shared *row, struct json_parser *parser, struct judging *judging,
    struct arena *arena, struct failure *failure)
{
	struct text types[RULE_VALUES], values[RULE_VALUES];
	struct json_value root;
	struct json_walk walk = { 0 };
	size_t count = 0;
	enum error error = json_parse(parser, row->body, &root, failure);
	while (!error && count < RULE_VALUES && json_next(root, &walk)) {
		struct json_walk pair = { 0 };
		types[count] = json_next(walk.value, &pair) ? json_text(pair.value) : TEXT_NONE;
		values[count] = json_next(walk.value, &pair) ? json_text(pair.value) : TEXT_NONE;
		count++;
	}
	return error ? error : take_values(judging, types, values, count, arena, failure);
}

static enum error release(struct center *center, const struct scope *scope, struct shared *row, struct uuid account,
    struct judging *judging, struct loop_answer *answer, struct arena *arena, struct failure *failure)
{
	struct json_parser *parser = json_parser_new(8);
	struct rule_decision decision;
	enum error error = parser ? values_of(row, parser, judging, arena, failure)
				  : fail(failure, ERROR_MEMORY, "no memory for an indicator");
	json_parser_free(parser);
	judging->indicator.asked = row->asked;
	judging->indicator.until = row->until;
	add_voice(judging, row->organisation, row->account);
	add_voice(judging, 0, account);
	if (!error)
		error = judge(center, judging, row->community, row->organisation, &decision, arena, failure);
	if (error)
		return error;
	if (decision.by_person == RULE_NOTHING)
		return fail(failure, ERROR_CONFLICT, "nobody can release it: %s",
		    rule_why_words((enum rule_why)__builtin_ctz(decision.whys)));
	row->action = (enum item_action)decision.by_person;
	row->whys = decision.whys;
	*answer = (struct loop_answer){ .travels = true, .action = row->action, .whys = decision.whys, .id = row->id };
	return store_shared_put(center->store, scope, row, true, failure);
}

enum error loop_release(struct center *center, const struct scope *scope, uint32_t id, struct uuid account,
    struct loop_answer *answer, struct arena *arena, struct failure *failure)
{
	struct judging judging = { 0 };
	struct shared row;
	enum error error = store_shared_get(center->store, scope, id, &row, arena, failure);
	if (!error && (row.withdrawn || row.action == row.asked) && row.number)
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

/* ── life ─ */

enum error loop_start(struct center *center, struct failure *failure)
{
	const struct loop_settings *settings = loop_configured();
	struct state *state = calloc(1, sizeof *state);
	if (!state || !center_set_state(center, NAME, state)) {
		free(state);
		return fail(failure, ERROR_MEMORY, "no memory for the release rule");
	}
	if (!settings->warninglists || !*settings->warninglists)
		return OK;
	const char *kinds = settings->kinds && *settings->kinds ? settings->kinds : NULL;
	return warninglists_load(settings->warninglists, kinds, NULL, NULL, &state->lists, failure);
}

void loop_stop_all(struct center *center)
{
	struct state *state = center_state(center, NAME);
	if (!state)
		return;
	ground_free(state->ground);
	warninglists_free(state->lists);
	free(state);
	center_set_state(center, NAME, NULL);
}

void loop_tick(struct center *center, nanoseconds now)
{
	struct failure failure;
	struct arena *arena = arena_new(0);
	const struct scope *scope = arena ? policy_background("release rule", arena) : NULL;
	enum error error = scope ? store_begin(center->store, &failure) : OK;
	if (scope && !error) {
		error = store_shared_expire(center->store, scope, now, &failure);
		if (!error)
			error = store_commit(center->store, &failure);
		else
			store_rollback(center->store);
	}
	if (error)
		log_write(LOG_ERROR, "what is over is not withdrawn", LOG_FIELD_STRING("why", failure.words));
	arena_free(arena);
}
