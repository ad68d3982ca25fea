/*
 * Records of flow exporters joined to flows with two sides: whichever direction comes first, in pieces, sampled, with a
 * wrong clock, with a table that is too small. Nothing that was counted is lost or doubled.
 */
#include "watch/flow_join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START ((nanoseconds)1700000000 * SECOND)
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

static struct {
	struct flow_join *join;
	struct joined_flow told[64];
	size_t count;
	uint64_t packets, bytes, begun;
} world;

static void note(void *context, const struct joined_flow *joined)
{
	(void)context;
	if (world.count < 64)
		world.told[world.count] = *joined;
	world.count++;
	world.packets += joined->flow.packets[0] + joined->flow.packets[1];
	world.bytes += joined->flow.bytes[0] + joined->flow.bytes[1];
	world.begun += joined->seen.began;
}

static void begin(uint32_t flows)
{
	struct flow_join_settings settings = flow_join_defaults;
	settings.flows = flows;
	settings.told = note;
	settings.behaviour = &behaviour_defaults;
	flow_join_free(world.join);
	memset(&world, 0, sizeof world);
	world.join = flow_join_new(&settings);
	assert_non_null(world.join);
}

static int end(void **state)
{
	(void)state;
	flow_join_free(world.join);
	world.join = NULL;
	return 0;
}

static struct address address(const char *text)
{
	struct address address;
	assert_true(address_parse(text_of(text), &address));
	return address;
}

static struct flow_record record_of(uint8_t flags)
{
	return (struct flow_record){ .source = { address("198.18.0.9"), 40000 },
		.destination = { address("198.19.0.1"), 443 },
		.exporter = address("192.0.2.1"),
		.ip_protocol = 6,
		.ip_version = 4,
		.tcp_flags = flags,
		.first = START,
		.last = START + SECOND,
		.packets = 5,
		.bytes = 500 };
}

static struct flow_record back_of(struct flow_record record, uint8_t flags)
{
	struct flow_end source = record.source;
	record.source = record.destination;
	record.destination = source;
	record.tcp_flags = flags;
	record.first += 1000;
	record.packets = 4;
	record.bytes = 4000;
	return record;
}

static void give(struct flow_record record, nanoseconds received)
{
	flow_join_record(world.join, &record, received);
}

static void test_two_directions_are_one_flow_whichever_comes_first(void **state)
{
	(void)state;
	for (int turned = 0; turned < 2; turned++) {
		struct flow_record out = record_of(SYN | ACK), in = back_of(out, SYN | ACK);
		begin(64);
		give(turned ? in : out, START + 2 * SECOND);
		give(turned ? out : in, START + 30 * SECOND);
		assert_int_equal(world.count, 0);
		flow_join_time(world.join, START + 90 * SECOND);
		assert_int_equal(world.count, 1);
		const struct seen_flow *seen = &world.told[0].seen;
		assert_true(address_equal(seen->ends[SIDE_CLIENT].address, out.source.address));
		assert_int_equal(seen->ends[SIDE_SERVER].port, 443);
		assert_int_equal(seen->packets[SIDE_CLIENT], 5);
		assert_int_equal(seen->bytes[SIDE_SERVER], 4000);
		assert_true(seen->began && seen->answered && seen->sampling == 1);
		assert_true(address_equal(world.told[0].exporter, out.exporter));
		flow_join_finish(world.join);
		assert_int_equal(world.count, 1);
	}
}

static void test_what_nobody_answered_and_what_was_refused(void **state)
{
	static const struct {
		uint8_t client, server; /* 0: nothing came back */
		bool answered;
	} cases[] = { { SYN, 0, false }, { SYN, RST | ACK, false }, { SYN | ACK, 0, true },
		{ SYN | RST, SYN | ACK, true }, { SYN | ACK, SYN | ACK | RST, true }, { 0x01, 0, false },
		{ 0x29, RST | ACK, false } };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct flow_record out = record_of(cases[i].client);
		begin(64);
		if (cases[i].server)
			give(back_of(out, cases[i].server), START + 2 * SECOND);
		give(out, START + 2 * SECOND);
		flow_join_finish(world.join);
		assert_int_equal(world.count, 1);
		assert_true(world.told[0].seen.began);
		assert_int_equal(world.told[0].seen.answered, cases[i].answered);
		assert_int_equal(world.told[0].seen.ends[SIDE_SERVER].port, 443);
	}
}

static void test_a_long_flow_in_pieces_begins_once_and_lasts_long(void **state)
{
	struct flow_record piece = record_of(SYN | ACK);
	(void)state;
	begin(64);
	for (unsigned i = 0; i < 12; i++) {
		piece.first = START + i * 30 * MINUTE;
		piece.last = piece.first + 30 * MINUTE - SECOND;
		piece.tcp_flags = i ? ACK : SYN | ACK;
		give(piece, piece.last);
	}
	flow_join_finish(world.join);
	assert_int_equal(world.count, 12);
	assert_int_equal(world.begun, 1);
	const struct seen_flow *last = &world.told[11].seen;
	assert_true(last->last - last->first > 5 * HOUR);
	assert_int_equal(last->packets[SIDE_CLIENT], 5);
	assert_int_equal(world.packets, 12 * 5);
	assert_int_equal(flow_join_count(world.join).continued, 11);
}

static void test_the_same_ends_again_are_another_flow(void **state)
{
	(void)state;
	for (unsigned protocol = 6; protocol <= 17; protocol += 11) {
		begin(64);
		for (unsigned i = 0; i < 5; i++) {
			struct flow_record record = record_of(protocol == 6 ? SYN | ACK : 0);
			record.ip_protocol = (uint8_t)protocol;
			record.first = START + i * 10 * MINUTE;
			record.last = record.first + SECOND;
			give(record, record.last);
			struct flow_record back = back_of(record, protocol == 6 ? SYN | ACK : 0);
			give(back, back.last + SECOND);
		}
		flow_join_finish(world.join);
		assert_int_equal(world.count, 5);
		assert_int_equal(world.begun, 5);
		assert_true(world.told[4].seen.answered);
		assert_true(world.told[4].seen.last - world.told[4].seen.first < MINUTE);
	}
}

static void test_with_equal_times_the_end_that_many_flows_have_is_the_server(void **state)
{
	(void)state;
	begin(64);
	for (unsigned i = 0; i < 6; i++) {
		struct flow_record record = record_of(SYN | ACK);
		record.source.port = (uint16_t)(38000 + i);
		record.destination.port = 50613;
		struct flow_record back = back_of(record, SYN | ACK);
		back.first = record.first;
		give(i % 2 ? record : back, START + 2 * SECOND);
		give(i % 2 ? back : record, START + 2 * SECOND);
	}
	flow_join_finish(world.join);
	assert_int_equal(world.count, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(world.told[i].seen.ends[SIDE_SERVER].port, 50613);
}

static void test_a_port_that_is_used_again_at_once_is_another_flow(void **state)
{
	(void)state;
	begin(64);
	for (unsigned i = 0; i < 4; i++) { /* a meter that told all of them at the same time */
		struct flow_record record = record_of(i < 2 ? SYN | ACK : ACK);
		record.first += i * 20 * MINUTE;
		record.last = record.first + SECOND;
		give(record, START + DAY);
		struct flow_record back = back_of(record, i < 2 ? SYN | ACK : ACK);
		back.first = record.last + SECOND;
		back.last = back.first;
		give(back, START + DAY);
	}
	flow_join_finish(world.join);
	assert_int_equal(world.count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_true(world.told[i].seen.packets[SIDE_SERVER] == 4 &&
			    world.told[i].seen.last - world.told[i].seen.first < MINUTE);
}

static void test_sampled_packets_are_multiplied_and_their_silence_says_nothing(void **state)
{
	(void)state;
	begin(64);
	struct flow_record record = record_of(ACK);
	record.sampling = 100;
	give(record, START + SECOND);
	record.source.port = 40001;
	record.tcp_flags = SYN;
	give(record, START + SECOND);
	record.source.port = 40002;
	record.ip_protocol = 17;
	record.tcp_flags = 0;
	give(record, START + SECOND);
	flow_join_finish(world.join);
	assert_int_equal(world.count, 3);
	assert_int_equal(world.told[0].seen.bytes[SIDE_CLIENT], 50000);
	assert_int_equal(world.told[0].seen.sampling, 100);
	assert_true(world.told[0].seen.began && world.told[0].seen.answered);
	assert_true(world.told[1].seen.began && !world.told[1].seen.answered);
	assert_false(world.told[2].seen.began);
}

static void test_an_echo_and_its_answer_are_one(void **state)
{
	(void)state;
	for (unsigned six = 0; six < 2; six++) {
		struct flow_record record = record_of(0);
		begin(64);
		record.ip_protocol = six ? 58 : 1;
		record.source.port = six ? 128 : 8;
		record.destination.port = 0;
		struct flow_record back = back_of(record, 0);
		back.source.port = six ? 129 : 0;
		back.destination.port = 0;
		give(back, START + SECOND);
		give(record, START + SECOND);
		flow_join_finish(world.join);
		assert_int_equal(world.count, 1);
		assert_true(world.told[0].seen.answered);
		assert_int_equal(world.told[0].seen.ends[SIDE_CLIENT].port, six ? 128 : 8);
		assert_true(address_equal(world.told[0].seen.ends[SIDE_CLIENT].address, record.source.address));
	}
}

static void test_a_clock_that_is_wrong_makes_no_future(void **state)
{
	(void)state;
	begin(64);
	struct flow_record record = record_of(SYN);
	record.first += 365 * DAY;
	record.last += 365 * DAY;
	give(record, START + 5 * SECOND);
	record.source.port = 50000;
	record.first = record.last = INT64_MAX - 1;
	give(record, START + 5 * SECOND);
	flow_join_finish(world.join);
	assert_int_equal(world.told[0].seen.last, START + 5 * SECOND);
	assert_int_equal(world.told[0].seen.first, START + 4 * SECOND);
	assert_int_equal(world.told[1].seen.last, START + 5 * SECOND);
	assert_int_equal(flow_join_count(world.join).future, 2);
}

/* Records of many flows in any order through a small table: every packet and byte is told once. */
static void test_nothing_is_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		uint64_t packets = 0, bytes = 0;
		nanoseconds now = START;
		srand(seed);
		begin(seed % 2 ? 64 : 4096);
		for (unsigned i = 0; i < 20000; i++) {
			struct flow_record record = record_of((uint8_t)(rand() % 64));
			record.source.port = (uint16_t)(rand() % 200);
			record.domain = (uint32_t)rand() % 2;
			record.ip_protocol = (uint8_t[]){ 6, 17, 1, 58, 132 }[rand() % 5];
			record.first = now - rand() % 1000 * SECOND;
			record.last = record.first + rand() % 500 * SECOND;
			record.packets = (uint64_t)rand() % 9 + 1;
			record.bytes = record.packets * 60;
			record.packets_back = (uint64_t)(rand() % 3);
			record.bytes_back = record.packets_back * 70;
			if (rand() % 2)
				record = back_of(record, (uint8_t)(rand() % 64));
			packets += record.packets + record.packets_back;
			bytes += record.bytes + record.bytes_back;
			give(record, now);
			now += rand() % 2 ? 0 : rand() % 1000 * (SECOND / 1000);
			if (rand() % 500 == 0)
				flow_join_time(world.join, now += HOUR);
		}
		flow_join_finish(world.join);
		assert_int_equal(world.packets, packets);
		assert_int_equal(world.bytes, bytes);
		assert_int_equal(
		    flow_join_count(world.join).flows + flow_join_count(world.join).continued, world.count);
		assert_true(seed % 2 == 0 || flow_join_count(world.join).early > 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		TEST(test_two_directions_are_one_flow_whichever_comes_first),
		TEST(test_what_nobody_answered_and_what_was_refused),
		TEST(test_a_long_flow_in_pieces_begins_once_and_lasts_long),
		TEST(test_the_same_ends_again_are_another_flow),
		TEST(test_with_equal_times_the_end_that_many_flows_have_is_the_server),
		TEST(test_a_port_that_is_used_again_at_once_is_another_flow),
		TEST(test_sampled_packets_are_multiplied_and_their_silence_says_nothing),
		TEST(test_an_echo_and_its_answer_are_one),
		TEST(test_a_clock_that_is_wrong_makes_no_future),
		TEST(test_nothing_is_lost_or_doubled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
