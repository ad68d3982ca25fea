/*
 * STIX patterns tried on observations: what one observation fulfils, what it takes several for, and the bounds.
 */
#include "match/stix_observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct json_parser *parser;
static struct stix_observed *observed;
static struct stix_match match;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(256u << 20);
	parser = json_parser_new(64);
	return arena && parser ? 0 : 1;
}

static int end(void **state)
{
	(void)state;
	stix_observed_free(observed);
	observed = NULL;
	json_parser_free(parser);
	arena_free(arena);
	return 0;
}

static void observe(const char *document)
{
	struct json_value root;
	struct failure failure = { 0 };
	stix_observed_free(observed);
	observed = NULL;
	if (json_parse(parser, text_of(document), &root, &failure) || stix_observed_new(root, &observed, &failure))
		fail_msg("%s", failure.words);
}

static bool met(const char *text)
{
	struct stix_pattern pattern;
	struct failure failure = { 0 };
	arena_clear(arena);
	if (stix_pattern_read(text_of(text), arena, &pattern, &failure) ||
	    stix_pattern_try(&pattern, observed, arena, &match, &failure))
		fail_msg("%s: %s", text, failure.words);
	return match.met;
}

#define OBSERVED(id, from, to, count, refs)                                                                            \
	"{\"type\":\"observed-data\",\"id\":\"observed-data--" id "\",\"first_observed\":\"2026-01-01T00:" from        \
	"Z\",\"last_observed\":\"2026-01-01T00:" to "Z\",\"number_observed\":" count ",\"object_refs\":[" refs "]}"

static const char one[] = "{\"type\":\"bundle\",\"objects\":[" OBSERVED("1", "00:00", "00:00", "1",
    "\"net\",\"file\",\"mail\"") ","
				 "{\"type\":\"ipv4-addr\",\"id\":\"a\",\"value\":\"198.51.100.7\"},"
				 "{\"type\":\"ipv4-addr\",\"id\":\"b\",\"value\":\"203.0.113.0/24\"},"
				 "{\"type\":\"network-traffic\",\"id\":\"net\",\"src_ref\":\"a\",\"dst_ref\":\"b\","
				 "\"dst_port\":443,\"protocols\":[\"ipv4\",\"tcp\"],"
				 "\"is_active\":true,\"start\":\"2026-01-01T00:00:00.5Z\",\"ratio\":0.5},"
				 "{\"type\":\"file\",\"id\":\"file\",\"name\":\"Final Report "
				 "1.exe\",\"size\":25000,\"hashes\":{\"SHA-256\":\"ab\",\"md5\":\"cd\"},"
				 "\"magic_number_hex\":\"00ff\",\"contains_refs\":[\"part\",\"a\"]},"
				 "{\"type\":\"file\",\"id\":\"part\",\"name\":\"日本語.txt\"},"
				 "{\"type\":\"email-message\",\"id\":\"mail\",\"subject\":\"it's 100% "
				 "back\\\\slash\",\"body_multipart\":[{\"body_raw_ref\":\"part\"},{\"body\":\"x\"}]}"
				 "]}";

static void test_what_one_object_fulfils(void **state)
{
	(void)state;
	static const char *const fulfilled[] = { "[network-traffic:src_ref.value = '198.51.100.7']",
		"[network-traffic:dst_port = 443 AND network-traffic:protocols[*] = 'tcp']",
		"[network-traffic:protocols[1] = 'tcp' AND network-traffic:protocols[-1] = 'tcp']",
		"[network-traffic:dst_port > 442 AND network-traffic:dst_port <= 443 AND network-traffic:ratio < 1]",
		"[network-traffic:dst_port = 443.0 AND network-traffic:is_active = true]",
		"[network-traffic:start > t'2026-01-01T00:00:00Z']",
		"[network-traffic:src_ref.value ISSUBSET '198.51.100.0/24']",
		"[network-traffic:dst_ref.value ISSUPERSET '203.0.113.9']",
		"[file:hashes.'SHA-256' = 'ab' AND file:hashes.MD5 = 'cd']",
		"[file:name MATCHES '^Final Report.+\\\\.exe$']", "[file:name LIKE 'Final%_.exe']",
		"[file:contains_refs[*].name LIKE '___.txt']", "[file:contains_refs[0].name = '日本語.txt']",
		"[file:magic_number_hex = h'00ff']", "[file:magic_number_hex != h'00fe']", "[EXISTS file:size]",
		"[email-message:subject = 'it\\'s 100% back\\\\slash']",
		"[email-message:body_multipart[*].body_raw_ref.name = '日本語.txt']",
		"[file:name IN ('x', 'Final Report 1.exe')]", "[file:name NOT IN ('x')]", "[file:name NOT LIKE 'z%']",
		"[process:name = 'x' OR file:size = 25000]",
		"[(file:size = 1 OR file:size = 25000) AND file:name != 'x']" };
	static const char *const unfulfilled[] = {
		"[ipv4-addr:value = '198.51.100.7']", /* not of the observation itself */
		"[network-traffic:dst_port = '443']", "[network-traffic:protocols[2] = 'tcp']",
		"[network-traffic:protocols = 'tcp']", "[network-traffic:src_ref.value ISSUBSET '198.51.100.8/32']",
		"[file:hashes.'SHA-1' = 'ab']", "[file:name MATCHES '^Report']", "[file:name LIKE 'Final']",
		"[EXISTS file:nothing]", "[file:nothing != 1]", "[file:name IN ()]", "[file:size > 25000]",
		"[file:size = 25000 AND email-message:subject LIKE '%']", /* two objects */
		"[network-traffic:is_active = false]", "[file:contains_refs[7].name LIKE '%']"
	};
	observe(one);
	for (size_t i = 0; i < sizeof fulfilled / sizeof *fulfilled; i++)
		if (!met(fulfilled[i]))
			fail_msg("not met: %s", fulfilled[i]);
	for (size_t i = 0; i < sizeof unfulfilled / sizeof *unfulfilled; i++)
		if (met(unfulfilled[i]))
			fail_msg("met: %s", unfulfilled[i]);
}

static const char several[] = "[" OBSERVED("1", "00:00", "00:01", "1", "\"x\"") "," OBSERVED(
    "2", "01:00", "01:00", "1", "\"y\"") "," OBSERVED("3", "02:00", "02:00", "3", "\"x\"") "," OBSERVED("4", "50:00",
    "50:00", "1", "\"x\",\"y\"") ","
				 "{\"type\":\"domain-name\",\"id\":\"x\",\"value\":\"x.example\"},{\"type\":\"domain-"
				 "name\",\"id\":\"y\",\"value\":\"y.example\"}]";
#define X "[domain-name:value = 'x.example']"
#define Y "[domain-name:value = 'y.example']"
#define NONE "[domain-name:value = 'z.example']"

static void test_several_observations(void **state)
{
	(void)state;
	observe(several);
	assert_true(met(X));
	assert_true(met(X " AND " Y));
	assert_int_equal(match.count, 2);
	assert_false(met(X " AND " NONE));
	assert_true(met(X " OR " NONE));
	assert_true(met(NONE " OR " Y));
	assert_true(met(X " FOLLOWEDBY " Y));
	assert_true(match.first < match.last);
	assert_true(met(Y " FOLLOWEDBY " Y));
	assert_false(met(Y " FOLLOWEDBY " Y " FOLLOWEDBY " Y));
	assert_true(met("(" X " AND " Y ") WITHIN 61 SECONDS"));
	assert_false(met("(" X " AND " Y ") WITHIN 59 SECONDS"));
	assert_false(met("(" Y " FOLLOWEDBY " Y ") WITHIN 600 SECONDS"));
	assert_true(met("(" Y " FOLLOWEDBY " Y ") WITHIN 2940 SECONDS"));
	assert_true(met("[domain-name:value = 'x.example' OR domain-name:value = 'y.example'] REPEATS 6 TIMES"));
	assert_false(met("[domain-name:value = 'x.example' OR domain-name:value = 'y.example'] REPEATS 7 TIMES"));
	assert_true(met(X " REPEATS 3 TIMES WITHIN 1 SECONDS")); /* one that was seen three times */
	assert_true(met(X " REPEATS 4 TIMES WITHIN 120 SECONDS"));
	assert_false(met(X " REPEATS 5 TIMES WITHIN 120 SECONDS"));
	assert_true(met(X " START t'2026-01-01T00:49:00Z' STOP t'2026-01-01T00:51:00Z'"));
	assert_false(met(X " START t'2026-01-01T00:10:00Z' STOP t'2026-01-01T00:20:00Z'"));
	assert_true(met("(" X " FOLLOWEDBY (" Y " OR " NONE ")) AND " X));
	assert_string_equal(stix_observed_id(observed, 0).at, "observed-data--1");
}

/* Both objects lie in one observation: two observations are two facts. */
static void test_each_part_needs_an_observation_of_its_own(void **state)
{
	(void)state;
	observe("[" OBSERVED("1", "00:00", "00:00", "1",
	    "\"x\",\"y\"") ","
			   "{\"type\":\"domain-name\",\"id\":\"x\",\"value\":\"x.example\"},{\"type\":\"domain-name\","
			   "\"id\":\"y\",\"value\":\"y.example\"}]");
	assert_true(met(X));
	assert_true(met(Y));
	assert_false(met(X " AND " Y));
	assert_true(met(X " OR " Y));
}

static void test_version_2_0(void **state)
{
	(void)state;
	observe("{\"type\":\"observed-data\",\"id\":\"observed-data--1\",\"first_observed\":\"2026-01-01T00:00:00Z\","
		"\"last_observed\":\"2026-01-01T00:00:00Z\","
		"\"number_observed\":1,\"objects\":{\"0\":{\"type\":\"ipv4-addr\",\"value\":\"198.51.100.7\"},\"1\":{"
		"\"type\":\"network-traffic\",\"dst_ref\":\"0\"}}}");
	assert_int_equal(stix_observed_count(observed), 1);
	assert_true(met("[ipv4-addr:value = '198.51.100.7']"));
	assert_true(met("[network-traffic:dst_ref.value = '198.51.100.7']"));
}

static void test_hostile_input_is_bounded(void **state)
{
	(void)state;
	observe("[" OBSERVED("1", "00:00", "00:00", "1",
	    "\"x\"") ","
		     "{\"type\":\"file\",\"id\":\"x\",\"name\":"
		     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\","
		     "\"contains_refs\":[\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\"]}]");
	assert_false(met("[file:name MATCHES '^(a+)+$']"));
	assert_true(match.limited);
	assert_false(met("[file:contains_refs[*].contains_refs[*].contains_refs[*].contains_refs[*].contains_refs[*]."
			 "contains_refs[*].name = 'y']"));
	assert_true(match.limited);
	struct builder many = { 0 };
	build_char(&many, '[');
	for (int i = 0; i < 3000; i++)
		build_format(&many, OBSERVED("%d", "%02d:%02d", "%02d:%02d", "1", "\"x\"") ",", i, i / 60, i % 60,
		    i / 60, i % 60);
	build_text(&many, TEXT("{\"type\":\"file\",\"id\":\"x\",\"name\":\"a\"}]"));
	observe(many.at);
	builder_free(&many);
	assert_true(met("[file:name = 'a'] REPEATS 3000 TIMES"));
	assert_false(met("[file:name = 'a'] REPEATS 3001 TIMES"));
	assert_true(met("([file:name = 'a'] AND [file:name = 'a'] AND [file:name = 'a']) WITHIN 2 SECONDS"));
	struct stix_pattern pattern;
	struct failure failure = { 0 };
	assert_int_equal(stix_pattern_read(TEXT("[file:name MATCHES '(']"), arena, &pattern, &failure), OK);
	assert_int_equal(stix_pattern_try(&pattern, observed, arena, &match, &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, "regular expression"));
}

static void test_observations_without_times_are_refused(void **state)
{
	(void)state;
	struct json_value root;
	struct failure failure = { 0 };
	assert_int_equal(
	    json_parse(parser,
		TEXT("{\"type\":\"observed-data\",\"id\":\"observed-data--9\",\"first_observed\":\"then\"}"), &root,
		&failure),
	    OK);
	assert_int_equal(stix_observed_new(root, &observed, &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, "observed-data--9"));
	observed = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_one_object_fulfils, begin, end),
		cmocka_unit_test_setup_teardown(test_several_observations, begin, end),
		cmocka_unit_test_setup_teardown(test_each_part_needs_an_observation_of_its_own, begin, end),
		cmocka_unit_test_setup_teardown(test_version_2_0, begin, end),
		cmocka_unit_test_setup_teardown(test_hostile_input_is_bounded, begin, end),
		cmocka_unit_test_setup_teardown(test_observations_without_times_are_refused, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
