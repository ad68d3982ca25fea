/*
 * Telescopes at the centre as a capability: counts and views (counting.h, counts_view.h).
 * Owners are told by darknet_capability.
 */
#include "darknet/capability.h"

#include "darknet/center/counting.h"
#include "darknet/center/counts_routes.h"

const struct capability counts_capability = {
	.name = "counts",
	.options = counts_options,
	.routes = counts_routes,
	.start = counting_start,
	.tick = counting_tick,
	.stop = counting_stop,
	.records = counting_records,
};
