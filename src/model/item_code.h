/*
 * Items as bytes: how they cross from the front to the keeper and rest in the store. Everything of struct item but the
 * owner, the account, the feed and the time received, which whoever stores it knows better. A format byte comes first:
 * later versions of the program read all earlier ones.
 */
#ifndef NOROSHI_MODEL_ITEM_CODE_H
#define NOROSHI_MODEL_ITEM_CODE_H

#include "base/codec.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/item.h"

void item_encode(const struct item *item, struct builder *to);
/* Texts point into what is read, lists are in the arena. ERROR_CORRUPT for what item_encode() never writes: a code that
 * there is not, an id that is too long, more references than bytes; ERROR_MEMORY. */
enum error item_decode(struct reader *from, struct arena *arena, struct item *item, struct failure *failure);

#endif
