/*
 * `noroshi config`: checks a configuration file, or shows what every option is and stands at.
 *
 * In: a file for `noroshi center`, `noroshi agent` or `noroshi sensor`. Out: on standard output a whole configuration
 * file, with each option's purpose, default and range, that reads back to the same settings; on standard error what is
 * wrong, with its line.
 */
#include "cmd/commands.h"

#include "center/settings.h"
#include "watch/agent_file.h"
#include "watch/sensor_file.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: noroshi config check [--agent|--sensor] FILE\n"
    "       noroshi config show [--agent|--sensor] [--origin [--json]] [FILE]\n"
    "       noroshi config reference [--agent|--sensor]\n\n"
    "check      reads the file as `noroshi center` would, and says what is wrong, with the line\n"
    "show       prints every option with its purpose, default and value; without a file the defaults:\n"
    "           a configuration file to begin with; --origin: one line for each option, with the line of the\n"
    "           file that it comes from, or \"default\"; --json: as JSON\n"
    "reference  prints every option as tables in Markdown\n"
    "--agent    the file is for `noroshi agent`\n"
    "--sensor   the file is for `noroshi sensor`\n\n"
    "Exit codes: 0 done, 1 the file has a mistake, 2 bad usage or a file that cannot be read.\n";

struct asked {
	const char *what, *path;
	bool origin, json, agent, sensor;
};

/* What the file is for: of the three, one is read. */
struct files {
	struct center_settings center;
	struct agent_file agent;
	struct receive_sources sources; /* the agent's */
	struct sensor_file sensor;
	struct option_group groups[SETTINGS_GROUPS];
};

static int complain(const struct failure *failure)
{
	fprintf(stderr, "noroshi config: %s\n", failure->words);
	return failure->code == ERROR_INPUT || failure->code == ERROR_USAGE || failure->code == ERROR_VERSION ? 1 : 2;
}

static enum error read_file(
    const struct asked *asked, struct files *files, struct config_origins *origins, struct failure *failure)
{
	if (asked->agent)
		agent_option_groups(&files->agent, &files->sources, files->groups);
	else if (asked->sensor)
		sensor_option_groups(&files->sensor, files->groups);
	else
		settings_groups(&files->center, files->groups);
	if (!asked->path)
		return config_defaults(files->groups, failure);
	enum error error = config_load_origins(asked->path, files->groups, origins, failure);
	if (error || asked->agent || asked->sensor)
		return error;
	struct failure together = { 0 };
	error = settings_check(&files->center, &together);
	return error ? fail(failure, error, "%s: %s", asked->path, together.words) : OK;
}

static int show(const struct asked *asked, const struct option_group *groups, const struct config_origins *origins)
{
	struct builder text = { 0 };
	if (strcmp(asked->what, "reference") == 0)
		config_reference(groups, &text);
	else if (asked->origin)
		config_show_origins(groups, origins, asked->json, &text);
	else
		config_show(groups, &text);
	bool written = !text.failed && fwrite(text.at, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
	builder_free(&text);
	if (!written)
		fputs("noroshi config: cannot write to standard output\n", stderr);
	return written ? 0 : 2;
}

static int bad_usage(const char *what)
{
	static const char *const known[] = { "check", "show", "reference", NULL };
	const char *nearest = nearest_name(what, known);
	if (nearest && strcmp(nearest, what) != 0)
		fprintf(stderr, "noroshi config: there is no \"%s\"; did you mean \"%s\"?\n", what, nearest);
	fputs(usage, stderr);
	return 2;
}

static bool read_words(int argc, char **argv, struct asked *asked)
{
	asked->what = argc > 1 ? argv[1] : "";
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--origin") == 0)
			asked->origin = true;
		else if (strcmp(argv[i], "--json") == 0)
			asked->json = true;
		else if (strcmp(argv[i], "--agent") == 0)
			asked->agent = true;
		else if (strcmp(argv[i], "--sensor") == 0)
			asked->sensor = true;
		else if (asked->path || argv[i][0] == '-')
			return false;
		else
			asked->path = argv[i];
	}
	bool flags = asked->origin || asked->json;
	if (asked->agent && asked->sensor)
		return false;
	if (strcmp(asked->what, "check") == 0)
		return asked->path && !flags;
	if (strcmp(asked->what, "reference") == 0)
		return !asked->path && !flags;
	return strcmp(asked->what, "show") == 0 && (asked->origin || !asked->json);
}

static int config_run(int argc, char **argv)
{
	struct asked asked = { 0 };
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(usage, stdout);
		return 0;
	}
	if (!read_words(argc, argv, &asked))
		return bad_usage(asked.what);
	struct files files = { 0 };
	struct config_origins origins = { .name = asked.path };
	struct failure failure = { 0 };
	int status = 0;
	if (read_file(&asked, &files, &origins, &failure))
		status = complain(&failure);
	else if (strcmp(asked.what, "check") == 0)
		printf("%s: good\n", asked.path);
	else
		status = show(&asked, files.groups, &origins);
	config_free(files.groups);
	receive_sources_free(&files.sources);
	return status;
}

const struct command config_command = {
	.name = "config",
	.summary = "check a configuration file, or show every option",
	.run = config_run,
};
