/*
 * The option table of the exchange.
 */
#include "intel/settings.h"

#include <stddef.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct intel_settings settings_of_process;

static const struct option options[] = {
	{ "envelope", OPTION_SIZE, offsetof(struct intel_settings, envelope), "100 MiB", 1024, 1 << 29, .fixed = true,
	    .summary = "The largest body of items that somebody gives, by TAXII or as a file." },
	{ NULL },
};

const struct option_group intel_options[] = {
	{ .name = "intel",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process },
	{ .name = NULL },
};

const struct intel_settings *intel_configured(void)
{
	return &settings_of_process;
}
