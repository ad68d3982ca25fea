/*
 * What the files of a sensor's sets share: detection_sets.c, detection_changes.c.
 */
#ifndef NOROSHI_WATCH_DETECTION_INNER_H
#define NOROSHI_WATCH_DETECTION_INNER_H

#include "base/text.h"
#include "watch/detection_sets.h"

#include <pthread.h>

struct change_file {          /* read as it grows */
	int descriptor, next; /* -1 = none; `next` when the first is read to its end */
	struct builder bytes; /* not taken yet */
	bool skipping;        /* a line that is too long */
};

struct detection_sets {
	struct detection_files files;
	struct live_set *indicators, *signatures;
	pthread_mutex_t lock; /* of what follows: large sets are taken by one thread, changes by another */
	struct indicator_set *own, *shared;
	struct indicator_recent *recent; /* NULL: nothing is shared */
	struct indicator_overlay *overlay;
	struct change_file changes;
};

/* Puts what is current into force; the lock is held. With an error what was there stays. */
enum error detection_publish(struct detection_sets *sets, struct failure *failure);
/* The overlay is made anew of what is recent, and put into force with all else. */
enum error detection_publish_recent(struct detection_sets *sets, struct failure *failure);

#endif
