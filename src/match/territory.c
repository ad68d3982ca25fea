/*
 * Address spaces, sorted by length and address: see territory.h.
 */
#include "match/territory.h"

#include <stdlib.h>
#include <string.h>

struct holding {
	struct prefix prefix;
	uint32_t organisation;
	nanoseconds from, to;
};

struct territory {
	size_t count;
	unsigned length_count;
	struct {
		uint8_t length;
		uint32_t first, end; /* of `holdings` */
	} lengths[129];              /* that are in use, the longest first */
	struct holding holdings[];
};

/* The longest first; then by address. */
static int by_prefix(const void *a, const void *b)
{
	const struct holding *left = a, *right = b;
	if (left->prefix.length != right->prefix.length)
		return left->prefix.length > right->prefix.length ? -1 : 1;
	return address_compare(left->prefix.address, right->prefix.address);
}

enum error territory_new(
    const struct organisation_space *spaces, size_t count, struct territory **to, struct failure *failure)
{
	struct territory *territory = calloc(1, sizeof *territory + count * sizeof *territory->holdings);
	if (!territory || count > UINT32_MAX) {
		free(territory);
		return fail(failure, ERROR_MEMORY, "no memory for %zu address spaces", count);
	}
	for (size_t i = 0; i < count; i++)
		if (spaces[i].prefix.length)
			territory->holdings[territory->count++] = (struct holding){ .prefix = spaces[i].prefix,
				.organisation = spaces[i].organisation,
				.from = spaces[i].from,
				.to = spaces[i].to };
	qsort(territory->holdings, territory->count, sizeof *territory->holdings, by_prefix);
	for (size_t i = 0; i < territory->count; i++) {
		uint8_t length = territory->holdings[i].prefix.length;
		unsigned *used = &territory->length_count;
		if (*used == 0 || territory->lengths[*used - 1].length != length) {
			territory->lengths[*used].length = length;
			territory->lengths[(*used)++].first = (uint32_t)i;
		}
		territory->lengths[*used - 1].end = (uint32_t)i + 1;
	}
	*to = territory;
	return OK;
}

void territory_free(struct territory *territory)
{
	free(territory);
}

/* The first of [first, end) whose address is not less. */
static uint32_t lower(const struct territory *territory, uint32_t first, uint32_t end, struct address address)
{
	while (first < end) {
		uint32_t middle = first + (end - first) / 2;
		if (address_compare(territory->holdings[middle].prefix.address, address) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static bool holds(const struct holding *holding, nanoseconds when)
{
	return holding->from <= when && (holding->to == 0 || when < holding->to);
}

uint32_t territory_owner(const struct territory *territory, struct address address, nanoseconds when)
{
	if (!address_exists(address) || address_is_private(address))
		return 0;
	for (unsigned i = 0; i < territory->length_count; i++) {
		struct prefix wanted = prefix_of(address, territory->lengths[i].length);
		uint32_t owner = 0, end = territory->lengths[i].end;
		uint32_t at = lower(territory, territory->lengths[i].first, end, wanted.address);
		for (; at < end && address_equal(territory->holdings[at].prefix.address, wanted.address); at++) {
			const struct holding *holding = &territory->holdings[at];
			if (!holds(holding, when) || holding->organisation == owner)
				continue;
			if (owner)
				return 0; /* of two: nobody's */
			owner = holding->organisation;
		}
		if (owner)
			return owner;
	}
	return 0;
}

bool territory_claimed(const struct territory *territory, struct address address)
{
	bool claimed = address_is_private(address);
	for (unsigned i = 0; i < territory->length_count && !claimed; i++) {
		struct prefix wanted = prefix_of(address, territory->lengths[i].length);
		uint32_t end = territory->lengths[i].end;
		uint32_t at = lower(territory, territory->lengths[i].first, end, wanted.address);
		claimed = at < end && address_equal(territory->holdings[at].prefix.address, wanted.address);
	}
	return claimed;
}

size_t territory_concerned(
    const struct territory *territory, const struct alert *alert, uint32_t organisations[static TERRITORY_CONCERNED])
{
	const struct address sides[TERRITORY_CONCERNED] = { alert->source, alert->target, alert->host_address };
	size_t count = 0;
	for (size_t i = 0; i < TERRITORY_CONCERNED; i++) {
		uint32_t owner = territory_owner(territory, sides[i], alert->occurred);
		size_t known = 0;
		while (known < count && organisations[known] != owner)
			known++;
		if (owner && known == count)
			organisations[count++] = owner;
	}
	return count;
}
