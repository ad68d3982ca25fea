/*
 * What telescopes found: groups and changes, which are alerts, and scans and victims, which are records; the newest
 * first, as the telescopes wrote them.
 */
#include "darknet/center/counts_routes.h"
#include "darknet/center/findings.h"

#include "store/history.h"
#include "store/record_store.h"

#include <stdio.h>
#include <string.h>

#define MOST 200
#define LATELY (30 * DAY)

struct gathering {
	struct call *call;
	json_t *list;
	struct text what;
	struct organisation organisation; /* of the last row */
};

static void title_of(struct gathering *gathering, uint32_t number, json_t *object)
{
	struct call *call = gathering->call;
	struct organisation *shown = &gathering->organisation;
	if (shown->number != number && store_organisation_get(call->store, call->scope, number, shown, NULL) != OK)
		return;
	bool english = text_equal(call->language, TEXT("en"));
	const char *title = english ? shown->title_en : shown->title_ja;
	output_string(object, "organisation_title", *title ? title : shown->name);
}

/* The ports in one line, for the page. */
static void put_ports(json_t *finding, json_t *object)
{
	char words[256] = "";
	size_t place;
	json_t *port;
	json_array_foreach(json_object_get(finding, "ports"), place, port)
	{
		size_t size = strlen(words);
		snprintf(words + size, sizeof words - size, "%s%s", place ? " " : "",
		    json_is_string(port) ? json_string_value(port) : "");
	}
	const char *one = json_string_value(json_object_get(finding, "port"));
	output_string(object, "port_words", *words ? words : one ? one : "");
}

static void gather(void *context, const struct history_hit *hit)
{
	struct gathering *gathering = context;
	const struct alert *alert = &hit->alert;
	json_t *line = json_loadb(alert->original.at, alert->original.size, 0, NULL);
	json_t *finding = json_object_get(line, "darknet");
	const char *what = json_string_value(json_object_get(finding, "what"));
	if (what && text_equal(text_of(what), gathering->what)) {
		json_t *object = json_object();
		char address[ADDRESS_TEXT];
		output_time(object, "occurred", alert->occurred);
		json_object_set_new(object, "organisation", json_integer(alert->organisation));
		title_of(gathering, alert->organisation, object);
		output_string(object, "source", address_format(alert->source, address));
		put_ports(finding, object);
		json_object_set(object, "finding", finding);
		output_uuid(object, "id", finding_id(alert, finding));
		json_array_append_new(gathering->list, object);
	}
	json_decref(line);
}

static enum error find(struct call *call, struct gathering *gathering, bool *more, struct failure *failure)
{
	char part[40];
	bool alerts = text_equal(gathering->what, TEXT("group")) || text_equal(gathering->what, TEXT("change"));
	const struct record_conditions darknet = { .type = TEXT("darknet") };
	snprintf(part, sizeof part, "\"what\":\"%.*s\"", (int)gathering->what.size, gathering->what.at);
	struct history_query query = { .from = input_integer(call, "from", call->now - LATELY),
		.to = input_integer(call, "to", 0),
		.organisation = (uint32_t)input_integer(call, "organisation", 0),
		.contains = text_of(part),
		.limit = (uint32_t)input_integer(call, "limit", 50),
		.newest_first = true };
	enum error error;
	if (alerts) {
		uint64_t next = 0;
		if (!call->history)
			return fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
		error = history_find(call->history, call->scope, &query, gather, gathering, &next, failure);
		*more = next != 0;
	} else {
		struct record_place place = { 0 };
		query.records = &darknet;
		error = record_store_find(call->records, call->scope, &query, gather, gathering, &place, failure);
		*more = place.organisation != 0;
	}
	return error;
}

enum error findings_list(struct call *call, struct failure *failure)
{
	bool more = false;
	struct text what = input_text(call, "what");
	struct gathering gathering = { .call = call, .list = json_array(), .what = what.size ? what : TEXT("group") };
	json_object_set_new(call->output, "findings", gathering.list);
	enum error error = find(call, &gathering, &more, failure);
	output_text(call->output, "what", gathering.what);
	json_object_set_new(call->output, "more", json_boolean(more));
	if (call->route->kind == ROUTE_PAGE)
		json_object_set_new(call->output, "may_share",
		    json_boolean(policy_reach(call->subject->role, ACTION_FINDING_SHARE) != 0));
	return error;
}
