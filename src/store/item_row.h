/*
 * Rows of items: for the files of store/ that read them.
 */
#ifndef NOROSHI_STORE_ITEM_ROW_H
#define NOROSHI_STORE_ITEM_ROW_H

#include "store/items.h"
#include "store/query.h"

#define ITEM_FIELDS "item.number, item.organisation, item.received, item.account, item.feed, item.body"

/* The fields above as an item; its texts in the arena. */
enum error item_take(struct query *query, struct arena *arena, struct item *item);

#endif
