/*
 * Is a new file a copy of content that we know? Only content tells: names and inodes say nothing about copies.
 */
#ifndef NOROSHI_WATCH_COPY_H
#define NOROSHI_WATCH_COPY_H

#include "watch/scan.h"

enum copy_kind {
	COPY_NONE,
	COPY_DELIVERED, /* all of it was delivered from the original */
	COPY_LONGER,    /* begins with what was delivered, and more stands behind */
	COPY_LATER,     /* cannot be told yet */
};

/* Is this new file, open at `source`, a copy of what is followed, whole or with more behind it? */
enum copy_kind copy_of(
    struct follow *follow, const struct candidate *candidate, struct source *source, struct spool *spool);

#endif
