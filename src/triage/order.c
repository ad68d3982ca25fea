/*
 * The order of alerts within one organisation. See order.h.
 */
#include "triage/order.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define FEW 64 /* alerts of one moment */

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
	free(order->queue);
	free(order->heap);
	*order = (struct order){ 0 };
}

void order_trim(struct order *order)
{
	if (order->count)
		return;
	free(order->queue);
	free(order->heap);
	order->queue = order->heap = NULL;
	order->start = order->end = order->queue_room = order->heap_room = 0;
}

size_t order_memory(const struct order *order)
{
	return (order->queue_room + order->heap_room) * sizeof(struct item);
}

static void note_time(struct order *order, nanoseconds time)
{
	for (int i = 0; i < ORDER_WITNESSES; i++)
		if (time > order->newest[i]) {
			nanoseconds before = order->newest[i];
			order->newest[i] = time;
			time = before;
		}
}

void order_advance(struct order *order, nanoseconds time)
{
	if (time > order->watermark)
		order->watermark = time;
}

/* ── the heap ─ */

static bool heap_put(struct order *order, const struct item *item)
{
	if (order->heap_count == order->heap_room) {
		void *more = array_grow(order->heap, &order->heap_room, 64, sizeof *order->heap);
		if (!more)
			return false;
		order->heap = more;
	}
	size_t at = order->heap_count++;
	while (at) {
		size_t parent = (at - 1) / 2;
		if (item_compare(&order->heap[parent], item) <= 0)
			break;
		order->heap[at] = order->heap[parent];
		at = parent;
	}
	order->heap[at] = *item;
	return true;
}

static const struct item *heap_take(struct order *order)
{
	order->taken = order->heap[0];
	struct item last = order->heap[--order->heap_count];
	size_t at = 0;
	for (size_t child; (child = 2 * at + 1) < order->heap_count; at = child) {
		if (child + 1 < order->heap_count && item_compare(&order->heap[child + 1], &order->heap[child]) < 0)
			child++;
		if (item_compare(&last, &order->heap[child]) <= 0)
			break;
		order->heap[at] = order->heap[child];
	}
	order->heap[at] = last;
	return &order->taken;
}

/* ── the queue ─ */

static bool queue_put(struct order *order, const struct item *item)
{
	if (order->end == order->queue_room) {
		if (order->start >= order->queue_room / 2 && order->start) {
			order->end -= order->start;
			memmove(order->queue, order->queue + order->start, order->end * sizeof *order->queue);
			order->start = 0;
		} else {
			void *more = array_grow(order->queue, &order->queue_room, 64, sizeof *order->queue);
			if (!more)
				return false;
			order->queue = more;
		}
	}
	order->queue[order->end++] = *item;
	return true;
}

static const struct item *queue_take(struct order *order)
{
	order->sorted--;
	return &order->queue[order->start++];
}

static int compare_items(const void *a, const void *b)
{
	return item_compare(a, b);
}

/* Sorts by way of places: an item is large, and each is moved once. Alerts that say the same mostly come in the order
 * of their ids, so that sorting by content alone, which keeps that order, is enough; false when it was not. */
static bool sort_few(struct item *items, size_t count)
{
	struct place {
		uint64_t content;
		size_t from;
	} places[FEW];
	for (size_t i = 0; i < count; i++) {
		struct place place = { items[i].content, i };
		size_t at = i;
		for (; at && place.content < places[at - 1].content; at--)
			places[at] = places[at - 1];
		places[at] = place;
	}
	for (size_t i = 1; i < count; i++)
		if (places[i].content == places[i - 1].content &&
		    fact_id_compare(&items[places[i - 1].from].id, &items[places[i].from].id) > 0)
			return false;
	for (size_t i = 0; i < count; i++) { /* along each cycle of places, until the one that began it */
		if (places[i].from == i)
			continue;
		struct item first = items[i];
		size_t to = i;
		for (size_t from; (from = places[to].from) != i; to = from) {
			items[to] = items[from];
			places[to].from = to;
		}
		items[to] = first;
		places[to].from = to;
	}
	return true;
}

/* Puts the alerts of the first moment in the queue into their order. */
static void sort_moment(struct order *order)
{
	struct item *items = order->queue + order->start;
	size_t waiting = order->end - order->start, count = 1;
	bool ordered = true;
	for (; count < waiting && items[count].occurred == items->occurred; count++)
		ordered = ordered && item_compare(&items[count - 1], &items[count]) < 0;
	if (!ordered && (count > FEW || !sort_few(items, count)))
		qsort(items, count, sizeof *items, compare_items);
	order->sorted = count;
}

/* ── in and out ─ */

bool order_put(struct order *order, const struct item *item)
{
	bool behind = order->start == order->end || item->occurred >= order->queue[order->end - 1].occurred;
	/* More of a moment that is being handed out would come behind the sorted ones. */
	bool handing_out = order->sorted && item->occurred == order->queue[order->start].occurred;
	if (!(behind && !handing_out ? queue_put(order, item) : heap_put(order, item)))
		return false;
	order->count++;
	return true;
}

bool order_add(struct order *order, const struct item *item, nanoseconds lateness)
{
	note_time(order, item->occurred);
	nanoseconds sure = order->newest[ORDER_WITNESSES - 1];
	if (item->occurred < order->watermark || !order_put(order, item)) {
		order->late++;
		return false;
	}
	if (sure > INT64_MIN + lateness)
		order_advance(order, sure - lateness);
	return true;
}

const struct item *order_next(struct order *order, bool all)
{
	if (!order->count)
		return NULL;
	const struct item *queued = order->start < order->end ? &order->queue[order->start] : NULL;
	const struct item *heaped = order->heap_count ? order->heap : NULL;
	nanoseconds earliest = !queued ? heaped->occurred : queued->occurred;
	if (heaped && heaped->occurred < earliest)
		earliest = heaped->occurred;
	bool full = order->count > order->most;
	if (!all && !full && earliest >= order->watermark)
		return NULL;
	if (earliest > order->watermark)
		order->watermark = earliest;
	order->hurried += full && !all;
	order->count--;
	if (queued && !order->sorted)
		sort_moment(order);
	return queued && (!heaped || item_compare(queued, heaped) < 0) ? queue_take(order) : heap_take(order);
}
