/*
 * Making a backup. See backup.h.
 */
#include "center/backup.h"

#include "base/file.h"
#include "base/log.h"
#include "base/version.h"
#include "center/authority.h"
#include "center/capabilities.h"
#include "center/folder.h"
#include "center/settings.h"
#include "store/history.h"
#include "store/record_store.h"
#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_LARGEST ((size_t)1 << 20)
#define SECRET_LARGEST ((size_t)1 << 20)
#define TRIES 20 /* for a moment at which the files that go with the store are still there */

/* A small file that only root may read: taken before the work goes on as the data's account. */
struct held {
	char name[MANIFEST_NAME];
	char *at;
	size_t size;
};

#define HELD 32
struct backup {
	struct center_settings settings;
	struct option_group groups[SETTINGS_GROUPS];
	struct folder folder;
	char history[4352];
	struct held held[HELD];
	size_t held_count;
	struct store *store;
	struct manifest *manifest;
	struct progress *progress;
};

/* ── what the configuration names ─ */

static enum error hold(struct backup *backup, const char *path, const char *name, size_t limit, struct failure *failure)
{
	struct held *held = &backup->held[backup->held_count];
	if (backup->held_count == HELD || strlen(name) >= sizeof held->name)
		return fail(failure, ERROR_LIMIT, "too many files of secrets");
	enum error error = file_read(path, limit, &held->at, &held->size, failure);
	if (error)
		return error;
	strcpy(held->name, name);
	backup->held_count++;
	return OK;
}

static bool is_secret(const char *group, const struct option *option)
{
	bool tls = strcmp(group, "center") == 0 &&
		   (strcmp(option->name, "tls_key") == 0 || strcmp(option->name, "tls_certificate") == 0);
	return option->type == OPTION_SECRET || tls;
}

static enum error hold_secrets(struct backup *backup, struct failure *failure)
{
	enum error error = OK;
	for (const struct option_group *group = backup->groups; group->name && !error; group++)
		for (const struct option *option = group->options; option->name && !error && !group->each; option++) {
			char *const *path = (void *)((char *)group->settings + option->offset);
			char name[MANIFEST_NAME];
			if (!is_secret(group->name, option) || !*path || !**path)
				continue;
			snprintf(name, sizeof name, "secrets/%s.%s", group->name, option->name);
			error = hold(backup, *path, name, SECRET_LARGEST, failure);
		}
	return error;
}

/* The key of the machines' authority; a centre that never ran has none. */
static enum error hold_authority(struct backup *backup, struct failure *failure)
{
	char path[4400];
	snprintf(path, sizeof path, "%s/%s", backup->settings.state, AUTHORITY_FILE);
	enum error error = hold(backup, path, "secrets/" AUTHORITY_FILE, SECRET_LARGEST, failure);
	return error == ERROR_NOT_FOUND ? OK : error;
}

static enum error take_configuration(struct backup *backup, const char *config, bool secrets, struct failure *failure)
{
	settings_groups(&backup->settings, backup->groups);
	enum error error = config_load(config, backup->groups, failure);
	if (!error)
		error = hold(backup, config, "configuration/noroshi.conf", CONFIG_LARGEST, failure);
	if (!error && secrets)
		error = hold_secrets(backup, failure);
	if (!error && secrets)
		error = hold_authority(backup, failure);
	if (error)
		return error;
	const struct center_settings *settings = &backup->settings;
	if (settings->history && *settings->history)
		snprintf(backup->history, sizeof backup->history, "%s", settings->history);
	else
		snprintf(backup->history, sizeof backup->history, "%s/history", settings->state);
	return OK;
}

/* ── files ─ */

static enum error copy_in(
    struct backup *backup, const char *from, const char *name, uint64_t most, struct failure *failure)
{
	char to[4400];
	struct copy_watch watch = { progress_moved, backup->progress };
	uint64_t size;
	uint8_t digest[32];
	snprintf(to, sizeof to, "%s/%s", backup->folder.partial, name);
	enum error error = copy_file(from, to, most, &watch, &size, digest, failure);
	return error ? error : manifest_add(backup->manifest, name, size, digest, failure);
}

static enum error copy_history(void *context, const char *file, uint64_t most, struct failure *failure)
{
	struct backup *backup = context;
	char from[4400], name[MANIFEST_NAME];
	snprintf(from, sizeof from, "%s/%s", backup->history, file);
	snprintf(name, sizeof name, "history/%s", file);
	return copy_in(backup, from, name, most, failure);
}

/* One folder in the backup holds the records of all organisations. */
static enum error copy_records(
    void *context, uint32_t organisation, const char *file, uint64_t most, struct failure *failure)
{
	struct backup *backup = context;
	char from[4500], name[MANIFEST_NAME];
	snprintf(from, sizeof from, "%s/" RECORDS_FOLDER "/%u/%s", backup->history, organisation, file);
	snprintf(name, sizeof name, "records/%u-%s", organisation, file);
	return copy_in(backup, from, name, most, failure);
}

static enum error take_records(struct backup *backup, struct failure *failure)
{
	char folder[4400];
	snprintf(folder, sizeof folder, "%s/" RECORDS_FOLDER, backup->history);
	enum error error = folder_make(&backup->folder, "records", failure);
	return error ? error : record_store_files(folder, copy_records, backup, failure);
}

static enum error write_held(struct backup *backup, struct failure *failure)
{
	enum error error = folder_make(&backup->folder, "configuration", failure);
	if (!error && backup->held_count > 1)
		error = folder_make(&backup->folder, "secrets", failure);
	for (size_t i = 0; i < backup->held_count && !error; i++) {
		const struct held *held = &backup->held[i];
		char path[4400];
		uint8_t digest[32];
		snprintf(path, sizeof path, "%s/%s", backup->folder.partial, held->name);
		sha256(held->at, held->size, digest);
		error = file_replace(path, (struct text){ held->at, held->size }, 0600, failure);
		if (!error)
			error = manifest_add(backup->manifest, held->name, held->size, digest, failure);
	}
	return error;
}

/* ── the state ─ */

/* The files of capabilities that the store names, as it is at this moment; ERROR_NOT_FOUND when one was replaced
 * already. */
static enum error copy_files(struct backup *backup, bool must, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; capabilities[i] && !error; i++) {
		char file[64] = "", from[4400], name[MANIFEST_NAME];
		if (!capabilities[i]->resting)
			continue;
		error = capabilities[i]->resting(backup->store, file, failure);
		if (error || !*file)
			continue;
		snprintf(from, sizeof from, "%s/%s", backup->settings.state, file);
		snprintf(name, sizeof name, "state/%s", file);
		error = copy_in(backup, from, name, UINT64_MAX, failure);
		if (error == ERROR_NOT_FOUND && !must) { /* made anew from history at the next start */
			log_write(LOG_WARNING, "a checkpoint is not there: the backup is without it",
			    LOG_FIELD_STRING("file", from));
			error = OK;
		}
	}
	return error;
}

/* What a try that came too late has copied. */
static void take_back(struct backup *backup)
{
	char path[4400];
	while (backup->manifest->count) {
		const struct manifest_file *file = &backup->manifest->files[--backup->manifest->count];
		snprintf(path, sizeof path, "%s/%s", backup->folder.partial, file->name);
		file_remove(path, NULL);
	}
}

/* Fixes the store's moment, with the files that belong to it: the keeper may just be replacing one. */
static enum error fix_moment(struct backup *backup, struct failure *failure)
{
	enum error error = ERROR_NOT_FOUND;
	for (int i = 0; i < TRIES && error == ERROR_NOT_FOUND; i++) {
		take_back(backup);
		store_read_end(backup->store);
		error = store_read_begin(backup->store, failure);
		backup->manifest->point = time_now();
		if (!error)
			error = copy_files(backup, i + 1 < TRIES, failure);
	}
	return error;
}

static enum error copy_state(struct backup *backup, struct failure *failure)
{
	struct manifest *manifest = backup->manifest;
	char location[4400], path[4400];
	uint64_t size;
	uint8_t digest[32];
	snprintf(location, sizeof location, "sqlite:%s/noroshi.db", backup->settings.state);
	snprintf(path, sizeof path, "%s/state/noroshi.db", backup->folder.partial);
	enum error error = store_open_as_it_is(location, &backup->store, failure);
	if (!error)
		error = folder_make(&backup->folder, "state", failure);
	if (!error)
		error = fix_moment(backup, failure);
	if (!error)
		error = store_log_end(backup->store, &manifest->log_lines, manifest->log_hash, failure);
	if (!error)
		error = store_copy(backup->store, path, progress_moved, backup->progress, failure);
	if (backup->store)
		store_read_end(backup->store);
	if (!error)
		error = copy_file(path, NULL, UINT64_MAX, NULL, &size, digest, failure);
	if (!error)
		error = manifest_add(manifest, "state/noroshi.db", size, digest, failure);
	if (!error)
		manifest->schema = (uint32_t)store_schema(backup->store);
	return error;
}

/* ── all together ─ */

static uint64_t bytes_in(const char *folder)
{
	DIR *list = opendir(folder);
	struct dirent *entry;
	struct stat about;
	uint64_t bytes = 0;
	while (list && (entry = readdir(list)))
		if (fstatat(dirfd(list), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode))
			bytes += (uint64_t)about.st_size;
	if (list)
		closedir(list);
	return bytes;
}

static enum error fill(struct backup *backup, uint8_t digest[32], struct failure *failure)
{
	struct manifest *manifest = backup->manifest;
	struct passwd *owner = getpwuid(geteuid());
	text_copy(TEXT(NOROSHI_VERSION), manifest->program, sizeof manifest->program);
	text_copy(text_of(owner ? owner->pw_name : ""), manifest->user, sizeof manifest->user);
	backup->progress->total = bytes_in(backup->settings.state) + bytes_in(backup->history);
	enum error error = copy_state(backup, failure);
	if (!error)
		error = folder_make(&backup->folder, "history", failure);
	if (!error)
		error = history_files(
		    backup->history, HISTORY_ALERTS, copy_history, backup, &manifest->history_end, failure);
	if (!error)
		error = take_records(backup, failure);
	if (!error)
		error = write_held(backup, failure);
	manifest->made = time_now();
	if (!error)
		error = manifest_write(manifest, backup->folder.partial, digest, failure);
	return error;
}

enum error backup_note(struct store *store, const char *what, const char *outcome, const struct manifest *manifest,
    const uint8_t digest[32], struct failure *failure)
{
	struct log_line line = { .when = time_now() };
	char time[TIME_TEXT], hex[HEX_SIZE(32)];
	struct passwd *person = getpwuid(getuid());
	text_copy(TEXT("command line"), line.who, sizeof line.who);
	text_copy(text_of(what), line.what, sizeof line.what);
	text_copy(text_of(time_format(manifest->point, time)), line.object, sizeof line.object);
	text_copy(text_of(outcome), line.outcome, sizeof line.outcome);
	snprintf(line.detail, sizeof line.detail, "by %.40s; manifest %s", person ? person->pw_name : "?",
	    hex_format(digest, 32, hex));
	return store_log_append(store, &line, failure);
}

/* Whether it can be noted or not, the backup is made: a log that is full must not be a reason to have none. */
static void note(struct backup *backup, bool done, const uint8_t digest[32])
{
	struct failure why;
	if (!backup->store || store_schema(backup->store) != store_schema_newest())
		return;
	if (backup_note(backup->store, "backup", done ? "done" : "failed", backup->manifest, digest, &why))
		log_write(LOG_WARNING, "the backup cannot be noted in the log", LOG_FIELD_STRING("why", why.words));
}

static enum error make(struct backup *backup, const char *to, uint8_t digest[32], struct failure *failure)
{
	enum error error = folder_begin(to, &backup->folder, failure);
	if (!error)
		error = folder_give(&backup->folder, backup->settings.user, failure);
	if (!error)
		error = owner_begin(backup->settings.user, failure);
	if (!error) {
		error = fill(backup, digest, failure);
		note(backup, !error, digest);
		store_close(backup->store);
		owner_end();
	}
	if (!error)
		error = folder_commit(&backup->folder, failure);
	if (error)
		folder_abandon(&backup->folder);
	return error;
}

enum error backup_make(const char *config, const char *to, bool secrets, struct progress *progress,
    struct manifest *manifest, uint8_t digest[32], struct failure *failure)
{
	struct backup *backup = calloc(1, sizeof *backup);
	*manifest = (struct manifest){ .secrets = secrets };
	memset(digest, 0, 32);
	if (!backup)
		return fail(failure, ERROR_MEMORY, "no memory for a backup");
	backup->manifest = manifest;
	backup->progress = progress;
	enum error error = take_configuration(backup, config, secrets, failure);
	if (!error)
		error = make(backup, to, digest, failure);
	for (size_t i = 0; i < backup->held_count; i++) {
		explicit_bzero(backup->held[i].at, backup->held[i].size);
		free(backup->held[i].at);
	}
	config_free(backup->groups);
	free(backup);
	return error;
}
