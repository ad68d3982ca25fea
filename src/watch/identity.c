/*
 * What a file's content is known by; see identity.h.
 */
#include "watch/identity.h"

#include <string.h>

#define FIRST_ENOUGH 64 /* bytes: a first look is not extended beyond, as a copy may end where the file stood then */
#define SEED 0x6e6f726f73686933u /* keeps our hashes apart from others' */

static void tail_extend(struct identity *identity, const uint8_t *at, uint64_t size)
{
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
	if (identity->head_size < IDENTITY_HEAD && identity->head_size == identity->place) {
		uint64_t room = IDENTITY_HEAD - identity->head_size;
		uint32_t take = (uint32_t)(size < room ? size : room);
		memcpy(identity->head + identity->head_size, at, take);
		identity->head_size += take;
	}
	identity->place += size;
	if (size > 0)
		tail_extend(identity, at, size);
}

enum error identity_take(struct identity *identity, struct source *source, uint64_t size, struct failure *failure)
{
	identity->place = size;
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

enum error identity_check(const struct identity *identity, struct source *source, bool *same, struct failure *failure)
{
	uint8_t bytes[IDENTITY_HEAD > IDENTITY_TAIL ? IDENTITY_HEAD : IDENTITY_TAIL];
	uint32_t got;

	*same = false;
	bool glimpsed = identity->first_size > identity->head_size;
	uint32_t wanted = glimpsed ? identity->first_size : identity->head_size;
	enum error error = source_read(source, 0, bytes, wanted, &got, failure);
	if (error)
		return error;
	if (got != wanted || memcmp(bytes, identity->head, identity->head_size) != 0)
		return OK;
	if (glimpsed && !first_same(identity, bytes, got))
		return OK;
	error = source_read(source, identity->place - identity->tail_size, bytes, identity->tail_size, &got, failure);
	if (error)
		return error;
	*same = got == identity->tail_size && memcmp(bytes, identity->tail, got) == 0;
	return OK;
}

void identity_encode(const struct identity *identity, struct builder *to)
{
	put_u64(to, identity->device);
	put_u64(to, identity->inode);
	put_u64(to, identity->place);
	put_text(to, (struct text){ (const char *)identity->head, identity->head_size });
	put_text(to, (struct text){ (const char *)identity->tail, identity->tail_size });
}

void identity_decode(struct reader *from, struct identity *identity)
{
	identity->device = get_u64(from);
	identity->inode = get_u64(from);
	identity->place = get_u64(from);
	struct text head = get_text(from);
	struct text tail = get_text(from);
	if (head.size > IDENTITY_HEAD || head.size > identity->place || tail.size > IDENTITY_TAIL ||
	    tail.size > identity->place)
		from->failed = true;
	if (from->failed)
		return;
	identity->head_size = (uint32_t)head.size;
	identity->tail_size = (uint32_t)tail.size;
	if (head.size > 0)
		memcpy(identity->head, head.at, head.size);
	if (tail.size > 0)
		memcpy(identity->tail, tail.at, tail.size);
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
