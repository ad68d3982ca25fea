/*
 * Events as triage made them, with what people decided about them. In: whole events again and again while they grow;
 * decisions that must survive each of these writes. Out: events with their standing, by rank or by time. Splits are in
 * split.c.
 */
#include "store/event.h"

#include <stdio.h>
#include <string.h>

#define FIELDS                                                                                                         \
	"body, state, merged_into, reason, decided_by, decided, version, campaign, split_from,"                        \
	" (SELECT count(*) FROM notice WHERE notice.event = event.id)"

enum error event_write(struct store *store, const struct scope *scope, const struct event *event,
    const struct uuid *split_from, struct failure *failure)
{
	struct builder body = { 0 };
	event_encode(event, &body);
	if (body.failed)
		return fail(failure, ERROR_MEMORY, "event: no memory");
	struct query query;
	enum error error = query_write(store, scope, NOUN_EVENT, event->organisation,
	    "INSERT INTO event (id, organisation, campaign, provisional, first, last, opened, updated, rank, "
	    "split_from, body)"
	    " VALUES (:id, :organisation, :campaign, :provisional, :first, :last, :opened, :updated, :rank, "
	    ":split_from, :body)"
	    " ON CONFLICT (id) DO UPDATE SET campaign = excluded.campaign, provisional = excluded.provisional,"
	    " first = excluded.first, last = excluded.last, updated = excluded.updated, rank = excluded.rank,"
	    " body = excluded.body WHERE organisation = excluded.organisation",
	    &query, failure);
	if (!error) {
		bind_uuid(&query, ":id", &event->id);
		bind_integer(&query, ":organisation", event->organisation);
		bind_uuid(&query, ":campaign", &event->campaign);
		bind_integer(&query, ":provisional", event->provisional);
		bind_integer(&query, ":first", event->first);
		bind_integer(&query, ":last", event->last);
		bind_integer(&query, ":opened", event->opened);
		bind_integer(&query, ":updated", event->updated);
		bind_real(&query, ":rank", event->rank);
		bind_uuid(&query, ":split_from", split_from);
		bind_blob(&query, ":body", body.at, body.size);
		int changed;
		error = query_run(&query, &changed);
		if (error == ERROR_CONFLICT)
			error = fail(failure, ERROR_INPUT, "event: there is no organisation %u", event->organisation);
		else if (!error && changed == 0)
			error = fail(failure, ERROR_CONFLICT, "event: it belongs to another organisation");
	}
	builder_free(&body);
	return error;
}

enum error store_event_put(
    struct store *store, const struct scope *scope, const struct event *event, struct failure *failure)
{
	static const struct uuid nothing;
	if (uuid_is_nil(event->id) || event->organisation == 0)
		return fail(failure, ERROR_INPUT, "event: it needs an id and an organisation");
	bool is_split;
	enum error error = event_put_split(store, scope, event, &is_split, failure);
	return error || is_split ? error : event_write(store, scope, event, &nothing, failure);
}

static enum error delete_rows(struct store *store, const char *sql, struct uuid id, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, sql, &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	return query_run(&query, NULL);
}

enum error store_event_remove(struct store *store, const struct scope *scope, struct uuid id, struct failure *failure)
{
	struct query query;
	/* What a person touched stays: a decision, a notice, a split, an analysis that cites it, or another
	 * event that was merged into it. */
	enum error error = query_read(store, scope, NOUN_EVENT,
	    "SELECT organisation, EXISTS (SELECT 1 FROM event_step WHERE event_step.event = event.id)"
	    " OR EXISTS (SELECT 1 FROM notice WHERE notice.event = event.id)"
	    " OR EXISTS (SELECT 1 FROM decision WHERE decision.event = event.id)"
	    " OR EXISTS (SELECT 1 FROM campaign_citation WHERE campaign_citation.event = event.id)"
	    " OR EXISTS (SELECT 1 FROM event other WHERE other.merged_into = event.id OR other.split_from = event.id)"
	    " FROM event WHERE {scope} AND id = :id",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "event");
	if (error)
		return error;
	uint32_t organisation = (uint32_t)column_integer(&query, 0);
	bool touched = column_integer(&query, 1) != 0;
	query_release(&query);
	error = query_write(
	    store, scope, NOUN_EVENT, organisation, "UPDATE event SET provisional = 0 WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_run(&query, NULL);
	return error || touched ? error : delete_rows(store, "DELETE FROM event WHERE id = :id", id, failure);
}

static enum error take(struct query *query, struct arena *arena, struct event *event, struct event_standing *standing)
{
	struct text body = column_text(query, 0);
	struct reader from = reader_of(body.at, body.size);
	enum error error = event_decode(&from, event, query->failure);
	if (error)
		return error;
	*standing = (struct event_standing){ .state = (enum event_state)column_integer(query, 1),
		.merged_into = column_uuid(query, 2),
		.reason = arena_string(arena, column_text(query, 3)),
		.decided_by = column_uuid(query, 4),
		.decided = column_integer(query, 5),
		.version = column_count(query, 6),
		.split_from = column_uuid(query, 8),
		.notices = (uint32_t)column_integer(query, 9) };
	return standing->reason ? OK : fail(query->failure, ERROR_MEMORY, "event: no memory");
}

enum error store_event_get(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    struct event *event, struct event_standing *standing, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_EVENT, "SELECT " FIELDS " FROM event WHERE {scope} AND id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "event");
	if (error)
		return error;
	error = take(&query, arena, event, standing);
	query_release(&query);
	return error;
}

#define CONDITIONS                                                                                                     \
	" FROM event WHERE {scope} AND (:organisation = 0 OR organisation = :organisation)"                            \
	" AND (:sector = '' OR organisation IN (SELECT o.number FROM organisation o WHERE o.sector = :sector))"        \
	" AND (:states = 0 OR :states & (1 << state)) AND last >= :from AND (:to = 0 OR first < :to)"                  \
	" AND (:campaign IS NULL OR campaign = :campaign) AND (:into IS NULL OR merged_into = :into)"

static const char by_rank[] = "SELECT " FIELDS CONDITIONS " AND (:first_page OR (-rank, id) > (-:rank, :after))"
			      " ORDER BY rank DESC, id LIMIT :limit";
static const char by_time[] =
    "SELECT " FIELDS CONDITIONS " AND (:first_page OR last < :key OR (last = :key AND id > :after))"
    " ORDER BY last DESC, id LIMIT :limit";

static double real_of(int64_t bits)
{
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

static int64_t bits_of(double value)
{
	int64_t bits;
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static void bind_query(
    struct query *query, const struct event_query *asked, const struct cursor *cursor, uint32_t limit)
{
	bind_integer(query, ":organisation", asked->organisation);
	bind_text(query, ":sector", asked->sector);
	bind_integer(query, ":states", asked->states);
	bind_integer(query, ":from", asked->from);
	bind_integer(query, ":to", asked->to);
	bind_uuid(query, ":campaign", &asked->campaign);
	bind_uuid(query, ":into", &asked->merged_into);
	bind_integer(query, ":first_page", cursor->none);
	bind_blob(query, ":after", cursor->id.bytes, sizeof cursor->id.bytes);
	bind_integer(query, ":limit", (int64_t)limit + 1);
	if (asked->order == EVENT_BY_RANK)
		bind_real(query, ":rank", real_of(cursor->key));
	else
		bind_integer(query, ":key", cursor->key);
}

enum error store_event_each(struct store *store, const struct scope *scope, const struct event_query *asked,
    struct page *page, struct arena *arena, void (*each)(void *, const struct event *, const struct event_standing *),
    void *context, struct failure *failure)
{
	bool rank = asked->order == EVENT_BY_RANK;
	enum cursor_list list = rank ? CURSOR_RANK : CURSOR_TIME;
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, list, &cursor, failure);
	page->next[0] = 0;
	struct event *event = arena_take(arena, sizeof *event);
	if (!error && !event)
		error = fail(failure, ERROR_MEMORY, "events: no memory");
	if (!error)
		error = query_read(store, scope, NOUN_EVENT, rank ? by_rank : by_time, &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_query(&query, asked, &cursor, limit);
	struct event_standing standing;
	while ((error = query_step(&query)) == OK && shown < limit) {
		error = take(&query, arena, event, &standing);
		if (error)
			break;
		each(context, event, &standing);
		shown++;
	}
	if (!error)
		cursor_write(page, list, rank ? bits_of(event->rank) : event->last, event->id);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* ── decisions of people ─ */

enum error event_step(struct store *store, const struct scope *scope, struct uuid id, uint32_t organisation,
    const char *what, struct text reason, nanoseconds now, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	const struct uuid nobody = { 0 }, *account = subject ? &subject->account : &nobody;
	struct query query;
	enum error error = query_write(store, scope, NOUN_EVENT, organisation,
	    "INSERT INTO event_step (event, organisation, happened, account, what, reason)"
	    " VALUES (:event, :organisation, :happened, :account, :what, :reason)",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":event", &id);
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":happened", now);
	bind_uuid(&query, ":account", account);
	bind_string(&query, ":what", what);
	bind_text(&query, ":reason", reason);
	error = query_run(&query, NULL);
	if (error)
		return error;
	/* The reason stays with the step: it tells of contents, which those who read the log do not see. */
	char object[UUID_TEXT], line[48];
	snprintf(line, sizeof line, "event.%s", what);
	return log_change(store, scope, line, uuid_format(id, object), organisation, "", failure);
}

static const char *step_name(enum event_state state)
{
	static const char *const names[] = { "reopen", "confirm", "dismiss", "merge" };
	return names[state];
}

/* Whether the step makes sense from where the event stands. */
static enum error check_step(struct store *store, const struct scope *scope, const struct event *event,
    const struct event_standing *standing, enum event_state state, struct uuid other, struct text reason,
    struct arena *arena, struct failure *failure)
{
	if ((state == EVENT_DISMISSED || state == EVENT_MERGED) && text_trim(reason).size == 0)
		return fail(failure, ERROR_INPUT, "reason: it is needed to %s an event", step_name(state));
	if (standing->state == EVENT_MERGED && state != EVENT_OPEN)
		return fail(failure, ERROR_CONFLICT, "the event is part of another one: reopen it first");
	if (state != EVENT_MERGED)
		return OK;
	struct event *target = arena_take(arena, sizeof *target);
	struct event_standing target_standing;
	if (!target)
		return fail(failure, ERROR_MEMORY, "event: no memory");
	enum error error = store_event_get(store, scope, other, arena, target, &target_standing, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, ERROR_INPUT, "into: there is no such event");
	if (error)
		return error;
	if (uuid_equal(other, event->id))
		return fail(failure, ERROR_INPUT, "into: an event cannot become part of itself");
	if (target->organisation != event->organisation)
		return fail(failure, ERROR_INPUT,
		    "into: it is another organisation's; events of several organisations are joined by "
		    "their campaign");
	if (target_standing.state == EVENT_MERGED)
		return fail(failure, ERROR_CONFLICT, "into: that event is itself part of another one");
	return OK;
}

enum error event_read_version(struct store *store, const struct scope *scope, struct uuid id, uint64_t version,
    struct arena *arena, struct event **event, struct event_standing *standing, struct failure *failure)
{
	*event = arena ? arena_take(arena, sizeof **event) : NULL;
	if (!*event)
		return fail(failure, ERROR_MEMORY, "event: no memory");
	enum error error = store_event_get(store, scope, id, arena, *event, standing, failure);
	if (!error && version != 0 && version != standing->version)
		error = fail(failure, ERROR_CONFLICT, "somebody else decided about the event meanwhile: read it again");
	return error;
}

enum error store_event_decide(struct store *store, const struct scope *scope, struct uuid id, enum event_state state,
    struct uuid other, struct text reason, uint64_t version, nanoseconds now, struct failure *failure)
{
	struct arena *arena = arena_new(0);
	struct event *event = NULL;
	struct event_standing standing;
	enum error error = event_read_version(store, scope, id, version, arena, &event, &standing, failure);
	if (!error)
		error = check_step(store, scope, event, &standing, state, other, reason, arena, failure);
	/* A second click on the same button is no second decision. */
	bool repeated = !error && standing.state == state && uuid_equal(standing.merged_into, other) &&
			(reason.size == 0 || text_equal(reason, text_of(standing.reason)));
	uint32_t organisation = error ? 0 : event->organisation;
	arena_free(arena);
	if (error || repeated)
		return error;
	struct query query;
	error = query_write(store, scope, NOUN_EVENT, organisation,
	    "UPDATE event SET state = :state, merged_into = :into, reason = :reason, decided_by = :by, decided = :now,"
	    " version = version + 1 WHERE id = :id",
	    &query, failure);
	if (error)
		return error;
	const struct subject *subject = scope_subject(scope);
	const struct uuid nobody = { 0 };
	if (state != EVENT_MERGED)
		other = nobody;
	bind_uuid(&query, ":id", &id);
	bind_integer(&query, ":state", state);
	bind_uuid(&query, ":into", &other);
	bind_text(&query, ":reason", reason);
	bind_uuid(&query, ":by", subject ? &subject->account : &nobody);
	bind_integer(&query, ":now", now);
	error = query_run(&query, NULL);
	return error ? error : event_step(store, scope, id, organisation, step_name(state), reason, now, failure);
}

enum error store_event_steps(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    void (*each)(void *, const struct event_step *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_EVENT,
	    "SELECT happened, account, what, reason FROM event_step WHERE {scope} AND event = :event ORDER BY number "
	    "LIMIT 1000",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":event", &id);
	while ((error = query_step(&query)) == OK) {
		struct event_step step = { .when = column_integer(&query, 0), .account = column_uuid(&query, 1) };
		column_string(&query, 2, step.what, sizeof step.what);
		step.reason = arena_string(arena, column_text(&query, 3));
		if (!step.reason) {
			error = fail(failure, ERROR_MEMORY, "event: no memory");
			break;
		}
		each(context, &step);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
