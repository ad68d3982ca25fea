/*
 * The state store's file: opening, bringing its schema forward, transactions. The nouns are in the files beside it, and
 * copies are made in copy.c.
 */
#include "store/store.h"

#include "base/file.h"
#include "base/log.h"
#include "store/query.h"
#include "store/recording_vfs.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x4e4f524f /* "NORO", in the file's header: another program's database is refused */

static enum error execute(struct store *store, const char *sql, const char *doing, struct failure *failure)
{
	return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK ? OK
										 : store_error(store, doing, failure);
}

static enum error pragma_read(struct store *store, const char *sql, int64_t *value, struct failure *failure)
{
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) != SQLITE_OK)
		return store_error(store, "state store", failure);
	int code = sqlite3_step(statement);
	*value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? OK : store_error(store, "state store", failure);
}

int store_schema(const struct store *store)
{
	return store->schema_version;
}

int store_schema_newest(void)
{
	int version = 0;
	while (store_migrations[version])
		version++;
	return version;
}

/* Whose file this is, and of which version. */
static enum error look_at_version(
    struct store *store, const char *path, int64_t *version, bool *empty, struct failure *failure)
{
	int64_t application, tables;
	enum error error = pragma_read(store, "PRAGMA user_version", version, failure);
	if (!error)
		error = pragma_read(store, "PRAGMA application_id", &application, failure);
	if (!error)
		error = pragma_read(store, "SELECT count(*) FROM sqlite_schema", &tables, failure);
	if (error)
		return error;
	*empty = application == 0 && *version == 0 && tables == 0;
	if (application != APPLICATION_ID && !*empty)
		return fail(failure, ERROR_INPUT, "%s is another program's database", path);
	if (*version > store_schema_newest())
		return fail(failure, ERROR_VERSION,
		    "%s was written by a newer version (its schema is %lld, this program reads up to %d): install that "
		    "version, or restore a copy made before",
		    path, (long long)*version, store_schema_newest());
	store->schema_version = (int)*version;
	return OK;
}

static enum error migrations_run(struct store *store, int64_t version, struct failure *failure)
{
	char mark[96];
	enum error error = OK;
	for (; store_migrations[version] && !error; version++)
		error = execute(store, store_migrations[version], "state store: migration", failure);
	snprintf(mark, sizeof mark, "PRAGMA user_version = %lld; PRAGMA application_id = %d", (long long)version,
	    APPLICATION_ID);
	return error ? error : execute(store, mark, "state store: migration", failure);
}

/* All in one transaction: what fails leaves the file as the version before had written it. */
static enum error migrate(struct store *store, const char *path, struct failure *failure)
{
	int64_t version;
	bool empty;
	enum error error = look_at_version(store, path, &version, &empty, failure);
	if (error || !store_migrations[version])
		return error;
	if (!empty)
		log_write(LOG_INFO, "the state store is of an older version: it is brought forward",
		    LOG_FIELD_STRING("file", path), LOG_FIELD_NUMBER("from", version),
		    LOG_FIELD_NUMBER("to", store_schema_newest()));
	error = store_begin(store, failure);
	if (!error)
		error = migrations_run(store, version, failure);
	if (!error)
		error = store_commit(store, failure);
	else
		store_rollback(store);
	if (error)
		return error;
	store->schema_version = store_schema_newest();
	if (!empty)
		log_write(LOG_INFO, "the state store is of this version now", LOG_FIELD_STRING("file", path),
		    LOG_FIELD_NUMBER("schema", store->schema_version));
	return OK;
}

/* `flags` beside reading and writing; the store is there also when it fails, to be closed. */
static enum error database_open(const char *location, int flags, struct store **result, struct failure *failure)
{
	struct text path = text_of(location);
	*result = NULL;
	if (!text_starts(path, TEXT("sqlite:")) || path.size == 7)
		return fail(failure, ERROR_USAGE, "store: expected sqlite:/path/of/the/file, found %s", location);
	const char *name = location + 7;
	struct store *store = *result = calloc(1, sizeof *store);
	if (!store)
		return fail(failure, ERROR_MEMORY, "%s: no memory", name);
	flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	recording_vfs_use();
	if (sqlite3_open_v2(name, &store->database, flags, NULL) != SQLITE_OK)
		return fail(failure, ERROR_SYSTEM, "%s: cannot open the state store: %s", name,
		    store->database ? sqlite3_errmsg(store->database) : "no memory");
	sqlite3_busy_timeout(store->database, 5000);
	sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return execute(store,
	    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
	    "PRAGMA cell_size_check = ON;"
	    "PRAGMA temp_store = MEMORY", /* the keeper is confined to its folder: it has no other place */
	    name, failure);
}

enum error store_open(const char *location, struct store **result, struct failure *failure)
{
	struct store *store;
	enum error error = database_open(location, SQLITE_OPEN_CREATE, &store, failure);
	if (!error) {
		chmod(location + 7, 0600); /* accounts and who saw what: for the keeper's user alone */
		error = execute(store, "PRAGMA journal_mode = WAL", location + 7, failure);
	}
	if (!error)
		error = migrate(store, location + 7, failure);
	if (!error) /* SQLite does so with the first commit, but passes over an error of it */
		error = directory_sync_of(location + 7, failure);
	if (error)
		store_close(store);
	else
		*result = store;
	return error;
}

enum error store_open_as_it_is(const char *location, struct store **result, struct failure *failure)
{
	struct store *store;
	int64_t version;
	bool empty;
	enum error error = database_open(location, 0, &store, failure);
	if (!error)
		error = look_at_version(store, location + 7, &version, &empty, failure);
	if (error)
		store_close(store);
	else
		*result = store;
	return error;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(store->statements[i].handle);
	sqlite3_close(store->database);
	free(store);
}

enum error store_begin(struct store *store, struct failure *failure)
{
	if (store->in_transaction)
		return fail(failure, ERROR_USAGE, "state store: a transaction is open already");
	enum error error = execute(store, "BEGIN IMMEDIATE", "state store", failure);
	store->in_transaction = !error;
	return error;
}

enum error store_commit(struct store *store, struct failure *failure)
{
	if (!store->in_transaction)
		return fail(failure, ERROR_USAGE, "state store: no transaction is open");
	struct work_use before[STORE_WORKS];
	memcpy(before, store->works, sizeof before);
	enum error error = store->noting ? OK : store_note_works(store, failure);
	if (!error)
		error = execute(store, "COMMIT", "state store", failure);
	if (error) {
		memcpy(store->works, before, sizeof before);
		store_rollback(store);
	}
	store->in_transaction = false;
	return error;
}

void store_rollback(struct store *store)
{
	/* SQLite rolls back by itself after some errors (disk full); a second ROLLBACK is then an error without
	 * meaning. */
	if (store->in_transaction && !sqlite3_get_autocommit(store->database))
		sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
	store->in_transaction = false;
	store->standing++;
	store->standing++; /* what was made of changes that are gone */
	store->spaces++;
}
