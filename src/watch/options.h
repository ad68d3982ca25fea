/*
 * What `noroshi agent` is told: the command line, over the group `agent` of its configuration file.
 */
#ifndef NOROSHI_WATCH_OPTIONS_H
#define NOROSHI_WATCH_OPTIONS_H

#include "base/error.h"
#include "base/time.h"
#include "model/capture_policy.h"
#include "watch/receive_source.h"
#include "watch/record_feed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent_options {
	char *machine, *server, *token_file, *authorities, *state, *format, *map; /* NULL or not empty */
	char **files;
	size_t file_count;
	bool keep_records; /* the centre is asked to keep records that are no alerts */
	uint64_t spool_limit, refused_limit;
	nanoseconds scan_every, linger, give_up, retry_most, heartbeat, learn;
	struct receive_sources sources;      /* of syslog */
	struct capture_policy capture;       /* what holds where the centre has no policy for us */
	struct capture_policy capture_limit; /* what holds whatever the centre's policy allows */
	struct record_feed_settings records; /* what is looked for in records */
	bool once, status, retry, json, help;
};

/* Fills `options` from the file; a NULL path gives the defaults. */
enum error agent_options_file(const char *path, struct agent_options *options, struct failure *failure);
/* Reads the command line and the file that it names. ERROR_USAGE when something is missing or unknown. In every case
 * agent_options_free() is due. */
enum error agent_options_read(int argc, char **argv, struct agent_options *options, struct failure *failure);
void agent_options_free(struct agent_options *options);
void agent_options_help(void);

#endif
