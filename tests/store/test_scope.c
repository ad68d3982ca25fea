/*
 * Rule 10 over the whole store: whatever a list function is asked with a member's scope, it shows rows of its
 * organisation only; and a scope that does not open a noun gets nothing of it.
 */
#include "store_place.h"

#define NOW ((nanoseconds)1700000000 * SECOND)
#define ORGANISATIONS 5

struct seen {
	uint32_t mine;
	int rows, foreign;
};

static void look(void *context, uint32_t organisation)
{
	struct seen *seen = context;
	seen->rows++;
	seen->foreign += organisation != seen->mine;
}

#define LOOKER(noun_)                                                                                                  \
	static void look_##noun_(void *context, const struct noun_ *row)                                               \
	{                                                                                                              \
		look(context, row->organisation);                                                                      \
	}
LOOKER(sensor)
LOOKER(organisation_space)
LOOKER(decision)
LOOKER(notice)
LOOKER(funnel)
LOOKER(counted_event)
LOOKER(counted_notice)
LOOKER(machine_certificate)

static void look_organisation(void *context, const struct organisation *row)
{
	look(context, row->number);
}

static void look_event(void *context, const struct event *row, const struct event_standing *standing)
{
	(void)standing;
	look(context, row->organisation);
}

static void fill_organisation(struct place *place, uint32_t organisation, struct uuid *event_id)
{
	struct sensor sensor = { .organisation = organisation, .name = "edge" };
	struct organisation_space space = { .organisation = organisation, .domain = "example.net" };
	struct event *event = arena_take(place->arena, sizeof *event);
	struct decision decision = { .organisation = organisation,
		.signature = "x",
		.reason = "why",
		.author = { { 1 } },
		.created = time_now() };
	struct funnel funnel = { .organisation = organisation, .day = 19000, .alerts = 1 };
	event->id = *event_id = uuid_random();
	event->organisation = organisation;
	event->first = event->last = NOW;
	decision.expires = decision.created + 2 * DAY;
	decision.review = decision.created + DAY;
	struct notice notice = { .event = event->id,
		.organisation = organisation,
		.author = { { 1 } },
		.created = NOW,
		.sent = NOW,
		.state = NOTICE_SENT };
	done(place, store_begin(place->store, &place->failure));
	done(place, store_sensor_put(place->store, place->work, &sensor, &place->failure));
	struct enrolment enrolment = { .sensor = sensor.number, .organisation = organisation };
	random_bytes(enrolment.digest, sizeof enrolment.digest);
	done(place, store_enrolment_put(place->store, place->work, &enrolment, &place->failure));
	struct machine_certificate certificate = { .serial = uuid_random(),
		.sensor = sensor.number,
		.organisation = organisation,
		.enrolment = enrolment.id };
	random_bytes(certificate.digest, sizeof certificate.digest);
	done(place, store_certificate_put(place->store, place->work, &certificate, &place->failure));
	done(place, store_space_put(place->store, place->work, &space, &place->failure));
	done(place, store_event_put(place->store, place->work, event, &place->failure));
	done(place, store_decision_put(place->store, place->work, &decision, &place->failure));
	done(place, store_notice_put(place->store, place->work, &notice, &place->failure));
	done(place, store_funnel_add(place->store, place->work, &funnel, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

/* Asks every list for organisation `asked` (0 = all) with a scope for each action; counts into seen[noun]. */
static void ask_all(struct place *place, enum role role, uint32_t mine, uint32_t asked, struct seen seen[NOUN_COUNT])
{
	struct uuid any = { 0 };
	struct failure failure;
	for (unsigned action = 0; action < ACTION_COUNT; action++) {
		const struct scope *scope = scope_of(place, role, mine, (enum action)action);
		struct event_query query = { .organisation = asked };
		struct page page = { .limit = 100 };
		if (!scope)
			continue;
		store_organisation_each(
		    place->store, scope, &page, look_organisation, &seen[NOUN_ORGANISATION], &failure);
		store_space_each(place->store, scope, asked ? asked : mine, look_organisation_space,
		    &seen[NOUN_ORGANISATION], &failure);
		store_sensor_each(place->store, scope, asked, &page, look_sensor, &seen[NOUN_SENSOR], &failure);
		store_certificate_each(
		    place->store, scope, 0, 100, look_machine_certificate, &seen[NOUN_MACHINE], &failure);
		for (int order = 0; order < 2; order++) {
			query.order = order ? EVENT_BY_TIME : EVENT_BY_RANK;
			store_event_each(
			    place->store, scope, &query, &page, place->arena, look_event, &seen[NOUN_EVENT], &failure);
		}
		store_decision_each(place->store, scope, false, &page, look_decision, &seen[NOUN_DECISION], &failure);
		store_notice_each(
		    place->store, scope, any, 0, &page, place->arena, look_notice, &seen[NOUN_NOTICE], &failure);
		store_funnel_each(
		    place->store, scope, asked, INT32_MIN, INT32_MAX, look_funnel, &seen[NOUN_COUNTER], &failure);
		store_counted_events(
		    place->store, scope, asked, 0, INT64_MAX, look_counted_event, &seen[NOUN_COUNTER], &failure);
		store_counted_notices(
		    place->store, scope, asked, 0, INT64_MAX, look_counted_notice, &seen[NOUN_COUNTER], &failure);
	}
}

static void test_no_list_shows_a_member_a_row_of_another_organisation(void **state)
{
	struct place *place = *state;
	uint32_t numbers[ORGANISATIONS];
	struct uuid events[ORGANISATIONS];
	for (int i = 0; i < ORGANISATIONS; i++) {
		char name[16];
		snprintf(name, sizeof name, "org-%d", i);
		numbers[i] = add_organisation(place, name);
		fill_organisation(place, numbers[i], &events[i]);
	}
	static const enum noun shown[] = { NOUN_ORGANISATION, NOUN_SENSOR, NOUN_EVENT, NOUN_DECISION, NOUN_NOTICE,
		NOUN_COUNTER, NOUN_MACHINE };
	for (int me = 0; me < ORGANISATIONS; me++) {
		for (int other = -1; other < ORGANISATIONS; other++) {
			struct seen seen[NOUN_COUNT];
			for (int i = 0; i < NOUN_COUNT; i++)
				seen[i] = (struct seen){ .mine = numbers[me] };
			ask_all(place, ROLE_MEMBER, numbers[me], other < 0 ? 0 : numbers[other], seen);
			for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
				assert_int_equal(seen[shown[i]].foreign, 0);
				if (other < 0 || other == me)
					assert_true(seen[shown[i]].rows > 0);
			}
		}
	}
}

static void test_administrators_and_auditors_get_no_event_decision_or_notice_from_any_list(void **state)
{
	struct place *place = *state;
	struct uuid event;
	fill_organisation(place, add_organisation(place, "one"), &event);
	static const enum role roles[] = { ROLE_ADMINISTRATOR, ROLE_AUDITOR };
	for (size_t i = 0; i < 2; i++) {
		struct seen seen[NOUN_COUNT] = { 0 };
		ask_all(place, roles[i], 0, 0, seen);
		assert_int_equal(seen[NOUN_EVENT].rows, 0);
		assert_int_equal(seen[NOUN_DECISION].rows, 0);
		assert_int_equal(seen[NOUN_NOTICE].rows, 0);
		assert_true(seen[NOUN_COUNTER].rows > 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_no_list_shows_a_member_a_row_of_another_organisation),
		TEST(test_administrators_and_auditors_get_no_event_decision_or_notice_from_any_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
