/*
 * What the decoy brings to the program.
 */
#ifndef NOROSHI_DECOY_CAPABILITY_H
#define NOROSHI_DECOY_CAPABILITY_H

#include "model/capability.h"

extern const struct capability decoy_capability;

#endif
