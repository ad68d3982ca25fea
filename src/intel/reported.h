/*
 * What `noroshi intel check` found, as sightings of STIX for the collection that the indicators came from: one for each
 * indicator and run, with how often and when first and last. They say nothing of where it was met.
 */
#ifndef NOROSHI_INTEL_REPORTED_H
#define NOROSHI_INTEL_REPORTED_H

#include "intel/parcel_taxii.h"

struct reported; /* one thread */

struct reported *reported_new(void); /* NULL without memory */
void reported_free(struct reported *reported);
/* A finding as intel/looking.h tells it. False without memory. */
bool reported_take(struct reported *reported, struct text line);
/* The same findings give the same sightings, so giving them twice counts once. */
enum error reported_give(const struct reported *reported, const struct parcel_server *server, const char *collection,
    struct parcel_added *added, struct failure *failure);

#endif
