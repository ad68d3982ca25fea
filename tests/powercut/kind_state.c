/*
 * The state store: SQLite's own files, through the recording VFS. Transactions of a change, its message in the outbox
 * and its line in the log (rule 7), over migrations, checkpoints and reopening. After the cut what was committed and
 * acknowledged is there, of every transaction all or nothing, and the chain of the log fits.
 *
 * And the copy of a running store: acknowledged, it is whole.
 */
#include "kinds.h"

#include "store/query.h"
#include "store/recording_vfs.h"
#include "store/store.h"

#include <unistd.h>

#define STEPS 8

static enum error open_store(const char *folder, const char *name, struct store **store, struct failure *failure)
{
	char location[200];
	snprintf(location, sizeof location, "sqlite:%s/%s", folder, name);
	return store_open(location, store, failure);
}

static enum error step(struct store *store, int number, struct failure *failure)
{
	static char body[2000]; /* some pages of the log for each transaction */
	char key[16];
	struct log_line line = { .when = START + number * SECOND, .who = "test", .what = "step", .outcome = "done" };
	snprintf(key, sizeof key, "step-%d", number);
	snprintf(line.object, sizeof line.object, "%d", number);
	snprintf(body, sizeof body, "%d", number);
	enum error error = store_begin(store, failure);
	if (!error)
		error = store_value_put(store, key, (struct text){ body, sizeof body }, failure);
	if (!error)
		error = store_outbox_put(store, "test", (struct text){ body, sizeof body }, 0, failure);
	if (!error)
		error = store_log_append(store, &line, failure);
	if (!error)
		error = store_commit(store, failure);
	if (error)
		store_rollback(store);
	return error;
}

static bool has_step(struct store *store, int number, struct arena *arena)
{
	char key[16];
	struct text value;
	struct failure failure;
	snprintf(key, sizeof key, "step-%d", number);
	enum error error = store_value_get(store, key, arena, &value, &failure);
	if (error && error != ERROR_NOT_FOUND)
		fail_msg("%s: %s", powercut_where(), failure.words);
	return error == OK;
}

/* Commits the steps that are missing; brings the log into the database now and then, as happens after 1,000 pages. */
static enum error steps(struct store *store, int from, int to, struct failure *failure)
{
	struct arena *arena = arena_new(0);
	enum error error = OK;
	for (int number = from; number <= to && !error; number++) {
		if (has_step(store, number, arena)) /* an earlier process may have been killed before it said so */
			continue;
		error = step(store, number, failure);
		if (!error)
			mark("committed %d", number);
		if (!error && number % 3 == 0 &&
		    sqlite3_wal_checkpoint_v2(store->database, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL) !=
			SQLITE_OK)
			error = ERROR_SYSTEM;
	}
	arena_free(arena);
	return error;
}

static bool work(const char *folder)
{
	struct failure failure;
	recording_vfs_use();
	for (int from = 1; from <= STEPS; from += STEPS / 2) {
		struct store *store;
		if (open_store(folder, "state.db", &store, &failure) != OK)
			return false;
		enum error error = steps(store, from, from + STEPS / 2 - 1, &failure);
		store_close(store);
		if (error)
			return false;
	}
	return true;
}

static void count_message(void *context, const struct outbox_message *message)
{
	int number = atoi(message->body.at);
	assert_true(number >= 1 && number <= STEPS);
	((int *)context)[number]++;
}

static void check_integrity(struct store *store)
{
	sqlite3_stmt *statement;
	assert_int_equal(
	    sqlite3_prepare_v2(store->database, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
}

/* Gives the last step that is there. */
static int check_steps(struct store *store)
{
	struct arena *arena = arena_new(0);
	const struct scope *scope = policy_background("test", arena);
	int messages[STEPS + 1] = { 0 }, last = 0;
	uint64_t lines, broken;
	check_integrity(store);
	FINE(store_outbox_due(store, scope, START, 1000, arena, count_message, messages, &failure));
	for (int number = 1; number <= STEPS; number++) {
		bool there = has_step(store, number, arena);
		assert_int_equal(messages[number], there); /* a change and its message, or neither */
		assert_true(!there || last == number - 1);
		last = there ? number : last;
	}
	FINE(store_log_verify(store, scope, &lines, &broken, &failure));
	assert_int_equal(broken, 0);
	assert_true(lines >= (uint64_t)last);
	arena_free(arena);
	return last;
}

static void check(const char *folder, const struct marks *marks)
{
	struct store *store;
	FINE(open_store(folder, "state.db", &store, &failure));
	assert_true(check_steps(store) >= (int)marked_number(marks, "committed "));
	store_close(store);
}

const struct powercut_kind kind_state = { "state", work, check };

/* ── a copy ─ */

static bool copy_work(const char *folder)
{
	struct failure failure;
	struct store *store;
	char path[200];
	recording_vfs_use();
	snprintf(path, sizeof path, "%s/copy.db", folder);
	if (open_store(folder, "state.db", &store, &failure) != OK)
		return false;
	enum error error = steps(store, 1, STEPS, &failure);
	if (!error)
		error = store_copy(store, path, NULL, NULL, &failure);
	if (!error)
		mark("copied");
	store_close(store);
	if (error != ERROR_CONFLICT)
		return error == OK;
	/* An earlier process was killed: what it left is in the way, and the person takes it away. */
	mark("taken away");
	return file_remove(path, &failure) == OK && copy_work(folder);
}

static void copy_check(const char *folder, const struct marks *marks)
{
	struct store *store;
	if (marks_of(marks, "copied", NULL) <= marks_of(marks, "taken away", NULL))
		return;
	/* One file alone: a backup has the digest of it. A journal that came back would be rolled back into it. */
	char path[200];
	snprintf(path, sizeof path, "%s/copy.db-journal", folder);
	assert_int_equal(access(path, F_OK), -1);
	FINE(open_store(folder, "copy.db", &store, &failure));
	assert_int_equal(check_steps(store), STEPS);
	store_close(store);
}

const struct powercut_kind kind_copy = { "copy", copy_work, copy_check };
