/*
 * The routes of the exchange: TAXII 2.1, communities, collections, items.
 */
#include "intel/routes.h"

#include "intel/collections.h"
#include "intel/communities.h"
#include "intel/items.h"
#include "intel/taxii.h"

static const char *const tlps[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", NULL };
static const char *const item_tlps[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", NULL };
static const char *const rights[] = { "reader", "member", "steward", "centre", NULL };
static const char *const circles[] = { "sector", "council", "isac", "closed", "bilateral", "open", NULL };
static const char *const roles[] = { "reader", "member", "steward", NULL };
static const char *const kinds[] = { "indicator", "sighting", "report", "advisory", "relation", "other", NULL };
static const char *const actions[] = { "observe", "alert", "block", NULL };

/* ── TAXII ─ */

#define COLLECTION                                                                                                     \
	{                                                                                                              \
		"collection", FIELD_TEXT, IN_PATH, true, 64, .summary = "Its UUID or its alias."                       \
	}
#define OBJECT                                                                                                         \
	{                                                                                                              \
		"object", FIELD_TEXT, IN_PATH, true, ITEM_ID, .summary = "The object's id."                            \
	}
#define PAGES                                                                                                          \
	{ "added_after", FIELD_TEXT, IN_QUERY, false, 64, .summary = "Only what was added later than this time." },    \
	    { "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = INT64_MAX,                                  \
		    .summary = "Objects of one page; at most 1000." },                                                 \
	{                                                                                                              \
		"next", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before."                     \
	}
#define MATCH_VERSION                                                                                                  \
	{                                                                                                              \
		"match[version]", FIELD_TEXT, IN_QUERY, false, 2048,                                                   \
		    .summary = "last (the default), first, all, or timestamps."                                        \
	}
#define MATCH_SPEC                                                                                                     \
	{                                                                                                              \
		"match[spec_version]", FIELD_TEXT, IN_QUERY, false, 256,                                               \
		    .summary = "2.0, 2.1; the latest of each object when absent."                                      \
	}

static const struct field status_fields[] = {
	{ "status", FIELD_TEXT, IN_PATH, true, 64, .summary = "What adding objects answered with." },
	{ NULL },
};
static const struct field collection_fields[] = { COLLECTION, { NULL } };
static const struct field objects_fields[] = {
	COLLECTION,
	PAGES,
	{ "match[id]", FIELD_TEXT, IN_QUERY, false, 8192, .summary = "Ids of objects, apart by commas." },
	{ "match[type]", FIELD_TEXT, IN_QUERY, false, 8192, .summary = "Types of objects, apart by commas." },
	MATCH_VERSION,
	MATCH_SPEC,
	{ NULL },
};
static const struct field object_fields[] = { COLLECTION, OBJECT, PAGES, MATCH_VERSION, MATCH_SPEC, { NULL } };
static const struct field versions_fields[] = { COLLECTION, OBJECT, PAGES, MATCH_SPEC, { NULL } };
static const struct field delete_fields[] = { COLLECTION, OBJECT, MATCH_VERSION, MATCH_SPEC, { NULL } };

/* ── our own ─ */

#define COLLECTION_BODY                                                                                                \
	{ "title", FIELD_TEXT, IN_BODY, false, 127, .summary = "As it is shown." },                                    \
	    { "description", FIELD_TEXT, IN_BODY, false, 1023, .summary = "What is in it." },                          \
	    { "alias", FIELD_TEXT, IN_BODY, false, 63, .summary = "A name instead of its UUID: a-z 0-9 - . _" },       \
	    { "read", FIELD_CHOICE, IN_BODY, false, .choices = rights,                                                 \
		    .summary = "From which role in the community on it is read by TAXII; reader when absent." },       \
	    { "write", FIELD_CHOICE, IN_BODY, false, .choices = rights,                                                \
		    .summary = "From which role in the community on; member when absent." },                           \
	{                                                                                                              \
		"active", FIELD_BOOLEAN, IN_BODY, false, .summary = "Whether anybody sees it."                         \
	}
static const struct field collection_create_fields[] = {
	{ "community", FIELD_TEXT, IN_BODY, true, 63, .summary = "The community's name." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps, .summary = "AMBER when absent." },
	{ "id", FIELD_UUID, IN_BODY, false, .summary = "Its UUID; made when absent." },
	COLLECTION_BODY,
	{ NULL },
};
static const struct field collection_id_fields[] = {
	{ "collection", FIELD_TEXT, IN_PATH, true, 64, .summary = "Its UUID or its alias." },
	{ NULL },
};
static const struct field collection_change_fields[] = {
	{ "collection", FIELD_TEXT, IN_PATH, true, 64, .summary = "Its UUID or its alias." },
	COLLECTION_BODY,
	{ NULL },
};
static const struct field community_list_fields[] = {
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,
	    .summary = "Of one page; 100 when absent." },
	{ NULL },
};
static const struct field community_fields[] = {
	{ "name", FIELD_TEXT, IN_BODY, true, 63, .summary = "Short and unique." },
	{ "kind", FIELD_CHOICE, IN_BODY, false, .choices = circles, .summary = "closed when absent." },
	{ "title_ja", FIELD_TEXT, IN_BODY, false, 127, .summary = "As it is shown in Japanese." },
	{ "title_en", FIELD_TEXT, IN_BODY, false, 127, .summary = "As it is shown in English." },
	{ "purpose", FIELD_LINES, IN_BODY, true, 1023, .summary = "Why something is shared here." },
	{ "content", FIELD_LINES, IN_BODY, true, 1023, .summary = "What is shared here." },
	{ "recipients", FIELD_LINES, IN_BODY, true, 1023, .summary = "With whom, beyond the members, it may be." },
	{ "hidden", FIELD_BOOLEAN, IN_BODY, false, .summary = "Members do not learn who the members are." },
	{ "centre", FIELD_BOOLEAN, IN_BODY, false,
	    .summary = "The centre's analysts read what is released here; true when absent." },
	{ NULL },
};
#define MEMBER                                                                                                         \
	{ "number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295,                                      \
		.summary = "Number of the community." },                                                               \
	{                                                                                                              \
		"organisation", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295,                          \
							      .summary = "Number of the organisation."                 \
	}
static const struct field member_fields[] = {
	MEMBER,
	{ "role", FIELD_CHOICE, IN_BODY, false, .choices = roles, .summary = "member when absent." },
	{ NULL },
};
static const struct field member_end_fields[] = { MEMBER, { NULL } };
static const struct field import_fields[] = {
	{ "collection", FIELD_TEXT, IN_QUERY, false, 64,
	    .summary = "Into which collection, by UUID or alias; into none when absent." },
	{ NULL },
};
static const struct field import_id_fields[] = {
	{ "status", FIELD_TEXT, IN_PATH, true, 64, .summary = "What giving the items answered with." },
	{ NULL },
};
static const struct field item_list_fields[] = {
	{ "value", FIELD_TEXT, IN_QUERY, false, 2048, .summary = "A whole value of the pattern: an address, a hash …" },
	{ "type", FIELD_TEXT, IN_QUERY, false, 191, .summary = "Of the object, such as malware." },
	{ "kind", FIELD_CHOICE, IN_QUERY, false, .choices = kinds, .summary = "What sort of item." },
	{ "label", FIELD_TEXT, IN_QUERY, false, 255, .summary = "One of its labels." },
	{ "tlp", FIELD_CHOICE, IN_QUERY, false, .choices = item_tlps, .summary = "Its level." },
	{ "text", FIELD_TEXT, IN_QUERY, false, 255, .summary = "Part of its name or description." },
	{ "community", FIELD_TEXT, IN_QUERY, false, 63, .summary = "Released to this community, by name." },
	{ "sector", FIELD_TEXT, IN_QUERY, false, 127, .summary = "Given by organisations of this sector." },
	{ "from", FIELD_TIME, IN_QUERY, false, .summary = "Received at or after this." },
	{ "to", FIELD_TIME, IN_QUERY, false, .summary = "Received before this." },
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,
	    .summary = "Of one page; 100 when absent." },
	{ NULL },
};
static const struct field item_fields[] = {
	{ "item", FIELD_TEXT, IN_PATH, true, ITEM_ID, .summary = "The item's id." },
	{ NULL },
};
static const struct field relation_fields[] = {
	{ "item", FIELD_TEXT, IN_PATH, true, ITEM_ID, .summary = "The item's id." },
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,
	    .summary = "Of one page; 100 when absent." },
	{ NULL },
};
static const char *const paps[] = { "CLEAR", "GREEN", "AMBER", "RED", NULL };
static const struct field item_change_fields[] = {
	{ "item", FIELD_TEXT, IN_PATH, true, ITEM_ID, .summary = "The item's id." },
	{ "name", FIELD_TEXT, IN_BODY, false, 4096, .summary = "Its name." },
	{ "description", FIELD_LINES, IN_BODY, false, 16384, .summary = "What it is." },
	{ "confidence", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = 100, .summary = "0 to 100." },
	{ "revoked", FIELD_BOOLEAN, IN_BODY, false, .summary = "Whether its giver takes it back." },
	{ "labels", FIELD_LIST, IN_BODY, false, 100, .summary = "All of them." },
	{ "language", FIELD_TEXT, IN_BODY, false, 64, .summary = "Of its texts (RFC 5646)." },
	{ "pattern", FIELD_LINES, IN_BODY, false, 16384, .summary = "Of an indicator." },
	{ "valid_from", FIELD_TIME, IN_BODY, false, .summary = "Of an indicator." },
	{ "valid_until", FIELD_TIME, IN_BODY, false, .summary = "Of an indicator." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = item_tlps, .summary = "Its level." },
	{ "pap", FIELD_CHOICE, IN_BODY, false, .choices = paps, .summary = "Of an item of MISP." },
	{ "misp_type", FIELD_TEXT, IN_BODY, false, 191, .summary = "Of an attribute of MISP; its value is `pattern`." },
	{ "published", FIELD_TIME, IN_BODY, false, .summary = "Of an event of MISP." },
	{ "first_seen", FIELD_TIME, IN_BODY, false, .summary = "Of an attribute or object of MISP." },
	{ "last_seen", FIELD_TIME, IN_BODY, false, .summary = "Of an attribute or object of MISP." },
	{ "action", FIELD_CHOICE, IN_BODY, false, .choices = actions, .summary = "What a sensor does that meets it." },
	{ "false_positive", FIELD_BOOLEAN, IN_BODY, false, .summary = "It was found to be none." },
	{ NULL },
};

#define TAXII(method_, path_, name_, summary_, fields_, handle_)                                                       \
	{                                                                                                              \
		ROUTE_JSON, method_, "/taxii2" path_, name_, summary_, fields_, ACTION_ITEM_READ,                      \
		    .taxii = true, .limits = { .per_minute = 6000 }, .handle = handle_                                 \
	}

const struct route intel_routes[] = {
	TAXII("GET", "", "taxii-discovery", "TAXII 2.1: server discovery.", NULL, taxii_discovery),
	TAXII("GET", "/exchange", "taxii-root", "TAXII 2.1: the API root.", NULL, taxii_root),
	TAXII("GET", "/exchange/status/{status}", "taxii-status", "TAXII 2.1: what became of adding objects.",
	    status_fields, taxii_status),
	TAXII("GET", "/exchange/collections", "taxii-collections", "TAXII 2.1: collections.", NULL, taxii_collections),
	TAXII("GET", "/exchange/collections/{collection}", "taxii-collection", "TAXII 2.1: one collection.",
	    collection_fields, taxii_collection),
	TAXII("GET", "/exchange/collections/{collection}/manifest", "taxii-manifest",
	    "TAXII 2.1: what is in a collection.", objects_fields, taxii_manifest),
	TAXII("GET", "/exchange/collections/{collection}/objects", "taxii-objects",
	    "TAXII 2.1: the objects of a collection.", objects_fields, taxii_objects),
	TAXII("GET", "/exchange/collections/{collection}/objects/{object}", "taxii-object", "TAXII 2.1: one object.",
	    object_fields, taxii_object),
	TAXII("GET", "/exchange/collections/{collection}/objects/{object}/versions", "taxii-versions",
	    "TAXII 2.1: the versions of an object.", versions_fields, taxii_versions),
	{ ROUTE_JSON, "DELETE", "/taxii2/exchange/collections/{collection}/objects/{object}", "taxii-delete",
	    "TAXII 2.1: take an object of one's own out of a collection.", delete_fields, ACTION_ITEM_READ,
	    .taxii = true, .changes = true, .handle = taxii_delete },
	{ ROUTE_STREAM, "POST", "/taxii2/exchange/collections/{collection}/objects", "taxii-add",
	    "TAXII 2.1: add objects to a collection.", collection_fields, ACTION_ITEM_READ, .taxii = true,
	    .changes = true, .limits = { .per_minute = 6000 }, .handle = taxii_add },
	{ ROUTE_JSON, "GET", "/v1/communities", "community-list", "Communities, by name.", community_list_fields,
	    ACTION_COMMUNITY_READ, .handle = community_list },
	{ ROUTE_JSON, "POST", "/v1/communities", "community-create", "Make a community.", community_fields,
	    ACTION_COMMUNITY_WRITE, .changes = true, .handle = community_create },
	{ ROUTE_JSON, "PUT", "/v1/communities/{number}/members/{organisation}", "member-put",
	    "Make an organisation a member, or give it another role.", member_fields, ACTION_MEMBERSHIP_WRITE,
	    .changes = true, .handle = member_put },
	{ ROUTE_JSON, "DELETE", "/v1/communities/{number}/members/{organisation}", "member-end",
	    "End a membership now.", member_end_fields, ACTION_MEMBERSHIP_WRITE, .changes = true,
	    .handle = member_end },
	{ ROUTE_JSON, "GET", "/v1/collections", "collection-list", "Collections.", NULL, ACTION_COMMUNITY_READ,
	    .handle = collection_list },
	{ ROUTE_JSON, "POST", "/v1/collections", "collection-create", "Make a collection.", collection_create_fields,
	    ACTION_COMMUNITY_WRITE, .changes = true, .handle = collection_create },
	{ ROUTE_JSON, "GET", "/v1/collections/{collection}", "collection-read", "One collection.", collection_id_fields,
	    ACTION_COMMUNITY_READ, .handle = collection_read },
	{ ROUTE_JSON, "PATCH", "/v1/collections/{collection}", "collection-change", "Change a collection.",
	    collection_change_fields, ACTION_COMMUNITY_WRITE, .changes = true, .versioned = true,
	    .handle = collection_change },
	{ ROUTE_STREAM, "POST", "/v1/items", "item-import",
	    "Give items, as a bundle of STIX; or an event of MISP, which is kept as it is.", import_fields,
	    ACTION_ITEM_WRITE, .changes = true, .limits = { .per_minute = 6000 }, .handle = item_import },
	{ ROUTE_JSON, "GET", "/v1/imports/{status}", "import-read", "What became of items that were given.",
	    import_id_fields, ACTION_ITEM_READ, .handle = taxii_status },
	{ ROUTE_JSON, "GET", "/v1/items", "item-list", "Items, the last received first.", item_list_fields,
	    ACTION_ITEM_READ, .handle = item_list },
	{ ROUTE_JSON, "GET", "/v1/items/{item}", "item-read", "One item: the object and what we know of it.",
	    item_fields, ACTION_ITEM_READ, .handle = item_read },
	{ ROUTE_JSON, "GET", "/v1/items/{item}/versions", "item-versions", "All versions of an item.", item_fields,
	    ACTION_ITEM_READ, .handle = item_versions },
	{ ROUTE_JSON, "GET", "/v1/items/{item}/relations", "item-relations", "Relations and sightings of an item.",
	    relation_fields, ACTION_ITEM_READ, .handle = item_relations },
	{ ROUTE_JSON, "GET", "/v1/items/{item}/readers", "item-readers",
	    "Which organisations read an item that was released, how often, first and last.", item_fields,
	    ACTION_ITEM_READ, .handle = item_readers },
	{ ROUTE_JSON, "PATCH", "/v1/items/{item}", "item-change", "Change an item of one's own: a new version of it.",
	    item_change_fields, ACTION_ITEM_WRITE, .changes = true, .handle = item_change },
	{ ROUTE_JSON, "DELETE", "/v1/items/{item}", "item-remove", "Remove an item of one's own, from collections too.",
	    item_fields, ACTION_ITEM_WRITE, .changes = true, .handle = item_remove },
	{ .name = NULL },
};
