/*
 * What communities let travel by itself, and what they think of sources (store/shared.h).
 */
#include "store/query.h"
#include "store/shared.h"

#include <stdio.h>

#define COLUMNS "community, organisation, alone, least, trust, rate"

static struct shared_rule read_row(struct query *query)
{
	return (struct shared_rule){ .community = (uint32_t)column_integer(query, 0),
		.organisation = (uint32_t)column_integer(query, 1),
		.alone = (enum item_action)column_integer(query, 2),
		.least = (unsigned)column_integer(query, 3),
		.trust = (unsigned)column_integer(query, 4),
		.rate = column_count(query, 5) };
}

enum error store_shared_rule_get(
    struct store *store, uint32_t community, uint32_t organisation, struct shared_rule *rule, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT " COLUMNS " FROM shared_rule WHERE community = :community AND organisation = :organisation", &query,
	    failure);
	if (error)
		return error;
	bind_integer(&query, ":community", community);
	bind_integer(&query, ":organisation", organisation);
	error = query_one(&query, "rule");
	if (error)
		return error;
	*rule = read_row(&query);
	query_release(&query);
	return OK;
}

enum error store_shared_rule_each(struct store *store, uint32_t community,
    void (*each)(void *, const struct shared_rule *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT " COLUMNS " FROM shared_rule WHERE community = :community ORDER BY organisation", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", community);
	while ((error = query_step(&query)) == OK) {
		const struct shared_rule rule = read_row(&query);
		each(context, &rule);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_shared_rule_put(struct store *store, const struct scope *scope, const struct shared_rule *rule,
    nanoseconds now, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	const struct uuid account = subject ? subject->account : (struct uuid){ 0 };
	char community[24];
	struct query query;
	if (!scope_covers_community(scope, rule->community))
		return fail(failure, ERROR_NOT_FOUND, "there is no such community");
	enum error error = query_write(store, scope, NOUN_RELEASE, scope_own(scope),
	    "INSERT INTO shared_rule (" COLUMNS ", account, changed) VALUES (:community, :organisation, :alone, :least,"
	    " :trust, :rate, :account, :now) ON CONFLICT (community, organisation) DO UPDATE SET alone = "
	    "excluded.alone,"
	    " least = excluded.least, trust = excluded.trust, rate = excluded.rate, account = excluded.account,"
	    " changed = excluded.changed",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", rule->community);
	bind_integer(&query, ":organisation", rule->organisation);
	bind_integer(&query, ":alone", rule->alone);
	bind_integer(&query, ":least", rule->least);
	bind_integer(&query, ":trust", rule->trust);
	bind_integer(&query, ":rate", (int64_t)rule->rate);
	bind_uuid(&query, ":account", &account);
	bind_integer(&query, ":now", now);
	error = query_run(&query, NULL);
	snprintf(community, sizeof community, "%u", rule->community);
	return error ? error : log_change(store, scope, "shared.rule", community, rule->organisation, "", failure);
}
