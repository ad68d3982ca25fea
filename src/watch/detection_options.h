/*
 * The options of commands about what is looked for: indicators, signatures, behaviour.
 */
#ifndef NOROSHI_WATCH_DETECTION_OPTIONS_H
#define NOROSHI_WATCH_DETECTION_OPTIONS_H

#include "watch/behaviour.h"
#include "watch/detection_sets.h"

struct detection_options {
	struct detection_files files;
	bool behaviour;
	struct behaviour_settings settings;
	const char **variables; /* of the rules */
	struct prefix *home;
};

/* `argc`: there are no more options than that. In every case detection_options_free() is due. */
enum error detection_options_begin(struct detection_options *options, int argc, struct failure *failure);
void detection_options_free(struct detection_options *options);

/* A member of getopt_long's list for each, with the numbers that detection_option() knows. */
enum detection_option {
	OPTION_INDICATORS = 0x100,
	OPTION_SIGNATURES,
	OPTION_VARIABLE,
	OPTION_BEHAVIOUR,
	OPTION_HOME,
};
/* `value` lives longer. ERROR_NOT_FOUND: the option is none of these. */
enum error detection_option(struct detection_options *options, int option, const char *value, struct failure *failure);

#endif
