/*
 * What a remote is given in a turn, and what it is told to delete: out of the collection, in the keeper.
 */
#ifndef NOROSHI_CENTER_REMOTES_GIVE_H
#define NOROSHI_CENTER_REMOTES_GIVE_H

#include "center/keeper.h"
#include "intel/remote_course.h"
#include "store/remotes.h"

#define REMOVED_MOST 100u /* objects deleted there in one turn */

struct giving {
	const struct remote *remote;
	struct builder list;
};

/* What was withdrawn of what was given, unless another version of it stands. */
struct removing {
	const struct remote *remote;
	struct builder ids;
	struct text names[REMOVED_MOST];
	struct arena *arena;
	uint32_t looked, count;
	nanoseconds withdrawn;
	int64_t added;
};

/* An envelope of what was released to the collection since; empty when there is nothing. What came from there does not
 * go back. */
enum error remotes_given(struct keeper *keeper, const struct work *work, const struct remote *remote,
    struct giving *giving, int64_t *given, bool *more, struct failure *failure);
enum error remotes_gone(struct keeper *keeper, const struct work *work, const struct remote *remote,
    struct removing *removing, struct failure *failure);

#endif
