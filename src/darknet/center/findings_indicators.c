/*
 * A group that a telescope found becomes an indicator set: an item of the centre for each thousand of its sources,
 * which then goes the way of every item (a person releases it to a community, the release rule lets it travel). What
 * warning lists know, members' own addresses and reserved ones are left out; members are told of theirs by the line
 * that each source had (owners_tell.c).
 */
#include "darknet/center/counts_routes.h"
#include "darknet/center/findings.h"
#include "darknet/center/group_sources.h"
#include "formats/stix.h"
#include "model/capability.h"
#include "store/history.h"
#include "store/items.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART 1000u /* sources of one item: sensors compare up to 1,024 values of it */
#define PART_MEMORY (64u << 20)
#define SLICE (32u << 20) /* bytes */

/* ── the group ─ */

struct left_out {
	uint32_t own, listed, reserved;
};

struct making {
	struct group_sources sources;
	struct left_out left_out;
	json_t *items;               /* ids of those that there are now */
	uint32_t named, made, taken; /* sources; items that are new or newer; those that somebody took back */
};

/* Any sensor can write a telescope's lines; who is believed an administrator says. */
static enum error believe(struct call *call, const struct group_sources *sources, struct failure *failure)
{
	struct sensor sensor;
	enum error error = store_sensor_get(call->store, call->scope, sources->sensor, &sensor, failure);
	return error == OK && !sensor.telescope
		   ? fail(failure, ERROR_CONFLICT, "the sensor that wrote this is no telescope")
		   : error;
}

/* ── its sources ─ */

static enum error add_source(
    struct call *call, struct group_set *set, struct address source, struct left_out *left_out, struct failure *failure)
{
	enum protection protection = PROTECTION_NONE;
	if (address_is_private(source)) {
		left_out->reserved++;
		return OK;
	}
	enum error error =
	    call->center->protection(call->center, group_source(source), &protection, set->arena, failure);
	left_out->own += error == OK && protection == PROTECTION_OWN;
	left_out->listed += error == OK && protection == PROTECTION_LISTED;
	return error == OK && protection == PROTECTION_NONE ? group_set_add(set, source, failure) : error;
}

/* By their places: a group that grows adds to its last part, and behind it. */
static enum error add_part(
    struct call *call, struct making *making, unsigned part, struct group_set *set, struct failure *failure)
{
	const struct group_sources *sources = &making->sources;
	enum error error = OK;
	for (size_t i = (size_t)part * PART; i < sources->count && i < (size_t)(part + 1) * PART && !error; i++)
		error = add_source(call, set, sources->list[i].address, &making->left_out, failure);
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
	enum error error = item_of_object(object, set->arena, item, failure);
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
		   ? call->center->item_changed(call->center, item, set->arena, failure)
		   : error;
}

static enum error make(struct call *call, const struct making *making, unsigned part, const struct item *before,
    const struct group_set *set, struct failure *failure)
{
	struct item item;
	nanoseconds now = call->now / MILLISECOND * MILLISECOND; /* as STIX 2.0 wants them */
	struct group_wish wish = { .group = making->sources.wanted,
		.part = part,
		.tlp = TLP_AMBER,
		.confidence = (int)input_integer(call, "confidence", 50),
		.created = before ? before->created.when : now,
		.modified = before && before->modified.when >= now ? before->modified.when + MILLISECOND : now,
		.until = now + input_integer(call, "days", 7) * DAY };
	if (input_has(call, "tlp"))
		tlp_parse(input_text(call, "tlp"), &wish.tlp);
	return put_item(call, &wish, set, making->sources.finding, &item, failure);
}

/* Whether lines have come since that name others. What names fewer of as many is an older look at the group. */
static bool has_grown(const struct making *making, const struct item *before, const struct group_set *set)
{
	uint64_t sources = group_sources_of(before);
	const struct text pattern = before->pattern;
	bool same =
	    pattern.size == set->pattern.size + 1 && memcmp(pattern.at, set->pattern.at, set->pattern.size) == 0;
	return !same && (sources < making->sources.told ||
			    (sources == making->sources.told && set->pattern.size + 1 > pattern.size));
}

/* Pressed once more it is the same item, unless the group has grown since: then that is a new version. */
static enum error make_once(
    struct call *call, struct making *making, unsigned part, const struct group_set *set, struct failure *failure)
{
	char uuid[UUID_TEXT], id[ITEM_ID];
	struct item before;
	snprintf(id, sizeof id, "indicator--%s", uuid_format(finding_item(making->sources.wanted, part), uuid));
	enum error error = store_item_get(
	    call->store, call->scope, call->subject->organisation, text_of(id), 0, set->arena, &before, failure);
	bool is_new = error == ERROR_NOT_FOUND, grown = error == OK && has_grown(making, &before, set);
	if (error != OK && !is_new)
		return error;
	json_array_append_new(making->items, json_string(id));
	if (grown && (before.revoked || before.false_positive)) {
		making->taken++;
		return OK;
	}
	making->named += set->count;
	making->made += is_new || grown;
	return is_new || grown ? make(call, making, part, is_new ? NULL : &before, set, failure) : OK;
}

static enum error make_part(struct call *call, struct making *making, unsigned part, struct failure *failure)
{
	struct group_set set = { .arena = arena_new(PART_MEMORY) };
	enum error error = set.arena ? add_part(call, making, part, &set, failure)
				     : fail(failure, ERROR_MEMORY, "no memory for an indicator set");
	if (error == OK && set.count)
		error = make_once(call, making, part, &set, failure);
	group_set_free(&set);
	arena_free(set.arena);
	return error;
}

static enum error make_parts(struct call *call, struct making *making, struct failure *failure)
{
	const struct left_out *left_out = &making->left_out;
	enum error error = OK;
	if (!call->center->protection)
		return fail(failure, ERROR_SYSTEM, "nobody can tell just now which addresses may not be named");
	for (unsigned part = 0; (size_t)part * PART < making->sources.count && error == OK; part++)
		error = make_part(call, making, part, failure);
	if (error == OK && making->named == 0 && making->taken == 0)
		error = fail(failure, ERROR_CONFLICT,
		    "of its sources none may be named: %u are members' own, %u on warning lists, %u reserved",
		    left_out->own, left_out->listed, left_out->reserved);
	if (error == OK && making->made == 0 && making->taken)
		error = fail(failure, ERROR_CONFLICT, "somebody took this indicator set back");
	return error;
}

/* ── */

static enum error note(struct call *call, const struct making *making, struct failure *failure)
{
	const struct left_out *left_out = &making->left_out;
	struct log_line line = {
		.when = call->now, .account = call->subject->account, .organisation = making->sources.organisation
	};
	text_copy(text_of(call->subject->name), line.who, sizeof line.who);
	text_copy(TEXT("finding.indicators"), line.what, sizeof line.what);
	text_copy(TEXT("done"), line.outcome, sizeof line.outcome);
	uuid_format(making->sources.wanted, line.object);
	snprintf(line.detail, sizeof line.detail,
	    "%" PRIu64 " sources: %" PRIu32 " named; left out %" PRIu32 " of members, %" PRIu32
	    " of warning lists, %" PRIu32 " reserved; %" PRIu32 " of %zu items made",
	    making->sources.told, making->named, left_out->own, left_out->listed, left_out->reserved, making->made,
	    json_array_size(making->items));
	return store_log_append(call->store, &line, failure);
}

static void answer(struct call *call, const struct making *making)
{
	const struct left_out *left_out = &making->left_out;
	bool form = call->route->kind == ROUTE_FORM;
	const char *first = json_string_value(json_array_get(making->items, 0));
	snprintf(call->location, sizeof call->location, "%s/items/%s", form ? "" : "/v1", first ? first : "");
	call->status = form ? 303 : making->made ? 201 : 200;
	output_string(call->output, "item", first);
	json_object_set(call->output, "items", making->items);
	json_object_set_new(call->output, "made", json_boolean(making->made));
	json_object_set_new(call->output, "sources", json_integer((json_int_t)making->sources.told));
	json_object_set_new(call->output, "named", json_integer(making->named));
	json_object_set_new(call->output, "left_out",
	    json_pack("{s:i,s:i,s:i}", "members", (int)left_out->own, "listed", (int)left_out->listed, "reserved",
		(int)left_out->reserved));
}

static enum error gather(struct call *call, struct group_sources *sources, struct failure *failure)
{
	enum error error = ERROR_AGAIN;
	while (error == ERROR_AGAIN)
		error = group_sources_look(call, sources, SLICE, failure);
	return error;
}

enum error finding_indicators(struct call *call, struct failure *failure)
{
	struct making making = { .sources = { .wanted = input_uuid(call, "id"),
				     .noticed = input_integer(call, "noticed", 0) },
		.items = json_array() };
	enum error error = gather(call, &making.sources, failure);
	if (error == OK)
		error = believe(call, &making.sources, failure);
	if (error == OK)
		error = make_parts(call, &making, failure);
	if (error == OK && making.made)
		error = note(call, &making, failure);
	if (error == OK)
		answer(call, &making);
	json_decref(making.items);
	group_sources_free(&making.sources);
	return error;
}
