/*
 * Rows of releases: for the files of store/ that read them.
 */
#ifndef NOROSHI_STORE_RELEASE_ROW_H
#define NOROSHI_STORE_RELEASE_ROW_H

#include "store/query.h"
#include "store/release.h"

#define RELEASE_FIELDS                                                                                                 \
	"id, organisation, object, version, version_written, community, step, tlp, decided_by, decided, withdrawn,"    \
	" added, purpose, content, recipients, removed, taken_out, item, type, spec, shown"
#define RELEASE_FIELD_COUNT 21

/* Where a release lies in its community at its TLP: the latest of its object (by specification, then by version), an
 * older version beside it, or withdrawn. */
enum release_place { RELEASE_SHOWN, RELEASE_PAST, RELEASE_GONE };

/* The fields above into the arena, and who is named. */
enum error release_take(struct query *query, struct arena *arena, struct release *release);

/* release_place.c. Of one object of one owner, before a release of it is put: its place, its next step, and whether the
 * same version stands there already. */
struct release_site {
	enum release_place place;
	uint32_t step;
	bool repeats;
	int64_t outdone; /* `added` of the one that is shown and no longer will be; 0 = none */
};
enum error release_find_site(
    struct store *store, const struct release *release, struct release_site *site, struct failure *failure);
enum error release_set_place(struct store *store, int64_t added, enum release_place place, struct failure *failure);
/* It is withdrawn, and the latest of those that stand takes its place. */
enum error release_end(struct store *store, const struct scope *scope, const struct release *release, nanoseconds when,
    struct failure *failure);
/* release.c: all that stand of an item's version, whose row goes. */
enum error release_end_all(
    struct store *store, const struct scope *scope, uint64_t row, nanoseconds when, struct failure *failure);

#endif
