/*
 * Flows and fragments, on frames made in code: each packet is counted in the flow that it belongs to, within bounds.
 */
#include "observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct wire wire;

/* ── flows ─ */

static void datagram(struct observer *observer, unsigned from, unsigned to, unsigned port, nanoseconds time)
{
	wire_begin(&wire, "hello", 5);
	wire_udp(&wire, from < to ? port : 53, from < to ? 53 : port);
	wire_ipv4(&wire, from, to, 17);
	send_wire(observer, &wire, time);
}

static void test_flow_ends_after_quiet_and_is_counted_by_side(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);
	nanoseconds quiet = observer_defaults.timeout_udp;

	datagram(observer, 1, 2, 7, SECOND);
	datagram(observer, 2, 1, 7, 2 * SECOND);
	datagram(observer, 1, 2, 7, 2 * SECOND + quiet); /* just in time */
	assert_int_equal(seen.flow_count, 0);
	datagram(observer, 1, 2, 7, 3 * SECOND + 2 * quiet); /* another flow */
	assert_int_equal(seen.flow_count, 1);
	assert_int_equal(seen.why[0], FLOW_TIMEOUT);
	assert_int_equal(seen.flows[0].packets[SIDE_CLIENT], 2);
	assert_int_equal(seen.flows[0].packets[SIDE_SERVER], 1);
	assert_int_equal(seen.flows[0].bytes[SIDE_CLIENT], 66);
	assert_true(seen.flows[0].first == SECOND && seen.flows[0].last == 2 * SECOND + quiet);
	assert_int_equal(seen.flows[0].state, FLOW_ESTABLISHED);
	observer_time(observer, 5 * SECOND + 3 * quiet);
	assert_int_equal(seen.flow_count, 2);
	observer_free(observer);
	forget(&seen);
}

static void test_full_table_lets_the_longest_quiet_go(void **state)
{
	(void)state;
	struct seen seen;
	struct observer_settings settings = observer_defaults;
	settings.flows = 10;
	struct observer *observer = observe(&seen, &settings);

	for (unsigned i = 0; i < 30; i++)
		datagram(observer, 1, 2, 1000 + i, SECOND * (1 + i));
	assert_int_equal(seen.flow_count, 20);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(seen.why[i], FLOW_FORCED);
		assert_int_equal(seen.flows[i].ends[SIDE_CLIENT].port, 1000 + i);
	}
	observer_finish(observer);
	assert_int_equal(seen.flow_count, 30);
	assert_int_equal(seen.begun_count, 30);
	assert_int_equal(observer_count(observer).flows, 30);
	assert_int_equal(observer_count(observer).flows_forced, 20);
	observer_free(observer);
	forget(&seen);
}

/* Random flows against a plain array: each packet is in the one flow that it belongs to, also after many have ended. */
static void on_counted_flow(void *context, const struct flow *flow, enum flow_over why)
{
	int64_t *left = context;
	(void)why;
	assert_true(flow->ends[SIDE_CLIENT].port >= 2000 || flow->ends[SIDE_SERVER].port >= 2000);
	bool turned = flow->ends[SIDE_CLIENT].port == 53; /* the answer came first */
	unsigned port = flow->ends[turned ? SIDE_SERVER : SIDE_CLIENT].port;
	left[2 * (port - 2000)] -= (int64_t)flow->packets[turned];
	left[2 * (port - 2000) + 1] -= (int64_t)flow->packets[!turned];
}

static void test_table_agrees_with_a_simple_one(void **state)
{
	(void)state;
	static int64_t left[10000];
	struct observer_settings settings = observer_defaults;
	settings.flows = 3000;
	settings.dissect = false;
	settings.flow_over = on_counted_flow;
	settings.context = left;
	struct observer *observer = observer_new(&settings);

	srand(4);
	for (int i = 0; i < 100000; i++) {
		unsigned flow = (unsigned)rand() % 5000, side = (unsigned)rand() & 1;
		left[2 * flow + side]++;
		datagram(observer, side ? 2 : 1, side ? 1 : 2, 2000 + flow, SECOND + i * (10 * MILLISECOND));
	}
	assert_true(observer_count(observer).flows_forced > 1000);
	observer_finish(observer);
	assert_int_equal(observer_count(observer).flows_active, 0);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(left[i], 0);
	observer_free(observer);
}

static void test_connection_begun_anew_is_another_flow(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);

	say(observer, 0, 99, TCP_SYN, "");
	say(observer, 0, 100, TCP_ACK, "TEST");
	say(observer, 1, 1, TCP_RST, "");
	say(observer, 0, 7777, TCP_SYN, "");
	assert_int_equal(seen.flow_count, 1);
	assert_int_equal(seen.why[0], FLOW_REUSED);
	observer_finish(observer);
	assert_int_equal(seen.flow_count, 2);
	observer_free(observer);
	forget(&seen);
}

static void icmp(struct observer *observer, unsigned from, unsigned to, unsigned type)
{
	wire_begin(&wire, "", 0);
	wire_icmp(&wire, type, 0);
	wire_ipv4(&wire, from, to, 1);
	send_wire(observer, &wire, SECOND);
}

static void test_echo_and_its_reply_are_one_flow(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);

	icmp(observer, 1, 2, 8);
	icmp(observer, 2, 1, 0);
	icmp(observer, 4, 3, 0); /* the reply is seen first */
	icmp(observer, 3, 4, 8);
	observer_finish(observer);
	assert_int_equal(seen.flow_count, 2);
	for (int i = 0; i < 2; i++) {
		char client[ADDRESS_TEXT];
		address_format(seen.flows[i].ends[SIDE_CLIENT].address, client);
		assert_true(strcmp(client, "10.0.0.1") == 0 || strcmp(client, "10.0.0.3") == 0);
		assert_int_equal(seen.flows[i].ends[SIDE_CLIENT].port, 8);
		assert_int_equal(seen.flows[i].packets[SIDE_CLIENT], 1);
		assert_int_equal(seen.flows[i].packets[SIDE_SERVER], 1);
	}
	observer_free(observer);
	forget(&seen);
}

/* A source whose clock begins anew (another file) does not end flows one packet each. */
static void test_time_that_goes_back_begins_anew(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);

	datagram(observer, 1, 2, 7, 100 * DAY);
	datagram(observer, 1, 2, 7, DAY);
	datagram(observer, 1, 2, 7, DAY + SECOND);
	observer_finish(observer);
	assert_int_equal(seen.flow_count, 2);
	assert_int_equal(seen.flows[1].packets[0], 2);
	observer_free(observer);
	forget(&seen);
}

/* ── fragments ─ */

static void part(struct observer *observer, bool v6, const uint8_t *whole, unsigned from, unsigned to, unsigned size)
{
	wire_begin(&wire, whole + from, to - from);
	if (v6) {
		wire_ipv6_part(&wire, 17, 77, from, to < size);
		wire_ipv6(&wire, 1, 2, 44);
	} else {
		wire_ipv4_part(&wire, 1, 2, 17, 77, from, to < size);
	}
	send_wire(observer, &wire, next_moment());
}

static void test_fragments_in_any_order_are_one_datagram(void **state)
{
	(void)state;
	static const unsigned orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 },
		{ 0, 2, 1 } };
	static const unsigned borders[] = { 0, 24, 40, 60 };
	static struct wire made;
	uint8_t whole[60];

	wire_begin(&made, "TEST\13hello world and this is more than it wants here", 52);
	wire_udp(&made, 7, 8);
	memcpy(whole, wire_at(&made), sizeof whole);
	for (int v6 = 0; v6 < 2; v6++)
		for (size_t i = 0; i < 6; i++) {
			struct seen seen;
			struct observer *observer = observe(&seen, NULL);
			for (int j = 0; j < 3; j++) {
				unsigned which = orders[i][j];
				part(observer, v6, whole, borders[which], borders[which + 1], 60);
				if (j == 0) /* doubled by the network */
					part(observer, v6, whole, borders[which], borders[which + 1], 60);
			}
			observer_finish(observer);
			assert_int_equal(seen.flow_count, 1);
			assert_int_equal(seen.flows[0].ends[SIDE_SERVER].port, 8);
			assert_int_equal(seen.flows[0].protocol, PROTOCOL_MQTT);
			assert_int_equal(seen.flows[0].packets[0], 4);
			assert_int_equal(observer_count(observer).reassembled[v6], 1);
			assert_int_equal(seen.events.size, 0);
			observer_free(observer);
			forget(&seen);
		}
}

static void test_overlapping_fragments_are_told_and_dropped_in_ipv6(void **state)
{
	(void)state;
	static uint8_t whole[60], other[60];

	whole[5] = 60, whole[1] = other[1] = 7, whole[3] = other[3] = 8;
	memset(other + 30, 'x', 30);
	for (int v6 = 0; v6 < 2; v6++) {
		struct seen seen;
		struct observer *observer = observe(&seen, NULL);
		part(observer, v6, whole, 0, 40, 60);
		part(observer, v6, other, 24, 60, 60);
		observer_finish(observer);
		assert_int_equal(seen.flow_count, v6 ? 0 : 1);
		assert_string_equal(
		    said(&seen.events), v6 ? "decoder.ipv6.frag_overlap\n" : "decoder.ipv4.frag_overlap\n");
		observer_free(observer);
		forget(&seen);
	}
}

static void test_fragments_without_end_are_bounded(void **state)
{
	(void)state;
	struct seen seen;
	struct observer_settings settings = observer_defaults;
	settings.flows = 10;
	settings.fragment_memory = 1 << 20;
	struct observer *observer = observe(&seen, &settings);

	for (unsigned id = 0; id < 5000; id++) {
		wire_begin(&wire, "12345678", 8);
		wire_ipv4_part(&wire, 1, 2, 17, id, 8 * (id % 8000), true);
		send_wire(observer, &wire, SECOND);
	}
	struct observer_counts counts = observer_count(observer);
	assert_int_equal(counts.fragments[0], 5000);
	assert_true(counts.fragments_dropped > 4000 && counts.fragments_dropped < 5000);
	observer_free(observer);
	forget(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow_ends_after_quiet_and_is_counted_by_side),
		cmocka_unit_test(test_full_table_lets_the_longest_quiet_go),
		cmocka_unit_test(test_table_agrees_with_a_simple_one),
		cmocka_unit_test(test_connection_begun_anew_is_another_flow),
		cmocka_unit_test(test_echo_and_its_reply_are_one_flow),
		cmocka_unit_test(test_time_that_goes_back_begins_anew),
		cmocka_unit_test(test_fragments_in_any_order_are_one_datagram),
		cmocka_unit_test(test_overlapping_fragments_are_told_and_dropped_in_ipv6),
		cmocka_unit_test(test_fragments_without_end_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
