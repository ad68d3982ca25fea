/*
 * What `noroshi agent` is told: its configuration file, and the command line over it.
 */
#ifndef NOROSHI_WATCH_OPTIONS_H
#define NOROSHI_WATCH_OPTIONS_H

#include "base/config.h"
#include "base/time.h"

struct agent_options {
	/* the group `agent` of the file */
	char *server, *token_file, *authorities, *state, *format, *map;
	struct option_list files;
	uint64_t spool_limit, refused_limit;
	nanoseconds scan_every, linger, give_up, retry_most;

	/* the command line's own */
	bool once, status, json, help;
	struct option_group groups[2]; /* owns what the file gave */
};

/* Reads the command line and the file that it names. ERROR_USAGE when something is missing or unknown. */
enum error agent_options_read(int argc, char **argv, struct agent_options *options, struct failure *failure);
void agent_options_free(struct agent_options *options);
void agent_options_help(void);

#endif
