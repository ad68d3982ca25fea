/*
 * Records of two organisations: a process appends batches in turns, makes both durable, and removes what is too old of
 * the first. After the cut every batch that was said to be stored is there, whole and once, and of the other
 * organisation nothing was removed.
 */
#include "kinds.h"

#include "../store/history_place.h"

#include "store/record_store.h"

#define BATCHES 6
#define RECORDS 3
#define OLD (BATCHES / 2) /* of the first day */
#define FIRST 1u          /* organisations */
#define SECOND_ONE 2u

struct found {
	uint64_t count[3], first[3], last[3]; /* epochs, by organisation */
};

static void take(void *context, const struct history_hit *hit)
{
	struct found *found = context;
	uint32_t organisation = hit->alert.organisation;
	uint64_t epoch = hit->alert.id.epoch.low, before = found->count[organisation]++;
	if (before == 0)
		found->last[organisation] = epoch;
	found->first[organisation] = epoch;
	/* Whole batches, the newest first, and nothing twice. */
	assert_int_equal(epoch, found->last[organisation] - before / RECORDS);
	assert_int_equal(hit->alert.id.sequence, RECORDS - before % RECORDS);
}

static enum error look(struct record_store *records, struct found *found, struct failure *failure)
{
	struct arena *arena = arena_new(0);
	struct history_query all = { .limit = 1000 };
	struct record_place place = { 0 };
	*found = (struct found){ 0 };
	enum error error =
	    record_store_find(records, policy_background("test", arena), &all, take, found, &place, failure);
	arena_free(arena);
	return error;
}

static enum error append(struct record_store *records, uint32_t organisation, uint64_t epoch, struct failure *failure)
{
	struct builder encoded = { 0 };
	nanoseconds day = epoch > OLD ? 5 * DAY : 0;
	struct history_batch batch =
	    make_batch(&encoded, organisation, epoch, RECORDS, START + day + (nanoseconds)epoch * MINUTE);
	uint64_t seen;
	enum error error = record_store_seen(records, &batch, &seen, NULL, failure);
	if (!error && seen < batch.sequence_end)
		error = record_store_append(records, &batch, (struct text){ encoded.at, encoded.size }, NULL, failure);
	if (!error)
		error = record_store_sync(records, organisation, failure);
	builder_free(&encoded);
	return error;
}

static enum error store_all(struct record_store *records, struct failure *failure)
{
	struct found found;
	struct arena *arena = arena_new(0);
	uint64_t removed;
	enum error error = look(records, &found, failure);
	bool removing = !error && found.first[FIRST] > 1;
	for (uint64_t epoch = 1; epoch <= BATCHES && !error && !removing; epoch++) {
		error = append(records, FIRST, epoch, failure);
		if (!error)
			error = append(records, SECOND_ONE, epoch, failure);
		if (!error)
			mark("stored %d", (int)epoch);
	}
	mark("removing");
	if (!error)
		error = record_store_expire(
		    records, policy_background("test", arena), FIRST, START + 2 * DAY, 0, &removed, failure);
	arena_free(arena);
	return error;
}

static bool work(const char *folder)
{
	char path[200];
	struct record_store *records;
	struct failure failure;
	snprintf(path, sizeof path, "%s/records", folder);
	if (record_store_open(path, &records, &failure) != OK)
		return false;
	enum error error = store_all(records, &failure);
	record_store_close(records);
	return error == OK;
}

static void check(const char *folder, const struct marks *marks)
{
	char path[200];
	struct record_store *records;
	struct found found;
	uint64_t acknowledged = marked_number(marks, "stored ");
	bool removing = marks_of(marks, "removing", NULL) > 0;
	snprintf(path, sizeof path, "%s/records", folder);
	FINE(record_store_open(path, &records, &failure));
	FINE(look(records, &found, &failure));
	assert_int_equal(record_store_bad_frames(records), 0);
	for (uint32_t organisation = FIRST; organisation <= SECOND_ONE; organisation++) {
		assert_int_equal(found.count[organisation] % RECORDS, 0);
		assert_true(found.last[organisation] >= acknowledged);
		bool whole = found.count[organisation] == 0 || found.first[organisation] == 1;
		assert_true(whole || (organisation == FIRST && removing && found.first[FIRST] == OLD + 1));
		FINE(append(records, organisation, found.last[organisation] + 1, &failure));
	}
	FINE(look(records, &found, &failure));
	record_store_close(records);
}

const struct powercut_kind kind_records = { "records", work, check, .faults = 20 };
