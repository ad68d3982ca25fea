/*
 * One sensor that sends batches over some connections. See load.h. A batch is sent again with the same bytes and id
 * until it is answered; what was answered with 200 counts as acknowledged.
 */
#include "lines.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define POOL 4000
#define PACK_LEVEL 1
#define WAIT_BROKEN (200 * MILLISECOND)
#define FLOOD_KEEPS SECOND /* so long a flood sends the same bytes, under ever new ids */

enum slot_state { SLOT_IDLE, SLOT_FLYING, SLOT_WAITING };

struct slot {
	struct sender *sender;
	struct client *client;
	enum slot_state state;
	struct watch *timer;
	nanoseconds due;
	struct builder body;
	char batch[48];
};

struct sender {
	struct load *load;
	char name[NAME_ROOM], token[TOKEN_ROOM];
	double rate;
	unsigned batch;
	bool flood, measuring;
	struct lines *lines;
	ZSTD_CCtx *packer;
	struct builder plain, packed; /* packed: kept for a flood */
	nanoseconds packed_at, due;
	struct watch *timer;
	uint64_t number; /* of batches */
	struct slot *slots;
	unsigned slot_count;
	uint64_t acknowledged, batches, over_quota, unavailable, broken, other, plain_bytes, packed_bytes;
	struct times times;
};

static void answered(void *context, const struct client_answer *answer);
static void fill(void *context);

struct sender *sender_new(struct load *load, const char *name, const char *token, double rate, unsigned connections,
    unsigned batch, bool flood)
{
	struct sender *sender = calloc(1, sizeof *sender);
	uint32_t address = load_address(load);
	if (!sender)
		return NULL;
	sender->load = load;
	text_copy(text_of(name), sender->name, sizeof sender->name);
	text_copy(text_of(token), sender->token, sizeof sender->token);
	sender->rate = rate;
	sender->batch = batch;
	sender->flood = flood;
	sender->lines = lines_new(address & 0xffff, POOL);
	sender->packer = ZSTD_createCCtx();
	sender->slots = calloc(connections, sizeof *sender->slots);
	for (unsigned i = 0; sender->slots && i < connections; i++) {
		struct slot *slot = &sender->slots[i];
		slot->sender = sender;
		/* A flood comes from many machines. */
		slot->client = client_new(load->loop, load->tls, load->host, load->port,
		    flood ? load_address(load) : address, answered, slot);
		sender->slot_count += slot->client != NULL;
	}
	if (sender->lines && sender->packer && sender->slot_count == connections)
		return sender;
	sender_free(sender);
	return NULL;
}

void sender_free(struct sender *sender)
{
	if (!sender)
		return;
	for (unsigned i = 0; i < sender->slot_count; i++) {
		watch_stop(sender->slots[i].timer);
		client_free(sender->slots[i].client);
		builder_free(&sender->slots[i].body);
	}
	watch_stop(sender->timer);
	lines_free(sender->lines);
	ZSTD_freeCCtx(sender->packer);
	builder_free(&sender->plain);
	builder_free(&sender->packed);
	free(sender->times.at);
	free(sender->slots);
	free(sender);
}

static void pack(struct sender *sender)
{
	nanoseconds now = time_now();
	if (sender->flood && sender->packed.size && now - sender->packed_at < FLOOD_KEEPS)
		return;
	sender->packed_at = now;
	builder_clear(&sender->plain);
	lines_batch(sender->lines, sender->batch, now, &sender->plain);
	builder_clear(&sender->packed);
	size_t room = ZSTD_compressBound(sender->plain.size);
	while (sender->packed.size < room && !sender->packed.failed)
		build_text(&sender->packed, (struct text){ sender->plain.at, sender->plain.size });
	size_t size = ZSTD_compressCCtx(
	    sender->packer, sender->packed.at, sender->packed.size, sender->plain.at, sender->plain.size, PACK_LEVEL);
	if (sender->packed.failed || ZSTD_isError(size)) {
		fprintf(stderr, "load: cannot compress a batch\n");
		exit(2);
	}
	sender->packed.size = size;
}

static void slot_send(struct slot *slot)
{
	struct sender *sender = slot->sender;
	struct builder head = { 0 };
	build_format(&head,
	    "POST /v1/alerts?format=eve&batch=%s HTTP/1.1\r\nHost: %s:%u\r\nAuthorization: Bearer %s\r\n"
	    "Content-Type: application/x-ndjson\r\nContent-Encoding: zstd\r\nContent-Length: %zu\r\n\r\n",
	    slot->batch, sender->load->host, sender->load->port, sender->token, slot->body.size);
	slot->state = SLOT_FLYING;
	client_send(slot->client, (struct text){ head.at, head.size }, (struct text){ slot->body.at, slot->body.size });
	builder_free(&head);
}

static void slot_again(void *context)
{
	struct slot *slot = context;
	watch_stop(slot->timer);
	slot->timer = NULL;
	slot_send(slot);
}

static void slot_begin(struct slot *slot)
{
	struct sender *sender = slot->sender;
	nanoseconds now = time_monotonic();
	pack(sender);
	builder_clear(&slot->body);
	build_text(&slot->body, (struct text){ sender->packed.at, sender->packed.size });
	snprintf(
	    slot->batch, sizeof slot->batch, "%lld-%llu", (long long)time_now(), (unsigned long long)sender->number++);
	slot->due = sender->rate > 0 ? sender->due : now;
	sender->plain_bytes += sender->plain.size;
	sender->packed_bytes += sender->packed.size;
	slot_send(slot);
}

static void later(struct sender *sender, nanoseconds wait)
{
	watch_stop(sender->timer);
	sender->timer = loop_timer(sender->load->loop, wait, 0, fill, sender);
}

/* Idle connections take what is due. */
static void fill(void *context)
{
	struct sender *sender = context;
	nanoseconds now = time_monotonic();
	unsigned next = 0;
	watch_stop(sender->timer);
	sender->timer = NULL;
	if (sender->load->ending)
		return;
	while (sender->rate <= 0 || sender->due <= now) {
		while (next < sender->slot_count && sender->slots[next].state != SLOT_IDLE)
			next++;
		if (next == sender->slot_count)
			break;
		slot_begin(&sender->slots[next]);
		sender->due += sender->rate > 0 ? (nanoseconds)(sender->batch / sender->rate * (double)SECOND) : 0;
	}
	if (sender->flood && now - sender->due > SECOND)
		sender->due = now - SECOND; /* what a flood could not send is not made up for */
	if (sender->rate > 0 && sender->due > now)
		later(sender, sender->due - now);
}

static void slot_done(struct slot *slot)
{
	slot->state = SLOT_IDLE;
	if (!slot->sender->timer)
		later(slot->sender, 0);
}

static void slot_retry(struct slot *slot, nanoseconds wait)
{
	slot->state = SLOT_WAITING;
	slot->timer = loop_timer(slot->sender->load->loop, wait, 0, slot_again, slot);
}

static void acknowledge(struct slot *slot, const struct client_answer *answer)
{
	struct sender *sender = slot->sender;
	sender->acknowledged += answer_alerts(answer);
	sender->batches++;
	if (sender->measuring)
		times_add(&sender->times, (double)(time_monotonic() - slot->due) / (double)SECOND);
}

static void answered(void *context, const struct client_answer *answer)
{
	struct slot *slot = context;
	struct sender *sender = slot->sender;
	bool refused = answer->status == 429 || answer->status == 503;
	sender->over_quota += answer->status == 429;
	sender->unavailable += answer->status == 503;
	sender->broken += answer->status == 0;
	if (answer->status == 200)
		acknowledge(slot, answer);
	else if (answer->status && !refused) {
		if (sender->other++ == 0)
			fprintf(stderr, "load: %s was answered %u: %.*s\n", sender->name, answer->status,
			    (int)answer->body.size, answer->body.at);
	}
	/* Without an answer nobody knows whether it was stored: only the same again tells. */
	if (answer->status == 0)
		slot_retry(slot, WAIT_BROKEN);
	else if (refused && !sender->flood && !sender->load->ending)
		slot_retry(slot, answer->retry_after ? answer->retry_after * SECOND : SECOND);
	else
		slot_done(slot);
}

void sender_start(struct sender *sender, unsigned nth, unsigned of)
{
	/* Sensors do not send in step. */
	double period = sender->rate > 0 ? sender->batch / sender->rate : 0.1;
	nanoseconds wait = (nanoseconds)(period * nth / of * (double)SECOND);
	sender->due = time_monotonic() + wait;
	later(sender, wait);
}

void sender_measure(struct sender *sender)
{
	sender->measuring = true;
}

unsigned sender_flying(const struct sender *sender)
{
	unsigned flying = 0;
	for (unsigned i = 0; i < sender->slot_count; i++)
		flying += sender->slots[i].state != SLOT_IDLE;
	return flying;
}

uint64_t sender_acknowledged(const struct sender *sender)
{
	return sender->acknowledged;
}

void sender_gather(const struct sender *sender, struct times *to)
{
	for (size_t i = 0; !sender->flood && i < sender->times.count; i++)
		times_add(to, sender->times.at[i]);
}

json_t *sender_json(struct sender *sender)
{
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "name", sender->name, "acknowledged",
	    (json_int_t)sender->acknowledged, "batches", (json_int_t)sender->batches, "answers_429",
	    (json_int_t)sender->over_quota, "answers_503", (json_int_t)sender->unavailable, "broken",
	    (json_int_t)sender->broken, "other", (json_int_t)sender->other, "plain_bytes",
	    (json_int_t)sender->plain_bytes, "packed_bytes", (json_int_t)sender->packed_bytes, "unsettled_alerts",
	    (json_int_t)sender_flying(sender) * sender->batch, "seconds", times_json(&sender->times));
}
