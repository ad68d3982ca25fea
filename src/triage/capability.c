/*
 * The triage capability, as the list of capabilities names it.
 */
#include "triage/capability.h"

#include "triage/command.h"

#include <stddef.h>

static const struct command commands[] = {
	{ .name = "triage", .summary = "find the few events that need confirmation in alert files", .run = triage_run },
	{ .name = NULL },
};

const struct capability triage_capability = {
	.name = "triage",
	.commands = commands,
};
