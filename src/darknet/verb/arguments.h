/*
 * Options of a command line, as a table that says where each goes; for the verbs of the telescope.
 */
#ifndef NOROSHI_DARKNET_ARGUMENTS_H
#define NOROSHI_DARKNET_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum argument_kind {
	ARGUMENT_FLAG,     /* bool: true */
	ARGUMENT_UNSET,    /* bool: false */
	ARGUMENT_TEXT,     /* const char *: of argv */
	ARGUMENT_CHOICE,   /* the same, one of `choices` */
	ARGUMENT_NUMBER,   /* uint64_t, least to most */
	ARGUMENT_COUNT,    /* uint32_t, the same */
	ARGUMENT_DURATION, /* nanoseconds, a second to `most` of them */
	ARGUMENT_OTHER     /* what `read` makes of it */
};

struct argument {
	const char *name; /* without "--"; NULL ends a table */
	enum argument_kind kind;
	size_t offset; /* in the struct that is filled */
	uint64_t least, most;
	const char *choices; /* "ja en" */
	/* NULL: it was understood; else what was expected, as "a prefix as 198.51.100.0/24" */
	const char *(*read)(void *into, const char *value);
	char letter; /* 0 = none */
};

struct arguments {
	const char *verb; /* "noroshi darknet report" */
	const struct argument *table;
	/* What is no option; NULL: that is an error. -1 = go on, else the exit code. */
	int (*rest)(void *into, const char *value);
};

/* -1 = go on; else the exit code, and what was wrong was said on standard error. */
int arguments_read(const struct arguments *arguments, int argc, char **argv, void *into);
/* Says "VERB: WORDS VALUE; `VERB --help` explains"; 2. */
int arguments_wrong(const struct arguments *arguments, const char *words, const char *value);

#endif
