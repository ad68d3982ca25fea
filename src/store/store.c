/*
 * The state store's file: opening, bringing its schema forward, transactions, copies. The nouns are in the files beside
 * it.
 */
#include "store/store.h"

#include "base/file.h"
#include "store/query.h"
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

static int newest_version(void)
{
	int version = 0;
	while (store_migrations[version])
		version++;
	return version;
}

static enum error migrate(struct store *store, const char *path, struct failure *failure)
{
	int64_t version, application, tables;
	enum error error = pragma_read(store, "PRAGMA user_version", &version, failure);
	if (!error)
		error = pragma_read(store, "PRAGMA application_id", &application, failure);
	if (!error)
		error = pragma_read(store, "SELECT count(*) FROM sqlite_schema", &tables, failure);
	if (error)
		return error;
	if (application != APPLICATION_ID && (application != 0 || version != 0 || tables != 0))
		return fail(failure, ERROR_INPUT, "%s is another program's database", path);
	if (version > newest_version())
		return fail(failure, ERROR_VERSION,
		    "%s was written by a newer version (its schema is %lld, this program reads up to %d): install that "
		    "version, or "
		    "restore a copy made before",
		    path, (long long)version, newest_version());
	for (; store_migrations[version] && !error; version++) {
		char mark[96];
		snprintf(mark, sizeof mark, "PRAGMA user_version = %lld; PRAGMA application_id = %d",
		    (long long)version + 1, APPLICATION_ID);
		error = store_begin(store, failure);
		if (error)
			return error;
		error = execute(store, store_migrations[version], "state store: migration", failure);
		if (!error)
			error = execute(store, mark, "state store: migration", failure);
		if (!error)
			error = store_commit(store, failure);
		else
			store_rollback(store);
	}
	store->schema_version = (int)version;
	return error;
}

enum error store_open(const char *location, struct store **result, struct failure *failure)
{
	struct text path = text_of(location);
	if (!text_starts(path, TEXT("sqlite:")) || path.size == 7)
		return fail(failure, ERROR_USAGE, "store: expected sqlite:/path/of/the/file, found %s", location);
	const char *name = location + 7;
	struct store *store = calloc(1, sizeof *store);
	if (!store)
		return fail(failure, ERROR_MEMORY, "%s: no memory", name);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	if (sqlite3_open_v2(name, &store->database, flags, NULL) != SQLITE_OK) {
		enum error error = fail(failure, ERROR_SYSTEM, "%s: cannot open the state store: %s", name,
		    store->database ? sqlite3_errmsg(store->database) : "no memory");
		store_close(store);
		return error;
	}
	chmod(name, 0600); /* accounts and who saw what: for the keeper's user alone */
	sqlite3_busy_timeout(store->database, 5000);
	sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	enum error error = execute(store,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = "
	    "OFF;"
	    "PRAGMA cell_size_check = ON",
	    name, failure);
	if (!error)
		error = migrate(store, name, failure);
	if (error) {
		store_close(store);
		return error;
	}
	*result = store;
	return OK;
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
}

enum error store_copy(struct store *store, const char *path, struct failure *failure)
{
	if (access(path, F_OK) == 0)
		return fail(failure, ERROR_CONFLICT, "%s exists already: a copy goes into a new file", path);
	sqlite3 *copy = NULL;
	enum error error = OK;
	if (sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK) {
		error = fail(failure, ERROR_SYSTEM, "%s: cannot write the copy: %s", path,
		    copy ? sqlite3_errmsg(copy) : "no memory");
	} else {
		chmod(path, 0600);
		sqlite3_exec(copy, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
		sqlite3_backup *backup = sqlite3_backup_init(copy, "main", store->database, "main");
		if (backup)
			sqlite3_backup_step(backup, -1);
		if (!backup || sqlite3_backup_finish(backup) != SQLITE_OK)
			error =
			    fail(failure, ERROR_SYSTEM, "%s: cannot write the copy: %s", path, sqlite3_errmsg(copy));
	}
	sqlite3_close(copy);
	if (error) {
		unlink(path);
		return error;
	}
	char folder[4096];
	const char *slash = strrchr(path, '/');
	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	return directory_sync(folder, failure);
}
