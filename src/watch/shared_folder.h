/*
 * The folder of what the exchange shares with a sensor: a compiled set, and a file of what changed since
 * (docs/formats/indicators.md), which grows with every line that comes. When many indicators changed they are folded
 * into the set, by a process of its own.
 *
 * Nothing in it is synced but the set: what a power cut takes of the changes is asked for again, by the number of the
 * last whole line that is left.
 */
#ifndef NOROSHI_WATCH_SHARED_FOLDER_H
#define NOROSHI_WATCH_SHARED_FOLDER_H

#include "match/indicator_recent.h"

struct shared_folder;

/* Makes the folder where it is not there. ERROR_CONFLICT: another process keeps it. */
enum error shared_folder_open(const char *path, struct shared_folder **folder, struct failure *failure);
void shared_folder_free(struct shared_folder *folder); /* NULL is fine; waits for a fold */

/* Where it stands: epoch and number are what the centre is asked with. */
struct indicator_recent_state shared_folder_state(const struct shared_folder *folder);
/* Bytes as they came; whole lines are in the file when it returns. */
enum error shared_folder_take(struct shared_folder *folder, struct text bytes, struct failure *failure);
/* A connection broke: what is not a whole line yet comes again. */
void shared_folder_cut(struct shared_folder *folder);
/* About every second: folds when it is time, and looks whether a fold has ended. */
enum error shared_folder_tend(struct shared_folder *folder, struct failure *failure);

#endif
