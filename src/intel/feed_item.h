/*
 * Entries of feeds (formats/feed.h) as items: each an advisory, which says where it stands. And by what an entry is
 * known again, in the same feed and in another's.
 */
#ifndef NOROSHI_INTEL_FEED_ITEM_H
#define NOROSHI_INTEL_FEED_ITEM_H

#include "base/memory.h"
#include "formats/feed.h"
#include "model/item.h"
#include "store/remotes.h" /* struct entry_keys */

/* `feed`: the remote's name. An entry that says no date is of `now`, and so is one that says a date more than a day
 * ahead. ERROR_INPUT: it has neither title nor address, nor id. */
enum error feed_item_make(const struct feed_entry *entry, struct text feed, enum tlp tlp, nanoseconds now,
    struct arena *arena, struct item *item, struct failure *failure);

/* Of an item that feed_item_make() made, wherever it has been since. False: it is none. */
bool feed_item_keys(const struct item *item, struct text feed, struct entry_keys *keys);

/* The address without what differs between copies of one link: scheme, case and port of the host, a slash at its end,
 * parameters that follow readers about. Empty when it is no address of the web. */
void feed_link(struct text link, struct builder *to);

#endif
