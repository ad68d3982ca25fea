/*
 * Which files are there: those that the patterns name, and beside every file that we follow those that could be its
 * rotated, copied or compressed content.
 */
#ifndef NOROSHI_WATCH_SCAN_H
#define NOROSHI_WATCH_SCAN_H

#include "watch/position.h"

#define CANDIDATE_MOST 16384

struct candidate {
	char *path;
	uint64_t device, inode, size;
	nanoseconds written; /* time of the last change of its content */
	bool named;          /* by a pattern; else only a sibling of a followed file */
	bool claimed;        /* by a followed file */
};

struct candidates {
	struct candidate *items; /* in order of path */
	size_t count, room;
	uint64_t left_out; /* beyond CANDIDATE_MOST */
};

enum error candidates_find(const char *const *patterns, size_t pattern_count, const struct follows *follows,
    struct candidates *candidates, struct failure *failure);
void candidates_clear(struct candidates *candidates);

/* Could `path` hold rotated content of `home`? Same folder; "eve.json" has the siblings "eve.json.1",
 * "eve-20260301.json.gz" … */
bool path_is_sibling(const char *path, const char *home);

#endif
