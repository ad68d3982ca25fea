/*
 * What a payload tries: the beginning of each protocol is told, and everything shorter or other is not.
 */
#include "darknet/packet/arrival.h"
#include "darknet/packet/method.h"
#include "packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IS(bytes) bytes, sizeof(bytes) - 1

static const struct {
	enum arrival_method method;
	uint8_t protocol;
	uint16_t port;
	const char *payload;
	size_t size;
	size_t least; /* bytes that tell it; 0: not looked at */
} cases[] = {
	{ METHOD_PPTP, 6, 1723, IS("\x00\x9c\x00\x01\x1a\x2b\x3c\x4d\x00\x01\x00\x00"), 8 },
	{ METHOD_TERMINAL, 6, 3389, IS("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"),
	    6 },
	{ METHOD_TERMINAL, 6, 33890, IS("\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"), 6 }, /* on any port */
	{ METHOD_SMB1, 6, 445, IS("\x00\x00\x00\x2f\xffSMB\x72\x00\x00\x00\x00"), 8 },
	{ METHOD_SMB2, 6, 445, IS("\x00\x00\x00\x2f\xfeSMB\x40\x00"), 8 },
	{ METHOD_HTTP, 6, 8080, IS("GET / HTTP/1.1\r\nHost: 198.51.20.7\r\n\r\n"), 4 },
	{ METHOD_HTTP, 6, 80, IS("OPTIONS * HTTP/1.1\r\n\r\n"), 8 },
	{ METHOD_TLS, 6, 443, IS("\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"), 6 },
	{ METHOD_SSH, 6, 22, IS("SSH-2.0-Go\r\n"), 4 },
	{ METHOD_TELNET, 6, 23, IS("\xff\xfd\x03\xff\xfb\x18"), 2 },
	{ METHOD_REDIS, 6, 6379, IS("*1\r\n$4\r\nINFO\r\n"), 5 },
	{ METHOD_ADB, 6, 5555, IS("CNXN\x00\x00\x00\x01"), 4 },
	{ METHOD_TDS, 6, 1433, IS("\x12\x01\x00\x34\x00\x00\x00\x00"), 2 },
	{ METHOD_SCAN, 6, 5060, IS("OPTIONS sip:100@198.51.20.7 SIP/2.0\r\n"), 12 },
	{ METHOD_SCAN, 17, 5060, IS("OPTIONS sip:100@198.51.20.7 SIP/2.0\r\n"), 12 },
	{ METHOD_SCAN, 17, 1900, IS("M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n"), 9 },
	{ METHOD_SCAN, 17, 11211, IS("\x00\x00\x00\x00\x00\x01\x00\x00stats\r\n"), 15 },
	{ METHOD_SCAN, 17, 123, IS("\x17\x00\x03\x2a\x00\x00\x00\x00"), 4 },
	{ METHOD_SCAN, 17, 161, IS("\x30\x26\x02\x01\x01\x04\x06public"), 1 },
	{ METHOD_SCAN, 17, 137,
	    IS("\x80\xf0\x00\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20"
	       "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01"),
	    45 },
	{ METHOD_SCAN, 17, 111, IS("\x65\x72\x0a\x37\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa0\x00\x00\x00\x02"),
	    16 },
	{ METHOD_DNS, 17, 53,
	    IS("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
	       "example\x00\x00\x01\x00\x01"),
	    12 },
	{ METHOD_NONE, 17, 5353,
	    IS("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
	       "example\x00\x00\x01\x00\x01"),
	    0 },
	{ METHOD_NONE, 17, 123, IS("\x23\x00\x03\x2a\x00\x00\x00\x00"),
	    0 }, /* a client's plain question for the time */
	{ METHOD_NONE, 6, 3389, IS("\x04\x00\x00\x13\x0e\xe0\x00"), 0 },
	{ METHOD_NONE, 6, 80, IS("GETTING"), 0 },
	{ METHOD_ICMP, 1, 8, IS("abcdefgh"), 0 },
};

static enum arrival_method method_arriving(size_t number, size_t size)
{
	static uint8_t room[PACKET_ROOM];
	struct packet_made made = { .source = 0xcb007105u,
		.destination = 0xc6331407u,
		.source_port = 40000,
		.port = cases[number].port,
		.protocol = cases[number].protocol,
		.flags = 0x18,
		.payload = cases[number].payload,
		.payload_size = size };
	struct prefix prefix;
	struct space *space;
	struct arrival arrival;

	if (made.protocol == 1) { /* its type and code stand in the ports */
		made.source_port = 8;
		made.port = 0;
	}
	assert_true(prefix_parse(TEXT("198.51.0.0/16"), &prefix));
	assert_int_equal(space_new(&prefix, 1, &space, NULL), OK);
	struct frame frame = packet_make(&made, room);
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_TAKEN);
	space_free(space);
	return (enum arrival_method)arrival.method;
}

static void test_each_method_is_told_by_its_first_bytes(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t size = cases[i].least; size <= cases[i].size; size++)
			if (cases[i].least && method_arriving(i, size) != cases[i].method)
				fail_msg("case %zu, %zu bytes: %s", i, size, method_name(method_arriving(i, size)));
		for (size_t size = 0; size < cases[i].least; size++)
			if (method_arriving(i, size) == cases[i].method)
				fail_msg("case %zu: told by %zu bytes", i, size);
		assert_int_equal(method_arriving(i, cases[i].size), cases[i].method);
	}
}

static void test_answers_of_victims_try_nothing(void **unused)
{
	(void)unused;
	static uint8_t room[PACKET_ROOM];
	struct packet_made made = { .source = 0xcb007105u,
		.destination = 0xc6331407u,
		.source_port = 443,
		.port = 40000,
		.protocol = 6,
		.flags = 0x12,
		.payload = "GET / HTTP/1.1\r\n",
		.payload_size = 16 };
	struct prefix prefix;
	struct space *space;
	struct arrival arrival;

	assert_true(prefix_parse(TEXT("198.51.0.0/16"), &prefix));
	assert_int_equal(space_new(&prefix, 1, &space, NULL), OK);
	struct frame frame = packet_make(&made, room);
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_TAKEN);
	assert_int_equal(arrival.kind, ARRIVAL_BACKSCATTER);
	assert_int_equal(arrival.method, METHOD_NONE);
	space_free(space);
}

static void test_every_method_has_a_name_of_its_own(void **unused)
{
	(void)unused;
	enum arrival_method method;

	for (int i = METHOD_NONE + 1; i < METHOD_COUNT; i++) {
		assert_true(method_named(text_of(method_name((enum arrival_method)i)), &method));
		assert_int_equal(method, i);
	}
	assert_false(method_named(TEXT(""), &method));
	assert_false(method_named(TEXT("smb3"), &method));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_method_is_told_by_its_first_bytes),
		cmocka_unit_test(test_answers_of_victims_try_nothing),
		cmocka_unit_test(test_every_method_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests_name("darknet method", tests, NULL, NULL);
}
