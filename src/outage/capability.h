/*
 * Outage: what befalls members' web sites, told to whom it concerns (W13, W14). outage.h joins, adapter.h wires it into
 * the keeper, routes.c has the announced attacks.
 */
#ifndef NOROSHI_OUTAGE_CAPABILITY_H
#define NOROSHI_OUTAGE_CAPABILITY_H

#include "model/capability.h"

extern const struct capability outage_capability;

#endif
