/*
 * hash_u64() and hash_bytes() of 16 bytes (an address), of the same values, without a call: for those who hash several
 * times for each of millions. With a constant seed either is some ten instructions.
 */
#ifndef NOROSHI_BASE_HASH_INLINE_H
#define NOROSHI_BASE_HASH_INLINE_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <endian.h>
#include <stdint.h>

#define HASH_INLINE static inline __attribute__((always_inline, flatten))

HASH_INLINE uint64_t hash_u64_inline(uint64_t value, uint64_t seed)
{
	value = htole64(value);
	return XXH3_64bits_withSeed(&value, sizeof value, seed);
}

HASH_INLINE uint64_t hash_16_inline(const void *at, uint64_t seed)
{
	return XXH3_64bits_withSeed(at, 16, seed);
}

#undef HASH_INLINE

#endif
