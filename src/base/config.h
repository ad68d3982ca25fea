/*
 * Configuration: one file in libconfig's format (name = value; groups { }), described by option tables. A part of the program
 * declares what it understands; unknown keys are errors that name the nearest known one; values carry units.
 *
 *   center = { listen = "127.0.0.1:8443"; state = "/var/lib/noroshi"; };
 *   triage = { lateness = "10 min"; };
 */
#ifndef NOROSHI_BASE_CONFIG_H
#define NOROSHI_BASE_CONFIG_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

enum option_type {
	OPTION_TEXT,     /* char * */
	OPTION_PATH,     /* char *, made absolute against the file's folder */
	OPTION_SECRET,   /* char *: the path of a file whose first line is the secret; never the secret itself */
	OPTION_INTEGER,  /* int64_t */
	OPTION_BOOLEAN,  /* bool */
	OPTION_SIZE,     /* uint64_t bytes: "64 MiB" */
	OPTION_DURATION, /* nanoseconds: "10 min" */
	OPTION_REAL,     /* double */
	OPTION_LIST,     /* struct option_list: texts */
};

struct option_list {
	char **items;
	size_t count;
};

struct option {
	const char *name; /* within its group; NULL ends a table */
	enum option_type type;
	size_t offset;       /* of the value in the settings struct */
	const char *initial; /* default, written as in the file; NULL = empty/zero */
	double least, most;  /* for numbers, sizes (bytes) and durations (seconds); both 0 = any */
	const char *unit;    /* for the manual: "alerts", "per second"; NULL when the type says it */
	const char *summary; /* one English sentence, for `config show`, --help and the man page */
	/* optional: a further check of the value as text; returns words on what is wrong, or NULL */
	const char *(*check)(const char *value);
};

struct option_group {
	const char *name; /* "triage"; NULL ends a list of groups */
	const struct option *options;
	void *settings;       /* the struct that the offsets are in, or its default when `many` */
	size_t settings_size; /* bytes */
	/* A group that is a list of named things, `organisations = ( { name = "a"; … }, … )`: each item is read into a fresh
	 * settings struct and handed over; NULL for an ordinary group. */
	enum error (*each)(void *context, void *settings, struct failure *failure);
	void *context;
};

/* Fills every group's settings with its defaults. */
enum error config_defaults(const struct option_group *groups, struct failure *failure);

/* Reads `path` over the defaults. On any error nothing of the settings is changed and the failure says file, line, key,
 * what was expected, and for an unknown key the nearest known one. Values live until config_free(). */
enum error config_read(const char *path, const struct option_group *groups, struct failure *failure);
enum error config_read_text(const char *name, struct text text, const struct option_group *groups, struct failure *failure);
void config_free(const struct option_group *groups);

/* Appends every option with its value, its default and its summary as a configuration file. Secrets show their path only. */
void config_show(const struct option_group *groups, struct builder *to);

/* The known name that is nearest to `unknown` by edit distance, or NULL when none is near. For commands and flags too. */
const char *nearest_name(const char *unknown, const char *const *known);

#endif
