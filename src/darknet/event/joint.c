/*
 * Sets that grow by sets; see joint.h. Most are registers, of which another set changes few: their ranks are counted
 * on, not again.
 */
#include "darknet/event/joint.h"

#include <math.h>
#include <string.h>

#define BITS 13

/* After `set` became another one. */
static void take_stock(struct joint *joint, const struct blocks *pool)
{
	if (joint->set.form == CARDINALITY_REGISTERS)
		registers_rank(pool->at[joint->set.block], BITS, &joint->ranks);
	joint->count = cardinality_count(&joint->set, pool, &joint->error);
}

bool joint_begin(struct joint *joint, struct blocks *pool, const struct cardinality *first, const struct blocks *blocks)
{
	if (!cardinality_copy(&joint->set, pool, first, blocks))
		return false;
	take_stock(joint, pool);
	return true;
}

/* ── registers ─ */

static void raise(struct joint_trial *trial, uint8_t from, uint8_t to)
{
	trial->ranks.of[from]--;
	trial->ranks.of[to]++;
}

static void try_items(uint8_t *registers, const struct cardinality *with, struct joint_trial *trial)
{
	for (unsigned i = 0; i < CARDINALITY_FEW; i++) {
		if (!with->few[i])
			continue;
		struct registers_place place = registers_place(BITS, with->few[i] - 1);
		uint8_t before = registers[place.at];
		if (place.rank <= before)
			continue;
		raise(trial, before, place.rank);
		registers[place.at] = place.rank;
		trial->before[trial->changed++] = (struct registers_place){ place.at, before };
	}
}

static void try_registers(const uint8_t *registers, const uint8_t *with, struct joint_trial *trial)
{
	for (size_t i = 0; i < CARDINALITY_BLOCK; i += 8) {
		uint64_t eight;
		memcpy(&eight, with + i, 8);
		for (size_t j = i; eight && j < i + 8; j++)
			if (with[j] > registers[j])
				raise(trial, registers[j], with[j]);
	}
	trial->registers = with;
}

/* ── */

/* Of all other forms the union is made at once. */
static bool try_copy(const struct joint *joint, struct blocks *pool, const struct cardinality *with,
    const struct blocks *blocks, bool exact, struct joint_trial *trial)
{
	if (!cardinality_copy(&trial->both, pool, &joint->set, pool) ||
	    !cardinality_merge(&trial->both, pool, with, blocks, exact)) {
		cardinality_clear(&trial->both, pool);
		return false;
	}
	trial->count = cardinality_count(&trial->both, pool, &trial->error);
	return true;
}

bool joint_try(struct joint *joint, struct blocks *pool, const struct cardinality *with, const struct blocks *blocks,
    bool exact, struct joint_trial *trial)
{
	trial->both = (struct cardinality){ 0 };
	trial->registers = NULL;
	trial->changed = 0;
	if (joint->set.form != CARDINALITY_REGISTERS)
		return try_copy(joint, pool, with, blocks, exact, trial);
	trial->ranks = joint->ranks;
	if (with->form == CARDINALITY_LIST)
		try_items(pool->at[joint->set.block], with, trial);
	else if (with->form == CARDINALITY_REGISTERS)
		try_registers(pool->at[joint->set.block], blocks->at[with->block], trial);
	else
		return false;
	trial->count = ranks_count(&trial->ranks, BITS);
	trial->error = joint->error;
	return true;
}

void joint_keep(struct joint *joint, struct blocks *pool, const struct joint_trial *trial)
{
	if (joint->set.form != CARDINALITY_REGISTERS) {
		cardinality_clear(&joint->set, pool);
		joint->set = trial->both;
		take_stock(joint, pool);
		return;
	}
	if (trial->registers)
		registers_merge(pool->at[joint->set.block], trial->registers, CARDINALITY_BLOCK);
	joint->ranks = trial->ranks;
	joint->count = trial->count;
}

void joint_drop(struct joint *joint, struct blocks *pool, struct joint_trial *trial)
{
	uint8_t *registers = joint->set.form == CARDINALITY_REGISTERS ? pool->at[joint->set.block] : NULL;

	while (registers && trial->changed) { /* the other way round */
		const struct registers_place *place = &trial->before[--trial->changed];
		registers[place->at] = place->rank;
	}
	cardinality_clear(&trial->both, pool);
}

void joint_clear(struct joint *joint, struct blocks *pool)
{
	cardinality_clear(&joint->set, pool);
	joint->count = joint->error = 0;
}
