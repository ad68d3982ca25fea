/*
 * Something compiled that is replaced while threads use it: readers take the current one without a lock, a writer puts
 * the next in its place, and what was replaced is freed when no reader is at it any more.
 *
 * Each reader has a slot in which it says what it is using (a hazard pointer: Michael, "Hazard Pointers", 2004). To
 * enter costs one ordered store and two loads, so enter once for a packet or a burst, not once for a look-up; from then
 * on until it leaves the reader sees one and the same set, whole.
 */
#ifndef NOROSHI_MATCH_LIVE_SET_H
#define NOROSHI_MATCH_LIVE_SET_H

#include <stddef.h>

struct live_set;

/* For so many readers, numbered from 0. `release` frees what is replaced. Begins with NULL. NULL without memory. */
struct live_set *live_set_new(size_t readers, void (*release)(void *set));
void live_set_free(struct live_set *live); /* and the current set; no reader may be inside */

/* The current set, or NULL when there is none; stays until live_set_leave(). Not nested. Any thread, but each reader's
 * number is used by one thread at a time. */
const void *live_set_enter(struct live_set *live, size_t reader);
void live_set_leave(struct live_set *live, size_t reader);

/* `next` (may be NULL) becomes the current set, and `live` owns it. Waits until the last reader of the old one left,
 * and frees it: call it from a thread that is not inside. Several writers take turns. */
void live_set_replace(struct live_set *live, void *next);

#endif
