/*
 * MQTT: packets of its three versions, what must not be handed out, and what is malformed.
 */
#include "dissector_driver.h"

#include "net/mqtt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD(qos, retain) "\"qos\":" qos ",\"retain\":" retain ",\"dup\":false"
#define CONNECT_311 "\x10\x28\0\4MQTT\4\xee\0\x3c\0\3c-1\0\4will\0\3bye\0\4user\0\6secret"

static void test_mqtt_session_is_read_whatever_the_pieces(void **state)
{
	static const struct said said[] = { SAID_CLIENT(CONNECT_311), SAID_SERVER("\x20\2\1\0"),
		SAID_CLIENT("\x82\x0d\0\1\0\3a/b\1\0\2c#\2"
			    "\x33\x0c\0\5x/y/z\0\7abc"),
		SAID_SERVER("\x90\4\0\1\1\x80"
			    "\x40\2\0\7"),
		SAID_CLIENT("\xa2\7\0\2\0\3a/b\xc0\0\xe0\0"), SAID_SERVER("\xb0\2\0\2\xd0\0") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "client {\"mqtt\":{\"connect\":{" HEAD("0",
		"false") ",\"protocol_string\":\"MQTT\",\"protocol_version\":4,"
			 "\"flags\":{\"username\":true,\"password\":true,\"will_retain\":true,\"will\":true,\"clean_"
			 "session\":true},"
			 "\"client_id\":\"c-1\",\"will\":{\"topic\":\"will\"},\"username\":\"user\"}}}\n"
			 "server {\"mqtt\":{\"connack\":{" HEAD("0",
			     "false") ",\"session_present\":true,\"return_code\":0}}}\n"
				      "client {\"mqtt\":{\"subscribe\":{" HEAD("1",
					  "false") ",\"message_id\":1,\"topics\":[{\"topic\":\"a/b\",\"qos\":1},"
						   "{\"topic\":\"c#\",\"qos\":2}]}}}\n"
						   "client {\"mqtt\":{\"publish\":{" HEAD("1",
						       "true") ",\"topic\":\"x/y/"
							       "z\",\"message_id\":7,\"skipped_length\":3}}}\n"
							       "server {\"mqtt\":{\"suback\":{" HEAD("0",
								   "false") ",\"message_id\":1,\"qos_granted\":[1,128]}"
									    "}}\n"
									    "server {\"mqtt\":{\"puback\":{" HEAD("0",
										"false") ",\"message_id\":7}}}\n"
											 "client "
											 "{\"mqtt\":{\"unsubscribe\":"
											 "{" HEAD("1",
											     "false") ",\"message_id\":"
												      "2,\"topics\":["
												      "\"a/b\"]}}}\n"
												      "client "
												      "{\"mqtt\":{"
												      "\"pingreq\":"
												      "{" HEAD("0",
													  "false") "}}}"
														   "\n"
														   "cli"
														   "ent"
														   " {"
														   "\"m"
														   "qtt"
														   "\":"
														   "{\""
														   "dis"
														   "con"
														   "nec"
														   "t\""
														   ":"
														   "{" HEAD(
														       "0",
														       "false") "}}}\n"
																"server {\"mqtt\":{\"unsuback\":{" HEAD(
																    "0",
																    "false") ",\"message_id\":2}}}\n"
																	     "server {\"mqtt\":{\"pingresp\":{" HEAD(
																		 "0",
																		 "false") "}}}\n");
}

static void test_mqtt_properties_of_version_5_are_passed(void **state)
{
	static const struct said said[] = { SAID_CLIENT("\x10\x12\0\4MQTT\5\2\0\x3c\3\x21\0\x14\0\2me"),
		SAID_SERVER("\x20\6\0\0\3\x22\0\x0a"),
		SAID_CLIENT("\x30\x0b\0\1t\2\1\1hello"
			    "\xe0\1\x04"),
		SAID_SERVER("\x40\3\0\1\x10") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "client mqtt.connect.clientid=me \nserver \nclient mqtt.publish.topic=t \nclient \nserver \n");
}

static void test_mqtt_long_messages_are_passed_over(void **state)
{
	enum { SIZE = 200000 };
	static char publish[4 + SIZE];
	(void)state;
	publish[0] = 0x30;
	publish[1] = (char)(0x80 | (SIZE & 127));
	publish[2] = (char)(0x80 | (SIZE >> 7 & 127));
	publish[3] = (char)(SIZE >> 14);
	memcpy(publish + 4, "\0\1t", 3);
	const struct said said[] = { SAID_CLIENT(CONNECT_311), { SIDE_CLIENT, publish, sizeof publish, 0 },
		SAID_CLIENT("\xc0\0") };
	struct builder shown = { 0 };
	driver_run(&(struct conversation){ CONVERSATION(said) }, driver_show_eve, &(struct cut){ 0 }, &shown);
	assert_non_null(strstr(shown.at, "\"topic\":\"t\",\"skipped_length\":199997"));
	assert_non_null(strstr(shown.at, "pingreq"));
	builder_free(&shown);
}

static void test_mqtt_what_is_malformed_is_told(void **state)
{
	static const struct said type[] = { SAID_CLIENT(CONNECT_311 "\0\0") };
	static const struct said length[] = { SAID_CLIENT(CONNECT_311 "\x30\xff\xff\xff\xff\1") };
	static const struct said quality[] = { SAID_CLIENT(CONNECT_311 "\x36\5\0\1t\0\1") };
	static const struct said inside[] = { SAID_CLIENT(CONNECT_311 "\x30\2\0\x09\xc0\0") };
	static const struct said server[] = { SAID_SERVER("\x20\2\0\0") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(type) }, driver_show_fields,
	    "client mqtt.connect.clientid=c-1 \nclient anomaly unassigned_msg_type\n");
	driver_expect(&(struct conversation){ CONVERSATION(length) }, driver_show_fields,
	    "client mqtt.connect.clientid=c-1 \nclient anomaly malformed_traffic\n");
	driver_expect(&(struct conversation){ CONVERSATION(quality) }, driver_show_fields,
	    "client mqtt.connect.clientid=c-1 \nclient anomaly invalid_qos_level\nclient mqtt.publish.topic=t \n");
	driver_expect(&(struct conversation){ CONVERSATION(inside) }, driver_show_fields,
	    "client mqtt.connect.clientid=c-1 \nclient anomaly malformed_traffic\nclient \n");
	driver_expect(&(struct conversation){ .dissector = &dissector_mqtt, CONVERSATION(server) }, driver_show_fields,
	    "server anomaly missing_connect\nserver \n");
}

static void test_mqtt_other_bytes_are_not_mqtt(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		enum likeness likeness;
	} all[] = { { "\x10", 1, LIKENESS_MAYBE }, { "\x10\x28\0\4MQT", 7, LIKENESS_MAYBE },
		{ "\x10\x28\0\4MQTT", 8, LIKENESS_SURE }, { "\x10\x28\0\6MQIsdp", 10, LIKENESS_SURE },
		{ "\x10\x28\0\4MQTX", 8, LIKENESS_NONE }, { "\x10\x28\0\5", 4, LIKENESS_NONE },
		{ "\x10\1", 2, LIKENESS_NONE }, { "\x10\xff\xff\xff\xff", 5, LIKENESS_NONE },
		{ "GET", 3, LIKENESS_NONE } };
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(
		    dissector_mqtt.recognise(SIDE_CLIENT, (const uint8_t *)all[i].bytes, all[i].size), all[i].likeness);
	assert_int_equal(dissector_mqtt.recognise(SIDE_SERVER, (const uint8_t *)"\x10", 1), LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mqtt_session_is_read_whatever_the_pieces),
		cmocka_unit_test(test_mqtt_properties_of_version_5_are_passed),
		cmocka_unit_test(test_mqtt_long_messages_are_passed_over),
		cmocka_unit_test(test_mqtt_what_is_malformed_is_told),
		cmocka_unit_test(test_mqtt_other_bytes_are_not_mqtt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
