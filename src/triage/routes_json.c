/*
 * What the handlers of triage's routes share: fields of requests, and nouns as the JSON that is both the API's answer
 * and the data of the pages.
 */
#include "model/capability.h"
#include "triage/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ── titles ─ */

#define TITLES_LARGEST 5000
#define TITLES_PAGE 500

struct titles {
	struct arena *arena;
	bool english;
	size_t count, room;
	struct {
		uint32_t number;
		const char *title;
	} * rows;
};

static void take_title(void *context, const struct organisation *organisation)
{
	struct titles *titles = context;
	const char *first = titles->english ? organisation->title_en : organisation->title_ja;
	const char *second = titles->english ? organisation->title_ja : organisation->title_en;
	const char *title = first[0] ? first : second[0] ? second : organisation->name;
	if (titles->count == titles->room)
		return;
	titles->rows[titles->count].number = organisation->number;
	titles->rows[titles->count++].title = arena_string(titles->arena, text_of(title));
}

enum error titles_load(struct call *call, struct titles **result, struct failure *failure)
{
	struct titles *titles = arena_take(call->arena, sizeof *titles);
	if (titles) {
		titles->arena = call->arena;
		titles->room = TITLES_LARGEST;
		titles->english = text_equal(call->language, TEXT("en"));
		titles->rows = arena_take(call->arena, titles->room * sizeof *titles->rows);
	}
	if (!titles || !titles->rows)
		return fail(failure, ERROR_MEMORY, "no memory for the organisations");
	char after[64] = "";
	do {
		struct page page = { .after = text_of(after), .limit = TITLES_PAGE };
		enum error error =
		    store_organisation_each(call->store, call->scope, &page, take_title, titles, failure);
		if (error)
			return error;
		memcpy(after, page.next, sizeof after);
	} while (after[0] && titles->count < titles->room);
	*result = titles;
	return OK;
}

void titles_output(const struct titles *titles, struct call *call)
{
	json_t *list = json_array();
	int64_t chosen = input_integer(call, "organisation", 0);
	for (size_t i = 0; i < titles->count; i++) {
		json_t *row = json_object();
		json_object_set_new(row, "number", json_integer(titles->rows[i].number));
		output_string(row, "title", titles->rows[i].title);
		json_object_set_new(row, "chosen", json_boolean(titles->rows[i].number == chosen));
		json_array_append_new(list, row);
	}
	json_object_set_new(call->output, "organisations", list);
}

void title_add(const struct titles *titles, uint32_t organisation, json_t *object)
{
	size_t low = 0, high = titles->count; /* the store gives them by number */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (titles->rows[middle].number < organisation)
			low = middle + 1;
		else
			high = middle;
	}
	bool known = low < titles->count && titles->rows[low].number == organisation;
	if (known)
		output_string(object, "organisation_title", titles->rows[low].title);
}

/* ── nouns ─ */

#define WATCHED_MOST (400 * DAY) /* older gaps are not kept */

static json_t *built(struct builder *text)
{
	json_t *object = text->failed ? NULL : json_loadb(text->at, text->size, 0, NULL);
	builder_free(text);
	return object;
}

enum error event_coverage(
    const struct call *call, const struct event *event, struct coverage *coverage, struct failure *failure)
{
	nanoseconds from, to;
	event_watched(event, &from, &to);
	return store_coverage(call->store, call->scope, event->organisation, from, to, coverage, failure);
}

/* A program that asks twice is answered the same: a time up to now is said by its length (`hours`; −1: none). */
static void output_until_now(struct call *call, int64_t hours)
{
	json_t *watched = json_object_get(call->output, "watched");
	if (call->route->kind != ROUTE_JSON || hours == 0)
		return;
	json_object_del(watched, "to");
	if (hours < 0)
		return;
	json_object_del(watched, "from");
	json_object_set_new(watched, "hours", json_integer(hours));
}

enum error watched_output(struct call *call, uint32_t organisation, nanoseconds from, nanoseconds to, nanoseconds usual,
    struct failure *failure)
{
	struct coverage coverage;
	nanoseconds end = to && to < call->now ? to : call->now, oldest = end - WATCHED_MOST;
	nanoseconds begin = from > oldest ? from : from ? oldest : end - usual;
	enum error error = store_coverage(
	    call->store, call->scope, organisation, begin < end ? begin : end - SECOND, end, &coverage, failure);
	if (!error)
		output_coverage(call, call->output, "watched", &coverage);
	if (!error)
		output_until_now(call, to && to < call->now ? 0 : from ? -1 : usual / HOUR);
	return error;
}

json_t *event_json(const struct call *call, const struct titles *titles, const struct event *event,
    const struct event_standing *standing)
{
	struct builder text = { 0 };
	struct coverage coverage;
	struct event shown = *event;
	shown.coverage = event_coverage(call, event, &coverage, NULL) == OK ? coverage.share : 0;
	event_write_json(&shown, &text);
	json_t *object = built(&text);
	if (!object)
		return NULL;
	title_add(titles, event->organisation, object);
	output_string(object, "state", event_state_code(standing->state));
	output_string(object, "state_reason", standing->reason);
	output_time(object, "decided", standing->decided);
	output_uuid(object, "merged_into", standing->merged_into);
	output_uuid(object, "split_from", standing->split_from);
	json_object_set_new(object, "notices", json_integer(standing->notices));
	json_object_set_new(object, "version", json_integer((json_int_t)standing->version));
	/* That others are concerned, and how many notices there are before one was sent, is the centre's to know. */
	if (!scope_covers_all(call->scope)) {
		json_object_del(object, "campaign");
		json_object_del(object, "notices");
	}
	return object;
}

json_t *alert_json(
    const struct call *call, const struct history_hit *hit, const struct titles *titles, bool with_original)
{
	struct builder text = { 0 };
	alert_write_json(&hit->alert, with_original, &text);
	json_t *object = built(&text);
	if (!object)
		return NULL;
	char position[24];
	snprintf(position, sizeof position, "%llu", (unsigned long long)position_hide(call, hit->position));
	output_string(object, "position", position);
	output_time(object, "occurred", hit->alert.occurred);
	json_object_del(object, "time");
	output_string(object, "verdict", verdict_code(hit->verdict));
	output_uuid(object, "event", hit->event);
	output_uuid(object, "rule", hit->rule);
	title_add(titles, hit->alert.organisation, object);
	return object;
}

json_t *decision_json(const struct call *call, const struct titles *titles, const struct decision *decision)
{
	char text[PREFIX_TEXT > NAME_SIZE ? PREFIX_TEXT : NAME_SIZE] = "";
	json_t *object = json_object();
	output_uuid(object, "id", decision->id);
	if (decision->organisation) {
		json_object_set_new(object, "organisation", json_integer(decision->organisation));
		title_add(titles, decision->organisation, object);
	}
	output_string(object, "detector", decision->detector);
	output_string(object, "signature", decision->signature);
	output_string(object, "host", decision->host);
	output_string(object, "account", decision->account);
	output_string(object, "source", decision->source.length ? prefix_format(decision->source, text) : "");
	output_string(object, "reason", decision->reason);
	if (store_account_title(call->store, call->scope, decision->author, text, sizeof text, NULL) == OK)
		output_string(object, "author_name", text);
	output_time(object, "created", decision->created);
	output_time(object, "expires", decision->expires);
	output_time(object, "review", decision->review);
	json_object_set_new(object, "review_due", json_boolean(decision->review <= call->now));
	json_object_set_new(object, "ended", json_boolean(decision->expires <= call->now));
	json_object_set_new(object, "hits", json_integer((json_int_t)decision->hits));
	output_time(object, "last_hit", decision->last_hit);
	json_object_set_new(object, "withdrawn", json_boolean(decision->withdrawn));
	output_uuid(object, "event", decision->event);
	json_object_set_new(object, "version", json_integer((json_int_t)decision->version));
	return object;
}

void tell_changed(struct call *call, uint32_t organisation, const char *noun, struct uuid id)
{
	char text[UUID_TEXT];
	if (call->center && call->center->changed)
		call->center->changed(call->center, organisation, noun, uuid_format(id, text));
}

/* ── cursors of positions: hexadecimal position and checksum ─ */

enum error position_cursor_read(
    const struct call *call, struct text cursor, uint64_t *position, struct failure *failure)
{
	uint8_t bytes[12];
	*position = 0;
	if (cursor.size == 0)
		return OK;
	if (!hex_parse(cursor, bytes, sizeof bytes))
		return fail(failure, ERROR_INPUT, "after: it is not a cursor that a list gave");
	struct reader from = reader_of(bytes, sizeof bytes);
	*position = position_reveal(call, get_u64(&from));
	if (get_u32(&from) != checksum(0, bytes, 8) || *position == 0)
		return fail(failure, ERROR_INPUT, "after: it is not a cursor that a list gave");
	return OK;
}

void position_cursor_write(struct call *call, const char *name, uint64_t position)
{
	char text[HEX_SIZE(12)] = "";
	struct builder bytes = { 0 };
	if (position) {
		put_u64(&bytes, position_hide(call, position));
		put_u32(&bytes, bytes.failed ? 0 : checksum(0, bytes.at, 8));
		if (!bytes.failed)
			hex_format(bytes.at, bytes.size, text);
	}
	builder_free(&bytes);
	output_string(call->output, name, text);
}
