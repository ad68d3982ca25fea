/*
 * What the telescope brings to the program.
 */
#ifndef NOROSHI_DARKNET_CAPABILITY_H
#define NOROSHI_DARKNET_CAPABILITY_H

#include "model/capability.h"

extern const struct capability darknet_capability, counts_capability;

#endif
