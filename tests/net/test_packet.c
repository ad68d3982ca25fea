/*
 * Decoding: the same UDP packet in everything that may lie around it gives the same ends and payload; what is broken is
 * named and never believed.
 */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct wire wire;

static void inner_v4(void)
{
	wire_begin(&wire, "hello", 5);
	wire_udp(&wire, 1000, 2000);
	wire_ipv4(&wire, 1, 2, 17);
}

static void inner_v6(void)
{
	wire_begin(&wire, "hello", 5);
	wire_udp(&wire, 1000, 2000);
	wire_ipv6(&wire, 1, 2, 17);
}

/* ── what lies around; each puts its headers, from the inside out ─ */

static void ethernet(unsigned type)
{
	wire_ethernet(&wire, type);
}

static void vlan(unsigned type)
{
	wire_vlan(&wire, 7, type);
	wire_ethernet(&wire, 0x8100);
}

static void qinq(unsigned type)
{
	wire_vlan(&wire, 7, type);
	wire_vlan(&wire, 5, 0x8100);
	wire_ethernet(&wire, 0x88a8);
}

static void mpls(unsigned type)
{
	(void)type;
	wire_u32(&wire, 0x00010140); /* bottom of the stack */
	wire_u32(&wire, 0x00020040);
	wire_ethernet(&wire, 0x8847);
}

static void pseudowire(unsigned type)
{
	wire_ethernet(&wire, type);
	wire_u32(&wire, 0);
	wire_u32(&wire, 0x00010140);
	wire_ethernet(&wire, 0x8847);
}

static void pppoe(unsigned type)
{
	wire_u16(&wire, type == 0x0800 ? 0x21 : 0x57);
	unsigned size = (unsigned)wire_size(&wire);
	wire_u16(&wire, size);
	wire_u16(&wire, 1);
	wire_u16(&wire, 0x1100);
	wire_ethernet(&wire, 0x8864);
}

static void snap(unsigned type)
{
	wire_u16(&wire, type);
	wire_bytes(&wire, "\xaa\xaa\x03\0\0\0", 6);
	wire_ethernet(&wire, (unsigned)wire_size(&wire));
}

static void gre(unsigned type)
{
	wire_u32(&wire, 9);
	wire_u16(&wire, type);
	wire_u16(&wire, 0x2000); /* with a key */
	wire_ipv4(&wire, 8, 9, 47);
	wire_ethernet(&wire, 0x0800);
}

static void gre_bridge(unsigned type)
{
	wire_ethernet(&wire, type);
	wire_u16(&wire, 0x6558);
	wire_u16(&wire, 0);
	wire_ipv6(&wire, 8, 9, 47);
	wire_ethernet(&wire, 0x86dd);
}

static void pptp(unsigned type)
{
	wire_u8(&wire, type == 0x0800 ? 0x21 : 0x57); /* one byte, no address and control */
	wire_u32(&wire, 3);
	wire_u32(&wire, 1);
	wire_u16(&wire, 0x880b);
	wire_u16(&wire, 0x3001);
	wire_ipv4(&wire, 8, 9, 47);
	wire_ethernet(&wire, 0x0800);
}

static void ip_in_ip(unsigned type)
{
	wire_ipv4(&wire, 8, 9, type == 0x0800 ? 4 : 41);
	wire_ethernet(&wire, 0x0800);
}

static void ip_in_ip6(unsigned type)
{
	wire_ipv6(&wire, 8, 9, type == 0x0800 ? 4 : 41);
	wire_ethernet(&wire, 0x86dd);
}

static void vxlan(unsigned type)
{
	wire_ethernet(&wire, type);
	wire_u32(&wire, 42 << 8);
	wire_u32(&wire, 0x08000000);
	wire_udp(&wire, 33333, 4789);
	wire_ipv4(&wire, 8, 9, 17);
	wire_ethernet(&wire, 0x0800);
}

static void geneve(unsigned type)
{
	wire_u32(&wire, 0); /* one option of 4 bytes */
	wire_u32(&wire, 42 << 8);
	wire_u16(&wire, type);
	wire_u16(&wire, 0x0100);
	wire_udp(&wire, 33333, 6081);
	wire_ipv6(&wire, 8, 9, 17);
	wire_ethernet(&wire, 0x86dd);
}

static void gtp(unsigned type)
{
	(void)type;
	wire_u32(&wire, 0x01000000); /* an extension header of one unit, the last */
	wire_u32(&wire, 0x00000085);
	wire_u32(&wire, 77);
	wire_u32(&wire, 0x34ff0000);
	wire_udp(&wire, 2152, 2152);
	wire_ipv4(&wire, 8, 9, 17);
	wire_ethernet(&wire, 0x0800);
}

static void sll(unsigned type)
{
	wire_u16(&wire, type);
	wire_bytes(&wire, "\0\0\0\1\0\6\0\0\0\0\0\0\0\0", 14);
}

static void sll2(unsigned type)
{
	wire_bytes(&wire, "\0\0\0\0\0\1\0\1\0\6\0\0\0\0\0\0\0\0", 18);
	wire_u16(&wire, type);
}

static void null(unsigned type)
{
	wire_bytes(&wire, type == 0x0800 ? "\2\0\0\0" : "\x1e\0\0\0", 4);
}

static void raw(unsigned type)
{
	(void)type;
}

static void ppp(unsigned type)
{
	wire_u16(&wire, type == 0x0800 ? 0x21 : 0x57);
	wire_u16(&wire, 0xff03);
}

static void cisco(unsigned type)
{
	wire_u16(&wire, type);
	wire_u16(&wire, 0x0f00);
}

static const struct {
	const char *name;
	void (*around)(unsigned type);
	enum link_type link;
	unsigned tunnel;
	unsigned vlan[2];
} forms[] = {
	{ "ethernet", ethernet, LINK_ETHERNET, 0, { 0, 0 } },
	{ "vlan", vlan, LINK_ETHERNET, 0, { 7, 0 } },
	{ "qinq", qinq, LINK_ETHERNET, 0, { 5, 7 } },
	{ "mpls", mpls, LINK_ETHERNET, 0, { 0, 0 } },
	{ "pseudowire", pseudowire, LINK_ETHERNET, 0, { 0, 0 } },
	{ "pppoe", pppoe, LINK_ETHERNET, 0, { 0, 0 } },
	{ "snap", snap, LINK_ETHERNET, 0, { 0, 0 } },
	{ "gre", gre, LINK_ETHERNET, 1, { 0, 0 } },
	{ "bridged gre in IPv6", gre_bridge, LINK_ETHERNET, 1, { 0, 0 } },
	{ "pptp", pptp, LINK_ETHERNET, 1, { 0, 0 } },
	{ "ip in ip", ip_in_ip, LINK_ETHERNET, 1, { 0, 0 } },
	{ "ip in ipv6", ip_in_ip6, LINK_ETHERNET, 1, { 0, 0 } },
	{ "vxlan", vxlan, LINK_ETHERNET, 1, { 0, 0 } },
	{ "geneve in IPv6", geneve, LINK_ETHERNET, 1, { 0, 0 } },
	{ "gtp", gtp, LINK_ETHERNET, 1, { 0, 0 } },
	{ "sll", sll, LINK_LINUX_SLL, 0, { 0, 0 } },
	{ "sll2", sll2, LINK_LINUX_SLL2, 0, { 0, 0 } },
	{ "null", null, LINK_NULL, 0, { 0, 0 } },
	{ "raw", raw, LINK_RAW, 0, { 0, 0 } },
	{ "ppp", ppp, LINK_PPP, 0, { 0, 0 } },
	{ "cisco hdlc", cisco, LINK_CISCO_HDLC, 0, { 0, 0 } },
};

static void check_inner(const struct packet *packet, const char *form, bool v6)
{
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT];

	address_format(packet->source, from);
	address_format(packet->destination, to);
	if (strcmp(from, v6 ? "2001:db8::1" : "10.0.0.1") != 0 || strcmp(to, v6 ? "2001:db8::2" : "10.0.0.2") != 0)
		fail_msg("%s: from %s to %s", form, from, to);
	assert_int_equal(packet->ports[0], 1000);
	assert_int_equal(packet->ports[1], 2000);
	assert_int_equal(packet->ip_protocol, 17);
	assert_int_equal(packet->size, 5);
	assert_memory_equal(packet->at, "hello", 5);
	assert_int_equal(packet->ip_size, v6 ? 53 : 33);
	assert_int_equal(packet->event_count, 0);
	assert_false(packet->damaged);
}

static void test_packet_is_found_in_whatever_lies_around_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		for (int v6 = 0; v6 < 2; v6++) {
			struct packet packet;
			v6 ? inner_v6() : inner_v4();
			forms[i].around(v6 ? 0x86dd : 0x0800);
			struct frame frame = wire_frame(&wire, forms[i].link, 0);
			if (packet_decode(&frame, &packet) != PACKET_WHOLE)
				fail_msg("%s (IPv%d) is no packet", forms[i].name, v6 ? 6 : 4);
			check_inner(&packet, forms[i].name, v6);
			assert_int_equal(packet.tunnel, forms[i].tunnel);
			assert_int_equal(packet.vlan[0], forms[i].vlan[0]);
			assert_int_equal(packet.vlan[1], forms[i].vlan[1]);
		}
}

/* Whatever is cut off by the capture, the decoder stays within what is there (the sanitizers watch an exact copy). */
static void test_packet_cut_anywhere_is_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		inner_v4();
		forms[i].around(0x0800);
		struct frame whole = wire_frame(&wire, forms[i].link, 0);
		for (uint32_t size = 0; size < whole.size; size++) {
			uint8_t *copy = malloc(size ? size : 1);
			memcpy(copy, whole.bytes, size);
			struct packet packet;
			struct frame cut = { copy, size, whole.size, 0, (uint16_t)forms[i].link, 1 };
			enum packet_kind kind = packet_decode(&cut, &packet);
			if (kind == PACKET_WHOLE && packet.tunnel == forms[i].tunnel && packet.ip_protocol == 17 &&
			    packet.ports[1] == 2000)
				assert_int_equal(packet.size + packet.not_captured, 5);
			free(copy);
		}
	}
}

static void expect_event(enum packet_kind kind, const char *event)
{
	struct packet packet;
	struct frame frame = wire_frame(&wire, LINK_RAW, 0);
	enum packet_kind got = packet_decode(&frame, &packet);

	if (got != kind || packet.event_count != 1 || strcmp(packet.events[0], event) != 0)
		fail_msg("%s: kind %d, %d events, %s", event, (int)got, packet.event_count,
		    packet.event_count ? packet.events[0] : "none");
}

static void test_broken_packets_are_named(void **state)
{
	(void)state;
	wire_begin(&wire, "\x45\0\0", 3);
	expect_event(PACKET_MALFORMED, "decoder.ipv4.pkt_too_small");
	inner_v4();
	wire.room[wire.at] = 0x44;
	expect_event(PACKET_MALFORMED, "decoder.ipv4.hlen_too_small");
	inner_v4();
	wire.room[wire.at + 3] = 19;
	expect_event(PACKET_MALFORMED, "decoder.ipv4.iplen_smaller_than_hlen");
	inner_v4();
	wire.room[wire.at + 3] = 34;
	expect_event(PACKET_WHOLE, "decoder.ipv4.trunc_pkt");
	inner_v6();
	wire.room[wire.at + 5] = 14;
	expect_event(PACKET_WHOLE, "decoder.ipv6.trunc_pkt");
	inner_v4();
	wire.room[wire.at + 25] = 7;
	expect_event(PACKET_WHOLE, "decoder.udp.hlen_too_small");
	inner_v4();
	wire.room[wire.at + 25] = 14;
	expect_event(PACKET_WHOLE, "decoder.udp.hlen_invalid");
	wire_begin(&wire, "abc", 3);
	wire_ipv4(&wire, 1, 2, 6);
	expect_event(PACKET_MALFORMED, "decoder.tcp.pkt_too_small");
	wire_begin(&wire, "", 0);
	wire_tcp(&wire, 1, 2, 3, 4, TCP_SYN);
	wire.room[wire.at + 12] = 0x40;
	wire_ipv4(&wire, 1, 2, 6);
	expect_event(PACKET_WHOLE, "decoder.tcp.hlen_too_small");
	wire_begin(&wire, "\x10\xff", 2);
	wire_ipv6(&wire, 1, 2, 0);
	expect_event(PACKET_MALFORMED, "decoder.ipv6.trunc_exthdr");
	wire_begin(&wire, "\x90", 1);
	expect_event(PACKET_MALFORMED, "decoder.ipraw.invalid_ip_version");
}

static void test_layers_without_end_are_refused(void **state)
{
	(void)state;
	struct packet packet;

	wire_begin(&wire, "", 0);
	for (int i = 0; i < 40; i++)
		wire_vlan(&wire, 1, 0x8100);
	wire_ethernet(&wire, 0x8100);
	struct frame frame = wire_frame(&wire, LINK_ETHERNET, 0);
	assert_int_equal(packet_decode(&frame, &packet), PACKET_MALFORMED);
	assert_string_equal(packet.events[0], "decoder.too_many_layers");
	inner_v4();
	for (int i = 0; i < 40; i++)
		wire_ipv4(&wire, 1, 2, 4);
	frame = wire_frame(&wire, LINK_RAW, 0);
	assert_int_equal(packet_decode(&frame, &packet), PACKET_WHOLE);
	assert_true(packet.tunnel < 17);
}

/* On the port of a tunnel, but no tunnel: it is a packet of UDP like any other. */
static void test_port_alone_makes_no_tunnel(void **state)
{
	(void)state;
	static const unsigned ports[] = { 4789, 6081, 3544, 2152 };

	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		struct packet packet;
		wire_begin(&wire, "this is no tunnel at all, whatever the port says: it is text", 60);
		wire_udp(&wire, 5, ports[i]);
		wire_ipv4(&wire, 1, 2, 17);
		struct frame frame = wire_frame(&wire, LINK_RAW, 0);
		assert_int_equal(packet_decode(&frame, &packet), PACKET_WHOLE);
		assert_int_equal(packet.tunnel, 0);
		assert_int_equal(packet.size, 60);
		assert_int_equal(packet.ports[1], ports[i]);
	}
}

static void test_extension_headers_are_passed_over(void **state)
{
	(void)state;
	struct packet packet;

	wire_begin(&wire, "hello", 5);
	wire_udp(&wire, 1000, 2000);
	wire_bytes(&wire, "\x11\0\1\4\0\0\0\0", 8);                  /* destination options, then UDP */
	wire_bytes(&wire, "\x3c\1\0\0\0\0\0\1\0\0\0\2", 12);         /* authentication of 12 bytes */
	wire_bytes(&wire, "\x33\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16); /* routing */
	wire_bytes(&wire, "\x2b\0\1\4\0\0\0\0", 8);                  /* hop by hop */
	wire_ipv6(&wire, 1, 2, 0);
	struct frame frame = wire_frame(&wire, LINK_RAW, 0);
	assert_int_equal(packet_decode(&frame, &packet), PACKET_WHOLE);
	packet.ip_size -= 44;
	check_inner(&packet, "extension headers", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_is_found_in_whatever_lies_around_it),
		cmocka_unit_test(test_packet_cut_anywhere_is_safe),
		cmocka_unit_test(test_broken_packets_are_named),
		cmocka_unit_test(test_layers_without_end_are_refused),
		cmocka_unit_test(test_port_alone_makes_no_tunnel),
		cmocka_unit_test(test_extension_headers_are_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
