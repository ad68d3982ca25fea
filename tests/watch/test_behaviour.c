/*
 * The statistical detectors over traffic made here: what each must find, drawn anew with each seed, and days of usual
 * traffic of which nothing may be said.
 */
#include "watch/behaviour.h"
#include "watch/behaviour_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START ((nanoseconds)1700000000 * SECOND)
#define SEEDS 20

static struct {
	struct behaviour *behaviour;
	unsigned count[FINDING_KINDS];
	struct finding last[FINDING_KINDS];
	char object[256];
	uint64_t random;
} world;

static void note(void *context, const struct finding *finding)
{
	(void)context;
	assert_true(finding->kind < FINDING_KINDS && finding->words[0] && finding->first <= finding->last);
	world.count[finding->kind]++;
	world.last[finding->kind] = *finding;
	text_copy(finding->object, world.object, sizeof world.object);
}

/* There is one. */
static void note_control(void *context, const struct likely_control *control)
{
	struct likely_control *only = context;
	assert_int_equal(only->calls, 0);
	*only = *control;
}

static void begin(uint64_t seed)
{
	struct behaviour_settings settings = behaviour_defaults;
	settings.entries = 4096;
	settings.seed = seed;
	behaviour_free(world.behaviour);
	memset(&world, 0, sizeof world);
	world.random = seed * 2 + 1;
	world.behaviour = behaviour_new(&settings, note, NULL);
	assert_non_null(world.behaviour);
}

static int end(void **state)
{
	(void)state;
	behaviour_free(world.behaviour);
	world.behaviour = NULL;
	return 0;
}

static unsigned found(void)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < FINDING_KINDS; i++)
		sum += world.count[i];
	return sum;
}

static double unit(void)
{
	world.random = world.random * 6364136223846793005u + 1442695040888963407u;
	return ((double)(world.random >> 11) + 0.5) / (double)(1ull << 53);
}

static unsigned below(unsigned limit)
{
	return (unsigned)(unit() * limit);
}

static struct address inside(unsigned number)
{
	char text[64];
	struct address address;
	snprintf(text, sizeof text, number % 4 ? "10.0.%u.%u" : "fd00::%x:%x", number / 250, number % 250 + 1);
	assert_true(address_parse(text_of(text), &address));
	return address;
}

static struct address outside(unsigned number)
{
	char text[64];
	struct address address;
	snprintf(text, sizeof text, number % 4 ? "198.18.%u.%u" : "2001:db8::%x:%x", number / 250, number % 250 + 1);
	assert_true(address_parse(text_of(text), &address));
	return address;
}

static struct seen_flow flow_of(nanoseconds time, struct address client, struct address server, uint16_t port)
{
	return (struct seen_flow){ .first = time,
		.last = time + SECOND,
		.ends = { { client, (uint16_t)(20000 + below(40000)) }, { server, port } },
		.packets = { 10, 10 },
		.bytes = { 900, 8000 + below(20000) },
		.sampling = 1,
		.ip_protocol = 6,
		.began = true,
		.answered = true };
}

static void give(struct seen_flow flow)
{
	behaviour_flow(world.behaviour, &flow);
}

static void fail_to(nanoseconds time, struct address client, struct address server, uint16_t port)
{
	struct seen_flow flow = flow_of(time, client, server, port);
	flow.answered = false;
	flow.packets[SIDE_SERVER] = flow.bytes[SIDE_SERVER] = 0;
	give(flow);
}

static void ask_name(nanoseconds time, struct address client, const char *name, uint8_t rcode)
{
	const struct seen_name seen = {
		.time = time, .client = client, .name = text_of(name), .type = 1, .rcode = rcode
	};
	behaviour_name(world.behaviour, &seen);
}

/* ── scans ─ */

static void test_a_slow_scan_of_one_port_is_found(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed);
		/* one try in some minutes; a tenth of the hosts answers */
		for (unsigned i = 0; i < 60; i++)
			if (unit() < 0.1)
				give(flow_of(START + i * 7 * MINUTE, outside(7), inside(i), 3389));
			else
				fail_to(START + i * 7 * MINUTE, outside(7), inside(i), 3389);
		assert_true(world.count[FINDING_SCAN_HOSTS] > 0);
		assert_int_equal(world.last[FINDING_SCAN_HOSTS].port, 3389);
		assert_false(address_exists(world.last[FINDING_SCAN_HOSTS].target));
		assert_int_equal(world.count[FINDING_SCAN_PORTS], 0);
	}
}

static void test_a_scan_of_the_ports_of_a_host_is_told_apart_and_said_once_an_hour(void **state)
{
	(void)state;
	begin(1);
	for (unsigned i = 0; i < 3000; i++)
		fail_to(START + i * 2 * SECOND, inside(3), inside(9), (uint16_t)(1 + i));
	assert_int_equal(world.count[FINDING_SCAN_PORTS], 2);
	assert_true(address_equal(world.last[FINDING_SCAN_PORTS].target, inside(9)));
	assert_int_equal(world.count[FINDING_SCAN_HOSTS], 0);
}

static void test_a_source_that_scans_hosts_and_then_ports_is_said_to_do_both(void **state)
{
	(void)state;
	begin(1);
	for (unsigned i = 0; i < 40; i++)
		fail_to(START + i * SECOND, outside(7), inside(i), 445);
	for (unsigned i = 0; i < 40; i++)
		fail_to(START + MINUTE + i * SECOND, outside(7), inside(50), (uint16_t)(1000 + i));
	assert_int_equal(world.count[FINDING_SCAN_HOSTS], 1);
	assert_int_equal(world.count[FINDING_SCAN_PORTS], 1);
	assert_true(address_equal(world.last[FINDING_SCAN_PORTS].target, inside(50)));
}

static void test_a_client_of_servers_that_are_sometimes_away_is_no_scanner(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed);
		for (unsigned i = 0; i < 2000; i++)
			if (unit() < 0.25)
				fail_to(START + i * MINUTE, inside(1), outside(i), 443);
			else
				give(flow_of(START + i * MINUTE, inside(1), outside(i), 443));
		/* and one that asks a dead server again and again */
		for (unsigned i = 0; i < 500; i++)
			fail_to(START + i * MINUTE, inside(2), outside(9999), 8080);
		assert_int_equal(world.count[FINDING_SCAN_HOSTS] + world.count[FINDING_SCAN_PORTS], 0);
	}
}

static void test_probes_that_no_connection_sends_and_echo_requests_are_contacts(void **state)
{
	struct flow flow = { .ip_protocol = 6, .midstream = true, .packets = { 1, 1 }, .tcp_flags = { 0x29, 0x14 } };
	(void)state;
	for (unsigned flags = 0; flags < 64; flags++) { /* FIN, SYN, RST, PSH, ACK, URG */
		flow.tcp_flags[SIDE_CLIENT] = (uint8_t)flags;
		assert_int_equal(seen_flow_of(&flow).began, !(flags & 0x16));
		assert_true((flags & 0x16) || !seen_flow_of(&flow).answered);
	}
	begin(1);
	for (unsigned i = 0; i < 30; i++) {
		struct seen_flow echo = flow_of(START + i * MINUTE, outside(9), inside(i), 0);
		echo.ip_protocol = 1;
		echo.ends[SIDE_CLIENT].port = i % 3 ? 8 : 13; /* a time stamp is asked for by other means too */
		echo.answered = i % 9 == 1;
		give(echo);
	}
	assert_int_equal(world.count[FINDING_SCAN_HOSTS], 1);
	assert_int_equal(found(), 1);
}

static void test_a_scan_from_many_addresses_of_one_network_of_ipv6_is_one(void **state)
{
	(void)state;
	begin(1);
	for (unsigned i = 0; i < 20; i++) {
		char text[64];
		struct address source;
		snprintf(text, sizeof text, "2001:db8:5:6:%x::%x", i * 7, i + 1);
		assert_true(address_parse(text_of(text), &source));
		fail_to(START + i * MINUTE, source, inside(i), 22);
	}
	assert_int_equal(world.count[FINDING_SCAN_HOSTS], 1);
	/* inside each is a host of its own */
	begin(2);
	for (unsigned i = 0; i < 20; i++)
		fail_to(START + i * MINUTE, inside(4 * i), outside(4 * i), 22);
	assert_int_equal(found(), 0);
}

static void test_a_declared_scanner_may_and_a_declared_service_may(void **state)
{
	struct prefix scanner = prefix_of(inside(3), 128), service = prefix_of(outside(5), 128);
	const struct text domains[] = { TEXT("reputation.example") };
	(void)state;
	for (int declared = 0; declared < 2; declared++) {
		struct behaviour_settings settings = behaviour_defaults;
		begin(3);
		settings.scanners = &scanner;
		settings.services = &service;
		settings.service_domains = domains;
		settings.scanner_count = settings.service_count = settings.service_domain_count = (size_t)declared;
		behaviour_free(world.behaviour);
		world.behaviour = behaviour_new(&settings, note, NULL);
		for (unsigned i = 0; i < 200; i++) {
			char name[100];
			struct seen_flow flow = flow_of(START + i * 5 * MINUTE, inside(9), outside(5), 9000);
			fail_to(START + i * SECOND, inside(3), inside(20), (uint16_t)(1 + i));
			flow.bytes[SIDE_CLIENT] = 5000000;
			flow.bytes[SIDE_SERVER] = 100;
			give(flow);
			snprintf(name, sizeof name, "%032x%08x.r.reputation.example", i * 77777, i);
			ask_name(START + i * SECOND, inside(9), name, 0);
		}
		assert_int_equal(world.count[FINDING_SCAN_PORTS] > 0, !declared);
		assert_int_equal(world.count[FINDING_BEACON] > 0, !declared);
		assert_int_equal(world.count[FINDING_UPLOAD] > 0, !declared);
		assert_int_equal(world.count[FINDING_DNS_TUNNEL] > 0, !declared);
		/* a name that only ends alike is none of it */
		for (unsigned i = 0; i < 200; i++) {
			char name[100];
			snprintf(name, sizeof name, "%032x%08x.ill-reputation.example", i * 77777, i);
			ask_name(START + DAY + i * SECOND, inside(9), name, 0);
		}
		assert_int_equal(world.count[FINDING_DNS_TUNNEL], declared ? 1 : 2);
	}
}

/* ── brute force ─ */

static void test_many_refusals_that_were_read_are_brute_force(void **state)
{
	(void)state;
	begin(2);
	for (unsigned i = 0; i < 400; i++) {
		const struct seen_refusal seldom = { START + i * 30 * SECOND, inside(5), inside(6), 80 };
		behaviour_refusal(world.behaviour, &seldom);
	}
	assert_int_equal(found(), 0);
	for (unsigned i = 0; i < 40; i++) {
		const struct seen_refusal often = { START + i * 2 * SECOND, outside(5), inside(6), 80 };
		behaviour_refusal(world.behaviour, &often);
	}
	assert_int_equal(world.count[FINDING_BRUTE_FORCE], 1);
	assert_true(address_equal(world.last[FINDING_BRUTE_FORCE].source, outside(5)));
}

static void test_many_sign_ins_alike_are_brute_force_and_many_downloads_are_not(void **state)
{
	(void)state;
	begin(3);
	for (unsigned i = 0; i < 40; i++) {
		struct seen_flow flow = flow_of(START + i * 4 * SECOND, outside(5), inside(2), 22);
		flow.bytes[SIDE_SERVER] = 2900 + below(200);
		give(flow);
	}
	assert_int_equal(world.count[FINDING_BRUTE_FORCE], 1);
	assert_int_equal(found(), 1);
	begin(4);
	for (unsigned i = 0; i < 200; i++) {
		struct seen_flow flow = flow_of(START + i * 2 * SECOND, inside(8), inside(2), 445);
		flow.bytes[SIDE_SERVER] = (uint64_t)(1000 * exp(6 * unit()));
		give(flow);
		flow.ends[SIDE_SERVER].port = 443; /* no service that asks who one is */
		flow.bytes[SIDE_SERVER] = 3000;
		give(flow);
	}
	assert_int_equal(found(), 0);
}

/* ── beacons ─ */

static void test_beacons_of_any_interval_and_jitter_are_found(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed);
		double interval = 20 + 600 * unit(), jitter = 0.5 * unit();
		nanoseconds time = START;
		for (unsigned i = 0; i < 80; i++) {
			struct seen_flow flow = flow_of(time, inside(4), outside(66), 8443);
			flow.bytes[SIDE_CLIENT] = 400 + below(20);
			give(flow);
			time += (nanoseconds)(interval * (1 + jitter * (2 * unit() - 1)) * (double)SECOND);
			if (i == 40)
				time += 2 * HOUR; /* the host slept */
		}
		assert_true(world.count[FINDING_BEACON] > 0);
		assert_true(address_equal(world.last[FINDING_BEACON].target, outside(66)));
		assert_true(world.last[FINDING_BEACON].likelihood > 0.5);
		assert_int_equal(found(), world.count[FINDING_BEACON]);
	}
}

static void test_calls_by_chance_are_no_beacon(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed);
		nanoseconds time = START;
		for (unsigned i = 0; i < 2000; i++) {
			give(flow_of(time, inside(4), outside(66), 443));
			time += (nanoseconds)(-90 * log(unit()) * (double)SECOND);
		}
		assert_int_equal(found(), 0);
	}
}

static void test_what_everybody_calls_is_unlikely_to_be_command_and_control(void **state)
{
	(void)state;
	begin(5);
	for (unsigned i = 0; i < 60; i++)
		for (unsigned host = 0; host < 40; host++)
			give(flow_of(START + i * 5 * MINUTE + host * SECOND, inside(host), outside(1), 443));
	assert_int_equal(found(), 0);
	/* the same of three of them, to an address of their own */
	for (unsigned i = 0; i < 60; i++)
		for (unsigned host = 0; host < 3; host++)
			give(flow_of(START + i * 5 * MINUTE + host * SECOND, inside(host), outside(2), 443));
	assert_true(world.count[FINDING_BEACON] >= 3);
	assert_true(world.last[FINDING_BEACON].likelihood > 0.7);
}

static void test_what_is_new_and_several_call_in_time_is_likelier_than_an_old_service(void **state)
{
	(void)state;
	begin(6);
	for (unsigned day = 0; day < 3; day++)
		for (unsigned i = 0; i < 40; i++)
			for (unsigned host = 0; host < 20; host++) {
				nanoseconds time = START + day * DAY + i * 20 * MINUTE + host * SECOND;
				give(flow_of(time, inside(host), outside(300 + below(200)), 443));
				if (host < 7) /* an old service */
					give(flow_of(time, inside(host), outside(1), 443));
				if (day == 2 && host > 12) /* what seven caught on the third day */
					give(flow_of(time, inside(host), outside(2), 443));
			}
	assert_true(world.count[FINDING_BEACON] >= 7);
	assert_true(address_equal(world.last[FINDING_BEACON].target, outside(2)));
	assert_true(world.last[FINDING_BEACON].likelihood > 0.8);
	struct likely_control only = { 0 };
	behaviour_controls(world.behaviour, note_control, &only);
	assert_true(address_equal(only.address, outside(2)) && only.regular >= 6 && only.fresh && !only.everybody);
}

/* A network of so many hosts, over three days; on the third one of them calls in time where others have been before. */
static unsigned beacons_to_a_shared_address(unsigned hosts, unsigned visitors)
{
	begin(hosts * 100 + visitors);
	for (unsigned i = 0; i < 3 * 48; i++)
		for (unsigned host = 0; host < hosts; host++)
			if (below(2))
				give(flow_of(START + i * 30 * MINUTE + below(1800) * SECOND, inside(host),
				    outside(300 + below(60)), 443));
	for (unsigned host = 0; host < visitors; host++) /* on the first two days, whenever they like */
		for (unsigned i = 0; i < 3; i++)
			give(flow_of(START + 3 * DAY + (host * 40 + i * 7) * SECOND, inside(host), outside(1), 443));
	for (unsigned i = 0; i < 60; i++)
		give(flow_of(
		    START + 3 * DAY + HOUR + i * 10 * MINUTE + below(30) * SECOND, inside(hosts - 1), outside(1), 443));
	return found();
}

static void test_in_a_small_network_a_few_visitors_make_no_service(void **state)
{
	(void)state;
	for (unsigned hosts = 5; hosts <= 50; hosts += 5) {
		unsigned visitors = hosts / 2 < 8 ? hosts / 2 - 1 : 7;
		assert_true(beacons_to_a_shared_address(hosts, visitors) > 0);
		/* what nearly all visit is one, in a small network too */
		assert_int_equal(beacons_to_a_shared_address(hosts, hosts - 1), 0);
	}
}

static void test_a_program_that_a_part_of_a_small_network_has_is_a_service(void **state)
{
	(void)state;
	for (unsigned hosts = 10; hosts <= 50; hosts += 5) {
		begin(hosts);
		for (unsigned i = 0; i < 120; i++)
			for (unsigned host = 0; host < hosts; host++) {
				nanoseconds time = START + i * 20 * MINUTE + host * 5 * SECOND;
				give(flow_of(time, inside(host), outside(300 + below(60)), 443));
				if (host < hosts / 4 + 2)
					give(flow_of(time + below(20) * SECOND, inside(host), outside(1), 443));
			}
		assert_int_equal(world.count[FINDING_BEACON], 0);
	}
}

/* ── transfers ─ */

static void test_uploads_and_long_connections_to_outside(void **state)
{
	(void)state;
	begin(6);
	for (unsigned i = 0; i < 50; i++) {
		struct seen_flow flow = flow_of(START + i * 10 * SECOND * (1 + below(5)), inside(4), outside(9), 443);
		flow.bytes[SIDE_CLIENT] = 5000000;
		flow.bytes[SIDE_SERVER] = 60000;
		give(flow);
	}
	assert_int_equal(world.count[FINDING_UPLOAD], 1);
	struct seen_flow flow = flow_of(START, inside(4), outside(10), 443);
	flow.last = START + 5 * HOUR;
	give(flow);
	assert_int_equal(world.count[FINDING_LONG_FLOW], 1);
	/* a download, and an upload to a server inside */
	flow = flow_of(START, inside(4), outside(11), 443);
	flow.bytes[SIDE_SERVER] = 5000000000;
	give(flow);
	flow = flow_of(START, inside(4), inside(11), 445);
	flow.bytes[SIDE_CLIENT] = 5000000000;
	give(flow);
	assert_int_equal(found(), 2);
}

/* ── names ─ */

static void test_a_tunnel_through_names_is_found_and_many_hosts_of_a_domain_are_none(void **state)
{
	(void)state;
	begin(7);
	char name[256];
	for (unsigned i = 0; i < 200; i++) {
		for (unsigned j = 0; j < 50; j++)
			name[j] = "abcdefghijklmnopqrstuvwxyz012345"[below(32)];
		strcpy(name + 50, ".t.tunnel.co.jp");
		ask_name(START + i * SECOND, inside(3), name, 0);
	}
	assert_int_equal(world.count[FINDING_DNS_TUNNEL], 1);
	assert_string_equal(world.object, "tunnel.co.jp");
	begin(8);
	for (unsigned i = 0; i < 400; i++) {
		snprintf(name, sizeof name, "host%u.city.go.jp", i);
		ask_name(START + i * SECOND, inside(3), name, 0);
	}
	assert_int_equal(found(), 0);
}

static void test_block_lists_of_ipv6_are_no_tunnel(void **state)
{
	char name[256];
	(void)state;
	for (int tunnel = 0; tunnel < 2; tunnel++) {
		begin(12);
		for (unsigned i = 0; i < 300; i++) {
			unsigned size = 0, digits = tunnel ? 60 : 32;
			for (unsigned j = 0; j < digits; j++)
				size += (unsigned)snprintf(name + size, sizeof name - size, "%x.", below(16));
			snprintf(name + size, sizeof name - size, "bl.blocklist.example");
			ask_name(START + i * SECOND, inside(3), name, 3);
		}
		assert_int_equal(world.count[FINDING_DNS_TUNNEL], tunnel); /* more digits than an address has */
	}
}

static void test_generated_names_are_found_and_a_few_mistakes_are_none(void **state)
{
	(void)state;
	begin(9);
	char name[64];
	for (unsigned i = 0; i < 60; i++) {
		unsigned size = 8 + below(8);
		for (unsigned j = 0; j < size; j++)
			name[j] = (char)('a' + below(26));
		strcpy(name + size, i % 2 ? ".net" : ".info");
		ask_name(START + i * 5 * SECOND, inside(6), name, i == 50 ? 0 : 3);
	}
	assert_int_equal(world.count[FINDING_GENERATED_NAMES], 1);
	begin(10);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "www.site%u.example", below(300));
		ask_name(START + i * SECOND, inside(6), name, below(20) ? 0 : 3);
		snprintf(name, sizeof name, "%u.0.0.10.in-addr.arpa", i);
		ask_name(START + i * SECOND, inside(6), name, 3);
	}
	assert_int_equal(found(), 0);
}

/* ── lateral movement ─ */

static void test_new_hosts_by_means_of_administration_are_lateral_movement(void **state)
{
	(void)state;
	begin(11);
	for (unsigned day = 0; day < 3; day++)
		for (unsigned i = 0; i < 40; i++) /* an administrator's usual round */
			give(flow_of(START + day * DAY + i * MINUTE, inside(1), inside(100 + i), 22));
	assert_int_equal(found(), 0);
	for (unsigned i = 0; i < 6; i++)
		give(flow_of(START + 3 * DAY + i * 8 * MINUTE, inside(50), inside(110 + i), 445));
	assert_int_equal(world.count[FINDING_LATERAL], 1);
	assert_true(address_equal(world.last[FINDING_LATERAL].source, inside(50)));
	assert_int_equal(found(), 1);
}

/* ── silence ─ */

/* A working day of an office: web, mail, files, names, clocks; servers that are away, backups at night. */
static void office(nanoseconds time, unsigned host)
{
	unsigned what = below(100);
	char name[64];
	if (what < 60) {
		unsigned site = (unsigned)(200 * pow(unit(), 3)); /* some sites are liked more */
		snprintf(name, sizeof name, "www.site%u.example", site);
		ask_name(time, inside(host), name, below(50) ? 0 : 3);
		struct seen_flow flow = flow_of(time, inside(host), outside(site), below(10) ? 443 : 80);
		flow.bytes[SIDE_SERVER] = (uint64_t)(2000 * exp(6 * unit()));
		flow.bytes[SIDE_CLIENT] = 500 + below(4000);
		give(flow);
	} else if (what < 85) {
		struct seen_flow flow = flow_of(time, inside(host), inside(200 + below(5)), below(2) ? 445 : 993);
		flow.bytes[SIDE_SERVER] = (uint64_t)(1000 * exp(7 * unit()));
		give(flow);
	} else if (what < 95) {
		struct seen_flow flow = flow_of(time, inside(host), outside(201), 123);
		flow.ip_protocol = 17;
		give(flow);
	} else {
		fail_to(time, inside(host), outside(202 + below(4)), 443);
	}
}

static void test_a_week_of_an_office_is_silent(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		begin(seed);
		for (unsigned day = 0; day < 7; day++)
			for (unsigned second = 0; second < 8 * 3600; second++)
				for (unsigned event = 0; event < 2; event++)
					office(START + day * DAY + second * SECOND, below(50));
		for (unsigned kind = 0; kind < FINDING_KINDS; kind++)
			if (world.count[kind])
				print_message("# seed %u: %s %u times: %s\n", (unsigned)seed, finding_code(kind),
				    world.count[kind], world.last[kind].words);
		assert_int_equal(found(), 0);
	}
}

/* ── memory ─ */

static void test_a_full_table_forgets_the_oldest_and_counts_it(void **state)
{
	struct behaviour_table *table = table_new(64, sizeof(uint64_t), sizeof(uint64_t), 1);
	bool fresh;
	(void)state;
	for (uint64_t key = 0; key < 1000; key++) {
		uint64_t *value = table_take(table, &key, START + (nanoseconds)key, &fresh);
		assert_true(fresh && *value == 0);
		*value = key;
		value = table_take(table, &key, START + (nanoseconds)key, &fresh);
		assert_true(!fresh && *value == key);
	}
	assert_true(table_forgotten(table) >= 1000 - 64);
	table_free(table);
	struct distinct distinct = { 0 };
	for (uint64_t i = 0; i < 400; i++)
		distinct_add(&distinct, i * 0x9e3779b97f4a7c15u >> 8);
	assert_in_range(distinct_count(&distinct), 320, 480);
}

static void test_a_flow_of_the_sensor_as_detectors_see_it(void **state)
{
	struct flow flow = { .ip_protocol = 6, .packets = { 1, 1 }, .tcp_flags = { 0x02, 0x14 } };
	(void)state;
	assert_true(seen_flow_of(&flow).began && !seen_flow_of(&flow).answered); /* SYN, RST */
	flow.tcp_flags[SIDE_SERVER] = 0x12;
	assert_true(seen_flow_of(&flow).answered);
	flow.midstream = true;
	assert_false(seen_flow_of(&flow).began);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		TEST(test_a_slow_scan_of_one_port_is_found),
		TEST(test_a_scan_of_the_ports_of_a_host_is_told_apart_and_said_once_an_hour),
		TEST(test_a_client_of_servers_that_are_sometimes_away_is_no_scanner),
		TEST(test_a_source_that_scans_hosts_and_then_ports_is_said_to_do_both),
		TEST(test_probes_that_no_connection_sends_and_echo_requests_are_contacts),
		TEST(test_a_scan_from_many_addresses_of_one_network_of_ipv6_is_one),
		TEST(test_a_declared_scanner_may_and_a_declared_service_may),
		TEST(test_many_refusals_that_were_read_are_brute_force),
		TEST(test_many_sign_ins_alike_are_brute_force_and_many_downloads_are_not),
		TEST(test_beacons_of_any_interval_and_jitter_are_found),
		TEST(test_calls_by_chance_are_no_beacon),
		TEST(test_what_everybody_calls_is_unlikely_to_be_command_and_control),
		TEST(test_in_a_small_network_a_few_visitors_make_no_service),
		TEST(test_a_program_that_a_part_of_a_small_network_has_is_a_service),
		TEST(test_what_is_new_and_several_call_in_time_is_likelier_than_an_old_service),
		TEST(test_uploads_and_long_connections_to_outside),
		TEST(test_a_tunnel_through_names_is_found_and_many_hosts_of_a_domain_are_none),
		TEST(test_block_lists_of_ipv6_are_no_tunnel),
		TEST(test_generated_names_are_found_and_a_few_mistakes_are_none),
		TEST(test_new_hosts_by_means_of_administration_are_lateral_movement),
		TEST(test_a_week_of_an_office_is_silent),
		TEST(test_a_full_table_forgets_the_oldest_and_counts_it),
		TEST(test_a_flow_of_the_sensor_as_detectors_see_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
