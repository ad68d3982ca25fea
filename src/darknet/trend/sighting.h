/*
 * Sightings: a line of the cache of sixteen, each a fingerprint << 8 and the day, modulo 256, of the last one. 0 =
 * free; a line is filled from its front. What lately.h and habits.h remember of who was there. All of a line at once:
 * no branch that depends on what stands where.
 */
#ifndef NOROSHI_DARKNET_SIGHTING_H
#define NOROSHI_DARKNET_SIGHTING_H

#include <stddef.h>
#include <stdint.h>

#define SIGHTINGS 16

typedef uint32_t sighting_line[SIGHTINGS]; /* aligned to 64 bytes */
typedef uint32_t sighting_four __attribute__((vector_size(16)));

/* Of 24 bits, never 0. */
static inline uint32_t sighting_fingerprint(uint64_t key)
{
	uint32_t fingerprint = (uint32_t)(key >> 40);
	return fingerprint + (fingerprint == 0);
}

static inline unsigned sighting_age(uint32_t sighting, uint32_t now)
{
	return (now - sighting) & 0xff;
}

/* A bit for each that has this fingerprint; 0 finds those that are free. */
static inline unsigned sighting_find(const uint32_t *line, uint32_t fingerprint)
{
	static const sighting_four bits[] = { { 1, 2, 4, 8 }, { 16, 32, 64, 128 }, { 256, 512, 1024, 2048 },
		{ 4096, 8192, 16384, 32768 } };
	const sighting_four *four = (const sighting_four *)line;
	sighting_four found = { 0 };
#pragma GCC unroll 4
	for (size_t i = 0; i < SIGHTINGS / 4; i++)
		found |= (sighting_four)(four[i] >> 8 == fingerprint) & bits[i];
	return found[0] | found[1] | found[2] | found[3];
}

/* The first that is free; else the first of the oldest: the greatest of age * 16 + 15 - place, in halves of words, of
 * which a greater one is found at once. */
static inline unsigned sighting_oldest(const uint32_t *line, uint32_t now)
{
	typedef int16_t eight __attribute__((vector_size(16)));
	static const sighting_four order[] = { { 15, 14, 13, 12 }, { 11, 10, 9, 8 }, { 7, 6, 5, 4 }, { 3, 2, 1, 0 } };
	const sighting_four *four = (const sighting_four *)line;
	eight most = { 0 };

	if (line[SIGHTINGS - 1] == 0)
		return (unsigned)__builtin_ctz(sighting_find(line, 0));
#pragma GCC unroll 4
	for (size_t i = 0; i < SIGHTINGS / 4; i++) {
		eight score = (eight)(((now - four[i]) & 0xff) << 4 | order[i]);
		eight more = (eight)(score > most);
		most = (score & more) | (most & ~more);
	}
	sighting_four scores = (sighting_four)most;
	uint32_t low = scores[0] > scores[1] ? scores[0] : scores[1];
	uint32_t high = scores[2] > scores[3] ? scores[2] : scores[3];
	return SIGHTINGS - 1 - (low > high ? low : high) % SIGHTINGS;
}

#endif
