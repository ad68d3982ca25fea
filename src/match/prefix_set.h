/*
 * A compiled set of prefixes, each with a number of the caller's: which numbers cover this address? Overlapping and
 * nested prefixes are fine. IPv4 and IPv6 in one set (net/address.h).
 */
#ifndef NOROSHI_MATCH_PREFIX_SET_H
#define NOROSHI_MATCH_PREFIX_SET_H

#include "base/error.h"
#include "net/address.h"

#include <stddef.h>
#include <stdint.h>

#define PREFIX_SET_LARGEST 4000000 /* prefixes */
#define PREFIX_SET_NUMBERS 16      /* different numbers that are kept for one address; the lowest ones */

struct prefix_set;

struct prefix_set *prefix_set_new(void); /* NULL when there is no memory */
void prefix_set_free(struct prefix_set *set);

/* ERROR_LIMIT beyond PREFIX_SET_LARGEST. Not after prefix_set_compile(). */
enum error prefix_set_add(struct prefix_set *set, struct prefix prefix, uint32_t number);
enum error prefix_set_compile(struct prefix_set *set);

/* The numbers that cover the address, ascending, each once; they live as long as the set. Binary search over disjoint
 * ranges; any number of threads. */
const uint32_t *prefix_set_find(const struct prefix_set *set, struct address address, size_t *count);

#endif
