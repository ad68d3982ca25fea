/*
 * The keeper's way of a batch: history, acknowledgement, triage, events in the state store, checkpoints. After the cut
 * and a restart that reads history again behind the checkpoint, and when the rest has come too, everything is as if
 * nothing had happened: each alert once with its verdict, the same events, and a funnel that counts each alert once.
 */
#include "kinds.h"

#include "base/config.h"
#include "base/counter.h"
#include "store/recording_vfs.h"
#include "triage/adapter.h"
#include "triage/options.h"

#define BATCHES 5
#define ALERTS 12

struct keeping {
	char folder[200];
	struct center center;
	struct arena *arena;
	const struct scope *scope;
	struct counters *counters;
	uint32_t organisation;
	bool acknowledging, started;
	struct failure failure;
};

static void changed(struct center *center, uint32_t organisation, const char *noun, const char *id)
{
	(void)center;
	(void)organisation;
	(void)noun;
	(void)id;
}

static nanoseconds now(void)
{
	return START;
}

static void take_number(void *context, const struct organisation *organisation)
{
	*(uint32_t *)context = organisation->number;
}

static enum error find_organisation(struct keeping *keeping)
{
	struct organisation organisation = { .active = true, .name = "harbour", .title_en = "The harbour" };
	struct page page = { .limit = 2 };
	struct store *store = keeping->center.store;
	struct failure *failure = &keeping->failure;
	enum error error =
	    store_organisation_each(store, keeping->scope, &page, take_number, &keeping->organisation, failure);
	if (error || keeping->organisation)
		return error;
	error = store_begin(store, failure);
	if (!error)
		error = store_organisation_put(store, keeping->scope, &organisation, failure);
	if (!error)
		error = store_commit(store, failure);
	keeping->organisation = organisation.number;
	return error;
}

static enum error hand_over(void *context, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	return adapter_alerts(&((struct keeping *)context)->center, batch, first_position, encoded, failure);
}

static enum error keeping_open(struct keeping *keeping, const char *folder)
{
	struct failure *failure = &keeping->failure;
	char path[240];
	recording_vfs_use();
	snprintf(keeping->folder, sizeof keeping->folder, "%s", folder);
	keeping->arena = arena_new(0);
	keeping->scope = policy_background("test", keeping->arena);
	keeping->counters = counters_new();
	keeping->center =
	    (struct center){ .folder = keeping->folder, .now = now, .changed = changed, .counters = keeping->counters };
	enum error error = config_read_text(
	    "test", TEXT("triage = { lateness = \"1 min\"; checkpoint = \"1 s\"; };"), triage_options, failure);
	snprintf(path, sizeof path, "sqlite:%s/state.db", folder);
	if (!error)
		error = prepared_store(path + strlen("sqlite:"), failure);
	if (!error)
		error = store_open(path, &keeping->center.store, failure);
	snprintf(path, sizeof path, "%s/history", folder);
	if (!error)
		error = history_open(path, &keeping->center.history, NULL, failure);
	if (!error)
		error = find_organisation(keeping);
	if (!error)
		error = adapter_start(&keeping->center, failure);
	keeping->started = !error;
	if (!error)
		error = history_replay(keeping->center.history, keeping->scope, adapter_replay_from(&keeping->center),
		    hand_over, keeping, failure);
	return error;
}

/* Ordered: with the last checkpoint; else as after a kill. */
static void keeping_close(struct keeping *keeping, bool ordered)
{
	struct history *history = keeping->center.history;
	if (!ordered)
		keeping->center.history = NULL;
	if (keeping->started)
		adapter_stop(&keeping->center);
	history_close(history);
	store_close(keeping->center.store);
	counters_free(keeping->counters);
	arena_free(keeping->arena);
}

/* ── batches ─ */

static void encode(const struct keeping *keeping, const struct history_batch *batch, struct builder *encoded)
{
	for (uint32_t i = 0; i < ALERTS; i++) {
		bool bad = i % 3 == 2;
		char host[16];
		snprintf(host, sizeof host, "desk-%u", bad ? i : 1);
		struct alert alert = { .id = { 1, batch->epoch, i + 1 },
			.organisation = keeping->organisation,
			.occurred = START - DAY + (nanoseconds)(batch->epoch.low * ALERTS + i) * MINUTE,
			.received = batch->received,
			.detector = TEXT("Suricata"),
			.signature =
			    bad ? TEXT("ET TROJAN Zeus CnC Checkin") : TEXT("ET POLICY package update over HTTP"),
			.host = text_of(host),
			.repeats = 1,
			.original = TEXT("{}") };
		alert_encode(&alert, encoded);
	}
}

/* As center/batches.c: what is stored already is acknowledged as a repetition. */
static enum error take_batch(struct keeping *keeping, uint64_t number)
{
	struct failure *failure = &keeping->failure;
	struct history *history = keeping->center.history;
	struct builder encoded = { 0 };
	uint64_t position = 0;
	struct history_batch batch = { .organisation = keeping->organisation,
		.sensor = 1,
		.epoch = { 1, number },
		.sequence_first = 1,
		.sequence_end = UINT64_MAX,
		.received = START + (nanoseconds)number * SECOND,
		.lines = ALERTS,
		.alerts = ALERTS,
		.last = true };
	bool stored = history_seen(history, &batch, NULL) == UINT64_MAX;
	encode(keeping, &batch, &encoded);
	struct text bytes = { encoded.at, encoded.size };
	enum error error = stored ? OK : history_append(history, &batch, bytes, &position, failure);
	if (!error)
		error = history_sync(history, failure);
	if (!error && keeping->acknowledging)
		mark("stored %d", (int)number);
	struct reader from = reader_of(encoded.at, encoded.size);
	if (!error && !stored)
		error = adapter_alerts(&keeping->center, &batch, position, &from, failure);
	builder_free(&encoded);
	return error;
}

static enum error take_rest(struct keeping *keeping)
{
	enum error error = OK;
	for (uint64_t number = 1; number <= BATCHES && !error; number++) {
		error = take_batch(keeping, number);
		if (!error && number % 2 == 0)
			error = checkpoint_write(center_state(&keeping->center, "triage"), &keeping->failure);
	}
	return error;
}

static bool work(const char *folder)
{
	struct keeping keeping = { .acknowledging = true };
	enum error error = keeping_open(&keeping, folder);
	if (!error) {
		const struct adapter *adapter = center_state(&keeping.center, "triage");
		char key[HEX_SIZE(32)];
		hex_format(adapter->position_key, 32, key);
		mark("key %s", key);
		error = take_rest(&keeping);
	}
	keeping_close(&keeping, !error);
	return error == OK;
}

/* ── what there is at the end ─ */

struct result {
	uint64_t alerts, events, of_events;
	uint64_t verdicts[VERDICT_COUNT], counted[VERDICT_COUNT], counted_alerts;
	uint64_t sum; /* of the alerts in their order with verdicts and events */
};

static void take_hit(void *context, const struct history_hit *hit)
{
	struct result *result = context;
	assert_int_equal(hit->alert.id.epoch.low, 1 + result->alerts / ALERTS);
	assert_int_equal(hit->alert.id.sequence, 1 + result->alerts % ALERTS);
	result->alerts++;
	result->verdicts[hit->verdict]++;
	result->sum = hash_bytes(&hit->verdict, sizeof hit->verdict, result->sum);
	result->sum = hash_bytes(&hit->event, sizeof hit->event, result->sum);
}

static void take_event(void *context, const struct event *event, const struct event_standing *standing)
{
	struct result *result = context;
	(void)standing;
	result->events++;
	result->of_events += event->alerts;
	result->sum = hash_bytes(&event->id, sizeof event->id, result->sum);
	result->sum = hash_bytes(&event->alerts, sizeof event->alerts, result->sum);
}

static void take_funnel(void *context, const struct funnel *funnel)
{
	struct result *result = context;
	result->counted_alerts += funnel->alerts;
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		result->counted[i] += funnel->verdicts[i];
}

/* Lets the clock judge all that is left, and looks. */
static struct result look(struct keeping *keeping)
{
	struct result result = { 0 };
	struct history_query all = { .limit = 1000 };
	struct event_query events = { .order = EVENT_BY_TIME };
	struct page page = { .limit = 500 };
	struct adapter *adapter = center_state(&keeping->center, "triage");
	uint64_t next;
	triage_advance(adapter->triage, START + DAY);
	FINE(news_publish(adapter, &failure));
	FINE(checkpoint_write(adapter, &failure));
	FINE(history_find(keeping->center.history, keeping->scope, &all, take_hit, &result, &next, &failure));
	FINE(store_event_each(
	    keeping->center.store, keeping->scope, &events, &page, keeping->arena, take_event, &result, &failure));
	FINE(store_funnel_each(
	    keeping->center.store, keeping->scope, 0, INT32_MIN, INT32_MAX, take_funnel, &result, &failure));
	return result;
}

/* Without any cut, and without a restart. */
static struct result undisturbed(void)
{
	static struct result result;
	char folder[] = "/tmp/noroshi-test-XXXXXX", command[64];
	struct keeping keeping = { 0 };
	if (result.alerts)
		return result;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(keeping_open(&keeping, folder), OK);
	assert_int_equal(take_rest(&keeping), OK);
	result = look(&keeping);
	keeping_close(&keeping, true);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
	assert_true(result.events && result.verdicts[VERDICT_EVENT] && result.verdicts[VERDICT_EVENT] < result.alerts);
	assert_int_equal(result.verdicts[VERDICT_PENDING], 0);
	return result;
}

static void check(const char *folder, const struct marks *marks)
{
	struct keeping keeping = { 0 };
	struct text key;
	const struct result wanted = undisturbed();
	if (keeping_open(&keeping, folder) != OK)
		fail_msg("%s: %s", powercut_where(), keeping.failure.words);
	const struct adapter *adapter = center_state(&keeping.center, "triage");
	if (marks_of(marks, "key ", &key)) {
		char found[HEX_SIZE(32)];
		hex_format(adapter->position_key, 32, found);
		assert_true(text_equal(key, text_of(found)));
	}
	uint64_t acknowledged = marked_number(marks, "stored ");
	assert_true(history_end(keeping.center.history) >= (1ull << 32 | acknowledged * ALERTS));
	assert_int_equal(take_rest(&keeping), OK);
	const struct result result = look(&keeping);
	assert_memory_equal(&result, &wanted, sizeof result);
	assert_int_equal(result.counted_alerts, result.alerts);
	assert_memory_equal(result.counted, result.verdicts, sizeof result.counted);
	keeping_close(&keeping, true);
}

const struct powercut_kind kind_keeper = { "keeper", work, check, .cuts = 4, .faults = 10, .prepare = prepare_store };
