/*
 * Releases of items (store/release.h). In: a release that somebody wants, with the bytes that its community would see.
 * Out: the row, or why not. What may be is the policy's to say.
 */
#include "store/release.h"

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
		.added = column_integer(query, 11),
		.purpose = kept(query, 12, arena, &failed),
		.content = kept(query, 13, arena, &failed),
		.recipients = kept(query, 14, arena, &failed),
		.removed = kept(query, 15, arena, &failed),
		.taken_out = (uint32_t)column_integer(query, 16) };
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
		release->rendering = kept(&query, 17, arena, &failed);
	query_release(&query);
	if (failed)
		return fail(failure, ERROR_MEMORY, "release: no memory");
	if (!error && !policy_release_known(scope, &standing))
		return fail(failure, ERROR_NOT_FOUND, "there is no such release");
	return error;
}

enum error store_release_each(struct store *store, const struct scope *scope, uint32_t organisation, struct text item,
    struct arena *arena, void (*each)(void *, const struct release *), void *context, struct failure *failure)
{
	struct query query;
	struct release release;
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " RELEASE_FIELDS " FROM release WHERE ({community} OR {scope}) AND organisation = :owner"
	    " AND item = :item ORDER BY step",
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
	    "SELECT " RELEASE_FIELDS " FROM release WHERE organisation = :owner AND item = :item ORDER BY step", &query,
	    failure);
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

/* ── making ─ */

static enum error refuse(enum release_answer answer, struct failure *failure)
{
	switch (answer) {
	case RELEASE_UNKNOWN:
		return fail(failure, ERROR_NOT_FOUND, "%s", release_answer_words(answer));
	case RELEASE_NOT_YOURS:
	case RELEASE_LOOSER:
	case RELEASE_OWNER_ONLY:
		return fail(failure, ERROR_DENIED, "%s", release_answer_words(answer));
	default:
		return fail(failure, ERROR_INPUT, "%s", release_answer_words(answer));
	}
}

static enum error check(const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release *release, const struct release *from, enum tlp item_tlp, struct failure *failure)
{
	struct release_standing before = from ? release_standing_of(from) : (struct release_standing){ 0 };
	struct release_wish wish = { .organisation = release->organisation,
		.item_tlp = item_tlp,
		.from = from ? &before : NULL,
		.community = release->community,
		.tlp = release->tlp,
		.named = release->named,
		.named_count = release->named_count,
		.stated = release->purpose.size && release->content.size && release->recipients.size };
	if (from && !text_equal(from->item, release->item))
		return refuse(RELEASE_UNKNOWN, failure);
	enum release_answer answer = policy_release_allowed(snapshot, scope, &wish);
	if (answer != RELEASE_ALLOWED)
		return refuse(answer, failure);
	if (release->rendering.size == 0 || release->rendering.size > ITEM_LARGEST)
		return fail(failure, ERROR_INPUT, "a release needs 1 to %u bytes to show", ITEM_LARGEST);
	return OK;
}

/* Its place among the item's steps, and in time; and that it is not there already. */
static enum error find_place(struct store *store, struct release *release, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT ifnull(max(step), 0) + 1, ifnull(sum(version = :version AND community = :community AND tlp = :tlp"
	    " AND withdrawn = 0), 0), (SELECT max(added) FROM release) FROM release"
	    " WHERE organisation = :owner AND item = :item",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":version", release->version.when);
	bind_integer(&query, ":community", release->community);
	bind_integer(&query, ":tlp", release->tlp);
	bind_integer(&query, ":owner", release->organisation);
	bind_text(&query, ":item", release->item);
	error = query_one(&query, "release");
	if (error)
		return error;
	uint32_t step = (uint32_t)column_integer(&query, 0);
	bool repeats = column_integer(&query, 1) != 0;
	nanoseconds last = column_integer(&query, 2), now = release->decided - release->decided % MICROSECOND;
	query_release(&query);
	if (repeats)
		return fail(failure, ERROR_CONFLICT, "This version was released to this community already.");
	release->step = step;
	release->added = now > last ? now : last + MICROSECOND;
	return OK;
}

static enum error put_named(
    struct store *store, const struct scope *scope, const struct release *release, struct failure *failure)
{
	for (uint32_t i = 0; i < release->named_count; i++) {
		struct query query;
		enum error error = query_write(store, scope, NOUN_RELEASE, scope_own(scope),
		    "INSERT OR IGNORE INTO release_named (release, organisation) VALUES (:release, :organisation)",
		    &query, failure);
		if (error)
			return error;
		bind_uuid(&query, ":release", &release->id);
		bind_integer(&query, ":organisation", release->named[i]);
		error = query_run(&query, NULL);
		if (error)
			return error;
	}
	return OK;
}

static enum error insert(
    struct store *store, const struct scope *scope, const struct release *release, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, scope_own(scope),
	    "INSERT INTO release (community, tlp, added, id, organisation, item, version, version_written, step,"
	    " decided_by, decided, withdrawn, purpose, content, recipients, removed, taken_out, rendering)"
	    " VALUES (:community, :tlp, :added, :id, :organisation, :item, :version, :version_written, :step,"
	    " :decided_by, :decided, 0, :purpose, :content, :recipients, :removed, :taken_out, :rendering)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", release->community);
	bind_integer(&query, ":tlp", release->tlp);
	bind_integer(&query, ":added", release->added);
	bind_uuid(&query, ":id", &release->id);
	bind_integer(&query, ":organisation", release->organisation);
	bind_text(&query, ":item", release->item);
	bind_integer(&query, ":version", release->version.when);
	bind_text(&query, ":version_written", release->version.written);
	bind_integer(&query, ":step", release->step);
	bind_blob(&query, ":decided_by", release->decided_by.bytes, sizeof release->decided_by.bytes);
	bind_integer(&query, ":decided", release->decided);
	bind_text(&query, ":purpose", release->purpose);
	bind_text(&query, ":content", release->content);
	bind_text(&query, ":recipients", release->recipients);
	bind_text(&query, ":removed", release->removed.size ? release->removed : TEXT("[]"));
	bind_integer(&query, ":taken_out", release->taken_out);
	bind_blob(&query, ":rendering", release->rendering.at, release->rendering.size);
	return query_run(&query, NULL);
}

enum error store_release_put(struct store *store, const struct scope *scope, const struct policy_snapshot *snapshot,
    struct release *release, const struct release *from, enum tlp item_tlp, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	enum error error = check(scope, snapshot, release, from, item_tlp, failure);
	if (!error)
		error = find_place(store, release, failure);
	if (error)
		return error;
	release->id = uuid_random();
	if (subject)
		release->decided_by = subject->account;
	error = insert(store, scope, release, failure);
	return error ? error : put_named(store, scope, release, failure);
}

enum error store_release_withdraw(struct store *store, const struct scope *scope,
    const struct policy_snapshot *snapshot, struct uuid id, nanoseconds when, struct failure *failure)
{
	struct query query;
	struct release release = { 0 };
	char object[UUID_TEXT];
	struct arena *arena = arena_new(0);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "release: no memory");
	enum error error = store_release_get(store, scope, id, arena, &release, failure);
	struct release_standing standing = error ? (struct release_standing){ 0 } : release_standing_of(&release);
	if (!error && release.withdrawn)
		error = fail(failure, ERROR_CONFLICT, "This release was withdrawn already.");
	if (!error && !policy_release_withdraw(snapshot, scope, &standing))
		error = fail(failure, ERROR_DENIED,
		    "Only the item's owner, who keeps the community, and the centre withdraw a release.");
	uint32_t owner = release.organisation;
	arena_free(arena);
	if (!error)
		error = query_write(store, scope, NOUN_RELEASE, scope_own(scope),
		    "UPDATE release SET withdrawn = :when, rendering = x'' WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":when", when);
	bind_uuid(&query, ":id", &id);
	error = query_run(&query, NULL);
	return error ? error
		     : log_change(store, scope, "release.withdraw", uuid_format(id, object), owner, "", failure);
}
