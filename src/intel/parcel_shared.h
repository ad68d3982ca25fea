/*
 * What sealed files change for sensors, in a folder as `noroshi follow` keeps it: `noroshi sensor --shared` reads it. A
 * compiled set and a file of what changed since, which says no more than how far the set is.
 */
#ifndef NOROSHI_INTEL_PARCEL_SHARED_H
#define NOROSHI_INTEL_PARCEL_SHARED_H

#include "base/error.h"
#include "base/text.h"

struct parcel_shared; /* one thread */

/* `folder` is made when the first line comes. `fresh`: what is there is forgotten (a new chain). */
enum error parcel_shared_open(const char *folder, bool fresh, struct parcel_shared **shared, struct failure *failure);
void parcel_shared_free(struct parcel_shared *shared); /* NULL is fine */

/* A change (match/indicator_recent.h), in the order of their numbers. */
enum error parcel_shared_take(struct parcel_shared *shared, struct text line, struct failure *failure);
/* Writes the set, when anything changed. */
enum error parcel_shared_write(struct parcel_shared *shared, struct failure *failure);

#endif
