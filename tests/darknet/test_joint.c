/*
 * darknet/event/joint.h: what a trial says is what the union holds, a dropped one leaves nothing behind, and a kept one
 * is the union.
 */
#include "darknet/event/joint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static uint64_t state = 0x2545f4914f6cdd1d;

static uint32_t item(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static struct cardinality set_of(struct blocks *blocks, unsigned items, uint32_t below, bool exact)
{
	struct cardinality set = { 0 };
	for (unsigned i = 0; i < items; i++)
		cardinality_add(&set, blocks, item(below), exact);
	return set;
}

/* Tries a set, drops it, tries it again and keeps it; against a copy that is merged. */
static void try_one(struct joint *joint, struct blocks *pool, struct blocks *blocks, unsigned items, bool exact)
{
	struct cardinality with = set_of(blocks, items, exact ? 65536 : UINT32_MAX, exact), both;
	struct joint_trial trial;
	double error, before = joint->count;

	assert_true(cardinality_copy(&both, pool, &joint->set, pool));
	assert_true(cardinality_merge(&both, pool, &with, blocks, exact));
	double after = cardinality_count(&both, pool, &error);
	assert_true(joint_try(joint, pool, &with, blocks, exact, &trial));
	assert_true(trial.count == after && trial.error == error);
	joint_drop(joint, pool, &trial);
	assert_true(joint->count == before && cardinality_count(&joint->set, pool, &error) == before);
	assert_true(joint_try(joint, pool, &with, blocks, exact, &trial));
	assert_true(trial.count == after);
	joint_keep(joint, pool, &trial);
	assert_true(joint->count == after && cardinality_count(&joint->set, pool, &error) == after);
	assert_int_equal(joint->set.form, both.form);
	if (both.form == CARDINALITY_REGISTERS || both.form == CARDINALITY_BITMAP)
		assert_memory_equal(pool->at[joint->set.block], pool->at[both.block], CARDINALITY_BLOCK);
	cardinality_clear(&both, pool);
	cardinality_clear(&with, blocks);
}

static void grows(bool exact)
{
	static const unsigned sizes[] = { 1, 2, 5, 40, 64, 65, 3, 500, 64, 20000, 7, 64, 300 };
	struct blocks pool, blocks;
	struct joint joint = { 0 };

	assert_true(blocks_init(&pool, 3) && blocks_init(&blocks, 1));
	struct cardinality first = set_of(&blocks, 3, 65536, exact);
	assert_true(joint_begin(&joint, &pool, &first, &blocks));
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		try_one(&joint, &pool, &blocks, sizes[i], exact);
	joint_clear(&joint, &pool);
	assert_int_equal(pool.spare_count, pool.made); /* every block came back */
	blocks_free(&pool);
	blocks_free(&blocks);
}

static void test_joint_of_registers(void **unused)
{
	(void)unused;
	grows(false);
}

static void test_joint_of_places(void **unused)
{
	(void)unused;
	grows(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_joint_of_registers),
		cmocka_unit_test(test_joint_of_places) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
