/*
 * Bulletins, and what became of their mails.
 */
#include "store/query.h"

#define FIELDS                                                                                                         \
	"number, id, organisation, kind, tlp, subject_ja, subject_en, body_ja, body_en, created, queued, delivery, "   \
	"tries, last_try, answer"

static bool take(struct query *query, struct arena *arena, struct bulletin *bulletin)
{
	*bulletin = (struct bulletin){ .number = column_count(query, 0),
		.id = column_uuid(query, 1),
		.organisation = (uint32_t)column_integer(query, 2),
		.tlp = (enum tlp)column_integer(query, 4),
		.body_ja = arena_string(arena, column_text(query, 7)),
		.body_en = arena_string(arena, column_text(query, 8)),
		.created = column_integer(query, 9),
		.queued = column_integer(query, 10),
		.delivery = (enum delivery_state)column_integer(query, 11),
		.tries = (uint32_t)column_integer(query, 12),
		.last_try = column_integer(query, 13) };
	column_string(query, 3, bulletin->kind, sizeof bulletin->kind);
	column_string(query, 5, bulletin->subject_ja, sizeof bulletin->subject_ja);
	column_string(query, 6, bulletin->subject_en, sizeof bulletin->subject_en);
	column_string(query, 14, bulletin->answer, sizeof bulletin->answer);
	return bulletin->body_ja && bulletin->body_en;
}

static void bind_mail(struct query *query, const struct bulletin *bulletin)
{
	bind_integer(query, ":queued", bulletin->queued);
	bind_integer(query, ":delivery", bulletin->delivery);
	bind_integer(query, ":tries", bulletin->tries);
	bind_integer(query, ":last_try", bulletin->last_try);
	bind_string(query, ":answer", bulletin->answer);
}

enum error store_bulletin_put(
    struct store *store, const struct scope *scope, struct bulletin *bulletin, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NOTICE, bulletin->organisation,
	    "INSERT INTO bulletin (id, organisation, kind, tlp, subject_ja, subject_en, body_ja, body_en, created, "
	    "queued,"
	    " delivery, tries, last_try, answer) VALUES (:id, :organisation, :kind, :tlp, :subject_ja, :subject_en,"
	    " :body_ja, :body_en, :created, :queued, :delivery, :tries, :last_try, :answer)",
	    &query, failure);
	if (error)
		return error;
	if (uuid_is_nil(bulletin->id))
		bulletin->id = uuid_random();
	bind_uuid(&query, ":id", &bulletin->id);
	bind_integer(&query, ":organisation", bulletin->organisation);
	bind_string(&query, ":kind", bulletin->kind);
	bind_integer(&query, ":tlp", bulletin->tlp);
	bind_string(&query, ":subject_ja", bulletin->subject_ja);
	bind_string(&query, ":subject_en", bulletin->subject_en);
	bind_string(&query, ":body_ja", bulletin->body_ja);
	bind_string(&query, ":body_en", bulletin->body_en);
	bind_integer(&query, ":created", bulletin->created);
	bind_mail(&query, bulletin);
	error = query_run(&query, NULL);
	if (error)
		return error;
	char object[UUID_TEXT];
	bulletin->number = (uint64_t)sqlite3_last_insert_rowid(store->database);
	return log_change(store, scope, "bulletin.new", uuid_format(bulletin->id, object), bulletin->organisation,
	    bulletin->kind, failure);
}

enum error store_bulletin_get(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    struct bulletin *bulletin, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_NOTICE, "SELECT " FIELDS " FROM bulletin WHERE {scope} AND id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "bulletin");
	if (error)
		return error;
	bool taken = take(&query, arena, bulletin);
	query_release(&query);
	return taken ? OK : fail(failure, ERROR_MEMORY, "bulletin: no memory");
}

enum error store_bulletin_each(struct store *store, const struct scope *scope, bool unqueued, struct page *page,
    struct arena *arena, void (*each)(void *, const struct bulletin *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_BULLETIN, &cursor, failure);
	page->next[0] = 0;
	if (!error && unqueued)
		error = query_read(store, scope, NOUN_NOTICE,
		    "SELECT " FIELDS
		    " FROM bulletin WHERE {scope} AND queued = 0 AND :after IS NOT NULL ORDER BY number LIMIT :limit",
		    &query, failure);
	else if (!error)
		error = query_read(store, scope, NOUN_NOTICE,
		    "SELECT " FIELDS
		    " FROM bulletin WHERE {scope} AND number < :after ORDER BY number DESC LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":after", cursor.none ? INT64_MAX : cursor.key);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct bulletin bulletin = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		if (!take(&query, arena, &bulletin)) {
			error = fail(failure, ERROR_MEMORY, "bulletins: no memory");
			break;
		}
		each(context, &bulletin);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_BULLETIN, (int64_t)bulletin.number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_bulletin_mailed(
    struct store *store, const struct scope *scope, const struct bulletin *bulletin, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NOTICE, bulletin->organisation,
	    "UPDATE bulletin SET queued = :queued, delivery = :delivery, tries = :tries, last_try = :last_try,"
	    " answer = :answer WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", (int64_t)bulletin->number);
	bind_mail(&query, bulletin);
	return query_run(&query, NULL);
}

enum error store_bulletin_expire(
    struct store *store, const struct scope *scope, nanoseconds before, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NOTICE, 0,
	    "DELETE FROM bulletin WHERE created < :before AND queued <> 0", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":before", before);
	return query_run(&query, NULL);
}
