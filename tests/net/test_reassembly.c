/*
 * Reassembly, on frames made in code: whatever is done to the segments of a connection, its dissector sees the same
 * bytes; what it cannot see is told.
 */
#include "observed.h"

#include "net/tcp_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ── a connection as segments ─ */

#define MOST 40000
static struct segment segments[MOST];
static size_t segment_count;

static void add(
    unsigned side, uint32_t sequence, uint32_t acknowledgement, unsigned flags, const uint8_t *bytes, size_t size)
{
	assert_true(segment_count < MOST);
	segments[segment_count++] = (struct segment){ side, sequence, acknowledgement, (uint32_t)size, flags, bytes };
}

static uint8_t streams[2][8192];
static size_t sizes[2];

static void make_streams(unsigned seed)
{
	srand(seed);
	for (int side = 0; side < 2; side++) {
		uint8_t *to = streams[side];
		size_t size = 4;
		memcpy(to, side ? "test" : "TEST", 4);
		for (int i = 0; i < 60; i++) {
			uint8_t length = (uint8_t)(1 + rand() % 100);
			to[size++] = length;
			for (int j = 0; j < length; j++)
				to[size++] = (uint8_t)('a' + rand() % 26);
			if (i == 30) {
				to[size++] = 0; /* and 1,000 bytes that nobody wants */
				for (int j = 0; j < 1000; j++)
					to[size++] = (uint8_t)rand();
			}
		}
		sizes[side] = size;
	}
}

/* Both streams in turns of up to `most` bytes, from `first` numbers on, with handshake and end. */
static void cut_streams(uint32_t most, const uint32_t first[2])
{
	size_t at[2] = { 0, 0 };

	segment_count = 0;
	add(0, first[0] - 1, 0, TCP_SYN, NULL, 0);
	add(1, first[1] - 1, first[0], TCP_SYN | TCP_ACK, NULL, 0);
	add(0, first[0], first[1], TCP_ACK, NULL, 0);
	while (at[0] < sizes[0] || at[1] < sizes[1])
		for (unsigned side = 0; side < 2; side++) {
			size_t size = sizes[side] - at[side] < most ? sizes[side] - at[side] : most;
			if (size == 0)
				continue;
			add(side, first[side] + (uint32_t)at[side], first[1 - side] + (uint32_t)at[1 - side], TCP_ACK,
			    streams[side] + at[side], size);
			at[side] += size;
		}
	for (unsigned side = 0; side < 2; side++)
		add(side, first[side] + (uint32_t)sizes[side], first[1 - side] + (uint32_t)sizes[1 - side],
		    TCP_ACK | TCP_FIN, NULL, 0);
}

/* Segments behind the handshake change places within a window. */
static void reorder(size_t window)
{
	for (size_t begin = 3; begin < segment_count; begin += window) {
		size_t end = begin + window < segment_count ? begin + window : segment_count;
		for (size_t i = begin; i < end; i++) {
			size_t with = i + (size_t)rand() % (end - i);
			struct segment other = segments[i];
			segments[i] = segments[with];
			segments[with] = other;
		}
	}
}

static void play(struct observer *observer, bool doubled)
{
	for (size_t i = 0; i < segment_count; i++) {
		send_segment(observer, &segments[i]);
		if (doubled)
			send_segment(observer, &segments[i]);
	}
	observer_finish(observer);
}

static char *expected[2];

static void expect_same(const struct seen *seen, const char *what, uint32_t most)
{
	for (int side = 0; side < 2; side++)
		if (strcmp(said(&seen->said[side]), expected[side]) != 0)
			fail_msg("%s, cut into %u bytes: side %d said\n%s\ninstead of\n%s", what, most, side,
			    said(&seen->said[side]), expected[side]);
	if (seen->events.size)
		fail_msg("%s, cut into %u bytes: %s", what, most, said(&seen->events));
	assert_int_equal(seen->flow_count, 1);
	assert_int_equal(seen->flows[0].protocol, PROTOCOL_MQTT);
	assert_int_equal(seen->flows[0].state, FLOW_CLOSED);
}

static void run(const char *what, uint32_t most, size_t window, bool doubled, const uint32_t first[2])
{
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);

	cut_streams(most, first);
	if (window)
		reorder(window);
	play(observer, doubled);
	if (!expected[0])
		for (int side = 0; side < 2; side++)
			expected[side] = strdup(said(&seen.said[side]));
	else
		expect_same(&seen, what, most);
	struct observer_counts counts = observer_count(observer);
	assert_int_equal(counts.stream_memory, 0);
	assert_int_equal(counts.stream_gaps, 0);
	observer_free(observer);
	forget(&seen);
}

static void test_dissector_sees_the_same_bytes_however_they_come(void **state)
{
	(void)state;
	static const uint32_t cuts[] = { 1400, 1, 2, 7, 100 };
	static const uint32_t begins[][2] = { { 1000, 5000 }, { 0xfffffff0u, 0xfffffc00u }, { 0, 0x7ffffff0u } };

	for (unsigned seed = 1; seed <= 3; seed++) {
		make_streams(seed);
		run("whole", 8192, 0, false, begins[0]);
		assert_true(strlen(expected[0]) > 1000 && strlen(expected[1]) > 1000);
		for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++)
			for (size_t b = 0; b < 3; b++) {
				run("in order", cuts[c], 0, false, begins[b]);
				run("doubled", cuts[c], 0, true, begins[b]);
				run("reordered", cuts[c], 8, false, begins[b]);
				run("reordered and doubled", cuts[c], 8, true, begins[b]);
			}
		for (int side = 0; side < 2; side++) {
			free(expected[side]);
			expected[side] = NULL;
		}
	}
}

static uint64_t payload_size[2];

static void on_payload(void *context, const struct flow *flow, enum side side, nanoseconds time, uint64_t offset,
    const uint8_t *bytes, size_t size)
{
	(void)context, (void)time;
	assert_int_equal(offset, payload_size[side]);
	assert_true(flow->ends[SIDE_SERVER].port == 80 && offset + size <= sizes[side]);
	assert_memory_equal(bytes, streams[side] + offset, size);
	payload_size[side] += size;
}

/* Also bytes that no dissector wants. */
static void test_payload_is_told_once_and_in_order(void **state)
{
	(void)state;
	static const uint32_t first[2] = { 0xffffff00u, 7 };
	struct seen seen;
	struct observer_settings settings = observer_defaults;
	settings.flows = 10;
	settings.payload = on_payload;

	for (int known = 0; known < 2; known++) {
		make_streams(5);
		if (!known)
			memcpy(streams[0], "XYZ", 3);
		payload_size[0] = payload_size[1] = 0;
		struct observer *observer = observe(&seen, &settings);
		cut_streams(30, first);
		reorder(7);
		play(observer, true);
		assert_int_equal(payload_size[0], sizes[0]);
		assert_int_equal(payload_size[1], sizes[1]);
		observer_free(observer);
		forget(&seen);
	}
}

/* Segments that overlap at random, in any order within a window: the same bytes still. */
static void test_overlapping_segments_give_each_byte_once(void **state)
{
	(void)state;
	static const uint32_t first[2] = { 100, 200 };

	make_streams(9);
	run("whole", 8192, 0, false, first);
	for (int round = 0; round < 20; round++) {
		struct seen seen;
		struct observer *observer = observe(&seen, NULL);
		cut_streams(50, first);
		for (size_t i = 3; i < segment_count; i++) { /* each may begin earlier and end later */
			struct segment *segment = &segments[i];
			if (segment->size == 0)
				continue;
			size_t at = segment->sequence - first[segment->side];
			uint32_t back = (uint32_t)((size_t)rand() % 80);
			if (back > at)
				back = (uint32_t)at;
			uint32_t more = (uint32_t)((size_t)rand() % 80);
			if (at + segment->size + more > sizes[segment->side])
				more = (uint32_t)(sizes[segment->side] - at - segment->size);
			segment->sequence -= back;
			segment->bytes -= back;
			segment->size += back + more;
		}
		reorder(6);
		play(observer, round & 1);
		expect_same(&seen, "overlapping", 50);
		observer_free(observer);
		forget(&seen);
	}
	for (int side = 0; side < 2; side++) {
		free(expected[side]);
		expected[side] = NULL;
	}
}

static struct wire wire;

static void test_first_bytes_of_an_overlap_count_and_the_others_are_told(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);

	say(observer, 0, 99, TCP_SYN, "");
	say(observer, 0, 100, TCP_ACK, "TEST");
	say(observer, 0, 108, TCP_ACK, "\3two");
	say(observer, 0, 104, TCP_ACK, "\3one\3TWO"); /* says something else of the last four */
	observer_finish(observer);
	assert_string_equal(said(&seen.said[0]), "one\ntwo\nend\n");
	assert_string_equal(said(&seen.events), "stream.reassembly_overlap_different_data\n");
	observer_free(observer);
	forget(&seen);
}

static void test_long_message_is_shown_when_it_is_whole(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);
	char message[] = "TEST\144", whole[102];

	memset(whole, 'x', 100);
	memcpy(whole + 100, "\n", 2);
	unfinished_shown = 0;
	say(observer, 0, 99, TCP_SYN, "");
	say(observer, 0, 100, TCP_ACK, message);
	for (unsigned i = 0; i < 100; i++) {
		assert_string_equal(said(&seen.said[0]), "");
		say(observer, 0, 105 + i, TCP_ACK, "x");
	}
	assert_string_equal(said(&seen.said[0]), whole);
	assert_int_equal(unfinished_shown, 1);
	observer_finish(observer);
	observer_free(observer);
	forget(&seen);
}

static void test_hole_is_given_up_when_what_is_behind_it_was_acknowledged(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);
	struct segment acknowledge = { 1, 500, 0, 0, TCP_ACK, NULL };

	say(observer, 0, 99, TCP_SYN, "");
	say(observer, 0, 100, TCP_ACK, "TEST");
	say(observer, 0, 108, TCP_ACK, "\3two");
	for (int i = 0; i < 100; i++) /* not acknowledged: it may still come */
		send_segment(observer, &acknowledge);
	assert_string_equal(said(&seen.said[0]), "");
	acknowledge.acknowledgement = 112;
	for (int i = 0; i < 100; i++) /* the same once more says nothing more */
		send_segment(observer, &acknowledge);
	assert_string_equal(said(&seen.said[0]), "");
	for (int i = 0; i < TCP_PATIENCE; i++, acknowledge.acknowledgement++)
		send_segment(observer, &acknowledge);
	assert_string_equal(said(&seen.said[0]), "");
	send_segment(observer, &acknowledge);
	assert_string_equal(said(&seen.said[0]), "gap 4\ntwo\n");
	say(observer, 0, 104, TCP_ACK, "\3one"); /* too late */
	say(observer, 0, 112, TCP_ACK, "\5three");
	assert_string_equal(said(&seen.said[0]), "gap 4\ntwo\nthree\n");
	assert_int_equal(observer_count(observer).stream_gaps, 1);
	assert_int_equal(observer_count(observer).stream_gap_bytes, 4);
	observer_finish(observer);
	observer_free(observer);
	forget(&seen);
}

static void test_what_waits_is_bounded(void **state)
{
	(void)state;
	struct seen seen;
	struct observer_settings settings = observer_defaults;
	settings.flows = 1000;
	settings.stream_memory = 100000;
	settings.stream_waiting = 1 << 20;
	struct observer *observer = observe(&seen, &settings);
	static uint8_t junk[1000];

	for (unsigned flow = 0; flow < 300; flow++) { /* each with a hole, and what waits behind it */
		wire_begin(&wire, "TEST", 4);
		wire_tcp(&wire, 1000 + flow, 80, 100, 0, TCP_ACK);
		wire_ipv4(&wire, 1, 2, 6);
		send_wire(observer, &wire, SECOND);
		wire_begin(&wire, junk, sizeof junk);
		wire_tcp(&wire, 1000 + flow, 80, 200, 0, TCP_ACK);
		wire_ipv4(&wire, 1, 2, 6);
		send_wire(observer, &wire, SECOND);
		assert_true(observer_count(observer).stream_memory <= 100000);
	}
	assert_true(observer_count(observer).stream_memory_dropped > 150);
	observer_finish(observer);
	assert_int_equal(observer_count(observer).stream_memory, 0);
	observer_free(observer);
	forget(&seen);
}

/* A message longer than the dissector may wait for: nothing more is shown of that side, all of the other. */
static void test_too_long_a_message_is_told_once(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);
	char message[180];

	memset(message, 'x', sizeof message);
	message[0] = (char)200;
	message[179] = 0;
	say(observer, 0, 99, TCP_SYN, "");
	say(observer, 0, 100, TCP_ACK, "TEST");
	say(observer, 0, 104, TCP_ACK, message);
	say(observer, 0, 104 + 179, TCP_ACK, message);
	say(observer, 1, 500, TCP_ACK, "test\3hey");
	observer_finish(observer);
	assert_string_equal(said(&seen.events), "applayer_too_long\n");
	assert_string_equal(said(&seen.said[0]), "");
	assert_string_equal(said(&seen.said[1]), "hey\nend\n");
	observer_free(observer);
	forget(&seen);
}

static void test_midstream_is_picked_up_and_roles_are_found(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);

	say(observer, 1, 500, TCP_ACK, "test\3hey"); /* the server is seen first */
	say(observer, 0, 100, TCP_ACK, "TEST\2yo");
	observer_finish(observer);
	assert_string_equal(said(&seen.said[1]), "hey\nend\n");
	assert_string_equal(said(&seen.said[0]), "yo\nend\n");
	assert_int_equal(seen.flow_count, 1);
	assert_true(seen.flows[0].midstream);
	assert_int_equal(seen.flows[0].ends[SIDE_SERVER].port, 80);
	assert_int_equal(seen.flows[0].packets[SIDE_SERVER], 1);
	assert_int_equal(seen.flows[0].bytes[SIDE_SERVER], 48);
	assert_int_equal(seen.flows[0].bytes[SIDE_CLIENT], 47);
	observer_free(observer);
	forget(&seen);
}

static void test_flow_becomes_another_protocol(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);

	say(observer, 0, 99, TCP_SYN, "");
	say(observer, 0, 100, TCP_ACK, "TEST\3one\xffTEST\3two");
	say(observer, 1, 500, TCP_ACK, "test\3hey");
	observer_finish(observer);
	assert_string_equal(said(&seen.said[0]), "one\ntwo\nend\n");
	assert_string_equal(said(&seen.said[1]), "hey\nend\n");
	observer_free(observer);
	forget(&seen);
}

static void test_reset_from_nowhere_ends_nothing(void **state)
{
	(void)state;
	struct seen seen;
	struct observer *observer = observe(&seen, NULL);

	say(observer, 0, 99, TCP_SYN, "");
	say(observer, 0, 100, TCP_ACK, "TEST");
	say(observer, 0, 100 + (1u << 30), TCP_RST, "");
	say(observer, 0, 104, TCP_ACK, "\3one");
	assert_string_equal(said(&seen.said[0]), "one\n");
	assert_string_equal(said(&seen.events), "stream.suspected_rst_inject\n");
	say(observer, 0, 108, TCP_RST, "");
	assert_string_equal(said(&seen.said[0]), "one\nend\n");
	observer_finish(observer);
	assert_int_equal(seen.flows[0].state, FLOW_CLOSED);
	observer_free(observer);
	forget(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dissector_sees_the_same_bytes_however_they_come),
		cmocka_unit_test(test_payload_is_told_once_and_in_order),
		cmocka_unit_test(test_overlapping_segments_give_each_byte_once),
		cmocka_unit_test(test_first_bytes_of_an_overlap_count_and_the_others_are_told),
		cmocka_unit_test(test_long_message_is_shown_when_it_is_whole),
		cmocka_unit_test(test_hole_is_given_up_when_what_is_behind_it_was_acknowledged),
		cmocka_unit_test(test_what_waits_is_bounded),
		cmocka_unit_test(test_too_long_a_message_is_told_once),
		cmocka_unit_test(test_midstream_is_picked_up_and_roles_are_found),
		cmocka_unit_test(test_flow_becomes_another_protocol),
		cmocka_unit_test(test_reset_from_nowhere_ends_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
