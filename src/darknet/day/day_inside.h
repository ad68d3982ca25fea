/*
 * A day's counts in memory; of day_*.c alone.
 */
#ifndef NOROSHI_DARKNET_DAY_INSIDE_H
#define NOROSHI_DARKNET_DAY_INSIDE_H

#include "darknet/day/day_table.h"

struct day_row {
	uint64_t key;     /* day_key_pack() */
	uint64_t packets; /* 0 = free */
};

struct day_table {
	struct day_row *rows; /* a hash table */
	size_t count, room;   /* room: a power of two */
	uint64_t packets;
};

/* In their order rows are written. */
uint64_t day_key_pack(const struct day_key *key);
struct day_key day_key_unpack(uint64_t packed);

#endif
