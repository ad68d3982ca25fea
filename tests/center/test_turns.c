/*
 * Turns and quotas of organisations in the front: how work is shared out, whatever its pieces are like.
 */
#include "center/ingest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LANES 8u
#define LARGEST (1u << 20) /* bytes of a piece of work */
#define TURN (256u << 10)  /* bytes in one turn of weight 1 */

struct scene {
	struct member_table *table;
	struct turns turns;
	struct member *members[LANES];
	struct ingest batches[LANES];
	uint64_t served[LANES];
};

static int scene_open(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	scene->table = member_table_new();
	turns_init(&scene->turns);
	for (unsigned i = 0; i < LANES; i++)
		scene->members[i] = member_of(scene->table, 7 + i * 16384); /* all in the same place of the table */
	*state = scene;
	return 0;
}

static int scene_close(void **state)
{
	struct scene *scene = *state;
	for (unsigned i = 0; i < LANES; i++)
		free(scene->members[i]);
	free(scene->table);
	free(scene);
	return 0;
}

static void fill(struct scene *scene, unsigned lane)
{
	lane_append(&scene->members[lane]->reading, &scene->batches[lane]);
	turns_add(&scene->turns, &scene->members[lane]->reading);
}

static unsigned serve(struct scene *scene, uint32_t bytes)
{
	struct lane *lane = turns_next(&scene->turns);
	unsigned which = 0;
	assert_non_null(lane);
	while (scene->members[which] != lane->member)
		which++;
	scene->served[which] += bytes;
	turns_charge(&scene->turns, bytes);
	return which;
}

/* How many pieces of others are served before it is the turn of the first. */
static unsigned served_before(struct scene *scene, uint32_t bytes)
{
	unsigned pieces = 0;
	while (turns_next(&scene->turns)->member != scene->members[0]) {
		serve(scene, bytes);
		assert_true(++pieces < 1000);
	}
	return pieces;
}

static void test_work_is_shared_by_weight_whatever_its_pieces(void **state)
{
	struct scene *scene = *state;
	srandom(1);
	for (unsigned i = 0; i < LANES; i++) {
		scene->members[i]->weight = i == 0 ? 0.25 : i == 1 ? 16 : 1;
		fill(scene, i);
	}
	uint32_t pieces[LANES];
	for (unsigned i = 0; i < LANES; i++)
		pieces[i] = LARGEST >> i; /* one has large batches, another tiny ones */
	for (unsigned i = 0; i < 200000; i++) {
		struct lane *lane = turns_next(&scene->turns);
		unsigned which = 0;
		while (scene->members[which] != lane->member)
			which++;
		serve(scene, 1 + (uint32_t)random() % pieces[which]);
	}
	for (unsigned i = 0; i < LANES; i++) {
		double turns = (double)scene->served[i] / scene->members[i]->weight;
		double first = (double)scene->served[2];
		assert_true(turns > first - 16 * (LARGEST + TURN) && turns < first + 16 * (LARGEST + TURN));
	}
}

static void test_who_comes_anew_waits_for_one_turn_of_each_other(void **state)
{
	struct scene *scene = *state;
	for (unsigned i = 1; i < LANES; i++)
		fill(scene, i);
	for (unsigned i = 0; i < 1000; i++)
		serve(scene, LARGEST);
	fill(scene, 0);
	assert_true(served_before(scene, LARGEST) < LANES); /* at most one piece each, as large as pieces can be */
}

static void test_who_used_more_than_a_turn_pays_it_back(void **state)
{
	struct scene *scene = *state;
	fill(scene, 0);
	fill(scene, 1);
	assert_int_equal(serve(scene, 4 * TURN), 0);
	assert_int_equal(served_before(scene, TURN), 4); /* as much for the other */
	/* Neither does an empty queue cancel the debt. */
	serve(scene, 4 * TURN);
	lane_remove(&scene->members[0]->reading, &scene->batches[0]);
	assert_int_equal(serve(scene, TURN), 1);
	assert_int_equal(serve(scene, TURN), 1);
	assert_false(scene->members[0]->reading.in_turn);
	fill(scene, 0);
	assert_true(served_before(scene, TURN) >= 3);
}

static void test_who_has_nothing_to_do_saves_nothing_up(void **state)
{
	struct scene *scene = *state;
	for (unsigned round = 0; round < 100; round++) {
		fill(scene, 0);
		assert_int_equal(serve(scene, 1), 0);
		lane_remove(&scene->members[0]->reading, &scene->batches[0]);
		assert_null(turns_next(&scene->turns));
	}
	assert_int_equal(scene->members[0]->reading.deficit, 0);
}

static void test_a_batch_leaves_the_middle_of_its_queue(void **state)
{
	struct scene *scene = *state;
	struct lane *lane = &scene->members[0]->reading;
	for (unsigned i = 0; i < 3; i++)
		lane_append(lane, &scene->batches[i]);
	lane_remove(lane, &scene->batches[1]);
	lane_remove(lane, &scene->batches[1]);
	lane_remove(lane, &scene->batches[2]);
	lane_append(lane, &scene->batches[3]);
	assert_ptr_equal(lane->first, &scene->batches[0]);
	assert_ptr_equal(lane->first->next, &scene->batches[3]);
	assert_null(lane->first->next->next);
}

static void test_a_quota_fills_and_is_bounded(void **state)
{
	struct member *member = ((struct scene *)*state)->members[0];
	member_refill(member, 100, 5);
	assert_true(member->tokens == 500);
	member_charge(member, 1000, 700);
	assert_true(member->tokens == -200);
	member->refilled -= 3 * SECOND;
	member_refill(member, 100, 5);
	assert_true(member->tokens >= 100 && member->tokens < 200);
	member->refilled -= HOUR;
	member_refill(member, 100, 5);
	assert_true(member->tokens == 500);
	member_refill(member, 100, 1); /* overload: what was saved up is not given out */
	assert_true(member->tokens == 100);
}

static void test_what_a_body_will_take_is_learned(void **state)
{
	struct member *member = ((struct scene *)*state)->members[0];
	member_refill(member, 100, 5);
	assert_true(member_expect(member, 0) == 1); /* nothing is for nothing */
	member_charge(member, 1000, 500);
	assert_true(member_expect(member, 2000) == 1000);
	for (unsigned i = 0; i < 100; i++)
		member_charge(member, 1000, 10);
	assert_true(member_expect(member, 1000) < 11);
	member_charge(member, 0, 5); /* a body without bytes teaches nothing */
	assert_true(member_expect(member, 1000) < 11);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_work_is_shared_by_weight_whatever_its_pieces),
		TEST(test_who_comes_anew_waits_for_one_turn_of_each_other),
		TEST(test_who_used_more_than_a_turn_pays_it_back),
		TEST(test_who_has_nothing_to_do_saves_nothing_up),
		TEST(test_a_batch_leaves_the_middle_of_its_queue),
		TEST(test_a_quota_fills_and_is_bounded),
		TEST(test_what_a_body_will_take_is_learned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
