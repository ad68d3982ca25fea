/*
 * Remotes for administrators: /v1/remotes.
 */
#ifndef NOROSHI_INTEL_REMOTES_H
#define NOROSHI_INTEL_REMOTES_H

#include "http/route.h"

extern const struct route remote_routes[];

#endif
