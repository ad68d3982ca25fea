/*
 * What a file's content is known by; see identity.h.
 */
#include "watch/identity.h"

#include <string.h>

#define FIRST_ENOUGH 64 /* bytes: a first look is not extended beyond, as a copy may end where the file stood then */
#define SEED 0x6e6f726f73686933u /* keeps our hashes apart from others' */

/* So few bytes of the end of a log could be guessed from a hash that is made to be fast. */
static struct hash128 digest(const void *at, size_t size)
{
	uint8_t bytes[32];
	struct hash128 hash;
	sha256(at, size, bytes);
	memcpy(&hash, bytes, sizeof hash);
	return hash;
}

static bool digest_is(struct hash128 hash, const void *at, size_t size)
{
	struct hash128 other = digest(at, size);
	return other.high == hash.high && other.low == hash.low;
}

static void tail_extend(struct identity *identity, const uint8_t *at, uint64_t size)
{
	if (identity->tail_away) /* what was before is not known any more: fewer bytes tell, until there are enough */
		identity->tail_size = 0;
	identity->tail_away = identity->tail_hashed = false;
	if (size >= IDENTITY_TAIL) {
		memcpy(identity->tail, at + size - IDENTITY_TAIL, IDENTITY_TAIL);
		identity->tail_size = IDENTITY_TAIL;
		return;
	}
	uint32_t keep = IDENTITY_TAIL - (uint32_t)size;
	if (keep > identity->tail_size)
		keep = identity->tail_size;
	memmove(identity->tail, identity->tail + identity->tail_size - keep, keep);
	memcpy(identity->tail + keep, at, size);
	identity->tail_size = keep + (uint32_t)size;
}

void identity_extend(struct identity *identity, const void *at, uint64_t size)
{
	if (identity->head_size < IDENTITY_HEAD && identity->head_size == identity->place && !identity->head_away) {
		uint64_t room = IDENTITY_HEAD - identity->head_size;
		uint32_t take = (uint32_t)(size < room ? size : room);
		memcpy(identity->head + identity->head_size, at, take);
		identity->head_size += take;
		identity->head_hashed = false;
	}
	identity->place += size;
	if (size > 0)
		tail_extend(identity, at, size);
}

enum error identity_take(struct identity *identity, struct source *source, uint64_t size, struct failure *failure)
{
	identity->place = size;
	identity->head_away = identity->tail_away = identity->head_hashed = identity->tail_hashed = false;
	identity->tail_size = size < IDENTITY_TAIL ? (uint32_t)size : IDENTITY_TAIL;
	enum error error = source_read(source, 0, identity->head, size < IDENTITY_HEAD ? (uint32_t)size : IDENTITY_HEAD,
	    &identity->head_size, failure);
	if (!error)
		error = source_read(source, size - identity->tail_size, identity->tail, identity->tail_size,
		    &identity->tail_size, failure);
	return error;
}

void identity_glimpse(struct identity *identity, struct source *source)
{
	uint8_t bytes[IDENTITY_FIRST];
	uint32_t got;
	struct failure ignored;

	if (identity->place > 0 || identity->first_size >= FIRST_ENOUGH || source_compressed(source) ||
	    source_read(source, 0, bytes, sizeof bytes, &got, &ignored) != OK || got <= identity->first_size)
		return;
	identity->first_size = got;
	identity->first_hash = hash128_bytes(bytes, got, SEED);
}

static bool first_same(const struct identity *identity, const uint8_t *at, uint32_t size)
{
	struct hash128 hash = hash128_bytes(at, size < identity->first_size ? size : identity->first_size, SEED);

	return size >= identity->first_size && hash.high == identity->first_hash.high &&
	       hash.low == identity->first_hash.low;
}

/* The bytes were read and are the same: from here on they are here. */
static void come_back(struct identity *identity, const uint8_t *head, const uint8_t *tail)
{
	memcpy(identity->head, head, identity->head_size);
	memcpy(identity->tail, tail, identity->tail_size);
	identity->head_away = identity->tail_away = false;
}

enum error identity_check(struct identity *identity, struct source *source, bool *same, struct failure *failure)
{
	uint8_t head[IDENTITY_HEAD], tail[IDENTITY_TAIL];
	uint32_t got;

	*same = false;
	bool glimpsed = identity->first_size > identity->head_size;
	uint32_t wanted = glimpsed ? identity->first_size : identity->head_size;
	enum error error = source_read(source, 0, head, wanted, &got, failure);
	if (error)
		return error;
	bool head_same =
	    got == wanted && (identity->head_away ? digest_is(identity->head_hash, head, identity->head_size)
						  : memcmp(head, identity->head, identity->head_size) == 0);
	if (!head_same || (glimpsed && !first_same(identity, head, got)))
		return OK;
	error = source_read(source, identity->place - identity->tail_size, tail, identity->tail_size, &got, failure);
	if (error)
		return error;
	*same = got == identity->tail_size && (identity->tail_away ? digest_is(identity->tail_hash, tail, got)
								   : memcmp(tail, identity->tail, got) == 0);
	if (*same && (identity->head_away || identity->tail_away))
		come_back(identity, head, tail);
	return OK;
}

static uint32_t begin_size(const struct identity *identity)
{
	return identity->head_size < IDENTITY_TAIL ? identity->head_size : IDENTITY_TAIL;
}

bool identity_hashes_same(const struct identity *identity, uint64_t offset, const void *at, uint32_t size)
{
	if (size == 0)
		return false;
	if (offset == 0 && size == begin_size(identity) && identity->head_away)
		return digest_is(identity->begin_hash, at, size);
	return offset + size == identity->place && size == identity->tail_size && identity->tail_away &&
	       digest_is(identity->tail_hash, at, size);
}

static void put_hash(struct builder *to, struct hash128 hash)
{
	put_u64(to, hash.high);
	put_u64(to, hash.low);
}

static struct hash128 get_hash(struct reader *from)
{
	uint64_t high = get_u64(from);
	return (struct hash128){ .high = high, .low = get_u64(from) };
}

static void hash_all(struct identity *identity)
{
	if (!identity->head_away && !identity->head_hashed) {
		identity->head_hash = digest(identity->head, identity->head_size);
		identity->begin_hash = digest(identity->head, begin_size(identity));
		identity->head_hashed = true;
	}
	if (!identity->tail_away && !identity->tail_hashed) {
		identity->tail_hash = digest(identity->tail, identity->tail_size);
		identity->tail_hashed = true;
	}
}

void identity_encode(struct identity *identity, struct builder *to)
{
	hash_all(identity);
	put_u64(to, identity->device);
	put_u64(to, identity->inode);
	put_u64(to, identity->place);
	put_u32(to, identity->head_size);
	put_hash(to, identity->head_hash);
	put_hash(to, identity->begin_hash);
	put_u32(to, identity->tail_size);
	put_hash(to, identity->tail_hash);
}

static void decode_bytes(struct reader *from, struct identity *identity)
{
	struct text head = get_text(from);
	struct text tail = get_text(from);
	from->failed |= head.size > IDENTITY_HEAD || tail.size > IDENTITY_TAIL;
	if (from->failed)
		return;
	identity->head_size = (uint32_t)head.size;
	identity->tail_size = (uint32_t)tail.size;
	if (head.size > 0)
		memcpy(identity->head, head.at, head.size);
	if (tail.size > 0)
		memcpy(identity->tail, tail.at, tail.size);
}

static void decode_hashes(struct reader *from, struct identity *identity)
{
	identity->head_size = get_u32(from);
	identity->head_hash = get_hash(from);
	identity->begin_hash = get_hash(from);
	identity->tail_size = get_u32(from);
	identity->tail_hash = get_hash(from);
	from->failed |= identity->head_size > IDENTITY_HEAD || identity->tail_size > IDENTITY_TAIL;
	identity->head_away = identity->head_size > 0;
	identity->tail_away = identity->tail_size > 0;
	identity->head_hashed = identity->tail_hashed = true;
}

void identity_decode(struct reader *from, bool bytes, struct identity *identity)
{
	identity->device = get_u64(from);
	identity->inode = get_u64(from);
	identity->place = get_u64(from);
	if (bytes)
		decode_bytes(from, identity);
	else
		decode_hashes(from, identity);
	from->failed |= identity->head_size > identity->place || identity->tail_size > identity->place;
	if (from->failed)
		identity->head_size = identity->tail_size = 0;
}

void identity_first_encode(const struct identity *identity, struct builder *to)
{
	put_u32(to, identity->first_size);
	put_u64(to, identity->first_hash.high);
	put_u64(to, identity->first_hash.low);
}

void identity_first_decode(struct reader *from, struct identity *identity)
{
	identity->first_size = get_u32(from);
	identity->first_hash.high = get_u64(from);
	identity->first_hash.low = get_u64(from);
	if (identity->first_size > IDENTITY_FIRST)
		from->failed = true;
}
