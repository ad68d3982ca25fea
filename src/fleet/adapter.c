/*
 * The hooks of fleet, and what is kept when a gap begins, changes or ends. See adapter.h.
 */
#include "fleet/adapter.h"

#include "base/log.h"
#include "fleet/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY SECOND
#define SAVE_EVERY MINUTE
#define EXPIRE_EVERY HOUR

struct fleet_entry *fleet_find(struct fleet *fleet, uint32_t sensor)
{
	size_t low = 0, high = fleet->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (fleet->entries[middle].habit.sensor < sensor)
			low = middle + 1;
		else
			high = middle;
	}
	return low < fleet->count && fleet->entries[low].habit.sensor == sensor ? &fleet->entries[low] : NULL;
}

bool fleet_begin(struct fleet *fleet)
{
	if (!fleet->writing && store_begin(fleet->center->store, &fleet->failure) == OK)
		fleet->writing = true;
	fleet->failed |= !fleet->writing;
	return fleet->writing;
}

void fleet_end(struct fleet *fleet)
{
	if (fleet->writing && (fleet->failed || store_commit(fleet->center->store, &fleet->failure) != OK)) {
		store_rollback(fleet->center->store);
		fleet->failed = true;
	}
	if (fleet->failed)
		log_write(
		    LOG_ERROR, "the state of sensors cannot be kept", LOG_FIELD_STRING("why", fleet->failure.words));
	fleet->writing = fleet->failed = false;
}

/* ── what is kept of a change ─ */

static void note(struct fleet *fleet, const struct fleet_entry *entry, const struct gap *gap, bool begins)
{
	struct log_line line = { .when = fleet->center->now(), .organisation = gap->organisation };
	snprintf(line.who, sizeof line.who, "fleet");
	snprintf(line.what, sizeof line.what, "sensor.%s%s", gap_kind_code(gap->kind), begins ? "" : ".over");
	text_copy(text_of(entry->name), line.object, sizeof line.object);
	snprintf(line.outcome, sizeof line.outcome, "done");
	text_copy(text_of(gap->code), line.detail, sizeof line.detail);
	if (store_log_append(fleet->center->store, &line, &fleet->failure) != OK)
		fleet->failed = true;
	log_write(begins ? LOG_WARNING : LOG_INFO,
	    begins ? "trouble of a sensor begins" : "trouble of a sensor is over",
	    LOG_FIELD_STRING("kind", gap_kind_code(gap->kind)), LOG_FIELD_STRING("sensor", entry->name),
	    LOG_FIELD_NUMBER("organisation", gap->organisation), LOG_FIELD_STRING("code", gap->code),
	    LOG_FIELD_TIME("since", gap->from));
}

static void show_silent(struct fleet *fleet, const struct gap *gap)
{
	struct sensor sensor;
	enum error error = store_sensor_get(fleet->center->store, fleet->scope, gap->sensor, &sensor, &fleet->failure);
	if (error == OK && sensor.state == SENSOR_REPORTING) {
		sensor.state = SENSOR_SILENT;
		error = store_sensor_put(fleet->center->store, fleet->scope, &sensor, &fleet->failure);
	}
	fleet->failed |= error != OK;
}

static void remember_over(struct fleet *fleet, const struct fleet_entry *entry, const struct gap *gap)
{
	struct fleet_news *news = fleet->over;
	if (fleet->over_count == fleet->over_room)
		news = array_grow(fleet->over, &fleet->over_room, 16, sizeof *fleet->over);
	if (!news)
		return;
	fleet->over = news;
	news = &fleet->over[fleet->over_count++];
	news->gap = *gap;
	text_copy(text_of(entry->name), news->name, sizeof news->name);
}

static void change(void *context, struct fleet_sensor *sensor, struct gap *gap)
{
	struct fleet *fleet = context;
	struct fleet_entry *entry = fleet_find(fleet, sensor->sensor);
	bool begins = gap->number == 0, ends = gap->to != 0;
	if (!entry || !fleet_begin(fleet))
		return;
	if (store_gap_put(fleet->center->store, fleet->scope, gap, &fleet->failure) != OK)
		fleet->failed = true;
	if (begins || ends)
		note(fleet, entry, gap, begins);
	if (begins)
		counter_add(fleet->begun[gap->kind], 1);
	if (begins && gap->kind == GAP_SILENT)
		show_silent(fleet, gap);
	if (ends && gap->told)
		remember_over(fleet, entry, gap);
	entry->dirty = true;
	fleet->center->changed(fleet->center, gap->organisation, "sensor", entry->name);
}

/* ── sensors as the store has them ─ */

static struct fleet_entry *meet(struct fleet *fleet, uint32_t number, uint32_t organisation, nanoseconds last)
{
	if (fleet->count == fleet->room) {
		void *more = array_grow(fleet->entries, &fleet->room, 64, sizeof *fleet->entries);
		if (!more)
			return NULL;
		fleet->entries = more;
	}
	size_t at = fleet->count++;
	while (at > 0 && fleet->entries[at - 1].habit.sensor > number) {
		fleet->entries[at] = fleet->entries[at - 1];
		at--;
	}
	struct fleet_entry *entry = &fleet->entries[at];
	*entry = (struct fleet_entry){ .dirty = true };
	fleet_meet(&entry->habit, number, organisation, last, fleet->center->now());
	return entry;
}

/* Who is revoked has no gaps any more. */
static void retire(struct fleet *fleet, struct fleet_entry *entry)
{
	for (unsigned i = 0; i < GAP_KINDS; i++) {
		struct fleet_condition *condition = &entry->habit.conditions[i];
		if (!condition->on)
			continue;
		condition->on = false;
		condition->gap.to = fleet->center->now();
		condition->gap.told = 0; /* nobody is told that it works again */
		change(fleet, &entry->habit, &condition->gap);
	}
}

static void take_sensor(void *context, const struct sensor *sensor)
{
	struct fleet *fleet = context;
	struct fleet_entry *entry = fleet_find(fleet, sensor->number);
	if (!entry)
		entry = meet(fleet, sensor->number, sensor->organisation, sensor->last_seen);
	if (!entry)
		return;
	entry->habit.organisation = sensor->organisation;
	text_copy(text_of(sensor->name), entry->name, sizeof entry->name);
	entry->revoked = sensor->state == SENSOR_REVOKED;
	if (sensor->last_seen > entry->habit.last) /* heard before the process that knew it was killed */
		entry->habit.last = sensor->last_seen;
}

static enum error take_all(struct fleet *fleet, struct failure *failure)
{
	return store_sensor_all(fleet->center->store, fleet->scope, 0, take_sensor, fleet, failure);
}

/* ── at the start ─ */

static void take_habit(void *context, uint32_t sensor, struct text body)
{
	struct fleet *fleet = context;
	struct fleet_entry *entry = fleet_find(fleet, sensor);
	struct reader from = reader_of(body.at, body.size);
	struct fleet_sensor habit = { 0 };
	struct failure failure;
	if (!entry)
		return;
	habit.sensor = sensor;
	habit.organisation = entry->habit.organisation;
	if (fleet_decode(&from, &habit, &failure) != OK) {
		log_write(LOG_WARNING, "what is usual for a sensor is learnt anew",
		    LOG_FIELD_STRING("sensor", entry->name), LOG_FIELD_STRING("why", failure.words));
		return;
	}
	nanoseconds last = entry->habit.last;
	entry->habit = habit;
	entry->habit.partial = true; /* nobody listened for a while */
	if (last > habit.last)
		entry->habit.last = last;
}

static void take_gap(void *context, const struct gap *gap)
{
	struct fleet *fleet = context;
	struct fleet_entry *entry = gap->sensor ? fleet_find(fleet, gap->sensor) : NULL;
	if (entry && gap->kind != GAP_MAINTENANCE) {
		fleet_resume(&entry->habit, gap);
	} else if (!gap->sensor) {
		void *more = fleet->bare_count == fleet->bare_room
				 ? array_grow(fleet->bare, &fleet->bare_room, 16, sizeof *fleet->bare)
				 : fleet->bare;
		if (!more)
			return;
		fleet->bare = more;
		fleet->bare[fleet->bare_count++] = *gap;
	}
}

static void make_counters(struct fleet *fleet)
{
	struct counters *counters = fleet->center->counters;
	for (unsigned i = 0; i < GAP_KINDS; i++) {
		struct text kind = text_of(gap_kind_code((enum gap_kind)i));
		fleet->states[i] = counter_get(counters, COUNTER_GAUGE, "noroshi_fleet_sensors",
		    "Sensors by how they do; in several states at once.", "state", kind);
		fleet->begun[i] = counter_get(
		    counters, COUNTER_TOTAL, "noroshi_fleet_gaps", "Gaps of sensors that began.", "kind", kind);
	}
	fleet->states[GAP_KINDS] = counter_get(counters, COUNTER_GAUGE, "noroshi_fleet_sensors",
	    "Sensors by how they do; in several states at once.", "state", TEXT("ok"));
	fleet->bare_gauge = counter_get(counters, COUNTER_GAUGE, "noroshi_fleet_organisations_without_sensor",
	    "Organisations none of whose sensors works.", NULL, TEXT_NONE);
	fleet->told = counter_get(
	    counters, COUNTER_TOTAL, "noroshi_fleet_bulletins", "Bulletins to owners of sensors.", NULL, TEXT_NONE);
}

static void fleet_free(struct fleet *fleet)
{
	arena_free(fleet->arena);
	free(fleet->entries);
	free(fleet->over);
	free(fleet->bare);
	free(fleet);
}

enum error fleet_start(struct center *center, struct failure *failure)
{
	struct fleet *fleet = calloc(1, sizeof *fleet);
	bool more;
	if (!fleet)
		return fail(failure, ERROR_MEMORY, "no memory for the fleet");
	fleet->center = center;
	fleet->awake = center->now();
	fleet->arena = arena_new(1 << 20);
	/* Nobody asks: sensors are watched. */
	fleet->scope = fleet->arena ? policy_background("fleet", fleet->arena) : NULL;
	make_counters(fleet);
	struct gap_query open = { .open_only = true };
	enum error error =
	    fleet->scope ? take_all(fleet, failure) : fail(failure, ERROR_MEMORY, "no memory for the fleet");
	if (error == OK)
		error = store_habit_each(center->store, fleet->scope, take_habit, fleet, failure);
	if (error == OK)
		error = store_gap_each(center->store, fleet->scope, &open, &more, take_gap, fleet, failure);
	if (error == OK && !center_set_state(center, "fleet", fleet))
		error = fail(failure, ERROR_LIMIT, "too many capabilities");
	if (error != OK)
		fleet_free(fleet);
	return error;
}

/* ── while it runs ─ */

static void settings_take(struct fleet *fleet)
{
	fleet->settings = *fleet_configured();
	fleet->settings.silence = fleet->center->silence ? *fleet->center->silence : 15 * MINUTE;
}

void fleet_heard(struct center *center, const struct heard *heard)
{
	struct fleet *fleet = center_state(center, "fleet");
	if (!fleet)
		return;
	struct fleet_entry *entry = fleet_find(fleet, heard->sensor);
	if (!entry)
		entry = meet(fleet, heard->sensor, heard->organisation, 0);
	if (!entry)
		return;
	settings_take(fleet);
	fleet_hear(&fleet->settings, &entry->habit, heard, change, fleet);
	entry->dirty = true;
	fleet_end(fleet);
}

static void save(struct fleet *fleet)
{
	struct builder body = { 0 };
	for (size_t i = 0; i < fleet->count; i++) {
		struct fleet_entry *entry = &fleet->entries[i];
		if (!entry->dirty || !fleet_begin(fleet))
			continue;
		builder_clear(&body);
		fleet_encode(&entry->habit, &body);
		if (body.failed || store_habit_put(fleet->center->store, fleet->scope, entry->habit.sensor,
				       (struct text){ body.at, body.size }, &fleet->failure) != OK)
			fleet->failed = true;
		entry->dirty = false;
	}
	builder_free(&body);
}

static void expire(struct fleet *fleet, nanoseconds now)
{
	uint64_t removed = 0;
	if (fleet_begin(fleet) && store_gap_expire(fleet->center->store, fleet->scope, now - fleet->settings.keep,
				      (uint32_t)fleet->settings.keep_most, &removed, &fleet->failure) != OK)
		fleet->failed = true;
}

static void count_states(struct fleet *fleet)
{
	size_t of[GAP_KINDS + 1] = { 0 };
	for (size_t i = 0; i < fleet->count; i++) {
		bool any = false;
		for (unsigned kind = 0; kind < GAP_KINDS && !fleet->entries[i].revoked; kind++) {
			of[kind] += fleet->entries[i].habit.conditions[kind].on;
			any |= fleet->entries[i].habit.conditions[kind].on;
		}
		of[GAP_KINDS] += !any && !fleet->entries[i].revoked;
	}
	for (unsigned kind = 0; kind <= GAP_KINDS; kind++)
		counter_set(fleet->states[kind], (double)of[kind]);
	counter_set(fleet->bare_gauge, (double)fleet->bare_count);
}

static void judge_all(struct fleet *fleet, nanoseconds now)
{
	for (size_t i = 0; i < fleet->count; i++) {
		struct fleet_entry *entry = &fleet->entries[i];
		if (entry->revoked)
			retire(fleet, entry);
		else
			fleet_judge(&fleet->settings, &entry->habit, now, fleet->awake, change, fleet);
	}
}

void fleet_tick(struct center *center, nanoseconds now)
{
	struct fleet *fleet = center_state(center, "fleet");
	nanoseconds monotonic = time_monotonic();
	if (!fleet || (fleet->looked && monotonic - fleet->looked < LOOK_EVERY / 2))
		return;
	/* The keeper was stopped, or the machine slept: what came meanwhile may still wait in front. */
	if (fleet->looked && monotonic - fleet->looked > 30 * SECOND)
		fleet->awake = now;
	fleet->looked = monotonic;
	settings_take(fleet);
	if (take_all(fleet, &fleet->failure) != OK)
		fleet->failed = true;
	judge_all(fleet, now);
	fleet_look_for_bare(fleet, now);
	fleet_tell(fleet, now);
	if (monotonic - fleet->saved > SAVE_EVERY) {
		save(fleet);
		fleet->saved = monotonic;
	}
	if (monotonic - fleet->expired > EXPIRE_EVERY) {
		expire(fleet, now);
		fleet->expired = monotonic;
	}
	fleet_end(fleet);
	count_states(fleet);
}

void fleet_stop(struct center *center)
{
	struct fleet *fleet = center_state(center, "fleet");
	if (!fleet)
		return;
	save(fleet);
	fleet_end(fleet);
	center_set_state(center, "fleet", NULL);
	fleet_free(fleet);
}
