/*
 * Community ID: the examples of its specification, and the same id for both directions.
 */
#include "net/flow.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct flow flow_of(uint8_t protocol, const char *client, uint16_t from, const char *server, uint16_t to)
{
	struct flow flow = { .ip_protocol = protocol, .ends = { { .port = from }, { .port = to } } };
	assert_true(address_parse(text_of(client), &flow.ends[SIDE_CLIENT].address));
	assert_true(address_parse(text_of(server), &flow.ends[SIDE_SERVER].address));
	return flow;
}

static void expect_id(struct flow flow, const char *expected)
{
	char text[COMMUNITY_ID_TEXT];
	assert_string_equal(community_id_format(&flow, text), expected);
}

static void test_community_id_is_as_the_specification_has_it(void **state)
{
	(void)state;
	expect_id(
	    flow_of(IPPROTO_TCP, "128.232.110.120", 34855, "66.35.250.204", 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	expect_id(flow_of(IPPROTO_UDP, "192.168.1.52", 54585, "8.8.8.8", 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
	expect_id(flow_of(IPPROTO_ICMP, "192.168.0.89", 8, "192.168.0.1", 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
}

static void test_community_id_is_the_same_for_both_directions(void **state)
{
	struct flow there = flow_of(IPPROTO_TCP, "2001:db8::1", 1234, "2001:db8::2", 80);
	struct flow back = flow_of(IPPROTO_TCP, "2001:db8::2", 80, "2001:db8::1", 1234);
	char one[COMMUNITY_ID_TEXT], other[COMMUNITY_ID_TEXT];
	(void)state;
	assert_string_equal(community_id_format(&there, one), community_id_format(&back, other));
	there = flow_of(IPPROTO_ICMP, "192.168.0.89", 8, "192.168.0.1", 0);
	back = flow_of(IPPROTO_ICMP, "192.168.0.1", 0, "192.168.0.89", 0);
	assert_string_equal(community_id_format(&there, one), community_id_format(&back, other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_community_id_is_as_the_specification_has_it),
		cmocka_unit_test(test_community_id_is_the_same_for_both_directions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
