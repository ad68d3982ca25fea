/*
 * The order of alerts within one organisation. See order.h.
 */
#include "triage/order.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

int item_compare(const struct item *a, const struct item *b)
{
	if (a->occurred != b->occurred)
		return a->occurred < b->occurred ? -1 : 1;
	if (a->content != b->content)
		return a->content < b->content ? -1 : 1;
	return fact_id_compare(&a->id, &b->id);
}

void order_init(struct order *order, size_t most)
{
	*order = (struct order){ .most = most < 16 ? 16 : most, .watermark = INT64_MIN };
	for (int i = 0; i < ORDER_WITNESSES; i++)
		order->newest[i] = INT64_MIN;
}

void order_free(struct order *order)
{
	free(order->items);
	*order = (struct order){ 0 };
}

void order_trim(struct order *order)
{
	if (order->count)
		return;
	free(order->items);
	order->items = NULL;
	order->room = 0;
}

static void note_time(struct order *order, nanoseconds time)
{
	for (int i = 0; i < ORDER_WITNESSES; i++)
		if (time > order->newest[i]) {
			memmove(
			    &order->newest[i + 1], &order->newest[i], (size_t)(ORDER_WITNESSES - 1 - i) * sizeof time);
			order->newest[i] = time;
			return;
		}
}

void order_advance(struct order *order, nanoseconds time)
{
	if (time > order->watermark)
		order->watermark = time;
}

static void sift_up(struct order *order, size_t at)
{
	struct item item = order->items[at];
	while (at) {
		size_t parent = (at - 1) / 2;
		if (item_compare(&order->items[parent], &item) <= 0)
			break;
		order->items[at] = order->items[parent];
		at = parent;
	}
	order->items[at] = item;
}

static void sift_down(struct order *order)
{
	struct item item = order->items[0];
	size_t at = 0;
	for (size_t child; (child = 2 * at + 1) < order->count; at = child) {
		if (child + 1 < order->count && item_compare(&order->items[child + 1], &order->items[child]) < 0)
			child++;
		if (item_compare(&item, &order->items[child]) <= 0)
			break;
		order->items[at] = order->items[child];
	}
	order->items[at] = item;
}

bool order_add(struct order *order, const struct item *item, nanoseconds lateness)
{
	note_time(order, item->occurred);
	nanoseconds sure = order->newest[ORDER_WITNESSES - 1];
	if (item->occurred < order->watermark) {
		order->late++;
		return false;
	}
	if (order->count == order->room) {
		void *more = array_grow(order->items, &order->room, 64, sizeof *order->items);
		if (!more) {
			order->late++;
			return false;
		}
		order->items = more;
	}
	order->items[order->count++] = *item;
	sift_up(order, order->count - 1);
	if (sure > INT64_MIN + lateness)
		order_advance(order, sure - lateness);
	return true;
}

bool order_next(struct order *order, bool all, struct item *item)
{
	if (!order->count)
		return false;
	bool full = order->count > order->most;
	if (!all && !full && order->items[0].occurred >= order->watermark)
		return false;
	*item = order->items[0];
	if (item->occurred > order->watermark)
		order->watermark = item->occurred;
	if (full && !all)
		order->hurried++;
	order->items[0] = order->items[--order->count];
	if (order->count)
		sift_down(order);
	return true;
}
