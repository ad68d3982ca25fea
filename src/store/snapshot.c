/*
 * The snapshot that the policy decides over: organisations and where they may be named, communities, memberships.
 * Loaded for each request; contents are none of it.
 */
#include "store/query.h"

/* An array in the arena with a place for each row of `table`; *count = places. */
static enum error make_room(struct store *store, const char *count_sql, size_t size, struct arena *arena, void **rows,
    size_t *count, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, count_sql, &query, failure);
	if (!error)
		error = query_one(&query, "table");
	if (error)
		return error;
	*count = (size_t)column_integer(&query, 0);
	query_release(&query);
	*rows = arena_take(arena, (*count ? *count : 1) * size);
	return *rows ? OK : fail(failure, ERROR_MEMORY, "policy snapshot: no memory");
}

static enum error load_organisations(
    struct store *store, struct arena *arena, struct policy_snapshot *snapshot, struct failure *failure)
{
	struct query query;
	struct organisation_standing *rows;
	size_t room = 0, filled = 0;
	enum error error =
	    make_room(store, "SELECT count(*) FROM organisation", sizeof *rows, arena, (void **)&rows, &room, failure);
	if (!error)
		error = query_own(store,
		    "SELECT o.number, o.parent, o.active, ifnull(n.naming, 0), n.circle FROM organisation o"
		    " LEFT JOIN naming n ON n.organisation = o.number ORDER BY o.number",
		    &query, failure);
	if (error)
		return error;
	for (; filled < room && (error = query_step(&query)) == OK; filled++)
		rows[filled] = (struct organisation_standing){ .organisation = (uint32_t)column_integer(&query, 0),
			.parent = (uint32_t)column_integer(&query, 1),
			.active = column_integer(&query, 2) != 0,
			.naming = (enum naming)column_integer(&query, 3),
			.circle = (uint32_t)column_integer(&query, 4) };
	query_release(&query);
	snapshot->organisations = rows;
	snapshot->organisation_count = filled;
	return error == ERROR_END ? OK : error;
}

static enum error load_communities(
    struct store *store, struct arena *arena, struct policy_snapshot *snapshot, struct failure *failure)
{
	struct query query;
	struct community_standing *rows;
	size_t room = 0, filled = 0;
	enum error error =
	    make_room(store, "SELECT count(*) FROM community", sizeof *rows, arena, (void **)&rows, &room, failure);
	if (!error)
		error = query_own(store,
		    "SELECT number, parent, kind, active, hidden, centre, purpose <> '' AND content <> '' AND "
		    "recipients <> '',"
		    " valid_from, valid_to FROM community ORDER BY number",
		    &query, failure);
	if (error)
		return error;
	for (; filled < room && (error = query_step(&query)) == OK; filled++)
		rows[filled] = (struct community_standing){ .community = (uint32_t)column_integer(&query, 0),
			.parent = (uint32_t)column_integer(&query, 1),
			.kind = (enum community_kind)column_integer(&query, 2),
			.active = column_integer(&query, 3) != 0,
			.hidden = column_integer(&query, 4) != 0,
			.centre = column_integer(&query, 5) != 0,
			.stated = column_integer(&query, 6) != 0,
			.from = column_integer(&query, 7),
			.to = column_integer(&query, 8) };
	query_release(&query);
	snapshot->communities = rows;
	snapshot->community_count = filled;
	return error == ERROR_END ? OK : error;
}

static enum error load_memberships(
    struct store *store, struct arena *arena, struct policy_snapshot *snapshot, struct failure *failure)
{
	struct query query;
	struct membership *rows;
	size_t room = 0, filled = 0;
	enum error error =
	    make_room(store, "SELECT count(*) FROM membership", sizeof *rows, arena, (void **)&rows, &room, failure);
	if (!error)
		error = query_own(store,
		    "SELECT community, organisation, role, valid_from, valid_to FROM membership ORDER BY number",
		    &query, failure);
	if (error)
		return error;
	for (; filled < room && (error = query_step(&query)) == OK; filled++)
		rows[filled] = (struct membership){ .community = (uint32_t)column_integer(&query, 0),
			.organisation = (uint32_t)column_integer(&query, 1),
			.role = (enum membership_role)column_integer(&query, 2),
			.from = column_integer(&query, 3),
			.to = column_integer(&query, 4) };
	query_release(&query);
	snapshot->memberships = rows;
	snapshot->membership_count = filled;
	return error == ERROR_END ? OK : error;
}

enum error store_snapshot(struct store *store, nanoseconds now, struct arena *arena, struct policy_snapshot *snapshot,
    struct failure *failure)
{
	*snapshot = (struct policy_snapshot){ .now = now };
	enum error error = load_organisations(store, arena, snapshot, failure);
	if (!error)
		error = load_communities(store, arena, snapshot, failure);
	return error ? error : load_memberships(store, arena, snapshot, failure);
}

/* What was changed here, with what other connections changed. */
static enum error changes_of(struct store *store, uint64_t here, uint64_t *number, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_own(store, "PRAGMA data_version", &query, failure); /* what other connections changed */
	if (!error)
		error = query_one(&query, "version");
	if (error)
		return error;
	*number = here << 24 ^ column_count(&query, 0);
	query_release(&query);
	return OK;
}

enum error store_standing(struct store *store, uint64_t *standing, struct failure *failure)
{
	return changes_of(store, store->standing, standing, failure);
}

enum error store_spaces_version(struct store *store, uint64_t *version, struct failure *failure)
{
	return changes_of(store, store->spaces, version, failure);
}
