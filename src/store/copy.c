/*
 * Copies of the running state store, page by page through SQLite's online backup, while others go on writing to it.
 */
#include "base/file.h"
#include "store/query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGES 1024 /* of one step, between which progress is told */

enum error store_read_begin(struct store *store, struct failure *failure)
{
	/* The first read makes the moment: BEGIN alone does not. */
	if (sqlite3_exec(store->database, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_OK)
		return OK;
	enum error error = store_error(store, "state store", failure);
	store_read_end(store);
	return error;
}

void store_read_end(struct store *store)
{
	if (!sqlite3_get_autocommit(store->database))
		sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
}

static int page_size(sqlite3 *database)
{
	sqlite3_stmt *statement;
	int size = 0;
	if (sqlite3_prepare_v2(database, "PRAGMA page_size", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		size = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return size;
}

static int copy_pages(struct store *store, sqlite3 *copy, void (*moved)(void *context, uint64_t bytes), void *context)
{
	uint64_t size = (uint64_t)page_size(store->database), left = 0;
	sqlite3_backup *backup = sqlite3_backup_init(copy, "main", store->database, "main");
	if (!backup)
		return sqlite3_errcode(copy);
	int code = SQLITE_OK;
	for (bool first = true; code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED; first = false) {
		if (code != SQLITE_OK)
			sqlite3_sleep(10);
		code = sqlite3_backup_step(backup, PAGES);
		uint64_t before = first ? (uint64_t)sqlite3_backup_pagecount(backup) : left;
		left = (uint64_t)sqlite3_backup_remaining(backup);
		if (moved && before > left)
			moved(context, (before - left) * size);
	}
	int end = sqlite3_backup_finish(backup);
	return code == SQLITE_DONE ? end : code;
}

/* SQLite's own look at every page: a store that is damaged is better found now than when the copy is needed. */
static bool is_whole(sqlite3 *copy)
{
	sqlite3_stmt *statement;
	bool whole = sqlite3_prepare_v2(copy, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
		     sqlite3_step(statement) == SQLITE_ROW &&
		     strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
	sqlite3_finalize(statement);
	return whole;
}

static enum error copy_into(struct store *store, const char *path, sqlite3 *copy,
    void (*moved)(void *context, uint64_t bytes), void *context, struct failure *failure)
{
	chmod(path, 0600);
	int code = sqlite3_exec(copy, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = copy_pages(store, copy, moved, context);
	/* The copy is one file alone, also when it is looked into. */
	if (code == SQLITE_OK)
		code = sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	/* SQLite says of a full disk that it is one only where it writes pages. */
	bool full = code == SQLITE_FULL || sqlite3_system_errno(copy) == ENOSPC;
	if (code != SQLITE_OK)
		return fail(failure, full ? ERROR_LIMIT : ERROR_SYSTEM, "%s: cannot write the copy: %s", path,
		    sqlite3_errstr(full ? SQLITE_FULL : code));
	return is_whole(copy) ? OK : fail(failure, ERROR_CORRUPT, "the state store is damaged: a copy would be, too");
}

/* SQLite passes over an error of removing its own files beside the copy; what is left there would be taken for a part
 * of it. */
static enum error remove_beside(const char *path, struct failure *failure)
{
	static const char *const endings[] = { "-wal", "-shm", "-journal" };
	enum error error = OK;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		char beside[4400];
		snprintf(beside, sizeof beside, "%s%s", path, endings[i]);
		enum error removed = access(beside, F_OK) == 0 ? file_remove(beside, failure) : OK;
		error = error ? error : removed;
	}
	return error;
}

enum error store_copy(struct store *store, const char *path, void (*moved)(void *context, uint64_t bytes),
    void *context, struct failure *failure)
{
	if (access(path, F_OK) == 0)
		return fail(failure, ERROR_CONFLICT, "%s exists already: a copy goes into a new file", path);
	sqlite3 *copy = NULL;
	enum error error;
	if (sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		error = fail(failure, ERROR_SYSTEM, "%s: cannot write the copy: %s", path,
		    copy ? sqlite3_errmsg(copy) : "no memory");
	else
		error = copy_into(store, path, copy, moved, context, failure);
	sqlite3_close(copy);
	if (!error)
		error = remove_beside(path, failure);
	if (error) {
		remove_beside(path, NULL);
		file_remove(path, NULL);
		return error;
	}
	/* Also for the copy's journal: SQLite has removed its name, and does not sync the folder for that. */
	return directory_sync_of(path, failure);
}
