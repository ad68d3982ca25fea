/*
 * The route table of the exchange's pages. Programs have the routes under /v1 (routes.c).
 */
#include "intel/pages.h"

static const char *const circles[] = { "sector", "council", "isac", "closed", "bilateral", "open", NULL };
static const char *const roles[] = { "reader", "member", "steward", NULL };

#define LIST                                                                                                           \
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },                       \
	{                                                                                                              \
		"limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,                                      \
							 .summary = "Of one page; 100 when absent."                    \
	}
#define COMMUNITY                                                                                                      \
	{                                                                                                              \
		"community", FIELD_TEXT, IN_PATH, true, 63, .summary = "The community's name."                         \
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
	{ "version", FIELD_INTEGER, IN_BODY, true, .least = 1, .most = INT64_MAX,
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
	{ "naming", FIELD_TEXT, IN_BODY, true, 32,
	    .summary = "anywhere, nowhere, or within- and the number of a community." },
	{ "naming_version", FIELD_INTEGER, IN_BODY, true, .least = 0, .most = INT64_MAX,
	    .summary = "The one that was shown." },
	{ NULL },
};

#define PAGE(path_, page_, summary_, fields_, action_, handle_)                                                        \
	{                                                                                                              \
		ROUTE_PAGE, "GET", path_, page_ "-page", summary_, fields_, action_, .page = page_, .handle = handle_  \
	}
#define FORM(path_, name_, summary_, fields_, action_, handle_)                                                        \
	{                                                                                                              \
		ROUTE_FORM, "POST", path_, name_ "-form", summary_, fields_, action_, .changes = true,                 \
										      .handle = handle_                \
	}

const struct route page_routes[] = {
	PAGE("/communities", "communities", "Communities, and where one's own organisation may be named.", list_fields,
	    ACTION_COMMUNITY_READ, communities_page),
	FORM("/communities", "community-create", "Make a community.", create_fields, ACTION_COMMUNITY_WRITE,
	    community_create_form),
	PAGE("/communities/{community}", "community", "One community: what it is for, its parts, its members.",
	    community_fields, ACTION_COMMUNITY_READ, community_page),
	FORM("/communities/{community}", "community-change", "Change a community.", change_fields,
	    ACTION_COMMUNITY_WRITE, community_change_form),
	FORM("/communities/{community}/members", "member-put",
	    "Make an organisation a member, or give it another role.", member_fields, ACTION_MEMBERSHIP_WRITE,
	    member_put_form),
	FORM("/communities/{community}/members/{organisation}/end", "member-end", "End a membership now.",
	    member_end_fields, ACTION_MEMBERSHIP_WRITE, member_end_form),
	FORM("/naming", "naming-change", "Say where one's own organisation may be named to others.", naming_fields,
	    ACTION_NAMING_WRITE, naming_form),
	{ .name = NULL },
};
