/*
 * The outage capability, as the list of capabilities names it, and its table of routes.
 */
#include "outage/capability.h"

#include "outage/adapter.h"
#include "outage/routes.h"
#include "outage/settings.h"

static const struct field list_fields[] = {
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500, .summary = "Of one page; 50 when absent." },
	{ NULL },
};
static const struct field id_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The announcement." },
	{ NULL },
};
static const struct field create_fields[] = {
	{ "source", FIELD_TEXT, IN_BODY, true, 255, .summary = "Where it was said." },
	{ "by", FIELD_TEXT, IN_BODY, false, 127, .summary = "Who said it." },
	{ "targets", FIELD_LINES, IN_BODY, true, 16384,
	    .summary =
		"Domains, addresses of pages, or short names of organisations, apart by white space or commas." },
	{ "attack_from", FIELD_TIME, IN_BODY, false, .summary = "When the attack begins, as announced." },
	{ "attack_to", FIELD_TIME, IN_BODY, false, .summary = "When it ends, as announced." },
	{ "instructions", FIELD_LINES, IN_BODY, false, 1000,
	    .summary = "What every target is asked to do; a general text when absent." },
	{ NULL },
};

const struct route outage_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/announcements", "announcement-list", "Announced attacks, newest first.", list_fields,
	    ACTION_CAMPAIGN_READ, .hidden = true, .handle = announcement_list },
	{ ROUTE_PAGE, "GET", "/announcements", "announcement-list-page", "Announced attacks, newest first.",
	    list_fields, ACTION_CAMPAIGN_READ, .hidden = true, .page = "announcements", .handle = announcement_list },
	{ ROUTE_JSON, "POST", "/v1/announcements", "announcement-create",
	    "Enter an announced attack: each target that is known is told at once.", create_fields,
	    ACTION_CAMPAIGN_WRITE, .hidden = true, .changes = true, .handle = announcement_create },
	{ ROUTE_FORM, "POST", "/announcements", "announcement-create-form",
	    "Enter an announced attack: each target that is known is told at once.", create_fields,
	    ACTION_CAMPAIGN_WRITE, .hidden = true, .changes = true, .handle = announcement_create },
	{ ROUTE_JSON, "GET", "/v1/announcements/{id}", "announcement-read",
	    "An announced attack with what probes found of its targets.", id_fields, ACTION_CAMPAIGN_READ,
	    .hidden = true, .handle = announcement_read },
	{ ROUTE_PAGE, "GET", "/announcements/{id}", "announcement-page",
	    "An announced attack with what probes found of its targets.", id_fields, ACTION_CAMPAIGN_READ,
	    .hidden = true, .page = "announcement", .handle = announcement_read },
	{ .name = NULL },
};

const struct capability outage_capability = {
	.name = "outage",
	.options = outage_options,
	.routes = outage_routes,
	.start = outage_start,
	.tick = outage_tick,
	.stop = outage_stop,
	.alerts = outage_alerts,
};
