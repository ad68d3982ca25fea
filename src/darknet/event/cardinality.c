/*
 * Counting what is different; see cardinality.h.
 */
#include "darknet/event/cardinality.h"

#include "base/hash.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_REGISTERS (CARDINALITY_FEW * sizeof(uint32_t))
#define ITEM_SEED 0x64697374u

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

/* ── registers ─ */

static bool registers_add(uint8_t *registers, unsigned bits, uint32_t item)
{
	uint64_t hash = hash_u64(item, ITEM_SEED);
	uint8_t *at = &registers[hash >> (64 - bits)];
	uint64_t rest = hash << bits | (uint64_t)1 << (bits - 1); /* ends with a one */
	uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
	if (rank <= *at)
		return false;
	*at = rank;
	return true;
}

/* Ertl's sigma and tau: what registers of 0, and at their highest, add. */
static double sigma(double x)
{
	double y = 1, z = x, before;
	if (x == 1.0)
		return INFINITY;
	do {
		before = z;
		x *= x;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double tau(double x)
{
	double y = 1, z = 1 - x, before;
	if (x == 0.0 || x == 1.0)
		return 0;
	do {
		before = z;
		x = sqrt(x);
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

/* How many registers hold each rank. Of most sources nearly all hold none: those go eight at a time. */
static void registers_sort(const uint8_t *registers, size_t count, size_t of[static 66])
{
	for (size_t i = 0; i < count; i += 8) {
		uint64_t eight;
		memcpy(&eight, &registers[i], 8);
		if (eight == 0)
			of[0] += 8;
		else
			for (unsigned j = 0; j < 8; j++)
				of[registers[i + j]]++;
	}
}

static double registers_count(const uint8_t *registers, unsigned bits)
{
	size_t count = (size_t)1 << bits, of[66] = { 0 };
	unsigned highest = 64 - bits;
	double m = (double)count;
	registers_sort(registers, count, of);
	double z = m * tau(1 - (double)of[highest + 1] / m);
	for (unsigned rank = highest; rank > 0; rank--)
		z = 0.5 * (z + (double)of[rank]);
	z += m * sigma((double)of[0] / m);
	return m * m / (2 * M_LN2) / z;
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

/* The list is full: its items go where the new form wants them. */
static void leave_list(struct cardinality *distinct, struct blocks *blocks, bool exact)
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

static bool list_add(struct cardinality *distinct, struct blocks *blocks, uint32_t item, bool exact)
{
	uint32_t wanted = slot_of(item), at = cardinality_home(item);

	for (unsigned i = 0; i < CARDINALITY_FEW && distinct->few[at]; i++, at = (at + 1) % CARDINALITY_FEW)
		if (distinct->few[at] == wanted)
			return false;
	if (distinct->count == CARDINALITY_FEW) {
		leave_list(distinct, blocks, exact);
		return cardinality_add(distinct, blocks, item, exact);
	}
	distinct->few[at] = wanted;
	distinct->count++;
	return true;
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
		fresh = registers_add(blocks->at[distinct->block], 13, item);
		break;
	case CARDINALITY_SMALL:
		fresh = registers_add((uint8_t *)distinct->few, 8, item);
		break;
	}
	return fresh;
}

double cardinality_count(const struct cardinality *distinct, const struct blocks *blocks, double *error)
{
	*error = 0;
	switch (distinct->form) {
	case CARDINALITY_REGISTERS:
		*error = 1.04 / sqrt(CARDINALITY_BLOCK);
		return registers_count(blocks->at[distinct->block], 13);
	case CARDINALITY_SMALL:
		*error = 1.04 / sqrt(SMALL_REGISTERS);
		return registers_count((const uint8_t *)distinct->few, 8);
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

static void merge_blocks(uint8_t form, uint8_t *to, const uint8_t *from)
{
	for (size_t i = 0; i < CARDINALITY_BLOCK; i++)
		to[i] = form == CARDINALITY_BITMAP ? to[i] | from[i] : to[i] > from[i] ? to[i] : from[i];
}

static uint32_t bits_of(const uint8_t *bitmap)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < CARDINALITY_BLOCK; i++)
		bits += (uint32_t)__builtin_popcount(bitmap[i]);
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
	merge_blocks(to->form, block, from_blocks->at[from->block]);
	if (to->form == CARDINALITY_BITMAP)
		to->count = bits_of(block);
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
	if (distinct->form == CARDINALITY_BITMAP)
		return blocks->at[distinct->block] + ((item & 0xffff) >> 3);
	if (distinct->form == CARDINALITY_REGISTERS)
		return blocks->at[distinct->block] + (hash_u64(item, ITEM_SEED) >> (64 - 13));
	return &distinct->few[cardinality_home(item)];
}
