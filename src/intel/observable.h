/*
 * What of an item can be compared with single values, and items that say no more than one value.
 */
#ifndef NOROSHI_INTEL_OBSERVABLE_H
#define NOROSHI_INTEL_OBSERVABLE_H

#include "base/memory.h"
#include "match/indicator_document.h"
#include "model/item.h"

/* Tells each value by which alone the indicator is met, of whatever form the item is; false when it says more, or
 * nothing that is compared (then nothing is told). `scratch` is cleared. ERROR_INPUT: its pattern cannot be read. */
enum error observables_tell(const struct item *item, struct arena *scratch, indicator_value_visitor visit,
    void *context, bool *told, struct failure *failure);

/* Whether it is of use now: an indicator, not revoked, within its time. */
bool observable_holds(const struct item *item, nanoseconds now);

/* The pattern of STIX, [object:property = 'value'], in the arena; empty when STIX has none for the kind. */
struct text observable_pattern(enum indicator_kind kind, struct text value, struct arena *arena);
/* The type that MISP has for it. */
const char *observable_misp_type(enum indicator_kind kind);

/* An attribute of MISP about one value (STIX has not a word for every kind), with an identifier made of the two, so
 * that one value is one item. False: the value is none of the kind, or without memory. */
bool observable_item(enum indicator_kind kind, struct text value, struct arena *arena, struct item *item);

/* A UUID made of a text, in a space of our own. */
struct text observable_uuid(struct text text, struct arena *arena);

#endif
