/*
 * model/alert.h: identities, names, the stored form, the JSON form.
 */
#include "model/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
	struct address address = { 0 };
	assert_true(address_parse(text_of(text), &address));
	return address;
}

static struct alert full_alert(void)
{
	return (struct alert){
		.id = { .sensor = 3, .epoch = { 0x0011223344556677, 0x8899aabbccddeeff }, .sequence = 17 },
		.organisation = 4,
		.occurred = 1583330105224939000,
		.received = 1583330106000000000,
		.zone_assumed = true,
		.detector = TEXT("Suricata"),
		.signature_id = TEXT("1:2016184:5"),
		.signature = TEXT("A \"rule\"\\"),
		.category = TEXT("web"),
		.severity = SEVERITY_CRITICAL,
		.outcome = OUTCOME_SUCCEEDED,
		.tactics = 1u << TACTIC_RECONNAISSANCE | 1u << TACTIC_IMPACT,
		.source = address_of("2001:db8::1"),
		.target = address_of("10.0.0.5"),
		.source_port = 65535,
		.target_port = 80,
		.host = TEXT("web-1"),
		.host_address = address_of("10.0.0.5"),
		.account = TEXT("root"),
		.protocol = TEXT("http"),
		.object = TEXT("http://example.org/\xe6\x97\xa5"),
		.repeats = 7,
		.original = TEXT("line\xff"),
	};
}

static void expect_round_trip(const struct alert *alert)
{
	struct builder bytes = { 0 };
	struct alert back;
	struct failure failure;
	alert_encode(alert, &bytes);
	struct reader reader = reader_of(bytes.at, bytes.size);
	assert_int_equal(alert_decode(&reader, &back, &failure), OK);
	assert_true(reader_done(&reader));
	assert_int_equal(fact_id_compare(&alert->id, &back.id), 0);
	assert_true(alert->organisation == back.organisation && alert->occurred == back.occurred);
	assert_true(alert->received == back.received && alert->zone_assumed == back.zone_assumed);
	assert_true(
	    alert->severity == back.severity && alert->outcome == back.outcome && alert->tactics == back.tactics);
	assert_true(address_equal(alert->source, back.source) && address_equal(alert->target, back.target));
	assert_true(address_equal(alert->host_address, back.host_address));
	assert_true(alert->source_port == back.source_port && alert->target_port == back.target_port);
	assert_true(alert->repeats == back.repeats);
	const struct text *texts[][2] = { { &alert->detector, &back.detector },
		{ &alert->signature_id, &back.signature_id }, { &alert->signature, &back.signature },
		{ &alert->category, &back.category }, { &alert->host, &back.host }, { &alert->account, &back.account },
		{ &alert->protocol, &back.protocol }, { &alert->object, &back.object },
		{ &alert->original, &back.original } };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_true(text_equal(*texts[i][0], *texts[i][1]));
	builder_free(&bytes);
}

static void test_alert_lives_through_storing_with_each_field_and_without(void **state)
{
	(void)state;
	struct alert alert = full_alert();
	expect_round_trip(&alert);
	struct alert least = { .signature = TEXT("s"), .detector = TEXT("d"), .repeats = 1 };
	expect_round_trip(&least);
	for (int i = 0; i < 6; i++) {
		struct alert one = least;
		struct text *const optional[] = { &one.signature_id, &one.category, &one.host, &one.account,
			&one.protocol, &one.object };
		*optional[i] = TEXT("x");
		expect_round_trip(&one);
	}
}

static void test_alerts_follow_each_other_in_one_reader(void **state)
{
	(void)state;
	struct builder bytes = { 0 };
	struct alert alert = full_alert(), back;
	for (uint64_t i = 0; i < 100; i++) {
		alert.id.sequence = i;
		alert_encode(&alert, &bytes);
	}
	struct reader reader = reader_of(bytes.at, bytes.size);
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(alert_decode(&reader, &back, NULL), OK);
		assert_true(back.id.sequence == i);
	}
	assert_true(reader_done(&reader));
	assert_int_equal(alert_decode(&reader, &back, NULL), ERROR_CORRUPT);
	builder_free(&bytes);
}

static void test_cut_stored_alert_is_corrupt_at_every_length(void **state)
{
	(void)state;
	struct builder bytes = { 0 };
	struct alert alert = full_alert(), back;
	alert_encode(&alert, &bytes);
	for (size_t size = 0; size < bytes.size; size++) {
		char *exact = malloc(size + 1);
		memcpy(exact, bytes.at, size);
		struct reader reader = reader_of(exact, size);
		assert_int_equal(alert_decode(&reader, &back, NULL), ERROR_CORRUPT);
		free(exact);
	}
	builder_free(&bytes);
}

static void test_stored_alert_of_another_version_is_refused_with_both_numbers(void **state)
{
	(void)state;
	struct builder bytes = { 0 };
	struct failure failure;
	struct alert alert = full_alert(), back;
	alert_encode(&alert, &bytes);
	bytes.at[0] = 9;
	struct reader reader = reader_of(bytes.at, bytes.size);
	assert_int_equal(alert_decode(&reader, &back, &failure), ERROR_VERSION);
	assert_non_null(strstr(failure.words, "version 9"));
	builder_free(&bytes);
}

static void test_stored_alert_with_values_that_do_not_exist_is_corrupt(void **state)
{
	(void)state;
	struct builder bytes = { 0 };
	struct alert alert = full_alert(), back;
	alert.severity = (enum severity)6;
	alert_encode(&alert, &bytes);
	struct reader reader = reader_of(bytes.at, bytes.size);
	assert_int_equal(alert_decode(&reader, &back, NULL), ERROR_CORRUPT);
	builder_free(&bytes);
}

static void test_alert_prints_every_field_as_json(void **state)
{
	(void)state;
	struct builder json = { 0 };
	struct alert alert = full_alert();
	alert_write_json(&alert, true, &json);
	assert_string_equal(json.at,
	    "{\"time\":\"2020-03-04T13:55:05.224939Z\",\"detector\":\"Suricata\",\"signature\":\"A \\\"rule\\\"\\\\\","
	    "\"id\":\"3-00112233445566778899aabbccddeeff-17\",\"organisation\":4,\"received\":\"2020-03-04T13:55:06Z\","
	    "\"zone_assumed\":true,\"signature_id\":\"1:2016184:5\",\"category\":\"web\",\"severity\":\"critical\","
	    "\"outcome\":\"succeeded\",\"tactics\":[\"TA0043\",\"TA0040\"],\"source\":\"2001:db8::1\",\"source_port\":"
	    "65535,"
	    "\"target\":\"10.0.0.5\",\"target_port\":80,\"host\":\"web-1\",\"address\":\"10.0.0.5\",\"account\":"
	    "\"root\","
	    "\"protocol\":\"http\",\"object\":\"http://example.org/"
	    "\xe6\x97\xa5\",\"repeats\":7,\"original\":\"line\xef\xbf\xbd\"}");
	builder_clear(&json);
	struct alert least = { .signature = TEXT("s"), .detector = TEXT("d"), .repeats = 1 };
	alert_write_json(&least, true, &json);
	assert_string_equal(json.at, "{\"time\":\"1970-01-01T00:00:00Z\",\"detector\":\"d\",\"signature\":\"s\"}");
	builder_free(&json);
}

static void test_identity_reads_back_as_it_was_written(void **state)
{
	(void)state;
	char text[FACT_ID_TEXT];
	struct alert alert = full_alert();
	struct fact_id ids[] = { alert.id, { 0 },
		{ .sensor = UINT32_MAX, .epoch = { UINT64_MAX, UINT64_MAX }, .sequence = UINT64_MAX } };
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct fact_id back;
		assert_true(fact_id_parse(text_of(fact_id_format(&ids[i], text)), &back));
		assert_int_equal(fact_id_compare(&ids[i], &back), 0);
	}
	static const char *const wrong[] = { "", "3", "3-00-1", "4294967296-00112233445566778899aabbccddeeff-17",
		"3-00112233445566778899aabbccddeeff-", "3-00112233445566778899aabbccddeefg-1",
		"3-00112233445566778899aabbccddeeff-17-1" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct fact_id back;
		assert_false(fact_id_parse(text_of(wrong[i]), &back));
	}
}

static void test_identities_are_ordered_by_sensor_epoch_and_sequence(void **state)
{
	(void)state;
	const struct fact_id order[] = { { .sensor = 1, .epoch = { 9, 9 }, .sequence = 9 },
		{ .sensor = 2, .sequence = 9 }, { .sensor = 2, .epoch = { 0, 1 } }, { .sensor = 2, .epoch = { 1, 0 } },
		{ .sensor = 2, .epoch = { 1, 0 }, .sequence = 1 } };
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++) {
			int compared = fact_id_compare(&order[i], &order[j]);
			assert_true(i < j ? compared < 0 : i > j ? compared > 0 : compared == 0);
		}
}

static void test_tactics_are_known_by_id_and_by_every_way_to_write_their_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TACTIC_COUNT; i++) {
		assert_int_equal(tactic_bit(text_of(tactic_id((enum tactic)i))), 1u << i);
		assert_int_equal(tactic_bit(text_of(tactic_name((enum tactic)i))), 1u << i);
	}
	assert_int_equal(tactic_bit(TEXT("command-and-control")), 1u << TACTIC_COMMAND_AND_CONTROL);
	assert_int_equal(tactic_bit(TEXT(" Credential_Access ")), 1u << TACTIC_CREDENTIAL_ACCESS);
	assert_int_equal(tactic_bit(TEXT("ta0001")), 1u << TACTIC_INITIAL_ACCESS);
	assert_int_equal(tactic_bit(TEXT("TA00011")), 0);
	assert_int_equal(tactic_bit(TEXT("")), 0);
}

static void test_problem_names_the_first_thing_that_is_wrong(void **state)
{
	(void)state;
	struct alert alert = full_alert();
	assert_null(alert_problem(&alert));
	alert.repeats = 0;
	assert_non_null(strstr(alert_problem(&alert), "repeats"));
	alert.detector = TEXT(" ");
	assert_non_null(strstr(alert_problem(&alert), "detector"));
	alert.signature = TEXT("");
	assert_non_null(strstr(alert_problem(&alert), "signature"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alert_lives_through_storing_with_each_field_and_without),
		cmocka_unit_test(test_alerts_follow_each_other_in_one_reader),
		cmocka_unit_test(test_cut_stored_alert_is_corrupt_at_every_length),
		cmocka_unit_test(test_stored_alert_of_another_version_is_refused_with_both_numbers),
		cmocka_unit_test(test_stored_alert_with_values_that_do_not_exist_is_corrupt),
		cmocka_unit_test(test_alert_prints_every_field_as_json),
		cmocka_unit_test(test_identity_reads_back_as_it_was_written),
		cmocka_unit_test(test_identities_are_ordered_by_sensor_epoch_and_sequence),
		cmocka_unit_test(test_tactics_are_known_by_id_and_by_every_way_to_write_their_name),
		cmocka_unit_test(test_problem_names_the_first_thing_that_is_wrong),
	};
	return cmocka_run_group_tests_name("model alert", tests, NULL, NULL);
}
