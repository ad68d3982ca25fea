/*
 * The routes of contacts of networks that are no member's, and their pages. Handlers run in the keeper.
 */
#ifndef NOROSHI_DARKNET_NETWORKS_ROUTES_H
#define NOROSHI_DARKNET_NETWORKS_ROUTES_H

#include "http/call.h"
#include "store/networks.h"

extern const struct route networks_routes[];

/* ── networks_change.c ─ */
enum error network_create(struct call *call, struct failure *failure);
enum error network_change(struct call *call, struct failure *failure);
enum error network_remove(struct call *call, struct failure *failure);
enum error network_import(struct call *call, struct failure *failure); /* many at once, of a file */

/* ── for both files ─ */
enum error network_find(struct call *call, struct network_contact *contact, struct failure *failure); /* of `id` */
json_t *network_describe(const struct network_contact *contact);

#endif
