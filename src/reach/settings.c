/*
 * The option table of reach.
 */
#include "reach/settings.h"

#include <stddef.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct reach_settings settings_of_process;

#define AT(field) offsetof(struct reach_settings, field)

static const struct option options[] = {
	{ "reminder_lead", OPTION_DURATION, AT(reminder_lead), "2 h", 0, 86400.0 * 30,
	    .summary =
		"How long before the deadline of a dispatch those who have not answered are reminded, once (at most "
		"half of the time given); 0: nobody is." },
	{ "close_after", OPTION_DURATION, AT(close_after), "7 d", 0, 86400.0 * 365,
	    .summary =
		"How long after its deadline a dispatch is closed by itself: until then late answers are taken." },
	{ "public_feed", OPTION_BOOLEAN, AT(public_feed), "false",
	    .summary = "Messages that are TLP:CLEAR are in an Atom feed that everybody may read, /v1/feed." },
	{ "at_once", OPTION_INTEGER, AT(at_once), "200", 1, 5000, "mails",
	    .summary = "So many mails of a dispatch are written in one step, about every second." },
	{ NULL },
};

const struct option_group reach_options[] = {
	{ .name = "reach",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process },
	{ .name = NULL },
};

const struct reach_settings *reach_settings(void)
{
	return &settings_of_process;
}
