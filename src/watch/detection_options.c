/*
 * Options about what is looked for; see detection_options.h.
 */
#include "watch/detection_options.h"

#include <stdio.h>
#include <stdlib.h>

enum error detection_options_begin(struct detection_options *options, size_t variables, struct failure *failure)
{
	options->files = (struct detection_files){ 0 };
	options->shared[0] = options->shared[1] = NULL;
	behaviour_options_init(&options->behaviour);
	options->variable_room = variables;
	options->variables = calloc(variables + 1, sizeof *options->variables);
	options->files.variables = options->variables;
	return options->variables ? OK : fail(failure, ERROR_MEMORY, "no memory for the options");
}

void detection_options_free(struct detection_options *options)
{
	free(options->variables);
	options->variables = NULL;
	for (size_t i = 0; i < 2; i++) {
		free(options->shared[i]);
		options->shared[i] = NULL;
	}
}

/* A folder with the names below. */
static enum error take_shared(struct detection_options *options, const char *folder, struct failure *failure)
{
	static const char *const names[2] = { SHARED_SET, SHARED_CHANGES };
	for (size_t i = 0; i < 2; i++) {
		free(options->shared[i]);
		if (asprintf(&options->shared[i], "%s/%s", folder, names[i]) < 0) {
			options->shared[i] = NULL;
			return fail(failure, ERROR_MEMORY, "no memory for the options");
		}
	}
	options->files.paths[DETECTION_SHARED] = options->shared[0];
	options->files.changes = options->shared[1];
	return OK;
}

enum error detection_option(struct detection_options *options, int option, char *value, struct failure *failure)
{
	if (option >= BEHAVIOUR_ASKED)
		return behaviour_options_set(&options->behaviour, option, value, failure);
	switch (option) {
	case OPTION_INDICATORS:
		options->files.paths[DETECTION_INDICATORS] = value;
		return OK;
	case OPTION_SIGNATURES:
		options->files.paths[DETECTION_SIGNATURES] = value;
		return OK;
	case OPTION_SHARED:
		return take_shared(options, value, failure);
	case OPTION_VARIABLE:
		if (options->files.variable_count == options->variable_room)
			return fail(failure, ERROR_LIMIT, "more than %zu variables", options->variable_room);
		options->variables[options->files.variable_count++] = value;
		return OK;
	default:
		return ERROR_NOT_FOUND;
	}
}

bool detection_wanted(const struct detection_files *files)
{
	for (int kind = 0; kind < DETECTION_KINDS; kind++)
		if (files->paths[kind])
			return true;
	return false;
}
