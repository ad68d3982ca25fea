/*
 * How sites answer: slow-down before outage, noise that must stay silent, many sites as one disturbance, content.
 */
#include "watch/availability.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SITES 6
#define START ((nanoseconds)1700000000 * SECOND)

static const uint32_t sectors[SITES] = { 1, 1, 2, 2, 3, 3 };

static struct {
	struct availability *availability;
	struct signal signals[64];
	size_t count;
	nanoseconds now;
} seen;

static void note(void *context, const struct signal *signal)
{
	(void)context;
	assert_in_range(seen.count, 0, 63);
	seen.signals[seen.count++] = *signal;
}

static void begin_with(const struct availability_settings *changes)
{
	struct availability_settings settings = changes ? *changes : availability_defaults;
	struct failure failure;
	settings.sites = SITES;
	settings.sectors = sectors;
	availability_free(seen.availability);
	memset(&seen, 0, sizeof seen);
	seen.now = START;
	assert_int_equal(availability_new(&settings, &seen.availability, &failure), OK);
}

static int begin(void **state)
{
	(void)state;
	begin_with(NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	availability_free(seen.availability);
	seen.availability = NULL;
	return 0;
}

static void give(uint32_t site, enum site_outcome outcome, nanoseconds total, uint64_t content)
{
	const struct measurement measurement = { .time = seen.now,
		.site = site,
		.outcome = outcome,
		.status = outcome == SITE_ANSWERED ? 200
			  : outcome == SITE_ERROR  ? 503
						   : 0,
		.total = total,
		.content = content };
	assert_true(availability_take(seen.availability, &measurement, note, NULL));
}

static uint64_t random_state = 1;

static double random_unit(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return ((double)(random_state >> 11) + 0.5) / (double)(1ull << 53);
}

/* Response times as they are: logarithmically normal around 120 ms. */
static nanoseconds usual(void)
{
	double normal = sqrt(-2 * log(random_unit())) * cos(2 * M_PI * random_unit());
	return (nanoseconds)(0.12 * exp(0.3 * normal) * (double)SECOND);
}

static void minutes(unsigned count)
{
	for (unsigned i = 0; i < count; i++, seen.now += MINUTE)
		for (uint32_t site = 0; site < SITES; site++)
			give(site, SITE_ANSWERED, usual(), 0);
}

static void test_a_slow_down_is_told_before_the_outage_that_follows(void **state)
{
	(void)state;
	minutes(60);
	assert_int_equal(seen.count, 0);
	for (unsigned i = 0; i < 6; i++, seen.now += MINUTE)
		give(2, SITE_ANSWERED, (i + 2) * SECOND, 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.signals[0].kind, SIGNAL_SLOW);
	assert_int_equal(seen.signals[0].since, START + 60 * MINUTE);
	assert_in_range(seen.signals[0].usual, 100 * MILLISECOND, 140 * MILLISECOND);
	for (unsigned i = 0; i < 4; i++, seen.now += MINUTE)
		give(2, SITE_NO_ANSWER, 0, 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.signals[1].kind, SIGNAL_DOWN);
	assert_int_equal(seen.signals[1].since, START + 66 * MINUTE);
	assert_int_equal(seen.signals[1].disturbance, seen.signals[0].disturbance);
	assert_int_equal(seen.signals[1].sites, 1);
	assert_false(seen.signals[1].widespread);
	for (unsigned i = 0; i < 10; i++, seen.now += MINUTE)
		give(2, SITE_ANSWERED, usual(), 0);
	assert_int_equal(seen.signals[seen.count - 1].kind, SIGNAL_UP);
	assert_int_equal(availability_state(seen.availability, 2), SITE_UP);
}

static void test_ten_days_of_noise_stay_silent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 14400; i++, seen.now += MINUTE)
		for (uint32_t site = 0; site < SITES; site++) {
			double luck = random_unit();
			bool lost = luck < 0.002, spike = luck < 0.01;
			give(site, lost ? SITE_TIMEOUT : SITE_ANSWERED, lost ? 0 : spike ? 10 * usual() : usual(), 0);
		}
	assert_int_equal(seen.count, 0);
}

static void test_sites_of_several_sectors_that_slow_down_together_are_one_disturbance(void **state)
{
	(void)state;
	minutes(60);
	for (unsigned i = 0; i < 5; i++, seen.now += MINUTE)
		for (uint32_t site = 0; site < SITES; site++)
			give(site, SITE_ANSWERED, site % 2 ? usual() : 3 * SECOND, 0);
	assert_int_equal(seen.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(seen.signals[i].kind, SIGNAL_SLOW);
		assert_int_equal(seen.signals[i].disturbance, 1);
		assert_int_equal(seen.signals[i].sites, i + 1);
		assert_int_equal(seen.signals[i].sectors, i + 1);
		assert_int_equal(seen.signals[i].widespread, i == 2);
	}
	/* an hour later something else begins */
	minutes(60);
	assert_int_equal(seen.count, 6);
	for (unsigned i = 0; i < 3; i++, seen.now += MINUTE)
		give(1, SITE_ERROR, 0, 0);
	assert_int_equal(seen.signals[6].kind, SIGNAL_DOWN);
	assert_int_equal(seen.signals[6].disturbance, 2);
	assert_int_equal(seen.signals[6].sites, 1);
}

static void test_a_site_that_comes_and_goes_is_counted_once(void **state)
{
	(void)state;
	minutes(60);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 3; i++, seen.now += MINUTE)
			give(0, SITE_NO_ANSWER, 0, 0);
		for (unsigned i = 0; i < 2; i++, seen.now += MINUTE)
			give(0, SITE_ANSWERED, usual(), 0);
	}
	assert_int_equal(seen.count, 8);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(seen.signals[i].kind, i % 2 ? SIGNAL_UP : SIGNAL_DOWN);
		assert_int_equal(seen.signals[i].disturbance, 1);
		assert_int_equal(seen.signals[i].sites, 1);
	}
}

static void test_a_site_that_never_answered_is_down_and_an_old_measurement_is_left_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++, seen.now += MINUTE)
		give(4, SITE_NO_ANSWER, 0, 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.signals[0].kind, SIGNAL_DOWN);
	const struct measurement old = { .time = START, .site = 4, .outcome = SITE_ANSWERED, .total = SECOND };
	assert_false(availability_take(seen.availability, &old, note, NULL));
}

static void test_what_lasts_becomes_usual(void **state)
{
	(void)state;
	minutes(240);
	for (unsigned i = 0; i < 200; i++, seen.now += MINUTE)
		give(5, SITE_ANSWERED, 10 * usual(), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.signals[0].kind, SIGNAL_SLOW);
	assert_int_equal(seen.signals[1].kind, SIGNAL_UP);
}

static uint64_t page(const char *words, unsigned clock)
{
	char text[1024];
	int size = snprintf(text, sizeof text,
	    "<html><head><title>Harbour</title></head><body><p>%s</p><p>It is %u:%02u, visitor %u.</p></body></html>",
	    words, clock / 60 % 24, clock % 60, clock * 7);
	return content_fingerprint(text, (uint64_t)size);
}

static void test_another_content_is_told_once_and_a_clock_is_none(void **state)
{
	static const char ours[] =
	    "Welcome to the harbour of the city. Ships arrive every day from many countries, and our "
	    "office answers questions about berths, fees and opening hours.";
	static const char theirs[] = "Owned by somebody who was here tonight and leaves greetings to all friends";
	(void)state;
	for (unsigned i = 0; i < 100; i++, seen.now += MINUTE)
		give(3, SITE_ANSWERED, usual(), page(ours, i));
	assert_int_equal(seen.count, 0);
	for (unsigned i = 0; i < 5; i++, seen.now += MINUTE)
		give(3, SITE_ANSWERED, usual(), page(theirs, i));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.signals[0].kind, SIGNAL_CHANGED);
	assert_int_equal(seen.signals[0].disturbance, 0);
	assert_in_range(seen.signals[0].bits, 16, 64);
	/* once another content, then ours again: an answer that was cut short */
	give(3, SITE_ANSWERED, usual(), page(ours, 1));
	give(3, SITE_ANSWERED, usual(), page(theirs, 1));
	assert_int_equal(seen.count, 1);
}

static void test_fingerprints_of_japanese_pages(void **state)
{
	static const char one[] =
	    "<h1>港湾局</h1>船舶の入出港に関する手続き、岸壁の使用料、窓口の受付時間についてご案内しております。"
	    "お問い合わせは管理課までお願いいたします。";
	static const char same[] =
	    "<h1>港湾局</h1>船舶の入出港に関する手続き、岸壁の使用料、窓口の開庁時間についてご案内しております。"
	    "お問い合わせは管理課までお願いいたします。";
	static const char other[] = "今夜ここに来た。すべての仲間によろしく。次はあなたの番だ、覚えておけ。";
	(void)state;
	uint64_t print = content_fingerprint(one, sizeof one - 1);
	assert_in_range(content_distance(print, content_fingerprint(same, sizeof same - 1)), 0, 15);
	assert_in_range(content_distance(print, content_fingerprint(other, sizeof other - 1)), 16, 64);
	assert_int_equal(content_fingerprint("", 0), 0);
	assert_int_not_equal(content_fingerprint("123", 3), 0);
	assert_int_not_equal(content_fingerprint("123", 3), content_fingerprint("124", 3));
}

static void test_settings_that_cannot_be_are_refused(void **state)
{
	struct availability_settings settings = availability_defaults;
	struct availability *made;
	struct failure failure;
	(void)state;
	assert_int_equal(availability_new(&settings, &made, &failure), ERROR_USAGE); /* no sites */
	settings.sites = SITES;
	settings.sectors = sectors;
	settings.slow_of = 6;
	assert_int_equal(availability_new(&settings, &made, &failure), ERROR_USAGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_a_slow_down_is_told_before_the_outage_that_follows),
		TEST(test_ten_days_of_noise_stay_silent),
		TEST(test_sites_of_several_sectors_that_slow_down_together_are_one_disturbance),
		TEST(test_a_site_that_comes_and_goes_is_counted_once),
		TEST(test_a_site_that_never_answered_is_down_and_an_old_measurement_is_left_out),
		TEST(test_what_lasts_becomes_usual),
		TEST(test_another_content_is_told_once_and_a_clock_is_none),
		TEST(test_fingerprints_of_japanese_pages),
		TEST(test_settings_that_cannot_be_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
