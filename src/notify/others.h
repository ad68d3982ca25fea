/*
 * Keeps what an analyst writes to one organisation free of the names of others.
 */
#ifndef NOROSHI_NOTIFY_OTHERS_H
#define NOROSHI_NOTIFY_OTHERS_H

#include "notify/work.h"

/* ERROR_INPUT names what stands in `text` (called `field`) and belongs to another organisation than `organisation`: its
 * short name, a title, a domain, an address of its space. */
enum error others_absent(
    struct work *work, uint32_t organisation, const char *field, struct text text, struct failure *failure);

#endif
