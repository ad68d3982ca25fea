/*
 * When a notice that nobody acknowledged is spoken of again: the schedule (a pure function), and the background work
 * that follows it.
 *
 * Reminder 1 goes out `lead` before the deadline (or after half of the time given, when that is later), reminder 2 at
 * the deadline, each further one `interval` after the one before, `maximum` in all. Past the deadline the second
 * contact is told, once. What fell due together (the centre was down) is one mail.
 */
#ifndef NOROSHI_NOTIFY_REMINDER_H
#define NOROSHI_NOTIFY_REMINDER_H

#include "model/capability.h"
#include "notify/settings.h"

struct reminder_plan {
	uint32_t reminders; /* what notice.reminders becomes */
	bool remind;        /* the first contact is told now */
	bool escalate;      /* the second contact is told now */
};

struct reminder_plan reminder_plan(
    const struct notify_settings *settings, const struct notice *notice, nanoseconds now);

/* Goes through the notices that are due; each is one transaction. Called by the capability's tick. */
enum error reminders_run(
    struct center *center, const struct notify_settings *settings, nanoseconds now, struct failure *failure);

#endif
