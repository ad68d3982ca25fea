/*
 * What sensors sent, counted: in memory from batch to batch, into the state store at each tick. See tally.h.
 */
#include "center/tally.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#define SENSORS_MOST 4096        /* whose tallies wait for the next tick */
#define COUNTED "ingest.counted" /* in the store: up to which position of history its counts of sensors go */

/* What a sensor sent since the last tick. */
struct tally {
	uint32_t sensor, organisation;
	nanoseconds seen, clock_error;
	uint64_t alerts, malformed, dropped;
};

struct tallies {
	struct tally each[SENSORS_MOST];
	unsigned count;
	uint64_t position; /* everything in history before it is in them */
};

struct tallies *tallies_new(void)
{
	return calloc(1, sizeof(struct tallies));
}

void tally_position(struct keeper *keeper, uint64_t position)
{
	keeper->tallies->position = position;
}

/* What this sensor sent since the last tick; NULL: the store takes nothing either, counted at the next start. */
static struct tally *tally_of(struct keeper *keeper, uint32_t sensor, uint32_t organisation)
{
	struct tallies *tallies = keeper->tallies;
	if (tallies->count == SENSORS_MOST)
		batches_tick(keeper);
	for (unsigned i = 0; i < tallies->count; i++)
		if (tallies->each[i].sensor == sensor)
			return &tallies->each[i];
	if (tallies->count == SENSORS_MOST)
		return NULL;
	struct tally *tally = &tallies->each[tallies->count++];
	*tally = (struct tally){ .sensor = sensor, .organisation = organisation };
	return tally;
}

void tally_batch(
    struct keeper *keeper, const struct history_batch *batch, nanoseconds newest, bool stored, bool repeated)
{
	struct tally *tally = tally_of(keeper, batch->sensor, batch->organisation);
	if (!tally)
		return;
	tally->seen = batch->received;
	if (batch->alerts > 0)
		tally->clock_error = newest - batch->received;
	tally->alerts += stored ? batch->alerts : 0;
	tally->malformed += repeated ? 0 : batch->malformed;
}

void tally_dropped(struct keeper *keeper, uint32_t sensor, uint32_t organisation, uint64_t fields)
{
	struct tally *tally = tally_of(keeper, sensor, organisation);
	if (!tally)
		return;
	tally->dropped += fields;
	if (tally->seen == 0)
		tally->seen = keeper->center.now();
}

static enum error tallies_write(struct keeper *keeper, const struct work *work, struct failure *failure)
{
	struct tallies *tallies = keeper->tallies;
	char position[24];
	snprintf(position, sizeof position, "%llu", (unsigned long long)tallies->position);
	enum error error = store_value_put(keeper->store, COUNTED, text_of(position), failure);
	for (unsigned i = 0; i < tallies->count && error == OK; i++) {
		const struct tally *tally = &tallies->each[i];
		error = store_sensor_seen(
		    keeper->store, work->scope, tally->sensor, tally->seen, tally->clock_error, tally->alerts, failure);
		struct funnel funnel = {
			.organisation = tally->organisation,
			.day = (int32_t)(tally->seen / DAY),
			.malformed = tally->malformed,
		};
		if (error == OK && tally->malformed > 0)
			error = store_funnel_add(keeper->store, work->scope, &funnel, failure);
		const struct capture_dropped dropped = { .sensor = tally->sensor,
			.organisation = tally->organisation,
			.fields = tally->dropped,
			.last = tally->seen };
		if (error == OK && tally->dropped > 0)
			error = capture_note_dropped(keeper, work, &dropped, failure);
	}
	return error;
}

void batches_tick(struct keeper *keeper)
{
	struct tallies *tallies = keeper->tallies;
	struct work work;
	struct failure failure = { 0 };
	if (tallies->count == 0 || work_begin(&work, "ingest", &failure) != OK)
		return;
	enum error error = store_begin(keeper->store, &failure);
	if (error == OK)
		error = tallies_write(keeper, &work, &failure);
	if (error == OK)
		error = store_commit(keeper->store, &failure);
	if (error != OK) {
		store_rollback(keeper->store);
		log_write(LOG_WARNING, "cannot note what sensors sent", LOG_FIELD_STRING("why", failure.words));
	} else
		tallies->count = 0;
	work_end(&work);
}

static enum error count_again(void *context, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	struct keeper *keeper = context;
	struct alert alert;
	nanoseconds newest = 0;
	for (uint32_t i = 0; i < batch->alerts; i++) {
		enum error error = alert_decode(encoded, &alert, failure);
		if (error != OK)
			return error;
		if (i == 0 || alert.occurred > newest)
			newest = alert.occurred;
	}
	tally_batch(keeper, batch, newest, true, false);
	keeper->tallies->position = first_position + batch->alerts;
	return OK;
}

enum error batches_recount(struct keeper *keeper, const struct work *work, struct failure *failure)
{
	struct text value;
	enum error error = store_value_get(keeper->store, COUNTED, work->arena, &value, failure);
	if (error == OK && !text_to_u64(value, &keeper->tallies->position))
		error = fail(failure, ERROR_CORRUPT, "the value %s in the store is not a number", COUNTED);
	if (error != OK && error != ERROR_NOT_FOUND)
		return error;
	return history_replay(keeper->history, work->scope, keeper->tallies->position, count_again, keeper, failure);
}
