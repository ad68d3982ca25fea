/*
 * Names of hosts, signatures and accounts, interned. See names.h.
 */
#include "triage/names.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_SEED 0x6e616d6573ULL

static bool slots_make(struct names *names, uint32_t size)
{
	uint32_t *slots = calloc(size, sizeof *slots);
	if (!slots)
		return false;
	for (uint32_t i = 1; i < names->count; i++) {
		uint32_t at = (uint32_t)names->items[i].hash & (size - 1);
		while (slots[at])
			at = (at + 1) & (size - 1);
		slots[at] = i;
	}
	free(names->slots);
	names->slots = slots;
	names->slot_mask = size - 1;
	return true;
}

enum error names_init(struct names *names, uint32_t most)
{
	*names = (struct names){ .most = most, .count = 1, .room = 16 };
	names->items = calloc(names->room, sizeof *names->items);
	if (!names->items || !slots_make(names, 32)) {
		names_free(names);
		return ERROR_MEMORY;
	}
	return OK;
}

void names_free(struct names *names)
{
	free(names->items);
	free(names->slots);
	free(names->bytes);
	*names = (struct names){ 0 };
}

static bool room_for(struct names *names, size_t size)
{
	if (names->count == names->room) {
		struct name *items = realloc(names->items, 2 * names->room * sizeof *items);
		if (!items)
			return false;
		names->items = items;
		names->room *= 2;
	}
	if (names->bytes_used + size > names->bytes_room) {
		size_t room = (names->bytes_used + size) * 2;
		char *bytes = realloc(names->bytes, room);
		if (!bytes)
			return false;
		names->bytes = bytes;
		names->bytes_room = room;
	}
	return names->count * 2 < names->slot_mask || slots_make(names, (names->slot_mask + 1) * 2);
}

uint32_t names_number(struct names *names, struct text text)
{
	if (!text.size)
		return 0;
	if (text.size > NAMES_LONGEST)
		text.size = NAMES_LONGEST;
	uint64_t hash = hash_text(text, NAMES_SEED);
	uint32_t at = (uint32_t)hash & names->slot_mask;
	for (uint32_t number; (number = names->slots[at]) != 0; at = (at + 1) & names->slot_mask)
		if (names->items[number].hash == hash && text_equal(names_text(names, number), text))
			return number;
	if (names->count >= names->most || !room_for(names, text.size)) {
		names->refused++;
		return 0;
	}
	uint32_t number = names->count++;
	names->items[number] = (struct name){ hash, (uint32_t)names->bytes_used, (uint32_t)text.size };
	memcpy(names->bytes + names->bytes_used, text.at, text.size);
	names->bytes_used += text.size;
	at = (uint32_t)hash & names->slot_mask;
	while (names->slots[at])
		at = (at + 1) & names->slot_mask;
	names->slots[at] = number;
	return number;
}

struct text names_text(const struct names *names, uint32_t number)
{
	if (!number || number >= names->count)
		return TEXT("other");
	return (struct text){ names->bytes + names->items[number].offset, names->items[number].size };
}

uint64_t names_hash(const struct names *names, uint32_t number)
{
	return number < names->count ? names->items[number].hash : 0;
}

size_t names_memory(const struct names *names)
{
	return names->room * sizeof *names->items + names->bytes_room + (names->slot_mask + 1) * sizeof *names->slots;
}

void names_save(const struct names *names, struct builder *to)
{
	put_u32(to, names->count);
	for (uint32_t i = 1; i < names->count; i++)
		put_text(to, names_text(names, i));
	put_u64(to, names->refused);
}

enum error names_load(struct names *names, struct reader *from)
{
	uint32_t count = get_u32(from);
	for (uint32_t i = 1; i < count && !from->failed; i++)
		if (names_number(names, get_text(from)) != i)
			return ERROR_CORRUPT;
	names->refused = get_u64(from);
	return from->failed ? ERROR_CORRUPT : OK;
}
