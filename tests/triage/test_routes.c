/*
 * The routes over events, alerts, decisions and the funnel: what an analyst, a member and an administrator get, and
 * that decisions do what they say. Handlers run over a real store and a real history.
 */
#include "caller.h"

#define NOW ((nanoseconds)1700000000 * SECOND)
#define ALERTS 6

/* Of the test that runs: what the place holds, and how often somebody was told of a change. */
static struct {
	struct uuid events[3]; /* two of the harbour, one of the city in the first one's campaign */
	uint32_t harbour, city;
	uint64_t position;
	int changes;
} held;

static void changed(struct center *center, uint32_t organisation, const char *noun, const char *id)
{
	(void)center;
	assert_non_null(noun);
	assert_non_null(id);
	assert_true(organisation != 0);
	held.changes++;
}

static void add_event(struct place *place, int index, uint32_t organisation, bool campaign)
{
	struct event *event = arena_take(place->arena, sizeof *event);
	held.events[index] = uuid_random();
	event->id = held.events[index];
	event->organisation = organisation;
	if (campaign)
		event->campaign.bytes[0] = 5;
	event->first = NOW;
	event->last = NOW + HOUR;
	event->rank = 90 - index;
	event->alerts = ALERTS;
	event->host_count = event->hosts_all = 2;
	for (uint32_t i = 0; i < 2; i++) {
		snprintf(event->hosts[i].name, sizeof event->hosts[i].name, "host-%u", i);
		event->hosts[i].alerts = ALERTS / 2;
	}
	event->signature_count = event->signatures_all = 1;
	strcpy(event->signatures[0].name, "ET EXPLOIT Test");
	fine(place, store_event_put(place->store, place->work, event, &place->failure));
}

static void add_alerts(struct place *place)
{
	struct builder encoded = { 0 };
	struct history_batch batch = { .organisation = held.harbour,
		.sensor = 1,
		.epoch = { 1, 1 },
		.sequence_first = 1,
		.sequence_end = ALERTS + 1,
		.received = NOW,
		.lines = ALERTS,
		.alerts = ALERTS,
		.last = true };
	for (uint32_t i = 0; i < ALERTS; i++) {
		struct alert alert = { .id = { 1, batch.epoch, i + 1 },
			.organisation = held.harbour,
			.occurred = NOW + i * MINUTE,
			.received = NOW,
			.detector = TEXT("Suricata"),
			.signature = TEXT("ET EXPLOIT Test"),
			.host = i % 2 ? TEXT("host-1") : TEXT("host-0"),
			.repeats = 1,
			.original = TEXT("{\"bytes\":\"\xff not UTF-8\"}") };
		alert_encode(&alert, &encoded);
	}
	struct text bytes = { encoded.at, encoded.size };
	fine(place, history_append(place->history, &batch, bytes, &held.position, &place->failure));
	fine(place, history_sync(place->history, &place->failure));
	for (uint32_t i = 0; i < ALERTS; i++)
		fine(place, history_judge(place->history, held.position + i, VERDICT_EVENT, held.events[0],
				(struct uuid){ 0 }, &place->failure));
	builder_free(&encoded);
}

static int begin(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	place_open(place);
	fine(place, store_begin(place->store, &place->failure));
	held.changes = 0;
	held.harbour = add_organisation(place, "harbour", "The harbour", "");
	held.city = add_organisation(place, "city", "The city", "");
	add_event(place, 0, held.harbour, true);
	add_event(place, 1, held.harbour, false);
	add_event(place, 2, held.city, true);
	struct funnel funnel = { .organisation = held.harbour, .day = (int32_t)(NOW / DAY), .alerts = 10, .events = 2 };
	funnel.verdicts[VERDICT_EVENT] = 6;
	funnel.verdicts[VERDICT_BACKGROUND] = 3;
	fine(place, store_funnel_add(place->store, place->work, &funnel, &place->failure));
	fine(place, store_commit(place->store, &place->failure));
	add_alerts(place);
	place->center.changed = changed;
	*state = place;
	return 0;
}

static int end(void **state)
{
	int code = place_close(*state);
	free(*state);
	return code;
}

/* A member is the harbour's. */
static struct answer ask_as(struct place *place, enum role role, const char *name, json_t *input, uint64_t version)
{
	return ask(place, role, role == ROLE_MEMBER ? held.harbour : 0, name, input, version);
}

static json_t *with_id(struct uuid id, const char *reason)
{
	char text[UUID_TEXT];
	json_t *input = json_pack("{s:s}", "id", uuid_format(id, text));
	if (reason)
		json_object_set_new(input, "reason", json_string(reason));
	return input;
}

static const char *string_at(json_t *output, const char *first, const char *second)
{
	return json_string_value(json_object_get(json_object_get(output, first), second));
}

static void test_the_route_table_holds_together(void **state)
{
	struct place *place = *state;
	const struct route *const tables[] = { triage_routes, NULL };
	fine(place, routes_check(tables, &place->failure));
}

static void test_the_queue_shows_the_centre_all_and_a_member_its_own_without_the_campaign(void **state)
{
	struct place *place = *state;
	struct answer analyst = ask_as(place, ROLE_ANALYST, "event-list-page", json_object(), 0);
	fine(place, analyst.error);
	json_t *events = json_object_get(analyst.output, "events");
	assert_int_equal(json_array_size(events), 3);
	assert_non_null(json_object_get(json_array_get(events, 0), "campaign"));
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(events, 0), "organisation_title")), "The harbour");
	assert_true(json_is_true(json_object_get(analyst.output, "may_decide")));
	assert_int_equal(json_array_size(json_object_get(analyst.output, "organisations")), 2);
	json_decref(analyst.output);
	struct answer member = ask_as(place, ROLE_MEMBER, "event-list", json_object(), 0);
	fine(place, member.error);
	events = json_object_get(member.output, "events");
	assert_int_equal(json_array_size(events), 2);
	assert_null(json_object_get(json_array_get(events, 0), "campaign"));
	assert_null(json_object_get(json_array_get(events, 0), "notices"));
	assert_false(json_is_true(json_object_get(member.output, "may_decide")));
	assert_int_equal(json_array_size(json_object_get(member.output, "organisations")), 1);
	json_decref(member.output);
	static const enum role others[] = { ROLE_ADMINISTRATOR, ROLE_AUDITOR };
	for (size_t i = 0; i < 2; i++) {
		struct answer other = ask_as(place, others[i], "event-list", json_object(), 0);
		assert_int_equal(other.error, ERROR_DENIED);
		json_decref(other.output);
	}
}

static void test_an_event_shows_its_alerts_and_to_the_centre_its_campaign(void **state)
{
	struct place *place = *state;
	struct answer analyst = ask_as(place, ROLE_ANALYST, "event-read-page", with_id(held.events[0], NULL), 0);
	fine(place, analyst.error);
	assert_string_equal(string_at(analyst.output, "event", "state"), "open");
	json_t *alerts = json_object_get(analyst.output, "alerts");
	assert_int_equal(json_array_size(alerts), ALERTS);
	assert_string_equal(json_string_value(json_object_get(json_array_get(alerts, 0), "verdict")), "event");
	assert_int_equal(json_array_size(json_object_get(analyst.output, "campaign_events")), 1);
	json_decref(analyst.output);
	struct answer member = ask_as(place, ROLE_MEMBER, "event-read-page", with_id(held.events[0], NULL), 0);
	fine(place, member.error);
	assert_int_equal(json_array_size(json_object_get(member.output, "alerts")), ALERTS);
	assert_int_equal(json_array_size(json_object_get(member.output, "campaign_events")), 0);
	json_decref(member.output);
	/* another organisation's event is as absent as one that never was */
	struct answer other = ask_as(place, ROLE_MEMBER, "event-read", with_id(held.events[2], NULL), 0);
	assert_int_equal(other.error, ERROR_NOT_FOUND);
	char words[480];
	strcpy(words, place->failure.words);
	json_decref(other.output);
	other = ask_as(place, ROLE_MEMBER, "event-read", with_id(uuid_random(), NULL), 0);
	assert_int_equal(other.error, ERROR_NOT_FOUND);
	assert_string_equal(words, place->failure.words);
	json_decref(other.output);
}

static void test_alerts_of_an_event_come_page_by_page(void **state)
{
	struct place *place = *state;
	char after[64] = "";
	size_t seen = 0;
	do {
		json_t *input = with_id(held.events[0], NULL);
		json_object_set_new(input, "limit", json_integer(4));
		if (*after)
			json_object_set_new(input, "after", json_string(after));
		struct answer answer = ask_as(place, ROLE_MEMBER, "event-alerts", input, 0);
		fine(place, answer.error);
		seen += json_array_size(json_object_get(answer.output, "alerts"));
		snprintf(after, sizeof after, "%s", json_string_value(json_object_get(answer.output, "next")));
		json_decref(answer.output);
	} while (*after);
	assert_int_equal(seen, ALERTS);
	json_t *input = with_id(held.events[0], NULL);
	json_object_set_new(input, "after", json_string("00000000000000ff00000000"));
	struct answer answer = ask_as(place, ROLE_MEMBER, "event-alerts", input, 0);
	assert_int_equal(answer.error, ERROR_INPUT);
	json_decref(answer.output);
}

static void test_confirming_needs_the_version_seen_and_tells_everybody(void **state)
{
	struct place *place = *state;
	struct answer stale = ask_as(place, ROLE_ANALYST, "event-confirm", with_id(held.events[0], NULL), 7);
	assert_int_equal(stale.error, ERROR_CONFLICT);
	json_decref(stale.output);
	struct answer answer = ask_as(place, ROLE_ANALYST, "event-confirm", with_id(held.events[0], NULL), 1);
	fine(place, answer.error);
	assert_string_equal(string_at(answer.output, "event", "state"), "confirmed");
	assert_int_equal(answer.version, 2);
	assert_int_equal(held.changes, 1);
	json_decref(answer.output);
	struct answer form = ask_as(place, ROLE_ANALYST, "event-reopen-form", with_id(held.events[0], NULL), 0);
	fine(place, form.error);
	assert_true(text_starts(text_of(form.location), TEXT("/events/")));
	json_decref(form.output);
	struct answer member = ask_as(place, ROLE_MEMBER, "event-confirm", with_id(held.events[0], NULL), 0);
	assert_int_equal(member.error, ERROR_DENIED);
	json_decref(member.output);
}

static void test_a_dismissal_can_leave_a_standing_decision(void **state)
{
	struct place *place = *state;
	json_t *input = with_id(held.events[0], "our own scanner");
	json_object_set_new(input, "standing", json_true());
	struct answer answer = ask_as(place, ROLE_ANALYST, "event-dismiss", input, 0);
	fine(place, answer.error);
	assert_string_equal(string_at(answer.output, "event", "state"), "dismissed");
	assert_non_null(json_object_get(answer.output, "decision"));
	json_decref(answer.output);
	struct answer list = ask_as(place, ROLE_MEMBER, "decision-list", json_object(), 0);
	fine(place, list.error);
	json_t *decision = json_array_get(json_object_get(list.output, "decisions"), 0);
	assert_string_equal(json_string_value(json_object_get(decision, "signature")), "ET EXPLOIT Test");
	assert_string_equal(json_string_value(json_object_get(decision, "host")), "host-0");
	assert_null(json_object_get(decision, "author_name"));
	struct uuid id;
	assert_true(uuid_parse(text_of(json_string_value(json_object_get(decision, "id"))), &id));
	json_decref(list.output);
	struct answer withdrawn = ask_as(place, ROLE_ANALYST, "decision-withdraw", with_id(id, NULL), 0);
	fine(place, withdrawn.error);
	assert_true(json_is_true(json_object_get(json_object_get(withdrawn.output, "decision"), "withdrawn")));
	json_decref(withdrawn.output);
	list = ask_as(place, ROLE_ANALYST, "decision-list", json_pack("{s:b}", "standing", 1), 0);
	assert_int_equal(json_array_size(json_object_get(list.output, "decisions")), 0);
	json_decref(list.output);
	/* a standing decision that is refused takes the dismissal with it */
	input = with_id(held.events[1], "too long");
	json_object_set_new(input, "standing", json_true());
	json_object_set_new(input, "expires", json_integer(time_now() + 4000 * DAY));
	answer = ask_as(place, ROLE_ANALYST, "event-dismiss", input, 0);
	assert_int_equal(answer.error, ERROR_INPUT);
	json_decref(answer.output);
	answer = ask_as(place, ROLE_ANALYST, "event-read", with_id(held.events[1], NULL), 0);
	assert_string_equal(string_at(answer.output, "event", "state"), "open");
	json_decref(answer.output);
}

static void test_a_split_moves_the_alerts_of_its_hosts_and_a_merge_brings_alerts_along(void **state)
{
	struct place *place = *state;
	json_t *input = with_id(held.events[0], "two matters");
	json_object_set_new(input, "hosts", json_pack("[s]", "host-1"));
	struct answer answer = ask_as(place, ROLE_ANALYST, "event-split", input, 0);
	fine(place, answer.error);
	struct uuid part;
	assert_true(uuid_parse(text_of(json_string_value(json_object_get(answer.output, "new_event"))), &part));
	json_decref(answer.output);
	struct uuid both[] = { part, held.events[0] };
	for (size_t i = 0; i < 2; i++) {
		answer = ask_as(place, ROLE_ANALYST, "event-alerts", with_id(both[i], NULL), 0);
		fine(place, answer.error);
		json_t *alerts = json_object_get(answer.output, "alerts");
		assert_int_equal(json_array_size(alerts), ALERTS / 2);
		for (size_t j = 0; j < ALERTS / 2; j++)
			assert_string_equal(json_string_value(json_object_get(json_array_get(alerts, j), "host")),
			    i ? "host-0" : "host-1");
		json_decref(answer.output);
	}
	char text[UUID_TEXT];
	input = with_id(held.events[0], "one matter");
	json_object_set_new(input, "into", json_string(uuid_format(held.events[1], text)));
	answer = ask_as(place, ROLE_ANALYST, "event-merge-form", input, 0);
	fine(place, answer.error);
	assert_non_null(strstr(answer.location, text));
	json_decref(answer.output);
	answer = ask_as(place, ROLE_ANALYST, "event-read-page", with_id(held.events[1], NULL), 0);
	assert_int_equal(json_array_size(json_object_get(answer.output, "merged_events")), 1);
	assert_int_equal(json_array_size(json_object_get(answer.output, "alerts")), ALERTS / 2);
	json_decref(answer.output);
}

static void test_the_search_finds_by_text_and_shows_one_alert(void **state)
{
	struct place *place = *state;
	struct answer answer = ask_as(
	    place, ROLE_MEMBER, "alert-list", json_pack("{s:s, s:s}", "contains", "NOT utf", "verdict", "event"), 0);
	fine(place, answer.error);
	json_t *alerts = json_object_get(answer.output, "alerts");
	assert_int_equal(json_array_size(alerts), ALERTS);
	json_t *newest = json_array_get(alerts, 0);
	assert_string_equal(json_string_value(json_object_get(newest, "host")), "host-1");
	assert_non_null(json_object_get(newest, "original"));
	json_t *position = json_object_get(newest, "position");
	struct answer one = ask_as(place, ROLE_MEMBER, "alert-read", json_pack("{s:O}", "position", position), 0);
	fine(place, one.error);
	assert_non_null(string_at(one.output, "alert", "original"));
	json_decref(one.output);
	json_decref(answer.output);
	one = ask_as(place, ROLE_MEMBER, "alert-read", json_pack("{s:s}", "position", "12"), 0);
	assert_int_equal(one.error, ERROR_NOT_FOUND);
	json_decref(one.output);
	answer = ask_as(place, ROLE_ANALYST, "alert-list", json_pack("{s:s}", "verdict", "background"), 0);
	assert_int_equal(json_array_size(json_object_get(answer.output, "alerts")), 0);
	json_decref(answer.output);
}

static void test_the_funnel_is_for_those_who_read_no_contents_too(void **state)
{
	struct place *place = *state;
	static const enum role roles[] = { ROLE_ADMINISTRATOR, ROLE_ANALYST, ROLE_MEMBER, ROLE_AUDITOR };
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		struct answer answer = ask_as(place, roles[i], "funnel-read", json_object(), 0);
		fine(place, answer.error);
		json_t *total = json_object_get(answer.output, "total");
		assert_int_equal(json_integer_value(json_object_get(total, "alerts")), 10);
		assert_int_equal(json_integer_value(json_object_get(total, "noise")), 3);
		assert_int_equal(json_integer_value(json_object_get(total, "kept")), 6);
		assert_int_equal(json_integer_value(json_object_get(total, "pending")), 1);
		json_t *row = json_array_get(json_object_get(answer.output, "rows"), 0);
		assert_string_equal(json_string_value(json_object_get(row, "day")), "2023-11-14");
		json_decref(answer.output);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_the_route_table_holds_together),
		TEST(test_the_queue_shows_the_centre_all_and_a_member_its_own_without_the_campaign),
		TEST(test_an_event_shows_its_alerts_and_to_the_centre_its_campaign),
		TEST(test_alerts_of_an_event_come_page_by_page),
		TEST(test_confirming_needs_the_version_seen_and_tells_everybody),
		TEST(test_a_dismissal_can_leave_a_standing_decision),
		TEST(test_a_split_moves_the_alerts_of_its_hosts_and_a_merge_brings_alerts_along),
		TEST(test_the_search_finds_by_text_and_shows_one_alert),
		TEST(test_the_funnel_is_for_those_who_read_no_contents_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
