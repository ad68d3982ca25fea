/*
 * `noroshi sensor -i`: listens on interfaces until it is told to end (SIGINT, SIGTERM).
 *
 *   opener (opens) → rings, sets, the file of records → workers → sink
 *
 * The main thread only waits for signals, timers and the opener's answers. Everything that parses packets may open
 * nothing; see opener.h and sandbox.h.
 */
#ifndef NOROSHI_WATCH_SENSOR_LIVE_H
#define NOROSHI_WATCH_SENSOR_LIVE_H

#include "watch/sensor_options.h"

enum error sensor_live(const struct sensor_options *options, struct failure *failure);

#endif
