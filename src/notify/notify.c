/*
 * The notify capability as the others see it: its options and topics; its routes and hooks join when the store is
 * there.
 */
#include "notify/notify.h"

#include "notify/settings.h"

#include <stddef.h>

static const char *const topics[] = { "mail", NULL };

const struct capability notify_capability = {
	.name = "notify",
	.options = notify_options,
	.topics = topics,
};
