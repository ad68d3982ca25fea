/*
 * darknet/trends.h: bins close by themselves, also those in which nothing came; what is told is JSON with each key that
 * docs/darknet.md has.
 */
#include "darknet/trends.h"

#include "year.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

static void add(void *context, const struct activity *activity)
{
	trends_add(context, activity);
}

static json_t *parse(struct builder *text)
{
	assert_false(text->failed);
	json_t *value = json_loadb(text->at, text->size, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(value);
	builder_free(text);
	return value;
}

static void check_keys(json_t *value, const char *const *keys)
{
	for (; *keys; keys++)
		if (!json_object_get(value, *keys))
			fail_msg("no key %s", *keys);
}

static void check_change(const struct change *change)
{
	static const char *const keys[] = { "change", "over", "new", "noticed", "from", "to", "observed", "expected",
		"surprise", "threshold", NULL };
	struct builder text = { 0 };
	change_json(change, &text);
	json_t *value = parse(&text);
	check_keys(value, keys);
	assert_int_equal(json_object_size(value), 11); /* and a port, a country or a network */
	json_decref(value);
}

static void check_group(const struct group *group)
{
	static const char *const keys[] = { "kind", "number", "sources", "packets", "open", "noticed", "first", "last",
		"ports", "common", "observed", "expected", "surprise", "threshold", "bins", "addresses", NULL };
	struct builder text = { 0 };
	group_json(group, &text);
	json_t *value = parse(&text);
	check_keys(value, keys);
	assert_int_equal(json_array_size(json_object_get(value, "addresses")), group->address_count);
	assert_true(json_object_size(json_object_get(value, "common")) >= 1);
	json_decref(value);
}

static void test_a_year_has_groups_and_changes(void **state)
{
	(void)state;
	struct year_setting setting = { .seed = 4, .days = 32, .rows = 200, .most = 1000, .targets = 4096 };
	struct year *year = year_new(&setting);
	struct trends *trends = trends_new(0);
	assert_non_null(trends);
	for (uint32_t hour = 0; hour < year_hours(year); hour++)
		year_hour(year, hour, add, trends);
	trends_finish(trends);
	size_t changes, groups;
	const struct change *change = trends_changes(trends, &changes);
	const struct group *group = trends_groups(trends, &groups);
	print_message("# %zu changes, %zu groups\n", changes, groups);
	assert_true(changes > 5 && groups > 5 && trends_untold(trends) == 0);
	for (size_t i = 0; i < changes; i++)
		check_change(&change[i]);
	for (size_t i = 0; i < groups; i++) {
		check_group(&group[i]);
		assert_true(i == 0 || group[i].number > group[i - 1].number);
	}
	trends_free(trends);
	year_free(year);
}

static void test_hours_in_which_nothing_came_are_closed_and_decades_are_not(void **state)
{
	(void)state;
	struct trends *trends = trends_new(0);
	struct activity activity = {
		.bin = YEAR_START, .first = YEAR_START, .last = YEAR_START, .packets = 1, .port = 23, .protocol = 6
	};
	trends_add(trends, &activity);
	activity.bin += 3 * HOUR;
	trends_add(trends, &activity);
	activity.bin += 100 * 365 * DAY; /* a file may say so */
	trends_add(trends, &activity);
	trends_finish(trends);
	size_t count;
	trends_groups(trends, &count);
	assert_int_equal(count, 0);
	trends_free(trends);
	trends_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_year_has_groups_and_changes),
		cmocka_unit_test(test_hours_in_which_nothing_came_are_closed_and_decades_are_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
