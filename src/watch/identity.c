/*
 * What a file's content is known by; see identity.h.
 */
#include "watch/identity.h"

#include <string.h>

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

enum error identity_check(const struct identity *identity, struct source *source, bool *same, struct failure *failure)
{
	uint8_t bytes[IDENTITY_HEAD > IDENTITY_TAIL ? IDENTITY_HEAD : IDENTITY_TAIL];
	uint32_t got;

	*same = false;
	enum error error = source_read(source, 0, bytes, identity->head_size, &got, failure);
	if (error)
		return error;
	if (got != identity->head_size || memcmp(bytes, identity->head, got) != 0)
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
