/*
 * A history in a folder of its own under /tmp, and batches to put into it: shared by the tests of history.
 */
#ifndef NOROSHI_TESTS_HISTORY_PLACE_H
#define NOROSHI_TESTS_HISTORY_PLACE_H

#include "store/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct history_place {
	char folder[64];
	struct history *history;
	struct history_repair repair;
	struct arena *arena;
	const struct scope *work;
	struct failure failure;
};

static inline void fine(struct history_place *place, enum error error)
{
	if (error)
		fail_msg("%s: %s", error_name(error), place->failure.words);
}

static inline void place_reopen(struct history_place *place)
{
	history_close(place->history);
	place->history = NULL;
	fine(place, history_open(place->folder, &place->history, &place->repair, &place->failure));
}

static inline int place_begin(void **state)
{
	struct history_place *place = calloc(1, sizeof *place);
	strcpy(place->folder, "/tmp/noroshi-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	place->arena = arena_new(0);
	place->work = policy_background("test", place->arena);
	place_reopen(place);
	*state = place;
	return 0;
}

static inline int place_end(void **state)
{
	struct history_place *place = *state;
	char command[128];
	history_close(place->history);
	arena_free(place->arena);
	snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
	int code = system(command);
	free(place);
	return code;
}

/* A batch of `count` alerts of one second each from `start`, with words that say which. */
static inline struct history_batch make_batch(
    struct builder *encoded, uint32_t organisation, uint64_t epoch, uint32_t count, nanoseconds start)
{
	struct history_batch batch = { .organisation = organisation,
		.sensor = organisation * 10,
		.epoch = { 1, epoch },
		.sequence_first = 1,
		.sequence_end = count + 1,
		.received = start + HOUR,
		.lines = count,
		.alerts = count,
		.last = true };
	builder_clear(encoded);
	for (uint32_t i = 0; i < count; i++) {
		char original[256];
		snprintf(original, sizeof original,
		    "{\"org\":%u,\"epoch\":%llu,\"line\":%u,\"text\":\"GET /Index.php?id=%u\"}", organisation,
		    (unsigned long long)epoch, i + 1, i * 7919);
		struct alert alert = { .id = { batch.sensor, batch.epoch, i + 1 },
			.organisation = organisation,
			.occurred = start + i * SECOND,
			.received = batch.received,
			.detector = TEXT("Suricata"),
			.signature = TEXT("ET SCAN Test"),
			.host = TEXT("web-1"),
			.repeats = 1,
			.original = text_of(original) };
		alert_encode(&alert, encoded);
	}
	return batch;
}

static inline uint64_t put_batch(
    struct history_place *place, uint32_t organisation, uint64_t epoch, uint32_t count, nanoseconds start)
{
	struct builder encoded = { 0 };
	struct history_batch batch = make_batch(&encoded, organisation, epoch, count, start);
	uint64_t position = 0;
	fine(place, history_append(
			place->history, &batch, (struct text){ encoded.at, encoded.size }, &position, &place->failure));
	builder_free(&encoded);
	return position;
}

struct hits {
	uint32_t count;
	uint64_t positions[4096];
	uint64_t epochs[4096], sequences[4096];
	enum verdict verdict;
};

static inline void take_hit(void *context, const struct history_hit *hit)
{
	struct hits *hits = context;
	assert_true(hits->count < 4096);
	hits->positions[hits->count] = hit->position;
	hits->epochs[hits->count] = hit->alert.id.epoch.low;
	hits->sequences[hits->count++] = hit->alert.id.sequence;
	hits->verdict = hit->verdict;
}

static inline uint32_t find(struct history_place *place, struct history_query query, struct hits *hits)
{
	uint64_t next;
	memset(hits, 0, sizeof *hits);
	if (!query.limit)
		query.limit = 4096;
	fine(place, history_find(place->history, place->work, &query, take_hit, hits, &next, &place->failure));
	return hits->count;
}

#endif
