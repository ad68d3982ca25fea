/*
 * Fleet: notices sensors that stop, slow down, drop or drift in time, tells their owners, and keeps the gaps that every
 * finding's coverage is made from. fleet.h judges, adapter.h wires it into the keeper.
 */
#ifndef NOROSHI_FLEET_CAPABILITY_H
#define NOROSHI_FLEET_CAPABILITY_H

#include "model/capability.h"

extern const struct capability fleet_capability;

#endif
