/*
 * Puts the alerts of one organisation into the order of rule 6 (occurred, content, identity): holds each until nothing
 * earlier can come within the lateness bound.
 */
#ifndef NOROSHI_TRIAGE_ORDER_H
#define NOROSHI_TRIAGE_ORDER_H

#include "triage/item.h"

/* So many alerts must say that it is this late: one or two wrong clocks do not move the time. */
#define ORDER_WITNESSES 3

/* Most alerts come in order of time: they wait in a queue, in which only those of one moment still have to be put into
 * order when they go. The others wait in a heap. */
struct order {
	struct item *queue; /* [start, end), by `occurred` */
	size_t start, end, queue_room;
	size_t moment,
	    handed;      /* the first alerts of the queue, which are of one moment and now go; how many of them went */
	uint16_t *turns; /* of MOMENT: which of them is the next; used when in_turns, else they lie in their order */
	bool in_turns;
	struct item *heap; /* earliest first */
	size_t heap_count, heap_room;
	struct item taken;                   /* the heap's, when it was the last to go */
	size_t count, most;                  /* that wait; that may */
	nanoseconds newest[ORDER_WITNESSES]; /* greatest times met, descending */
	nanoseconds watermark;               /* everything before it was handed out */
	uint64_t late, hurried;              /* came behind the watermark; handed out early because the heap was full */
};

void order_init(struct order *order, size_t most);
void order_free(struct order *order);
/* True: kept. False: judge it at once (late, or no memory). */
bool order_add(struct order *order, const struct item *item, nanoseconds lateness);
/* Gives back the memory of what is empty. */
void order_trim(struct order *order);
/* The clock says that it is `time`: what waits behind it may go. */
void order_advance(struct order *order, nanoseconds time);
/* The next item in order, valid until the next call; NULL when none may go yet. `all`: the end of the input, let
 * everything go. */
const struct item *order_next(struct order *order, bool all);
/* Keeps an item whatever its time; false without memory. For order_add(), and to load what was saved. */
bool order_put(struct order *order, const struct item *item);
size_t order_memory(const struct order *order);

#endif
