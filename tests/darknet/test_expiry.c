/*
 * darknet/event/expiry.c: events are told when their time-out has passed, by the clock as by packets, and nothing else
 * changes by that.
 */
#include "base/hash.h"
#include "chance.h"
#include "darknet/event/sources.h"
#include "net/packet.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define BEGIN ((nanoseconds)1700000000 * SECOND / HOUR * HOUR)
#define PACKETS 20000u

static struct space *space;

static int set_up(void **state)
{
	struct prefix prefix;
	(void)state;
	assert_true(prefix_parse(TEXT("198.51.0.0/16"), &prefix));
	return space_new(&prefix, 1, &space, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	space_free(space);
	return 0;
}

static struct arrival syn(uint32_t source, uint32_t place, uint16_t port, nanoseconds time)
{
	return (struct arrival){ .time = time,
		.source = { { [10] = 0xff, [11] = 0xff, [12] = 11, [14] = (uint8_t)(source >> 8), (uint8_t)source } },
		.place = place,
		.sequence = 99,
		.size = 40,
		.port = port,
		.protocol = 6,
		.flags = TCP_SYN,
		.kind = ARRIVAL_PROBE };
}

/* 300 sources, some of them busy, over some hours, and once silence for longer than any time-out. */
static struct arrival *mixture(unsigned seed)
{
	struct chance chance = chance_of(seed, 0);
	struct arrival *arrivals = calloc(PACKETS, sizeof *arrivals);
	nanoseconds time = BEGIN;
	assert_non_null(arrivals);
	for (size_t i = 0; i < PACKETS; i++) {
		uint32_t rank = (uint32_t)(300 * pow(chance_unit(&chance), 3));
		time +=
		    (nanoseconds)(chance_unit(&chance) * 3.0 * SECOND) + (i == PACKETS / 2 ? 9 * HOUR + 7 * MINUTE : 0);
		arrivals[i] = syn(rank, (uint32_t)(chance_unit(&chance) * (4 + rank % 40)),
		    (uint16_t)(rank % 3 ? 23 : 20 + (unsigned)(chance_unit(&chance) * 40)), time);
	}
	return arrivals;
}

/* What is told, in its order: the clock between packets changes nothing of it. */
struct order {
	uint64_t hash;
	size_t events, activities, begun;
	nanoseconds now, latest; /* the clock; how long after its time-out an event was told, at most */
	nanoseconds timeout;
};

static void order_event(void *context, const struct source_event *event)
{
	struct order *order = context;
	nanoseconds late = order->now - event->last - order->timeout;
	order->latest = late > order->latest && order->now != INT64_MAX ? late : order->latest;
	order->hash = hash_u64(order->hash ^ (uint64_t)event->first, hash_bytes(&event->source, 16, event->packets));
	order->events++;
}

static void order_begun(void *context, const struct arrival *first)
{
	(void)first;
	((struct order *)context)->begun++;
}

static void order_activity(void *context, const struct activity *activity)
{
	struct order *order = context;
	order->hash =
	    hash_u64(order->hash ^ (uint64_t)activity->first, hash_bytes(&activity->source, 16, activity->port));
	order->activities++;
}

static struct order in_order(
    const struct arrival *arrivals, nanoseconds timeout, nanoseconds tick, source_visitor again)
{
	struct order order = { .timeout = timeout };
	const struct source_settings settings = { .space = space,
		.timeout = timeout,
		.activity = order_activity,
		.event = order_event,
		.begun = order_begun,
		.again = again,
		.every = 2 * HOUR,
		.context = &order };
	struct sources *sources;
	assert_int_equal(sources_new(&settings, &sources, NULL), OK);
	order.now = arrivals[0].time;
	for (size_t i = 0; i < PACKETS; i++) {
		for (; tick && order.now + tick < arrivals[i].time; order.now += tick)
			sources_close(sources, order.now);
		order.now = arrivals[i].time;
		assert_int_equal(sources_add(sources, &arrivals[i], 1, NULL), OK);
	}
	order.now = INT64_MAX;
	sources_finish(sources);
	sources_free(sources);
	return order;
}

static void test_an_event_is_told_when_its_time_out_passed_and_the_clock_changes_nothing(void **state)
{
	static const nanoseconds timeouts[] = { SECOND, 50 * SECOND, 20 * MINUTE, 3 * HOUR };
	struct arrival *arrivals = mixture(4);
	(void)state;
	for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
		struct order packets = in_order(arrivals, timeouts[i], 0, NULL);
		struct order clock = in_order(arrivals, timeouts[i], SECOND, NULL);
		assert_true(packets.events > 300 && packets.activities > 400);
		assert_int_equal(packets.hash, clock.hash);
		assert_true(packets.begun == packets.events && clock.begun == clock.events);
		assert_true(clock.latest > 0 && clock.latest <= MINUTE + SECOND);
		packets = in_order(arrivals, timeouts[i], 0, order_event);
		clock = in_order(arrivals, timeouts[i], 700 * MILLISECOND, order_event);
		assert_int_equal(packets.hash, clock.hash);
	}
	free(arrivals);
}

/* Its event is over in the midst of a bin; its activity is one, even when it comes back. */
static void test_an_activity_is_whole_although_its_event_ended(void **state)
{
	const struct arrival arrivals[] = { syn(1, 1, 23, BEGIN), syn(2, 1, 23, BEGIN + 20 * MINUTE),
		syn(1, 2, 23, BEGIN + 40 * MINUTE), syn(3, 1, 23, BEGIN + 59 * MINUTE) };
	(void)state;
	for (uint64_t lines = 1; lines <= 100; lines += 99) {
		struct order order = { .now = INT64_MAX };
		const struct source_settings settings = { .space = space,
			.timeout = 10 * MINUTE,
			.lines = lines,
			.activity = order_activity,
			.event = order_event,
			.begun = order_begun,
			.context = &order };
		struct sources *sources;
		assert_int_equal(sources_new(&settings, &sources, NULL), OK);
		assert_int_equal(sources_add(sources, arrivals, 4, NULL), OK);
		sources_finish(sources);
		assert_int_equal(order.events, 4);
		assert_int_equal(order.activities, lines == 1 ? 4 : 3);
		assert_int_equal(sources_count(sources).forgotten, 0); /* the place of what is over is another's */
		sources_free(sources);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_event_is_told_when_its_time_out_passed_and_the_clock_changes_nothing),
		cmocka_unit_test(test_an_activity_is_whole_although_its_event_ended),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
