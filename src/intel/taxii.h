/*
 * TAXII 2.1 (OASIS Standard, 10 June 2021) over the store's collections: handlers of the endpoints, in the keeper. The
 * server sees to paths, media types and errors (http/route.h: `taxii`), the front reads envelopes (center/pushes.c),
 * the keeper stores what is in them (center/imports.c).
 *
 * One API root holds every collection that somebody may see. What may not be seen is answered as what does not exist.
 */
#ifndef NOROSHI_INTEL_TAXII_H
#define NOROSHI_INTEL_TAXII_H

#include "http/call.h"
#include "store/items.h"

#define TAXII_ROOT "/taxii2/exchange/"
#define TAXII_PAGE 1000u            /* objects that a page has at most */
#define TAXII_PAGE_BYTES (4u << 20) /* after which a page ends */

enum error taxii_discovery(struct call *call, struct failure *failure);
enum error taxii_root(struct call *call, struct failure *failure);
enum error taxii_status(struct call *call, struct failure *failure);
enum error taxii_collections(struct call *call, struct failure *failure);
enum error taxii_collection(struct call *call, struct failure *failure);
enum error taxii_manifest(struct call *call, struct failure *failure);
enum error taxii_objects(struct call *call, struct failure *failure);
enum error taxii_object(struct call *call, struct failure *failure);
enum error taxii_versions(struct call *call, struct failure *failure);
enum error taxii_delete(struct call *call, struct failure *failure);
/* Says who may add objects, and makes the import whose status the client gets. */
enum error taxii_add(struct call *call, struct failure *failure);

/* ── what the handlers share ─ */

/* A collection as somebody sees it. */
struct shown_collection {
	struct collection collection;
	bool can_read, can_write;
	const struct scope *write; /* NULL when nothing may be written */
};
/* By the field `collection` (UUID or alias). ERROR_NOT_FOUND when neither reading nor writing is allowed, too. */
enum error shown_collection_find(struct call *call, struct shown_collection *shown, struct failure *failure);
/* All that may be seen, told in a steady order. */
enum error shown_collection_each(
    struct call *call, void (*each)(void *, const struct shown_collection *), void *context, struct failure *failure);

/* The filters of a request (3.4). ERROR_INPUT names the one that is malformed. Lists are in the call's arena. */
enum error filter_read(const struct call *call, struct entry_query *query, struct failure *failure);

#endif
