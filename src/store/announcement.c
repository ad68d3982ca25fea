/*
 * Announced attacks and their targets: of the centre alone, because one target is not to know of the others.
 */
#include "store/query.h"

#include <string.h>

#define FIELDS "number, id, source, by, advice, attack_from, attack_to, author, created"

static void take(struct query *query, int64_t *number, struct announcement *announcement)
{
	*number = column_integer(query, 0);
	*announcement = (struct announcement){ .id = column_uuid(query, 1),
		.from = column_integer(query, 5),
		.to = column_integer(query, 6),
		.author = column_uuid(query, 7),
		.created = column_integer(query, 8) };
	column_string(query, 2, announcement->source, sizeof announcement->source);
	column_string(query, 3, announcement->by, sizeof announcement->by);
	column_string(query, 4, announcement->advice, sizeof announcement->advice);
}

static enum error put_targets(struct store *store, const struct scope *scope, int64_t number,
    const struct announcement *announcement, struct failure *failure)
{
	enum error error = OK;
	for (uint32_t i = 0; i < announcement->target_count && error == OK; i++) {
		struct query query;
		error = query_write(store, scope, NOUN_CAMPAIGN, 0,
		    "INSERT INTO announcement_target (announcement, place, name, organisation)"
		    " VALUES (:announcement, :place, :name, :organisation)",
		    &query, failure);
		if (error)
			return error;
		bind_integer(&query, ":announcement", number);
		bind_integer(&query, ":place", i);
		bind_string(&query, ":name", announcement->targets[i].name);
		bind_number_or_null(&query, ":organisation", announcement->targets[i].organisation);
		error = query_run(&query, NULL);
	}
	return error;
}

enum error store_announcement_put(
    struct store *store, const struct scope *scope, struct announcement *announcement, struct failure *failure)
{
	struct query query;
	char id[UUID_TEXT];
	enum error error = query_write(store, scope, NOUN_CAMPAIGN, 0,
	    "INSERT INTO announcement (id, source, by, advice, attack_from, attack_to, author, created)"
	    " VALUES (:id, :source, :by, :advice, :from, :to, :author, :created)",
	    &query, failure);
	if (error)
		return error;
	announcement->id = uuid_random();
	bind_uuid(&query, ":id", &announcement->id);
	bind_string(&query, ":source", announcement->source);
	bind_string(&query, ":by", announcement->by);
	bind_string(&query, ":advice", announcement->advice);
	bind_integer(&query, ":from", announcement->from);
	bind_integer(&query, ":to", announcement->to);
	bind_uuid(&query, ":author", &announcement->author);
	bind_integer(&query, ":created", announcement->created);
	error = query_run(&query, NULL);
	if (!error)
		error = put_targets(store, scope, sqlite3_last_insert_rowid(store->database), announcement, failure);
	return error ? error
		     : log_change(store, scope, "announcement.new", uuid_format(announcement->id, id), 0, "", failure);
}

static enum error load_targets(struct store *store, const struct scope *scope, int64_t number, struct arena *arena,
    struct announcement *announcement, struct failure *failure)
{
	struct query query;
	struct announcement_target *targets = arena_take(arena, ANNOUNCEMENT_TARGETS * sizeof *targets);
	if (!targets)
		return fail(failure, ERROR_MEMORY, "announcement: no memory");
	enum error error = query_read(store, scope, NOUN_CAMPAIGN,
	    "SELECT name, organisation FROM announcement_target WHERE {scope} AND announcement = :announcement"
	    " ORDER BY place",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":announcement", number);
	while ((error = query_step(&query)) == OK && announcement->target_count < ANNOUNCEMENT_TARGETS) {
		struct announcement_target *target = &targets[announcement->target_count++];
		column_string(&query, 0, target->name, sizeof target->name);
		target->organisation = (uint32_t)column_integer(&query, 1);
	}
	query_release(&query);
	announcement->targets = targets;
	return error == ERROR_END ? OK : error;
}

enum error store_announcement_get(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    struct announcement *announcement, struct failure *failure)
{
	struct query query;
	int64_t number;
	enum error error = query_read(store, scope, NOUN_CAMPAIGN,
	    "SELECT " FIELDS " FROM (SELECT *, 0 AS organisation FROM announcement) WHERE {scope} AND id = :id", &query,
	    failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "announcement");
	if (error)
		return error;
	take(&query, &number, announcement);
	query_release(&query);
	return load_targets(store, scope, number, arena, announcement, failure);
}

enum error store_announcement_each(struct store *store, const struct scope *scope, struct page *page,
    void (*each)(void *, const struct announcement *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_ANNOUNCEMENT, &cursor, failure);
	page->next[0] = 0;
	if (!error)
		error = query_read(store, scope, NOUN_CAMPAIGN,
		    "SELECT " FIELDS
		    " FROM (SELECT *, 0 AS organisation FROM announcement) WHERE {scope} AND number < :after"
		    " ORDER BY number DESC LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	int64_t number = 0;
	bind_integer(&query, ":after", cursor.none ? INT64_MAX : cursor.key);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	while ((error = query_step(&query)) == OK && shown < limit) {
		struct announcement announcement;
		take(&query, &number, &announcement);
		each(context, &announcement);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_ANNOUNCEMENT, number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
