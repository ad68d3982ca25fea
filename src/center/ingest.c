/*
 * Batches of alerts on their way through the front.
 *
 *   headers ─► admission by the keeper, quota, room in the organisation's queue ─► body ─► the organisation's queue
 *   ─► read in turns, one slice of one organisation after the other ─► keeper ─► durable ─► answer
 *
 * Before its body is read a batch may be refused (401, 403, 429 with Retry-After); what is not refused waits in a queue
 * of its organisation whose bytes are bounded, so that a flood of one does not reach the others.
 */
#include "center/ingest.h"

#include "base/log.h"
#include "bus/channel.h"
#include "center/ingest_member.h"
#include "center/message.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE 2000                      /* alerts that are read of one batch before the next organisation's turn */
#define TOTAL_MOST (1ull << 30)         /* bytes of bodies of all organisations */
#define KEEPER_WAITING_MOST (24u << 20) /* bytes on their way to the keeper: beyond, reading pauses */

struct ingests {
	struct front *front;
	struct member_table *members;
	struct member *turn_first, **turn_last;
	uint64_t total;
	struct ingest *all;
	struct watch *timer;
	struct counter *accepted, *lines, *alerts, *malformed, *duplicate_keys, *implausible, *quota, *queue, *refused,
	    *queued_bytes, *seconds;
};

enum error ingests_new(struct front *front, struct ingests **to, struct failure *failure)
{
	struct ingests *ingests = calloc(1, sizeof *ingests);
	if (!ingests || !(ingests->members = member_table_new())) {
		free(ingests);
		return fail(failure, ERROR_MEMORY, "no memory for batches");
	}
	struct counters *counters = front->process->counters;
	const char *name = "noroshi_ingest_batches", *help = "Batches of alerts by what became of them.";
	ingests->front = front;
	ingests->turn_last = &ingests->turn_first;
	ingests->accepted = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("accepted"));
	ingests->quota = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("over-quota"));
	ingests->queue = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("queue-full"));
	ingests->refused = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("refused"));
	ingests->lines = counter_get(counters, COUNTER_TOTAL, "noroshi_ingest_lines", "Lines read.", NULL, TEXT_NONE);
	ingests->alerts =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_ingest_alerts", "Alerts read.", NULL, TEXT_NONE);
	ingests->malformed = counter_get(
	    counters, COUNTER_TOTAL, "noroshi_ingest_malformed", "Lines that are malformed.", NULL, TEXT_NONE);
	ingests->duplicate_keys = counter_get(counters, COUNTER_TOTAL, "noroshi_ingest_duplicate_keys",
	    "Lines with a key twice in one object.", NULL, TEXT_NONE);
	ingests->implausible = counter_get(counters, COUNTER_TOTAL, "noroshi_ingest_implausible_times",
	    "Alerts whose time lies too far from now.", NULL, TEXT_NONE);
	ingests->queued_bytes = counter_get(
	    counters, COUNTER_GAUGE, "noroshi_ingest_queued_bytes", "Bodies that are held.", NULL, TEXT_NONE);
	ingests->seconds = counter_get(counters, COUNTER_HISTOGRAM, "noroshi_ingest_seconds",
	    "From the headers of a batch to its answer.", NULL, TEXT_NONE);
	*to = ingests;
	return OK;
}

static void reserve_release(struct ingest *ingest)
{
	struct ingests *ingests = ingest->front->ingests;
	if (ingest->member)
		ingest->member->queued -= ingest->reserved;
	ingests->total -= ingest->reserved;
	ingest->reserved = 0;
	counter_set(ingests->queued_bytes, (double)ingests->total);
}

static void ingest_free(struct ingest *ingest)
{
	if (ingest->member && ingest->state == INGEST_READY)
		member_remove(ingest->member, ingest);
	reserve_release(ingest);
	if (ingest->all_next)
		ingest->all_next->all_previous = ingest->all_previous;
	if (ingest->all_previous)
		ingest->all_previous->all_next = ingest->all_next;
	else
		ingest->front->ingests->all = ingest->all_next;
	ingest_read_free(ingest);
	while (ingest->parts) {
		struct ingest_part *next = ingest->parts->next;
		builder_free(&ingest->parts->body);
		free(ingest->parts);
		ingest->parts = next;
	}
	json_decref(ingest->problems);
	free(ingest);
}

/* Answers and forgets. */
static void ingest_refuse(struct ingest *ingest, uint16_t status, const char *words, uint32_t retry_after)
{
	struct exchange *exchange = ingest->number ? server_exchange(ingest->front->server, ingest->number) : NULL;
	counter_add(ingest->front->ingests->refused, 1);
	if (exchange) {
		exchange_set_context(exchange, NULL);
		answer_problem(exchange, status, words, retry_after);
	}
	ingest_free(ingest);
}

static void input_string(const json_t *input, const char *name, char *to, size_t size)
{
	const char *value = json_string_value(json_object_get(input, name));
	text_copy(text_of(value), to, size);
}

/* What the query says about identity and format. Words on what is wrong, or NULL. */
static const char *ingest_describe(struct ingest *ingest, const json_t *input)
{
	char epoch[40], format[40];
	uint8_t bytes[16];
	input_string(input, "batch", ingest->batch, sizeof ingest->batch);
	input_string(input, "map", ingest->map, sizeof ingest->map);
	input_string(input, "epoch", epoch, sizeof epoch);
	input_string(input, "format", format, sizeof format);
	json_t *offset = json_object_get(input, "offset");
	ingest->from_file = *epoch != 0;
	ingest->offset = (uint64_t)json_integer_value(offset);
	ingest->preamble = (uint64_t)json_integer_value(json_object_get(input, "preamble"));
	ingest->settings.zone = (int)json_integer_value(json_object_get(input, "zone"));
	if (*ingest->batch && ingest->from_file)
		return "batch: a batch is named by `batch`, or by `epoch` and `offset`, not by both";
	if (ingest->from_file != (offset != NULL))
		return "offset: `epoch` and `offset` come together";
	if (ingest->preamble && !ingest->from_file)
		return "preamble: only with `epoch` and `offset`";
	if (ingest->from_file) {
		if (!hex_parse(text_of(epoch), bytes, sizeof bytes))
			return "epoch: expected 32 hex digits";
		for (int i = 0; i < 8; i++) {
			ingest->epoch.high = ingest->epoch.high << 8 | bytes[i];
			ingest->epoch.low = ingest->epoch.low << 8 | bytes[8 + i];
		}
	} else if (*ingest->batch)
		ingest->epoch = hash128_bytes(ingest->batch, strlen(ingest->batch), 1);
	else
		random_bytes(&ingest->epoch, sizeof ingest->epoch);
	if (*format && !(ingest->format = format_named(format)))
		return "format: there is no such format; `noroshi convert --help` lists them";
	return NULL;
}

void ingests_begin(struct front *front, struct exchange *exchange)
{
	const struct request *request = exchange_request(exchange);
	if (!request->has_token) {
		answer_problem(exchange, 401, "Alerts need the token of a sensor: Authorization: Bearer nrs_…", 0);
		return;
	}
	if (!front->keeper || channel_waiting(front->keeper) > CHANNEL_LARGEST) {
		answer_problem(
		    exchange, 503, "The centre is starting, or recovers: send the batch again in a moment.", 2);
		return;
	}
	struct ingest *ingest = calloc(1, sizeof *ingest);
	if (!ingest) {
		answer_problem(exchange, 503, "There is no memory for this batch just now.", 5);
		return;
	}
	ingest->front = front;
	ingest->all_next = front->ingests->all;
	if (ingest->all_next)
		ingest->all_next->all_previous = ingest;
	front->ingests->all = ingest;
	ingest->number = request->number;
	ingest->received = time_now();
	ingest->last_part = &ingest->parts;
	ingest->problems = json_array();
	ingest->all_repeated = true;
	ingest->status = 200;
	memcpy(ingest->token, request->token, sizeof ingest->token);
	exchange_set_context(exchange, ingest);
	const char *problem = ingest_describe(ingest, request->input);
	if (problem) {
		ingest_refuse(ingest, 400, problem, 0);
		return;
	}
	server_pause(exchange, true);
	struct builder body = { 0 };
	put_bytes(&body, ingest->token, sizeof ingest->token);
	put_text(&body, text_of(request->client));
	if (body.failed ||
	    channel_send(front->keeper, MESSAGE_ADMIT, request->number, (struct text){ body.at, body.size }) != OK)
		ingest_refuse(ingest, 503, "The centre is starting, or recovers: send the batch again in a moment.", 2);
	builder_free(&body);
}

/* Quota and room in the queue; false when it was refused. */
static bool ingest_fits(struct ingest *ingest, uint64_t quota_thousandths, uint64_t body)
{
	struct ingests *ingests = ingest->front->ingests;
	const struct center_settings *settings = &ingest->front->process->settings;
	struct member *member = member_of(ingests->members, ingest->organisation);
	double rate = quota_thousandths ? (double)quota_thousandths / 1000 : settings->quota;
	char words[200];
	if (!member) {
		ingest_refuse(ingest, 503, "There is no memory for this batch just now.", 5);
		return false;
	}
	member_refill(member, rate, (double)settings->quota_burst / (double)SECOND);
	if (rate > 0 && member->tokens <= 0) {
		double wait = ceil((1 - member->tokens) / rate);
		snprintf(words, sizeof words,
		    "The organisation's quota of %g alerts a second is used up; it is free again in %.0f s.", rate,
		    wait);
		counter_add(ingests->quota, 1);
		ingest_refuse(ingest, 429, words, wait < 3600 ? (uint32_t)wait : 3600);
		return false;
	}
	if (member->queued + body > settings->queue || ingests->total + body > TOTAL_MOST) {
		snprintf(words, sizeof words,
		    "%llu bytes of the organisation's batches wait already; at most %llu may.",
		    (unsigned long long)member->queued, (unsigned long long)settings->queue);
		counter_add(ingests->queue, 1);
		ingest_refuse(ingest, 429, words, 1);
		return false;
	}
	ingest->member = member;
	ingest->reserved = body;
	member->queued += body;
	ingests->total += body;
	counter_set(ingests->queued_bytes, (double)ingests->total);
	return true;
}

static struct ingest *ingest_of(struct front *front, uint64_t number)
{
	struct exchange *exchange = server_exchange(front->server, number);
	if (!exchange || exchange_request(exchange)->route->kind != ROUTE_STREAM)
		return NULL;
	return exchange_context(exchange);
}

static void ingests_work(void *context);

static void work_later(struct ingests *ingests)
{
	if (!ingests->timer && ingests->turn_first)
		ingests->timer = loop_timer(ingests->front->process->loop, 0, 0, ingests_work, ingests);
}

static void turn_add(struct ingests *ingests, struct member *member)
{
	if (!member->in_turn) {
		member->in_turn = true;
		member->next = NULL;
		*ingests->turn_last = member;
		ingests->turn_last = &member->next;
	}
	work_later(ingests);
}

static void ingest_ready(struct ingest *ingest)
{
	struct member *member = ingest->member;
	ingest->state = INGEST_READY;
	member_append(member, ingest);
	turn_add(ingest->front->ingests, member);
}

void ingests_admitted(struct front *front, const struct message *message)
{
	struct ingest *ingest = ingest_of(front, message->correlation);
	struct reader from = reader_of(message->body.at, message->body.size);
	if (!ingest || ingest->state != INGEST_ADMISSION)
		return;
	uint16_t status = get_u16(&from);
	ingest->organisation = get_u32(&from);
	ingest->sensor = get_u32(&from);
	uint64_t quota = get_u64(&from);
	char words[256];
	text_copy(get_text(&from), words, sizeof words);
	if (!reader_done(&from))
		status = 503;
	if (status != 200) {
		ingest_refuse(ingest, status, words, status == 503 ? 5 : 0);
		return;
	}
	struct exchange *exchange = server_exchange(front->server, ingest->number);
	if (!ingest_fits(ingest, quota, exchange_request(exchange)->body))
		return;
	ingest->state = INGEST_BODY;
	if (ingest->complete) /* a small body came along with the headers */
		ingest_ready(ingest);
	else
		server_pause(exchange, false);
}

void ingests_data(struct front *front, struct exchange *exchange, struct text bytes)
{
	(void)front;
	struct ingest *ingest = exchange_context(exchange);
	if (!ingest)
		return;
	build_text(&ingest->body, bytes);
	if (ingest->body.failed)
		ingest_refuse(ingest, 503, "There is no memory for this batch just now.", 5);
}

void ingests_end(struct front *front, struct exchange *exchange)
{
	(void)front;
	struct ingest *ingest = exchange_context(exchange);
	if (!ingest)
		return;
	ingest->complete = true;
	if (ingest->state == INGEST_BODY)
		ingest_ready(ingest);
}

void ingests_gone(struct front *front, struct exchange *exchange)
{
	(void)front;
	struct ingest *ingest = exchange_context(exchange);
	if (ingest)
		ingest_free(ingest); /* what the keeper has of it is stored; its answer finds nobody */
}

static void send_parts(struct ingest *ingest)
{
	struct front *front = ingest->front;
	ingest->state = INGEST_STORING;
	for (struct ingest_part *part = ingest->parts; part; part = part->next) {
		if (!front->keeper || channel_send(front->keeper, MESSAGE_INGEST, ingest->number,
					  (struct text){ part->body.at, part->body.size }) != OK) {
			ingest_refuse(ingest, 503, "The centre recovers: send the batch again in a moment.", 2);
			return;
		}
		ingest->waiting++;
	}
}

/* A slice of the batch at the head of this organisation's queue. */
static void member_work(struct ingests *ingests, struct member *member)
{
	struct ingest *ingest = member->first;
	struct failure failure = { 0 };
	enum error error = ingest_read(ingest, SLICE, &failure);
	if (error == OK)
		return;
	member_remove(member, ingest);
	ingest->state = INGEST_DONE;
	ingest_read_free(ingest);
	if (error != ERROR_END) {
		uint16_t status = error == ERROR_LIMIT ? 413 : error == ERROR_MEMORY ? 503 : 400;
		ingest_refuse(ingest, status, failure.words, status == 503 ? 5 : 0);
		return;
	}
	member->tokens -= member->rate > 0 ? (double)ingest->counts.alerts : 0;
	counter_add(ingests->lines, ingest->counts.lines);
	counter_add(ingests->alerts, ingest->counts.alerts);
	counter_add(ingests->malformed, ingest->counts.malformed);
	counter_add(ingests->duplicate_keys, ingest->counts.duplicate_keys);
	counter_add(ingests->implausible, ingest->counts.implausible);
	send_parts(ingest);
}

static void ingests_work(void *context)
{
	struct ingests *ingests = context;
	struct front *front = ingests->front;
	watch_stop(ingests->timer);
	ingests->timer = NULL;
	if (front->keeper && channel_waiting(front->keeper) > KEEPER_WAITING_MOST) {
		ingests->timer = loop_timer(front->process->loop, 2 * MILLISECOND, 0, ingests_work, ingests);
		return;
	}
	struct member *member = ingests->turn_first;
	if (!member)
		return;
	ingests->turn_first = member->next;
	if (!ingests->turn_first)
		ingests->turn_last = &ingests->turn_first;
	member->in_turn = false;
	if (member->first)
		member_work(ingests, member);
	if (member->first)
		turn_add(ingests, member);
	work_later(ingests);
}

static void ingest_answer(struct ingest *ingest)
{
	struct front *front = ingest->front;
	struct ingests *ingests = front->ingests;
	struct exchange *exchange = server_exchange(front->server, ingest->number);
	json_t *output = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:O}", "lines", (json_int_t)ingest->lines,
	    "alerts", (json_int_t)ingest->alerts, "skipped", (json_int_t)ingest->skipped, "malformed",
	    (json_int_t)ingest->malformed, "duplicate_keys", (json_int_t)ingest->counts.duplicate_keys,
	    "implausible_times", (json_int_t)ingest->counts.implausible, "durable", 1, "repeated",
	    (int)ingest->all_repeated, "problems", ingest->problems);
	if (*ingest->batch)
		json_object_set_new(output, "batch", json_string(ingest->batch));
	counter_add(ingests->accepted, 1);
	counter_observe(ingests->seconds, (double)(time_now() - ingest->received) / (double)SECOND);
	if (exchange) {
		struct answer answer = { .status = 200, .output = output };
		exchange_set_context(exchange, NULL);
		server_answer(exchange, &answer);
	}
	json_decref(output);
	ingest_free(ingest);
}

void ingests_stored(struct front *front, const struct message *message)
{
	struct ingest *ingest = ingest_of(front, message->correlation);
	struct reader from = reader_of(message->body.at, message->body.size);
	if (!ingest || ingest->state != INGEST_STORING)
		return;
	uint16_t status = get_u16(&from);
	ingest->all_repeated &= get_u8(&from) != 0;
	ingest->lines += get_u32(&from);
	ingest->alerts += get_u32(&from);
	ingest->skipped += get_u32(&from);
	ingest->malformed += get_u32(&from);
	struct text words = get_text(&from);
	if (!reader_done(&from))
		status = 503;
	if (status != 200) {
		ingest->status = status;
		text_copy(words, ingest->words, sizeof ingest->words);
	}
	if (--ingest->waiting > 0)
		return;
	if (ingest->status != 200)
		ingest_refuse(ingest, ingest->status, ingest->words, ingest->status == 503 ? 5 : 0);
	else
		ingest_answer(ingest);
}

void ingests_keeper_gone(struct front *front)
{
	struct ingest *ingest = front->ingests->all;
	while (ingest) {
		struct ingest *next = ingest->all_next;
		if (ingest->state == INGEST_ADMISSION || ingest->state == INGEST_STORING)
			ingest_refuse(ingest, 503, "The centre recovers: send the batch again in a moment.", 2);
		ingest = next;
	}
}
