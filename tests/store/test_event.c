/*
 * Events, decisions, notices and the funnel in the state store: what people decided survives what triage writes.
 */
#include "store_place.h"

#define NOW ((nanoseconds)1700000000 * SECOND)

static struct event *make_event(struct place *place, uint32_t organisation, uint8_t number, double rank)
{
	struct event *event = arena_take(place->arena, sizeof *event);
	event->id.bytes[0] = 1;
	event->id.bytes[15] = number;
	event->organisation = organisation;
	event->first = NOW + number * HOUR;
	event->last = event->first + HOUR;
	event->rank = rank;
	event->alerts = 30;
	event->hosts_all = event->host_count = 3;
	for (uint32_t i = 0; i < 3; i++) {
		snprintf(event->hosts[i].name, sizeof event->hosts[i].name, "host-%u", i);
		event->hosts[i].alerts = 15 - 5 * i;
	}
	return event;
}

static void put(struct place *place, const struct event *event)
{
	done(place, store_begin(place->store, &place->failure));
	done(place, store_event_put(place->store, place->work, event, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

static enum error decide(struct place *place, const struct event *event, enum event_state state, struct uuid other,
    const char *reason, uint64_t version)
{
	const struct scope *analyst = scope_of(place, ROLE_ANALYST, 0, ACTION_EVENT_DECIDE);
	done(place, store_begin(place->store, &place->failure));
	enum error error = store_event_decide(
	    place->store, analyst, event->id, state, other, text_of(reason), version, NOW, &place->failure);
	if (error)
		store_rollback(place->store);
	else
		done(place, store_commit(place->store, &place->failure));
	return error;
}

static struct event_standing standing_of(struct place *place, struct uuid id, struct event *event)
{
	struct event_standing standing;
	done(place, store_event_get(place->store, place->work, id, place->arena, event, &standing, &place->failure));
	return standing;
}

static const struct uuid none;

static void count_step(void *context, const struct event_step *step)
{
	assert_non_null(step->reason);
	++*(int *)context;
}

static void test_a_decision_survives_what_triage_writes_later_and_can_be_taken_back(void **state)
{
	struct place *place = *state;
	struct event *event = make_event(place, add_organisation(place, "one"), 1, 50), read;
	put(place, event);
	assert_int_equal(decide(place, event, EVENT_DISMISSED, none, "", 0), ERROR_INPUT);
	assert_int_equal(decide(place, event, EVENT_DISMISSED, none, "our own scanner", 0), OK);
	event->alerts = 90;
	put(place, event);
	struct event_standing standing = standing_of(place, event->id, &read);
	assert_int_equal(standing.state, EVENT_DISMISSED);
	assert_string_equal(standing.reason, "our own scanner");
	assert_int_equal(read.alerts, 90);
	assert_int_equal(decide(place, event, EVENT_OPEN, none, "", 99), ERROR_CONFLICT);
	assert_int_equal(decide(place, event, EVENT_OPEN, none, "", standing.version), OK);
	assert_int_equal(standing_of(place, event->id, &read).state, EVENT_OPEN);
	assert_int_equal(decide(place, event, EVENT_CONFIRMED, none, "", 0), OK);
	assert_int_equal(decide(place, event, EVENT_CONFIRMED, none, "", 0), OK); /* a double click */
	int steps = 0;
	done(place,
	    store_event_steps(place->store, place->work, event->id, place->arena, count_step, &steps, &place->failure));
	assert_int_equal(steps, 3);
}

static void test_merging_joins_events_of_one_organisation_and_is_reversible(void **state)
{
	struct place *place = *state;
	uint32_t one = add_organisation(place, "one"), two = add_organisation(place, "two");
	struct event *a = make_event(place, one, 1, 50), *b = make_event(place, one, 2, 40),
		     *c = make_event(place, two, 3, 30), read;
	put(place, a);
	put(place, b);
	put(place, c);
	assert_int_equal(decide(place, a, EVENT_MERGED, a->id, "same", 0), ERROR_INPUT);
	assert_int_equal(decide(place, a, EVENT_MERGED, c->id, "same", 0), ERROR_INPUT);
	assert_int_equal(decide(place, a, EVENT_MERGED, b->id, "same", 0), OK);
	assert_int_equal(decide(place, b, EVENT_MERGED, a->id, "back", 0), ERROR_CONFLICT);
	assert_int_equal(decide(place, a, EVENT_CONFIRMED, none, "", 0), ERROR_CONFLICT);
	assert_true(uuid_equal(standing_of(place, a->id, &read).merged_into, b->id));
	assert_int_equal(decide(place, a, EVENT_OPEN, none, "", 0), OK);
	assert_true(uuid_is_nil(standing_of(place, a->id, &read).merged_into));
}

static void count_host(void *context, const char *host, bool belongs)
{
	int *counts = context;
	assert_string_equal(host, "host-1");
	counts[belongs]++;
}

static void test_a_split_is_kept_when_triage_writes_the_whole_again(void **state)
{
	struct place *place = *state;
	struct event *event = make_event(place, add_organisation(place, "one"), 1, 50), read;
	put(place, event);
	const struct scope *analyst = scope_of(place, ROLE_ANALYST, 0, ACTION_EVENT_DECIDE);
	struct text hosts[3] = { TEXT("host-1"), TEXT("host-0"), TEXT("host-2") }, unknown = TEXT("elsewhere");
	struct uuid part;
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(store_event_split(place->store, analyst, event->id, &unknown, 1, TEXT("why"), 0, NOW, &part,
			     &place->failure),
	    ERROR_INPUT);
	assert_int_equal(
	    store_event_split(place->store, analyst, event->id, hosts, 3, TEXT("all"), 0, NOW, &part, &place->failure),
	    ERROR_INPUT);
	done(place, store_event_split(place->store, analyst, event->id, hosts, 1, TEXT("another matter"), 0, NOW, &part,
			&place->failure));
	done(place, store_commit(place->store, &place->failure));
	for (int again = 0; again < 2; again++) {
		struct event_standing standing = standing_of(place, part, &read);
		assert_true(uuid_equal(standing.split_from, event->id));
		assert_int_equal(read.host_count, 1);
		assert_int_equal(read.alerts, event->hosts[1].alerts);
		standing_of(place, event->id, &read);
		assert_int_equal(read.host_count, 2);
		assert_int_equal(read.hosts_all, 2);
		assert_int_equal(read.alerts, event->alerts - event->hosts[1].alerts);
		event->hosts[1].alerts += 7;
		event->alerts += 7;
		put(place, event);
	}
	int counts[2] = { 0 };
	struct uuid origin;
	done(place, store_event_part(place->store, place->work, part, &origin, count_host, counts, &place->failure));
	assert_true(uuid_equal(origin, event->id));
	assert_int_equal(counts[1], 1);
	done(place,
	    store_event_part(place->store, place->work, event->id, &origin, count_host, counts, &place->failure));
	assert_int_equal(counts[0], 1);
}

struct list {
	int count;
	double rank;
	nanoseconds last;
};

static void take_event(void *context, const struct event *event, const struct event_standing *standing)
{
	struct list *list = context;
	(void)standing;
	assert_true(event->rank <= list->rank);
	list->rank = event->rank;
	list->last = event->last;
	list->count++;
}

static void test_events_come_by_rank_page_by_page_and_only_of_the_scope(void **state)
{
	struct place *place = *state;
	uint32_t one = add_organisation(place, "one"), two = add_organisation(place, "two");
	for (uint8_t i = 1; i <= 20; i++)
		put(place, make_event(place, i % 2 ? one : two, i, (i * 37) % 11 * 0.5)); /* with equal ranks */
	const struct scope *member = scope_of(place, ROLE_MEMBER, one, ACTION_EVENT_READ);
	const struct scope *scopes[] = { place->work, member };
	for (int i = 0; i < 2; i++) {
		struct list list = { .rank = 1e9 };
		char after[64] = "";
		do {
			struct page page = { .after = text_of(after), .limit = 3 };
			struct event_query query = { .order = EVENT_BY_RANK };
			done(place, store_event_each(place->store, scopes[i], &query, &page, place->arena, take_event,
					&list, &place->failure));
			memcpy(after, page.next, sizeof after);
		} while (*after);
		assert_int_equal(list.count, i ? 10 : 20);
	}
	struct event read;
	struct event_standing standing;
	struct failure outside, absent;
	struct event *hidden = make_event(place, two, 2, 0);
	assert_int_equal(store_event_get(place->store, member, hidden->id, place->arena, &read, &standing, &outside),
	    ERROR_NOT_FOUND);
	assert_int_equal(store_event_get(place->store, member, uuid_random(), place->arena, &read, &standing, &absent),
	    ERROR_NOT_FOUND);
	assert_string_equal(outside.words, absent.words);
	const struct scope *counting = scope_of(place, ROLE_AUDITOR, 0, ACTION_COUNTER_READ);
	assert_int_equal(store_event_get(place->store, counting, hidden->id, place->arena, &read, &standing, &outside),
	    ERROR_DENIED);
}

static void test_an_event_that_triage_takes_back_goes_unless_a_person_touched_it(void **state)
{
	struct place *place = *state;
	uint32_t one = add_organisation(place, "one");
	struct event *a = make_event(place, one, 1, 50), *b = make_event(place, one, 2, 40), read;
	struct event_standing standing;
	put(place, a);
	put(place, b);
	assert_int_equal(decide(place, b, EVENT_CONFIRMED, none, "", 0), OK);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_event_remove(place->store, place->work, a->id, &place->failure));
	done(place, store_event_remove(place->store, place->work, b->id, &place->failure));
	assert_int_equal(
	    store_event_remove(place->store, place->work, uuid_random(), &place->failure), ERROR_NOT_FOUND);
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(
	    store_event_get(place->store, place->work, a->id, place->arena, &read, &standing, &place->failure),
	    ERROR_NOT_FOUND);
	assert_int_equal(standing_of(place, b->id, &read).state, EVENT_CONFIRMED);
}

static void count_decision(void *context, const struct decision *decision)
{
	(void)decision;
	++*(int *)context;
}

static void test_a_decision_needs_a_reason_and_an_end_and_what_it_matches_never_changes(void **state)
{
	struct place *place = *state;
	uint32_t one = add_organisation(place, "one");
	const struct scope *analyst = scope_of(place, ROLE_ANALYST, 0, ACTION_DECISION_WRITE);
	nanoseconds now = time_now();
	struct decision decision = { .organisation = one, .author = { { 1 } }, .created = now }, read;
	strcpy(decision.signature, "ET SCAN");
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(store_decision_put(place->store, analyst, &decision, &place->failure), ERROR_INPUT);
	strcpy(decision.reason, "the centre's own scanner");
	assert_int_equal(store_decision_put(place->store, analyst, &decision, &place->failure), ERROR_INPUT);
	decision.expires = now + 30 * DAY;
	decision.review = now + 15 * DAY;
	done(place, store_decision_put(place->store, analyst, &decision, &place->failure));
	done(place, store_decision_hit(place->store, place->work, decision.id, 5, NOW, &place->failure));
	done(place, store_decision_hit(place->store, place->work, decision.id, 2, NOW - 9, &place->failure));
	strcpy(decision.signature, "something else");
	decision.withdrawn = true;
	done(place, store_decision_put(place->store, analyst, &decision, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	done(place, store_decision_get(place->store, place->work, decision.id, &read, &place->failure));
	assert_string_equal(read.signature, "ET SCAN");
	assert_int_equal(read.hits, 7);
	assert_int_equal(read.last_hit, NOW);
	assert_true(read.withdrawn);
	int all = 0, standing = 0;
	struct page page = { .limit = 10 };
	done(
	    place, store_decision_each(place->store, place->work, false, &page, count_decision, &all, &place->failure));
	done(place,
	    store_decision_each(place->store, place->work, true, &page, count_decision, &standing, &place->failure));
	assert_int_equal(all, 1);
	assert_int_equal(standing, 0);
}

static void count_notice(void *context, const struct notice *notice)
{
	(void)notice;
	++*(int *)context;
}

static void count_delivery(void *context, const struct delivery *delivery)
{
	assert_int_equal(delivery->state, DELIVERY_DONE);
	++*(int *)context;
}

static int count_due(struct place *place, nanoseconds now, uint32_t most)
{
	struct notice_schedule schedule = { .now = now, .lead = 4 * HOUR, .interval = DAY, .most = most };
	int due = 0;
	done(place,
	    store_notice_due(place->store, place->work, &schedule, place->arena, count_notice, &due, &place->failure));
	return due;
}

static void test_a_notice_is_numbered_found_by_its_link_and_hidden_while_a_draft(void **state)
{
	struct place *place = *state;
	uint32_t one = add_organisation(place, "one");
	struct event *event = make_event(place, one, 1, 50);
	put(place, event);
	const struct scope *analyst = scope_of(place, ROLE_ANALYST, 0, ACTION_NOTICE_WRITE);
	const struct scope *member = scope_of(place, ROLE_MEMBER, one, ACTION_NOTICE_READ);
	struct notice first = { .event = event->id,
		.organisation = one,
		.author = { { 1 } },
		.created = NOW,
		.deadline = NOW + DAY },
		      second, read;
	second = first;
	first.link_digest[0] = 9;
	done(place, store_begin(place->store, &place->failure));
	done(place, store_notice_put(place->store, analyst, &first, &place->failure));
	done(place, store_notice_put(place->store, analyst, &second, &place->failure));
	assert_string_equal(first.number, "2023-0001");
	assert_string_equal(second.number, "2023-0002");
	assert_int_equal(
	    store_notice_get(place->store, member, first.id, place->arena, &read, &place->failure), ERROR_NOT_FOUND);
	second.state = NOTICE_WITHDRAWN; /* and nothing was ever sent: it stays hidden */
	done(place, store_notice_put(place->store, analyst, &second, &place->failure));
	assert_int_equal(
	    store_notice_get(place->store, member, second.id, place->arena, &read, &place->failure), ERROR_NOT_FOUND);
	first.state = NOTICE_SENT;
	first.sent = NOW;
	done(place, store_notice_put(place->store, analyst, &first, &place->failure));
	second.version = 9;
	assert_int_equal(store_notice_put(place->store, analyst, &second, &place->failure), ERROR_CONFLICT);
	struct delivery delivery = { .notice = first.id, .channel = "inbox", .created = NOW };
	done(place, store_delivery_put(place->store, analyst, &delivery, &place->failure));
	delivery.state = DELIVERY_DONE;
	done(place, store_delivery_put(place->store, analyst, &delivery, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	done(place, store_notice_get(place->store, member, first.id, place->arena, &read, &place->failure));
	done(place,
	    store_notice_by_link(place->store, place->work, first.link_digest, place->arena, &read, &place->failure));
	assert_string_equal(read.number, "2023-0001");
	int deliveries = 0, seen = 0;
	assert_int_equal(count_due(place, NOW, 3), 0);
	assert_int_equal(count_due(place, NOW + DAY, 3), 1);
	done(place,
	    store_delivery_each(place->store, place->work, first.id, count_delivery, &deliveries, &place->failure));
	assert_int_equal(deliveries, 1);
	struct page page = { .limit = 10 };
	done(place, store_notice_each(
			place->store, member, none, 0, &page, place->arena, count_notice, &seen, &place->failure));
	assert_int_equal(seen, 1);
}

/* More than one look takes: none of them may keep away the one that waits. */
static void test_notices_with_nothing_left_to_do_do_not_keep_others_from_their_reminder(void **state)
{
	struct place *place = *state;
	uint32_t one = add_organisation(place, "one");
	struct event *event = make_event(place, one, 1, 50);
	put(place, event);
	const struct scope *analyst = scope_of(place, ROLE_ANALYST, 0, ACTION_NOTICE_WRITE);
	done(place, store_begin(place->store, &place->failure));
	for (int i = 0; i < 602; i++) {
		struct notice notice = { .event = event->id, .organisation = one, .author = { { 1 } }, .created = NOW };
		done(place, store_notice_put(place->store, analyst, &notice, &place->failure));
		notice.state = NOTICE_SENT;
		notice.sent = NOW;
		notice.deadline = NOW + DAY + i * SECOND;
		notice.reminders =
		    i < 300 ? 3 : 2; /* 300 finished, 300 whose next is an interval later, then two that wait */
		notice.escalated = i < 600;
		notice.reminders = i == 601 ? 0 : notice.reminders;
		done(place, store_notice_put(place->store, analyst, &notice, &place->failure));
	}
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(count_due(place, NOW + 10 * HOUR, 3), 0);        /* before the lead of the last */
	assert_int_equal(count_due(place, NOW + DAY - HOUR, 3), 1);       /* its first reminder */
	assert_int_equal(count_due(place, NOW + DAY + HOUR, 3), 2);       /* and the escalation of both */
	assert_int_equal(count_due(place, NOW + 2 * DAY + HOUR, 3), 302); /* the next reminder of the 300 */
}

static void add_funnel(void *context, const struct funnel *funnel)
{
	struct funnel *sum = context;
	sum->alerts += funnel->alerts;
	sum->verdicts[VERDICT_PENDING] += funnel->verdicts[VERDICT_PENDING];
	sum->verdicts[VERDICT_BACKGROUND] += funnel->verdicts[VERDICT_BACKGROUND];
}

static void test_the_funnel_adds_up_and_a_verdict_can_be_taken_back(void **state)
{
	struct place *place = *state;
	struct funnel funnel = { .organisation = add_organisation(place, "one"), .day = 19000, .alerts = 10 };
	funnel.verdicts[VERDICT_PENDING] = 10;
	done(place, store_begin(place->store, &place->failure));
	done(place, store_funnel_add(place->store, place->work, &funnel, &place->failure));
	funnel.alerts = 0;
	funnel.verdicts[VERDICT_PENDING] = (uint64_t)-4;
	funnel.verdicts[VERDICT_BACKGROUND] = 4;
	done(place, store_funnel_add(place->store, place->work, &funnel, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	struct funnel sum = { 0 };
	done(place, store_funnel_each(place->store, place->work, 0, 18999, 19001, add_funnel, &sum, &place->failure));
	assert_int_equal(sum.alerts, 10);
	assert_int_equal(sum.verdicts[VERDICT_PENDING], 6);
	assert_int_equal(sum.verdicts[VERDICT_BACKGROUND], 4);
}

static void test_events_are_asked_for_by_their_organisations_sector(void **state)
{
	struct place *place = *state;
	const char *const sectors[] = { "water", "power", "" };
	uint32_t numbers[3];
	for (uint8_t i = 0; i < 3; i++) {
		struct organisation organisation = { .active = true };
		snprintf(organisation.name, sizeof organisation.name, "of-%u", i);
		snprintf(organisation.title_en, sizeof organisation.title_en, "Title");
		snprintf(organisation.sector, sizeof organisation.sector, "%s", sectors[i]);
		done(place, store_begin(place->store, &place->failure));
		done(place, store_organisation_put(place->store, place->work, &organisation, &place->failure));
		done(place, store_commit(place->store, &place->failure));
		numbers[i] = organisation.number;
		put(place, make_event(place, numbers[i], i + 1, i));
	}
	const struct scope *member = scope_of(place, ROLE_MEMBER, numbers[1], ACTION_EVENT_READ);
	static const struct {
		const char *sector;
		uint32_t all, of_member;
	} expected[] = { { "", 3, 1 }, { "water", 1, 0 }, { "power", 1, 1 }, { "wat", 0, 0 } };
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		for (int own = 0; own < 2; own++) {
			struct list list = { .rank = 1e9 };
			struct page page = { .limit = 10 };
			const struct event_query query = { .order = EVENT_BY_RANK,
				.sector = text_of(expected[i].sector) };
			done(place, store_event_each(place->store, own ? member : place->work, &query, &page,
					place->arena, take_event, &list, &place->failure));
			assert_int_equal(list.count, own ? expected[i].of_member : expected[i].all);
		}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_events_are_asked_for_by_their_organisations_sector),
		TEST(test_a_decision_survives_what_triage_writes_later_and_can_be_taken_back),
		TEST(test_merging_joins_events_of_one_organisation_and_is_reversible),
		TEST(test_a_split_is_kept_when_triage_writes_the_whole_again),
		TEST(test_events_come_by_rank_page_by_page_and_only_of_the_scope),
		TEST(test_an_event_that_triage_takes_back_goes_unless_a_person_touched_it),
		TEST(test_a_decision_needs_a_reason_and_an_end_and_what_it_matches_never_changes),
		TEST(test_a_notice_is_numbered_found_by_its_link_and_hidden_while_a_draft),
		TEST(test_notices_with_nothing_left_to_do_do_not_keep_others_from_their_reminder),
		TEST(test_the_funnel_adds_up_and_a_verdict_can_be_taken_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
