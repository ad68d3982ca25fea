/*
 * Gaps, coverage, habits and bulletins in the store: kept, bounded, and shown to their organisation alone.
 */
#include "store_place.h"

#define NOON ((nanoseconds)1795230000 * SECOND)

static uint32_t add_sensor(struct place *place, uint32_t organisation, const char *name)
{
	struct sensor sensor = { .organisation = organisation, .state = SENSOR_REPORTING };
	snprintf(sensor.name, sizeof sensor.name, "%s", name);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_sensor_put(place->store, place->work, &sensor, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return sensor.number;
}

static uint64_t put(struct place *place, struct gap gap)
{
	done(place, store_begin(place->store, &place->failure));
	done(place, store_gap_put(place->store, place->work, &gap, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return gap.number;
}

struct seen {
	int count;
	struct gap last;
};

static void see(void *context, const struct gap *gap)
{
	struct seen *seen = context;
	seen->count++;
	seen->last = *gap;
}

static int count(struct place *place, const struct scope *scope, struct gap_query query, struct gap *last)
{
	struct seen seen = { 0 };
	bool more;
	done(place, store_gap_each(place->store, scope, &query, &more, see, &seen, &place->failure));
	assert_false(more);
	if (last)
		*last = seen.last;
	return seen.count;
}

static void test_a_gap_is_kept_whole_and_ends(void **state)
{
	struct place *place = *state;
	uint32_t organisation = add_organisation(place, "alpha");
	struct gap gap = { .organisation = organisation,
		.sensor = add_sensor(place, organisation, "gate"),
		.kind = GAP_DROPPING,
		.code = "packets-dropped",
		.from = NOON,
		.seen = 5,
		.lost = 6,
		.sampling = 7,
		.error = -8,
		.reason = "why",
		.author = { { 9 } } };
	struct gap back;
	gap.number = put(place, gap);
	reopen(place);
	done(place, store_gap_get(place->store, place->work, gap.number, &back, &place->failure));
	assert_memory_equal(&back.author, &gap.author, sizeof gap.author);
	assert_true(back.sensor == gap.sensor && back.kind == gap.kind && back.from == gap.from && back.to == 0 &&
		    back.seen == 5 && back.lost == 6 && back.sampling == 7 && back.error == -8);
	assert_string_equal(back.code, "packets-dropped");
	assert_string_equal(back.reason, "why");
	gap.to = NOON + HOUR;
	gap.lost = 60;
	gap.told_end = 3;
	put(place, gap);
	done(place, store_gap_get(place->store, place->work, gap.number, &back, &place->failure));
	assert_true(back.to == NOON + HOUR && back.lost == 60 && back.told_end == 3);
	assert_int_equal(count(place, place->work, (struct gap_query){ .open_only = true }, NULL), 0);
	assert_int_equal(count(place, place->work, (struct gap_query){ .from = NOON + HOUR }, NULL), 0);
	assert_int_equal(count(place, place->work, (struct gap_query){ .from = NOON, .to = NOON + 1 }, NULL), 1);
	assert_int_equal(count(place, place->work, (struct gap_query){ .from = 1, .to = NOON }, NULL), 0);
}

static void test_one_organisation_does_not_learn_of_anothers_sensors(void **state)
{
	struct place *place = *state;
	uint32_t alpha = add_organisation(place, "alpha"), beta = add_organisation(place, "beta");
	put(place, (struct gap){ .organisation = beta, .sensor = add_sensor(place, beta, "gate"), .from = NOON });
	uint64_t own =
	    put(place, (struct gap){ .organisation = alpha, .sensor = add_sensor(place, alpha, "gate"), .from = NOON });
	const struct scope *member = scope_of(place, ROLE_MEMBER, alpha, ACTION_SENSOR_READ);
	struct gap gap;
	struct coverage coverage;
	assert_int_equal(count(place, member, (struct gap_query){ 0 }, &gap), 1);
	assert_int_equal(gap.number, own);
	assert_int_equal(store_gap_get(place->store, member, own - 1, &gap, &place->failure), ERROR_NOT_FOUND);
	done(place, store_coverage(place->store, member, 0, NOON, NOON + HOUR, &coverage, &place->failure));
	assert_true(coverage.sensors == 1 && coverage.gaps_all == 1);
	done(place, store_coverage(place->store, member, beta, NOON, NOON + HOUR, &coverage, &place->failure));
	assert_true(coverage.sensors == 0 && coverage.gaps_all == 0);
	/* Nor does a member plan anything for its sensors. */
	done(place, store_begin(place->store, &place->failure));
	struct gap planned = { .organisation = alpha, .kind = GAP_MAINTENANCE };
	assert_int_equal(store_gap_put(place->store, member, &planned, &place->failure), ERROR_DENIED);
	store_rollback(place->store);
}

static void test_the_coverage_of_a_time_is_that_of_its_sensors(void **state)
{
	struct place *place = *state;
	uint32_t organisation = add_organisation(place, "alpha");
	uint32_t gate = add_sensor(place, organisation, "gate"), mail = add_sensor(place, organisation, "mail");
	uint32_t late = add_sensor(place, organisation, "late");
	struct coverage coverage;
	put(place, (struct gap){ .organisation = organisation, .sensor = mail, .kind = GAP_SILENT, .from = NOON });
	put(place, (struct gap){ .organisation = organisation,
		       .sensor = gate,
		       .kind = GAP_SILENT,
		       .from = NOON,
		       .to = NOON + 30 * MINUTE });
	put(place,
	    (struct gap){ .organisation = organisation, .sensor = late, .kind = GAP_NEVER, .from = NOON + 2 * HOUR });
	put(place, (struct gap){ .organisation = organisation, .kind = GAP_NO_SENSOR, .from = NOON - 1 });
	done(place,
	    store_coverage(place->store, place->work, organisation, NOON, NOON + HOUR, &coverage, &place->failure));
	assert_int_equal(coverage.sensors, 2);
	assert_int_equal(coverage.whole, 0);
	assert_int_equal(coverage.gaps_all, 3);
	assert_true(coverage.share > 0.249 && coverage.share < 0.251);
	done(place, store_coverage(place->store, place->work, organisation, NOON + 2 * HOUR, NOON + 3 * HOUR, &coverage,
			&place->failure));
	assert_int_equal(coverage.sensors, 3);
	assert_int_equal(coverage.whole, 1);
}

static void test_old_gaps_go_and_open_ones_stay(void **state)
{
	struct place *place = *state;
	uint32_t organisation = add_organisation(place, "alpha"), gate = add_sensor(place, organisation, "gate");
	uint64_t removed;
	put(place, (struct gap){ .organisation = organisation, .sensor = gate, .kind = GAP_SILENT, .from = 1 });
	for (int i = 1; i <= 20; i++)
		put(place, (struct gap){ .organisation = organisation,
			       .sensor = gate,
			       .kind = GAP_SLOW,
			       .from = NOON + i * HOUR,
			       .to = NOON + i * HOUR + MINUTE });
	done(place, store_begin(place->store, &place->failure));
	done(place, store_gap_expire(place->store, place->work, NOON + 6 * HOUR, 10, &removed, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(removed, 10); /* five by their age, five more by their number */
	assert_int_equal(count(place, place->work, (struct gap_query){ 0 }, NULL), 11);
}

static void take_habit(void *context, uint32_t sensor, struct text body)
{
	assert_true(text_equal(body, TEXT("second")));
	*(uint32_t *)context = sensor;
}

static void test_a_habit_is_replaced(void **state)
{
	struct place *place = *state;
	uint32_t gate = add_sensor(place, add_organisation(place, "alpha"), "gate"), seen = 0;
	done(place, store_begin(place->store, &place->failure));
	done(place, store_habit_put(place->store, place->work, gate, TEXT("first"), &place->failure));
	done(place, store_habit_put(place->store, place->work, gate, TEXT("second"), &place->failure));
	done(place, store_commit(place->store, &place->failure));
	done(place, store_habit_each(place->store, place->work, take_habit, &seen, &place->failure));
	assert_int_equal(seen, gate);
}

static void count_bulletin(void *context, const struct bulletin *bulletin)
{
	assert_string_equal(bulletin->body_ja, "本文");
	++*(int *)context;
}

static int bulletins(struct place *place, const struct scope *scope, bool unqueued)
{
	struct page page = { .limit = 10 };
	int seen = 0;
	done(place, store_bulletin_each(
			place->store, scope, unqueued, &page, place->arena, count_bulletin, &seen, &place->failure));
	return seen;
}

static void test_a_bulletin_reaches_its_organisation_and_its_mail_is_queued_once(void **state)
{
	struct place *place = *state;
	uint32_t alpha = add_organisation(place, "alpha"), beta = add_organisation(place, "beta");
	char body[] = "本文";
	struct bulletin bulletin = { .organisation = alpha, .kind = "sensor", .body_ja = body, .body_en = body }, back;
	done(place, store_begin(place->store, &place->failure));
	done(place, store_bulletin_put(place->store, place->work, &bulletin, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(bulletins(place, scope_of(place, ROLE_MEMBER, alpha, ACTION_NOTICE_READ), false), 1);
	assert_int_equal(bulletins(place, scope_of(place, ROLE_MEMBER, beta, ACTION_NOTICE_READ), false), 0);
	assert_int_equal(bulletins(place, place->work, true), 1);
	bulletin.queued = 7;
	bulletin.tries = 2;
	bulletin.delivery = DELIVERY_FAILED;
	done(place, store_begin(place->store, &place->failure));
	done(place, store_bulletin_mailed(place->store, place->work, &bulletin, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(bulletins(place, place->work, true), 0);
	done(place, store_bulletin_get(place->store, place->work, bulletin.id, place->arena, &back, &place->failure));
	assert_true(back.queued == 7 && back.tries == 2 && back.delivery == DELIVERY_FAILED);
	struct bulletin unsent = { .organisation = alpha, .kind = "sensor", .body_ja = body, .body_en = body };
	done(place, store_begin(place->store, &place->failure));
	done(place, store_bulletin_put(place->store, place->work, &unsent, &place->failure));
	done(place, store_bulletin_expire(place->store, place->work, 1, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(bulletins(place, place->work, false), 1);
	assert_int_equal(bulletins(place, place->work, true), 1); /* not before its mail was queued */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_a_gap_is_kept_whole_and_ends),
		TEST(test_one_organisation_does_not_learn_of_anothers_sensors),
		TEST(test_the_coverage_of_a_time_is_that_of_its_sensors),
		TEST(test_old_gaps_go_and_open_ones_stay),
		TEST(test_a_habit_is_replaced),
		TEST(test_a_bulletin_reaches_its_organisation_and_its_mail_is_queued_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
