/*
 * A folder of day tables; see day_folder.h.
 */
#include "darknet/day/day_folder.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OPEN_DAYS 2   /* the current one, and the one before, for what is a little late */
#define SLEPT_DAYS 64 /* of which it is known for how long it was not awake */
#define GAP_MOST 62   /* days in a row in which nothing came; in longer ones nobody listened, or a clock was wrong */
#define PATH_ROOM 4096
#define SUFFIX ".table"

struct open_day {
	struct day_table *table; /* NULL = free */
	int64_t day;
	bool changed;
};

struct slept {
	int64_t day;
	nanoseconds time;
};

struct day_folder {
	char path[PATH_ROOM - 256]; /* with the sensor */
	struct day_about about;
	struct open_day days[OPEN_DAYS];
	bool begun, awake_known, written_any;
	int64_t first, last; /* days that this part has so far */
	int64_t written[2];  /* the first and last of them that is a file; those between are, or are open */
	nanoseconds awake[2];
	struct slept slept[SLEPT_DAYS]; /* between these; by day modulo their number */
};

static bool is_name(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size < DAY_TABLE_NAME && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == size;
}

static char *day_name(int64_t day, char to[static 16])
{
	time_t seconds = (time_t)(day * 86400);
	struct tm date;

	gmtime_r(&seconds, &date);
	strftime(to, 16, "%Y-%m-%d", &date);
	return to;
}

static void path_of(const struct day_folder *folder, int64_t day, bool file, char to[static PATH_ROOM])
{
	char date[16];

	day_name(day, date);
	if (file)
		snprintf(to, PATH_ROOM, "%s/%s/%s" SUFFIX, folder->path, date, folder->about.part);
	else
		snprintf(to, PATH_ROOM, "%s/%s", folder->path, date);
}

enum error day_folder_begin(const struct day_folder_part *part, struct day_folder **made, struct failure *failure)
{
	if (!is_name(part->sensor) || !is_name(part->part))
		return fail(failure, ERROR_USAGE,
		    "\"%.64s\": 1 to %d letters, digits, \".\", \"_\" and \"-\" were expected, no \".\" first",
		    is_name(part->sensor) ? part->part : part->sensor, DAY_TABLE_NAME - 1);
	struct day_folder *folder = calloc(1, sizeof *folder);
	if (!folder)
		return fail(failure, ERROR_MEMORY, "no memory for tables");
	folder->about.zone = part->zone;
	folder->about.addresses = part->addresses;
	snprintf(folder->about.sensor, sizeof folder->about.sensor, "%s", part->sensor);
	snprintf(folder->about.part, sizeof folder->about.part, "%s", part->part);
	int size = snprintf(folder->path, sizeof folder->path, "%s/%s", part->folder, part->sensor);
	enum error error = size < (int)sizeof folder->path
			       ? directory_make(part->folder, 0750, failure)
			       : fail(failure, ERROR_USAGE, "the folder's name is too long");
	if (!error)
		error = directory_make(folder->path, 0750, failure);
	if (error) {
		free(folder);
		return error;
	}
	*made = folder;
	return OK;
}

/* ── days ─ */

static uint32_t awake_seconds(const struct day_folder *folder, int64_t day)
{
	nanoseconds begin = day_begins(day, folder->about.zone), end = begin + DAY;

	if (!folder->awake_known)
		return 86400;
	nanoseconds from = folder->awake[0] > begin ? folder->awake[0] : begin;
	nanoseconds to = folder->awake[1] < end ? folder->awake[1] : end;
	const struct slept *slept = &folder->slept[day & (SLEPT_DAYS - 1)];
	from += slept->day == day ? slept->time : 0;
	return to > from ? (uint32_t)((to - from + SECOND / 2) / SECOND) : 0;
}

static enum error write_day(struct day_folder *folder, struct open_day *day, struct failure *failure)
{
	char path[PATH_ROOM];

	if (!day->table || !day->changed)
		return OK;
	path_of(folder, day->day, false, path);
	enum error error = directory_make(path, 0750, failure);
	path_of(folder, day->day, true, path);
	folder->about.day = day->day;
	folder->about.seconds = awake_seconds(folder, day->day);
	if (!error)
		error = day_table_write(day->table, &folder->about, path, failure);
	if (error)
		return error;
	day->changed = false;
	folder->written[0] = folder->written_any && folder->written[0] < day->day ? folder->written[0] : day->day;
	folder->written[1] = folder->written_any && folder->written[1] > day->day ? folder->written[1] : day->day;
	folder->written_any = true;
	return OK;
}

static enum error take_back(
    void *context, const struct day_about *about, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	(void)about;
	return day_table_add(context, key, packets) ? OK : fail(failure, ERROR_MEMORY, "no memory for tables");
}

/* The day in memory: one that this part wrote before is read again. */
static enum error open_day(struct day_folder *folder, int64_t day, struct open_day **opened, struct failure *failure)
{
	struct open_day *place = &folder->days[0];
	char path[PATH_ROOM];
	struct day_about about;

	for (size_t i = 0; i < OPEN_DAYS; i++) {
		if (folder->days[i].table && folder->days[i].day == day) {
			*opened = &folder->days[i];
			return OK;
		}
		if (!folder->days[i].table || (place->table && folder->days[i].day < place->day))
			place = &folder->days[i];
	}
	enum error error = write_day(folder, place, failure);
	if (error)
		return error;
	day_table_free(place->table);
	*place = (struct open_day){ .table = day_table_new(), .day = day, .changed = true };
	*opened = place;
	if (!place->table)
		return fail(failure, ERROR_MEMORY, "no memory for tables");
	if (!folder->written_any || day < folder->written[0] || day > folder->written[1])
		return OK;
	path_of(folder, day, true, path);
	if (access(path, F_OK) != 0) /* within a gap */
		return OK;
	return day_table_read(path, &about, take_back, place->table, failure);
}

/* The days between two that had something are days of the part too. */
static enum error reach(struct day_folder *folder, int64_t day, struct failure *failure)
{
	struct open_day *opened;
	enum error error = OK;

	if (!folder->begun) {
		folder->first = folder->last = day;
		folder->begun = true;
		return OK;
	}
	if (day - folder->last > GAP_MOST + 1)
		folder->last = day;
	if (folder->first - day > GAP_MOST + 1)
		folder->first = day;
	while (!error && folder->last < day - 1) {
		error = open_day(folder, folder->last + 1, &opened, failure);
		folder->last++;
	}
	while (!error && folder->first > day + 1) {
		error = open_day(folder, folder->first - 1, &opened, failure);
		folder->first--;
	}
	return error;
}

enum error day_folder_add(struct day_folder *folder, const struct activity *activity, struct failure *failure)
{
	int64_t day = day_of(activity->bin, folder->about.zone);
	struct day_key key = day_key_of(activity);
	struct open_day *opened;
	enum error error = reach(folder, day, failure);

	if (!error)
		error = open_day(folder, day, &opened, failure);
	if (error)
		return error;
	if (!day_table_add(opened->table, &key, activity->packets))
		return fail(failure, ERROR_MEMORY, "no memory for tables");
	opened->changed = true;
	if (day > folder->last)
		folder->last = day;
	if (day < folder->first)
		folder->first = day;
	return OK;
}

static void sleep_through(struct day_folder *folder, nanoseconds from, nanoseconds to)
{
	int zone = folder->about.zone;
	int64_t last = day_of(to, zone), first = day_of(from, zone);

	for (int64_t day = last - first < SLEPT_DAYS ? first : last - SLEPT_DAYS + 1; day <= last; day++) {
		struct slept *slept = &folder->slept[day & (SLEPT_DAYS - 1)];
		nanoseconds begin = day_begins(day, zone), end = begin + DAY;
		if (slept->day != day)
			*slept = (struct slept){ .day = day };
		slept->time += (to < end ? to : end) - (from > begin ? from : begin);
	}
}

void day_folder_awake(struct day_folder *folder, nanoseconds from, nanoseconds to)
{
	bool known = folder->awake_known;

	if (known && from > folder->awake[1])
		sleep_through(folder, folder->awake[1], from);
	folder->awake[0] = known && folder->awake[0] < from ? folder->awake[0] : from;
	folder->awake[1] = known && folder->awake[1] > to ? folder->awake[1] : to;
	folder->awake_known = true;
	for (size_t i = 0; i < OPEN_DAYS; i++)
		folder->days[i].changed = true;
}

enum error day_folder_flush(struct day_folder *folder, struct failure *failure)
{
	enum error error = OK;

	for (size_t i = 0; i < OPEN_DAYS && !error; i++)
		error = write_day(folder, &folder->days[i], failure);
	return error;
}

enum error day_folder_end(struct day_folder *folder, struct failure *failure)
{
	enum error error = folder ? day_folder_flush(folder, failure) : OK;

	day_folder_abandon(folder);
	return error;
}

void day_folder_abandon(struct day_folder *folder)
{
	for (size_t i = 0; folder && i < OPEN_DAYS; i++)
		day_table_free(folder->days[i].table);
	free(folder);
}

/* ── all of a folder ─ */

typedef enum error (*path_visitor)(void *context, const char *path, struct failure *failure);

struct listing {
	path_visitor told;
	void *context;
	const char *sensor;
	int64_t from, to;
};

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool day_named(const char *name, int64_t *day)
{
	struct tm date = { 0 };
	const char *end = strptime(name, "%Y-%m-%d", &date);

	if (!end || *end)
		return false;
	*day = (int64_t)timegm(&date) / 86400;
	return true;
}

/* One level: 0 sensors, 1 days, 2 parts. */
static enum error list(const struct listing *listing, const char *folder, unsigned level, struct failure *failure)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, alphasort);
	enum error error = count < 0 ? fail_errno(failure, "%s", folder) : OK;

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		char path[PATH_ROOM];
		struct stat about;
		int64_t day;
		bool wanted = is_name(name) && snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path;

		if (level == 0)
			wanted = wanted && (!listing->sensor || strcmp(listing->sensor, name) == 0) &&
				 stat(path, &about) == 0 && S_ISDIR(about.st_mode);
		else if (level == 1)
			wanted = wanted && day_named(name, &day) && day >= listing->from && day <= listing->to;
		else
			wanted = wanted && text_ends(text_of(name), TEXT(SUFFIX));
		if (wanted && !error)
			error = level < 2 ? list(listing, path, level + 1, failure)
					  : listing->told(listing->context, path, failure);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return error;
}

enum error day_folder_each(const char *folder, const char *sensor, int64_t from_day, int64_t to_day,
    enum error (*told)(void *context, const char *path, struct failure *failure), void *context,
    struct failure *failure)
{
	struct listing listing = { told, context, sensor, from_day, to_day };

	return list(&listing, folder, 0, failure);
}
