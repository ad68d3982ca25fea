/*
 * By which values an item is found: those of which one alone fulfils its pattern (match/stix_pattern.h), in lower case;
 * of attributes of MISP their value.
 */
#ifndef NOROSHI_INTEL_VALUES_H
#define NOROSHI_INTEL_VALUES_H

#include "base/error.h"
#include "base/memory.h"
#include "model/item.h"

#define ITEM_VALUES 1000u /* of one item; further ones do not lead to it */

/* *values is in the arena; none when the pattern says more than values, or there is none. ERROR_INPUT: the pattern
 * cannot be read. */
enum error item_values_find(
    const struct item *item, struct arena *arena, const struct text **values, uint32_t *count, struct failure *failure);
struct text text_lowered(struct arena *arena, struct text text); /* ASCII */

#endif
