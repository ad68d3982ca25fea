/*
 * Indicators out of documents of STIX and MISP: which are taken, which are passed over, and what is said of the rest.
 */
#include "base/stream.h"
#include "match/indicator_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct indicator_set *set;
static struct indicator_list_counts counts;
static char said[1024];

static void complain(void *context, const char *file, uint64_t line, const struct failure *failure)
{
	(void)context;
	assert_string_equal(file, "document");
	assert_int_equal(line, 0);
	size_t size = strlen(said);
	snprintf(said + size, sizeof said - size, "%s\n", failure->words);
}

static int end(void **state)
{
	(void)state;
	indicator_set_free(set);
	set = NULL;
	return 0;
}

static enum error read_document(const char *text, struct failure *failure)
{
	struct stream *stream;
	end(NULL);
	said[0] = 0;
	assert_int_equal(stream_open_memory("document", text, strlen(text), &stream, failure), OK);
	enum error error = indicators_load_stream(stream, &set, &counts, complain, NULL, failure);
	stream_close(stream);
	return error;
}

static void read_well(const char *text)
{
	struct failure failure = { 0 };
	if (read_document(text, &failure))
		fail_msg("%s", failure.words);
}

static uint32_t met; /* the number of the last one */

static void meet(void *context, const struct indicator_match *match)
{
	(void)context;
	met = match->number;
}

static uint32_t number_of(const char *value)
{
	met = 0;
	indicator_set_kinds(set, INDICATOR_ANY, text_of(value), meet, NULL);
	return met;
}

#define STIX(more, pattern) "{\"type\":\"indicator\",\"id\":\"indicator--1\"," more "\"pattern\":\"" pattern "\"},"

static void test_stix(void **state)
{
	(void)state;
	read_well("{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[{\"type\":\"malware\",\"name\":\"x\"}," STIX(
	    "\"pattern_type\":\"stix\",\"valid_from\":\"2020-01-01T00:00:00Z\",",
	    "[ipv4-addr:value = '198.51.100.0/24' OR domain-name:value = 'a.example']")
		STIX("", "[url:value = 'http://b.example/x']") /* version 2.0 */
	    STIX("\"valid_until\":\"2021-01-01T00:00:00Z\",", "[ipv4-addr:value = '203.0.113.1']") STIX(
		"\"valid_from\":\"2200-01-01T00:00:00Z\",",
		"[ipv4-addr:value = '203.0.113.2']") STIX("\"revoked\":true,",
		"[ipv4-addr:value = '203.0.113.3']") STIX("\"pattern_type\":\"yara\",",
		"rule x { condition: true }") STIX("", "[process:name = 'x']") STIX("", "[ipv4-addr:value = ") STIX("",
		"[domain-name:value = 'no name' OR domain-name:value = 'c.example']") "{\"type\":\"ipv4-addr\","
										      "\"value\":\"203.0.113.9\"}]}");
	assert_int_equal(counts.lines, 11);
	assert_int_equal(counts.indicators, 4);
	assert_int_equal(counts.passed_over, 5);
	assert_int_equal(counts.malformed, 2);
	assert_non_null(strstr(said, "indicator--1 (number 8): byte 20 of the pattern: a constant was expected"));
	assert_non_null(strstr(said, "indicator--1 (number 9)"));
	assert_int_equal(number_of("198.51.100.7"), 1);
	assert_int_equal(number_of("a.example"), 1);
	assert_int_equal(number_of("sub.a.example"), 0);
	assert_int_equal(number_of("http://b.example/x"), 2);
	assert_int_equal(number_of("c.example"), 9);
	for (int i = 1; i <= 9; i++) {
		char address[16];
		snprintf(address, sizeof address, "203.0.113.%d", i);
		assert_int_equal(number_of(address), 0);
	}
	read_well(" [" STIX("", "[ipv4-addr:value = '203.0.113.1']") "{}]"); /* a list without a bundle */
	assert_int_equal(number_of("203.0.113.1"), 1);
}

#define ATTRIBUTE(type, value, more) "{\"uuid\":\"u\",\"type\":\"" type "\",\"value\":\"" value "\"" more "}"

static void test_misp(void **state)
{
	static const char event[] = "{\"Event\":{\"info\":\"x\",\"Attribute\":[" ATTRIBUTE(
	    "ip-dst", "198.51.100.1", ",\"to_ids\":true") "," ATTRIBUTE("domain|ip", "a.example|198.51.100.2",
	    ",\"to_ids\":true") "," ATTRIBUTE("filename|md5", "x.exe|001dd76872d80801692ff942308c64e6",
	    ",\"to_ids\":\"1\"") "," ATTRIBUTE("ip-dst", "198.51.100.3", ",\"to_ids\":false") "," ATTRIBUTE("ip-dst",
	    "198.51.100.4", ",\"to_ids\":true,\"deleted\":true") "," ATTRIBUTE("comment", "words",
	    ",\"to_ids\":true") "," ATTRIBUTE("ip-dst", "no address",
	    ",\"to_ids\":true") "],"
				"\"Object\":[{\"name\":\"file\",\"Attribute\":[" ATTRIBUTE(
				    "url", "http://b.example/", ",\"to_ids\":true") "]}]}}";
	char answer[sizeof event + 64];
	(void)state;
	snprintf(answer, sizeof answer, "{\"response\":[%s]}", event);
	for (int i = 0; i < 2; i++) {
		read_well(i ? answer : event);
		assert_int_equal(counts.indicators, 5);
		assert_int_equal(counts.passed_over, 3);
		assert_int_equal(counts.malformed, 1);
		assert_non_null(strstr(said, "u (number 7): "));
		assert_int_equal(number_of("198.51.100.1"), 1);
		assert_int_equal(number_of("198.51.100.2"), 2);
		assert_int_equal(number_of("sub.a.example"), 2);
		assert_int_equal(number_of("001dd76872d80801692ff942308c64e6"), 3);
		assert_int_equal(number_of("198.51.100.3"), 0);
		assert_int_equal(number_of("198.51.100.4"), 0);
		assert_int_equal(number_of("http://b.example/"), 8);
	}
}

static void assert_refused(const char *text, const char *words)
{
	struct failure failure = { 0 };
	assert_int_equal(read_document(text, &failure), ERROR_INPUT);
	if (!strstr(failure.words, words))
		fail_msg("%s", failure.words);
}

static void test_other_documents_are_refused_with_words(void **state)
{
	(void)state;
	assert_refused("{\"a\":1}", "neither STIX");
	assert_refused("[1,2]", "neither STIX");
	assert_refused("{\"type\":\"bundle\",\"objects\":[", "document: ");
	assert_refused("{\"type\":\"bundle\",\"objects\":[\"\xff\"]}", "document: ");
	read_well("[]");
	assert_int_equal(counts.indicators, 0);
	read_well("\xef\xbb\xbf{\"type\":\"bundle\",\"id\":\"bundle--1\"}"); /* an empty one */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_stix, end),
		cmocka_unit_test_teardown(test_misp, end),
		cmocka_unit_test_teardown(test_other_documents_are_refused_with_words, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
