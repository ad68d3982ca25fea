/*
 * The detector of attacks in web logs: the normal form, what each class needs to be found, what must stay silent, and
 * what is said of success.
 */
#include "watch/webattack.h"
#include "watch/webattack_normal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct webattack *webattack;
static unsigned flagged_by[ATTACK_COUNT];
static struct flagged newest;
static struct finding findings[8];
static size_t finding_count;
static uint64_t line;
static nanoseconds now;

static void on_flagged(void *context, const struct flagged *flagged)
{
	(void)context;
	flagged_by[flagged->attack]++;
	newest = *flagged;
}

static void on_finding(void *context, const struct finding *finding)
{
	(void)context;
	if (finding_count < 8)
		findings[finding_count] = *finding;
	finding_count++;
}

/* One detector for all: its patterns take long to compile. */
static int make(void **state)
{
	(void)state;
	const struct webattack_sink sink = { on_flagged, on_finding, NULL };
	return webattack_new(&webattack_defaults, &sink, &webattack, NULL) != OK;
}

static int unmake(void **state)
{
	(void)state;
	webattack_free(webattack);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	finding_count = 0;
	webattack_finish(webattack);
	memset(flagged_by, 0, sizeof flagged_by);
	finding_count = 0;
	line = 0;
	now = 1795273200 * SECOND;
	return 0;
}

static unsigned flagged(void)
{
	unsigned sum = 0;
	for (size_t i = 0; i < ATTACK_COUNT; i++)
		sum += flagged_by[i];
	return sum;
}

static void ask_as(const char *client, const char *method, const char *target, unsigned status, uint64_t size)
{
	struct weblog_request request = { .occurred = now += SECOND,
		.client_name = text_of(client),
		.method = text_of(method),
		.target = text_of(target),
		.agent = TEXT("Mozilla/5.0 (X11; Linux x86_64)"),
		.status = status,
		.size = size };
	assert_true(address_parse(text_of(client), &request.client));
	webattack_request(webattack, &request, 0, ++line);
}

static void ask(const char *target)
{
	ask_as("198.18.0.1", "GET", target, 200, 500);
}

static void assert_normal(const char *target, const char *expected)
{
	static struct normal normal;
	normal_target(&normal, text_of(target));
	assert_int_equal(normal.size, strlen(expected));
	assert_memory_equal(normal.text, expected, normal.size);
}

static void test_the_normal_form_undoes_what_attackers_nest(void **state)
{
	(void)state;
	assert_normal("/a?b=C+d&e=%66", "/a\nb=c d\ne=f");
	assert_normal("/a%3Fb?c%26d=1", "/a?b\nc&d=1");
	assert_normal("/%252e%25252e/", "/../");
	assert_normal("/x?a=%u003cScript%u003E", "/x\na=<script>");
	assert_normal("/x?a=\\x3cb\\u003E", "/x\na=<b>");
	assert_normal("/x?a=%26lt%3Bb%26%23x3e;", "/x\na=<b>");
	assert_normal("/..%c0%af..%e0%80%af", "/../../");
	assert_normal("/x?a=%EF%BC%9Cb%EF%BC%9E", "/x\na=<b>");
	assert_normal("/x?a=1/**/union/*foo*/select%0a%09%0d1", "/x\na=1 union select 1");
	assert_normal("/x?a=1/*!50000union*/select", "/x\na=1 union select");
	assert_normal("/x?a=%", "/x\na=%");
	assert_normal("/x?a=%zz%4", "/x\na=%zz%4");
}

static void test_each_class_is_found_by_its_shape(void **state)
{
	(void)state;
	static const struct {
		enum attack attack;
		const char *target;
	} cases[] = {
		{ ATTACK_SQL, "/i?id=1'+or+'1'='1" },
		{ ATTACK_SQL, "/i?id=-1+union+all+select+1,2" },
		{ ATTACK_SQL, "/i?id=1;waitfor+delay+'0:0:5'--" },
		{ ATTACK_XSS, "/s?q=<script>alert(1)</script>" },
		{ ATTACK_XSS, "/s?q=\"><img+src=x+onerror=alert(1)>" },
		{ ATTACK_TRAVERSAL, "/v?f=../../../../etc/passwd" },
		{ ATTACK_TRAVERSAL, "/v?f=php://filter/resource=a" },
		{ ATTACK_COMMAND, "/p?h=a;cat+/etc/hosts" },
		{ ATTACK_COMMAND, "/p?h={{7*7}}" },
		{ ATTACK_EXPLOIT, "/?x=${${lower:j}ndi:x}" },
		{ ATTACK_EXPLOIT, "/autodiscover/autodiscover.json?@x/mapi" },
		{ ATTACK_WEB_SHELL, "/images/a.php?cmd=whoami" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		memset(flagged_by, 0, sizeof flagged_by);
		ask(cases[i].target);
		if (!flagged_by[cases[i].attack])
			fail_msg("%s is not found as %s", cases[i].target, attack_code(cases[i].attack));
	}
}

static void test_words_that_people_search_for_stay_silent(void **state)
{
	(void)state;
	static const char *const targets[] = { "/s?q=select+*+from+users+where+id+=+1", "/s?q=union+select+committee",
		"/s?q=o'reilly", "/s?q=rock+'n'+roll+and+1=1", "/s?q=%3Cscript%3E+tag", "/s?q=what+is+/etc/passwd",
		"/s?q=time.sleep(5)", "/s?q=tom+%26+jerry;+cats", "/s?q=javascript:+the+good+parts", "/s?q=a=b",
		"/s?q=%22exact+phrase%22", "/s?q=drop+table+a;+create+table+b", "/s?u=https://www.example.org/?a=b" };
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		char client[32];
		snprintf(client, sizeof client, "198.18.1.%zu", i + 1);
		ask_as(client, "GET", targets[i], 200, 500);
		if (flagged())
			fail_msg("%s is flagged: %s", targets[i], newest.words);
	}
}

static void test_headers_are_looked_at_but_not_what_a_browser_repeats(void **state)
{
	(void)state;
	struct weblog_request request = { .occurred = now,
		.client_name = TEXT("198.18.0.1"),
		.method = TEXT("GET"),
		.target = TEXT("/style.css"),
		.referer = TEXT("http://www.example.org/i?id=1'+or+'1'='1"),
		.status = 200 };
	webattack_request(webattack, &request, 0, 1);
	assert_int_equal(flagged(), 0);
	request.agent = TEXT("() { :; }; x");
	webattack_request(webattack, &request, 0, 2);
	assert_int_equal(flagged_by[ATTACK_EXPLOIT], 1);
}

static void test_light_evidence_counts_when_more_of_it_comes(void **state)
{
	(void)state;
	ask_as("198.18.0.9", "GET", "/.git/HEAD", 404, 10);
	assert_int_equal(flagged(), 0);
	ask_as("198.18.0.9", "GET", "/.env", 404, 10);
	ask_as("198.18.0.9", "GET", "/phpmyadmin/", 404, 10);
	ask_as("198.18.0.9", "GET", "/.svn/entries", 404, 10);
	ask_as("198.18.0.9", "GET", "/backup.zip", 404, 10);
	assert_true(flagged_by[ATTACK_SCANNER] >= 1);
	assert_int_equal(newest.judgement.success, SUCCESS_NO);
}

static void test_what_nobody_should_get_is_told_at_once(void **state)
{
	(void)state;
	ask_as("198.18.0.9", "GET", "/.git/HEAD", 200, 23);
	assert_int_equal(flagged_by[ATTACK_SCANNER], 1);
	assert_int_equal(newest.judgement.success, SUCCESS_LIKELY);
	/* a site that answers everything alike has given nothing away */
	ask_as("198.18.0.8", "GET", "/.git/HEAD", 200, 777);
	ask_as("198.18.0.8", "GET", "/.env", 200, 777);
	assert_int_equal(flagged_by[ATTACK_SCANNER], 2);
}

static void test_many_requests_for_what_is_not_there_are_a_scanner(void **state)
{
	(void)state;
	char target[32];
	for (int i = 0; i < 60; i++) {
		snprintf(target, sizeof target, "/word%d", i);
		ask_as("2001:db8::7", "GET", target, 404, 10);
	}
	assert_true(flagged_by[ATTACK_SCANNER] >= 20);
	for (int i = 0; i < 200; i++) /* one link that is broken, over and over */
		ask_as("198.18.0.7", "GET", "/favicon.ico", 404, 10);
	webattack_finish(webattack);
	assert_int_equal(finding_count, 1);
	assert_string_equal(findings[0].client_name, "2001:db8::7");
}

static void test_many_values_with_syntax_are_a_scanner(void **state)
{
	char target[80];
	(void)state;
	/* somebody who looks for names: syntax in a third of the words, and the same ones again */
	for (int i = 0; i < 60; i++) {
		snprintf(target, sizeof target, i % 3 ? "/search?q=bridge+%d" : "/search?q=o%%27hara+%d", i);
		ask(target);
		ask("/search?q=rock+%28live%29");
		ask("/search?q=weather");
	}
	assert_int_equal(flagged(), 0);
	/* a list of values, most of which would be nothing alone */
	static const char *const words[] = { "x%%5b%d", "x%%3c%d", "%d%%29", "%%7b%d", "plain%d", "%%00%d" };
	for (int i = 0; i < 60; i++) {
		char value[32];
		snprintf(value, sizeof value, words[i % 6], i);
		snprintf(target, sizeof target, "/item?id=%s", value);
		ask_as("198.18.0.9", "GET", target, i % 6 ? 200 : 500, 500);
	}
	assert_true(flagged_by[ATTACK_SCANNER] >= 30);
	webattack_finish(webattack);
	size_t scanner = 0;
	while (scanner < finding_count && findings[scanner].attack != ATTACK_SCANNER)
		scanner++;
	assert_true(scanner < finding_count && findings[scanner].by_count[COUNTED_ODD]);
	assert_int_equal(findings[scanner].judgement.success, SUCCESS_POSSIBLE); /* a value broke the program */
}

static void test_a_blind_sequence_is_found_and_its_success_too(void **state)
{
	(void)state;
	char target[128];
	for (int i = 0; i < 64; i++) {
		snprintf(target, sizeof target,
		    "/i?id=1%%20AND%%20ASCII(SUBSTRING((SELECT%%20name%%20FROM%%20u),1,1))>%d", i);
		ask_as("198.18.0.1", "GET", target, 200, i % 3 ? 500 : 620);
		snprintf(target, sizeof target, "/j?id=1%%20AND%%20%d=%d", i, i + i % 2);
		ask_as("198.18.0.2", "GET", target, 200, 900);
	}
	webattack_finish(webattack);
	assert_int_equal(finding_count, 4);
	assert_int_equal(findings[0].attack, ATTACK_BLIND_SQL);
	assert_string_equal(findings[0].client_name, "198.18.0.1");
	assert_int_equal(findings[0].judgement.by, JUDGED_TWO_KINDS);
	for (size_t i = 1; i < 4; i++)
		if (findings[i].attack == ATTACK_BLIND_SQL)
			assert_int_equal(findings[i].judgement.by, JUDGED_ONE_KIND);
}

static void test_an_answer_larger_than_usual_is_success(void **state)
{
	(void)state;
	char target[32];
	for (int i = 0; i < 20; i++) {
		snprintf(target, sizeof target, "/i?id=%d", i);
		ask_as("198.18.0.3", "GET", target, 200, (uint64_t)(400 + i));
	}
	ask_as("198.18.0.1", "GET", "/i?id=-1+union+select+a,b+from+c", 200, 9000);
	assert_int_equal(newest.judgement.success, SUCCESS_LIKELY);
	ask_as("198.18.0.1", "GET", "/i?id=-1+union+select+a,b+from+d", 200, 410);
	assert_int_equal(newest.judgement.by, JUDGED_USUAL);
	ask_as("198.18.0.1", "GET", "/i?id=-1+union+select+a,b+from+e", 403, 410);
	assert_int_equal(newest.judgement.success, SUCCESS_NO);
	webattack_finish(webattack);
	assert_int_equal(findings[0].judgement.success, SUCCESS_LIKELY);
	assert_int_equal(findings[0].requests, 3);
	assert_int_equal(findings[0].ranges[0].first, 21);
	assert_int_equal(findings[0].ranges[0].last, 23);
}

static void test_an_uploaded_program_that_answers_is_a_web_shell(void **state)
{
	(void)state;
	ask_as("198.18.0.4", "POST", "/form", 302, 0);
	ask_as("198.18.0.4", "GET", "/uploads/photo.jpg", 200, 9000);
	assert_int_equal(flagged(), 0);
	ask_as("198.18.0.4", "GET", "/uploads/photo.php", 200, 12);
	assert_int_equal(flagged_by[ATTACK_WEB_SHELL], 1);
	assert_int_equal(newest.judgement.by, JUDGED_UPLOADED);
	assert_int_equal(newest.judgement.numbers[0], 1);
	ask_as("198.18.0.5", "PUT", "/x.jsp", 201, 0);
	ask_as("198.18.0.5", "GET", "/x.jsp", 200, 4);
	assert_int_equal(flagged_by[ATTACK_WEB_SHELL], 2);
}

static void test_memory_is_bounded_and_what_is_forgotten_counted(void **state)
{
	(void)state;
	struct webattack *small;
	const struct webattack_settings settings = { 64, 64, 16 };
	const struct webattack_sink both = { NULL, on_finding, NULL };
	assert_int_equal(webattack_new(&settings, &both, &small, NULL), OK);
	for (unsigned i = 0; i < 2000; i++) {
		char target[32];
		snprintf(target, sizeof target, "/page%u", i);
		struct weblog_request request = { .occurred = now += SECOND,
			.client.bytes = { 0x20, 0x01, 0x0d, 0xb8, (uint8_t)(i >> 8), (uint8_t)i },
			.method = TEXT("GET"),
			.target = text_of(target),
			.status = 200 };
		webattack_request(small, &request, 0, i + 1);
	}
	struct webattack_counts counts = webattack_count(small);
	assert_true(counts.sources_forgotten >= 2000 - 64 && counts.paths_forgotten >= 2000 - 64);
	webattack_free(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_normal_form_undoes_what_attackers_nest),
		cmocka_unit_test_setup(test_each_class_is_found_by_its_shape, begin),
		cmocka_unit_test_setup(test_words_that_people_search_for_stay_silent, begin),
		cmocka_unit_test_setup(test_headers_are_looked_at_but_not_what_a_browser_repeats, begin),
		cmocka_unit_test_setup(test_light_evidence_counts_when_more_of_it_comes, begin),
		cmocka_unit_test_setup(test_what_nobody_should_get_is_told_at_once, begin),
		cmocka_unit_test_setup(test_many_requests_for_what_is_not_there_are_a_scanner, begin),
		cmocka_unit_test_setup(test_many_values_with_syntax_are_a_scanner, begin),
		cmocka_unit_test_setup(test_a_blind_sequence_is_found_and_its_success_too, begin),
		cmocka_unit_test_setup(test_an_answer_larger_than_usual_is_success, begin),
		cmocka_unit_test_setup(test_an_uploaded_program_that_answers_is_a_web_shell, begin),
		cmocka_unit_test_setup(test_memory_is_bounded_and_what_is_forgotten_counted, begin),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
