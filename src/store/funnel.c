/*
 * The counters of the funnel, by organisation and day: what became of the alerts, without their contents.
 */
#include "store/query.h"

#include <stdio.h>

#define FIELDS                                                                                                         \
	"organisation, day, alerts, verdict0, verdict1, verdict2, verdict3, verdict4, verdict5, verdict6, verdict7, "  \
	"verdict8,"                                                                                                    \
	" verdict9, verdict10, malformed, late, events"
_Static_assert(VERDICT_COUNT == 11, "a new verdict needs a column in a new migration");

enum error store_funnel_add(
    struct store *store, const struct scope *scope, const struct funnel *funnel, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_COUNTER, funnel->organisation,
	    "INSERT INTO funnel (" FIELDS
	    ") VALUES (:organisation, :day, :alerts, :v0, :v1, :v2, :v3, :v4, :v5, :v6, :v7, :v8,"
	    " :v9, :v10, :malformed, :late, :events) ON CONFLICT (day, organisation) DO UPDATE SET alerts = alerts + "
	    "excluded.alerts,"
	    " verdict0 = verdict0 + excluded.verdict0, verdict1 = verdict1 + excluded.verdict1,"
	    " verdict2 = verdict2 + excluded.verdict2, verdict3 = verdict3 + excluded.verdict3,"
	    " verdict4 = verdict4 + excluded.verdict4, verdict5 = verdict5 + excluded.verdict5,"
	    " verdict6 = verdict6 + excluded.verdict6, verdict7 = verdict7 + excluded.verdict7,"
	    " verdict8 = verdict8 + excluded.verdict8, verdict9 = verdict9 + excluded.verdict9,"
	    " verdict10 = verdict10 + excluded.verdict10,"
	    " malformed = malformed + excluded.malformed, late = late + excluded.late, events = events + "
	    "excluded.events",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", funnel->organisation);
	bind_integer(&query, ":day", funnel->day);
	bind_integer(&query, ":alerts", (int64_t)funnel->alerts);
	for (int i = 0; i < VERDICT_COUNT; i++) {
		char name[8];
		snprintf(name, sizeof name, ":v%d", i);
		bind_integer(&query, name, (int64_t)funnel->verdicts[i]);
	}
	bind_integer(&query, ":malformed", (int64_t)funnel->malformed);
	bind_integer(&query, ":late", (int64_t)funnel->late);
	bind_integer(&query, ":events", (int64_t)funnel->events);
	return query_run(&query, NULL);
}

enum error store_counts_clear(struct store *store, const struct scope *scope, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_COUNTER, 0,
	    "UPDATE funnel SET alerts = 0, verdict0 = 0, verdict1 = 0, verdict2 = 0, verdict3 = 0, verdict4 = 0,"
	    " verdict5 = 0, verdict6 = 0, verdict7 = 0, verdict8 = 0, verdict9 = 0, verdict10 = 0",
	    &query, failure);
	if (!error)
		error = query_run(&query, NULL);
	if (!error)
		error = query_write(
		    store, scope, NOUN_DECISION, 0, "UPDATE decision SET hits = 0 WHERE hits > 0", &query, failure);
	return error ? error : query_run(&query, NULL);
}

enum error store_funnel_each(struct store *store, const struct scope *scope, uint32_t organisation, int32_t from_day,
    int32_t to_day, void (*each)(void *, const struct funnel *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COUNTER,
	    "SELECT organisation, day, alerts, verdict0, verdict1, verdict2, verdict3, verdict4, verdict5, verdict6,"
	    " verdict7, verdict8, verdict9, verdict10, malformed, late,"
	    " events + (SELECT count(*) FROM event WHERE event.organisation = funnel.organisation AND state <> :merged"
	    " AND first >= day * 86400000000000 AND first < (day + 1) * 86400000000000)"
	    " FROM funnel WHERE {scope} AND (:organisation = 0 OR organisation = :organisation)"
	    " AND day BETWEEN :from AND :to ORDER BY day, organisation",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":from", from_day);
	bind_integer(&query, ":to", to_day);
	bind_integer(&query, ":merged", EVENT_MERGED);
	while ((error = query_step(&query)) == OK) {
		struct funnel funnel = { .organisation = (uint32_t)column_integer(&query, 0),
			.day = (int32_t)column_integer(&query, 1),
			.alerts = column_count(&query, 2),
			.malformed = column_count(&query, 14),
			.late = column_count(&query, 15),
			.events = column_count(&query, 16) };
		for (int i = 0; i < VERDICT_COUNT; i++)
			funnel.verdicts[i] = column_count(&query, 3 + i);
		each(context, &funnel);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
