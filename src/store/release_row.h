/*
 * Rows of releases: for the files of store/ that read them.
 */
#ifndef NOROSHI_STORE_RELEASE_ROW_H
#define NOROSHI_STORE_RELEASE_ROW_H

#include "store/query.h"
#include "store/release.h"

#define RELEASE_FIELDS                                                                                                 \
	"id, organisation, item, version, version_written, community, step, tlp, decided_by, decided, withdrawn,"      \
	" added, purpose, content, recipients, removed, taken_out"

/* The fields above into the arena, and who is named. */
enum error release_take(struct query *query, struct arena *arena, struct release *release);

#endif
