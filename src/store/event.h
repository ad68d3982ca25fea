/*
 * What event.c and split.c share.
 */
#ifndef NOROSHI_STORE_EVENT_H
#define NOROSHI_STORE_EVENT_H

#include "store/query.h"

/* Inserts or replaces the row as it is given; `split_from` nil when it was not split off. */
enum error event_write(struct store *store, const struct scope *scope, const struct event *event,
    const struct uuid *split_from, struct failure *failure);
/* When the event was split: writes its parts, and *is_split is true. */
enum error event_put_split(
    struct store *store, const struct scope *scope, const struct event *event, bool *is_split, struct failure *failure);
/* One line of what was decided, and its line in the log. */
enum error event_step(struct store *store, const struct scope *scope, struct uuid id, uint32_t organisation,
    const char *what, struct text reason, nanoseconds now, struct failure *failure);

/* The event, for a change that was decided upon when it had this version (0 = whichever): ERROR_CONFLICT otherwise. */
enum error event_read_version(struct store *store, const struct scope *scope, struct uuid id, uint64_t version,
    struct arena *arena, struct event **event, struct event_standing *standing, struct failure *failure);

#endif
