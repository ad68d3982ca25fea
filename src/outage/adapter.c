/*
 * The hooks of outage. See adapter.h.
 */
#include "outage/adapter.h"

#include "base/hash.h"
#include "base/log.h"
#include "outage/settings.h"
#include "store/history.h"

#include <stdlib.h>
#include <string.h>

#define DETECTOR "Noroshi probe"
#define OLD_AFTER HOUR /* what was found longer ago is no news: a file that was read once more */

enum error outage_start(struct center *center, struct failure *failure)
{
	struct outage_state *state = calloc(1, sizeof *state);
	if (!state)
		return fail(failure, ERROR_MEMORY, "no memory for outages");
	state->center = center;
	state->troubles = counter_get(center->counters, COUNTER_TOTAL, "noroshi_outage_troubles",
	    "Slow-downs and outages of members' web sites that probes told.", NULL, TEXT_NONE);
	state->foreign = counter_get(center->counters, COUNTER_TOTAL, "noroshi_outage_not_believed",
	    "Such alerts about a site that the sensor's organisation has no say about.", NULL, TEXT_NONE);
	state->signals = counter_get(center->counters, COUNTER_TOTAL, "noroshi_outage_shared",
	    "Disturbances of many organisations that all members were told of.", NULL, TEXT_NONE);
	state->alarms = counter_get(center->counters, COUNTER_TOTAL, "noroshi_outage_alarms",
	    "Organisations that were told that a site of theirs does not answer.", NULL, TEXT_NONE);
	if (center_set_state(center, "outage", state))
		return OK;
	free(state);
	return fail(failure, ERROR_LIMIT, "too many capabilities");
}

void outage_stop(struct center *center)
{
	free(center_state(center, "outage"));
	center_set_state(center, "outage", NULL);
}

void outage_tick(struct center *center, nanoseconds now)
{
	struct outage_state *state = center_state(center, "outage");
	if (state && outage_end(outage_configured(), &state->outage, now))
		log_write(LOG_INFO, "the disturbance of many web sites is over");
}

/* ── whose it is ─ */

/* A sensor is believed about its own organisation's sites, the prober's about everybody's: else whoever took over one
 * sensor could raise alarms at others. */
static bool is_believed(
    const struct outage_telling *telling, uint32_t sensors_organisation, uint32_t owner, struct failure *failure)
{
	const char *prober = outage_configured()->prober;
	struct organisation organisation;
	if (sensors_organisation == owner)
		return true;
	return prober && *prober &&
	       store_organisation_find(
		   telling->center->store, telling->scope, text_of(prober), &organisation, failure) == OK &&
	       organisation.number == sensors_organisation;
}

static bool was_told(struct outage_state *state, uint32_t organisation, nanoseconds now)
{
	size_t i = 0;
	while (i < state->told_count && state->told[i].organisation != organisation)
		i++;
	if (i < state->told_count && now - state->told[i].when < outage_configured()->tell_every)
		return true;
	if (i == state->told_count) {
		i = state->told_next;
		state->told_next = (state->told_next + 1) % OUTAGE_TOLD;
		state->told_count += state->told_count < OUTAGE_TOLD;
	}
	state->told[i].organisation = organisation;
	state->told[i].when = now;
	return false;
}

/* ── whether it is over ─ */

static void note_down(struct outage_state *state, uint32_t organisation, struct text host, nanoseconds since)
{
	state->down[state->down_next].organisation = organisation;
	state->down[state->down_next].host = hash_text(host, 0);
	state->down[state->down_next].since = since;
	state->down_next = (state->down_next + 1) % OUTAGE_DOWN;
}

/* Only who was told that it does not answer is told that it does. */
static enum error take_up(struct outage_state *state, struct outage_telling *telling, uint32_t organisation,
    struct text host, nanoseconds again, struct failure *failure)
{
	uint64_t hash = hash_text(host, 0);
	size_t i = 0;
	while (i < OUTAGE_DOWN && (state->down[i].organisation != organisation || state->down[i].host != hash))
		i++;
	if (i == OUTAGE_DOWN || again < state->down[i].since)
		return OK;
	enum error error = store_begin(telling->center->store, failure);
	if (error == OK)
		error = outage_tell_again(telling, organisation, host, state->down[i].since, again, failure);
	if (error == OK)
		error = store_commit(telling->center->store, failure);
	else
		store_rollback(telling->center->store);
	if (error == OK)
		state->down[i].organisation = 0;
	return error;
}

/* ── one trouble ─ */

static enum error tell(struct outage_state *state, struct outage_telling *telling, const struct outage_trouble *trouble,
    struct text host, struct failure *failure)
{
	struct outage_picture *picture = arena_take(telling->arena, sizeof *picture);
	if (!picture)
		return fail(failure, ERROR_MEMORY, "no memory for outages");
	bool many = outage_take(outage_configured(), &state->outage, trouble, picture);
	bool alarm = trouble->down && !was_told(state, trouble->organisation, telling->now);
	if (!many && !alarm)
		return OK;
	enum error error = store_begin(telling->center->store, failure);
	if (error == OK && alarm)
		error = outage_tell_owner(telling, trouble->organisation, host, trouble->time, failure);
	if (error == OK && many)
		error = outage_tell_all(telling, picture, failure);
	if (error == OK)
		error = store_commit(telling->center->store, failure);
	else
		store_rollback(telling->center->store);
	if (error != OK)
		return error;
	if (alarm)
		note_down(state, trouble->organisation, host, trouble->time);
	counter_add(state->alarms, alarm);
	counter_add(state->signals, many);
	if (many)
		log_write(LOG_WARNING, "web sites of many organisations are slow or do not answer",
		    LOG_FIELD_NUMBER("organisations", picture->count), LOG_FIELD_NUMBER("down", picture->down),
		    LOG_FIELD_TIME("since", picture->since));
	return OK;
}

static enum error take(struct outage_state *state, struct outage_telling *telling, const struct alert *alert,
    uint32_t sensors_organisation, struct failure *failure)
{
	struct text host = outage_host(alert->object);
	struct outage_trouble trouble = { .time = alert->occurred,
		.down = text_starts(alert->signature_id, TEXT("probe:down")) };
	enum error error =
	    outage_owner(telling->center->store, telling->scope, host, alert->occurred, &trouble.organisation, failure);
	if (error != OK)
		return error;
	if (trouble.organisation == 0)
		trouble.organisation = sensors_organisation;
	bool up = text_starts(alert->signature_id, TEXT("probe:up"));
	counter_add(state->troubles, !up);
	if (!is_believed(telling, sensors_organisation, trouble.organisation, failure)) {
		counter_add(state->foreign, 1);
		return OK;
	}
	if (up)
		return take_up(state, telling, trouble.organisation, host, alert->occurred, failure);
	return tell(state, telling, &trouble, host, failure);
}

/* Or its end. */
static bool is_trouble(const struct alert *alert, nanoseconds now)
{
	return text_equal(alert->detector, TEXT(DETECTOR)) &&
	       (text_starts(alert->signature_id, TEXT("probe:down")) ||
		   text_starts(alert->signature_id, TEXT("probe:slow")) ||
		   text_starts(alert->signature_id, TEXT("probe:up"))) &&
	       now - alert->occurred < OLD_AFTER && alert->occurred - now < MINUTE;
}

enum error outage_alerts(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	struct outage_state *state = center_state(center, "outage");
	(void)first_position;
	for (uint32_t i = 0; i < batch->alerts; i++) {
		struct alert alert;
		enum error error = alert_decode(encoded, &alert, failure);
		if (error != OK)
			return error;
		if (!state || !is_trouble(&alert, center->now()))
			continue;
		struct outage_telling telling = { .center = center, .arena = arena_new(8 << 20), .now = center->now() };
		/* Nobody asks: what was measured is told. */
		telling.scope = telling.arena ? policy_background("outage", telling.arena) : NULL;
		error = telling.scope ? take(state, &telling, &alert, batch->organisation, failure)
				      : fail(failure, ERROR_MEMORY, "no memory for outages");
		arena_free(telling.arena);
		if (error != OK)
			return error;
	}
	return OK;
}
