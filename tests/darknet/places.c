/*
 * Addresses for sources; see places.h.
 */
#include "places.h"

#include "base/hash.h"
#include "base/memory.h"

#include <libloc/libloc.h>
#include <libloc/network.h>
#include <libloc/writer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK 0x140000u /* 20.0.0.0/24 */

static void grow(struct number_map *map)
{
	struct number_map larger = { .room = map->room ? map->room * 2 : 1024 };
	larger.keys = calloc(larger.room, sizeof *larger.keys);
	larger.values = calloc(larger.room, sizeof *larger.values);
	if (!larger.keys || !larger.values)
		abort();
	for (size_t i = 0; i < map->room; i++)
		if (map->keys[i])
			*number_map_at(&larger, map->keys[i]) = map->values[i];
	number_map_free(map);
	*map = larger;
}

uint64_t *number_map_at(struct number_map *map, uint64_t key)
{
	if (map->count * 2 >= map->room)
		grow(map);
	size_t at = hash_u64(key, 8) & (map->room - 1);
	while (map->keys[at] && map->keys[at] != key)
		at = (at + 1) & (map->room - 1);
	map->count += map->keys[at] == 0;
	map->keys[at] = key;
	return &map->values[at];
}

void number_map_free(struct number_map *map)
{
	free(map->keys);
	free(map->values);
	*map = (struct number_map){ 0 };
}

static uint32_t new_block(struct places *places, const struct activity *activity)
{
	if (places->count == places->room) {
		struct place_block *more = array_grow(places->blocks, &places->room, 1024, sizeof *more);
		if (!more)
			abort();
		places->blocks = more;
	}
	struct place_block *block = &places->blocks[places->count++];
	*block = (struct place_block){ .network = activity->network };
	memcpy(block->country, activity->country, 2);
	return (FIRST_BLOCK + (uint32_t)places->count - 1) << 8;
}

void places_country(char country[2])
{
	if (country[0] == 'X') {
		country[0] = 'Y';
		country[1] = (char)(country[1] + 10);
	}
}

uint32_t places_of(struct places *places, const struct activity *activity)
{
	uint64_t number = 1, home = (uint64_t)activity->network << 17 | 1 << 16 |
				    (uint64_t)(uint8_t)activity->country[0] << 8 | (uint8_t)activity->country[1];
	for (int i = 0; i < 4; i++)
		number = number << 8 | activity->source.bytes[12 + i];
	uint64_t *address = number_map_at(&places->addresses, number);
	if (*address == 0) {
		uint64_t *next = number_map_at(&places->homes, home);
		if ((*next & 0xff) == 0)
			*next = new_block(places, activity);
		*address = (*next)++;
	}
	return (uint32_t)*address;
}

static bool add_blocks(const struct places *places, struct loc_writer *writer)
{
	bool good = true;
	for (size_t i = 0; i < places->count && good; i++) {
		const struct place_block *block = &places->blocks[i];
		uint32_t number = FIRST_BLOCK + (uint32_t)i;
		struct loc_network *network;
		char prefix[32], country[3] = { block->country[0], block->country[1], 0 };
		snprintf(prefix, sizeof prefix, "%u.%u.%u.0/24", number >> 16, number >> 8 & 255, number & 255);
		if (loc_writer_add_network(writer, &network, prefix) != 0)
			return false;
		good = (country[0] == '\0' || loc_network_set_country_code(network, country) == 0) &&
		       loc_network_set_asn(network, block->network) == 0;
		loc_network_unref(network);
	}
	return good;
}

bool places_write(const struct places *places, const char *path)
{
	struct loc_ctx *context;
	struct loc_writer *writer;
	FILE *file = fopen(path, "w+");
	if (!file || loc_new(&context) != 0)
		return false;
	bool good = loc_writer_new(context, &writer, NULL, NULL) == 0;
	if (good) {
		good = add_blocks(places, writer) && loc_writer_write(writer, file, LOC_DATABASE_VERSION_1) == 0;
		loc_writer_unref(writer);
	}
	loc_unref(context);
	return fclose(file) == 0 && good;
}

void places_free(struct places *places)
{
	number_map_free(&places->addresses);
	number_map_free(&places->homes);
	free(places->blocks);
}
