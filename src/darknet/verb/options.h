/*
 * Options of `noroshi darknet`.
 */
#ifndef NOROSHI_DARKNET_OPTIONS_H
#define NOROSHI_DARKNET_OPTIONS_H

#include "darknet/event/telescope.h"
#include "darknet/packet/files.h"
#include "darknet/packet/live.h"
#include "match/origin.h"

struct darknet_options {
	struct prefix *prefixes;
	size_t prefix_count, prefix_room;
	struct files_source files[FILES_MOST];
	size_t file_count;
	struct capture_settings interfaces[LIVE_INTERFACES]; /* live; all alike but for their names */
	unsigned interface_count;
	const char *warninglists, *names, *language;
	const char *tables, *sensor, *part; /* where day tables go, and whose they are; NULL: not said */
	const char *locations[ORIGIN_FILES];
	size_t location_count;
	const char *lines;      /* where they go: a path, or "-"; NULL: nowhere */
	nanoseconds checkpoint; /* 0 = 10 s */
	const char *history;    /* a path; NULL: nothing is kept */
	nanoseconds save;       /* 0 = TRENDS_SAVED_EVERY */
	int zone;               /* seconds east of UTC, of the days of tables */
	uint32_t carriers;
	bool json, help, progress, changes;
	struct telescope_settings settings;
};

/* -1 = go on; else the exit code, and what was wrong was said. darknet_options_free() in either case. */
int darknet_options_read(int argc, char **argv, struct darknet_options *options);
void darknet_options_free(struct darknet_options *options);

#endif
