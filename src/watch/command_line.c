/*
 * The agent's command line, over what its configuration file says; see options.h.
 */
#include "formats/format.h"
#include "watch/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void agent_options_help(void)
{
	fputs("usage: noroshi agent --config FILE\n"
	      "       noroshi agent --server URL --token-file FILE --state FOLDER [options] PATH…\n"
	      "       noroshi agent --machine FOLDER --state FOLDER [options] PATH…\n"
	      "       noroshi agent --status --state FOLDER\n"
	      "       noroshi agent --retry --state FOLDER\n\n"
	      "Follows files through rotation and ships what is appended to them to the centre.\n\n"
	      "  --config FILE      read the group `agent` of this file; the command line counts more\n"
	      "  --machine FOLDER   show the certificate of this folder (`noroshi enrol`) instead of a token, and "
	      "renew it\n"
	      "  --server URL       the centre: https://name:port (http only to this machine itself)\n"
	      "  --token-file FILE  its first line is the sensor's token\n"
	      "  --state FOLDER     positions and spool; one agent for each folder\n"
	      "  --ca FILE          PEM file of the authority that signed the centre's certificate\n"
	      "  --format NAME      format of all the files (default: told by content)\n"
	      "  --map MAP          field map of CSV files\n"
	      "  --keep-records     have the centre keep records that are no alerts too (EVE: flow, dns, tls …)\n"
	      "  --once             ship what is there, then end\n"
	      "  --status           what the agent of this folder has delivered and what waits, as JSON\n"
	      "  --retry            have the agent of this folder send the refused batches again\n"
	      "  --json             print the final counters as JSON\n"
	      "  --help             this text\n\n"
	      "PATH may hold * ? [ ]; quote it, so that files that come later are found too.\n"
	      "Exit codes: 0 done, 1 with --once: not everything was delivered, 2 bad usage or input.\n",
	    stdout);
}

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "machine", required_argument, NULL, 'i' },
	{ "server", required_argument, NULL, 's' },
	{ "token-file", required_argument, NULL, 't' },
	{ "state", required_argument, NULL, 'd' },
	{ "ca", required_argument, NULL, 'a' },
	{ "format", required_argument, NULL, 'f' },
	{ "map", required_argument, NULL, 'm' },
	{ "keep-records", no_argument, NULL, 'k' },
	{ "once", no_argument, NULL, 'o' },
	{ "status", no_argument, NULL, 'S' },
	{ "retry", no_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static char **text_of_flag(struct agent_options *options, int flag)
{
	switch (flag) {
	case 'i':
		return &options->machine;
	case 's':
		return &options->server;
	case 't':
		return &options->token_file;
	case 'd':
		return &options->state;
	case 'a':
		return &options->authorities;
	case 'f':
		return &options->format;
	case 'm':
		return &options->map;
	default:
		return NULL;
	}
}

static enum error set_flag(struct agent_options *options, int flag, struct failure *failure)
{
	char **text = text_of_flag(options, flag);

	options->keep_records |= flag == 'k';
	options->once |= flag == 'o';
	options->status |= flag == 'S';
	options->retry |= flag == 'r';
	options->json |= flag == 'j';
	options->help |= flag == 'h';
	if (flag == '?')
		return fail(failure, ERROR_USAGE, "`noroshi agent --help` lists the options");
	if (!text)
		return OK;
	free(*text);
	*text = strdup(optarg);
	return *text ? OK : fail(failure, ERROR_MEMORY, "no memory for the options");
}

/* Paths on the command line replace those of the file. */
static enum error set_files(struct agent_options *options, char **paths, size_t count, struct failure *failure)
{
	if (count == 0)
		return OK;
	for (size_t i = 0; i < options->file_count; i++)
		free(options->files[i]);
	free(options->files);
	options->file_count = 0;
	options->files = calloc(count, sizeof(char *));
	if (!options->files)
		return fail(failure, ERROR_MEMORY, "no memory for the options");
	for (size_t i = 0; i < count; i++) {
		options->files[i] = strdup(paths[i]);
		if (!options->files[i])
			return fail(failure, ERROR_MEMORY, "no memory for the options");
		options->file_count++;
	}
	return OK;
}

static enum error check(const struct agent_options *options, struct failure *failure)
{
	if (options->help)
		return OK;
	if (!options->state)
		return fail(failure, ERROR_USAGE, "--state (`state` in the file) should name the agent's folder");
	if (options->status || options->retry)
		return OK;
	if (options->machine && (options->token_file || options->authorities))
		return fail(failure, ERROR_USAGE,
		    "--machine says who this is and what the centre is checked by: leave out %s",
		    options->token_file ? "--token-file (`token_file` in the file)" : "--ca (`ca` in the file)");
	if (!options->server && !options->machine)
		return fail(failure, ERROR_USAGE, "--server (`server` in the file) should name the centre");
	if (!options->token_file && !options->machine)
		return fail(
		    failure, ERROR_USAGE, "--token-file (`token_file` in the file) should name the token's file");
	if (options->file_count == 0 && options->sources.count == 0)
		return fail(failure, ERROR_USAGE, "there is no file to follow: name paths, or `files` in the file");
	if (options->format && !format_named(options->format) && !record_feed_format(options->format))
		return fail(failure, ERROR_USAGE,
		    "there is no format \"%s\"; `noroshi convert --help` and, behind record-, `noroshi records --help` "
		    "list them",
		    options->format);
	return OK;
}

enum error agent_options_read(int argc, char **argv, struct agent_options *options, struct failure *failure)
{
	const char *file = NULL;
	enum error error = OK;
	int flag;

	*options = (struct agent_options){ 0 };
	optind = 1;
	while ((flag = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (flag == 'c')
			file = optarg;
	error = agent_options_file(file, options, failure);
	optind = 1;
	opterr = 0; /* said in the first round */
	while (!error && (flag = getopt_long(argc, argv, "", longs, NULL)) != -1)
		error = set_flag(options, flag, failure);
	opterr = 1;
	if (!error)
		error = set_files(options, argv + optind, (size_t)(argc - optind), failure);
	return error ? error : check(options, failure);
}
