/*
 * RDP: who asks, what is agreed on, what a client says of itself, and TLS behind it.
 */
#include "dissector_driver.h"

#include "net/rdp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REQUEST "\3\0\0\x2a\x25\xe0\0\0\0\0\0Cookie: mstshash=taro\r\n\1\0\x08\0\x0b\0\0\0"
#define RESPONSE(type, number) "\3\0\0\x13\x0e\xd0\0\0\0\0\0" type "\0\x08\0" number "\0\0\0"
/* The client's settings: 1280 × 720, a Japanese keyboard, two channels. */
#define SETTINGS                                                                                                       \
	"\x03\x00\x00\xd4\x02\xf0\x80\x7f\x65\x82\x00\xc8\x04\x01\x01\x04\x01\x01\x01\x01\xff\x04\x82\x00"             \
	"\xbb\x00\x05\x00\x14\x7c\x00\x01\x80\x90\x00\x08\x00\x10\x00\x01\xc0\x00\x44\x75\x63\x61\x80\xa4"             \
	"\x01\xc0\x84\x00\x04\x00\x08\x00\x00\x05\xd0\x02\x01\xca\x03\xaa\x11\x04\x00\x00\x28\x0a\x00\x00"             \
	"\xef\x7a\x2b\x67\x31\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x02\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00"             \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\xc0\x20\x00\x02\x00\x00\x00\x72\x64\x70\x64"             \
	"\x72\x00\x00\x00\x00\x00\x00\x80\x63\x6c\x69\x70\x72\x64\x72\x00\x00\x00\xa0\xc0"
#define REQUEST_RECORD                                                                                                 \
	"client {\"rdp\":{\"tx_id\":0,\"event_type\":\"initial_request\",\"cookie\":\"taro\"}}\n"                      \
	"server {\"rdp\":{\"tx_id\":1,\"event_type\":\"initial_response\"}}\n"

static void test_rdp_client_is_read_whatever_the_pieces(void **state)
{
	static const struct said said[] = { SAID_CLIENT(REQUEST), SAID_SERVER(RESPONSE("\2", "\0")),
		SAID_CLIENT(SETTINGS), SAID_SERVER("\3\0\0\x08\2\xf0\x80x") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    REQUEST_RECORD
	    "client {\"rdp\":{\"tx_id\":2,\"event_type\":\"connect_request\",\"client\":{\"version\":\"0x80004\","
	    "\"desktop_width\":1280,\"desktop_height\":720,\"keyboard_layout\":\"0x411\",\"build\":\"2600\","
	    "\"client_name\":\"\xe7\xab\xaf\xe6\x9c\xab"
	    "1\",\"keyboard_type\":\"7\",\"function_keys\":12},"
	    "\"channels\":[\"rdpdr\",\"cliprdr\"]}}\n");
}

static void test_rdp_becomes_tls(void **state)
{
	static const struct said said[] = { SAID_CLIENT(REQUEST), SAID_SERVER(RESPONSE("\2", "\1")),
		SAID_CLIENT("\x16\3\1\0\x3f\1\0\0\x3b\3\3"
			    "0123456789abcdef0123456789abcdef\0\0\4\x13\1\xc0\x2b\1\0\0\x0e\0\0\0\x0a\0\x08\0\0\5"
			    "e.com") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "client rdp.cookie=taro \nserver \nclient tls.sni=e.com ja3.hash=4022d423db332728a37c8de677d5c557 "
	    "ja4.hash=t12d020100_777cda164f4b_000000000000 \n");
}

static void test_rdp_refusals_and_malformed_packets(void **state)
{
	static const struct said refused[] = { SAID_CLIENT(REQUEST), SAID_SERVER(RESPONSE("\3", "\5")) };
	static const struct said broken[] = { SAID_CLIENT(REQUEST "\4\0\0\7"), SAID_SERVER(RESPONSE("\2", "\0")) };
	static const struct said other[] = { SAID_CLIENT(REQUEST), SAID_SERVER(RESPONSE("\2", "\0")),
		SAID_CLIENT("\3\0\0\x0c\2\xf0\x80\x7f\x65"
			    "Duc") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(refused) }, driver_show_eve, REQUEST_RECORD);
	driver_expect(&(struct conversation){ CONVERSATION(broken) }, driver_show_fields,
	    "client rdp.cookie=taro \nclient anomaly malformed_data\nserver \n");
	driver_expect(&(struct conversation){ CONVERSATION(other) }, driver_show_eve, REQUEST_RECORD);
}

static void test_rdp_other_bytes_are_not_rdp(void **state)
{
	static const uint8_t request[] = REQUEST, s7[] = "\3\0\0\x16\x11\xe0\0\0\0\1\0\xc0\1\x0a\xc1\2\1\0\xc2\2\1\2";
	(void)state;
	assert_int_equal(dissector_rdp.recognise(SIDE_CLIENT, request, 20), LIKENESS_MAYBE);
	assert_int_equal(dissector_rdp.recognise(SIDE_CLIENT, request, sizeof request - 1), LIKENESS_SURE);
	assert_int_equal(dissector_rdp.recognise(SIDE_SERVER, request, sizeof request - 1), LIKENESS_NONE);
	assert_int_equal(dissector_rdp.recognise(SIDE_CLIENT, s7, sizeof s7 - 1), LIKENESS_NONE);
	assert_int_equal(dissector_rdp.recognise(SIDE_CLIENT, (const uint8_t *)"\3\1", 2), LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rdp_client_is_read_whatever_the_pieces),
		cmocka_unit_test(test_rdp_becomes_tls),
		cmocka_unit_test(test_rdp_refusals_and_malformed_packets),
		cmocka_unit_test(test_rdp_other_bytes_are_not_rdp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
