/*
 * STIX patterns: what the grammar allows is read, written and read again the same; what it does not says where; what
 * single observables are.
 */
#include "match/stix_pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct stix_pattern pattern;
static struct failure failure;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(16u << 20);
	return arena ? 0 : 1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void read_well(const char *text)
{
	failure = (struct failure){ 0 };
	if (stix_pattern_read(text_of(text), arena, &pattern, &failure) != OK)
		fail_msg("%.200s: %s", text, failure.words);
}

/* Reads, and gives what is written. */
static void assert_written(const char *text, const char *written)
{
	struct builder to = { 0 };
	read_well(text);
	stix_pattern_write(&pattern, &to);
	assert_string_equal(to.at, written);
	builder_clear(&to);
	read_well(written);
	assert_int_equal(pattern.loose, 0);
	stix_pattern_write(&pattern, &to);
	assert_string_equal(to.at, written);
	builder_free(&to);
}

static void assert_same(const char *text)
{
	assert_written(text, text);
}

static void assert_wrong(const char *text, const char *words)
{
	failure = (struct failure){ 0 };
	assert_int_not_equal(stix_pattern_read(text_of(text), arena, &pattern, &failure), OK);
	if (!strstr(failure.words, words))
		fail_msg("%.200s: \"%s\" was expected in \"%s\"", text, words, failure.words);
}

static void test_every_rule_of_the_grammar(void **state)
{
	(void)state;
	assert_same("[ipv4-addr:value = '198.51.100.1']");
	assert_same("[file:hashes.'SHA-256' = 'aa' AND file:size > 25536]");
	assert_same("[a:b = 1 OR a:b = -2 OR a:c = 3.5]");
	assert_same("[a:b = true AND a:c != false AND a:d NOT = 1]");
	assert_same("[a:b IN ('x', 'y', 3)]");
	assert_same("[a:b NOT IN ()]");
	assert_same("[a:b LIKE 'x%_' OR a:b MATCHES '^x+$' OR a:b NOT LIKE 'z']");
	assert_same("[ipv4-addr:value ISSUBSET '198.51.100.0/24' OR ipv4-addr:value ISSUPERSET '198.51.100.4/32']");
	assert_same("[EXISTS a:b.c[2].d[*].'e f'[-1]]");
	assert_same("[a:t = t'2026-01-31T12:00:00.500Z' AND a:h = h'00ff' AND a:n <= 1 AND a:n >= 2 AND a:n < 3]");
	assert_same("[a:b = 1] AND [a:b = 2] OR [a:b = 3] FOLLOWEDBY [a:b = 4]");
	assert_same("([a:b = 1] FOLLOWEDBY [a:b = 2]) AND ([a:b = 3] OR [a:b = 4])");
	assert_same("[a:b = 1 AND (a:b = 2 OR a:c = 3)]");
	assert_same("[a:b = 1] WITHIN 300.5 SECONDS");
	assert_same("([a:b = 1] AND [a:b = 2]) REPEATS 5 TIMES WITHIN 1800.0 SECONDS");
	assert_same("[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'");
	assert_same("[a:b = 'it\\'s a back\\\\slash']");
	assert_same("[a:b = '日本語']");
	assert_written("[ a:b='x'/* why */AND a:c=b'AP8=' ] // the end", "[a:b = 'x' AND a:c = h'00ff']");
	assert_written("[a:b = +5 AND a:c = 1.50]", "[a:b = 5 AND a:c = 1.5]");
	assert_written("(([a:b = 1]))", "[a:b = 1]");
	assert_written("[((a:b = 1))]", "[a:b = 1]");
	assert_written("[a:b == 1 OR a:b <> 2]", "[a:b = 1 OR a:b != 2]");
}

static void test_what_tools_write_beside_the_standard_is_read_and_counted(void **state)
{
	(void)state;
	assert_written("[a:b = 1 and a:c = 2]", "[a:b = 1 AND a:c = 2]");
	read_well("[a:b = 1 and a:c = 2]");
	assert_int_equal(pattern.loose, 1);
	assert_written("[a:b MATCHES '^x\\.exe$']", "[a:b MATCHES '^x\\\\.exe$']");
	assert_written("[file:hashes.SHA-256 = 'aa']", "[file:hashes.'SHA-256' = 'aa']");
	read_well("[file:hashes.SHA-256 = 'aa']");
	assert_int_equal(pattern.loose, 1);
	assert_written("[a:b = 1] START '2026-01-01T00:00:00Z' STOP '2026-02-01T00:00:00Z'",
	    "[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'"); /* version 2.0 */
}

static void test_what_is_wrong_says_where_and_what_was_expected(void **state)
{
	(void)state;
	assert_wrong("", "byte 1 of the pattern: [ was expected, but it ends");
	assert_wrong("ipv4-addr:value = '1'", "byte 1 of the pattern: [ was expected");
	assert_wrong("[a:b = 1", "byte 9 of the pattern: ] or AND or OR was expected, but it ends");
	assert_wrong("[a:b = ]", "byte 8 of the pattern: a constant");
	assert_wrong("[a = 1]", "byte 4 of the pattern: :");
	assert_wrong("[a:b 'x']", "byte 6 of the pattern: an operator");
	assert_wrong("[a:b = 'x]", "byte 8 of the pattern: the string that begins here does not end");
	assert_wrong("[a:b = 'x\\", "does not end");
	assert_wrong("[a:b = 1] [a:b = 2]", "byte 11 of the pattern: AND, OR, FOLLOWEDBY, a qualifier or the end");
	assert_wrong("[a:b LIKE 5]", "LIKE does not compare such a constant");
	assert_wrong("[a:b > true]", "> does not compare such a constant");
	assert_wrong("[a:b = h'0']", "even number of hexadecimal digits");
	assert_wrong("[a:b = t'2026-01-01']", "a time as");
	assert_wrong("[a:b = 99999999999999999999]", "fits 64 bits");
	assert_wrong("[a:b = 1] WITHIN 0 SECONDS", "a positive number of seconds");
	assert_wrong("[a:b = 1] REPEATS 0 TIMES", "a positive number of times");
	assert_wrong("[a:b = 1] START t'2026-01-02T00:00:00Z' STOP t'2026-01-01T00:00:00Z'", "STOP comes before START");
	assert_wrong("[a:b[1.5] = 1]", "a number or * as an index");
	assert_wrong("[a:b IN ('x' 'y')]", "a comma or )");
	assert_wrong("[a:b = \"x\"]", "no word of a pattern begins so");
}

/* `count` times `piece`, between `before` and `after`. */
static char *repeat(const char *before, const char *piece, size_t count, const char *after)
{
	struct builder to = { 0 };
	build_text(&to, text_of(before));
	for (size_t i = 0; i < count; i++)
		build_text(&to, text_of(piece));
	build_text(&to, text_of(after));
	assert_false(to.failed);
	return to.at;
}

static void test_limits(void **state)
{
	(void)state;
	char *text = repeat("", "(", 100000, "");
	assert_wrong(text, "more than 64 within each other");
	free(text);
	text = repeat("[a:b = 1]", " REPEATS 2 TIMES", 100, "");
	assert_wrong(text, "more than 64 within each other");
	free(text);
	text = repeat("[a:b = 1", " OR a:b = 2", 10000, "]"); /* long is not deep */
	read_well(text);
	assert_int_equal(pattern.tests, 10001);
	free(text);
	text = repeat("[a:b = 1", " OR a:b = 2", 20000, "]");
	assert_wrong(text, "more than 16384 parts");
	free(text);
	text = repeat("[a:b = '", "x", STIX_PATTERN_LONGEST, "']");
	assert_wrong(text, "longer than");
	free(text);
	text = repeat("[a:b", ".c", 40, " = 1]");
	assert_wrong(text, "a path of more than 16 steps");
	free(text);
	text = repeat("[a:b IN (1", ",1", 20000, ")]");
	read_well(text);
	assert_int_equal(pattern.root->first->constant_count, 20001);
	free(text);
}

/* ── single observables ─ */

static char told[512];

static void tell(void *context, enum indicator_kind kind, struct text value)
{
	(void)context;
	size_t size = strlen(told);
	snprintf(told + size, sizeof told - size, "%s%s=%.*s", size ? " " : "", indicator_kind_name(kind),
	    (int)value.size, value.at);
}

static void assert_observables(const char *text, const char *expected)
{
	told[0] = 0;
	read_well(text);
	assert_int_equal(stix_pattern_observables(&pattern, tell, NULL), expected != NULL);
	assert_string_equal(told, expected ? expected : "");
}

static void test_single_observables_are_what_sensors_compare(void **state)
{
	(void)state;
	assert_observables("[ipv4-addr:value = '198.51.100.1']", "address=198.51.100.1");
	assert_observables("[ipv4-addr:value = '198.51.100.0/24' OR domain-name:value = 'a.example']",
	    "address=198.51.100.0/24 hostname=a.example");
	assert_observables(
	    "[url:value IN ('http://a.example/x', 'http://b.example/')] OR [ipv6-addr:value = '2001:db8::1']",
	    "url=http://a.example/x url=http://b.example/ address=2001:db8::1");
	assert_observables("[file:hashes.MD5 = '001dd76872d80801692ff942308c64e6'] WITHIN 5 SECONDS",
	    "md5=001dd76872d80801692ff942308c64e6");
	assert_observables("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "address=198.51.100.0/24");
	assert_observables("[domain-name:value = 'no name']", "hostname=no name");
	/* what only observations can decide */
	assert_observables("[ipv4-addr:value = '198.51.100.1' AND ipv4-addr:value != '198.51.100.2']", NULL);
	assert_observables("[ipv4-addr:value = '198.51.100.1'] AND [domain-name:value = 'a.example']", NULL);
	assert_observables("[ipv4-addr:value = '198.51.100.1'] FOLLOWEDBY [ipv4-addr:value = '198.51.100.1']", NULL);
	assert_observables("[ipv4-addr:value NOT = '198.51.100.1']", NULL);
	assert_observables("[ipv4-addr:value = '198.51.100.1'] REPEATS 2 TIMES", NULL);
	assert_observables("[domain-name:value LIKE '%.example']", NULL);
	assert_observables("[domain-name:value = 'a.example' OR process:name = 'x']", NULL);
	assert_observables("[domain-name:value ISSUBSET 'a.example']", NULL);
	assert_observables("[ipv4-addr:value IN ()]", NULL);
	assert_observables("[file:size = 5]", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_rule_of_the_grammar, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_what_tools_write_beside_the_standard_is_read_and_counted, begin, end),
		cmocka_unit_test_setup_teardown(test_what_is_wrong_says_where_and_what_was_expected, begin, end),
		cmocka_unit_test_setup_teardown(test_limits, begin, end),
		cmocka_unit_test_setup_teardown(test_single_observables_are_what_sensors_compare, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
