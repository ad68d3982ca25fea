/*
 * What triage makes of small streams whose truth is plain.
 */
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two days of the same routine, so that the organisation is known. */
static nanoseconds feed_routine(struct bench *bench, uint32_t organisation)
{
	for (nanoseconds time = MONDAY; time < MONDAY + 2 * DAY; time += 10 * MINUTE) {
		feed(bench, alert_of(organisation, time, "Dovecot Authentication Success.", "mail"));
		feed(bench, alert_of(organisation, time + SECOND, "SURICATA TLS invalid record/traffic", "vpn"));
		feed(bench, alert_of(organisation, time + 2 * SECOND, "Web server 400 error code.", "web"));
	}
	return MONDAY + 2 * DAY;
}

static void test_a_sign_of_compromise_is_an_event_even_in_the_first_minute(void **state)
{
	struct bench *bench = *state;
	uint64_t at = feed(bench, alert_of(1, MONDAY, "ET TROJAN Zeus CnC Checkin", "desk-7"));
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 1);
	assert_int_equal(bench->found->verdicts[at], VERDICT_EVENT);
	assert_int_equal(bench->found->events[0]->outcome, OUTCOME_SUCCEEDED);
	assert_true(bench->found->events[0]->tactics & 1u << TACTIC_COMMAND_AND_CONTROL);
	assert_true(bench->found->events[0]->reason_count > 0);
}

static void test_routine_makes_no_event_and_every_alert_has_a_verdict(void **state)
{
	struct bench *bench = *state;
	feed_routine(bench, 1);
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 0);
	for (uint64_t i = 0; i < bench->sequence; i++)
		assert_true(verdict_is_noise(bench->found->verdicts[i]));
	struct triage_counts counts;
	triage_count(bench->triage, &counts);
	uint64_t sum = 0;
	for (int i = 0; i < VERDICT_COUNT; i++)
		sum += counts.verdicts[i];
	assert_int_equal(sum, bench->sequence);
}

static void feed_attempts(struct bench *bench, unsigned count, unsigned sources, enum outcome outcome)
{
	for (unsigned i = 0; i < count; i++) {
		char source[32];
		struct alert alert =
		    alert_of(1, MONDAY + i * SECOND, "ET WEB_SERVER SQL Injection Attempt SELECT FROM", "web");
		snprintf(source, sizeof source, "198.51.100.%u", i % sources + 1);
		alert.source = address_from(source);
		alert.severity = SEVERITY_HIGH;
		alert.outcome = outcome;
		feed(bench, alert);
	}
}

static void test_identical_attempts_of_one_source_are_one_event(void **state)
{
	struct bench *bench = *state;
	feed_attempts(bench, 500, 1, OUTCOME_UNKNOWN);
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 1);
	assert_int_equal(bench->found->events[0]->alerts, 500);
	assert_int_equal(bench->found->events[0]->sources_all, 1);
}

static void test_attempts_of_many_sources_with_few_hits_each_are_one_event(void **state)
{
	struct bench *bench = *state;
	feed_attempts(bench, 500, 250, OUTCOME_UNKNOWN);
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 1);
	assert_int_equal(bench->found->events[0]->alerts, 500);
	assert_int_equal(bench->found->events[0]->sources_all, 250);
}

static void test_failed_attempts_and_reconnaissance_alone_are_noise(void **state)
{
	struct bench *bench = *state;
	feed_attempts(bench, 500, 5, OUTCOME_FAILED);
	for (unsigned i = 0; i < 200; i++)
		feed(bench, alert_of(1, MONDAY + HOUR + i * SECOND,
				"ET SCAN Nmap Scripting Engine User-Agent Detected (Nmap)", "web"));
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 0);
	assert_int_equal(bench->found->verdicts[0], VERDICT_FAILED);
	assert_int_equal(bench->found->verdicts[600], VERDICT_RECONNAISSANCE);
}

static void test_earlier_reconnaissance_joins_the_event_that_follows(void **state)
{
	struct bench *bench = *state;
	struct alert scan = alert_of(1, MONDAY, "ET SCAN Nmap sweep", "web");
	scan.source = address_from("203.0.113.9");
	uint64_t first = feed(bench, scan);
	scan.occurred += 50 * MINUTE;
	struct alert shell = scan;
	shell.signature = TEXT("ET WEB_SERVER WebShell Generic access");
	uint64_t last = feed(bench, shell);
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 1);
	assert_int_equal(bench->found->verdicts[first], VERDICT_CONTEXT);
	assert_int_equal(bench->found->verdicts[last], VERDICT_EVENT);
	assert_int_equal(bench->found->events[0]->first, MONDAY);
	assert_int_equal(bench->found->events[0]->context, 1);
}

static void test_rare_changes_after_learning_are_an_event(void **state)
{
	struct bench *bench = *state;
	nanoseconds now = feed_routine(bench, 1) + 3 * HOUR + 7 * MINUTE;
	feed(bench, alert_of(1, now, "New user_auth parameter combination in Audit logs.", "db"));
	feed(bench, alert_of(1, now + SECOND, "Successful sudo to ROOT executed.", "db"));
	feed(bench, alert_of(1, now + 2 * SECOND, "New service was installed", "db"));
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 1);
	assert_int_equal(bench->found->events[0]->alerts, 3);
	assert_int_equal(bench->found->events[0]->hosts_all, 1);
}

static void test_an_attack_that_recurs_day_after_day_becomes_background(void **state)
{
	struct bench *bench = *state;
	uint64_t last = 0;
	for (unsigned day = 0; day < 20; day++)
		for (unsigned hour = 0; hour < 24; hour++) {
			struct alert alert = alert_of(
			    1, MONDAY + day * DAY + hour * HOUR, "ET WEB_SERVER Possible SQL Injection", "web");
			alert.severity = SEVERITY_MEDIUM;
			last = feed(bench, alert);
		}
	triage_finish(bench->triage);
	assert_int_equal(bench->found->verdicts[last], VERDICT_BACKGROUND);
	assert_true(bench->found->event_count <= 1);
}

static void test_events_of_two_organisations_with_one_public_source_are_one_campaign(void **state)
{
	struct bench *bench = *state;
	for (uint32_t organisation = 1; organisation <= 3; organisation++) {
		struct alert alert =
		    alert_of(organisation, MONDAY + organisation * DAY, "ET TROJAN CnC Beacon", "desk");
		alert.source = address_from("192.168.1.5");
		alert.target = address_from(organisation == 3 ? "198.51.100.77" : "203.0.113.66");
		feed(bench, alert);
	}
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 3);
	struct uuid campaign[4] = { 0 };
	for (unsigned i = 0; i < 3; i++)
		campaign[bench->found->events[i]->organisation] = bench->found->events[i]->campaign;
	assert_false(uuid_is_nil(campaign[1]));
	assert_true(uuid_equal(campaign[1], campaign[2]));
	assert_true(uuid_is_nil(campaign[3]));
}

static void test_the_same_private_address_at_two_organisations_ties_nothing(void **state)
{
	struct bench *bench = *state;
	for (uint32_t organisation = 1; organisation <= 2; organisation++) {
		struct alert alert =
		    alert_of(organisation, MONDAY + organisation * DAY, "ET TROJAN CnC Beacon", "desk");
		alert.source = address_from("10.0.0.1");
		alert.target = address_from("10.0.0.2");
		feed(bench, alert);
	}
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 2);
	assert_true(uuid_is_nil(bench->found->events[0]->campaign));
}

static void test_addresses_of_one_ipv6_network_count_as_one_source(void **state)
{
	struct bench *bench = *state;
	for (unsigned i = 0; i < 50; i++) {
		char source[64];
		struct alert alert = alert_of(1, MONDAY + i * SECOND, "ET EXPLOIT something", "web");
		snprintf(source, sizeof source, "2001:db8:1:2::%x", i + 1);
		alert.source = address_from(source);
		alert.severity = SEVERITY_HIGH;
		feed(bench, alert);
	}
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 1);
	assert_int_equal(bench->found->events[0]->sources_all, 1);
}

static void test_a_standing_decision_takes_alerts_out_until_it_expires(void **state)
{
	struct bench *bench = *state;
	struct failure failure = { 0 };
	struct triage_rule rule = { .id = uuid_random(),
		.verdict = VERDICT_DECISION,
		.organisation = 1,
		.signature = TEXT("ET TROJAN CnC Beacon"),
		.host = TEXT("lab"),
		.expires = MONDAY + DAY };
	assert_int_equal(triage_set_rules(bench->triage, &rule, 1, &failure), OK);
	uint64_t inside = feed(bench, alert_of(1, MONDAY, "ET TROJAN CnC Beacon", "lab"));
	uint64_t other_host = feed(bench, alert_of(1, MONDAY + SECOND, "ET TROJAN CnC Beacon", "desk"));
	uint64_t other_organisation = feed(bench, alert_of(2, MONDAY, "ET TROJAN CnC Beacon", "lab"));
	uint64_t expired = feed(bench, alert_of(1, MONDAY + 2 * DAY, "ET TROJAN CnC Beacon", "lab"));
	triage_finish(bench->triage);
	assert_int_equal(bench->found->verdicts[inside], VERDICT_DECISION);
	assert_int_equal(bench->found->verdicts[other_host], VERDICT_EVENT);
	assert_int_equal(bench->found->verdicts[other_organisation], VERDICT_EVENT);
	assert_int_not_equal(bench->found->verdicts[expired], VERDICT_DECISION);
}

static const char *only_one(void *context, const struct alert *alert, struct address remote)
{
	(void)alert;
	return address_equal(remote, *(struct address *)context) ? "a known scanner" : NULL;
}

static void test_a_known_scanner_is_noise_but_its_success_is_not(void **state)
{
	struct bench *bench = *state;
	struct address scanner = address_from("198.51.100.9");
	triage_set_known(bench->triage, only_one, &scanner);
	struct alert attempt = alert_of(1, MONDAY, "ET EXPLOIT CVE-2022-0001 attempt", "web");
	attempt.severity = SEVERITY_HIGH;
	attempt.source = scanner;
	uint64_t known = feed(bench, attempt);
	struct alert success = alert_of(1, MONDAY + HOUR, "ET WEB_SERVER WebShell access", "web");
	success.source = scanner;
	uint64_t worked = feed(bench, success);
	triage_finish(bench->triage);
	assert_int_equal(bench->found->verdicts[known], VERDICT_KNOWN_SOURCE);
	assert_int_equal(bench->found->verdicts[worked], VERDICT_EVENT);
}

/* An address in somebody's telescope: one of ours is an event, a stranger's is nobody's business here, and leaves no
 * trace in what is usual for the organisation whose telescope it is. */
static void test_an_address_in_a_telescope_is_an_event_when_it_is_held_here(void **state)
{
	struct bench *bench = *state;
	uint64_t strangers[300];
	for (unsigned i = 0; i < 300; i++) {
		struct alert alert = alert_of(1, MONDAY + i * SECOND, "Darknet: worm", "");
		alert.detector = TEXT("Noroshi darknet");
		alert.signature_id = TEXT("darknet:worm");
		alert.severity = SEVERITY_HIGH;
		alert.source = address_from("192.0.2.9");
		alert.source.bytes[14] = (uint8_t)(i >> 8);
		alert.source.bytes[15] = (uint8_t)i;
		strangers[i] = feed(bench, alert);
	}
	struct alert own = alert_of(2, MONDAY, "Darknet: worm", "");
	own.detector = TEXT("Noroshi darknet");
	own.signature_id = TEXT("darknet:worm");
	own.severity = SEVERITY_HIGH;
	own.source = own.host_address = address_from("198.51.100.9");
	uint64_t held = feed(bench, own);
	own.signature = TEXT("Darknet: research scanner");
	own.signature_id = TEXT("darknet:research");
	own.severity = SEVERITY_INFO;
	own.occurred += DAY;
	uint64_t research = feed(bench, own);
	triage_finish(bench->triage);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(bench->found->verdicts[strangers[i]], VERDICT_FOREIGN);
	assert_int_equal(bench->found->verdicts[held], VERDICT_EVENT);
	assert_true(verdict_is_noise(bench->found->verdicts[research]));
	struct triage_counts counts;
	triage_count_organisation(bench->triage, 1, &counts);
	assert_int_equal(counts.events_opened, 0);
	assert_int_equal(counts.forgotten, 0);
}

static void test_one_wrong_clock_does_not_make_the_others_late(void **state)
{
	struct bench *bench = *state;
	for (unsigned i = 0; i < 100; i++) {
		struct alert alert = alert_of(1, MONDAY + i * MINUTE, "Web server 400 error code.", "web");
		feed(bench, alert);
		if (i == 50) {
			alert.occurred = 130 * 365 * DAY; /* the year 2099 */
			feed(bench, alert);
			alert.occurred = 0; /* 1970 */
			feed(bench, alert);
		}
	}
	triage_finish(bench->triage);
	struct triage_counts counts;
	triage_count(bench->triage, &counts);
	assert_int_equal(counts.clamped, 2);
	assert_int_equal(counts.late, 1); /* that of 1970 */
}

static void test_an_organisation_beyond_the_limit_is_refused_in_words(void **state)
{
	struct bench *bench = *state;
	triage_free(bench->triage);
	bench->settings.organisations = 2;
	bench_start(bench);
	struct failure failure = { 0 };
	feed(bench, alert_of(1, MONDAY, "a", "b"));
	feed(bench, alert_of(2, MONDAY, "a", "b"));
	struct alert third = alert_of(3, MONDAY, "a", "b");
	assert_int_equal(triage_add(bench->triage, &third, 9, &failure), ERROR_LIMIT);
	assert_non_null(strstr(failure.words, "2 organisations"));
}

/* ── provisional events ─ */

static void test_an_event_opens_at_once_and_keeps_its_id_when_it_becomes_final(void **state)
{
	struct bench *bench = *state;
	triage_free(bench->triage);
	bench->settings.provisional = true;
	bench_start(bench);
	feed(bench, alert_of(1, MONDAY, "ET TROJAN CnC Beacon", "desk"));
	triage_advance_organisation(bench->triage, 1, MONDAY);
	assert_int_equal(bench->found->event_count, 1);
	assert_true(bench->found->events[0]->provisional);
	assert_int_equal(bench->found->verdicts[0], VERDICT_EVENT);
	struct uuid id = bench->found->events[0]->id;
	triage_advance(bench->triage, MONDAY + 11 * MINUTE);
	assert_int_equal(bench->found->event_count, 1);
	assert_true(uuid_equal(bench->found->events[0]->id, id));
	assert_false(bench->found->events[0]->provisional);
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 1);
	assert_int_equal(bench->found->taken_back, 0);
}

static void test_a_provisional_event_that_an_earlier_alert_renames_is_taken_back(void **state)
{
	struct bench *bench = *state;
	triage_free(bench->triage);
	bench->settings.provisional = true;
	bench_start(bench);
	feed(bench, alert_of(1, MONDAY + 5 * MINUTE, "ET TROJAN CnC Beacon", "desk"));
	triage_advance(bench->triage, MONDAY + 5 * MINUTE);
	struct uuid early = bench->found->events[0]->id;
	struct alert before = alert_of(1, MONDAY, "ET TROJAN CnC Checkin", "desk");
	before.received = MONDAY + 6 * MINUTE;
	feed(bench, before);
	triage_finish(bench->triage);
	assert_int_equal(bench->found->event_count, 1);
	assert_false(uuid_equal(bench->found->events[0]->id, early));
	assert_int_equal(bench->found->events[0]->alerts, 2);
	assert_int_equal(bench->found->taken_back, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_sign_of_compromise_is_an_event_even_in_the_first_minute, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_routine_makes_no_event_and_every_alert_has_a_verdict, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_identical_attempts_of_one_source_are_one_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_attempts_of_many_sources_with_few_hits_each_are_one_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_failed_attempts_and_reconnaissance_alone_are_noise, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_earlier_reconnaissance_joins_the_event_that_follows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rare_changes_after_learning_are_an_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_an_attack_that_recurs_day_after_day_becomes_background, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_events_of_two_organisations_with_one_public_source_are_one_campaign, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_the_same_private_address_at_two_organisations_ties_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_addresses_of_one_ipv6_network_count_as_one_source, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_standing_decision_takes_alerts_out_until_it_expires, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_an_address_in_a_telescope_is_an_event_when_it_is_held_here, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_known_scanner_is_noise_but_its_success_is_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_wrong_clock_does_not_make_the_others_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_an_organisation_beyond_the_limit_is_refused_in_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_an_event_opens_at_once_and_keeps_its_id_when_it_becomes_final, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_provisional_event_that_an_earlier_alert_renames_is_taken_back, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
