/*
 * The endpoints of TAXII 2.1. In: the typed fields of a request. Out: resources of the standard as JSON, of which lists
 * of objects are the renderings in the store, put one behind the other as they are. Numbers in brackets are sections of
 * the standard.
 */
#include "intel/taxii.h"

#include "http/problem.h"
#include "intel/readers.h"
#include "intel/releasing.h"
#include "intel/settings.h"
#include "model/capability.h"

#include <stdio.h>
#include <string.h>

#define NO_SUCH_OBJECT "there is no such object"
#define NOTED_ONE_BY_ONE 100u /* objects of a page that were asked for one by one, or by their versions */

static enum error resource(struct call *call, json_t *object, struct failure *failure)
{
	bool made = object && json_object_update(call->output, object) == 0;
	json_decref(object);
	return made ? OK : fail(failure, ERROR_MEMORY, "no memory for the answer");
}

/* [4.1] */
enum error taxii_discovery(struct call *call, struct failure *failure)
{
	char root[512];
	const char *url = call->center->public_url ? call->center->public_url : "";
	/* Absolute URLs must be of HTTPS; without TLS there is only the relative one. */
	bool absolute = strncmp(url, "https://", 8) == 0;
	snprintf(root, sizeof root, "%s" TAXII_ROOT, absolute ? url : "");
	return resource(call,
	    json_pack("{s:s,s:s,s:s,s:[s]}", "title", "Noroshi", "description",
		"Indicators, sightings, reports and advisories of the communities that you belong to.", "default", root,
		"api_roots", root),
	    failure);
}

/* [4.2] */
enum error taxii_root(struct call *call, struct failure *failure)
{
	return resource(call,
	    json_pack("{s:s,s:s,s:[s],s:I}", "title", "Exchange", "description",
		"Each collection is a community at a level of TLP.", "versions", TAXII_MEDIA_TYPE, "max_content_length",
		(json_int_t)intel_configured()->envelope),
	    failure);
}

/* [4.3] */
enum error taxii_status(struct call *call, struct failure *failure)
{
	struct import import;
	char id[UUID_TEXT], received[TIME_TEXT];
	struct uuid asked;
	if (!uuid_parse(input_text(call, "status"), &asked) ||
	    store_import_get(call->store, call->scope, asked, call->arena, &import, failure) != OK)
		return fail(failure, ERROR_NOT_FOUND, "there is no such status");
	json_t *failures = json_loadb(import.failures.at, import.failures.size, 0, NULL);
	json_t *status = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "id", uuid_format(import.id, id), "status",
	    import.finished ? "complete" : "pending", "request_timestamp", time_format_taxii(import.received, received),
	    "total_count", (json_int_t)import.total, "success_count", (json_int_t)import.good, "failure_count",
	    (json_int_t)import.bad, "pending_count", (json_int_t)(import.total - import.good - import.bad));
	if (status && json_array_size(failures) > 0)
		json_object_set(status, "failures", failures);
	json_decref(failures);
	return resource(call, status, failure);
}

/* [5.2.1] */
static json_t *collection_json(const struct shown_collection *shown)
{
	const struct collection *collection = &shown->collection;
	json_t *object = json_object();
	output_uuid(object, "id", collection->id);
	output_string(object, "title", collection->title);
	if (*collection->description)
		output_string(object, "description", collection->description);
	if (*collection->alias)
		output_string(object, "alias", collection->alias);
	json_object_set_new(object, "can_read", json_boolean(shown->can_read));
	json_object_set_new(object, "can_write", json_boolean(shown->can_write));
	json_object_set_new(object, "media_types",
	    json_pack("[s,s]", "application/stix+json;version=2.1", "application/stix+json;version=2.0"));
	return object;
}

static void add_collection(void *context, const struct shown_collection *shown)
{
	json_array_append_new(context, collection_json(shown));
}

/* [5.1]; an empty list is left out [2] */
enum error taxii_collections(struct call *call, struct failure *failure)
{
	json_t *list = json_array();
	enum error error = shown_collection_each(call, add_collection, list, failure);
	if (error == OK && json_array_size(list) > 0)
		json_object_set(call->output, "collections", list);
	json_decref(list);
	return error;
}

enum error taxii_collection(struct call *call, struct failure *failure)
{
	struct shown_collection shown;
	enum error error = shown_collection_find(call, &shown, failure);
	return error == OK ? resource(call, collection_json(&shown), failure) : error;
}

/* ── pages ─ */

struct page_of_entries {
	struct builder list;
	int64_t first, last; /* microseconds; 0 = no entry */
	void (*put)(struct builder *list, const struct entry *entry);
	const struct collection *collection;
	unsigned objects;
	struct call *reads; /* who is given each of them alone; NULL: the page is noted as such, or nothing is */
	unsigned noted;
};

static void add_entry(void *context, const struct entry *entry)
{
	struct page_of_entries *page = context;
	if (page->list.size)
		build_char(&page->list, ',');
	page->put(&page->list, entry);
	page->objects++;
	if (page->reads && page->noted++ < NOTED_ONE_BY_ONE)
		readers_note_entry(page->reads, page->collection, entry);
	page->first = page->first ? page->first : entry->added;
	page->last = entry->added;
}

static void put_rendering(struct builder *list, const struct entry *entry)
{
	build_text(list, entry->rendering);
}

/* [5.3.1] */
static void put_manifest(struct builder *list, const struct entry *entry)
{
	char added[TIME_TEXT];
	build_text(list, TEXT("{\"id\":"));
	build_json_string(list, entry->id);
	build_format(list, ",\"date_added\":\"%s\",\"version\":", time_format_taxii(entry->added * MICROSECOND, added));
	build_json_string(list, entry->version.written);
	build_format(list, ",\"media_type\":\"application/stix+json;version=2.%u\"}", entry->spec - 20u);
}

/* [5.8.1] */
static void put_version(struct builder *list, const struct entry *entry)
{
	build_json_string(list, entry->version.written);
}

/* What a client goes on behind that asks by `added_after`: the last entry it got, or where it stood. */
static void put_headers(struct call *call, const struct page_of_entries *page, const struct entry_query *query,
    const struct collection *collection)
{
	nanoseconds none = query->after ? query->after * MICROSECOND : collection->created;
	char time[TIME_TEXT];
	text_copy(text_of(time_format_taxii(page->first ? page->first * MICROSECOND : none, time)), call->added_first,
	    sizeof call->added_first);
	text_copy(text_of(time_format_taxii(page->last ? page->last * MICROSECOND : none, time)), call->added_last,
	    sizeof call->added_last);
}

/* Whether a page holds the latest version of every object of the types and specifications asked for. */
static bool is_whole(const struct entry_query *query)
{
	bool current = query->spec_count == 0;
	for (uint32_t i = 0; i < query->spec_count; i++)
		current |= query->specs[i] == 21;
	bool latest = query->versions ? query->versions & (ENTRY_LAST | ENTRY_ALL) : query->exact_count == 0;
	return query->id_count == 0 && current && latest;
}

static enum error answer_page(struct call *call, const struct shown_collection *shown, const struct entry_query *query,
    const char *list, void (*put)(struct builder *, const struct entry *), struct failure *failure)
{
	bool reads = put == put_rendering, by_pages = reads && is_whole(query), more;
	struct page_of_entries page = {
		.put = put, .collection = &shown->collection, .reads = reads && !by_pages ? call : NULL
	};
	int64_t reached;
	enum error error = store_entry_each(
	    call->store, call->scope, &shown->collection, query, add_entry, &page, &more, &reached, failure);
	if (error == OK && page.list.failed)
		error = fail(failure, ERROR_MEMORY, "no memory for the page");
	if (error == OK && by_pages)
		readers_note_page(call, &shown->collection, query, reached, page.objects);
	if (error == OK && more) {
		char next[24];
		snprintf(next, sizeof next, "%lld", (long long)reached);
		json_object_set_new(call->output, "more", json_true());
		output_string(call->output, "next", next);
	}
	if (error == OK) {
		call->list = list;
		call->body =
		    page.list.size ? arena_text(call->arena, (struct text){ page.list.at, page.list.size }) : TEXT_NONE;
		if (page.list.size && !call->body.at)
			error = fail(failure, ERROR_MEMORY, "no memory for the page");
		put_headers(call, &page, query, &shown->collection);
	}
	builder_free(&page.list);
	return error;
}

/* The collection, and that it may be read. */
static enum error readable(struct call *call, struct shown_collection *shown, struct failure *failure)
{
	enum error error = shown_collection_find(call, shown, failure);
	if (error == OK && !shown->can_read)
		return fail(failure, ERROR_DENIED, "This collection may not be read by you.");
	return error;
}

static enum error page_of_collection(
    struct call *call, void (*put)(struct builder *, const struct entry *), struct failure *failure)
{
	struct shown_collection shown;
	struct entry_query query;
	enum error error = readable(call, &shown, failure);
	if (error == OK)
		error = filter_read(call, &query, failure);
	return error == OK ? answer_page(call, &shown, &query, "objects", put, failure) : error;
}

enum error taxii_manifest(struct call *call, struct failure *failure)
{
	return page_of_collection(call, put_manifest, failure);
}

enum error taxii_objects(struct call *call, struct failure *failure)
{
	return page_of_collection(call, put_rendering, failure);
}

/* Of one object: it must be there, in whatever version. */
static enum error object_there(
    struct call *call, struct shown_collection *shown, struct text *id, struct failure *failure)
{
	bool there;
	enum error error = readable(call, shown, failure);
	*id = input_text(call, "object");
	if (error == OK)
		error = store_entry_exists(call->store, call->scope, &shown->collection, *id, &there, failure);
	return error == OK && !there ? fail(failure, ERROR_NOT_FOUND, NO_SUCH_OBJECT) : error;
}

enum error taxii_object(struct call *call, struct failure *failure)
{
	struct shown_collection shown;
	struct entry_query query;
	struct text id;
	enum error error = object_there(call, &shown, &id, failure);
	if (error == OK)
		error = filter_read(call, &query, failure);
	if (error != OK)
		return error;
	query.ids = &id;
	query.id_count = 1;
	return answer_page(call, &shown, &query, "objects", put_rendering, failure);
}

enum error taxii_versions(struct call *call, struct failure *failure)
{
	struct shown_collection shown;
	struct entry_query query;
	struct text id;
	enum error error = object_there(call, &shown, &id, failure);
	if (error == OK)
		error = filter_read(call, &query, failure);
	if (error != OK)
		return error;
	query.ids = &id;
	query.id_count = 1;
	query.versions = ENTRY_ALL;
	return answer_page(call, &shown, &query, "versions", put_version, failure);
}

/* ── changes ─ */

struct doomed {
	struct uuid releases[TAXII_PAGE];
	uint32_t count;
};

static void doom(void *context, const struct entry *entry)
{
	struct doomed *doomed = context;
	if (doomed->count < TAXII_PAGE)
		doomed->releases[doomed->count++] = entry->release;
}

/* The versions asked for (all of them, when none is named), of one's own objects: their releases are withdrawn. */
static enum error remove_own(struct call *call, struct shown_collection *shown, struct entry_query *query,
    uint64_t *removed, struct failure *failure)
{
	struct doomed doomed = { 0 };
	struct policy_snapshot snapshot;
	bool more;
	int64_t reached;
	query->organisation = call->subject->organisation;
	query->limit = TAXII_PAGE;
	query->bytes = SIZE_MAX;
	enum error error = store_entry_each(
	    call->store, call->scope, &shown->collection, query, doom, &doomed, &more, &reached, failure);
	if (error == OK)
		error = store_snapshot(call->store, call->now, call->arena, &snapshot, failure);
	for (uint32_t i = 0; i < doomed.count && error == OK; i++, ++*removed)
		error = release_take_back(
		    call->center, shown->write, &snapshot, doomed.releases[i], TEXT_NONE, call->arena, failure);
	return error;
}

/* [5.7] */
enum error taxii_delete(struct call *call, struct failure *failure)
{
	struct shown_collection shown;
	struct entry_query query;
	struct text id;
	uint64_t removed = 0;
	enum error error = shown_collection_find(call, &shown, failure);
	if (error == OK && !(shown.can_read && shown.can_write))
		error = fail(failure, ERROR_DENIED, "Nothing may be deleted from this collection by you.");
	if (error == OK)
		error = object_there(call, &shown, &id, failure);
	if (error == OK)
		error = filter_read(call, &query, failure);
	if (error != OK)
		return error;
	query.ids = &id;
	query.id_count = 1;
	query.versions = query.versions || query.exact_count ? query.versions : ENTRY_ALL;
	error = remove_own(call, &shown, &query, &removed, failure);
	if (error == OK && removed == 0)
		return fail(failure, ERROR_DENIED, "The object belongs to somebody else, or has no such version.");
	return error;
}

/* [5.5]: whoever may add objects gets the id of their import, and sends the body. */
enum error taxii_add(struct call *call, struct failure *failure)
{
	struct shown_collection shown;
	enum error error = shown_collection_find(call, &shown, failure);
	if (error == OK && !shown.can_write)
		error = fail(failure, ERROR_DENIED, "This collection may not be written by you.");
	if (error != OK)
		return error;
	struct import import = { .organisation = call->subject->organisation,
		.account = call->subject->account,
		.collection = shown.collection.number,
		.received = call->now,
		.failures = TEXT("[]") };
	error = store_import_put(call->store, shown.write, &import, failure);
	output_uuid(call->output, "id", import.id);
	return error;
}
