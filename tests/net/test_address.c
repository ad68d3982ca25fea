/*
 * Addresses and prefixes: what is read, what is refused, how it is written (RFC 4291, RFC 5952).
 */
#include "net/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct address parsed(const char *text)
{
	struct address address = { { 0 } };
	if (!address_parse(text_of(text), &address))
		fail_msg("not read: %s", text);
	return address;
}

static void test_address_is_written_as_rfc_5952_says(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "2001:0db8::0001", "2001:db8::1" },
		{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:DB8::ABCD", "2001:db8::abcd" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "1:0:0:0:0:0:0:0", "1::" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:c000:0201", "192.0.2.1" },
		{ "0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "fe80::1:2:3:4", "fe80::1:2:3:4" },
		{ "::", "" },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char text[ADDRESS_TEXT];
		assert_string_equal(address_format(parsed(pairs[i][0]), text), pairs[i][1]);
	}
}

static void test_address_refuses_what_is_ambiguous_or_broken(void **state)
{
	(void)state;
	static const char *const refused[] = { "", "1", "010.0.0.1", "10.0.0.01", "00.0.0.0", "1.2.3", "1.2.3.4.5",
		"1.2.3.4.", ".1.2.3.4", "1..2.3", "256.0.0.1", "1.2.3.4 ", " 1.2.3.4", "0x7f.0.0.1", "1.2.3.-4",
		"2130706433", "127.1", ":", ":::", "::1::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::", "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8", "12345::", "g::", "1:", ":1",
		"1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "fe80::1%eth0", "::1.2.3", "::1.2.3.4.5", "::01.2.3.4",
		"1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "[::1]", "1.2.3.4:80", "1.2.3.4/8", "example.org",
		"dead.beef", "2001:db8::1\n" };
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct address address = { { 7 } };
		if (address_parse(text_of(refused[i]), &address))
			fail_msg("read although it is none: %s", refused[i]);
		assert_int_equal(address.bytes[0], 7);
	}
	struct address address;
	assert_false(address_parse((struct text){ "1.2.3.4\0", 8 }, &address));
	assert_false(address_parse(TEXT_NONE, &address));
}

/* Random strings over the alphabet of addresses, and mutated real ones: the C library must agree. */
static void test_address_agrees_with_inet_pton(void **state)
{
	(void)state;
	static const char *const seeds[] = { "2001:db8::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "10.20.30.40",
		"fe80::a:b", "::" };
	static const char alphabet[] = "0123456789abcdefF:.::..";
	unsigned random = 12345;
	for (int round = 0; round < 300000; round++) {
		char text[48];
		size_t size =
		    (size_t)snprintf(text, sizeof text, "%s", seeds[(random >> 8) % (sizeof seeds / sizeof *seeds)]);
		for (int change = 0; change < 3; change++) {
			random = random * 1664525u + 1013904223u;
			size_t at = (random >> 8) % size;
			char c = alphabet[(random >> 20) % (sizeof alphabet - 1)];
			if (random >> 31 && size < sizeof text - 2) {
				memmove(text + at + 1, text + at, size - at + 1);
				size++;
			}
			text[at] = c;
		}
		struct address address;
		uint8_t theirs[16] = { 0 };
		bool ours = address_parse(text_of(text), &address), wanted;
		if (strchr(text, ':')) {
			wanted = inet_pton(AF_INET6, text, theirs) == 1;
		} else {
			memset(theirs + 10, 0xff, 2);
			wanted = inet_pton(AF_INET, text, theirs + 12) == 1;
		}
		if (ours != wanted || (ours && memcmp(address.bytes, theirs, 16) != 0))
			fail_msg("%s: read %d, the C library %d", text, ours, wanted);
	}
}

static void test_address_text_reads_back_to_the_same_address(void **state)
{
	(void)state;
	srandom(7);
	for (int round = 0; round < 100000; round++) {
		struct address address, again;
		char text[ADDRESS_TEXT], theirs[INET6_ADDRSTRLEN];
		for (int i = 0; i < 16; i++)
			address.bytes[i] = random() % 3 ? 0 : (uint8_t)random();
		if (!address_exists(address))
			continue;
		address_format(address, text);
		assert_true(address_parse(text_of(text), &again));
		assert_memory_equal(&address, &again, 16);
		inet_ntop(AF_INET6, address.bytes, theirs, sizeof theirs);
		if (!strchr(theirs, '.'))
			assert_string_equal(text, theirs);
	}
}

static void test_address_with_port_is_read_in_every_notation(void **state)
{
	(void)state;
	static const struct {
		const char *text, *address;
		unsigned port;
	} good[] = { { "192.0.2.1:443", "192.0.2.1", 443 }, { "[2001:db8::1]:443", "2001:db8::1", 443 },
		{ "[2001:db8::1]", "2001:db8::1", 0 }, { "2001:db8::1.443", "2001:db8::1", 443 },
		{ "192.0.2.1.65535", "192.0.2.1", 65535 }, { "192.0.2.1", "192.0.2.1", 0 },
		{ "2001:db8::1", "2001:db8::1", 0 }, { "2001:db8::1:443", "2001:db8::1:443", 0 },
		{ "::ffff:192.0.2.1.80", "192.0.2.1", 80 }, { "[::ffff:192.0.2.1]:80", "192.0.2.1", 80 },
		{ "192.0.2.1:0", "192.0.2.1", 0 } };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct address address;
		uint16_t port = 9;
		char text[ADDRESS_TEXT];
		if (!address_parse_port(text_of(good[i].text), &address, &port))
			fail_msg("not read: %s", good[i].text);
		assert_string_equal(address_format(address, text), good[i].address);
		assert_int_equal(port, good[i].port);
	}
	static const char *const bad[] = { "", ":", ":80", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:080",
		"192.0.2.1:-1", "192.0.2.1: 80", "192.0.2.1:80:80", "[192.0.2.1]:80", "[2001:db8::1]443",
		"[2001:db8::1]:", "[2001:db8::1", "[]:1", "2001:db8::1]:443", "[2001:db8::1]:4x", "80", "host:80",
		"1.2.3:80", "::1.2.3.4:80" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct address address;
		uint16_t port;
		if (address_parse_port(text_of(bad[i]), &address, &port))
			fail_msg("read although it is none: %s", bad[i]);
	}
}

static void test_prefix_contains_its_addresses_and_no_others(void **state)
{
	(void)state;
	static const char *const pairs[][2] = { { "10.0.0.0/8", "10.0.0.0/8" }, { "10.1.2.3/8", "10.0.0.0/8" },
		{ "192.0.2.1", "192.0.2.1/32" }, { "0.0.0.0/0", "0.0.0.0/0" }, { "2001:db8::/32", "2001:db8::/32" },
		{ "2001:db8:ffff::/33", "2001:db8:8000::/33" }, { "::/0", "::/0" }, { "::1", "::1/128" },
		{ "::ffff:10.0.0.0/104", "10.0.0.0/8" } };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct prefix prefix;
		char text[PREFIX_TEXT];
		assert_true(prefix_parse(text_of(pairs[i][0]), &prefix));
		assert_string_equal(prefix_format(prefix, text), pairs[i][1]);
	}
	static const char *const bad[] = { "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1",
		"10.0.0.0/8/8", "10/8", "2001:db8::/129", "2001:db8::/ 32", "/8", "10.0.0.0/255.0.0.0" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct prefix prefix;
		if (prefix_parse(text_of(bad[i]), &prefix))
			fail_msg("read although it is none: %s", bad[i]);
	}
	struct prefix ten, all, six;
	assert_true(prefix_parse(text_of("172.16.0.0/12"), &ten));
	assert_true(prefix_parse(text_of("0.0.0.0/0"), &all));
	assert_true(prefix_parse(text_of("2001:db8::/47"), &six));
	assert_true(prefix_contains(ten, parsed("172.31.255.255")));
	assert_false(prefix_contains(ten, parsed("172.32.0.0")));
	assert_true(prefix_contains(all, parsed("203.0.113.7")));
	assert_false(prefix_contains(all, parsed("2001:db8::1")));
	assert_true(prefix_contains(six, parsed("2001:db8:1:ffff::1")));
	assert_false(prefix_contains(six, parsed("2001:db8:2::1")));
}

static void test_private_addresses_are_told_from_public_ones(void **state)
{
	(void)state;
	static const char *const own[] = { "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
		"127.0.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255", "0.0.0.0", "0.1.2.3", "::1",
		"::", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::127.0.0.1",
		"64:ff9b::10.0.0.1", "2002:7f00:1::1" };
	static const char *const others[] = { "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0",
		"192.167.0.1", "192.169.0.1", "100.63.0.1", "100.128.0.0", "128.0.0.1", "223.255.255.255", "8.8.8.8",
		"2001:db8::1", "2a00::1", "64:ff9b::8.8.8.8", "2002:808:808::1", "::8.8.8.8" };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (!address_is_private(parsed(own[i])))
			fail_msg("public: %s", own[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (address_is_private(parsed(others[i])))
			fail_msg("private: %s", others[i]);
}

static void test_ipv6_is_grouped_at_64_and_48_where_ipv4_is_at_32_and_24(void **state)
{
	(void)state;
	char text[ADDRESS_TEXT];
	assert_string_equal(address_format(address_group(parsed("192.0.2.77")), text), "192.0.2.77");
	assert_string_equal(address_format(address_neighbourhood(parsed("192.0.2.77")), text), "192.0.2.0");
	assert_string_equal(address_format(address_group(parsed("2001:db8:1:2:3:4:5:6")), text), "2001:db8:1:2::");
	assert_string_equal(
	    address_format(address_neighbourhood(parsed("2001:db8:1:2:3:4:5:6")), text), "2001:db8:1::");
	assert_true(address_compare(parsed("10.0.0.1"), parsed("10.0.0.2")) < 0);
	assert_true(address_equal(parsed("::ffff:10.0.0.1"), parsed("10.0.0.1")));
	assert_false(address_is_v4(parsed("::10.0.0.1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_is_written_as_rfc_5952_says),
		cmocka_unit_test(test_address_refuses_what_is_ambiguous_or_broken),
		cmocka_unit_test(test_address_agrees_with_inet_pton),
		cmocka_unit_test(test_address_text_reads_back_to_the_same_address),
		cmocka_unit_test(test_address_with_port_is_read_in_every_notation),
		cmocka_unit_test(test_prefix_contains_its_addresses_and_no_others),
		cmocka_unit_test(test_private_addresses_are_told_from_public_ones),
		cmocka_unit_test(test_ipv6_is_grouped_at_64_and_48_where_ipv4_is_at_32_and_24),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
