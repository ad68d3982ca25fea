/*
 * Whose batch is read next, and whose part goes to the keeper next.
 *
 *   whole bodies ─► member->reading ─► a slice of one organisation after the other is read (the front's time)
 *   all parts of a batch ─► member->storing ─► one part of one organisation after the other is sent (the keeper's time)
 *
 * The keeper never has more than WINDOW bytes that it did not answer: enough to make durable together, little enough
 * that nobody waits long behind it. Parts that wait for it wait here, each organisation's apart. A batch goes to the
 * keeper only when all of it was read, so that a decompression bomb leaves nothing behind.
 */
#include "bus/channel.h"
#include "center/ingest.h"
#include "center/message.h"

#include <stdlib.h>

#define SLICE 128                       /* alerts that are read in one go */
#define SLICE_COST 4096                 /* bytes of work that a slice, or a part, is at least */
#define WINDOW ((uint64_t)4 << 20)      /* bytes at the keeper */
#define FLIGHTS_MOST 1024u              /* parts at the keeper */
#define UNSENT_MOST ((uint64_t)4 << 20) /* of an organisation: beyond, its next batch is not read yet */

static void work(void *context);

bool turns_open(struct ingests *ingests)
{
	turns_init(&ingests->reading);
	turns_init(&ingests->storing);
	ingests->flights = calloc(FLIGHTS_MOST, sizeof *ingests->flights);
	return ingests->flights != NULL;
}

static void work_later(struct ingests *ingests)
{
	if (!ingests->timer && ingests->reading.first)
		ingests->timer = loop_timer(ingests->front->process->loop, 0, 0, work, ingests);
}

/* Its next batch may be read, unless much of it waits for the keeper. */
static void read_on(struct ingests *ingests, struct member *member)
{
	if (member->reading.first && member->unsent <= UNSENT_MOST)
		turns_add(&ingests->reading, &member->reading);
	work_later(ingests);
}

void ingest_ready(struct ingest *ingest)
{
	ingest->state = INGEST_READY;
	ingest->waiting_since = time_monotonic();
	lane_append(&ingest->member->reading, ingest);
	read_on(ingest->front->ingests, ingest->member);
}

static void part_free(struct ingest *ingest)
{
	struct ingest_part *part = ingest->parts;
	ingest->parts = part->next;
	if (ingest->state == INGEST_STORING)
		ingest->member->unsent -= part->body.size;
	builder_free(&part->body);
	free(part);
}

void ingest_leave(struct ingest *ingest)
{
	if (ingest->member) {
		lane_remove(&ingest->member->reading, ingest);
		lane_remove(&ingest->member->storing, ingest);
	}
	while (ingest->parts)
		part_free(ingest);
	if (ingest->member)
		read_on(ingest->front->ingests, ingest->member);
}

/* ── to the keeper ─ */

/* False: the keeper is away, or does not keep up. */
static bool part_send(struct ingests *ingests, struct ingest *ingest)
{
	struct ingest_part *part = ingest->parts;
	if (!ingests->front->keeper || channel_send(ingests->front->keeper, MESSAGE_INGEST, ingest->number,
					   (struct text){ part->body.at, part->body.size }) != OK)
		return false;
	unsigned place = (ingests->flight_first + ingests->flight_count++) % FLIGHTS_MOST;
	ingests->flights[place] = (struct flight){ ingest->number, part->body.size + SLICE_COST };
	ingests->flying += ingests->flights[place].bytes;
	return true;
}

static void send_on(struct ingests *ingests)
{
	struct lane *lane;
	while (ingests->flying < WINDOW && ingests->flight_count < FLIGHTS_MOST &&
	       (lane = turns_next(&ingests->storing))) {
		struct ingest *ingest = lane->first;
		uint64_t bytes = ingest->parts->body.size + SLICE_COST;
		if (!part_send(ingests, ingest)) {
			ingest_refuse(ingest, 503, "The centre recovers: send the batch again in a moment.", 2);
			continue;
		}
		turns_charge(&ingests->storing, bytes);
		part_free(ingest);
		if (!ingest->parts)
			lane_remove(lane, ingest);
		read_on(ingests, lane->member);
	}
}

/* The keeper answers in order: what was sent before this part and was not answered never will be. */
void ingests_landed(struct ingests *ingests, uint64_t number)
{
	unsigned passed = 0;
	while (passed < ingests->flight_count &&
	       ingests->flights[(ingests->flight_first + passed) % FLIGHTS_MOST].number != number)
		passed++;
	if (passed == ingests->flight_count)
		return;
	for (passed++; passed > 0; passed--) {
		ingests->flying -= ingests->flights[ingests->flight_first].bytes;
		ingests->flight_first = (ingests->flight_first + 1) % FLIGHTS_MOST;
		ingests->flight_count--;
	}
	send_on(ingests);
}

void ingests_nothing_flies(struct ingests *ingests)
{
	ingests->flight_count = 0;
	ingests->flying = 0;
}

/* ── reading ─ */

static void store(struct ingest *ingest)
{
	struct ingests *ingests = ingest->front->ingests;
	struct member *member = ingest->member;
	ingest->state = INGEST_STORING;
	for (const struct ingest_part *part = ingest->parts; part; part = part->next) {
		member->unsent += part->body.size;
		ingest->waiting++;
	}
	lane_append(&member->storing, ingest);
	turns_add(&ingests->storing, &member->storing);
	send_on(ingests);
}

/* What it took of the quota: its alerts and records, or its bytes when they are more than alerts usually have. What was
 * refused after it was read brought no alert, but it took time. */
static double cost_of(const struct ingest *ingest, bool taken)
{
	double bytes = (double)ingest->unpacked / (double)ingest->front->process->settings.quota_size;
	double alerts = taken ? (double)(ingest->counts.alerts + ingest->counts.records) : 0;
	return bytes > alerts ? bytes : alerts;
}

static void count(struct ingests *ingests, const struct format_counts *counts)
{
	counter_add(ingests->lines, counts->lines);
	counter_add(ingests->alerts, counts->alerts);
	counter_add(ingests->records, counts->records);
	counter_add(ingests->malformed, counts->malformed);
	counter_add(ingests->duplicate_keys, counts->duplicate_keys);
	counter_add(ingests->implausible, counts->implausible);
}

/* A batch that was read, to its end or as far as it could be. */
static void read_done(struct ingest *ingest, enum error error, const struct failure *failure)
{
	struct member *member = ingest->member;
	lane_remove(&member->reading, ingest);
	member_charge(member, ingest->reserved, cost_of(ingest, error == ERROR_END));
	member->expected -= ingest->expected;
	ingest->expected = 0;
	ingest_read_free(ingest);
	if (error == ERROR_END) {
		count(ingest->front->ingests, &ingest->counts);
		store(ingest);
		return;
	}
	uint16_t status = error == ERROR_LIMIT ? 413 : error == ERROR_MEMORY ? 503 : 400;
	ingest_refuse(ingest, status, failure->words, status == 503 ? 5 : 0);
}

static void work(void *context)
{
	struct ingests *ingests = context;
	watch_stop(ingests->timer);
	ingests->timer = NULL;
	struct lane *lane = turns_next(&ingests->reading);
	if (!lane)
		return;
	struct ingest *ingest = lane->first;
	if (lane->member->unsent > UNSENT_MOST) {
		turns_leave(&ingests->reading); /* read_on() brings it back */
		work_later(ingests);
		return;
	}
	struct failure failure = { 0 };
	uint64_t before = ingest->unpacked;
	enum error error = ingest_read(ingest, SLICE, &failure);
	turns_charge(&ingests->reading, ingest->unpacked - before + SLICE_COST);
	if (error != OK)
		read_done(ingest, error, &failure);
	work_later(ingests);
}
