/*
 * What an operator sets about dispatches: the group "reach" of the configuration.
 */
#ifndef NOROSHI_REACH_SETTINGS_H
#define NOROSHI_REACH_SETTINGS_H

#include "base/config.h"
#include "base/time.h"

struct reach_settings {
	nanoseconds reminder_lead; /* before the deadline; 0: nobody is reminded */
	nanoseconds close_after;   /* the deadline */
	bool public_feed;          /* what is TLP:CLEAR is there for everybody */
	int64_t at_once;           /* mails that are written in one step */
};

extern const struct option_group reach_options[];
const struct reach_settings *reach_settings(void);

#endif
