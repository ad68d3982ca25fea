/*
 * Rows of releases: for the files of store/ that read them.
 */
#ifndef NOROSHI_STORE_RELEASE_ROW_H
#define NOROSHI_STORE_RELEASE_ROW_H

#include "store/query.h"
#include "store/release.h"

#define RELEASE_FIELDS                                                                                                 \
	"id, organisation, object, version, version_written, community, step, tlp, decided_by, decided, withdrawn,"    \
	" added, purpose, content, recipients, removed, taken_out, item, type, spec, shown, ends, reason"
#define RELEASE_FIELD_COUNT 23

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
    struct text reason, struct failure *failure);
/* release_end.c: which ends of the relation that is released (`row` and `type` are given) are known here, a line each;
 * nothing for all other objects. `from` as in store_release_put(). */
enum error release_note_ends(struct store *store, const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release *release, const struct release *from, struct builder *ends, struct failure *failure);
/* Whether the scope sees them all. The relation's owner always does; background work sees what is shown to `community`.
 */
enum error release_ends_seen(struct store *store, const struct scope *scope, uint32_t owner, uint32_t community,
    struct text ends, bool *seen, struct failure *failure);
/* An organisation gave an object that its own relations may have named before. */
enum error release_end_given(struct store *store, uint32_t organisation, struct text id, struct failure *failure);
/* An object was released: relations with it as an end are added anew behind it where their community had not been shown
 * it, so that whoever goes on from where he was gets those that he did not see before. */
enum error release_renew_relations(struct store *store, const struct release *end, struct failure *failure);

/* release.c: all that stand of an item's version, whose row goes. */
enum error release_end_all(
    struct store *store, const struct scope *scope, uint64_t row, nanoseconds when, struct failure *failure);

#endif
