/*
 * The two ends of sealed files at a TAXII 2.1 server, a centre of ours or another's: what somebody may read there goes
 * into files, and what comes out of files is added there. The server decides who may, and writes it into its log, as
 * for whoever else reads and adds; there is no other door into a centre's store for files.
 */
#ifndef NOROSHI_INTEL_PARCEL_TAXII_H
#define NOROSHI_INTEL_PARCEL_TAXII_H

#include "intel/parcel_client.h"
#include "intel/parcel_write.h"

#define PARCEL_COLLECTIONS 64u /* that are pulled at a time */

struct parcel_taxii; /* one thread */
enum error parcel_taxii_open(const struct parcel_server *server, struct parcel_taxii **taxii, struct failure *failure);
void parcel_taxii_free(struct parcel_taxii *taxii); /* NULL is fine */

/* What was added to the collection since the last time goes into the writer, and as withdrawn what was sent and is not
 * there any more. What was sent is kept in `CHAIN.COLLECTION.sent`, a line each. */
enum error parcel_taxii_pull(struct parcel_taxii *taxii, const char *collection, const char *chain,
    struct parcel_writer *writer, uint64_t *objects, uint64_t *withdrawn, struct failure *failure);
/* Each object that is in the collection now; `each` returns an error to end it. */
enum error parcel_taxii_each(struct parcel_taxii *taxii, const char *collection,
    enum error (*each)(void *context, struct json_value object, struct failure *failure), void *context,
    struct failure *failure);
/* After the writer's commit: what was withdrawn now is forgotten. */
enum error parcel_taxii_pulled(struct parcel_taxii *taxii, struct failure *failure);

/* Changes for sensors, by a sensor's token at a centre of ours (`url`: "https://centre.example"): those behind `epoch`
 * and `number`, a line each. `each` returns an error to end it. */
enum error parcel_taxii_changes(const struct parcel_server *server, const char *epoch, uint64_t number,
    enum error (*each)(void *context, struct text line, struct failure *failure), void *context,
    struct failure *failure);

/* An object is added, with others when there are enough of them or at parcel_taxii_flush(), which waits until the
 * server has taken all. What it refuses is counted and `refused` has the last reason; the rest goes on. */
enum error parcel_taxii_add(
    struct parcel_taxii *taxii, const char *collection, struct text object, struct failure *failure);
enum error parcel_taxii_flush(struct parcel_taxii *taxii, struct failure *failure);
/* Of one's own objects; one that is not there is fine. */
enum error parcel_taxii_remove(
    struct parcel_taxii *taxii, const char *collection, struct text id, struct failure *failure);
struct parcel_added {
	uint64_t added, refused, removed;
	char why[200];
};
struct parcel_added parcel_taxii_added(const struct parcel_taxii *taxii);

#endif
