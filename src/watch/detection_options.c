/*
 * Options about what is looked for; see detection_options.h.
 */
#include "watch/detection_options.h"

#include "base/hash.h"

#include <stdlib.h>

enum error detection_options_begin(struct detection_options *options, int argc, struct failure *failure)
{
	*options = (struct detection_options){ .settings = behaviour_defaults };
	options->variables = calloc((size_t)argc + 1, sizeof *options->variables);
	options->home = calloc((size_t)argc + 1, sizeof *options->home);
	if (!options->variables || !options->home)
		return fail(failure, ERROR_MEMORY, "no memory for the options");
	options->files.variables = options->variables;
	options->settings.home = options->home;
	random_bytes(&options->settings.seed, sizeof options->settings.seed);
	return OK;
}

void detection_options_free(struct detection_options *options)
{
	free(options->variables);
	free(options->home);
	*options = (struct detection_options){ 0 };
}

enum error detection_option(struct detection_options *options, int option, const char *value, struct failure *failure)
{
	switch (option) {
	case OPTION_INDICATORS:
		options->files.indicators = value;
		return OK;
	case OPTION_SIGNATURES:
		options->files.signatures = value;
		return OK;
	case OPTION_VARIABLE:
		options->variables[options->files.variable_count++] = value;
		return OK;
	case OPTION_BEHAVIOUR:
		options->behaviour = true;
		return OK;
	case OPTION_HOME:
		if (!prefix_parse(text_of(value), &options->home[options->settings.home_count]))
			return fail(
			    failure, ERROR_USAGE, "--home is a prefix such as 192.0.2.0/24, not \"%.60s\"", value);
		options->settings.home_count++;
		return OK;
	default:
		return ERROR_NOT_FOUND;
	}
}
