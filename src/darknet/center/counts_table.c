/*
 * The table of routes of what telescopes counted.
 */
#include "darknet/center/counts_routes.h"

static const char *const forms[] = { "json", "csv", NULL };
static const char *const researchers[] = { "true", "false", "alone", NULL };
static const char *const whose[] = { "all", "own", NULL };

#define PERIOD                                                                                                         \
	{ "period", FIELD_TEXT, IN_QUERY, false, 31,                                                                   \
		.summary = "2022, 2022-03, 2022-03-01 or 2022-03-01..2022-03-31; this month when absent." },           \
	{                                                                                                              \
		"against", FIELD_TEXT, IN_QUERY, false, 31,                                                            \
		    .summary = "What it is compared with; the year, the month or as many days before when absent."     \
	}
#define ONE_OF                                                                                                         \
	{ "organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,                              \
		.summary = "Only its telescopes." },                                                                   \
	{                                                                                                              \
		"sensor", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,                              \
							  .summary = "Only this telescope."                            \
	}
#define OF                                                                                                             \
	{                                                                                                              \
		"of", FIELD_CHOICE, IN_QUERY, false,                                                                   \
		    .choices = whose,                                                                                  \
		    .summary =                                                                                         \
			"all: all telescopes together (when absent); own: those that one may see by themselves."       \
	}
#define TOP                                                                                                            \
	{                                                                                                              \
		"top", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 1000,                                       \
						       .summary = "So many of each ranking; 10 when absent."           \
	}
#define RESEARCH_CHOICE                                                                                                \
	{                                                                                                              \
		"research", FIELD_CHOICE, IN_QUERY, false,                                                             \
		    .choices = researchers,                                                                            \
		    .summary = "false: scanners of researchers do not count; alone: nothing else does."                \
	}
#define RESEARCH(place_)                                                                                               \
	{                                                                                                              \
		"research", FIELD_BOOLEAN, place_, false, .summary = "false: scanners of researchers do not count."    \
	}

static const struct field views_fields[] = {
	PERIOD,
	OF,
	ONE_OF,
	TOP,
	RESEARCH_CHOICE,
	{ "format", FIELD_CHOICE, IN_QUERY, false, .choices = forms, .summary = "csv: every count, as CSV." },
	{ NULL },
};
static const struct field comparison_fields[] = { PERIOD, ONE_OF, TOP, { NULL } };
static const struct field telescopes_fields[] = {
	{ "organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,
	    .summary = "Only its telescopes." },
	{ NULL },
};
static const struct field hours_fields[] = {
	OF,
	ONE_OF,
	{ "days", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 35, .summary = "So many; 7 when absent." },
	{ NULL },
};
static const struct field publish_fields[] = {
	{ "title", FIELD_TEXT, IN_BODY, true, 255, .summary = "What it is published as." },
	{ "period", FIELD_TEXT, IN_BODY, true, 31, .summary = "As of the views." },
	{ "against", FIELD_TEXT, IN_BODY, false, 31, .summary = "As of the views." },
	{ "top", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 1000, .summary = "As of the views." },
	RESEARCH(IN_BODY),
	{ NULL },
};
static const struct field publication_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The publication." },
	{ NULL },
};

static const struct field note_fields[] = {
	{ "period", FIELD_TEXT, IN_BODY, true, 31, .summary = "What the note is about: as of the views." },
	{ "ja", FIELD_TEXT, IN_BODY, true, 2000, .summary = "The note in Japanese." },
	{ "en", FIELD_TEXT, IN_BODY, true, 2000, .summary = "The note in English." },
	{ "left_out", FIELD_BOOLEAN, IN_BODY, false,
	    .summary = "true: its days are no part of trends, and nothing is compared with them unless asked for." },
	{ NULL },
};
static const struct field one_note_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The note." },
	{ NULL },
};

#define SHOWN                                                                                                          \
	{                                                                                                              \
		"shown", FIELD_TEXT, IN_BODY, false, 31, .summary = "The period that the page shows afterwards."       \
	}
static const struct field note_form_fields[] = {
	{ "period", FIELD_TEXT, IN_BODY, true, 31, .summary = "What the note is about: as of the views." },
	{ "ja", FIELD_LINES, IN_BODY, true, 2000, .summary = "The note in Japanese; lines become one." },
	{ "en", FIELD_LINES, IN_BODY, true, 2000, .summary = "The note in English; lines become one." },
	{ "left_out", FIELD_BOOLEAN, IN_BODY, false,
	    .summary = "Its days are no part of trends, and nothing is compared with them unless asked for." },
	SHOWN,
	{ NULL },
};
static const struct field one_note_form_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The note." },
	SHOWN,
	{ NULL },
};

static const char *const sorts[] = { "group", "change", "scan", "victim", NULL };
static const struct field findings_fields[] = {
	{ "what", FIELD_CHOICE, IN_QUERY, false, .choices = sorts, .summary = "Of which sort; group when absent." },
	{ "organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,
	    .summary = "Only of its telescopes." },
	{ "address", FIELD_PREFIX, IN_QUERY, false,
	    .summary = "Of scans and victims: whose address lies in this address or prefix." },
	{ "from", FIELD_TIME, IN_QUERY, false, .summary = "Not before this; 30 days ago when absent." },
	{ "to", FIELD_TIME, IN_QUERY, false, .summary = "Before this." },
	{ "after", FIELD_CURSOR, IN_QUERY, false,
	    .summary = "The `next` of the answer before. There may be one behind an empty list: what is searched at "
		       "once is bounded." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 200, .summary = "At most; 50 when absent." },
	{ "format", FIELD_CHOICE, IN_QUERY, false, .choices = forms,
	    .summary = "csv: all rows as CSV, whatever `limit` and `after` say." },
	{ NULL },
};

static const struct field sources_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The group's." },
	{ "noticed", FIELD_TIME, IN_QUERY, false,
	    .summary = "When it was noticed: `occurred` of the finding. The last 30 days are searched when absent." },
	{ "format", FIELD_CHOICE, IN_QUERY, false, .choices = forms, .summary = "csv: one address a line." },
	{ NULL },
};

static const char *const tlps[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", NULL };
static const char *const actions[] = { "observe", "alert", "block", NULL };
static const struct field indicators_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The group's." },
	{ "noticed", FIELD_TIME, IN_BODY, true, .summary = "When it was noticed: `occurred` of the finding." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps, .summary = "AMBER when absent." },
	{ "days", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 365,
	    .summary = "For so long the set is valid from now on; 7 when absent." },
	{ "confidence", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 100, .summary = "50 when absent." },
	{ "action", FIELD_CHOICE, IN_BODY, false, .choices = actions,
	    .summary = "What sensors do that meet one of its sources, once it is shared; alert when absent." },
	{ NULL },
};

const struct route counts_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/darknet/views", "darknet-views",
	    "What telescopes saw in a period, ranked and compared; JSON or CSV.", views_fields, ACTION_TELESCOPE_READ,
	    .deferrable = true, .handle = views_read },
	{ ROUTE_JSON, "GET", "/v1/darknet/comparison", "darknet-comparison",
	    "What one's own telescopes saw beside all of them, for each day and address.", comparison_fields,
	    ACTION_TELESCOPE_READ, .deferrable = true, .handle = comparison_read },
	{ ROUTE_JSON, "GET", "/v1/darknet/telescopes", "darknet-telescopes",
	    "The telescopes, and what each saw in the last 30 days.", telescopes_fields, ACTION_TELESCOPE_READ,
	    .handle = telescopes_read },
	{ ROUTE_JSON, "GET", "/v1/darknet/hours", "darknet-hours", "Packets of each hour, for each address.",
	    hours_fields, ACTION_TELESCOPE_READ, .deferrable = true, .handle = telescope_hours },
	{ ROUTE_JSON, "POST", "/v1/darknet/publications", "darknet-publish",
	    "Keep the views of a period of all telescopes as they are known now.", publish_fields,
	    ACTION_TELESCOPE_PUBLISH, .changes = true, .handle = figures_publish },
	{ ROUTE_FORM, "POST", "/darknet/publications", "darknet-publish-form",
	    "Keep the views of a period of all telescopes as they are known now.", publish_fields,
	    ACTION_TELESCOPE_PUBLISH, .changes = true, .handle = figures_publish },
	{ ROUTE_JSON, "GET", "/v1/darknet/publications", "darknet-publications",
	    "What was published of telescopes, newest first.", NULL, ACTION_TELESCOPE_READ, .handle = figures_list },
	{ ROUTE_JSON, "GET", "/v1/darknet/publications/{id}", "darknet-publication",
	    "What was published, as it was known then.", publication_fields, ACTION_TELESCOPE_READ,
	    .handle = figures_get },
	{ ROUTE_JSON, "POST", "/v1/darknet/notes", "darknet-note-add",
	    "Say why a period of what telescopes counted is unlike others.", note_fields, ACTION_TELESCOPE_PUBLISH,
	    .changes = true, .handle = note_add },
	{ ROUTE_FORM, "POST", "/darknet/notes", "darknet-note-add-form",
	    "Say why a period of what telescopes counted is unlike others.", note_form_fields, ACTION_TELESCOPE_PUBLISH,
	    .changes = true, .handle = note_add },
	{ ROUTE_JSON, "GET", "/v1/darknet/notes", "darknet-notes",
	    "What is said of periods of what telescopes counted.", NULL, ACTION_TELESCOPE_READ, .handle = note_list },
	{ ROUTE_JSON, "DELETE", "/v1/darknet/notes/{id}", "darknet-note-remove",
	    "Remove a note; what was published with it keeps it.", one_note_fields, ACTION_TELESCOPE_PUBLISH,
	    .changes = true, .handle = note_remove },
	{ ROUTE_FORM, "POST", "/darknet/notes/{id}/remove", "darknet-note-remove-form",
	    "Remove a note; what was published with it keeps it.", one_note_form_fields, ACTION_TELESCOPE_PUBLISH,
	    .changes = true, .handle = note_remove },
	{ ROUTE_JSON, "GET", "/v1/darknet/findings", "darknet-findings",
	    "Groups, changes, scans or victims that telescopes found, newest first; JSON or CSV.", findings_fields,
	    ACTION_RECORD_READ, .deferrable = true, .handle = findings_list },
	{ ROUTE_JSON, "GET", "/v1/darknet/findings/{id}/sources", "finding-sources",
	    "All sources of a group, as JSON or CSV.", sources_fields, ACTION_RECORD_READ, .deferrable = true,
	    .handle = finding_sources },
	{ ROUTE_JSON, "POST", "/v1/darknet/findings/{id}/indicators", "finding-indicators",
	    "Make an indicator set of a group: an item of the centre for each thousand of its sources. Members' own "
	    "addresses, reserved ones and what "
	    "warning lists know are left out.",
	    indicators_fields, ACTION_FINDING_SHARE, .changes = true, .handle = finding_indicators },
	{ ROUTE_FORM, "POST", "/darknet/findings/{id}/indicators", "finding-indicators-form",
	    "Make an indicator set of a group: an item of the centre for each thousand of its sources. Members' own "
	    "addresses, reserved ones and what "
	    "warning lists know are left out.",
	    indicators_fields, ACTION_FINDING_SHARE, .changes = true, .handle = finding_indicators },
	{ ROUTE_PAGE, "GET", "/darknet/findings", "darknet-findings-page",
	    "Groups, changes, scans or victims that telescopes found, newest first.", findings_fields,
	    ACTION_RECORD_READ, .deferrable = true, .page = "findings", .handle = findings_list },
	{ ROUTE_PAGE, "GET", "/darknet/comparison", "darknet-comparison-page",
	    "What one's own telescopes saw beside all of them, for each day and address.", comparison_fields,
	    ACTION_TELESCOPE_READ, .deferrable = true, .page = "comparison", .handle = comparison_page },
	{ ROUTE_PAGE, "GET", "/darknet", "darknet-page", "What telescopes saw in a period, ranked and compared.",
	    views_fields, ACTION_TELESCOPE_READ, .deferrable = true, .page = "darknet", .handle = darknet_page },
	{ .name = NULL },
};
