/*
 * The configuration file of `noroshi agent`: its groups `agent`, `capture` and `records`. (Apart from options.h, which
 * stands beside getopt.h: both that and base/config.h have a `struct option`.)
 */
#ifndef NOROSHI_WATCH_AGENT_FILE_H
#define NOROSHI_WATCH_AGENT_FILE_H

#include "base/config.h"
#include "watch/capture_file.h"
#include "watch/record_file.h"

struct agent_file {
	char *machine, *server, *token_file, *authorities, *state, *format, *map;
	struct option_list files;
	uint64_t spool_limit, refused_limit;
	nanoseconds scan_every, linger, give_up, retry_most, heartbeat;
	struct capture_file capture;
	struct record_file records;
};
void agent_option_groups(struct agent_file *file, struct option_group groups[static 4]);

#endif
