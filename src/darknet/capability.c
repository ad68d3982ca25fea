/*
 * The telescope as a capability: the verb, and what the keeper does with what telescopes tell.
 */
#include "darknet/capability.h"

#include "darknet/center/adapter.h"
#include "darknet/center/networks_routes.h"
#include "darknet/center/networks_tell.h"
#include "darknet/center/owners_routes.h"
#include "darknet/center/settings.h"
#include "darknet/verb/command.h"

static const struct command_shipping shipping = { .output = "--lines", .records = true };

static const struct command commands[] = {
	{ "darknet", "scans, victims and changes in the packets to unused addresses", darknet_command, &shipping },
	{ .name = NULL },
};

/* Batches to contacts of networks; notify delivers them. */
static const char *const topics[] = { "mail", NULL };

const struct capability darknet_capability = {
	.name = "darknet",
	.commands = commands,
	.options = darknet_options,
	.routes = darknet_routes,
	.pages = networks_routes,
	.topics = topics,
	.delivered = networks_delivered,
	.start = darknet_start,
	.tick = darknet_tick,
	.stop = darknet_stop,
	.alerts = darknet_alerts,
	.replay_from = darknet_replay_from,
};
