/*
 * The option table of fleet.
 */
#include "fleet/settings.h"

#include <stddef.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct fleet_settings settings_of_process;

#define AT(field) offsetof(struct fleet_settings, field)

static const struct option options[] = {
	{ "silence_factor", OPTION_REAL, AT(silence_factor), "4", 1, 1000, "intervals",
	    .summary =
		"A sensor that usually delivers rarely is called silent after so many of its usual intervals, if "
		"that is longer than center.silence." },
	{ "recover", OPTION_DURATION, AT(recover), "2 min", 0, 86400,
	    .summary = "A silent sensor that is heard again has recovered when it did not fall silent for so long." },
	{ "slow_share", OPTION_REAL, AT(slow_share), "0.2", 0, 0.5, "of the usual rate",
	    .summary = "A sensor is slow when less than this share of its usual records came in an hour; 0: never." },
	{ "slow_least", OPTION_INTEGER, AT(slow_least), "100", 1, 1e9, "records an hour",
	    .summary = "Hours in which fewer records are usual are not judged by their rate." },
	{ "slow_days", OPTION_INTEGER, AT(slow_days), "4", 1, 1000, "days",
	    .summary = "The rate of an hour is known when so many such days were seen." },
	{ "drop_share", OPTION_REAL, AT(drop_share), "0.01", 0.000001, 1, "of the packets",
	    .summary = "A sensor drops when its capture lost at least this share of the packets in a window." },
	{ "drop_least", OPTION_INTEGER, AT(drop_least), "100", 1, 1e12, "packets",
	    .summary = "Fewer lost packets in a window are not spoken of." },
	{ "drop_window", OPTION_DURATION, AT(drop_window), "5 min", 0.1, 86400,
	    .summary = "The window over which lost packets are counted." },
	{ "drift", OPTION_DURATION, AT(drift), "60 s", 0.001, 86400,
	    .summary = "A sensor's clock is wrong when it is farther than this from the centre's." },
	{ "clock_window", OPTION_DURATION, AT(clock_window), "10 min", 0.1, 86400,
	    .summary = "The window in which the least delay of its records is looked for." },
	{ "never", OPTION_DURATION, AT(never), "24 h", 1, 86400.0 * 365,
	    .summary = "The owner of a sensor that was enrolled and not heard of is told after so long." },
	{ "tell_every", OPTION_DURATION, AT(tell_every), "6 h", 0, 86400.0 * 365,
	    .summary = "The owner is told of trouble of one sensor not more often than this." },
	{ "keep", OPTION_DURATION, AT(keep), "400 d", 86400, 86400.0 * 36500,
	    .summary = "How long gaps that have ended are kept, for the coverage of older findings." },
	{ "keep_most", OPTION_INTEGER, AT(keep_most), "5000", 10, 1e6, "gaps",
	    .summary = "No more gaps of one sensor are kept than this, whatever their age." },
	{ NULL },
};

const struct option_group fleet_options[] = {
	{ .name = "fleet",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process },
	{ .name = NULL },
};

const struct fleet_settings *fleet_configured(void)
{
	return &settings_of_process;
}
