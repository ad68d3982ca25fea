/*
 * `noroshi backup` and `noroshi restore`, whole. A process makes a backup of a centre and then a centre of it. After
 * the cut what was said to be made is there and whole; and whatever bears a backup's or a state folder's own name is
 * whole also when nobody was told so: what was being made bears another name.
 */
#include "kinds.h"

#include "../store/history_place.h"

#include "center/backup.h"
#include "store/record_store.h"
#include "store/recording_vfs.h"
#include "store/store.h"

#include <unistd.h>

#define TRIED 4 /* processes, at most, that begin a backup in one run */

static char *below(const char *folder, const char *name, int number)
{
	static char paths[8][320];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof paths[0], "%s/%s-%d", folder, name, number);
	return path;
}

/* The same batch as records. */
static enum error store_records(
    const char *folder, const struct history_batch *batch, struct text encoded, struct failure *failure)
{
	char path[320];
	struct record_store *records;
	uint64_t seen;
	snprintf(path, sizeof path, "%s/history/" RECORDS_FOLDER, folder);
	enum error error = record_store_open(path, &records, failure);
	if (error)
		return error;
	error = record_store_seen(records, batch, &seen, NULL, failure);
	if (!error && seen < batch->sequence_end)
		error = record_store_append(records, batch, encoded, NULL, failure);
	if (!error)
		error = record_store_sync(records, batch->organisation, failure);
	record_store_close(records);
	return error;
}

/* The centre: its state is the folder itself. */
static enum error make_source(const char *folder, char config[static 320], struct failure *failure)
{
	char path[320], text[400];
	struct store *store;
	struct history *history;
	struct builder encoded = { 0 };
	uint64_t position;
	snprintf(path, sizeof path, "sqlite:%s/noroshi.db", folder);
	enum error error = prepared_store(path + strlen("sqlite:"), failure);
	if (!error)
		error = store_open(path, &store, failure);
	if (error)
		return error;
	store_close(store);
	snprintf(path, sizeof path, "%s/history", folder);
	error = history_open(path, &history, NULL, failure);
	if (error)
		return error;
	struct history_batch batch = make_batch(&encoded, 1, 1, 5, START);
	if (history_seen(history, &batch, NULL) < batch.sequence_end)
		error = history_append(history, &batch, (struct text){ encoded.at, encoded.size }, &position, failure);
	if (!error)
		error = history_sync(history, failure);
	history_close(history);
	if (!error)
		error = store_records(folder, &batch, (struct text){ encoded.at, encoded.size }, failure);
	builder_free(&encoded);
	snprintf(config, 320, "%s/noroshi.conf", folder);
	snprintf(text, sizeof text, "center = { state = \"%s\"; };\n", folder);
	return error ? error : file_replace(config, text_of(text), 0600, failure);
}

static enum error make(const char *config, const char *to, struct failure *failure)
{
	struct progress progress = { 0 };
	struct manifest manifest;
	uint8_t digest[32];
	enum error error = backup_make(config, to, false, &progress, &manifest, digest, failure);
	manifest_free(&manifest);
	return error;
}

static enum error restore(const char *from, const char *to, struct failure *failure)
{
	struct restore_wish wish = { .backup = from, .state = to };
	struct progress progress = { 0 };
	struct manifest manifest;
	uint8_t digest[32];
	enum error error = backup_restore(&wish, &progress, &manifest, digest, failure);
	manifest_free(&manifest);
	return error;
}

/* What an earlier process began stays until somebody removes it. */
static bool taken(const char *path)
{
	char partial[340];
	snprintf(partial, sizeof partial, "%s.partial", path);
	return access(path, F_OK) == 0 || access(partial, F_OK) == 0;
}

static bool work(const char *folder)
{
	char config[320];
	int number = 1;
	recording_vfs_use();
	TRY(make_source(folder, config, &failure));
	while (taken(below(folder, "backup", number)) || taken(below(folder, "state", number)))
		number++;
	TRY(make(config, below(folder, "backup", number), &failure));
	mark("made %d", number);
	TRY(restore(below(folder, "backup", number), below(folder, "state", number), &failure));
	mark("restored %d", number);
	return true;
}

static void check_backup(const char *path)
{
	struct progress progress = { 0 };
	struct manifest manifest;
	uint8_t digest[32];
	FINE(backup_verify(path, &progress, &manifest, digest, &failure));
	manifest_free(&manifest);
}

static void count_restored(void *context, const struct log_line *line)
{
	*(unsigned *)context += strcmp(line->what, "restore") == 0;
}

static void check_state(const char *path)
{
	char location[400];
	struct arena *arena = arena_new(0);
	const struct scope *scope = policy_background("test", arena);
	struct store *store;
	struct history *history;
	struct page page = { .limit = 100 };
	unsigned restored = 0;
	uint64_t lines, broken;
	snprintf(location, sizeof location, "sqlite:%s/noroshi.db", path);
	FINE(store_open(location, &store, &failure));
	FINE(store_log_verify(store, scope, &lines, &broken, &failure));
	assert_int_equal(broken, 0);
	FINE(store_log_each(store, scope, &page, count_restored, &restored, &failure));
	assert_int_equal(restored, 1);
	store_close(store);
	snprintf(location, sizeof location, "%s/history", path);
	FINE(history_open(location, &history, NULL, &failure));
	struct builder encoded = { 0 };
	struct history_batch batch = make_batch(&encoded, 1, 1, 5, START);
	assert_true(history_seen(history, &batch, NULL) >= batch.sequence_end);
	history_close(history);
	struct record_store *records;
	uint64_t seen;
	snprintf(location, sizeof location, "%s/history/" RECORDS_FOLDER, path);
	FINE(record_store_open(location, &records, &failure));
	FINE(record_store_seen(records, &batch, &seen, NULL, &failure));
	assert_true(seen >= batch.sequence_end);
	record_store_close(records);
	builder_free(&encoded);
	arena_free(arena);
}

static void check(const char *folder, const struct marks *marks)
{
	for (int number = 1; number <= TRIED; number++) {
		const char *backup = below(folder, "backup", number), *state = below(folder, "state", number);
		if (access(backup, F_OK) == 0)
			check_backup(backup);
		else
			assert_int_not_equal(marked_number(marks, "made "), number);
		if (access(state, F_OK) == 0)
			check_state(state);
		else
			assert_int_not_equal(marked_number(marks, "restored "), number);
	}
}

const struct powercut_kind kind_backup = { "backup", work, check, .prepare = prepare_store };
