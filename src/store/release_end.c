/*
 * Ends of relations: a relationship or a sighting of STIX is shown only to whoever sees the objects that it joins
 * (decision 0080).
 *
 * When a relation is released, the ends that are known here to who released it, and those that its owner gave, are
 * written beside it, in `ends`. They must be seen from then on by whoever reads it, whatever becomes of them. All
 * others come from outside, as the ids of a public catalogue do: they tell nothing of anybody here, and nobody can make
 * another's relation vanish by giving an object of that id to a circle of his own.
 */
#include "store/item_row.h"
#include "store/release_row.h"

static bool is_relation(struct text type)
{
	return text_equal(type, TEXT("relationship")) || text_equal(type, TEXT("sighting"));
}

/* ── seeing one end ─ */

/* What {community} finds is what policy_release_read() allows, but for TLP:RED. */
static enum error stands(struct store *store, const struct scope *scope, uint32_t community, struct text id, bool *seen,
    struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT 1 FROM item JOIN release ON release.item = item.number WHERE item.id = :id AND release.place < 2"
	    " AND release.tlp < :red AND (:at = 0 OR release.community = :at) AND {community} LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":red", TLP_RED);
	bind_integer(&query, ":at", community);
	error = query_step(&query);
	*seen = error == OK;
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* One's own, one of those that were given to the centre, or one that was released to oneself by name. */
static enum error belongs(struct store *store, const struct scope *scope, uint32_t owner, struct text id,
    struct arena *arena, bool *seen, struct failure *failure)
{
	struct release_standing *standings;
	size_t count;
	enum error error = store_release_standings(store, owner, id, arena, &standings, &count, failure);
	*seen = !error && (policy_item_read(scope, owner, standings, count) ||
			      policy_release_choose(scope, standings, count) < count);
	return error;
}

static enum error belongs_to_any(
    struct store *store, const struct scope *scope, struct text id, bool *seen, struct failure *failure)
{
	struct query query;
	struct arena *arena = arena_new(0);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "a relation: no memory");
	enum error error = query_own(store, "SELECT DISTINCT organisation FROM item WHERE id = :id", &query, failure);
	if (!error) {
		bind_text(&query, ":id", id);
		while (!*seen && (error = query_step(&query)) == OK &&
		       (error = belongs(store, scope, (uint32_t)column_integer(&query, 0), id, arena, seen, failure)) ==
			   OK)
			;
		query_release(&query);
	}
	arena_free(arena);
	return error == ERROR_END ? OK : error;
}

/* Background work sees what whoever is in the community does. */
static enum error end_seen(struct store *store, const struct scope *scope, uint32_t community, struct text id,
    bool *seen, struct failure *failure)
{
	bool background = scope_is_background(scope);
	enum error error = stands(store, scope, background ? community : 0, id, seen, failure);
	return error || *seen || background ? error : belongs_to_any(store, scope, id, seen, failure);
}

enum error release_ends_seen(struct store *store, const struct scope *scope, uint32_t owner, uint32_t community,
    struct text ends, bool *seen, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	*seen = true;
	if (ends.size == 0 || (subject && subject->organisation == owner))
		return OK;
	enum error error = OK;
	while (!error && *seen && ends.size)
		error = end_seen(store, scope, community, text_cut(&ends, '\n'), seen, failure);
	return error;
}

/* ── finding out at the release ─ */

static enum error gave(struct store *store, uint32_t organisation, struct text id, bool *given, struct failure *failure)
{
	struct query query;
	enum error error = query_own(
	    store, "SELECT 1 FROM item WHERE id = :id AND organisation = :organisation LIMIT 1", &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":organisation", organisation);
	error = query_step(&query);
	*given = error == OK;
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* Each id with its line's end, so that a whole one is found by text_find(). */
static enum error note_end(struct store *store, const struct scope *scope, const struct release *release,
    struct text before, struct text id, struct builder *ends, struct failure *failure)
{
	bool known = id.size && text_find(before, id) >= 0;
	enum error error = OK;
	if (id.size && !known)
		error = gave(store, release->organisation, id, &known, failure);
	if (id.size && !known && !error)
		error = end_seen(store, scope, release->community, id, &known, failure);
	if (known) {
		build_text(ends, id);
		build_char(ends, '\n');
	}
	return error;
}

static enum error item_of(
    struct store *store, uint64_t row, struct arena *arena, struct item *item, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "SELECT " ITEM_FIELDS " FROM item WHERE number = :row", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":row", (int64_t)row);
	error = query_one(&query, "item");
	if (error)
		return error;
	error = item_take(&query, arena, item);
	query_release(&query);
	return error;
}

enum error release_note_ends(struct store *store, const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release *release, const struct release *from, struct builder *ends, struct failure *failure)
{
	struct item item;
	struct text before = from ? from->ends : TEXT_NONE;
	if (!is_relation(release->type))
		return OK;
	struct arena *arena = arena_new(0);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "a relation: no memory");
	/* Who gives to a circle may read more circles than those. */
	const struct subject *subject = scope_subject(scope);
	const struct scope *reads = subject ? policy_scope(snapshot, subject, ACTION_ITEM_READ, arena) : scope;
	enum error error = item_of(store, release->row, arena, &item, failure);
	if (!error)
		error = note_end(store, reads ? reads : scope, release, before, item.source_ref, ends, failure);
	if (!error)
		error = note_end(store, reads ? reads : scope, release, before, item.target_ref, ends, failure);
	arena_free(arena);
	return error || !ends->failed ? error : fail(failure, ERROR_MEMORY, "a relation: no memory");
}

/* ── ends that come later ─ */

enum error release_end_given(struct store *store, uint32_t organisation, struct text id, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "UPDATE release SET ends = ends || :id || char(10) WHERE item IN (SELECT item FROM item_end WHERE id = :id)"
	    " AND organisation = :organisation AND instr(ends, :id) = 0",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", id);
	bind_integer(&query, ":organisation", organisation);
	return query_run(&query, NULL);
}

/* Those whose community was shown the end already are where they should be. */
enum error release_renew_relations(struct store *store, const struct release *end, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "UPDATE release SET added = :added + behind.nth FROM (SELECT r.added AS was, row_number() OVER (ORDER BY"
	    "  r.added) AS nth FROM item_end e JOIN release r ON r.item = e.item WHERE e.id = :id AND r.place < 2"
	    "  AND r.added < :added AND instr(r.ends, :id) > 0 AND NOT EXISTS (SELECT 1 FROM item i JOIN release s"
	    "  ON s.item = i.number WHERE i.id = :id AND s.community = r.community AND s.place < 2 AND s.tlp < :red"
	    "  AND s.added <> :added)) AS behind WHERE release.added = behind.was",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", end->item);
	bind_integer(&query, ":added", end->added / MICROSECOND);
	bind_integer(&query, ":red", TLP_RED);
	return query_run(&query, NULL);
}
