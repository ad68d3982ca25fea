/*
 * `noroshi config`: checks a configuration file, or shows what every option is and stands at.
 *
 * In: a file for `noroshi center`. Out: on standard output a whole configuration file, with each option's purpose,
 * default and range, that reads back to the same settings; on standard error what is wrong, with its line.
 */
#include "cmd/commands.h"

#include "center/settings.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: noroshi config check FILE\n"
    "       noroshi config show [FILE]\n\n"
    "check   reads the file as `noroshi center` would, and says what is wrong, with the line\n"
    "show    prints every option with its purpose, default and value; without a file the defaults:\n"
    "        a configuration file to begin with\n\n"
    "Exit codes: 0 done, 1 the file has a mistake, 2 bad usage or a file that cannot be read.\n";

static int complain(const struct failure *failure)
{
	fprintf(stderr, "noroshi config: %s\n", failure->words);
	return failure->code == ERROR_INPUT || failure->code == ERROR_USAGE || failure->code == ERROR_VERSION ? 1 : 2;
}

static enum error read_settings(
    const char *path, struct center_settings *settings, const struct option_group *groups, struct failure *failure)
{
	if (!path)
		return config_defaults(groups, failure);
	enum error error = config_load(path, groups, failure);
	if (error)
		return error;
	struct failure together = { 0 };
	error = settings_check(settings, &together);
	return error ? fail(failure, error, "%s: %s", path, together.words) : OK;
}

static int show(const struct option_group *groups)
{
	struct builder text = { 0 };
	config_show(groups, &text);
	bool written = !text.failed && fwrite(text.at, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
	builder_free(&text);
	if (!written)
		fputs("noroshi config: cannot write to standard output\n", stderr);
	return written ? 0 : 2;
}

static int config_run(int argc, char **argv)
{
	static const char *const known[] = { "check", "show", NULL };
	const char *what = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : NULL;
	if (strcmp(what, "--help") == 0 || strcmp(what, "-h") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	bool check = strcmp(what, "check") == 0;
	if ((!check && strcmp(what, "show") != 0) || argc > 3 || (check && !path) || (path && path[0] == '-')) {
		const char *nearest = nearest_name(what, known);
		if (nearest && strcmp(nearest, what) != 0)
			fprintf(stderr, "noroshi config: there is no \"%s\"; did you mean \"%s\"?\n", what, nearest);
		fputs(usage, stderr);
		return 2;
	}
	struct center_settings settings = { 0 };
	struct option_group groups[SETTINGS_GROUPS];
	struct failure failure = { 0 };
	settings_groups(&settings, groups);
	int status = 0;
	if (read_settings(path, &settings, groups, &failure))
		status = complain(&failure);
	else if (check)
		printf("%s: good\n", path);
	else
		status = show(groups);
	config_free(groups);
	return status;
}

const struct command config_command = {
	.name = "config",
	.summary = "check a configuration file, or show every option",
	.run = config_run,
};
