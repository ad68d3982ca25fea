/*
 * Counters and the OpenMetrics text that they give: checked by a parser of its own kind (python3-prometheus-client).
 */
#include "base/counter.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static void test_counter_asked_for_twice_is_the_same_series(void **state)
{
	(void)state;
	struct counters *counters = counters_new();
	struct counter *a =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_alerts", "Alerts.", "organisation", TEXT("a"));
	struct counter *b =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_alerts", "Alerts.", "organisation", TEXT("b"));
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(
	    a, counter_get(counters, COUNTER_TOTAL, "noroshi_alerts_total", "Alerts.", "organisation", TEXT("a")));
	counter_add(a, 2);
	counter_add(a, 3);
	assert_int_equal(counter_value(a), 5);
	assert_int_equal(counter_value(b), 0);
	counters_free(counters);
}

static void test_counters_are_written_as_openmetrics(void **state)
{
	(void)state;
	struct counters *counters = counters_new();
	struct builder text = { 0 };
	counter_add(counter_get(counters, COUNTER_TOTAL, "noroshi_alerts", "Alerts \"received\".\nAll.", "sensor",
			TEXT("a\"\\\n\xff")),
	    7);
	counter_set(counter_get(counters, COUNTER_GAUGE, "noroshi_queue_bytes", "Waiting.", NULL, TEXT_NONE), 1536.5);
	counter_add(counter_get(counters, COUNTER_TOTAL, "noroshi_alerts", NULL, "sensor", TEXT("b")), 1);
	struct counter *histogram =
	    counter_get(counters, COUNTER_HISTOGRAM, "noroshi_commit_seconds", "Commits.", NULL, TEXT_NONE);
	counter_observe(histogram, 0.0005);
	counter_observe(histogram, 0.3);
	counter_observe(histogram, 1e6);
	counter_observe(histogram, NAN);
	assert_int_equal(counter_value(histogram), 3);
	counters_write(counters, &text);
	assert_non_null(text.at);
	static const char first[] = "# TYPE noroshi_alerts counter\n"
				    "# HELP noroshi_alerts Alerts \\\"received\\\".\\nAll.\n"
				    "noroshi_alerts_total{sensor=\"a\\\"\\\\\\n\xef\xbf\xbd\"} 7\n"
				    "noroshi_alerts_total{sensor=\"b\"} 1\n"
				    "# TYPE noroshi_queue_bytes gauge\n"
				    "# UNIT noroshi_queue_bytes bytes\n"
				    "# HELP noroshi_queue_bytes Waiting.\n"
				    "noroshi_queue_bytes 1536.5\n";
	assert_true(text_starts((struct text){ text.at, text.size }, text_of(first)));
	assert_non_null(strstr(text.at, "noroshi_commit_seconds_bucket{le=\"0.001\"} 1\n"));
	assert_non_null(strstr(text.at, "noroshi_commit_seconds_bucket{le=\"0.25\"} 1\n"));
	assert_non_null(strstr(text.at, "noroshi_commit_seconds_bucket{le=\"0.5\"} 2\n"));
	assert_non_null(strstr(text.at, "noroshi_commit_seconds_bucket{le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(text.at, "noroshi_commit_seconds_count 3\nnoroshi_commit_seconds_sum 1000000.3005\n"));
	assert_null(strstr(text.at, "# EOF"));
	builder_free(&text);
	counters_free(counters);
}

static void test_counters_are_bounded_and_lose_nothing(void **state)
{
	(void)state;
	struct counters *counters = counters_new();
	struct builder text = { 0 };
	uint64_t sum = 0;
	for (int i = 0; i < 25000; i++) {
		char name[32];
		snprintf(name, sizeof name, "source %d", i);
		counter_add(counter_get(counters, COUNTER_TOTAL, "noroshi_hits", "Hits.", "source", text_of(name)), 2);
	}
	counter_add(counter_get(counters, COUNTER_TOTAL, "noroshi_late", "Late.", "source", TEXT("new")), 5);
	counter_add(counter_get(counters, COUNTER_TOTAL, "noroshi_single", "Single.", NULL, TEXT_NONE), 9);
	counters_write(counters, &text);
	size_t lines = 0;
	for (const char *at = text.at; (at = strstr(at, "\nnoroshi_hits_total{")) != NULL; at++) {
		sum += strtoull(strstr(at, "} ") + 2, NULL, 10);
		lines++;
	}
	assert_int_equal(lines, 10001);
	assert_int_equal(sum, 50000);
	assert_non_null(strstr(text.at, "noroshi_late_total{source=\"other\"} 5\n"));
	assert_non_null(strstr(text.at, "noroshi_single_total 9\n"));
	builder_free(&text);
	counters_free(counters);
}

static void test_counter_of_another_kind_is_not_mixed_in(void **state)
{
	(void)state;
	struct counters *counters = counters_new();
	struct builder text = { 0 };
	counter_add(counter_get(counters, COUNTER_TOTAL, "noroshi_x", "X.", NULL, TEXT_NONE), 1);
	counter_observe(counter_get(counters, COUNTER_HISTOGRAM, "noroshi_x", "X.", NULL, TEXT_NONE), 1);
	counter_add(counter_get(counters, COUNTER_TOTAL, "noroshi_x", "X.", "label", TEXT("v")), 1);
	counters_write(counters, &text);
	assert_string_equal(text.at, "# TYPE noroshi_x counter\n# HELP noroshi_x X.\nnoroshi_x_total 1\n");
	builder_free(&text);
	counters_free(counters);
}

/* The parser of the reference client library, which refuses what OpenMetrics 1.0 does not allow. */
static void test_counters_are_accepted_by_the_openmetrics_parser_of_prometheus(void **state)
{
	(void)state;
	if (system("/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null") != 0) {
		print_message("python3-prometheus-client is not installed\n");
		skip();
	}
	struct counters *counters = counters_new();
	struct builder text = { 0 };
	for (int i = 0; i < 300; i++) {
		char value[8] = { (char)(i % 256), (char)(i * 7 % 256), 'x', (char)('a' + i % 26) };
		struct text label = { value, 4 };
		counter_add(
		    counter_get(counters, COUNTER_TOTAL, "noroshi_parsed", "A \\ \"help\"\n", "kind", label), 1);
		counter_set(
		    counter_get(counters, COUNTER_GAUGE, "noroshi_age_seconds", "Age.", "kind", label), -0.1 * i);
		counter_observe(
		    counter_get(counters, COUNTER_HISTOGRAM, "noroshi_batch_alerts", "Sizes.", "kind", label), i * 1e5);
		counter_observe(
		    counter_get(counters, COUNTER_HISTOGRAM, "noroshi_wait_seconds", "Waits.", NULL, TEXT_NONE),
		    i * 0.01);
	}
	counter_set(counter_get(counters, COUNTER_GAUGE, "9 odd-name", "", NULL, TEXT_NONE), INFINITY);
	counter_set(counter_get(counters, COUNTER_GAUGE, "noroshi_nan", "", NULL, TEXT_NONE), NAN);
	counters_write(counters, &text);
	build_text(&text, TEXT("# EOF\n"));
	FILE *parser = popen("/usr/bin/python3 -c 'import sys; from prometheus_client.openmetrics.parser import "
			     "text_string_to_metric_families as read\n"
			     "families = {f.name: f for f in read(sys.stdin.read())}\n"
			     "assert len(families) == 6, families.keys()\n"
			     "assert families[\"noroshi_wait_seconds\"].unit == \"seconds\"\n"
			     "assert sum(s.value for s in families[\"noroshi_parsed\"].samples) == 300\n'",
	    "w");
	assert_non_null(parser);
	assert_int_equal(fwrite(text.at, 1, text.size, parser), text.size);
	int status = pclose(parser);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	builder_free(&text);
	counters_free(counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter_asked_for_twice_is_the_same_series),
		cmocka_unit_test(test_counters_are_written_as_openmetrics),
		cmocka_unit_test(test_counters_are_bounded_and_lose_nothing),
		cmocka_unit_test(test_counter_of_another_kind_is_not_mixed_in),
		cmocka_unit_test(test_counters_are_accepted_by_the_openmetrics_parser_of_prometheus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
