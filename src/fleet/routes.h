/*
 * The routes and the page of fleet: how the sensors do, their gaps, planned maintenance. Handlers run in the keeper.
 */
#ifndef NOROSHI_FLEET_ROUTES_H
#define NOROSHI_FLEET_ROUTES_H

#include "http/call.h"

extern const struct route fleet_routes[];

enum error fleet_list(struct call *call, struct failure *failure);
enum error gap_list(struct call *call, struct failure *failure);
enum error maintenance_plan(struct call *call, struct failure *failure);
enum error maintenance_end(struct call *call, struct failure *failure);

#endif
