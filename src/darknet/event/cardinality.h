/*
 * How many different things were there: exactly while they are few, in 8 KiB when they are many.
 *
 *   items (32 bits: an address's place in the telescope, a hash) → cardinality_add() → cardinality_count()
 *
 * Up to 64 items are kept as they are. The 65th takes a block of 8 KiB: an exact bitmap where items are places below
 * 65,536, else a HyperLogLog of 8,192 registers (registers.h; standard error 1.04/√8192 = 1.15 %: 95 % within 2.3 %).
 * When the pool of blocks is used up the 64 words themselves become 256 registers (6.5 %), which is counted.
 *
 * One thread for a pool and what uses it.
 */
#ifndef NOROSHI_DARKNET_CARDINALITY_H
#define NOROSHI_DARKNET_CARDINALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARDINALITY_FEW 64
#define CARDINALITY_LINE 16
#define CARDINALITY_BLOCK 8192
#define CARDINALITY_NONE UINT32_MAX

/* Blocks of 8 KiB, made as they are needed, kept when they are given back. */
struct blocks {
	uint8_t **at;
	uint32_t *spare; /* given back */
	uint32_t made, most, spare_count;
	uint64_t missing; /* asked for when all were in use */
};
bool blocks_init(struct blocks *blocks, uint32_t most); /* false: no memory */
void blocks_free(struct blocks *blocks);
uint32_t blocks_take(struct blocks *blocks); /* zeroed; CARDINALITY_NONE: at the bound, or no memory */
void blocks_give(struct blocks *blocks, uint32_t block);

enum cardinality_form { CARDINALITY_LIST, CARDINALITY_BITMAP, CARDINALITY_REGISTERS, CARDINALITY_SMALL };

struct cardinality {    /* zeroed: nothing was there */
	uint32_t count; /* of a list or bitmap */
	uint32_t block;
	uint8_t form;
	/* Of a list: lines of the cache where the struct stands so; in each its items come first. 0 = none. */
	_Alignas(16) uint32_t few[CARDINALITY_FEW];
};

/* The line in which a list looks for an item first. */
static inline uint32_t cardinality_home(uint32_t item)
{
	return (item * 0x9e3779b1u >> 30) * CARDINALITY_LINE;
}

/* `exact`: every item is below 65,536. Whether it surely was not there before (of registers: perhaps). */
bool cardinality_add(struct cardinality *distinct, struct blocks *blocks, uint32_t item, bool exact);
/* *error: the relative standard error, 0 = exact. */
double cardinality_count(const struct cardinality *distinct, const struct blocks *blocks, double *error);
/* Of what cardinality_add() will touch beside the struct's beginning: to be fetched before. */
const void *cardinality_place(const struct cardinality *distinct, const struct blocks *blocks, uint32_t item);
/* *to becomes the same set, in another pool; or both together. False: there was no block for it, or one of them is 256
 * registers, which are of no use to others; *to is good for cardinality_clear() then. */
bool cardinality_copy(
    struct cardinality *to, struct blocks *to_blocks, const struct cardinality *from, const struct blocks *from_blocks);
bool cardinality_merge(struct cardinality *to, struct blocks *to_blocks, const struct cardinality *from,
    const struct blocks *from_blocks, bool exact);
void cardinality_clear(struct cardinality *distinct, struct blocks *blocks); /* as new */

#endif
