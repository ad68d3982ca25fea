/*
 * HTTP/2: frames, header blocks (the examples of RFC 7541, appendix C), bodies, and what damage leaves.
 */
#include "dissector_driver.h"

#include "net/http2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\6\4\0\0\0\0\0\0\1\0\0\x10\0"
/* C.4.1 and C.4.2: GET http://www.example.com/, then the same with cache-control: no-cache */
#define FIRST "\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"
#define SECOND_BEGINS "\x82\x86\x84"
#define SECOND_ENDS "\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf"
/* C.6.1: 302 with cache-control, date and location */
#define REDIRECT                                                                                                       \
	"\x48\x82\x64\x02\x58\x85\xae\xc3\x77\x1a\x4b\x61\x96\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b" \
	"\x81\x66\xe0\x82\xa6\x2d\x1b\xff\x6e\x91\x9d\x29\xad\x17\x18\x63\xc7\x8f\x0b\x97\xc8\xe9\xae\x82\xae\x43\xd3"

/* "stream GET host /path 200 'body'" */
static void show(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	const struct http_exchange *exchange = facts;
	const struct http_body *body = &exchange->response.body;
	(void)dissection, (void)side;
	build_format(to, "%u %.*s %.*s %.*s %u", (unsigned)exchange->stream, (int)exchange->method.size,
	    exchange->method.at, (int)exchange->host.size, exchange->host.at, (int)exchange->uri.size, exchange->uri.at,
	    exchange->status);
	if (body->size || body->gaps)
		build_format(to, " '%.*s'%s%s", (int)body->first.size, body->first.at, body->hashed ? "" : " unhashed",
		    body->gaps ? " gaps" : "");
}

#define EXPECT(array, expected) driver_expect(&(struct conversation){ CONVERSATION(array) }, show, expected)

static const struct said conversation[] = {
	SAID_CLIENT(PREFACE SETTINGS "\0\0\x11\1\5\0\0\0\1" FIRST "\0\0\3\1\1\0\0\0\3" SECOND_BEGINS
				     "\0\0\x09\x09\4\0\0\0\3" SECOND_ENDS),
	SAID_SERVER(SETTINGS "\0\0\x36\1\5\0\0\0\1" REDIRECT "\0\0\1\1\4\0\0\0\3\x88"
			     "\0\0\3\0\0\0\0\0\3hel"
			     "\0\0\5\0\x09\0\0\0\3\2lo\0\0"),
};

static void test_http2_streams_are_exchanges(void **state)
{
	(void)state;
	EXPECT(conversation, "server 1 GET www.example.com / 302\nserver 3 GET www.example.com / 200 'hello'\n");
}

static void test_http2_record_is_that_of_http_with_its_stream(void **state)
{
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(conversation) }, driver_show_eve,
	    "server "
	    "{\"tx_id\":0,\"http\":{\"hostname\":\"www.example.com\",\"url\":\"/\",\"http_method\":\"GET\",\"version\":"
	    "\"2\",\"protocol\":\"HTTP/2\",\"status\":302,\"redirect\":\"https://www.example.com\",\"length\":0,"
	    "\"http2\":{\"stream_id\":1}}}\n"
	    "server "
	    "{\"tx_id\":1,\"http\":{\"hostname\":\"www.example.com\",\"url\":\"/\",\"http_method\":\"GET\",\"version\":"
	    "\"2\",\"protocol\":\"HTTP/"
	    "2\",\"status\":200,\"length\":5,\"http2\":{\"stream_id\":3}},\"files\":[{\"sha256\":"
	    "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\",\"gaps\":false,\"state\":\"CLOSED\","
	    "\"size\":5,\"tx_id\":1}]}\n");
}

static void test_http2_follows_an_upgrade(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
		SAID_SERVER("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n" SETTINGS "\0\0\1\1\5\0\0\0\1\x88"),
		SAID_CLIENT(PREFACE SETTINGS),
	};
	(void)state;
	EXPECT(said, "server 0 GET a / 101\nserver 1    200\n");
}

static void test_http2_damage_is_named_and_ends_a_side(void **state)
{
	static const struct said block[] = {
		SAID_CLIENT(PREFACE "\0\0\1\1\5\0\0\0\1\xff"
				    "\0\0\x11\1\5\0\0\0\3" FIRST),
		SAID_SERVER(SETTINGS "\0\0\1\1\5\0\0\0\1\x88"),
	};
	static const struct said padding[] = { SAID_CLIENT(PREFACE "\0\0\2\1\x0d\0\0\0\1\x10\x82") };
	static const struct said continuation[] = { SAID_CLIENT(PREFACE "\0\0\1\x09\4\0\0\0\1\x82") };
	(void)state;
	EXPECT(block, "client anomaly invalid_header\nserver 1    200\n");
	EXPECT(padding, "client anomaly invalid_frame_data\n");
	EXPECT(continuation, "client anomaly invalid_frame_data\n");
}

static void test_http2_reset_and_unfinished_streams_are_told(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT(PREFACE "\0\0\x11\1\5\0\0\0\1" FIRST "\0\0\4\3\0\0\0\0\1\0\0\0\x08"
				    "\0\0\3\1\5\0\0\0\3"
				    "\x82\x86\x84"),
	};
	(void)state;
	EXPECT(said, "client 1 GET www.example.com / 0\nclient 3 GET  / 0\n");
}

static void test_http2_large_data_comes_as_it_is(void **state)
{
	struct builder bytes = { 0 }, shown = { 0 };
	(void)state;
	build_text(&bytes, TEXT(SETTINGS "\0\0\1\1\4\0\0\0\1\x88"
					 "\2\0\0\0\1\0\0\0\1"));
	for (unsigned i = 0; i < 0x20000; i++)
		build_char(&bytes, 'x');
	const struct said said[] = { SAID_CLIENT(PREFACE), { SIDE_SERVER, bytes.at, bytes.size, 0 } };
	driver_run(&(struct conversation){ CONVERSATION(said) }, driver_show_eve, &(struct cut){ 0 }, &shown);
	assert_non_null(strstr(shown.at, "\"size\":131072"));
	builder_free(&bytes);
	builder_free(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http2_streams_are_exchanges),
		cmocka_unit_test(test_http2_record_is_that_of_http_with_its_stream),
		cmocka_unit_test(test_http2_follows_an_upgrade),
		cmocka_unit_test(test_http2_damage_is_named_and_ends_a_side),
		cmocka_unit_test(test_http2_reset_and_unfinished_streams_are_told),
		cmocka_unit_test(test_http2_large_data_comes_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
