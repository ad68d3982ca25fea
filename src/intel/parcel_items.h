/*
 * The objects that a recipient of sealed files has: of each identifier the newest version, until it is withdrawn. A
 * file of one object of STIX a line, which every verb of `noroshi intel` reads.
 */
#ifndef NOROSHI_INTEL_PARCEL_ITEMS_H
#define NOROSHI_INTEL_PARCEL_ITEMS_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

struct parcel_items; /* one thread */

/* A file that is not there holds none. */
enum error parcel_items_read(const char *path, struct parcel_items **items, struct failure *failure);
void parcel_items_free(struct parcel_items *items); /* NULL is fine */

/* An older version than the one that is there changes nothing. ERROR_MEMORY. */
enum error parcel_items_put(
    struct parcel_items *items, struct text id, nanoseconds modified, struct text json, struct failure *failure);
void parcel_items_remove(struct parcel_items *items, struct text id);
size_t parcel_items_count(const struct parcel_items *items);

enum error parcel_items_write(const struct parcel_items *items, const char *path, struct failure *failure);

#endif
