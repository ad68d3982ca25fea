/*
 * Statements over SQLite. In: SQL literals of the noun files with a place for the scope. Out: rows. The scope condition
 * is put in here and nowhere else, so that no read can be written without it.
 */
#include "store/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum error store_error(struct store *store, const char *doing, struct failure *failure)
{
	int code = sqlite3_extended_errcode(store->database) & 0xff;
	const char *words = sqlite3_errmsg(store->database);
	switch (code) {
	case SQLITE_CONSTRAINT:
		return fail(failure, ERROR_CONFLICT, "%s: it already exists or something still refers to it (%s)",
		    doing, words);
	case SQLITE_FULL:
		return fail(failure, ERROR_LIMIT, "%s: the disk is full", doing);
	case SQLITE_NOMEM:
		return fail(failure, ERROR_MEMORY, "%s: no memory", doing);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return fail(
		    failure, ERROR_CORRUPT, "%s: the state store is damaged (%s): restore a copy", doing, words);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail(failure, ERROR_SYSTEM, "%s: another process holds the state store", doing);
	default:
		return fail(failure, ERROR_SYSTEM, "%s: %s", doing, words);
	}
}

/* What a scope covers all of, as bits: each combination is a statement of its own. */
enum { ALL_ORGANISATIONS = 1, ALL_COMMUNITIES = 2 };

static const struct mark {
	const char *word, *condition;
	unsigned all;
} marks[] = {
	{ "{scope}", "organisation IN (SELECT value FROM json_each(:scope))", ALL_ORGANISATIONS },
	{ "{community}", "community IN (SELECT value FROM json_each(:communities))", ALL_COMMUNITIES },
};
#define MARKS (sizeof marks / sizeof marks[0])

static bool has_mark(const char *sql)
{
	for (size_t i = 0; i < MARKS; i++)
		if (strstr(sql, marks[i].word))
			return true;
	return false;
}

/* The SQL with the scope's conditions in place of the marks; owned by the caller; NULL = no memory. */
static char *sql_with_scope(const char *sql, unsigned all)
{
	struct builder whole = { 0 };
	while (*sql) {
		size_t i = 0;
		while (i < MARKS && strncmp(sql, marks[i].word, strlen(marks[i].word)) != 0)
			i++;
		if (i == MARKS) {
			build_char(&whole, *sql++);
			continue;
		}
		build_text(&whole, text_of(all & marks[i].all ? "1" : marks[i].condition));
		sql += strlen(marks[i].word);
	}
	if (!whole.failed)
		return whole.at;
	builder_free(&whole);
	return NULL;
}

static enum error prepare(
    struct store *store, const char *sql, unsigned all, sqlite3_stmt **handle, struct failure *failure)
{
	char *whole = sql_with_scope(sql, all);
	if (!whole)
		return fail(failure, ERROR_MEMORY, "state store: no memory");
	int code = sqlite3_prepare_v3(store->database, whole, -1, SQLITE_PREPARE_PERSISTENT, handle, NULL);
	free(whole);
	return code == SQLITE_OK ? OK : store_error(store, "state store", failure);
}

static enum error query_open(
    struct store *store, const char *sql, unsigned all, struct query *query, struct failure *failure)
{
	*query = (struct query){ .store = store, .failure = failure };
	size_t start = hash_u64((uint64_t)(uintptr_t)sql, all) % STORE_STATEMENTS;
	for (size_t i = 0; i < STORE_STATEMENTS; i++) {
		struct statement *statement = &store->statements[(start + i) % STORE_STATEMENTS];
		if (statement->sql == sql && statement->all == all) {
			if (statement->in_use) /* a callback asks the same question: it gets a statement of its own */
				break;
		} else if (statement->sql) {
			continue;
		} else {
			enum error error = prepare(store, sql, all, &statement->handle, failure);
			if (error)
				return error;
			statement->sql = sql;
			statement->all = all;
		}
		statement->in_use = true;
		query->cached = statement;
		query->handle = statement->handle;
		return OK;
	}
	return prepare(store, sql, all, &query->handle, failure);
}

static void bind_numbers(struct query *query, const char *name, const uint32_t *numbers, size_t count)
{
	int place = sqlite3_bind_parameter_index(query->handle, name);
	struct builder list = { 0 };
	if (place == 0)
		return;
	build_char(&list, '[');
	for (size_t i = 0; i < count; i++)
		build_format(&list, "%s%u", i ? "," : "", numbers[i]);
	build_char(&list, ']');
	if (list.failed ||
	    sqlite3_bind_text(query->handle, place, list.at, (int)list.size, SQLITE_TRANSIENT) != SQLITE_OK)
		query->error = fail(query->failure, ERROR_MEMORY, "state store: no memory");
	builder_free(&list);
}

static enum error note_use(struct store *store, const struct scope *scope, struct failure *failure)
{
	if (!scope_is_background(scope) || store->noting)
		return OK;
	const char *name = scope_name(scope);
	size_t i = 0;
	while (i < store->work_count && strcmp(store->works[i].name, name) != 0)
		i++;
	if (i == STORE_WORKS)
		return fail(failure, ERROR_LIMIT, "state store: more than %d kinds of background work", STORE_WORKS);
	if (i == store->work_count) {
		text_copy(text_of(name), store->works[i].name, sizeof store->works[i].name);
		store->work_count++;
	}
	store->works[i].count++;
	return store->in_transaction ? OK : store_note_works(store, failure);
}

enum error query_read(struct store *store, const struct scope *scope, enum noun noun, const char *sql,
    struct query *query, struct failure *failure)
{
	if (!scope_reads(scope, noun))
		return fail(failure, ERROR_DENIED, "the scope %s does not read this", scope_name(scope));
	if (!has_mark(sql))
		return fail(failure, ERROR_USAGE, "state store: a read without its scope");
	unsigned all = (scope_covers_all(scope) ? ALL_ORGANISATIONS : 0) |
		       (scope_covers_all_communities(scope) ? ALL_COMMUNITIES : 0);
	enum error error = note_use(store, scope, failure);
	if (!error)
		error = query_open(store, sql, all, query, failure);
	if (error)
		return error;
	size_t count;
	const uint32_t *numbers = scope_organisations(scope, &count);
	bind_numbers(query, ":scope", numbers, count);
	numbers = scope_communities(scope, &count);
	bind_numbers(query, ":communities", numbers, count);
	return OK;
}

enum error query_write(struct store *store, const struct scope *scope, enum noun noun, uint32_t organisation,
    const char *sql, struct query *query, struct failure *failure)
{
	if (!scope_writes(scope, noun))
		return fail(failure, ERROR_DENIED, "the scope %s does not change this", scope_name(scope));
	if (!scope_covers(scope, organisation))
		return fail(failure, ERROR_NOT_FOUND, "there is no such thing");
	if (!store->in_transaction)
		return fail(failure, ERROR_USAGE, "state store: a change outside a transaction");
	store->standing +=
	    noun == NOUN_ORGANISATION || noun == NOUN_COMMUNITY || noun == NOUN_MEMBERSHIP || noun == NOUN_NAMING;
	store->spaces += noun == NOUN_ORGANISATION;
	enum error error = note_use(store, scope, failure);
	return error ? error : query_open(store, sql, ALL_ORGANISATIONS | ALL_COMMUNITIES, query, failure);
}

uint32_t scope_own(const struct scope *scope)
{
	size_t count;
	const uint32_t *own = scope_organisations(scope, &count);
	return count ? own[0] : 0;
}

enum error query_own(struct store *store, const char *sql, struct query *query, struct failure *failure)
{
	return query_open(store, sql, ALL_ORGANISATIONS | ALL_COMMUNITIES, query, failure);
}

static int place_of(struct query *query, const char *name)
{
	int place = sqlite3_bind_parameter_index(query->handle, name);
	if (place == 0 && !query->error)
		query->error = fail(query->failure, ERROR_USAGE, "state store: no parameter %s", name);
	return place;
}

static void bound(struct query *query, int code)
{
	if (code != SQLITE_OK && !query->error)
		query->error = store_error(query->store, "state store", query->failure);
}

void bind_integer(struct query *query, const char *name, int64_t value)
{
	int place = place_of(query, name);
	if (place)
		bound(query, sqlite3_bind_int64(query->handle, place, value));
}

void bind_real(struct query *query, const char *name, double value)
{
	int place = place_of(query, name);
	if (place)
		bound(query, sqlite3_bind_double(query->handle, place, value));
}

void bind_text(struct query *query, const char *name, struct text value)
{
	int place = place_of(query, name);
	if (place)
		bound(query, sqlite3_bind_text64(query->handle, place, value.at ? value.at : "", value.size,
				 SQLITE_STATIC, SQLITE_UTF8));
}

void bind_string(struct query *query, const char *name, const char *value)
{
	bind_text(query, name, text_of(value));
}

void bind_blob(struct query *query, const char *name, const void *at, size_t size)
{
	int place = place_of(query, name);
	if (place)
		bound(query, sqlite3_bind_blob64(query->handle, place, at ? at : "", size, SQLITE_STATIC));
}

void bind_uuid(struct query *query, const char *name, const struct uuid *value)
{
	if (!uuid_is_nil(*value))
		bind_blob(query, name, value->bytes, sizeof value->bytes);
	else
		place_of(query, name); /* stays NULL: bindings are cleared on release */
}

void bind_number_or_null(struct query *query, const char *name, uint32_t value)
{
	if (value)
		bind_integer(query, name, value);
	else
		place_of(query, name);
}

enum error query_step(struct query *query)
{
	if (query->error)
		return query->error;
	switch (sqlite3_step(query->handle)) {
	case SQLITE_ROW:
		return OK;
	case SQLITE_DONE:
		return ERROR_END;
	default:
		query->error = store_error(query->store, "state store", query->failure);
		return query->error;
	}
}

void query_release(struct query *query)
{
	if (!query->handle)
		return;
	if (query->cached) {
		sqlite3_reset(query->handle);
		sqlite3_clear_bindings(query->handle);
		query->cached->in_use = false;
	} else {
		sqlite3_finalize(query->handle);
	}
	query->handle = NULL;
}

enum error query_run(struct query *query, int *changed)
{
	enum error error;
	while ((error = query_step(query)) == OK)
		;
	if (changed)
		*changed = sqlite3_changes(query->store->database);
	query_release(query);
	return error == ERROR_END ? OK : error;
}

enum error query_one(struct query *query, const char *what)
{
	enum error error = query_step(query);
	if (error == ERROR_END)
		error = fail(query->failure, ERROR_NOT_FOUND, "there is no such %s", what);
	if (error)
		query_release(query);
	return error;
}

int64_t column_integer(struct query *query, int column)
{
	return sqlite3_column_int64(query->handle, column);
}

uint64_t column_count(struct query *query, int column)
{
	return (uint64_t)sqlite3_column_int64(query->handle, column);
}

double column_real(struct query *query, int column)
{
	return sqlite3_column_double(query->handle, column);
}

struct text column_text(struct query *query, int column)
{
	const void *at = sqlite3_column_blob(query->handle, column);
	return (struct text){ at, at ? (size_t)sqlite3_column_bytes(query->handle, column) : 0 };
}

void column_string(struct query *query, int column, char *to, size_t size)
{
	text_copy(column_text(query, column), to, size);
}

void column_bytes(struct query *query, int column, void *to, size_t size)
{
	struct text bytes = column_text(query, column);
	memset(to, 0, size);
	if (bytes.size == size)
		memcpy(to, bytes.at, size);
}

struct uuid column_uuid(struct query *query, int column)
{
	struct uuid uuid;
	column_bytes(query, column, uuid.bytes, sizeof uuid.bytes);
	return uuid;
}
