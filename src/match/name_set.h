/*
 * A compiled set of domain names, each with a number of the caller's: which numbers does this name, or a name above it,
 * have?
 */
#ifndef NOROSHI_MATCH_NAME_SET_H
#define NOROSHI_MATCH_NAME_SET_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

#define NAME_SET_LARGEST 4000000 /* names */
#define NAME_LONGEST 253         /* bytes: RFC 1035, 2.3.4, as text without the last dot */

struct name_set;

struct name_set *name_set_new(void); /* NULL when there is no memory */
void name_set_free(struct name_set *set);

/* Lower case without a dot at the end, as name_normalize() gives it: false when it is no name (RFC 1035 characters and
 * _). */
bool name_normalize(struct text name, char to[static NAME_LONGEST + 1]);

/* `below`: the names below it have the number too. ERROR_LIMIT beyond NAME_SET_LARGEST. */
enum error name_set_add(struct name_set *set, const char *name, bool below, uint32_t number);

/* Calls `each` for every number of the name, which is normalized, from the whole name upward. */
void name_set_find(
    const struct name_set *set, const char *name, void (*each)(void *context, uint32_t number), void *context);

#endif
