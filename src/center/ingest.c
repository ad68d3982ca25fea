/*
 * Batches of alerts on their way through the front.
 *
 *   headers ─► admission by the keeper, quota, room in the organisation's queue ─► body ─► the organisation's queue
 *   ─► read in turns, sent to the keeper in turns (ingest_turns.c) ─► durable ─► answer
 *
 * Before its body is read a batch may be refused (401, 403; 429 and 503 with Retry-After); what is not refused waits in
 * a queue of its organisation whose bytes are bounded, so that a flood of one does not reach the others.
 */
#include "center/ingest.h"

#include "base/log.h"
#include "bus/channel.h"
#include "center/message.h"
#include "center/message_read.h"
#include "center/overload.h"
#include "http/protocol.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOTAL_MOST                                                                                                     \
	(1ull << 30) /* bytes of bodies of all organisations: beyond, each may only have its part of them              \
		      */
#define SAID_EVERY MINUTE

enum error ingests_new(struct front *front, struct ingests **to, struct failure *failure)
{
	struct ingests *ingests = calloc(1, sizeof *ingests);
	if (!ingests || !(ingests->members = member_table_new()) || !turns_open(ingests) ||
	    !(ingests->reducer = capture_reducer_new())) {
		free(ingests);
		return fail(failure, ERROR_MEMORY, "no memory for batches");
	}
	struct counters *counters = front->process->counters;
	const char *name = "noroshi_ingest_batches", *help = "Batches of alerts by what became of them.";
	ingests->front = front;
	ingests->accepted = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("accepted"));
	ingests->quota = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("over-quota"));
	ingests->queue = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("queue-full"));
	ingests->slow = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("overload"));
	ingests->protocol = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("other-protocol"));
	ingests->refused = counter_get(counters, COUNTER_TOTAL, name, help, "result", TEXT("refused"));
	ingests->lines = counter_get(counters, COUNTER_TOTAL, "noroshi_ingest_lines", "Lines read.", NULL, TEXT_NONE);
	ingests->alerts =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_ingest_alerts", "Alerts read.", NULL, TEXT_NONE);
	ingests->records = counter_get(
	    counters, COUNTER_TOTAL, "noroshi_ingest_records", "Records read that are no alerts.", NULL, TEXT_NONE);
	ingests->malformed = counter_get(
	    counters, COUNTER_TOTAL, "noroshi_ingest_malformed", "Lines that are malformed.", NULL, TEXT_NONE);
	ingests->duplicate_keys = counter_get(counters, COUNTER_TOTAL, "noroshi_ingest_duplicate_keys",
	    "Lines with a key twice in one object.", NULL, TEXT_NONE);
	ingests->implausible = counter_get(counters, COUNTER_TOTAL, "noroshi_ingest_implausible_times",
	    "Alerts whose time lies too far from now.", NULL, TEXT_NONE);
	ingests->dropped = counter_get(counters, COUNTER_TOTAL, "noroshi_capture_dropped",
	    "Fields that were dropped because a capture policy forbids them.", NULL, TEXT_NONE);
	ingests->queued_bytes = counter_get(
	    counters, COUNTER_GAUGE, "noroshi_ingest_queued_bytes", "Bodies that are held.", NULL, TEXT_NONE);
	ingests->seconds = counter_get(counters, COUNTER_HISTOGRAM, "noroshi_ingest_seconds",
	    "From the headers of a batch to its answer.", NULL, TEXT_NONE);
	*to = ingests;
	return OK;
}

static void reserve(struct ingest *ingest, struct member *member, uint64_t bytes)
{
	struct ingests *ingests = ingest->front->ingests;
	ingest->member = member;
	ingest->reserved = bytes;
	ingest->expected = member_expect(member, bytes);
	ingests->holding += member->queued == 0 && bytes > 0;
	member->queued += bytes;
	member->expected += ingest->expected;
	ingests->total += bytes;
	counter_set(ingests->queued_bytes, (double)ingests->total);
}

static void reserve_release(struct ingest *ingest)
{
	struct ingests *ingests = ingest->front->ingests;
	struct member *member = ingest->member;
	if (!member)
		return;
	member->queued -= ingest->reserved;
	member->expected -= ingest->expected;
	ingests->holding -= member->queued == 0 && ingest->reserved > 0;
	ingests->total -= ingest->reserved;
	counter_set(ingests->queued_bytes, (double)ingests->total);
}

static void ingest_free(struct ingest *ingest)
{
	ingest_leave(ingest);
	reserve_release(ingest);
	if (ingest->all_next)
		ingest->all_next->all_previous = ingest->all_previous;
	if (ingest->all_previous)
		ingest->all_previous->all_next = ingest->all_next;
	else
		ingest->front->ingests->all = ingest->all_next;
	ingest_read_free(ingest);
	json_decref(ingest->problems);
	free(ingest);
}

void ingest_refuse(struct ingest *ingest, uint16_t status, const char *words, uint32_t retry_after)
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
	ingest->settings.records = json_is_true(json_object_get(input, "records"));
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

/* An agent of a version that this centre does not speak with: 503, so that it keeps what it has until one of the two
 * was brought to the other's version. */
static bool protocol_fits(struct exchange *exchange, uint32_t protocol)
{
	char words[200];
	bool older = protocol < PROTOCOL_OLDEST;
	if (!older && protocol <= PROTOCOL_NEWEST)
		return true;
	snprintf(words, sizeof words,
	    "The agent speaks version %u of the protocol, this centre %d to %d: bring the %s to the other's version. "
	    "Nothing is lost meanwhile.",
	    protocol, PROTOCOL_OLDEST, PROTOCOL_NEWEST, older ? "agent" : "centre");
	answer_problem(exchange, 503, words, 300);
	return false;
}

void ingests_begin(struct front *front, struct exchange *exchange)
{
	const struct request *request = exchange_request(exchange);
	if (!protocol_fits(exchange, request->protocol)) {
		counter_add(front->ingests->protocol, 1);
		return;
	}
	if (!request->has_token && !request->has_certificate) {
		answer_problem(exchange, 401,
		    "Alerts need the token of a sensor (Authorization: Bearer nrs_…), or at the machines' door its "
		    "certificate.",
		    0);
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
	ingest->agent = request->agent;
	ingest->credential.kind = request->has_certificate ? CREDENTIAL_CERTIFICATE : CREDENTIAL_TOKEN;
	memcpy(ingest->credential.digest, request->has_certificate ? request->certificate : request->token, 32);
	exchange_set_context(exchange, ingest);
	const char *problem = ingest_describe(ingest, request->input);
	if (problem) {
		ingest_refuse(ingest, 400, problem, 0);
		return;
	}
	server_pause(exchange, true);
	struct builder body = { 0 };
	put_credential(&body, &ingest->credential);
	put_text(&body, text_of(request->client));
	if (body.failed ||
	    channel_send(front->keeper, MESSAGE_ADMIT, request->number, (struct text){ body.at, body.size }) != OK)
		ingest_refuse(ingest, 503, "The centre is starting, or recovers: send the batch again in a moment.", 2);
	builder_free(&body);
}

/* At most once a minute for each organisation. */
static void refused_say(struct member *member, const char *why)
{
	nanoseconds now = time_monotonic();
	member->refused++;
	if (member->said && now - member->said < SAID_EVERY)
		return;
	log_write(LOG_WARNING, "batches of an organisation are refused: its sensors are told to come again",
	    LOG_FIELD_NUMBER("organisation", member->organisation), LOG_FIELD_STRING("why", why),
	    LOG_FIELD_NUMBER("refused", member->refused));
	member->said = now;
	member->refused = 0;
}

/* False when it was refused: the quota is used up, by what came or by what was let in and waits to be read. */
static bool fits_quota(struct ingest *ingest, struct member *member, double rate)
{
	const struct center_settings *settings = &ingest->front->process->settings;
	char words[200];
	double burst = (double)settings->quota_burst / (double)SECOND;
	if (overload_level(ingest->front->overload) > 0 && burst > 1)
		burst = 1; /* what was saved up is for quiet times */
	member_refill(member, rate, burst);
	member->weight = rate > 0 && settings->quota > 0 ? fmin(fmax(rate / settings->quota, 0.25), 16) : 1;
	if (rate <= 0 || member->tokens > member->expected)
		return true;
	double wait = ceil((1 + member->expected - member->tokens) / rate);
	snprintf(words, sizeof words,
	    "The organisation's quota of %g alerts a second is used up; it is free again in %.0f s.", rate, wait);
	counter_add(ingest->front->ingests->quota, 1);
	refused_say(member, "quota");
	ingest_refuse(ingest, 429, words, wait < 3600 ? (uint32_t)wait : 3600);
	return false;
}

/* False when it was refused: too much of the organisation waits, in bytes or in time. */
static bool fits_queue(struct ingest *ingest, struct member *member, uint64_t body)
{
	struct ingests *ingests = ingest->front->ingests;
	uint64_t most = ingest->front->process->settings.queue;
	uint64_t part = TOTAL_MOST / (ingests->holding + 1); /* the fullest are refused first */
	char words[200];
	if (ingests->total + body > TOTAL_MOST && part < most)
		most = part;
	if (member->queued + body > most) {
		snprintf(words, sizeof words,
		    "%llu bytes of the organisation's batches wait already; at most %llu may.",
		    (unsigned long long)member->queued, (unsigned long long)most);
		counter_add(ingests->queue, 1);
		refused_say(member, "queue");
		ingest_refuse(ingest, 429, words, 1);
		return false;
	}
	if (overload_refuses(ingest->front->overload, member)) {
		counter_add(ingests->slow, 1);
		refused_say(member, "overload");
		ingest_refuse(ingest, 503,
		    "The centre is overloaded, and batches of the organisation wait for long: send this one again "
		    "later.",
		    OVERLOAD_RETRY);
		return false;
	}
	return true;
}

/* Quota and room in the queue; false when it was refused. */
static bool ingest_fits(struct ingest *ingest, uint64_t quota_thousandths, uint64_t body)
{
	const struct center_settings *settings = &ingest->front->process->settings;
	struct member *member = member_of(ingest->front->ingests->members, ingest->organisation);
	double rate = quota_thousandths ? (double)quota_thousandths / 1000 : settings->quota;
	if (!member) {
		ingest_refuse(ingest, 503, "There is no memory for this batch just now.", 5);
		return false;
	}
	if (!fits_quota(ingest, member, rate) || !fits_queue(ingest, member, body))
		return false;
	reserve(ingest, member, body);
	return true;
}

static struct ingest *ingest_of(struct front *front, uint64_t number)
{
	struct exchange *exchange = server_exchange(front->server, number);
	if (!exchange || exchange_request(exchange)->route->kind != ROUTE_STREAM)
		return NULL;
	return exchange_context(exchange);
}

void ingests_admitted(struct front *front, const struct message *message)
{
	struct ingest *ingest = ingest_of(front, message->correlation);
	struct admitted admitted;
	if (!ingest || ingest->state != INGEST_ADMISSION)
		return;
	if (!admitted_read(message->body, &admitted))
		admitted.status = 503;
	if (admitted.status != 200) {
		ingest_refuse(ingest, admitted.status, admitted.words, admitted.status == 503 ? 5 : 0);
		return;
	}
	ingest->routes = admitted.routes;
	ingest->settings.telescope = admitted.telescope;
	if (!ingest_capture(ingest, admitted.policy_version, admitted.policy)) {
		ingest_refuse(ingest, 503, "The organisation's capture policy cannot be read.", 60);
		return;
	}
	ingest->organisation = admitted.organisation;
	ingest->sensor = admitted.sensor;
	struct exchange *exchange = server_exchange(front->server, ingest->number);
	if (!ingest_fits(ingest, admitted.quota, exchange_request(exchange)->body))
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

static void ingest_answer(struct ingest *ingest)
{
	struct front *front = ingest->front;
	struct ingests *ingests = front->ingests;
	struct exchange *exchange = server_exchange(front->server, ingest->number);
	json_t *output = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:O}", "lines",
	    (json_int_t)ingest->lines, "alerts", (json_int_t)ingest->alerts, "records", (json_int_t)ingest->records,
	    "skipped", (json_int_t)ingest->skipped, "malformed", (json_int_t)ingest->malformed, "duplicate_keys",
	    (json_int_t)ingest->counts.duplicate_keys, "implausible_times", (json_int_t)ingest->counts.implausible,
	    "dropped_fields", (json_int_t)ingest_dropped(ingest), "capture_version", (json_int_t)ingest->policy_version,
	    "durable", 1, "repeated", (int)ingest->all_repeated, "problems", ingest->problems);
	if (*ingest->batch)
		json_object_set_new(output, "batch", json_string(ingest->batch));
	ingest_tell_dropped(ingest);
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
	ingests_landed(front->ingests, message->correlation);
	struct ingest *ingest = ingest_of(front, message->correlation);
	struct ingested stored;
	if (!ingest || ingest->state != INGEST_STORING)
		return;
	if (!ingested_read(message->body, &stored))
		stored.status = 503;
	ingest->all_repeated &= stored.repeated;
	ingest->lines += stored.lines;
	ingest->alerts += stored.alerts;
	ingest->records += stored.records;
	ingest->skipped += stored.skipped;
	ingest->malformed += stored.malformed;
	if (stored.status != 200) {
		ingest->status = stored.status;
		text_copy(text_of(stored.words), ingest->words, sizeof ingest->words);
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
	ingests_nothing_flies(front->ingests);
	struct ingest *ingest = front->ingests->all;
	while (ingest) {
		struct ingest *next = ingest->all_next;
		if (ingest->state == INGEST_ADMISSION || ingest->state == INGEST_STORING)
			ingest_refuse(ingest, 503, "The centre recovers: send the batch again in a moment.", 2);
		ingest = next;
	}
}
