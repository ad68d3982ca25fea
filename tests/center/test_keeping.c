/*
 * Records in the keeper: what its organisation's capture policy (centre_days) no longer allows is gone, of one
 * organisation and not of another, also when the period was made shorter; what is answered over the routes says the
 * same.
 */
#include "inside.h"

#include "center/keeping.h"
#include "store/record_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct place {
	struct inside *inside;
	uint32_t mine, other;
	struct key member, analyst;
	uint64_t epoch;
};

static uint32_t add_organisation(struct inside *inside, const char *name)
{
	struct organisation organisation = { .active = true };
	text_copy(text_of(name), organisation.name, sizeof organisation.name);
	text_copy(text_of(name), organisation.title_en, sizeof organisation.title_en);
	return inside_add_organisation(inside, &organisation);
}

static int begin(void **state)
{
	static struct place place;
	struct inside *inside = inside_open(false);
	place = (struct place){ .inside = inside };
	place.mine = add_organisation(inside, "mine");
	place.other = add_organisation(inside, "other");
	struct account member = { .name = "member", .role = ROLE_MEMBER, .organisation = place.mine };
	struct account analyst = { .name = "analyst", .role = ROLE_ANALYST };
	place.member = inside_add_account(inside, &member);
	place.analyst = inside_add_account(inside, &analyst);
	*state = &place;
	return 0;
}

static int end(void **state)
{
	inside_close(((struct place *)*state)->inside);
	return 0;
}

static void put(struct place *place, uint32_t organisation)
{
	struct inside *inside = place->inside;
	struct builder encoded = { 0 };
	struct history_batch batch = { .organisation = organisation,
		.sensor = 1,
		.epoch = { 1, ++place->epoch },
		.sequence_first = 1,
		.sequence_end = 2,
		.received = inside_clock(),
		.lines = 1,
		.alerts = 1 };
	struct alert record = { .id = { 1, batch.epoch, 1 },
		.organisation = organisation,
		.occurred = batch.received,
		.received = batch.received,
		.detector = TEXT("EVE"),
		.signature = TEXT("flow"),
		.repeats = 1,
		.original = TEXT("{}") };
	alert_encode(&record, &encoded);
	inside_fine(inside, record_store_append(inside->records, &batch, (struct text){ encoded.at, encoded.size },
				NULL, &inside->failure));
	inside_fine(inside, record_store_sync(inside->records, organisation, &inside->failure));
	builder_free(&encoded);
}

static void set_days(struct place *place, uint32_t days)
{
	struct inside *inside = place->inside;
	struct capture_version version = { 0 };
	inside_fine(inside, store_capture_get(inside->store, inside->work, place->mine, &version, &inside->failure));
	version.organisation = place->mine;
	version.policy.centre_days = days;
	version.made = inside_clock();
	version.account = place->member.account;
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_capture_put(inside->store, inside->work, &version, &inside->failure));
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

static void look_at_periods(struct place *place)
{
	struct work work;
	inside_fine(place->inside, work_begin(&work, "retention", &place->inside->failure));
	keeping_expire(&place->inside->keeper, &work);
	work_end(&work);
}

static size_t shown_to(struct place *place, const struct key *key)
{
	struct visit visit = { .key = key, .method = "GET", .target = TEXT("/v1/records?limit=500") };
	struct reply reply = inside_visit(place->inside, &visit);
	assert_int_equal(reply.status, 200);
	size_t count = json_array_size(json_object_get(reply.output, "records"));
	reply_free(&reply);
	return count;
}

static void test_each_organisation_s_period_holds_for_its_own_records(void **state)
{
	struct place *place = *state;
	nanoseconds start = inside_clock();
	for (unsigned day = 0; day < 5; day++) {
		inside_set_clock(start + day * DAY);
		put(place, place->mine);
		put(place, place->other);
	}
	look_at_periods(place); /* nobody set a period: 180 days */
	assert_int_equal(shown_to(place, &place->member), 5);
	set_days(place, 2);
	look_at_periods(place);
	assert_int_equal(shown_to(place, &place->member), 3); /* received two days ago to the second: still there */
	assert_int_equal(shown_to(place, &place->analyst), 3 + 5);
	set_days(place, 1);
	look_at_periods(place);
	assert_int_equal(shown_to(place, &place->member), 2);
	set_days(place, 30); /* what is gone does not come back */
	look_at_periods(place);
	assert_int_equal(shown_to(place, &place->member), 2);
	inside_set_clock(start + 182 * DAY);
	look_at_periods(place);
	assert_int_equal(shown_to(place, &place->member), 0);
	assert_int_equal(shown_to(place, &place->analyst), 3);
}

static void test_a_changed_policy_has_the_periods_looked_at_again(void **state)
{
	struct place *place = *state;
	struct visit visit = { .key = &place->member,
		.method = "PATCH",
		.target = TEXT("/v1/capture-policy"),
		.body = TEXT("{\"centre_days\": 3}") };
	assert_false(place->inside->keeper.center.capture_changed);
	struct reply reply = inside_visit(place->inside, &visit);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
	assert_true(place->inside->keeper.center.capture_changed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_organisation_s_period_holds_for_its_own_records, begin, end),
		cmocka_unit_test_setup_teardown(test_a_changed_policy_has_the_periods_looked_at_again, begin, end),
	};
	return cmocka_run_group_tests_name("keeping records", tests, NULL, NULL);
}
