/*
 * The command `noroshi center`: reads the command line, then is the supervisor or, started by it, one of its children.
 */
#include "center/center.h"

#include "base/log.h"
#include "base/text.h"
#include "center/capabilities.h"
#include "center/folder.h"
#include "center/supervisor.h"
#include "model/organisation.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: noroshi center --config FILE [--listen ADDRESS:PORT]\n"
    "       noroshi center --ephemeral [--listen 127.0.0.1:PORT] [--config FILE] [--organisation NAME]…\n"
    "\n"
    "Runs the centre until SIGTERM or SIGINT; SIGHUP reads the configuration again.\n"
    "\n"
    "  --config FILE          configuration; `noroshi config show` lists every option\n"
    "  --listen ADDRESS:PORT  instead of the configured address; port 0 = any free one\n"
    "  --ephemeral            an empty temporary store that goes when the centre ends; prints one JSON line on\n"
    "                         standard output with the address and an administrator's token once all is ready\n"
    "  --organisation NAME    with --ephemeral: make this organisation with one sensor; its token is in the JSON line\n"
    "\n"
    "Exit codes: 0 ended in order, 1 failed while running, 2 bad usage or configuration.\n";

static int run_supervisor(struct supervisor_settings *settings)
{
	log_setup("supervisor", LOG_INFO, !isatty(2));
	struct wishes *wishes = &settings->wishes;
	if (!wishes->ephemeral)
		return supervisor_run(settings);
	const char *folder = getenv("TMPDIR");
	int written = snprintf(wishes->state, sizeof wishes->state, "%s/noroshi.XXXXXX", folder ? folder : "/tmp");
	if (written < 0 || (size_t)written >= sizeof wishes->state || !mkdtemp(wishes->state)) {
		fprintf(stderr, "noroshi center: cannot make a temporary folder: %s\n", strerror(errno));
		return 1;
	}
	settings->announce = true;
	int status = supervisor_run(settings);
	folder_remove(wishes->state);
	return status;
}

static int run_process(const char *name)
{
	enum process_kind kind;
	if (!process_parse(name, &kind)) {
		fprintf(stderr, "noroshi center: --process is for its own use\n");
		return 2;
	}
	log_setup(process_name(kind), LOG_INFO, !isatty(2));
	return kind == PROCESS_FRONT ? front_run() : kind == PROCESS_KEEPER ? keeper_run() : courier_run();
}

/* Takes one --organisation; words on what is wrong, or NULL. */
static const char *wish_organisation(struct wishes *wishes, const char *name)
{
	if (wishes->organisation_count == WISHES_ORGANISATIONS)
		return "at most 64 organisations can be named";
	if (!name_is_valid(text_of(name)))
		return "an organisation's name has 1 to 63 of a-z 0-9 - . _";
	text_copy(text_of(name), wishes->organisations[wishes->organisation_count++], sizeof *wishes->organisations);
	return NULL;
}

static int bad_usage(const char *words)
{
	if (words)
		fprintf(stderr, "noroshi center: %s\n", words);
	fputs("`noroshi center --help` explains the options\n", stderr);
	return 2;
}

/* What the options say together. */
static int run_checked(struct supervisor_settings *settings)
{
	struct wishes *wishes = &settings->wishes;
	if (!settings->config && !wishes->ephemeral)
		return bad_usage("needs --config FILE, or --ephemeral for an empty temporary store");
	if (wishes->organisation_count && !wishes->ephemeral)
		return bad_usage(
		    "--organisation goes with --ephemeral; a lasting centre has its organisations in its store");
	if (wishes->ephemeral && !*wishes->listen && !settings->config)
		snprintf(wishes->listen, sizeof wishes->listen, "127.0.0.1:0");
	return run_supervisor(settings);
}

static int center_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "listen", required_argument, NULL, 'l' },
		{ "ephemeral", no_argument, NULL, 'e' },
		{ "organisation", required_argument, NULL, 'o' },
		{ "process", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct supervisor_settings settings = { 0 };
	const char *problem, *process = NULL;
	int option;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			settings.config = optarg;
			break;
		case 'l':
			if (!text_copy(text_of(optarg), settings.wishes.listen, sizeof settings.wishes.listen))
				return bad_usage("--listen: too long for ADDRESS:PORT");
			break;
		case 'e':
			settings.wishes.ephemeral = true;
			break;
		case 'o':
			if ((problem = wish_organisation(&settings.wishes, optarg)))
				return bad_usage(problem);
			break;
		case 'p':
			process = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return bad_usage(NULL);
		}
	}
	if (optind < argc)
		return bad_usage("takes no arguments beside its options");
	return process ? run_process(process) : run_checked(&settings);
}

const struct command center_command = {
	.name = "center",
	.summary = "run the centre: receive alerts, triage, pages, notices",
	.run = center_run,
};
