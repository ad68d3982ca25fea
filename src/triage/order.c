/*
 * The order of alerts within one organisation. See order.h.
 */
#include "triage/order.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MOMENT 4096 /* alerts of one moment that are sorted by counting */
#define CONTENTS 32 /* and how many different things they say */

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
	free(order->turns);
	*order = (struct order){ 0 };
}

void order_trim(struct order *order)
{
	if (order->count)
		return;
	free(order->queue);
	free(order->heap);
	free(order->turns);
	order->queue = order->heap = NULL;
	order->turns = NULL;
	order->start = order->end = order->queue_room = order->heap_room = 0;
}

size_t order_memory(const struct order *order)
{
	return (order->queue_room + order->heap_room) * sizeof(struct item) +
	       (order->turns ? MOMENT * sizeof *order->turns : 0);
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

/* NULL when it is empty. */
static const struct item *queue_first(const struct order *order)
{
	if (order->start == order->end)
		return NULL;
	return &order->queue[order->start + (order->in_turns ? order->turns[order->handed] : order->handed)];
}

static const struct item *queue_take(struct order *order)
{
	const struct item *item = queue_first(order);
	if (++order->handed == order->moment) {
		order->start += order->moment;
		order->moment = order->handed = 0;
		order->in_turns = false;
	}
	return item;
}

/* No more of the moment may go now: what is left of it waits again as all else does. */
static void queue_settle(struct order *order)
{
	if (!order->handed)
		return;
	if (order->in_turns) {
		struct item *items = order->queue + order->start;
		bool gone[MOMENT] = { false };
		for (size_t i = 0; i < order->handed; i++)
			gone[order->turns[i]] = true;
		for (size_t from = order->moment, to = order->moment; from-- > 0;)
			if (!gone[from])
				items[--to] = items[from];
	}
	order->start += order->handed;
	order->moment = order->handed = 0;
	order->in_turns = false;
}

static int compare_items(const void *a, const void *b)
{
	return item_compare(a, b);
}

/* The contents of one moment, each with its alerts. */
struct contents {
	struct content {
		uint64_t hash;
		const struct fact_id *last;
		uint32_t count;
		uint32_t turn; /* of the next of them */
	} of[CONTENTS];
	uint32_t count;
};

/* Where among the contents the item's is; CONTENTS when there is no room for it. */
static uint32_t content_at(struct contents *contents, const struct item *item)
{
	for (uint32_t k = 0; k < contents->count; k++)
		if (contents->of[k].hash == item->content)
			return k;
	if (contents->count < CONTENTS)
		contents->of[contents->count] = (struct content){ .hash = item->content };
	return contents->count < CONTENTS ? contents->count++ : CONTENTS;
}

static void give_turns(struct contents *contents)
{
	uint8_t sorted[CONTENTS];
	for (uint32_t k = 0; k < contents->count; k++) {
		uint32_t at = k;
		for (; at && contents->of[k].hash < contents->of[sorted[at - 1]].hash; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = (uint8_t)k;
	}
	uint32_t before = 0;
	for (uint32_t k = 0; k < contents->count; k++) {
		contents->of[sorted[k]].turn = before;
		before += contents->of[sorted[k]].count;
	}
}

/* A moment has many alerts that say few things, and those that say the same mostly come in the order of their ids. So
 * they are counted by what they say, and go by turns: an item is large, and to move each costs a tenth of the whole
 * triage. False when the moment is not so, or without memory. */
static bool take_turns(struct order *order, const struct item *items, size_t count)
{
	struct contents contents = { .count = 0 };
	uint8_t says[MOMENT];
	if (count > MOMENT)
		return false;
	if (!order->turns && !(order->turns = malloc(MOMENT * sizeof *order->turns)))
		return false;
	for (size_t i = 0; i < count; i++) {
		uint32_t k = content_at(&contents, &items[i]);
		if (k == CONTENTS)
			return false;
		struct content *content = &contents.of[k];
		if (content->count++ && fact_id_compare(content->last, &items[i].id) > 0)
			return false;
		content->last = &items[i].id;
		says[i] = (uint8_t)k;
	}
	give_turns(&contents);
	for (size_t i = 0; i < count; i++)
		order->turns[contents.of[says[i]].turn++] = (uint16_t)i;
	return true;
}

/* Begins the first moment of the queue: its alerts go in their order. */
static void queue_begin(struct order *order)
{
	struct item *items = order->queue + order->start;
	size_t waiting = order->end - order->start, count = 1;
	bool ordered = true;
	for (; count < waiting && items[count].occurred == items->occurred; count++)
		ordered = ordered && item_compare(&items[count - 1], &items[count]) < 0;
	order->in_turns = !ordered && take_turns(order, items, count);
	if (!ordered && !order->in_turns)
		qsort(items, count, sizeof *items, compare_items);
	order->moment = count;
}

/* ── in and out ─ */

bool order_put(struct order *order, const struct item *item)
{
	bool behind = order->start == order->end || item->occurred >= order->queue[order->end - 1].occurred;
	/* More of a moment that is being handed out would come behind the sorted ones. */
	bool handing_out = order->moment && item->occurred == order->queue[order->start].occurred;
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
	const struct item *queued = queue_first(order);
	const struct item *heaped = order->heap_count ? order->heap : NULL;
	nanoseconds earliest = !queued ? heaped->occurred : queued->occurred;
	if (heaped && heaped->occurred < earliest)
		earliest = heaped->occurred;
	bool full = order->count > order->most;
	if (!all && !full && earliest >= order->watermark) {
		queue_settle(order);
		return NULL;
	}
	if (earliest > order->watermark)
		order->watermark = earliest;
	order->hurried += full && !all;
	order->count--;
	if (queued && !order->moment) {
		queue_begin(order);
		queued = queue_first(order);
	}
	return queued && (!heaped || item_compare(queued, heaped) < 0) ? queue_take(order) : heap_take(order);
}
