/*
 * Where sources of a synthetic year sit, for a year of packets: the generators give each source a network and a
 * country, a packet has an address only. So each (network, country) gets /24s of its own, sources get addresses in them
 * in the order in which they appear, and a database of libloc says which /24 is whose.
 */
#ifndef NOROSHI_TESTS_DARKNET_PLACES_H
#define NOROSHI_TESTS_DARKNET_PLACES_H

#include "darknet/packet/activity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers by number; a key is never 0. */
struct number_map {
	uint64_t *keys, *values;
	size_t count, room;
};
/* The value's place; a new one is 0. Ends the program without memory. */
uint64_t *number_map_at(struct number_map *map, uint64_t key);
void number_map_free(struct number_map *map);

struct place_block {
	uint32_t network;
	char country[2];
};

struct places {                             /* zeroed: none */
	struct number_map addresses, homes; /* by the generator's address; by network and country */
	struct place_block *blocks;
	size_t count, room;
};

/* The generators use every pair of letters; libloc takes none that begins with X, so those are told by others. */
void places_country(char country[2]);
uint32_t places_of(struct places *places, const struct activity *activity); /* IPv4 */
bool places_write(const struct places *places, const char *path);
void places_free(struct places *places);

#endif
