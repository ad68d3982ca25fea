/*
 * The command line of `noroshi probe`. See probe_wishes.h.
 */
#include "watch/probe_wishes.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>

static const char usage[] =
    "usage: noroshi probe --config FILE [--once] [--records FILE] [--alerts FILE] [--json]\n"
    "       noroshi probe --config FILE --replay [--alerts FILE] [--json] RECORDS…\n"
    "\n"
    "Measures how the web sites of members answer, and tells slow-down, outage and changed content.\n"
    "\n"
    "  --config FILE   which sites, who signed for it, and how often: groups `probe` and `sites`\n"
    "  --once          measure each site once, print a table, end\n"
    "  --records FILE  append each measurement as a line of JSON\n"
    "  --alerts FILE   append what was found as alerts, in the CSV that triage and the agent take\n"
    "  --replay        judge measurements that --records wrote, in their order; nothing is connected to\n"
    "  --json          print measurements and signals as lines of JSON\n"
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 done, 1 with --once: a site did not answer rightly; with --replay: something was found; 2 bad "
    "usage\n"
    "or input, or the approval has ended.\n";

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "records", required_argument, NULL, 'r' },
	{ "alerts", required_argument, NULL, 'a' },
	{ "once", no_argument, NULL, 'o' },
	{ "replay", no_argument, NULL, 'p' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int bad_usage(const char *words)
{
	if (words)
		fprintf(stderr, "noroshi probe: %s\n", words);
	fputs("`noroshi probe --help` explains the options\n", stderr);
	return 2;
}

int probe_wishes_read(int argc, char **argv, struct probe_wishes *wishes)
{
	int option;
	bool replay = false;
	*wishes = (struct probe_wishes){ 0 };
	optind = 1;
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			wishes->config = optarg;
			break;
		case 'r':
			wishes->records = optarg;
			break;
		case 'a':
			wishes->alerts = optarg;
			break;
		case 'o':
			wishes->once = true;
			break;
		case 'p':
			replay = true;
			break;
		case 'j':
			wishes->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return bad_usage(NULL);
		}
	}
	if (!wishes->config)
		return bad_usage("--config FILE is needed: nothing is probed that is not in it");
	if (replay != (optind < argc))
		return bad_usage(replay ? "--replay needs files of measurements" : "files are for --replay");
	if (replay && (wishes->once || wishes->records))
		return bad_usage("--replay measures nothing: --once and --records do not go with it");
	wishes->replay = argv + optind;
	wishes->replay_count = argc - optind;
	return -1;
}
