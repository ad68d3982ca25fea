/*
 * EVE records: the head, flows and anomalies, as an exact line each; what is left out.
 */
#include "formats/eve_record.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TIME (1700000000 * SECOND + 5 * MICROSECOND)

static struct flow some_flow(void)
{
	struct flow flow = { .id = 7, .ip_version = 4, .ip_protocol = IPPROTO_TCP, .vlan = { 10, 20 } };
	address_parse(TEXT("128.232.110.120"), &flow.ends[SIDE_CLIENT].address);
	address_parse(TEXT("66.35.250.204"), &flow.ends[SIDE_SERVER].address);
	flow.ends[SIDE_CLIENT].port = 34855;
	flow.ends[SIDE_SERVER].port = 80;
	return flow;
}

static void expect_built(struct builder *built, const char *expected)
{
	assert_false(built->failed);
	assert_string_equal(built->at, expected);
	builder_free(built);
}

static void test_eve_record_has_the_head_of_suricata(void **state)
{
	const struct eve_source source = { TEXT("kaede-1"), TEXT("eth0"), TEXT_NONE };
	struct flow flow = some_flow();
	struct builder to = { 0 };
	(void)state;
	eve_begin(&to, &source, "test", TIME, &flow, SIDE_SERVER);
	eve_object(&to, "test");
	eve_text(&to, "none", TEXT_NONE);
	eve_string(&to, "empty", TEXT_NONE);
	eve_text(&to, "text", TEXT("\"\xff\xe3\x81\x82\n"));
	eve_array_end(&to, eve_array(&to, "nothing"));
	eve_number(&to, "largest", UINT64_MAX);
	eve_true(&to, "yes");
	eve_object_end(&to);
	eve_end(&to);
	expect_built(&to,
	    "{\"timestamp\":\"2023-11-14T22:13:20.000005+0000\",\"flow_id\":7,\"host\":\"kaede-1\",\"in_iface\":"
	    "\"eth0\","
	    "\"event_type\":\"test\",\"vlan\":[10,20],\"src_ip\":\"66.35.250.204\",\"src_port\":80,"
	    "\"dest_ip\":\"128.232.110.120\",\"dest_port\":34855,\"proto\":\"TCP\",\"ip_v\":4,\"pkt_src\":\"wire/"
	    "pcap\","
	    "\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\","
	    "\"test\":{\"empty\":\"\",\"text\":\"\\\"\xef\xbf\xbd\xe3\x81\x82\\n\",\"largest\":18446744073709551615,"
	    "\"yes\":true}}\n");
}

static void test_eve_record_of_icmp_and_others_has_no_ports(void **state)
{
	const struct eve_source source = { TEXT_NONE, TEXT_NONE, TEXT("a.pcap") };
	struct flow flow = some_flow();
	struct builder to = { 0 };
	(void)state;
	flow.vlan[0] = 0;
	flow.ip_protocol = IPPROTO_ICMP;
	flow.ends[SIDE_CLIENT].port = 8;
	flow.ends[SIDE_SERVER].port = 0;
	eve_begin(&to, &source, "test", 0, &flow, SIDE_CLIENT);
	assert_null(strstr(to.at, "port"));
	assert_non_null(strstr(to.at, "\"timestamp\":\"1970-01-01T00:00:00.000000+0000\""));
	assert_non_null(strstr(to.at, "\"pcap_filename\":\"a.pcap\""));
	assert_non_null(strstr(to.at, "\"proto\":\"ICMP\",\"icmp_type\":8,\"icmp_code\":0"));
	builder_clear(&to);
	flow.ip_protocol = 103;
	eve_begin(&to, &source, "test", 0, &flow, SIDE_CLIENT);
	assert_null(strstr(to.at, "icmp"));
	assert_non_null(strstr(to.at, "\"proto\":\"103\""));
	builder_free(&to);
}

static void test_eve_flow_counts_both_directions(void **state)
{
	const struct eve_source source = { 0 };
	struct flow flow = some_flow();
	struct builder to = { 0 };
	(void)state;
	flow.vlan[0] = 0;
	flow.first = TIME - 2 * SECOND;
	flow.last = TIME;
	flow.packets[SIDE_CLIENT] = 3, flow.bytes[SIDE_CLIENT] = 180;
	flow.packets[SIDE_SERVER] = 2, flow.bytes[SIDE_SERVER] = 1500;
	flow.tcp_flags[SIDE_CLIENT] = 0x02, flow.tcp_flags[SIDE_SERVER] = 0x12;
	flow.state = FLOW_ESTABLISHED;
	eve_flow(&to, &source, &flow, FLOW_SHUTDOWN);
	expect_built(&to,
	    "{\"timestamp\":\"2023-11-14T22:13:20.000005+0000\",\"flow_id\":7,\"event_type\":\"flow\","
	    "\"src_ip\":\"128.232.110.120\",\"src_port\":34855,\"dest_ip\":\"66.35.250.204\",\"dest_port\":80,"
	    "\"proto\":\"TCP\",\"ip_v\":4,\"pkt_src\":\"wire/"
	    "pcap\",\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\","
	    "\"flow\":{\"pkts_toserver\":3,\"pkts_toclient\":2,\"bytes_toserver\":180,\"bytes_toclient\":1500,"
	    "\"start\":\"2023-11-14T22:13:18.000005+0000\",\"end\":\"2023-11-14T22:13:20.000005+0000\",\"age\":2,"
	    "\"state\":\"established\",\"reason\":\"shutdown\"},\"tcp\":{\"tcp_flags\":\"12\",\"tcp_flags_ts\":\"02\","
	    "\"tcp_flags_tc\":\"12\",\"syn\":true,\"ack\":true}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eve_record_has_the_head_of_suricata),
		cmocka_unit_test(test_eve_record_of_icmp_and_others_has_no_ports),
		cmocka_unit_test(test_eve_flow_counts_both_directions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
