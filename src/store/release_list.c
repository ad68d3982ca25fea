/*
 * What is shared with somebody (store/release.h): the releases that a scope reads, with their renderings, the last
 * first. Of several releases of one item the one that the policy chooses, unless one community is asked for.
 */
#include "store/release_row.h"

#include <string.h>

#define STEPS_PLAIN 1000u /* where no words are looked for nearly all rows are shown */

/* Indicators in force, or not, by what their readers see: times of STIX are in UTC, and compared to the second. Sorted
 * and bounded are places alone (they lie in the index), before any rendering is read. */
#define SECOND_OF(property) "substr(json_extract(CAST(rendering AS TEXT), '$." property "'), 1, 19)"
#define HOLDS                                                                                                          \
	" AND (:holds = 0 OR (type = 'indicator' AND (:holds = 1) = iif(json_valid(CAST(rendering AS TEXT)),"          \
	"  NOT ifnull(json_extract(CAST(rendering AS TEXT), '$.revoked'), 0) AND ifnull(" SECOND_OF(                   \
	    "valid_from") ", '')"                                                                                      \
			  "  <= substr(:now, 1, 19) AND ifnull(" SECOND_OF(                                            \
			      "valid_until") ", '~') > substr(:now, 1, 19), 0)))"

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

struct passed {
	uint32_t rows;
	int64_t added; /* of the last one */
};

/* The next that fits. ERROR_END: none. */
static enum error next(struct query *query, const struct scope *scope, const struct release_query *asked,
    struct arena *arena, struct release *release, struct passed *passed)
{
	enum error error;
	while ((error = query_step(query)) == OK) {
		bool chosen = true, seen = false;
		passed->rows++;
		passed->added = column_integer(query, 11);
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

#define PLACES(conditions)                                                                                             \
	"SELECT " RELEASE_FIELDS                                                                                       \
	", rendering FROM release WHERE added IN (SELECT added FROM release WHERE {community}"                         \
	" AND place = :place AND added < :after AND (:at = 0 OR community = :at) AND (:tlp < 0 OR tlp = "              \
	":tlp)" conditions " ORDER BY added DESC LIMIT :most) ORDER BY added DESC"

/* Of all types the places are found in the index alone. */
static enum error list_open(struct store *store, const struct scope *scope, const struct release_query *asked,
    struct query *query, struct failure *failure)
{
	static const char all[] = PLACES(""), some[] = PLACES(" AND (:type = '' OR type = :type)" HOLDS);
	bool filters = asked->type.size || asked->holds != ITEM_HOLDS_ANY;
	enum error error = query_read(store, scope, NOUN_RELEASE, filters ? some : all, query, failure);
	if (error || !filters)
		return error;
	bind_text(query, ":type", asked->type);
	bind_integer(query, ":holds", asked->holds);
	return OK;
}

enum error store_release_list(struct store *store, const struct scope *scope, const struct release_query *asked,
    struct page *page, struct arena *arena, void (*each)(void *, const struct release *), void *context,
    struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	struct release release;
	struct passed passed = { 0 };
	uint32_t shown = 0, limit = page_limit(page), most = asked->words.size ? RELEASE_STEPS : STEPS_PLAIN;
	int64_t last = 0;
	char now[TIME_TEXT];
	page->next[0] = 0;
	enum error error = cursor_read(page, CURSOR_SHARED, &cursor, failure);
	if (!error)
		error = list_open(store, scope, asked, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":place", RELEASE_SHOWN);
	bind_integer(&query, ":after", cursor.none ? INT64_MAX : cursor.key);
	bind_integer(&query, ":at", asked->community);
	bind_integer(&query, ":tlp", asked->tlp);
	if (asked->holds != ITEM_HOLDS_ANY || asked->type.size)
		bind_string(&query, ":now", time_format_taxii(asked->now, now));
	bind_integer(&query, ":most", most);
	while ((error = next(&query, scope, asked, arena, &release, &passed)) == OK && shown < limit) {
		each(context, &release);
		last = column_integer(&query, 11);
		shown++;
	}
	bool stopped = error == ERROR_END && passed.rows == most;
	query_release(&query);
	if (error == OK || stopped)
		cursor_write(page, CURSOR_SHARED, stopped ? passed.added : last, (struct uuid){ 0 });
	return error == ERROR_END ? OK : error;
}
