/*
 * Entries of collections: the releases that stand to a community at a TLP, in the order in which they were added.
 *
 * What a client asks for by default, the latest version of each object, is one walk over an index (release_place.c).
 * Everything else that TAXII's filters can ask walks the older versions too, merged by when they were added, and looks
 * at the other versions of each object.
 *
 * A relation of which the reader does not see both ends is passed over like what the filters do not want.
 */
#include "store/release_row.h"

#include "store/items.h"

#include <stdlib.h>

#define STEPS_SLOW 5000u /* of walks that look at other versions */
#define COLUMNS                                                                                                        \
	"r.added, r.id, r.organisation, iif(r.shown = '', r.object, r.shown), r.type, r.version, r.version_written,"   \
	" r.spec, r.rendering, r.object, r.ends"
#define HERE "r.community = :community AND r.tlp = :tlp AND r.place "

static void bind_place(struct query *query, const struct collection *collection)
{
	bind_integer(query, ":community", collection->community);
	bind_integer(query, ":tlp", collection->tlp);
}

struct version {
	nanoseconds version;
	uint8_t spec;
};

/* The versions of one object that stand in the collection. */
static enum error siblings_each(struct store *store, const struct collection *collection, uint32_t organisation,
    struct text object, void (*each)(void *, const struct version *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT r.version, r.spec FROM item i JOIN release r ON r.item = i.number"
	    " WHERE i.id = :object AND i.organisation = :organisation AND " HERE "< 2",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":object", object);
	bind_integer(&query, ":organisation", organisation);
	bind_place(&query, collection);
	while ((error = query_step(&query)) == OK) {
		const struct version version = { column_integer(&query, 0), (uint8_t)column_integer(&query, 1) };
		each(context, &version);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* ── walking ─ */

struct walk {
	struct store *store;
	const struct scope *scope;
	const struct collection *collection;
	const struct entry_query *asked;
	bool looks_at_others;
	uint8_t spec; /* the latest of the object at hand */
	nanoseconds first, last;
	bool any;
};

static bool spec_asked(const struct entry_query *asked, uint8_t spec)
{
	for (uint32_t i = 0; i < asked->spec_count; i++)
		if (asked->specs[i] == spec)
			return true;
	return asked->spec_count == 0;
}

/* Of the versions in the specifications asked for (of the latest one, when none is). */
static void span(void *context, const struct version *version)
{
	struct walk *walk = context;
	if (!spec_asked(walk->asked, version->spec))
		return;
	if (walk->asked->spec_count == 0 && version->spec != walk->spec) {
		if (version->spec < walk->spec)
			return;
		walk->spec = version->spec;
		walk->any = false;
	}
	if (!walk->any || version->version < walk->first)
		walk->first = version->version;
	if (!walk->any || version->version > walk->last)
		walk->last = version->version;
	walk->any = true;
}

static bool text_among(const struct text *list, uint32_t count, struct text text)
{
	for (uint32_t i = 0; i < count; i++)
		if (text_equal(list[i], text))
			return true;
	return count == 0;
}

static bool version_asked(const struct walk *walk, const struct entry *entry)
{
	const struct entry_query *asked = walk->asked;
	for (uint32_t i = 0; i < asked->exact_count; i++)
		if (asked->exact[i] == entry->version.when)
			return true;
	unsigned versions = asked->versions || asked->exact_count ? asked->versions : ENTRY_LAST;
	return versions & ENTRY_ALL || (versions & ENTRY_FIRST && entry->version.when == walk->first) ||
	       (versions & ENTRY_LAST && entry->version.when == walk->last);
}

static enum error ends_seen(
    const struct walk *walk, const struct entry *entry, struct text ends, bool *seen, struct failure *failure)
{
	if (!walk->asked->all_relations)
		return release_ends_seen(
		    walk->store, walk->scope, entry->organisation, walk->collection->community, ends, seen, failure);
	*seen = true;
	return OK;
}

static enum error entry_fits(struct walk *walk, const struct entry *entry, struct text object, struct text ends,
    bool *fits, struct failure *failure)
{
	const struct entry_query *asked = walk->asked;
	*fits = (asked->organisation == ENTRY_OF_ALL || asked->organisation == entry->organisation) &&
		text_among(asked->types, asked->type_count, entry->type) && spec_asked(asked, entry->spec);
	enum error error = *fits ? ends_seen(walk, entry, ends, fits, failure) : OK;
	if (error || !*fits || !walk->looks_at_others)
		return error;
	walk->spec = 0;
	walk->any = false;
	error = siblings_each(walk->store, walk->collection, entry->organisation, object, span, walk, failure);
	*fits = !error && version_asked(walk, entry) && (asked->spec_count > 0 || entry->spec == walk->spec);
	return error;
}

/* The latest version of each object is what lies in RELEASE_SHOWN, unless older specifications alone are asked for. */
static bool asks_for_others(const struct entry_query *asked)
{
	return (asked->versions & ~(unsigned)ENTRY_LAST) != 0 || asked->exact_count > 0 ||
	       (asked->spec_count > 0 && !spec_asked(asked, 21));
}

static char *list_of(const struct text *texts, uint32_t count)
{
	struct builder list = { 0 };
	for (uint32_t i = 0; i < count; i++) {
		build_char(&list, i ? ',' : '[');
		build_json_string(&list, texts[i]);
	}
	build_char(&list, ']');
	if (!list.failed)
		return list.at;
	builder_free(&list);
	return NULL;
}

#define OF(place) "SELECT " COLUMNS " FROM release r WHERE " HERE place " AND r.added > :after"
/* An object by the id that the community sees: its own, or the one that its rendering has. */
#define WITH_ID(place)                                                                                                 \
	"SELECT " COLUMNS " FROM item i JOIN release r ON r.item = i.number WHERE i.id IN (SELECT value FROM"          \
	" json_each(:ids)) AND r.shown = '' AND " HERE place " AND r.added > :after"                                   \
	" UNION ALL SELECT " COLUMNS " FROM release r WHERE r.shown IN (SELECT value FROM json_each(:ids))"            \
	" AND r.shown <> '' AND " HERE place " AND r.added > :after"

static enum error walk_open(struct walk *walk, struct query *query, struct failure *failure)
{
	static const char latest[] = OF("= 0") " ORDER BY r.added",
			  all[] = OF("= 0") " UNION ALL " OF("= 1") " ORDER BY 1",
			  ids_latest[] = WITH_ID("= 0") " ORDER BY 1", ids_all[] = WITH_ID("< 2") " ORDER BY 1";
	bool ids = walk->asked->id_count > 0, others = walk->looks_at_others;
	enum error error = query_own(walk->store,
	    ids      ? others ? ids_all : ids_latest
	    : others ? all
		     : latest,
	    query, failure);
	if (error)
		return error;
	bind_place(query, walk->collection);
	bind_integer(query, ":after", walk->asked->after);
	return OK;
}

static struct entry take(struct query *query)
{
	return (struct entry){
		.added = column_integer(query, 0),
		.release = column_uuid(query, 1),
		.organisation = (uint32_t)column_integer(query, 2),
		.id = column_text(query, 3),
		.type = column_text(query, 4),
		.version = { column_integer(query, 5), column_text(query, 6) },
		.spec = (uint8_t)column_integer(query, 7),
		.rendering = column_text(query, 8),
	};
}

static enum error walk_on(struct walk *walk, struct query *query, void (*each)(void *, const struct entry *),
    void *context, bool *more, int64_t *reached, struct failure *failure)
{
	const struct entry_query *asked = walk->asked;
	uint32_t told = 0, steps = 0, most = walk->looks_at_others ? STEPS_SLOW : ENTRY_STEPS;
	size_t bytes = 0;
	enum error error;
	while ((error = query_step(query)) == OK) {
		struct entry entry = take(query);
		bool fits;
		error = entry_fits(walk, &entry, column_text(query, 9), column_text(query, 10), &fits, failure);
		if (error)
			return error;
		bool full = told == asked->limit || (told > 0 && bytes + entry.rendering.size > asked->bytes);
		if ((fits && full) || steps == most) {
			*more = true;
			return OK;
		}
		*reached = entry.added;
		steps++;
		if (!fits)
			continue;
		each(context, &entry);
		told++;
		bytes += entry.rendering.size;
	}
	return error == ERROR_END ? OK : error;
}

static bool may_read(const struct scope *scope, const struct collection *collection)
{
	return scope_reads(scope, NOUN_RELEASE) && scope_covers_community(scope, collection->community);
}

enum error store_entry_each(struct store *store, const struct scope *scope, const struct collection *collection,
    const struct entry_query *asked, void (*each)(void *, const struct entry *), void *context, bool *more,
    int64_t *reached, struct failure *failure)
{
	struct walk walk = { .store = store,
		.scope = scope,
		.collection = collection,
		.asked = asked,
		.looks_at_others = asks_for_others(asked) };
	struct query query;
	*more = false;
	*reached = asked->after;
	if (!may_read(scope, collection))
		return fail(failure, ERROR_NOT_FOUND, "there is no such collection");
	char *ids = asked->id_count ? list_of(asked->ids, asked->id_count) : NULL;
	if (asked->id_count && !ids)
		return fail(failure, ERROR_MEMORY, "entries: no memory");
	enum error error = walk_open(&walk, &query, failure);
	if (!error) {
		if (ids)
			bind_string(&query, ":ids", ids);
		error = walk_on(&walk, &query, each, context, more, reached, failure);
		query_release(&query);
	}
	free(ids);
	return error;
}

enum error store_entry_exists(struct store *store, const struct scope *scope, const struct collection *collection,
    struct text id, bool *exists, struct failure *failure)
{
	struct query query;
	*exists = false;
	if (!may_read(scope, collection))
		return fail(failure, ERROR_NOT_FOUND, "there is no such collection");
	enum error error = query_own(store,
	    "SELECT r.organisation, r.ends FROM item i JOIN release r ON r.item = i.number WHERE i.id = :id"
	    " AND r.shown = '' AND " HERE "< 2 UNION ALL SELECT r.organisation, r.ends FROM release r"
	    " WHERE r.shown = :id AND r.shown <> '' AND " HERE "< 2",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_place(&query, collection);
	while (!error && !*exists && (error = query_step(&query)) == OK)
		error = release_ends_seen(store, scope, (uint32_t)column_integer(&query, 0), collection->community,
		    column_text(&query, 1), exists, failure);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_entry_gone(struct store *store, const struct scope *scope, const struct collection *collection,
    nanoseconds when, int64_t added, uint32_t limit, void (*each)(void *, const struct entry *, nanoseconds withdrawn),
    void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT added, organisation, CASE WHEN shown = '' THEN object ELSE shown END, withdrawn FROM release"
	    " WHERE {community} AND community = :community AND tlp = :tlp AND place = 2"
	    " AND (withdrawn, added) > (:when, :added) ORDER BY withdrawn, added LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", collection->community);
	bind_integer(&query, ":tlp", collection->tlp);
	bind_integer(&query, ":when", when);
	bind_integer(&query, ":added", added);
	bind_integer(&query, ":limit", limit);
	while ((error = query_step(&query)) == OK) {
		const struct entry entry = { .added = column_integer(&query, 0),
			.organisation = (uint32_t)column_integer(&query, 1),
			.id = column_text(&query, 2) };
		each(context, &entry, column_integer(&query, 3));
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
