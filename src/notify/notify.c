/*
 * The notify capability as the others see it: its options, routes, topics and hooks.
 */
#include "notify/notify.h"

#include "base/log.h"
#include "mail/mail.h"
#include "notify/bulletin.h"
#include "notify/deliver.h"
#include "notify/reminder.h"
#include "notify/routes.h"
#include "store/store.h"

#include <stddef.h>
#include <string.h>

static const char *const topics[] = { "mail", NULL };

static void tell_sender(struct mail_sender *to)
{
	const struct notify_settings *settings = notify_settings();
	*to = (struct mail_sender){ settings->centre_ja, settings->centre_en, settings->smtp_from,
		notify_mail_is_on(settings) };
}

static enum error start(struct center *center, struct failure *failure)
{
	(void)failure;
	center->sender = tell_sender;
	return OK;
}

static void tick(struct center *center, nanoseconds now)
{
	struct failure failure;
	if (reminders_run(center, notify_settings(), now, &failure) != OK)
		log_write(
		    LOG_ERROR, "reminders failed; they are tried again", LOG_FIELD_STRING("error", failure.words));
	if (bulletins_queue(center, notify_settings(), now, &failure) != OK)
		log_write(LOG_ERROR, "bulletins cannot be queued; they are tried again",
		    LOG_FIELD_STRING("error", failure.words));
}

static enum error deliver(const char *topic, const void *body, size_t size, struct failure *failure)
{
	struct envelope envelope;
	if (strcmp(topic, "mail") != 0)
		return fail(failure, ERROR_USAGE, "notify does not deliver \"%s\"", topic);
	enum error error = envelope_decode(body, size, &envelope, failure);
	return error == OK ? deliver_mail(notify_settings(), &envelope, time_now(), failure) : error;
}

struct sought {
	uint64_t number;
	struct delivery delivery;
	bool found;
};

static void each_delivery(void *context, const struct delivery *delivery)
{
	struct sought *sought = context;
	if (delivery->number != sought->number)
		return;
	sought->delivery = *delivery;
	sought->found = true;
}

/* The receipt: what became of a try to deliver, on the delivery's row. */
static enum error delivered(struct center *center, const char *topic, const void *body, size_t size, enum error result,
    const char *words, nanoseconds now, struct failure *failure)
{
	struct envelope envelope;
	if (strcmp(topic, "mail") != 0)
		return OK;
	enum error error = envelope_decode(body, size, &envelope, failure);
	if (error != OK)
		return error;
	if (envelope.delivery == 0)
		return bulletin_delivered(center, &envelope, delivery_state_after(result), words, now, failure);
	struct arena *arena = arena_new(0);
	if (!arena)
		return fail(failure, ERROR_MEMORY, "delivery: no memory");
	/* Nobody asks: the courier says what became of a mail. */
	const struct scope *scope = policy_background("delivery", arena);
	struct sought sought = { .number = envelope.delivery };
	error = store_delivery_each(center->store, scope, envelope.notice, each_delivery, &sought, failure);
	if (error == OK && sought.found) {
		sought.delivery.state = delivery_state_after(result);
		sought.delivery.tries++;
		sought.delivery.last_try = now;
		text_copy(text_of(words), sought.delivery.answer, sizeof sought.delivery.answer);
		error = store_delivery_put(center->store, scope, &sought.delivery, failure);
	}
	arena_free(arena);
	return error;
}

const struct capability notify_capability = {
	.name = "notify",
	.options = notify_options,
	.routes = notify_routes,
	.topics = topics,
	.start = start,
	.tick = tick,
	.deliver = deliver,
	.delivered = delivered,
};
