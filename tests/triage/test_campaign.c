/*
 * Campaigns: one analysis cites the events of two organisations, says what they really share and whose step came first;
 * it is the centre's analysts' alone, and every version of their text stays.
 */
#include "caller.h"
#include "triage/analysis.h"

#define NOW ((nanoseconds)1700000000 * SECOND)

enum { HARBOUR_EARLY, CITY_MIDDLE, HARBOUR_DISMISSED, CITY_MERGED, HARBOUR_ALONE, EVENTS };

struct world {
	struct place place;
	uint32_t harbour, city;
	struct uuid events[EVENTS], campaign;
};

static void add_name(struct event_name *names, uint32_t *count, uint32_t *all, const char *name)
{
	snprintf(names[*count].name, sizeof names[*count].name, "%s", name);
	names[*count].alerts = 1;
	*all = ++*count;
}

static void add_event(struct world *world, int index, uint32_t organisation, nanoseconds first, const char *source)
{
	struct place *place = &world->place;
	struct event *event = arena_take(place->arena, sizeof *event);
	event->id = world->events[index] = uuid_random();
	event->organisation = organisation;
	if (index != HARBOUR_ALONE)
		event->campaign = world->campaign;
	event->first = first;
	event->last = first + HOUR;
	event->opened = event->updated = first + MINUTE;
	event->rank = 90 - index;
	event->alerts = 3;
	event->tactics = 1u << TACTIC_INITIAL_ACCESS | 1u << TACTIC_COMMAND_AND_CONTROL;
	add_name(event->hosts, &event->host_count, &event->hosts_all, "web-1");
	add_name(event->sources, &event->source_count, &event->sources_all, source);
	add_name(event->sources, &event->source_count, &event->sources_all, "10.0.0.1");
	add_name(event->signatures, &event->signature_count, &event->signatures_all, "Exploit of a portal");
	add_name(event->accounts, &event->account_count, &event->accounts_all, "root");
	add_name(event->accounts, &event->account_count, &event->accounts_all, "mailer@partner.example");
	fine(place, store_event_put(place->store, place->work, event, &place->failure));
}

/* One alert of an event that shows a tactic at a time. */
static void add_alert(struct world *world, int event, uint32_t organisation, nanoseconds when, enum tactic tactic,
    const char *source, uint64_t sequence)
{
	struct place *place = &world->place;
	struct builder encoded = { 0 };
	struct history_batch batch = { .organisation = organisation,
		.sensor = organisation,
		.epoch = { 7, sequence },
		.sequence_first = 1,
		.sequence_end = 2,
		.received = when,
		.lines = 1,
		.alerts = 1,
		.last = true };
	struct alert alert = { .id = { organisation, batch.epoch, 1 },
		.organisation = organisation,
		.occurred = when,
		.received = when,
		.detector = TEXT("Sensor"),
		.signature = TEXT("something was met"),
		.tactics = (uint16_t)(1u << tactic),
		.host = TEXT("web-1"),
		.repeats = 1,
		.original = TEXT("{}") };
	uint64_t position;
	assert_true(address_parse(text_of(source), &alert.source));
	alert_encode(&alert, &encoded);
	struct text bytes = { encoded.at, encoded.size };
	fine(place, history_append(place->history, &batch, bytes, &position, &place->failure));
	fine(place, history_sync(place->history, &place->failure));
	fine(place, history_judge(place->history, position, VERDICT_EVENT, world->events[event], (struct uuid){ 0 },
			&place->failure));
	builder_free(&encoded);
}

static void decide(struct world *world, int event, enum event_state state, struct uuid other)
{
	struct place *place = &world->place;
	fine(place, store_event_decide(place->store, place->work, world->events[event], state, other,
			TEXT("a person's reason"), 0, NOW + DAY, &place->failure));
}

static void add_notice(struct world *world)
{
	struct place *place = &world->place;
	struct notice notice = { .event = world->events[HARBOUR_EARLY],
		.organisation = world->harbour,
		.state = NOTICE_ACKNOWLEDGED,
		.subject_en = "Please look",
		.author = { { 1 } },
		.created = NOW + 2 * DAY,
		.sent = NOW + 2 * DAY,
		.deadline = NOW + 3 * DAY,
		.acknowledged = NOW + 2 * DAY + HOUR };
	fine(place, store_notice_put(place->store, place->work, &notice, &place->failure));
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	struct place *place = &world->place;
	place_open(place);
	world->campaign = uuid_random();
	fine(place, store_begin(place->store, &place->failure));
	world->harbour = add_organisation(place, "harbour", "The harbour", "");
	world->city = add_organisation(place, "city", "The city", "");
	add_event(world, HARBOUR_EARLY, world->harbour, NOW, "192.0.2.66");
	add_event(world, CITY_MIDDLE, world->city, NOW + HOUR, "192.0.2.66");
	add_event(world, HARBOUR_DISMISSED, world->harbour, NOW + 2 * HOUR, "198.51.100.7");
	add_event(world, CITY_MERGED, world->city, NOW + 3 * HOUR, "198.51.100.7");
	add_event(world, HARBOUR_ALONE, world->harbour, NOW + 4 * HOUR, "203.0.113.9");
	decide(world, HARBOUR_DISMISSED, EVENT_DISMISSED, (struct uuid){ 0 });
	decide(world, CITY_MERGED, EVENT_MERGED, world->events[CITY_MIDDLE]);
	add_notice(world);
	fine(place, store_commit(place->store, &place->failure));
	/* the harbour is entered first, the city is the first to call home */
	add_alert(world, HARBOUR_EARLY, world->harbour, NOW + 5 * MINUTE, TACTIC_INITIAL_ACCESS, "2001:db8:7:8::1", 1);
	add_alert(world, CITY_MIDDLE, world->city, NOW + 70 * MINUTE, TACTIC_INITIAL_ACCESS, "2001:db8:7:8::2", 2);
	add_alert(world, CITY_MIDDLE, world->city, NOW + 80 * MINUTE, TACTIC_COMMAND_AND_CONTROL, "192.0.2.66", 3);
	*state = world;
	return 0;
}

static int end(void **state)
{
	struct world *world = *state;
	int code = place_close(&world->place);
	free(world);
	return code;
}

static json_t *with_id(struct uuid id)
{
	char text[UUID_TEXT];
	return json_pack("{s:s}", "id", uuid_format(id, text));
}

static struct answer read_campaign(struct world *world)
{
	struct answer answer = ask(&world->place, ROLE_ANALYST, 0, "campaign-read-page", with_id(world->campaign), 0);
	fine(&world->place, answer.error);
	return answer;
}

static const char *string_of(json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static json_t *named(json_t *list, const char *key, const char *value)
{
	json_t *each;
	size_t index;
	json_array_foreach(list, index, each)
	{
		if (strcmp(string_of(each, key), value) == 0)
			return each;
	}
	return NULL;
}

static void test_one_analysis_cites_the_events_of_two_organisations(void **state)
{
	struct world *world = *state;
	struct answer answer = read_campaign(world);
	json_t *parts = json_object_get(answer.output, "parts");
	assert_int_equal(json_array_size(parts), 2);
	assert_string_equal(string_of(json_array_get(parts, 0), "organisation_title"), "The harbour");
	assert_string_equal(string_of(json_array_get(parts, 1), "organisation_title"), "The city");
	static const int cited[2][2] = { { HARBOUR_EARLY, HARBOUR_DISMISSED }, { CITY_MIDDLE, CITY_MERGED } };
	static const char *const states[2][2] = { { "open", "dismissed" }, { "open", "merged" } };
	for (size_t part = 0; part < 2; part++) {
		json_t *events = json_object_get(json_array_get(parts, part), "events");
		assert_int_equal(json_array_size(events), 2);
		for (size_t i = 0; i < 2; i++) {
			char id[UUID_TEXT];
			json_t *event = json_array_get(events, i);
			assert_string_equal(string_of(event, "id"), uuid_format(world->events[cited[part][i]], id));
			assert_string_equal(string_of(event, "state"), states[part][i]);
			assert_int_equal(
			    json_is_true(json_object_get(event, "counts")), strcmp(states[part][i], "dismissed") != 0);
		}
	}
	json_decref(answer.output);
}

static void test_shared_is_only_what_means_the_same_at_both(void **state)
{
	struct world *world = *state;
	struct answer answer = read_campaign(world);
	json_t *shared = json_object_get(answer.output, "shared");
	json_t *addresses = json_object_get(shared, "addresses");
	json_t *address = named(addresses, "name", "192.0.2.66");
	assert_non_null(address);
	assert_int_equal(json_integer_value(json_object_get(address, "organisations")), 2);
	assert_int_equal(json_array_size(json_object_get(address, "events")), 2);
	/* two addresses of one IPv6 network are one source */
	assert_non_null(named(addresses, "name", "2001:db8:7:8::/64"));
	/* private addresses of two organisations are two hosts; a dismissed event supports nothing */
	assert_null(named(addresses, "name", "10.0.0.1"));
	assert_null(named(addresses, "name", "198.51.100.7"));
	assert_non_null(named(json_object_get(shared, "signatures"), "name", "Exploit of a portal"));
	json_t *accounts = json_object_get(shared, "accounts");
	assert_int_equal(json_array_size(accounts), 1);
	assert_string_equal(string_of(json_array_get(accounts, 0), "name"), "mailer@partner.example");
	json_decref(answer.output);
}

static void test_steps_come_in_order_of_time_with_who_saw_them_first(void **state)
{
	struct world *world = *state;
	struct answer answer = read_campaign(world);
	json_t *steps = json_object_get(answer.output, "steps");
	json_t *access = named(steps, "id", "TA0001"), *control = named(steps, "id", "TA0011");
	assert_non_null(access);
	assert_non_null(control);
	json_t *seen = json_object_get(access, "seen");
	assert_int_equal(json_array_size(seen), 2);
	assert_string_equal(string_of(json_array_get(seen, 0), "organisation_title"), "The harbour");
	assert_string_equal(string_of(json_array_get(seen, 0), "first"), "2023-11-14T22:18:20Z");
	assert_true(json_is_true(json_object_get(json_array_get(seen, 0), "exact")));
	assert_true(*string_of(json_array_get(seen, 0), "alert") != 0);
	/* the harbour's event says so too, but none of its alerts shows when: not before the event */
	seen = named(json_object_get(control, "seen"), "organisation_title", "The harbour");
	assert_non_null(seen);
	assert_false(json_is_true(json_object_get(seen, "exact")));
	seen = named(json_object_get(control, "seen"), "organisation_title", "The city");
	assert_string_equal(string_of(seen, "first"), "2023-11-14T23:33:20Z");
	json_decref(answer.output);
}

static void test_the_timeline_tells_events_decisions_and_notices_in_order(void **state)
{
	struct world *world = *state;
	struct answer answer = read_campaign(world);
	json_t *timeline = json_object_get(answer.output, "timeline");
	static const char *const expected[] = { "first-alert", "opened", "dismissed", "merged", "notice-sent",
		"acknowledged" };
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_non_null(named(timeline, "what", expected[i]));
	for (size_t i = 1; i < json_array_size(timeline); i++)
		assert_true(strcmp(string_of(json_array_get(timeline, i - 1), "when"),
				string_of(json_array_get(timeline, i), "when")) <= 0);
	assert_int_equal(json_array_size(json_object_get(answer.output, "notices")), 1);
	json_decref(answer.output);
}

static void test_the_list_shows_whom_a_campaign_concerns(void **state)
{
	struct world *world = *state;
	struct answer answer = ask(&world->place, ROLE_ANALYST, 0, "campaign-list", json_object(), 0);
	fine(&world->place, answer.error);
	json_t *campaigns = json_object_get(answer.output, "campaigns"), *campaign = json_array_get(campaigns, 0);
	assert_int_equal(json_array_size(campaigns), 1);
	assert_int_equal(json_integer_value(json_object_get(campaign, "organisations")), 2);
	assert_int_equal(json_integer_value(json_object_get(campaign, "events")), 4);
	assert_int_equal(json_integer_value(json_object_get(campaign, "notices")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(campaign, "states"), "merged")), 1);
	assert_int_equal(json_array_size(json_object_get(campaign, "concerned")), 2);
	assert_true(json_real_value(json_object_get(campaign, "rank")) > 89);
	json_decref(answer.output);
}

static struct answer write_analysis(struct world *world, enum role role, const char *text, int seen)
{
	json_t *input = with_id(world->campaign);
	json_object_set_new(input, "text", json_string(text));
	if (seen >= 0)
		json_object_set_new(input, "seen", json_integer(seen));
	return ask(&world->place, role, role == ROLE_MEMBER ? world->harbour : 0, "campaign-analyse", input, 0);
}

static void test_each_version_of_the_text_stays_with_author_time_and_cited_events(void **state)
{
	struct world *world = *state;
	static const struct {
		const char *text;
		int seen;
		enum error error;
	} tries[] = { { "One actor entered both.", 0, OK }, { "Others wrote meanwhile.", 0, ERROR_CONFLICT },
		{ "  ", 1, ERROR_INPUT }, { "It began at the harbour.", 1, OK },
		{ "No version said.", -1, ERROR_INPUT } };
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		struct answer answer = write_analysis(world, ROLE_ANALYST, tries[i].text, tries[i].seen);
		assert_int_equal(answer.error, tries[i].error);
		json_decref(answer.output);
	}
	struct answer answer = read_campaign(world);
	json_t *analyses = json_object_get(answer.output, "analyses"), *newest = json_array_get(analyses, 0);
	assert_int_equal(json_array_size(analyses), 2);
	assert_int_equal(answer.version, 2);
	assert_string_equal(string_of(newest, "text"), "It began at the harbour.");
	assert_string_equal(string_of(json_array_get(analyses, 1), "text"), "One actor entered both.");
	assert_true(*string_of(newest, "written") && *string_of(newest, "author"));
	json_t *cited = json_object_get(newest, "events");
	assert_int_equal(json_array_size(cited), 4);
	assert_non_null(named(cited, "organisation_title", "The harbour"));
	assert_non_null(named(cited, "organisation_title", "The city"));
	json_decref(answer.output);
}

/* Two campaigns that turn out to be one: triage gives the events another name, and the text comes along. */
static void test_the_text_follows_its_events_when_the_campaign_gets_another_name(void **state)
{
	struct world *world = *state;
	struct place *place = &world->place;
	struct event *event = arena_take(place->arena, sizeof *event);
	struct event_standing standing;
	world->campaign = uuid_random();
	fine(place, store_begin(place->store, &place->failure));
	for (int i = 0; i < HARBOUR_ALONE; i++) {
		fine(place, store_event_get(place->store, place->work, world->events[i], place->arena, event, &standing,
				&place->failure));
		event->campaign = world->campaign;
		fine(place, store_event_put(place->store, place->work, event, &place->failure));
	}
	/* and an event that an analysis cites is not taken back */
	fine(place, store_event_remove(place->store, place->work, world->events[HARBOUR_EARLY], &place->failure));
	fine(place, store_event_get(place->store, place->work, world->events[HARBOUR_EARLY], place->arena, event,
			&standing, &place->failure));
	fine(place, store_commit(place->store, &place->failure));
	struct answer answer = read_campaign(world);
	assert_int_equal(json_array_size(json_object_get(answer.output, "analyses")), 2);
	json_decref(answer.output);
	answer = write_analysis(world, ROLE_ANALYST, "Third.", 2);
	fine(place, answer.error);
	json_decref(answer.output);
}

static void test_nobody_but_the_analysts_learns_of_campaigns(void **state)
{
	struct world *world = *state;
	static const enum role others[] = { ROLE_MEMBER, ROLE_ADMINISTRATOR, ROLE_AUDITOR };
	static const char *const names[] = { "campaign-list", "campaign-list-page", "campaign-read",
		"campaign-read-page", "campaign-analyse", "campaign-analyse-form" };
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
			struct answer answer = ask(&world->place, others[i],
			    others[i] == ROLE_MEMBER ? world->harbour : 0, names[n], with_id(world->campaign), 0);
			assert_int_equal(answer.error, ERROR_DENIED);
			assert_true(answer.route->hidden); /* request_run.c answers 404 then */
			json_decref(answer.output);
		}
	/* what does not exist says the same words */
	struct answer answer = ask(&world->place, ROLE_ANALYST, 0, "campaign-read", with_id(uuid_random()), 0);
	assert_int_equal(answer.error, ERROR_NOT_FOUND);
	assert_string_equal(world->place.failure.words, ROUTE_HIDDEN_WORDS);
	json_decref(answer.output);
}

/* Whatever scope a member has: the store gives no campaign to one that does not cover all. */
static void test_the_store_gives_no_campaign_to_a_scope_of_one_organisation(void **state)
{
	struct world *world = *state;
	struct place *place = &world->place;
	struct policy_snapshot snapshot;
	struct subject subject = {
		.account = { { 1 } }, .role = ROLE_MEMBER, .organisation = world->harbour, .name = "member"
	};
	fine(place, store_snapshot(place->store, time_now(), place->arena, &snapshot, &place->failure));
	for (unsigned action = 0; action < ACTION_COUNT; action++) {
		const struct scope *scope = policy_scope(&snapshot, &subject, (enum action)action, place->arena);
		struct campaign_summary campaign;
		struct page page = { .limit = 10 };
		assert_int_equal(
		    store_campaign_get(place->store, scope, world->campaign, &campaign, NULL), ERROR_NOT_FOUND);
		assert_int_equal(store_campaign_each(place->store, scope, &page, NULL, NULL, NULL), ERROR_NOT_FOUND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_analysis_cites_the_events_of_two_organisations),
		cmocka_unit_test(test_shared_is_only_what_means_the_same_at_both),
		cmocka_unit_test(test_steps_come_in_order_of_time_with_who_saw_them_first),
		cmocka_unit_test(test_the_timeline_tells_events_decisions_and_notices_in_order),
		cmocka_unit_test(test_the_list_shows_whom_a_campaign_concerns),
		cmocka_unit_test(test_each_version_of_the_text_stays_with_author_time_and_cited_events),
		cmocka_unit_test(test_the_text_follows_its_events_when_the_campaign_gets_another_name),
		cmocka_unit_test(test_nobody_but_the_analysts_learns_of_campaigns),
		cmocka_unit_test(test_the_store_gives_no_campaign_to_a_scope_of_one_organisation),
	};
	return cmocka_run_group_tests_name("triage campaigns", tests, begin, end);
}
