/*
 * A group that a telescope found becomes an indicator set: one item of the centre, which then goes the way of every
 * item (a person releases it to a community, the release rule lets it travel). What warning lists know, members' own
 * addresses and reserved ones are left out; members are told of theirs by the line that each source had
 * (owners_tell.c).
 */
#include "darknet/center/counts_routes.h"
#include "darknet/center/findings.h"
#include "formats/stix.h"
#include "model/capability.h"
#include "store/history.h"
#include "store/items.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── the group ─ */

struct search {
	struct uuid wanted;
	json_t *finding; /* the line with the most sources; else the last */
	json_int_t sources;
	uint32_t sensor, organisation;
};

static void look(void *context, const struct history_hit *hit)
{
	struct search *search = context;
	json_t *line = json_loadb(hit->alert.original.at, hit->alert.original.size, 0, NULL);
	json_t *finding = json_object_get(line, "darknet");
	json_int_t sources = json_integer_value(json_object_get(finding, "sources"));
	if (uuid_equal(finding_id(&hit->alert, finding), search->wanted) && sources >= search->sources) {
		json_decref(search->finding);
		search->finding = json_incref(finding);
		search->sources = sources;
		search->sensor = hit->alert.id.sensor;
		search->organisation = hit->alert.organisation;
	}
	json_decref(line);
}

/* All lines of a group have the time at which it was noticed. */
static enum error search_group(struct call *call, struct search *search, struct failure *failure)
{
	nanoseconds noticed = input_integer(call, "noticed", 0);
	struct history_query query = {
		.from = noticed, .to = noticed + 1, .contains = TEXT("\"what\":\"group\""), .limit = UINT32_MAX
	};
	enum error error = OK;
	search->wanted = input_uuid(call, "id");
	if (!call->history)
		return fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
	do
		error = history_find(call->history, call->scope, &query, look, search, &query.start, failure);
	while (error == OK && query.start != 0);
	if (error == OK && !search->finding)
		error = fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	return error;
}

/* Any sensor can write a telescope's lines; who is believed an administrator says. */
static enum error believe(struct call *call, const struct search *search, struct failure *failure)
{
	struct sensor sensor;
	enum error error = store_sensor_get(call->store, call->scope, search->sensor, &sensor, failure);
	return error == OK && !sensor.telescope
		   ? fail(failure, ERROR_CONFLICT, "the sensor that wrote this is no telescope")
		   : error;
}

/* ── its sources ─ */

struct left_out {
	uint32_t own, listed, reserved;
};

static enum error add_source(
    struct call *call, struct group_set *set, struct address source, struct left_out *left_out, struct failure *failure)
{
	enum protection protection = PROTECTION_NONE;
	if (address_is_private(source)) {
		left_out->reserved++;
		return OK;
	}
	enum error error =
	    call->center->protection(call->center, group_source(source), &protection, call->arena, failure);
	left_out->own += error == OK && protection == PROTECTION_OWN;
	left_out->listed += error == OK && protection == PROTECTION_LISTED;
	return error == OK && protection == PROTECTION_NONE ? group_set_add(set, source, failure) : error;
}

static enum error add_sources(
    struct call *call, const json_t *finding, struct group_set *set, struct left_out *left_out, struct failure *failure)
{
	size_t place;
	json_t *each;
	struct address source;
	enum error error = OK;
	if (!call->center->protection)
		return fail(failure, ERROR_SYSTEM, "nobody can tell just now which addresses may not be named");
	json_array_foreach(json_object_get(finding, "addresses"), place, each)
	{
		if (error == OK && address_parse(text_of(json_string_value(each)), &source))
			error = add_source(call, set, source, left_out, failure);
	}
	if (error == OK && set->count == 0)
		error = fail(failure, ERROR_CONFLICT,
		    "of its sources none may be named: %u are members' own, %u on warning lists, %u reserved",
		    left_out->own, left_out->listed, left_out->reserved);
	return error;
}

/* ── the item ─ */

static enum error item_of_object(const json_t *object, struct arena *arena, struct item *item, struct failure *failure)
{
	char *written = json_dumps(object, JSON_COMPACT);
	struct json_parser *parser = json_parser_new(STIX_DEEPEST);
	struct text kept = written ? arena_text(arena, text_of(written)) : TEXT_NONE;
	enum error error = parser && kept.at ? item_from_stix(parser, kept, arena, item, failure)
					     : fail(failure, ERROR_MEMORY, "no memory for an indicator set");
	json_parser_free(parser);
	free(written);
	return error;
}

static enum error put_item(struct call *call, const struct group_wish *wish, const struct group_set *set,
    const json_t *finding, struct item *item, struct failure *failure)
{
	json_t *object = group_object(wish, set, finding);
	enum error error = item_of_object(object, call->arena, item, failure);
	json_decref(object);
	if (error != OK)
		return error;
	item->organisation = call->subject->organisation;
	item->account = call->subject->account;
	item->received = call->now;
	item->action = ITEM_ALERT;
	if (input_has(call, "action"))
		item_action_parse(input_text(call, "action"), &item->action);
	error = store_item_put(
	    call->store, call->scope, item, &(struct item_values){ set->values, set->count }, NULL, NULL, failure);
	return error == OK && call->center->item_changed
		   ? call->center->item_changed(call->center, item, call->arena, failure)
		   : error;
}

static enum error note(struct call *call, const struct search *search, const struct group_set *set,
    const struct left_out *left_out, struct failure *failure)
{
	struct log_line line = {
		.when = call->now, .account = call->subject->account, .organisation = search->organisation
	};
	text_copy(text_of(call->subject->name), line.who, sizeof line.who);
	text_copy(TEXT("finding.indicators"), line.what, sizeof line.what);
	text_copy(TEXT("done"), line.outcome, sizeof line.outcome);
	uuid_format(search->wanted, line.object);
	snprintf(line.detail, sizeof line.detail,
	    "%" JSON_INTEGER_FORMAT " sources: %" PRIu32 " named; left out %" PRIu32 " of members, %" PRIu32
	    " of warning lists, %" PRIu32 " reserved",
	    search->sources, set->count, left_out->own, left_out->listed, left_out->reserved);
	return store_log_append(call->store, &line, failure);
}

static void answer(struct call *call, const char *id, bool made)
{
	bool form = call->route->kind == ROUTE_FORM;
	snprintf(call->location, sizeof call->location, "%s/items/%s", form ? "" : "/v1", id);
	call->status = form ? 303 : made ? 201 : 200;
	output_string(call->output, "item", id);
	json_object_set_new(call->output, "made", json_boolean(made));
}

static enum error make(
    struct call *call, const struct search *search, const struct item *before, const char *id, struct failure *failure)
{
	struct group_set set = { .arena = call->arena };
	struct left_out left_out = { 0 };
	struct item item;
	nanoseconds now = call->now / MILLISECOND * MILLISECOND; /* as STIX 2.0 wants them */
	struct group_wish wish = { .id = search->wanted,
		.tlp = TLP_AMBER,
		.confidence = (int)input_integer(call, "confidence", 50),
		.created = before ? before->created.when : now,
		.modified = before && before->modified.when >= now ? before->modified.when + MILLISECOND : now,
		.until = now + input_integer(call, "days", 7) * DAY };
	if (input_has(call, "tlp"))
		tlp_parse(input_text(call, "tlp"), &wish.tlp);
	enum error error = add_sources(call, search->finding, &set, &left_out, failure);
	if (error == OK)
		error = put_item(call, &wish, &set, search->finding, &item, failure);
	if (error == OK)
		error = note(call, search, &set, &left_out, failure);
	if (error == OK) {
		answer(call, id, true);
		json_object_set_new(call->output, "sources", json_integer(search->sources));
		json_object_set_new(call->output, "named", json_integer(set.count));
		json_object_set_new(call->output, "left_out",
		    json_pack("{s:i,s:i,s:i}", "members", (int)left_out.own, "listed", (int)left_out.listed, "reserved",
			(int)left_out.reserved));
	}
	group_set_free(&set);
	return error;
}

/* Pressed once more it is the same set, unless the group has grown since: then that is a new version. */
static enum error make_once(struct call *call, const struct search *search, struct failure *failure)
{
	char uuid[UUID_TEXT], id[ITEM_ID];
	struct item before;
	snprintf(id, sizeof id, "indicator--%s", uuid_format(search->wanted, uuid));
	enum error error = store_item_get(
	    call->store, call->scope, call->subject->organisation, text_of(id), 0, call->arena, &before, failure);
	if (error == ERROR_NOT_FOUND)
		return make(call, search, NULL, id, failure);
	if (error != OK)
		return error;
	if (group_sources_of(&before) < (uint64_t)search->sources) {
		if (before.revoked || before.false_positive)
			return fail(failure, ERROR_CONFLICT, "somebody took this indicator set back");
		return make(call, search, &before, id, failure);
	}
	answer(call, id, false);
	return OK;
}

enum error finding_indicators(struct call *call, struct failure *failure)
{
	struct search search = { 0 };
	enum error error = search_group(call, &search, failure);
	if (error == OK)
		error = believe(call, &search, failure);
	if (error == OK)
		error = make_once(call, &search, failure);
	json_decref(search.finding);
	return error;
}
