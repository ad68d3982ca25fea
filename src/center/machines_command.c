/*
 * The command `noroshi machines`: enrolment tokens, certificates and their end, on a stopped or running centre.
 */
#include "center/center.h"
#include "center/machines_make.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: noroshi machines enrol SENSOR --organisation NAME --config FILE [--create] [--valid TIME]\n"
    "       noroshi machines list [SENSOR --organisation NAME] --config FILE\n"
    "       noroshi machines revoked --config FILE [--valid TIME]\n"
    "       noroshi machines revoke SERIAL --config FILE\n"
    "       noroshi machines revoke --sensor SENSOR --organisation NAME --config FILE\n"
    "\n"
    "Works on the store that the configuration names; the centre may run or not, and heeds it at once.\n"
    "\n"
    "  enrol    makes a token with which one machine becomes this sensor, once, and prints it this once\n"
    "  list     prints certificates, one JSON object a line, the newest first\n"
    "  revoked  prints the list of revoked certificates (PEM), for `noroshi intel pack` and `unpack`\n"
    "  revoke   ends a certificate, or all of a sensor that are good\n"
    "\n"
    "  --create      make the sensor when the organisation has none of this name\n"
    "  --valid TIME  how long the token works: 1 min to 30 d (default 1 d); the list: 1 h to 366 d (30 d)\n"
    "\n"
    "Exit codes: 0 done, 1 there is no such thing, 2 bad usage or the store cannot be opened.\n";

struct asked {
	struct machines_wish wish;
	const char *valid, *sensor;
	bool help;
};

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "organisation", required_argument, NULL, 'o' },
	{ "sensor", required_argument, NULL, 's' },
	{ "valid", required_argument, NULL, 'v' },
	{ "create", no_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int bad_usage(const char *words)
{
	fprintf(stderr, "noroshi machines: %s\n`noroshi machines --help` explains the options\n", words);
	return 2;
}

static bool read_flags(int argc, char **argv, struct asked *asked)
{
	int flag;
	optind = 1;
	while ((flag = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (flag == '?')
			return false;
		asked->wish.create |= flag == 'k';
		asked->help |= flag == 'h';
		const char **place = flag == 'c'   ? &asked->wish.config
				     : flag == 'o' ? &asked->wish.organisation
				     : flag == 's' ? &asked->sensor
				     : flag == 'v' ? &asked->valid
						   : NULL;
		if (place)
			*place = optarg;
	}
	return true;
}

static int finish(enum error error, const struct failure *failure)
{
	if (error)
		fprintf(stderr, "noroshi machines: %s\n", failure->words);
	return error == OK ? 0 : error == ERROR_NOT_FOUND ? 1 : 2;
}

static int print(enum error (*make)(const struct machines_wish *wish, struct builder *to, struct failure *failure),
    const struct machines_wish *wish)
{
	struct builder text = { 0 };
	struct failure failure = { 0 };
	enum error error = make(wish, &text, &failure);
	if (!error && text.at)
		fputs(text.at, stdout);
	builder_free(&text);
	return finish(error, &failure);
}

static int revoke(const struct machines_wish *wish)
{
	struct failure failure = { 0 };
	unsigned ended = 0;
	enum error error = machines_revoke(wish, &ended, &failure);
	if (!error)
		printf("%u certificates revoked\n", ended);
	return finish(error, &failure);
}

static int machines_run(int argc, char **argv)
{
	struct asked asked = { 0 };
	if (!read_flags(argc, argv, &asked))
		return bad_usage("an option is not known");
	if (asked.help) {
		fputs(usage, stdout);
		return 0;
	}
	const char *verb = optind < argc ? argv[optind] : "", *what = optind + 1 < argc ? argv[optind + 1] : NULL;
	struct machines_wish *wish = &asked.wish;
	if (!wish->config)
		return bad_usage("needs --config FILE");
	if (optind + 2 < argc)
		return bad_usage("too many words");
	if (asked.valid && !duration_parse(text_of(asked.valid), &wish->valid))
		return bad_usage("--valid: expected a time such as 1 h or 7 d");
	wish->sensor = asked.sensor ? asked.sensor : what;
	if (strcmp(verb, "revoke") == 0 && !asked.sensor)
		wish->serial = what;
	if (!wish->serial && wish->sensor && !wish->organisation)
		return bad_usage("a sensor needs --organisation NAME beside it");
	if (strcmp(verb, "list") == 0)
		return print(machines_list, wish);
	if (strcmp(verb, "revoked") == 0 && !what)
		return print(machines_revoked, wish);
	if (strcmp(verb, "enrol") == 0 && wish->sensor)
		return print(machines_enrol, wish);
	if (strcmp(verb, "revoke") == 0 && (wish->serial || wish->sensor))
		return revoke(wish);
	return bad_usage("expected: enrol SENSOR, list, revoked, or revoke SERIAL");
}

const struct command machines_command = {
	.name = "machines",
	.summary = "enrolment tokens and certificates of machines, at the centre",
	.run = machines_run,
};
