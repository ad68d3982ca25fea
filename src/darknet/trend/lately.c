/*
 * Who is new: see the header.
 */
#include "darknet/trend/lately.h"

#include "base/memory.h"
#include "darknet/trend/kept.h"
#include "darknet/trend/sighting.h"

#include <stdlib.h>
#include <string.h>

struct lately {
	sighting_line *lines;
	size_t mask;
	uint64_t displaced;
	unsigned days;
};

struct lately *lately_new(size_t most, unsigned days)
{
	size_t lines = 1;
	while (lines * SIGHTINGS < most)
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

bool lately_first(struct lately *seen, uint64_t key, uint32_t day)
{
	uint32_t *line = seen->lines[key & seen->mask], now = day % 256;
	uint32_t fingerprint = sighting_fingerprint(key);
	unsigned found = sighting_find(line, fingerprint);
	unsigned place = found ? (unsigned)__builtin_ctz(found) : sighting_oldest(line, now);
	uint32_t before = line[place];
	bool recent = before && sighting_age(before, now) <= seen->days;
	line[place] = fingerprint << 8 | now;
	seen->displaced += !found && recent;
	return !found || !recent;
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
static uint8_t used_of(const uint32_t line[static SIGHTINGS])
{
	uint8_t count = 0;
	while (count < SIGHTINGS && line[count])
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
		if (count == 0 || count > SIGHTINGS || line[0])
			from->failed = true;
		for (size_t way = 0; way < count && !from->failed; way++)
			if (!(line[way] = get_u32(from)))
				from->failed = true;
	}
}
