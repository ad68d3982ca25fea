/*
 * Counting what is different; see cardinality.h.
 */
#include "darknet/event/cardinality.h"

#include "darknet/event/registers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_REGISTERS (CARDINALITY_FEW * sizeof(uint32_t))
#define SMALL_BITS 8
#define BLOCK_BITS 13

/* ── blocks ─ */

bool blocks_init(struct blocks *blocks, uint32_t most)
{
	*blocks = (struct blocks){ .most = most };
	blocks->at = calloc(most + 1u, sizeof *blocks->at);
	blocks->spare = calloc(most + 1u, sizeof *blocks->spare);
	return blocks->at && blocks->spare;
}

void blocks_free(struct blocks *blocks)
{
	for (uint32_t i = 0; blocks->at && i < blocks->made; i++)
		free(blocks->at[i]);
	free(blocks->at);
	free(blocks->spare);
	*blocks = (struct blocks){ 0 };
}

uint32_t blocks_take(struct blocks *blocks)
{
	uint32_t block;
	if (blocks->spare_count) {
		block = blocks->spare[--blocks->spare_count];
		memset(blocks->at[block], 0, CARDINALITY_BLOCK);
		return block;
	}
	block = blocks->made;
	if (block == blocks->most || !(blocks->at[block] = calloc(1, CARDINALITY_BLOCK))) {
		blocks->missing++;
		return CARDINALITY_NONE;
	}
	blocks->made++;
	return block;
}

void blocks_give(struct blocks *blocks, uint32_t block)
{
	blocks->spare[blocks->spare_count++] = block;
}

/* ── */

static bool bitmap_add(uint8_t *bitmap, uint32_t item)
{
	uint8_t bit = (uint8_t)(1u << (item & 7));
	if (bitmap[item >> 3] & bit)
		return false;
	bitmap[item >> 3] |= bit;
	return true;
}

/* A slot holds an item + 1, so that 0 is a free one: the last item of all counts as the one before it. */
static uint32_t slot_of(uint32_t item)
{
	return item == UINT32_MAX ? item : item + 1;
}

#define LINE_ITEMS CARDINALITY_LINE

struct seen {
	bool wanted;   /* is there */
	unsigned used; /* items of the line */
};

/* All of a line at once: no branch that depends on what stands where. */
static struct seen line_look(const uint32_t line[static LINE_ITEMS], uint32_t wanted)
{
	typedef uint32_t four __attribute__((vector_size(16)));
	four found = { 0 }, used = { 0 };

	for (unsigned i = 0; i < LINE_ITEMS; i += 4) {
		four items;
		memcpy(&items, line + i, sizeof items);
		found |= (four)(items == wanted);
		used -= (four)(items != 0); /* -1 where it is true */
	}
	return (struct seen){ (found[0] | found[1] | found[2] | found[3]) != 0, used[0] + used[1] + used[2] + used[3] };
}

/* The list is full: its items go where the new form wants them. */
__attribute__((noinline)) static void leave_list(struct cardinality *distinct, struct blocks *blocks, bool exact)
{
	uint32_t few[CARDINALITY_FEW];

	memcpy(few, distinct->few, sizeof few);
	distinct->block = blocks_take(blocks);
	distinct->form = distinct->block == CARDINALITY_NONE ? CARDINALITY_SMALL
			 : exact                             ? CARDINALITY_BITMAP
							     : CARDINALITY_REGISTERS;
	if (distinct->form == CARDINALITY_SMALL)
		memset(distinct->few, 0, sizeof distinct->few);
	distinct->count = 0;
	for (unsigned i = 0; i < CARDINALITY_FEW; i++)
		cardinality_add(distinct, blocks, few[i] - 1, exact);
}

/* A list is four lines of the cache of 16 items, each filled from its front; a line that is full goes on in the next.
 */
static bool list_add(struct cardinality *distinct, struct blocks *blocks, uint32_t item, bool exact)
{
	uint32_t wanted = slot_of(item), at = cardinality_home(item);

	for (unsigned i = 0; i < CARDINALITY_FEW / LINE_ITEMS; i++, at = (at + LINE_ITEMS) % CARDINALITY_FEW) {
		struct seen seen = line_look(&distinct->few[at], wanted);
		if (seen.wanted)
			return false;
		if (seen.used == LINE_ITEMS)
			continue;
		distinct->few[at + seen.used] = wanted;
		distinct->count++;
		return true;
	}
	leave_list(distinct, blocks, exact);
	return cardinality_add(distinct, blocks, item, exact);
}

bool cardinality_add(struct cardinality *distinct, struct blocks *blocks, uint32_t item, bool exact)
{
	bool fresh = false;
	switch (distinct->form) {
	case CARDINALITY_LIST:
		return list_add(distinct, blocks, item, exact);
	case CARDINALITY_BITMAP:
		fresh = bitmap_add(blocks->at[distinct->block], item & 0xffff);
		distinct->count += fresh;
		break;
	case CARDINALITY_REGISTERS:
		fresh = registers_add(blocks->at[distinct->block], BLOCK_BITS, item);
		break;
	case CARDINALITY_SMALL:
		fresh = registers_add((uint8_t *)distinct->few, SMALL_BITS, item);
		break;
	}
	return fresh;
}

static double registers_count(const uint8_t *registers, unsigned bits)
{
	struct ranks ranks;
	registers_rank(registers, bits, &ranks);
	return ranks_count(&ranks, bits);
}

double cardinality_count(const struct cardinality *distinct, const struct blocks *blocks, double *error)
{
	*error = 0;
	switch (distinct->form) {
	case CARDINALITY_REGISTERS:
		*error = 1.04 / sqrt(CARDINALITY_BLOCK);
		return registers_count(blocks->at[distinct->block], BLOCK_BITS);
	case CARDINALITY_SMALL:
		*error = 1.04 / sqrt(SMALL_REGISTERS);
		return registers_count((const uint8_t *)distinct->few, SMALL_BITS);
	default:
		return distinct->count;
	}
}

bool cardinality_copy(
    struct cardinality *to, struct blocks *to_blocks, const struct cardinality *from, const struct blocks *from_blocks)
{
	*to = (struct cardinality){ 0 };
	if (from->form == CARDINALITY_SMALL)
		return false;
	if (from->form != CARDINALITY_LIST) {
		uint32_t block = blocks_take(to_blocks);
		if (block == CARDINALITY_NONE)
			return false;
		memcpy(to_blocks->at[block], from_blocks->at[from->block], CARDINALITY_BLOCK);
		to->block = block;
		to->form = from->form;
		to->count = from->count;
		return true;
	}
	*to = *from;
	return true;
}

/* Returns how many bits both have together. */
static uint32_t bitmap_merge(uint8_t *to, const uint8_t *from)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < CARDINALITY_BLOCK; i += 8) {
		uint64_t one, other;
		memcpy(&one, to + i, 8);
		memcpy(&other, from + i, 8);
		one |= other;
		memcpy(to + i, &one, 8);
		bits += (uint32_t)__builtin_popcountll(one);
	}
	return bits;
}

bool cardinality_merge(struct cardinality *to, struct blocks *to_blocks, const struct cardinality *from,
    const struct blocks *from_blocks, bool exact)
{
	if (from->form == CARDINALITY_LIST) {
		for (unsigned i = 0; i < CARDINALITY_FEW; i++)
			if (from->few[i])
				cardinality_add(to, to_blocks, from->few[i] - 1, exact);
		return to->form != CARDINALITY_SMALL;
	}
	if (to->form == CARDINALITY_LIST) {
		struct cardinality list = *to;
		return cardinality_copy(to, to_blocks, from, from_blocks) &&
		       cardinality_merge(to, to_blocks, &list, NULL, exact);
	}
	if (to->form != from->form || to->form == CARDINALITY_SMALL)
		return false;
	uint8_t *block = to_blocks->at[to->block];
	if (to->form == CARDINALITY_BITMAP)
		to->count = bitmap_merge(block, from_blocks->at[from->block]);
	else
		registers_merge(block, from_blocks->at[from->block], CARDINALITY_BLOCK);
	return true;
}

void cardinality_clear(struct cardinality *distinct, struct blocks *blocks)
{
	if (distinct->form == CARDINALITY_BITMAP || distinct->form == CARDINALITY_REGISTERS)
		blocks_give(blocks, distinct->block);
	distinct->form = CARDINALITY_LIST;
	distinct->count = 0;
	memset(distinct->few, 0, sizeof distinct->few);
}

const void *cardinality_place(const struct cardinality *distinct, const struct blocks *blocks, uint32_t item)
{
	switch (distinct->form) {
	case CARDINALITY_BITMAP:
		return blocks->at[distinct->block] + ((item & 0xffff) >> 3);
	case CARDINALITY_REGISTERS:
		return blocks->at[distinct->block] + registers_place(BLOCK_BITS, item).at;
	case CARDINALITY_SMALL:
		return (const uint8_t *)distinct->few + registers_place(SMALL_BITS, item).at;
	default:
		return &distinct->few[cardinality_home(item)];
	}
}
