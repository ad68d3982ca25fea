/*
 * See bench.h.
 */
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void on_judged(void *context, const struct triage_judgement *judgement)
{
	struct found *found = context;
	assert_true(judgement->position < MOST_ALERTS);
	found->verdicts[judgement->position] = judgement->verdict;
	found->of_event[judgement->position] = judgement->event;
}

static void on_event(void *context, const struct event *event)
{
	struct found *found = context;
	unsigned at = 0;
	while (at < found->event_count && !uuid_equal(found->events[at]->id, event->id))
		at++;
	found->provisional_told += event->provisional;
	if (!event->alerts) {
		assert_true(at < found->event_count);
		free(found->events[at]);
		found->events[at] = found->events[--found->event_count];
		found->taken_back++;
		return;
	}
	assert_true(at < MOST_EVENTS);
	if (at == found->event_count)
		found->events[found->event_count++] = malloc(sizeof *event);
	*found->events[at] = *event;
}

static void on_campaign(void *context, struct uuid id, uint32_t organisation, struct uuid campaign)
{
	struct found *found = context;
	(void)organisation;
	for (unsigned i = 0; i < found->event_count; i++)
		if (uuid_equal(found->events[i]->id, id))
			found->events[i]->campaign = campaign;
}

void bench_start(struct bench *bench)
{
	struct triage_sink sink = { bench->found, on_judged, on_event, on_campaign };
	struct failure failure = { 0 };
	assert_int_equal(triage_new(&bench->settings, &sink, &bench->triage, &failure), OK);
}

int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	bench->found = calloc(1, sizeof *bench->found);
	triage_settings_default(&bench->settings);
	bench_start(bench);
	*state = bench;
	return 0;
}

int tear_down(void **state)
{
	struct bench *bench = *state;
	triage_free(bench->triage);
	for (unsigned i = 0; i < bench->found->event_count; i++)
		free(bench->found->events[i]);
	free(bench->found);
	free(bench);
	return 0;
}

struct alert alert_of(uint32_t organisation, nanoseconds time, const char *signature, const char *host)
{
	return (struct alert){ .organisation = organisation,
		.occurred = time,
		.received = time,
		.detector = TEXT("Suricata"),
		.signature = text_of(signature),
		.host = text_of(host),
		.repeats = 1 };
}

uint64_t feed(struct bench *bench, struct alert alert)
{
	struct failure failure = { 0 };
	uint64_t position = bench->sequence++;
	alert.id = (struct fact_id){ alert.organisation, { 7, 7 }, position };
	assert_int_equal(triage_add(bench->triage, &alert, position, &failure), OK);
	return position;
}

struct address address_from(const char *text)
{
	struct address address;
	assert_true(address_parse(text_of(text), &address));
	return address;
}
