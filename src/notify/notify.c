/*
 * The notify capability as the others see it: its name, options, routes, topics and hooks.
 */
#include "notify/notify.h"

#include <stddef.h>

static const char *const topics[] = { "mail", NULL };

const struct capability notify_capability = {
	.name = "notify",
	.topics = topics,
};
