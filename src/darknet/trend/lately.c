/*
 * Who is new: see the header.
 */
#include "darknet/trend/lately.h"

#include "base/memory.h"
#include "darknet/trend/kept.h"

#include <stdlib.h>
#include <string.h>

#define WAYS 16

typedef int32_t quarter __attribute__((vector_size(16))); /* four ways of a line */
typedef uint32_t quarter_words __attribute__((vector_size(16)));

struct lately {
	uint32_t (*lines)[WAYS]; /* fingerprint << 8 | day; 0 = free */
	size_t mask;
	uint64_t displaced;
	unsigned days;
};

struct lately *lately_new(size_t most, unsigned days)
{
	size_t lines = 1;
	while (lines * WAYS < most)
		lines *= 2;
	struct lately *seen = calloc(1, sizeof *seen);
	if (!seen)
		return NULL;
	size_t size = lines * sizeof *seen->lines;
	seen->lines = memory_wide(size);
	if (!seen->lines) {
		free(seen);
		return NULL;
	}
	memset(seen->lines, 0, size);
	seen->mask = lines - 1;
	seen->days = days < 1 ? 1 : days > 120 ? 120 : days;
	return seen;
}

void lately_free(struct lately *seen)
{
	if (seen)
		free(seen->lines);
	free(seen);
}

/* The first way that holds the fingerprint; WAYS: none. */
static unsigned way_of(const uint32_t line[static WAYS], uint32_t fingerprint)
{
	static const quarter bits[] = { { 1, 2, 4, 8 }, { 16, 32, 64, 128 }, { 256, 512, 1024, 2048 },
		{ 4096, 8192, 16384, 32768 } };
	const quarter *ways = (const quarter *)line;
	const int32_t is = (int32_t)fingerprint;
	quarter found = { 0 };
	for (size_t i = 0; i < WAYS / 4; i++)
		found |= ((ways[i] >> 8 & 0xffffff) == is) & bits[i];
	int32_t mask = found[0] | found[1] | found[2] | found[3] | 1 << WAYS;
	return (unsigned)__builtin_ctz((unsigned)mask);
}

/* The greatest of age * 16 + 15 - way: a free one is the oldest, of those of one age the first way. */
static unsigned oldest_of(const uint32_t line[static WAYS], uint32_t now)
{
	static const quarter order[] = { { 15, 14, 13, 12 }, { 11, 10, 9, 8 }, { 7, 6, 5, 4 }, { 3, 2, 1, 0 } };
	const quarter *ways = (const quarter *)line;
	quarter most = { 0 };
	for (size_t i = 0; i < WAYS / 4; i++) {
		quarter free = ways[i] == 0, age = (quarter)((now - (quarter_words)ways[i]) & 0xff);
		quarter score = ((age & ~free) | (free & 256)) << 4 | order[i];
		quarter more = score > most;
		most = (score & more) | (most & ~more);
	}
	int32_t low = most[0] > most[1] ? most[0] : most[1], high = most[2] > most[3] ? most[2] : most[3];
	return (unsigned)(low > high ? low : high);
}

bool lately_first(struct lately *seen, uint64_t key, uint32_t day)
{
	uint32_t *line = seen->lines[key & seen->mask], now = day % 256;
	uint32_t fingerprint = (uint32_t)(key >> 40);
	fingerprint += fingerprint == 0;
	unsigned way = way_of(line, fingerprint);
	if (way < WAYS) {
		unsigned age = (now - line[way]) & 0xff;
		line[way] = fingerprint << 8 | now;
		return age > seen->days;
	}
	unsigned oldest = oldest_of(line, now);
	seen->displaced += oldest / WAYS <= seen->days;
	line[WAYS - 1 - oldest % WAYS] = fingerprint << 8 | now;
	return true;
}

void lately_fetch(const struct lately *seen, uint64_t key)
{
	__builtin_prefetch(seen->lines[key & seen->mask], 1);
}

uint64_t lately_displaced(const struct lately *seen)
{
	return seen->displaced;
}

/* A line fills from its first place on. */
static uint8_t used_of(const uint32_t line[static WAYS])
{
	uint8_t count = 0;
	while (count < WAYS && line[count])
		count++;
	return count;
}

void lately_put(const struct lately *seen, struct builder *to)
{
	uint64_t lines = 0;
	for (size_t i = 0; i <= seen->mask; i++)
		lines += seen->lines[i][0] != 0;
	put_u64(to, seen->mask);
	put_u32(to, seen->days);
	put_u64(to, seen->displaced);
	put_u64(to, lines);
	for (size_t i = 0; i <= seen->mask; i++) {
		uint8_t count = used_of(seen->lines[i]);
		if (count == 0)
			continue;
		put_u32(to, (uint32_t)i);
		put_u8(to, count);
		put_u32s(to, seen->lines[i], count);
	}
}

void lately_get(struct lately *seen, struct reader *from)
{
	get_same(from, seen->mask);
	if (get_u32(from) != seen->days)
		from->failed = true;
	seen->displaced = get_u64(from);
	for (uint64_t lines = get_u64_below(from, seen->mask + 2); lines > 0 && !from->failed; lines--) {
		uint32_t *line = seen->lines[get_u32_below(from, seen->mask + 1)];
		uint8_t count = get_u8(from);
		if (count == 0 || count > WAYS || line[0])
			from->failed = true;
		for (size_t way = 0; way < count && !from->failed; way++)
			if (!(line[way] = get_u32(from)))
				from->failed = true;
	}
}
