/*
 * DNP3: frames with their checksums, fragments of several of them, headers of objects.
 */
#include "dissector_driver.h"

#include "net/dnp3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Frames, with the checksums that a program of another language computed. */
#define LINK_STATUS "\x05\x64\x05\xc9\x01\x00\x64\x00\x16\xe1"
#define READ                                                                                                           \
	"\x05\x64\x14\xc4\x01\x00\x64\x00\x67\xd6\xc0\xc0\x01\x3c\x02\x06\x1e\x01\x00\x00\x09\x01\x02\x07"             \
	"\x05\xdf\xf8"
#define RESPONSE                                                                                                       \
	"\x05\x64\x23\x44\x64\x00\x01\x00\x72\x3f\xc0\xc0\x81\x90\x04\x1e\x01\x00\x00\x00\x00\x00\x00\x00"             \
	"\x00\x00\x43\x23\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff"
#define UNSOLICITED_FIRST                                                                                              \
	"\x05\x64\x2d\x44\x64\x00\x01\x00\x77\xce\x40\xf1\x82\x80\x00\x1e\x01\x00\x00\x00\x00\x00\x00\x00"             \
	"\x00\x00\x35\x9f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00"             \
	"\x00\x00\x00\x00\x00\x00\xff\xff"
#define UNSOLICITED_LAST "\x05\x64\x0b\x44\x64\x00\x01\x00\x2c\x54\x81\x00\x00\x00\x00\x00\x9b\x5b"
#define BROKEN_READ                                                                                                    \
	"\x05\x64\x14\xc4\x01\x00\x64\x00\x67\xd6\xc0\xc0\x00\x3c\x02\x06\x1e\x01\x00\x00\x09\x01\x02\x07"             \
	"\x05\xdf\xf8"

#define READ_RECORD                                                                                                    \
	"client {\"dnp3\":{\"type\":\"request\",\"control\":{\"dir\":true,\"pri\":true,\"fcb\":false,\"fcv\":false,"   \
	"\"function_code\":4},\"src\":100,\"dst\":1,\"application\":{\"control\":{\"fir\":true,\"fin\":true,"          \
	"\"con\":false,\"uns\":false,\"sequence\":0},\"function_code\":1,\"objects\":[{\"group\":60,\"variation\":2,"  \
	"\"qualifier\":6,\"prefix_code\":0,\"range_code\":6},{\"group\":30,\"variation\":1,\"qualifier\":0,"           \
	"\"prefix_code\":0,\"range_code\":0,\"start\":0,\"stop\":9},{\"group\":1,\"variation\":2,\"qualifier\":7,"     \
	"\"prefix_code\":0,\"range_code\":7,\"count\":5}],\"complete\":true}}}\n"
#define ANSWER(control, function)                                                                                      \
	"\"control\":{\"dir\":false,\"pri\":true,\"fcb\":false,\"fcv\":false,\"function_code\":4},\"src\":1,"          \
	"\"dst\":100,\"application\":{\"control\":{" control "},\"function_code\":" function                           \
	",\"objects\":[{\"group\":30,\"variation\":1,\"qualifier\":0,\"prefix_code\":0,\"range_code\":0,"              \
	"\"start\":0,\"stop\":0}],\"complete\":true}"

static void test_dnp3_fragments_are_read_whatever_the_pieces(void **state)
{
	static const struct said said[] = { SAID_CLIENT(LINK_STATUS READ),
		SAID_SERVER(RESPONSE UNSOLICITED_FIRST UNSOLICITED_LAST) };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    READ_RECORD "server {\"dnp3\":{\"type\":\"response\"," ANSWER(
		"\"fir\":true,\"fin\":true,\"con\":false,\"uns\":false,\"sequence\":0",
		"129") ",\"iin\":{\"indicators\":[\"need_time\",\"device_restart\",\"parameter_error\"]}}}\n"
		       "server {\"dnp3\":{\"type\":\"unsolicited_response\"," ANSWER(
			   "\"fir\":true,\"fin\":true,\"con\":true,\"uns\":true,\"sequence\":1",
			   "130") ",\"iin\":{\"indicators\":[\"device_restart\"]}}}\n");
}

static void test_dnp3_frames_of_a_datagram_are_all_read(void **state)
{
	static const struct said said[] = { SAID_CLIENT(LINK_STATUS READ) };
	(void)state;
	driver_expect(
	    &(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(said) }, driver_show_eve, READ_RECORD);
}

static void test_dnp3_what_is_broken_is_told_and_passed(void **state)
{
	static const struct said said[] = { SAID_CLIENT(READ "noise\5" BROKEN_READ READ) };
	static const struct said lost[] = { SAID_CLIENT(READ), SAID_SERVER(UNSOLICITED_FIRST),
		SAID_MISSING(SIDE_SERVER, 20), SAID_SERVER(UNSOLICITED_LAST) };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    READ_RECORD "client anomaly bad_link_crc\nclient anomaly bad_transport_crc\n" READ_RECORD);
	driver_expect(&(struct conversation){ CONVERSATION(lost) }, driver_show_eve, READ_RECORD);
}

static void test_dnp3_other_bytes_are_not_dnp3(void **state)
{
	static const uint8_t frame[] = READ, wrong[] = "\5\x64\x14\xc4\1\0\x64\0\0\0";
	(void)state;
	assert_int_equal(dissector_dnp3.recognise(SIDE_CLIENT, frame, 9), LIKENESS_MAYBE);
	assert_int_equal(dissector_dnp3.recognise(SIDE_SERVER, frame, 10), LIKENESS_SURE);
	assert_int_equal(dissector_dnp3.recognise(SIDE_CLIENT, wrong, 10), LIKENESS_NONE);
	assert_int_equal(dissector_dnp3.recognise(SIDE_CLIENT, (const uint8_t *)"GET", 3), LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dnp3_fragments_are_read_whatever_the_pieces),
		cmocka_unit_test(test_dnp3_frames_of_a_datagram_are_all_read),
		cmocka_unit_test(test_dnp3_what_is_broken_is_told_and_passed),
		cmocka_unit_test(test_dnp3_other_bytes_are_not_dnp3),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
