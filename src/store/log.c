/*
 * The log of who did and who saw what: append-only (the tables' triggers refuse anything else), each line with the
 * SHA-256 over the hash of the line before and its own fields, so that a line changed or taken out later shows.
 *
 * Hashed bytes of a line: previous hash (32 zero bytes for the first), u8 1, u64 number, i64 time, account (16 bytes),
 * then u32 length and bytes of who, what, object; u32 organisation; then outcome and detail as before. Little-endian.
 */
#include "base/codec.h"
#include "store/query.h"

#include <stdio.h>
#include <string.h>

#define LOG_FIELDS "number, happened, account, who, what, object, organisation, outcome, detail, hash"
#define WORK_INTERVAL HOUR

static enum error line_hash(const uint8_t previous[32], const struct log_line *line, uint8_t hash[32])
{
	struct builder bytes = { 0 };
	put_bytes(&bytes, previous, 32);
	put_u8(&bytes, 1);
	put_u64(&bytes, line->number);
	put_i64(&bytes, line->when);
	put_uuid(&bytes, line->account);
	put_text(&bytes, text_of(line->who));
	put_text(&bytes, text_of(line->what));
	put_text(&bytes, text_of(line->object));
	put_u32(&bytes, line->organisation);
	put_text(&bytes, text_of(line->outcome));
	put_text(&bytes, text_of(line->detail));
	enum error error = bytes.failed ? ERROR_MEMORY : OK;
	if (!error)
		sha256(bytes.at, bytes.size, hash);
	builder_free(&bytes);
	return error;
}

enum error store_log_end(struct store *store, uint64_t *number, uint8_t hash[32], struct failure *failure)
{
	struct query query;
	*number = 0;
	memset(hash, 0, 32);
	enum error error =
	    query_own(store, "SELECT number, hash FROM log ORDER BY number DESC LIMIT 1", &query, failure);
	if (error)
		return error;
	error = query_step(&query);
	if (!error) {
		*number = column_count(&query, 0);
		column_bytes(&query, 1, hash, 32);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static void make_printable(char *field, size_t size)
{
	char plain[3 * 256 + 1];
	struct text text = text_of(field);
	if (text.size > 256)
		text.size = 256;
	size_t length = text_make_printable(text, plain);
	text_copy((struct text){ plain, length }, field, size);
}

static enum error insert(struct store *store, struct log_line *line, struct failure *failure)
{
	uint8_t previous[32];
	uint64_t last;
	enum error error = store_log_end(store, &last, previous, failure);
	if (error)
		return error;
	line->number = last + 1;
	make_printable(line->who, sizeof line->who);
	make_printable(line->object, sizeof line->object);
	make_printable(line->detail, sizeof line->detail);
	if (line_hash(previous, line, line->hash))
		return fail(failure, ERROR_MEMORY, "log: no memory");
	struct query query;
	error = query_own(store,
	    "INSERT INTO log (" LOG_FIELDS
	    ") VALUES (:number, :happened, :account, :who, :what, :object, :organisation,"
	    " :outcome, :detail, :hash)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", (int64_t)line->number);
	bind_integer(&query, ":happened", line->when);
	bind_uuid(&query, ":account", &line->account);
	bind_string(&query, ":who", line->who);
	bind_string(&query, ":what", line->what);
	bind_string(&query, ":object", line->object);
	bind_integer(&query, ":organisation", line->organisation);
	bind_string(&query, ":outcome", line->outcome);
	bind_string(&query, ":detail", line->detail);
	bind_blob(&query, ":hash", line->hash, sizeof line->hash);
	return query_run(&query, NULL);
}

enum error store_log_append(struct store *store, struct log_line *line, struct failure *failure)
{
	if (store->in_transaction)
		return insert(store, line, failure);
	enum error error = store_begin(store, failure);
	if (error)
		return error;
	error = insert(store, line, failure);
	if (!error)
		return store_commit(store, failure);
	store_rollback(store);
	return error;
}

enum error log_change(struct store *store, const struct scope *scope, const char *what, const char *object,
    uint32_t organisation, const char *detail, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	if (!subject)
		return OK;
	struct log_line line = { .when = time_now(), .account = subject->account, .organisation = organisation };
	text_copy(text_of(subject->name), line.who, sizeof line.who);
	text_copy(text_of(what), line.what, sizeof line.what);
	text_copy(text_of(object), line.object, sizeof line.object);
	text_copy(TEXT("done"), line.outcome, sizeof line.outcome);
	text_copy(text_of(detail), line.detail, sizeof line.detail);
	return insert(store, &line, failure);
}

enum error store_note_works(struct store *store, struct failure *failure)
{
	enum error error = OK;
	nanoseconds now = time_now();
	store->noting = true;
	for (size_t i = 0; i < store->work_count && !error; i++) {
		struct work_use *work = &store->works[i];
		bool due = work->logged == 0 || now - work->logged >= WORK_INTERVAL || now < work->logged;
		if (!due || work->count == 0)
			continue;
		struct log_line line = { .when = now };
		text_copy(text_of(work->name), line.who, sizeof line.who);
		text_copy(TEXT("background.use"), line.what, sizeof line.what);
		text_copy(TEXT("done"), line.outcome, sizeof line.outcome);
		snprintf(
		    line.detail, sizeof line.detail, "%llu uses since the last line", (unsigned long long)work->count);
		error = store_log_append(store, &line, failure);
		if (!error) {
			work->logged = now;
			work->count = 0;
		}
	}
	store->noting = false;
	return error;
}

static void take_line(struct query *query, struct log_line *line)
{
	*line = (struct log_line){ .number = column_count(query, 0), .when = column_integer(query, 1) };
	line->account = column_uuid(query, 2);
	column_string(query, 3, line->who, sizeof line->who);
	column_string(query, 4, line->what, sizeof line->what);
	column_string(query, 5, line->object, sizeof line->object);
	line->organisation = (uint32_t)column_integer(query, 6);
	column_string(query, 7, line->outcome, sizeof line->outcome);
	column_string(query, 8, line->detail, sizeof line->detail);
	column_bytes(query, 9, line->hash, sizeof line->hash);
}

enum error store_log_each(struct store *store, const struct scope *scope, struct page *page,
    void (*each)(void *, const struct log_line *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_LOG, &cursor, failure);
	page->next[0] = 0;
	if (!error)
		error = query_read(store, scope, NOUN_LOG,
		    "SELECT " LOG_FIELDS
		    " FROM log WHERE {scope} AND number < :before ORDER BY number DESC LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":before", cursor.none ? INT64_MAX : cursor.key);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct log_line line = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		take_line(&query, &line);
		each(context, &line);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_LOG, (int64_t)line.number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_log_verify(
    struct store *store, const struct scope *scope, uint64_t *lines, uint64_t *broken, struct failure *failure)
{
	struct query query;
	*lines = *broken = 0;
	enum error error = query_read(
	    store, scope, NOUN_LOG, "SELECT " LOG_FIELDS " FROM log WHERE {scope} ORDER BY number", &query, failure);
	if (error)
		return error;
	uint8_t previous[32] = { 0 }, hash[32];
	while ((error = query_step(&query)) == OK) {
		struct log_line line;
		take_line(&query, &line);
		(*lines)++;
		if (line_hash(previous, &line, hash)) {
			error = fail(failure, ERROR_MEMORY, "log: no memory");
			break;
		}
		if (line.number != *lines || memcmp(hash, line.hash, sizeof hash) != 0) {
			*broken = *lines;
			break;
		}
		memcpy(previous, hash, sizeof previous);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
