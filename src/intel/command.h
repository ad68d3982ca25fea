/*
 * `noroshi intel`: the command, and its verbs.
 */
#ifndef NOROSHI_INTEL_COMMAND_H
#define NOROSHI_INTEL_COMMAND_H

#include "base/catalog.h"

#include <stdbool.h>
#include <stddef.h>

int intel_command(int argc, char **argv); /* as struct command's run */

/* argv[0] is the verb. */
int intel_check(int argc, char **argv);
int intel_convert(int argc, char **argv);
int intel_import(int argc, char **argv);
int intel_pack(int argc, char **argv);
int intel_unpack(int argc, char **argv);

/* ── what verbs share ─ */

struct option; /* of getopt.h */

/* Every verb's: the first member of what it runs with. */
struct verb_run {
	const char *language;
	struct catalog *japanese; /* NULL: English */
	bool help, json;
};

enum { VERB_JSON = 1000, VERB_LANGUAGE, VERB_HELP };
/* The end of each table of options. */
#define VERB_OPTIONS                                                                                                   \
	{ "json", no_argument, NULL, VERB_JSON }, { "language", required_argument, NULL, VERB_LANGUAGE },              \
	    { "help", no_argument, NULL, VERB_HELP },                                                                  \
	{                                                                                                              \
		0                                                                                                      \
	}

/* An option whose value is kept as it is, a const char *, so many bytes from the beginning of what the verb runs with.
 */
struct verb_place {
	int option;
	size_t at;
};

struct verb {
	const char *name;
	const char *const *help; /* lines; an empty one is a break */
	size_t help_count;
	const struct option *options;
	const struct verb_place *places;
	size_t place_count;
	const char *(*take)(void *run, int option, const char *value); /* NULL, or what is wrong */
	const char *(*missing)(const void *run, int files);            /* the same */
	int (*go)(void *run, char **files, int count);                 /* the exit code */
};

/* `run` begins with a struct verb_run. The exit code: 2 for what is wrong on the command line. */
int verb_main(const struct verb *verb, void *run, int argc, char **argv);

#endif
