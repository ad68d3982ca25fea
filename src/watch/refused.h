/*
 * Batches that the centre will never take: kept aside for a person to look at, the oldest removed at the bound.
 */
#ifndef NOROSHI_WATCH_REFUSED_H
#define NOROSHI_WATCH_REFUSED_H

#include "watch/follow.h"

/* Writes FOLDER/refused/TIME-EPOCH-OFFSET.lines with the batch's bytes. At most `limit` bytes stay in that folder. */
enum error refused_keep(const char *folder, uint64_t limit, const struct follow *follow, const struct batch *batch,
    struct failure *failure);

#endif
