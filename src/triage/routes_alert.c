/*
 * The search over every alert that is kept, the noise included, and one alert by its position.
 */
#include "triage/routes.h"

struct gathering {
	const struct call *call;
	const struct titles *titles;
	json_t *list;
	bool no_memory;
};

static void gather_alert(void *context, const struct history_hit *hit)
{
	struct gathering *gathering = context;
	json_t *object = alert_json(gathering->call, hit, gathering->titles, true);
	if (!object || json_array_append_new(gathering->list, object) != 0)
		gathering->no_memory = true;
}

/* The conditions come back, so that the page's form and its next page keep them. */
static void echo_conditions(struct call *call, const struct titles *titles)
{
	titles_output(titles, call);
	output_text(call->output, "contains", input_text(call, "contains"));
	output_text(call->output, "verdict", input_text(call, "verdict"));
	output_day(call->output, "from", input_integer(call, "from", 0));
	output_day(call->output, "to", input_integer(call, "to", 0));
}

/* The page asks for days, the last one included, and shows times in the zone of its language: its days are that zone's.
 */
void days_of_page(const struct call *call, struct history_query *query)
{
	nanoseconds zone = text_equal(call->language, TEXT("ja")) ? 9 * HOUR : 0;
	if (query->from && query->from % DAY == 0)
		query->from -= zone;
	if (query->to && query->to % DAY == 0)
		query->to += DAY - zone;
}

enum error alerts_list(struct call *call, struct failure *failure)
{
	enum verdict verdict;
	struct uuid event = input_uuid(call, "event");
	int64_t limit = input_integer(call, "limit", 0);
	struct history_query query = { .from = input_integer(call, "from", 0),
		.to = input_integer(call, "to", 0),
		.organisation = (uint32_t)input_integer(call, "organisation", 0),
		.event = uuid_is_nil(event) ? NULL : &event,
		.contains = input_text(call, "contains"),
		.limit = limit ? (uint32_t)limit : 50,
		.newest_first = true };
	if (call->route->kind == ROUTE_PAGE)
		days_of_page(call, &query);
	if (verdict_parse(input_text(call, "verdict"), &verdict))
		query.verdicts = 1u << verdict;
	struct titles *titles;
	enum error error = position_cursor_read(call, input_text(call, "after"), &query.start, failure);
	if (!error && !call->history)
		error = fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
	if (!error)
		error = titles_load(call, &titles, failure);
	if (error)
		return error;
	struct gathering gathering = { call, titles, json_array(), false };
	json_object_set_new(call->output, "alerts", gathering.list);
	uint64_t next = 0;
	error = history_find(call->history, call->scope, &query, gather_alert, &gathering, &next, failure);
	if (!error && gathering.no_memory)
		error = fail(failure, ERROR_MEMORY, "alerts: no memory");
	position_cursor_write(call, "next", next);
	echo_conditions(call, titles);
	return error ? error : watched_output(call, query.organisation, query.from, query.to, DAY, failure);
}

enum error alert_read(struct call *call, struct failure *failure)
{
	uint64_t position;
	struct titles *titles;
	if (!text_to_u64(input_text(call, "position"), &position))
		return fail(failure, ERROR_NOT_FOUND, "there is no such alert");
	position = position_reveal(call, position);
	if (!call->history)
		return fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
	enum error error = titles_load(call, &titles, failure);
	if (error)
		return error;
	struct gathering gathering = { call, titles, json_array(), false };
	error = history_get(call->history, call->scope, position, gather_alert, &gathering, failure);
	json_t *alert = json_array_get(gathering.list, 0);
	if (!error && !alert)
		error = fail(failure, ERROR_MEMORY, "alerts: no memory");
	if (!error && call->route->kind == ROUTE_PAGE) {
		json_object_set(call->output, "alerts", gathering.list);
		echo_conditions(call, titles);
		output_string(call->output, "next", "");
	} else if (!error) {
		json_object_set(call->output, "alert", alert);
		json_object_set(call->output, "organisation", json_object_get(alert, "organisation"));
	}
	json_decref(gathering.list);
	return error;
}
