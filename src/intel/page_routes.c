/*
 * The route table of the exchange's pages. Programs have the routes under /v1 (routes.c).
 */
#include "intel/items.h"
#include "intel/pages.h"

#include "intel/releases.h"

static const char *const circles[] = { "sector", "council", "isac", "closed", "bilateral", "open", NULL };
static const char *const namings[] = { "anywhere", "within", "nowhere", NULL };
static const char *const roles[] = { "reader", "member", "steward", NULL };

#define LIST                                                                                                           \
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },                       \
	{                                                                                                              \
		"limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,                                      \
							 .summary = "Of one page; 100 when absent."                    \
	}
#define COMMUNITY                                                                                                      \
	{                                                                                                              \
		"number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295,                                \
							.summary = "Number of the community."                          \
	}
#define COMMUNITY_BODY                                                                                                 \
	{ "title_ja", FIELD_TEXT, IN_BODY, false, 127, .summary = "As it is shown in Japanese." },                     \
	    { "title_en", FIELD_TEXT, IN_BODY, false, 127, .summary = "As it is shown in English." },                  \
	    { "purpose", FIELD_LINES, IN_BODY, true, 1023, .summary = "Why something is shared here." },               \
	    { "content", FIELD_LINES, IN_BODY, true, 1023, .summary = "What is shared here." },                        \
	    { "recipients", FIELD_LINES, IN_BODY, true, 1023,                                                          \
		    .summary = "With whom, beyond the members, it may be." },                                          \
	    { "kind", FIELD_CHOICE, IN_BODY, false, .choices = circles, .summary = "closed when absent." },            \
	    { "parent", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = INT32_MAX,                                  \
		    .summary = "The whole that it is a part of; 0 = none." },                                          \
	    { "hidden", FIELD_BOOLEAN, IN_BODY, false, .summary = "Members do not learn who the members are." },       \
	    { "centre", FIELD_BOOLEAN, IN_BODY, false,                                                                 \
		    .summary = "The centre's analysts read what is released here." },                                  \
	{                                                                                                              \
		"active", FIELD_BOOLEAN, IN_BODY, false, .summary = "Items are released to it and read in it."         \
	}

static const struct field list_fields[] = { LIST, { NULL } };
static const struct field community_fields[] = { COMMUNITY, { NULL } };
static const struct field create_fields[] = {
	{ "name", FIELD_TEXT, IN_BODY, true, 63, .summary = "Short and unique." },
	COMMUNITY_BODY,
	{ NULL },
};
static const struct field change_fields[] = {
	COMMUNITY,
	{ "version", FIELD_INTEGER, IN_BODY, true, .least = 1, .most = INT32_MAX,
	    .summary = "The one that was shown." },
	COMMUNITY_BODY,
	{ NULL },
};
static const struct field member_fields[] = {
	COMMUNITY,
	{ "organisation", FIELD_INTEGER, IN_BODY, true, .least = 1, .most = 4294967295,
	    .summary = "Number of the organisation." },
	{ "role", FIELD_CHOICE, IN_BODY, false, .choices = roles, .summary = "member when absent." },
	{ NULL },
};
static const struct field member_end_fields[] = {
	COMMUNITY,
	{ "organisation", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295,
	    .summary = "Number of the organisation." },
	{ NULL },
};
static const struct field naming_fields[] = {
	{ "naming", FIELD_CHOICE, IN_BODY, true, .choices = namings,
	    .summary = "Where others may learn that something comes from it or is about it." },
	{ "circle", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = INT32_MAX,
	    .summary = "For `within`: the community, with its parts." },
	{ "naming_version", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = INT32_MAX,
	    .summary = "The one that was shown; 0 = nothing was said before." },
	{ NULL },
};

static const char *const kinds[] = { "indicator", "sighting", "report", "advisory", "relation", "other", NULL };
static const char *const tlps[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", NULL };
static const char *const paps[] = { "CLEAR", "GREEN", "AMBER", "RED", NULL };
static const char *const actions[] = { "observe", "alert", "block", NULL };
static const char *const holds[] = { "now", "over", NULL };
static const char *const texts[] = { "indicator", "advisory", "report", NULL };

#define ITEM                                                                                                           \
	{                                                                                                              \
		"item", FIELD_TEXT, IN_PATH, true, ITEM_ID, .summary = "The item's id."                                \
	}

static const struct field items_fields[] = {
	{ "value", FIELD_TEXT, IN_QUERY, false, 2048, .summary = "A whole value of the pattern: an address, a hash …" },
	{ "text", FIELD_TEXT, IN_QUERY, false, 255, .summary = "Part of its name or description." },
	{ "kind", FIELD_CHOICE, IN_QUERY, false, .choices = kinds, .summary = "What sort of item." },
	{ "type", FIELD_TEXT, IN_QUERY, false, 191, .summary = "Of the object, such as malware." },
	{ "label", FIELD_TEXT, IN_QUERY, false, 255, .summary = "One of its labels." },
	{ "tlp", FIELD_CHOICE, IN_QUERY, false, .choices = tlps, .summary = "Its level." },
	{ "holds", FIELD_CHOICE, IN_QUERY, false, .choices = holds, .summary = "Indicators in force, or not." },
	{ "organisation", FIELD_INTEGER, IN_QUERY, false, .least = 0, .most = 4294967295,
	    .summary = "Whose; 0 = the centre's." },
	{ "community", FIELD_TEXT, IN_QUERY, false, 63, .summary = "Released to this community, by name." },
	{ "sector", FIELD_TEXT, IN_QUERY, false, 127, .summary = "Given by organisations of this sector." },
	{ "from", FIELD_TIME, IN_QUERY, false, .summary = "Received at or after this." },
	{ "to", FIELD_TIME, IN_QUERY, false, .summary = "Received before this." },
	LIST,
	{ NULL },
};
static const struct field item_fields[] = { ITEM, { NULL } };
static const struct field item_new_fields[] = {
	{ "about", FIELD_TEXT, IN_QUERY, false, ITEM_ID, .summary = "The item that a report is about." },
	{ NULL },
};
static const struct field item_create_fields[] = {
	{ "what", FIELD_CHOICE, IN_BODY, true, .choices = texts, .summary = "An indicator, or a text." },
	{ "type", FIELD_TEXT, IN_BODY, false, 64,
	    .summary = "Of an indicator's value: domain, address, url, sha256 …" },
	{ "value", FIELD_TEXT, IN_BODY, false, 2048, .summary = "Of an indicator." },
	{ "action", FIELD_CHOICE, IN_BODY, false, .choices = actions, .summary = "What a sensor does that meets it." },
	{ "valid_until", FIELD_TIME, IN_BODY, false, .summary = "Of an indicator." },
	{ "half_life", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 3650, .summary = "Of its confidence: days." },
	{ "name", FIELD_TEXT, IN_BODY, false, 4096, .summary = "Its name." },
	{ "text", FIELD_LINES, IN_BODY, false, 16384, .summary = "What it is." },
	{ "about", FIELD_LINES, IN_BODY, false, 20000,
	    .summary = "Ids of the items that a text is about, one a line." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps, .summary = "AMBER when absent." },
	{ "pap", FIELD_CHOICE, IN_BODY, false, .choices = paps, .summary = "What a recipient may do with it." },
	{ "confidence", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = 100, .summary = "0 to 100." },
	{ NULL },
};
static const struct field item_change_fields[] = {
	ITEM,
	{ "name", FIELD_TEXT, IN_BODY, false, 4096, .summary = "Its name." },
	{ "description", FIELD_LINES, IN_BODY, false, 16384, .summary = "What it is." },
	{ "confidence", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = 100, .summary = "0 to 100." },
	{ "valid_until", FIELD_TIME, IN_BODY, false, .summary = "Of an indicator." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps, .summary = "Its level." },
	{ "action", FIELD_CHOICE, IN_BODY, false, .choices = actions, .summary = "What a sensor does that meets it." },
	{ "false_positive", FIELD_BOOLEAN, IN_BODY, false, .summary = "It was found to be none." },
	{ NULL },
};

#define RELEASE                                                                                                        \
	{                                                                                                              \
		"release", FIELD_UUID, IN_PATH, true, .summary = "Its UUID."                                           \
	}
/* Of a release that is wanted: in the query to look at it, in the body to decide. */
#define WISH(place_)                                                                                                   \
	{ "tlp", FIELD_CHOICE, place_, false, .choices = tlps, .summary = "The item's own when absent." },             \
	    { "named", FIELD_LIST, place_, false, 500,                                                                 \
		    .summary = "For TLP:RED: short names or numbers of the organisations that may read it." },         \
	    { "split", FIELD_BOOLEAN, place_, false, .summary = "Facts about the victim stay behind." },               \
	    { "purpose", FIELD_LINES, place_, false, 1023,                                                             \
		    .summary = "Why it is released; the community's when absent." },                                   \
	    { "content", FIELD_LINES, place_, false, 1023, .summary = "What it is; the community's when absent." },    \
	{                                                                                                              \
		"recipients", FIELD_LINES, place_, false, 1023,                                                        \
		    .summary = "With whom it may be shared further; the community's when absent."                      \
	}
#define LOOK { "community", FIELD_TEXT, IN_QUERY, false, 63, .summary = "To which community, by name." }, WISH(IN_QUERY)
#define DECIDE                                                                                                         \
	{ "community", FIELD_TEXT, IN_BODY, true, 63, .summary = "To which community, by name." },                     \
	    { "seen", FIELD_TIME, IN_BODY, false, .summary = "`modified` of the version that was looked at." },        \
	    WISH(IN_BODY)

static const struct field shared_fields[] = {
	{ "community", FIELD_TEXT, IN_QUERY, false, 63, .summary = "Of this community alone, by name." },
	{ "tlp", FIELD_CHOICE, IN_QUERY, false, .choices = tlps, .summary = "Its level." },
	{ "type", FIELD_TEXT, IN_QUERY, false, 191, .summary = "Of the object, such as malware." },
	{ "text", FIELD_TEXT, IN_QUERY, false, 255, .summary = "Somewhere in it." },
	{ "holds", FIELD_CHOICE, IN_QUERY, false, .choices = holds, .summary = "Indicators in force, or not." },
	LIST,
	{ NULL },
};
static const struct field release_fields[] = { RELEASE, { NULL } };
static const struct field look_item_fields[] = { ITEM, LOOK, { NULL } };
static const struct field look_release_fields[] = { RELEASE, LOOK, { NULL } };
static const struct field decide_item_fields[] = { ITEM, DECIDE, { NULL } };
static const struct field decide_release_fields[] = { RELEASE, DECIDE, { NULL } };
static const struct field withdraw_fields[] = {
	RELEASE,
	{ "reason", FIELD_TEXT, IN_BODY, false, 255,
	    .summary = "Shown to whoever knows of the release, and in the log." },
	{ NULL },
};
static const struct field withdraw_form_fields[] = {
	RELEASE,
	{ "reason", FIELD_TEXT, IN_BODY, true, 255, .summary = "For the log." },
	{ NULL },
};
static const struct field note_fields[] = {
	RELEASE,
	{ "text", FIELD_LINES, IN_BODY, true, 16384, .summary = "What one has to say about it." },
	{ NULL },
};
static const struct field had_fields[] = {
	{ "organisation", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295,
	    .summary = "Number of the organisation." },
	LIST,
	{ NULL },
};

#define READ(path_, name_, summary_, fields_, action_, handle_)                                                        \
	{                                                                                                              \
		ROUTE_JSON, "GET", "/v1" path_, name_, summary_, fields_, action_, .handle = handle_                   \
	}
/* The same change for programs and for a page's form. */
#define CHANGE(path_, name_, summary_, fields_, action_, handle_)                                                      \
	{                                                                                                              \
		ROUTE_JSON, "POST", "/v1" path_, name_, summary_, fields_, action_, .changes = true, .handle = handle_ \
	}
#define PAGE(path_, page_, summary_, fields_, action_, handle_)                                                        \
	{                                                                                                              \
		ROUTE_PAGE, "GET", path_, page_ "-page", summary_, fields_, action_, .page = page_, .handle = handle_  \
	}
#define FORM(path_, name_, summary_, fields_, action_, handle_)                                                        \
	{                                                                                                              \
		ROUTE_FORM, "POST", path_, name_ "-form", summary_, fields_, action_, .changes = true,                 \
										      .handle = handle_                \
	}

static const char *const formats[] = { "json", "csv", NULL };
static const struct field handover_fields[] = {
	{ "year", FIELD_INTEGER, IN_QUERY, false, .least = 1971, .most = 2260, .summary = "This one when absent." },
	{ "organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,
	    .summary = "Of this one alone." },
	{ "format", FIELD_CHOICE, IN_QUERY, false, .choices = formats, .summary = "json when absent." },
	{ NULL },
};

const struct route page_routes[] = {
	READ("/handovers", "handover-list",
	    "What organisations and the centre handed over to each other in a year, by month; JSON or CSV.",
	    handover_fields, ACTION_COUNTER_READ, handovers_read),
	PAGE("/handovers", "handovers",
	    "What organisations and the centre handed over to each other in a year, by month; or as CSV.",
	    handover_fields, ACTION_COUNTER_READ, handovers_read),
	PAGE("/communities", "communities", "Communities, and where one's own organisation may be named.", list_fields,
	    ACTION_COMMUNITY_READ, communities_page),
	FORM("/communities", "community-create", "Make a community.", create_fields, ACTION_COMMUNITY_WRITE,
	    community_create_form),
	PAGE("/communities/{number}", "community", "One community: what it is for, its parts, its members.",
	    community_fields, ACTION_COMMUNITY_READ, community_page),
	FORM("/communities/{number}", "community-change", "Change a community.", change_fields, ACTION_COMMUNITY_WRITE,
	    community_change_form),
	FORM("/communities/{number}/members", "member-put", "Make an organisation a member, or give it another role.",
	    member_fields, ACTION_MEMBERSHIP_WRITE, member_put_form),
	FORM("/communities/{number}/members/{organisation}/end", "member-end", "End a membership now.",
	    member_end_fields, ACTION_MEMBERSHIP_WRITE, member_end_form),
	FORM("/naming", "naming-change", "Say where one's own organisation may be named to others.", naming_fields,
	    ACTION_NAMING_WRITE, naming_form),
	PAGE("/items", "items", "Items: one's own, and for analysts those that were given to the centre.", items_fields,
	    ACTION_ITEM_READ, items_page),
	FORM("/items", "item-create", "Write an indicator, an advisory or a report.", item_create_fields,
	    ACTION_ITEM_WRITE, item_create_form),
	PAGE("/new-item", "item-new", "What an item is made with.", item_new_fields, ACTION_ITEM_WRITE, item_new_page),
	PAGE("/items/{item}", "item", "One item: what it says, versions, relations, sightings.", item_fields,
	    ACTION_ITEM_READ, item_page),
	FORM("/items/{item}", "item-change", "Change an item of one's own: a new version of it.", item_change_fields,
	    ACTION_ITEM_WRITE, item_change_form),
	PAGE("/shared", "shared", "What is shared with one's organisation, as it sees it.", shared_fields,
	    ACTION_ITEM_READ, shared_page),
	READ("/releases", "release-list", "What is shared with one's organisation, with its renderings.", shared_fields,
	    ACTION_ITEM_READ, release_list),
	PAGE("/shared/{release}", "release", "One release: what its community sees, its steps, what others wrote.",
	    release_fields, ACTION_ITEM_READ, release_page),
	READ("/releases/{release}", "release-read", "One release: what its community sees, and what was taken out.",
	    release_fields, ACTION_ITEM_READ, release_read),
	READ("/items/{item}/releases", "item-releases", "An item's releases, from the first circle on.", item_fields,
	    ACTION_ITEM_READ, release_steps),
	{ ROUTE_PAGE, "GET", "/items/{item}/release", "release-new-page",
	    "Look at what a community would see of an item, and decide.", look_item_fields, ACTION_RELEASE_WRITE,
	    .page = "release-new", .handle = release_new_page },
	{ ROUTE_PAGE, "GET", "/shared/{release}/release", "release-widen-page",
	    "Look at what a wider community would see, and decide.", look_release_fields, ACTION_RELEASE_WRITE,
	    .page = "release-new", .handle = release_new_page },
	READ("/items/{item}/preview", "release-preview",
	    "What a community would see of an item, what was taken out, who the recipients are. Changes nothing.",
	    look_item_fields, ACTION_RELEASE_WRITE, release_preview),
	READ("/releases/{release}/preview", "release-widen-preview",
	    "What a wider community would see of what was released. Changes nothing.", look_release_fields,
	    ACTION_RELEASE_WRITE, release_preview),
	CHANGE("/items/{item}/releases", "release-create", "Release an item to a community.", decide_item_fields,
	    ACTION_RELEASE_WRITE, release_create),
	FORM("/items/{item}/releases", "release-create", "Release an item to a community.", decide_item_fields,
	    ACTION_RELEASE_WRITE, release_create),
	CHANGE("/releases/{release}/releases", "release-widen", "Release further what was released.",
	    decide_release_fields, ACTION_RELEASE_WRITE, release_create),
	FORM("/shared/{release}/releases", "release-widen", "Release further what was released.", decide_release_fields,
	    ACTION_RELEASE_WRITE, release_create),
	CHANGE("/releases/{release}/withdraw", "release-withdraw", "Take a release back, for everybody at once.",
	    withdraw_fields, ACTION_RELEASE_WRITE, release_withdraw),
	FORM("/shared/{release}/withdraw", "release-withdraw", "Take a release back, for everybody at once.",
	    withdraw_form_fields, ACTION_RELEASE_WRITE, release_withdraw),
	CHANGE("/releases/{release}/notes", "release-note", "Write a note about it, for the same community.",
	    note_fields, ACTION_RELEASE_WRITE, release_note),
	FORM("/shared/{release}/notes", "release-note", "Write a note about it, for the same community.", note_fields,
	    ACTION_RELEASE_WRITE, release_note),
	READ("/organisations/{organisation}/had", "release-had",
	    "What an organisation could ever read of what was released.", had_fields, ACTION_ITEM_READ, release_had),
	PAGE("/organisations/{organisation}/had", "had", "What an organisation could ever read of what was released.",
	    had_fields, ACTION_ITEM_READ, had_page),
	{ .name = NULL },
};
