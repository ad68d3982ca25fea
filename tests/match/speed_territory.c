/*
 * Look-ups a second among address spaces: `speed_territory PREFIXES [LOOK-UPS]`. Prefixes of 10,000 organisations, /16
 * to /32 as members have them (seeded); addresses half of members, half of anybody. Prints one JSON object. For
 * bench/run darknet_owners.
 */
#include "match/territory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define ORGANISATIONS 10000u
#define ADDRESSES (1u << 20)

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static struct address address4(uint32_t number)
{
	struct address address = { .bytes = { [10] = 0xff, [11] = 0xff } };
	for (unsigned i = 0; i < 4; i++)
		address.bytes[12 + i] = (uint8_t)(number >> (24 - 8 * i));
	return address;
}

static double seconds(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct organisation_space *make_spaces(size_t count)
{
	static const uint8_t lengths[] = { 16, 18, 20, 20, 22, 22, 23, 24, 24, 24, 24, 24, 26, 28, 29, 32 };
	struct organisation_space *spaces = calloc(count + 1, sizeof *spaces);
	for (size_t i = 0; i < count && spaces; i++) {
		uint8_t length = lengths[next() % (sizeof lengths)];
		spaces[i].organisation = 1 + next() % ORGANISATIONS;
		spaces[i].prefix = prefix_of(address4(next()), (uint8_t)(96 + length));
		spaces[i].from = 1;
	}
	return spaces;
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t wanted = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000000;
	struct organisation_space *spaces = make_spaces(count);
	struct address *addresses = calloc(ADDRESSES, sizeof *addresses);
	struct territory *territory;
	struct failure failure;
	struct rusage before, after;
	if (!count || !spaces || !addresses) {
		fputs("usage: speed_territory PREFIXES [LOOK-UPS]\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < ADDRESSES; i++)
		addresses[i] = i % 2 ? address4(next())
				     : address4((uint32_t)spaces[next() % count].prefix.address.bytes[12] << 24 |
						next() % (1u << 24));
	getrusage(RUSAGE_SELF, &before);
	double began = seconds(CLOCK_PROCESS_CPUTIME_ID);
	if (territory_new(spaces, count, &territory, &failure) != OK) {
		fprintf(stderr, "%s\n", failure.words);
		return 1;
	}
	double made = seconds(CLOCK_PROCESS_CPUTIME_ID) - began;
	getrusage(RUSAGE_SELF, &after);
	uint64_t held = 0;
	began = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (uint64_t i = 0; i < wanted; i++)
		held += territory_owner(territory, addresses[i % ADDRESSES], 2) != 0;
	double took = seconds(CLOCK_PROCESS_CPUTIME_ID) - began;
	printf("{\"prefixes\":%zu,\"make_seconds\":%.3f,\"peak_mebibytes\":%ld,\"look_ups_per_second\":%.0f,"
	       "\"held_share\":%.3f}\n",
	    count, made, (after.ru_maxrss - before.ru_maxrss) / 1024, (double)wanted / took,
	    (double)held / (double)wanted);
	territory_free(territory);
	free(addresses);
	free(spaces);
	return 0;
}
