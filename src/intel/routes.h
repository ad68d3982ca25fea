/*
 * The routes of the exchange.
 */
#ifndef NOROSHI_INTEL_ROUTES_H
#define NOROSHI_INTEL_ROUTES_H

#include "http/route.h"

extern const struct route intel_routes[];

#endif
