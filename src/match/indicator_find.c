/*
 * Compiled sets of indicators: asking them. A value becomes the forms that may stand in the set; the cache lines of all
 * forms of a batch are asked of memory before the first one is looked at.
 */
#include "base/hash.h"
#include "match/indicator_inside.h"
#include "match/name.h"

#include <endian.h>
#include <string.h>

#define KEYS (sizeof((struct indicator_batch *)NULL)->keys / sizeof(struct indicator_key))
/* What one question may write: every form of an address, or one value. */
#define VALUE_ROOM ((33 + 129) * 17)
static_assert(VALUE_ROOM >= INDICATOR_VALUE, "one value fits");
static_assert(VALUE_ROOM <= 4096, "several questions fit");

static void tell(const struct indicator_batch *batch, const struct indicator_key *key, const struct record *record)
{
	for (;;) {
		batch->visit(batch->context, &(struct indicator_match){ .kind = (enum indicator_kind)record->kind,
						 .action = (enum indicator_action)record->action,
						 .number = record->number,
						 .value = record->value,
						 .size = record->size,
						 .query = key->query });
		if (record->next == 0)
			return;
		record = record_at(batch->set, record->next - 1);
	}
}

static void look(const struct indicator_batch *batch, const struct indicator_key *key)
{
	const struct indicator_set *set = batch->set;
	uint32_t tag = tag_of(key->hash);
	for (uint64_t b = bucket_of(set, key->hash);; b = b + 1 == set->buckets ? 0 : b + 1) {
		const struct bucket *bucket = &set->table[b];
		unsigned found = 0;
		for (int i = 0; i < SLOTS; i++)
			found |= (unsigned)(bucket->tags[i] == tag) << i;
		for (; found; found &= found - 1) {
			const struct record *record = record_at(set, bucket->at[__builtin_ctz(found)]);
			if (record->kind == key->kind && record->size == key->size &&
			    memcmp(record->value, key->value, key->size) == 0) {
				tell(batch, key, record);
				return;
			}
		}
		if (bucket->tags[SLOTS - 1] == 0)
			return;
	}
}

static void look_all(struct indicator_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		look(batch, &batch->keys[i]);
	batch->count = 0;
}

static bool is_in_sieve(const struct indicator_set *set, uint64_t hash)
{
	uint64_t first = hash & set->sieve_mask, second = hash >> 32 & set->sieve_mask;
	return set->sieve[first / 64] >> first % 64 & set->sieve[second / 64] >> second % 64 & 1;
}

/* `value` stays where it is until the keys are looked at. */
static void ask(
    struct indicator_batch *batch, enum indicator_kind kind, const uint8_t *value, size_t size, uint64_t query)
{
	const struct indicator_set *set = batch->set;
	if (set->counts.kinds[kind] == 0)
		return;
	uint64_t hash = hash_bytes(value, size, set->seed + kind);
	if (kind == INDICATOR_ADDRESS && is_prefix(value) && !is_in_sieve(set, hash))
		return;
	if (batch->count == KEYS)
		look_all(batch);
	struct indicator_key *key = &batch->keys[batch->count++];
	*key = (struct indicator_key){
		.hash = hash, .query = query, .value = value, .size = (uint16_t)size, .kind = (uint8_t)kind
	};
	__builtin_prefetch(&set->table[bucket_of(set, hash)]);
}

static uint8_t *value_room(struct indicator_batch *batch)
{
	if (sizeof batch->values - batch->used < VALUE_ROOM) {
		look_all(batch);
		batch->used = 0;
	}
	return batch->values + batch->used;
}

/* ── addresses ─ */

/* The bits of `from` up to `length`, then zeroes. */
static void mask_bytes(uint8_t *to, const uint8_t *from, unsigned size, unsigned length)
{
	for (unsigned at = 0; at<size; at += 4, length = length> 32 ? length - 32 : 0) {
		uint32_t part;
		memcpy(&part, from + at, 4);
		part &= htobe32(length >= 32 ? UINT32_MAX : ~(UINT32_MAX >> length));
		memcpy(to + at, &part, 4);
	}
}

/* The prefixes of the lengths in `bits` (bit 0 is the length `first`) that the address lies in; IPv4 has 4 bytes. */
static void ask_lengths(
    struct indicator_batch *batch, struct address address, unsigned first, uint64_t bits, bool v4, uint64_t query)
{
	unsigned size = v4 ? 4 : 16;
	for (; bits; bits &= bits - 1) {
		uint8_t *to = batch->values + batch->used;
		unsigned length = first + (unsigned)__builtin_ctzll(bits);
		to[0] = (uint8_t)length;
		mask_bytes(to + 1, address.bytes + 16 - size, size, v4 ? length - 96 : length);
		batch->used += size + 1;
		ask(batch, INDICATOR_ADDRESS, to, size + 1, query);
	}
}

void indicator_batch_address(struct indicator_batch *batch, struct address address, uint64_t query)
{
	const struct indicator_set *set = batch->set;
	if (!set || set->counts.kinds[INDICATOR_ADDRESS] == 0)
		return;
	value_room(batch);
	if (address_is_v4(address))
		ask_lengths(batch, address, 96, set->lengths4, true, query);
	/* of what is written as IPv6 only prefixes under 96 bits contain IPv4 addresses */
	const uint64_t within[3] = { UINT64_MAX, address_is_v4(address) ? UINT32_MAX : UINT64_MAX,
		address_is_v4(address) ? 0 : UINT64_MAX };
	for (unsigned i = 0; i < 3; i++)
		ask_lengths(batch, address, 64 * i, set->lengths6[i] & within[i], false, query);
}

/* ── names and other texts ─ */

/* What is a name or an address in a host ("[2001:db8::1]"), the right part of a mail address, or "*.example.org". */
static struct text host_of(struct text value)
{
	for (size_t i = value.size; i > 0; i--)
		if (value.at[i - 1] == '@') {
			value = (struct text){ value.at + i, value.size - i };
			break;
		}
	if (value.size > 0 && value.at[value.size - 1] == '>')
		value.size--;
	if (value.size > 2 && value.at[0] == '[' && value.at[value.size - 1] == ']')
		value = (struct text){ value.at + 1, value.size - 2 };
	if (text_starts(value, TEXT("*.")))
		value = (struct text){ value.at + 2, value.size - 2 };
	return value;
}

static void ask_name(struct indicator_batch *batch, unsigned kinds, struct text value, uint64_t query)
{
	char *name = (char *)value_room(batch);
	if (!name_normalize(value, name))
		return;
	size_t size = strlen(name);
	batch->used += size;
	if (kinds & INDICATOR_BIT(INDICATOR_HOSTNAME))
		ask(batch, INDICATOR_HOSTNAME, (uint8_t *)name, size, query);
	if (!(kinds & INDICATOR_BIT(INDICATOR_DOMAIN)))
		return;
	unsigned labels = 0;
	for (size_t i = size; i > 0; i--)
		if (i == 1 || name[i - 2] == '.') {
			labels++;
			if (batch->set->labels >> (labels < 63 ? labels : 63) & 1)
				ask(batch, INDICATOR_DOMAIN, (uint8_t *)name + i - 1, size - i + 1, query);
		}
}

/* As it is, without its scheme, and both without the query. */
static void ask_url(struct indicator_batch *batch, const uint8_t *url, size_t size, uint64_t query)
{
	/* the first slash is the scheme's, or the path's: an address in the query has another */
	const uint8_t *slash = memchr(url, '/', size), *end = memchr(url, '?', size);
	bool scheme = slash && slash > url && slash[-1] == ':' && slash + 1 < url + size && slash[1] == '/';
	const uint8_t *bare = scheme ? slash + 2 : url;
	ask(batch, INDICATOR_URL, url, size, query);
	if (end)
		ask(batch, INDICATOR_URL, url, (size_t)(end - url), query);
	if (bare == url)
		return;
	ask(batch, INDICATOR_URL, bare, (size_t)(url + size - bare), query);
	if (end)
		ask(batch, INDICATOR_URL, bare, (size_t)(end - bare), query);
}

static void ask_other(struct indicator_batch *batch, enum indicator_kind kind, struct text value, uint64_t query)
{
	uint8_t *to = value_room(batch);
	size_t size = indicator_normalize(kind, value, to);
	batch->used += size;
	if (size > 0 && kind == INDICATOR_URL)
		ask_url(batch, to, size, query);
	else if (size > 0)
		ask(batch, kind, to, size, query);
}

#define NAMES (INDICATOR_BIT(INDICATOR_DOMAIN) | INDICATOR_BIT(INDICATOR_HOSTNAME))
#define ADDRESSES INDICATOR_BIT(INDICATOR_ADDRESS)

void indicator_batch_kinds(struct indicator_batch *batch, unsigned kinds, struct text value, uint64_t query)
{
	const struct indicator_set *set = batch->set;
	if (!set)
		return;
	unsigned there = 0;
	for (int i = 0; i < INDICATOR_KINDS; i++)
		there |= set->counts.kinds[i] ? INDICATOR_BIT(i) : 0;
	kinds &= there;
	struct address address;
	bool is_address = kinds & (ADDRESSES | NAMES) && address_parse(host_of(value), &address);
	if (is_address && kinds & ADDRESSES)
		indicator_batch_address(batch, address, query);
	if (!is_address && kinds & NAMES)
		ask_name(batch, kinds, host_of(value), query);
	for (unsigned rest = kinds & ~(ADDRESSES | NAMES); rest; rest &= rest - 1)
		ask_other(batch, (enum indicator_kind)__builtin_ctz(rest), value, query);
}

void indicator_batch_field(struct indicator_batch *batch, enum field field, struct text value, uint64_t query)
{
	unsigned kinds = indicator_kinds_of(field);
	if (kinds)
		indicator_batch_kinds(batch, kinds, value, query);
}

void indicator_batch_begin(
    struct indicator_batch *batch, const struct indicator_set *set, indicator_visitor visit, void *context)
{
	batch->set = set;
	batch->visit = visit;
	batch->context = context;
	batch->count = batch->used = 0;
}

void indicator_batch_end(struct indicator_batch *batch)
{
	look_all(batch);
	batch->used = 0;
}

/* ── one question ─ */

void indicator_set_field(
    const struct indicator_set *set, enum field field, struct text value, indicator_visitor visit, void *context)
{
	indicator_set_kinds(set, indicator_kinds_of(field), value, visit, context);
}

void indicator_set_kinds(
    const struct indicator_set *set, unsigned kinds, struct text value, indicator_visitor visit, void *context)
{
	struct indicator_batch batch;
	if (!set || !kinds)
		return;
	indicator_batch_begin(&batch, set, visit, context);
	indicator_batch_kinds(&batch, kinds, value, 0);
	indicator_batch_end(&batch);
}

void indicator_set_address(
    const struct indicator_set *set, struct address address, indicator_visitor visit, void *context)
{
	struct indicator_batch batch;
	indicator_batch_begin(&batch, set, visit, context);
	indicator_batch_address(&batch, address, 0);
	indicator_batch_end(&batch);
}
