/*
 * Reach: dispatches of the centre to many (model/dispatch.h): reach tests, early warnings, advisories, newsletters; who
 * received, opened and acknowledged them, and who was not reached and why.
 */
#ifndef NOROSHI_REACH_CAPABILITY_H
#define NOROSHI_REACH_CAPABILITY_H

#include "model/capability.h"

extern const struct capability reach_capability;

#endif
