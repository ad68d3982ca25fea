/*
 * Entries of collections: renderings in the order in which they were added.
 *
 * `entry` holds of each object the latest version (by specification, then by `modified`), `entry_past` the others: what
 * a client asks for by default is one walk over neighbouring rows, however often an object was updated. Everything else
 * that TAXII's filters can ask walks both tables, merged by place, and looks at the other versions of each object.
 */
#include "store/items.h"

#include "store/query.h"

#include <stdlib.h>

#define PLACE_BITS 51
#define PLACE_MASK (((int64_t)1 << PLACE_BITS) - 1)
#define PLACE_EPOCH INT64_C(1577836800000000) /* 2020-01-01 in microseconds */
#define STEPS_SLOW 5000u                      /* of walks that look at other versions */
#define COLUMNS "place, item, organisation, id, type, version, written, spec, rendering"

static int64_t place_of(uint32_t collection, int64_t added)
{
	int64_t order = added - PLACE_EPOCH;
	order = order < 0 ? 0 : order > PLACE_MASK ? PLACE_MASK : order;
	return (int64_t)collection << PLACE_BITS | order;
}

static int64_t added_of(int64_t place)
{
	return (place & PLACE_MASK) + PLACE_EPOCH;
}

int64_t entry_added(int64_t place)
{
	return place ? added_of(place) : 0;
}

static void bind_range(struct query *query, uint32_t collection)
{
	bind_integer(query, ":from", (int64_t)collection << PLACE_BITS);
	bind_integer(query, ":to", (int64_t)collection << PLACE_BITS | PLACE_MASK);
}

/* ── the versions of one object in one collection ─ */

#define VERSIONS_MOST 64u

struct version {
	int64_t place;
	nanoseconds version;
	uint8_t spec;
	bool past;
};

/* Of the one that is shown (at most one), and of the others those that `each` asks for. */
#define SIBLINGS                                                                                                       \
	"SELECT e.place, e.version, e.spec, 0 FROM item JOIN entry e ON e.item = item.number"                          \
	" WHERE item.id = :id AND item.organisation = :organisation AND e.place BETWEEN :from AND :to"                 \
	" UNION ALL SELECT e.place, e.version, e.spec, 1 FROM item JOIN entry_past e ON e.item = item.number"          \
	" WHERE item.id = :id AND item.organisation = :organisation AND e.place BETWEEN :from AND :to"

static enum error siblings_each(struct store *store, uint32_t collection, uint32_t organisation, struct text id,
    void (*each)(void *, const struct version *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, SIBLINGS, &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":organisation", organisation);
	bind_range(&query, collection);
	while ((error = query_step(&query)) == OK) {
		const struct version version = { column_integer(&query, 0), column_integer(&query, 1),
			(uint8_t)column_integer(&query, 2), column_integer(&query, 3) != 0 };
		each(context, &version);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static bool is_later(const struct version *a, const struct version *b)
{
	return a->spec != b->spec ? a->spec > b->spec : a->version > b->version;
}

/* What is known of an object before something of it is added or taken out. */
struct known {
	struct version shown, latest_past, wanted;
	bool has_shown, has_past, has_wanted;
	nanoseconds version; /* wanted */
	uint8_t spec;
};

static void look(void *context, const struct version *version)
{
	struct known *known = context;
	if (version->version == known->version && version->spec == known->spec) {
		known->wanted = *version;
		known->has_wanted = true;
	}
	if (!version->past) {
		known->shown = *version;
		known->has_shown = true;
	} else if (!known->has_past || is_later(version, &known->latest_past)) {
		known->latest_past = *version;
		known->has_past = true;
	}
}

static enum error run_at(struct store *store, const char *sql, int64_t place, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, sql, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":place", place);
	return query_run(&query, NULL);
}

static enum error move(struct store *store, int64_t place, bool to_past, struct failure *failure)
{
	static const char into_past[] = "INSERT INTO entry_past SELECT * FROM entry WHERE place = :place",
			  out[] = "DELETE FROM entry WHERE place = :place",
			  back[] = "INSERT INTO entry SELECT * FROM entry_past WHERE place = :place",
			  out_past[] = "DELETE FROM entry_past WHERE place = :place";
	enum error error = run_at(store, to_past ? into_past : back, place, failure);
	return error ? error : run_at(store, to_past ? out : out_past, place, failure);
}

/* ── adding ─ */

static enum error insert(
    struct store *store, const struct scope *scope, const struct entry *entry, bool past, struct failure *failure)
{
	static const char shown[] = "INSERT INTO entry (" COLUMNS ") VALUES (:place, :item, :organisation, :id, :type,"
				    " :version, :written, :spec, :rendering)",
			  other[] = "INSERT INTO entry_past (" COLUMNS ") VALUES (:place, :item, :organisation, :id,"
				    " :type, :version, :written, :spec, :rendering)";
	struct query query;
	enum error error =
	    query_write(store, scope, NOUN_RELEASE, entry->organisation, past ? other : shown, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":place", place_of(entry->collection, entry->added));
	bind_integer(&query, ":item", (int64_t)entry->item);
	bind_integer(&query, ":organisation", entry->organisation);
	bind_text(&query, ":id", entry->id);
	bind_text(&query, ":type", entry->type);
	bind_integer(&query, ":version", entry->version.when);
	bind_text(&query, ":written", entry->version.written);
	bind_integer(&query, ":spec", entry->spec);
	bind_blob(&query, ":rendering", entry->rendering.at, entry->rendering.size);
	return query_run(&query, NULL);
}

enum error store_entry_put(struct store *store, const struct scope *scope, struct collection *collection,
    struct entry *entry, nanoseconds now, bool *added_now, struct failure *failure)
{
	struct known known = { .version = entry->version.when, .spec = entry->spec };
	*added_now = false;
	if (!scope_covers_community(scope, collection->community))
		return fail(failure, ERROR_NOT_FOUND, "there is no such collection");
	enum error error =
	    siblings_each(store, collection->number, entry->organisation, entry->id, look, &known, failure);
	if (error || known.has_wanted)
		return error;
	const struct version added = { .version = entry->version.when, .spec = entry->spec };
	bool past = known.has_shown && !is_later(&added, &known.shown);
	entry->collection = collection->number;
	entry->added = now / MICROSECOND;
	if (entry->added <= collection->last)
		entry->added = collection->last + 1;
	if (known.has_shown && !past)
		error = move(store, known.shown.place, true, failure);
	if (!error)
		error = insert(store, scope, entry, past, failure);
	if (error)
		return error;
	collection->last = entry->added;
	*added_now = true;
	return OK;
}

/* ── taking out ─ */

/* The newest `added` is remembered when its row goes: it is never given again. */
static enum error remember_last(struct store *store, uint32_t collection, int64_t added, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_own(store, "UPDATE collection SET last = max(last, :last) WHERE number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":last", added);
	bind_integer(&query, ":number", collection);
	return query_run(&query, NULL);
}

static enum error take_out(
    struct store *store, uint32_t organisation, struct text id, const struct version *version, struct failure *failure)
{
	static const char shown[] = "DELETE FROM entry WHERE place = :place",
			  past[] = "DELETE FROM entry_past WHERE place = :place";
	uint32_t collection = (uint32_t)(version->place >> PLACE_BITS);
	struct known known = { 0 };
	enum error error = remember_last(store, collection, added_of(version->place), failure);
	if (!error)
		error = run_at(store, version->past ? past : shown, version->place, failure);
	if (error || version->past)
		return error;
	error = siblings_each(store, collection, organisation, id, look, &known, failure);
	return error || !known.has_past ? error : move(store, known.latest_past.place, false, failure);
}

struct collected {
	struct version versions[VERSIONS_MOST];
	uint32_t count;
	nanoseconds version; /* 0 = all */
};

static void collect(void *context, const struct version *version)
{
	struct collected *collected = context;
	if (collected->count < VERSIONS_MOST && (!collected->version || version->version == collected->version))
		collected->versions[collected->count++] = *version;
}

enum error store_entry_remove(struct store *store, const struct scope *scope, struct collection *collection,
    uint32_t organisation, struct text id, nanoseconds version, uint64_t *removed, struct failure *failure)
{
	struct collected collected;
	enum error error = OK;
	*removed = 0;
	if (!scope_writes(scope, NOUN_RELEASE) || !scope_covers(scope, organisation) || !store->in_transaction)
		return fail(failure, ERROR_NOT_FOUND, "there is no such object");
	do {
		collected = (struct collected){ .version = version };
		error = siblings_each(store, collection->number, organisation, id, collect, &collected, failure);
		/* The others first: else each that is taken out would bring the next one forward. */
		for (int past = 1; past >= 0; past--)
			for (uint32_t i = 0; i < collected.count && !error; i++)
				if (collected.versions[i].past == (past == 1)) {
					error = take_out(store, organisation, id, &collected.versions[i], failure);
					*removed += !error;
				}
	} while (!error && collected.count > 0);
	return error;
}

enum error entry_forget(
    struct store *store, uint64_t item, uint32_t organisation, struct text id, struct failure *failure)
{
	enum error error = OK;
	for (;;) {
		struct query query;
		error = query_own(store,
		    "SELECT place, 0 FROM entry WHERE item = :item UNION ALL"
		    " SELECT place, 1 FROM entry_past WHERE item = :item LIMIT 1",
		    &query, failure);
		if (error)
			return error;
		bind_integer(&query, ":item", (int64_t)item);
		error = query_step(&query);
		const struct version version = { .place = error ? 0 : column_integer(&query, 0),
			.past = !error && column_integer(&query, 1) != 0 };
		query_release(&query);
		if (error)
			return error == ERROR_END ? OK : error;
		error = take_out(store, organisation, id, &version, failure);
		if (error)
			return error;
	}
}

/* ── walking ─ */

struct walk {
	struct store *store;
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

static enum error entry_fits(struct walk *walk, const struct entry *entry, bool *fits, struct failure *failure)
{
	const struct entry_query *asked = walk->asked;
	*fits = (asked->organisation == ENTRY_OF_ALL || asked->organisation == entry->organisation) &&
		text_among(asked->types, asked->type_count, entry->type) && spec_asked(asked, entry->spec);
	if (!*fits || !walk->looks_at_others)
		return OK;
	walk->spec = 0;
	walk->any = false;
	enum error error =
	    siblings_each(walk->store, walk->collection->number, entry->organisation, entry->id, span, walk, failure);
	*fits = !error && version_asked(walk, entry) && (asked->spec_count > 0 || entry->spec == walk->spec);
	return error;
}

/* The latest version of each object is what `entry` holds, unless older specifications alone are asked for. */
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

#define OF(table) "SELECT " COLUMNS " FROM " table " WHERE place BETWEEN :from AND :to"
#define WITH_ID(table)                                                                                                 \
	"SELECT e.place, e.item, e.organisation, e.id, e.type, e.version, e.written, e.spec, e.rendering"              \
	" FROM item JOIN " table " e ON e.item = item.number WHERE item.id IN (SELECT value FROM json_each(:ids))"     \
	" AND e.place BETWEEN :from AND :to"

static enum error walk_open(struct walk *walk, struct query *query, struct failure *failure)
{
	static const char latest[] = OF("entry") " ORDER BY place",
			  all[] = OF("entry") " UNION ALL " OF("entry_past") " ORDER BY 1",
			  ids_latest[] = WITH_ID("entry") " ORDER BY 1",
			  ids_all[] = WITH_ID("entry") " UNION ALL " WITH_ID("entry_past") " ORDER BY 1";
	bool ids = walk->asked->id_count > 0, others = walk->looks_at_others;
	enum error error = query_own(walk->store,
	    ids      ? others ? ids_all : ids_latest
	    : others ? all
		     : latest,
	    query, failure);
	if (error)
		return error;
	uint32_t collection = walk->collection->number;
	bind_range(query, collection);
	if (walk->asked->after)
		bind_integer(query, ":from", place_of(collection, walk->asked->after) + 1);
	return OK;
}

static struct entry take(struct query *query, uint32_t collection)
{
	return (struct entry){
		.collection = collection,
		.added = added_of(column_integer(query, 0)),
		.item = column_count(query, 1),
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
		struct entry entry = take(query, walk->collection->number);
		bool fits;
		error = entry_fits(walk, &entry, &fits, failure);
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
	struct walk walk = {
		.store = store, .collection = collection, .asked = asked, .looks_at_others = asks_for_others(asked)
	};
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
	    "SELECT 1 FROM item WHERE id = :id AND (EXISTS (SELECT 1 FROM entry WHERE item = number AND place BETWEEN"
	    " :from AND :to) OR EXISTS (SELECT 1 FROM entry_past WHERE item = number AND place BETWEEN :from AND :to))",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_range(&query, collection->number);
	error = query_step(&query);
	*exists = error == OK;
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
