/*
 * Templates: what they render, and what they refuse to be. And the program's own pages with its own translations.
 */
#include "base/data.h"
#include "http/codes.h"
#include "http/template.h"
#include "model/account.h"
#include "model/event.h"
#include "model/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct catalog *japanese;

static int open_catalog(void **state)
{
	char path[4096];
	struct failure failure;
	(void)state;
	if (data_find_catalog("ja", path, sizeof path, &failure) != OK ||
	    catalog_open(path, &japanese, &failure) != OK) {
		print_error("%s\n", failure.words);
		return -1;
	}
	return 0;
}

static int close_catalog(void **state)
{
	(void)state;
	catalog_free(japanese);
	return 0;
}

static void expect_page(const char *source, const char *data, const char *language, const char *expected)
{
	struct templates *templates = NULL;
	struct failure failure = { 0 };
	struct builder page = { 0 };
	json_t *values = json_loads(data, 0, NULL);
	assert_non_null(values);
	if (templates_new_text("page.html", text_of(source), japanese, &templates, &failure) != OK ||
	    template_render(templates, "page", values, text_of(language), &page, &failure) != OK)
		fail_msg("%s", failure.words);
	assert_string_equal(page.at ? page.at : "", expected);
	builder_free(&page);
	templates_free(templates);
	json_decref(values);
}

static void expect_error(const char *source, const char *words)
{
	struct templates *templates = NULL;
	struct failure failure = { 0 };
	if (templates_new_text("page.html", text_of(source), NULL, &templates, &failure) == OK) {
		templates_free(templates);
		fail_msg("accepted: %s", source);
	}
	if (!strstr(failure.words, words))
		fail_msg("expected \"%s\" in: %s", words, failure.words);
}

static void test_values_sections_and_lists(void **state)
{
	(void)state;
	expect_page("{{a}}|{{b.c}}|{{n}}|{{none}}|{{t}}", "{\"a\":\"x\",\"b\":{\"c\":\"y\"},\"n\":0,\"t\":true}", "en",
	    "x|y|0||true");
	expect_page("{{#l}}{{@number}}={{v}}{{o}};{{/l}}{{^l}}no{{/l}}", "{\"l\":[{\"v\":1},{\"v\":2}],\"o\":\"!\"}",
	    "en", "1=1!;2=2!;");
	expect_page("{{#l}}{{.}} {{/l}}", "{\"l\":[\"a\",3,\"<\"]}", "en", "a 3 &lt; ");
	expect_page("{{#e}}x{{/e}}{{^e}}none{{/e}}{{#f}}x{{/f}}{{^f}}no{{/f}}{{#z}}0{{/z}}",
	    "{\"e\":[],\"f\":false,\"z\":0}", "en", "noneno0");
	expect_page(
	    "{{#o}}{{a}}{{#p}}{{a}}{{b}}{{/p}}{{/o}}", "{\"a\":\"A\",\"o\":{\"p\":{\"b\":\"B\"}}}", "en", "AAB");
	expect_page("{{#is s \"open\"}}yes{{/is}}{{^is s \"closed\"}}not{{/is}}{{#is n \"3\"}}3{{/is}}",
	    "{\"s\":\"open\",\"n\":3}", "en", "yesnot3");
}

static void test_everything_is_escaped(void **state)
{
	(void)state;
	const char *data = "{\"a\":\"<b>&\\\"'\",\"reason\":{\"code\":\"unlisted\",\"parameters\":[\"<i>\"]}}";
	expect_page("{{a}}<i title=\"{{a}}\">{{_ \"x {0}\" a}}</i>{{_ a}}{{t_code \"role\" a}}{{number a}}{{date a}}",
	    data, "en",
	    "&lt;b&gt;&amp;&quot;&#39;<i title=\"&lt;b&gt;&amp;&quot;&#39;\">x &lt;b&gt;&amp;&quot;&#39;</i>"
	    "&lt;b&gt;&amp;&quot;&#39;&lt;b&gt;&amp;&quot;&#39;&lt;b&gt;&amp;&quot;&#39;&lt;b&gt;&amp;&quot;&#39;");
	expect_page("<a href=\"/x?{{url a}}\">", data, "en", "<a href=\"/x?%3Cb%3E%26%22%27\">");
	expect_page("{{reason reason}}", data, "en", "A reason that this version does not know: &lt;i&gt;.");
}

static void test_values_stay_out_of_places_where_escaping_does_not_help(void **state)
{
	(void)state;
	expect_error("<script>var x = \"{{a}}\"</script>", "a value inside <script> or <style>");
	expect_error("<style>{{a}}</style>", "a value inside <script> or <style>");
	expect_error("<p class={{a}}>", "outside quotes");
	expect_error("<p {{a}}>", "outside quotes");
	expect_error("<!-- {{a}} -->", "a comment");
	expect_error("<p onclick=\"f('{{a}}')\">", "a program or a style");
	expect_error("<p style=\"color: {{a}}\">", "a program or a style");
	expect_error("<a href=\"{{a}}\">", "an address that begins with a value");
	expect_error("<a href='{{_ \"x\"}}'>", "an address that begins with a value");
	expect_error("{{{a}}}", "always escaped");
	expect_error("{{&a}}", "always escaped");
	expect_page(
	    "<option value=\"a\"{{#is a \"x\"}} selected{{/is}}>{{a}}</option><SCRIPT src=\"/x\"></SCRIPT>{{a}}",
	    "{\"a\":\"x\"}", "en", "<option value=\"a\" selected>x</option><SCRIPT src=\"/x\"></SCRIPT>x");
}

static void test_errors_name_file_and_line(void **state)
{
	(void)state;
	expect_error("a\nb\n{{#x}}\n", "page.html:3: a section that is never closed: x");
	expect_error("\n{{/x}}", "page.html:2: this closes no section: x");
	expect_error("{{#x}}{{/y}}", "page.html:1: this closes another section");
	expect_error("\n\n{{> nothing}}", "page.html:3: there is no such partial: nothing");
	expect_error("{{asset \"none.css\"}}", "there is no such file in the web folder: none.css");
	expect_error("{{t_code \"none\" a}}", "there is no such group of codes: none");
	expect_error("{{t_code \"role\" \"king\"}}", "there is no such code: king");
	expect_error("{{dat a}}", "unknown helper");
	expect_error("{{a", "{{ without }}");
	expect_error("{{_ \"x}}", "lacks a quote");
	expect_error("<p", "ends inside a tag");
}

static void test_times_and_numbers_are_written_for_people(void **state)
{
	(void)state;
	expect_page("{{date t}}", "{\"t\":\"2026-11-21T20:05:00Z\"}", "ja",
	    "<time datetime=\"2026-11-21T20:05:00Z\">2026年11月22日 05:05 JST</time>");
	expect_page("{{date t}}", "{\"t\":1763755500000000000}", "en",
	    "<time datetime=\"2025-11-21T20:05:00Z\">21 Nov 2025 20:05 UTC</time>");
	expect_page(
	    "{{day t}}", "{\"t\":-1000000000}", "en", "<time datetime=\"1969-12-31T23:59:59Z\">31 Dec 1969</time>");
	expect_page("{{number a}} {{number b}} {{number c 1}} {{number d}}",
	    "{\"a\":1234567,\"b\":-1000,\"c\":0.25,\"d\":999}", "en", "1,234,567 -1,000 0.2 999");
	expect_page("{{number a 2}} {{number b 2}} {{number c}}", "{\"a\":-0.001,\"b\":-0.05,\"c\":-10}", "en",
	    "0.00 -0.05 -10");
}

static void test_texts_are_translated_for_each_request(void **state)
{
	(void)state;
	expect_page("{{t_code \"role\" \"analyst\"}}", "{}", "en", "Analyst");
	struct text translated = catalog_text(japanese, TEXT("Analyst"));
	assert_false(text_equal(translated, TEXT("Analyst")));
	expect_page("{{t_code \"role\" \"analyst\"}}", "{}", "ja", translated.at);
	expect_page("{{t_code \"role\" r}}", "{\"r\":\"analyst\"}", "ja", translated.at);
	expect_page("{{_ \"never translated {0}\" a}}", "{\"a\":\"x\"}", "ja", "never translated x");
}

static void test_depth_and_size_are_bounded(void **state)
{
	(void)state;
	struct builder deep = { 0 }, page = { 0 };
	struct templates *templates = NULL;
	struct failure failure;
	for (unsigned i = 0; i < 100; i++)
		build_text(&deep, TEXT("{{#a}}"));
	expect_error(deep.at, "too deep");
	builder_free(&deep);
	json_t *list = json_array();
	for (unsigned i = 0; i < 400; i++)
		json_array_append_new(list, json_integer(i));
	json_t *data = json_pack("{s:o}", "l", list);
	assert_int_equal(
	    templates_new_text("page.html", TEXT("{{#l}}{{#l}}{{#l}}12345678901234567890{{/l}}{{/l}}{{/l}}"), NULL,
		&templates, &failure),
	    OK);
	assert_int_equal(template_render(templates, "page", data, TEXT("en"), &page, &failure), ERROR_LIMIT);
	assert_true(page.size < TEMPLATE_LARGEST + 1000);
	assert_int_equal(template_render(templates, "other", data, TEXT("en"), &page, &failure), ERROR_USAGE);
	builder_free(&page);
	templates_free(templates);
	json_decref(data);
}

static void expect_words(const char *group, const char *code)
{
	if (!code_words(text_of(group), text_of(code)))
		fail_msg("no words for %s %s", group, code);
}

static void test_every_code_of_the_model_has_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		expect_words("verdict", verdict_code(i));
		expect_words("verdict-short", verdict_code(i));
	}
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		expect_words("role", role_code(i));
	for (unsigned i = EVENT_OPEN; i <= EVENT_MERGED; i++)
		expect_words("event-state", event_state_code(i));
	for (unsigned i = OUTCOME_UNKNOWN; i <= OUTCOME_SUCCEEDED; i++)
		expect_words("outcome", outcome_code(i));
	for (unsigned i = 0; i <= SEVERITY_CRITICAL; i++)
		expect_words("severity", severity_code(i));
	for (unsigned i = SENSOR_ENROLLED; i <= SENSOR_REVOKED; i++)
		expect_words("sensor", sensor_state_code(i));
}

static void test_our_own_pages_are_sound(void **state)
{
	(void)state;
	char path[4096];
	struct failure failure = { 0 };
	struct assets *assets = NULL;
	struct templates *templates = NULL;
	assert_int_equal(data_find("web", path, sizeof path, &failure), OK);
	if (assets_new(path, &assets, &failure) != OK ||
	    templates_new(path, japanese, assets, &templates, &failure) != OK)
		fail_msg("%s", failure.words);
	assert_true(templates_have(templates, "error"));
	assert_true(assets_count(assets) > 0);
	templates_free(templates);
	assets_free(assets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_sections_and_lists),
		cmocka_unit_test(test_everything_is_escaped),
		cmocka_unit_test(test_values_stay_out_of_places_where_escaping_does_not_help),
		cmocka_unit_test(test_errors_name_file_and_line),
		cmocka_unit_test(test_times_and_numbers_are_written_for_people),
		cmocka_unit_test(test_texts_are_translated_for_each_request),
		cmocka_unit_test(test_depth_and_size_are_bounded),
		cmocka_unit_test(test_every_code_of_the_model_has_words),
		cmocka_unit_test(test_our_own_pages_are_sound),
	};
	return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
