/*
 * Puts the alerts of one organisation into the order of rule 6 (occurred, content, identity): holds each until nothing
 * earlier can come within the lateness bound.
 */
#ifndef NOROSHI_TRIAGE_ORDER_H
#define NOROSHI_TRIAGE_ORDER_H

#include "triage/item.h"

/* So many alerts must say that it is this late: one or two wrong clocks do not move the time. */
#define ORDER_WITNESSES 3

struct order {
	struct item *items; /* a heap, earliest first */
	size_t count, room, most;
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
/* The next item in order; false when none may go yet. `all`: the end of the input, let everything go. */
bool order_next(struct order *order, bool all, struct item *item);

#endif
