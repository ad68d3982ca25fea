/*
 * Memberships (store/community.h): rows are opened and ended, never removed.
 */
#include "store/community.h"
#include "store/query.h"

#include <stdio.h>

/* The row that has not ended at `when`; ERROR_NOT_FOUND. */
static enum error find_open(struct store *store, const struct scope *scope, uint32_t community, uint32_t organisation,
    nanoseconds when, int64_t *number, struct membership *membership, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MEMBERSHIP,
	    "SELECT number, role, valid_from, version FROM membership WHERE {community} AND community = :at"
	    " AND organisation = :organisation AND (valid_to = 0 OR valid_to > :when) ORDER BY number DESC LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":at", community);
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":when", when);
	error = query_one(&query, "membership");
	if (error)
		return error;
	*number = column_integer(&query, 0);
	*membership = (struct membership){ .community = community,
		.organisation = organisation,
		.role = (enum membership_role)column_integer(&query, 1),
		.from = column_integer(&query, 2),
		.version = column_count(&query, 3) };
	query_release(&query);
	return OK;
}

/* Memberships are the community's to change, not the organisation's. */
static enum error open_write(struct store *store, const struct scope *scope, uint32_t community, const char *sql,
    struct query *query, struct failure *failure)
{
	if (!scope_covers_community(scope, community))
		return fail(failure, ERROR_NOT_FOUND, "there is no such community");
	return query_write(store, scope, NOUN_MEMBERSHIP, scope_own(scope), sql, query, failure);
}

static enum error end_row(struct store *store, const struct scope *scope, uint32_t community, int64_t number,
    nanoseconds when, struct failure *failure)
{
	struct query query;
	enum error error = open_write(store, scope, community,
	    "UPDATE membership SET valid_to = max(:when, valid_from + 1), version = version + 1 WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":when", when);
	bind_integer(&query, ":number", number);
	return query_run(&query, NULL);
}

static enum error log_membership(struct store *store, const struct scope *scope, const char *what,
    const struct membership *membership, struct failure *failure)
{
	char object[24], detail[40];
	snprintf(object, sizeof object, "%u", membership->community);
	snprintf(detail, sizeof detail, "role %s", membership_role_code(membership->role));
	return log_change(store, scope, what, object, membership->organisation, detail, failure);
}

/* Whoever keeps a community adds whom it knows already: else numbers could be tried to learn who is there. */
static enum error check_organisation(
    struct store *store, const struct scope *scope, const struct membership *membership, struct failure *failure)
{
	struct policy_snapshot snapshot;
	struct arena *arena = arena_new(0);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "membership: no memory");
	uint32_t own = scope_own(scope), organisation = membership->organisation;
	enum error error = store_snapshot(store, membership->from, arena, &snapshot, failure);
	bool known = own == organisation || (own && policy_knows_organisation(&snapshot, own, organisation));
	for (size_t i = 0; own == 0 && i < snapshot.organisation_count; i++)
		known = known || snapshot.organisations[i].organisation == organisation;
	arena_free(arena);
	if (error || known)
		return error;
	return fail(failure, ERROR_NOT_FOUND, "There is no such organisation.");
}

enum error store_membership_put(
    struct store *store, const struct scope *scope, struct membership *membership, struct failure *failure)
{
	struct membership present;
	struct query query;
	int64_t number;
	if ((unsigned)membership->role >= MEMBERSHIP_ROLES)
		return fail(failure, ERROR_INPUT, "role: there is no such role");
	if (membership->to != 0 && membership->to <= membership->from)
		return fail(failure, ERROR_INPUT, "to: it must be later than from");
	enum error error = find_open(store, scope, membership->community, membership->organisation, membership->from,
	    &number, &present, failure);
	if (!error && present.role == membership->role) {
		*membership = present;
		return OK;
	}
	if (!error)
		error = end_row(store, scope, membership->community, number, membership->from, failure);
	else if (error == ERROR_NOT_FOUND)
		error = check_organisation(store, scope, membership, failure);
	if (!error)
		error = open_write(store, scope, membership->community,
		    "INSERT INTO membership (community, organisation, role, valid_from, valid_to, version)"
		    " VALUES (:community, :organisation, :role, :from, :to, 1)",
		    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", membership->community);
	bind_integer(&query, ":organisation", membership->organisation);
	bind_integer(&query, ":role", membership->role);
	bind_integer(&query, ":from", membership->from);
	bind_integer(&query, ":to", membership->to);
	error = query_run(&query, NULL);
	membership->version = 1;
	return error ? error : log_membership(store, scope, "membership.new", membership, failure);
}

enum error store_membership_end(struct store *store, const struct scope *scope, uint32_t community,
    uint32_t organisation, nanoseconds when, struct failure *failure)
{
	struct membership present;
	int64_t number;
	enum error error = find_open(store, scope, community, organisation, when, &number, &present, failure);
	if (!error)
		error = end_row(store, scope, community, number, when, failure);
	return error ? error : log_membership(store, scope, "membership.end", &present, failure);
}

enum error store_membership_each(struct store *store, const struct scope *scope, const struct membership_query *asked,
    struct page *page, void (*each)(void *, const struct membership *, const char *), void *context,
    struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	int64_t number = 0;
	char name[NAME_SIZE];
	page->next[0] = 0;
	enum error error = cursor_read(page, CURSOR_MEMBERSHIP, &cursor, failure);
	if (!error)
		error = query_read(store, scope, NOUN_MEMBERSHIP,
		    "SELECT number, community, organisation, role, valid_from, valid_to, version,"
		    " (SELECT name FROM organisation o WHERE o.number = organisation) FROM membership"
		    " WHERE ({community} OR organisation = :own) AND number > :after AND (:at = 0 OR community = :at)"
		    " AND (:of = 0 OR organisation = :of) AND (:ended OR valid_to = 0 OR valid_to > :now)"
		    " ORDER BY number LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":own", scope_own(scope));
	bind_integer(&query, ":after", cursor.none ? 0 : cursor.key);
	bind_integer(&query, ":at", asked->community);
	bind_integer(&query, ":of", asked->organisation);
	bind_integer(&query, ":ended", asked->ended);
	bind_integer(&query, ":now", asked->now);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	while ((error = query_step(&query)) == OK && shown < limit) {
		number = column_integer(&query, 0);
		struct membership membership = { .community = (uint32_t)column_integer(&query, 1),
			.organisation = (uint32_t)column_integer(&query, 2),
			.role = (enum membership_role)column_integer(&query, 3),
			.from = column_integer(&query, 4),
			.to = column_integer(&query, 5),
			.version = column_count(&query, 6) };
		column_string(&query, 7, name, sizeof name);
		each(context, &membership, name);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_MEMBERSHIP, number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
