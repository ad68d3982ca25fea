/*
 * The options of commands that ask the statistical detectors: `--behaviour`, and what the member says of its network.
 */
#ifndef NOROSHI_WATCH_BEHAVIOUR_OPTIONS_H
#define NOROSHI_WATCH_BEHAVIOUR_OPTIONS_H

#include "base/error.h"
#include "watch/behaviour.h"

/* Lines of a table of long options (getopt.h), and of a command's help. */
enum behaviour_choice { BEHAVIOUR_ASKED = 0x1000, BEHAVIOUR_HOME, BEHAVIOUR_SCANNER, BEHAVIOUR_SERVICE };
#define BEHAVIOUR_LONG_OPTIONS                                                                                         \
	{ "behaviour", no_argument, NULL, BEHAVIOUR_ASKED }, { "home", required_argument, NULL, BEHAVIOUR_HOME },      \
	    { "scanner", required_argument, NULL, BEHAVIOUR_SCANNER },                                                 \
	{                                                                                                              \
		"service", required_argument, NULL, BEHAVIOUR_SERVICE                                                  \
	}
#define BEHAVIOUR_HELP                                                                                                 \
	"  --behaviour    raise alerts about scans, brute force, beacons, tunnels and other behaviour of hosts\n"      \
	"  --home PREFIX  a network of one's own, for --behaviour; may be given again (private networks)\n"            \
	"  --scanner PREFIX  a scanner or monitor of one's own: may scan, sign in and reach everything; may be given " \
	"again\n"                                                                                                      \
	"  --service PREFIX|DOMAIN  a service outside that may be called in time, given much, and asked for many "     \
	"names;\n"                                                                                                     \
	"                 may be given again\n"

#define BEHAVIOUR_DECLARED_MOST 256 /* of each */
struct behaviour_options {
	bool asked;
	struct behaviour_settings settings; /* its lists are those below: do not copy it */
	struct prefix home[BEHAVIOUR_DECLARED_MOST], scanners[BEHAVIOUR_DECLARED_MOST],
	    services[BEHAVIOUR_DECLARED_MOST];
	struct text domains[BEHAVIOUR_DECLARED_MOST]; /* the values that were given: they live longer */
};

void behaviour_options_init(struct behaviour_options *options);
/* One of enum behaviour_choice. A domain is made lower case where it stands. */
enum error behaviour_options_set(struct behaviour_options *options, int choice, char *value, struct failure *failure);

#endif
