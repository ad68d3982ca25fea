/*
 * Keeps what an analyst writes to one organisation free of the names of others.
 */
#ifndef NOROSHI_STORE_OTHERS_H
#define NOROSHI_STORE_OTHERS_H

#include "store/store.h"

/* ERROR_INPUT names what stands in `text` (called `field`) and belongs to another organisation than `organisation` (0:
 * to any): its short name, a title, a domain, an address of its space. `scope` must cover all. */
enum error others_absent(struct store *store, const struct scope *scope, uint32_t organisation, const char *field,
    struct text text, struct failure *failure);

#endif
