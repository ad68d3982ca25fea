/*
 * HyperLogLog: how many different items there were, from the highest rank that each of 2^bits registers saw.
 *
 *   items → registers_add() → registers_rank() → ranks_count()
 *
 * Sources: Flajolet, Fusy, Gandouet, Meunier, AofA 2007; the estimator without bias ranges of Ertl, arXiv:1702.01284
 * (2017), algorithm 6. The standard error is 1.04/√2^bits.
 */
#ifndef NOROSHI_DARKNET_REGISTERS_H
#define NOROSHI_DARKNET_REGISTERS_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTERS_SEED 0x64697374u

/* How many registers hold each rank: all that a count is made of. At most 32,768 registers. */
struct ranks {
	uint16_t of[66];
};

/* Where an item belongs, and its rank there. */
struct registers_place {
	uint32_t at;
	uint8_t rank;
};
static inline struct registers_place registers_place(unsigned bits, uint32_t item)
{
	uint64_t hash = hash_u64(item, REGISTERS_SEED);
	uint64_t rest = hash << bits | (uint64_t)1 << (bits - 1); /* ends with a one */
	return (struct registers_place){ (uint32_t)(hash >> (64 - bits)), (uint8_t)(__builtin_clzll(rest) + 1) };
}

/* Whether it surely was not there before; perhaps it was not, when false. */
static inline bool registers_add(uint8_t *registers, unsigned bits, uint32_t item)
{
	struct registers_place place = registers_place(bits, item);
	if (place.rank <= registers[place.at])
		return false;
	registers[place.at] = place.rank;
	return true;
}

void registers_merge(uint8_t *to, const uint8_t *from, size_t count); /* a multiple of 16 */
void registers_rank(const uint8_t *registers, unsigned bits, struct ranks *ranks);
double ranks_count(const struct ranks *ranks, unsigned bits);

#endif
