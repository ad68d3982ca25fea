/*
 * The tree of recipients that a list of the directory makes: who stands under whom, in which tier.
 */
#ifndef NOROSHI_REACH_TREE_H
#define NOROSHI_REACH_TREE_H

#include "base/memory.h"
#include "model/dispatch.h"

#define TREE_MOST 50000 /* contacts of one list */
#define TREE_NONE UINT32_MAX

struct tree {
	const struct dispatch_contact *contacts;
	uint32_t count, deepest; /* deepest: level of the last tier */
	uint32_t *parents;       /* of each: index into `contacts`, or TREE_NONE */
	uint8_t *levels;         /* 0 = the first tier */
	bool *left_out;          /* not asked for; whoever stands under it hangs on the next one above */
	uint32_t included;
};

/* `contacts` must live as long as the tree. With `agreed_only` the others are left out. ERROR_INPUT names a parent that
 * is not in the list, a circle, too many tiers. */
enum error tree_make(const struct dispatch_contact *contacts, uint32_t count, bool agreed_only, struct arena *arena,
    struct tree *tree, struct failure *failure);
/* The next one above that is not left out, or TREE_NONE. */
uint32_t tree_above(const struct tree *tree, uint32_t index);
/* The sector body that it belongs to: itself in the tier before the last, its own one there; NULL: none. */
const struct dispatch_contact *tree_body(const struct tree *tree, uint32_t index);

#endif
