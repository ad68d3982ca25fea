/*
 * History: batches and verdicts. A process appends, judges, rolls over to a new segment, removes an old one and in the
 * end all. After the cut every batch that was acknowledged is there, whole and once, and every verdict that was said
 * to be durable. And verdicts in more segments than are held in memory.
 */
#include "kinds.h"

#include "../store/history_place.h"

#include "store/verdicts.h"

#define BATCHES 8
#define ALERTS 3
#define OLD (BATCHES / 2) /* of the first day: removed as too old at the end */

struct found {
	uint32_t alerts;
	uint64_t first, last; /* epochs */
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

static enum error append(struct history *history, uint64_t epoch, nanoseconds start, bool *stored, uint64_t *position,
    struct failure *failure)
{
	struct builder encoded = { 0 };
	struct history_batch batch = make_batch(&encoded, 1, epoch, ALERTS, start);
	struct text bytes = { encoded.at, encoded.size };
	enum error error = OK;
	*stored = history_seen(history, &batch, NULL) >= batch.sequence_end;
	if (!*stored)
		error = history_append(history, &batch, bytes, position, failure);
	if (error == ERROR_LIMIT) { /* the disk was full: with room again the same process goes on */
		error = history_append(history, &batch, bytes, position, failure);
		if (error)
			abort();
	}
	builder_free(&encoded);
	return error;
}

/* Stores and judges one batch as the keeper does: what is stored already is acknowledged as a repetition. */
static enum error store_batch(struct history *history, uint64_t epoch, struct failure *failure)
{
	uint64_t position = 0;
	bool stored;
	nanoseconds day = epoch > OLD ? 5 * DAY : 0;
	enum error error =
	    append(history, epoch, START + day + (nanoseconds)epoch * MINUTE, &stored, &position, failure);
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
	if (error || found.first > 1 || (!found.alerts && history_end(history) >> 32 > 1))
		return error;
	for (uint64_t epoch = 1; epoch <= BATCHES && !error; epoch++)
		error = store_batch(history, epoch, failure);
	if (!error)
		error = history_sync(history, failure);
	mark("removing");
	if (!error)
		error = history_expire(history, START + 2 * DAY, &removed, failure);
	/* With everything goes what nobody was told about yet. */
	bool stored;
	uint64_t position;
	if (!error)
		error = append(history, BATCHES + 1, START + 5 * DAY + 30 * MINUTE, &stored, &position, failure);
	mark("emptying");
	return error ? error : history_expire(history, START + 7 * DAY, &removed, failure);
}

static bool with_history(const char *folder, enum error (*use)(struct history *history, struct failure *failure))
{
	char path[200];
	struct history *history;
	struct failure failure;
	snprintf(path, sizeof path, "%s/history", folder);
	if (history_open(path, &history, NULL, &failure) != OK)
		return false;
	enum error error = use(history, &failure);
	history_close(history);
	return error == OK;
}

static bool work(const char *folder)
{
	return with_history(folder, store_all);
}

static void check(const char *folder, const struct marks *marks)
{
	char path[200];
	struct history *history;
	struct history_repair repair;
	struct found found;
	uint64_t acknowledged = marked_number(marks, "stored ");
	bool removing = marks_of(marks, "removing", NULL) > 0, emptying = marks_of(marks, "emptying", NULL) > 0;
	snprintf(path, sizeof path, "%s/history", folder);
	FINE(history_open(path, &history, &repair, &failure));
	assert_int_equal(repair.bad_frames, 0);
	FINE(look(history, &found, &failure));
	assert_int_equal(found.alerts % ALERTS, 0);
	assert_true(found.last >= acknowledged || (emptying && !found.alerts));
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

/* ── verdicts of many segments ─ */

#define SEGMENTS (VERDICTS_LOADED + 2)

static enum error find_hits(struct history *history, uint32_t verdicts, struct hits *hits, struct failure *failure)
{
	struct arena *arena = arena_new(0);
	struct history_query query = { .limit = 1000, .verdicts = verdicts };
	uint64_t next;
	hits->count = 0;
	enum error error =
	    history_find(history, policy_background("test", arena), &query, take_hit, hits, &next, failure);
	arena_free(arena);
	return error;
}

/* One batch a day, and so a segment; then all are judged, with one sync at the end. After a kill all once more, as the
 * keeper does behind its checkpoint: what stands in a file of verdicts need not be durable. */
static enum error judge_all(struct history *history, struct failure *failure)
{
	static struct hits hits;
	enum error error = OK;
	uint64_t position;
	bool stored;
	for (uint64_t epoch = 1; epoch <= SEGMENTS && !error; epoch++)
		error = append(history, epoch, START + (nanoseconds)epoch * DAY, &stored, &position, failure);
	if (!error)
		error = history_sync(history, failure);
	if (!error)
		error = find_hits(history, 0, &hits, failure);
	for (uint32_t i = 0; i < hits.count && !error; i++)
		error = history_judge(
		    history, hits.positions[i], VERDICT_EVENT, (struct uuid){ { 1 } }, (struct uuid){ 0 }, failure);
	if (!error)
		error = history_sync(history, failure);
	if (!error)
		mark("all judged");
	return error;
}

static bool verdicts_work(const char *folder)
{
	return with_history(folder, judge_all);
}

static enum error all_are_judged(struct history *history, struct failure *failure)
{
	static struct hits hits;
	enum error error = find_hits(history, 1u << VERDICT_EVENT, &hits, failure);
	assert_int_equal(hits.count, SEGMENTS * ALERTS);
	return error;
}

static enum error open_only(struct history *history, struct failure *failure)
{
	(void)history;
	(void)failure;
	return OK;
}

static void verdicts_check(const char *folder, const struct marks *marks)
{
	assert_true(with_history(folder, marks_of(marks, "all judged", NULL) ? all_are_judged : open_only));
}

const struct powercut_kind kind_verdicts = { "verdicts", verdicts_work, verdicts_check, .cuts = 3, .faults = 8 };
