/*
 * Each telescope and what it saw lately; the hours of all; one's own beside the whole.
 */
#include "darknet/center/counts_routes.h"

#include "darknet/center/counts_settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LATELY 30 /* days */
#define TELESCOPES_MOST 1000

static int64_t today(const struct call *call)
{
	return day_of(call->now, (int)counts_configured()->zone * 60);
}

/* ── each telescope ─ */

struct seen {
	uint32_t sensor, organisation;
	int64_t first, last; /* days */
	uint64_t addresses, packets, dropped, frames;
	double awake, awake_last;
	uint64_t packets_last;
};

struct gathering {
	struct seen seen[TELESCOPES_MOST];
	size_t count;
	bool cut;
};

static void gather(void *context, const struct darknet_table *table)
{
	struct gathering *gathering = context;
	struct seen *seen = gathering->count ? &gathering->seen[gathering->count - 1] : NULL;
	if (!seen || seen->sensor != table->sensor) {
		gathering->cut |= gathering->count == TELESCOPES_MOST;
		if (gathering->count == TELESCOPES_MOST)
			return;
		seen = &gathering->seen[gathering->count++];
		*seen =
		    (struct seen){ .sensor = table->sensor, .organisation = table->organisation, .first = table->day };
	}
	seen->last = table->day;
	seen->addresses = table->addresses;
	seen->packets += table->packets;
	seen->frames += table->frames;
	seen->dropped += table->dropped;
	seen->awake += table->awake;
	seen->awake_last = table->awake;
	seen->packets_last = table->packets;
}

static void title_of(struct call *call, uint32_t number, json_t *object)
{
	struct organisation organisation;
	if (store_organisation_get(call->store, call->scope, number, &organisation, NULL) != OK)
		return;
	bool english = text_equal(call->language, TEXT("en"));
	const char *title = english ? organisation.title_en : organisation.title_ja;
	output_string(object, "organisation_title", *title ? title : organisation.name);
}

static json_t *seen_json(struct call *call, const struct seen *seen)
{
	json_t *object = json_object();
	struct sensor sensor;
	char day[16];
	json_object_set_new(object, "sensor", json_integer(seen->sensor));
	if (store_sensor_get(call->store, call->scope, seen->sensor, &sensor, NULL) == OK) {
		output_string(object, "name", sensor.name);
		output_time(object, "last_seen", sensor.last_seen);
	}
	json_object_set_new(object, "organisation", json_integer(seen->organisation));
	title_of(call, seen->organisation, object);
	json_object_set_new(object, "addresses", json_integer((json_int_t)seen->addresses));
	output_string(object, "first_day", view_day(seen->first, day));
	output_string(object, "last_day", view_day(seen->last, day));
	json_object_set_new(object, "packets", json_integer((json_int_t)seen->packets));
	json_object_set_new(object, "packets_last_day", json_integer((json_int_t)seen->packets_last));
	json_object_set_new(object, "dropped", json_integer((json_int_t)seen->dropped));
	json_object_set_new(object, "hours_awake", json_real(round(seen->awake / 36) / 100));
	json_object_set_new(object, "hours_awake_last_day", json_real(round(seen->awake_last / 36) / 100));
	return object;
}

enum error telescopes_read(struct call *call, struct failure *failure)
{
	struct gathering *gathering = arena_take(call->arena, sizeof *gathering);
	struct darknet_query query = { .organisation = (uint32_t)input_integer(call, "organisation", 0),
		.from = today(call) - LATELY + 1,
		.to = today(call) + 1 };
	if (!gathering)
		return fail(failure, ERROR_MEMORY, "no memory for telescopes");
	enum error error = store_darknet_each(call->store, call->scope, &query, gather, gathering, failure);
	if (error)
		return error;
	json_t *list = json_array();
	for (size_t i = 0; i < gathering->count; i++)
		json_array_append_new(list, seen_json(call, &gathering->seen[i]));
	json_object_set_new(call->output, "telescopes", list);
	json_object_set_new(call->output, "days", json_integer(LATELY));
	json_object_set_new(call->output, "cut", json_boolean(gathering->cut));
	return OK;
}

/* ── hours ─ */

#define HOURS_MOST (35 * 24)

struct hours {
	int64_t first; /* day */
	size_t days;
	uint32_t asker;
	struct {
		uint64_t packets;
		double awake, address_seconds;
		uint32_t telescopes, others;
	} of[HOURS_MOST];
};

static void take_hour(void *context, const struct darknet_table *table)
{
	struct hours *hours = context;
	size_t place = (size_t)((table->day - hours->first) * 24 + table->hour);
	if (table->day < hours->first || place >= hours->days * 24)
		return;
	hours->of[place].packets += table->packets;
	hours->of[place].awake += table->awake;
	hours->of[place].address_seconds += table->address_seconds;
	hours->of[place].telescopes++;
	hours->of[place].others += table->organisation != hours->asker && table->awake > 0;
}

enum error telescope_hours(struct call *call, struct failure *failure)
{
	struct hours *hours = arena_take(call->arena, sizeof *hours);
	struct counts_view view = { .organisation = (uint32_t)input_integer(call, "organisation", 0),
		.sensor = (uint32_t)input_integer(call, "sensor", 0) };
	const struct scope *scope = call->scope;
	int zone = (int)counts_configured()->zone * 60;
	if (!hours)
		return fail(failure, ERROR_MEMORY, "no memory for hours");
	hours->days = (size_t)input_integer(call, "days", 7);
	hours->first = today(call) - (int64_t)hours->days + 1;
	enum error error = OK;
	if (!view.organisation && !view.sensor && !text_equal(input_text(call, "of"), TEXT("own")))
		error = whole_of(call, &scope, &view, failure);
	hours->asker = view.asker;
	struct darknet_query query = { view.organisation, view.sensor, hours->first, today(call) + 1, true };
	if (!error)
		error = store_darknet_each(call->store, scope, &query, take_hour, hours, failure);
	if (error)
		return error;
	json_t *list = json_array();
	for (size_t i = 0; i < hours->days * 24; i++) {
		/* Of an hour as of a day: what too few others saw is not shown. */
		if (hours->of[i].telescopes == 0 || hours->of[i].others < view.least)
			continue;
		json_t *object = json_object();
		double hours_of_addresses = hours->of[i].address_seconds / 3600;
		output_time(
		    object, "from", day_begins(hours->first + (int64_t)i / 24, zone) + (nanoseconds)(i % 24) * HOUR);
		json_object_set_new(object, "packets", json_integer((json_int_t)hours->of[i].packets));
		json_object_set_new(object, "telescopes", json_integer(hours->of[i].telescopes));
		json_object_set_new(object, "value",
		    hours_of_addresses > 0 ? json_real((double)hours->of[i].packets / hours_of_addresses)
					   : json_null());
		json_array_append_new(list, object);
	}
	json_object_set_new(call->output, "hours", list);
	output_string(call->output, "unit", "packets/hour/address");
	return OK;
}

/* ── one's own beside the whole ─ */

static const struct view_cell *cell_of(const struct view *view, const struct view_cell *wanted)
{
	for (size_t i = 0; i < view->count; i++)
		if (memcmp(&view->cells[i].key, &wanted->key, sizeof wanted->key) == 0)
			return &view->cells[i];
	return NULL;
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static void put_side(json_t *row, const char *of, const struct view_cell *cell)
{
	char name[32];
	snprintf(name, sizeof name, "%s_packets", of);
	json_object_set_new(row, name, json_integer(cell ? (json_int_t)cell->packets[0] : 0));
	snprintf(name, sizeof name, "%s_value", of);
	json_object_set_new(row, name, cell ? number(cell->value[0]) : json_null());
	snprintf(name, sizeof name, "%s_rank", of);
	json_object_set_new(row, name, cell && cell->rank[0] ? json_integer(cell->rank[0]) : json_null());
}

/* The first ones of either side, those of one's own first. */
static json_t *rows_of(const struct view *own, const struct view *whole, size_t top)
{
	json_t *list = json_array();
	const struct view *sides[] = { own, whole };
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->count && i < top; i++) {
			const struct view_cell *cell = &sides[side]->cells[i], *other = cell_of(sides[!side], cell);
			char item[VIEW_ITEM];
			if (cell->packets[0] == 0 || (side && other && other < own->cells + top && other->packets[0]))
				continue;
			json_t *row = json_object();
			const struct view_cell *mine = side ? other : cell, *theirs = side ? cell : other;
			output_string(row, "item", view_item(sides[side], cell, item));
			put_side(row, "own", mine);
			put_side(row, "whole", theirs);
			bool both = mine && theirs && theirs->value[0] > 0 && isfinite(mine->value[0]);
			json_object_set_new(
			    row, "ratio", both ? number(mine->value[0] / theirs->value[0]) : json_null());
			json_array_append_new(list, row);
		}
	return list;
}

static void output_comparison(
    struct call *call, const struct views_report *own, const struct views_report *whole, size_t top)
{
	json_t *sections = json_array();
	for (size_t i = 0; i < VIEW_SECTIONS; i++) {
		json_t *section = json_object();
		output_string(section, "view", views_section_name(i));
		output_string(section, "unit",
		    own->sections[i].query.kind == VIEW_BACKSCATTER ? "packets/day" : "packets/day/address");
		json_object_set_new(section, "own_value", number(own->sections[i].value[0]));
		json_object_set_new(section, "whole_value", number(whole->sections[i].value[0]));
		json_object_set_new(section, "rows", rows_of(&own->sections[i], &whole->sections[i], top));
		json_array_append_new(sections, section);
	}
	json_object_set_new(call->output, "views", sections);
}

/* *ready: both are there. */
static enum error compare(struct call *call, struct views_report *own, struct views_report *whole,
    struct counts_view views[2], bool *ready, struct failure *failure)
{
	const struct scope *scope;
	struct view_notes notes;
	enum error error = read_notes(call, false, &notes, failure);
	if (!error)
		error = asked_periods(call, &notes, own->periods, failure);
	view_notes_free(&notes);
	memcpy(whole->periods, own->periods, sizeof own->periods);
	if (!error)
		error = make_view(call, call->scope, &views[0], own, ready, failure);
	if (!error && *ready)
		error = whole_of(call, &scope, &views[1], failure);
	if (!error && *ready)
		error = make_view(call, scope, &views[1], whole, ready, failure);
	return error;
}

static void output_both(struct call *call, const struct views_report *own, const struct views_report *whole,
    const struct counts_view views[2])
{
	char day[16];
	output_string(call->output, "from", view_day(own->periods[0].from, day));
	output_string(call->output, "to", view_day(own->periods[0].to, day));
	json_object_set_new(call->output, "own_telescopes", json_integer(views[0].telescopes[0]));
	json_object_set_new(call->output, "whole_telescopes", json_integer(views[1].telescopes[0]));
	json_object_set_new(call->output, "own_days", number(own->cover[0].days));
	json_object_set_new(call->output, "whole_days", number(whole->cover[0].days));
	json_object_set_new(call->output, "days_left_out", json_integer(views[1].left_out[0]));
	output_comparison(call, own, whole, (size_t)input_integer(call, "top", 10));
}

enum error comparison_read(struct call *call, struct failure *failure)
{
	struct views_report own = { .top = 1 }, whole = { .top = 1 };
	struct counts_view views[2] = {
		{ .organisation = (uint32_t)input_integer(call, "organisation", 0),
		    .sensor = (uint32_t)input_integer(call, "sensor", 0) },
		{ 0 },
	};
	bool ready = false;
	enum error error = compare(call, &own, &whole, views, &ready, failure);
	if (!error && ready)
		output_both(call, &own, &whole, views);
	counts_view_free(&views[0], &own);
	counts_view_free(&views[1], &whole);
	return error;
}
