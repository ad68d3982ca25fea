/*
 * The queue and one event: reading. In: typed fields. Out: events by rank or time; one event with its alerts, its
 * history, and for the centre the other events of its campaign.
 */
#include "triage/routes.h"

#include <stdio.h>
#include <string.h>

#define ALERTS_ON_PAGE 200
#define CAMPAIGN_SHOWN 100
#define MERGED_SHOWN 100
#define NEIGHBOURS_SHOWN 200

struct listing {
	struct call *call;
	const struct titles *titles;
	json_t *list;
	struct uuid but; /* not this one */
	bool no_memory;
};

static void list_event(void *context, const struct event *event, const struct event_standing *standing)
{
	struct listing *listing = context;
	if (uuid_equal(event->id, listing->but))
		return;
	json_t *object = event_json(listing->call, listing->titles, event, standing);
	if (!object || json_array_append_new(listing->list, object) != 0)
		listing->no_memory = true;
}

static bool may_decide(const struct call *call)
{
	return policy_reach(call->subject->role, ACTION_EVENT_DECIDE) != 0;
}

static uint32_t wanted_states(struct text state)
{
	for (unsigned i = EVENT_OPEN; i <= EVENT_MERGED; i++)
		if (text_equal(state, text_of(event_state_code((enum event_state)i))))
			return 1u << i;
	return 0;
}

enum error events_list(struct call *call, struct failure *failure)
{
	struct text state = input_text(call, "state"), order = input_text(call, "order");
	if (state.size == 0 && call->route->kind == ROUTE_PAGE)
		state = TEXT("open"); /* the queue is what waits */
	struct event_query query = { .organisation = (uint32_t)input_integer(call, "organisation", 0),
		.sector = input_text(call, "sector"),
		.states = wanted_states(state),
		.from = input_integer(call, "from", 0),
		.to = input_integer(call, "to", 0),
		.order = text_equal(order, TEXT("time")) ? EVENT_BY_TIME : EVENT_BY_RANK };
	if (scope_covers_all(call->scope))
		query.campaign = input_uuid(call, "campaign");
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 0) };
	struct listing listing = { .call = call, .list = json_array() };
	json_object_set_new(call->output, "events", listing.list);
	struct titles *titles;
	enum error error = titles_load(call, &titles, failure);
	listing.titles = titles;
	if (!error)
		error = store_event_each(
		    call->store, call->scope, &query, &page, call->arena, list_event, &listing, failure);
	if (!error && listing.no_memory)
		error = fail(failure, ERROR_MEMORY, "events: no memory");
	if (error)
		return error;
	titles_output(titles, call);
	output_text(call->output, "state", state);
	output_string(call->output, "order", query.order == EVENT_BY_TIME ? "time" : "rank");
	output_string(call->output, "next", page.next);
	json_object_set_new(call->output, "may_decide", json_boolean(may_decide(call)));
	return watched_output(call, query.organisation, query.from, query.to, DAY, failure);
}

/* ── the alerts of one event ─ */

/* One event whose alerts are shown: the event itself, or one merged into it. */
struct member {
	struct uuid origin; /* the id that its alerts carry in history: of the event that was split, else its own */
	bool is_part;       /* split off: only the hosts that belong; else all but those that belong elsewhere */
	size_t count;
	struct {
		const char *host;
		bool belongs;
	} * hosts;
};

#define HOSTS_KNOWN 64

struct members {
	struct call *call;
	size_t count;
	struct uuid ids[1 + MERGED_SHOWN];
	struct member of[1 + MERGED_SHOWN];
	nanoseconds first, last;
};

static void take_host(void *context, const char *host, bool belongs)
{
	struct members *members = context;
	struct member *member = &members->of[members->count];
	if (!member->hosts)
		member->hosts = arena_take(members->call->arena, HOSTS_KNOWN * sizeof *member->hosts);
	if (!member->hosts || member->count == HOSTS_KNOWN)
		return;
	member->hosts[member->count].host = arena_string(members->call->arena, text_of(host));
	member->hosts[member->count].belongs = belongs;
	member->count += member->hosts[member->count].host != NULL;
}

static bool alert_is_of(const struct alert *alert, const char *host)
{
	if (alert->host.size)
		return text_equal(alert->host, text_of(host));
	const struct address *sides[] = { &alert->host_address, &alert->target, &alert->source };
	char text[ADDRESS_TEXT];
	for (size_t i = 0; i < 3; i++)
		if (address_exists(*sides[i]) && strcmp(address_format(*sides[i], text), host) == 0)
			return true;
	return false;
}

static bool member_has(const struct member *member, const struct alert *alert)
{
	for (size_t i = 0; i < member->count; i++)
		if (alert_is_of(alert, member->hosts[i].host))
			return member->hosts[i].belongs;
	return !member->is_part;
}

struct filter {
	const struct members *members;
	void (*each)(void *context, const struct history_hit *hit);
	void *context;
	size_t passed;
};

static void filter_alert(void *context, const struct history_hit *hit)
{
	struct filter *filter = context;
	const struct members *members = filter->members;
	size_t i = 0;
	while (i < members->count &&
	       !(uuid_equal(members->of[i].origin, hit->event) && member_has(&members->of[i], &hit->alert)))
		i++;
	if (i == members->count)
		return;
	filter->passed++;
	filter->each(filter->context, hit);
}

static void take_member(void *context, const struct event *event, const struct event_standing *standing)
{
	struct members *members = context;
	(void)standing;
	if (members->count == sizeof members->ids / sizeof members->ids[0])
		return;
	members->ids[members->count++] = event->id;
	if (event->first < members->first)
		members->first = event->first;
	if (event->last > members->last)
		members->last = event->last;
}

/* The event, those merged into it, and which hosts of each belong to it. */
static enum error load_members(
    struct call *call, const struct event *event, struct members *members, struct failure *failure)
{
	struct event_query merged = { .merged_into = event->id };
	struct page page = { .limit = MERGED_SHOWN };
	*members = (struct members){ .call = call, .first = event->first, .last = event->last };
	members->ids[members->count++] = event->id;
	enum error error =
	    store_event_each(call->store, call->scope, &merged, &page, call->arena, take_member, members, failure);
	size_t count = members->count;
	for (members->count = 0; members->count < count && !error; members->count++) {
		struct member *member = &members->of[members->count];
		struct uuid *id = &members->ids[members->count];
		error = store_event_part(call->store, call->scope, *id, &member->origin, take_host, members, failure);
		member->is_part = !uuid_equal(member->origin, *id);
		*id = member->origin;
	}
	return error;
}

enum error event_alerts_each(struct call *call, const struct event *event, uint64_t *next, uint32_t limit,
    void (*each)(void *context, const struct history_hit *hit), void *context, struct failure *failure)
{
	struct members *members = arena_take(call->arena, sizeof *members);
	if (!members)
		return fail(failure, ERROR_MEMORY, "alerts: no memory");
	if (!call->history)
		return fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
	struct filter filter = { .members = members, .each = each, .context = context };
	enum error error = load_members(call, event, members, failure);
	if (error)
		return error;
	/* Judged by a time near its arrival when its own was implausible: such an alert is found by the search only. */
	struct history_query query = { .from = members->first,
		.to = members->last + 1,
		.organisation = event->organisation,
		.event = members->ids,
		.event_count = members->count,
		.start = *next,
		.limit = limit };
	unsigned rounds = 0;
	do { /* hosts that belong elsewhere are passed over: look on until there is something to show, but not for long
	      */
		error = history_find(call->history, call->scope, &query, filter_alert, &filter, next, failure);
		query.start = *next;
	} while (!error && *next && filter.passed == 0 && ++rounds < 4);
	return error;
}

struct gathering {
	const struct titles *titles;
	struct call *call;
	json_t *list;
	bool no_memory;
};

static void gather_alert(void *context, const struct history_hit *hit)
{
	struct gathering *gathering = context;
	json_t *object = alert_json(gathering->call, hit, gathering->titles, false);
	if (!object || json_array_append_new(gathering->list, object) != 0)
		gathering->no_memory = true;
}

enum error event_alerts_output(struct call *call, const struct titles *titles, const struct event *event,
    struct text after, uint32_t limit, const char *next_name, struct failure *failure)
{
	uint64_t next = 0;
	struct gathering gathering = { .titles = titles, .call = call, .list = json_array() };
	json_object_set_new(call->output, "alerts", gathering.list);
	enum error error = position_cursor_read(call, after, &next, failure);
	if (!error)
		error = event_alerts_each(call, event, &next, limit, gather_alert, &gathering, failure);
	if (error)
		return error;
	if (gathering.no_memory)
		error = fail(failure, ERROR_MEMORY, "alerts: no memory");
	position_cursor_write(call, next_name, next);
	return error;
}

enum error event_load(struct call *call, struct uuid id, struct event **event, struct event_standing *standing,
    struct titles **titles, struct failure *failure)
{
	*event = arena_take(call->arena, sizeof **event);
	if (!*event)
		return fail(failure, ERROR_MEMORY, "event: no memory");
	enum error error = store_event_get(call->store, call->scope, id, call->arena, *event, standing, failure);
	return error ? error : titles_load(call, titles, failure);
}

enum error event_alerts(struct call *call, struct failure *failure)
{
	struct event *event;
	struct event_standing standing;
	struct titles *titles;
	enum error error = event_load(call, input_uuid(call, "id"), &event, &standing, &titles, failure);
	if (error)
		return error;
	int64_t limit = input_integer(call, "limit", 0);
	json_object_set_new(call->output, "organisation", json_integer(event->organisation));
	return event_alerts_output(
	    call, titles, event, input_text(call, "after"), limit ? (uint32_t)limit : 100, "next", failure);
}

/* ── one event ─ */

struct steps {
	struct call *call;
	json_t *list;
};

static void take_step(void *context, const struct event_step *step)
{
	struct steps *steps = context;
	json_t *object = json_object();
	char who[NAME_SIZE];
	output_time(object, "when", step->when);
	output_string(object, "what", step->what);
	if (store_account_title(steps->call->store, steps->call->scope, step->account, who, sizeof who, NULL) == OK)
		output_string(object, "who", who);
	output_string(object, "reason", step->reason);
	json_array_append_new(steps->list, object);
}

/* Other events that the reader should know of: of the campaign (the centre alone), and those merged into this one. */
static enum error add_related(
    struct call *call, const struct titles *titles, const struct event *event, struct failure *failure)
{
	struct listing campaign = { call, titles, json_array(), event->id, false };
	struct listing merged = { call, titles, json_array(), event->id, false };
	json_object_set_new(call->output, "campaign_events", campaign.list);
	json_object_set_new(call->output, "merged_events", merged.list);
	struct event_query of_campaign = { .campaign = event->campaign }, of_merged = { .merged_into = event->id };
	struct page page = { .limit = CAMPAIGN_SHOWN };
	enum error error = OK;
	if (scope_covers_all(call->scope) && !uuid_is_nil(event->campaign))
		error = store_event_each(
		    call->store, call->scope, &of_campaign, &page, call->arena, list_event, &campaign, failure);
	page = (struct page){ .limit = MERGED_SHOWN };
	if (!error)
		error = store_event_each(
		    call->store, call->scope, &of_merged, &page, call->arena, list_event, &merged, failure);
	if (!error && (campaign.no_memory || merged.no_memory))
		error = fail(failure, ERROR_MEMORY, "event: no memory");
	return error;
}

/* The organisation's events into which this one may be merged, the weightiest first. */
static enum error add_neighbours(
    struct call *call, const struct titles *titles, const struct event *event, struct failure *failure)
{
	struct listing listing = { call, titles, json_array(), event->id, false };
	struct event_query query = { .organisation = event->organisation,
		.states = 1u << EVENT_OPEN | 1u << EVENT_CONFIRMED };
	struct page page = { .limit = NEIGHBOURS_SHOWN };
	json_object_set_new(call->output, "neighbours", listing.list);
	enum error error =
	    store_event_each(call->store, call->scope, &query, &page, call->arena, list_event, &listing, failure);
	return !error && listing.no_memory ? fail(failure, ERROR_MEMORY, "event: no memory") : error;
}

enum error event_read(struct call *call, struct failure *failure)
{
	struct event *event;
	struct event_standing standing;
	struct titles *titles;
	enum error error = event_load(call, input_uuid(call, "id"), &event, &standing, &titles, failure);
	if (error)
		return error;
	json_t *object = event_json(call, titles, event, &standing);
	if (!object)
		return fail(failure, ERROR_MEMORY, "event: no memory");
	json_object_set_new(call->output, "event", object);
	json_object_set_new(call->output, "organisation", json_integer(event->organisation));
	json_object_set_new(call->output, "may_decide", json_boolean(may_decide(call)));
	struct coverage coverage;
	error = event_coverage(call, event, &coverage, failure);
	if (error)
		return error;
	output_coverage(call, object, "watched", &coverage);
	struct steps steps = { call, json_array() };
	json_object_set_new(call->output, "steps", steps.list);
	error = store_event_steps(call->store, call->scope, event->id, call->arena, take_step, &steps, failure);
	if (!error)
		error = add_related(call, titles, event, failure);
	if (!error && call->route->kind == ROUTE_PAGE && may_decide(call))
		error = add_neighbours(call, titles, event, failure);
	if (!error && call->route->kind == ROUTE_PAGE) {
		struct text after = input_text(call, "after");
		json_object_set_new(call->output, "alerts_later", json_boolean(after.size != 0));
		error = event_alerts_output(call, titles, event, after, ALERTS_ON_PAGE, "alerts_next", failure);
	}
	call->version = standing.version;
	return error;
}
