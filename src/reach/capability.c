/*
 * The reach capability, as the list of capabilities names it.
 */
#include "reach/capability.h"

#include "reach/adapter.h"
#include "reach/command.h"
#include "reach/routes.h"
#include "reach/settings.h"

#include <stddef.h>

static const struct command commands[] = {
	{ .name = "reach",
	    .summary = "whom a message of the centre reached: tables of reach tests, mails that came back",
	    .run = reach_command },
	{ .name = NULL },
};

static const char *const topics[] = { "mail", NULL };

const struct capability reach_capability = {
	.name = "reach",
	.options = reach_options,
	.commands = commands,
	.routes = reach_routes,
	.topics = topics,
	.tick = reach_tick,
	.delivered = reach_delivered,
};
