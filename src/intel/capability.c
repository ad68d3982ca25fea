/*
 * The intel capability, as the list of capabilities names it.
 */
#include "intel/capability.h"

#include "intel/command.h"
#include "intel/naming.h"
#include "intel/pages.h"
#include "intel/routes.h"
#include "intel/settings.h"

#include <stddef.h>

static const struct command commands[] = {
	{ .name = "intel",
	    .summary = "check records against indicators of any format, convert between formats",
	    .run = intel_command },
	{ .name = NULL },
};

static enum error start(struct center *center, struct failure *failure)
{
	enum error error = naming_start(center, failure);
	return error ? error : naming_rerender(center, failure);
}

const struct capability intel_capability = {
	.name = "intel",
	.options = intel_options,
	.commands = commands,
	.routes = intel_routes,
	.pages = page_routes,
	.start = start,
	.stop = naming_stop,
};
