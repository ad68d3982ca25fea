/*
 * The lines of sources, one behind the other in the order in which they came, and the index that finds them; see
 * line.h. The index is a hash table of buckets that are a line of the cache each, full from their front; what has no
 * room in its bucket stands in the next. Looks, growth and removals stay within it: a new source costs no second look
 * into memory that is not in the cache, and a look no branch on what stands where.
 */
#include "darknet/event/line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LOOKED 32u /* buckets that a look-up goes at most */
#define LEAST_BITS 3u
#define FIRST_BITS 9u

/* ── memory ─ */

static size_t reserved(const struct line_table *table)
{
	return ((size_t)table->most + 1) * sizeof *table->at;
}

static size_t buckets_of(const struct line_table *table)
{
	return (size_t)1 << table->bits;
}

/* How many lines it finds before it grows. */
static size_t load_of(const struct line_table *table)
{
	return buckets_of(table) * BUCKET_SLOTS / 4 * 3;
}

/* Zeroed, and memory only as it is touched; NULL: there is none. */
static void *reserve(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

static void free_buckets(struct line_table *table)
{
	if (table->buckets)
		munmap(table->buckets, buckets_of(table) * sizeof *table->buckets);
}

bool line_table_init(struct line_table *table, uint32_t most)
{
	*table = (struct line_table){ .most = most, .made = 1, .bits = LEAST_BITS }; /* number 0 is none */
	while (table->bits < FIRST_BITS && load_of(table) < most)
		table->bits++;
	table->at = reserve(reserved(table)); /* address space for all of them: none of it ever moves */
	table->buckets = reserve(buckets_of(table) * sizeof *table->buckets);
	return table->at && table->buckets;
}

void line_table_free(struct line_table *table)
{
	if (table->at)
		munmap(table->at, reserved(table));
	free_buckets(table);
	*table = (struct line_table){ 0 };
}

/* ── buckets ─ */

/* A bit for each slot with this part of a hash. */
static unsigned bucket_holds(const struct line_bucket *bucket, uint32_t part)
{
	typedef uint32_t four __attribute__((vector_size(16)));
	const four first = { 1, 2, 4, 8 }, second = { 16, 32, 64, 128 };
	four one, other;

	memcpy(&one, bucket->hash, sizeof one);
	memcpy(&other, bucket->hash + 4, sizeof other);
	one = ((four)(one == part) & first) | ((four)(other == part) & second);
	return one[0] | one[1] | one[2] | one[3];
}

static bool bucket_full(const struct line_bucket *bucket)
{
	return bucket->hash[BUCKET_SLOTS - 1] != 0;
}

static unsigned bucket_used(const struct line_bucket *bucket)
{
	unsigned used = 0;
	while (used < BUCKET_SLOTS && bucket->hash[used])
		used++;
	return used;
}

static void bucket_put(struct line_bucket *bucket, uint32_t part, uint32_t line)
{
	unsigned slot = bucket_used(bucket);
	bucket->hash[slot] = part;
	bucket->line[slot] = line;
}

static void bucket_drop(struct line_bucket *bucket, unsigned slot)
{
	unsigned last = bucket_used(bucket) - 1;
	bucket->hash[slot] = bucket->hash[last];
	bucket->line[slot] = bucket->line[last];
	bucket->hash[last] = bucket->line[last] = 0;
}

/* Twice the buckets. What they hold stands almost in the order of its hashes, before as after it. */
static bool grow(struct line_table *table)
{
	struct line_table larger = { .bits = table->bits + 1 };
	size_t mask = buckets_of(&larger) - 1;
	larger.buckets = reserve((mask + 1) * sizeof *larger.buckets);
	if (!larger.buckets)
		return false;
	for (size_t i = 0; i < buckets_of(table); i++) {
		const struct line_bucket *bucket = &table->buckets[i];
		for (unsigned slot = 0; slot < BUCKET_SLOTS && bucket->hash[slot]; slot++) {
			size_t at = line_table_home(&larger, bucket->hash[slot]);
			while (bucket_full(&larger.buckets[at]))
				at = (at + 1) & mask;
			bucket_put(&larger.buckets[at], bucket->hash[slot], bucket->line[slot]);
		}
	}
	free_buckets(table);
	table->buckets = larger.buckets;
	table->bits = larger.bits;
	return true;
}

/* ── looking ─ */

uint32_t line_table_peek(const struct line_table *table, uint64_t hash)
{
	uint32_t part = line_table_part(hash);
	size_t mask = buckets_of(table) - 1, at = line_table_home(table, part);
	for (unsigned i = 0; i < LOOKED; i++, at = (at + 1) & mask) {
		const struct line_bucket *bucket = &table->buckets[at];
		unsigned held = bucket_holds(bucket, part);
		if (held)
			return bucket->line[__builtin_ctz(held)];
		if (!bucket_full(bucket))
			return 0;
	}
	return 0;
}

/* The number of the source's line; 0: it has none. *free is the bucket with room where it would be found; NULL: others
 * stand in all of them. */
static uint32_t look(const struct line_table *table, const struct touch *touch, struct line_bucket **free)
{
	uint32_t part = line_table_part(touch->hash);
	size_t mask = buckets_of(table) - 1, at = line_table_home(table, part);
	*free = NULL;
	for (unsigned i = 0; i < LOOKED && !*free; i++, at = (at + 1) & mask) {
		struct line_bucket *bucket = &table->buckets[at];
		for (unsigned held = bucket_holds(bucket, part); held; held &= held - 1) {
			uint32_t number = bucket->line[__builtin_ctz(held)];
			if (line_is(&table->at[number], touch))
				return number;
		}
		*free = bucket_full(bucket) ? NULL : bucket;
	}
	return 0;
}

/* ── ends ─ */

/* A bucket has room that was full: what stands behind it for want of that room comes back. */
static void fill_up(struct line_table *table, size_t hole)
{
	size_t mask = buckets_of(table) - 1;
	bool full = true;
	for (size_t at = (hole + 1) & mask; full; at = (at + 1) & mask) {
		struct line_bucket *bucket = &table->buckets[at];
		full = bucket_full(bucket);
		for (unsigned slot = 0; slot < BUCKET_SLOTS && bucket->hash[slot]; slot++) {
			size_t home = line_table_home(table, bucket->hash[slot]);
			if (((at - home) & mask) < ((at - hole) & mask))
				continue;
			bucket_put(&table->buckets[hole], bucket->hash[slot], bucket->line[slot]);
			bucket_drop(bucket, slot);
			hole = at;
			break;
		}
	}
}

/* Where the index holds a line that is taken. */
static size_t bucket_of_line(const struct line_table *table, const struct line *line, unsigned *slot)
{
	uint32_t number = (uint32_t)(line - table->at);
	size_t at = line_table_home(table, line_table_part(line_hash(line->key, line->kind, line->flags & LINE_V6)));
	for (;; at = (at + 1) & (buckets_of(table) - 1))
		for (*slot = 0; *slot < BUCKET_SLOTS; ++*slot)
			if (table->buckets[at].line[*slot] == number)
				return at;
}

void line_table_remove(struct line_table *table, struct line *line)
{
	uint32_t number = (uint32_t)(line - table->at);
	unsigned slot;
	size_t at = bucket_of_line(table, line, &slot);
	bool full = bucket_full(&table->buckets[at]);
	bucket_drop(&table->buckets[at], slot);
	if (full)
		fill_up(table, at);
	line->flags = 0;
	line->trail = table->spare;
	table->spare = number;
	table->count--;
}

void line_table_replace(struct line_table *table, const struct line *line, const struct touch *touch)
{
	unsigned slot;
	size_t at = bucket_of_line(table, line, &slot);
	table->buckets[at].hash[slot] = line_table_part(touch->hash);
}

void line_table_clear(struct line_table *table)
{
	memset(table->buckets, 0, buckets_of(table) * sizeof *table->buckets);
	table->count = 0;
	table->spare = 0;
	table->made = 1;
}

struct line *line_table_stalest(const struct line_table *table, const struct touch *touch)
{
	size_t mask = buckets_of(table) - 1, at = line_table_home(table, line_table_part(touch->hash));
	struct line *stalest = NULL;
	for (unsigned i = 0; i < LOOKED && !stalest; i++, at = (at + 1) & mask) {
		const struct line_bucket *bucket = &table->buckets[at];
		for (unsigned slot = 0; slot < BUCKET_SLOTS && bucket->hash[slot]; slot++) {
			struct line *line = &table->at[bucket->line[slot]];
			if (!stalest || line_last(line) < line_last(stalest))
				stalest = line;
		}
	}
	return stalest;
}

/* ── */

enum line_found line_table_find(struct line_table *table, const struct touch *touch, struct line **line)
{
	struct line_bucket *bucket;
	uint32_t number = look(table, touch, &bucket);
	if (number) {
		*line = &table->at[number];
		return LINE_KNOWN;
	}
	if (!bucket || table->count == table->most)
		return bucket ? LINE_FULL : LINE_CROWDED;
	if (table->count >= load_of(table)) {
		if (!grow(table))
			return LINE_NO_MEMORY;
		return line_table_find(table, touch, line);
	}
	number = table->spare;
	if (number)
		table->spare = table->at[number].trail;
	else
		number = table->made++;
	bucket_put(bucket, line_table_part(touch->hash), number);
	*line = &table->at[number];
	table->count++;
	return LINE_NEW;
}
