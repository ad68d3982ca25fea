/*
 * The watch capability, as the list of capabilities names it.
 */
#include "watch/watch.h"

#include "watch/command.h"

static const struct command commands[] = {
	{ .name = "agent",
	    .summary = "follow files at a member and ship what is appended to the centre",
	    .run = agent_command },
	{ .name = NULL },
};

const struct capability watch_capability = {
	.name = "watch",
	.commands = commands,
};
