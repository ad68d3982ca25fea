/*
 * The hooks of the telescopes in the keeper. See adapter.h.
 */
#include "darknet/center/adapter.h"

#include "base/log.h"
#include "darknet/center/networks_tell.h"
#include "darknet/center/settings.h"
#include "match/origin.h"
#include "store/history.h"
#include "store/networks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define POSITION_KEY "darknet.position"
#define POSITION_EVERY MINUTE   /* when nothing was taken: what is read once more at a start */
#define LOOK_EVERY (5 * SECOND) /* for what is due, when nothing came */
#define WORK_MEMORY (64u << 20)

static struct darknet_state *state_of(const struct center *center)
{
	return center_state(center, DARKNET_NAME);
}

static void make_counters(struct darknet_state *state)
{
	struct counters *counters = state->center->counters;
	for (unsigned i = 0; i < APPEARANCE_KINDS; i++)
		state->lines[i] = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_lines",
		    "Sources that telescopes told of.", "kind", text_of(appearance_kind_code((enum appearance_kind)i)));
	state->foreign = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_foreign",
	    "Sources that telescopes told of and that no organisation held.", NULL, TEXT_NONE);
	state->told = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_bulletins",
	    "Bulletins about addresses that appeared in telescopes.", NULL, TEXT_NONE);
	state->beyond = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_not_kept",
	    "Sources of organisations that were not kept: beyond owners.appearances_most.", NULL, TEXT_NONE);
	state->beyond_sightings = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_sightings_not_kept",
	    "Sources of networks of others that were not kept for their contact: beyond owners.sightings_most.", NULL,
	    TEXT_NONE);
	state->without_contact = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_without_contact",
	    "Sources of networks of others for which there is no active contact.", NULL, TEXT_NONE);
	state->disbelieved = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_not_believed",
	    "Lines of a telescope from a sensor that is none.", NULL, TEXT_NONE);
}

enum error darknet_start(struct center *center, struct failure *failure)
{
	struct darknet_state *state = calloc(1, sizeof *state);
	if (!state)
		return fail(failure, ERROR_MEMORY, "no memory for telescopes");
	state->center = center;
	make_counters(state);
	if (center_set_state(center, DARKNET_NAME, state))
		return OK;
	free(state);
	return fail(failure, ERROR_LIMIT, "too many capabilities");
}

/* ── what waits becomes a fact ─ */

static enum error put_position(struct darknet_work *work, struct failure *failure)
{
	char words[24];
	snprintf(words, sizeof words, "%" PRIu64, work->state->position);
	return store_value_put(work->store, POSITION_KEY, text_of(words), failure);
}

/* What was counted before is not believed once a transaction failed. */
static enum error count_kept(struct darknet_work *work, struct failure *failure)
{
	if (work->state->counted)
		return OK;
	enum error error = store_appearance_count(work->store, work->scope, &work->state->kept_appearances, failure);
	work->state->counted = error == OK;
	return error;
}

static enum error expire(struct darknet_work *work, struct failure *failure)
{
	struct darknet_state *state = work->state;
	uint64_t gone = 0;
	if (state->expired && time_monotonic() - state->expired < HOUR)
		return OK;
	enum error error =
	    store_appearance_expire(work->store, work->scope, work->now - darknet_configured()->keep, &gone, failure);
	if (error == OK)
		error = store_network_expire(work->store, work->scope, work->now - darknet_configured()->keep, failure);
	if (error == OK)
		state->expired = time_monotonic();
	state->kept_appearances -= error == OK ? gone : 0;
	return error;
}

static enum error settle(struct darknet_work *work, struct failure *failure)
{
	struct darknet_state *state = work->state;
	bool more = false;
	enum error error = store_begin(work->store, failure);
	if (error == OK)
		error = count_kept(work, failure);
	if (error == OK)
		error = owners_take_lines(work, failure);
	if (error == OK)
		error = networks_tell(work, failure);
	if (error == OK && state->position != state->kept_position)
		error = put_position(work, failure);
	if (error == OK)
		error = owners_tell(work, &more, failure);
	if (error == OK)
		error = expire(work, failure);
	if (error == OK)
		error = store_commit(work->store, failure);
	else
		store_rollback(work->store);
	state->counted &= error == OK;
	return error;
}

static bool is_due(struct darknet_state *state)
{
	nanoseconds now = time_monotonic();
	return state->waiting_count > 0 || now - state->looked >= LOOK_EVERY ||
	       (state->position != state->kept_position && now - state->kept >= POSITION_EVERY);
}

/* All or nothing: what fails is tried again, with what came meanwhile. */
static enum error flush(struct darknet_state *state, nanoseconds now, struct failure *failure)
{
	struct darknet_work work = { .state = state, .store = state->center->store, .now = now };
	work.arena = arena_new(WORK_MEMORY);
	/* Nobody asks: who is concerned is told. */
	work.scope = work.arena ? policy_background(DARKNET_NAME, work.arena) : NULL;
	enum error error =
	    work.scope ? settle(&work, failure) : fail(failure, ERROR_MEMORY, "no memory for telescopes");
	arena_free(work.arena);
	if (error != OK)
		return error;
	counter_add(state->without_contact, work.without_contact);
	state->waiting_count = 0;
	state->looked = time_monotonic();
	state->kept_position = state->position;
	state->kept = time_monotonic();
	return OK;
}

void darknet_tick(struct center *center, nanoseconds now)
{
	struct darknet_state *state = state_of(center);
	struct failure failure = { 0 };
	if (state && is_due(state) && flush(state, now, &failure) != OK)
		log_write(LOG_ERROR, "what telescopes told cannot be kept: it is tried again",
		    LOG_FIELD_STRING("why", failure.words));
}

void darknet_stop(struct center *center)
{
	struct darknet_state *state = state_of(center);
	struct failure failure = { 0 };
	if (!state)
		return;
	if (center->history && is_due(state) && flush(state, center->now(), &failure) != OK)
		log_write(LOG_WARNING, "what telescopes told is read again at the next start",
		    LOG_FIELD_STRING("why", failure.words));
	origins_free(state->origins);
	free(state->waiting);
	free(state);
	center_set_state(center, DARKNET_NAME, NULL);
}

/* ── what comes ─ */

static bool wait_with(struct darknet_state *state, const struct darknet_line *line)
{
	if (state->waiting_count == state->waiting_room) {
		struct darknet_line *more =
		    array_grow(state->waiting, &state->waiting_room, 1024, sizeof *state->waiting);
		if (!more)
			return false;
		state->waiting = more;
	}
	state->waiting[state->waiting_count++] = *line;
	return true;
}

/* Any sensor can write a telescope's lines; who is believed an administrator says. */
static bool is_telescope(struct center *center, uint32_t number, struct arena *arena)
{
	struct sensor sensor;
	/* Nobody asks: a batch came. */
	const struct scope *scope = policy_background(DARKNET_NAME, arena);
	return scope && store_sensor_get(center->store, scope, number, &sensor, NULL) == OK && sensor.telescope;
}

struct frame {
	const struct history_batch *batch;
	struct arena *arena;
	bool asked, believed; /* its sensor: whether it is a telescope */
};

static enum error take(
    struct darknet_state *state, struct frame *frame, const struct alert *alert, struct failure *failure)
{
	struct darknet_line line;
	if (!appeared_read(alert, &line.what))
		return OK;
	if (!frame->asked)
		frame->believed = is_telescope(state->center, frame->batch->sensor, frame->arena);
	frame->asked = true;
	counter_add(frame->believed ? state->lines[line.what.kind] : state->disbelieved, 1);
	if (!frame->believed)
		return OK;
	line.organisation = address_exists(alert->host_address) ? frame->batch->organisation : 0;
	counter_add(state->foreign, line.organisation == 0);
	return wait_with(state, &line) ? OK : fail(failure, ERROR_MEMORY, "no memory for what telescopes told");
}

enum error darknet_alerts(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	struct darknet_state *state = state_of(center);
	struct frame frame = { .batch = batch, .arena = arena_new(1 << 20) };
	uint64_t end = first_position + batch->alerts;
	enum error error = frame.arena ? OK : fail(failure, ERROR_MEMORY, "no memory for what telescopes told");
	if (error == OK && state->behind)
		error = fail(failure, ERROR_LIMIT, "what telescopes told could not be kept for too long");
	for (uint32_t i = 0; i < batch->alerts && error == OK; i++) {
		struct alert alert;
		error = alert_decode(encoded, &alert, failure);
		if (error == OK && first_position + i >= state->position)
			error = take(state, &frame, &alert, failure);
	}
	arena_free(frame.arena);
	if (error == OK && end > state->position)
		state->position = end;
	if (error == OK && state->waiting_count >= DARKNET_WAITING)
		error = flush(state, center->now(), failure);
	/* What is not taken now, and all behind it, is read from history at the next start. */
	state->behind |= error != OK && (state->position < end || state->waiting_count >= 2 * DARKNET_WAITING);
	return state->behind ? error : OK;
}

/* A store that never counted begins with what comes now, and says so at once: else what comes before the first tick
 * would be passed over when the keeper dies. */
static enum error begin_position(struct darknet_state *state, struct failure *failure)
{
	struct darknet_work work = { .state = state, .store = state->center->store };
	enum error error = store_begin(work.store, failure);
	if (error == OK)
		error = put_position(&work, failure);
	if (error == OK)
		error = store_commit(work.store, failure);
	else
		store_rollback(work.store);
	return error;
}

uint64_t darknet_replay_from(struct center *center)
{
	struct darknet_state *state = state_of(center);
	struct failure failure = { 0 };
	struct text words;
	uint64_t position = 0;
	struct arena *arena = arena_new(0);
	bool known = arena && store_value_get(center->store, POSITION_KEY, arena, &words, &failure) == OK &&
		     text_to_u64(words, &position) && position <= history_end(center->history);
	state->position = known ? position : history_end(center->history);
	arena_free(arena);
	if (!known && begin_position(state, &failure) != OK)
		log_write(LOG_ERROR, "the position of what telescopes told cannot be kept",
		    LOG_FIELD_STRING("why", failure.words));
	state->kept_position = state->position;
	return state->position;
}
