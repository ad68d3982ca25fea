/*
 * One packet: whether it is the telescope's, what it is, and what made it; every link, every length, every broken one.
 */
#include "darknet/packet/arrival.h"
#include "darknet/packet/header.h"
#include "packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SOURCE 0xcb007105u /* 203.0.113.5 */
#define TARGET 0xc6331407u /* 198.51.20.7 */

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

static struct space *space;
static uint8_t room[PACKET_ROOM], outer[PACKET_ROOM];

static struct space *space_of(const char *const *names, size_t count)
{
	struct prefix prefixes[8];
	struct space *made;
	for (size_t i = 0; i < count; i++)
		assert_true(prefix_parse(text_of(names[i]), &prefixes[i]));
	assert_int_equal(space_new(prefixes, count, &made, NULL), OK);
	return made;
}

static int set_up(void **state)
{
	static const char *const names[] = { "198.51.0.0/16", "198.52.0.0/24", "2001:db8:7::/48" };
	(void)state;
	space = space_of(names, 3);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	space_free(space);
	return 0;
}

static struct arrival read_frame(const struct frame *frame)
{
	struct arrival arrival;
	assert_int_equal(arrival_of(space, frame, &arrival), ARRIVAL_TAKEN);
	return arrival;
}

static struct arrival arrive(struct packet_made made)
{
	made.source = made.source ? made.source : SOURCE;
	made.destination = made.destination ? made.destination : TARGET;
	struct frame frame = packet_make(&made, room);
	struct arrival arrival = read_frame(&frame);
	assert_false(arrival.wrong_checksum);
	assert_false(arrival.cut);
	return arrival;
}

/* ── the space ─ */

static void test_places_are_counted_over_all_prefixes_and_overlaps_count_once(void **state)
{
	static const char *const names[] = { "198.51.100.0/24", "198.51.100.128/25", "198.51.101.0/24",
		"192.0.2.0/30" };
	struct space *few = space_of(names, 4);
	struct prefix bad;
	struct space *none;
	uint32_t place;
	(void)state;
	assert_int_equal(few->size, 512 + 4);
	assert_int_equal(few->range_count, 2);
	assert_true(space_place_v4(few, 0xc0000203, &place));
	assert_int_equal(place, 3);
	assert_true(space_place_v4(few, 0xc6336400, &place));
	assert_int_equal(place, 4);
	assert_true(space_place_v4(few, 0xc63365ff, &place));
	assert_int_equal(place, 515);
	assert_false(space_place_v4(few, 0xc6336600, &place));
	assert_false(space_place_v4(few, 0xc0000204, &place));
	space_free(few);
	assert_true(prefix_parse(text_of("0.0.0.0/7"), &bad));
	assert_int_equal(space_new(&bad, 1, &none, NULL), ERROR_INPUT);
	assert_true(prefix_parse(text_of("::/0"), &bad));
	assert_int_equal(space_new(&bad, 1, &none, NULL), ERROR_INPUT);
	assert_int_equal(space_new(NULL, 0, &none, NULL), ERROR_INPUT);
}

/* ── kinds ─ */

static void test_flags_of_tcp_say_whether_it_asks_or_answers(void **state)
{
	static const struct {
		uint8_t flags;
		size_t payload;
		enum arrival_kind kind;
	} cases[] = { { SYN, 0, ARRIVAL_PROBE }, { SYN, 5, ARRIVAL_PROBE }, { FIN, 0, ARRIVAL_PROBE },
		{ 0, 0, ARRIVAL_PROBE }, { FIN | PSH | URG, 0, ARRIVAL_PROBE }, { SYN | FIN, 0, ARRIVAL_PROBE },
		{ ACK, 0, ARRIVAL_PROBE }, { SYN | ACK, 0, ARRIVAL_BACKSCATTER }, { RST, 0, ARRIVAL_BACKSCATTER },
		{ RST | ACK, 0, ARRIVAL_BACKSCATTER }, { RST | SYN, 0, ARRIVAL_OTHER }, { ACK, 5, ARRIVAL_OTHER },
		{ PSH | ACK, 5, ARRIVAL_OTHER }, { FIN | ACK, 0, ARRIVAL_OTHER } };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arrival arrival = arrive((struct packet_made){ .protocol = 6,
		    .source_port = 4000,
		    .port = 80,
		    .flags = cases[i].flags,
		    .payload = "hello",
		    .payload_size = cases[i].payload });
		assert_int_equal(arrival.kind, cases[i].kind);
		assert_int_equal(arrival.payload, cases[i].payload);
		assert_int_equal(arrival.port, 80);
		assert_int_equal(arrival.place, 0x1407);
	}
}

static const struct {
	uint16_t source_port, port;
	const char *payload;
	size_t size;
	enum arrival_kind kind;
	enum arrival_payload content;
} datagrams[] = {
	{ 53, 4000, "\x12\x34\x81\x80\0\1\0\1\0\0\0\0", 12, ARRIVAL_BACKSCATTER, PAYLOAD_DNS },
	{ 53, 4000, "\x12\x34\x01\x00\0\1\0\0\0\0\0\0", 12, ARRIVAL_PROBE, PAYLOAD_NONE },
	{ 4000, 53, "\x12\x34\x81\x80\0\1\0\1\0\0\0\0", 12, ARRIVAL_PROBE, PAYLOAD_NONE },
	{ 123, 4000, "\xd7\0\x03\x2a", 4, ARRIVAL_BACKSCATTER, PAYLOAD_NTP },
	{ 123, 123, "\x17\0\x03\x2a", 4, ARRIVAL_PROBE, PAYLOAD_NONE }, /* the question of monlist */
	{ 123, 123, "\x24\1\0\0", 4, ARRIVAL_BACKSCATTER, PAYLOAD_NTP },
	{ 1900, 80, "HTTP/1.1 200 OK\r\n", 17, ARRIVAL_BACKSCATTER, PAYLOAD_SSDP },
	{ 4000, 1900, "M-SEARCH * HTTP/1.1\r\n", 21, ARRIVAL_PROBE, PAYLOAD_NONE },
	{ 11211, 80, "\0\0\0\0\0\1\0\0STAT pid 7\r\n", 20, ARRIVAL_BACKSCATTER, PAYLOAD_MEMCACHED },
	{ 389, 80, "\x30\x84\0\0\0\x10\x02\x01\x01\x64\x84", 11, ARRIVAL_BACKSCATTER, PAYLOAD_CLDAP },
	{ 443, 4000, "\xc0\0\0\0\0\x08", 6, ARRIVAL_BACKSCATTER, PAYLOAD_QUIC },
	{ 443, 4000, "\xf0\0\0\0\1\x08", 6, ARRIVAL_BACKSCATTER, PAYLOAD_QUIC },
	{ 4000, 443, "\xc0\0\0\0\1\x08", 6, ARRIVAL_PROBE, PAYLOAD_NONE },
	{ 443, 4000, "\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x2f\x03", 14, ARRIVAL_BACKSCATTER, PAYLOAD_DTLS },
	{ 161, 4000, "\x30\x20\x02\x01\x01\x04\x06public\xa2\x13", 15, ARRIVAL_BACKSCATTER, PAYLOAD_SNMP },
	{ 5060, 5060, "SIP/2.0 200 OK\r\n", 16, ARRIVAL_BACKSCATTER, PAYLOAD_SIP },
	{ 19, 4000, "yz{|}~ !\"#", 10, ARRIVAL_BACKSCATTER, PAYLOAD_CHARGEN },
	{ 27015, 4000, "\xff\xff\xff\xffI\x11", 6, ARRIVAL_BACKSCATTER, PAYLOAD_GAME },
	{ 27015, 27015, "\xff\xff\xff\xffTSource Engine Query", 24, ARRIVAL_PROBE, PAYLOAD_NONE },
	{ 4000, 6881, "d1:ad2:id20:", 12, ARRIVAL_OTHER, PAYLOAD_NONE },
	{ 4000, 4001, "", 0, ARRIVAL_PROBE, PAYLOAD_NONE },
};

static void test_datagrams_that_answer_are_told_by_port_and_content(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof datagrams / sizeof *datagrams; i++) {
		struct arrival arrival = arrive((struct packet_made){ .protocol = 17,
		    .source_port = datagrams[i].source_port,
		    .port = datagrams[i].port,
		    .payload = datagrams[i].payload,
		    .payload_size = datagrams[i].size });
		assert_int_equal(arrival.kind, datagrams[i].kind);
		assert_int_equal(arrival.content, datagrams[i].content);
	}
}

/* Large answers, as amplifiers give them, come in fragments: the first tells what it is. */
static void test_the_first_fragment_of_an_answer_is_one(void **state)
{
	struct packet_made made = { .protocol = 17,
		.source = SOURCE,
		.destination = TARGET,
		.source_port = 53,
		.port = 4000,
		.payload = datagrams[0].payload,
		.payload_size = 12 };
	(void)state;
	struct frame frame = packet_make(&made, room);
	room[14 + 6] |= 0x20; /* more fragments */
	room[14 + 20 + 4] = 4008 >> 8;
	room[14 + 20 + 5] = 4008 & 255;
	struct arrival arrival = read_frame(&frame);
	assert_int_equal(arrival.kind, ARRIVAL_BACKSCATTER);
	assert_int_equal(arrival.content, PAYLOAD_DNS);
	assert_int_equal(arrival.payload, 4000);
	assert_false(arrival.cut || arrival.fragment);
	room[14 + 6] &= 0xdf; /* all of it, it says, and yet there is more */
	arrival = read_frame(&frame);
	assert_int_equal(arrival.kind, ARRIVAL_OTHER);
	assert_true(arrival.cut);
}

static void test_the_worm_of_one_datagram_is_a_probe_with_its_name(void **state)
{
	uint8_t payload[376];
	(void)state;
	memset(payload, 1, sizeof payload);
	payload[0] = 4;
	struct arrival arrival = arrive((struct packet_made){
	    .protocol = 17, .source_port = 1040, .port = 1434, .payload = payload, .payload_size = sizeof payload });
	assert_int_equal(arrival.kind, ARRIVAL_PROBE);
	assert_int_equal(arrival.content, PAYLOAD_SLAMMER);
	arrival = arrive((struct packet_made){
	    .protocol = 17, .source_port = 1040, .port = 1434, .payload = payload, .payload_size = 375 });
	assert_int_equal(arrival.content, PAYLOAD_NONE);
}

/* A router tells a forged sender that the victim's port is not there. */
static void test_errors_tell_of_the_victim_that_they_quote(void **state)
{
	uint8_t quote[64] = { 0 };
	char victim[ADDRESS_TEXT];
	struct packet_made asked = {
		.protocol = 17, .source = TARGET, .destination = 0xc0000209, .source_port = 999, .port = 5353
	};
	(void)state;
	size_t size = packet_make_ip(&asked, quote);
	struct arrival arrival = arrive(
	    (struct packet_made){ .protocol = 1, .source_port = 3, .port = 3, .payload = quote, .payload_size = size });
	assert_int_equal(arrival.kind, ARRIVAL_BACKSCATTER);
	assert_int_equal(arrival.port, 3 << 8 | 3);
	assert_int_equal(arrival.quoted_protocol, 17);
	assert_int_equal(arrival.quoted_port, 5353);
	assert_string_equal(address_format(arrival_victim(&arrival), victim), "192.0.2.9");
	uint32_t question = arrival.quoted_question;
	for (unsigned other = 0; other < 3; other++) { /* another question to the same victim, or the same */
		asked.source_port = other == 1 ? 998 : 999;
		asked.identification = other == 2;
		size = packet_make_ip(&asked, quote);
		arrival = arrive((struct packet_made){
		    .protocol = 1, .source_port = 3, .port = 3, .payload = quote, .payload_size = size });
		assert_true((arrival.quoted_question == question) == (other == 0));
		assert_int_equal(arrival.quoted_port, 5353);
	}
	asked.source = 0x01020304; /* not of this telescope: nobody here was forged */
	size = packet_make_ip(&asked, quote);
	arrival = arrive(
	    (struct packet_made){ .protocol = 1, .source_port = 3, .port = 3, .payload = quote, .payload_size = size });
	assert_int_equal(arrival.kind, ARRIVAL_OTHER);
	assert_false(address_exists(arrival.quoted));
	assert_int_equal(arrive((struct packet_made){ .protocol = 1, .source_port = 8 }).kind, ARRIVAL_PROBE);
	assert_int_equal(arrive((struct packet_made){ .protocol = 1, .source_port = 0 }).kind, ARRIVAL_BACKSCATTER);
	assert_int_equal(arrive((struct packet_made){ .protocol = 1, .source_port = 9 }).kind, ARRIVAL_OTHER);
}

/* ── tools ─ */

static const uint8_t mss[] = { 2, 4, 5, 180 };
static const uint8_t linux_options[] = { 2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 };
static const uint8_t windows_options[] = { 2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2 };

static void test_each_tool_is_told_by_its_header(void **state)
{
	const uint32_t sequence = 0x12345678;
	const struct {
		struct packet_made made;
		enum arrival_tool tool;
	} cases[] = {
		{ { .flags = SYN, .hops = 240, .identification = 54321, .window = 65535 }, TOOL_ZMAP },
		{ { .flags = SYN,
		      .hops = 240,
		      .identification = 54321,
		      .window = 65535,
		      .options = mss,
		      .option_size = 4 },
		    TOOL_ZMAP },
		{ { .flags = SYN, .hops = 240, .identification = 7, .window = 65535 }, TOOL_ZMAP }, /* random ids */
		{ { .flags = SYN, .hops = 240, .window = 1024, .identification = (uint16_t)(TARGET ^ 80 ^ sequence) },
		    TOOL_MASSCAN },
		{ { .flags = SYN, .sequence = TARGET, .window = 5840, .hops = 50 }, TOOL_MIRAI },
		{ { .flags = SYN, .window = 1024, .hops = 50, .options = mss, .option_size = 4 }, TOOL_NMAP },
		{ { .flags = FIN | PSH | URG, .window = 1024, .hops = 50 }, TOOL_NMAP },
		{ { .flags = SYN, .window = 512, .hops = 60 }, TOOL_HPING3 },
		{ { .flags = SYN, .window = 1000, .hops = 60, .acknowledgement = 99 }, TOOL_HPING3 },
		{ { .flags = SYN, .window = 64240, .fixed = true, .options = linux_options, .option_size = 20 },
		    TOOL_SYSTEM },
		{ { .flags = SYN,
		      .window = 64240,
		      .fixed = true,
		      .hops = 120,
		      .options = windows_options,
		      .option_size = 12 },
		    TOOL_SYSTEM },
		{ { .flags = SYN, .window = 29200, .hops = 60 }, TOOL_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct packet_made made = cases[i].made;
		made.protocol = 6;
		made.source_port = 40000;
		made.port = 80;
		made.sequence = made.sequence ? made.sequence : sequence;
		assert_string_equal(arrival_tool_name(arrive(made).tool), arrival_tool_name(cases[i].tool));
	}
}

static void test_shapes_differ_where_headers_do(void **state)
{
	struct packet_made made = { .protocol = 6, .flags = SYN, .window = 1024, .hops = 50 };
	(void)state;
	struct arrival arrival = arrive(made);
	uint32_t plain = arrival_shape(&arrival);
	made.hops = 60; /* both began at 64 */
	made.sequence = 77;
	arrival = arrive(made);
	assert_int_equal(arrival_shape(&arrival), plain);
	made.hops = 70;
	arrival = arrive(made);
	assert_int_not_equal(arrival_shape(&arrival), plain);
	made.hops = 50;
	made.options = mss;
	made.option_size = 4;
	arrival = arrive(made);
	assert_int_not_equal(arrival_shape(&arrival), plain);
}

/* ── frames ─ */

/* The same packet in other links, and inside tunnels: those are what arrived, unless the capture is a mirror. */
static void test_every_link_gives_the_same_arrival(void **state)
{
	static const struct {
		enum link_type link;
		const char *before;
		size_t size;
	} links[] = {
		{ LINK_RAW, "", 0 },
		{ LINK_NULL, "\2\0\0\0", 4 },
		{ LINK_ETHERNET, "\2\2\2\2\2\2\2\2\2\2\2\2\x81\0\0\7\x08\0", 18 },
		{ LINK_LINUX_SLL, "\0\0\0\1\0\6\2\2\2\2\2\2\0\0\x08\0", 16 },
		{ LINK_PPP, "\xff\3\0\x21", 4 },
	};
	struct packet_made made = { .protocol = 6, .source = SOURCE, .destination = TARGET, .port = 23, .flags = SYN };
	struct arrival plain = arrive(made);
	(void)state;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		memcpy(outer, links[i].before, links[i].size);
		uint32_t size = (uint32_t)(links[i].size + packet_make_ip(&made, outer + links[i].size));
		struct frame frame = { .bytes = outer, .size = size, .on_wire = size, .link = links[i].link };
		struct arrival arrival = read_frame(&frame);
		assert_memory_equal(&arrival, &plain, sizeof plain);
	}
}

static void test_tunnels_are_entered_only_where_the_capture_is_a_mirror(void **state)
{
	struct packet_made made = { .protocol = 6, .source = SOURCE, .destination = TARGET, .port = 23, .flags = SYN };
	struct packet_made carrier = { .protocol = 17, .source = 0x0a000001, .destination = 0x0a000002, .port = 4789 };
	static const uint8_t vxlan[8] = { 8 };
	uint8_t inside[PACKET_ROOM];
	struct arrival arrival;
	(void)state;
	struct frame frame = packet_make(&made, room);
	memcpy(inside, vxlan, 8);
	memcpy(inside + 8, room, frame.size);
	carrier.payload = inside;
	carrier.payload_size = frame.size + 8;
	frame = packet_make(&carrier, outer);
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_ELSEWHERE);
	space->carriers = 1;
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_TAKEN);
	assert_int_equal(arrival.port, 23);
	frame = packet_make(&made, room);
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_NOT_IP);
	space->carriers = 0;
	carrier.destination = TARGET; /* an attempt to use the telescope as the end of a tunnel */
	frame = packet_make(&carrier, outer);
	arrival = read_frame(&frame);
	assert_int_equal(arrival.port, 4789);
}

static void test_a_wrong_checksum_is_noted_and_the_packet_counts(void **state)
{
	static const uint8_t protocols[] = { 6, 17, 1 };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct packet_made made = { .protocol = protocols[i],
			.source = SOURCE,
			.destination = TARGET,
			.source_port = protocols[i] == 1 ? 8 : 1000,
			.port = protocols[i] == 1 ? 0 : 99,
			.flags = SYN,
			.payload = "abc",
			.payload_size = 3 };
		struct frame frame = packet_make(&made, room);
		for (uint32_t byte = 22; byte < frame.size; byte++) {
			if (byte >= 30 && byte < 34) /* then it is not ours, or another place */
				continue;
			room[byte] ^= 0x10;
			struct arrival arrival;
			enum arrival_result result = arrival_of(space, &frame, &arrival);
			if (result == ARRIVAL_TAKEN && !arrival.cut && byte != 23)
				assert_true(arrival.wrong_checksum);
			room[byte] ^= 0x10;
		}
	}
}

/* Cut by the capture at every length, and sent so short: never more than there is, never fatal. */
static void test_packets_cut_at_every_length_are_taken_or_refused(void **state)
{
	static const uint8_t protocols[] = { 6, 17, 1, 132, 47 };
	(void)state;
	for (size_t i = 0; i < sizeof protocols; i++) {
		struct packet_made made = { .protocol = protocols[i],
			.source = SOURCE,
			.destination = TARGET,
			.source_port = 3,
			.port = 99,
			.flags = SYN,
			.options = linux_options,
			.option_size = 20,
			.payload = datagrams[0].payload,
			.payload_size = 12 };
		struct frame whole = packet_make(&made, room);
		for (uint32_t size = 0; size < whole.size; size++) {
			struct arrival arrival;
			uint8_t *exact = malloc(size + 1); /* so that the sanitizer sees a byte too far */
			assert_non_null(exact);
			memcpy(exact + 1, room, size);
			struct frame frame = whole;
			frame.bytes = exact + 1;
			frame.size = size;
			for (unsigned sent = 0; sent < 2; sent++) {
				frame.on_wire = sent ? size : whole.size;
				enum arrival_result result = arrival_of(space, &frame, &arrival);
				assert_true(result == (size < 34 ? ARRIVAL_MALFORMED : ARRIVAL_TAKEN) ||
					    (size < 14 && result != ARRIVAL_TAKEN));
				if (result == ARRIVAL_TAKEN && sent)
					assert_true(arrival.cut);
			}
			free(exact);
		}
	}
}

static void test_what_is_no_packet_of_the_telescope_is_told_apart(void **state)
{
	struct packet_made made = { .protocol = 6, .source = SOURCE, .destination = 0x08080808, .flags = SYN };
	struct frame frame = packet_make(&made, room);
	struct arrival arrival;
	(void)state;
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_ELSEWHERE);
	frame.link = 147; /* nobody's link type */
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_NOT_IP);
	frame.link = LINK_ETHERNET;
	room[12] = 8;
	room[13] = 6; /* ARP */
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_NOT_IP);
	room[13] = 0;
	room[14] = 0x41; /* a header of 4 bytes */
	assert_int_equal(arrival_of(space, &frame, &arrival), ARRIVAL_MALFORMED);
}

static void test_ipv6_is_read_behind_its_extensions(void **state)
{
	/* to 2001:db8:7::9, hop-by-hop options, then a SYN to port 22; the checksum was computed by hand elsewhere:
	 * none */
	static const uint8_t packet[] = { 0x60, 0, 0, 0, 0, 28, 0, 60, 0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0,
		0, 5, 0x20, 1, 0xd, 0xb8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 6, 0, 1, 4, 0, 0, 0, 0, 0x10, 0, 0, 22, 0,
		0, 0, 1, 0, 0, 0, 0, 0x50, 2, 2, 0, 0, 0, 0, 0 };
	struct frame frame = { .bytes = packet, .size = sizeof packet, .on_wire = sizeof packet, .link = LINK_RAW };
	struct arrival arrival = read_frame(&frame);
	char words[ADDRESS_TEXT];
	(void)state;
	assert_string_equal(address_format(arrival.source, words), "2001:db8:1:2::5");
	assert_int_equal(arrival.port, 22);
	assert_int_equal(arrival.kind, ARRIVAL_PROBE);
	assert_int_equal(arrival.hops, 60);
	assert_true(arrival.wrong_checksum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places_are_counted_over_all_prefixes_and_overlaps_count_once),
		cmocka_unit_test(test_flags_of_tcp_say_whether_it_asks_or_answers),
		cmocka_unit_test(test_datagrams_that_answer_are_told_by_port_and_content),
		cmocka_unit_test(test_the_first_fragment_of_an_answer_is_one),
		cmocka_unit_test(test_the_worm_of_one_datagram_is_a_probe_with_its_name),
		cmocka_unit_test(test_errors_tell_of_the_victim_that_they_quote),
		cmocka_unit_test(test_each_tool_is_told_by_its_header),
		cmocka_unit_test(test_shapes_differ_where_headers_do),
		cmocka_unit_test(test_every_link_gives_the_same_arrival),
		cmocka_unit_test(test_tunnels_are_entered_only_where_the_capture_is_a_mirror),
		cmocka_unit_test(test_a_wrong_checksum_is_noted_and_the_packet_counts),
		cmocka_unit_test(test_packets_cut_at_every_length_are_taken_or_refused),
		cmocka_unit_test(test_what_is_no_packet_of_the_telescope_is_told_apart),
		cmocka_unit_test(test_ipv6_is_read_behind_its_extensions),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
