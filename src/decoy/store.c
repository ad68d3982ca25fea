/*
 * The folder of a decoy; see store.h.
 */
#include "decoy/store.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4352
#define DAY_TEXT 11 /* 2026-11-22 */

struct decoy_store {
	struct store_settings settings;
	uint64_t used, lost;
	uint8_t marks[VAULT_KEY];
	char marks_day[DAY_TEXT]; /* "": there is none yet */
	bool full_said;
};

static const char *const kinds[] = { "sessions-", "passwords-", "sample-", "marks-" };

static void day_of(nanoseconds now, char to[static DAY_TEXT])
{
	char time[TIME_TEXT];
	snprintf(to, DAY_TEXT, "%.10s", time_format(now, time));
}

static char *path_of(
    const struct decoy_store *store, char to[static PATH_SIZE], const char *kind, const char *day, const char *rest)
{
	snprintf(to, PATH_SIZE, "%s/%s%s%s", store->settings.folder, kind, day, rest);
	return to;
}

/* ── writing ─ */

static void lose(struct decoy_store *store, const char *why)
{
	store->lost++;
	if (!store->full_said)
		log_write(LOG_WARNING, "what the decoy was sent is not recorded", LOG_FIELD_STRING("why", why));
	store->full_said = true;
}

static bool append(struct decoy_store *store, const char *path, struct text bytes, uint64_t bound)
{
	struct failure failure;
	struct file *file = NULL;
	if (store->used + bytes.size > bound) {
		lose(store, "decoy.disk is full");
		return false;
	}
	enum error error = file_open_lines(path, &file, &failure);
	if (!error)
		error = file_append(file, bytes.at, bytes.size, &failure);
	file_close(file);
	if (error)
		lose(store, failure.words);
	else
		store->used += bytes.size;
	return !error;
}

void decoy_store_session(struct decoy_store *store, nanoseconds now, struct text line)
{
	char path[PATH_SIZE], day[DAY_TEXT];
	day_of(now, day);
	append(store, path_of(store, path, "sessions-", day, ".json"), line, store->settings.disk);
}

/* For this account alone: an agent in its group reads sessions. */
static bool append_own(struct decoy_store *store, const char *path, struct text bytes)
{
	mode_t before = umask(077);
	bool done = append(store, path, bytes, store->settings.disk / 2);
	umask(before);
	return done;
}

void decoy_store_passwords(struct decoy_store *store, nanoseconds now, struct text lines)
{
	char path[PATH_SIZE], day[DAY_TEXT];
	day_of(now, day);
	append_own(store, path_of(store, path, "passwords-", day, ".json"), lines);
}

bool decoy_store_sample(struct decoy_store *store, nanoseconds now, const char *sha256, struct text sealed)
{
	char path[PATH_SIZE], day[DAY_TEXT], name[72];
	struct stat about;
	day_of(now, day);
	snprintf(name, sizeof name, "-%.64s", sha256);
	path_of(store, path, "sample-", day, name);
	if (stat(path, &about) == 0 || append_own(store, path, sealed))
		return true;
	unlink(path); /* the half of it that a full disk let in */
	return false;
}

/* ── what is there ─ */

/* The day in a name of ours; false: it is another's file. */
static bool day_in(const char *name, const char **day)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t size = strlen(kinds[i]);
		if (strncmp(name, kinds[i], size) == 0 && strlen(name + size) >= DAY_TEXT - 1) {
			*day = name + size;
			return true;
		}
	}
	return false;
}

static void remove_file(struct decoy_store *store, const char *name)
{
	char path[PATH_SIZE];
	struct failure failure;
	snprintf(path, sizeof path, "%s/%s", store->settings.folder, name);
	if (remove(path) == 0)
		log_write(LOG_INFO, "older than keep_days: removed", LOG_FIELD_STRING("file", name));
	else if (fail_errno(&failure, "cannot remove it"))
		log_write(LOG_WARNING, "older than keep_days, and still there", LOG_FIELD_STRING("file", name),
		    LOG_FIELD_STRING("why", failure.words));
}

/* The oldest day that stays. */
static void oldest_day(unsigned keep_days, nanoseconds now, char to[static DAY_TEXT])
{
	nanoseconds age = (nanoseconds)(keep_days - 1) * DAY;
	day_of(now > age ? now - age : 0, to);
}

static void look(struct decoy_store *store, unsigned keep_days, nanoseconds now)
{
	char oldest[DAY_TEXT], path[PATH_SIZE];
	DIR *folder = opendir(store->settings.folder);
	struct stat about;
	const char *day;
	oldest_day(keep_days, now, oldest);
	store->used = 0;
	store->marks_day[0] = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		if (!day_in(entry->d_name, &day))
			continue;
		snprintf(path, sizeof path, "%s/%s", store->settings.folder, entry->d_name);
		if (strncmp(day, oldest, DAY_TEXT - 1) < 0)
			remove_file(store, entry->d_name);
		else if (stat(path, &about) == 0)
			store->used += (uint64_t)about.st_size;
		if (strncmp(day, oldest, DAY_TEXT - 1) >= 0 && strncmp(entry->d_name, "marks-", 6) == 0)
			snprintf(store->marks_day, DAY_TEXT, "%.10s", day);
	}
	if (folder)
		closedir(folder);
}

/* ── the key of marks ─ */

static enum error make_marks(struct decoy_store *store, nanoseconds now, struct failure *failure)
{
	char path[PATH_SIZE], line[HEX_SIZE(VAULT_KEY) + 1];
	day_of(now, store->marks_day);
	random_bytes(store->marks, sizeof store->marks);
	hex_format(store->marks, sizeof store->marks, line);
	strcat(line, "\n");
	if (append_own(store, path_of(store, path, "marks-", store->marks_day, ".key"), text_of(line)))
		return OK;
	return fail(failure, ERROR_SYSTEM, "cannot write %.400s", path);
}

static enum error load_marks(struct decoy_store *store, nanoseconds now, struct failure *failure)
{
	char path[PATH_SIZE], *text;
	size_t size;
	if (!store->marks_day[0])
		return make_marks(store, now, failure);
	path_of(store, path, "marks-", store->marks_day, ".key");
	enum error error = file_read(path, 256, &text, &size, failure);
	if (error)
		return error;
	bool read = hex_parse(text_trim((struct text){ text, size }), store->marks, sizeof store->marks);
	free(text);
	return read ? OK : fail(failure, ERROR_CORRUPT, "%.400s is no key of marks", path);
}

/* ── */

enum error decoy_store_new(const struct store_settings *settings, unsigned keep_days, nanoseconds now,
    struct decoy_store **store, struct failure *failure)
{
	struct stat about;
	if (stat(settings->folder, &about) != 0 || !S_ISDIR(about.st_mode))
		return fail(failure, ERROR_INPUT, "decoy.folder: %.300s is no folder", settings->folder);
	struct decoy_store *made = calloc(1, sizeof *made);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for the folder");
	made->settings = *settings;
	look(made, keep_days, now);
	enum error error = load_marks(made, now, failure);
	if (error)
		free(made);
	else
		*store = made;
	return error;
}

void decoy_store_free(struct decoy_store *store)
{
	free(store);
}

const uint8_t *decoy_store_marks(const struct decoy_store *store)
{
	return store->marks;
}

uint64_t decoy_store_lost(const struct decoy_store *store)
{
	return store->lost;
}

void decoy_store_tend(struct decoy_store *store, unsigned keep_days, nanoseconds now)
{
	struct failure failure;
	look(store, keep_days, now);
	store->full_said = false;
	if (!store->marks_day[0] && make_marks(store, now, &failure) != OK)
		log_write(LOG_WARNING, "passwords are marked with a key that is not kept",
		    LOG_FIELD_STRING("why", failure.words));
}
