/*
 * Groups and changes on five weeks of synthetic years against a plain threshold and a change-point baseline on the same
 * data. Whole years of many seeds: bench/run years.
 */
#include "judge.h"

#include "year.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct total {
	struct share large, small; /* campaigns of 100 sources and more; of 10 to 99 */
	double wrong, months, delays;
};

static void add(
    struct total *total, const struct world *world, const struct judgement *judgement, const struct verdict *verdict)
{
	struct share large = verdict_share(world, judgement, verdict, 100, UINT32_MAX),
		     small = verdict_share(world, judgement, verdict, 10, 99);
	total->large.all += large.all;
	total->large.found += large.found;
	total->small.all += small.all;
	total->small.found += small.found;
	total->wrong += verdict->wrong;
	total->months += judgement->months;
	total->delays += large.found > 0 ? large.delay * judgement->months : 0;
}

static double print(const char *name, const struct world *world, const struct judgement *judgement,
    const struct verdict *verdict, struct total *total)
{
	*total = (struct total){ 0 };
	add(total, world, judgement, verdict);
	print_message("# | %s %g | %.2f | %u of %u | %u of %u | %.1f h |\n", name, verdict->at,
	    total->wrong / total->months, total->large.found, total->large.all, total->small.found, total->small.all,
	    total->delays / total->months);
	return total->wrong / total->months;
}

/* What the groups must do, whatever the world: not more false alarms than the change-point baseline has at the point
 * where it has the fewest, or three times what was asked for; and there find nine of ten of the large campaigns. */
static void judge(enum world_kind kind, const char *name)
{
	static struct judgement judgement;
	struct total total;
	struct world world;
	const struct world_setting setting = { kind, 5, 36, 300, 2000 };
	assert_true(world_new(&setting, &world));
	judge_world(&world, 1, &judgement);
	print_message("# %s: %.1f months judged, %llu activities, %.0f s\n", name, judgement.months,
	    (unsigned long long)judgement.rows, judgement.seconds);
	double fewest = INFINITY;
	for (size_t i = 0; i < THRESHOLDS; i++)
		print("threshold", &world, &judgement, &judgement.threshold[i], &total);
	for (size_t i = 0; i < CUSUMS; i++)
		fewest = fmin(fewest, print("CUSUM", &world, &judgement, &judgement.cusum[i], &total));
	print("rises", &world, &judgement, &judgement.rises, &total);
	print("groups", &world, &judgement, &judgement.groups[0], &total);
	assert_true(total.wrong / total.months <= fmax(3 * judgement.groups[0].at, fewest));
	assert_true(total.large.found * 10 >= total.large.all * 9);
	assert_true(total.large.all >= 15);
	world_free(&world);
}

static void test_groups_of_the_first_setting(void **state)
{
	(void)state;
	judge(WORLD_FIRST, "first setting");
}

static void test_groups_of_the_second_setting(void **state)
{
	(void)state;
	judge(WORLD_SECOND, "second setting");
}

static void test_groups_of_the_wild_year(void **state)
{
	(void)state;
	judge(WORLD_WILD, "wild");
}

struct sums {
	uint64_t rows, packets, order, research, background, attacks, outlier, bots[CAMPAIGNS];
	struct year *year;
	nanoseconds last;
};

static void sum(void *context, const struct activity *activity)
{
	struct sums *sums = context;
	uint32_t first, behind;
	sums->rows++;
	sums->packets += activity->packets;
	assert_true(activity->first >= activity->bin && activity->last < activity->bin + HOUR);
	assert_true(activity->first <= activity->last && activity->first >= sums->last && activity->packets > 0);
	sums->last = activity->first;
	sums->order = sums->order * 31 + (uint64_t)activity->first + activity->source.bytes[15];
	sums->research += activity->research;
	sums->attacks += activity->kind == ARRIVAL_BACKSCATTER;
	bool outlier = activity->port == year_outlier(sums->year, &first, &behind) && activity->protocol == 17;
	int origin = year_origin(sums->year, activity->source);
	if (origin >= 0)
		sums->bots[origin]++;
	sums->outlier += outlier;
	sums->background += activity->kind == ARRIVAL_PROBE && origin < 0 && !outlier;
}

/* What the year says of itself is in it, and an hour is the same whatever was made before. */
static void test_a_year_holds_what_it_says(void **state)
{
	(void)state;
	struct year_setting setting = { .seed = 3, .days = 40, .rows = 500, .most = 1000, .targets = 4096 };
	struct year *year = year_new(&setting);
	struct sums sums = { .year = year }, again = { .year = year };
	for (uint32_t hour = 0; hour < year_hours(year); hour++)
		year_hour(year, hour, sum, &sums);
	double research = (double)sums.research / (double)(sums.background);
	assert_true(research > 0.03 && research < 0.06); /* 5 %, of which a tenth is not known */
	assert_true(sums.attacks > ATTACKS / 2 && sums.outlier > 5000);
	const struct campaign *campaigns = year_campaigns(year);
	for (int i = 0; i < CAMPAIGNS; i++) {
		uint64_t most =
		    (uint64_t)campaigns[i].sources * (campaigns[i].last - campaigns[i].first + 1) * CAMPAIGN_PORTS;
		assert_in_range(sums.bots[i], 1, most);
	}
	for (uint32_t hour = 700; hour < 703; hour++)
		year_hour(year, hour, sum, &again);
	struct year *other = year_new(&setting);
	struct sums alone = { .year = other };
	for (uint32_t hour = 700; hour < 703; hour++)
		year_hour(other, hour, sum, &alone);
	assert_true(alone.order == again.order && alone.packets == again.packets);
	year_free(year);
	year_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_year_holds_what_it_says),
		cmocka_unit_test(test_groups_of_the_first_setting),
		cmocka_unit_test(test_groups_of_the_second_setting),
		cmocka_unit_test(test_groups_of_the_wild_year),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
