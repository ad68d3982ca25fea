/*
 * Kerberos: requests, replies and errors over UDP and TCP, and what is malformed.
 */
#include "dissector_driver.h"

#include "net/kerberos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Messages of robin@EXAMPLE.JP, put together by a program of another language. */
#define REQUEST                                                                                                        \
	"\x6a\x7f\x30\x7d\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x71\x30\x6f\xa0\x07\x03\x05\x00\x40"             \
	"\x00\x00\x00\xa1\x12\x30\x10\xa0\x03\x02\x01\x01\xa1\x09\x30\x07\x1b\x05\x72\x6f\x62\x69\x6e\xa2"             \
	"\x0c\x1b\x0a\x45\x58\x41\x4d\x50\x4c\x45\x2e\x4a\x50\xa3\x1f\x30\x1d\xa0\x03\x02\x01\x01\xa1\x16"             \
	"\x30\x14\x1b\x06\x6b\x72\x62\x74\x67\x74\x1b\x0a\x45\x58\x41\x4d\x50\x4c\x45\x2e\x4a\x50\xa5\x11"             \
	"\x18\x0f\x32\x30\x33\x37\x30\x39\x31\x33\x30\x32\x34\x38\x30\x35\x5a\xa7\x04\x02\x02\x30\x39\xa8"             \
	"\x08\x30\x06\x02\x01\x12\x02\x01\x17"
#define REPLY                                                                                                          \
	"\x6b\x82\x00\x9a\x30\x82\x00\x96\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0b\xa3\x0c\x1b\x0a\x45\x58"             \
	"\x41\x4d\x50\x4c\x45\x2e\x4a\x50\xa4\x12\x30\x10\xa0\x03\x02\x01\x01\xa1\x09\x30\x07\x1b\x05\x72"             \
	"\x6f\x62\x69\x6e\xa5\x50\x61\x4e\x30\x4c\xa0\x03\x02\x01\x05\xa1\x0c\x1b\x0a\x45\x58\x41\x4d\x50"             \
	"\x4c\x45\x2e\x4a\x50\xa2\x1f\x30\x1d\xa0\x03\x02\x01\x01\xa1\x16\x30\x14\x1b\x06\x6b\x72\x62\x74"             \
	"\x67\x74\x1b\x0a\x45\x58\x41\x4d\x50\x4c\x45\x2e\x4a\x50\xa3\x16\x30\x14\xa0\x03\x02\x01\x17\xa1"             \
	"\x03\x02\x01\x02\xa2\x08\x04\x06\x73\x65\x63\x72\x65\x74\xa6\x16\x30\x14\xa0\x03\x02\x01\x12\xa1"             \
	"\x03\x02\x01\x02\xa2\x08\x04\x06\x73\x65\x63\x72\x65\x74"
#define REFUSAL                                                                                                        \
	"\x7e\x58\x30\x56\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa4\x11\x18\x0f\x32\x30\x33\x37\x30\x39"             \
	"\x31\x33\x30\x32\x34\x38\x30\x35\x5a\xa5\x03\x02\x01\x01\xa6\x03\x02\x01\x19\xa9\x0c\x1b\x0a\x45"             \
	"\x58\x41\x4d\x50\x4c\x45\x2e\x4a\x50\xaa\x1f\x30\x1d\xa0\x03\x02\x01\x01\xa1\x16\x30\x14\x1b\x06"             \
	"\x6b\x72\x62\x74\x67\x74\x1b\x0a\x45\x58\x41\x4d\x50\x4c\x45\x2e\x4a\x50"
/* The same with their lengths before them, as on TCP. */
#define TCP_REQUEST "\x00\x00\x00\x81" REQUEST
#define TCP_REPLY "\x00\x00\x00\x9e" REPLY

#define NAMES "\"cname\":\"robin\",\"realm\":\"EXAMPLE.JP\",\"sname\":\"krbtgt/EXAMPLE.JP\""
#define REQUEST_RECORD "client {\"krb5\":{\"msg_type\":\"KRB_AS_REQ\"," NAMES "}}\n"
#define REPLY_RECORD                                                                                                   \
	"server {\"krb5\":{\"msg_type\":\"KRB_AS_REP\"," NAMES                                                         \
	",\"encryption\":\"aes256-cts-hmac-sha1-96\",\"weak_encryption\":false,"                                       \
	"\"ticket_encryption\":\"rc4-hmac\",\"ticket_weak_encryption\":true}}\n"

static void test_kerberos_over_udp(void **state)
{
	static const struct said said[] = { SAID_CLIENT(REQUEST), SAID_SERVER(REFUSAL), SAID_CLIENT(REQUEST),
		SAID_SERVER(REPLY) };
	(void)state;
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(said) }, driver_show_eve,
	    REQUEST_RECORD
	    "server {\"krb5\":{\"msg_type\":\"KRB_ERROR\",\"failed_request\":\"KRB_AS_REQ\",\"error_code\":"
	    "\"KDC_ERR_PREAUTH_REQUIRED\",\"realm\":\"EXAMPLE.JP\",\"sname\":\"krbtgt/EXAMPLE.JP\"}}\n" REQUEST_RECORD
		REPLY_RECORD);
}

static void test_kerberos_over_tcp_whatever_the_pieces(void **state)
{
	static const struct said said[] = { SAID_CLIENT(TCP_REQUEST), SAID_SERVER(TCP_REPLY) };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve, REQUEST_RECORD REPLY_RECORD);
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "client krb5_cname=robin krb5_sname=krbtgt/EXAMPLE.JP \nserver krb5_cname=robin "
	    "krb5_sname=krbtgt/EXAMPLE.JP \n");
}

static void show_offered(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	const struct kerberos_message *message = facts;
	(void)dissection, (void)side;
	for (size_t i = 0; i < message->offered_count; i++)
		build_format(to, "%d ", message->offered[i]);
}

static void test_kerberos_encryptions_that_are_offered_are_in_their_order(void **state)
{
	static const struct said said[] = { SAID_CLIENT(REQUEST) };
	(void)state;
	driver_expect(
	    &(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(said) }, show_offered, "client 18 23 \n");
}

/* Cut anywhere it is read within its bytes; and is no Kerberos to whoever recognises it. */
static void test_kerberos_cut_anywhere_is_told(void **state)
{
	static const char reply[] = REPLY;
	(void)state;
	for (size_t size = 0; size < sizeof reply - 1; size++) {
		struct said said[] = { { SIDE_SERVER, reply, size, 0 } };
		struct builder shown = { 0 };
		driver_run(
		    &(struct conversation){
			.transport = TRANSPORT_UDP, .dissector = &dissector_kerberos, CONVERSATION(said) },
		    driver_show_eve, &(struct cut){ 0 }, &shown);
		assert_string_equal(shown.at, "server anomaly malformed_data\n");
		assert_int_equal(
		    dissector_kerberos.recognise(SIDE_SERVER, (const uint8_t *)reply, size), LIKENESS_NONE);
		builder_free(&shown);
	}
}

static void test_kerberos_other_bytes_are_not_kerberos(void **state)
{
	static const uint8_t request[] = TCP_REQUEST;
	(void)state;
	assert_int_equal(dissector_kerberos_tcp.recognise(SIDE_CLIENT, request, 10), LIKENESS_MAYBE);
	assert_int_equal(dissector_kerberos_tcp.recognise(SIDE_CLIENT, request, 40), LIKENESS_SURE);
	assert_int_equal(dissector_kerberos_tcp.recognise(SIDE_SERVER, request, 40), LIKENESS_NONE);
	assert_int_equal(
	    dissector_kerberos_tcp.recognise(SIDE_CLIENT, (const uint8_t *)"\0\0\0\x20\x6f", 5), LIKENESS_NONE);
	assert_int_equal(dissector_kerberos_tcp.recognise(SIDE_CLIENT, (const uint8_t *)"GET", 3), LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kerberos_over_udp),
		cmocka_unit_test(test_kerberos_over_tcp_whatever_the_pieces),
		cmocka_unit_test(test_kerberos_encryptions_that_are_offered_are_in_their_order),
		cmocka_unit_test(test_kerberos_cut_anywhere_is_told),
		cmocka_unit_test(test_kerberos_other_bytes_are_not_kerberos),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
