/*
 * The fleet capability, as the list of capabilities names it, and its table of routes.
 */
#include "fleet/capability.h"

#include "fleet/adapter.h"
#include "fleet/routes.h"
#include "fleet/settings.h"

#define ORGANISATION                                                                                                   \
	{                                                                                                              \
		"organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,                        \
								.summary = "Only its sensors."                         \
	}

static const struct field list_fields[] = {
	ORGANISATION,
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,
	    .summary = "Of one page; 500 when absent." },
	{ NULL },
};
static const struct field gap_fields[] = {
	ORGANISATION,
	{ "sensor", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295, .summary = "Only of this sensor." },
	{ "from", FIELD_TIME, IN_QUERY, false, .summary = "Not over before this; a week ago when absent." },
	{ "to", FIELD_TIME, IN_QUERY, false, .summary = "Begun before this." },
	{ "open", FIELD_BOOLEAN, IN_QUERY, false, .summary = "Only those that go on." },
	{ NULL },
};
static const struct field plan_fields[] = {
	{ "number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295, .summary = "Of the sensor." },
	{ "from", FIELD_TIME, IN_BODY, false, .summary = "When it begins; now when absent." },
	{ "until", FIELD_TIME, IN_BODY, false, .summary = "When it ends." },
	{ "hours", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 2160, .summary = "Instead of `until`." },
	{ "reason", FIELD_TEXT, IN_BODY, true, 255, .summary = "Shown with every finding of that time." },
	{ NULL },
};
static const struct field end_fields[] = {
	{ "number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = INT64_MAX,
	    .summary = "Number of the maintenance." },
	{ NULL },
};

const struct route fleet_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/fleet", "fleet-list", "How the sensors do.", list_fields, ACTION_SENSOR_READ,
	    .handle = fleet_list },
	{ ROUTE_PAGE, "GET", "/sensors", "fleet-page", "How the sensors do.", list_fields, ACTION_SENSOR_READ,
	    .page = "sensors", .handle = fleet_list },
	{ ROUTE_JSON, "GET", "/v1/gaps", "gap-list", "Times in which sensors saw less than they should have.",
	    gap_fields, ACTION_SENSOR_READ, .handle = gap_list },
	{ ROUTE_JSON, "POST", "/v1/sensors/{number}/maintenance", "maintenance-plan",
	    "Plan a maintenance: nobody is told of the sensor's silence meanwhile.", plan_fields, ACTION_SENSOR_WRITE,
	    .changes = true, .handle = maintenance_plan },
	{ ROUTE_FORM, "POST", "/sensors/{number}/maintenance", "maintenance-plan-form",
	    "Plan a maintenance: nobody is told of the sensor's silence meanwhile.", plan_fields, ACTION_SENSOR_WRITE,
	    .changes = true, .handle = maintenance_plan },
	{ ROUTE_JSON, "POST", "/v1/maintenance/{number}/end", "maintenance-end", "End a planned maintenance now.",
	    end_fields, ACTION_SENSOR_WRITE, .changes = true, .handle = maintenance_end },
	{ ROUTE_FORM, "POST", "/maintenance/{number}/end", "maintenance-end-form", "End a planned maintenance now.",
	    end_fields, ACTION_SENSOR_WRITE, .changes = true, .handle = maintenance_end },
	{ .name = NULL },
};

const struct capability fleet_capability = {
	.name = "fleet",
	.options = fleet_options,
	.routes = fleet_routes,
	.start = fleet_start,
	.tick = fleet_tick,
	.stop = fleet_stop,
	.heard = fleet_heard,
};
