/*
 * Items: every version a row, with the columns that they are searched by, the values of their patterns, and the ends of
 * relations and sightings. In: items as a reader of a format made them. Out: the same.
 */
#include "store/items.h"

#include "model/item_code.h"
#include "store/query.h"

#define CURSOR_ITEM 'i'
#define FIELDS "item.number, item.organisation, item.received, item.account, item.feed, item.body"

/* A row as an item; its texts in the arena. */
static enum error take(struct query *query, struct arena *arena, struct item *item)
{
	struct text body = arena_text(arena, column_text(query, 5));
	struct reader from = reader_of(body.at, body.size);
	if (!body.at)
		return fail(query->failure, ERROR_MEMORY, "an item: no memory");
	enum error error = item_decode(&from, arena, item, query->failure);
	if (error)
		return error;
	item->organisation = (uint32_t)column_integer(query, 1);
	item->received = column_integer(query, 2);
	item->account = column_uuid(query, 3);
	item->feed = arena_text(arena, column_text(query, 4));
	return OK;
}

/* ── one version ─ */

struct newest {
	uint64_t number;
	nanoseconds version;
	bool there;
};

static enum error newest_of(
    struct store *store, uint32_t organisation, struct text id, struct newest *newest, struct failure *failure)
{
	struct query query;
	*newest = (struct newest){ 0 };
	enum error error = query_own(store,
	    "SELECT number, version FROM item WHERE id = :id AND organisation = :organisation"
	    " ORDER BY version DESC LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":organisation", organisation);
	error = query_step(&query);
	if (error == OK)
		*newest = (struct newest){ column_count(&query, 0), column_integer(&query, 1), true };
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static enum error number_of(
    struct store *store, const struct item *item, uint64_t *number, bool *there, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT number FROM item WHERE id = :id AND organisation = :organisation AND version = :version", &query,
	    failure);
	if (error)
		return error;
	bind_text(&query, ":id", item->id);
	bind_integer(&query, ":organisation", item->organisation);
	bind_integer(&query, ":version", item->modified.when);
	error = query_step(&query);
	*there = error == OK;
	if (*there)
		*number = column_count(&query, 0);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static enum error set_newest(struct store *store, uint64_t number, bool newest, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "UPDATE item SET newest = :newest WHERE number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":newest", newest);
	bind_integer(&query, ":number", (int64_t)number);
	return query_run(&query, NULL);
}

/* Values and ends lead to the row. `sql` has the parameters :word and :item. */
static enum error point_at(
    struct store *store, const char *sql, struct text word, uint64_t number, struct failure *failure)
{
	struct query query;
	if (word.size == 0)
		return OK;
	enum error error = query_own(store, sql, &query, failure);
	if (error)
		return error;
	bind_text(&query, ":word", word);
	bind_integer(&query, ":item", (int64_t)number);
	return query_run(&query, NULL);
}

#define ADD_VALUE "INSERT OR IGNORE INTO item_value (value, item) VALUES (:word, :item)"
#define ADD_END "INSERT OR IGNORE INTO item_end (id, item) VALUES (:word, :item)"
#define REMOVE_VALUE "DELETE FROM item_value WHERE value = :word AND item = :item"
#define REMOVE_END "DELETE FROM item_end WHERE id = :word AND item = :item"

static bool has_ends(const struct item *item)
{
	return item->kind == ITEM_RELATION || item->kind == ITEM_SIGHTING;
}

static enum error point_all(struct store *store, const struct item *item, const struct item_values *values,
    uint64_t number, struct failure *failure)
{
	static const char add_value[] = ADD_VALUE, add_end[] = ADD_END;
	enum error error = OK;
	for (uint32_t i = 0; values && i < values->count && !error; i++)
		error = point_at(store, add_value, values->values[i], number, failure);
	if (!error && has_ends(item))
		error = point_at(store, add_end, item->source_ref, number, failure);
	if (!error && has_ends(item))
		error = point_at(store, add_end, item->target_ref, number, failure);
	return error;
}

static void build_words(const struct item *item, const struct item_values *values, struct builder *body,
    struct builder *labels, struct builder *found)
{
	item_encode(item, body);
	for (uint32_t i = 0; i < item->label_count; i++) {
		build_char(labels, '\n');
		build_text(labels, item->labels[i]);
	}
	if (item->label_count)
		build_char(labels, '\n');
	for (uint32_t i = 0; values && i < values->count; i++)
		put_text(found, values->values[i]);
}

static enum error insert(struct store *store, const struct scope *scope, const struct item *item,
    const struct item_values *values, bool newest, uint64_t *number, struct failure *failure)
{
	struct query query;
	struct builder body = { 0 }, labels = { 0 }, found = { 0 };
	enum error error = query_write(store, scope, NOUN_ITEM, item->organisation,
	    "INSERT INTO item (organisation, id, version, newest, kind, type, tlp, received, account, feed, labels, "
	    "found,"
	    " body) VALUES (:organisation, :id, :version, :newest, :kind, :type, :tlp, :received, :account, :feed,"
	    " :labels, :found, :body)",
	    &query, failure);
	if (error)
		return error;
	build_words(item, values, &body, &labels, &found);
	if (body.failed || labels.failed || found.failed)
		query.error = fail(failure, ERROR_MEMORY, "an item: no memory");
	bind_integer(&query, ":organisation", item->organisation);
	bind_text(&query, ":id", item->id);
	bind_integer(&query, ":version", item->modified.when);
	bind_integer(&query, ":newest", newest);
	bind_integer(&query, ":kind", item->kind);
	bind_text(&query, ":type", item->type);
	bind_integer(&query, ":tlp", item->tlp);
	bind_integer(&query, ":received", item->received);
	bind_uuid(&query, ":account", &item->account);
	bind_text(&query, ":feed", item->feed);
	bind_text(&query, ":labels", (struct text){ labels.at, labels.size });
	bind_blob(&query, ":found", found.at, found.size);
	bind_blob(&query, ":body", body.at, body.size);
	error = query_run(&query, NULL);
	builder_free(&body);
	builder_free(&labels);
	builder_free(&found);
	*number = (uint64_t)sqlite3_last_insert_rowid(store->database);
	return error ? error : point_all(store, item, values, *number, failure);
}

enum error store_item_put(struct store *store, const struct scope *scope, const struct item *item,
    const struct item_values *values, uint64_t *number, bool *added, struct failure *failure)
{
	struct newest newest;
	uint64_t row = 0;
	bool there = false;
	if (!scope_writes(scope, NOUN_ITEM))
		return fail(failure, ERROR_DENIED, "the scope %s does not change this", scope_name(scope));
	enum error error = newest_of(store, item->organisation, item->id, &newest, failure);
	if (!error && newest.there && newest.version >= item->modified.when)
		error = number_of(store, item, &row, &there, failure);
	bool becomes_newest = !newest.there || newest.version < item->modified.when;
	if (!error && !there)
		error = insert(store, scope, item, values, becomes_newest, &row, failure);
	if (!error && !there && newest.there && becomes_newest)
		error = set_newest(store, newest.number, false, failure);
	if (number)
		*number = row;
	if (added)
		*added = !there;
	return error;
}

static enum error one(struct query *query, struct arena *arena, struct item *item)
{
	enum error error = query_one(query, "item");
	if (error)
		return error;
	error = take(query, arena, item);
	query_release(query);
	return error;
}

enum error store_item_get(struct store *store, const struct scope *scope, uint32_t organisation, struct text id,
    nanoseconds version, struct arena *arena, struct item *item, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT " FIELDS " FROM item WHERE {scope} AND id = :id AND organisation = :organisation"
	    " AND (:version = 0 OR version = :version) ORDER BY version DESC LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":version", version);
	return one(&query, arena, item);
}

enum error store_item_find(struct store *store, const struct scope *scope, struct text id, struct arena *arena,
    struct item *item, struct failure *failure)
{
	struct query query;
	const struct subject *subject = scope_subject(scope);
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT " FIELDS " FROM item WHERE {scope} AND id = :id AND newest = 1"
	    " ORDER BY organisation = :own DESC, number LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":own", subject ? subject->organisation : 0);
	return one(&query, arena, item);
}

/* ── several ─ */

static enum error each_row(
    struct query *query, struct arena *arena, void (*each)(void *, const struct item *), void *context)
{
	enum error error;
	while ((error = query_step(query)) == OK) {
		struct item item;
		error = take(query, arena, &item);
		if (error)
			break;
		each(context, &item);
	}
	query_release(query);
	return error == ERROR_END ? OK : error;
}

enum error store_item_versions(struct store *store, const struct scope *scope, uint32_t organisation, struct text id,
    struct arena *arena, void (*each)(void *, const struct item *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT " FIELDS " FROM item WHERE {scope} AND id = :id AND organisation = :organisation ORDER BY version",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":organisation", organisation);
	return each_row(&query, arena, each, context);
}

/* The conditions that the columns answer; text is looked for in what they leave. */
#define CONDITIONS                                                                                                     \
	" AND newest = 1 AND item.number < :before AND (:type = '' OR type = :type) AND (:kind < 0 OR kind = :kind)"   \
	" AND (:tlp < 0 OR tlp = :tlp) AND received >= :from AND (:to = 0 OR received < :to)"                          \
	" AND (:label = '' OR instr(labels, char(10) || :label || char(10)) > 0)"                                      \
	" ORDER BY item.number DESC LIMIT :most"

static enum error query_open_for(struct store *store, const struct scope *scope, const struct item_query *asked,
    struct query *query, struct failure *failure)
{
	if (asked->value.size)
		return query_read(store, scope, NOUN_ITEM,
		    "SELECT " FIELDS " FROM item_value JOIN item ON item.number = item_value.item"
		    " WHERE {scope} AND item_value.value = :word" CONDITIONS,
		    query, failure);
	if (asked->end.size)
		return query_read(store, scope, NOUN_ITEM,
		    "SELECT " FIELDS " FROM item_end JOIN item ON item.number = item_end.item"
		    " WHERE {scope} AND item_end.id = :word" CONDITIONS,
		    query, failure);
	return query_read(store, scope, NOUN_ITEM,
	    "SELECT " FIELDS " FROM item WHERE {scope} AND :word = ''" CONDITIONS, query, failure);
}

static bool text_fits(const struct item_query *asked, const struct item *item)
{
	return asked->text.size == 0 || text_find_nocase(item->name, asked->text) >= 0 ||
	       text_find_nocase(item->description, asked->text) >= 0;
}

enum error store_item_each(struct store *store, const struct scope *scope, const struct item_query *asked,
    struct page *page, struct arena *arena, void (*each)(void *, const struct item *), void *context,
    struct failure *failure)
{
	struct query query;
	struct cursor cursor;
	uint32_t shown = 0, limit = page_limit(page), steps = 0;
	int64_t last = 0;
	page->next[0] = 0;
	enum error error = cursor_read(page, CURSOR_ITEM, &cursor, failure);
	if (!error)
		error = query_open_for(store, scope, asked, &query, failure);
	if (error)
		return error;
	bind_text(&query, ":word", asked->value.size ? asked->value : asked->end);
	bind_integer(&query, ":before", cursor.none ? INT64_MAX : cursor.key);
	bind_text(&query, ":type", asked->type);
	bind_integer(&query, ":kind", asked->kind);
	bind_integer(&query, ":tlp", asked->tlp);
	bind_integer(&query, ":from", asked->from);
	bind_integer(&query, ":to", asked->to);
	bind_text(&query, ":label", asked->label);
	bind_integer(&query, ":most", ITEM_STEPS);
	while ((error = query_step(&query)) == OK) {
		struct item item;
		if (shown == limit) /* there is one more */
			break;
		error = take(&query, arena, &item);
		if (error)
			break;
		last = column_integer(&query, 0);
		steps++;
		if (!text_fits(asked, &item))
			continue;
		each(context, &item);
		shown++;
	}
	query_release(&query);
	if (error == OK || (error == ERROR_END && steps == ITEM_STEPS))
		cursor_write(page, CURSOR_ITEM, last, (struct uuid){ 0 });
	return error == ERROR_END ? OK : error;
}

struct sum {
	uint64_t sightings;
};

static void add_sighting(void *context, const struct item *item)
{
	struct sum *sum = context;
	if (item->kind == ITEM_SIGHTING)
		sum->sightings += item->present & ITEM_HAS_COUNT ? item->count : 1;
}

enum error store_item_sightings(
    struct store *store, const struct scope *scope, struct text id, uint64_t *sightings, struct failure *failure)
{
	struct query query;
	struct sum sum = { 0 };
	struct arena *arena = arena_new(256u << 20);
	*sightings = 0;
	if (!arena)
		return fail(failure, ERROR_MEMORY, "sightings: no memory");
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT " FIELDS " FROM item_end JOIN item ON item.number = item_end.item"
	    " WHERE {scope} AND item_end.id = :id AND newest = 1 AND kind = :kind LIMIT :most",
	    &query, failure);
	if (!error) {
		bind_text(&query, ":id", id);
		bind_integer(&query, ":kind", ITEM_SIGHTING);
		bind_integer(&query, ":most", ITEM_STEPS);
		error = each_row(&query, arena, add_sighting, &sum);
	}
	arena_free(arena);
	*sightings = sum.sightings;
	return error;
}

/* ── removing ─ */

static enum error forget_words(
    struct store *store, uint64_t number, const struct item *item, struct text found, struct failure *failure)
{
	static const char remove_value[] = REMOVE_VALUE, remove_end[] = REMOVE_END;
	struct reader from = reader_of(found.at, found.size);
	enum error error = OK;
	while (!error && !from.failed && from.at < from.end)
		error = point_at(store, remove_value, get_text(&from), number, failure);
	if (!error && has_ends(item))
		error = point_at(store, remove_end, item->source_ref, number, failure);
	if (!error && has_ends(item))
		error = point_at(store, remove_end, item->target_ref, number, failure);
	return error;
}

static enum error remove_row(
    struct store *store, uint64_t number, const struct item *item, struct text found, struct failure *failure)
{
	struct query query;
	enum error error = forget_words(store, number, item, found, failure);
	if (!error)
		error = entry_forget(store, number, item->organisation, item->id, failure);
	if (!error)
		error = query_own(store, "DELETE FROM item WHERE number = :item", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":item", (int64_t)number);
	return query_run(&query, NULL);
}

enum error store_item_remove(struct store *store, const struct scope *scope, uint32_t organisation, struct text id,
    nanoseconds version, struct failure *failure)
{
	uint64_t removed = 0;
	struct newest newest;
	struct arena *arena = arena_new(0);
	enum error error = arena ? OK : fail(failure, ERROR_MEMORY, "an item: no memory");
	if (!scope_writes(scope, NOUN_ITEM) || !scope_covers(scope, organisation) || !store->in_transaction)
		error = fail(failure, ERROR_NOT_FOUND, "there is no such item");
	while (!error) {
		struct query query;
		struct item item;
		error = query_own(store,
		    "SELECT " FIELDS ", item.found FROM item WHERE id = :id AND organisation = :organisation"
		    " AND (:version = 0 OR version = :version) LIMIT 1",
		    &query, failure);
		if (error)
			break;
		bind_text(&query, ":id", id);
		bind_integer(&query, ":organisation", organisation);
		bind_integer(&query, ":version", version);
		error = query_step(&query);
		if (error == OK)
			error = take(&query, arena, &item);
		uint64_t number = error == OK ? column_count(&query, 0) : 0;
		struct text found = error == OK ? arena_text(arena, column_text(&query, 6)) : TEXT_NONE;
		query_release(&query);
		if (error == OK)
			error = remove_row(store, number, &item, found, failure);
		removed += error == OK;
		arena_clear(arena);
	}
	arena_free(arena);
	if (error != ERROR_END)
		return error;
	if (!removed)
		return fail(failure, ERROR_NOT_FOUND, "there is no such item");
	error = newest_of(store, organisation, id, &newest, failure);
	if (!error && newest.there)
		error = set_newest(store, newest.number, true, failure);
	return error;
}
