/*
 * Making releases (store/release.h). In: a release that somebody wants, with the bytes that its community would see.
 * Out: the row, or why not. What may be is the policy's to say.
 */
#include "store/handover.h"
#include "store/release_row.h"

#include "base/catalog.h"

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

enum error store_release_check(const struct scope *scope, const struct policy_snapshot *snapshot,
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
	return answer == RELEASE_ALLOWED ? OK : refuse(answer, failure);
}

/* The item's row, where whoever calls does not know it. */
static enum error find_row(struct store *store, struct release *release, struct failure *failure)
{
	struct query query;
	if (release->row)
		return OK;
	enum error error = query_own(store,
	    "SELECT number FROM item WHERE id = :id AND organisation = :owner AND version = :version", &query, failure);
	if (error)
		return error;
	bind_text(&query, ":id", release->item);
	bind_integer(&query, ":owner", release->organisation);
	bind_integer(&query, ":version", release->version.when);
	error = query_step(&query);
	release->row = error ? 0 : column_count(&query, 0);
	query_release(&query);
	return error == ERROR_END ? refuse(RELEASE_UNKNOWN, failure) : error;
}

/* Later than every other, whatever the clock does: also than those that were withdrawn, whose rows stay. */
static enum error find_time(struct store *store, struct release *release, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "SELECT max(added) FROM release", &query, failure);
	if (!error)
		error = query_one(&query, "release");
	if (error)
		return error;
	nanoseconds last = column_integer(&query, 0) * MICROSECOND,
		    now = release->decided - release->decided % MICROSECOND;
	query_release(&query);
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

static enum error insert(struct store *store, const struct scope *scope, const struct release *release,
    enum release_place place, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, scope_own(scope),
	    "INSERT INTO release (added, community, tlp, place, id, item, organisation, object, shown, type, spec, "
	    "version,"
	    " version_written, step, decided_by, decided, withdrawn, purpose, content, recipients, removed, taken_out,"
	    " rendering, ends) VALUES (:added, :community, :tlp, :place, :id, :item, :organisation, :object, :shown, "
	    ":type, "
	    ":spec,"
	    " :version, :version_written, :step, :decided_by, :decided, 0, :purpose, :content, :recipients, :removed,"
	    " :taken_out, :rendering, :ends)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":added", release->added / MICROSECOND);
	bind_integer(&query, ":community", release->community);
	bind_integer(&query, ":tlp", release->tlp);
	bind_integer(&query, ":place", place);
	bind_uuid(&query, ":id", &release->id);
	bind_integer(&query, ":item", (int64_t)release->row);
	bind_integer(&query, ":organisation", release->organisation);
	bind_text(&query, ":object", release->item);
	bind_text(&query, ":shown", release->shown);
	bind_text(&query, ":type", release->type);
	bind_integer(&query, ":spec", release->spec);
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
	bind_text(&query, ":ends", release->ends);
	return query_run(&query, NULL);
}

static enum error count_it(struct store *store, const struct release *release, struct failure *failure)
{
	enum error error = release_renew_relations(store, release, failure);
	if (!error)
		error = store_handover_add(
		    store, release->organisation, release->community, HANDOVER_RELEASED, 1, release->decided, failure);
	if (!error && text_equal(release->type, TEXT("indicator")))
		error = store_handover_add(store, release->organisation, release->community, HANDOVER_INDICATORS, 1,
		    release->decided, failure);
	return error;
}

enum error store_release_put(struct store *store, const struct scope *scope, const struct policy_snapshot *snapshot,
    struct release *release, const struct release *from, enum tlp item_tlp, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	struct release_site site;
	struct builder ends = { 0 };
	enum error error = store_release_check(scope, snapshot, release, from, item_tlp, failure);
	if (!error && (release->rendering.size == 0 || release->rendering.size > ITEM_LARGEST))
		error = fail(failure, ERROR_INPUT, "a release needs 1 to %u bytes to show", ITEM_LARGEST);
	release->spec = release->spec ? release->spec : 21;
	if (!error)
		error = find_row(store, release, failure);
	if (!error)
		error = release_find_site(store, release, &site, failure);
	if (!error && site.repeats)
		error = fail(failure, ERROR_CONFLICT, "%s", N_("This version was released to this community already."));
	if (!error)
		error = find_time(store, release, failure);
	if (!error && site.outdone)
		error = release_set_place(store, site.outdone, RELEASE_PAST, failure);
	if (error)
		return error;
	error = release_note_ends(store, scope, snapshot, release, from, &ends, failure);
	release->step = site.step;
	release->id = uuid_ordered(release->added);
	release->ends = (struct text){ ends.at, ends.size };
	if (subject)
		release->decided_by = subject->account;
	if (!error)
		error = insert(store, scope, release, site.place, failure);
	builder_free(&ends);
	release->ends = TEXT_NONE;
	if (!error)
		error = put_named(store, scope, release, failure);
	return error ? error : count_it(store, release, failure);
}

/* ── rendering anew ─ */

enum error store_release_next(struct store *store, const struct scope *scope, nanoseconds after, struct arena *arena,
    struct release *release, struct failure *failure)
{
	struct query query;
	if (!scope_is_background(scope))
		return fail(failure, ERROR_DENIED, "the scope %s does not read this", scope_name(scope));
	enum error error = query_read(store, scope, NOUN_RELEASE,
	    "SELECT " RELEASE_FIELDS ", rendering FROM release WHERE {scope} AND added > :after AND withdrawn = 0"
	    " ORDER BY added LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":after", after / MICROSECOND);
	error = query_step(&query);
	if (!error)
		error = release_take(&query, arena, release);
	if (!error)
		release->rendering = arena_text(arena, column_text(&query, RELEASE_FIELD_COUNT));
	query_release(&query);
	return error || release->rendering.at ? error : fail(failure, ERROR_MEMORY, "release: no memory");
}

enum error store_release_rewrite(
    struct store *store, const struct scope *scope, const struct release *release, struct failure *failure)
{
	struct query query;
	if (!scope_is_background(scope))
		return fail(failure, ERROR_DENIED, "the scope %s does not change this", scope_name(scope));
	enum error error = query_write(store, scope, NOUN_RELEASE, scope_own(scope),
	    "UPDATE release SET shown = :shown, removed = :removed, taken_out = :taken_out, rendering = :rendering"
	    " WHERE added = :added",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":shown", release->shown);
	bind_text(&query, ":removed", release->removed);
	bind_integer(&query, ":taken_out", release->taken_out);
	bind_blob(&query, ":rendering", release->rendering.at, release->rendering.size);
	bind_integer(&query, ":added", release->added / MICROSECOND);
	return query_run(&query, NULL);
}
