/*
 * How sensors do, for programs and as a page: typed fields in, JSON out.
 */
#include "fleet/routes.h"

#include "fleet/adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	struct call *call;
	const struct fleet *fleet; /* NULL outside a running keeper */
	json_t *list;
	struct gap *gaps; /* open ones, by sensor */
	size_t gap_count, gap_room, next;
	size_t of[GAP_KINDS + 1];         /* sensors by state shown; the last: ok */
	struct organisation organisation; /* of the last row */
	const char *name;                 /* for gap_row(): of the sensor at hand */
	bool no_memory;
};

static void keep_gap(void *context, const struct gap *gap)
{
	struct listing *listing = context;
	if (listing->gap_count == listing->gap_room) {
		struct gap *more = array_grow(listing->gaps, &listing->gap_room, 32, sizeof *listing->gaps);
		listing->no_memory |= !more;
		if (!more)
			return;
		listing->gaps = more;
	}
	listing->gaps[listing->gap_count++] = *gap;
}

static void title_of(struct listing *listing, uint32_t organisation, json_t *object)
{
	struct call *call = listing->call;
	if (listing->organisation.number != organisation &&
	    store_organisation_get(call->store, call->scope, organisation, &listing->organisation, NULL) != OK)
		return;
	bool english = text_equal(call->language, TEXT("en"));
	const struct organisation *shown = &listing->organisation;
	const char *title = english ? shown->title_en : shown->title_ja;
	output_string(object, "organisation_title", *title ? title : shown->name);
}

static void add_gap(struct listing *listing, json_t *list, const struct gap *gap, const char *sensor)
{
	json_t *object = json_object();
	output_gap(listing->call, object, gap, sensor);
	json_array_append_new(list, object);
}

/* What is usual for the sensor, as far as the keeper has learnt it. */
static void add_habit(const struct listing *listing, uint32_t number, json_t *object)
{
	const struct fleet_entry *entry =
	    listing->fleet ? fleet_find((struct fleet *)(uintptr_t)listing->fleet, number) : NULL;
	if (!entry)
		return;
	const struct fleet_settings *settings = &listing->fleet->settings;
	double usual = fleet_usual(settings, &entry->habit, listing->call->now);
	json_object_set_new(object, "records_this_hour", json_integer((json_int_t)entry->habit.records));
	if (usual > 0)
		json_object_set_new(object, "records_usual", json_integer((json_int_t)usual));
	json_object_set_new(
	    object, "silent_after", json_integer((json_int_t)(fleet_patience(settings, &entry->habit) / SECOND)));
	json_object_set_new(object, "clock_ahead", json_real((double)entry->habit.error / (double)SECOND));
}

static void add_sensor(void *context, const struct sensor *sensor)
{
	struct listing *listing = context;
	bool on[GAP_KINDS] = { false };
	if (sensor->state == SENSOR_REVOKED)
		return;
	json_t *object = json_object(), *gaps = json_array();
	while (listing->next < listing->gap_count && listing->gaps[listing->next].sensor < sensor->number)
		listing->next++;
	for (; listing->next < listing->gap_count && listing->gaps[listing->next].sensor == sensor->number;
	     listing->next++) {
		const struct gap *gap = &listing->gaps[listing->next];
		on[gap->kind] |= gap->from <= listing->call->now;
		add_gap(listing, gaps, gap, sensor->name);
	}
	const char *state = fleet_state(on);
	enum gap_kind kind = GAP_KINDS;
	gap_kind_parse(text_of(state), &kind);
	listing->of[kind]++;
	json_object_set_new(object, "number", json_integer(sensor->number));
	json_object_set_new(object, "organisation", json_integer(sensor->organisation));
	title_of(listing, sensor->organisation, object);
	output_string(object, "name", sensor->name);
	output_string(object, "state", state);
	json_object_set_new(object, "routes", json_boolean(sensor->routes));
	json_object_set_new(object, "telescope", json_boolean(sensor->telescope));
	json_object_set_new(object, "maintenance", json_boolean(on[GAP_MAINTENANCE]));
	output_time(object, "last_seen", sensor->last_seen);
	json_object_set_new(object, "alerts", json_integer((json_int_t)sensor->alerts));
	add_habit(listing, sensor->number, object);
	json_object_set_new(object, "gaps", gaps);
	json_array_append_new(listing->list, object);
}

/* Those that have not ended: maintenance ends at a time that was planned, and may lie ahead. */
static enum error load_gaps(struct listing *listing, uint32_t organisation, struct failure *failure)
{
	struct call *call = listing->call;
	struct gap_query query = { .organisation = organisation, .from = call->now };
	bool more;
	enum error error = store_gap_each(call->store, call->scope, &query, &more, keep_gap, listing, failure);
	return error == OK && listing->no_memory ? fail(failure, ERROR_MEMORY, "sensors: no memory") : error;
}

static void add_bare(struct listing *listing)
{
	json_t *bare = json_array();
	for (; listing->next < listing->gap_count && listing->gaps[listing->next].sensor == 0; listing->next++) {
		const struct gap *gap = &listing->gaps[listing->next];
		json_t *object = json_object();
		json_object_set_new(object, "organisation", json_integer(gap->organisation));
		title_of(listing, gap->organisation, object);
		output_time(object, "from", gap->from);
		json_array_append_new(bare, object);
	}
	json_object_set_new(listing->call->output, "without_sensor", bare);
}

static void add_counts(const struct listing *listing)
{
	json_t *counts = json_array();
	for (unsigned i = 0; i <= GAP_KINDS; i++) {
		if (listing->of[i] == 0)
			continue;
		json_t *row = json_object();
		output_string(row, "state", i == GAP_KINDS ? "ok" : gap_kind_code((enum gap_kind)i));
		json_object_set_new(row, "sensors", json_integer((json_int_t)listing->of[i]));
		json_array_append_new(counts, row);
	}
	json_object_set_new(listing->call->output, "states", counts);
}

enum error fleet_list(struct call *call, struct failure *failure)
{
	uint32_t organisation = (uint32_t)input_integer(call, "organisation", 0);
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 500) };
	struct listing listing = {
		.call = call, .fleet = call->center ? center_state(call->center, "fleet") : NULL, .list = json_array()
	};
	struct coverage coverage;
	json_object_set_new(call->output, "sensors", listing.list);
	enum error error = load_gaps(&listing, organisation, failure);
	if (error == OK) {
		add_bare(&listing);
		error = store_sensor_each(call->store, call->scope, organisation, &page, add_sensor, &listing, failure);
	}
	if (error == OK)
		error = store_coverage(
		    call->store, call->scope, organisation, call->now - DAY, call->now, &coverage, failure);
	free(listing.gaps);
	if (error != OK)
		return error;
	add_counts(&listing);
	output_coverage(call, call->output, "watched", &coverage);
	if (call->route->kind ==
	    ROUTE_JSON) { /* of the day up to now: a program that asks twice is answered the same */
		json_t *watched = json_object_get(call->output, "watched");
		json_object_del(watched, "from");
		json_object_del(watched, "to");
		json_object_set_new(watched, "hours", json_integer(24));
	}
	output_string(call->output, "next", page.next);
	json_object_set_new(
	    call->output, "may_plan", json_boolean(policy_reach(call->subject->role, ACTION_SENSOR_WRITE) != 0));
	return OK;
}

static void gap_row(void *context, const struct gap *gap)
{
	struct listing *listing = context;
	struct sensor sensor = { 0 };
	struct call *call = listing->call;
	if (json_array_size(listing->list) >= 1000)
		return;
	if (gap->sensor)
		store_sensor_get(call->store, call->scope, gap->sensor, &sensor, NULL);
	json_t *object = json_object();
	output_gap(call, object, gap, sensor.name);
	json_object_set_new(object, "organisation", json_integer(gap->organisation));
	json_array_append_new(listing->list, object);
}

enum error gap_list(struct call *call, struct failure *failure)
{
	struct gap_query query = { .organisation = (uint32_t)input_integer(call, "organisation", 0),
		.sensor = (uint32_t)input_integer(call, "sensor", 0),
		.from = input_integer(call, "from", call->now - 7 * DAY),
		.to = input_integer(call, "to", 0),
		.open_only = input_boolean(call, "open", false) };
	struct listing listing = { .call = call, .list = json_array() };
	bool more;
	json_object_set_new(call->output, "gaps", listing.list);
	enum error error = store_gap_each(call->store, call->scope, &query, &more, gap_row, &listing, failure);
	json_object_set_new(call->output, "cut", json_boolean(more || json_array_size(listing.list) >= 1000));
	return error;
}

/* ── planned maintenance ─ */

static enum error answer(struct call *call, const struct gap *gap, const char *sensor)
{
	if (call->route->kind == ROUTE_FORM) {
		snprintf(call->location, sizeof call->location, "/sensors");
		call->status = 303;
	}
	output_gap(call, call->output, gap, sensor);
	json_object_set_new(call->output, "organisation", json_integer(gap->organisation));
	return OK;
}

enum error maintenance_plan(struct call *call, struct failure *failure)
{
	struct sensor sensor;
	int64_t hours = input_integer(call, "hours", 0);
	struct gap gap = { .kind = GAP_MAINTENANCE,
		.code = "planned",
		.from = input_integer(call, "from", call->now),
		.author = call->subject->account };
	gap.to = input_integer(call, "until", hours ? gap.from + hours * HOUR : 0);
	enum error error =
	    store_sensor_get(call->store, call->scope, (uint32_t)input_integer(call, "number", 0), &sensor, failure);
	if (error == ERROR_NOT_FOUND)
		error = fail(failure, error, "There is no such sensor.");
	if (error == OK)
		error = input_copy(call, "reason", gap.reason, sizeof gap.reason, failure);
	if (error == OK && text_trim(text_of(gap.reason)).size == 0)
		error = fail(failure, ERROR_INPUT, "reason: it is empty; whoever reads a finding of that time sees it");
	if (error == OK && (gap.to <= gap.from || gap.to <= call->now || gap.to - gap.from > 90 * DAY))
		error = fail(failure, ERROR_INPUT,
		    "until: it must be in the future, after `from`, and at most 90 days after it");
	if (error == OK && sensor.state == SENSOR_REVOKED)
		error = fail(failure, ERROR_CONFLICT, "The sensor %s is revoked.", sensor.name);
	if (error != OK)
		return error;
	gap.organisation = sensor.organisation;
	gap.sensor = sensor.number;
	error = store_gap_put(call->store, call->scope, &gap, failure);
	call->status = 201;
	return error == OK ? answer(call, &gap, sensor.name) : error;
}

enum error maintenance_end(struct call *call, struct failure *failure)
{
	struct gap gap;
	struct sensor sensor;
	enum error error =
	    store_gap_get(call->store, call->scope, (uint64_t)input_integer(call, "number", 0), &gap, failure);
	if (error == OK && gap.kind != GAP_MAINTENANCE)
		error = fail(failure, ERROR_NOT_FOUND, "there is no such maintenance");
	if (error == OK)
		error = store_sensor_get(call->store, call->scope, gap.sensor, &sensor, failure);
	if (error != OK)
		return error == ERROR_NOT_FOUND ? fail(failure, error, "there is no such maintenance") : error;
	if (gap.to <= call->now)
		return fail(failure, ERROR_CONFLICT, "The maintenance has ended already.");
	gap.to = gap.from < call->now ? call->now : gap.from;
	error = store_gap_put(call->store, call->scope, &gap, failure);
	return error == OK ? answer(call, &gap, sensor.name) : error;
}
