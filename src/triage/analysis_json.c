/*
 * Writes the analysis of a campaign as JSON. See analysis_json.h.
 */
#include "triage/analysis_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *body_json(const struct event *event, const struct titles *titles)
{
	json_t *object = json_object();
	json_object_set_new(object, "organisation", json_integer(event->organisation));
	title_add(titles, event->organisation, object);
	return object;
}

static void add_event_name(json_t *object, const struct event *event)
{
	char title[400];
	event_title(event, title, sizeof title);
	output_uuid(object, "event", event->id);
	output_string(object, "title", title);
}

/* The first event of each organisation opens its part: the parts are in order of who was met first. */
json_t *analysis_parts_json(const struct analysis *analysis, const struct call *call, const struct titles *titles)
{
	json_t *parts = json_array();
	for (uint32_t i = 0; i < analysis->event_count; i++) {
		const struct analysis_event *cited = &analysis->events[i];
		json_t *event = event_json(call, titles, cited->event, &cited->standing), *part = NULL, *each;
		size_t index;
		if (!event) {
			json_decref(parts);
			return NULL;
		}
		json_object_set_new(event, "counts", json_boolean(cited->counts));
		json_array_foreach(parts, index, each)
		{
			if (json_integer_value(json_object_get(each, "organisation")) == cited->event->organisation)
				part = each;
		}
		if (!part) {
			part = body_json(cited->event, titles);
			output_time(part, "first", cited->event->first);
			json_object_set_new(part, "events", json_array());
			json_array_append_new(parts, part);
		}
		json_array_append_new(json_object_get(part, "events"), event);
	}
	return parts;
}

static json_t *name_json(const struct analysis *analysis, const struct shared_name *name, const struct titles *titles)
{
	json_t *object = json_object(), *events = json_array();
	output_string(object, "name", name->name);
	json_object_set_new(object, "organisations", json_integer(name->organisations));
	json_object_set_new(object, "events", events);
	for (uint32_t i = 0; i < analysis->event_count; i++) {
		if (!shared_by(name, i))
			continue;
		json_t *event = body_json(analysis->events[i].event, titles);
		add_event_name(event, analysis->events[i].event);
		json_array_append_new(events, event);
	}
	return object;
}

json_t *analysis_shared_json(const struct analysis *analysis, const struct titles *titles)
{
	static const char *const kinds[SHARED_KINDS] = { "addresses", "signatures", "accounts" };
	json_t *shared = json_object();
	for (int i = 0; i < SHARED_KINDS; i++)
		json_object_set_new(shared, kinds[i], json_array());
	for (uint32_t i = 0; i < analysis->shared_count; i++)
		json_array_append_new(json_object_get(shared, kinds[analysis->shared[i]->kind]),
		    name_json(analysis, analysis->shared[i], titles));
	return shared;
}

json_t *analysis_steps_json(const struct analysis *analysis, const struct call *call, const struct titles *titles)
{
	json_t *steps = json_array(), *of[TACTIC_COUNT] = { NULL };
	for (uint32_t i = 0; i < analysis->step_count; i++) {
		const struct analysis_step *step = &analysis->steps[i];
		const struct event *event = analysis->events[step->event].event;
		if (!of[step->tactic]) {
			json_t *object = json_object();
			output_string(object, "id", tactic_id(step->tactic));
			output_string(object, "name", tactic_name(step->tactic));
			output_time(object, "first", step->when);
			json_object_set_new(object, "seen", json_array());
			of[step->tactic] = object;
			json_array_append_new(steps, object);
		}
		json_t *seen = body_json(event, titles);
		char position[24];
		add_event_name(seen, event);
		output_time(seen, "first", step->when);
		json_object_set_new(seen, "exact", json_boolean(step->position != 0));
		snprintf(position, sizeof position, "%llu", (unsigned long long)position_hide(call, step->position));
		if (step->position)
			output_string(seen, "alert", position);
		json_array_append_new(json_object_get(of[step->tactic], "seen"), seen);
	}
	return steps;
}

/* ── what happened when ─ */

json_t *moment_json(nanoseconds when, const char *what, const struct event *event, const struct titles *titles)
{
	json_t *object = body_json(event, titles);
	add_event_name(object, event);
	output_time(object, "when", when);
	output_string(object, "what", what);
	json_object_set_new(object, "order", json_integer(when));
	return object;
}

json_t *analysis_moments_json(const struct analysis *analysis, const struct titles *titles)
{
	json_t *moments = json_array();
	for (uint32_t i = 0; i < analysis->event_count; i++) {
		const struct event *event = analysis->events[i].event;
		const struct event_standing *standing = &analysis->events[i].standing;
		json_array_append_new(moments, moment_json(event->first, "first-alert", event, titles));
		if (event->opened)
			json_array_append_new(moments, moment_json(event->opened, "opened", event, titles));
		if (standing->decided && standing->state != EVENT_OPEN)
			json_array_append_new(
			    moments, moment_json(standing->decided, event_state_code(standing->state), event, titles));
	}
	return moments;
}

static int compare_moments(const void *first, const void *second)
{
	json_t *a = *(json_t *const *)first, *b = *(json_t *const *)second;
	json_int_t when_a = json_integer_value(json_object_get(a, "order"));
	json_int_t when_b = json_integer_value(json_object_get(b, "order"));
	if (when_a != when_b)
		return when_a < when_b ? -1 : 1;
	return strcmp(json_string_value(json_object_get(a, "event")), json_string_value(json_object_get(b, "event")));
}

void moments_sort(json_t *moments)
{
	size_t count = json_array_size(moments);
	json_t **sorted = calloc(count + 1, sizeof *sorted);
	if (!sorted)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = json_incref(json_array_get(moments, i));
	qsort(sorted, count, sizeof *sorted, compare_moments);
	json_array_clear(moments);
	for (size_t i = 0; i < count; i++) {
		json_object_del(sorted[i], "order");
		json_array_append_new(moments, sorted[i]);
	}
	free(sorted);
}
