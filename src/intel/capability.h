/*
 * The exchange of indicators, sightings and reports, as the list of capabilities names it.
 */
#ifndef NOROSHI_INTEL_CAPABILITY_H
#define NOROSHI_INTEL_CAPABILITY_H

#include "model/capability.h"

extern const struct capability intel_capability;

#endif
