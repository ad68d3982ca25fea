/*
 * The option table of telescopes at the centre.
 */
#include "darknet/center/counts_settings.h"

#include <stddef.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct counts_settings settings_of_process;

#define AT(field) offsetof(struct counts_settings, field)

static const struct option options[] = {
	{ "zone", OPTION_INTEGER, AT(zone), "540", -720, 840, "minutes east of UTC", .fixed = true,
	    .summary = "The zone whose days figures of telescopes are counted by." },
	{ "iot_ports", OPTION_PATH, AT(iot_ports), "", .fixed = true,
	    .summary = "Which destination ports are those of IoT devices: a list as telescope/iot-ports, which counts "
		       "when this is absent." },
	{ "keep", OPTION_DURATION, AT(keep), "3660 d", 86400, 86400.0 * 36500,
	    .summary = "What telescopes counted on a day is kept for so long." },
	{ "keep_hours", OPTION_DURATION, AT(keep_hours), "35 d", 86400, 86400.0 * 36500,
	    .summary = "What they counted in each hour is kept for so long." },
	{ "keep_cleanup", OPTION_DURATION, AT(keep_cleanup), "400 d", 86400, 86400.0 * 36500,
	    .summary = "What a member said became of an address on its clean-up list is kept for so long." },
	{ "save_every", OPTION_DURATION, AT(save_every), "1 min", 0.1, 3600,
	    .summary = "Counts become tables of the store so often; views read these." },
	{ "rows", OPTION_INTEGER, AT(rows), "200000", 1000, 10e6, "counts",
	    .summary = "A table of a day or an hour has so many counts at most; what is beyond is counted without its "
		       "port." },
	{ "view_rows", OPTION_INTEGER, AT(view_rows), "10000000000", 1000, 1e12, "counts",
	    .summary = "One view adds up so many counts at most; a longer time is refused." },
	{ "view_at_once", OPTION_INTEGER, AT(view_at_once), "500000", 0, 10e6, "counts",
	    .summary = "A view of more counts is added up by a thread, beside what the centre does for others." },
	{ "least_telescopes", OPTION_INTEGER, AT(least_telescopes), "3", 1, 1000, "telescopes",
	    .summary = "A member sees the sum of others' telescopes for days on which at least so many of them saw "
		       "something." },
	{ NULL },
};

const struct option_group counts_options[] = {
	{ .name = "telescope",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process },
	{ .name = NULL },
};

const struct counts_settings *counts_configured(void)
{
	return &settings_of_process;
}
