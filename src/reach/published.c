/*
 * Messages to communities as items; see published.h. In: a dispatch that was started or withdrawn. Out: an item of the
 * centre's and its release, in the same transaction. Called by dispatch_routes.c.
 */
#include "reach/published.h"

#include "base/log.h"
#include "formats/stix.h"
#include "store/items.h"
#include "store/release.h"

#include <stdio.h>
#include <stdlib.h>

static void name_report(const struct dispatch *dispatch, char id[static ITEM_ID])
{
	char uuid[UUID_TEXT];
	snprintf(id, ITEM_ID, "report--%s", uuid_format(dispatch->id, uuid));
}

static void put_time(json_t *object, const char *name, nanoseconds when)
{
	char written[TIME_TEXT];
	const struct item_time time = { .when = when };
	struct text text = item_time_text(&time, written);
	json_object_set_new(object, name, json_stringn(text.at, text.size));
}

/* Both languages, one under the other, where there are two. */
static json_t *both(const char *ja, const char *en, const char *between)
{
	bool two = ja && *ja && en && *en;
	return json_sprintf("%s%s%s", ja ? ja : "", two ? between : "", en ? en : "");
}

/* A report must refer to something: to its marking, the one object that every reader has. */
static json_t *report_of(const struct dispatch *dispatch, const char *id)
{
	nanoseconds when = dispatch->started / MILLISECOND * MILLISECOND;
	struct text marking = stix_tlp_marking(dispatch->tlp, ITEM_STIX_21);
	json_t *report = json_pack("{s:s,s:s,s:s}", "type", "report", "spec_version", "2.1", "id", id);
	put_time(report, "created", when);
	put_time(report, "modified", when);
	put_time(report, "published", when);
	json_object_set_new(report, "name", both(dispatch->subject_ja, dispatch->subject_en, " / "));
	json_object_set_new(report, "description", both(dispatch->body_ja, dispatch->body_en, "\n\n"));
	json_object_set_new(report, "labels", json_pack("[s]", dispatch_kind_code(dispatch->kind)));
	json_object_set_new(report, "object_refs", json_pack("[s%]", marking.at, marking.size));
	json_object_set_new(report, "object_marking_refs", json_pack("[s%]", marking.at, marking.size));
	return report;
}

static enum error make_item(struct call *call, const struct dispatch *dispatch, struct text *rendering,
    struct item *item, struct failure *failure)
{
	char id[ITEM_ID];
	name_report(dispatch, id);
	json_t *report = report_of(dispatch, id);
	char *written = json_dumps(report, JSON_COMPACT);
	struct json_parser *parser = json_parser_new(STIX_DEEPEST);
	*rendering = written ? arena_text(call->arena, text_of(written)) : TEXT_NONE;
	enum error error = parser && rendering->at ? item_from_stix(parser, *rendering, call->arena, item, failure)
						   : fail(failure, ERROR_MEMORY, "no memory for a report");
	json_parser_free(parser);
	free(written);
	json_decref(report);
	item->received = call->now;
	item->account = call->subject->account;
	return error;
}

static enum error release(struct call *call, const struct dispatch *dispatch, const struct item *item,
    struct text rendering, struct failure *failure)
{
	struct policy_snapshot snapshot;
	struct failure why = { 0 };
	struct release release = { .item = item->id,
		.version = item->modified,
		.type = item->type,
		.spec = 21,
		.community = dispatch->community,
		.tlp = dispatch->tlp,
		.decided = call->now,
		.removed = TEXT("[]"),
		.rendering = rendering };
	enum error error = store_snapshot(call->store, call->now, call->arena, &snapshot, failure);
	if (error)
		return error;
	const struct scope *writes = policy_scope(&snapshot, call->subject, ACTION_ITEM_WRITE, call->arena);
	const struct scope *releases = policy_scope(&snapshot, call->subject, ACTION_RELEASE_WRITE, call->arena);
	bool may =
	    writes && releases && store_release_check(releases, &snapshot, &release, NULL, dispatch->tlp, &why) == OK;
	if (!may) {
		log_write(LOG_INFO, "a message is not in its community's collections",
		    LOG_FIELD_STRING("why", writes && releases ? why.words : "not by this role"));
		return OK;
	}
	error = store_item_put(call->store, writes, item, &(struct item_values){ 0 }, NULL, NULL, failure);
	return error ? error
		     : store_release_put(call->store, releases, &snapshot, &release, NULL, dispatch->tlp, failure);
}

enum error publish_released(struct call *call, const struct dispatch *dispatch, struct failure *failure)
{
	struct item item;
	struct text rendering;
	if (dispatch->community == 0 || dispatch->kind == DISPATCH_REACH_TEST)
		return OK;
	enum error error = make_item(call, dispatch, &rendering, &item, failure);
	return error ? error : release(call, dispatch, &item, rendering, failure);
}

enum error publish_withdrawn(struct call *call, const struct dispatch *dispatch, struct failure *failure)
{
	char id[ITEM_ID];
	struct policy_snapshot snapshot;
	if (dispatch->community == 0 || dispatch->kind == DISPATCH_REACH_TEST || !dispatch->started)
		return OK;
	name_report(dispatch, id);
	enum error error = store_snapshot(call->store, call->now, call->arena, &snapshot, failure);
	if (error)
		return error;
	const struct scope *writes = policy_scope(&snapshot, call->subject, ACTION_ITEM_WRITE, call->arena);
	error = writes ? store_item_remove(call->store, writes, 0, text_of(id), 0, call->now, failure) : OK;
	return error == ERROR_NOT_FOUND ? OK : error;
}
