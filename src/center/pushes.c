/*
 * Items that somebody gives, on their way through the front: envelopes of TAXII, and bundles to our own API.
 *
 *   headers ─► the route's handler in the keeper: may they? ─► body ─► is it whole JSON, of the right shape?
 *   ─► read object by object, in slices ─► parts ─► keeper ─► durable ─► answer
 *
 * Nothing of a body that is not well-formed as a whole reaches the keeper. A body that is takes its time in slices, so
 * that others are served in between, and its parts go to the keeper a few at a time. The client is answered when all of
 * it is durable, or with what became of it so far when that takes longer than a second: then its status resource says
 * the rest. What was read whole goes on when the client leaves.
 */
#include "base/log.h"
#include "bus/channel.h"
#include "center/front.h"
#include "center/item_part.h"
#include "center/message.h"
#include "center/message_read.h"
#include "formats/misp.h"
#include "formats/stix_stream.h"
#include "intel/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELD_MOST (512ull << 20) /* bytes of bodies of all clients */
#define FLYING 4u                /* parts of one body that the keeper has */
#define OBJECTS 64u              /* read in one go */
#define PATIENCE SECOND          /* an answer waits so long for the end, once all was read */
#define PATIENCE_MOST (20 * SECOND)

struct push {
	struct push *next, *previous;
	struct front *front;
	uint64_t number; /* of the exchange; 0 = answered, or the client is gone */
	uint64_t correlation;
	struct uuid import;
	nanoseconds received;
	nanoseconds whole, read; /* monotonic: the body was here; all of it was read; 0 = not yet */
	bool admitted, complete; /* complete: the whole body is here; it may be so before the keeper has answered */
	uint64_t held;
	struct builder body;
	struct stream *stream;
	struct stix_stream *stix;
	struct misp_stream *misp; /* instead, where the body is MISP's */
	uint64_t objects;         /* of that: read, or refused */
	bool taxii;
	bool ended;            /* the last part was sent */
	struct item_part part; /* at hand */
	unsigned flying;
	struct pushed stored; /* what the keeper said last, without its texts */
	char *stored_failures;
};

struct pushes {
	struct push *first;
	uint64_t held;
	struct watch *timer;
	struct push *turn; /* whose slice is next; NULL = the first */
	struct arena *arena;
	struct counter *bodies, *refused;
};

enum error pushes_new(struct front *front, struct pushes **to, struct failure *failure)
{
	struct pushes *pushes = calloc(1, sizeof *pushes);
	if (!pushes || !(pushes->arena = arena_new(256u << 20))) {
		free(pushes);
		return fail(failure, ERROR_MEMORY, "no memory for imports");
	}
	struct counters *counters = front->process->counters;
	const char *name = "noroshi_pushes", *help = "Bodies of items by what became of them.";
	pushes->bodies = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("taken"));
	pushes->refused = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("refused"));
	*to = pushes;
	return OK;
}

/* Freeing NULL is fine. */
static void close_body(struct push *push)
{
	stix_stream_free(push->stix);
	misp_stream_free(push->misp);
	stream_close(push->stream);
	push->stix = NULL;
	push->misp = NULL;
	push->stream = NULL;
	builder_free(&push->body);
}

static void push_free(struct push *push)
{
	struct pushes *pushes = push->front->pushes;
	if (pushes->turn == push)
		pushes->turn = push->next;
	if (push->next)
		push->next->previous = push->previous;
	if (push->previous)
		push->previous->next = push->next;
	else
		pushes->first = push->next;
	pushes->held -= push->held;
	close_body(push);
	item_part_free(&push->part);
	free(push->stored_failures);
	free(push);
}

static void push_refuse(struct push *push, uint16_t status, const char *words, uint32_t retry_after)
{
	struct exchange *exchange = push->number ? server_exchange(push->front->server, push->number) : NULL;
	counter_add(push->front->pushes->refused, 1);
	if (exchange) {
		exchange_set_context(exchange, NULL);
		answer_problem(exchange, status, words, retry_after);
	}
	push_free(push);
}

/* ── letting in ─ */

void pushes_begin(struct front *front, struct exchange *exchange)
{
	const struct request *request = exchange_request(exchange);
	struct pushes *pushes = front->pushes;
	if (request->body > HELD_MOST || pushes->held > HELD_MOST - request->body) {
		counter_add(pushes->refused, 1);
		answer_problem(exchange, 503, "The centre has much to read just now: try again in a moment.", 5);
		return;
	}
	struct push *push = calloc(1, sizeof *push);
	if (!push) {
		answer_problem(exchange, 503, "There is no memory for this body just now.", 5);
		return;
	}
	*push = (struct push){ .next = pushes->first,
		.front = front,
		.number = request->number,
		.taxii = request->route->taxii,
		.correlation = request->number,
		.received = time_now(),
		.held = request->body };
	if (push->next)
		push->next->previous = push;
	pushes->first = push;
	pushes->held += push->held;
	exchange_set_context(exchange, push);
	server_pause(exchange, true);
	front_ask(front, exchange); /* answers at once when the keeper is away: pushes_gone() is not told then */
	if (!server_exchange(front->server, push->correlation))
		push_free(push);
}

static void push_begin_reading(struct push *push);

/* What the handler answered: the import, or why not. */
void pushes_admitted(struct front *front, struct exchange *exchange, const struct answer *answer)
{
	(void)front;
	struct push *push = exchange_context(exchange);
	const char *id = json_string_value(json_object_get(answer->output, "id"));
	if (answer->status >= 300 || !id || !uuid_parse(text_of(id), &push->import)) {
		exchange_set_context(exchange, NULL);
		counter_add(push->front->pushes->refused, 1);
		push_free(push);
		server_answer(exchange, answer);
		return;
	}
	push->admitted = true;
	if (push->complete)
		push_begin_reading(push);
	else
		server_pause(exchange, false);
}

void pushes_data(struct front *front, struct exchange *exchange, struct text bytes)
{
	(void)front;
	struct push *push = exchange_context(exchange);
	if (push)
		build_text(&push->body, bytes);
}

/* ── reading ─ */

/* False: the keeper is away, or there is no memory. */
static bool part_send(struct push *push, bool last)
{
	struct builder body = { 0 };
	item_part_write(
	    &push->part, push->import, last, push->misp ? push->objects : stix_stream_objects(push->stix), &body);
	bool sent = !body.failed && push->front->keeper &&
		    channel_send(push->front->keeper, MESSAGE_PUSH, push->correlation,
			(struct text){ body.at, body.size }) == OK;
	builder_free(&body);
	push->flying += sent;
	push->ended = last;
	return sent;
}

static enum error read_objects(struct push *push, struct failure *failure)
{
	enum error error = OK;
	for (unsigned i = 0; i < OBJECTS && (error == OK || error == ERROR_INPUT); i++) {
		struct item item;
		arena_clear(push->front->pushes->arena);
		error = stix_stream_next(push->stix, push->front->pushes->arena, &item, failure);
		if (error == OK)
			item_part_add(&push->part, &item, push->front->pushes->arena);
		else if (error == ERROR_INPUT)
			item_part_refuse(&push->part, failure->words, push->received);
	}
	return error == ERROR_INPUT ? OK : error;
}

/* An attribute, an object or an event that is none. */
static void complain(void *context, const struct failure *failure)
{
	struct push *push = context;
	push->objects++;
	item_part_refuse(&push->part, failure->words, push->received);
}

/* An event with all in it. */
static enum error read_event(struct push *push, struct failure *failure)
{
	struct misp_piece piece;
	arena_clear(push->front->pushes->arena);
	enum error error = misp_stream_next(push->misp, push->front->pushes->arena, &piece, failure);
	if (error == ERROR_INPUT)
		complain(push, failure);
	for (uint32_t i = 0; i < piece.count && error == OK; i++)
		item_part_add(&push->part, &piece.items[i], push->front->pushes->arena);
	push->objects += error == OK ? piece.count : 0;
	return error == ERROR_INPUT ? OK : error;
}

/* A slice. False: it was refused, and is gone. */
static bool push_read(struct push *push)
{
	struct failure failure = { 0 };
	enum error error = push->misp ? read_event(push, &failure) : read_objects(push, &failure);
	if (error != OK && error != ERROR_END)
		return push_refuse(push, 503, "There is no memory for this body just now.", 5), false;
	bool last = error == ERROR_END;
	if ((last || push->part.encoded.size > ITEM_PART) && !part_send(push, last))
		return push_refuse(push, 503, "The centre recovers: send it again in a moment.", 2), false;
	if (last) {
		push->read = time_monotonic();
		close_body(push);
		push->front->pushes->held -= push->held;
		push->held = 0;
	}
	return true;
}

static bool wants_reading(const struct push *push)
{
	return (push->stix || push->misp) && !push->ended && push->flying < FLYING;
}

static void work(void *context);

static void work_later(struct front *front)
{
	struct pushes *pushes = front->pushes;
	if (!pushes->timer)
		pushes->timer = loop_timer(front->process->loop, 0, 0, work, front);
}

/* One slice of one body after the other. */
static void work(void *context)
{
	struct front *front = context;
	struct pushes *pushes = front->pushes;
	watch_stop(pushes->timer);
	pushes->timer = NULL;
	struct push *push = pushes->turn;
	while (push && !wants_reading(push))
		push = push->next;
	if (!push)
		for (push = pushes->first; push && !wants_reading(push);)
			push = push->next;
	if (!push)
		return;
	pushes->turn = push->next;
	push_read(push);
	work_later(front);
}

static enum error push_open(struct push *push, bool misp, struct failure *failure)
{
	enum error error = stream_open_memory("the body", push->body.at, push->body.size, &push->stream, failure);
	if (error == OK && misp)
		push->misp = misp_stream_new(push->stream, complain, push);
	else if (error == OK)
		push->stix = stix_stream_new(push->stream);
	if (error == OK && !push->misp && !push->stix)
		error = fail(failure, ERROR_MEMORY, "There is no memory for this body just now.");
	return error;
}

static void push_begin_reading(struct push *push)
{
	struct failure failure = { 0 };
	if (push->body.failed) {
		push_refuse(push, 503, "There is no memory for this body just now.", 5);
		return;
	}
	struct text body = { push->body.at, push->body.size };
	bool misp = !push->taxii && envelope_is_misp(body);
	if ((misp ? envelope_check_misp : envelope_check)(body, &failure) != OK) {
		push_refuse(push, 422, failure.words, 0);
		return;
	}
	if (push_open(push, misp, &failure) != OK) {
		push_refuse(push, 503, failure.words, 5);
		return;
	}
	counter_add(push->front->pushes->bodies, 1);
	push->whole = time_monotonic();
	work_later(push->front);
}

void pushes_end(struct front *front, struct exchange *exchange)
{
	(void)front;
	struct push *push = exchange_context(exchange);
	if (!push)
		return;
	push->complete = true;
	if (push->admitted)
		push_begin_reading(push);
}

/* ── the keeper's answers ─ */

static json_t *status_json(const struct push *push)
{
	const struct pushed *stored = &push->stored;
	char id[UUID_TEXT], received[TIME_TEXT];
	json_t *failures = push->stored_failures ? json_loads(push->stored_failures, 0, NULL) : NULL;
	json_t *status = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "id", uuid_format(push->import, id), "status",
	    stored->finished ? "complete" : "pending", "request_timestamp", time_format_taxii(push->received, received),
	    "total_count", (json_int_t)stored->total, "success_count", (json_int_t)stored->good, "failure_count",
	    (json_int_t)stored->bad, "pending_count", (json_int_t)(stored->total - stored->good - stored->bad));
	if (json_array_size(failures) > 0)
		json_object_set(status, "failures", failures);
	json_decref(failures);
	return status;
}

static void push_answer(struct push *push)
{
	struct exchange *exchange = push->number ? server_exchange(push->front->server, push->number) : NULL;
	push->number = 0;
	if (!exchange)
		return;
	json_t *output = status_json(push);
	struct answer answer = { .status = 202, .output = output };
	exchange_set_context(exchange, NULL);
	server_answer(exchange, &answer);
	json_decref(output);
}

void pushes_stored(struct front *front, const struct message *message)
{
	struct push *push = front->pushes->first;
	struct pushed stored;
	while (push && push->correlation != message->correlation)
		push = push->next;
	if (!push || !pushed_read(message->body, &stored))
		return;
	push->flying -= push->flying > 0;
	if (stored.status != 200) {
		push_refuse(push, stored.status, stored.words, stored.status == 503 ? 5 : 0);
		return;
	}
	free(push->stored_failures);
	push->stored_failures = strndup(stored.failures.at, stored.failures.size);
	push->stored = stored;
	push->stored.failures = TEXT_NONE;
	nanoseconds now = time_monotonic();
	if (push->number &&
	    (stored.finished || (push->read && now - push->read > PATIENCE) || now - push->whole > PATIENCE_MOST))
		push_answer(push);
	if (stored.finished)
		push_free(push);
	else
		work_later(front);
}

void pushes_gone(struct front *front, struct exchange *exchange)
{
	(void)front;
	struct push *push = exchange_context(exchange);
	if (!push)
		return;
	push->number = 0;
	if (!push->stix && !push->read) /* not whole: nothing of it was sent */
		push_free(push);
}

void pushes_keeper_gone(struct front *front)
{
	struct push *next;
	for (struct push *push = front->pushes ? front->pushes->first : NULL; push; push = next) {
		next = push->next;
		push_refuse(push, 503, "The centre recovers: send it again in a moment.", 2);
	}
}
