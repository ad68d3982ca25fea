/*
 * Items on their way to the keeper: the bodies of MESSAGE_PUSH, made object by object. The front fills them from what
 * clients give, the courier from what it fetched.
 */
#ifndef NOROSHI_CENTER_ITEM_PART_H
#define NOROSHI_CENTER_ITEM_PART_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "model/item.h"

#define ITEM_PART (96u << 10) /* bytes after which a part is sent */

/* Zeroed it is empty. */
struct item_part {
	struct builder encoded, failures;
	uint64_t bad;
	uint32_t items;
};

void item_part_add(struct item_part *part, const struct item *item, struct arena *arena);
/* An object that is none; words as stix_stream_next() gives them. */
void item_part_refuse(struct item_part *part, const char *words, nanoseconds received);
/* Appends the body and empties the part. `objects`: read so far. `to` failed when there was no memory. */
void item_part_write(struct item_part *part, struct uuid import, bool last, uint64_t objects, struct builder *to);
void item_part_free(struct item_part *part);

#endif
