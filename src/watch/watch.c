/*
 * The watch capability, as the list of capabilities names it.
 */
#include "watch/watch.h"

const struct capability watch_capability = {
	.name = "watch",
};
