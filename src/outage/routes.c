/*
 * Announced attacks: entered, told to the targets in the same transaction, and shown with what the probes found of the
 * targets since.
 */
#include "outage/routes.h"

#include "outage/adapter.h"
#include "store/history.h"
#include "store/others.h"

#include <stdio.h>
#include <string.h>

#define RESULTS_SHOWN 50 /* of one target */
#define TARGETS_LOOKED_AT 20
#define AROUND HOUR /* before an attack begins and after it ends */

static json_t *announcement_json(struct call *call, const struct announcement *announcement)
{
	json_t *object = json_object();
	char who[NAME_SIZE];
	output_uuid(object, "id", announcement->id);
	output_string(object, "source", announcement->source);
	output_string(object, "by", announcement->by);
	output_string(object, "instructions", announcement->advice);
	output_time(object, "attack_from", announcement->from);
	output_time(object, "attack_to", announcement->to);
	output_time(object, "created", announcement->created);
	if (store_account_title(call->store, call->scope, announcement->author, who, sizeof who, NULL) == OK)
		output_string(object, "author_name", who);
	return object;
}

/* ── targets ─ */

/* A domain, or an organisation's short name. */
static enum error find_target(struct call *call, const struct scope *scope, struct text name,
    struct announcement_target *target, struct failure *failure)
{
	struct organisation organisation;
	struct failure unknown;
	text_copy(name, target->name, sizeof target->name);
	if (store_organisation_find(call->store, scope, name, &organisation, &unknown) == OK && organisation.active) {
		target->organisation = organisation.number;
		return OK;
	}
	struct text host = text_find(name, TEXT("://")) >= 0 ? outage_host(name) : name;
	return outage_owner(call->store, scope, host, call->now, &target->organisation, failure);
}

/* Names apart by white space or commas. */
static enum error read_targets(
    struct call *call, const struct scope *scope, struct announcement *announcement, struct failure *failure)
{
	struct announcement_target *targets = arena_take(call->arena, ANNOUNCEMENT_TARGETS * sizeof *targets);
	struct text rest = input_text(call, "targets");
	if (!targets)
		return fail(failure, ERROR_MEMORY, "announcement: no memory");
	while (rest.size > 0) {
		size_t size = 0;
		while (size < rest.size && !strchr(" \t\r\n,", rest.at[size]))
			size++;
		struct text name = { rest.at, size };
		rest = (struct text){ rest.at + size + (size < rest.size), rest.size - size - (size < rest.size) };
		if (size == 0)
			continue;
		if (size >= sizeof targets->name)
			return fail(failure, ERROR_INPUT, "targets: a name is longer than a domain can be");
		if (announcement->target_count == ANNOUNCEMENT_TARGETS)
			return fail(failure, ERROR_INPUT, "targets: at most %d", ANNOUNCEMENT_TARGETS);
		enum error error = find_target(call, scope, name, &targets[announcement->target_count++], failure);
		if (error != OK)
			return error;
	}
	announcement->targets = targets;
	return announcement->target_count
		   ? OK
		   : fail(failure, ERROR_INPUT, "targets: domains or short names of organisations, at least one");
}

/* The one organisation that is told; 0 when there are several: then the texts may name none. */
static uint32_t only_one(const struct announcement *announcement)
{
	uint32_t one = 0;
	for (uint32_t i = 0; i < announcement->target_count; i++) {
		uint32_t organisation = announcement->targets[i].organisation;
		if (organisation && one && organisation != one)
			return 0;
		one = organisation ? organisation : one;
	}
	return one;
}

static enum error check_texts(
    struct call *call, const struct scope *scope, const struct announcement *announcement, struct failure *failure)
{
	uint32_t told = only_one(announcement);
	enum error error = others_absent(call->store, scope, told, "source", text_of(announcement->source), failure);
	if (error == OK)
		error = others_absent(call->store, scope, told, "by", text_of(announcement->by), failure);
	if (error == OK)
		error = others_absent(call->store, scope, told, "instructions", text_of(announcement->advice), failure);
	return error;
}

static enum error tell_targets(
    struct call *call, const struct scope *scope, const struct announcement *announcement, struct failure *failure)
{
	struct outage_telling telling = {
		.center = call->center, .scope = scope, .arena = call->arena, .now = call->now
	};
	enum error error = OK;
	for (uint32_t i = 0; i < announcement->target_count && error == OK; i++) {
		uint32_t organisation = announcement->targets[i].organisation, before = 0;
		while (before < i && announcement->targets[before].organisation != organisation)
			before++;
		if (organisation && before == i)
			error = outage_tell_target(&telling, announcement, organisation, failure);
	}
	return error;
}

static void give_targets(struct call *call, const struct announcement *announcement, json_t *object)
{
	json_t *list = json_array();
	size_t known = 0;
	for (uint32_t i = 0; i < announcement->target_count; i++) {
		json_t *target = json_object();
		struct organisation organisation;
		output_string(target, "name", announcement->targets[i].name);
		if (announcement->targets[i].organisation &&
		    store_organisation_get(
			call->store, call->scope, announcement->targets[i].organisation, &organisation, NULL) == OK) {
			bool english = text_equal(call->language, TEXT("en"));
			const char *title = english ? organisation.title_en : organisation.title_ja;
			json_object_set_new(target, "organisation", json_integer(organisation.number));
			output_string(target, "organisation_title", *title ? title : organisation.name);
			known++;
		}
		json_array_append_new(list, target);
	}
	json_object_set_new(object, "targets", list);
	json_object_set_new(object, "targets_known", json_integer((json_int_t)known));
}

enum error announcement_create(struct call *call, struct failure *failure)
{
	/* Whose the named sites are is looked for among all; they are told, not who asks. */
	const struct scope *scope = policy_background("announcements", call->arena);
	struct announcement announcement = { .from = input_integer(call, "attack_from", 0),
		.to = input_integer(call, "attack_to", 0),
		.author = call->subject->account,
		.created = call->now };
	enum error error = scope ? input_copy(call, "source", announcement.source, sizeof announcement.source, failure)
				 : fail(failure, ERROR_MEMORY, "announcement: no memory");
	if (error == OK)
		error = input_copy(call, "by", announcement.by, sizeof announcement.by, failure);
	if (error == OK)
		error = input_copy(call, "instructions", announcement.advice, sizeof announcement.advice, failure);
	if (error == OK && announcement.to && announcement.to <= announcement.from)
		error = fail(failure, ERROR_INPUT, "attack_to: it must be after attack_from");
	if (error == OK)
		error = read_targets(call, scope, &announcement, failure);
	if (error == OK)
		error = check_texts(call, scope, &announcement, failure);
	if (error == OK)
		error = store_announcement_put(call->store, call->scope, &announcement, failure);
	if (error == OK)
		error = tell_targets(call, scope, &announcement, failure);
	if (error != OK)
		return error;
	char id[UUID_TEXT];
	bool form = call->route->kind == ROUTE_FORM;
	snprintf(call->location, sizeof call->location, "%s/announcements/%s", form ? "" : "/v1",
	    uuid_format(announcement.id, id));
	call->status = form ? 303 : 201;
	json_t *object = announcement_json(call, &announcement);
	give_targets(call, &announcement, object);
	json_object_set_new(call->output, "announcement", object);
	return OK;
}

/* ── shown ─ */

struct listing {
	struct call *call;
	json_t *list;
};

static void add_announcement(void *context, const struct announcement *announcement)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, announcement_json(listing->call, announcement));
}

enum error announcement_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 50) };
	struct listing listing = { call, json_array() };
	json_object_set_new(call->output, "announcements", listing.list);
	enum error error =
	    store_announcement_each(call->store, call->scope, &page, add_announcement, &listing, failure);
	output_string(call->output, "next", page.next);
	json_object_set_new(
	    call->output, "may_write", json_boolean(policy_reach(call->subject->role, ACTION_CAMPAIGN_WRITE) != 0));
	return error;
}

struct results {
	json_t *list;
	struct text target;
};

static void add_result(void *context, const struct history_hit *hit)
{
	struct results *results = context;
	if (!text_equal(hit->alert.detector, TEXT("Noroshi probe")) ||
	    json_array_size(results->list) >= RESULTS_SHOWN ||
	    !outage_is_within(outage_host(hit->alert.object), results->target))
		return;
	json_t *object = json_object();
	output_time(object, "occurred", hit->alert.occurred);
	output_text(object, "signature", hit->alert.signature);
	output_text(object, "host", hit->alert.host);
	output_text(object, "url", hit->alert.object);
	json_array_append_new(results->list, object);
}

/* What the probes found of each target about the time of the attack. */
static enum error add_results(
    struct call *call, const struct announcement *announcement, json_t *targets, struct failure *failure)
{
	nanoseconds from = announcement->from ? announcement->from : announcement->created;
	if (!call->history)
		return fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
	for (uint32_t i = 0; i < announcement->target_count && i < TARGETS_LOOKED_AT; i++) {
		const struct announcement_target *target = &announcement->targets[i];
		struct results results = { json_array(), text_of(target->name) };
		struct history_query query = { .from = from - AROUND,
			.to = announcement->to ? announcement->to + AROUND : 0,
			.organisation = 0,
			.contains = results.target,
			.limit = 500,
			.newest_first = true };
		uint64_t next;
		json_object_set_new(json_array_get(targets, i), "results", results.list);
		enum error error =
		    history_find(call->history, call->scope, &query, add_result, &results, &next, failure);
		if (error != OK)
			return error;
	}
	return OK;
}

enum error announcement_read(struct call *call, struct failure *failure)
{
	struct announcement announcement;
	enum error error = store_announcement_get(
	    call->store, call->scope, input_uuid(call, "id"), call->arena, &announcement, failure);
	if (error != OK)
		return error == ERROR_NOT_FOUND ? fail(failure, error, ROUTE_HIDDEN_WORDS) : error;
	json_t *object = announcement_json(call, &announcement);
	give_targets(call, &announcement, object);
	json_object_set_new(call->output, "announcement", object);
	return add_results(call, &announcement, json_object_get(object, "targets"), failure);
}
