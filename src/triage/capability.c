/*
 * The triage capability, as the list of capabilities names it.
 */
#include "triage/capability.h"

#include "triage/adapter.h"
#include "triage/command.h"
#include "triage/options.h"
#include "triage/routes.h"

#include <stddef.h>

static const struct command commands[] = {
	{ .name = "triage", .summary = "find the few events that need confirmation in alert files", .run = triage_run },
	{ .name = NULL },
};

const struct capability triage_capability = {
	.name = "triage",
	.options = triage_options,
	.routes = triage_routes,
	.commands = commands,
	.start = adapter_start,
	.tick = adapter_tick,
	.stop = adapter_stop,
	.alerts = adapter_alerts,
	.replay_from = adapter_replay_from,
	.resting = checkpoint_resting,
};
