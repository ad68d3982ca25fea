/*
 * darknet/event/estimate.h: the 95 % interval of each estimate holds the truth in 93–97 % of 1,000 simulated events,
 * for small and large counts and telescopes of a /16, /20 and /24; darknet/trend/quantile.h: known values.
 */
#include "darknet/event/estimate.h"
#include "darknet/trend/quantile.h"

#include "chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENTS 1000
#define SEED 6

static const double telescopes[] = { 65536, 4096, 256 };
#define TELESCOPES (sizeof telescopes / sizeof telescopes[0])

/* How many packets of an event arrive, on average: from a few to many. */
static const struct {
	const char *name;
	double low, high;
} sizes[] = { { "small", 5, 50 }, { "large", 200, 3000 } };
#define SIZES (sizeof sizes / sizeof sizes[0])

struct tally {
	unsigned held, below, events;
	double error;
};

static void judge(struct tally *tally, struct estimate estimate, double truth)
{
	if (!estimate_known(estimate))
		return;
	assert_true(estimate.low <= estimate.value && estimate.value <= estimate.high);
	tally->events++;
	tally->held += estimate.low <= truth && truth <= estimate.high;
	tally->below += truth < estimate.low;
	tally->error += (estimate.value - truth) / truth;
}

static void check(const char *what, const char *size, double addresses, const struct tally *tally)
{
	double share = (double)tally->held / tally->events;
	print_message("# %s, %s, %.0f addresses: %.1f %% of %u hold (%.1f %% too high), mean error %+.1f %%\n", what,
	    size, addresses, 100 * share, tally->events, 100.0 * tally->below / tally->events,
	    100 * tally->error / tally->events);
	assert_int_equal(tally->events, EVENTS);
	assert_in_range((uintmax_t)tally->held, EVENTS * 93 / 100, EVENTS * 97 / 100);
}

struct event {
	double packets, seconds; /* that arrived; between the first and the last */
};

/* `rate` packets/s reach the telescope at random moments of `duration` seconds. */
static struct event arrive(struct chance *chance, double rate, double duration)
{
	uint64_t count = chance_poisson(chance, rate * duration);
	double first = duration, last = 0;
	for (uint64_t i = 0; i < count; i++) {
		double time = chance_between(chance, 0, duration);
		first = fmin(first, time);
		last = fmax(last, time);
	}
	return (struct event){ (double)count, last - first };
}

static void random_scanners(struct chance *chance, double addresses, size_t size)
{
	struct tally rate = { 0 }, duration = { 0 }, packets = { 0 }, coverage = { 0 };
	while (rate.events < EVENTS) {
		double mean = chance_scale(chance, sizes[size].low, sizes[size].high);
		double true_duration = chance_scale(chance, 60, 1e6);
		struct event event = arrive(chance, mean / true_duration, true_duration);
		if (event.packets < 3)
			continue;
		double internet = mean * INTERNET_V4 / addresses;
		judge(&rate, estimate_packet_rate(event.packets, event.seconds, addresses, INTERNET_V4),
		    internet / true_duration);
		judge(&duration, estimate_duration(event.packets, event.seconds), true_duration);
		judge(&packets, estimate_packets(event.packets, addresses, INTERNET_V4), internet);
		judge(&coverage, estimate_random_coverage(event.packets, addresses), -expm1(-mean / addresses));
	}
	check("rate", sizes[size].name, addresses, &rate);
	check("duration", sizes[size].name, addresses, &duration);
	check("packets", sizes[size].name, addresses, &packets);
	check("coverage with repetition", sizes[size].name, addresses, &coverage);
}

static void test_random_scanners(void **state)
{
	(void)state;
	struct chance chance = chance_of(SEED, 1);
	for (size_t t = 0; t < TELESCOPES; t++)
		for (size_t s = 0; s < SIZES; s++)
			random_scanners(&chance, telescopes[t], s);
}

/* Each address has its place in the scanner's order; it stops after `share` of it. */
static void permuted_scanners(struct chance *chance, double addresses, const char *name, double least, double most)
{
	struct tally rate = { 0 }, coverage = { 0 }, targets = { 0 };
	while (rate.events < EVENTS) {
		double share = chance_scale(chance, least, most);
		double true_rate = chance_scale(chance, 100, 1e6);
		double first = 1, last = 0, distinct = 0;
		for (double i = 0; i < addresses; i++) {
			double place = chance_unit(chance);
			if (place >= share)
				continue;
			distinct++;
			first = fmin(first, place);
			last = fmax(last, place);
		}
		if (distinct < 3)
			continue;
		double seconds = (last - first) * INTERNET_V4 * 2 / true_rate; /* two probes to each */
		judge(&rate, estimate_permuted_rate(distinct, seconds, addresses, INTERNET_V4, 2), true_rate);
		judge(&coverage, estimate_coverage(distinct, addresses), share);
		judge(&targets, estimate_targets(estimate_coverage(distinct, addresses), INTERNET_V4),
		    share * INTERNET_V4);
	}
	check("rate of a permutation", name, addresses, &rate);
	check("coverage", name, addresses, &coverage);
	check("targets", name, addresses, &targets);
}

static void test_scanners_that_visit_each_address_once(void **state)
{
	(void)state;
	struct chance chance = chance_of(SEED, 2);
	for (size_t t = 1; t < TELESCOPES; t++) {
		permuted_scanners(&chance, telescopes[t], "few", 8 / telescopes[t], 60 / telescopes[t]);
		permuted_scanners(&chance, telescopes[t], "most", 0.3, 1);
	}
	permuted_scanners(&chance, telescopes[0], "some", 0.0005, 0.9);
}

/* The victim repeats each SYN+ACK up to five times (after 1, 3, 7 … seconds), a part of which is lost. */
static void attacks(struct chance *chance, double addresses, size_t size)
{
	struct tally rate = { 0 };
	while (rate.events < EVENTS) {
		double mean = chance_scale(chance, sizes[size].low, sizes[size].high);
		double duration = chance_scale(chance, 60, 86400), loss = chance_between(chance, 0, 0.05);
		uint64_t count = chance_poisson(chance, mean);
		double first = INFINITY, last = 0, attacked = 0;
		for (uint64_t i = 0; i < count; i++) {
			double time = chance_between(chance, 0, duration);
			int answer = 0;
			while (answer < 6 && chance_unit(chance) < loss)
				answer++;
			if (answer == 6)
				continue;
			time += exp2(answer) - 1;
			attacked++;
			first = fmin(first, time);
			last = fmax(last, time);
		}
		judge(&rate, estimate_attack_rate(attacked, last - first, addresses),
		    mean / duration * INTERNET_V4 / addresses);
	}
	check("attack's rate", sizes[size].name, addresses, &rate);
}

static void test_attacks_seen_by_backscatter(void **state)
{
	(void)state;
	struct chance chance = chance_of(SEED, 3);
	for (size_t t = 0; t < TELESCOPES; t++)
		for (size_t s = 0; s < SIZES; s++)
			attacks(&chance, telescopes[t], s);
	assert_true(attack_packets(60, 6) == 10 && attack_packets(60, 1) == 60 && attack_packets(60, 0) == 60);
}

/* `sources` scan at the same rate, so that `each` packets of one arrive on average. */
static void distributed(struct chance *chance, const char *name, double least, double most)
{
	struct tally tally = { 0 };
	while (tally.events < EVENTS) {
		double sources = floor(chance_scale(chance, least, most)), each = chance_scale(chance, 0.3, 3);
		double seen = 0, once = 0, twice = 0;
		for (double i = 0; i < sources; i++) {
			uint64_t packets = chance_poisson(chance, each);
			seen += packets > 0;
			once += packets == 1;
			twice += packets == 2;
		}
		judge(&tally, estimate_sources(seen, once, twice), sources);
	}
	check("sources", name, 0, &tally);
}

static void test_sources_of_distributed_scans(void **state)
{
	(void)state;
	struct chance chance = chance_of(SEED, 4);
	distributed(&chance, "small", 50, 500);
	distributed(&chance, "large", 500, 20000);
}

static void test_unequal_sources_give_a_lower_bound(void **state)
{
	(void)state;
	struct chance chance = chance_of(SEED, 5);
	for (int i = 0; i < 100; i++) {
		double seen = 0, once = 0, twice = 0;
		for (int source = 0; source < 2000; source++) {
			uint64_t packets = chance_overdispersed(&chance, 1, 0.5);
			seen += packets > 0;
			once += packets == 1;
			twice += packets == 2;
		}
		struct estimate estimate = estimate_sources(seen, once, twice);
		assert_true(estimate.value > seen && estimate.low < 2000);
	}
}

static void test_nothing_is_said_of_too_little(void **state)
{
	(void)state;
	assert_false(estimate_known(estimate_packet_rate(2, 10, 256, INTERNET_V4)));
	assert_false(estimate_known(estimate_packet_rate(9, 0, 256, INTERNET_V4)));
	assert_false(estimate_known(estimate_packet_rate(9, 10, 0, INTERNET_V4)));
	assert_false(estimate_known(estimate_permuted_rate(257, 10, 256, INTERNET_V4, 1)));
	assert_false(estimate_known(estimate_duration(2, 10)));
	assert_false(estimate_known(estimate_packets(0, 256, INTERNET_V4)));
	assert_false(estimate_known(estimate_coverage(0, 256)));
	assert_false(estimate_known(estimate_coverage(257, 256)));
	assert_false(estimate_known(estimate_targets(estimate_coverage(0, 256), INTERNET_V4)));
	assert_false(estimate_known(estimate_random_coverage(0, 256)));
	assert_false(estimate_known(estimate_sources(0, 0, 0)));
	assert_false(estimate_known(estimate_sources(3, 2, 2)));
	assert_true(estimate_coverage(256, 256).high == 1);
	struct estimate all = estimate_sources(7, 0, 3);
	assert_true(all.value == 7 && all.low == 7 && all.high == 7);
}

static void near(double value, double expected)
{
	if (fabs(value - expected) > 1e-6 * fabs(expected))
		fail_msg("%.12g is not %.12g", value, expected);
}

/* Values of the chi-square (gamma of half the degrees, half of it), F and Poisson tables that every textbook prints,
 * and closed forms. */
static void test_quantiles(void **state)
{
	(void)state;
	near(gamma_quantile(1, 0.5), log(2));
	near(2 * gamma_quantile(5, 0.975), 20.4831773507);
	near(2 * gamma_quantile(0.5, 0.95), 3.84145882069);
	near(gamma_below(3, 3), 1 - exp(-3) * (1 + 3 + 4.5));
	near(gamma_quantile(1e9, 0.975) / 1e9, 1 + 1.959963985 / sqrt(1e9));
	near(beta_quantile(1, 3, 0.25), 1 - cbrt(0.75));
	near(beta_below(2, 2, 0.3), 0.09 * (3 - 0.6));
	near(beta_below(20000, 3, 0.9998), 1 - beta_below(3, 20000, 0.0002));
	near(count_surprise(3, 1, 1e9), -log(1 - exp(-1) * 2.5));
	near(count_surprise(1, 2, 1), -log(2.0 / 3));     /* geometric */
	near(count_surprise(5, 2, 1), -5 * log(2.0 / 3)); /* P(X >= 5) = (2/3)^5 */
	near(count_surprise(2000, 0.5, 1), 2000 * log(3));
	assert_true(count_surprise(1000, 1, 1e9) > 5000 && count_surprise(0, 1, 1) == 0);
	assert_true(count_surprise(1, 1e6, 10) < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_random_scanners),
		cmocka_unit_test(test_scanners_that_visit_each_address_once),
		cmocka_unit_test(test_attacks_seen_by_backscatter),
		cmocka_unit_test(test_sources_of_distributed_scans),
		cmocka_unit_test(test_unequal_sources_give_a_lower_bound),
		cmocka_unit_test(test_nothing_is_said_of_too_little),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
