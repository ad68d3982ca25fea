/*
 * History: batches and verdicts. A process appends, judges, rolls over to a new segment and removes an old one. After
 * the cut every batch that was acknowledged is there, whole and once, and every verdict that was said to be durable.
 */
#include "kinds.h"

#include "../store/history_place.h"

#define BATCHES 8
#define ALERTS 3
#define OLD (BATCHES / 2) /* of the first day: removed as too old at the end */

struct found {
	uint32_t alerts, judged;
	uint64_t first, last; /* epochs */
	uint64_t judged_to;   /* every alert up to this epoch has its verdict */
};

static void take(void *context, const struct history_hit *hit)
{
	struct found *found = context;
	uint64_t epoch = hit->alert.id.epoch.low;
	if (!found->alerts)
		found->first = epoch;
	/* Whole batches in their order, and nothing twice. */
	assert_int_equal(epoch, found->first + found->alerts / ALERTS);
	assert_int_equal(hit->alert.id.sequence, 1 + found->alerts % ALERTS);
	found->alerts++;
	found->last = epoch;
	if (hit->alert.id.sequence == 1 && hit->verdict == VERDICT_EVENT && found->judged_to + 1 == epoch)
		found->judged_to = epoch;
	if (hit->alert.id.sequence == 1 && found->alerts == 1 && epoch > 1 && hit->verdict == VERDICT_EVENT)
		found->judged_to = epoch;
}

static enum error look(struct history *history, struct found *found, struct failure *failure)
{
	struct arena *arena = arena_new(0);
	struct history_query all = { .limit = 1000 };
	uint64_t next;
	*found = (struct found){ 0 };
	enum error error = history_find(history, policy_background("test", arena), &all, take, found, &next, failure);
	arena_free(arena);
	return error;
}

/* Stores and judges one batch as the keeper does: what is stored already is acknowledged as a repetition. */
static enum error store_batch(struct history *history, uint64_t epoch, struct failure *failure)
{
	struct builder encoded = { 0 };
	uint64_t position = 0;
	nanoseconds day = epoch > OLD ? 5 * DAY : 0;
	struct history_batch batch = make_batch(&encoded, 1, epoch, ALERTS, START + day + (nanoseconds)epoch * MINUTE);
	bool stored = history_seen(history, &batch, NULL) >= batch.sequence_end;
	enum error error = OK;
	if (!stored)
		error = history_append(history, &batch, (struct text){ encoded.at, encoded.size }, &position, failure);
	builder_free(&encoded);
	/* The fourth waits without a sync when the fifth begins a new segment. */
	if (!error && epoch != OLD)
		error = history_sync(history, failure);
	if (!error && epoch != OLD)
		mark("stored %d", (int)epoch);
	if (!error && !stored)
		error = history_judge(
		    history, position, VERDICT_EVENT, (struct uuid){ { 1 } }, (struct uuid){ 0 }, failure);
	return error;
}

static enum error store_all(struct history *history, struct failure *failure)
{
	struct found found;
	uint64_t removed;
	enum error error = look(history, &found, failure);
	if (error || found.first > 1)
		return error;
	for (uint64_t epoch = 1; epoch <= BATCHES && !error; epoch++)
		error = store_batch(history, epoch, failure);
	if (!error)
		error = history_sync(history, failure);
	if (!error)
		mark("judged %d", BATCHES);
	mark("removing");
	return error ? error : history_expire(history, START + 2 * DAY, &removed, failure);
}

static bool work(const char *folder)
{
	char path[200];
	struct history *history;
	struct failure failure;
	snprintf(path, sizeof path, "%s/history", folder);
	if (history_open(path, &history, NULL, &failure) != OK)
		return false;
	enum error error = store_all(history, &failure);
	history_close(history);
	return error == OK;
}

static void check(const char *folder, const struct marks *marks)
{
	char path[200];
	struct history *history;
	struct history_repair repair;
	struct found found;
	uint64_t acknowledged = marked_number(marks, "stored ");
	bool removing = marks_of(marks, "removing", NULL) > 0;
	snprintf(path, sizeof path, "%s/history", folder);
	FINE(history_open(path, &history, &repair, &failure));
	assert_int_equal(repair.bad_frames, 0);
	FINE(look(history, &found, &failure));
	assert_int_equal(found.alerts % ALERTS, 0);
	assert_true(found.last >= acknowledged);
	assert_true(!found.alerts || found.first == 1 || (removing && found.first == OLD + 1));
	/* The next batch goes behind them. */
	struct builder encoded = { 0 };
	uint64_t position;
	struct history_batch batch = make_batch(&encoded, 1, found.last + 1, ALERTS, START + 6 * DAY);
	FINE(history_append(history, &batch, (struct text){ encoded.at, encoded.size }, &position, &failure));
	FINE(history_sync(history, &failure));
	FINE(look(history, &found, &failure));
	builder_free(&encoded);
	history_close(history);
}

const struct powercut_kind kind_history = { "history", work, check, .faults = 20 };
