/*
 * Notices and the tries to deliver them.
 */
#include "store/query.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIELDS                                                                                                         \
	"id, number, event, organisation, tlp, state, subject_ja, subject_en, advice, author, created, sent, "         \
	"deadline,"                                                                                                    \
	" acknowledged, acknowledged_by, acknowledged_name, reply, reminders, escalated, link_digest, version"
/* A draft is the centre's own until it is sent, also one that was withdrawn instead. */
#define SENT_OR_CENTRE "(:centre OR sent > 0)"
#define DUE_LARGEST 500

static enum error take(struct query *query, struct arena *arena, struct notice *notice)
{
	*notice = (struct notice){ .id = column_uuid(query, 0),
		.event = column_uuid(query, 2),
		.organisation = (uint32_t)column_integer(query, 3),
		.tlp = (enum tlp)column_integer(query, 4),
		.state = (enum notice_state)column_integer(query, 5),
		.advice = arena_string(arena, column_text(query, 8)),
		.author = column_uuid(query, 9),
		.created = column_integer(query, 10),
		.sent = column_integer(query, 11),
		.deadline = column_integer(query, 12),
		.acknowledged = column_integer(query, 13),
		.acknowledged_by = column_uuid(query, 14),
		.reply = arena_string(arena, column_text(query, 16)),
		.reminders = (uint32_t)column_integer(query, 17),
		.escalated = column_integer(query, 18) != 0,
		.version = column_count(query, 20) };
	column_string(query, 1, notice->number, sizeof notice->number);
	column_string(query, 6, notice->subject_ja, sizeof notice->subject_ja);
	column_string(query, 7, notice->subject_en, sizeof notice->subject_en);
	column_string(query, 15, notice->acknowledged_name, sizeof notice->acknowledged_name);
	column_bytes(query, 19, notice->link_digest, sizeof notice->link_digest);
	return notice->advice && notice->reply ? OK : fail(query->failure, ERROR_MEMORY, "notice: no memory");
}

static void bind(struct query *query, const struct notice *notice)
{
	static const uint8_t none[32];
	bind_uuid(query, ":id", &notice->id);
	bind_integer(query, ":tlp", notice->tlp);
	bind_integer(query, ":state", notice->state);
	bind_string(query, ":subject_ja", notice->subject_ja);
	bind_string(query, ":subject_en", notice->subject_en);
	bind_string(query, ":advice", notice->advice);
	bind_integer(query, ":sent", notice->sent);
	bind_integer(query, ":deadline", notice->deadline);
	bind_integer(query, ":acknowledged", notice->acknowledged);
	bind_uuid(query, ":acknowledged_by", &notice->acknowledged_by);
	bind_string(query, ":acknowledged_name", notice->acknowledged_name);
	bind_string(query, ":reply", notice->reply);
	bind_integer(query, ":reminders", notice->reminders);
	bind_integer(query, ":escalated", notice->escalated);
	if (memcmp(notice->link_digest, none, sizeof none) != 0)
		bind_blob(query, ":link_digest", notice->link_digest, sizeof notice->link_digest);
}

/* "2026-0042": the year (UTC) and a number that counts up in it, without gaps because it commits with the notice. */
static enum error take_number(struct store *store, struct notice *notice, struct failure *failure)
{
	time_t seconds = (time_t)(notice->created / SECOND);
	struct tm parts;
	struct query query;
	if (!gmtime_r(&seconds, &parts))
		return fail(failure, ERROR_INPUT, "notice: its time is no time");
	int year = parts.tm_year + 1900;
	enum error error = query_own(store,
	    "INSERT INTO notice_number (year, last) VALUES (:year, 1) ON CONFLICT (year) DO UPDATE SET last = last + 1"
	    " RETURNING last",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":year", year);
	error = query_one(&query, "year");
	if (error)
		return error;
	snprintf(notice->number, sizeof notice->number, "%04d-%04lld", year, (long long)column_integer(&query, 0));
	return query_run(&query, NULL);
}

static enum error check_event(
    struct store *store, const struct scope *scope, const struct notice *notice, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_EVENT,
	    "SELECT 1 FROM event WHERE {scope} AND id = :event AND organisation = :organisation", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":event", &notice->event);
	bind_integer(&query, ":organisation", notice->organisation);
	error = query_one(&query, "event of this organisation");
	if (!error)
		query_release(&query);
	return error;
}

static enum error insert(struct store *store, const struct scope *scope, struct notice *notice, struct failure *failure)
{
	if (!store->in_transaction)
		return fail(failure, ERROR_USAGE, "state store: a change outside a transaction");
	if (notice->created == 0)
		notice->created = time_now();
	enum error error = check_event(store, scope, notice, failure);
	if (!error)
		error = take_number(store, notice, failure);
	struct query query;
	if (!error)
		error = query_write(store, scope, NOUN_NOTICE, notice->organisation,
		    "INSERT INTO notice (" FIELDS
		    ") VALUES (:id, :number, :event, :organisation, :tlp, :state, :subject_ja,"
		    " :subject_en, :advice, :author, :created, :sent, :deadline, :acknowledged, :acknowledged_by,"
		    " :acknowledged_name, :reply, :reminders, :escalated, :link_digest, 1)",
		    &query, failure);
	if (error)
		return error;
	notice->id = uuid_random();
	bind(&query, notice);
	bind_string(&query, ":number", notice->number);
	bind_uuid(&query, ":event", &notice->event);
	bind_integer(&query, ":organisation", notice->organisation);
	bind_uuid(&query, ":author", &notice->author);
	bind_integer(&query, ":created", notice->created);
	error = query_run(&query, NULL);
	if (!error)
		notice->version = 1;
	return error;
}

static enum error update(struct store *store, const struct scope *scope, struct notice *notice, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT version, organisation FROM notice WHERE {scope} AND id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &notice->id);
	error = query_one(&query, "notice");
	if (error)
		return error;
	bool stale = column_count(&query, 0) != notice->version;
	uint32_t organisation = (uint32_t)column_integer(&query, 1);
	query_release(&query);
	if (stale)
		return fail(failure, ERROR_CONFLICT, "the notice was changed by somebody else: read it again");
	error = query_write(store, scope, NOUN_NOTICE, organisation,
	    "UPDATE notice SET tlp = :tlp, state = :state, subject_ja = :subject_ja, subject_en = :subject_en, advice "
	    "= :advice,"
	    " sent = :sent, deadline = :deadline, acknowledged = :acknowledged, acknowledged_by = :acknowledged_by,"
	    " acknowledged_name = :acknowledged_name, reply = :reply, reminders = :reminders, escalated = :escalated,"
	    " link_digest = :link_digest, version = version + 1 WHERE id = :id",
	    &query, failure);
	if (error)
		return error;
	bind(&query, notice);
	error = query_run(&query, NULL);
	if (!error)
		notice->version++;
	return error;
}

enum error store_notice_put(
    struct store *store, const struct scope *scope, struct notice *notice, struct failure *failure)
{
	bool is_new = uuid_is_nil(notice->id);
	enum error error = is_new ? insert(store, scope, notice, failure) : update(store, scope, notice, failure);
	if (error)
		return error;
	char object[UUID_TEXT], detail[64];
	snprintf(detail, sizeof detail, "%s %s", notice->number, notice_state_code(notice->state));
	return log_change(store, scope, is_new ? "notice.new" : "notice.change", uuid_format(notice->id, object),
	    notice->organisation, detail, failure);
}

enum error store_notice_get(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    struct notice *notice, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT " FIELDS " FROM notice WHERE {scope} AND " SENT_OR_CENTRE " AND id = :id", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":centre", scope_covers_all(scope));
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "notice");
	if (error)
		return error;
	error = take(&query, arena, notice);
	query_release(&query);
	return error;
}

enum error store_notice_by_link(struct store *store, const struct scope *scope, const uint8_t digest[32],
    struct arena *arena, struct notice *notice, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT " FIELDS " FROM notice WHERE {scope} AND link_digest = :digest", &query, failure);
	if (error)
		return error;
	bind_blob(&query, ":digest", digest, 32);
	error = query_one(&query, "notice");
	if (error)
		return error;
	error = take(&query, arena, notice);
	query_release(&query);
	return error;
}

enum error store_notice_each(struct store *store, const struct scope *scope, struct uuid event, uint32_t states,
    struct page *page, struct arena *arena, void (*each)(void *, const struct notice *), void *context,
    struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_NOTICE, &cursor, failure);
	page->next[0] = 0;
	if (!error)
		error = query_read(store, scope, NOUN_NOTICE,
		    "SELECT " FIELDS " FROM notice WHERE {scope} AND " SENT_OR_CENTRE
		    " AND (:event IS NULL OR event = :event)"
		    " AND (:states = 0 OR :states & (1 << state))"
		    " AND (:first_page OR created < :key OR (created = :key AND id > :after))"
		    " ORDER BY created DESC, id LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":centre", scope_covers_all(scope));
	bind_uuid(&query, ":event", &event);
	bind_integer(&query, ":states", states);
	bind_integer(&query, ":first_page", cursor.none);
	bind_integer(&query, ":key", cursor.key);
	bind_blob(&query, ":after", cursor.id.bytes, sizeof cursor.id.bytes);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct notice notice = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		error = take(&query, arena, &notice);
		if (error)
			break;
		each(context, &notice);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_NOTICE, notice.created, notice.id);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_notice_due(struct store *store, const struct scope *scope, const struct notice_schedule *schedule,
    struct arena *arena, void (*each)(void *, const struct notice *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT " FIELDS
	    " FROM notice WHERE {scope} AND state = 1 AND deadline > 0 AND ((escalated = 0 AND deadline < :now)"
	    " OR (reminders < :most AND :now >= CASE reminders WHEN 0 THEN deadline - min(:lead, (deadline - sent) / 2)"
	    " ELSE deadline + (reminders - 1) * :interval END)) ORDER BY deadline LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":now", schedule->now);
	bind_integer(&query, ":most", schedule->most);
	bind_integer(&query, ":lead", schedule->lead);
	bind_integer(&query, ":interval", schedule->interval);
	bind_integer(&query, ":limit", DUE_LARGEST);
	while ((error = query_step(&query)) == OK) {
		struct notice notice;
		error = take(&query, arena, &notice);
		if (error)
			break;
		each(context, &notice);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* ── deliveries ─ */

enum error store_delivery_put(
    struct store *store, const struct scope *scope, struct delivery *delivery, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_NOTICE, "SELECT organisation FROM notice WHERE {scope} AND id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &delivery->notice);
	error = query_one(&query, "notice");
	if (error)
		return error;
	uint32_t organisation = (uint32_t)column_integer(&query, 0);
	query_release(&query);
	error = query_write(store, scope, NOUN_NOTICE, organisation,
	    "INSERT INTO delivery (number, notice, organisation, channel, recipient, purpose, state, tries, created, "
	    "last_try,"
	    " answer) VALUES (:number, :notice, :organisation, :channel, :recipient, :purpose, :state, :tries, "
	    ":created,"
	    " :last_try, :answer) ON CONFLICT (number) DO UPDATE SET state = excluded.state, tries = excluded.tries,"
	    " last_try = excluded.last_try, answer = excluded.answer WHERE notice = excluded.notice",
	    &query, failure);
	if (error)
		return error;
	if (delivery->number)
		bind_integer(&query, ":number", (int64_t)delivery->number);
	bind_uuid(&query, ":notice", &delivery->notice);
	bind_integer(&query, ":organisation", organisation);
	bind_string(&query, ":channel", delivery->channel);
	bind_string(&query, ":recipient", delivery->recipient);
	bind_string(&query, ":purpose", delivery->purpose);
	bind_integer(&query, ":state", delivery->state);
	bind_integer(&query, ":tries", delivery->tries);
	bind_integer(&query, ":created", delivery->created);
	bind_integer(&query, ":last_try", delivery->last_try);
	bind_string(&query, ":answer", delivery->answer);
	error = query_run(&query, NULL);
	if (!error && delivery->number == 0)
		delivery->number = (uint64_t)sqlite3_last_insert_rowid(store->database);
	return error;
}

enum error store_delivery_each(struct store *store, const struct scope *scope, struct uuid notice,
    void (*each)(void *, const struct delivery *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT number, notice, channel, recipient, purpose, state, tries, created, last_try, answer FROM delivery"
	    " WHERE {scope} AND notice = :notice ORDER BY number LIMIT 1000",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":notice", &notice);
	while ((error = query_step(&query)) == OK) {
		struct delivery delivery = { .number = column_count(&query, 0),
			.notice = column_uuid(&query, 1),
			.state = (enum delivery_state)column_integer(&query, 5),
			.tries = (uint32_t)column_integer(&query, 6),
			.created = column_integer(&query, 7),
			.last_try = column_integer(&query, 8) };
		column_string(&query, 2, delivery.channel, sizeof delivery.channel);
		column_string(&query, 3, delivery.recipient, sizeof delivery.recipient);
		column_string(&query, 4, delivery.purpose, sizeof delivery.purpose);
		column_string(&query, 9, delivery.answer, sizeof delivery.answer);
		each(context, &delivery);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
