/*
 * The list of capabilities. A new capability is a new folder and one line here.
 */
#include "center/capabilities.h"

#include "darknet/capability.h"
#include "decoy/capability.h"
#include "fleet/capability.h"
#include "intel/capability.h"
#include "intel/lists.h"
#include "intel/loop.h"
#include "intel/readers.h"
#include "notify/notify.h"
#include "outage/capability.h"
#include "reach/capability.h"
#include "triage/capability.h"
#include "watch/watch.h"

#include <stddef.h>

const struct capability *const capabilities[] = {
	&watch_capability,
	&triage_capability,
	&fleet_capability,
	&outage_capability,
	&intel_capability,
	&loop_capability,
	&lists_capability,
	&readers_capability,
	&notify_capability,
	&reach_capability,
	&darknet_capability,
	&counts_capability,
	&decoy_capability,
	NULL,
};
