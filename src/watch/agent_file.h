/*
 * The configuration file of `noroshi agent`: its groups `agent`, `capture`, `records` and `syslog`. (Apart from
 * options.h, which stands beside getopt.h: both that and base/config.h have a `struct option`.)
 */
#ifndef NOROSHI_WATCH_AGENT_FILE_H
#define NOROSHI_WATCH_AGENT_FILE_H

#include "base/config.h"
#include "watch/capture_file.h"
#include "watch/receive_options.h"
#include "watch/record_file.h"

struct agent_file {
	char *machine, *server, *token_file, *authorities, *state, *format, *map;
	struct option_list files;
	bool keep_records;
	uint64_t spool_limit, refused_limit;
	nanoseconds scan_every, linger, give_up, retry_most, heartbeat, learn;
	struct capture_file capture;
	struct record_file records;
};
/* The items of `syslog` are added to `sources`, which the caller frees. */
void agent_option_groups(
    struct agent_file *file, struct receive_sources *sources, struct option_group groups[static 5]);

#endif
