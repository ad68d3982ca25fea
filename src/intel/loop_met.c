/*
 * Sightings: what of the shared indicators is met at members (loop.h).
 *
 *   alerts of members' sensors that name an indicator of the exchange ─► counts for it and the organisation
 *   a sighting that a member's people report ─► the same, and the value is given in their organisation's name
 *
 * The alerts themselves go their way to events and notices (triage). In addition the organisation is told once, by a
 * bulletin, that something shared with it was met; of indicators that are only looked for it is not. Counts are in one
 * transaction with the position in history up to which alerts were read.
 */
#include "base/catalog.h"
#include "base/log.h"
#include "intel/loop_inner.h"
#include "model/alert.h"
#include "model/bulletin.h"
#include "store/community.h"
#include "store/history.h"

#include <string.h>

#define POSITION_KEY "loop.position"
#define POSITION_EVERY (10 * SECOND)
#define PREFIX "NOROSHI indicator "
#define SIGNED "\"indicator_source\":[\"exchange\"]"
#define MET_AT_ONCE 256u /* different ones of one frame */

struct met {
	uint32_t id;
	struct shared_met seen;
	struct text value;
};

struct meeting {
	struct center *center;
	struct arena *arena;
	const struct scope *scope;
	struct policy_snapshot snapshot;
	uint32_t organisation;
	struct met met[MET_AT_ONCE];
	size_t count;
};

/* ── telling the organisation ─ */

static bool may_tell(struct center *center, uint32_t organisation)
{
	struct loop_state *state = loop_state_of(center);
	size_t i = 0;
	while (i < LOOP_TOLD && state->told[i].organisation != organisation)
		i++;
	if (i == LOOP_TOLD) {
		i = state->told_next;
		state->told_next = (state->told_next + 1) % LOOP_TOLD;
		state->told[i].organisation = organisation;
		state->told[i].since = 0;
	}
	if (time_monotonic() - state->told[i].since > HOUR || state->told[i].since == 0) {
		state->told[i].since = time_monotonic();
		state->told[i].count = 0;
	}
	return ++state->told[i].count <= LOOP_TOLD_MOST;
}

static void write_words(const struct catalog *catalog, const char *value, const char *community,
    struct builder *subject, struct builder *body)
{
	const struct text parameters[] = { text_of(value), text_of(community) };
	catalog_build(catalog, text_of(N_("An indicator that is shared with you was met in your network: {0}")),
	    parameters, 2, subject);
	catalog_build(catalog,
	    text_of(N_("A sensor of yours met {0}, which the community {1} shares. Please look at its alerts and at "
		       "what the host concerned did before and after.")),
	    parameters, 2, body);
	build_char(body, '\n');
}

static char *taken(struct arena *arena, struct builder *text)
{
	char *words = text->failed ? NULL : arena_string(arena, (struct text){ text->at, text->size });
	builder_free(text);
	return words;
}

static enum error tell(
    const struct meeting *meeting, const struct shared *row, const struct met *met, struct failure *failure)
{
	struct center *center = meeting->center;
	struct community community;
	struct bulletin bulletin = {
		.organisation = meeting->organisation, .kind = "indicator", .tlp = TLP_AMBER, .created = center->now()
	};
	const struct catalog *catalogs[] = { center->japanese, NULL };
	char *bodies[2] = { "", "" }, *subjects[] = { bulletin.subject_ja, bulletin.subject_en }, id[UUID_TEXT];
	char *value = arena_string(meeting->arena, met->value);
	if (row->action < ITEM_ALERT || !may_tell(center, meeting->organisation))
		return OK;
	enum error error = store_community_get(center->store, meeting->scope, row->community, &community, failure);
	if (error)
		return error;
	for (size_t i = center->japanese ? 0 : 1; i < 2; i++) {
		struct builder subject = { 0 }, body = { 0 };
		write_words(
		    catalogs[i], value ? value : "", i ? community.title_en : community.title_ja, &subject, &body);
		text_copy((struct text){ subject.at, subject.size }, subjects[i], sizeof bulletin.subject_en);
		builder_free(&subject);
		bodies[i] = taken(meeting->arena, &body);
		if (!bodies[i])
			return fail(failure, ERROR_MEMORY, "no memory for a bulletin");
	}
	bulletin.body_ja = bodies[0];
	bulletin.body_en = bodies[1];
	error = store_bulletin_put(center->store, meeting->scope, &bulletin, failure);
	if (!error && center->changed)
		center->changed(center, meeting->organisation, "bulletin", uuid_format(bulletin.id, id));
	return error;
}

/* ── alerts ─ */

static void note(struct meeting *meeting, uint32_t id, struct text value, const struct alert *alert)
{
	size_t i = 0;
	while (i < meeting->count && (meeting->met[i].id != id || !text_equal(meeting->met[i].value, value)))
		i++;
	if (i == MET_AT_ONCE)
		return; /* one frame of hundreds of indicators: the rest is in the alerts */
	struct met *met = &meeting->met[i];
	if (i == meeting->count) {
		*met = (struct met){ .id = id,
			.seen = { .first = alert->occurred, .last = alert->occurred },
			.value = arena_text(meeting->arena, value) };
		meeting->count++;
	}
	met->seen.count += alert->repeats ? alert->repeats : 1;
	met->seen.first = alert->occurred < met->seen.first ? alert->occurred : met->seen.first;
	met->seen.last = alert->occurred > met->seen.last ? alert->occurred : met->seen.last;
}

static struct json_value first_of(struct json_value list)
{
	struct json_walk walk = { 0 };
	return json_next(list, &walk) ? walk.value : list;
}

static void read_alert(struct meeting *meeting, struct json_parser *parser, const struct alert *alert)
{
	struct json_value root;
	struct json_walk walk = { 0 };
	struct failure failure;
	if (!text_starts(alert->signature, TEXT(PREFIX)) || text_find(alert->original, TEXT(SIGNED)) < 0 ||
	    json_parse(parser, alert->original, &root, &failure) != OK)
		return;
	struct json_value metadata = json_at(root, "alert.metadata");
	struct text value = json_text(first_of(json_get(metadata, "indicator")));
	while (json_next(json_get(metadata, "indicator_id"), &walk)) {
		uint64_t id = 0;
		if (text_to_u64(json_text(walk.value), &id) && id > 0 && id <= UINT32_MAX)
			note(meeting, (uint32_t)id, value, alert);
	}
}

/* Whether the row says this value: numbers of another store, or invented ones, count for nothing. */
static bool says(const struct shared *row, struct text value)
{
	struct builder quoted = { 0 };
	build_json_string(&quoted, value);
	bool found = !quoted.failed && text_find(row->body, (struct text){ quoted.at, quoted.size }) >= 0;
	builder_free(&quoted);
	return found;
}

static enum error keep_met(struct meeting *meeting, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < meeting->count && !error; i++) {
		const struct met *met = &meeting->met[i];
		struct shared row;
		bool new = false;
		error =
		    store_shared_get(meeting->center->store, meeting->scope, met->id, &row, meeting->arena, failure);
		if (error == ERROR_NOT_FOUND) {
			error = OK;
			continue;
		}
		if (error || !says(&row, met->value) ||
		    policy_standing(&meeting->snapshot, meeting->organisation, row.community) < STANDING_READS)
			continue;
		error = store_shared_met_add(meeting->center->store, meeting->scope, met->id, meeting->organisation,
		    &met->seen, meeting->center->now(), &new, failure);
		counter_add(loop_state_of(meeting->center)->met, met->seen.count);
		if (!error && new)
			error = tell(meeting, &row, met, failure);
	}
	return error;
}

static enum error put_position(struct center *center, uint64_t position, struct failure *failure)
{
	struct builder words = { 0 };
	struct loop_state *state = loop_state_of(center);
	build_format(&words, "%llu", (unsigned long long)position);
	enum error error =
	    words.failed ? fail(failure, ERROR_MEMORY, "no memory for a position")
			 : store_value_put(center->store, POSITION_KEY, (struct text){ words.at, words.size }, failure);
	builder_free(&words);
	if (!error) {
		state->kept_position = position;
		state->kept = time_monotonic();
	}
	return error;
}

static enum error keep(struct meeting *meeting, uint64_t position, struct failure *failure)
{
	enum error error = store_begin(meeting->center->store, failure);
	if (error)
		return error;
	error =
	    store_snapshot(meeting->center->store, meeting->center->now(), meeting->arena, &meeting->snapshot, failure);
	if (!error)
		error = keep_met(meeting, failure);
	if (!error)
		error = put_position(meeting->center, position, failure);
	if (!error)
		error = store_commit(meeting->center->store, failure);
	if (error)
		store_rollback(meeting->center->store);
	return error;
}

static enum error read_frame(
    struct meeting *meeting, const struct history_batch *batch, struct reader *encoded, struct failure *failure)
{
	struct json_parser *parser = json_parser_new(16);
	enum error error = parser ? OK : fail(failure, ERROR_MEMORY, "no memory for sightings");
	for (uint32_t i = 0; i < batch->alerts && !error; i++) {
		struct alert alert;
		error = alert_decode(encoded, &alert, failure);
		if (!error)
			read_alert(meeting, parser, &alert);
	}
	json_parser_free(parser);
	return error;
}

enum error loop_alerts(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	struct loop_state *state = loop_state_of(center);
	uint64_t position = first_position + batch->alerts;
	struct arena *arena = arena_new(64u << 20);
	struct meeting *meeting = arena ? arena_take(arena, sizeof *meeting) : NULL;
	enum error error = meeting ? OK : fail(failure, ERROR_MEMORY, "no memory for sightings");
	if (!error) {
		*meeting = (struct meeting){ .center = center,
			.arena = arena,
			.scope = policy_background(LOOP_SCOPE, arena),
			.organisation = batch->organisation };
		error = read_frame(meeting, batch, encoded, failure);
	}
	if (!error && meeting->count && meeting->scope)
		error = keep(meeting, position, failure);
	if (!error)
		state->position = position;
	arena_free(arena);
	return error;
}

/* A store that never counted begins with what comes now. */
uint64_t loop_replay_from(struct center *center)
{
	struct loop_state *state = loop_state_of(center);
	struct failure failure;
	struct text words;
	uint64_t position = 0;
	struct arena *arena = arena_new(0);
	if (!arena || store_value_get(center->store, POSITION_KEY, arena, &words, &failure) != OK ||
	    !text_to_u64(words, &position) || position > history_end(center->history))
		position = history_end(center->history);
	arena_free(arena);
	state->position = state->kept_position = position;
	return position;
}

enum error loop_keep_position(struct center *center, struct failure *failure)
{
	struct loop_state *state = loop_state_of(center);
	if (state->position == state->kept_position || time_monotonic() - state->kept < POSITION_EVERY)
		return OK;
	return put_position(center, state->position, failure);
}

/* ── what people report ─ */

struct sighted {
	struct shared rows[SHARED_VOICES];
	size_t count;
	struct arena *arena;
};

static void note_row(void *context, const struct shared *row)
{
	struct sighted *sighted = context;
	struct shared *to = &sighted->rows[sighted->count++];
	*to = *row;
	to->item = arena_text(sighted->arena, row->item);
	to->body = arena_text(sighted->arena, row->body);
}

/* Who has seen it says so of the values: his word lets them travel as far as his organisation's trust and rate do. */
static enum error vouch(struct center *center, const struct item *sighting, const struct shared *row, enum tlp tlp,
    struct arena *arena, struct failure *failure)
{
	struct text types[SHARED_SIGHTED], values[SHARED_SIGHTED];
	struct loop_answer answer;
	struct loop_gift gift = { .community = row->community,
		.organisation = sighting->organisation,
		.item = sighting->id,
		.types = types,
		.values = values,
		.asked = ITEM_ALERT,
		.tlp = tlp,
		.pap = sighting->pap,
		.until = row->until,
		.version = sighting->modified.when,
		.revoked = sighting->revoked,
		.account = sighting->account };
	const struct scope *scope = policy_background(LOOP_SCOPE, arena);
	struct json_parser *parser = json_parser_new(8);
	struct json_value root;
	struct json_walk walk = { 0 };
	enum error error = parser && scope ? json_parse(parser, row->body, &root, failure)
					   : fail(failure, ERROR_MEMORY, "no memory for a sighting");
	while (!error && gift.count < SHARED_SIGHTED && json_next(root, &walk)) {
		struct json_walk pair = { 0 };
		types[gift.count] = json_next(walk.value, &pair) ? json_text(pair.value) : TEXT_NONE;
		values[gift.count++] = json_next(walk.value, &pair) ? json_text(pair.value) : TEXT_NONE;
	}
	bool many = !error && json_next(root, &walk); /* which of them was seen is not said */
	if (!error && !many)
		error = loop_give(center, scope, &gift, &answer, arena, failure);
	json_parser_free(parser);
	return error == ERROR_INPUT ? OK : error;
}

enum error loop_sighted(struct center *center, const struct item *sighting, uint32_t community, enum tlp tlp,
    struct arena *arena, struct failure *failure)
{
	struct sighted *sighted = arena_take(arena, sizeof *sighted);
	const struct scope *scope = policy_background(LOOP_SCOPE, arena);
	nanoseconds now = center->now();
	bool counted = sighting->present & ITEM_HAS_COUNT, new;
	bool again = sighting->modified.when != sighting->created.when; /* a later version of what was counted */
	struct shared_met met = { .count = counted ? sighting->count : 1,
		.first = sighting->first_seen.when ? sighting->first_seen.when : now,
		.last = sighting->last_seen.when ? sighting->last_seen.when : now };
	if (!sighted || !scope)
		return fail(failure, ERROR_MEMORY, "no memory for a sighting");
	if (sighting->target_ref.size == 0 || met.count == 0) /* of 0 times: it was looked for and not seen */
		return OK;
	met.count = again ? 0 : met.count;
	sighted->count = 0;
	sighted->arena = arena;
	enum error error =
	    store_shared_named(center->store, scope, sighting->target_ref, community, note_row, sighted, failure);
	for (size_t i = 0; i < sighted->count && !error; i++) {
		const struct shared *row = &sighted->rows[i];
		if (!row->item.at || !row->body.at)
			return fail(failure, ERROR_MEMORY, "no memory for a sighting");
		if (!sighting->revoked)
			error = store_shared_met_add(
			    center->store, scope, row->id, sighting->organisation, &met, now, &new, failure);
		if (!error && row->organisation != sighting->organisation && !row->held)
			error = vouch(center, sighting, row, tlp, arena, failure);
	}
	return error;
}
