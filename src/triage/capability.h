/*
 * Triage as a capability of the centre: its command, its options, and its adapter that runs triage.h on what the keeper
 * stores.
 */
#ifndef NOROSHI_TRIAGE_CAPABILITY_H
#define NOROSHI_TRIAGE_CAPABILITY_H

#include "model/capability.h"

extern const struct capability triage_capability;

#endif
