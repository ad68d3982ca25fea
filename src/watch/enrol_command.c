/*
 * The command `noroshi enrol`: enrols this machine, renews its certificate at once, or says how it stands.
 */
#include "watch/enrol_command.h"

#include "base/file.h"
#include "base/log.h"
#include "watch/machine.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_LARGEST 4096

static const char usage[] =
    "usage: noroshi enrol --server URL --token-file FILE --machine FOLDER [--ca FILE] [--pin PIN]\n"
    "       noroshi enrol --renew --machine FOLDER\n"
    "       noroshi enrol --status --machine FOLDER\n"
    "\n"
    "Makes a key in the folder and has the centre certify it: from then on this machine is a sensor, and\n"
    "`noroshi agent --machine FOLDER` and `noroshi sensor --machine FOLDER` show and renew the certificate by\n"
    "themselves. The key never leaves the folder.\n"
    "Interrupted, it is run again with the same token.\n"
    "\n"
    "  --server URL       the centre's door for machines: https://name:port\n"
    "  --token-file FILE  its first line is the enrolment token, which works once; - is standard input\n"
    "  --machine FOLDER   made when it is not there; one for each sensor\n"
    "  --ca FILE          PEM file of the authority that signed the centre's server certificate (default: the "
    "system's)\n"
    "  --pin PIN          the server's public key: sha256// and the Base64 of its SHA-256; without --ca it alone "
    "counts\n"
    "  --renew            renew the certificate now, due or not\n"
    "  --status           until when it is good, when it is renewed, and what stands in the way, as JSON\n"
    "  --json             say what came of it as JSON\n"
    "  --help             this text\n"
    "\n"
    "Exit codes: 0 enrolled (or it was before), 1 the centre refused, 2 bad usage or input, 3 not now: try again.\n";

struct asked {
	struct machine_wish wish;
	const char *token_file;
	bool renew, status, json, help;
};

static const struct option longs[] = {
	{ "server", required_argument, NULL, 's' },
	{ "token-file", required_argument, NULL, 't' },
	{ "machine", required_argument, NULL, 'm' },
	{ "ca", required_argument, NULL, 'a' },
	{ "pin", required_argument, NULL, 'p' },
	{ "renew", no_argument, NULL, 'r' },
	{ "status", no_argument, NULL, 'S' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool take_flag(struct asked *asked, int flag)
{
	switch (flag) {
	case 's':
		asked->wish.server = optarg;
		return true;
	case 't':
		asked->token_file = optarg;
		return true;
	case 'm':
		asked->wish.folder = optarg;
		return true;
	case 'a':
		asked->wish.authorities = optarg;
		return true;
	case 'p':
		asked->wish.pin = optarg;
		return true;
	default:
		asked->renew |= flag == 'r';
		asked->status |= flag == 'S';
		asked->json |= flag == 'j';
		asked->help |= flag == 'h';
		return flag != '?';
	}
}

/* Words on what is missing, or NULL. */
static const char *problem_of(const struct asked *asked)
{
	if (!asked->wish.folder)
		return "--machine should name the machine's folder";
	if (asked->renew && asked->status)
		return "--renew or --status, not both";
	if (asked->renew || asked->status)
		return NULL;
	if (!asked->wish.server)
		return "--server should name the centre's door for machines";
	return asked->token_file ? NULL : "--token-file should name the file of the enrolment token";
}

static enum error read_token(const char *path, char token[static TOKEN_LARGEST], struct failure *failure)
{
	char *at;
	size_t size;
	bool standard = strcmp(path, "-") == 0;
	enum error error = file_read(standard ? "/dev/stdin" : path, TOKEN_LARGEST - 1, &at, &size, failure);
	if (error)
		return error;
	struct text rest = { at, size };
	struct text line = text_trim(text_cut(&rest, '\n'));
	text_copy(line, token, TOKEN_LARGEST);
	explicit_bzero(at, size);
	free(at);
	return line.size ? OK : fail(failure, ERROR_USAGE, "%s: its first line should be the enrolment token", path);
}

static int status_of(enum error error)
{
	switch (error) {
	case OK:
		return 0;
	case ERROR_DENIED:
		return 1;
	case ERROR_AGAIN:
	case ERROR_CONFLICT:
		return 3;
	default:
		return 2;
	}
}

static enum error show(const struct asked *asked, struct failure *failure)
{
	struct builder text = { 0 };
	enum error error = machine_status(asked->wish.folder, &text, failure);
	if (!error)
		fputs(text.at, stdout);
	builder_free(&text);
	return error;
}

static enum error renew(const struct asked *asked, struct failure *failure)
{
	struct machine *machine;
	enum error error = machine_open(asked->wish.folder, &machine, failure);
	if (error)
		return error;
	error = machine_renew(machine, failure);
	machine_free(machine);
	if (!error && !asked->json)
		puts("the certificate was renewed");
	return error ? error : asked->json ? show(asked, failure) : OK;
}

static enum error enrol(struct asked *asked, struct failure *failure)
{
	char token[TOKEN_LARGEST];
	bool already = false;
	enum error error = read_token(asked->token_file, token, failure);
	asked->wish.token = token;
	if (!error)
		error = machine_enrol(&asked->wish, &already, failure);
	explicit_bzero(token, sizeof token);
	if (!error && !asked->json)
		printf("%s\n",
		    already ? "this machine was enrolled before; the token was not used" : "this machine is enrolled");
	return error ? error : asked->json ? show(asked, failure) : OK;
}

int enrol_command(int argc, char **argv)
{
	struct asked asked = { 0 };
	struct failure failure = { 0 };
	bool understood = true;
	int flag;
	optind = 1;
	while ((flag = getopt_long(argc, argv, "", longs, NULL)) != -1)
		understood &= take_flag(&asked, flag);
	if (asked.help) {
		fputs(usage, stdout);
		return 0;
	}
	const char *problem = problem_of(&asked);
	if (!understood || problem || optind < argc) {
		fprintf(stderr, "noroshi enrol: %s\n", problem ? problem : "`noroshi enrol --help` lists the options");
		return 2;
	}
	log_setup("enrol", LOG_WARNING, !isatty(STDERR_FILENO));
	enum error error = asked.status  ? show(&asked, &failure)
			   : asked.renew ? renew(&asked, &failure)
					 : enrol(&asked, &failure);
	if (error)
		fprintf(stderr, "noroshi enrol: %s\n", failure.words);
	return status_of(error);
}
