/*
 * S7: jobs and their acknowledgements, and what else uses the same transport.
 */
#include "dissector_driver.h"

#include "net/s7.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONNECT "\3\0\0\x16\x11\xe0\0\0\0\1\0\xc0\1\x0a\xc1\2\1\0\xc2\2\1\2"
#define CONFIRM "\3\0\0\x16\x11\xd0\0\1\0\2\0\xc0\1\x0a\xc1\2\1\0\xc2\2\1\2"
#define SETUP "\3\0\0\x19\2\xf0\x80\x32\1\0\0\0\7\0\x08\0\0\xf0\0\0\1\0\1\1\xe0"
#define SETUP_DONE "\3\0\0\x1b\2\xf0\x80\x32\3\0\0\0\7\0\x08\0\0\0\0\xf0\0\0\1\0\1\0\xf0"
#define STOP "\3\0\0\x15\2\xf0\x80\x32\1\0\0\0\x08\0\4\0\0\x29\0\0\0"
#define STOP_REFUSED "\3\0\0\x14\2\xf0\x80\x32\3\0\0\0\x08\0\1\0\0\x81\4\x29"

static void test_s7_functions_are_read_whatever_the_pieces(void **state)
{
	static const struct said said[] = { SAID_CLIENT(CONNECT), SAID_SERVER(CONFIRM), SAID_CLIENT(SETUP),
		SAID_SERVER(SETUP_DONE), SAID_CLIENT(STOP), SAID_SERVER(STOP_REFUSED),
		SAID_CLIENT("\3\0\0\x08\2\xf0\x80\x72") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "client {\"s7\":{\"from\":\"client\",\"type\":\"job\",\"reference\":7,\"function_code\":240,"
	    "\"function\":\"setup_communication\"}}\n"
	    "server {\"s7\":{\"from\":\"server\",\"type\":\"ack_data\",\"reference\":7,\"function_code\":240,"
	    "\"function\":\"setup_communication\"}}\n"
	    "client "
	    "{\"s7\":{\"from\":\"client\",\"type\":\"job\",\"reference\":8,\"function_code\":41,\"function\":\"plc_"
	    "stop\"}}\n"
	    "server {\"s7\":{\"from\":\"server\",\"type\":\"ack_data\",\"reference\":8,\"function_code\":41,"
	    "\"function\":\"plc_stop\",\"error_class\":129,\"error_code\":4}}\n"
	    "client {\"s7\":{\"from\":\"client\",\"type\":\"plus\"}}\n");
}

static void test_s7_what_is_malformed_is_told(void **state)
{
	static const struct said type[] = { SAID_CLIENT(
	    SETUP "\3\0\0\x15\2\xf0\x80\x32\x09\0\0\0\x08\0\4\0\0\x29\0\0\0") };
	static const struct said length[] = { SAID_CLIENT(SETUP "\3\0\0\2") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(type) }, driver_show_fields,
	    "client \nclient anomaly malformed_data\n");
	driver_expect(&(struct conversation){ CONVERSATION(length) }, driver_show_fields,
	    "client \nclient anomaly malformed_data\n");
}

static void test_s7_is_told_from_others_on_its_transport(void **state)
{
	static const uint8_t both[] = CONNECT SETUP, mms[] = CONNECT "\3\0\0\x08\2\xf0\x80\x0d", confirm[] = CONFIRM;
	(void)state;
	assert_int_equal(dissector_s7.recognise(SIDE_CLIENT, both, sizeof CONNECT - 1), LIKENESS_MAYBE);
	assert_int_equal(dissector_s7.recognise(SIDE_CLIENT, both, sizeof both - 1), LIKENESS_SURE);
	assert_int_equal(dissector_s7.recognise(SIDE_CLIENT, mms, sizeof mms - 1), LIKENESS_NONE);
	assert_int_equal(dissector_s7.recognise(SIDE_SERVER, confirm, sizeof confirm - 1), LIKENESS_MAYBE);
	assert_int_equal(dissector_s7.recognise(SIDE_CLIENT, confirm, sizeof confirm - 1), LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_s7_functions_are_read_whatever_the_pieces),
		cmocka_unit_test(test_s7_what_is_malformed_is_told),
		cmocka_unit_test(test_s7_is_told_from_others_on_its_transport),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
