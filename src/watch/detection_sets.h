/*
 * The indicators and signatures that a sensor's workers look for: loaded from files, and replaced while they work.
 */
#ifndef NOROSHI_WATCH_DETECTION_SETS_H
#define NOROSHI_WATCH_DETECTION_SETS_H

#include "match/indicator_set.h"
#include "match/live_set.h"
#include "match/signature.h"

struct detection_files {
	const char *indicators; /* a list or a compiled file; NULL = none */
	const char *signatures; /* rules; NULL = none */
	/* "NAME=VALUE" of the rules */
	const char *const *variables;
	size_t variable_count;
};

struct detection_sets; /* for all workers */

/* `readers`: workers, numbered from 0. What is malformed in the files is logged and counted. */
enum error detection_sets_load(
    const struct detection_files *files, size_t readers, struct detection_sets **sets, struct failure *failure);
void detection_sets_free(struct detection_sets *sets); /* no worker may be at work */

/* Reads the files again. With an error what was there stays. Not from a worker's thread. */
enum error detection_sets_reload(struct detection_sets *sets, struct failure *failure);

struct live_set *detection_indicators(struct detection_sets *sets); /* of struct indicator_set */
struct live_set *detection_signatures(struct detection_sets *sets); /* of struct signature_set */

#endif
