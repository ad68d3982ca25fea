/*
 * Sources against a model that keeps every packet: the same activities and events, however the input is sliced and
 * whatever the table went through; at every bound no packet is lost from the sums, and what was forgotten is counted.
 */
#include "chance.h"
#include "darknet/event/cardinality.h"
#include "darknet/event/line.h"
#include "darknet/event/sources.h"
#include "darknet/event/victims.h"
#include "darknet/packet/method.h"
#include "net/packet.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TELESCOPE 0xc6330000u /* 198.51.0.0/16 */
#define BEGIN ((nanoseconds)1700000000 * SECOND)
#define PACKETS 20000u
#define MOST 60000u

static struct space *space;

static int set_up(void **state)
{
	struct prefix prefix;
	(void)state;
	assert_true(prefix_parse(TEXT("198.51.0.0/16"), &prefix));
	return space_new(&prefix, 1, &space, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	space_free(space);
	return 0;
}

/* ── arrivals ─ */

static struct address v4(uint32_t number)
{
	return (struct address){ { [10] = 0xff,
	    [11] = 0xff,
	    [12] = (uint8_t)(number >> 24),
	    (uint8_t)(number >> 16),
	    (uint8_t)(number >> 8),
	    (uint8_t)number } };
}

static struct arrival syn(uint32_t source, uint32_t place, uint16_t port, nanoseconds time)
{
	return (struct arrival){ .time = time,
		.source = v4(source),
		.destination = v4(TELESCOPE + place),
		.place = place,
		.sequence = 99,
		.size = 40,
		.source_port = 1000,
		.port = port,
		.window = 1024,
		.protocol = 6,
		.flags = TCP_SYN,
		.hops = 60,
		.kind = ARRIVAL_PROBE };
}

/* ── what was told ─ */

struct told {
	struct activity activities[MOST];
	struct source_event events[MOST];
	struct source_port ports[MOST][SOURCE_PORTS];
	size_t activity_count, event_count;
};

static void on_activity(void *context, const struct activity *activity)
{
	struct told *told = context;
	assert_true(told->activity_count < MOST);
	told->activities[told->activity_count++] = *activity;
}

static void on_event(void *context, const struct source_event *event)
{
	struct told *told = context;
	assert_true(told->event_count < MOST);
	memcpy(told->ports[told->event_count], event->ports, event->port_listed * sizeof *event->ports);
	struct source_event *kept = &told->events[told->event_count++];
	*kept = *event;
	kept->distinct = NULL; /* only until this returns */
	kept->blocks = NULL;
}

static int compare_activities(const void *a, const void *b)
{
	const struct activity *one = a, *other = b;
	int order = address_compare(one->source, other->source);
	order = order ? order : (one->bin > other->bin) - (one->bin < other->bin);
	order = order ? order : one->kind - other->kind;
	return order ? order : one->port - other->port;
}

static int compare_events(const void *a, const void *b)
{
	const struct source_event *one = a, *other = b;
	int order = address_compare(one->source, other->source);
	order = order ? order : one->kind - other->kind;
	return order ? order : (one->first > other->first) - (one->first < other->first);
}

static struct told *tell(const struct arrival *arrivals, size_t count, size_t slice, struct source_settings settings,
    struct source_counts *counts)
{
	struct told *told = calloc(1, sizeof *told);
	struct sources *sources;
	assert_non_null(told);
	settings.space = space;
	settings.activity = on_activity;
	settings.event = on_event;
	settings.context = told;
	assert_int_equal(sources_new(&settings, &sources, NULL), OK);
	for (size_t i = 0; i < count; i += slice)
		assert_int_equal(sources_add(sources, arrivals + i, count - i < slice ? count - i : slice, NULL), OK);
	sources_finish(sources);
	if (counts)
		*counts = sources_count(sources);
	sources_free(sources);
	qsort(told->activities, told->activity_count, sizeof *told->activities, compare_activities);
	for (size_t i = 0; i < told->event_count; i++)
		told->events[i].ports = told->ports[i];
	qsort(told->events, told->event_count, sizeof *told->events, compare_events);
	return told;
}

/* 300 sources of which some are busy, over some hours; a tenth answers; ports and targets repeat. */
static struct arrival *mixture(unsigned seed)
{
	struct chance chance = chance_of(seed, 0);
	struct arrival *arrivals = calloc(PACKETS, sizeof *arrivals);
	nanoseconds time = BEGIN;
	assert_non_null(arrivals);
	for (size_t i = 0; i < PACKETS; i++) {
		uint32_t rank = (uint32_t)(300 * pow(chance_unit(&chance), 3));
		uint32_t target = (uint32_t)(chance_unit(&chance) * (rank < 5 ? 3000 : 4 + rank % 40));
		uint16_t port = (uint16_t)(rank % 3 ? 23 : 20 + (unsigned)(chance_unit(&chance) * 40));
		time += (nanoseconds)(chance_unit(&chance) * 3.0 * SECOND);
		arrivals[i] = syn(0x0b000000 + rank, target, port, time);
		if (rank % 10 == 9) {
			arrivals[i].kind = ARRIVAL_BACKSCATTER;
			arrivals[i].flags = TCP_SYN | TCP_ACK;
			arrivals[i].source_port = 443;
			arrivals[i].port = 1000;
			arrivals[i].acknowledgement = target; /* one question for each target */
		}
	}
	return arrivals;
}

/* ── the model ─ */

static uint16_t port_of(const struct arrival *arrival)
{
	return arrival->kind == ARRIVAL_BACKSCATTER ? arrival->source_port : arrival->port;
}

static bool same_source(const struct arrival *arrival, struct address source, unsigned kind)
{
	return address_equal(arrival->source, source) && arrival->kind == kind;
}

static void check_activity(const struct arrival *arrivals, const struct activity *activity)
{
	uint32_t packets = 0, targets = 0;
	bool seen[65536] = { false };
	for (size_t i = 0; i < PACKETS; i++) {
		const struct arrival *arrival = &arrivals[i];
		if (!same_source(arrival, activity->source, activity->kind) || port_of(arrival) != activity->port ||
		    arrival->time < activity->bin || arrival->time >= activity->bin + HOUR)
			continue;
		packets++;
		targets += !seen[arrival->place];
		seen[arrival->place] = true;
	}
	assert_int_equal(activity->packets, packets);
	assert_true(activity->targets <= packets && activity->targets >= 1);
	if (targets <= 2)
		assert_int_equal(activity->targets, targets);
	else if (targets < 100)
		assert_true(fabs((double)activity->targets - targets) <= 3 + 0.5 * targets);
}

static void check_event(const struct arrival *arrivals, const struct source_event *event, nanoseconds timeout)
{
	uint32_t packets = 0, targets = 0, ports = 0;
	bool seen[65536] = { false }, port_seen[65536] = { false };
	nanoseconds first = 0, last = 0;
	for (size_t i = 0; i < PACKETS; i++) {
		const struct arrival *arrival = &arrivals[i];
		if (!same_source(arrival, event->source, event->kind) || arrival->time < event->first ||
		    arrival->time > event->last + MILLISECOND)
			continue;
		if (packets)
			assert_true(arrival->time - last <= timeout + MILLISECOND);
		first = packets++ ? first : arrival->time;
		last = arrival->time;
		targets += !seen[arrival->place];
		seen[arrival->place] = true;
		if (!port_seen[port_of(arrival)] && ports < SOURCE_PORTS) { /* in their order */
			assert_true(ports < event->port_listed);
			assert_int_equal(event->ports[ports].port, port_of(arrival));
		}
		ports += !port_seen[port_of(arrival)];
		port_seen[port_of(arrival)] = true;
	}
	assert_int_equal(event->packets, packets);
	assert_int_equal(event->first, first);
	assert_true(last - event->last < MILLISECOND);
	assert_int_equal(event->port_count, ports);
	assert_false(event->port_least);
	if (event->target_error == 0)
		assert_int_equal((uint32_t)event->targets, targets);
	else
		assert_true(fabs(event->targets - targets) < 4 * event->target_error * targets);
}

static void test_activities_and_events_are_those_of_a_model_that_keeps_every_packet(void **state)
{
	const struct source_settings settings = { .timeout = 12 * MINUTE };
	struct arrival *arrivals = mixture(1);
	struct source_counts counts;
	struct told *told = tell(arrivals, PACKETS, 64, settings, &counts);
	uint64_t packets = 0, of_events = 0;
	(void)state;
	assert_true(told->activity_count > 500 && told->event_count > 400);
	for (size_t i = 0; i < told->activity_count; i++) {
		packets += told->activities[i].packets;
		if (i % 7 == 0)
			check_activity(arrivals, &told->activities[i]);
	}
	for (size_t i = 0; i < told->event_count; i++) {
		of_events += told->events[i].packets;
		if (i % 3 == 0 || told->events[i].packets > 500)
			check_event(arrivals, &told->events[i], settings.timeout);
	}
	assert_int_equal(packets, PACKETS);
	assert_int_equal(of_events, PACKETS);
	assert_int_equal(counts.arrivals, PACKETS);
	assert_int_equal(counts.events, told->event_count);
	assert_int_equal(counts.forgotten + counts.late + counts.rowless + counts.untrailed + counts.unblocked, 0);
	free(told);
	free(arrivals);
}

static void test_any_slicing_tells_the_same(void **state)
{
	static const size_t slices[] = { 1, 7, 65, PACKETS };
	const struct source_settings settings = { .timeout = 30 * MINUTE };
	struct arrival *arrivals = mixture(2);
	struct told *whole = tell(arrivals, PACKETS, 64, settings, NULL);
	(void)state;
	for (size_t s = 0; s < sizeof slices / sizeof *slices; s++) {
		struct told *told = tell(arrivals, PACKETS, slices[s], settings, NULL);
		assert_int_equal(told->activity_count, whole->activity_count);
		assert_memory_equal(
		    told->activities, whole->activities, whole->activity_count * sizeof *whole->activities);
		assert_int_equal(told->event_count, whole->event_count);
		for (size_t i = 0; i < whole->event_count; i++) {
			struct source_event one = whole->events[i], other = told->events[i];
			one.ports = other.ports = NULL;
			assert_memory_equal(&one, &other, sizeof one);
		}
		free(told);
	}
	free(whole);
	free(arrivals);
}

static void test_at_every_bound_packets_stay_in_the_sums_and_losses_are_counted(void **state)
{
	const struct source_settings settings = { .lines = 100, .trails = 3, .rows = 20, .blocks = 1 };
	struct arrival *arrivals = mixture(3);
	struct source_counts counts;
	struct told *told = tell(arrivals, PACKETS, 64, settings, &counts);
	uint64_t packets = 0, of_events = 0;
	(void)state;
	for (size_t i = 0; i < told->activity_count; i++)
		packets += told->activities[i].packets;
	for (size_t i = 0; i < told->event_count; i++)
		of_events += told->events[i].packets;
	assert_true(counts.lines_most <= 100);
	assert_true(counts.forgotten > 100 && counts.untrailed > 0 && counts.rowless > 0);
	assert_int_equal(packets + counts.rowless, PACKETS);
	assert_int_equal(of_events, PACKETS);
	free(told);
	free(arrivals);
}

/* Addresses that all belong to one place of the index, as somebody might forge them: a look stays bounded. */
static void test_sources_that_crowd_one_place_end_earlier_and_none_is_lost(void **state)
{
	enum { CROWD = 300 };
	struct arrival arrivals[2 * CROWD];
	struct source_counts counts;
	uint64_t packets = 0;
	size_t found = 0;
	(void)state;
	for (uint32_t address = 1; found < CROWD; address++)
		if (line_table_part(line_hash(address, ARRIVAL_PROBE, false)) >> 20 == 5)
			arrivals[found++] = syn(address, 1, 23, BEGIN + address);
	for (size_t i = 0; i < CROWD; i++) {
		arrivals[CROWD + i] = arrivals[i];
		arrivals[CROWD + i].time += HOUR / 10;
	}
	struct told *told = tell(arrivals, 2 * CROWD, 64, (struct source_settings){ 0 }, &counts);
	for (size_t i = 0; i < told->event_count; i++)
		packets += told->events[i].packets;
	assert_int_equal(packets, 2 * CROWD);
	assert_true(counts.lines_most < CROWD && counts.lines_most > CROWD / 2);
	assert_int_equal(counts.forgotten, told->event_count - counts.lines_most);
	free(told);
}

static void test_a_source_of_each_kind_and_of_each_version_is_its_own(void **state)
{
	struct arrival arrivals[4] = { syn(0x01020304, 1, 23, BEGIN), syn(0x01020304, 1, 23, BEGIN),
		syn(0, 1, 23, BEGIN), syn(0, 1, 23, BEGIN) };
	(void)state;
	arrivals[1].kind = ARRIVAL_OTHER;
	assert_true(address_parse(TEXT("2001:db8::1"), &arrivals[2].source));
	assert_true(address_parse(TEXT("2001:db8::2"), &arrivals[3].source)); /* the same /64 */
	struct told *told = tell(arrivals, 4, 4, (struct source_settings){ 0 }, NULL);
	char words[ADDRESS_TEXT];
	assert_int_equal(told->event_count, 3);
	assert_string_equal(address_format(told->events[0].source, words), "1.2.3.4");
	assert_string_equal(address_format(told->events[2].source, words), "2001:db8::");
	assert_int_equal(told->events[2].packets, 2);
	free(told);
}

static void test_each_method_of_a_source_is_an_activity(void **state)
{
	struct arrival arrivals[6];
	static const uint8_t methods[] = { METHOD_NONE, METHOD_SMB1, METHOD_SMB2, METHOD_SMB1, METHOD_ICMP,
		METHOD_NONE };
	uint32_t counted[METHOD_COUNT] = { 0 };
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		arrivals[i] = syn(0x01020304, (uint32_t)i, 445, HOUR + (nanoseconds)i);
		arrivals[i].method = methods[i];
	}
	arrivals[4].protocol = 1;
	arrivals[4].port = 8 << 8;
	struct told *told = tell(arrivals, 6, 6, (struct source_settings){ 0 }, NULL);
	assert_int_equal(told->event_count, 1);
	assert_int_equal(told->events[0].packets, 6);
	assert_int_equal(told->activity_count, 4);
	for (size_t i = 0; i < told->activity_count; i++)
		counted[told->activities[i].method] += told->activities[i].packets;
	assert_int_equal(counted[METHOD_NONE], 2);
	assert_int_equal(counted[METHOD_SMB1], 2);
	assert_int_equal(counted[METHOD_SMB2], 1);
	assert_int_equal(counted[METHOD_ICMP], 1);
	free(told);
}

static void test_silence_longer_than_the_time_out_ends_an_event(void **state)
{
	const nanoseconds timeout = 20 * MINUTE;
	const struct arrival arrivals[] = { syn(1, 1, 23, BEGIN), syn(1, 2, 23, BEGIN + timeout),
		syn(1, 3, 23, BEGIN + 2 * timeout + MILLISECOND), syn(1, 3, 23, BEGIN + 30 * DAY) };
	(void)state;
	struct told *told = tell(arrivals, 4, 4, (struct source_settings){ .timeout = timeout }, NULL);
	assert_int_equal(told->event_count, 3);
	assert_int_equal(told->events[0].packets, 2);
	assert_int_equal(told->events[0].last, BEGIN + timeout);
	assert_int_equal((uint32_t)told->events[0].targets, 2);
	assert_int_equal(told->events[2].first, BEGIN + 30 * DAY);
	free(told);
	assert_int_equal(sources_timeout(space), (nanoseconds)(5 * 4294967296.0 / 655360) * SECOND);
}

static void test_late_and_impossible_times_do_no_harm(void **state)
{
	const struct arrival arrivals[] = { syn(1, 1, 23, BEGIN), syn(1, 2, 23, BEGIN - 5 * DAY), syn(2, 1, 23, -7),
		syn(3, 1, 23, INT64_MAX), syn(4, 1, 23, 0) };
	struct source_counts counts;
	(void)state;
	struct told *told = tell(arrivals, 5, 5, (struct source_settings){ 0 }, &counts);
	assert_int_equal(counts.late, 3);
	assert_int_equal(told->event_count, 4);
	free(told);
}

/* Two addresses for hours, then a third: what came before there was a trail is not of that minute. */
static void test_the_busiest_minute_is_none_of_hours(void **state)
{
	enum { SLOW = 100, FAST = 50 };
	struct arrival slow[SLOW + 1], fast[FAST + 1];
	(void)state;
	for (uint32_t i = 0; i < SLOW; i++)
		slow[i] = syn(1, i % 2, 23, BEGIN + (nanoseconds)i * MINUTE);
	slow[SLOW] = syn(1, 2, 23, BEGIN + SLOW * MINUTE);
	for (uint32_t i = 0; i < FAST; i++)
		fast[i] = syn(1, i % 2, 23, BEGIN + (nanoseconds)i * MILLISECOND);
	fast[FAST] = syn(1, 2, 23, BEGIN + FAST * MILLISECOND);
	struct told *told = tell(slow, SLOW + 1, 7, (struct source_settings){ 0 }, NULL);
	assert_int_equal(told->events[0].packets, SLOW + 1);
	assert_in_range(told->events[0].busiest, 1, 2);
	free(told);
	told = tell(fast, FAST + 1, 7, (struct source_settings){ 0 }, NULL);
	assert_int_equal(told->events[0].busiest, FAST + 1);
	free(told);
}

/* A scanner that repeats nothing in its header is known by what two packets have in common. */
static void test_two_packets_together_tell_nmap_and_unicornscan(void **state)
{
	struct arrival nmap[40], unicorn[40];
	(void)state;
	for (uint32_t i = 0; i < 40; i++) {
		nmap[i] = syn(7, i * 3, 80, BEGIN + i * SECOND);
		nmap[i].sequence = 0x5a5a1234u ^ (i << 16 | i);
		unicorn[i] = syn(8, i * 3, 80, BEGIN + i * SECOND);
		unicorn[i].source_port = (uint16_t)(2000 + i * 7);
		unicorn[i].sequence = 0xabcdef01u ^ (TELESCOPE + i * 3) ^ ((uint32_t)unicorn[i].source_port << 16 | 80);
	}
	struct told *told = tell(nmap, 40, 40, (struct source_settings){ 0 }, NULL);
	assert_int_equal(told->events[0].tool, TOOL_NMAP);
	free(told);
	told = tell(unicorn, 40, 40, (struct source_settings){ 0 }, NULL);
	assert_int_equal(told->events[0].tool, TOOL_UNICORN);
	free(told);
}

/* ── distinct ─ */

static void test_different_things_are_counted_within_the_error_that_is_said(void **state)
{
	static const uint32_t sizes[] = { 1, 64, 65, 1000, 20000, 65536, 1000000 };
	struct blocks blocks;
	double error;
	(void)state;
	assert_true(blocks_init(&blocks, 1));
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		for (unsigned form = 0; form < 3; form++) {
			bool exact = form == 0 && sizes[s] <= 65536;
			uint32_t held = form == 2 ? blocks_take(&blocks) : CARDINALITY_NONE;
			struct cardinality distinct = { 0 };
			for (uint32_t i = 0; i < 2 * sizes[s]; i++)
				cardinality_add(&distinct, &blocks, i % sizes[s], exact);
			double count = cardinality_count(&distinct, &blocks, &error);
			if (exact || sizes[s] <= 64)
				assert_true(error == 0 && count == sizes[s]);
			else
				assert_true(
				    fabs(count / sizes[s] - 1) < 3 * error && error < (form == 2 ? 0.07 : 0.012));
			cardinality_clear(&distinct, &blocks);
			if (held != CARDINALITY_NONE)
				blocks_give(&blocks, held);
		}
	}
	assert_true(blocks.made == 1 && blocks.missing > 0);
	blocks_free(&blocks);
}

/* ── questions that were answered ─ */

static struct arrival answer(uint32_t place, uint8_t protocol, uint32_t number, nanoseconds time)
{
	struct arrival arrival = syn(0x0b000001, place, protocol == 6 ? 1000 : 0, time);
	arrival.kind = ARRIVAL_BACKSCATTER;
	arrival.protocol = protocol;
	arrival.flags = protocol == 6 ? TCP_SYN | TCP_ACK : 0;
	arrival.source_port = protocol == 6 ? 443 : 0;
	arrival.sequence = protocol == 6 ? 99 : number;
	arrival.acknowledgement = protocol == 6 ? number : 0;
	return arrival;
}

/* 4,000 questions in the name of 100 addresses, each answered twice: echoes, then errors that quote them. */
static void test_an_address_can_be_forged_more_than_once(void **state)
{
	enum { COUNT = 8000 };
	struct arrival *arrivals = calloc(COUNT, sizeof *arrivals);
	(void)state;
	assert_non_null(arrivals);
	for (unsigned quotes = 0; quotes < 2; quotes++) {
		for (uint32_t i = 0; i < COUNT; i++) {
			arrivals[i] = answer(i % 100, 1, i / 2, BEGIN + i * SECOND / 10);
			if (!quotes)
				continue;
			arrivals[i].port = 3 << 8 | 1;
			arrivals[i].sequence = 0;
			arrivals[i].quoted = v4(0x0b000001);
			arrivals[i].quoted_protocol = 6;
			arrivals[i].quoted_port = 443;
			arrivals[i].quoted_question = i / 2;
		}
		for (uint32_t i = 1; i < COUNT; i += 2)
			arrivals[i].place = arrivals[i - 1].place;
		struct told *told = tell(arrivals, COUNT, 64, (struct source_settings){ 0 }, NULL);
		assert_int_equal(told->event_count, 1);
		assert_int_equal(told->events[0].packets, COUNT);
		assert_true(fabs(told->events[0].targets - 4000) < 4 * told->events[0].target_error * 4000);
		free(told);
	}
	free(arrivals);
}

static int by_time(const void *a, const void *b)
{
	nanoseconds one = ((const struct arrival *)a)->time, other = ((const struct arrival *)b)->time;
	return (one > other) - (one < other);
}

/* Floods of 3 minutes whose victim repeats each SYN+ACK after 1, 3, 7, 15 and 31 s. */
static void test_answers_that_are_repeated_do_not_make_an_attack_longer(void **state)
{
	enum { EVENTS = 200, MEAN = 800, EACH = 6 };
	const struct victim_settings settings = { .space = space };
	const double seconds = 180, rate = MEAN / seconds * INTERNET_V4 / 65536;
	struct chance chance = chance_of(20, 1);
	struct arrival *arrivals = calloc(2 * MEAN * EACH, sizeof *arrivals);
	unsigned held = 0;
	(void)state;
	assert_non_null(arrivals);
	for (unsigned event = 0; event < EVENTS; event++) {
		size_t count = 0;
		uint64_t questions = chance_poisson(&chance, MEAN);
		assert_true(questions < 2 * MEAN);
		for (uint64_t i = 0; i < questions; i++) {
			double time = chance_between(&chance, 0, seconds);
			uint32_t number = (uint32_t)chance_bits(&chance), place = number % 65536;
			for (unsigned times = 0; times < EACH; times++)
				arrivals[count++] = answer(
				    place, 6, number, BEGIN + (nanoseconds)((time + exp2(times) - 1) * (double)SECOND));
		}
		qsort(arrivals, count, sizeof *arrivals, by_time);
		struct told *told = tell(arrivals, count, 64, (struct source_settings){ 0 }, NULL);
		struct victim victim;
		assert_int_equal(told->event_count, 1);
		assert_true(victim_judge(&settings, &told->events[0], &victim));
		assert_true(victim.last - victim.first > 200 * SECOND);
		held += victim.rate.low <= rate && rate <= victim.rate.high;
		free(told);
	}
	assert_in_range(held, EVENTS * 92 / 100, EVENTS * 98 / 100);
	free(arrivals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_activities_and_events_are_those_of_a_model_that_keeps_every_packet),
		cmocka_unit_test(test_any_slicing_tells_the_same),
		cmocka_unit_test(test_at_every_bound_packets_stay_in_the_sums_and_losses_are_counted),
		cmocka_unit_test(test_sources_that_crowd_one_place_end_earlier_and_none_is_lost),
		cmocka_unit_test(test_a_source_of_each_kind_and_of_each_version_is_its_own),
		cmocka_unit_test(test_each_method_of_a_source_is_an_activity),
		cmocka_unit_test(test_silence_longer_than_the_time_out_ends_an_event),
		cmocka_unit_test(test_late_and_impossible_times_do_no_harm),
		cmocka_unit_test(test_the_busiest_minute_is_none_of_hours),
		cmocka_unit_test(test_two_packets_together_tell_nmap_and_unicornscan),
		cmocka_unit_test(test_different_things_are_counted_within_the_error_that_is_said),
		cmocka_unit_test(test_an_address_can_be_forged_more_than_once),
		cmocka_unit_test(test_answers_that_are_repeated_do_not_make_an_attack_longer),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
