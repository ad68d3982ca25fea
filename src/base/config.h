/*
 * Configuration: one file in libconfig's format (name = value; groups { }), described by option tables. A part of the
 * program declares what it understands; unknown keys are errors that name the nearest known one; values carry units.
 *
 *   version = 1;
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

#define CONFIG_VERSION 1 /* `version = 1;` beside the groups may say which a file is for */

enum option_type {
	OPTION_TEXT,   /* char * */
	OPTION_PATH,   /* char *, made absolute against the file's folder */
	OPTION_SECRET, /* char *: the path (as above) of a file whose first line is the secret; never the secret itself.
			* The file must be there, not readable by others, not writable by group and others (mode 600 or
			* 640) */
	OPTION_INTEGER,  /* int64_t */
	OPTION_BOOLEAN,  /* bool */
	OPTION_SIZE,     /* uint64_t bytes: "64 MiB", "1.5 GB", or a number of bytes */
	OPTION_DURATION, /* nanoseconds: "10 min" */
	OPTION_REAL,     /* double */
	OPTION_LIST,     /* struct option_list: texts; [ "a", "b" ], or "a" alone */
};

struct option_list {
	char **items;
	size_t count;
};

struct option {
	const char *name; /* within its group; NULL ends a table */
	enum option_type type;
	size_t offset;       /* of the value in the settings struct */
	const char *initial; /* default, as in the file but without quotes; of a list "a, b"; NULL = empty/zero */
	double least, most;  /* for numbers, sizes (bytes) and durations (seconds); both 0 = any */
	const char *unit;    /* for the manual: "alerts", "per second"; NULL when the type says it */
	const char *summary; /* one English sentence, for `config show`, --help and the man page */
	/* optional: a further check of the value as text; returns words on what is wrong, or NULL */
	const char *(*check)(const char *value);
	bool fixed; /* is taken at the start: a reload leaves the value that is in use */
};

struct option_group {
	const char *name; /* "triage"; NULL ends a list of groups */
	const struct option *options;
	void *settings;       /* the struct that the offsets are in; NULL: the group is only checked */
	size_t settings_size; /* bytes */
	/* A group that is a list of named things, `organisations = ( { name = "a"; … }, … )`: each item is read into a
	 * fresh settings struct and handed over for the call (copy what you keep). Called only after the whole file was
	 * found to be right; an error of it is an error of the file. NULL for an ordinary group. */
	enum error (*each)(void *context, void *settings, struct failure *failure);
	void *context;
	/* optional: whether the values fit together; returns words on what is wrong, or NULL */
	const char *(*problem)(const void *settings);
};

/* The settings must be zeroed before their first use. Texts are never NULL afterwards ("" when empty), each one
 * malloc()ed. They live until the next successful call or config_free(). */

/* Fills every group's settings with its defaults. */
enum error config_defaults(const struct option_group *groups, struct failure *failure);

/* Reads `path` over the defaults. On any error nothing of the settings is changed and the failure says file, line, key,
 * what was expected, and for an unknown key the nearest known one. One file: no @include. At most 16 MiB. (Not
 * "config_read": libconfig has a function of this name.) */
enum error config_load(const char *path, const struct option_group *groups, struct failure *failure);
/* The same from memory; `name` is what messages call it, and its folder is what relative paths are relative to. */
enum error config_read_text(
    const char *name, struct text text, const struct option_group *groups, struct failure *failure);
/* The same over settings that are in use: fixed options keep value and memory, and `kept` (may be NULL) is told of
 * those that the text gives another value. */
enum error config_reload_text(const char *name, struct text text, const struct option_group *groups,
    void (*kept)(void *context, const char *group, const char *option), void *context, struct failure *failure);
void config_free(const struct option_group *groups);

/* Appends every option with its value, its default and its summary as a configuration file that reads back to the same
 * settings. Secrets show their path only. Lists of groups stand as a comment. */
void config_show(const struct option_group *groups, struct builder *to);

/* Where the values of a file stand: line by option; options that are not listed have their defaults. */
#define CONFIG_ORIGINS 512
struct config_origins {
	const char *name; /* of the file */
	struct {
		const struct option *option;
		unsigned line;
	} items[CONFIG_ORIGINS];
	size_t count;
};
/* As config_load(), noting in `origins` what the file says itself. */
enum error config_load_origins(
    const char *path, const struct option_group *groups, struct config_origins *origins, struct failure *failure);
/* One line for each option: its value and where that comes from; as JSON, one object on a line. */
void config_show_origins(
    const struct option_group *groups, const struct config_origins *origins, bool json, struct builder *to);
/* Every option as tables in Markdown, for the manual. */
void config_reference(const struct option_group *groups, struct builder *to);

/* The known name that is nearest to `unknown` by edit distance, or NULL when none is near. For commands and flags too.
 */
const char *nearest_name(const char *unknown, const char *const *known);

#endif
