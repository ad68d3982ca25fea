/*
 * Remotes: made, shown and changed by administrators. What a remote talks to must be named by the configuration too, so
 * that an administrator's account alone opens no way out.
 */
#include "intel/remotes.h"

#include "http/call.h"
#include "intel/remote_course.h"
#include "intel/settings.h"
#include "store/items.h"
#include "store/remotes.h"

#include <string.h>

static json_t *course_json(const struct remote *remote, enum remote_way way)
{
	const struct remote_course *course = &remote->course[way];
	json_t *object = json_object();
	output_time(object, "last", course->last);
	if (remote->active && remote->does[way])
		output_time(object, "due", course->due);
	json_object_set_new(object, "failures", json_integer(course->failures));
	if (*course->words)
		output_string(object, "words", course->words);
	json_object_set_new(object, "good", json_integer((json_int_t)course->good));
	json_object_set_new(object, "bad", json_integer((json_int_t)course->bad));
	return object;
}

/* How far it came, for people: the dates that the servers themselves use. */
static void output_position(json_t *row, const struct remote *remote)
{
	char given[TIME_TEXT];
	if (*remote->after)
		output_string(row, "polled_to", remote->after);
	json_object_set_new(row, "on_a_page", json_boolean(*remote->next));
	if (remote->given)
		output_string(row, "pushed_to", time_format_taxii(remote->given * MICROSECOND, given));
	if (*remote->status)
		output_string(row, "status", remote->status);
}

json_t *remote_describe(struct store *store, const struct scope *scope, const struct remote *remote)
{
	struct collection collection;
	json_t *row = json_object();
	output_uuid(row, "id", remote->id);
	output_string(row, "name", remote->name);
	output_string(row, "kind", remote_kind_code(remote->kind));
	output_string(row, "url", remote->url);
	output_string(row, "there", remote->there);
	if (store_collection_get(store, scope, remote->collection, &collection, NULL) == OK)
		output_uuid(row, "collection", collection.id);
	json_object_set_new(row, "organisation", json_integer(remote->organisation));
	if (remote->kind == REMOTE_FEED)
		output_string(row, "tlp", tlp_code(remote->tlp));
	json_object_set_new(row, "poll", json_boolean(remote->does[REMOTE_POLL]));
	json_object_set_new(row, "push", json_boolean(remote->does[REMOTE_PUSH]));
	output_string(row, "user", remote->user);
	output_string(row, "credential", remote->credential);
	output_string(row, "authorities", remote->authorities);
	json_object_set_new(row, "every", json_integer(remote->every / SECOND));
	json_object_set_new(row, "objects", json_integer(remote->objects));
	json_object_set_new(row, "bytes", json_integer((json_int_t)remote->bytes));
	json_object_set_new(row, "within", json_integer(remote->within / SECOND));
	json_object_set_new(row, "active", json_boolean(remote->active));
	output_time(row, "created", remote->created);
	json_object_set_new(row, "version", json_integer((json_int_t)remote->version));
	json_object_set_new(row, "polled", course_json(remote, REMOTE_POLL));
	json_object_set_new(row, "pushed", course_json(remote, REMOTE_PUSH));
	output_position(row, remote);
	return row;
}

static enum error answer(struct call *call, const struct remote *remote)
{
	json_t *row = remote_describe(call->store, call->scope, remote);
	json_object_update(call->output, row);
	json_decref(row);
	call->version = remote->version;
	return OK;
}

static enum error find(struct call *call, struct remote *remote, struct failure *failure)
{
	enum error error = store_remote_find(call->store, call->scope, input_text(call, "remote"), remote, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such remote.") : error;
}

/* ── reading ─ */

struct listing {
	const struct call *call;
	json_t *list;
};

static void add_remote(void *context, const struct remote *remote)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, remote_describe(listing->call->store, listing->call->scope, remote));
}

static enum error remote_list(struct call *call, struct failure *failure)
{
	struct listing listing = { call, json_array() };
	json_object_set_new(call->output, "remotes", listing.list);
	return store_remote_each(call->store, call->scope, add_remote, &listing, failure);
}

static void add_failure(void *context, const struct remote_failure *failed)
{
	json_t *row = json_object();
	output_string(row, "way", remote_way_code(failed->way));
	output_time(row, "when", failed->when);
	output_text(row, "object", failed->object);
	output_text(row, "version", failed->version);
	output_text(row, "message", failed->message);
	json_array_append_new(context, row);
}

static enum error remote_read(struct call *call, struct failure *failure)
{
	struct remote remote;
	enum error error = find(call, &remote, failure);
	if (error != OK)
		return error;
	json_t *list = json_array();
	answer(call, &remote);
	json_object_set_new(call->output, "refused", list);
	return store_remote_failure_each(call->store, call->scope, remote.number, add_failure, list, failure);
}

/* ── changing ─ */

static enum error fill_texts(const struct call *call, struct remote *remote, struct failure *failure)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} texts[] = { { "name", remote->name, sizeof remote->name }, { "url", remote->url, sizeof remote->url },
		{ "there", remote->there, sizeof remote->there }, { "user", remote->user, sizeof remote->user },
		{ "credential", remote->credential, sizeof remote->credential },
		{ "authorities", remote->authorities, sizeof remote->authorities } };
	enum error error = OK;
	for (size_t i = 0; i < sizeof texts / sizeof *texts && error == OK; i++)
		error = input_copy(call, texts[i].name, texts[i].to, texts[i].size, failure);
	return error;
}

static enum error fill_ours(const struct call *call, struct remote *remote, struct failure *failure)
{
	struct collection collection;
	struct organisation organisation;
	enum error error = OK;
	if (input_has(call, "collection")) {
		error = store_collection_find(
		    call->store, call->scope, input_text(call, "collection"), &collection, failure);
		if (error == ERROR_NOT_FOUND)
			return fail(failure, ERROR_INPUT, "collection: there is no such collection");
		remote->collection = error == OK ? collection.number : 0;
	}
	if (error == OK && input_has(call, "organisation")) {
		remote->organisation = (uint32_t)input_integer(call, "organisation", 0);
		error = store_organisation_get(call->store, call->scope, remote->organisation, &organisation, failure);
		if (error == ERROR_NOT_FOUND)
			return fail(failure, ERROR_INPUT, "organisation: there is no such organisation");
	}
	return error;
}

static enum error fill(const struct call *call, struct remote *remote, struct failure *failure)
{
	if (input_has(call, "tlp"))
		tlp_parse(input_text(call, "tlp"), &remote->tlp);
	remote->does[REMOTE_POLL] = input_boolean(call, "poll", remote->does[REMOTE_POLL]);
	remote->does[REMOTE_PUSH] = input_boolean(call, "push", remote->does[REMOTE_PUSH]);
	remote->active = input_boolean(call, "active", remote->active);
	remote->every = input_integer(call, "every", remote->every / SECOND) * SECOND;
	remote->objects = (uint32_t)input_integer(call, "objects", remote->objects);
	remote->bytes = (uint64_t)input_integer(call, "bytes", (int64_t)remote->bytes);
	remote->within = input_integer(call, "within", remote->within / SECOND) * SECOND;
	enum error error = fill_texts(call, remote, failure);
	if (error == OK)
		error = fill_ours(call, remote, failure);
	if (error == OK)
		error = remote_check(remote, failure);
	struct text host = remote_host(remote);
	if (error == OK && input_has(call, "url") && !intel_remote_allowed(host))
		return fail(failure, ERROR_INPUT, "url: the configuration does not name \"%.*s\" in intel.remotes",
		    (int)host.size, host.at);
	return error;
}

struct remote remote_new(nanoseconds now)
{
	return (struct remote){
		.every = 5 * MINUTE, .objects = 1000, .bytes = 8 << 20, .within = MINUTE, .active = true, .created = now
	};
}

static enum error remote_create(struct call *call, struct failure *failure)
{
	struct remote remote = remote_new(call->now);
	if (input_has(call, "kind"))
		remote_kind_parse(input_text(call, "kind"), &remote.kind);
	enum error error = fill(call, &remote, failure);
	if (error == OK)
		error = store_remote_put(call->store, call->scope, &remote, failure);
	if (error != OK)
		return error;
	snprintf(call->location, sizeof call->location, "/v1/remotes/%s", remote.name);
	call->status = 201;
	return answer(call, &remote);
}

static enum error remote_change(struct call *call, struct failure *failure)
{
	struct remote remote;
	enum error error = find(call, &remote, failure);
	if (error == OK && call->version && call->version != remote.version)
		error = fail(failure, ERROR_CONFLICT, "The remote was changed meanwhile: read it again.");
	struct remote before = error == OK ? remote : (struct remote){ 0 };
	if (error == OK)
		error = fill(call, &remote, failure);
	if (error != OK)
		return error;
	if (strcmp(before.url, remote.url) != 0 || strcmp(before.there, remote.there) != 0 ||
	    before.collection != remote.collection || before.organisation != remote.organisation) {
		remote_restart(&remote);
		remote.removed = call->now; /* what went before was never there */
	}
	for (unsigned way = 0; way < REMOTE_WAYS; way++)
		remote.course[way].due = 0; /* what was mended is tried at once */
	error = store_remote_put(call->store, call->scope, &remote, failure);
	return error == OK ? answer(call, &remote) : error;
}

static enum error remote_remove(struct call *call, struct failure *failure)
{
	struct remote remote;
	enum error error = find(call, &remote, failure);
	call->status = 204;
	return error == OK ? store_remote_remove(call->store, call->scope, &remote, failure) : error;
}

/* ── routes ─ */

static const char *const kinds[] = { "taxii", "feed", NULL };
static const char *const tlps[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", NULL };

#define REMOTE                                                                                                         \
	{                                                                                                              \
		"remote", FIELD_TEXT, IN_PATH, true, 64, .summary = "Its name or its UUID."                            \
	}
#define MORE                                                                                                           \
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps,                                                        \
		.summary = "Of a feed's entries; CLEAR when absent." },                                                \
	    { "poll", FIELD_BOOLEAN, IN_BODY, false, .summary = "Whether what is new there is asked for." },           \
	    { "push", FIELD_BOOLEAN, IN_BODY, false, .summary = "Whether what is new here is given to it." },          \
	    { "user", FIELD_TEXT, IN_BODY, false, 127,                                                                 \
		    .summary = "For HTTP Basic; the credential is a token when absent." },                             \
	    { "credential", FIELD_TEXT, IN_BODY, false, 63,                                                            \
		    .summary = "Name of the file in intel.remotes_folder that holds the password or the token." },     \
	    { "authorities", FIELD_TEXT, IN_BODY, false, 63,                                                           \
		    .summary = "Name of a file there: certificates (PEM) that the server's must descend from." },      \
	    { "every", FIELD_INTEGER, IN_BODY, false, .least = 5, .most = 604800,                                      \
		    .summary = "Seconds between turns; 300 when absent." },                                            \
	    { "objects", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 1000,                                      \
		    .summary = "Of one page at most; 1000 when absent." },                                             \
	    { "bytes", FIELD_INTEGER, IN_BODY, false, .least = 65536, .most = 33554432,                                \
		    .summary = "Of one page at most; 8 MiB when absent." },                                            \
	    { "within", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 300,                                        \
		    .summary = "Seconds that one turn may take; 60 when absent." },                                    \
	{                                                                                                              \
		"active", FIELD_BOOLEAN, IN_BODY, false, .summary = "Whether it is talked to; true when absent."       \
	}
#define WHAT(required_)                                                                                                \
	{ "name", FIELD_TEXT, IN_BODY, required_, 63, .summary = "Short and unique: a-z 0-9 - . _" },                  \
	    { "url", FIELD_TEXT, IN_BODY, required_, 511,                                                              \
		    .summary = "The API root, https://HOST/…/, or the feed; the configuration names its host too." },  \
	    { "there", FIELD_TEXT, IN_BODY, false, 127,                                                                \
		    .summary = "The collection there: its id or alias; absent of a feed." },                           \
	    { "collection", FIELD_TEXT, IN_BODY, required_, 64, .summary = "The one here: its UUID or alias." },       \
	{                                                                                                              \
		"organisation", FIELD_INTEGER, IN_BODY, required_, .least = 1, .most = 4294967295,                     \
								   .summary = "Number of the one whose become the "    \
									      "objects that come; a member of the "    \
									      "collection's community."                \
	}

static const struct field create_fields[] = { { "kind", FIELD_CHOICE, IN_BODY, false, .choices = kinds,
						  .summary =
						      "taxii when absent, or feed: Atom or RSS of a publisher." },
	WHAT(true), MORE, { NULL } };
static const struct field change_fields[] = { REMOTE, WHAT(false), MORE, { NULL } };
static const struct field remote_fields[] = { REMOTE, { NULL } };

const struct route remote_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/remotes", "remote-list",
	    "Collections at other servers of TAXII and publishers' feeds, with how it goes.", NULL,
	    ACTION_COMMUNITY_WRITE, .handle = remote_list },
	{ ROUTE_JSON, "POST", "/v1/remotes", "remote-create",
	    "Ask or give to a collection at another server of TAXII, or ask a feed.", create_fields,
	    ACTION_COMMUNITY_WRITE, .changes = true, .handle = remote_create },
	{ ROUTE_JSON, "GET", "/v1/remotes/{remote}", "remote-read", "One remote, with the objects that were refused.",
	    remote_fields, ACTION_COMMUNITY_WRITE, .handle = remote_read },
	{ ROUTE_JSON, "PATCH", "/v1/remotes/{remote}", "remote-change", "Change a remote; its next turns are at once.",
	    change_fields, ACTION_COMMUNITY_WRITE, .changes = true, .versioned = true, .handle = remote_change },
	{ ROUTE_JSON, "DELETE", "/v1/remotes/{remote}", "remote-remove", "Forget a remote; what came by it stays.",
	    remote_fields, ACTION_COMMUNITY_WRITE, .changes = true, .handle = remote_remove },
	{ .name = NULL },
};
