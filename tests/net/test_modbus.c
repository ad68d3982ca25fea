/*
 * Modbus/TCP: transactions, exceptions, what is missing, and what is not Modbus.
 */
#include "dissector_driver.h"

#include "net/modbus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REQUEST(member) "\"request\":{\"transaction_id\":" member "}"
#define RESPONSE(member) "\"response\":{\"transaction_id\":" member "}"
#define READ_HOLDING                                                                                                   \
	"\"protocol_id\":0,\"unit_id\":10,\"function_raw\":3,\"function_code\":\"RdHoldRegs\","                        \
	"\"access_type\":\"READ | HOLDING\",\"category\":\"PUBLIC_ASSIGNED\""

static void test_modbus_transactions_are_put_together_whatever_the_pieces(void **state)
{
	static const struct said said[] = { SAID_CLIENT("\0\1\0\0\0\6\x0a\3\0\x64\0\2\0\2\0\0\0\6\x0a\6\0\x0b\1\2"),
		SAID_SERVER("\0\2\0\0\0\6\x0a\6\0\x0b\1\2\0\1\0\0\0\7\x0a\3\4\1\2\3\4") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "client {\"modbus\":{\"id\":1," REQUEST(
		"2,\"protocol_id\":0,\"unit_id\":10,\"function_raw\":6,\"function_code\":\"WrSingleReg\","
		"\"access_type\":\"WRITE | HOLDING | SINGLE\",\"category\":\"PUBLIC_ASSIGNED\","
		"\"write\":{\"address\":11,\"data\":258}") "," RESPONSE("2,\"protocol_id\":0,\"unit_id\":10,"
									"\"function_raw\":6,\"function_code\":"
									"\"WrSingleReg\",\"access_type\":\"WRITE | "
									"HOLDING | "
									"SINGLE\",\"category\":\"PUBLIC_ASSIGNED\","
									"\"write\":{\"address\":11,\"data\":"
									"258}") "}}\n"
										"client {\"modbus\":{\"id\":2," REQUEST(
										    "1," READ_HOLDING
										    ",\"read\":{\"address\":100,"
										    "\"quantity\":2}") "," RESPONSE("1"
														    "," READ_HOLDING) "}}\n");
}

static void test_modbus_exceptions_and_requests_without_response(void **state)
{
	static const struct said said[] = { SAID_CLIENT("\0\1\0\0\0\6\x0a\3\0\x64\0\2"),
		SAID_SERVER("\0\1\0\0\0\3\x0a\x83\2"), SAID_CLIENT("\0\2\0\0\0\6\x0a\3\0\x64\0\2") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "client {\"modbus\":{\"id\":1," REQUEST(
		"1," READ_HOLDING
		",\"read\":{\"address\":100,\"quantity\":2}") "," RESPONSE("1," READ_HOLDING
									   ",\"exception\":{\"raw\":2,\"code\":"
									   "\"IllegalDataAddr\"}") "}}\n"
												   "client "
												   "{\"modbus\":{"
												   "\"id\":2," REQUEST(
												       "2," READ_HOLDING
												       ",\"read\":{"
												       "\"address\":"
												       "100,"
												       "\"quantity\":"
												       "2}") "}}\n");
}

static void test_modbus_what_is_malformed_is_told(void **state)
{
	static const struct said alone[] = { SAID_SERVER("\0\1\0\0\0\7\x0a\3\4\1\2\3\4") };
	static const struct said other[] = { SAID_CLIENT("\0\1\0\0\0\6\x0a\3\0\x64\0\2"),
		SAID_SERVER("\0\1\0\0\0\4\x0a\1\1\0") };
	static const struct said length[] = { SAID_CLIENT("\0\1\0\0\0\6\x0a\3\0\x64\0\2\0\1\0\0\xff\xff\1\1") };
	static const struct said protocol[] = { SAID_CLIENT("\0\1\0\0\0\6\x0a\3\0\x64\0\2\0\1\0\7\0\2\1\1") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(alone) }, driver_show_eve,
	    "server anomaly unsolicited_response\nclient {\"modbus\":{\"id\":1," RESPONSE("1," READ_HOLDING) "}}\n");
	driver_expect(&(struct conversation){ CONVERSATION(other) }, driver_show_fields,
	    "server anomaly invalid_function_code\nclient \n");
	driver_expect(&(struct conversation){ CONVERSATION(length) }, driver_show_fields,
	    "client anomaly invalid_length\nclient \n");
	driver_expect(&(struct conversation){ CONVERSATION(protocol) }, driver_show_fields,
	    "client anomaly invalid_protocol_id\nclient \n");
}

/* More requests than are kept: the oldest are told of without their responses. */
static void test_modbus_waiting_requests_are_bounded(void **state)
{
	struct said said[20];
	struct builder expected = { 0 };
	(void)state;
	for (size_t i = 0; i < 20; i++) {
		said[i] = (struct said)SAID_CLIENT("\0\1\0\0\0\6\x0a\3\0\x64\0\2");
		build_text(&expected, TEXT("client \n"));
	}
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields, expected.at);
	builder_free(&expected);
}

static void test_modbus_other_bytes_are_not_modbus(void **state)
{
	static const struct {
		enum side side;
		const char *bytes;
		size_t size;
		enum likeness likeness;
	} all[] = { { SIDE_CLIENT, "\0\1\0\0\0\6\x0a\3\0\x64\0\2", 12, LIKENESS_SURE },
		{ SIDE_CLIENT, "GET / HT", 8, LIKENESS_NONE },
		{ SIDE_CLIENT, "\0\1\0\0\0\6\x0a\3\0\x64\0", 11, LIKENESS_MAYBE },
		{ SIDE_CLIENT, "\0\1\0\0\0\5\x0a\3\0\x64\0", 11, LIKENESS_NONE },
		{ SIDE_CLIENT, "\0\1\0\0\0\6\x0a\0\0\x64\0\2", 12, LIKENESS_NONE },
		{ SIDE_CLIENT, "\0\1\0\0\0\1\x0a", 7, LIKENESS_NONE },
		{ SIDE_CLIENT, "\0\1\0\0\0\3\x0a\x83\2", 9, LIKENESS_NONE },
		{ SIDE_SERVER, "\0\1\0\0\0\3\x0a\x83\2", 9, LIKENESS_SURE },
		{ SIDE_SERVER, "\0\1\0\0\0\6\x0a\3\2\1\2\3", 12, LIKENESS_NONE } };
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(dissector_modbus.recognise(all[i].side, (const uint8_t *)all[i].bytes, all[i].size),
		    all[i].likeness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modbus_transactions_are_put_together_whatever_the_pieces),
		cmocka_unit_test(test_modbus_exceptions_and_requests_without_response),
		cmocka_unit_test(test_modbus_what_is_malformed_is_told),
		cmocka_unit_test(test_modbus_waiting_requests_are_bounded),
		cmocka_unit_test(test_modbus_other_bytes_are_not_modbus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
