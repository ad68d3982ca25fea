/*
 * Options of `noroshi darknet`.
 */
#ifndef NOROSHI_DARKNET_OPTIONS_H
#define NOROSHI_DARKNET_OPTIONS_H

#include "darknet/files.h"
#include "darknet/telescope.h"

struct darknet_options {
	struct prefix *prefixes;
	size_t prefix_count, prefix_room;
	struct files_source files[FILES_MOST];
	size_t file_count;
	const char *warninglists, *names, *language;
	unsigned carriers;
	bool json, help, progress, changes;
	struct telescope_settings settings;
};

/* -1 = go on; else the exit code, and what was wrong was said. darknet_options_free() in either case. */
int darknet_options_read(int argc, char **argv, struct darknet_options *options);
void darknet_options_free(struct darknet_options *options);

#endif
