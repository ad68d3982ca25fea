/*
 * The agent's options; see options.h.
 */
#include "watch/options.h"

#include "formats/format.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct agent_options, member)

static const struct option_group *group_of(struct agent_options *options)
{
	static const struct option table[] = {
		{ "server", OPTION_TEXT, AT(server), NULL, .summary = "Address of the centre: https://name:port." },
		{ "token_file", OPTION_SECRET, AT(token_file), NULL,
		    .summary = "File whose first line is this sensor's token." },
		{ "ca", OPTION_PATH, AT(authorities), NULL,
		    .summary = "PEM file of the authority that signed the centre's certificate; the system's when absent." },
		{ "state", OPTION_PATH, AT(state), "/var/lib/noroshi-agent",
		    .summary = "Folder of this agent's positions and spool." },
		{ "files", OPTION_LIST, AT(files), NULL, .summary = "Files to follow, with * ? [ ] in their names." },
		{ "format", OPTION_TEXT, AT(format), NULL, .summary = "Format of all the files; told by content when absent." },
		{ "map", OPTION_TEXT, AT(map), NULL, .summary = "Field map of CSV files: time=ts,signature=rule,host=node." },
		{ "spool_limit", OPTION_SIZE, AT(spool_limit), "1 GiB",
		    .summary = "At most so much is copied of files that could vanish before they are delivered." },
		{ "refused_limit", OPTION_SIZE, AT(refused_limit), "64 MiB",
		    .summary = "At most so much is kept of batches that the centre refused." },
		{ "scan_every", OPTION_DURATION, AT(scan_every), "5 s", 0.1, 3600,
		    .summary = "How often the folders are looked at, whatever inotify says." },
		{ "linger", OPTION_DURATION, AT(linger), "60 s", 0, 86400,
		    .summary = "A rotated file that was quiet for so long has ended." },
		{ "give_up", OPTION_DURATION, AT(give_up), "10 min", 1, 864000,
		    .summary = "So long a copy is looked for of content that was truncated or removed unread." },
		{ "retry_most", OPTION_DURATION, AT(retry_most), "5 min", 1, 86400,
		    .summary = "The longest wait between two attempts while the centre is away." },
		{ NULL },
	};

	options->groups[0] =
	    (struct option_group){ .name = "agent", .options = table, .settings = options, .settings_size = sizeof *options };
	options->groups[1] = (struct option_group){ .name = NULL };
	return options->groups;
}

void agent_options_help(void)
{
	fputs("usage: noroshi agent --config FILE\n"
	      "       noroshi agent --server URL --token-file FILE --state FOLDER [options] PATH…\n"
	      "       noroshi agent --status --state FOLDER\n\n"
	      "Follows files through rotation and ships what is appended to them to the centre.\n\n"
	      "  --config FILE      read the group `agent` of this file; what stands on the command line counts more\n"
	      "  --server URL       the centre: https://name:port (http only to this machine itself)\n"
	      "  --token-file FILE  its first line is the sensor's token\n"
	      "  --state FOLDER     positions and spool; one agent for each folder\n"
	      "  --ca FILE          PEM file of the authority that signed the centre's certificate\n"
	      "  --format NAME      format of all the files (default: told by content)\n"
	      "  --map MAP          field map of CSV files\n"
	      "  --once             ship what is there, then end (0 = all delivered, 1 = not all)\n"
	      "  --status           what the agent of this folder has delivered and what waits, as JSON\n"
	      "  --json             print the final counters as JSON\n"
	      "  --help             this text\n\n"
	      "PATH may hold * ? [ ]; quote it, so that files that come later are found too.\n",
	    stdout);
}

static const struct option_flag {
	const char *name;
	int key;
} flags[] = { { "server", 's' }, { "token-file", 't' }, { "state", 'd' }, { "ca", 'a' }, { "format", 'f' }, { "map", 'm' },
	{ NULL, 0 } };

static char **text_of_flag(struct agent_options *options, int key)
{
	switch (key) {
	case 's': return &options->server;
	case 't': return &options->token_file;
	case 'd': return &options->state;
	case 'a': return &options->authorities;
	case 'f': return &options->format;
	case 'm': return &options->map;
	}
	return NULL;
}

static enum error set_text(char **place, const char *value, struct failure *failure)
{
	char *copy = strdup(value);

	if (!copy)
		return fail(failure, ERROR_MEMORY, "no memory for the options");
	free(*place);
	*place = copy;
	return OK;
}

static enum error add_file(struct agent_options *options, const char *path, struct failure *failure)
{
	char **grown = realloc(options->files.items, (options->files.count + 1) * sizeof *grown);

	if (!grown)
		return fail(failure, ERROR_MEMORY, "no memory for the options");
	options->files.items = grown;
	grown[options->files.count] = strdup(path);
	return grown[options->files.count++] ? OK : fail(failure, ERROR_MEMORY, "no memory for the options");
}

static enum error check(const struct agent_options *options, struct failure *failure)
{
	if (options->help)
		return OK;
	if (!options->state || !options->state[0])
		return fail(failure, ERROR_USAGE, "--state (or `state` in the file) should name the agent's folder");
	if (options->status)
		return OK;
	if (!options->server || !options->server[0])
		return fail(failure, ERROR_USAGE, "--server (or `server` in the file) should name the centre");
	if (!options->token_file || !options->token_file[0])
		return fail(failure, ERROR_USAGE, "--token-file (or `token_file` in the file) should name the token's file");
	if (options->files.count == 0)
		return fail(failure, ERROR_USAGE, "there is no file to follow: name paths, or `files` in the file");
	if (options->format && options->format[0] && !format_named(options->format))
		return fail(failure, ERROR_USAGE, "--format: there is no format \"%s\"", options->format);
	return OK;
}

/* The option's letter, or 0 at the end; '?' = unknown. */
static int next_flag(int argc, char **argv)
{
	static const struct option longs[] = { { "config", required_argument, NULL, 'c' },
		{ "server", required_argument, NULL, 's' }, { "token-file", required_argument, NULL, 't' },
		{ "state", required_argument, NULL, 'd' }, { "ca", required_argument, NULL, 'a' },
		{ "format", required_argument, NULL, 'f' }, { "map", required_argument, NULL, 'm' },
		{ "once", no_argument, NULL, '1' }, { "status", no_argument, NULL, 'S' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };

	(void)longs;
	(void)argc;
	(void)argv;
	return 0;
}

enum error agent_options_read(int argc, char **argv, struct agent_options *options, struct failure *failure)
{
	(void)next_flag;
	(void)set_text;
	(void)text_of_flag;
	(void)add_file;
	(void)flags;
	(void)argc;
	(void)argv;
	(void)group_of(options);
	return check(options, failure);
}
