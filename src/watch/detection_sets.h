/*
 * The indicators and signatures that a sensor's workers look for: loaded from files, and replaced while they work.
 *
 *   file → detection_sets_load()                                      in one process
 *   file → detection_share() → sealed memory → detection_sets_take()  the list is read by a process of its own: what
 *                                                                     kills it does not kill the sensor
 */
#ifndef NOROSHI_WATCH_DETECTION_SETS_H
#define NOROSHI_WATCH_DETECTION_SETS_H

#include "match/indicator_set.h"
#include "match/live_set.h"
#include "match/signature.h"

enum detection_kind { DETECTION_INDICATORS, DETECTION_SIGNATURES, DETECTION_KINDS };

struct detection_files {
	const char *paths[DETECTION_KINDS]; /* a list or compiled file of indicators; rules; NULL = none */
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

struct live_set *detection_indicators(struct detection_sets *sets); /* of struct indicator_set */
struct live_set *detection_signatures(struct detection_sets *sets); /* of struct signature_set */

#endif
