/*
 * Address spaces as ranges: see territory.h.
 *
 * Sorted by address and length, a prefix stands behind all that hold it, so one walk with a stack cuts the whole space
 * of addresses into ranges, each with the longest prefix that holds it (its node); a node knows the next longer one
 * around it. A look-up finds the range, then asks nodes from the inside outwards who held them at the time.
 */
#include "match/territory.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MAPPED 0xffff00000000ULL /* what an IPv4 address begins with, behind 64 zero bits */
#define HUGE_PAGE ((size_t)2 << 20)
#define SLOT_BITS_LEAST 8
#define SLOT_BITS_MOST 24

struct holding {
	struct prefix prefix;
	uint32_t organisation;
	nanoseconds from, to;
};

/* One prefix. Half a cache line: of most prefixes all is known without a look at their holdings. */
struct node {
	uint32_t first, count; /* of `holdings` */
	uint32_t around;       /* the node around it; 0 = none */
	uint32_t organisation; /* of the first holding, like the times */
	nanoseconds from, to;
};

/* From this address on, up to the next range. */
struct range {
	uint64_t high, low;
	uint32_t node; /* 0 = nobody's at any time */
};
struct range4 {
	uint32_t start, node;
};

struct territory {
	struct holding *holdings;
	struct node *nodes; /* from 1 on */
	size_t count, node_count;
	struct range *ranges;
	size_t range_count;
	struct range4 *ranges4; /* those of IPv4 addresses; the first one begins with 0.0.0.0 */
	uint32_t count4;
	unsigned slot_bits;
	uint32_t *slots4; /* by the first `slot_bits` bits: the first range that begins behind their start */
};

static uint64_t half(const uint8_t *bytes)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* ── making ─ */

/* Zeroed; what is looked up at random lies in huge pages: the misses of the page tables cost more than the table's. */
static void *take_table(size_t count, size_t size)
{
	size_t bytes = (count * size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	if (bytes <= 2 * HUGE_PAGE)
		return calloc(count, size);
	void *at = memory_wide(bytes);
	return at ? memset(at, 0, bytes) : NULL;
}

/* By address; the shorter prefix first. */
static int by_prefix(const void *a, const void *b)
{
	const struct holding *left = a, *right = b;
	int order = memcmp(left->prefix.address.bytes, right->prefix.address.bytes, sizeof left->prefix.address.bytes);
	return order ? order
		     : (left->prefix.length > right->prefix.length) - (left->prefix.length < right->prefix.length);
}

/* The address behind the prefix's last one; false when there is none. */
static bool behind(struct prefix prefix, struct range *to)
{
	uint64_t high = half(prefix.address.bytes), low = half(prefix.address.bytes + 8);
	if (prefix.length > 64) {
		uint64_t size = 1ULL << (128 - prefix.length);
		low += size;
		high += low < size;
		to->high = high;
		to->low = low;
		return low >= size || high != 0;
	}
	uint64_t size = prefix.length ? 1ULL << (64 - prefix.length) : 0;
	to->high = high + size;
	to->low = low;
	return to->high > high;
}

/* What begins where the range before it began takes its place. */
static void add_range(struct territory *territory, struct range range)
{
	struct range *last = territory->range_count ? &territory->ranges[territory->range_count - 1] : NULL;
	if (last && last->high == range.high && last->low == range.low)
		last->node = range.node;
	else
		territory->ranges[territory->range_count++] = range;
}

static struct prefix prefix_at(const struct territory *territory, uint32_t node)
{
	return territory->holdings[territory->nodes[node].first].prefix;
}

/* Those that end before `next` (NULL: all) are left; gives the innermost that holds it. */
static uint32_t leave(struct territory *territory, uint32_t inside, const struct prefix *next)
{
	while (inside && !(next && prefix_contains(prefix_at(territory, inside), next->address))) {
		struct range range = { .node = territory->nodes[inside].around };
		if (behind(prefix_at(territory, inside), &range))
			add_range(territory, range);
		inside = territory->nodes[inside].around;
	}
	return inside;
}

static void make_ranges(struct territory *territory)
{
	uint32_t inside = 0;
	for (size_t i = 0; i < territory->count;) {
		struct prefix prefix = territory->holdings[i].prefix;
		size_t end = i + 1;
		while (end < territory->count && by_prefix(&territory->holdings[i], &territory->holdings[end]) == 0)
			end++;
		inside = leave(territory, inside, &prefix);
		territory->nodes[++territory->node_count] = (struct node){ .first = (uint32_t)i,
			.count = (uint32_t)(end - i),
			.around = inside,
			.organisation = territory->holdings[i].organisation,
			.from = territory->holdings[i].from,
			.to = territory->holdings[i].to };
		inside = (uint32_t)territory->node_count;
		add_range(
		    territory, (struct range){ half(prefix.address.bytes), half(prefix.address.bytes + 8), inside });
		i = end;
	}
	leave(territory, inside, NULL);
}

/* The last range that begins at or before the address; `range_count` when none does. */
static size_t find_range(const struct territory *territory, uint64_t high, uint64_t low)
{
	size_t first = 0, end = territory->range_count;
	while (first < end) {
		size_t middle = first + (end - first) / 2;
		const struct range *range = &territory->ranges[middle];
		if (range->high < high || (range->high == high && range->low <= low))
			first = middle + 1;
		else
			end = middle;
	}
	return first ? first - 1 : territory->range_count;
}

static void make_slots(struct territory *territory)
{
	size_t at = find_range(territory, 0, MAPPED);
	territory->ranges4[0] = (struct range4){ 0, at < territory->range_count ? territory->ranges[at].node : 0 };
	territory->count4 = 1;
	for (at = at < territory->range_count ? at + 1 : 0; at < territory->range_count; at++) {
		const struct range *range = &territory->ranges[at];
		if (range->high || range->low > (MAPPED | UINT32_MAX))
			break;
		if (range->low > MAPPED)
			territory->ranges4[territory->count4++] = (struct range4){ (uint32_t)range->low, range->node };
	}
	for (uint32_t slot = 0, next = 0; slot < 1u << territory->slot_bits; slot++) {
		uint32_t start = slot << (32 - territory->slot_bits);
		while (next < territory->count4 && territory->ranges4[next].start <= start)
			next++;
		territory->slots4[slot] = next;
	}
	territory->slots4[1u << territory->slot_bits] = territory->count4;
}

/* As many slots as ranges, about twice: most have then no more than one boundary in them. */
static bool make_room4(struct territory *territory)
{
	territory->slot_bits = SLOT_BITS_LEAST;
	while (territory->slot_bits < SLOT_BITS_MOST && 1u << territory->slot_bits < 2 * territory->range_count)
		territory->slot_bits++;
	territory->ranges4 = take_table(territory->range_count + 1, sizeof *territory->ranges4);
	territory->slots4 = take_table((1u << territory->slot_bits) + 1, sizeof *territory->slots4);
	return territory->ranges4 && territory->slots4;
}

/* What is among the IPv4 addresses stands in ranges4: of it the last is enough, for what lies behind. */
static void drop_ranges4(struct territory *territory)
{
	size_t kept = 0;
	for (size_t i = 0; i < territory->range_count; i++) {
		const struct range *range = &territory->ranges[i], *next = range + 1;
		bool inside = range->high == 0 && range->low > MAPPED && range->low <= (MAPPED | UINT32_MAX);
		bool last = i + 1 == territory->range_count || next->high || next->low > (MAPPED | UINT32_MAX);
		if (!inside || last)
			territory->ranges[kept++] = *range;
	}
	territory->range_count = kept;
	struct range *fewer = realloc(territory->ranges, (kept + 1) * sizeof *fewer);
	if (fewer)
		territory->ranges = fewer;
}

enum error territory_new(
    const struct organisation_space *spaces, size_t count, struct territory **to, struct failure *failure)
{
	struct territory *territory = calloc(1, sizeof *territory);
	if (territory && count < UINT32_MAX / 2) {
		territory->holdings = calloc(count + 1, sizeof *territory->holdings);
		territory->nodes = take_table(count + 1, sizeof *territory->nodes);
		territory->ranges = calloc(2 * count + 1, sizeof *territory->ranges);
	}
	if (!territory || !territory->holdings || !territory->nodes || !territory->ranges) {
		territory_free(territory);
		return fail(failure, ERROR_MEMORY, "no memory for %zu address spaces", count);
	}
	for (size_t i = 0; i < count; i++)
		if (spaces[i].prefix.length)
			territory->holdings[territory->count++] = (struct holding){ .prefix = spaces[i].prefix,
				.organisation = spaces[i].organisation,
				.from = spaces[i].from,
				.to = spaces[i].to };
	if (territory->count)
		qsort(territory->holdings, territory->count, sizeof *territory->holdings, by_prefix);
	make_ranges(territory);
	if (!make_room4(territory)) {
		territory_free(territory);
		return fail(failure, ERROR_MEMORY, "no memory for %zu address spaces", count);
	}
	make_slots(territory);
	drop_ranges4(territory);
	*to = territory;
	return OK;
}

void territory_free(struct territory *territory)
{
	if (!territory)
		return;
	free(territory->holdings);
	free(territory->nodes);
	free(territory->ranges);
	free(territory->ranges4);
	free(territory->slots4);
	free(territory);
}

/* ── asking ─ */

static uint32_t node4(const struct territory *territory, uint32_t address)
{
	uint32_t slot = address >> (32 - territory->slot_bits);
	uint32_t first = territory->slots4[slot], end = territory->slots4[slot + 1];
	while (first < end) {
		uint32_t middle = first + (end - first) / 2;
		if (territory->ranges4[middle].start <= address)
			first = middle + 1;
		else
			end = middle;
	}
	return territory->ranges4[first - 1].node;
}

static uint32_t node_of(const struct territory *territory, struct address address)
{
	uint64_t high = half(address.bytes), low = half(address.bytes + 8);
	if (high == 0 && low >> 32 == MAPPED >> 32)
		return node4(territory, (uint32_t)low);
	size_t at = find_range(territory, high, low);
	return at < territory->range_count ? territory->ranges[at].node : 0;
}

static bool holds(nanoseconds from, nanoseconds to, nanoseconds when)
{
	return from <= when && (to == 0 || when < to);
}

/* 0 = nobody held the node's prefix then; *two: more than one did. */
static uint32_t owner_at(const struct territory *territory, const struct node *node, nanoseconds when, bool *two)
{
	uint32_t owner = holds(node->from, node->to, when) ? node->organisation : 0;
	for (uint32_t i = node->first + 1; i < node->first + node->count; i++) {
		const struct holding *holding = &territory->holdings[i];
		if (!holds(holding->from, holding->to, when) || holding->organisation == owner)
			continue;
		*two |= owner != 0;
		owner = holding->organisation;
	}
	return owner;
}

uint32_t territory_owner(const struct territory *territory, struct address address, nanoseconds when)
{
	if (!address_exists(address) || address_is_private(address))
		return 0;
	bool two = false;
	for (uint32_t at = node_of(territory, address); at; at = territory->nodes[at].around) {
		uint32_t owner = owner_at(territory, &territory->nodes[at], when, &two);
		if (owner)
			return two ? 0 : owner; /* of two: nobody's */
	}
	return 0;
}

bool territory_claimed(const struct territory *territory, struct address address)
{
	return address_is_private(address) || node_of(territory, address) != 0;
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
