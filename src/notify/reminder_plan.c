/*
 * The schedule of reminders, as a pure function.
 */
#include "notify/reminder.h"

static nanoseconds reminder_time(const struct notify_settings *settings, const struct notice *notice, uint32_t number)
{
	nanoseconds half = (notice->deadline - notice->sent) / 2;
	if (number == 0)
		return notice->deadline - (settings->reminder_lead < half ? settings->reminder_lead : half);
	return notice->deadline + (number - 1) * settings->reminder_interval;
}

struct reminder_plan reminder_plan(const struct notify_settings *settings, const struct notice *notice, nanoseconds now)
{
	struct reminder_plan plan = { .reminders = notice->reminders };
	if (notice->state != NOTICE_SENT)
		return plan;
	while (plan.reminders < settings->reminder_maximum && reminder_time(settings, notice, plan.reminders) <= now)
		plan.reminders++;
	plan.remind = plan.reminders > notice->reminders;
	plan.escalate = !notice->escalated && now > notice->deadline;
	return plan;
}
