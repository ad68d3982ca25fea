/*
 * Items: every version a row, with the columns that they are searched by, the values of their patterns, and the ends of
 * relations and sightings. In: items as a reader of a format made them. Out: the same.
 */
#include "store/items.h"

#include "model/item_code.h"
#include "store/item_row.h"
#include "store/known.h"
#include "store/release_row.h"

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

enum error store_item_newest(
    struct store *store, uint32_t organisation, struct text id, nanoseconds *version, struct failure *failure)
{
	struct newest newest;
	enum error error = newest_of(store, organisation, id, &newest, failure);
	*version = !error && newest.there ? newest.version : 0;
	return error;
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

/* By which identities an organisation goes: what is told elsewhere may not hold them (intel/naming.h). */
static enum error note_giver(struct store *store, const struct item *item, struct failure *failure)
{
	struct query query;
	if (item->created_by.size == 0)
		return OK;
	enum error error = query_own(store,
	    "INSERT OR IGNORE INTO item_giver (organisation, identity) SELECT :organisation, :identity WHERE NOT"
	    " EXISTS (SELECT 1 FROM item_giver WHERE organisation = :organisation AND identity = :identity) AND"
	    " (SELECT count(*) FROM item_giver WHERE organisation = :organisation) < :most",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", item->organisation);
	bind_text(&query, ":identity", item->created_by);
	bind_integer(&query, ":most", KNOWN_IDENTITIES);
	int rows;
	error = query_run(&query, &rows);
	store->standing += !error && rows > 0;
	return error;
}

static enum error point_all(struct store *store, const struct item *item, const struct item_values *values,
    uint64_t number, struct failure *failure)
{
	static const char add_value[] = ADD_VALUE, add_end[] = ADD_END;
	enum error error = note_giver(store, item, failure);
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
	if (!error && !newest.there)
		error = release_end_given(store, item->organisation, item->id, failure);
	if (!error && !there && newest.there && becomes_newest)
		error = set_newest(store, newest.number, false, failure);
	if (number)
		*number = row;
	if (added)
		*added = !there;
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

static enum error remove_row(struct store *store, const struct scope *scope, uint64_t number, const struct item *item,
    struct text found, nanoseconds when, struct failure *failure)
{
	struct query query;
	enum error error = forget_words(store, number, item, found, failure);
	if (!error)
		error = release_end_all(store, scope, number, when, failure);
	if (!error)
		error = query_own(store, "DELETE FROM item WHERE number = :item", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":item", (int64_t)number);
	return query_run(&query, NULL);
}

enum error store_item_remove(struct store *store, const struct scope *scope, uint32_t organisation, struct text id,
    nanoseconds version, nanoseconds when, struct failure *failure)
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
		    "SELECT " ITEM_FIELDS ", item.found FROM item WHERE id = :id AND organisation = :organisation"
		    " AND (:version = 0 OR version = :version) LIMIT 1",
		    &query, failure);
		if (error)
			break;
		bind_text(&query, ":id", id);
		bind_integer(&query, ":organisation", organisation);
		bind_integer(&query, ":version", version);
		error = query_step(&query);
		if (error == OK)
			error = item_take(&query, arena, &item);
		uint64_t number = error == OK ? column_count(&query, 0) : 0;
		struct text found = error == OK ? arena_text(arena, column_text(&query, 6)) : TEXT_NONE;
		query_release(&query);
		if (error == OK)
			error = remove_row(store, scope, number, &item, found, when, failure);
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
