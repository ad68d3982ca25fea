/*
 * Compiled sets of indicators: making them. Records are collected in a pool; compiling hashes them into a table of
 * buckets, each a cache line, and chains records of the same value.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "match/indicator_inside.h"

#include <stdlib.h>
#include <string.h>

#define FILLED 0.7 /* of the table's slots: fuller tables have more full buckets, that is second cache lines */
#define AHEAD 16   /* records whose buckets are being fetched */

struct indicator_builder {
	uint8_t *pool;
	size_t size, room;
	uint32_t count;
	uint64_t as_of;
};

struct indicator_builder *indicator_builder_new(void)
{
	return calloc(1, sizeof(struct indicator_builder));
}

void indicator_builder_free(struct indicator_builder *builder)
{
	if (builder)
		free(builder->pool);
	free(builder);
}

static bool make_room(struct indicator_builder *builder, size_t size)
{
	if (builder->room - builder->size >= size)
		return true;
	size_t room = builder->room ? builder->room + builder->room / 2 : 4096;
	if (room - builder->size < size)
		room = builder->size + size;
	uint8_t *pool = realloc(builder->pool, room);
	if (!pool)
		return false;
	builder->pool = pool;
	builder->room = room;
	return true;
}

/* A record whose value is filled in by the caller; NULL beyond the limits. */
static struct record *append(struct indicator_builder *builder, size_t value_size)
{
	size_t size = RECORD_SIZE(value_size);
	if (builder->count >= INDICATORS_MOST || builder->size + size > POOL_MOST || !make_room(builder, size))
		return NULL;
	struct record *record = (struct record *)(void *)(builder->pool + builder->size);
	memset(record, 0, size);
	record->size = (uint16_t)value_size;
	builder->size += size;
	builder->count++;
	return record;
}

enum error indicator_builder_add(struct indicator_builder *builder, enum indicator_kind kind, struct text value,
    enum indicator_action action, uint32_t number, struct failure *failure)
{
	uint8_t form[INDICATOR_VALUE];
	size_t size = indicator_normalize(kind, value, form);
	if (size == 0)
		return fail(failure, ERROR_INPUT, "\"%.*s\" is no %s", (int)(value.size < 80 ? value.size : 80),
		    value.at ? value.at : "", indicator_kind_name(kind));
	return indicator_builder_add_compared(builder, kind, form, size, action, number, failure);
}

enum error indicator_builder_add_compared(struct indicator_builder *builder, enum indicator_kind kind,
    const uint8_t *value, size_t size, enum indicator_action action, uint32_t number, struct failure *failure)
{
	struct record *record = append(builder, size);
	if (!record)
		return fail(failure, ERROR_LIMIT, "no room for more than %u indicators", builder->count);
	record->number = number;
	record->kind = (uint8_t)kind;
	record->action = (uint8_t)action;
	memcpy(record->value, value, size);
	return OK;
}

void indicator_builder_as_of(struct indicator_builder *builder, uint64_t change)
{
	builder->as_of = change;
}

enum error indicator_builder_add_prefix(
    struct indicator_builder *builder, struct prefix prefix, enum indicator_action action, uint32_t number)
{
	char words[PREFIX_TEXT];
	return indicator_builder_add(
	    builder, INDICATOR_ADDRESS, text_of(prefix_format(prefix, words)), action, number, NULL);
}

/* ── compiling ─ */

void indicator_set_note(struct indicator_set *set, const struct record *record)
{
	set->counts.kinds[record->kind]++;
	set->counts.total++;
	if (record->kind == INDICATOR_ADDRESS && record->size == 5)
		set->lengths4 |= 1ull << ((record->value[0] - 96) & 63);
	else if (record->kind == INDICATOR_ADDRESS)
		set->lengths6[record->value[0] / 64 % 3] |= 1ull << record->value[0] % 64;
	set->prefixes += record->kind == INDICATOR_ADDRESS && is_prefix(record->value);
	if (record->kind == INDICATOR_DOMAIN) {
		unsigned labels = 1;
		for (size_t i = 0; i < record->size; i++)
			labels += record->value[i] == '.';
		set->labels |= 1ull << (labels < 63 ? labels : 63);
	}
}

bool indicator_set_sieve(struct indicator_set *set)
{
	uint64_t bits = 64;
	while (bits < 16 * set->prefixes)
		bits *= 2;
	set->sieve = calloc(bits / 64, sizeof *set->sieve);
	set->sieve_mask = bits - 1;
	set->counts.bytes =
	    sizeof *set + set->buckets * sizeof *set->table + set->pool_size + bits / 64 * sizeof *set->sieve;
	for (size_t offset = 0; set->sieve && set->prefixes && offset < set->pool_size;) {
		const struct record *record = record_at(set, (uint32_t)(offset / 4));
		uint64_t hash = hash_bytes(record->value, record->size, set->seed + record->kind);
		if (record->kind == INDICATOR_ADDRESS && is_prefix(record->value)) {
			set->sieve[(hash & set->sieve_mask) / 64] |= 1ull << hash % 64;
			set->sieve[(hash >> 32 & set->sieve_mask) / 64] |= 1ull << (hash >> 32) % 64;
		}
		offset += RECORD_SIZE(record->size);
	}
	return set->sieve;
}

static bool same_value(const struct record *a, const struct record *b)
{
	return a->kind == b->kind && a->size == b->size && memcmp(a->value, b->value, a->size) == 0;
}

/* Whether the record may follow those of its value; counts why not. */
static bool is_new(struct indicator_set *set, uint32_t first, const struct record *record)
{
	unsigned length = 1;
	for (uint32_t at = first + 1; at; at = record_at(set, at - 1)->next, length++) {
		const struct record *other = record_at(set, at - 1);
		if (other->number == record->number && other->action == record->action) {
			set->counts.repeated++;
			return false;
		}
		if (length == INDICATORS_OF_VALUE) {
			set->counts.crowded++;
			return false;
		}
	}
	return true;
}

static void insert(struct indicator_set *set, uint32_t at, uint64_t hash)
{
	struct record *record = (struct record *)(void *)(set->pool + (size_t)at * 4);
	uint32_t tag = tag_of(hash);
	for (uint64_t b = bucket_of(set, hash);; b = b + 1 == set->buckets ? 0 : b + 1) {
		struct bucket *bucket = &set->table[b];
		for (int i = 0; i < SLOTS; i++) {
			if (bucket->tags[i] == 0) {
				bucket->tags[i] = tag;
				bucket->at[i] = at;
				indicator_set_note(set, record);
				return;
			}
			if (bucket->tags[i] != tag || !same_value(record_at(set, bucket->at[i]), record))
				continue;
			if (is_new(set, bucket->at[i], record)) {
				record->next = bucket->at[i] + 1;
				bucket->at[i] = at;
				indicator_set_note(set, record);
			}
			return;
		}
	}
}

static void insert_all(struct indicator_set *set)
{
	struct {
		uint32_t at;
		uint64_t hash;
	} coming[AHEAD];
	size_t first = 0, behind = 0;
	for (size_t offset = 0; offset < set->pool_size || first < behind;) {
		if (offset < set->pool_size) {
			const struct record *record = record_at(set, (uint32_t)(offset / 4));
			uint64_t hash = hash_bytes(record->value, record->size, set->seed + record->kind);
			__builtin_prefetch(&set->table[bucket_of(set, hash)], 1);
			coming[behind % AHEAD].at = (uint32_t)(offset / 4);
			coming[behind++ % AHEAD].hash = hash;
			offset += RECORD_SIZE(record->size);
			if (behind - first < AHEAD)
				continue;
		}
		insert(set, coming[first % AHEAD].at, coming[first % AHEAD].hash);
		first++;
	}
}

enum error indicator_builder_compile(
    struct indicator_builder *builder, struct indicator_set **set, struct failure *failure)
{
	struct indicator_set *made = calloc(1, sizeof *made);
	if (!made) {
		indicator_builder_free(builder);
		return fail(failure, ERROR_MEMORY, "no memory for the indicators");
	}
	made->buckets = (uint64_t)(builder->count / (SLOTS * FILLED)) + 1;
	made->table = memory_wide(made->buckets * sizeof *made->table);
	uint8_t *fitting = builder->size ? realloc(builder->pool, builder->size) : NULL;
	made->pool = fitting ? fitting : builder->pool;
	made->pool_size = builder->size;
	made->as_of = builder->as_of;
	free(builder);
	if (!made->table) {
		indicator_set_free(made);
		return fail(failure, ERROR_MEMORY, "no memory for the indicators");
	}
	memset(made->table, 0, made->buckets * sizeof *made->table);
	random_bytes(&made->seed, sizeof made->seed);
	insert_all(made);
	if (!indicator_set_sieve(made)) {
		indicator_set_free(made);
		return fail(failure, ERROR_MEMORY, "no memory for the indicators");
	}
	*set = made;
	return OK;
}

void indicator_set_free(struct indicator_set *set)
{
	if (!set)
		return;
	free(set->table);
	free(set->pool);
	free(set->sieve);
	free(set);
}

struct indicator_counts indicator_set_count(const struct indicator_set *set)
{
	return set->counts;
}

uint64_t indicator_set_as_of(const struct indicator_set *set)
{
	return set ? set->as_of : 0;
}

void indicator_set_each(const struct indicator_set *set, indicator_visitor visit, void *context)
{
	for (size_t offset = 0; offset < set->pool_size;) {
		const struct record *record = record_at(set, (uint32_t)(offset / 4));
		visit(context, &(struct indicator_match){ .kind = (enum indicator_kind)record->kind,
				   .action = (enum indicator_action)record->action,
				   .number = record->number,
				   .value = record->value,
				   .size = record->size });
		offset += RECORD_SIZE(record->size);
	}
}
