/*
 * Which parts of which batches and files are stored already: for each (sensor, epoch) the ranges of its frames with
 * their counts. Bounded; rebuilt from the frames' headers, so it needs no file of its own.
 */
#ifndef NOROSHI_STORE_SEEN_H
#define NOROSHI_STORE_SEEN_H

#include "store/history.h"

#define SEEN_EPOCHS (1u << 20) /* at most; the ones that were touched longest ago go first */
#define SEEN_RANGES 256        /* of one epoch; then neighbours are kept as one, with the sum of their counts */
#define SEEN_RANGES_ALL (1u << 21)

struct seen;
struct seen *seen_new(void);
void seen_free(struct seen *seen);
bool seen_add(struct seen *seen, const struct history_batch *batch); /* false = no memory */
uint64_t seen_find(const struct seen *seen, const struct history_batch *batch, struct history_batch *stored);

#endif
