/*
 * What the programs of bench/run share that measure this room.
 */
#ifndef NOROSHI_TESTS_MATCH_SPEED_H
#define NOROSHI_TESTS_MATCH_SPEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Seconds of the thread's processor time. */
static inline double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline void give_up(const char *words)
{
	fprintf(stderr, "bench: %s\n", words);
	exit(2);
}

static inline uint64_t mix(uint64_t value) /* SplitMix64: the same values in every run */
{
	value += 0x9e3779b97f4a7c15ull;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ value >> 27) * 0x94d049bb133111ebull;
	return value ^ value >> 31;
}

#endif
