/*
 * Items for programs and people: /v1/items.
 */
#ifndef NOROSHI_INTEL_ITEMS_H
#define NOROSHI_INTEL_ITEMS_H

#include "http/call.h"
#include "store/items.h"

enum error item_import(struct call *call, struct failure *failure);
/* The conditions that the list and its page have in common. ERROR_NOT_FOUND: there is no such community. */
enum error item_query_asked(const struct call *call, struct item_query *query, struct failure *failure);
enum item_holds item_holds_asked(const struct call *call); /* the field `holds` */
enum error item_list(struct call *call, struct failure *failure);
enum error item_read(struct call *call, struct failure *failure);
enum error item_versions(struct call *call, struct failure *failure);
enum error item_relations(struct call *call, struct failure *failure);
enum error handovers_read(struct call *call, struct failure *failure); /* handover_routes.c */
enum error item_readers(struct call *call, struct failure *failure);   /* reader_routes.c */
enum error item_change(struct call *call, struct failure *failure);
enum error item_remove(struct call *call, struct failure *failure);

#endif
