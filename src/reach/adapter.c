/*
 * The hooks of reach. See adapter.h.
 */
#include "reach/adapter.h"

#include "base/log.h"
#include "mail/envelope.h"
#include "reach/settings.h"
#include "reach/work.h"

#include <ctype.h>
#include <string.h>

/* ── out ─ */

/* In one transaction. */
static enum error send_some(struct reach_work *work, const struct dispatch *dispatch, enum recipient_choice choice,
    size_t *sent, struct failure *failure)
{
	enum error error = store_begin(work->store, failure);
	if (error == OK)
		error = reach_send_some(work, dispatch, choice, (uint32_t)reach_settings()->at_once, sent, failure);
	if (error == OK)
		error = store_commit(work->store, failure);
	else
		store_rollback(work->store);
	return error;
}

static enum error close(struct reach_work *work, struct dispatch *dispatch, struct failure *failure)
{
	enum error error = store_begin(work->store, failure);
	if (error == OK)
		error = reach_close(work, dispatch, failure);
	if (error == OK)
		error = store_commit(work->store, failure);
	else
		store_rollback(work->store);
	return error;
}

static enum error follow(struct reach_work *work, struct dispatch *dispatch, struct failure *failure)
{
	const struct reach_settings *settings = reach_settings();
	nanoseconds deadline = dispatch_deadline(dispatch);
	nanoseconds lead =
	    settings->reminder_lead < dispatch->within / 2 ? settings->reminder_lead : dispatch->within / 2;
	size_t sent = 0;
	if (work->now > deadline + settings->close_after)
		return close(work, dispatch, failure);
	if (work->now > deadline)
		return OK;
	enum error error = send_some(work, dispatch, RECIPIENTS_DUE, &sent, failure);
	if (error == OK && sent == 0 && lead > 0 && work->now >= deadline - lead)
		error = send_some(work, dispatch, RECIPIENTS_SILENT, &sent, failure);
	return error;
}

struct running {
	struct dispatch dispatches[64];
	size_t count;
};

static void take_running(void *context, const struct dispatch *dispatch)
{
	struct running *running = context;
	if (running->count < sizeof running->dispatches / sizeof *running->dispatches)
		running->dispatches[running->count++] = *dispatch;
}

static struct reach_work *work_of(struct center *center, struct arena *arena, const char *name, nanoseconds now)
{
	struct reach_work *work = arena ? arena_take(arena, sizeof *work) : NULL;
	if (!work)
		return NULL;
	*work = (struct reach_work){ .center = center, .store = center->store, .arena = arena, .now = now };
	/* Nobody asks: what is due is sent, and the mail server answers. */
	work->all = work->scope = policy_background(name, arena);
	return work->all ? work : NULL;
}

void reach_tick(struct center *center, nanoseconds now)
{
	struct failure failure = { 0 };
	struct arena *arena = arena_new(256u << 20);
	struct reach_work *work = work_of(center, arena, "dispatches", now);
	struct running *running = work ? arena_take(arena, sizeof *running) : NULL;
	struct page page = { .limit = 64 };
	enum error error =
	    running ? store_dispatch_each(center->store, work->all, true, &page, arena, take_running, running, &failure)
		    : fail(&failure, ERROR_MEMORY, "no memory");
	for (size_t i = 0; error == OK && i < running->count; i++) {
		error = follow(work, &running->dispatches[i], &failure);
		if (error != OK) {
			char id[UUID_TEXT];
			log_write(LOG_ERROR, "a dispatch cannot go on; it is tried again",
			    LOG_FIELD_STRING("dispatch", uuid_format(running->dispatches[i].id, id)),
			    LOG_FIELD_STRING("why", failure.words));
			error = OK; /* it holds up no other */
		}
	}
	if (error != OK)
		log_write(LOG_ERROR, "dispatches cannot be read", LOG_FIELD_STRING("why", failure.words));
	arena_free(arena);
}

/* ── what the mail server said ─ */

/* The enhanced status (RFC 3463, RFC 2034) in an answer such as "refused: … 550 5.1.1 no such mailbox". */
static struct text find_status(struct text words)
{
	for (size_t i = 0; i + 4 < words.size; i++) {
		size_t size = 0, points = 0;
		if (words.at[i] != '5' || words.at[i + 1] != '.' || (i > 0 && words.at[i - 1] != ' '))
			continue;
		while (i + size < words.size && size < 12 &&
		       (isdigit((unsigned char)words.at[i + size]) || words.at[i + size] == '.'))
			points += words.at[i + size++] == '.';
		if (points == 2 && words.at[i + size - 1] != '.')
			return (struct text){ words.at + i, size };
	}
	return TEXT_NONE;
}

static enum error note(
    struct reach_work *work, struct recipient *recipient, enum error result, const char *words, struct failure *failure)
{
	struct dispatch dispatch;
	if (result == ERROR_AGAIN)
		return OK;
	if (result == OK) {
		recipient->delivered = recipient->delivered ? recipient->delivered : work->now;
		text_copy(text_of(words), recipient->answer, sizeof recipient->answer);
		return store_recipient_put(work->store, work->all, recipient, failure);
	}
	enum error error =
	    store_dispatch_of(work->store, work->all, recipient->dispatch, work->arena, &dispatch, failure);
	return error == OK
		   ? reach_bounced(work, &dispatch, recipient, find_status(text_of(words)), text_of(words), failure)
		   : error;
}

enum error reach_delivered(struct center *center, const char *topic, const void *body, size_t size, enum error result,
    const char *words, nanoseconds now, struct failure *failure)
{
	struct envelope envelope;
	struct recipient recipient;
	(void)topic;
	enum error error = envelope_decode(body, size, &envelope, failure);
	if (error != OK || envelope.delivery != 0)
		return error;
	struct arena *arena = arena_new(1 << 20);
	struct reach_work *work = work_of(center, arena, "dispatch delivery", now);
	if (!work)
		error = fail(failure, ERROR_MEMORY, "delivery: no memory");
	else
		error = store_recipient_get(work->store, work->all, envelope.notice, arena, &recipient, failure);
	if (error == OK)
		error = note(work, &recipient, result, words, failure);
	arena_free(arena);
	return error == ERROR_NOT_FOUND ? OK : error; /* it was a mail of somebody else */
}
