/*
 * The options of triage. See options.h. Defaults stand here and, for `noroshi triage`, in triage_settings_default(): a
 * test compares them.
 */
#include "triage/options.h"

#include <stddef.h>

static struct triage_configuration configuration;

#define OFFSET(field) offsetof(struct triage_configuration, field)

static const struct option options[] = {
	{ .name = "lateness",
	    .type = OPTION_DURATION,
	    .offset = OFFSET(lateness),
	    .initial = "10 min",
	    .least = 0,
	    .most = 86400,
	    .fixed = true,
	    .summary = "alerts may come this much out of order; until then events are provisional" },
	{ .name = "clamp",
	    .type = OPTION_DURATION,
	    .offset = OFFSET(clamp),
	    .initial = "3650 d",
	    .least = 0,
	    .most = 0,
	    .fixed = true,
	    .summary = "an alert that claims to be older than this when it is received is taken as just this old" },
	{ .name = "clamp_future",
	    .type = OPTION_DURATION,
	    .offset = OFFSET(clamp_future),
	    .initial = "10 min",
	    .least = 0,
	    .most = 0,
	    .fixed = true,
	    .summary = "an alert that claims to come from this far in the future is taken as just this far" },
	{ .name = "learning",
	    .type = OPTION_DURATION,
	    .offset = OFFSET(learning),
	    .initial = "12 h",
	    .least = 0,
	    .most = 0,
	    .fixed = true,
	    .summary = "for this long newness in an organisation's stream says little" },
	{ .name = "join",
	    .type = OPTION_DURATION,
	    .offset = OFFSET(join),
	    .initial = "3 h",
	    .least = 0,
	    .most = 0,
	    .fixed = true,
	    .summary = "an event that closed this long ago is continued by more of the same" },
	{ .name = "longest",
	    .type = OPTION_DURATION,
	    .offset = OFFSET(longest),
	    .initial = "8 h",
	    .least = 3601,
	    .most = 604800,
	    .fixed = true,
	    .summary = "no event is longer" },
	{ .name = "open",
	    .type = OPTION_REAL,
	    .offset = OFFSET(open),
	    .initial = "4.0",
	    .least = 0.5,
	    .most = 100,
	    .unit = "decades",
	    .fixed = true,
	    .summary = "evidence of attempts, changes and compromises that opens an event" },
	{ .name = "open_any",
	    .type = OPTION_REAL,
	    .offset = OFFSET(open_any),
	    .initial = "6.0",
	    .least = 0.5,
	    .most = 1000,
	    .unit = "decades",
	    .fixed = true,
	    .summary = "evidence of any kind that opens an event" },
	{ .name = "memory",
	    .type = OPTION_SIZE,
	    .offset = OFFSET(memory),
	    .initial = "192 MiB",
	    .least = 1 << 20,
	    .most = (double)(1ull << 40),
	    .fixed = true,
	    .summary = "bound for everything that triage remembers" },
	{ .name = "organisations",
	    .type = OPTION_INTEGER,
	    .offset = OFFSET(organisations),
	    .initial = "10000",
	    .least = 1,
	    .most = 1000000,
	    .fixed = true,
	    .summary = "at most this many organisations are kept apart" },
	{ .name = "checkpoint",
	    .type = OPTION_DURATION,
	    .offset = OFFSET(checkpoint),
	    .initial = "5 s",
	    .least = 1,
	    .most = 3600,
	    .summary = "least time between two checkpoints; a restart reads again what came after the last one" },
	{ .name = "warning_lists",
	    .type = OPTION_PATH,
	    .offset = OFFSET(warning_lists),
	    .fixed = true,
	    .summary = "folder of MISP warning lists: what their scanners and services cause is noise" },
	{ .name = NULL },
};

const struct option_group triage_options[] = {
	{ .name = "triage", .options = options, .settings = &configuration, .settings_size = sizeof configuration },
	{ .name = NULL },
};

const struct triage_configuration *triage_configured(void)
{
	return &configuration;
}

void triage_settings_configured(struct triage_settings *settings)
{
	*settings = (struct triage_settings){
		.lateness = configuration.lateness,
		.clamp = configuration.clamp,
		.clamp_future = configuration.clamp_future,
		.learning = configuration.learning,
		.join = configuration.join,
		.longest = configuration.longest,
		.open = configuration.open,
		.open_any = configuration.open_any,
		.memory = configuration.memory,
		.organisations = (uint32_t)configuration.organisations,
		.provisional = true,
	};
}
