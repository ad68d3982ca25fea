/*
 * How many sessions a source began in this minute. A table of fixed size: where many sources share a place, the one
 * with the fewest sessions is forgotten, which errs on its side.
 */
#ifndef NOROSHI_DECOY_RATE_H
#define NOROSHI_DECOY_RATE_H

#include "base/time.h"
#include "net/address.h"

struct rate;

struct rate *rate_new(uint32_t per_minute); /* NULL: no memory */
void rate_free(struct rate *rate);
/* Counts one more; false when there were enough. `now` is monotonic. */
bool rate_allows(struct rate *rate, struct address source, nanoseconds now);

#endif
