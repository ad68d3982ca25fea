/*
 * model/event.h and model/reason.h: titles, the stored form, the JSON form, verdicts and reasons.
 */
#include "model/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void name(struct event_name *to, const char *text, uint64_t alerts)
{
	snprintf(to->name, sizeof to->name, "%s", text);
	to->alerts = alerts;
}

static void fill_event(struct event *event)
{
	memset(event, 0, sizeof *event);
	assert_true(uuid_parse(TEXT("00112233-4455-8677-8899-aabbccddeeff"), &event->id));
	event->campaign = event->id;
	event->organisation = 4;
	event->provisional = true;
	event->first = 1583330105224939000;
	event->last = event->first + SECOND;
	event->opened = event->first + 2 * SECOND;
	event->updated = event->first + 3 * SECOND;
	event->rank = 87.256;
	event->alerts = 120;
	event->context = 20;
	event->tactics = 1u << TACTIC_EXECUTION;
	event->severity = SEVERITY_HIGH;
	event->outcome = OUTCOME_SUCCEEDED;
	event->coverage = 0.5;
	event->reason_count = 1;
	event->reasons[0].code = reason_kind_named(TEXT("unlisted"))->code;
	event->reasons[0].words = reason_kind_named(TEXT("unlisted"))->words;
	event->reasons[0].weight = 1;
	snprintf(event->reasons[0].parameter[0], sizeof event->reasons[0].parameter[0], "web \"shell\"");
	name(&event->hosts[0], "web-1", 100);
	name(&event->hosts[1], "db-1", 20);
	event->host_count = event->hosts_all = 2;
	name(&event->sources[0], "198.51.100.7", 120);
	event->source_count = 1;
	event->sources_all = 300;
	name(&event->signatures[0], "Common web attack.", 120);
	event->signature_count = event->signatures_all = 1;
	event->first_alert = (struct fact_id){ .sensor = 3, .epoch = { 1, 2 }, .sequence = 17 };
}

static void test_event_lives_through_storing(void **state)
{
	(void)state;
	struct event event, back;
	struct builder bytes = { 0 }, again = { 0 };
	fill_event(&event);
	event_encode(&event, &bytes);
	struct reader reader = reader_of(bytes.at, bytes.size);
	assert_int_equal(event_decode(&reader, &back, NULL), OK);
	assert_true(reader_done(&reader));
	assert_true(uuid_equal(event.id, back.id) && uuid_equal(event.campaign, back.campaign));
	assert_true(
	    event.rank == back.rank && event.coverage == back.coverage && event.provisional == back.provisional);
	assert_true(event.updated == back.updated && event.context == back.context);
	assert_string_equal(back.hosts[1].name, "db-1");
	assert_true(back.hosts[1].alerts == 20 && back.sources_all == 300);
	assert_ptr_equal(back.reasons[0].code, event.reasons[0].code);
	assert_string_equal(back.reasons[0].parameter[0], "web \"shell\"");
	assert_int_equal(fact_id_compare(&event.first_alert, &back.first_alert), 0);
	event_encode(&back, &again);
	assert_int_equal(again.size, bytes.size);
	assert_memory_equal(again.at, bytes.at, bytes.size);
	builder_free(&bytes);
	builder_free(&again);
}

static void test_cut_stored_event_is_corrupt_and_leaves_nothing_half_read(void **state)
{
	(void)state;
	struct event event, back;
	struct builder bytes = { 0 };
	fill_event(&event);
	event_encode(&event, &bytes);
	for (size_t size = 0; size < bytes.size; size++) {
		char *exact = malloc(size + 1);
		memcpy(exact, bytes.at, size);
		struct reader reader = reader_of(exact, size);
		assert_int_equal(event_decode(&reader, &back, NULL), ERROR_CORRUPT);
		assert_int_equal(back.host_count + back.reason_count + back.source_count, 0);
		free(exact);
	}
	bytes.at[0] = 7;
	struct reader reader = reader_of(bytes.at, bytes.size);
	assert_int_equal(event_decode(&reader, &back, NULL), ERROR_VERSION);
	builder_free(&bytes);
}

static void test_reason_of_another_version_comes_back_as_unlisted_with_its_code(void **state)
{
	(void)state;
	struct event event, back;
	struct builder bytes = { 0 };
	fill_event(&event);
	event.reasons[0].code = "from-the-future";
	event_encode(&event, &bytes);
	struct reader reader = reader_of(bytes.at, bytes.size);
	assert_int_equal(event_decode(&reader, &back, NULL), OK);
	assert_string_equal(back.reasons[0].code, "unlisted");
	assert_string_equal(back.reasons[0].parameter[0], "from-the-future");
	builder_free(&bytes);
}

static void test_title_says_signature_host_and_how_many_more(void **state)
{
	(void)state;
	struct event event;
	char title[100], small[10];
	fill_event(&event);
	event_title(&event, title, sizeof title);
	assert_string_equal(title, "Common web attack. · web-1 +1");
	event_title(&event, small, sizeof small);
	assert_string_equal(small, "Common we");
	event.hosts_all = 1;
	event_title(&event, title, sizeof title);
	assert_string_equal(title, "Common web attack. · web-1");
	event.host_count = 0;
	event_title(&event, title, sizeof title);
	assert_string_equal(title, "Common web attack.");
	event.signature_count = 0;
	event_title(&event, title, sizeof title);
	assert_string_equal(title, "120 alerts");
}

static void test_event_prints_as_json(void **state)
{
	(void)state;
	struct event event;
	struct builder json = { 0 };
	fill_event(&event);
	event.reasons[0].words = "Seen: {0}, not {7} nor {";
	event_write_json(&event, &json);
	assert_string_equal(json.at,
	    "{\"id\":\"00112233-4455-8677-8899-aabbccddeeff\",\"organisation\":4,"
	    "\"campaign\":\"00112233-4455-8677-8899-aabbccddeeff\",\"title\":\"Common web attack. · web-1 "
	    "+1\",\"provisional\":true,"
	    "\"first\":\"2020-03-04T13:55:05.224939Z\",\"last\":\"2020-03-04T13:55:06.224939Z\","
	    "\"opened\":\"2020-03-04T13:55:07.224939Z\",\"updated\":\"2020-03-04T13:55:08.224939Z\",\"rank\":87.26,"
	    "\"alerts\":120,"
	    "\"context\":20,\"tactics\":[{\"id\":\"TA0002\",\"name\":\"Execution\"}],\"severity\":\"high\",\"outcome\":"
	    "\"succeeded\","
	    "\"coverage\":0.500,\"reasons\":[{\"code\":\"unlisted\",\"words\":\"Seen: web \\\"shell\\\", not {7} nor "
	    "{\","
	    "\"parameters\":[\"web \\\"shell\\\"\"],\"weight\":1.0000}],"
	    "\"hosts\":{\"all\":2,\"listed\":[{\"name\":\"web-1\",\"alerts\":100},{\"name\":\"db-1\",\"alerts\":20}]},"
	    "\"sources\":{\"all\":300,\"listed\":[{\"name\":\"198.51.100.7\",\"alerts\":120}]},"
	    "\"signatures\":{\"all\":1,\"listed\":[{\"name\":\"Common web attack.\",\"alerts\":120}]},"
	    "\"detectors\":{\"all\":0,\"listed\":[]},\"accounts\":{\"all\":0,\"listed\":[]},"
	    "\"first_alert\":\"3-00000000000000010000000000000002-17\"}");
	builder_free(&json);
}

static void test_verdicts_have_codes_that_read_back_and_words(void **state)
{
	(void)state;
	unsigned noise = 0;
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		enum verdict verdict;
		assert_true(verdict_parse(text_of(verdict_code((enum verdict)i)), &verdict));
		assert_int_equal(verdict, i);
		assert_true(*verdict_words((enum verdict)i));
		noise += verdict_is_noise((enum verdict)i);
	}
	assert_int_equal(noise, 8);
	assert_false(verdict_is_noise(VERDICT_PENDING));
	enum verdict verdict;
	assert_false(verdict_parse(TEXT("nonsense"), &verdict));
}

static void test_reasons_have_codes_of_their_own_and_only_parameters_that_exist(void **state)
{
	(void)state;
	for (const struct reason_kind *kind = reason_kinds; kind->code; kind++) {
		assert_ptr_equal(reason_kind_named(text_of(kind->code)), kind);
		for (const char *at = strchr(kind->words, '{'); at; at = strchr(at + 1, '{'))
			assert_true(at[1] >= '0' && at[1] < '0' + REASON_PARAMETERS && at[2] == '}');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event_lives_through_storing),
		cmocka_unit_test(test_cut_stored_event_is_corrupt_and_leaves_nothing_half_read),
		cmocka_unit_test(test_reason_of_another_version_comes_back_as_unlisted_with_its_code),
		cmocka_unit_test(test_title_says_signature_host_and_how_many_more),
		cmocka_unit_test(test_event_prints_as_json),
		cmocka_unit_test(test_verdicts_have_codes_that_read_back_and_words),
		cmocka_unit_test(test_reasons_have_codes_of_their_own_and_only_parameters_that_exist),
	};
	return cmocka_run_group_tests_name("model event", tests, NULL, NULL);
}
