/*
 * Rules 4, 5 and 6 as properties: random worlds (world.h) are handed to triage in random manners, and the result must
 * be the same. Thousands of worlds in ./test, many more with NOROSHI_LONG=1; NOROSHI_SEED=N tries one. A world that
 * fails is made smaller while it still fails, and printed whole.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORLDS 1000 /* for each property */

/* Draws the manner of one world. */
typedef void (*manner_maker)(uint64_t *dice, const struct world *world, struct manner *manner);

/* Does the property hold of this world? Else words. */
static bool holds(const struct world *world, const struct manner *manner, char *words, size_t size)
{
	const struct manner plain = { 0 };
	struct result *one = malloc(sizeof *one), *other = malloc(sizeof *other);

	world_run(world, &plain, one);
	world_run(world, manner, other);
	bool same = false;
	if (one->complaint[0] || other->complaint[0])
		snprintf(words, size, "%s", one->complaint[0] ? one->complaint : other->complaint);
	else
		same = result_same(world, manner, one, other, words, size);
	result_free(one);
	result_free(other);
	free(one);
	free(other);
	return same;
}

static void leave_out(const struct world *from, unsigned begin, unsigned count, struct world *to)
{
	*to = *from;
	memmove(to->facts + begin, to->facts + begin + count, (from->count - begin - count) * sizeof(struct fact));
	to->count -= count;
	to->clamped = 0;
	for (unsigned i = 0; i < to->count; i++) {
		to->facts[i].position = i;
		to->clamped += to->facts[i].counts_as != to->facts[i].alert.occurred;
	}
}

/* Leaves out whatever is not needed to fail: halves first, then single alerts. */
static void shrink(struct world *world, const struct manner *manner)
{
	struct world *smaller = malloc(sizeof *smaller);
	char ignored[512];

	for (unsigned piece = world->count / 2; piece > 0; piece /= 2)
		for (unsigned at = 0; at + piece <= world->count;) {
			leave_out(world, at, piece, smaller);
			if (smaller->count > 0 && !holds(smaller, manner, ignored, sizeof ignored))
				*world = *smaller;
			else
				at += piece;
		}
	free(smaller);
}

static void explain(struct world *world, const struct manner *manner, unsigned seed)
{
	char words[512] = "";

	struct manner loud = *manner;

	shrink(world, manner);
	loud.loud = true;
	holds(world, &loud, words, sizeof words);
	printf("# seed %u, manner: disorder %lld s, apart %d, one restart in %u, provisional %d, only %u, neighbours "
	       "%d, seed %u\n",
	    seed, (long long)(manner->disorder / SECOND), manner->apart, manner->restarts, manner->provisional,
	    manner->only, manner->neighbours, manner->seed);
	world_print(world);
	fail_msg("seed %u: %s", seed, words);
}

static void try_worlds(manner_maker make, unsigned share)
{
	const char *only = getenv("NOROSHI_SEED"), *longer = getenv("NOROSHI_LONG");
	unsigned worlds = (longer ? 50 * WORLDS : WORLDS) / share, from = only ? (unsigned)strtoul(only, NULL, 10) : 1;
	struct world *world = malloc(sizeof *world);
	uint64_t alerts = 0;
	char words[512];

	for (unsigned seed = from; seed < from + (only ? 1 : worlds); seed++) {
		struct manner manner = { .seed = seed };
		uint64_t dice = seed;
		world_make(seed, world);
		make(&dice, world, &manner);
		alerts += world->count;
		if (!holds(world, &manner, words, sizeof words))
			explain(world, &manner, seed);
	}
	print_message("# seeds %u to %u, %llu alerts\n", from, only ? from : worlds, (unsigned long long)alerts);
	free(world);
}

/* Less than the lateness bound, with room for those that arrive at the same moment. */
static nanoseconds some_disorder(uint64_t *dice, const struct world *world)
{
	return (1 + (nanoseconds)world_dice(dice, (uint64_t)(world->settings.lateness / SECOND) - 1)) * SECOND;
}

static void any_order(uint64_t *dice, const struct world *world, struct manner *manner)
{
	manner->disorder = some_disorder(dice, world);
}

static void test_any_order_within_the_bound_gives_the_same_events(void **state)
{
	(void)state;
	try_worlds(any_order, 1);
}

static void one_by_one(uint64_t *dice, const struct world *world, struct manner *manner)
{
	any_order(dice, world, manner);
	manner->apart = true;
}

static void test_any_interleaving_of_organisations_gives_the_same_events(void **state)
{
	(void)state;
	try_worlds(one_by_one, 1);
}

static void with_restarts(uint64_t *dice, const struct world *world, struct manner *manner)
{
	any_order(dice, world, manner);
	manner->restarts = 2 + (unsigned)world_dice(dice, 60);
}

static void test_restarts_from_a_checkpoint_anywhere_give_the_same_events(void **state)
{
	(void)state;
	try_worlds(with_restarts, 2);
}

static void provisional(uint64_t *dice, const struct world *world, struct manner *manner)
{
	any_order(dice, world, manner);
	manner->provisional = true;
	manner->restarts = world_dice(dice, 2) ? 2 + (unsigned)world_dice(dice, 60) : 0;
}

static void test_provisional_events_leave_no_trace_and_none_vanishes_without_a_word(void **state)
{
	(void)state;
	try_worlds(provisional, 2);
}

static void live(uint64_t *dice, const struct world *world, struct manner *manner)
{
	(void)world;
	manner->live = manner->provisional = true;
	manner->seed = 0; /* no toss among those of one moment either */
	manner->restarts = world_dice(dice, 2) ? 2 + (unsigned)world_dice(dice, 60) : 0;
}

static void test_events_open_as_their_alerts_are_received(void **state)
{
	(void)state;
	try_worlds(live, 2);
}

static void one_alone(uint64_t *dice, const struct world *world, struct manner *manner)
{
	manner->only = 1 + (uint32_t)world_dice(dice, world->organisations);
	manner->disorder = some_disorder(dice, world);
}

static void test_no_organisation_changes_what_another_sees(void **state)
{
	(void)state;
	try_worlds(one_alone, 1);
}

static void neighbours(uint64_t *dice, const struct world *world, struct manner *manner)
{
	(void)dice;
	(void)world;
	manner->neighbours = true;
	manner->seed = 0; /* in the same order: content breaks ties, and it differs */
}

static void test_addresses_of_one_ipv6_64_are_one_far_side(void **state)
{
	(void)state;
	try_worlds(neighbours, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order_within_the_bound_gives_the_same_events),
		cmocka_unit_test(test_any_interleaving_of_organisations_gives_the_same_events),
		cmocka_unit_test(test_restarts_from_a_checkpoint_anywhere_give_the_same_events),
		cmocka_unit_test(test_provisional_events_leave_no_trace_and_none_vanishes_without_a_word),
		cmocka_unit_test(test_events_open_as_their_alerts_are_received),
		cmocka_unit_test(test_no_organisation_changes_what_another_sees),
		cmocka_unit_test(test_addresses_of_one_ipv6_64_are_one_far_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
