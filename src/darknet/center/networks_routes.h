/*
 * The routes of contacts of networks that are no member's. Handlers run in the keeper.
 */
#ifndef NOROSHI_DARKNET_NETWORKS_ROUTES_H
#define NOROSHI_DARKNET_NETWORKS_ROUTES_H

#include "http/call.h"

extern const struct route networks_routes[];

#endif
