/*
 * Lists of what is in force, for members' own devices: a firewall, a resolver, a proxy, an IDS. Exactly what the loop
 * holds for an organisation's communities (store/shared.h), in the formats of export.h.
 *
 * A list is a follower like a sensor: it knows the number up to which it has taken changes, so asking again costs what
 * changed since. The first time it takes everything, in slices between which the keeper serves others. Lists are kept
 * for a while after they were last asked for; organisations with the same communities have the same ones. In the
 * keeper, one thread.
 */
#ifndef NOROSHI_INTEL_LISTS_H
#define NOROSHI_INTEL_LISTS_H

#include "model/capability.h"
#include "model/item.h"
#include "store/store.h"

#define LIST_LARGEST (48u << 20) /* bytes of a list */
#define LIST_FIRST_SID 100000000u

struct list_question {
	const char *format;     /* the name of one of values, not of whole items */
	enum item_action least; /* those that do this, or more */
	const char *kind;       /* of values, as indicator_kind_name() says; "name": domains and host names; "": all */
	uint32_t community;     /* of this one alone; 0 = of all that the scope reads */
};
struct list_answer {
	struct text text;     /* until the next call */
	uint64_t tag;         /* of these bytes; never 0 */
	nanoseconds modified; /* whole seconds, and later than any other text of this list had; after a start: now */
	uint64_t count;       /* values */
};

extern const struct capability lists_capability; /* list_routes.c */

struct lists;
struct lists *lists_new(void);        /* NULL: no memory */
void lists_free(struct lists *lists); /* NULL is fine */
/* One slice of some 10 ms. *ready is false when there is more to take: then call again. ERROR_LIMIT: it is larger than
 * LIST_LARGEST. */
enum error lists_read(struct lists *lists, struct store *store, const struct scope *scope,
    const struct list_question *question, nanoseconds now, bool *ready, struct list_answer *answer,
    struct failure *failure);
/* Forgets lists that nobody asked for in an hour. */
void lists_tick(struct lists *lists);

#endif
