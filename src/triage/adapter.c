/*
 * Triage in the keeper: the hooks. See adapter.h.
 */
#include "triage/adapter.h"

#include "base/counter.h"
#include "base/log.h"
#include "triage/options.h"

#include <stdlib.h>

static struct adapter *adapter_of(struct center *center)
{
	return center_state(center, "triage");
}

static void sink_judged(void *context, const struct triage_judgement *judgement)
{
	struct adapter *adapter = context;
	struct failure failure = { 0 };
	if (history_judge(adapter->center->history, judgement->position, judgement->verdict, judgement->event,
		judgement->rule, &failure) != OK &&
	    !adapter->judging_failed) {
		log_write(LOG_ERROR, "verdicts cannot be kept: they are made again after the next start",
		    LOG_FIELD_STRING("why", failure.words));
		adapter->judging_failed = true;
	}
	if (judgement->provisional)
		return;
	funnel_note(adapter, judgement->organisation, judgement->occurred,
	    judgement->revised ? judgement->before : VERDICT_PENDING, -1);
	funnel_note(adapter, judgement->organisation, judgement->occurred, judgement->verdict, 1);
	if (judgement->verdict == VERDICT_DECISION)
		hits_note(adapter, judgement->rule, judgement->occurred);
}

static void sink_event(void *context, const struct event *event)
{
	news_event(context, event);
}

static void sink_campaign(void *context, struct uuid event, uint32_t organisation, struct uuid campaign)
{
	news_campaign(context, event, organisation, campaign);
}

enum error adapter_triage(struct adapter *adapter, struct failure *failure)
{
	struct triage_settings settings;
	struct triage_sink sink = { adapter, sink_judged, sink_event, sink_campaign };
	triage_settings_configured(&settings);
	triage_free(adapter->triage);
	adapter->triage = NULL;
	enum error error = triage_new(&settings, &sink, &adapter->triage, failure);
	if (!error && adapter->lists)
		triage_set_known(adapter->triage, known_source, adapter->lists);
	return error;
}

static enum error adapter_prepare(struct adapter *adapter, struct failure *failure)
{
	adapter->arena = arena_new(1 << 20);
	/* Nobody asks: alerts are judged as they come. */
	adapter->scope = adapter->arena ? policy_background("triage", adapter->arena) : NULL;
	if (!adapter->scope)
		return fail(failure, ERROR_MEMORY, "no memory for triage");
	enum error error = OK;
	const char *folder = triage_configured()->warning_lists;
	if (folder && *folder)
		error = known_load(folder, &adapter->lists, failure);
	if (!error)
		error = adapter_triage(adapter, failure);
	if (!error)
		error = position_key_load(adapter, failure);
	if (!error)
		error = checkpoint_read(adapter, failure);
	if (!error)
		error = provisional_note(adapter, failure);
	if (!error)
		error = rules_refresh(adapter, failure);
	return error;
}

static void adapter_free(struct adapter *adapter)
{
	checkpoint_drop(adapter);
	for (size_t i = 0; i < adapter->news_count; i++)
		builder_free(&adapter->news[i].encoded);
	triage_free(adapter->triage);
	warninglists_free(adapter->lists);
	arena_free(adapter->arena);
	free(adapter->news);
	counted_free(&adapter->counted);
	counted_free(&adapter->leaving);
	free(adapter->provisional);
	free(adapter);
}

enum error adapter_start(struct center *center, struct failure *failure)
{
	struct adapter *adapter = calloc(1, sizeof *adapter);
	if (!adapter)
		return fail(failure, ERROR_MEMORY, "no memory for triage");
	adapter->center = center;
	adapter->started = center->now();
	adapter->alerts = counter_get(
	    center->counters, COUNTER_TOTAL, "noroshi_triage_alerts", "Alerts that triage took", NULL, TEXT_NONE);
	adapter->unjudged = counter_get(center->counters, COUNTER_TOTAL, "noroshi_triage_unjudged",
	    "Alerts stored without a verdict: beyond the bound of organisations or memory", NULL, TEXT_NONE);
	adapter->late = counter_get(center->counters, COUNTER_GAUGE, "noroshi_triage_late",
	    "Alerts judged out of order: beyond the lateness bound", NULL, TEXT_NONE);
	adapter->memory = counter_get(
	    center->counters, COUNTER_GAUGE, "noroshi_triage_memory_bytes", "Memory that triage uses", NULL, TEXT_NONE);
	adapter->checkpoint_seconds =
	    counter_get(center->counters, COUNTER_HISTOGRAM, "noroshi_triage_checkpoint_seconds",
		"Time that the keeper does nothing else, for each saving of the state of triage", NULL, TEXT_NONE);
	enum error error = adapter_prepare(adapter, failure);
	if (!error)
		error = center_set_state(center, "triage", adapter)
			    ? OK
			    : fail(failure, ERROR_LIMIT, "too many capabilities");
	if (error)
		adapter_free(adapter);
	else
		center->position = position_shown;
	return error;
}

uint64_t adapter_replay_from(struct center *center)
{
	return adapter_of(center)->position;
}

static uint64_t late_so_far(const struct adapter *adapter, uint32_t organisation)
{
	struct triage_counts counts;
	triage_count_organisation(adapter->triage, organisation, &counts);
	return counts.late;
}

static void unjudged_note(struct adapter *adapter, const struct failure *failure)
{
	counter_add(adapter->unjudged, 1);
	if (!adapter->unjudged_said)
		log_write(LOG_ERROR, "alerts are stored but cannot be judged", LOG_FIELD_STRING("why", failure->words));
	adapter->unjudged_said = true;
}

enum error adapter_alerts(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	struct adapter *adapter = adapter_of(center);
	uint64_t late = late_so_far(adapter, batch->organisation);
	for (uint32_t i = 0; i < batch->alerts; i++) {
		struct alert alert;
		enum error error = alert_decode(encoded, &alert, failure);
		if (error)
			return error;
		alert.organisation = batch->organisation;
		alert.received = batch->received;
		alert.id.sensor = batch->sensor;
		alert.id.epoch = batch->epoch;
		funnel_alert(adapter, batch->organisation, alert.occurred);
		/* Beyond a bound (organisations, memory) an alert stays in history without a verdict: it is counted,
		 * and does not keep the others, or a restart, from going on. */
		if (triage_add(adapter->triage, &alert, first_position + i, failure) != OK)
			unjudged_note(adapter, failure);
	}
	counter_add(adapter->alerts, batch->alerts);
	funnel_late(adapter, batch->organisation, batch->received, late_so_far(adapter, batch->organisation) - late);
	adapter->position = first_position + batch->alerts;
	triage_advance_organisation(adapter->triage, batch->organisation, batch->received);
	return news_publish(adapter, failure);
}

/* Also without new alerts: the clock has some judged, and the funnel is to show that. */
static bool checkpoint_is_due(const struct adapter *adapter)
{
	nanoseconds since = time_monotonic() - adapter->checkpoint_at;
	bool news =
	    adapter->position != adapter->checkpointed || adapter->counted.funnel_count || adapter->counted.hit_count;
	return !adapter->saving && news && since >= triage_configured()->checkpoint &&
	       since >= 50 * adapter->checkpoint_held;
}

void adapter_tick(struct center *center, nanoseconds now)
{
	struct adapter *adapter = adapter_of(center);
	struct failure failure = { 0 };
	triage_advance(adapter->triage, now);
	enum error error = news_publish(adapter, &failure);
	if (!error)
		error = rules_refresh(adapter, &failure);
	if (!error && adapter->provisional_count && now - adapter->started > triage_configured()->lateness)
		error = provisional_forget(adapter, &failure);
	if (!error)
		error = checkpoint_end(adapter, false, &failure);
	if (!error && checkpoint_is_due(adapter))
		error = checkpoint_begin(adapter, &failure);
	if (error)
		log_write(LOG_ERROR, "triage cannot keep its results: it tries again",
		    LOG_FIELD_STRING("why", failure.words));
	struct triage_counts counts;
	triage_count(adapter->triage, &counts);
	counter_set(adapter->late, (double)counts.late);
	counter_set(adapter->memory, (double)counts.memory);
}

void adapter_stop(struct center *center)
{
	struct adapter *adapter = adapter_of(center);
	struct failure failure = { 0 };
	if (!adapter)
		return;
	if (center->history && (news_publish(adapter, &failure) != OK || checkpoint_write(adapter, &failure) != OK))
		log_write(LOG_WARNING,
		    "triage could not write its last checkpoint: the next start reads more of history",
		    LOG_FIELD_STRING("why", failure.words));
	center->position = NULL;
	center_set_state(center, "triage", NULL);
	adapter_free(adapter);
}
