/*
 * The saved state of triage: whatever lies behind the checkpoint's checksum is refused, or taken in whole and saved
 * again as much. The first byte says whether provisional events are wanted, and whether the rest is such a state,
 * behind the guard of this build, or edits (place, bits) of one that was saved here: a state is of one build, seeds are
 * of many.
 *
 * Sources: triage/save.c, triage/names.c, triage/campaign.c.
 */
#include "fuzz.h"
#include "triage/triage.h"

#include <stdio.h>
#include <string.h>

#define MONDAY (19000 * DAY)
#define GUARD 28 /* magic, version, sizes */
#define EDIT 4   /* u24 place, u8 bits */

static void judged(void *context, const struct triage_judgement *judgement)
{
	(void)context;
	CHECK((unsigned)judgement->verdict < VERDICT_COUNT);
}

static void told(void *context, const struct event *event)
{
	(void)context;
	CHECK(event->host_count <= EVENT_NAMES && event->reason_count <= EVENT_REASONS);
}

static struct triage *make(bool provisional)
{
	static const struct triage_sink sink = { .judged = judged, .event = told };
	struct triage_settings settings;
	struct triage *triage = NULL;
	struct failure failure;
	triage_settings_default(&settings);
	settings.provisional = provisional;
	settings.memory = 16u << 20;
	settings.organisations = 8;
	CHECK(triage_new(&settings, &sink, &triage, &failure) == OK);
	return triage;
}

/* Some days of three organisations: habits, an attack on two of them, and what is still open. */
static void feed(struct triage *triage)
{
	struct failure failure = { 0 };
	for (unsigned i = 0; i < 400; i++) {
		char signature[32], host[32];
		bool attack = i % 50 == 49;
		snprintf(signature, sizeof signature, attack ? "ET EXPLOIT %u" : "ET INFO %u", i % 7);
		snprintf(host, sizeof host, "host-%u", attack ? 1 : i % 5);
		nanoseconds time = MONDAY + i * (10 * MINUTE);
		struct alert alert = { .id = { i % 3 + 1, { 7, 7 }, i },
			.organisation = i % 3 + 1,
			.occurred = time,
			.received = time,
			.detector = TEXT("Suricata"),
			.signature = text_of(signature),
			.host = text_of(host),
			.severity = attack ? SEVERITY_HIGH : SEVERITY_LOW,
			.repeats = 1 };
		CHECK(address_parse(TEXT("203.0.113.77"), &alert.source));
		CHECK(triage_add(triage, &alert, i, &failure) == OK);
	}
}

static struct builder *own_state(bool provisional)
{
	static struct builder states[2];
	struct builder *state = &states[provisional];
	struct failure failure;
	if (state->size)
		return state;
	struct triage *triage = make(provisional);
	feed(triage);
	CHECK(triage_save(triage, state, &failure) == OK && state->size > GUARD);
	triage_free(triage);
	return state;
}

/* What the input says, as a saved state. */
static void build_state(const uint8_t *data, size_t size, struct builder *to)
{
	const struct builder *own = own_state(data[0] & 1);
	if (!(data[0] & 2)) {
		build_text(to, (struct text){ own->at, GUARD });
		build_text(to, (struct text){ (const char *)data + 1, size - 1 });
	} else {
		build_text(to, (struct text){ own->at, own->size });
		for (size_t at = 1; at + EDIT <= size; at += EDIT)
			to->at[(data[at] | data[at + 1] << 8 | data[at + 2] << 16) % to->size] ^= (char)data[at + 3];
	}
	CHECK(!to->failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct failure failure = { 0 };
	struct builder input = { 0 }, first = { 0 }, second = { 0 };
	struct triage *triage = make(data[0] & 1), *again = make(data[0] & 1);
	build_state(data, size, &input);
	if (triage_load(triage, (struct text){ input.at, input.size }, &failure) == OK) {
		CHECK(triage_save(triage, &first, &failure) == OK);
		CHECK(triage_load(again, (struct text){ first.at, first.size }, &failure) == OK);
		CHECK(triage_save(again, &second, &failure) == OK);
		CHECK(first.size == second.size);
	} else {
		CHECK(failure.words[0]);
		CHECK(!(data[0] & 2) || size > EDIT); /* a state without edits is taken */
	}
	triage_free(triage);
	triage_free(again);
	builder_free(&input);
	builder_free(&first);
	builder_free(&second);
	return 0;
}
