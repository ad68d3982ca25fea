/*
 * What an organisation could read at some time (store/release.h): for one that left, or was removed.
 */
#include "store/release_row.h"

/* The communities that it was ever in, itself or through a part, as a list in JSON. */
static bool list_communities(const struct policy_snapshot *snapshot, uint32_t organisation, struct builder *list)
{
	bool first = true;
	build_char(list, '[');
	for (size_t i = 0; i < snapshot->community_count; i++) {
		uint32_t whole = snapshot->communities[i].community;
		bool in = false;
		for (size_t m = 0; m < snapshot->membership_count && !in; m++)
			in = snapshot->memberships[m].organisation == organisation &&
			     policy_is_within(snapshot, snapshot->memberships[m].community, whole);
		for (size_t c = 0; c < snapshot->community_count && !in; c++)
			in = snapshot->communities[c].kind == COMMUNITY_OPEN &&
			     policy_is_within(snapshot, snapshot->communities[c].community, whole);
		if (in)
			build_format(list, "%s%u", first ? "" : ",", whole);
		first = first && !in;
	}
	build_char(list, ']');
	return !list->failed;
}

static enum error walk(struct query *query, const struct scope *scope, const struct policy_snapshot *snapshot,
    uint32_t organisation, struct page *page, struct arena *arena, void (*each)(void *, const struct release *),
    void *context)
{
	uint32_t limit = page_limit(page), shown = 0;
	nanoseconds last = 0;
	enum error error;
	struct release release;
	while ((error = query_step(query)) == OK) {
		error = release_take(query, arena, &release);
		if (error)
			return error;
		struct release_standing standing = release_standing_of(&release);
		if (scope_covers_all(scope) && !policy_release_known(scope, &standing))
			continue;
		bool seen = policy_release_had(snapshot, organisation, &standing);
		if (seen)
			error = release_ends_seen(query->store, scope, release.organisation, release.community,
			    release.ends, &seen, query->failure);
		if (error)
			return error;
		if (!seen)
			continue;
		if (shown == limit) {
			cursor_write(page, CURSOR_HAD, last, (struct uuid){ 0 });
			return OK;
		}
		each(context, &release);
		last = release.added;
		shown++;
	}
	return error == ERROR_END ? OK : error;
}

enum error store_release_had(struct store *store, const struct scope *scope, const struct policy_snapshot *snapshot,
    uint32_t organisation, struct page *page, struct arena *arena, void (*each)(void *, const struct release *),
    void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	struct builder communities = { 0 };
	page->next[0] = 0;
	if (!scope_covers(scope, organisation) || !scope_reads(scope, NOUN_RELEASE))
		return fail(failure, ERROR_NOT_FOUND, "there is no such organisation");
	enum error error = cursor_read(page, CURSOR_HAD, &cursor, failure);
	if (!error && !list_communities(snapshot, organisation, &communities))
		error = fail(failure, ERROR_MEMORY, "releases: no memory");
	if (!error)
		error = query_own(store,
		    "SELECT " RELEASE_FIELDS " FROM release WHERE added < :after"
		    " AND community IN (SELECT value FROM json_each(:communities)) ORDER BY added DESC",
		    &query, failure);
	if (!error) {
		bind_integer(&query, ":after", cursor.none ? INT64_MAX : cursor.key / MICROSECOND);
		bind_text(&query, ":communities", (struct text){ communities.at, communities.size });
		error = walk(&query, scope, snapshot, organisation, page, arena, each, context);
		query_release(&query);
	}
	builder_free(&communities);
	return error;
}
