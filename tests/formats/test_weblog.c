/*
 * Readers of web-server logs: what they take from lines as servers write them, and that odd lines do not stop them.
 */
#include "formats/weblog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct weblog_reader *reader;
static struct stream *stream;
static struct weblog_request request;
static struct weblog_counts counts;

static void open_log(const char *log)
{
	counts = (struct weblog_counts){ 0 };
	assert_int_equal(weblog_reader_new(0, &reader, NULL), OK);
	assert_int_equal(stream_open_memory("log", log, strlen(log), &stream, NULL), OK);
}

static enum error next(void)
{
	struct line line;
	return weblog_read(reader, stream, &line, &request, &counts, NULL, NULL, NULL);
}

static void close_log(void)
{
	weblog_reader_free(reader);
	stream_close(stream);
}

static void assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.size, strlen(expected));
	assert_memory_equal(text.at, expected, text.size);
}

static void assert_time(const char *expected)
{
	char text[TIME_TEXT];
	assert_string_equal(time_format(request.occurred, text), expected);
}

static void assert_client(const char *expected)
{
	char text[ADDRESS_TEXT];
	assert_string_equal(address_format(request.client, text), expected);
}

static void test_combined(void **state)
{
	(void)state;
	open_log(
	    "198.18.0.1 - o'neil [21/Nov/2026:15:00:00 +0900] \"GET /a?b=c HTTP/1.1\" 200 123 \"http://r.example/\" "
	    "\"Agent/1 (x; y)\" 1.250\n");
	assert_int_equal(next(), OK);
	assert_client("198.18.0.1");
	assert_time("2026-11-21T06:00:00Z");
	assert_text(request.account, "o'neil");
	assert_text(request.method, "GET");
	assert_text(request.target, "/a?b=c");
	assert_int_equal(request.status, 200);
	assert_int_equal(request.size, 123);
	assert_text(request.referer, "http://r.example/");
	assert_text(request.agent, "Agent/1 (x; y)");
	assert_int_equal(request.duration, 1250 * MILLISECOND);
	assert_int_equal(next(), ERROR_END);
	close_log();
}

static void test_combined_with_a_virtual_host_or_common(void **state)
{
	(void)state;
	open_log("www.example.org:443 2001:db8::1 - - [21/Nov/2026:15:00:00 +0000] \"GET / HTTP/2.0\" 304 -\n"
		 "198.18.0.1, 198.18.0.9 - - [21/Nov/2026:15:00:00 +0000] \"GET / HTTP/2.0\" 200 5\n"
		 "client.example.net - - [21/Nov/2026:15:00:00 +0000] \"-\" 408 -\n");
	assert_int_equal(next(), OK);
	assert_text(request.server, "www.example.org");
	assert_client("2001:db8::1");
	assert_int_equal(request.size, 0);
	assert_int_equal(next(), OK);
	assert_client("198.18.0.1");
	assert_int_equal(next(), OK);
	assert_text(request.client_name, "client.example.net");
	assert_int_equal(request.target.size, 0);
	assert_int_equal(next(), ERROR_END);
	close_log();
}

static void test_combined_is_read_where_clients_make_it_odd(void **state)
{
	(void)state;
	open_log("198.18.0.1 - - [21/Nov/2026:15:00:00 +0000] \"GET /\\x22a\\\" b\\\\ HTTP/1.1\" 404 1 \"-\" \"a "
		 "\\\"b\\\" c\"\n"
		 "198.18.0.1 - - [21/Nov/2026:15:00:00 +0000] \"GET /x?q=\"onload=\"y HTTP/1.1\" 200 2 \"-\" \"-\"\n"
		 "198.18.0.1 - - [21/Nov/2026:15:00:00 +0000] \"\\x16\\x03\\x01\" 400 150 \"-\" \"-\"\n"
		 "not a line\n");
	assert_int_equal(next(), OK);
	assert_text(request.target, "/\"a\" b\\");
	assert_text(request.agent, "a \"b\" c");
	assert_int_equal(next(), OK);
	assert_text(request.target, "/x?q=\"onload=\"y");
	assert_int_equal(request.status, 200);
	assert_int_equal(next(), OK);
	assert_text(request.target, "\x16\x03\x01");
	assert_int_equal(next(), ERROR_END);
	assert_int_equal(counts.malformed, 1);
	close_log();
}

static void test_w3c(void **state)
{
	(void)state;
	open_log(
	    "#Software: Microsoft Internet Information Services 10.0\n#Date: 2026-11-21 00:00:00\n"
	    "#Fields: time s-ip cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) sc-status sc-bytes "
	    "time-taken\n"
	    "15:00:00 198.18.0.2 GET /a.aspx id=1+or+1 - 198.18.0.1 Mozilla/5.0+(Windows) 500 321 1500\n"
	    "15:00:01 198.18.0.2 GET /too few\n"
	    "#Fields: date time cs-uri-stem c-ip\n2026-11-22 01:02:03 /b 198.18.0.3\n");
	assert_int_equal(next(), OK);
	assert_time("2026-11-21T15:00:00Z");
	assert_false(request.zone_assumed);
	assert_client("198.18.0.1");
	assert_text(request.target, "/a.aspx?id=1+or+1");
	assert_text(request.agent, "Mozilla/5.0 (Windows)");
	assert_int_equal(request.status, 500);
	assert_int_equal(request.duration, 1500 * MILLISECOND);
	assert_int_equal(next(), OK); /* the line before it is malformed, the columns changed */
	assert_time("2026-11-22T01:02:03Z");
	assert_text(request.target, "/b");
	assert_int_equal(request.size, WEBLOG_SIZE_UNKNOWN);
	assert_int_equal(next(), ERROR_END);
	assert_int_equal(counts.malformed, 1);
	assert_int_equal(counts.skipped, 4);
	close_log();
}

static void test_json_of_several_servers(void **state)
{
	(void)state;
	open_log(
	    "{\"time_local\":\"21/Nov/2026:15:00:00 +0000\",\"remote_addr\":\"198.18.0.1\",\"request\":\"GET /a?b "
	    "HTTP/1.1\",\"status\":\"200\",\"body_bytes_sent\":\"7\"}\n"
	    "{\"ts\":1795273200.5,\"request\":{\"remote_ip\":\"2001:db8::7\",\"method\":\"POST\",\"host\":\"h.example:"
	    "8443\","
	    "\"uri\":\"/c\",\"headers\":{\"User-Agent\":[\"u\"]}},\"duration\":0.25,\"size\":9,\"status\":404}\n"
	    "{\"level\":\"info\",\"ts\":1795273201,\"msg\":\"started\"}\n"
	    "{\"ClientHost\":\"198.18.0.3\",\"RequestMethod\":\"GET\",\"RequestPath\":\"/d\",\"DownstreamStatus\":302,"
	    "\"DownstreamContentSize\":0,\"StartUTC\":\"2026-11-21T15:00:03Z\",\"Duration\":2000000}\n"
	    "{\"status\":200,\"uri\":\"/e\"}\n");
	assert_int_equal(next(), OK);
	assert_text(request.target, "/a?b");
	assert_int_equal(request.size, 7);
	assert_int_equal(next(), OK);
	assert_client("2001:db8::7");
	assert_text(request.method, "POST");
	assert_text(request.server, "h.example");
	assert_text(request.agent, "u");
	assert_int_equal(request.duration, 250 * MILLISECOND);
	assert_int_equal(next(), OK);
	assert_text(request.target, "/d");
	assert_int_equal(request.status, 302);
	assert_int_equal(request.duration, 2 * MILLISECOND);
	assert_int_equal(next(), ERROR_END);
	assert_int_equal(counts.skipped, 1);
	assert_int_equal(counts.malformed, 1);
	close_log();
}

static void test_what_is_no_log_is_one_error(void **state)
{
	(void)state;
	open_log("hello\nworld\n");
	assert_int_equal(next(), ERROR_INPUT);
	assert_int_equal(next(), ERROR_END);
	close_log();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_combined),
		cmocka_unit_test(test_combined_with_a_virtual_host_or_common),
		cmocka_unit_test(test_combined_is_read_where_clients_make_it_odd),
		cmocka_unit_test(test_w3c),
		cmocka_unit_test(test_json_of_several_servers),
		cmocka_unit_test(test_what_is_no_log_is_one_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
