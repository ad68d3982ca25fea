/*
 * The address space that a telescope watches: unused prefixes, and a number for each of their addresses.
 *
 *   prefixes → space_new() → space_place() of each destination
 *
 * Read only after it is made: any number of threads.
 */
#ifndef NOROSHI_DARKNET_SPACE_H
#define NOROSHI_DARKNET_SPACE_H

#include "base/error.h"
#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPACE_PREFIXES_MOST 65536u

struct space_range {
	uint32_t first, last; /* addresses as numbers, both within */
	uint32_t base;        /* place of the first */
};

struct space {
	struct space_range *ranges; /* IPv4, ascending, neither touching nor overlapping */
	size_t range_count;
	struct prefix *prefixes; /* IPv6 */
	size_t prefix_count;
	uint64_t size;     /* IPv4 addresses: what coverage and rates are of */
	unsigned carriers; /* the capture is a mirror that this many tunnels carry; 0 = none: packets are outermost */
};

/* Prefixes that overlap count once. ERROR_INPUT: none is given, or too many, or "::/0" and the like, shorter than /8
 * (IPv4) or /16 (IPv6): no telescope. */
enum error space_new(const struct prefix *prefixes, size_t count, struct space **made, struct failure *failure);
void space_free(struct space *space); /* NULL is fine */

/* Whether the address is watched. *place: of IPv4 0 … size − 1, in the order of addresses; of IPv6 a hash of the
 * address. */
static inline bool space_place_v4(const struct space *space, uint32_t address, uint32_t *place)
{
	size_t low = 0, high = space->range_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct space_range *range = &space->ranges[middle];
		if (address < range->first)
			high = middle;
		else if (address > range->last)
			low = middle + 1;
		else {
			*place = range->base + (address - range->first);
			return true;
		}
	}
	return false;
}
bool space_place(const struct space *space, struct address address, uint32_t *place);

#endif
