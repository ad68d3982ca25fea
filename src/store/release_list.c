/*
 * What is shared with somebody (store/release.h): the releases that a scope reads, with their renderings, the last
 * first. Of several releases of one item the one that the policy chooses, unless one community is asked for.
 */
#include "store/release_row.h"

#include <string.h>

#define CURSOR_SHARED 'S'

/* Whether this is the one of the item's releases that the scope gets to see. */
static enum error is_chosen(struct store *store, const struct scope *scope, const struct release *release,
    struct arena *arena, bool *chosen, struct failure *failure)
{
	struct release_standing *standings;
	size_t count;
	enum error error =
	    store_release_standings(store, release->organisation, release->item, arena, &standings, &count, failure);
	size_t best = error ? 0 : policy_release_choose(scope, standings, count);
	*chosen = !error && best < count && standings[best].community == release->community &&
		  standings[best].tlp == release->tlp && standings[best].decided == release->decided;
	return error;
}

/* The next that fits. ERROR_END: none. */
static enum error next(struct query *query, const struct scope *scope, const struct release_query *asked,
    struct arena *arena, struct release *release, uint32_t *passed)
{
	enum error error;
	while ((error = query_step(query)) == OK) {
		bool chosen = true, seen = false;
		++*passed;
		error = release_take(query, arena, release);
		if (error)
			return error;
		struct release_standing standing = release_standing_of(release);
		struct text rendering = column_text(query, RELEASE_FIELD_COUNT);
		if (!policy_release_read(scope, &standing) ||
		    (asked->words.size && text_find_nocase(rendering, asked->words) < 0))
			continue;
		error = release_ends_seen(query->store, scope, release->organisation, release->community, release->ends,
		    &seen, query->failure);
		if (!error && seen && !asked->community)
			error = is_chosen(query->store, scope, release, arena, &chosen, query->failure);
		if (error)
			return error;
		if (!seen || !chosen)
			continue;
		release->rendering = arena_text(arena, rendering);
		return release->rendering.at ? OK : fail(query->failure, ERROR_MEMORY, "releases: no memory");
	}
	return error;
}

enum error store_release_list(struct store *store, const struct scope *scope, const struct release_query *asked,
    struct page *page, struct arena *arena, void (*each)(void *, const struct release *), void *context,
    struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	struct release release;
	uint32_t shown = 0, passed = 0, limit = page_limit(page);
	nanoseconds last = 0;
	page->next[0] = 0;
	enum error error = cursor_read(page, CURSOR_SHARED, &cursor, failure);
	if (!error)
		error = query_read(store, scope, NOUN_RELEASE,
		    "SELECT " RELEASE_FIELDS ", rendering FROM release WHERE {community} AND place = :place"
		    " AND added < :after AND (:at = 0 OR community = :at) AND (:tlp < 0 OR tlp = :tlp)"
		    " AND (:type = '' OR type = :type) ORDER BY added DESC LIMIT :most",
		    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":place", RELEASE_SHOWN);
	bind_integer(&query, ":after", cursor.none ? INT64_MAX : cursor.key);
	bind_integer(&query, ":at", asked->community);
	bind_integer(&query, ":tlp", asked->tlp);
	bind_text(&query, ":type", asked->type);
	bind_integer(&query, ":most", RELEASE_STEPS);
	while ((error = next(&query, scope, asked, arena, &release, &passed)) == OK && shown < limit) {
		each(context, &release);
		last = column_integer(&query, 11);
		shown++;
	}
	bool stopped = error == ERROR_END && passed == RELEASE_STEPS;
	query_release(&query);
	if ((error == OK || stopped) && last)
		cursor_write(page, CURSOR_SHARED, last, (struct uuid){ 0 });
	return error == ERROR_END ? OK : error;
}
