/*
 * Whose address it is: the longest prefix that held at the time, and nobody's when it is not clear.
 */
#include "match/territory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON ((nanoseconds)1795230000 * SECOND)

static struct address at(const char *text)
{
	struct address address;
	assert_true(address_parse(text_of(text), &address));
	return address;
}

static struct organisation_space space(uint32_t organisation, const char *prefix, nanoseconds from, nanoseconds to)
{
	struct organisation_space space = { .organisation = organisation, .from = from, .to = to };
	assert_true(prefix_parse(text_of(prefix), &space.prefix));
	return space;
}

static struct territory *compiled(const struct organisation_space *spaces, size_t count)
{
	struct territory *territory;
	struct failure failure;
	if (territory_new(spaces, count, &territory, &failure) != OK)
		fail_msg("%s", failure.words);
	return territory;
}

static void test_the_longest_prefix_decides_in_both_families(void **unused)
{
	(void)unused;
	const struct organisation_space spaces[] = {
		space(1, "198.51.0.0/16", 0, 0),
		space(2, "198.51.100.0/24", 0, 0),
		space(3, "198.51.100.64/26", 0, 0),
		space(4, "2001:db8::/32", 0, 0),
		space(5, "2001:db8:7::/48", 0, 0),
		{ .organisation = 6, .domain = "example.net" },
	};
	struct territory *territory = compiled(spaces, 6);
	assert_int_equal(territory_owner(territory, at("198.51.7.1"), NOON), 1);
	assert_int_equal(territory_owner(territory, at("198.51.100.1"), NOON), 2);
	assert_int_equal(territory_owner(territory, at("198.51.100.65"), NOON), 3);
	assert_int_equal(territory_owner(territory, at("198.51.100.128"), NOON), 2);
	assert_int_equal(territory_owner(territory, at("198.52.0.1"), NOON), 0);
	assert_int_equal(territory_owner(territory, at("2001:db8:1::1"), NOON), 4);
	assert_int_equal(territory_owner(territory, at("2001:db8:7:ffff::1"), NOON), 5);
	assert_int_equal(territory_owner(territory, at("2001:db9::1"), NOON), 0);
	territory_free(territory);
}

static void test_a_range_that_moved_is_its_holders_of_that_time(void **unused)
{
	(void)unused;
	const struct organisation_space spaces[] = {
		space(1, "198.51.100.0/24", 0, NOON),
		space(2, "198.51.100.0/24", NOON, 0),
		space(3, "2001:db8:1::/48", NOON - HOUR, NOON + HOUR),
	};
	struct territory *territory = compiled(spaces, 3);
	assert_int_equal(territory_owner(territory, at("198.51.100.1"), NOON - 1), 1);
	assert_int_equal(territory_owner(territory, at("198.51.100.1"), NOON), 2);
	assert_int_equal(territory_owner(territory, at("2001:db8:1::1"), NOON - HOUR - 1), 0);
	assert_int_equal(territory_owner(territory, at("2001:db8:1::1"), NOON), 3);
	assert_int_equal(territory_owner(territory, at("2001:db8:1::1"), NOON + HOUR), 0);
	territory_free(territory);
}

static void test_what_two_claim_and_what_everybody_has_is_nobodys(void **unused)
{
	(void)unused;
	const struct organisation_space spaces[] = {
		space(1, "198.51.0.0/16", 0, 0),
		space(2, "198.51.100.0/24", 0, 0),
		space(3, "198.51.100.0/24", NOON, 0),
		space(2, "198.51.100.0/24", NOON - DAY, 0), /* twice its own is no dispute */
		space(1, "10.0.0.0/8", 0, 0),
		space(1, "fd00::/8", 0, 0),
	};
	struct territory *territory = compiled(spaces, 6);
	assert_int_equal(territory_owner(territory, at("198.51.100.1"), NOON - 1), 2);
	assert_int_equal(territory_owner(territory, at("198.51.100.1"), NOON), 0);
	assert_true(territory_claimed(territory, at("198.51.100.1"))); /* and yet it could be one's */
	assert_true(territory_claimed(territory, at("192.168.1.1")));
	assert_true(territory_claimed(territory, at("fd00::1")));
	assert_false(territory_claimed(territory, at("203.0.113.1")));
	assert_false(territory_claimed(territory, at("2001:db8::1")));
	assert_int_equal(territory_owner(territory, at("198.51.101.1"), NOON), 1);
	assert_int_equal(territory_owner(territory, at("10.1.2.3"), NOON), 0);
	assert_int_equal(territory_owner(territory, at("fd00::1"), NOON), 0);
	territory_free(territory);
	territory = compiled(NULL, 0);
	assert_int_equal(territory_owner(territory, at("198.51.100.1"), NOON), 0);
	territory_free(territory);
}

static void test_an_alert_concerns_each_of_its_ends_once(void **unused)
{
	(void)unused;
	const struct organisation_space spaces[] = { space(1, "198.51.100.0/24", 0, 0),
		space(2, "203.0.113.0/24", 0, 0) };
	struct territory *territory = compiled(spaces, 2);
	uint32_t organisations[TERRITORY_CONCERNED];
	struct alert alert = { .source = at("198.51.100.7"), .target = at("203.0.113.9"), .occurred = NOON };
	assert_int_equal(territory_concerned(territory, &alert, organisations), 2);
	assert_int_equal(organisations[0], 1);
	assert_int_equal(organisations[1], 2);
	alert.target = at("198.51.100.8");
	alert.host_address = at("198.51.100.8");
	assert_int_equal(territory_concerned(territory, &alert, organisations), 1);
	assert_int_equal(organisations[0], 1);
	alert = (struct alert){ .source = at("192.0.2.1"), .occurred = NOON };
	assert_int_equal(territory_concerned(territory, &alert, organisations), 0);
	territory_free(territory);
}

/* Against the definition, spelt out: of all that hold and contain it, those of greatest length; one organisation. */
static uint32_t by_definition(
    const struct organisation_space *spaces, size_t count, struct address address, nanoseconds when)
{
	int longest = -1;
	uint32_t owner = 0;
	for (size_t i = 0; i < count; i++) {
		bool held = spaces[i].from <= when && (spaces[i].to == 0 || when < spaces[i].to);
		if (!held || !prefix_contains(spaces[i].prefix, address) || spaces[i].prefix.length < longest)
			continue;
		bool same = spaces[i].prefix.length == longest;
		owner = !same || owner == spaces[i].organisation ? spaces[i].organisation : UINT32_MAX;
		longest = spaces[i].prefix.length;
	}
	return owner == UINT32_MAX ? 0 : owner;
}

static struct address random_address(bool wide)
{
	struct address address = at(wide ? "2001:db8::" : "198.51.0.0");
	address.bytes[wide ? 5 : 14] = (uint8_t)(random() % 4);
	address.bytes[15] = (uint8_t)(random() % 8 * 32);
	return address;
}

static void test_random_spaces_are_looked_up_as_they_are_defined(void **unused)
{
	(void)unused;
	struct organisation_space spaces[60];
	srandom(5);
	for (int round = 0; round < 200; round++) {
		size_t count = (size_t)random() % 60;
		for (size_t i = 0; i < count; i++) {
			bool wide = random() % 2;
			uint8_t length = (uint8_t)((wide ? 32 : 112) + random() % (wide ? 97 : 17));
			spaces[i] = (struct organisation_space){ .organisation = (uint32_t)(1 + random() % 5),
				.prefix = prefix_of(random_address(wide), length),
				.from = NOON + random() % 5 * HOUR };
			spaces[i].to = random() % 2 ? 0 : spaces[i].from + (1 + random() % 4) * HOUR;
		}
		struct territory *territory = compiled(spaces, count);
		for (int i = 0; i < 200; i++) {
			struct address address = random_address(random() % 2);
			nanoseconds when = NOON + random() % 10 * HOUR;
			assert_int_equal(
			    territory_owner(territory, address, when), by_definition(spaces, count, address, when));
		}
		territory_free(territory);
	}
}

/* The same where ranges begin and end: at the ends of the space, of slots of 16 bits, and of the IPv4 addresses. */
static struct address random_edge(void)
{
	static const char *const edges[] = { "0.0.0.0", "0.255.255.255", "1.0.0.0", "127.255.255.255", "128.0.0.0",
		"198.50.255.255", "198.51.0.0", "198.51.255.255", "198.52.0.0", "223.255.255.255", "255.255.255.255",
		"::1", "::fffe:ffff:ffff", "::1:0:0:0", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::" };
	return at(edges[(size_t)random() % (sizeof edges / sizeof *edges)]);
}

static void test_edges_of_the_space_are_looked_up_as_they_are_defined(void **unused)
{
	(void)unused;
	struct organisation_space spaces[40];
	srandom(6);
	for (int round = 0; round < 2000; round++) {
		size_t count = 1 + (size_t)random() % 40;
		for (size_t i = 0; i < count; i++)
			spaces[i] = (struct organisation_space){ .organisation = (uint32_t)(1 + random() % 5),
				.prefix = prefix_of(random_edge(), (uint8_t)(1 + random() % 128)),
				.from = NOON + random() % 2 * HOUR };
		struct territory *territory = compiled(spaces, count);
		for (int i = 0; i < 60; i++) {
			struct address address = random_edge();
			if (address_is_private(address) || !address_exists(address))
				continue;
			assert_int_equal(
			    territory_owner(territory, address, NOON), by_definition(spaces, count, address, NOON));
		}
		territory_free(territory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_prefix_decides_in_both_families),
		cmocka_unit_test(test_a_range_that_moved_is_its_holders_of_that_time),
		cmocka_unit_test(test_what_two_claim_and_what_everybody_has_is_nobodys),
		cmocka_unit_test(test_an_alert_concerns_each_of_its_ends_once),
		cmocka_unit_test(test_random_spaces_are_looked_up_as_they_are_defined),
		cmocka_unit_test(test_edges_of_the_space_are_looked_up_as_they_are_defined),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
