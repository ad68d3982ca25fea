/*
 * Releases of items as somebody sees them, and taking them back (store/release.h). Making them: release_put.c.
 */
#include "store/release.h"

#include "base/catalog.h"
#include "store/release_row.h"

#include <string.h>

struct release_standing release_standing_of(const struct release *release)
{
	return (struct release_standing){ .organisation = release->organisation,
		.community = release->community,
		.tlp = release->tlp,
		.decided = release->decided,
		.withdrawn = release->withdrawn,
		.taken_out = release->taken_out,
		.named = release->named,
		.named_count = release->named_count };
}

/* ── reading ─ */

static struct text kept(struct query *query, int column, struct arena *arena, bool *failed)
{
	struct text text = column_text(query, column);
	char *copy = arena_string(arena, text);
	*failed = *failed || !copy;
	return (struct text){ copy, copy ? text.size : 0 };
}

static enum error take_named(struct store *store, struct arena *arena, struct release *release, struct failure *failure)
{
	struct query query;
	uint32_t *named, room = 0;
	enum error error =
	    query_own(store, "SELECT count(*) FROM release_named WHERE release = :release", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":release", &release->id);
	error = query_one(&query, "release");
	if (error)
		return error;
	room = (uint32_t)column_integer(&query, 0);
	query_release(&query);
	named = arena_take(arena, (room ? room : 1) * sizeof *named);
	if (!named)
		return fail(failure, ERROR_MEMORY, "release: no memory");
	error = query_own(store,
	    "SELECT organisation FROM release_named WHERE release = :release ORDER BY organisation", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":release", &release->id);
	while (release->named_count < room && (error = query_step(&query)) == OK)
		named[release->named_count++] = (uint32_t)column_integer(&query, 0);
	query_release(&query);
	release->named = named;
	return error == ERROR_END ? OK : error;
}

enum error release_take(struct query *query, struct arena *arena, struct release *release)
{
	bool failed = false;
	*release = (struct release){ .id = column_uuid(query, 0),
		.organisation = (uint32_t)column_integer(query, 1),
		.item = kept(query, 2, arena, &failed),
		.version = { column_integer(query, 3), kept(query, 4, arena, &failed) },
		.community = (uint32_t)column_integer(query, 5),
		.step = (uint32_t)column_integer(query, 6),
		.tlp = (enum tlp)column_integer(query, 7),
		.decided_by = column_uuid(query, 8),
		.decided = column_integer(query, 9),
		.withdrawn = column_integer(query, 10),
		.added = column_integer(query, 11) * MICROSECOND,
		.purpose = kept(query, 12, arena, &failed),
		.content = kept(query, 13, arena, &failed),
		.recipients = kept(query, 14, arena, &failed),
		.removed = kept(query, 15, arena, &failed),
		.taken_out = (uint32_t)column_integer(query, 16),
		.row = column_count(query, 17),
		.type = kept(query, 18, arena, &failed),
		.spec = (uint8_t)column_integer(query, 19),
		.shown = kept(query, 20, arena, &failed),
		.ends = kept(query, 21, arena, &failed),
		.reason = kept(query, 22, arena, &failed) };
	if (failed)
		return fail(query->failure, ERROR_MEMORY, "release: no memory");
	return release->tlp == TLP_RED ? take_named(query->store, arena, release, query->failure) : OK;
}

enum error store_release_get(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    struct release *release, struct failure *failure)
{
	struct query query;
	bool failed = false;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " RELEASE_FIELDS ", rendering FROM release WHERE ({community} OR {scope}) AND id = :id", &query,
	    failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "release");
	if (error)
		return error;
	error = release_take(&query, arena, release);
	struct release_standing standing = release_standing_of(release);
	if (!error && policy_release_read(scope, &standing))
		release->rendering = kept(&query, RELEASE_FIELD_COUNT, arena, &failed);
	query_release(&query);
	if (failed)
		return fail(failure, ERROR_MEMORY, "release: no memory");
	bool seen = !error && policy_release_known(scope, &standing);
	if (seen && !scope_is_background(scope))
		error = release_ends_seen(
		    store, scope, release->organisation, release->community, release->ends, &seen, failure);
	return error || seen ? error : fail(failure, ERROR_NOT_FOUND, "there is no such release");
}

enum error store_release_each(struct store *store, const struct scope *scope, uint32_t organisation, struct text item,
    struct arena *arena, void (*each)(void *, const struct release *), void *context, struct failure *failure)
{
	struct query query;
	struct release release;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " RELEASE_FIELDS " FROM release WHERE ({community} OR {scope}) AND item IN"
	    " (SELECT number FROM item i WHERE i.id = :item AND i.organisation = :owner) ORDER BY step",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":owner", organisation);
	bind_text(&query, ":item", item);
	while ((error = query_step(&query)) == OK && (error = release_take(&query, arena, &release)) == OK) {
		struct release_standing standing = release_standing_of(&release);
		if (policy_release_known(scope, &standing))
			each(context, &release);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_release_standings(struct store *store, uint32_t organisation, struct text item, struct arena *arena,
    struct release_standing **standings, size_t *count, struct failure *failure)
{
	struct query query;
	struct release release;
	size_t room = 0;
	*standings = NULL;
	*count = 0;
	enum error error = query_own(store,
	    "SELECT " RELEASE_FIELDS " FROM release WHERE item IN (SELECT number FROM item i WHERE i.id = :item"
	    " AND i.organisation = :owner) ORDER BY step",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":owner", organisation);
	bind_text(&query, ":item", item);
	while ((error = query_step(&query)) == OK && (error = release_take(&query, arena, &release)) == OK) {
		if (*count == room) {
			struct release_standing *more = arena_take(arena, (room ? 2 * room : 8) * sizeof *more);
			if (!more) {
				error = fail(failure, ERROR_MEMORY, "release: no memory");
				break;
			}
			if (room)
				memcpy(more, *standings, room * sizeof *more);
			*standings = more;
			room = room ? 2 * room : 8;
		}
		(*standings)[(*count)++] = release_standing_of(&release);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* ── withdrawing ─ */

enum error store_release_withdraw(struct store *store, const struct scope *scope,
    const struct policy_snapshot *snapshot, struct uuid id, nanoseconds when, struct text reason,
    struct failure *failure)
{
	struct release release = { 0 };
	char object[UUID_TEXT];
	struct arena *arena = arena_new(0);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "release: no memory");
	enum error error = store_release_get(store, scope, id, arena, &release, failure);
	struct release_standing standing = error ? (struct release_standing){ 0 } : release_standing_of(&release);
	if (!error && release.withdrawn)
		error = fail(failure, ERROR_CONFLICT, "%s", N_("This release was withdrawn already."));
	if (!error && !policy_release_withdraw(snapshot, scope, &standing))
		error = fail(failure, ERROR_DENIED, "%s",
		    N_("Only the item's owner, who keeps the community, and the centre withdraw a release."));
	if (!error)
		error = release_end(store, scope, &release, when, reason, failure);
	char *detail = error ? NULL : arena_string(arena, reason);
	if (!error)
		error = log_change(store, scope, "release.withdraw", uuid_format(id, object), release.organisation,
		    detail ? detail : "", failure);
	arena_free(arena);
	return error;
}

enum error release_end_all(
    struct store *store, const struct scope *scope, uint64_t row, nanoseconds when, struct failure *failure)
{
	enum error error = OK;
	struct arena *arena = arena_new(0);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "release: no memory");
	while (!error) {
		struct query query;
		struct release release;
		char object[UUID_TEXT];
		arena_clear(arena);
		error = query_own(store,
		    "SELECT " RELEASE_FIELDS " FROM release WHERE item = :row AND withdrawn = 0 LIMIT 1", &query,
		    failure);
		if (error)
			break;
		bind_integer(&query, ":row", (int64_t)row);
		error = query_step(&query);
		if (!error)
			error = release_take(&query, arena, &release);
		query_release(&query);
		if (!error)
			error = release_end(store, scope, &release, when, TEXT_NONE, failure);
		if (!error)
			error = log_change(store, scope, "release.withdraw", uuid_format(release.id, object),
			    release.organisation, "", failure);
	}
	arena_free(arena);
	return error == ERROR_END ? OK : error;
}
