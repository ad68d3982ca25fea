/*
 * Reading items. In: a scope and what is asked for. Out: the items that the policy lets it see, whole. Every row goes
 * through next_seen(), which asks the policy: what is denied is passed over, and so answered as what is not there.
 *
 * A relation that belongs to somebody else is seen only where both its ends are.
 */
#include "model/item_code.h"
#include "store/item_row.h"
#include "store/release.h"

/* A row as an item; its texts in the arena. */
enum error item_take(struct query *query, struct arena *arena, struct item *item)
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

/* ── who sees it ─ */

static enum error may_read(struct store *store, const struct scope *scope, uint32_t organisation, struct text id,
    bool *may, struct failure *failure)
{
	struct release_standing *standings = NULL;
	size_t count = 0;
	enum error error = OK;
	const struct subject *subject = scope_subject(scope);
	if (!subject || subject->organisation == organisation) { /* whatever its releases are */
		*may = policy_item_read(scope, organisation, NULL, 0);
		return OK;
	}
	struct arena *arena = arena_new(0);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "an item: no memory");
	error = store_release_standings(store, organisation, id, arena, &standings, &count, failure);
	*may = !error && policy_item_read(scope, organisation, standings, count);
	arena_free(arena);
	return error;
}

/* Whether there is an item of this id that the scope sees, of whomever. */
static enum error id_seen(
    struct store *store, const struct scope *scope, struct text id, bool *seen, struct failure *failure)
{
	struct query query;
	*seen = false;
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT organisation FROM item WHERE {scope} AND id = :id AND newest = 1", &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	while (!*seen && (error = query_step(&query)) == OK) {
		error = may_read(store, scope, (uint32_t)column_integer(&query, 0), id, seen, failure);
		if (error)
			break;
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static bool is_own(const struct scope *scope, const struct item *item)
{
	return scope_is_background(scope) || scope_subject(scope)->organisation == item->organisation;
}

static enum error is_seen(
    struct store *store, const struct scope *scope, const struct item *item, bool *seen, struct failure *failure)
{
	enum error error = may_read(store, scope, item->organisation, item->id, seen, failure);
	if (error || !*seen || item->kind != ITEM_RELATION || is_own(scope, item))
		return error;
	error = id_seen(store, scope, item->source_ref, seen, failure);
	return error || !*seen ? error : id_seen(store, scope, item->target_ref, seen, failure);
}

static bool text_fits(const struct item_query *asked, const struct item *item)
{
	return asked->text.size == 0 || text_find_nocase(item->name, asked->text) >= 0 ||
	       text_find_nocase(item->description, asked->text) >= 0;
}

static bool holds(const struct item *item, nanoseconds now)
{
	return !item->revoked && !item->false_positive && item->valid_from.when <= now &&
	       (item->valid_until.when == 0 || item->valid_until.when > now);
}

static bool fits(const struct item_query *asked, const struct item *item)
{
	if (asked->owned && item->organisation != asked->owner)
		return false;
	if (asked->holds != ITEM_HOLDS_ANY &&
	    (item->kind != ITEM_INDICATOR || holds(item, asked->now) != (asked->holds == ITEM_HOLDS)))
		return false;
	return text_fits(asked, item);
}

/* What was looked at: how many rows, and the number of the last one. */
struct passed {
	uint32_t rows;
	int64_t number;
};

/* The next row that fits (`asked` may be NULL) and that the scope sees. ERROR_END: none. */
static enum error next_seen(struct query *query, const struct scope *scope, const struct item_query *asked,
    struct arena *arena, struct item *item, struct passed *passed)
{
	enum error error;
	bool seen = false;
	while (!seen && (error = query_step(query)) == OK) {
		error = item_take(query, arena, item);
		if (!error && (!asked || fits(asked, item)))
			error = is_seen(query->store, scope, item, &seen, query->failure);
		if (error)
			return error;
		passed->rows++;
		passed->number = column_integer(query, 0);
	}
	return seen ? OK : error;
}

/* ── one ─ */

static enum error one(struct query *query, const struct scope *scope, struct arena *arena, struct item *item)
{
	struct passed passed = { 0 };
	enum error error = next_seen(query, scope, NULL, arena, item, &passed);
	struct failure *failure = query->failure;
	query_release(query);
	return error == ERROR_END ? fail(failure, ERROR_NOT_FOUND, "there is no such item") : error;
}

enum error store_item_get(struct store *store, const struct scope *scope, uint32_t organisation, struct text id,
    nanoseconds version, struct arena *arena, struct item *item, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT " ITEM_FIELDS " FROM item WHERE {scope} AND id = :id AND organisation = :organisation"
	    " AND (:version = 0 OR version = :version) ORDER BY version DESC LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":version", version);
	return one(&query, scope, arena, item);
}

enum error store_item_find(struct store *store, const struct scope *scope, struct text id, struct arena *arena,
    struct item *item, struct failure *failure)
{
	struct query query;
	const struct subject *subject = scope_subject(scope);
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT " ITEM_FIELDS " FROM item WHERE {scope} AND id = :id AND newest = 1"
	    " ORDER BY organisation = :own DESC, number",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":own", subject ? subject->organisation : 0);
	return one(&query, scope, arena, item);
}

/* ── several ─ */

static enum error each_row(struct query *query, const struct scope *scope, struct arena *arena,
    void (*each)(void *, const struct item *), void *context)
{
	enum error error;
	struct item item;
	struct passed passed = { 0 };
	while ((error = next_seen(query, scope, NULL, arena, &item, &passed)) == OK)
		each(context, &item);
	query_release(query);
	return error == ERROR_END ? OK : error;
}

enum error store_item_versions(struct store *store, const struct scope *scope, uint32_t organisation, struct text id,
    struct arena *arena, void (*each)(void *, const struct item *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ITEM,
	    "SELECT " ITEM_FIELDS
	    " FROM item WHERE {scope} AND id = :id AND organisation = :organisation ORDER BY version",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":organisation", organisation);
	return each_row(&query, scope, arena, each, context);
}

/* The conditions that the columns answer; text is looked for in what they leave. */
#define CONDITIONS                                                                                                     \
	" AND newest = 1 AND item.number < :before AND (:type = '' OR type = :type) AND (:kind < 0 OR kind = :kind)"   \
	" AND (:tlp < 0 OR tlp = :tlp) AND received >= :from AND (:to = 0 OR received < :to)"                          \
	" AND (:label = '' OR instr(labels, char(10) || :label || char(10)) > 0)"                                      \
	" AND (:sector = '' OR organisation IN (SELECT o.number FROM organisation o WHERE o.sector = :sector))"        \
	" AND (:at = 0 OR EXISTS (SELECT 1 FROM item v JOIN release r ON r.item = v.number WHERE v.id = item.id"       \
	"  AND v.organisation = item.organisation AND r.community = :at AND r.place < 2))"                             \
	" ORDER BY item.number DESC LIMIT :most"

static enum error query_open_for(struct store *store, const struct scope *scope, const struct item_query *asked,
    struct query *query, struct failure *failure)
{
	if (asked->value.size)
		return query_read(store, scope, NOUN_ITEM,
		    "SELECT " ITEM_FIELDS " FROM item_value JOIN item ON item.number = item_value.item"
		    " WHERE {scope} AND item_value.value = :word" CONDITIONS,
		    query, failure);
	if (asked->end.size)
		return query_read(store, scope, NOUN_ITEM,
		    "SELECT " ITEM_FIELDS " FROM item_end JOIN item ON item.number = item_end.item"
		    " WHERE {scope} AND item_end.id = :word" CONDITIONS,
		    query, failure);
	return query_read(store, scope, NOUN_ITEM,
	    "SELECT " ITEM_FIELDS " FROM item WHERE {scope} AND :word = ''" CONDITIONS, query, failure);
}

enum error store_item_each(struct store *store, const struct scope *scope, const struct item_query *asked,
    struct page *page, struct arena *arena, void (*each)(void *, const struct item *), void *context,
    struct failure *failure)
{
	struct query query;
	struct cursor cursor;
	struct passed passed = { 0 };
	uint32_t shown = 0, limit = page_limit(page);
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
	bind_text(&query, ":sector", asked->sector);
	bind_integer(&query, ":at", asked->community);
	bind_integer(&query, ":most", ITEM_STEPS);
	struct item item;
	while ((error = next_seen(&query, scope, asked, arena, &item, &passed)) == OK && shown < limit) {
		last = column_integer(&query, 0);
		each(context, &item);
		shown++;
	}
	bool stopped = error == ERROR_END && passed.rows == ITEM_STEPS;
	query_release(&query);
	if (error == OK || stopped)
		cursor_write(page, CURSOR_ITEM, stopped ? passed.number : last, (struct uuid){ 0 });
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
	    "SELECT " ITEM_FIELDS " FROM item_end JOIN item ON item.number = item_end.item"
	    " WHERE {scope} AND item_end.id = :id AND newest = 1 AND kind = :kind LIMIT :most",
	    &query, failure);
	if (!error) {
		bind_text(&query, ":id", id);
		bind_integer(&query, ":kind", ITEM_SIGHTING);
		bind_integer(&query, ":most", ITEM_STEPS);
		error = each_row(&query, scope, arena, add_sighting, &sum);
	}
	arena_free(arena);
	*sightings = sum.sightings;
	return error;
}
