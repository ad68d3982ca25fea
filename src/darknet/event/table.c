/*
 * The lines of sources, one behind the other in the order in which they came, and the index that finds them; see
 * line.h. The index is a hash table with open addressing of 8 bytes a slot: looks, growth and removals stay within it,
 * and a new source costs no second look into memory that is not in the cache.
 */
#include "darknet/event/line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PROBES 256u   /* slots that a look-up goes at most */
#define NEIGHBOURS 8u /* of which the stalest ends when there is no room */
#define LEAST_BITS 6u
#define FIRST_BITS 12u

/* ── memory ─ */

static size_t reserved(const struct line_table *table)
{
	return ((size_t)table->most + 1) * sizeof *table->at;
}

static size_t room_of(const struct line_table *table)
{
	return (size_t)1 << table->bits;
}

/* How many lines it finds before it grows. */
static size_t load_of(const struct line_table *table)
{
	return room_of(table) / 4 * 3;
}

bool line_table_init(struct line_table *table, uint32_t most)
{
	*table = (struct line_table){ .most = most, .made = 1, .bits = LEAST_BITS }; /* number 0 is none */
	while (table->bits < FIRST_BITS && load_of(table) < most)
		table->bits++;
	/* Address space for all of them; memory only as they come, and none of it ever moves. */
	void *at =
	    mmap(NULL, reserved(table), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	table->at = at == MAP_FAILED ? NULL : at;
	table->slots = calloc(room_of(table), sizeof *table->slots);
	return table->at && table->slots;
}

void line_table_free(struct line_table *table)
{
	if (table->at)
		munmap(table->at, reserved(table));
	free(table->slots);
	*table = (struct line_table){ 0 };
}

/* Twice the slots. They stand almost in the order of their hashes, before as after it. */
static bool grow(struct line_table *table)
{
	struct line_table larger = { .bits = table->bits + 1 };
	size_t mask = room_of(&larger) - 1;
	larger.slots = calloc(mask + 1, sizeof *larger.slots);
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < room_of(table); i++) {
		const struct line_slot slot = table->slots[i];
		size_t at = line_table_home(&larger, slot.hash);
		if (!slot.line)
			continue;
		while (larger.slots[at].line)
			at = (at + 1) & mask;
		larger.slots[at] = slot;
	}
	free(table->slots);
	table->slots = larger.slots;
	table->bits = larger.bits;
	return true;
}

/* ── looking ─ */

uint32_t line_table_peek(const struct line_table *table, uint64_t hash)
{
	uint32_t part = line_table_part(hash);
	size_t mask = room_of(table) - 1, at = line_table_home(table, part);
	for (unsigned i = 0; i < PROBES; i++, at = (at + 1) & mask)
		if (table->slots[at].hash == part || !table->slots[at].line)
			return table->slots[at].line;
	return 0;
}

/* The slot of the source's line, or a free one where it would be found; NULL: others stand in all of them. */
static struct line_slot *slot_of(const struct line_table *table, const struct touch *touch)
{
	uint32_t part = line_table_part(touch->hash);
	size_t mask = room_of(table) - 1, at = line_table_home(table, part);
	for (unsigned i = 0; i < PROBES; i++, at = (at + 1) & mask) {
		struct line_slot *slot = &table->slots[at];
		if (!slot->line || (slot->hash == part && line_is(&table->at[slot->line], touch)))
			return slot;
	}
	return NULL;
}

/* ── ends ─ */

static void remove_slot(struct line_table *table, size_t hole)
{
	size_t mask = room_of(table) - 1;
	for (size_t at = (hole + 1) & mask; table->slots[at].line; at = (at + 1) & mask) {
		size_t home = line_table_home(table, table->slots[at].hash);
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		table->slots[hole] = table->slots[at];
		hole = at;
	}
	table->slots[hole] = (struct line_slot){ 0 };
}

static size_t slot_of_line(const struct line_table *table, const struct line *line)
{
	uint32_t number = (uint32_t)(line - table->at);
	size_t at = line_table_home(table, line_table_part(line_hash(line->key, line->kind, line->flags & LINE_V6)));
	while (table->slots[at].line != number)
		at = (at + 1) & (room_of(table) - 1);
	return at;
}

void line_table_remove(struct line_table *table, struct line *line)
{
	uint32_t number = (uint32_t)(line - table->at);
	remove_slot(table, slot_of_line(table, line));
	line->flags = 0;
	line->trail = table->spare;
	table->spare = number;
	table->count--;
}

void line_table_replace(struct line_table *table, const struct line *line, const struct touch *touch)
{
	table->slots[slot_of_line(table, line)].hash = line_table_part(touch->hash);
}

void line_table_clear(struct line_table *table)
{
	memset(table->slots, 0, room_of(table) * sizeof *table->slots);
	table->count = 0;
	table->spare = 0;
	table->made = 1;
}

struct line *line_table_stalest(const struct line_table *table, const struct touch *touch)
{
	size_t mask = room_of(table) - 1, at = line_table_home(table, line_table_part(touch->hash));
	struct line *stalest = NULL;
	for (unsigned i = 0; i < PROBES && (i < NEIGHBOURS || !stalest); i++, at = (at + 1) & mask) {
		struct line *line = &table->at[table->slots[at].line];
		if (table->slots[at].line && (!stalest || line_last(line) < line_last(stalest)))
			stalest = line;
	}
	return stalest;
}

/* ── */

enum line_found line_table_find(struct line_table *table, const struct touch *touch, struct line **line)
{
	struct line_slot *slot = slot_of(table, touch);
	if (slot && slot->line) {
		*line = &table->at[slot->line];
		return LINE_KNOWN;
	}
	if (!slot || table->count == table->most)
		return slot ? LINE_FULL : LINE_CROWDED;
	if (table->count >= load_of(table)) {
		if (!grow(table))
			return LINE_NO_MEMORY;
		return line_table_find(table, touch, line);
	}
	uint32_t number = table->spare;
	if (number)
		table->spare = table->at[number].trail;
	else
		number = table->made++;
	*slot = (struct line_slot){ line_table_part(touch->hash), number };
	*line = &table->at[number];
	table->count++;
	return LINE_NEW;
}
