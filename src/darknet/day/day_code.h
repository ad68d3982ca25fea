/*
 * Counts of a day as bytes. day_table.h has what they are.
 */
#ifndef NOROSHI_DARKNET_DAY_CODE_H
#define NOROSHI_DARKNET_DAY_CODE_H

#include "base/text.h"
#include "darknet/day/day_table.h"

void day_table_encode(const struct day_table *table, struct builder *to); /* to->failed: no memory */
/* ERROR_CORRUPT for bytes that are no table: rows before that may have been told. */
enum error day_table_decode(struct text bytes,
    enum error (*each)(void *context, const struct day_key *key, uint64_t packets, struct failure *failure),
    void *context, struct failure *failure);

#endif
