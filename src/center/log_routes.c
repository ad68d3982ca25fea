/*
 * The log of who did and who saw what: for auditors.
 */
#include "center/routes.h"

static void add_line(void *context, const struct log_line *line)
{
	json_t *object = json_object();
	char hash[HEX_SIZE(32)];
	json_object_set_new(object, "number", json_integer((json_int_t)line->number));
	output_time(object, "when", line->when);
	output_uuid(object, "account", line->account);
	output_string(object, "who", line->who);
	output_string(object, "what", line->what);
	output_string(object, "object", line->object);
	if (line->organisation)
		json_object_set_new(object, "organisation", json_integer(line->organisation));
	output_string(object, "outcome", line->outcome);
	output_string(object, "detail", line->detail);
	output_string(object, "hash", hex_format(line->hash, sizeof line->hash, hash));
	json_array_append_new(context, object);
}

static enum error log_list(struct call *call, struct failure *failure)
{
	struct page page = page_of(call);
	json_t *list = json_array();
	json_object_set_new(call->output, "lines", list);
	enum error error = store_log_each(call->store, call->scope, &page, add_line, list, failure);
	page_next(call, &page);
	return error;
}

static enum error log_verify(struct call *call, struct failure *failure)
{
	uint64_t lines, broken;
	enum error error = store_log_verify(call->store, call->scope, &lines, &broken, failure);
	if (error != OK)
		return error;
	json_object_set_new(call->output, "lines", json_integer((json_int_t)lines));
	json_object_set_new(call->output, "intact", json_boolean(broken == 0));
	if (broken)
		json_object_set_new(call->output, "broken", json_integer((json_int_t)broken));
	return OK;
}

static const struct field list_fields[] = {
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,
	    .summary = "Of one page; 100 when absent." },
	{ NULL },
};

const struct route log_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/log", "log-list", "Who did and who saw what.", list_fields, ACTION_LOG_READ,
	    .handle = log_list },
	{ ROUTE_PAGE, "GET", "/log", "log-page", "Who did and who saw what.", list_fields, ACTION_LOG_READ,
	    .page = "log", .handle = log_list },
	{ ROUTE_JSON, "GET", "/v1/log/verify", "log-verify", "Walk the whole chain of the log.", NULL, ACTION_LOG_READ,
	    .limits = { .per_minute = 6 }, .handle = log_verify },
	{ 0 },
};
