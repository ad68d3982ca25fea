/*
 * The option table of outage.
 */
#include "outage/settings.h"

#include <stddef.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct outage_settings settings_of_process;

#define AT(field) offsetof(struct outage_settings, field)

static const struct option options[] = {
	{ "together", OPTION_DURATION, AT(together), "10 min", 1, 86400,
	    .summary = "Troubles of web sites that begin within so long of each other are one disturbance." },
	{ "quiet", OPTION_DURATION, AT(quiet), "30 min", 1, 86400.0 * 7,
	    .summary = "A disturbance is over when no further trouble began for so long." },
	{ "organisations", OPTION_INTEGER, AT(organisations), "3", 2, 256, "organisations",
	    .summary = "Trouble at so many at once is shared with all members." },
	{ "sector_least", OPTION_INTEGER, AT(sector_least), "2", 1, 1000, "organisations",
	    .summary = "Only sectors of at least so many organisations are named in what is shared." },
	{ "prober", OPTION_TEXT, AT(prober), "",
	    .summary = "Short name of the organisation whose probes are believed about everybody's sites; empty: each "
		       "organisation's about its own alone." },
	{ "tell_every", OPTION_DURATION, AT(tell_every), "6 h", 0, 86400.0 * 30,
	    .summary = "An organisation is told that its sites do not answer not more often than this." },
	{ NULL },
};

const struct option_group outage_options[] = {
	{ .name = "outage",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process },
	{ .name = NULL },
};

const struct outage_settings *outage_configured(void)
{
	return &settings_of_process;
}
