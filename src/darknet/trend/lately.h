/*
 * Was this seen lately? A memory of bounded size for (source, port) pairs and sources: who is new here.
 *
 * 32 bits for each: a fingerprint of 24 and the day of the last sighting. Sixteen share a cache line; when a line is
 * full the oldest goes, counted. One of a million is taken for another that is known. One thread.
 */
#ifndef NOROSHI_DARKNET_LATELY_H
#define NOROSHI_DARKNET_LATELY_H

#include "base/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lately;

/* Room for `most` (rounded up to a power of two, 4 bytes each), forgotten after `days` (1–120). NULL without memory. */
struct lately *lately_new(size_t most, unsigned days);
void lately_free(struct lately *seen);
/* True when `key` (a hash) was not seen within the days before; it is from now on. `day`: days since 1970. */
bool lately_first(struct lately *seen, uint64_t key, uint32_t day);
/* The key will be asked for soon: its line is fetched meanwhile. */
void lately_fetch(const struct lately *seen, uint64_t key);
uint64_t lately_displaced(const struct lately *seen); /* forgotten before their time, since there was no room */

/* Kept over a restart: written, and read into a new one of the same settings. What is no such thing fails the reader;
 * what it was read into is then good for nothing but to be freed. */
void lately_put(const struct lately *seen, struct builder *to);
void lately_get(struct lately *seen, struct reader *from);

#endif
