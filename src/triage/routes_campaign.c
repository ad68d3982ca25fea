/*
 * Campaigns: for the centre's analysts alone. In: a campaign's id; an analyst's text. Out: the events of each
 * organisation, what they share, whose step came first, the notices sent, and the versions of the analysis, each with
 * the events that it cites. To everybody else a campaign is as absent as one that never was (route.h, `hidden`).
 */
#include "triage/analysis_json.h"

#include <stdio.h>
#include <string.h>

#define LIST_EVENTS 100   /* looked at for the names in the list */
#define ALERTS_READ 20000 /* of one campaign, for its steps and shared names */
#define ALERTS_PAGE 2000
#define SEARCHES 64 /* of history for one request: each unpacks at most 64 MiB */
#define NOTICES_SHOWN 500

static json_t *summary_json(const struct campaign_summary *campaign)
{
	json_t *object = json_object(), *states = json_object();
	output_uuid(object, "id", campaign->id);
	json_object_set_new(object, "organisations", json_integer(campaign->organisations));
	json_object_set_new(object, "events", json_integer(campaign->events));
	json_object_set_new(object, "states", states);
	for (int i = 0; i < 4; i++)
		json_object_set_new(states, event_state_code((enum event_state)i), json_integer(campaign->states[i]));
	json_object_set_new(object, "notices", json_integer(campaign->notices));
	output_time(object, "first", campaign->first);
	output_time(object, "last", campaign->last);
	json_object_set_new(object, "rank", json_real(campaign->rank));
	json_object_set_new(object, "analyses", json_integer((json_int_t)campaign->analyses));
	return object;
}

/* ── the list ─ */

struct listing {
	struct call *call;
	const struct titles *titles;
	json_t *list, *concerned;
	struct uuid ids[500];
	size_t count;
};

static void list_campaign(void *context, const struct campaign_summary *campaign)
{
	struct listing *listing = context;
	if (listing->count == sizeof listing->ids / sizeof *listing->ids)
		return;
	listing->ids[listing->count++] = campaign->id;
	json_array_append_new(listing->list, summary_json(campaign));
}

/* The campaign is called after its weightiest event, which comes first; its organisations by theirs. */
static void name_campaign(void *context, const struct event *event, const struct event_standing *standing)
{
	struct listing *listing = context;
	json_t *campaign = json_array_get(listing->list, listing->count), *each;
	char title[400];
	size_t index;
	(void)standing;
	if (!json_object_get(campaign, "title"))
		output_string(campaign, "title", (event_title(event, title, sizeof title), title));
	json_array_foreach(listing->concerned, index, each)
	{
		if (json_integer_value(json_object_get(each, "organisation")) == event->organisation)
			return;
	}
	json_t *body = json_object();
	json_object_set_new(body, "organisation", json_integer(event->organisation));
	title_add(listing->titles, event->organisation, body);
	json_array_append_new(listing->concerned, body);
}

enum error campaigns_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 0) };
	struct listing *listing = arena_take(call->arena, sizeof *listing);
	struct titles *titles;
	if (!listing)
		return fail(failure, ERROR_MEMORY, "campaigns: no memory");
	*listing = (struct listing){ .call = call, .list = json_array() };
	json_object_set_new(call->output, "campaigns", listing->list);
	enum error error = titles_load(call, &titles, failure);
	listing->titles = titles;
	if (!error)
		error = store_campaign_each(call->store, call->scope, &page, list_campaign, listing, failure);
	size_t count = listing->count;
	for (listing->count = 0; listing->count < count && !error; listing->count++) {
		struct event_query query = { .campaign = listing->ids[listing->count] };
		struct page events = { .limit = LIST_EVENTS };
		listing->concerned = json_array();
		json_object_set_new(json_array_get(listing->list, listing->count), "concerned", listing->concerned);
		error = store_event_each(
		    call->store, call->scope, &query, &events, call->arena, name_campaign, listing, failure);
	}
	output_string(call->output, "next", page.next);
	return error;
}

/* ── one campaign ─ */

struct reading {
	struct call *call;
	const struct titles *titles;
	struct analysis *analysis;
	uint32_t event; /* index */
	json_t *moments, *notices, *analyses;
	uint64_t newest;
	bool alerts_cut;
	enum error error;
};

static void take_event(void *context, const struct event *event, const struct event_standing *standing)
{
	struct reading *reading = context;
	if (!reading->error)
		reading->error = analysis_add_event(reading->analysis, event, standing);
}

static void take_alert(void *context, const struct history_hit *hit)
{
	struct reading *reading = context;
	analysis_add_alert(reading->analysis, reading->event, hit);
}

/* The earliest events first; each gets its share of what may be read, so that a large one does not hide the others. */
static enum error read_alerts(struct reading *reading, struct failure *failure)
{
	struct analysis *analysis = reading->analysis;
	uint64_t share = ALERTS_READ / (analysis->event_count ? analysis->event_count : 1);
	unsigned searches = 0;
	enum error error = OK;
	for (reading->event = 0; reading->event < analysis->event_count && !error; reading->event++) {
		const struct analysis_event *cited = &analysis->events[reading->event];
		uint64_t next = 0, end = analysis->alerts + share;
		if (!cited->counts)
			continue;
		if (searches == SEARCHES) {
			reading->alerts_cut = true;
			break;
		}
		do {
			uint64_t left = end - analysis->alerts;
			searches++;
			error = event_alerts_each(reading->call, cited->event, &next,
			    (uint32_t)(left < ALERTS_PAGE ? left : ALERTS_PAGE), take_alert, reading, failure);
		} while (!error && next && analysis->alerts < end && searches < SEARCHES);
		reading->alerts_cut |= next != 0;
	}
	return error;
}

static void take_notice(void *context, const struct notice *notice)
{
	struct reading *reading = context;
	const struct event *event = reading->analysis->events[reading->event].event;
	bool japanese = text_equal(reading->call->language, TEXT("ja"));
	if (json_array_size(reading->notices) == NOTICES_SHOWN)
		return;
	json_t *object = json_object();
	output_uuid(object, "id", notice->id);
	output_string(object, "number", notice->number);
	output_string(object, "subject", japanese || !notice->subject_en[0] ? notice->subject_ja : notice->subject_en);
	output_uuid(object, "event", notice->event);
	json_object_set_new(object, "organisation", json_integer(notice->organisation));
	title_add(reading->titles, notice->organisation, object);
	output_string(object, "state", notice_state_code(notice->state));
	output_time(object, "sent", notice->sent);
	output_time(object, "deadline", notice->deadline);
	output_time(object, "acknowledged", notice->acknowledged);
	json_array_append_new(reading->notices, object);
	if (notice->sent)
		json_array_append_new(
		    reading->moments, moment_json(notice->sent, "notice-sent", event, reading->titles));
	if (notice->acknowledged)
		json_array_append_new(
		    reading->moments, moment_json(notice->acknowledged, "acknowledged", event, reading->titles));
}

static enum error read_notices(struct reading *reading, struct failure *failure)
{
	struct call *call = reading->call;
	enum error error = OK;
	for (reading->event = 0; reading->event < reading->analysis->event_count && !error; reading->event++) {
		const struct analysis_event *cited = &reading->analysis->events[reading->event];
		struct page page = { .limit = NOTICES_SHOWN };
		if (cited->standing.notices)
			error = store_notice_each(call->store, call->scope, cited->event->id, 0, &page, call->arena,
			    take_notice, reading, failure);
	}
	return error;
}

static json_t *cited_json(const struct reading *reading, struct uuid id)
{
	json_t *object = json_object();
	char title[400];
	output_uuid(object, "id", id);
	for (uint32_t i = 0; i < reading->analysis->event_count; i++) {
		const struct event *event = reading->analysis->events[i].event;
		if (!uuid_equal(event->id, id))
			continue;
		event_title(event, title, sizeof title);
		output_string(object, "title", title);
		json_object_set_new(object, "organisation", json_integer(event->organisation));
		title_add(reading->titles, event->organisation, object);
	}
	return object;
}

static void take_analysis(void *context, const struct campaign_analysis *analysis, const struct uuid *events)
{
	struct reading *reading = context;
	struct call *call = reading->call;
	json_t *object = json_object(), *cited = json_array();
	char who[NAME_SIZE];
	json_object_set_new(object, "version", json_integer((json_int_t)analysis->version));
	output_uuid(object, "author", analysis->author);
	if (store_account_title(call->store, call->scope, analysis->author, who, sizeof who, NULL) == OK)
		output_string(object, "author_name", who);
	output_time(object, "written", analysis->written);
	output_string(object, "text", analysis->words);
	output_uuid(object, "campaign", analysis->campaign);
	json_object_set_new(object, "cited", json_integer(analysis->cited));
	json_object_set_new(object, "events", cited);
	for (uint32_t i = 0; i < analysis->cited; i++)
		json_array_append_new(cited, cited_json(reading, events[i]));
	if (json_array_size(reading->analyses) == 0)
		json_object_set(call->output, "analysis", object);
	json_array_append_new(reading->analyses, object);
}

static enum error output_analysis(struct reading *reading, struct failure *failure)
{
	struct analysis *analysis = reading->analysis;
	json_t *output = reading->call->output, *parts = analysis_parts_json(analysis, reading->call, reading->titles);
	if (!parts)
		return fail(failure, ERROR_MEMORY, "campaign: no memory");
	json_object_set_new(output, "parts", parts);
	json_object_set_new(output, "shared", analysis_shared_json(analysis, reading->titles));
	json_object_set_new(output, "steps", analysis_steps_json(analysis, reading->call, reading->titles));
	json_object_set_new(output, "alerts_read", json_integer((json_int_t)analysis->alerts));
	json_object_set_new(output, "cut",
	    json_boolean(reading->alerts_cut || analysis->events_dropped || analysis->names_dropped > 0));
	moments_sort(reading->moments);
	return OK;
}

static enum error load_events(struct reading *reading, struct uuid id, struct failure *failure)
{
	struct call *call = reading->call;
	struct event_query query = { .campaign = id };
	struct page page = { .limit = ANALYSIS_EVENTS };
	enum error error =
	    store_event_each(call->store, call->scope, &query, &page, call->arena, take_event, reading, failure);
	if (!error && reading->error)
		error = fail(failure, reading->error, "campaign: no memory");
	reading->analysis->events_dropped |= page.next[0] != 0;
	return error;
}

enum error campaign_read(struct call *call, struct failure *failure)
{
	struct campaign_summary campaign;
	struct titles *titles;
	struct reading reading = { .call = call, .analysis = analysis_new(call->arena) };
	if (!reading.analysis)
		return fail(failure, ERROR_MEMORY, "campaign: no memory");
	enum error error = store_campaign_get(call->store, call->scope, input_uuid(call, "id"), &campaign, failure);
	if (!error)
		error = titles_load(call, &titles, failure);
	if (!error)
		reading.titles = titles, error = load_events(&reading, campaign.id, failure);
	if (error)
		return error;
	analysis_order(reading.analysis);
	json_object_set_new(call->output, "campaign", summary_json(&campaign));
	json_object_set_new(
	    call->output, "timeline", reading.moments = analysis_moments_json(reading.analysis, titles));
	json_object_set_new(call->output, "notices", reading.notices = json_array());
	json_object_set_new(call->output, "analyses", reading.analyses = json_array());
	error = read_alerts(&reading, failure);
	if (!error)
		error = analysis_finish(reading.analysis, failure);
	if (!error)
		error = read_notices(&reading, failure);
	if (!error)
		error = store_campaign_analysis_each(
		    call->store, call->scope, campaign.id, call->arena, take_analysis, &reading, failure);
	if (!error)
		error = output_analysis(&reading, failure);
	call->version = campaign.analyses;
	return error;
}

enum error campaign_analyse(struct call *call, struct failure *failure)
{
	char id[UUID_TEXT];
	struct campaign_analysis analysis = { .campaign = input_uuid(call, "id"),
		.words = arena_string(call->arena, text_trim(input_text(call, "text"))) };
	int64_t seen = input_integer(call, "seen", call->version ? (int64_t)call->version : -1);
	if (!analysis.words)
		return fail(failure, ERROR_MEMORY, "analysis: no memory");
	if (seen < 0)
		return fail(failure, ERROR_INPUT,
		    "seen: say which version of the analysis you saw (0 = there was none), here or with If-Match");
	if (call->version && (uint64_t)seen != call->version)
		return fail(failure, ERROR_CONFLICT, "seen and If-Match name different versions of the analysis");
	enum error error =
	    store_campaign_analysis_put(call->store, call->scope, &analysis, (uint64_t)seen, call->now, failure);
	if (error)
		return error;
	uuid_format(analysis.campaign, id);
	call->version = analysis.version;
	if (call->route->kind == ROUTE_FORM) {
		call->version = 0;
		snprintf(call->location, sizeof call->location, "/campaigns/%s", id);
		return OK;
	}
	call->status = 201;
	snprintf(call->location, sizeof call->location, "/v1/campaigns/%s", id);
	json_object_set_new(call->output, "version", json_integer((json_int_t)analysis.version));
	output_time(call->output, "written", analysis.written);
	json_object_set_new(call->output, "cited", json_integer(analysis.cited));
	return OK;
}
