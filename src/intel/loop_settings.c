/*
 * The option table of the loop.
 */
#include "intel/loop.h"

#include "base/config.h"

#include <stddef.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct loop_settings settings_of_process;

#define AT(field) offsetof(struct loop_settings, field)

static const struct option options[] = {
	{ "warninglists", OPTION_PATH, AT(warninglists), "", .fixed = true,
	    .summary = "Folder of warning lists: what they know never travels by itself, and is never blocked." },
	{ "warninglist_kinds", OPTION_PATH, AT(kinds), "", .fixed = true,
	    .summary = "What those lists are about; empty: not known." },
	{ "alone", OPTION_TEXT, AT(alone), "alert",
	    .summary = "At most this travels to sensors without a person: observe, alert or block." },
	{ "rate", OPTION_INTEGER, AT(rate), "1000", 1, 100000000, "indicators an hour",
	    .summary =
		"So many of one organisation travel by themselves in a community; further ones wait for a person." },
	{ "waiting", OPTION_INTEGER, AT(waiting), "10000", 1, 1000000, "indicators",
	    .summary = "So many of one organisation may wait for a person; further ones are not taken." },
	{ "kept", OPTION_DURATION, AT(kept), "7 d", 1, 31536000,
	    .summary = "What was withdrawn is kept for one to two times this; sensors that were away for longer take "
		       "everything anew." },
	{ NULL },
};

const struct option_group loop_options[] = {
	{ .name = "loop",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process },
	{ .name = NULL },
};

const struct loop_settings *loop_configured(void)
{
	return &settings_of_process;
}
