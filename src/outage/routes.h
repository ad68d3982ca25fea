/*
 * The routes and pages of announced attacks: of the centre alone. Handlers run in the keeper.
 */
#ifndef NOROSHI_OUTAGE_ROUTES_H
#define NOROSHI_OUTAGE_ROUTES_H

#include "http/call.h"

extern const struct route outage_routes[];

enum error announcement_list(struct call *call, struct failure *failure);
enum error announcement_read(struct call *call, struct failure *failure);
enum error announcement_create(struct call *call, struct failure *failure);

#endif
