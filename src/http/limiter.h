/*
 * How many requests a client may make: token buckets in a table of fixed size.
 */
#ifndef NOROSHI_HTTP_LIMITER_H
#define NOROSHI_HTTP_LIMITER_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limiter;

/* `entries` buckets are remembered; NULL when there is no memory. Keys are hashed with a secret seed, so that nobody
 * can choose addresses or tokens that share a bucket with another's. */
struct limiter *limiter_new(size_t entries);
void limiter_free(struct limiter *limiter);

/* Takes one request from the bucket of `key` (and `kind`, which keeps uses apart), which holds at most per_minute / 4
 * (at least 10) and fills at per_minute. Returns 0, or the seconds after which to try again. When the table is full the
 * fullest bucket of eight is forgotten: who made the fewest requests loses the least. */
uint32_t limiter_take(
    struct limiter *limiter, unsigned kind, const void *key, size_t size, uint32_t per_minute, nanoseconds now);

#endif
