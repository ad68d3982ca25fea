/*
 * What trends learnt, kept in a file over restarts: loaded before the first packet, written by a process of its own,
 * since who parses packets may open no file (net/sandbox.h).
 *
 *   trends_keeper_begin() → trends_keeper_tick() … → trends_keeper_end()
 *
 * Each save replaces the file whole, durably (base/file.h). The writer believes nothing of what it is told but its
 * size, which is bounded; the file is checked when it is loaded.
 */
#ifndef NOROSHI_DARKNET_TRENDS_KEEPER_H
#define NOROSHI_DARKNET_TRENDS_KEEPER_H

#include "darknet/trend/trends.h"

#define TRENDS_SAVED_EVERY (10 * MINUTE) /* by the clock, unless said otherwise */

struct trends_keeper;

/* Before the sandbox. A file that is not there is a history that begins; one that cannot be read, or is not of this
 * form, is an error (trends_load()). `trends` live as long. every: 0 = TRENDS_SAVED_EVERY. */
enum error trends_keeper_begin(
    const char *path, nanoseconds every, struct trends *trends, struct trends_keeper **made, struct failure *failure);
/* Begins to save when `every` passed since the last time, and goes on with it, 1 MiB at a time, as far as it can
 * without waiting: many times a second. That a save failed is said by a later call. */
enum error trends_keeper_tick(struct trends_keeper *keeper, struct failure *failure);
enum error trends_keeper_save(struct trends_keeper *keeper, struct failure *failure); /* returns when it is durable */

struct trends_saves {
	uint64_t count, bytes; /* saves that are over; of the last */
	nanoseconds held_most; /* for so long its caller did nothing else, at most */
};
struct trends_saves trends_keeper_saves(const struct trends_keeper *keeper);
void trends_keeper_free(struct trends_keeper *keeper); /* saves nothing; NULL is fine */

/* The file itself, for whoever may open it: as trends_keeper_begin() and trends_keeper_save() do. */
enum error trends_file_load(struct trends *trends, const char *path, struct failure *failure);
enum error trends_file_save(const struct trends *trends, const char *path, struct failure *failure);

#endif
