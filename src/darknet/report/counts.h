/*
 * What arrived between two checkpoints, by what views ask for: port, kind, method, country, research.
 *
 *   packets → counts_add() → counts_rows() → a line of counts (lines.h)
 *
 * Packets are first added up by source, in a small table that overwrites itself, so that where a source comes from is
 * not asked for each packet. Bounded: with counts_full() the span should end. One thread.
 */
#ifndef NOROSHI_DARKNET_COUNTS_H
#define NOROSHI_DARKNET_COUNTS_H

#include "darknet/event/research.h"
#include "darknet/packet/arrival.h"
#include "match/origin.h"

#include <stddef.h>

struct counts_row {
	uint64_t packets;
	uint16_t port; /* as struct activity's */
	uint8_t protocol;
	uint8_t kind;    /* enum arrival_kind */
	uint8_t method;  /* enum arrival_method */
	char country[2]; /* of the source, of backscatter of the victim; both 0 = not known */
	bool research;
};

struct counts;

/* Either may be NULL; both live as long. NULL without memory. */
struct counts *counts_new(const struct origins *origins, const struct research *research);
void counts_free(struct counts *counts); /* NULL is fine */
void counts_add(struct counts *counts, const struct arrival *arrival);
bool counts_full(const struct counts *counts);
/* In order of protocol, port, kind, method, country, research; until the next call. */
const struct counts_row *counts_rows(struct counts *counts, size_t *count);
void counts_clear(struct counts *counts);

#endif
