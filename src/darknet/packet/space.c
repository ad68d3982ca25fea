/*
 * A telescope's prefixes, compiled for look-up; see space.h.
 */
#include "darknet/packet/space.h"

#include "base/hash.h"

#include <stdlib.h>

#define SHORTEST_V4 (96 + 8)
#define SHORTEST_V6 16
#define PLACE_SEED 0x706c616365ull

static uint32_t number_of(struct address address)
{
	const uint8_t *b = address.bytes + 12;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int compare_ranges(const void *a, const void *b)
{
	const struct space_range *one = a, *other = b;
	return one->first < other->first ? -1 : one->first > other->first;
}

/* Ranges that overlap or touch become one; then each gets its place. */
static void join_ranges(struct space *space)
{
	size_t count = 0;
	for (size_t i = 0; i < space->range_count; i++) {
		struct space_range *last = count ? &space->ranges[count - 1] : NULL;
		const struct space_range next = space->ranges[i];
		if (last && (uint64_t)last->last + 1 >= next.first)
			last->last = last->last > next.last ? last->last : next.last;
		else
			space->ranges[count++] = next;
	}
	space->range_count = count;
	for (size_t i = 0; i < count; i++) {
		struct space_range *range = &space->ranges[i];
		range->base = (uint32_t)space->size;
		space->size += (uint64_t)range->last - range->first + 1;
	}
}

static enum error add_prefix(struct space *space, struct prefix prefix, struct failure *failure)
{
	char words[PREFIX_TEXT];
	bool v4 = address_is_v4(prefix.address) && prefix.length >= 96;

	if (prefix.length < (v4 ? SHORTEST_V4 : SHORTEST_V6))
		return fail(failure, ERROR_INPUT, "%s is too large for a telescope: at most an IPv4 /8 or an IPv6 /16",
		    prefix_format(prefix, words));
	if (!v4) {
		space->prefixes[space->prefix_count++] = prefix;
		return OK;
	}
	uint32_t first = number_of(prefix.address);
	space->ranges[space->range_count++] =
	    (struct space_range){ .first = first, .last = first | (uint32_t)(0xffffffffull >> (prefix.length - 96)) };
	return OK;
}

enum error space_new(const struct prefix *prefixes, size_t count, struct space **made, struct failure *failure)
{
	if (count == 0 || count > SPACE_PREFIXES_MOST)
		return fail(failure, ERROR_INPUT, "a telescope has 1 to %u prefixes", SPACE_PREFIXES_MOST);
	struct space *space = calloc(1, sizeof *space);
	if (!space)
		return fail(failure, ERROR_MEMORY, "no memory for a telescope");
	space->ranges = calloc(count, sizeof *space->ranges);
	space->prefixes = calloc(count, sizeof *space->prefixes);
	enum error error = OK;
	if (!space->ranges || !space->prefixes)
		error = fail(failure, ERROR_MEMORY, "no memory for %zu prefixes", count);
	for (size_t i = 0; i < count && !error; i++)
		error = add_prefix(space, prefixes[i], failure);
	if (error) {
		space_free(space);
		return error;
	}
	if (space->range_count)
		qsort(space->ranges, space->range_count, sizeof *space->ranges, compare_ranges);
	join_ranges(space);
	*made = space;
	return OK;
}

void space_free(struct space *space)
{
	if (!space)
		return;
	free(space->ranges);
	free(space->prefixes);
	free(space);
}

bool space_place(const struct space *space, struct address address, uint32_t *place)
{
	if (address_is_v4(address))
		return space_place_v4(space, number_of(address), place);
	for (size_t i = 0; i < space->prefix_count; i++) {
		if (!prefix_contains(space->prefixes[i], address))
			continue;
		*place = (uint32_t)hash_bytes(address.bytes, sizeof address.bytes, PLACE_SEED);
		return true;
	}
	return false;
}
