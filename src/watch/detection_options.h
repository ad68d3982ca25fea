/*
 * The options of commands about what is looked for: indicators, signatures, behaviour.
 */
#ifndef NOROSHI_WATCH_DETECTION_OPTIONS_H
#define NOROSHI_WATCH_DETECTION_OPTIONS_H

#include "watch/behaviour_options.h"
#include "watch/detection_sets.h"

struct detection_options {
	struct detection_files files;
	const char **variables; /* of the rules */
	size_t variable_room;
	char *shared[2]; /* paths in the folder of what is shared; its set, and its changes */
	struct behaviour_options behaviour;
};

/* `variables`: there are at most so many of them. In every case detection_options_free() is due. Do not copy it. */
enum error detection_options_begin(struct detection_options *options, size_t variables, struct failure *failure);
void detection_options_free(struct detection_options *options);

/* A member of getopt_long's list for each, beside BEHAVIOUR_LONG_OPTIONS. */
enum detection_option {
	OPTION_INDICATORS = 0x100,
	OPTION_SIGNATURES,
	OPTION_VARIABLE,
	OPTION_SHARED,
};
/* `value` lives longer. ERROR_NOT_FOUND: the option is none of these. */
enum error detection_option(struct detection_options *options, int option, char *value, struct failure *failure);
bool detection_wanted(const struct detection_files *files); /* whether there is a file of any kind */

#endif
