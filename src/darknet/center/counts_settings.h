/*
 * What an operator sets about telescopes at the centre: the group "telescope" of the configuration.
 */
#ifndef NOROSHI_DARKNET_COUNTS_SETTINGS_H
#define NOROSHI_DARKNET_COUNTS_SETTINGS_H

#include "base/config.h"
#include "base/time.h"

struct counts_settings {
	int64_t zone;          /* minutes east of UTC */
	const char *iot_ports; /* a list's file; "": the one that comes along */
	nanoseconds keep, keep_hours, keep_cleanup, save_every;
	int64_t rows;             /* of a table */
	int64_t view_rows;        /* that one view adds up at most */
	int64_t view_at_once;     /* without a thread */
	int64_t least_telescopes; /* of others, before their sum is shown to a member */
};

extern const struct option_group counts_options[];
const struct counts_settings *counts_configured(void);

#endif
