/*
 * DNS: what is told to be DNS, which records are read of a message, and what damaged ones give.
 */
#include "dissector_driver.h"

#include "net/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EXAMPLE "\7example\3org\0"
#define QUESTION "\x12\x34\1\0\0\1\0\0\0\0\0\0" EXAMPLE "\0\1\0\1"
#define HEADER(flags, queries, answers, authorities, additionals)                                                      \
	"\x12\x34" flags "\0" queries "\0" answers "\0" authorities "\0" additionals

static void expect_datagram(const char *bytes, size_t size, uint16_t port, const char *expected)
{
	const struct said said[] = { { SIDE_CLIENT, bytes, size, 0 } };
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, .port = port, CONVERSATION(said) },
	    driver_show_eve, expected);
}
#define EXPECT_DATAGRAM(literal, expected) expect_datagram(literal, sizeof(literal) - 1, 0, expected)

static void test_dns_query_and_response_are_told_without_their_port(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT(QUESTION),
		SAID_SERVER(
		    HEADER("\x81\x80", "\1", "\2", "\0", "\0") EXAMPLE "\0\1\0\1"
								       "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3www\xc0\x0c"
								       "\xc0\x29\0\1\0\1\0\0\0\x1e\0\4\xc0\0\2\1"),
	};
	(void)state;
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(said) }, driver_show_eve,
	    "client {\"dns\":{\"version\":3,\"type\":\"request\",\"tx_id\":0,\"id\":4660,\"flags\":\"100\",\"rd\":true,"
	    "\"opcode\":0,\"rcode\":\"NOERROR\",\"queries\":[{\"rrname\":\"example.org\",\"rrtype\":\"A\"}]}}\n"
	    "server "
	    "{\"dns\":{\"version\":3,\"type\":\"response\",\"tx_id\":1,\"id\":4660,\"flags\":\"8180\",\"qr\":true,"
	    "\"rd\":true,\"ra\":true,\"opcode\":0,\"rcode\":\"NOERROR\",\"queries\":[{\"rrname\":\"example.org\","
	    "\"rrtype\":\"A\"}],\"answers\":[{\"rrname\":\"example.org\",\"rrtype\":\"CNAME\",\"ttl\":60,"
	    "\"rdata\":\"www.example.org\"},{\"rrname\":\"www.example.org\",\"rrtype\":\"A\",\"ttl\":30,"
	    "\"rdata\":\"192.0.2.1\"}]}}\n");
}

static void test_dns_fields_are_names_and_addresses(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT(HEADER("\x81\x80", "\1", "\2", "\0", "\0") EXAMPLE
		    "\0\x0f\0\1"
		    "\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\x07\0\1\2mx\xc0\x0c"
		    "\2mx\xc0\x0c\0\x1c\0\1\0\0\0\x1e\0\x10\x20\1\x0d\xb8"
		    "\0\0\0\0\0\0\0\0\0\0\0\1"),
	};
	(void)state;
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(said) }, driver_show_fields,
	    "server dns.query=example.org dns.name=example.org dns.name=mx.example.org dns.name=mx.example.org "
	    "dns.address=2001:db8::1 \n");
}

static void test_dns_over_tcp_whatever_the_pieces(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT("\0\x1d" QUESTION "\0\x1d" QUESTION),
		SAID_SERVER("\0\x2d" HEADER("\x81\x80", "\1", "\1", "\0", "\0") EXAMPLE
		    "\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4\xc0\0\2\1"),
	};
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "client dns.query=example.org \nclient dns.query=example.org \n"
	    "server dns.query=example.org dns.name=example.org dns.address=192.0.2.1 \n");
}

static void test_dns_sections_and_types_stand_where_the_schema_has_them(void **state)
{
	(void)state;
	EXPECT_DATAGRAM(HEADER("\x84\3", "\1", "\3", "\1", "\2") EXAMPLE
	    "\0\xff\0\1"
	    "\xc0\x0c\0\x10\0\1\0\0\0\1\0\7\2ab\3c\"d"                 /* TXT, two strings */
	    "\xc0\x0c\0\x21\0\1\0\0\0\1\0\x08\0\1\0\2\x14\x6c\xc0\x0c" /* SRV */
	    "\xc0\x0c\0\x2c\0\1\0\0\0\1\0\5\1\2\xab\xcd\xef"           /* SSHFP */
	    "\xc0\x0c\0\6\0\1\0\0\0\1\0\x1b\1m\xc0\x0c\1r\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5" /* SOA */
	    "\0\0\x29\x10\0\0\0\0\0\0\6\0\x0a\0\2\xaa\xbb"                                           /* OPT: a cookie */
	    "\xc0\x0c\0\x41\0\1\0\0\0\1\0\3\0\1\0",                                                  /* HTTPS */
	    "server "
	    "{\"dns\":{\"version\":3,\"type\":\"response\",\"tx_id\":0,\"id\":4660,\"flags\":\"8403\",\"qr\":true,"
	    "\"aa\":true,\"opcode\":0,\"rcode\":\"NXDOMAIN\",\"queries\":[{\"rrname\":\"example.org\",\"rrtype\":"
	    "\"ANY\"}],"
	    "\"answers\":[{\"rrname\":\"example.org\",\"rrtype\":\"TXT\",\"ttl\":1,\"rdata\":\"ab\"},"
	    "{\"rrname\":\"example.org\",\"rrtype\":\"TXT\",\"ttl\":1,\"rdata\":\"c\\\"d\"},"
	    "{\"rrname\":\"example.org\",\"rrtype\":\"SRV\",\"ttl\":1,\"srv\":{\"priority\":1,\"weight\":2,\"port\":"
	    "5228,"
	    "\"name\":\"example.org\"}},{\"rrname\":\"example.org\",\"rrtype\":\"SSHFP\",\"ttl\":1,\"sshfp\":"
	    "{\"fingerprint\":\"ab:cd:ef\",\"algo\":1,\"type\":2}}],\"authorities\":[{\"rrname\":\"example.org\","
	    "\"rrtype\":\"SOA\",\"ttl\":1,\"soa\":{\"mname\":\"m.example.org\",\"rname\":\"r\",\"serial\":1,"
	    "\"refresh\":2,"
	    "\"retry\":3,\"expire\":4,\"minimum\":5}}],\"additionals\":[{\"rrname\":\"\",\"rrtype\":\"OPT\",\"ttl\":0,"
	    "\"opt\":[{\"code\":10,\"data\":\"aabb\"}]},{\"rrname\":\"example.org\",\"rrtype\":\"HTTPS\",\"ttl\":1,"
	    "\"rdata\":\"\"}]}}\n");
}

static void test_dns_of_the_local_link_has_its_own_records(void **state)
{
	static const char message[] = HEADER("\x84\0", "\0", "\1", "\0", "\0") EXAMPLE "\0\x0c\0\1\0\0\0\1\0\2\xc0\x0c";
	(void)state;
	expect_datagram(message, sizeof message - 1, 5353,
	    "client {\"mdns\":{\"type\":\"response\",\"id\":4660,\"flags\":[\"aa\"],\"opcode\":0,\"rcode\":0,"
	    "\"answers\":[{\"rrname\":\"example.org\",\"ptr\":\"example.org\"}]}}\n");
	expect_datagram(message, sizeof message - 1, 5355,
	    "client {\"llmnr\":{\"type\":\"response\",\"tx_id\":0,\"id\":4660,\"flags\":[\"c\"],\"opcode\":0,"
	    "\"answers\":[{\"rrname\":\"example.org\",\"rrtype\":\"PTR\",\"ttl\":1,\"ptr\":\"example.org\"}]}}\n");
}

static void test_dns_names_of_any_bytes_are_written_as_valid_json(void **state)
{
	(void)state;
	EXPECT_DATAGRAM("\x12\x34\1\0\0\1\0\0\0\0\0\0\4\xff\"\n\0\2jp\0\0\1\0\1",
	    "client {\"dns\":{\"version\":3,\"type\":\"request\",\"tx_id\":0,\"id\":4660,\"flags\":\"100\",\"rd\":true,"
	    "\"opcode\":0,\"rcode\":\"NOERROR\",\"queries\":[{\"rrname\":\"\xef\xbf\xbd\\\"\\n\\u0000.jp\","
	    "\"rrtype\":\"A\"}]}}\n");
}

/* Names that have no end or leave the message give what stands before them, and an anomaly. */
static void test_dns_damaged_names_end(void **state)
{
	static const char circle[] =
	    HEADER("\x81\x80", "\1", "\1", "\0", "\0") EXAMPLE "\0\1\0\1\xc0\x1d\0\1\0\1\0\0\0\1\0\4\1\2\3\4";
	static const char beyond[] = HEADER("\x81\x80", "\1", "\1", "\0", "\0") EXAMPLE "\0\1\0\1\xff\xff\0\1\0\1";
	static const struct said circles[] = { SAID_SERVER(circle) }, leaves[] = { SAID_SERVER(beyond) };
	(void)state;
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(circles) }, driver_show_fields,
	    "server anomaly malformed_data\nserver dns.query=example.org dns.address=1.2.3.4 \n");
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(leaves) }, driver_show_fields,
	    "server anomaly malformed_data\nserver dns.query=example.org \n");
}

static void test_dns_forward_pointers_are_followed(void **state)
{
	static const struct said said[] = { SAID_SERVER(
	    HEADER("\x81\x80", "\1", "\1", "\0", "\0") EXAMPLE "\0\1\0\1\xc0\x29\0\1\0\1\0\0\0\1\0\4\2ab\0") };
	(void)state;
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(said) }, driver_show_fields,
	    "server dns.query=example.org dns.name=ab dns.address=2.97.98.0 \n");
}

/* A name longer than any may be is cut, and what follows it is read. */
static void test_dns_long_names_are_cut(void **state)
{
	struct builder message = { 0 }, shown = { 0 };
	(void)state;
	build_text(&message, TEXT("\x12\x34\1\0\0\2\0\0\0\0\0\0"));
	for (unsigned i = 0; i < 20; i++)
		build_text(&message, TEXT("\x0f"
					  "abcdefghijklmno"));
	build_text(&message, TEXT("\0\0\1\0\1" EXAMPLE "\0\x1c\0\1"));
	const struct said said[] = { { SIDE_CLIENT, message.at, message.size, 0 } };
	driver_run(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(said) }, driver_show_eve,
	    &(struct cut){ 0 }, &shown);
	assert_non_null(strstr(shown.at, ".abcdefghijklmno\",\"rrtype\":\"A\",\"rrname_truncated\":true},"
					 "{\"rrname\":\"example.org\",\"rrtype\":\"AAAA\"}]"));
	builder_free(&message);
	builder_free(&shown);
}

static void test_dns_other_datagrams_are_not_dns(void **state)
{
	(void)state;
	EXPECT_DATAGRAM("", "");
	EXPECT_DATAGRAM("\x12\x34\1\0\0\1\0\0\0\0\0", "");
	EXPECT_DATAGRAM("\x12\x34\1\0\0\0\0\0\0\0\0\0", "");                        /* asks nothing */
	EXPECT_DATAGRAM("\x12\x34\x79\0\0\1\0\0\0\0\0\0" EXAMPLE "\0\1\0\1", "");   /* no such operation */
	EXPECT_DATAGRAM("\x12\x34\1\0\0\1\0\0\0\0\0\0" EXAMPLE "\0\1\x33\x33", ""); /* no such class */
	EXPECT_DATAGRAM("\x12\x34\1\x10\0\1\0\0\0\0\0\0\x20"
			"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			"\0\0\x20\0\1",
	    "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dns_query_and_response_are_told_without_their_port),
		cmocka_unit_test(test_dns_fields_are_names_and_addresses),
		cmocka_unit_test(test_dns_over_tcp_whatever_the_pieces),
		cmocka_unit_test(test_dns_sections_and_types_stand_where_the_schema_has_them),
		cmocka_unit_test(test_dns_of_the_local_link_has_its_own_records),
		cmocka_unit_test(test_dns_names_of_any_bytes_are_written_as_valid_json),
		cmocka_unit_test(test_dns_damaged_names_end),
		cmocka_unit_test(test_dns_forward_pointers_are_followed),
		cmocka_unit_test(test_dns_long_names_are_cut),
		cmocka_unit_test(test_dns_other_datagrams_are_not_dns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
