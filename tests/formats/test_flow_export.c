/*
 * Readers of flow exports, over datagrams that are put together here byte by byte: templates that come, change and go,
 * fields of any length, both directions, sampling, sequence gaps, bounds. tests/watch/test_collect.py has real
 * exporters.
 */
#include "formats/eve_netflow.h"
#include "formats/flow_export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (1795273200 * SECOND)

static struct flow_export *export;
static struct flow_record records[16];
static size_t record_count;
static uint8_t bytes[2048];
static size_t size;

static void on_record(void *context, const struct flow_record *record)
{
	(void)context;
	assert_true(record_count < 16);
	records[record_count++] = *record;
}

static int begin_with(uint32_t exporters, uint32_t templates)
{
	const struct flow_export_settings settings = { exporters, templates };
	const struct flow_listener listener = { on_record, NULL };
	record_count = size = 0;
	export = flow_export_new(&settings, &listener);
	return export == NULL;
}

static int begin(void **state)
{
	(void)state;
	return begin_with(16, 4);
}

static int end(void **state)
{
	(void)state;
	flow_export_free(export);
	return 0;
}

static void put(unsigned width, uint64_t value)
{
	while (width--)
		bytes[size++] = (uint8_t)(value >> 8 * width);
}

static void put_all(unsigned width, size_t count, const uint64_t *values)
{
	for (size_t i = 0; i < count; i++)
		put(width, values[i]);
}
#define PUT16(...) put_all(2, sizeof((uint64_t[]){ __VA_ARGS__ }) / 8, (uint64_t[]){ __VA_ARGS__ })
#define PUT32(...) put_all(4, sizeof((uint64_t[]){ __VA_ARGS__ }) / 8, (uint64_t[]){ __VA_ARGS__ })

static struct address address(const char *text)
{
	struct address parsed;
	assert_true(address_parse(text_of(text), &parsed));
	return parsed;
}

static enum error send_from(const char *exporter)
{
	struct failure failure;
	uint8_t *exact = malloc(size);
	memcpy(exact, bytes, size);
	enum error error = flow_export_datagram(export, address(exporter), NOW, exact, size, &failure);
	free(exact);
	size = 0;
	return error;
}

static enum error send(void)
{
	return send_from("198.18.0.9");
}

static void assert_address(struct address is, const char *expected)
{
	char text[ADDRESS_TEXT];
	assert_string_equal(address_format(is, text), expected);
}

static const struct flow_export_counts *counts(enum flow_format format)
{
	return flow_export_count(export, format);
}

/* ── NetFlow v5 ─ */

static void put_v5(uint32_t sequence, unsigned count)
{
	PUT16(5, count);
	PUT32(5000, NOW / SECOND, 0, sequence);
	PUT16(0x0102, 0x4064); /* engine; random sampling, one in 100 */
	for (unsigned i = 0; i < count; i++) {
		PUT32(0xc6120001, 0xc6120002 + i, 0);
		PUT16(1, 2);
		PUT32(10, 1000, 1000, 2500);
		PUT16(1234, 80);
		PUT32(0x001b0600);
		PUT16(64512, 64513);
		PUT32(0);
	}
}

static void test_netflow5(void **state)
{
	(void)state;
	put_v5(7, 2);
	assert_int_equal(send(), OK);
	assert_int_equal(record_count, 2);
	assert_address(records[1].source.address, "198.18.0.1");
	assert_address(records[1].destination.address, "198.18.0.3");
	assert_address(records[1].exporter, "198.18.0.9");
	assert_int_equal(records[0].packets, 10);
	assert_int_equal(records[0].bytes, 1000);
	assert_int_equal(records[0].tcp_flags, 0x1b);
	assert_int_equal(records[0].ip_protocol, 6);
	assert_int_equal(records[0].sampling, 100);
	assert_int_equal(records[0].domain, 0x0102);
	assert_int_equal(records[0].first, NOW - 4 * SECOND);
	assert_int_equal(records[0].last, NOW - 2500 * MILLISECOND);
	put_v5(12, 1); /* 9 … 11 never came */
	assert_int_equal(send(), OK);
	assert_int_equal(counts(FLOW_NETFLOW5)->lost, 3);
	put_v5(0, 1);
	assert_int_equal(send(), OK);
	assert_int_equal(counts(FLOW_NETFLOW5)->restarted, 1);
}

static void test_what_is_cut_or_no_export_is_an_error(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < 72; cut++) {
		put_v5(1, 1);
		size = cut;
		assert_int_equal(send(), cut < 2 ? ERROR_USAGE : ERROR_INPUT);
	}
	PUT32(0x12345678, 0);
	assert_int_equal(send(), ERROR_USAGE);
	assert_int_equal(record_count, 0);
}

/* ── NetFlow v9 ─ */

static void put_v9(uint32_t sequence)
{
	PUT16(9, 1);
	PUT32(5000, NOW / SECOND, sequence, 33);
}

static void put_v9_template(unsigned id)
{
	PUT16(0, 4 + 4 + 8 * 4, id, 8, 8, 4, 12, 4, 2, 4, 1, 4, 22, 4, 21, 4, 4, 1, 48, 1);
}

static void put_v9_data(unsigned id, unsigned sampler)
{
	PUT16(id, 4 + 26 + 2);
	PUT32(0xc6120001, 0xc6120002, 3, 300, 1000, 2000);
	put(1, 17);
	put(1, sampler);
	put(2, 0);
}

static void test_netflow9_learns_templates_and_sampling(void **state)
{
	(void)state;
	put_v9(0);
	put_v9_data(256, 1);
	assert_int_equal(send(), OK);
	assert_int_equal(counts(FLOW_NETFLOW9)->sets_unknown, 1);
	put_v9(1);
	put_v9_template(256);
	PUT16(1, 4 + 6 + 12 + 2, 257, 4, 8, 1, 4, 48, 1, 50, 4, 0); /* options: system; sampler, its interval */
	PUT16(257, 4 + 9 + 3);
	PUT32(0);
	put(1, 1);
	PUT32(512);
	put(3, 0);
	put_v9_data(256, 1);
	put_v9_data(256, 2);
	assert_int_equal(send(), OK);
	assert_int_equal(record_count, 2);
	assert_int_equal(records[0].sampling, 512);
	assert_int_equal(records[1].sampling, 0); /* of another sampler nothing was said */
	assert_int_equal(records[0].ip_protocol, 17);
	assert_int_equal(records[0].packets, 3);
	assert_int_equal(records[0].first, NOW - 4 * SECOND);
	assert_int_equal(counts(FLOW_NETFLOW9)->options, 1);
	put_v9(4);
	put_v9_data(256, 1);
	assert_int_equal(send(), OK);
	assert_int_equal(counts(FLOW_NETFLOW9)->lost, 2);
	/* another exporter's template of that number is another one */
	put_v9(0);
	put_v9_data(256, 1);
	assert_int_equal(send_from("2001:db8::9"), OK);
	assert_int_equal(counts(FLOW_NETFLOW9)->sets_unknown, 2);
}

static void test_templates_are_bounded(void **state)
{
	(void)state;
	put_v9(0);
	for (unsigned id = 256; id < 262; id++)
		put_v9_template(id);
	put_v9_data(261, 1);
	put_v9_data(256, 1);
	assert_int_equal(send(), OK);
	assert_int_equal(counts(FLOW_NETFLOW9)->forgotten, 2);
	assert_int_equal(record_count + counts(FLOW_NETFLOW9)->sets_unknown, 2);
	put_v9(1);
	PUT16(0, 12, 300, 1, 8, 0); /* a record of nothing would never end */
	assert_int_equal(send(), ERROR_INPUT);
	put_v9(2);
	PUT16(0, 8, 300, 60000);
	assert_int_equal(send(), ERROR_INPUT);
}

/* ── IPFIX ─ */

static size_t begun;

static void put_ipfix(uint32_t sequence)
{
	begun = size;
	PUT16(10, 0);
	PUT32(NOW / SECOND, sequence, 5);
}

static enum error send_ipfix(void)
{
	bytes[begun + 2] = (uint8_t)(size >> 8);
	bytes[begun + 3] = (uint8_t)size;
	return send();
}

static void put_ipfix_template(void)
{
	PUT16(2, 4 + 4 + 9 * 4 + 2 * 8, 400, 11);
	PUT16(27, 16, 28, 16, 2, 8, 1, 4, 152, 8, 157, 8, 371, 65535, 4, 1, 179, 1);
	PUT16(0x8001, 8);
	PUT32(29305);
	PUT16(0x8002, 2);
	PUT32(29305);
}

static void put_ipfix_data(size_t name)
{
	size_t long_form = name > 254 ? 3 : 1;
	PUT16(400, 4 + 32 + 8 + 4 + 8 + 8 + long_form + name + 1 + 1 + 10);
	PUT32(0x20010db8, 0, 0, 1, 0x20010db8, 0, 0, 2);
	put(8, 9);
	put(4, 900);
	put(8, NOW / MILLISECOND - 1500);
	PUT32(NOW / SECOND + 2208988800u, 0x80000000u); /* half a second later */
	if (long_form == 3)
		put(1, 255);
	put(long_form == 3 ? 2 : 1, name);
	for (size_t i = 0; i < name; i++)
		put(1, 'x');
	put(1, 6);
	put(1, 0);
	put(8, 1800);
	put(2, 7);
}

static void test_ipfix_variable_length_and_both_directions(void **state)
{
	(void)state;
	put_ipfix(0);
	put_ipfix_template();
	put_ipfix_data(3);
	put_ipfix_data(0);
	put_ipfix_data(300);
	assert_int_equal(send_ipfix(), OK);
	assert_int_equal(record_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_address(records[i].source.address, "2001:db8::1");
		assert_address(records[i].destination.address, "2001:db8::2");
		assert_int_equal(records[i].packets, 9);
		assert_int_equal(records[i].bytes, 900);
		assert_int_equal(records[i].packets_back, 7);
		assert_int_equal(records[i].bytes_back, 1800);
		assert_int_equal(records[i].ip_version, 6);
		assert_int_equal(records[i].first, NOW - 1500 * MILLISECOND);
		assert_int_equal(records[i].last, NOW + 500 * MILLISECOND);
	}
	put_ipfix(5); /* two records are missing */
	put_ipfix_data(1);
	assert_int_equal(send_ipfix(), OK);
	assert_int_equal(counts(FLOW_IPFIX)->lost, 2);
	struct builder line = { 0 };
	eve_netflow(&line, &records[0]);
	struct text lines = { line.at, line.size }, first = text_cut(&lines, '\n');
	assert_true(text_find(first, TEXT("\"src_ip\":\"2001:db8::1\"")) > 0);
	assert_true(text_find(first, TEXT("\"netflow\":{\"pkts\":9,\"bytes\":900")) > 0);
	assert_true(text_find(first, TEXT("\"host\":\"198.18.0.9\"")) > 0);
	assert_true(text_find(lines, TEXT("\"src_ip\":\"2001:db8::2\"")) > 0);
	assert_true(text_find(lines, TEXT("\"netflow\":{\"pkts\":7,\"bytes\":1800")) > 0);
	builder_free(&line);
}

static void test_ipfix_templates_are_withdrawn(void **state)
{
	(void)state;
	put_ipfix(0);
	put_ipfix_template();
	PUT16(2, 8, 400, 0);
	put_ipfix_data(1);
	assert_int_equal(send_ipfix(), OK);
	assert_int_equal(counts(FLOW_IPFIX)->withdrawn, 1);
	assert_int_equal(counts(FLOW_IPFIX)->sets_unknown, 1);
	put_ipfix(9); /* how many records were in the unknown set nobody knows: no loss is claimed */
	put_ipfix_template();
	put_ipfix_data(1);
	PUT16(2, 8, 2, 0); /* all of them */
	put_ipfix_data(1);
	assert_int_equal(send_ipfix(), OK);
	assert_int_equal(counts(FLOW_IPFIX)->lost, 0);
	assert_int_equal(counts(FLOW_IPFIX)->withdrawn, 2);
	assert_int_equal(record_count, 1);
}

static void test_ipfix_sampling_of_a_selector(void **state)
{
	(void)state;
	put_ipfix(0);
	PUT16(3, 4 + 6 + 12, 401, 3, 1, 302, 2, 305, 4, 306, 4);
	PUT16(401, 4 + 10, 17);
	PUT32(1, 999);
	PUT16(2, 4 + 4 + 16, 402, 4, 8, 4, 12, 4, 302, 2, 2, 1);
	PUT16(402, 4 + 11);
	PUT32(0xc6120001, 0xc6120002);
	put(2, 17);
	put(1, 4);
	assert_int_equal(send_ipfix(), OK);
	assert_int_equal(record_count, 1);
	assert_int_equal(records[0].sampling, 1000);
	assert_int_equal(records[0].last, NOW); /* its own time is not in it */
}

static void test_times_that_cannot_be_do_no_harm(void **state)
{
	(void)state;
	struct builder line = { 0 };
	put_ipfix(0);
	PUT16(2, 4 + 4 + 20, 403, 5, 8, 4, 12, 4, 2, 1, 156, 8, 153, 8);
	PUT16(403, 4 + 25);
	PUT32(0xc6120001, 0xc6120002);
	put(1, 4);
	put(8, 0);                           /* NTP's 1900 */
	put(8, INT64_MAX / MILLISECOND - 1); /* 2262 */
	assert_int_equal(send_ipfix(), OK);
	assert_int_equal(record_count, 1);
	assert_int_equal(records[0].first, 0);
	eve_netflow(&line, &records[0]);
	assert_true(line.size > 0);
	builder_free(&line);
}

/* ── sFlow ─ */

static void test_sflow5(void **state)
{
	(void)state;
	static const uint8_t packet[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 7, 8, 0, 0x45, 0, 5, 0xdc, 0,
		0, 0, 0, 64, 17, 0, 0, 198, 18, 0, 1, 198, 18, 0, 2, 0x30, 0x39, 0, 53, 5, 0xc8, 0, 0 };
	PUT32(5, 1, 0xc6120063, 2, 9, 1000, 3);
	PUT32(2, 12, 1, 1, 0); /* counters */
	PUT32(1, 32 + 8 + 16 + 48, 1, 1, 400, 4000, 0, 3, 4, 1);
	PUT32(1, 16 + 48, 1, 1518, 4, sizeof packet);
	memcpy(bytes + size, packet, sizeof packet);
	size += sizeof packet;
	put(48 - sizeof packet, 0);
	PUT32(3, 44 + 8 + 32, 1, 0, 1, 200, 4000, 0, 0, 3, 0, 4, 1);
	PUT32(3, 32, 84, 1, 0xc6120003, 0xc6120004, 8, 0, 0, 0);
	assert_int_equal(send(), OK);
	assert_int_equal(record_count, 2);
	assert_address(records[0].exporter, "198.18.0.99"); /* the agent's own address */
	assert_address(records[0].source.address, "198.18.0.1");
	assert_int_equal(records[0].source.port, 12345);
	assert_int_equal(records[0].destination.port, 53);
	assert_int_equal(records[0].bytes, 1500);
	assert_int_equal(records[0].packets, 1);
	assert_int_equal(records[0].sampling, 400);
	assert_int_equal(records[0].vlan, 7);
	assert_address(records[1].destination.address, "198.18.0.4");
	assert_int_equal(records[1].sampling, 200);
	assert_int_equal(records[1].ip_protocol, 1);
	assert_int_equal(counts(FLOW_SFLOW5)->skipped, 1);
}

static void test_exporters_are_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		char exporter[32];
		snprintf(exporter, sizeof exporter, "198.18.1.%u", i);
		put_v5(i, 1);
		record_count = 0;
		assert_int_equal(send_from(exporter), OK);
	}
	assert_true(counts(FLOW_NETFLOW5)->forgotten >= 200 - 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_netflow5, begin, end),
		cmocka_unit_test_setup_teardown(test_what_is_cut_or_no_export_is_an_error, begin, end),
		cmocka_unit_test_setup_teardown(test_netflow9_learns_templates_and_sampling, begin, end),
		cmocka_unit_test_setup_teardown(test_templates_are_bounded, begin, end),
		cmocka_unit_test_setup_teardown(test_ipfix_variable_length_and_both_directions, begin, end),
		cmocka_unit_test_setup_teardown(test_ipfix_templates_are_withdrawn, begin, end),
		cmocka_unit_test_setup_teardown(test_ipfix_sampling_of_a_selector, begin, end),
		cmocka_unit_test_setup_teardown(test_times_that_cannot_be_do_no_harm, begin, end),
		cmocka_unit_test_setup_teardown(test_sflow5, begin, end),
		cmocka_unit_test_setup_teardown(test_exporters_are_bounded, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
