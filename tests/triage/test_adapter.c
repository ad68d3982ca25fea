/*
 * Triage in the keeper over a real store and a real history: what a kill, a damaged checkpoint, and a history that had
 * to be opened anew leave. "Killed" closes the files as they are: what was not written and synced is gone.
 */
#include "base/config.h"
#include "base/counter.h"
#include "base/file.h"
#include "triage/adapter.h"
#include "triage/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW ((nanoseconds)1700000000 * SECOND)
#define ALERTS 30 /* in one batch */

struct place {
	char folder[64];
	struct center center;
	struct arena *arena;
	const struct scope *work;
	struct counters *counters;
	uint32_t organisation, batches;
	nanoseconds today; /* when batches are received, from then on */
	struct failure failure;
};

static void fine(struct place *place, enum error error)
{
	if (error)
		fail_msg("%s: %s", error_name(error), place->failure.words);
}

static void changed(struct center *center, uint32_t organisation, const char *noun, const char *id)
{
	(void)center;
	(void)organisation;
	(void)noun;
	(void)id;
}

static nanoseconds now(void)
{
	return NOW;
}

static void open_files(struct place *place)
{
	char path[128];
	snprintf(path, sizeof path, "sqlite:%s/state.db", place->folder);
	fine(place, store_open(path, &place->center.store, &place->failure));
	snprintf(path, sizeof path, "%s/history", place->folder);
	fine(place, history_open(path, &place->center.history, NULL, &place->failure));
}

static enum error hand_over(void *context, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	return adapter_alerts(&((struct place *)context)->center, batch, first_position, encoded, failure);
}

static void start(struct place *place)
{
	fine(place, adapter_start(&place->center, &place->failure));
	fine(place, history_replay(place->center.history, place->work, adapter_replay_from(&place->center), hand_over,
			place, &place->failure));
}

/* Nothing is written any more: what a killed process leaves. */
static void killed(struct place *place)
{
	struct history *history = place->center.history;
	place->center.history = NULL;
	adapter_stop(&place->center);
	history_close(history);
	store_close(place->center.store);
	open_files(place);
}

static void add_batch(struct place *place)
{
	struct builder encoded = { 0 };
	uint64_t position;
	struct history_batch batch = { .organisation = place->organisation,
		.sensor = 1,
		.epoch = { 1, ++place->batches },
		.sequence_first = 1,
		.sequence_end = UINT64_MAX,
		.received = place->today + place->batches * SECOND,
		.lines = ALERTS,
		.alerts = ALERTS,
		.last = true };
	for (uint32_t i = 0; i < ALERTS; i++) {
		struct alert alert = { .id = { 1, batch.epoch, i + 1 },
			.organisation = place->organisation,
			.occurred = place->today - DAY + (place->batches * ALERTS + i) * MINUTE,
			.received = batch.received,
			.detector = TEXT("Suricata"),
			.signature = TEXT("ET POLICY package update over HTTP"),
			.host = TEXT("host-1"),
			.repeats = 1,
			.original = TEXT("{}") };
		alert_encode(&alert, &encoded);
	}
	struct text bytes = { encoded.at, encoded.size };
	fine(place, history_append(place->center.history, &batch, bytes, &position, &place->failure));
	fine(place, history_sync(place->center.history, &place->failure));
	struct reader from = reader_of(encoded.at, encoded.size);
	fine(place, adapter_alerts(&place->center, &batch, position, &from, &place->failure));
	builder_free(&encoded);
}

static void add_up(void *context, const struct funnel *funnel)
{
	struct funnel *sum = context;
	sum->alerts += funnel->alerts;
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		sum->verdicts[i] += funnel->verdicts[i];
}

static struct funnel funnel_sum(struct place *place)
{
	struct funnel sum = { 0 };
	fine(place, store_funnel_each(
			place->center.store, place->work, 0, INT32_MIN, INT32_MAX, add_up, &sum, &place->failure));
	return sum;
}

static void count_hit(void *context, const struct history_hit *hit)
{
	struct funnel *sum = context;
	sum->alerts++;
	sum->verdicts[hit->verdict]++;
}

static struct funnel history_sum(struct place *place)
{
	struct funnel sum = { 0 };
	struct history_query query = { .limit = 1000 };
	uint64_t next;
	fine(place, history_find(place->center.history, place->work, &query, count_hit, &sum, &next, &place->failure));
	return sum;
}

static void check_sums(struct place *place, uint64_t alerts)
{
	struct funnel funnel = funnel_sum(place), history = history_sum(place);
	assert_int_equal(funnel.alerts, alerts);
	assert_int_equal(history.alerts, alerts);
	assert_memory_equal(funnel.verdicts, history.verdicts, sizeof funnel.verdicts);
	assert_true(history.verdicts[VERDICT_PENDING] < alerts / 2); /* else there is nothing to see here */
}

static int begin(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	struct organisation organisation = { .active = true, .name = "harbour", .title_en = "The harbour" };
	strcpy(place->folder, "/tmp/noroshi-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	place->arena = arena_new(0);
	place->work = policy_background("test", place->arena);
	place->counters = counters_new();
	place->today = NOW;
	place->center =
	    (struct center){ .folder = place->folder, .now = now, .changed = changed, .counters = place->counters };
	fine(place, config_read_text("test", TEXT("triage = { lateness = \"1 min\"; checkpoint = \"1 s\"; };"),
			triage_options, &place->failure));
	open_files(place);
	fine(place, store_begin(place->center.store, &place->failure));
	fine(place, store_organisation_put(place->center.store, place->work, &organisation, &place->failure));
	fine(place, store_commit(place->center.store, &place->failure));
	place->organisation = organisation.number;
	start(place);
	*state = place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;
	char command[128];
	adapter_stop(&place->center);
	history_close(place->center.history);
	store_close(place->center.store);
	counters_free(place->counters);
	arena_free(place->arena);
	snprintf(command, sizeof command, "rm -r %s", place->folder);
	int status = system(command);
	free(place);
	return status;
}

/* With the checkpoint that it begins. */
static void tick(struct place *place, nanoseconds now)
{
	adapter_tick(&place->center, now);
	fine(place, checkpoint_end(center_state(&place->center, "triage"), true, &place->failure));
}

static void test_verdicts_before_a_checkpoint_survive_a_kill_right_after_it(void **state)
{
	struct place *place = *state;
	add_batch(place);
	add_batch(place);
	tick(place, NOW + 3 * SECOND); /* writes the checkpoint: these alerts are not read again */
	assert_int_equal(funnel_sum(place).alerts, 2 * ALERTS);
	killed(place);
	check_sums(place, 2 * ALERTS);
	start(place);
	check_sums(place, 2 * ALERTS);
}

static void test_what_the_clock_has_judged_is_counted_without_further_alerts(void **state)
{
	struct place *place = *state;
	add_batch(place);
	tick(place, NOW + SECOND);
	assert_true(history_sum(place).verdicts[VERDICT_PENDING] > 0);
	/* Between two checkpoints are at least a second and fifty times what the last one took. */
	for (int i = 0; i < 3000 && funnel_sum(place).verdicts[VERDICT_PENDING]; i++) {
		usleep(100000);
		tick(place, NOW + HOUR);
	}
	assert_int_equal(history_sum(place).verdicts[VERDICT_PENDING], 0);
	check_sums(place, ALERTS);
}

static void test_what_a_failed_checkpoint_counted_goes_with_the_next(void **state)
{
	struct place *place = *state;
	struct adapter *adapter = center_state(&place->center, "triage");
	char path[300];
	add_batch(place);
	snprintf(path, sizeof path, "%s/triage-%u.checkpoint", place->folder, (unsigned)adapter->generation + 1);
	assert_int_equal(mkdir(path, 0700), 0); /* cannot be replaced by a file */
	fine(place, checkpoint_begin(adapter, &place->failure));
	add_batch(place);
	assert_int_not_equal(checkpoint_end(adapter, true, &place->failure), OK);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(funnel_sum(place).alerts, 0);
	fine(place, checkpoint_write(adapter, &place->failure));
	check_sums(place, 2 * ALERTS);
}

static void test_what_comes_while_a_checkpoint_is_written_belongs_to_the_next(void **state)
{
	struct place *place = *state;
	struct adapter *adapter = center_state(&place->center, "triage");
	add_batch(place);
	fine(place, checkpoint_begin(adapter, &place->failure));
	add_batch(place);
	fine(place, checkpoint_end(adapter, true, &place->failure));
	assert_int_equal(funnel_sum(place).alerts, ALERTS);
	killed(place);
	start(place);
	adapter_stop(&place->center);
	check_sums(place, 2 * ALERTS);
	start(place);
}

static void test_a_kill_before_the_checkpoint_counts_nothing_twice(void **state)
{
	struct place *place = *state;
	add_batch(place);
	tick(place, NOW + 3 * SECOND);
	for (int i = 0; i < 3; i++) {
		add_batch(place);
		killed(place);
		start(place);
	}
	adapter_stop(&place->center);
	check_sums(place, 4 * ALERTS);
	start(place);
}

static void test_a_history_opened_anew_is_judged_again_from_the_checkpoint(void **state)
{
	struct place *place = *state;
	char path[128];
	add_batch(place);
	tick(place, NOW + 3 * SECOND);
	add_batch(place);
	struct history *history = place->center.history;
	history_close(history); /* a sync failed: its verdicts are gone */
	place->center.history = NULL;
	adapter_stop(&place->center);
	snprintf(path, sizeof path, "%s/history", place->folder);
	fine(place, history_open(path, &place->center.history, NULL, &place->failure));
	start(place);
	adapter_stop(&place->center);
	check_sums(place, 2 * ALERTS);
	start(place);
}

static void test_a_damaged_checkpoint_is_left_and_everything_judged_again(void **state)
{
	struct place *place = *state;
	char path[128];
	add_batch(place);
	add_batch(place);
	adapter_stop(&place->center);
	check_sums(place, 2 * ALERTS);
	snprintf(path, sizeof path, "%s/triage-1.checkpoint", place->folder);
	assert_int_equal(truncate(path, 200), 0);
	start(place);
	adapter_stop(&place->center);
	check_sums(place, 2 * ALERTS);
	start(place);
}

static uint64_t hits(struct place *place, struct uuid id)
{
	struct decision decision;
	fine(place, store_decision_get(place->center.store, place->work, id, &decision, &place->failure));
	return decision.hits;
}

static void test_a_damaged_checkpoint_leaves_the_hits_of_decisions_as_they_were(void **state)
{
	struct place *place = *state;
	char path[128];
	place->today = time_now(); /* what stands is asked of the machine's clock */
	struct decision decision = { .organisation = place->organisation,
		.author = uuid_random(),
		.created = place->today,
		.expires = place->today + DAY,
		.review = place->today + HOUR };
	strcpy(decision.signature, "ET POLICY package update over HTTP");
	strcpy(decision.reason, "the mirror of the department");
	fine(place, store_begin(place->center.store, &place->failure));
	fine(place, store_decision_put(place->center.store, place->work, &decision, &place->failure));
	fine(place, store_commit(place->center.store, &place->failure));
	adapter_stop(&place->center);
	start(place);
	add_batch(place);
	add_batch(place);
	adapter_stop(&place->center);
	uint64_t before = hits(place, decision.id);
	assert_true(before > ALERTS);
	for (unsigned generation = 1; generation < 4; generation++) { /* whichever is the one that counts */
		snprintf(path, sizeof path, "%s/triage-%u.checkpoint", place->folder, generation);
		assert_int_equal(truncate(path, 200) == 0 || access(path, F_OK) != 0, 1);
	}
	start(place);
	adapter_stop(&place->center);
	check_sums(place, 2 * ALERTS);
	assert_int_equal(hits(place, decision.id), before);
	start(place);
}

static void test_an_organisation_beyond_the_bound_is_stored_unjudged_and_stops_nobody(void **state)
{
	struct place *place = *state;
	uint32_t within = place->organisation;
	adapter_stop(&place->center);
	fine(place, config_read_text("test", TEXT("triage = { lateness = \"1 min\"; organisations = 1; };"),
			triage_options, &place->failure));
	start(place);
	add_batch(place);
	place->organisation = within + 1;
	add_batch(place);
	place->organisation = within;
	add_batch(place);
	killed(place);
	start(place); /* reading it all again is no reason not to start either */
	struct funnel history = history_sum(place);
	assert_int_equal(history.alerts, 3 * ALERTS);
	assert_true(history.verdicts[VERDICT_PENDING] >= ALERTS);
	assert_true(history.verdicts[VERDICT_PENDING] < 2 * ALERTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_verdicts_before_a_checkpoint_survive_a_kill_right_after_it, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_what_the_clock_has_judged_is_counted_without_further_alerts, begin, end),
		cmocka_unit_test_setup_teardown(test_what_a_failed_checkpoint_counted_goes_with_the_next, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_what_comes_while_a_checkpoint_is_written_belongs_to_the_next, begin, end),
		cmocka_unit_test_setup_teardown(test_a_kill_before_the_checkpoint_counts_nothing_twice, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_a_history_opened_anew_is_judged_again_from_the_checkpoint, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_a_damaged_checkpoint_is_left_and_everything_judged_again, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_a_damaged_checkpoint_leaves_the_hits_of_decisions_as_they_were, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_an_organisation_beyond_the_bound_is_stored_unjudged_and_stops_nobody, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
