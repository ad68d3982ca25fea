/*
 * triage/order.h: what goes out, and when, is what a plain sorted list would give; also when too many wait.
 */
#include "triage/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 200
#define ALERTS 2000
#define LATENESS (600 * SECOND)

static unsigned pick(unsigned *seed, unsigned count)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 8) % count;
}

/* The same by the plainest means. */
struct list {
	struct item items[ALERTS];
	size_t count, most;
	nanoseconds watermark, newest[ORDER_WITNESSES];
	uint64_t late, hurried;
};

static int compare(const void *a, const void *b)
{
	return item_compare(a, b);
}

static int later_first(const void *a, const void *b)
{
	nanoseconds x = *(const nanoseconds *)a, y = *(const nanoseconds *)b;
	return (x < y) - (x > y);
}

static bool list_add(struct list *list, const struct item *item)
{
	nanoseconds met[ORDER_WITNESSES + 1];
	memcpy(met, list->newest, sizeof list->newest);
	met[ORDER_WITNESSES] = item->occurred;
	qsort(met, ORDER_WITNESSES + 1, sizeof *met, later_first);
	memcpy(list->newest, met, sizeof list->newest);
	if (item->occurred < list->watermark) {
		list->late++;
		return false;
	}
	list->items[list->count++] = *item;
	qsort(list->items, list->count, sizeof *list->items, compare);
	nanoseconds sure = list->newest[ORDER_WITNESSES - 1];
	if (sure > INT64_MIN + LATENESS && sure - LATENESS > list->watermark)
		list->watermark = sure - LATENESS;
	return true;
}

static bool list_next(struct list *list, bool all, struct item *item)
{
	bool full = list->count > list->most;
	if (!list->count || (!all && !full && list->items[0].occurred >= list->watermark))
		return false;
	*item = list->items[0];
	if (item->occurred > list->watermark)
		list->watermark = item->occurred;
	list->hurried += full && !all;
	memmove(list->items, list->items + 1, --list->count * sizeof *list->items);
	return true;
}

static void compare_next(struct order *order, struct list *list, bool all)
{
	struct item wanted;
	while (list_next(list, all, &wanted)) {
		const struct item *item = order_next(order, all);
		assert_non_null(item);
		assert_memory_equal(item, &wanted, sizeof wanted);
	}
	assert_null(order_next(order, all));
	assert_int_equal(order->count, list->count);
	assert_int_equal(order->late, list->late);
	assert_int_equal(order->hurried, list->hurried);
}

/* Some of one moment, some out of order, some too late; contents that are often equal. */
static struct item item_of(unsigned *seed, nanoseconds now, uint64_t sequence, unsigned contents)
{
	struct item item;
	memset(&item, 0, sizeof item);
	item.occurred = now - (pick(seed, 4) ? 0 : pick(seed, 700) * SECOND);
	item.content = pick(seed, contents);
	item.id.sequence = pick(seed, 8) ? sequence : 2 * ALERTS - sequence;
	item.id.sensor = pick(seed, 20) ? 2 : 1;
	item.position = sequence;
	return item;
}

static void test_it_goes_out_as_from_a_sorted_list(void **state)
{
	(void)state;
	struct list *list = malloc(sizeof *list);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct order order;
		unsigned seed = round, alerts = 1 + pick(&seed, round % 10 ? 200 : ALERTS - 1);
		nanoseconds now = 1000000 * SECOND;
		*list = (struct list){ .watermark = INT64_MIN, .newest = { INT64_MIN, INT64_MIN, INT64_MIN } };
		order_init(&order, 1000);
		for (unsigned i = 0; i < alerts; i++) {
			now += pick(&seed, round % 5 ? round % 7 + 2 : 150 * (1 + round % 10))
				   ? 0
				   : pick(&seed, 60) * SECOND;
			struct item item = item_of(&seed, now, i, round % 4 ? 5 : 300);
			order.most = list->most = round % 3 ? 1000 : pick(&seed, 40);
			assert_int_equal(order_add(&order, &item, LATENESS), list_add(list, &item));
			compare_next(&order, list, false);
		}
		order.most = list->most = 0;
		compare_next(&order, list, true);
		order_free(&order);
	}
	free(list);
}

static void test_a_moment_of_any_size_is_sorted(void **state)
{
	(void)state;
	static const unsigned counts[] = { 1, 2, 4095, 4096, 4097, 9000 };
	for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
		struct order order;
		unsigned seed = 7;
		order_init(&order, 100000);
		for (unsigned i = 0; i < counts[k]; i++) {
			struct item item = { .occurred = SECOND, .content = pick(&seed, 6), .id.sequence = i };
			assert_true(order_add(&order, &item, LATENESS));
		}
		struct item before = { 0 };
		for (unsigned i = 0; i < counts[k]; i++) {
			const struct item *item = order_next(&order, true);
			assert_non_null(item);
			assert_true(i == 0 || item_compare(&before, item) < 0);
			before = *item;
		}
		assert_null(order_next(&order, true));
		order_free(&order);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_goes_out_as_from_a_sorted_list),
		cmocka_unit_test(test_a_moment_of_any_size_is_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
