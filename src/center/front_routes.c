/*
 * Routes that front answers itself, wholly or in part: batches of alerts, counters, health, the stream of changes.
 */
#include "center/routes.h"

/* The counters are of the whole centre: front adds them once this says that the caller may see them. */
static enum error metrics(struct call *call, struct failure *failure)
{
	if (!scope_covers_all(call->scope))
		return fail(failure, ERROR_DENIED, "This account may not see the counters of the centre.");
	return OK;
}

static const struct field alert_fields[] = {
	{ "batch", FIELD_TEXT, IN_QUERY, false, 128, .summary = "The client's own id of this batch." },
	{ "epoch", FIELD_TEXT, IN_QUERY, false, 32, .summary = "Identity of the file, 32 hex digits; with `offset`." },
	{ "offset", FIELD_INTEGER, IN_QUERY, false, .least = 0, .most = INT64_MAX,
	    .summary = "Where in the file the first byte behind the preamble stands." },
	{ "preamble", FIELD_INTEGER, IN_QUERY, false, .least = 0, .most = 65536,
	    .summary = "That many bytes at the beginning are the file's header lines." },
	{ "format", FIELD_TEXT, IN_QUERY, false, 32, .summary = "Name of a format; told by content when absent." },
	{ "map", FIELD_TEXT, IN_QUERY, false, 1024, .summary = "Field map of a CSV source." },
	{ "records", FIELD_BOOLEAN, IN_QUERY, false,
	    .summary = "Keep records too that are no alerts (EVE: flow, dns, tls, http …); skipped when absent." },
	{ "zone", FIELD_INTEGER, IN_QUERY, false, .least = -50400, .most = 50400,
	    .summary = "Seconds east of UTC where the source names no zone." },
	{ NULL },
};

const struct route front_routes[] = {
	{ ROUTE_STREAM, "POST", "/v1/alerts", "alert-append", "Send a batch of alerts as a detector wrote them.",
	    alert_fields, ACTION_ALERT_APPEND, .changes = true, .door = DOOR_EITHER,
	    .limits = { .per_minute = 60000 } },
	{ ROUTE_EVENTS, "GET", "/v1/stream", "changes", "What changes, as it changes (server-sent events).", NULL,
	    ACTION_EVENT_READ },
	{ ROUTE_JSON, "GET", "/metrics", "metrics", "Counters as OpenMetrics text.", NULL, ACTION_COUNTER_READ,
	    .handle = metrics },
	{ ROUTE_JSON, "GET", "/v1/health", "health", "Whether the centre can answer.", NULL, ACTION_SELF,
	    .door = DOOR_EITHER, .stranger = true },
	{ 0 },
};
