/*
 * darknet/event/coordinated.h: scans that divide their targets are one; scans that are each on their own are not.
 */
#include "darknet/event/coordinated.h"

#include "chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define START (1640995200 * SECOND) /* 2022-01-01T00:00Z */

struct told {
	size_t groups, sources, most;
	double targets, chance, sigmas, error;
	uint64_t packets;
	struct address members[4096];
};

static void tell(void *context, const struct coordinated *found)
{
	struct told *told = context;
	told->groups++;
	told->sources += found->count;
	told->most = found->count > told->most ? found->count : told->most;
	told->targets = found->targets;
	told->error = found->target_error;
	told->chance = found->chance;
	told->sigmas = found->sigmas;
	told->packets = found->packets;
	for (size_t i = 0; i < found->count; i++)
		told->members[i] = found->members[i].source;
}

struct world {
	struct chance chance;
	uint32_t addresses;
	struct blocks blocks;
	struct coordinating *all;
	struct told told;
	uint32_t next; /* source */
	uint32_t *order;
};

static struct world *world_new(uint64_t seed, uint32_t addresses)
{
	struct world *world = calloc(1, sizeof *world);
	const struct coordinated_settings settings = { .addresses = addresses };
	world->chance = chance_of(seed, addresses);
	world->addresses = addresses;
	world->all = coordinating_new(&settings, tell, &world->told);
	world->order = malloc(addresses * sizeof *world->order);
	assert_true(world->all && blocks_init(&world->blocks, 64));
	for (uint32_t i = 0; i < addresses; i++)
		world->order[i] = i;
	return world;
}

static void world_free(struct world *world)
{
	coordinated_finish(world->all);
	coordinating_free(world->all);
	blocks_free(&world->blocks);
	free(world->order);
	free(world);
}

static void shuffle(struct world *world)
{
	for (uint32_t i = world->addresses - 1; i > 0; i--) {
		uint32_t other = chance_below(&world->chance, i + 1), held = world->order[i];
		world->order[i] = world->order[other];
		world->order[other] = held;
	}
}

/* A scan of `count` targets of the order, from `from` on. */
static void scan(struct world *world, uint32_t from, uint32_t count, nanoseconds first, uint16_t port)
{
	struct cardinality targets = { 0 };
	struct scan scan = {
		.first = first, .last = first + HOUR, .packets = count, .tool = 2, .port_listed = 1, .port_count = 1
	};

	scan.ports[0] = (struct source_port){ port, 6 };
	world->next++;
	scan.source = (struct address){ { [10] = 0xff,
	    [11] = 0xff,
	    [12] = 198,
	    (uint8_t)(world->next >> 16),
	    (uint8_t)(world->next >> 8),
	    (uint8_t)world->next } };
	for (uint32_t i = 0; i < count; i++)
		cardinality_add(&targets, &world->blocks, world->order[from + i], world->addresses <= 65536);
	scan.targets = cardinality_count(&targets, &world->blocks, &scan.target_error);
	scan.coverage = scan.targets / world->addresses;
	coordinated_add(world->all, &scan, &targets, &world->blocks);
	cardinality_clear(&targets, &world->blocks);
}

static nanoseconds soon(struct world *world)
{
	return START + chance_below(&world->chance, 60) * SECOND;
}

/* `parts` sources share `whole` targets. */
static void share(struct world *world, uint32_t parts, uint32_t whole, uint16_t port)
{
	shuffle(world);
	for (uint32_t i = 0; i < parts; i++)
		scan(world, i * (whole / parts), whole / parts, soon(world), port);
}

static void alone(struct world *world, uint32_t count, uint16_t port)
{
	shuffle(world);
	scan(world, 0, count, soon(world), port);
}

static void test_parts_of_one_scan_are_one(void **state)
{
	(void)state;
	static const struct {
		uint32_t addresses, parts, whole;
	} cases[] = { { 65536, 2, 65536 }, { 65536, 2, 6000 }, { 65536, 10, 65536 }, { 65536, 1000, 60000 },
		{ 65536, 250, 4000 }, { 256, 4, 256 }, { 1 << 20, 4, 1 << 20 }, { 1 << 20, 50, 1 << 19 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world *world = world_new(i, cases[i].addresses);
		share(world, cases[i].parts, cases[i].whole, 23);
		coordinated_finish(world->all);
		uint32_t whole = cases[i].whole / cases[i].parts * cases[i].parts;
		print_message("# %u of %u addresses by %u: %zu told, %.0f targets, by chance %.0f, %.1f sigmas\n",
		    whole, cases[i].addresses, cases[i].parts, world->told.groups, world->told.targets,
		    world->told.chance, world->told.sigmas);
		assert_int_equal(world->told.groups, 1);
		assert_int_equal(world->told.sources, cases[i].parts);
		assert_int_equal(world->told.packets, whole);
		assert_true(fabs(world->told.targets - whole) <= 3 * world->told.error * whole);
		world_free(world);
	}
}

static void test_scans_on_their_own_are_not_one(void **state)
{
	(void)state;
	size_t tried = 0;
	for (unsigned seed = 0; seed < 30; seed++) {
		struct world *world = world_new(seed, seed % 3 == 2 ? 1 << 18 : 65536);
		double least = seed % 2 ? 40 : 2000;
		for (unsigned i = 0; i < 60; i++, tried++)
			alone(world, (uint32_t)chance_scale(&world->chance, least, 30 * least), 23);
		coordinated_finish(world->all);
		assert_int_equal(world->told.groups, 0);
		world_free(world);
	}
	print_message("# %zu scans of the same port, begun within a minute: none told\n", tried);
}

static void test_who_is_on_his_own_is_no_member(void **state)
{
	(void)state;
	struct world *world = world_new(7, 65536);
	for (unsigned i = 0; i < 20; i++)
		alone(world, 6500, 23);
	share(world, 8, 52000, 23);
	for (unsigned i = 0; i < 20; i++)
		alone(world, 6500, 23);
	share(world, 8, 52000, 80);
	coordinated_finish(world->all);
	assert_int_equal(world->told.groups, 2);
	assert_int_equal(world->told.sources, 16);
	assert_int_equal(world->told.members[0].bytes[15], 49);
	world_free(world);
}

static void test_others_ports_tools_times_and_sizes_are_apart(void **state)
{
	(void)state;
	struct world *world = world_new(8, 65536);
	shuffle(world);
	scan(world, 0, 20000, START, 23);
	scan(world, 20000, 20000, START + 11 * MINUTE, 23); /* too late */
	scan(world, 40000, 9000, START, 23);                /* too small */
	scan(world, 20000, 20000, START, 24);
	coordinated_finish(world->all);
	assert_int_equal(world->told.groups, 0);
	world_free(world);
}

static void test_cohorts_that_are_over_are_judged(void **state)
{
	(void)state;
	struct world *world = world_new(9, 65536);
	share(world, 3, 60000, 23);
	coordinated_close(world->all, START + 5 * MINUTE);
	assert_int_equal(world->told.groups, 0);
	coordinated_close(world->all, START + 12 * MINUTE);
	assert_int_equal(world->told.groups, 1);
	coordinated_finish(world->all);
	assert_int_equal(world->told.groups, 1);
	world_free(world);
}

/* Thousands of cohorts at once: the oldest are judged early, nothing is lost of what is whole. */
static void test_without_room_the_oldest_are_judged(void **state)
{
	(void)state;
	struct world *world = world_new(10, 65536);
	share(world, 3, 60000, 1);
	for (uint16_t port = 2; port < 4000; port++)
		scan(world, 0, 70, START, port);
	assert_int_equal(world->told.groups, 1);
	share(world, 3, 60000, 5000);
	coordinated_finish(world->all);
	assert_int_equal(world->told.groups, 2);
	world_free(world);
	coordinating_free(NULL);
}

/* Thousands that are alike and know nothing of each other: they cost little, and hide nobody of other ports, nor
 * themselves for longer than they come. */
static void test_a_crowd_of_alike_scans_is_bounded_and_counted(void **state)
{
	(void)state;
	struct world *world = world_new(11, 65536);
	share(world, 3, 60000, 80);
	for (unsigned i = 0; i < 600; i++)
		alone(world, 6500, 23);
	uint64_t crowded = coordinated_crowded(world->all);
	assert_true(crowded > 200 && crowded < 350); /* 32 each, after the first */
	for (unsigned i = 0; i < 100; i++)
		alone(world, 6500, 23);
	assert_int_equal(coordinated_crowded(world->all), crowded + 100);
	share(world, 4, 60000, 23);
	assert_int_equal(coordinated_crowded(world->all), crowded + 104);
	share(world, 4, 60000, 443);
	shuffle(world);
	for (uint32_t i = 0; i < 5; i++)
		scan(world, i * 12000, 12000, START + HOUR, 23);
	assert_int_equal(coordinated_crowded(world->all), crowded + 104);
	coordinated_finish(world->all);
	assert_int_equal(world->told.groups, 3);
	assert_int_equal(world->told.sources, 3 + 4 + 5);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts_of_one_scan_are_one),
		cmocka_unit_test(test_scans_on_their_own_are_not_one),
		cmocka_unit_test(test_who_is_on_his_own_is_no_member),
		cmocka_unit_test(test_others_ports_tools_times_and_sizes_are_apart),
		cmocka_unit_test(test_cohorts_that_are_over_are_judged),
		cmocka_unit_test(test_without_room_the_oldest_are_judged),
		cmocka_unit_test(test_a_crowd_of_alike_scans_is_bounded_and_counted),
	};
	return cmocka_run_group_tests_name("darknet coordinated", tests, NULL, NULL);
}
