/*
 * Which file is it? A name says little: logs are renamed, copied, truncated, compressed, and inodes are used again. We
 * remember the device and inode, the first bytes of the content, and the bytes before the place where reading stands:
 * all taken from what was read, never read again for the purpose (it could have changed by then).
 *
 * The content may be what nobody is to keep (docs/capture-policy.md): on disk there are hashes of these bytes. After a
 * restart the bytes themselves are here again once they were found to be the same.
 */
#ifndef NOROSHI_WATCH_IDENTITY_H
#define NOROSHI_WATCH_IDENTITY_H

#include "base/codec.h"
#include "base/hash.h"
#include "watch/source.h"

#define IDENTITY_HEAD 1024 /* bytes */
#define IDENTITY_TAIL 256  /* bytes */
#define IDENTITY_FIRST 256 /* bytes; few, because a copy may have been made before the first look */

struct identity {
	uint64_t device, inode;
	uint64_t place;                /* bytes of content that the rest speaks of */
	uint32_t head_size;            /* at most min(place, IDENTITY_HEAD) */
	uint32_t tail_size;            /* at most min(place, IDENTITY_TAIL) */
	bool head_away, tail_away;     /* the bytes are not here, only their hashes are */
	bool head_hashed, tail_hashed; /* the hashes are of what is here */
	uint8_t head[IDENTITY_HEAD];
	uint8_t tail[IDENTITY_TAIL];                     /* the last bytes before `place` */
	struct hash128 head_hash, begin_hash, tail_hash; /* begin: of the first IDENTITY_TAIL bytes of the head */
	uint32_t first_size; /* bytes seen at the beginning before any was read for good; at most IDENTITY_FIRST */
	struct hash128 first_hash; /* of them */
};

/* The content goes on from `place` with these bytes. */
void identity_extend(struct identity *identity, const void *at, uint64_t size);

/* Knows the content of `source` up to `size` as if it had been read. */
enum error identity_take(struct identity *identity, struct source *source, uint64_t size, struct failure *failure);

/* A first look at content of which nothing was read yet: by it a copy is known when the original goes away unread. */
void identity_glimpse(struct identity *identity, struct source *source);

/* Is the content of `source` so far the one that we know? *same = false also when it is shorter than `place`. */
enum error identity_check(struct identity *identity, struct source *source, bool *same, struct failure *failure);
/* Whether these bytes stand at `offset` of our content, as far as hashes can tell: false when they cannot. */
bool identity_hashes_same(const struct identity *identity, uint64_t offset, const void *at, uint32_t size);

void identity_encode(struct identity *identity, struct builder *to);
/* from->failed when it is not one. `bytes`: as before version 3, the bytes themselves. */
void identity_decode(struct reader *from, bool bytes, struct identity *identity);
void identity_first_encode(const struct identity *identity, struct builder *to);
void identity_first_decode(struct reader *from, struct identity *identity);

#endif
