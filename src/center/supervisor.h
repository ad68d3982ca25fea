/*
 * The supervisor: starts front, keeper and courier, joins them with channels, restarts what dies, and ends them in
 * order. It opens no network and no store.
 */
#ifndef NOROSHI_CENTER_SUPERVISOR_H
#define NOROSHI_CENTER_SUPERVISOR_H

#include "center/wishes.h"

struct supervisor_settings {
	const char *config; /* path of the configuration file; NULL = none: defaults */
	struct wishes wishes;
	bool announce; /* print one JSON line on standard output once all run */
};

/* Runs until SIGTERM or SIGINT; the exit code of `noroshi center`. */
int supervisor_run(const struct supervisor_settings *settings);

#endif
