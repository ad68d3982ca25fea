/*
 * What the release rule is asked (intel/loop_inner.h): protected ground, values in their compared forms, who vouches,
 * what the community says.
 */
#include "intel/loop_inner.h"

#include <stdlib.h>
#include <string.h>

/* A change of an organisation has it loaded at once; what else may change it (spaces that begin or end) soon. */
#define GROUND_HOLDS MINUTE

struct loop_state *loop_state_of(struct center *center)
{
	return center_state(center, LOOP_NAME);
}

/* ── ground ─ */

struct spaces {
	struct organisation_space *at;
	size_t count, room;
	bool failed;
	struct builder words; /* what they say, for the mark */
	nanoseconds now;
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
	if (spaces->failed)
		return;
	spaces->at[spaces->count++] = *space;
	if (space->to && space->to <= spaces->now)
		return;
	char words[ADDRESS_TEXT + 8];
	build_text(&spaces->words, text_of(prefix_format(space->prefix, words)));
	build_text(&spaces->words, text_of(space->domain));
	build_char(&spaces->words, '\n');
}

/* What stands already is looked at again when the ground is another. */
static void keep_ground(struct center *center, struct loop_state *state, struct ground *ground, struct text words)
{
	struct hash128 mark = hash128_bytes(words.at, words.size, 3);
	bool same = state->ground && memcmp(&mark, &state->ground_mark, sizeof mark) == 0;
	ground_free(state->ground);
	state->ground = ground;
	state->ground_mark = mark;
	state->loaded = time_monotonic();
	center->spaces_changed = false;
	if (!same)
		loop_sweep_want(center, true);
}

enum error loop_ground(struct center *center, struct arena *arena, struct failure *failure)
{
	struct loop_state *state = loop_state_of(center);
	struct spaces spaces = { .now = center->now() };
	struct ground *ground;
	if (state->ground && !center->spaces_changed && time_monotonic() - state->loaded < GROUND_HOLDS)
		return OK;
	/* Everybody's networks are protected, whoever gives. */
	const struct scope *scope = policy_background(LOOP_SCOPE, arena);
	if (!scope)
		return fail(failure, ERROR_MEMORY, "no memory for members' networks");
	enum error error = store_space_each(center->store, scope, 0, collect, &spaces, failure);
	if (!error && (spaces.failed || spaces.words.failed))
		error = fail(failure, ERROR_MEMORY, "no memory for members' networks");
	if (!error)
		error = ground_new(spaces.at, spaces.count, spaces.now, state->lists, &ground, failure);
	if (!error)
		keep_ground(center, state, ground, (struct text){ spaces.words.at, spaces.words.size });
	free(spaces.at);
	builder_free(&spaces.words);
	return error;
}

enum error loop_protection(struct center *center, struct prefix network, enum protection *protection,
    struct arena *arena, struct failure *failure)
{
	static const enum protection of[] = {
		[GROUND_NOBODY] = PROTECTION_NONE, [GROUND_OWN] = PROTECTION_OWN, [GROUND_LISTED] = PROTECTION_LISTED
	};
	enum error error = loop_ground(center, arena, failure);
	if (error == OK)
		*protection = of[ground_prefix(loop_state_of(center)->ground, network).of];
	return error;
}

/* ── values ─ */

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

enum error judging_take(struct judging *judging, const struct text *types, const struct text *values, size_t count,
    struct arena *arena, struct failure *failure)
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
	return error ? error : judging_take(judging, types, values, count, arena, failure);
}

enum error judging_row(struct judging *judging, const struct shared *row, struct arena *arena, struct failure *failure)
{
	struct json_parser *parser = json_parser_new(8);
	enum error error = parser ? values_of(row, parser, judging, arena, failure)
				  : fail(failure, ERROR_MEMORY, "no memory for an indicator");
	json_parser_free(parser);
	judging->indicator.asked = row->asked;
	judging->indicator.until = row->until;
	judging->indicator.from = row->begins;
	judging->indicator.held = row->held;
	judging->itself = row->id;
	return error;
}

/* ── who vouches ─ */

void judging_voice(struct judging *judging, uint32_t source, struct uuid account, unsigned trust)
{
	if (judging->voice_count < sizeof judging->voices / sizeof *judging->voices)
		judging->voices[judging->voice_count++] =
		    (struct rule_voice){ .account = account, .source = source, .trust = trust };
}

/* Who only looks for the same does not vouch for it. */
static void add_same(void *context, const struct shared *row)
{
	struct judging *judging = context;
	struct shared_rule rule;
	struct failure failure;
	if (row->id == judging->itself || row->asked < ITEM_ALERT)
		return;
	if (loop_rule_of(judging->center, row->community, row->organisation, &rule, &failure) == OK)
		judging_voice(judging, row->organisation, row->account, rule.trust);
	if (row->action < row->asked && judging->lower_count < SHARED_VOICES)
		judging->lower[judging->lower_count++] = row->id;
}

enum error judging_decide(struct judging *judging, struct center *center, uint32_t community, uint32_t organisation,
    bool again, struct rule_decision *decision, struct arena *arena, struct failure *failure)
{
	struct shared_rule rule;
	struct rule_source source = { 0 };
	judging->center = center;
	enum error error = loop_ground(center, arena, failure);
	if (!error)
		error = loop_rule_of(center, community, organisation, &rule, failure);
	if (!error)
		error = store_shared_stopped(center->store, organisation, &source.killed, failure);
	if (!error && !again)
		error = loop_rate_of(center, community, organisation, &source.released, failure);
	if (!error)
		error = store_shared_same(center->store, community,
		    (struct text){ judging->body.at, judging->body.size }, add_same, judging, failure);
	if (error)
		return error;
	source.trust = rule.trust;
	source.most = rule.rate ? rule.rate : again;
	judging->voices[0].trust = judging->voice_count ? rule.trust : 0; /* the giver's */
	const struct rule_community of_community = { .alone = rule.alone, .trust = rule.least };
	*decision = rule_decide(&judging->indicator, &source, &of_community, judging->voices, judging->voice_count,
	    loop_state_of(center)->ground, center->now());
	return OK;
}
