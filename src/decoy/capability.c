/*
 * The decoy as a capability: the verb.
 */
#include "decoy/capability.h"

#include "decoy/command.h"

static const struct command commands[] = {
	{ "decoy", "answer on chosen ports without giving anything away, and record what is tried", decoy_command },
	{ .name = NULL },
};

const struct capability decoy_capability = {
	.name = "decoy",
	.commands = commands,
};
