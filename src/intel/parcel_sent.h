/*
 * Which objects of a collection were sent in sealed files, so that those that are gone can be withdrawn: a file of one
 * identifier a line, and the same of what is there now.
 */
#ifndef NOROSHI_INTEL_PARCEL_SENT_H
#define NOROSHI_INTEL_PARCEL_SENT_H

#include "base/error.h"
#include "base/text.h"

struct parcel_sent; /* one thread */

/* A file that is not there: nothing was sent. */
enum error parcel_sent_read(const char *path, struct parcel_sent **sent, struct failure *failure);
void parcel_sent_free(struct parcel_sent *sent); /* NULL is fine */
/* It is there now. ERROR_MEMORY. */
enum error parcel_sent_note(struct parcel_sent *sent, struct text id, struct failure *failure);
/* Those that were sent and are not there now; `each` returns an error to end it. */
enum error parcel_sent_gone(struct parcel_sent *sent,
    enum error (*each)(void *context, struct text id, struct failure *failure), void *context, struct failure *failure);
/* What is there now; `both`: what was sent, too. */
enum error parcel_sent_write(struct parcel_sent *sent, const char *path, bool both, struct failure *failure);

#endif
