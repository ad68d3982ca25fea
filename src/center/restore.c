/*
 * Reading a backup: to check it, and to make a centre's folders of it. See backup.h.
 */
#include "base/file.h"
#include "base/log.h"
#include "center/authority.h"
#include "center/backup.h"
#include "center/feed.h"
#include "center/folder.h"
#include "store/record_store.h"
#include "store/store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ── what the manifest says is what is there ─ */

static enum error check_file(const char *folder, const struct manifest_file *file, const char *to,
    struct progress *progress, struct failure *failure)
{
	char path[4400];
	struct copy_watch watch = { progress_moved, progress };
	uint64_t size;
	uint8_t digest[32];
	snprintf(path, sizeof path, "%s/%s", folder, file->name);
	/* One byte more than it should have: a longer file shows, and costs no more. */
	enum error error = copy_file(path, to, file->size + 1, &watch, &size, digest, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, ERROR_CORRUPT, "the backup is damaged: %s is not there", path);
	if (!error && size != file->size)
		return fail(failure, ERROR_CORRUPT,
		    "the backup is damaged: %s has %s than the %llu bytes it should have", path,
		    size < file->size ? "less" : "more", (unsigned long long)file->size);
	if (!error && memcmp(digest, file->digest, 32) != 0)
		return fail(
		    failure, ERROR_CORRUPT, "the backup is damaged: %s does not have the SHA-256 it should have", path);
	return error;
}

static bool is_listed(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->count; i++)
		if (strcmp(manifest->files[i].name, name) == 0)
			return true;
	return false;
}

/* A file too many is a backup that somebody changed. */
static enum error check_strangers(
    const char *folder, const char *part, const struct manifest *manifest, struct failure *failure)
{
	char path[4400], name[512];
	snprintf(path, sizeof path, "%s/%s", folder, part);
	DIR *list = opendir(path);
	struct dirent *entry;
	enum error error = OK;
	while (list && !error && (entry = readdir(list))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof name, "%s/%s", part, entry->d_name);
		if (!is_listed(manifest, name))
			error = fail(failure, ERROR_CORRUPT, "the backup was changed: %s/%s is not in its manifest",
			    folder, name);
	}
	if (list)
		closedir(list);
	return error;
}

static enum error begin(const char *folder, struct progress *progress, struct manifest *manifest, uint8_t digest[32],
    struct failure *failure)
{
	static const char *const parts[] = { "state", "history", "records", "configuration", "secrets" };
	enum error error = manifest_read(folder, manifest, digest, failure);
	for (size_t i = 0; i < sizeof parts / sizeof *parts && !error; i++)
		error = check_strangers(folder, parts[i], manifest, failure);
	if (!error && !is_listed(manifest, "state/noroshi.db"))
		error = fail(failure, ERROR_CORRUPT, "the backup is damaged: it has no state store");
	progress->total = manifest_bytes(manifest);
	return error;
}

enum error backup_verify(const char *folder, struct progress *progress, struct manifest *manifest, uint8_t digest[32],
    struct failure *failure)
{
	enum error error = begin(folder, progress, manifest, digest, failure);
	for (size_t i = 0; i < manifest->count && !error; i++)
		error = check_file(folder, &manifest->files[i], NULL, progress, failure);
	return error;
}

/* ── restoring ─ */

struct restore {
	const struct restore_wish *wish;
	struct folder state, history, configuration;
	const struct manifest *manifest;
};

static bool is_authority(const char *name)
{
	return strcmp(name, "secrets/" AUTHORITY_FILE) == 0;
}

/* records/N-NAME: to NAME in the folder of organisation N, which is made when it is not there. */
static enum error place_records(
    const struct restore *restore, const char *rest, char *to, size_t size, struct failure *failure)
{
	struct text name = text_of(rest), number = text_cut(&name, '-');
	uint64_t organisation;
	char folder[4400];
	if (!text_to_u64(number, &organisation) || organisation == 0 || organisation > UINT32_MAX || !name.size)
		return fail(failure, ERROR_CORRUPT, "the backup is damaged: records/%s is no name of records", rest);
	const struct folder *base = restore->history.begun ? &restore->history : &restore->state;
	snprintf(folder, sizeof folder, "%s" RECORDS_FOLDER, restore->history.begun ? "" : "history/");
	enum error error = folder_make(base, folder, failure);
	snprintf(folder, sizeof folder, "%s" RECORDS_FOLDER "/%llu", restore->history.begun ? "" : "history/",
	    (unsigned long long)organisation);
	if (!error)
		error = folder_make(base, folder, failure);
	snprintf(to, size, "%s/%s/%s", base->partial, folder, name.at);
	return error;
}

/* Where a file goes; NULL: it is not restored. */
static char *target(const struct restore *restore, const char *name, char *to, size_t size)
{
	const char *rest = strchr(name, '/') + 1;
	bool history = text_starts(text_of(name), TEXT("history/"));
	if (text_starts(text_of(name), TEXT("state/")))
		snprintf(to, size, "%s/%s", restore->state.partial, rest);
	else if (history && restore->history.begun)
		snprintf(to, size, "%s/%s", restore->history.partial, rest);
	else if (history)
		snprintf(to, size, "%s/history/%s", restore->state.partial, rest);
	else if (is_authority(name))
		snprintf(to, size, "%s/%s", restore->state.partial, AUTHORITY_FILE);
	else if (restore->configuration.begun)
		snprintf(to, size, "%s/%s", restore->configuration.partial, rest);
	else
		return NULL;
	return to;
}

static enum error copy_all(struct restore *restore, struct progress *progress, struct failure *failure)
{
	enum error error = restore->history.begun ? OK : folder_make(&restore->state, "history", failure);
	for (size_t i = 0; i < restore->manifest->count && !error; i++) {
		const struct manifest_file *file = &restore->manifest->files[i];
		char to[8900];
		bool records = text_starts(text_of(file->name), TEXT("records/"));
		const char *place = to;
		if (records)
			error = place_records(restore, file->name + strlen("records/"), to, sizeof to, failure);
		else
			place = target(restore, file->name, to, sizeof to);
		if (!error)
			error = check_file(restore->wish->backup, file, place, progress, failure);
		/* The keeper uses no key that others could read. */
		if (!error && is_authority(file->name) && chmod(to, 0600) != 0)
			error = fail_errno(failure, "%s", to);
	}
	return error;
}

/* The store is opened as the centre will: it proves itself, comes forward, and keeps where it came from. */
static enum error note(struct restore *restore, const uint8_t digest[32], struct failure *failure)
{
	char location[4400];
	struct store *store;
	uint64_t lines;
	uint8_t hash[32];
	snprintf(location, sizeof location, "sqlite:%s/noroshi.db", restore->state.partial);
	enum error error = store_open(location, &store, failure);
	if (error)
		return error;
	error = store_log_end(store, &lines, hash, failure);
	if (!error && (lines != restore->manifest->log_lines || memcmp(hash, restore->manifest->log_hash, 32) != 0))
		error =
		    fail(failure, ERROR_CORRUPT, "the backup was changed: its log does not end as its manifest says");
	if (!error) /* the numbers of what is shared go on from an earlier one */
		error = feed_begin_anew(store, failure);
	if (!error)
		error = backup_note(store, "restore", "done", restore->manifest, digest, failure);
	store_close(store);
	return error;
}

static enum error folders_begin(struct restore *restore, struct failure *failure)
{
	const struct restore_wish *wish = restore->wish;
	enum error error = folder_begin(wish->state, &restore->state, failure);
	if (!error && wish->history)
		error = folder_begin(wish->history, &restore->history, failure);
	if (!error && wish->configuration)
		error = folder_begin(wish->configuration, &restore->configuration, failure);
	return error;
}

/* The state folder last: a centre starts with it. */
static enum error folders_commit(struct restore *restore, struct failure *failure)
{
	struct folder *folders[] = { &restore->configuration, &restore->history, &restore->state };
	const char *user = restore->wish->user ? restore->wish->user : restore->manifest->user;
	enum error error = OK;
	for (size_t i = 0; i < 3 && !error; i++)
		error = folder_give(folders[i], user, failure);
	for (size_t i = 0; i < 3 && !error; i++)
		error = folder_commit(folders[i], failure);
	return error;
}

enum error backup_restore(const struct restore_wish *wish, struct progress *progress, struct manifest *manifest,
    uint8_t digest[32], struct failure *failure)
{
	struct restore *restore = calloc(1, sizeof *restore);
	if (!restore)
		return fail(failure, ERROR_MEMORY, "no memory to restore");
	restore->wish = wish;
	restore->manifest = manifest;
	enum error error = begin(wish->backup, progress, manifest, digest, failure);
	if (!error)
		error = folders_begin(restore, failure);
	if (!error)
		error = copy_all(restore, progress, failure);
	if (!error)
		error = note(restore, digest, failure);
	if (!error)
		error = folders_commit(restore, failure);
	if (error) {
		folder_abandon(&restore->state);
		folder_abandon(&restore->history);
		folder_abandon(&restore->configuration);
	}
	free(restore);
	return error;
}
