/*
 * Follows the schedule of reminders: state, deliveries, outbox and log of one notice in one transaction.
 */
#include "notify/reminder.h"

#include "base/log.h"
#include "notify/work.h"

#include <stdio.h>
#include <string.h>

#define NOTICES_AT_ONCE 256 /* in one run; the others follow in the next */

struct due {
	struct uuid *ids;
	size_t count;
	const struct notify_settings *settings;
	nanoseconds now;
};

static void each_due(void *context, const struct notice *notice)
{
	struct due *due = context;
	struct reminder_plan plan = reminder_plan(due->settings, notice, due->now);
	if ((plan.remind || plan.escalate) && due->count < NOTICES_AT_ONCE)
		due->ids[due->count++] = notice->id;
}

static enum error log_step(struct work *work, const struct notice *notice, const char *what, struct failure *failure)
{
	struct log_line line = { .when = work->now, .organisation = notice->organisation };
	snprintf(line.who, sizeof line.who, "reminders");
	snprintf(line.what, sizeof line.what, "%s", what);
	uuid_format(notice->id, line.object);
	snprintf(line.outcome, sizeof line.outcome, "done");
	snprintf(line.detail, sizeof line.detail, "notice %s", notice->number);
	return store_log_append(work->store, &line, failure);
}

/* Inside a transaction: reads the notice again, so that an acknowledgement that came meanwhile counts. */
static enum error follow(struct work *work, struct uuid id, struct failure *failure)
{
	struct notice notice;
	enum error error = store_notice_get(work->store, work->scope, id, work->arena, &notice, failure);
	if (error != OK)
		return error;
	struct reminder_plan plan = reminder_plan(work->settings, &notice, work->now);
	if (!plan.remind && !plan.escalate)
		return OK;
	notice.reminders = plan.reminders;
	notice.escalated |= plan.escalate;
	error = store_notice_put(work->store, work->scope, &notice, failure);
	if (error == OK && plan.remind)
		error = work_tell(work, &notice, LETTER_REMINDER, 0, failure);
	if (error == OK && plan.remind)
		error = log_step(work, &notice, "notice.remind", failure);
	if (error == OK && plan.escalate)
		error = work_tell(work, &notice, LETTER_ESCALATION, 1, failure);
	if (error == OK && plan.escalate)
		error = log_step(work, &notice, "notice.escalate", failure);
	if (error == OK && work->center->changed) {
		char text[UUID_TEXT];
		work->center->changed(work->center, notice.organisation, "notice", uuid_format(notice.id, text));
	}
	return error;
}

static enum error follow_all(struct work *work, struct due *due, struct failure *failure)
{
	enum error worst = OK;
	for (size_t i = 0; i < due->count; i++) {
		struct failure own = { 0 };
		enum error error = store_begin(work->store, &own);
		if (error == OK) {
			error = follow(work, due->ids[i], &own);
			if (error == OK)
				error = store_commit(work->store, &own);
			else
				store_rollback(work->store);
		}
		if (error == OK)
			continue;
		char id[UUID_TEXT];
		log_write(LOG_ERROR, "reminder not sent", LOG_FIELD_STRING("notice", uuid_format(due->ids[i], id)),
		    LOG_FIELD_STRING("error", own.words));
		if (failure)
			*failure = own;
		worst = error;
	}
	return worst;
}

enum error reminders_run(
    struct center *center, const struct notify_settings *settings, nanoseconds now, struct failure *failure)
{
	struct arena *arena = arena_new(64u << 20);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "reminders: no memory");
	/* Nobody asks: it is time. */
	struct work work = { .center = center,
		.store = center->store,
		.scope = policy_background("reminders", arena),
		.arena = arena,
		.settings = settings,
		.now = now };
	struct due due = {
		.ids = arena_take(arena, NOTICES_AT_ONCE * sizeof(struct uuid)), .settings = settings, .now = now
	};
	enum error error = due.ids && work.scope ? OK : fail(failure, ERROR_MEMORY, "reminders: no memory");
	struct notice_schedule schedule = { .now = now,
		.lead = settings->reminder_lead,
		.interval = settings->reminder_interval,
		.most = (uint32_t)settings->reminder_maximum };
	if (error == OK)
		error = store_notice_due(center->store, work.scope, &schedule, arena, each_due, &due, failure);
	if (error == OK)
		error = follow_all(&work, &due, failure);
	arena_free(arena);
	return error;
}
