/*
 * HTTP/1: how it is told, how messages are framed, which response belongs to which request, and what gaps and other
 * damage leave.
 */
#include "dissector_driver.h"

#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "GET host /uri 200 5 bytes": what the framing decides. */
static void show(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	const struct http_exchange *exchange = facts;
	const struct http_body *bodies[] = { &exchange->request.body, &exchange->response.body };
	char host[HTTP_HOST_SIZE];
	uint16_t port;
	struct text name = http_host_name(exchange, host, &port);
	(void)side, (void)dissection;
	build_format(to, "%u %.*s %.*s %.*s %u", (unsigned)exchange->tx_id, (int)exchange->method.size,
	    exchange->method.at, (int)name.size, name.at, (int)exchange->uri.size, exchange->uri.at, exchange->status);
	for (unsigned i = 0; i < 2; i++)
		if (bodies[i]->size || bodies[i]->gaps)
			build_format(to, " %s '%.*s'%s%s", i ? "gives" : "sends", (int)bodies[i]->first.size,
			    bodies[i]->first.at, bodies[i]->hashed ? "" : " unhashed", bodies[i]->gaps ? " gaps" : "");
}

#define EXPECT(array, expected) driver_expect(&(struct conversation){ CONVERSATION(array) }, show, expected)

static void test_http_exchange_is_written_with_everything_it_says(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT("GET /a/b.html?c=d HTTP/1.1\r\nHost: WWW.Example.org:8080\r\nUser-Agent: some \"agent\"\r\n"
			    "Referer: http://example.net/\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 302 Found\r\nContent-Type: text/html; charset=utf-8\r\nLocation: /c\r\n"
			    "Content-Length: 3\r\n\r\nabc"),
	};
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "server "
	    "{\"tx_id\":0,\"http\":{\"hostname\":\"www.example.org\",\"http_port\":8080,\"url\":\"/a/b.html?c=d\","
	    "\"http_user_agent\":\"some \\\"agent\\\"\",\"xff\":\"192.0.2.9\",\"http_refer\":\"http://example.net/\","
	    "\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"http_content_type\":\"text/html\",\"status\":302,"
	    "\"redirect\":\"/c\",\"length\":3},\"files\":[{\"filename\":\"b.html\",\"sha256\":"
	    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"gaps\":false,\"state\":\"CLOSED\","
	    "\"size\":3,\"tx_id\":0}]}\n");
}

static void test_http_fields_are_what_indicators_ask_for(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT("GET /x?y HTTP/1.1\nHost: Example.org\nCookie: k=v\n\n"),
		SAID_SERVER("HTTP/1.1 204 None\r\nContent-Type: a/b\r\n\r\n"),
	};
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "server http.method=GET http.host=example.org http.uri=/x?y http.url=http://example.org/x http.cookie=k=v "
	    "http.stat_code=204 http.request_header=Host: Example.org\nCookie: k=v\n "
	    "http.response_header=Content-Type: a/b\r\n http.content_type=a/b \n");
}

static void test_http_pipelined_requests_have_their_own_responses(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT(
		    "HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
		    "GET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
			    "HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: "
			    "t\r\n\r\n"
			    "HTTP/1.1 304 Same\r\n\r\nHTTP/1.0 200 OK\r\n\r\nto the end"),
	};
	(void)state;
	EXPECT(said, "server 0 HEAD a /1 200\nserver 1 POST a /2 201 sends 'hi' gives 'abcde'\nserver 2 GET a /3 304\n"
		     "server 3 GET a /4 200 gives 'to the end'\n");
}

static void test_http_one_side_is_enough(void **state)
{
	static const struct said requests[] = { SAID_CLIENT(
	    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n") };
	static const struct said responses[] = { SAID_CLIENT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
							     "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") };
	(void)state;
	EXPECT(requests, "client 0 GET a /1 0\nclient 1 GET b /2 0\n");
	EXPECT(responses, "server 0    200 gives 'x'\nserver 1    404\n");
}

static void test_http_goes_on_behind_a_gap(void **state)
{
	static const struct said within[] = {
		SAID_CLIENT("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012"),
		SAID_MISSING(SIDE_SERVER, 4),
		SAID_SERVER("789HTTP/1.1 200 OK\r\n"),
		SAID_MISSING(SIDE_SERVER, 40),
		SAID_CLIENT("GET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n"),
		SAID_SERVER("half a line\r\nHTTP/1.1 203 OK\r\nContent-Length: 0\r\n\r\n"),
	};
	(void)state;
	EXPECT(within, "server 0 GET a /1 200 gives '012789' unhashed gaps\nserver 1    200\nserver 2 GET a /2 203\n"
		       "client 3 GET a /3 0\n");
}

static void test_http_gives_the_flow_to_what_it_was_upgraded_to(void **state)
{
	static const struct said tunnel[] = {
		SAID_CLIENT("CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 200 OK\r\n\r\n"),
		SAID_CLIENT("GET /inside HTTP/1.1\r\nHost: b\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	};
	static const struct said refused[] = {
		SAID_CLIENT("CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"),
		SAID_CLIENT("GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
	};
	static const struct said early[] = {
		SAID_CLIENT("CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
		SAID_CLIENT("GET /early HTTP/1.1\r\nHost: b\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
	};
	(void)state;
	EXPECT(early, "server 0 CONNECT a.example a.example:443 200\nserver 0 GET b /early 204\n");
	EXPECT(tunnel, "server 0 CONNECT a.example a.example:443 200\nserver 0 GET b /inside 200\n");
	EXPECT(refused, "server 0 CONNECT a.example a.example:443 403\nclient 1 GET b / 0\n");
}

static void test_http_absolute_uri_names_the_host(void **state)
{
	static const struct said said[] = { SAID_CLIENT(
	    "GET http://u@Proxy.example:81/p?q HTTP/1.1\r\nHost: other\r\n\r\n") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "client http.method=GET http.host=proxy.example http.uri=http://u@Proxy.example:81/p?q "
	    "http.url=http://u@Proxy.example:81/p http.request_header=Host: other\r\n \n");
}

static void test_http_damage_is_named(void **state)
{
	static const struct said chunk[] = {
		SAID_CLIENT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nHTTP/1.1 200 "
			    "OK\r\nContent-Length: -1\r\n\r\nx"),
	};
	static const struct said line[] = {
		SAID_CLIENT("GET / HTTP/1.1\r\nHost: a\r\n\r\n\0\1\2\r\nGET /2 HTTP/1.1\r\n\r\n"),
	};
	(void)state;
	EXPECT(chunk, "server anomaly invalid_response_chunk_len\nserver 0 GET a / 200\n"
		      "server anomaly invalid_content_length_field\nserver 1    200 gives 'x'\n");
	EXPECT(line, "client anomaly request_line_invalid\nclient 0 GET a / 0\nclient 1 GET  /2 0\n");
}

static void test_http_other_protocols_are_not_http(void **state)
{
	static const char *const others[] = { "OPTIONS rtsp://a/ RTSP/1.0\r\n\r\n", "INVITE sip:a SIP/2.0\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SSH-2.0-x\r\n", "EHLO example.org\r\n", "GET rid of\r\n",
		"220 HTTP/1.1\r\n" };
	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_not_equal(
		    dissector_http.recognise(SIDE_CLIENT, (const uint8_t *)others[i], strlen(others[i])),
		    LIKENESS_SURE);
}

/* A flow that never answers does not keep more than the limit. */
static void test_http_requests_that_wait_are_bounded(void **state)
{
	struct builder bytes = { 0 }, shown = { 0 };
	(void)state;
	for (unsigned i = 0; i < 4 * HTTP_WAITING; i++)
		build_format(&bytes, "GET /%u HTTP/1.1\r\nX: %0*d\r\n\r\n", i, 8000, 0);
	const struct said said[] = { { SIDE_CLIENT, bytes.at, bytes.size, 0 } };
	driver_run(&(struct conversation){ CONVERSATION(said) }, show, &(struct cut){ 0 }, &shown);
	assert_non_null(strstr(shown.at, "client anomaly too_many_requests_waiting\nclient 0 GET  /0 0\n"));
	assert_non_null(strstr(shown.at, "client anomaly headers_too_long\n"));
	assert_non_null(strstr(shown.at, "client 255 GET  /255 0\n"));
	builder_free(&bytes);
	builder_free(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_exchange_is_written_with_everything_it_says),
		cmocka_unit_test(test_http_fields_are_what_indicators_ask_for),
		cmocka_unit_test(test_http_pipelined_requests_have_their_own_responses),
		cmocka_unit_test(test_http_one_side_is_enough),
		cmocka_unit_test(test_http_goes_on_behind_a_gap),
		cmocka_unit_test(test_http_gives_the_flow_to_what_it_was_upgraded_to),
		cmocka_unit_test(test_http_absolute_uri_names_the_host),
		cmocka_unit_test(test_http_damage_is_named),
		cmocka_unit_test(test_http_other_protocols_are_not_http),
		cmocka_unit_test(test_http_requests_that_wait_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
