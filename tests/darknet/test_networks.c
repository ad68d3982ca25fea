/*
 * Which contact is told, what waits for it, and the rows of its batch (darknet/center/networks.h).
 */
#include "darknet/center/networks.h"
#include "darknet/center/networks_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START (20000 * DAY)

static struct address of(const char *text)
{
	struct address address = { 0 };
	assert_true(address_parse(text_of(text), &address));
	return address;
}

static void test_the_longest_prefix_decides(void **state)
{
	(void)state;
	struct networks networks = { 0 };
	assert_int_equal(networks_find(&networks, of("192.0.2.1")), NETWORKS_NONE);
	assert_true(networks_add(&networks, TEXT("192.0.2.0/24 nonsense 2001:db8::/32"), 0));
	assert_true(networks_add(&networks, TEXT("192.0.2.128/25 0.0.0.0/0"), 1));
	assert_true(networks_add(&networks, TEXT("192.0.2.128/25 192.0.2.200"), 2));
	networks_sort(&networks);
	assert_int_equal(networks_find(&networks, of("192.0.2.1")), 0);
	assert_int_equal(networks_find(&networks, of("192.0.2.129")), 1);
	assert_int_equal(networks_find(&networks, of("192.0.2.200")), 2);
	assert_int_equal(networks_find(&networks, of("8.8.8.8")), 1);
	assert_int_equal(networks_find(&networks, of("2001:db8:5::1")), 0);
	assert_int_equal(networks_find(&networks, of("2001:db9::1")), NETWORKS_NONE);
	networks_free(&networks);
}

static void test_an_autonomous_system_is_its_first_contacts(void **state)
{
	(void)state;
	struct networks networks = { 0 };
	assert_int_equal(networks_find_system(&networks, 64500), NETWORKS_NONE);
	assert_true(networks_add_systems(&networks, TEXT("64511 64500 nonsense 0 4294967296"), 3));
	assert_true(networks_add_systems(&networks, TEXT("4294967295 64500"), 1));
	networks_sort(&networks);
	assert_int_equal(networks.system_count, 4);
	assert_int_equal(networks_find_system(&networks, 64500), 1);
	assert_int_equal(networks_find_system(&networks, 64511), 3);
	assert_int_equal(networks_find_system(&networks, 4294967295u), 1);
	assert_int_equal(networks_find_system(&networks, 64501), NETWORKS_NONE);
	assert_int_equal(networks_find_system(&networks, 0), NETWORKS_NONE);
	assert_int_equal(networks_find(&networks, of("192.0.2.1")), NETWORKS_NONE);
	networks_free(&networks);
}

static void test_what_is_written_of_a_contact_becomes_its_fields(void **state)
{
	(void)state;
	struct failure failure;
	struct network_contact contact = { .every = DAY, .active = true };
	struct network_words words = { .name = TEXT("An ISP"),
		.prefixes = TEXT("192.0.2.0/24, 2001:db8::/32;198.51.100.7"),
		.systems = TEXT("AS64500 as64501\n64502"),
		.mail = TEXT("abuse@isp.example"),
		.signed_by = TEXT("A. Person"),
		.every = TEXT("hourly"),
		.active = TEXT("no") };
	assert_int_equal(networks_fill(&words, &contact, &failure), OK);
	assert_string_equal(contact.prefixes, "192.0.2.0/24 2001:db8::/32 198.51.100.7/32");
	assert_string_equal(contact.systems, "64500 64501 64502");
	assert_true(contact.every == HOUR && !contact.active);
	/* what is not said stays; what is empty goes */
	words = (struct network_words){ .prefixes = TEXT("") };
	assert_int_equal(networks_fill(&words, &contact, &failure), OK);
	assert_string_equal(contact.prefixes, "");
	assert_string_equal(contact.systems, "64500 64501 64502");
	static const struct {
		struct network_words words;
		const char *begins;
	} wrong[] = {
		{ { .systems = TEXT("") }, "prefixes, autonomous_systems: at least one" },
		{ { .systems = TEXT("ASX") }, "autonomous_systems: such as AS64500 was expected, and is \"ASX\"" },
		{ { .systems = TEXT("AS0") }, "autonomous_systems: " },
		{ { .systems = TEXT("4294967296") }, "autonomous_systems: " },
		{ { .prefixes = TEXT("192.0.2.0/33") }, "prefixes: such as 192.0.2.0/24 was expected" },
		{ { .mail = TEXT("nobody") }, "mail: " },
		{ { .mail = TEXT("") }, "mail: may not be empty" },
		{ { .name = TEXT("") }, "name: may not be empty" },
		{ { .name = TEXT("a\tb") }, "name: it has a control character" },
		{ { .signed_by = TEXT("\xff") }, "signed_for_by: it is not UTF-8" },
		{ { .every = TEXT("weekly") }, "every: " },
		{ { .language = TEXT("fr") }, "language: " },
		{ { .active = TEXT("perhaps") }, "active: " },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct network_contact copy = contact;
		assert_int_equal(networks_fill(&wrong[i].words, &copy, &failure), ERROR_INPUT);
		assert_true(text_starts(text_of(failure.words), text_of(wrong[i].begins)));
	}
}

/* The same as a walk through all, whatever the prefixes are. */
static void test_random_prefixes_are_found_as_by_a_walk(void **state)
{
	(void)state;
	srand(6);
	for (unsigned round = 0; round < 200; round++) {
		struct networks networks = { 0 };
		struct prefix prefixes[40];
		for (size_t i = 0; i < 40; i++) {
			char words[PREFIX_TEXT];
			snprintf(words, sizeof words, "10.%d.%d.0/%d", rand() % 3, rand() % 4 * 64, 8 + rand() % 17);
			assert_true(prefix_parse(text_of(words), &prefixes[i]));
			assert_true(networks_add(&networks, text_of(words), i));
		}
		networks_sort(&networks);
		for (unsigned asked = 0; asked < 100; asked++) {
			char words[ADDRESS_TEXT];
			size_t best = NETWORKS_NONE;
			snprintf(words, sizeof words, "10.%d.%d.7", rand() % 4, rand() % 256);
			for (size_t i = 0; i < 40; i++)
				if (prefix_contains(prefixes[i], of(words)) &&
				    (best == NETWORKS_NONE || prefixes[i].length > prefixes[best].length))
					best = i;
			assert_int_equal(networks_find(&networks, of(words)), best);
		}
		networks_free(&networks);
	}
}

static struct appeared line_of(uint32_t sensor, nanoseconds when, const char *port, const char *tool)
{
	struct appeared line = { .sensor = sensor, .when = when, .packets = 3, .addresses = 256 };
	text_copy(text_of(port), line.port, sizeof line.port);
	text_copy(text_of(tool), line.tool, sizeof line.tool);
	return line;
}

static void test_lines_of_several_telescopes_are_one_row(void **state)
{
	(void)state;
	struct appearance one = { .organisation = 5, .address = of("192.0.2.1") };
	const struct appeared lines[] = { line_of(7, START + HOUR, "23/tcp", "mirai"), line_of(8, START, "22/tcp", ""),
		line_of(7, START + 900 * DAY, "23/tcp", "") };
	for (size_t i = 0; i < 3; i++) {
		networks_take(&one, &lines[i], START + 901 * DAY);
		one.number = 1;
	}
	assert_int_equal(one.organisation, 5);
	assert_int_equal(one.first, START);
	assert_int_equal(one.last, START + 900 * DAY);
	assert_int_equal(one.packets, 9);
	assert_int_equal(one.telescope_count, 2);
	assert_int_equal(one.port_count, 2);
	assert_string_equal(one.tool, "mirai");
	struct appearance ahead = { .address = of("192.0.2.1") };
	networks_take(&ahead, &lines[0], START); /* a telescope whose clock runs ahead */
	assert_int_equal(ahead.last, START);
	assert_int_equal(ahead.first, START);
}

static void test_it_is_told_at_its_interval_and_not_before(void **state)
{
	(void)state;
	assert_int_equal(networks_due(0, HOUR, 10 * MINUTE, START), START + 10 * MINUTE);
	assert_int_equal(networks_due(START - MINUTE, HOUR, 10 * MINUTE, START), START + 59 * MINUTE);
	assert_int_equal(networks_due(START - MINUTE, DAY, 10 * MINUTE, START), START + DAY - MINUTE);
	assert_int_equal(networks_due(START - 2 * DAY, DAY, 10 * MINUTE, START), START + 10 * MINUTE);
}

static void test_rows_are_csv_that_no_spreadsheet_computes(void **state)
{
	(void)state;
	struct appearance rows[2] = { { .address = of("192.0.2.1"),
					  .first = START,
					  .last = START + SECOND,
					  .packets = 4,
					  .telescope_count = 2,
					  .telescopes = { 77, 78 },
					  .port_count = 2,
					  .ports_more = 3 },
		{ .address = of("2001:db8::"), .kind = APPEARANCE_WORM, .first = START, .last = START } };
	struct builder csv = { 0 };
	strcpy(rows[0].ports[0], "23/tcp");
	strcpy(rows[0].ports[1], "+1/tcp");
	strcpy(rows[0].tool, "=cmd|' /C calc'!A0");
	strcpy(rows[0].worm, "a\"b\r\n,c");
	strcpy(rows[1].tool, "@SUM(1)");
	strcpy(rows[1].worm, "-2+3");
	networks_csv(rows, 2, &csv);
	build_char(&csv, '\0');
	assert_false(csv.failed);
	char first[TIME_TEXT], last[TIME_TEXT], wanted[1024];
	time_format(START, first);
	time_format(START + SECOND, last);
	snprintf(wanted, sizeof wanted,
	    "address,kind,first,last,packets,ports,tool,worm,telescopes\r\n"
	    "\"192.0.2.1\",\"probe\",\"%s\",\"%s\",\"4\",\"23/tcp +1/tcp ...\",\"'=cmd|' /C calc'!A0\",\"a\"\"b  "
	    ",c\",\"2\"\r\n"
	    "\"2001:db8::\",\"worm\",\"%s\",\"%s\",\"0\",\"\",\"'@SUM(1)\",\"'-2+3\",\"0\"\r\n",
	    first, last, first, first);
	assert_string_equal(csv.at, wanted);
	builder_free(&csv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_prefix_decides),
		cmocka_unit_test(test_an_autonomous_system_is_its_first_contacts),
		cmocka_unit_test(test_what_is_written_of_a_contact_becomes_its_fields),
		cmocka_unit_test(test_random_prefixes_are_found_as_by_a_walk),
		cmocka_unit_test(test_lines_of_several_telescopes_are_one_row),
		cmocka_unit_test(test_it_is_told_at_its_interval_and_not_before),
		cmocka_unit_test(test_rows_are_csv_that_no_spreadsheet_computes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
