/*
 * The list of capabilities: the one place that names them. cmd/ and center/ walk it.
 */
#ifndef NOROSHI_CENTER_CAPABILITIES_H
#define NOROSHI_CENTER_CAPABILITIES_H

#include "model/capability.h"

extern const struct capability *const capabilities[]; /* in the order of their start; ends with NULL */

#endif
