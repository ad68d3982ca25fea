/*
 * The indicators and signatures that a sensor's workers look for: loaded from files, and replaced while they work.
 * Indicators are of two sources: a list of one's own, and what the exchange shares, a large set and what changed
 * lately.
 *
 *   file → detection_sets_load()                                      in one process
 *   file → detection_share() → sealed memory → detection_sets_take()  the list is read by a process of its own: what
 *                                                                     kills it does not kill the sensor
 */
#ifndef NOROSHI_WATCH_DETECTION_SETS_H
#define NOROSHI_WATCH_DETECTION_SETS_H

#include "match/indicator_recent.h"
#include "match/live_set.h"
#include "match/signature.h"

enum detection_kind { DETECTION_INDICATORS, DETECTION_SIGNATURES, DETECTION_SHARED, DETECTION_KINDS };

/* In a folder of what is shared, as `noroshi follow` keeps it. */
#define SHARED_SET "indicators"
#define SHARED_CHANGES "changes"

struct detection_files {
	/* A list or compiled file of indicators; rules; a compiled file of what is shared, which may not be there yet.
	 * NULL = none. */
	const char *paths[DETECTION_KINDS];
	const char *changes; /* of what is shared: a growing file of lines (match/indicator_recent.h); NULL = none */
	/* "NAME=VALUE" of the rules */
	const char *const *variables;
	size_t variable_count;
};

struct detection_sets; /* for all workers */

/* `readers`: workers, numbered from 0. Both sets are empty. The files' texts live longer. */
enum error detection_sets_new(
    const struct detection_files *files, size_t readers, struct detection_sets **sets, struct failure *failure);
/* The same, and reads the files. What is malformed in them is logged and counted. */
enum error detection_sets_load(
    const struct detection_files *files, size_t readers, struct detection_sets **sets, struct failure *failure);
void detection_sets_free(struct detection_sets *sets); /* no worker may be at work */

/* Reads the open file, which is closed, into sealed memory: indicators compiled, rules as text after a trial. */
enum error detection_share(const struct detection_files *files, enum detection_kind kind, int descriptor, int *sealed,
    struct failure *failure);
/* What such memory holds takes the place of the current set; everything in it is checked. With an error what was there
 * stays. Closes the descriptor. Not from a worker's thread. */
enum error detection_sets_take(
    struct detection_sets *sets, enum detection_kind kind, int sealed, struct failure *failure);

/* Changes of what is shared: the file that holds them, open; closed in the end. Another than the one before: that one
 * is read to its end first. */
void detection_changes_file(struct detection_sets *sets, int descriptor);
/* The same for whoever may open it; nothing when it is the one that is read already, or not there. */
void detection_changes_open(struct detection_sets *sets);

struct detection_changes {
	uint64_t taken, malformed;
	bool waiting; /* there are more, for which there is room when the large set was made anew */
};
/* Takes every whole line that is there; all of them are in force at once, and within each burst of packets all or none.
 * Not from a worker's thread. */
enum error detection_changes_read(
    struct detection_sets *sets, struct detection_changes *changes, struct failure *failure);

struct indicator_layers {                         /* all that is current of indicators; replaced together */
	const struct indicator_set *own, *shared; /* NULL = none */
	const struct indicator_overlay *recent;   /* over `shared` */
};
struct live_set *detection_indicators(struct detection_sets *sets); /* of struct indicator_layers */
struct live_set *detection_signatures(struct detection_sets *sets); /* of struct signature_set */

#endif
