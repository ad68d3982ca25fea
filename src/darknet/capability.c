/*
 * The telescope as a capability: the verb.
 */
#include "darknet/capability.h"

#include "darknet/command.h"

static const struct command commands[] = {
	{ "darknet", "scans, victims and changes in the packets to unused addresses", darknet_command },
	{ .name = NULL },
};

const struct capability darknet_capability = {
	.name = "darknet",
	.commands = commands,
};
