/*
 * The list `syslog` of the agent's configuration: where messages come from. (Apart from receive_source.h, as
 * agent_file.h is from options.h.)
 */
#ifndef NOROSHI_WATCH_RECEIVE_OPTIONS_H
#define NOROSHI_WATCH_RECEIVE_OPTIONS_H

#include "base/config.h"
#include "watch/receive_source.h"

/* The group, whose items are added to `sources` as they are read. */
struct option_group receive_option_group(struct receive_sources *sources);

#endif
