/*
 * The outbox on its way: what is due goes to the courier, what came of it goes back into the store, in one transaction
 * with what the capability makes of it (rule 7). The courier may get a message twice after a crash; receivers remember
 * ids.
 */
#include "base/log.h"
#include "bus/channel.h"
#include "center/capabilities.h"
#include "center/keeper.h"
#include "center/message.h"
#include "center/message_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNDER_WAY_MOST 16
#define TRIES_MOST 24 /* with the waits below about three days */
#define WAIT_FIRST (30 * SECOND)
#define WAIT_LONGEST (4 * HOUR)
#define ANSWER_PATIENCE (10 * MINUTE) /* then the courier has lost it */

struct delivery_under_way {
	uint64_t number; /* 0 = free */
	nanoseconds since;
	uint32_t tries;
	char topic[32];
	char *body;
	size_t size;
};

struct deliveries {
	struct delivery_under_way under_way[UNDER_WAY_MOST];
	struct counter *done, *again, *given_up;
};

enum error deliveries_new(struct deliveries **to, struct counters *counters, struct failure *failure)
{
	struct deliveries *deliveries = calloc(1, sizeof *deliveries);
	if (!deliveries)
		return fail(failure, ERROR_MEMORY, "no memory for deliveries");
	const char *name = "noroshi_deliveries", *help = "Tries to deliver a message of the outbox.";
	deliveries->done = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("done"));
	deliveries->again = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("again"));
	deliveries->given_up = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("given-up"));
	*to = deliveries;
	return OK;
}

static void forget(struct delivery_under_way *delivery)
{
	free(delivery->body);
	*delivery = (struct delivery_under_way){ 0 };
}

void deliveries_forget(struct keeper *keeper)
{
	for (unsigned i = 0; i < UNDER_WAY_MOST; i++)
		forget(&keeper->deliveries->under_way[i]);
}

static struct delivery_under_way *find(struct deliveries *deliveries, uint64_t number)
{
	for (unsigned i = 0; i < UNDER_WAY_MOST; i++)
		if (deliveries->under_way[i].number == number)
			return &deliveries->under_way[i];
	return NULL;
}

static void deliver(void *context, const struct outbox_message *message)
{
	struct keeper *keeper = context;
	struct delivery_under_way *free_place = find(keeper->deliveries, 0);
	if (!free_place || find(keeper->deliveries, message->number))
		return;
	struct builder body = { 0 };
	put_u64(&body, message->number);
	put_u32(&body, message->tries);
	put_text(&body, text_of(message->topic));
	put_text(&body, message->body);
	char *kept = malloc(message->body.size + 1);
	if (kept && !body.failed &&
	    channel_send(keeper->courier, MESSAGE_DELIVER, message->number, (struct text){ body.at, body.size }) ==
		OK) {
		*free_place = (struct delivery_under_way){
			.number = message->number,
			.since = time_monotonic(),
			.tries = message->tries,
			.body = kept,
			.size = message->body.size,
		};
		text_copy(text_of(message->topic), free_place->topic, sizeof free_place->topic);
		if (message->body.size)
			memcpy(kept, message->body.at, message->body.size);
	} else
		free(kept);
	builder_free(&body);
}

void deliveries_tick(struct keeper *keeper)
{
	struct work work;
	struct failure failure = { 0 };
	for (unsigned i = 0; i < UNDER_WAY_MOST; i++) {
		struct delivery_under_way *delivery = &keeper->deliveries->under_way[i];
		if (delivery->number && time_monotonic() - delivery->since > ANSWER_PATIENCE)
			forget(delivery);
	}
	if (!keeper->courier || !find(keeper->deliveries, 0) || work_begin(&work, "delivery", &failure) != OK)
		return;
	if (store_outbox_due(keeper->store, work.scope, keeper->center.now(), UNDER_WAY_MOST, work.arena, deliver,
		keeper, &failure) != OK)
		log_write(LOG_ERROR, "the outbox cannot be read", LOG_FIELD_STRING("why", failure.words));
	work_end(&work);
}

/* Every capability that puts messages under the topic: each knows its own. */
static enum error tell_capabilities(struct keeper *keeper, const struct delivery_under_way *delivery, enum error result,
    const char *words, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; capabilities[i] && error == OK; i++)
		for (const char *const *topic = capabilities[i]->topics; topic && *topic && error == OK; topic++)
			if (strcmp(*topic, delivery->topic) == 0 && capabilities[i]->delivered)
				error = capabilities[i]->delivered(&keeper->center, delivery->topic, delivery->body,
				    delivery->size, result, words, keeper->center.now(), failure);
	return error;
}

static enum error settle(struct keeper *keeper, const struct work *work, const struct delivery_under_way *delivery,
    enum error result, const char *words, struct failure *failure)
{
	enum error error = store_begin(keeper->store, failure);
	if (error != OK)
		return error;
	error = tell_capabilities(keeper, delivery, result, words, failure);
	if (error == OK && result == ERROR_AGAIN) {
		nanoseconds wait = delivery->tries >= 10 ? WAIT_LONGEST : WAIT_FIRST << delivery->tries;
		error = store_outbox_retry(keeper->store, work->scope, delivery->number,
		    keeper->center.now() + (wait < WAIT_LONGEST ? wait : WAIT_LONGEST), failure);
	} else if (error == OK)
		error = store_outbox_done(keeper->store, work->scope, delivery->number, failure);
	struct log_line line = { .when = keeper->center.now() };
	text_copy(TEXT("delivery"), line.who, sizeof line.who);
	snprintf(line.what, sizeof line.what, "deliver.%s", delivery->topic);
	snprintf(line.object, sizeof line.object, "%llu", (unsigned long long)delivery->number);
	text_copy(text_of(result == OK ? "done" : "failed"), line.outcome, sizeof line.outcome);
	text_copy(text_of(words), line.detail, sizeof line.detail);
	if (error == OK)
		error = store_log_append(keeper->store, &line, failure);
	if (error == OK)
		error = store_commit(keeper->store, failure);
	if (error != OK)
		store_rollback(keeper->store);
	return error;
}

void deliveries_result(struct keeper *keeper, const struct message *message)
{
	struct delivered told;
	if (!delivered_read(message->body, &told))
		return;
	struct delivery_under_way *delivery = told.number ? find(keeper->deliveries, told.number) : NULL;
	enum error result = told.result;
	if (!delivery)
		return;
	if (result == ERROR_AGAIN && delivery->tries + 1 >= TRIES_MOST)
		result = ERROR_LIMIT; /* given up */
	struct work work;
	struct failure failure = { 0 };
	struct deliveries *deliveries = keeper->deliveries;
	counter_add(result == OK            ? deliveries->done
		    : result == ERROR_AGAIN ? deliveries->again
					    : deliveries->given_up,
	    1);
	if (work_begin(&work, "delivery", &failure) != OK ||
	    settle(keeper, &work, delivery, result, told.words, &failure) != OK)
		log_write(LOG_ERROR, "the result of a delivery cannot be noted: it is tried again",
		    LOG_FIELD_STRING("why", failure.words));
	work_end(&work);
	forget(delivery);
	/* The next ones at once: a message to thousands would take minutes at the pace of ticks. */
	for (unsigned i = 0; i < UNDER_WAY_MOST; i++)
		if (deliveries->under_way[i].number)
			return;
	deliveries_tick(keeper);
}
