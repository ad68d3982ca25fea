/*
 * A set that grows by others, each of which is tried before it joins: how large would both be together?
 *
 *   sets of targets → joint_try() → joint_keep() or joint_drop()
 *
 * One block of its pool for a joint, and another while one is tried that is not made of registers. One thread.
 */
#ifndef NOROSHI_DARKNET_JOINT_H
#define NOROSHI_DARKNET_JOINT_H

#include "darknet/event/cardinality.h"
#include "darknet/event/registers.h"

struct joint { /* zeroed: empty */
	struct cardinality set;
	double count, error; /* of `set`; error: relative standard error */
	struct ranks ranks;  /* while it is made of registers */
};

/* What is tried; from joint_try() to one of the two behind it. */
struct joint_trial {
	double count, error; /* of both together */
	struct ranks ranks;
	struct cardinality both;  /* where the joint is not made of registers; else zeroed */
	const uint8_t *registers; /* of the other, to be merged; NULL = its items are there already: */
	struct registers_place before[CARDINALITY_FEW]; /* what they changed */
	unsigned changed;
};

/* False: there was no block, or the two cannot be put together. `exact`: every item is below 65,536. */
bool joint_begin(
    struct joint *joint, struct blocks *pool, const struct cardinality *first, const struct blocks *blocks);
bool joint_try(struct joint *joint, struct blocks *pool, const struct cardinality *with, const struct blocks *blocks,
    bool exact, struct joint_trial *trial);
void joint_keep(struct joint *joint, struct blocks *pool, const struct joint_trial *trial);
void joint_drop(struct joint *joint, struct blocks *pool, struct joint_trial *trial);
void joint_clear(struct joint *joint, struct blocks *pool);

#endif
