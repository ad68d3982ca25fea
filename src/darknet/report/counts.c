/*
 * Counts of a span; see the header. Rows stand in a table of open addressing under a key that holds all that they are
 * of; 2 MiB, and half of that for the sources of late. Which places are taken is noted, so that a span of few packets
 * costs as little.
 */
#include "darknet/report/counts.h"

#include "base/hash.h"
#include "darknet/event/line.h"

#include <stdlib.h>
#include <string.h>

#define RECENT 16384u   /* sources and ports; a power of two */
#define ROOM 131072u    /* the same */
#define ROWS_MOST 65536 /* then the span is full; those of RECENT that were not settled have room yet */
#define LISTED_MOST (ROWS_MOST + RECENT)
_Static_assert(LISTED_MOST < ROOM / 8 * 7, "a free place is found soon");

struct recent {
	uint64_t source; /* struct touch's key */
	uint32_t packets;
	uint16_t port;
	uint8_t protocol, kind, method;
	bool v6;
};

struct slot {
	uint64_t key, packets; /* packets 0: free */
};

struct counts {
	const struct origins *origins;
	const struct research *research;
	struct recent recent[RECENT];
	uint16_t waiting[RECENT]; /* places of `recent` that were taken since the last rows */
	size_t waiting_count;
	struct slot slots[ROOM];
	uint32_t places[LISTED_MOST]; /* of `slots` that are taken */
	size_t count;
	struct slot sorted[LISTED_MOST];
	struct counts_row listed[LISTED_MOST];
};

struct counts *counts_new(const struct origins *origins, const struct research *research)
{
	struct counts *counts = calloc(1, sizeof *counts);
	if (counts) {
		counts->origins = origins;
		counts->research = research;
	}
	return counts;
}

void counts_free(struct counts *counts)
{
	free(counts);
}

/* Numbers of keys are in the order in which rows are listed. */
static uint64_t key_of(const struct recent *recent, struct origin origin, bool research)
{
	uint64_t country = (uint64_t)(uint8_t)origin.country[0] << 8 | (uint8_t)origin.country[1];
	return (uint64_t)recent->protocol << 48 | (uint64_t)recent->port << 32 | (uint64_t)recent->kind << 28 |
	       (uint64_t)recent->method << 20 | country << 4 | research;
}

static struct counts_row row_of(const struct slot *slot)
{
	uint64_t key = slot->key;
	return (struct counts_row){ .packets = slot->packets,
		.protocol = (uint8_t)(key >> 48),
		.port = (uint16_t)(key >> 32),
		.kind = (uint8_t)(key >> 28 & 15),
		.method = (uint8_t)(key >> 20),
		.country = { (char)(key >> 12), (char)(key >> 4) },
		.research = key & 1 };
}

/* What was added up of a source goes to its row. */
static void settle(struct counts *counts, struct recent *recent)
{
	struct address source = line_source(recent->source, recent->v6);
	uint64_t key =
	    key_of(recent, origins_of(counts->origins, source), research_of(counts->research, source) != NULL);
	size_t at = hash_u64(key, 0) & (ROOM - 1);

	while (counts->slots[at].packets && counts->slots[at].key != key)
		at = (at + 1) & (ROOM - 1);
	if (!counts->slots[at].packets)
		counts->places[counts->count++] = (uint32_t)at;
	counts->slots[at].key = key;
	counts->slots[at].packets += recent->packets;
	recent->packets = 0;
}

void counts_add(struct counts *counts, const struct arrival *arrival)
{
	struct touch touch;

	touch_of(arrival, &touch);
	uint64_t what = (uint64_t)touch.port << 16 | (uint64_t)touch.protocol << 8 | arrival->method;
	size_t place = hash_u64(touch.hash, what) & (RECENT - 1);
	struct recent *recent = &counts->recent[place];
	bool same = recent->source == touch.key && recent->port == touch.port && recent->protocol == touch.protocol &&
		    recent->kind == touch.kind && recent->method == arrival->method && recent->v6 == touch.v6;

	if (!recent->packets)
		counts->waiting[counts->waiting_count++] = (uint16_t)place;
	else if (!same || recent->packets == UINT32_MAX)
		settle(counts, recent);
	if (!recent->packets)
		*recent = (struct recent){ .source = touch.key,
			.port = touch.port,
			.protocol = touch.protocol,
			.kind = touch.kind,
			.method = arrival->method,
			.v6 = touch.v6 };
	recent->packets++;
}

bool counts_full(const struct counts *counts)
{
	return counts->count >= ROWS_MOST;
}

static int compare(const void *a, const void *b)
{
	uint64_t one = ((const struct slot *)a)->key, other = ((const struct slot *)b)->key;
	return (one > other) - (one < other);
}

const struct counts_row *counts_rows(struct counts *counts, size_t *count)
{
	for (size_t i = 0; i < counts->waiting_count; i++)
		settle(counts, &counts->recent[counts->waiting[i]]);
	counts->waiting_count = 0;
	for (size_t i = 0; i < counts->count; i++)
		counts->sorted[i] = counts->slots[counts->places[i]];
	if (counts->count)
		qsort(counts->sorted, counts->count, sizeof *counts->sorted, compare);
	for (size_t i = 0; i < counts->count; i++)
		counts->listed[i] = row_of(&counts->sorted[i]);
	*count = counts->count;
	return counts->listed;
}

void counts_clear(struct counts *counts)
{
	for (size_t i = 0; i < counts->count; i++)
		counts->slots[counts->places[i]].packets = 0;
	counts->count = 0;
}
