/*
 * The option table of telling the owners of addresses that telescopes saw.
 */
#include "darknet/center/settings.h"

#include <stddef.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct darknet_settings settings_of_process;

#define AT(field) offsetof(struct darknet_settings, field)

static const struct option options[] = {
	{ "tell_every", OPTION_DURATION, AT(owners.tell_every), "24 h", 1, 86400.0 * 365,
	    .summary =
		"An organisation is told of one address of its own that goes on to appear in telescopes not more "
		"often than this." },
	{ "quiet", OPTION_DURATION, AT(owners.quiet), "48 h", 1, 86400.0 * 365,
	    .summary =
		"An address that no telescope saw for so long has stopped; longer than the telescopes' --again." },
	{ "digest", OPTION_DURATION, AT(owners.digest), "10 min", 0, 86400.0 * 7,
	    .summary = "One organisation is told not more often than this: what appears meanwhile is told together." },
	{ "keep", OPTION_DURATION, AT(keep), "400 d", 86400, 86400.0 * 36500,
	    .summary = "How long addresses that stopped to appear in telescopes are kept." },
	{ "appearances_most", OPTION_INTEGER, AT(appearances_most), "1000000", 1000, 1e9, "addresses",
	    .summary = "No more addresses of organisations are kept than this; what is beyond is counted." },
	{ "sightings_most", OPTION_INTEGER, AT(sightings_most), "50000", 1, 1e6, "addresses",
	    .summary = "No more addresses wait for the contacts of networks that are no member's; what is beyond is "
		       "counted." },
	{ "batch_rows", OPTION_INTEGER, AT(batch_rows), "1000", 1, 1500, "rows",
	    .summary = "Of one mail to such a contact; what is more goes into further mails." },
	{ "locations", OPTION_PATH, AT(locations), "/var/lib/location/database.db", .fixed = true,
	    .summary =
		"Which autonomous system an address is of, for contacts by its number: a location.db (libloc) or a "
		"*.mmdb (MaxMind DB)." },
	{ NULL },
};

const struct option_group darknet_options[] = {
	{ .name = "owners",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process },
	{ .name = NULL },
};

const struct darknet_settings *darknet_configured(void)
{
	return &settings_of_process;
}
