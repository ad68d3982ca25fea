/*
 * The command line of `noroshi probe`. (Apart from the configuration: getopt.h and base/config.h both have a `struct
 * option`.)
 */
#ifndef NOROSHI_WATCH_PROBE_WISHES_H
#define NOROSHI_WATCH_PROBE_WISHES_H

#include <stdbool.h>

struct probe_wishes {
	const char *config, *records, *alerts;
	char **replay;
	int replay_count;
	bool once, json;
};

/* -1: go on; else the exit code (help, bad usage), said already. */
int probe_wishes_read(int argc, char **argv, struct probe_wishes *wishes);

#endif
