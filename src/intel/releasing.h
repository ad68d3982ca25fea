/*
 * Releasing: the one way by which an item gets beyond its owner (decision 0080). In the keeper, inside the transaction
 * of whoever calls; routes, pushes of TAXII, files and the loop all come through here.
 *
 *   an item, or the rendering of the step before ─► policy ─► rendered for that community ─► store/release.h
 *
 * A collection of the community at that TLP has it at once, and the loop takes its indicators to sensors; both lose it
 * at once when the release is taken back. A new version of an item is nowhere until somebody releases it: what a
 * community has stays as it is until then.
 */
#ifndef NOROSHI_INTEL_RELEASING_H
#define NOROSHI_INTEL_RELEASING_H

#include "model/capability.h"
#include "model/item.h"
#include "model/policy.h"

struct release_order {
	const struct item *item;    /* whole, in the version that is to be released; whoever calls has read it by its
				     * scope,    or is about to put it */
	const struct release *from; /* the step before, with its rendering: when another than the owner widens it; the
				     * new rendering is made from that one. NULL: from the item itself */
	uint32_t community;
	enum tlp tlp;
	const uint32_t *named; /* TLP:RED */
	uint32_t named_count;
	struct text purpose, content, recipients; /* empty: the community's */
	bool split; /* facts about the victim stay behind: for what leaves without a person's look at it */
};

/* Asks the policy and renders; nothing is stored: for who wants to look before deciding. ERROR_NOT_FOUND, ERROR_DENIED,
 * ERROR_INPUT with words for people: why it may not be, or which property cannot be told there and cannot be missing.
 * The release's texts are in the arena, or the order's. */
enum error release_prepare(struct center *center, const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release_order *order, struct arena *arena, struct release *release, struct failure *failure);
/* Puts what was prepared, once the item is in the store; the loop takes it from here (intel/loop.h). ERROR_CONFLICT:
 * this version stands there already. */
enum error release_put(struct center *center, const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release_order *order, struct arena *arena, struct release *release, struct failure *failure);
/* Both. */
enum error release_make(struct center *center, const struct scope *scope, const struct policy_snapshot *snapshot,
    const struct release_order *order, struct arena *arena, struct release *release, struct failure *failure);

/* Withdraws it (store_release_withdraw()), for readers and sensors alike. */
enum error release_take_back(struct center *center, const struct scope *scope, const struct policy_snapshot *snapshot,
    struct uuid id, struct text reason, struct arena *arena, struct failure *failure);

#endif
