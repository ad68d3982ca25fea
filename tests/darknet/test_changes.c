/*
 * darknet/trend/changes.h: rises, falls and new ports are told, with their evidence, as soon as they are certain; a
 * quiet world is quiet.
 */
#include "darknet/packet/arrival.h"
#include "darknet/trend/changes.h"

#include "chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#define START (1640995200 * SECOND) /* 2022-01-01T00:00Z */
#define PORTS 20
#define MOST 500

struct world {
	struct changes *changes;
	struct chance chance;
	struct change told[MOST];
	unsigned count;
	uint32_t hour;
	double times[PORTS]; /* of what is usual */
};

static void tell(void *context, const struct change *change)
{
	struct world *world = context;
	assert_in_range(world->count, 0, MOST - 1);
	world->told[world->count++] = *change;
}

static struct activity row(struct world *world, uint16_t port, uint32_t number)
{
	nanoseconds bin = START + world->hour * HOUR;
	return (struct activity){ .bin = bin,
		.source = { { [10] = 0xff,
		    0xff,
		    (uint8_t)(number >> 24),
		    (uint8_t)(number >> 16),
		    (uint8_t)(number >> 8),
		    (uint8_t)number } },
		.first = bin,
		.last = bin,
		.packets = 1,
		.port = port,
		.protocol = 6,
		.network = 1 + number % 40,
		.country = { (char)('A' + number % 8), 'X' },
		.kind = ARRIVAL_PROBE };
}

static void add(struct world *world, uint16_t port)
{
	struct activity activity = row(world, port, (uint32_t)chance_bits(&world->chance) >> 4);
	changes_add(world->changes, &activity, 1);
}

/* Ports 1 … 20 with 20 to 210 sources an hour, more by day; scattered more than Poisson's law. */
static void fill_hour(struct world *world)
{
	double season = 1 + 0.4 * cos(2 * M_PI * world->hour / 24);
	for (uint16_t port = 0; port < PORTS; port++) {
		double mean = (20 + 10 * port) * season * world->times[port];
		for (uint64_t i = mean > 0 ? chance_overdispersed(&world->chance, mean, 50) : 0; i > 0; i--)
			add(world, (uint16_t)(port + 1));
	}
}

static void close_hour(struct world *world)
{
	changes_close(world->changes, START + world->hour++ * HOUR, 1, tell, world);
}

static void live(struct world *world, uint32_t days)
{
	for (uint32_t hour = 0; hour < days * 24; hour++) {
		fill_hour(world);
		close_hour(world);
	}
}

static void begin(struct world *world, uint64_t seed, uint32_t days)
{
	*world = (struct world){ .chance = chance_of(seed, 9) };
	for (size_t i = 0; i < PORTS; i++)
		world->times[i] = 1;
	world->changes = changes_new(&changes_usual);
	assert_non_null(world->changes);
	live(world, days);
}

static const struct change *find(
    const struct world *world, unsigned from, enum change_of of, enum change_over over, bool rise, uint32_t id)
{
	for (unsigned i = from; i < world->count; i++) {
		const struct change *change = &world->told[i];
		uint32_t own = of == CHANGE_PORT ? change->port : change->network;
		if (change->of == of && change->over == over && change->rise == rise && (id == 0 || own == id))
			return change;
	}
	return NULL;
}

static struct world world;

static void test_a_quiet_world_is_quiet(void **state)
{
	(void)state;
	begin(&world, 1, 74);
	/* Two months were judged; one alarm a month was asked for. */
	print_message("# %u alarms by chance in 2 months\n", world.count);
	assert_in_range(world.count, 0, 6);
	changes_free(world.changes);
}

static void test_a_rise_is_told_before_its_hour_ended(void **state)
{
	(void)state;
	begin(&world, 2, 35);
	unsigned before = world.count;
	fill_hour(&world);
	nanoseconds hour = START + world.hour * HOUR;
	changes_check(world.changes, hour + 30 * MINUTE, tell, &world);
	assert_int_equal(world.count, before);
	for (int minute = 31; minute < 60 && world.count == before; minute++) {
		for (int i = 0; i < 30; i++)
			add(&world, 5);
		changes_check(world.changes, hour + minute * MINUTE, tell, &world);
	}
	const struct change *change = find(&world, before, CHANGE_PORT, CHANGE_HOUR, true, 5);
	assert_non_null(change);
	assert_true(change->noticed < hour + HOUR && change->from == hour && change->to == hour + HOUR);
	assert_true(change->protocol == 6 && !change->first && change->surprise > change->threshold);
	assert_true(change->expected > 50 && change->expected < 120 && change->observed > change->expected * 1.5);
	/* Told once. */
	unsigned told = world.count;
	changes_check(world.changes, hour + 59 * MINUTE, tell, &world);
	assert_int_equal(world.count, told);
	changes_free(world.changes);
}

static void test_a_new_port_is_new(void **state)
{
	(void)state;
	begin(&world, 3, 35);
	unsigned before = world.count;
	for (int i = 0; i < 40; i++)
		add(&world, 4444);
	changes_check(world.changes, START + world.hour * HOUR + MINUTE, tell, &world);
	const struct change *change = find(&world, before, CHANGE_PORT, CHANGE_HOUR, true, 4444);
	assert_non_null(change);
	assert_true(change->first && change->expected < 0.01);
	changes_free(world.changes);
}

static void test_what_stops_is_told_when_its_hour_ended(void **state)
{
	(void)state;
	begin(&world, 4, 35);
	unsigned before = world.count;
	world.times[15] = 0;
	fill_hour(&world);
	changes_check(world.changes, START + world.hour * HOUR + 59 * MINUTE, tell, &world);
	assert_null(find(&world, before, CHANGE_PORT, CHANGE_HOUR, false, 16));
	close_hour(&world);
	const struct change *change = find(&world, before, CHANGE_PORT, CHANGE_HOUR, false, 16);
	assert_non_null(change);
	assert_true(change->observed == 0 && change->expected > 100);
	changes_free(world.changes);
}

/* Half more, or less, is within what hours do, and certain in a day or a week. */
static void test_what_is_nothing_in_an_hour_is_a_change_of_a_day_or_week(void **state)
{
	(void)state;
	begin(&world, 5, 50);
	unsigned before = world.count;
	world.times[9] = 1.5;
	world.times[10] = 0.6;
	live(&world, 15);
	const struct change *rise = find(&world, before, CHANGE_PORT, CHANGE_DAY, true, 10);
	assert_true(rise || find(&world, before, CHANGE_PORT, CHANGE_WEEK, true, 10));
	const struct change *fall = find(&world, before, CHANGE_PORT, CHANGE_DAY, false, 11);
	assert_true(fall || find(&world, before, CHANGE_PORT, CHANGE_WEEK, false, 11));
	changes_free(world.changes);
}

static void test_a_year_is_compared_with_the_year_before(void **state)
{
	(void)state;
	begin(&world, 6, 0);
	/* Slow: half as much again in a year, so that no week differs from those before it. */
	for (uint32_t hour = 0; hour < 380 * 24; hour++) {
		double times = 1 + 2.0 * hour / (365 * 24);
		for (uint64_t i = chance_poisson(&world.chance, 20 * times); i > 0; i--)
			add(&world, 7);
		for (uint64_t i = chance_poisson(&world.chance, 20); i > 0; i--)
			add(&world, 8);
		close_hour(&world);
	}
	const struct change *change = find(&world, 0, CHANGE_PORT, CHANGE_YEAR, true, 7);
	assert_non_null(change);
	assert_true(change->to - change->from == 7 * DAY && change->observed > change->expected * 2);
	assert_null(find(&world, 0, CHANGE_PORT, CHANGE_YEAR, true, 8));
	changes_free(world.changes);
}

static void test_research_and_backscatter_do_not_count(void **state)
{
	(void)state;
	begin(&world, 7, 35);
	unsigned before = world.count;
	for (uint32_t i = 0; i < 4000; i++) {
		struct activity activity = row(&world, 4444, i);
		activity.research = i % 2;
		activity.kind = i % 2 ? ARRIVAL_PROBE : ARRIVAL_BACKSCATTER;
		changes_add(world.changes, &activity, 1);
	}
	changes_check(world.changes, START + world.hour * HOUR + MINUTE, tell, &world);
	assert_int_equal(world.count, before);
	assert_int_equal(changes_displaced(world.changes), 0);
	changes_free(world.changes);
	changes_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_quiet_world_is_quiet),
		cmocka_unit_test(test_a_rise_is_told_before_its_hour_ended),
		cmocka_unit_test(test_a_new_port_is_new),
		cmocka_unit_test(test_what_stops_is_told_when_its_hour_ended),
		cmocka_unit_test(test_what_is_nothing_in_an_hour_is_a_change_of_a_day_or_week),
		cmocka_unit_test(test_a_year_is_compared_with_the_year_before),
		cmocka_unit_test(test_research_and_backscatter_do_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
