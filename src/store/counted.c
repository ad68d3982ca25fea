/*
 * Events and notices as rows to be counted: when, whose, how they stand; nothing of their contents, so that those who
 * read counters only may count them. Statistics are made from these rows anew each time they are asked for.
 */
#include "store/query.h"

enum error store_counted_events(struct store *store, const struct scope *scope, uint32_t organisation, nanoseconds from,
    nanoseconds to, void (*each)(void *, const struct counted_event *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COUNTER,
	    "SELECT organisation, opened, state FROM event WHERE {scope}"
	    " AND (:organisation = 0 OR organisation = :organisation) AND opened >= :from AND opened < :to",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":from", from);
	bind_integer(&query, ":to", to);
	while ((error = query_step(&query)) == OK) {
		struct counted_event event = { .organisation = (uint32_t)column_integer(&query, 0),
			.opened = column_integer(&query, 1),
			.state = (enum event_state)column_integer(&query, 2) };
		each(context, &event);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_counted_notices(struct store *store, const struct scope *scope, uint32_t organisation,
    nanoseconds from, nanoseconds to, void (*each)(void *, const struct counted_notice *), void *context,
    struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COUNTER,
	    "SELECT organisation, (SELECT opened FROM event WHERE event.id = notice.event), sent, deadline,"
	    " acknowledged, state, reminders, escalated FROM notice WHERE {scope}"
	    " AND (:organisation = 0 OR organisation = :organisation) AND sent > 0 AND sent >= :from AND sent < :to",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":from", from);
	bind_integer(&query, ":to", to);
	while ((error = query_step(&query)) == OK) {
		struct counted_notice notice = { .organisation = (uint32_t)column_integer(&query, 0),
			.opened = column_integer(&query, 1),
			.sent = column_integer(&query, 2),
			.deadline = column_integer(&query, 3),
			.acknowledged = column_integer(&query, 4),
			.state = (enum notice_state)column_integer(&query, 5),
			.reminders = (uint32_t)column_integer(&query, 6),
			.escalated = column_integer(&query, 7) != 0 };
		each(context, &notice);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
