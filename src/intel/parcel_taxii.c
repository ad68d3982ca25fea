/*
 * A client of TAXII for sealed files; see parcel_taxii.h. Called by pack.c and unpack.c.
 */
#include "intel/parcel_taxii.h"

#include "intel/parcel_client.h"
#include "intel/parcel_sent.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define MEDIA "application/taxii+json;version=2.1"
#define ENVELOPE (1u << 20) /* bytes after which objects are sent */
#define WAIT (10 * MINUTE)  /* for a status */
#define URL_ROOM 2048

struct parcel_taxii {
	struct parcel_client server;
	struct pulled {
		struct parcel_sent *sent;
		char path[4400];
	} * pulled; /* collections */
	unsigned pulled_count;
	struct builder envelope;
	char collection[256]; /* of the envelope */
	struct parcel_added added;
};

enum error parcel_taxii_open(const struct parcel_server *server, struct parcel_taxii **opened, struct failure *failure)
{
	struct parcel_taxii *taxii = calloc(1, sizeof *taxii);
	if (!taxii)
		return fail(failure, ERROR_MEMORY, "no memory for a client");
	enum error error = parcel_client_open(server, &taxii->server, failure);
	if (error)
		parcel_taxii_free(taxii);
	else
		*opened = taxii;
	return error;
}

void parcel_taxii_free(struct parcel_taxii *taxii)
{
	if (!taxii)
		return;
	parcel_client_close(&taxii->server);
	for (unsigned i = 0; i < taxii->pulled_count; i++)
		parcel_sent_free(taxii->pulled[i].sent);
	free(taxii->pulled);
	builder_free(&taxii->envelope);
	free(taxii);
}

static void begin_url(const struct parcel_taxii *taxii, struct builder *url, const char *collection, const char *rest)
{
	size_t size = strlen(taxii->server.server.url);
	build_text(url, text_of(taxii->server.server.url));
	if (size && taxii->server.server.url[size - 1] != '/')
		build_char(url, '/');
	build_text(url, TEXT("collections/"));
	parcel_build_escaped(url, text_of(collection));
	build_text(url, text_of(rest));
}

static enum error ask(struct parcel_taxii *taxii, const char *method, struct builder *url, struct text body,
    struct client_answer *answer, struct json_value *root, struct failure *failure)
{
	return parcel_client_ask(
	    &taxii->server, &(struct parcel_question){ method, url, body, MEDIA }, answer, root, failure);
}

/* ── pulling ─ */

struct page {
	const char *what; /* "/objects/" or "/manifest/" */
	struct builder next;
	bool more;
};

static enum error next_page(struct parcel_taxii *taxii, const char *collection, struct page *page, struct text after,
    struct json_value *objects, struct failure *failure)
{
	struct builder url = { 0 };
	struct client_answer answer;
	struct json_value root;
	begin_url(taxii, &url, collection, page->what);
	build_text(&url, TEXT("?limit=1000"));
	if (after.size) {
		build_text(&url, TEXT("&added_after="));
		parcel_build_escaped(&url, after);
	}
	if (page->next.size) {
		build_text(&url, TEXT("&next="));
		parcel_build_escaped(&url, (struct text){ page->next.at, page->next.size });
	}
	enum error error = ask(taxii, "GET", &url, TEXT_NONE, &answer, &root, failure);
	if (error)
		return error;
	struct text next = json_text(json_get(root, "next"));
	page->more = json_kind(json_get(root, "more")) == JSON_IS_TRUE && next.size > 0;
	if (page->more && text_equal(next, (struct text){ page->next.at, page->next.size }))
		return fail(failure, ERROR_INPUT, "%s: the server gives the same page again", taxii->server.server.url);
	builder_clear(&page->next);
	build_text(&page->next, next);
	*objects = json_get(root, "objects");
	return page->next.failed ? fail(failure, ERROR_MEMORY, "no memory for a page") : OK;
}

/* What is there now; `last`: the latest date of them, as the server wrote it. */
static enum error read_manifest(struct parcel_taxii *taxii, const char *collection, struct parcel_sent *sent,
    struct builder *last, struct failure *failure)
{
	struct page page = { .what = "/manifest/", .more = true };
	struct json_value objects;
	nanoseconds latest = 0;
	enum error error = OK;
	while (page.more && !(error = next_page(taxii, collection, &page, TEXT_NONE, &objects, failure))) {
		struct json_walk walk = { 0 };
		while (!error && json_next(objects, &walk)) {
			struct item_time added;
			struct text id = json_text(json_get(walk.value, "id"));
			if (!item_id_valid(id) ||
			    !item_time_parse(json_text(json_get(walk.value, "date_added")), &added))
				error = fail(
				    failure, ERROR_INPUT, "%s: the manifest is malformed", taxii->server.server.url);
			else
				error = parcel_sent_note(sent, id, failure);
			if (error || added.when < latest)
				continue;
			latest = added.when;
			builder_clear(last);
			build_text(last, added.written);
		}
		if (error)
			break;
	}
	builder_free(&page.next);
	return error;
}

static enum error read_objects(struct parcel_taxii *taxii, const char *collection, struct text after,
    enum error (*each)(void *context, struct json_value object, struct failure *failure), void *context,
    struct failure *failure)
{
	struct page page = { .what = "/objects/", .more = true };
	struct json_value objects;
	enum error error = OK;
	while (page.more && !(error = next_page(taxii, collection, &page, after, &objects, failure))) {
		struct json_walk walk = { 0 };
		while (!error && json_next(objects, &walk))
			error = each(context, walk.value, failure);
		if (error)
			break;
	}
	builder_free(&page.next);
	return error;
}

enum error parcel_taxii_each(struct parcel_taxii *taxii, const char *collection,
    enum error (*each)(void *context, struct json_value object, struct failure *failure), void *context,
    struct failure *failure)
{
	return read_objects(taxii, collection, TEXT_NONE, each, context, failure);
}

struct storing {
	struct parcel_writer *writer;
	const char *collection;
	uint64_t *count;
	struct builder object;
};

static enum error store_object(void *context, struct json_value value, struct failure *failure)
{
	struct storing *storing = context;
	builder_clear(&storing->object);
	build_json_value(&storing->object, value);
	struct text text = { storing->object.at, storing->object.size };
	++*storing->count;
	return storing->object.failed
		   ? fail(failure, ERROR_MEMORY, "no memory for an object")
		   : parcel_write(storing->writer, PARCEL_OBJECT, text, text_of(storing->collection), failure);
}

struct leaving {
	struct parcel_writer *writer;
	const char *collection;
	uint64_t *count;
};

static enum error write_withdrawn(void *context, struct text id, struct failure *failure)
{
	struct leaving *leaving = context;
	++*leaving->count;
	return parcel_write(leaving->writer, PARCEL_WITHDRAWN, id, text_of(leaving->collection), failure);
}

static enum error begin_pull(struct parcel_taxii *taxii, const char *collection, const char *chain,
    struct pulled **pulled, struct failure *failure)
{
	struct builder name = { 0 };
	if (!taxii->pulled)
		taxii->pulled = calloc(PARCEL_COLLECTIONS, sizeof *taxii->pulled);
	if (!taxii->pulled || taxii->pulled_count == PARCEL_COLLECTIONS)
		return fail(failure, ERROR_LIMIT, "no room for more collections");
	*pulled = &taxii->pulled[taxii->pulled_count];
	parcel_build_escaped(&name, text_of(collection));
	snprintf((*pulled)->path, sizeof(*pulled)->path, "%.4000s.%.300s.sent", chain, name.at ? name.at : "");
	builder_free(&name);
	enum error error = parcel_sent_read((*pulled)->path, &(*pulled)->sent, failure);
	taxii->pulled_count += !error;
	return error;
}

enum error parcel_taxii_pull(struct parcel_taxii *taxii, const char *collection, const char *chain,
    struct parcel_writer *writer, uint64_t *objects, uint64_t *withdrawn, struct failure *failure)
{
	char key[URL_ROOM];
	struct pulled *pulled = NULL;
	struct builder last = { 0 };
	struct leaving leaving = { writer, collection, withdrawn };
	struct storing storing = { writer, collection, objects, { 0 } };
	json_t *sources = parcel_writer_sources(writer);
	snprintf(key, sizeof key, "%.1500s %.300s", taxii->server.server.url, collection);
	const char *kept = json_string_value(json_object_get(sources, key));
	enum error error = begin_pull(taxii, collection, chain, &pulled, failure);
	if (error)
		return error;
	/* The manifest first: what is added meanwhile may be sent twice, and never not at all. */
	error = read_manifest(taxii, collection, pulled->sent, &last, failure);
	if (!error)
		error = read_objects(taxii, collection, text_of(kept), store_object, &storing, failure);
	if (!error)
		error = parcel_sent_gone(pulled->sent, write_withdrawn, &leaving, failure);
	if (!error && last.size && json_object_set_new(sources, key, json_stringn(last.at, last.size)) != 0)
		error = fail(failure, ERROR_MEMORY, "no memory for a position");
	/* Both what was sent and what is there, until the files are. */
	if (!error)
		error = parcel_sent_write(pulled->sent, pulled->path, true, failure);
	builder_free(&last);
	builder_free(&storing.object);
	return error;
}

enum error parcel_taxii_pulled(struct parcel_taxii *taxii, struct failure *failure)
{
	enum error error = OK;
	for (unsigned i = 0; i < taxii->pulled_count && !error; i++)
		error = parcel_sent_write(taxii->pulled[i].sent, taxii->pulled[i].path, false, failure);
	return error;
}

/* ── changes for sensors ─ */

struct changes {
	struct builder rest; /* of a line that is not whole */
	enum error (*each)(void *context, struct text line, struct failure *failure);
	void *context;
	bool begun, ended;
	enum error error;
	struct failure *failure;
};

/* The centre goes on for minutes; a second without anything, once it began, is the end of what there is. */
static bool take_changes(void *context, struct text bytes)
{
	struct changes *changes = context;
	changes->ended = changes->begun && bytes.size == 0;
	changes->begun |= bytes.size > 0;
	if (bytes.size == 0)
		return !changes->ended;
	build_text(&changes->rest, bytes);
	struct text rest = { changes->rest.at, changes->rest.size };
	while (!changes->error && rest.size && memchr(rest.at, '\n', rest.size)) {
		struct text line = text_trim(text_cut(&rest, '\n'));
		if (line.size)
			changes->error = changes->each(changes->context, line, changes->failure);
	}
	if (rest.size && rest.at != changes->rest.at)
		memmove(changes->rest.at, rest.at, rest.size);
	changes->rest.size = rest.size;
	if (changes->rest.failed)
		changes->error = fail(changes->failure, ERROR_MEMORY, "no memory for changes");
	return !changes->error;
}

enum error parcel_taxii_changes(const struct parcel_server *server, const char *epoch, uint64_t number,
    enum error (*each)(void *context, struct text line, struct failure *failure), void *context,
    struct failure *failure)
{
	struct parcel_taxii *taxii = NULL;
	struct client_answer answer;
	struct changes changes = { .each = each, .context = context, .failure = failure };
	char url[URL_ROOM];
	snprintf(url, sizeof url, "%.1500s/v1/sensor/indicators?since=%" PRIu64 "%s%.100s", server->url, number,
	    epoch ? "&epoch=" : "", epoch ? epoch : "");
	enum error error = parcel_taxii_open(server, &taxii, failure);
	if (error)
		return error;
	const struct client_request request = { .url = url,
		.token = taxii->server.token,
		.take = take_changes,
		.context = &changes,
		.idle_within = MINUTE };
	error = client_request(taxii->server.client, &request, &answer, failure);
	if (changes.ended)
		error = OK;
	else if (!error && answer.status != 200)
		error = fail(failure, ERROR_DENIED, "%s: the centre answers %u", server->url, answer.status);
	builder_free(&changes.rest);
	parcel_taxii_free(taxii);
	return changes.error ? changes.error : error;
}

/* ── adding ─ */

static void take_status(struct parcel_taxii *taxii, struct json_value status)
{
	uint64_t good = 0, bad = 0;
	struct json_walk walk = { 0 };
	json_to_u64(json_get(status, "success_count"), &good);
	json_to_u64(json_get(status, "failure_count"), &bad);
	taxii->added.added += good;
	taxii->added.refused += bad;
	while (json_next(json_get(status, "failures"), &walk))
		text_copy(json_text(json_get(walk.value, "message")), taxii->added.why, sizeof taxii->added.why);
}

static enum error wait_for(struct parcel_taxii *taxii, struct json_value status, struct failure *failure)
{
	nanoseconds began = time_monotonic();
	struct builder id = { 0 };
	enum error error = OK;
	parcel_build_escaped(&id, json_text(json_get(status, "id")));
	while (!error && text_equal(json_text(json_get(status, "status")), TEXT("pending"))) {
		struct builder url = { 0 };
		struct client_answer answer;
		struct timespec rest = { .tv_nsec = 200000000 };
		if (time_monotonic() - began > WAIT)
			error = fail(failure, ERROR_AGAIN, "%s: the server does not finish", taxii->server.server.url);
		nanosleep(&rest, NULL);
		build_format(&url, "%s%sstatus/%s/", taxii->server.server.url,
		    text_ends(text_of(taxii->server.server.url), TEXT("/")) ? "" : "/", id.at ? id.at : "");
		if (error)
			builder_free(&url);
		else
			error = ask(taxii, "GET", &url, TEXT_NONE, &answer, &status, failure);
	}
	if (!error)
		take_status(taxii, status);
	builder_free(&id);
	return error;
}

enum error parcel_taxii_flush(struct parcel_taxii *taxii, struct failure *failure)
{
	struct builder url = { 0 };
	struct client_answer answer;
	struct json_value status;
	if (!taxii->envelope.size)
		return OK;
	build_text(&taxii->envelope, TEXT("]}"));
	if (taxii->envelope.failed)
		return fail(failure, ERROR_MEMORY, "no memory for objects");
	begin_url(taxii, &url, taxii->collection, "/objects/");
	enum error error = ask(
	    taxii, "POST", &url, (struct text){ taxii->envelope.at, taxii->envelope.size }, &answer, &status, failure);
	builder_clear(&taxii->envelope);
	return error ? error : wait_for(taxii, status, failure);
}

enum error parcel_taxii_add(
    struct parcel_taxii *taxii, const char *collection, struct text object, struct failure *failure)
{
	enum error error = OK;
	if (taxii->envelope.size &&
	    (taxii->envelope.size + object.size > ENVELOPE || strcmp(taxii->collection, collection) != 0))
		error = parcel_taxii_flush(taxii, failure);
	if (error)
		return error;
	text_copy(text_of(collection), taxii->collection, sizeof taxii->collection);
	build_text(&taxii->envelope, taxii->envelope.size ? TEXT(",") : TEXT("{\"objects\":["));
	build_text(&taxii->envelope, object);
	return OK;
}

enum error parcel_taxii_remove(
    struct parcel_taxii *taxii, const char *collection, struct text id, struct failure *failure)
{
	struct builder url = { 0 };
	struct client_answer answer;
	struct json_value root;
	enum error error = parcel_taxii_flush(taxii, failure);
	if (error)
		return error;
	begin_url(taxii, &url, collection, "/objects/");
	parcel_build_escaped(&url, id);
	build_char(&url, '/');
	error = ask(taxii, "DELETE", &url, TEXT_NONE, &answer, &root, failure);
	taxii->added.removed += !error && answer.status < 300;
	return error;
}

struct parcel_added parcel_taxii_added(const struct parcel_taxii *taxii)
{
	return taxii->added;
}
