/*
 * Day tables and views on small numbers: what one packet changes, days of the zone, files that are read twice, cut or
 * changed.
 */
#include "darknet/day/day_folder.h"
#include "darknet/packet/arrival.h"
#include "darknet/packet/method.h"
#include "darknet/view/views.h"

#include "base/file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JAPAN (9 * 3600)
#define FIRST 19000 /* a day */
#define MIDNIGHT ((nanoseconds)FIRST * DAY - JAPAN * SECOND)

static char base[] = "/tmp/noroshi-views-XXXXXX";
static char folder[128];

/* A folder of its own for each test. */
static int fresh(void **unused)
{
	static unsigned number;

	(void)unused;
	snprintf(folder, sizeof folder, "%s/%u", base, ++number);
	return 0;
}

struct count {
	nanoseconds when;
	uint32_t packets;
	uint16_t port;
	uint8_t protocol, kind, method;
	bool research;
	const char *country;
};

static void add(struct day_folder *days, const struct count *count)
{
	struct activity activity = { .bin = count->when / HOUR * HOUR,
		.packets = count->packets,
		.port = count->port,
		.protocol = count->protocol ? count->protocol : 6,
		.kind = count->kind,
		.method = count->method,
		.research = count->research };

	if (count->country)
		memcpy(activity.country, count->country, 2);
	assert_int_equal(day_folder_add(days, &activity, NULL), OK);
}

static void write_part(
    const char *sensor, const char *name, uint64_t addresses, const struct count *counts, size_t size)
{
	struct day_folder_part part = { folder, sensor, name, JAPAN, addresses };
	struct day_folder *days;

	assert_int_equal(day_folder_begin(&part, &days, NULL), OK);
	for (size_t i = 0; i < size; i++)
		add(days, &counts[i]);
	assert_int_equal(day_folder_end(days, NULL), OK);
}

static struct day_sum *read_days(int64_t from, int64_t to, int64_t before_from, int64_t before_to)
{
	struct view_period now = { from, to }, before = { before_from, before_to };
	struct day_sum *sum = day_sum_new(&now, &before);
	struct failure failure;

	assert_non_null(sum);
	if (day_sum_read(sum, folder, NULL, &failure) != OK)
		fail_msg("%s", failure.words);
	return sum;
}

static struct view view_by(const struct day_sum *sum, enum view_kind kind, enum view_by by)
{
	struct view view;

	assert_int_equal(view_of(sum, &(struct view_query){ .kind = kind, .by = by }, &view, NULL), OK);
	return view;
}

static const struct view_cell *port(const struct view *view, uint16_t number)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->cells[i].key.port == number)
			return &view->cells[i];
	return NULL;
}

static const struct count world[] = {
	{ MIDNIGHT + HOUR, 60, 23, 6, ARRIVAL_PROBE, 0, false, "US" },
	{ MIDNIGHT + HOUR, 30, 80, 6, ARRIVAL_PROBE, 0, false, "JP" },
	{ MIDNIGHT + 2 * HOUR, 30, 22, 6, ARRIVAL_PROBE, 0, true, "US" },
	{ MIDNIGHT + 3 * HOUR, 10, 445, 6, ARRIVAL_OTHER, METHOD_SMB1, false, "CN" },
	{ MIDNIGHT + 3 * HOUR, 50, 443, 6, ARRIVAL_BACKSCATTER, 0, false, "DE" },
	{ MIDNIGHT + 30 * HOUR, 20, 23, 6, ARRIVAL_PROBE, 0, false, "US" },
	{ MIDNIGHT + 31 * HOUR, 90, 80, 6, ARRIVAL_PROBE, 0, false, "JP" },
	{ MIDNIGHT + 47 * HOUR, 5, 53, 17, ARRIVAL_PROBE, METHOD_DNS, false, NULL },
};
#define WORLD (sizeof world / sizeof *world)

/* ── */

static void test_ranks_changes_and_shares(void **unused)
{
	(void)unused;
	write_part("one", "a", 10, world, WORLD);
	struct day_sum *sum = read_days(FIRST + 1, FIRST + 1, FIRST, FIRST);
	struct view view = view_by(sum, VIEW_ACCESS, VIEW_BY_PORT);

	assert_int_equal(view.count, 5);
	assert_int_equal(view.total[0], 115);
	assert_int_equal(view.total[1], 130);
	assert_int_equal(view.cells[0].key.port, 80);
	assert_int_equal(view.cells[0].rank[0], 1);
	assert_int_equal(view.cells[0].rank[1], 2); /* beside 22, with as many */
	assert_int_equal(port(&view, 22)->rank[1], 2);
	assert_int_equal(port(&view, 445)->rank[1], 4);
	assert_int_equal(port(&view, 445)->rank[0], 0); /* it was not there any more */
	assert_true(view.cells[0].value[0] == 9 && view.cells[0].value[1] == 3 && view.cells[0].change == 6);
	assert_true(view.cells[0].percent == 200 && fabs(view.cells[0].share - 90 / 115.0) < 1e-12);
	assert_true(isnan(port(&view, 53)->percent)); /* there was none before */
	view_free(&view);
	view = view_by(sum, VIEW_BACKSCATTER, VIEW_BY_COUNTRY);
	assert_int_equal(view.count, 1);
	assert_true(view.cells[0].value[1] == 50 && view.cells[0].value[0] == 0); /* a day, not for each address */
	assert_memory_equal(view.cells[0].key.country, "DE", 2);
	view_free(&view);
	view = view_by(sum, VIEW_METHOD, VIEW_BY_METHOD);
	assert_int_equal(view.count, 2);
	assert_int_equal(view.cells[0].key.method, METHOD_DNS);
	view_free(&view);
	struct view_query without = { .kind = VIEW_ACCESS, .by = VIEW_BY_PORT, .without_research = true };
	assert_int_equal(view_of(sum, &without, &view, NULL), OK);
	assert_null(port(&view, 22));
	view_free(&view);
	struct view_query japan = { .kind = VIEW_ACCESS, .by = VIEW_BY_PORT, .country = "JP" };
	assert_int_equal(view_of(sum, &japan, &view, NULL), OK);
	assert_int_equal(view.count, 1);
	assert_int_equal(view.total[0], 90);
	view_free(&view);
	day_sum_free(sum);
}

/* How many cells of every view differ between two tallies. */
static size_t differences(const struct day_sum *one, const struct day_sum *other, size_t *values)
{
	size_t count = 0;

	*values = 0;
	for (enum view_kind kind = VIEW_ACCESS; kind <= VIEW_BACKSCATTER; kind++)
		for (enum view_by by = VIEW_BY_PORT; by <= VIEW_BY_NOTHING; by++) {
			struct view a = view_by(one, kind, by), b = view_by(other, kind, by);
			assert_int_equal(a.count, b.count);
			for (size_t i = 0; i < a.count; i++)
				for (size_t j = 0; j < b.count; j++)
					if (memcmp(&a.cells[i].key, &b.cells[j].key, sizeof a.cells[i].key) == 0) {
						bool now = a.cells[i].packets[0] != b.cells[j].packets[0];
						bool before = a.cells[i].packets[1] != b.cells[j].packets[1];
						count += now || before;
						*values += now + before;
					}
			view_free(&a);
			view_free(&b);
		}
	return count;
}

static void test_one_packet_more_changes_the_cells_it_must_and_no_other(void **unused)
{
	(void)unused;
	struct count more[WORLD];
	size_t values;

	write_part("one", "a", 10, world, WORLD);
	struct day_sum *old = read_days(FIRST + 1, FIRST + 1, FIRST, FIRST);
	memcpy(more, world, sizeof more);
	more[6].packets++; /* access to 80/TCP from JP, the second day */
	write_part("one", "a", 10, more, WORLD);
	struct day_sum *new = read_days(FIRST + 1, FIRST + 1, FIRST, FIRST);
	/* by port, by country, by method (none), of all */
	assert_int_equal(differences(old, new, &values), 4);
	assert_int_equal(values, 4);
	day_sum_free(new);
	memcpy(more, world, sizeof more);
	more[3].packets++; /* the first day's SMB1 from CN: also the views of methods */
	write_part("one", "a", 10, more, WORLD);
	new = read_days(FIRST + 1, FIRST + 1, FIRST, FIRST);
	assert_int_equal(differences(old, new, &values), 8);
	assert_int_equal(values, 8);
	day_sum_free(new);
	day_sum_free(old);
}

static void test_a_packet_that_moves_over_midnight_in_japan_moves_between_the_days(void **unused)
{
	(void)unused;
	struct count moved[WORLD + 1];
	size_t values;

	memcpy(moved, world, sizeof world);
	moved[WORLD] = (struct count){ MIDNIGHT + DAY - 1, 1, 80, 6, ARRIVAL_PROBE, 0, false, "JP" };
	write_part("one", "a", 10, moved, WORLD + 1);
	struct day_sum *old = read_days(FIRST + 1, FIRST + 1, FIRST, FIRST);
	moved[WORLD].when++;
	write_part("one", "a", 10, moved, WORLD + 1);
	struct day_sum *new = read_days(FIRST + 1, FIRST + 1, FIRST, FIRST);
	assert_int_equal(differences(old, new, &values), 4);
	assert_int_equal(values, 8); /* of each cell both days */
	struct view view = view_by(new, VIEW_ACCESS, VIEW_BY_PORT);
	assert_int_equal(port(&view, 80)->packets[0], 91);
	assert_int_equal(port(&view, 80)->packets[1], 30);
	view_free(&view);
	day_sum_free(new);
	day_sum_free(old);
	assert_int_equal(day_of(MIDNIGHT - 1, JAPAN), FIRST - 1);
	assert_int_equal(day_of(-1, 0), -1);
	assert_int_equal(day_begins(FIRST, JAPAN), MIDNIGHT);
}

static void test_what_is_read_twice_or_in_two_parts_counts_once(void **unused)
{
	(void)unused;
	write_part("one", "a", 10, world, WORLD);
	struct day_sum *whole = read_days(FIRST, FIRST + 1, FIRST - 10, FIRST - 1);
	write_part("one", "a", 10, world, WORLD); /* again */
	struct day_sum *twice = read_days(FIRST, FIRST + 1, FIRST - 10, FIRST - 1);
	size_t values;
	assert_int_equal(differences(whole, twice, &values), 0);
	day_sum_free(twice);
	write_part("one", "a", 10, world, 3); /* what a shorter input says of the first day replaces it */
	write_part("one", "b", 10, world + 3, WORLD - 3);
	twice = read_days(FIRST, FIRST + 1, FIRST - 10, FIRST - 1);
	struct view view = view_by(twice, VIEW_ACCESS, VIEW_BY_NOTHING);
	/* part "a" says of the second day what it said before */
	assert_int_equal(view.total[0], 130 + 115 + 115);
	view_free(&view);
	assert_true(day_sum_cover(twice, 0).address_days == 20); /* two parts of a day are not two telescopes */
	assert_true(day_sum_cover(twice, 1).address_days == 0);
	day_sum_free(twice);
	day_sum_free(whole);
}

static void test_sensors_add_up_and_their_absence_counts(void **unused)
{
	(void)unused;
	struct day_folder_part part = { folder, "two", "a", JAPAN, 30 };
	struct day_folder *days;

	write_part("one", "a", 10, world, WORLD);
	assert_int_equal(day_folder_begin(&part, &days, NULL), OK);
	add(days, &world[0]);
	day_folder_awake(days, MIDNIGHT, MIDNIGHT + 6 * HOUR);
	assert_int_equal(day_folder_end(days, NULL), OK);
	struct day_sum *sum = read_days(FIRST, FIRST, FIRST - 1, FIRST - 1);
	assert_true(fabs(day_sum_cover(sum, 0).address_days - (10 + 30 / 4.0)) < 1e-9);
	assert_true(day_sum_cover(sum, 0).days == 1);
	assert_int_equal(day_sum_cover(sum, 0).files, 2);
	struct view view = view_by(sum, VIEW_ACCESS, VIEW_BY_PORT);
	assert_true(fabs(port(&view, 23)->value[0] - 120 / 17.5) < 1e-9);
	assert_true(isnan(port(&view, 23)->value[1])); /* nobody was awake */
	view_free(&view);
	day_sum_free(sum);
}

static void test_a_late_activity_takes_its_day_up_again(void **unused)
{
	(void)unused;
	struct day_folder_part part = { folder, "one", "a", JAPAN, 1 };
	struct day_folder *days;
	struct count late[5];

	for (size_t i = 0; i < 5; i++)
		late[i] =
		    (struct count){ MIDNIGHT + (nanoseconds)i * 2 * DAY, 7, 23, 6, ARRIVAL_PROBE, 0, false, "US" };
	assert_int_equal(day_folder_begin(&part, &days, NULL), OK);
	for (size_t i = 0; i < 5; i++)
		add(days, &late[i]);
	add(days, &late[1]);
	late[2].when -= DAY; /* a day without anything until now */
	add(days, &late[2]);
	assert_int_equal(day_folder_end(days, NULL), OK);
	struct day_sum *sum = read_days(FIRST, FIRST + 8, FIRST - 1, FIRST - 1);
	assert_true(day_sum_cover(sum, 0).address_days == 9); /* days of silence are days */
	struct view view = view_by(sum, VIEW_ACCESS, VIEW_BY_PORT);
	assert_int_equal(view.total[0], 49);
	view_free(&view);
	day_sum_free(sum);
}

static void test_a_file_that_was_cut_or_changed_is_refused(void **unused)
{
	(void)unused;
	char path[300], changed[300];
	char *text;
	size_t size;
	struct day_about about;
	struct failure failure;

	write_part("one", "a", 10, world, WORLD);
	snprintf(path, sizeof path, "%s/one/2022-01-08/a.table", folder);
	snprintf(changed, sizeof changed, "%s/changed", folder);
	assert_int_equal(file_read(path, 1 << 20, &text, &size, NULL), OK);
	assert_int_equal(day_table_read(path, &about, NULL, NULL, NULL), OK);
	assert_int_equal(about.day, FIRST);
	for (size_t cut = 0; cut < size; cut++) {
		assert_int_equal(file_replace(changed, (struct text){ text, cut }, 0600, NULL), OK);
		assert_int_equal(day_table_read(changed, &about, NULL, NULL, &failure), ERROR_CORRUPT);
		assert_non_null(strstr(failure.words, "changed"));
	}
	for (size_t at = 0; at < size; at++) {
		char was = text[at];
		text[at] = (char)(was ^ 1);
		assert_int_equal(file_replace(changed, (struct text){ text, size }, 0600, NULL), OK);
		if (day_table_read(changed, &about, NULL, NULL, &failure) == OK)
			fail_msg("byte %zu (%c) may be changed", at, was);
		text[at] = was;
	}
	free(text);
}

static void test_names_that_are_paths_are_refused(void **unused)
{
	(void)unused;
	static const char *const names[] = { "", ".", "..", "a/b", "../a", ".new", "a b", "日本" };
	struct day_folder *days;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct day_folder_part part = { folder, names[i], "a", JAPAN, 1 };
		assert_int_equal(day_folder_begin(&part, &days, NULL), ERROR_USAGE);
		part = (struct day_folder_part){ folder, "one", names[i], JAPAN, 1 };
		assert_int_equal(day_folder_begin(&part, &days, NULL), ERROR_USAGE);
	}
}

/* ── sums that are split ─ */

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % below);
}

static void count_at_random(struct day_sum *const sums[2], uint64_t seed)
{
	static const char *const countries[] = { "JP", "US", "CN", "DE", "\0" };
	static const uint8_t protocols[] = { 6, 17, 132, 1, 47 };

	for (int i = 0; i < 20000; i++) {
		struct day_key key = { .protocol = protocols[draw(&seed, 5)],
			.port = (uint16_t)(draw(&seed, 2) ? draw(&seed, 40) : 1000 + draw(&seed, 50)),
			.kind = (uint8_t)draw(&seed, ARRIVAL_KINDS),
			.method = (uint8_t)(draw(&seed, 3) ? 0 : draw(&seed, METHOD_COUNT)),
			.research = draw(&seed, 5) == 0 };
		int64_t day = FIRST + draw(&seed, 10);
		uint64_t packets = 1 + draw(&seed, 1000);
		memcpy(key.country, countries[draw(&seed, 5)], 2);
		for (int which = 0; which < 2; which++)
			assert_int_equal(day_sum_count(sums[which], day, &key, packets, NULL), OK);
	}
	for (int64_t day = FIRST; day < FIRST + 10; day++)
		for (int which = 0; which < 2; which++)
			day_sum_awake(sums[which], day, 0.5, 300);
}

static void assert_same_view(struct day_sum *const sums[2], const struct view_query *query)
{
	struct view views[2];

	for (int which = 0; which < 2; which++)
		assert_int_equal(view_of(sums[which], query, &views[which], NULL), OK);
	assert_int_equal(views[0].count, views[1].count);
	assert_true(views[0].total[0] == views[1].total[0] && views[0].total[1] == views[1].total[1]);
	for (size_t i = 0; i < views[0].count; i++) {
		const struct view_cell *one = &views[0].cells[i], *other = &views[1].cells[i];
		assert_memory_equal(&one->key, &other->key, sizeof one->key);
		assert_memory_equal(one->packets, other->packets, sizeof one->packets);
		assert_memory_equal(one->rank, other->rank, sizeof one->rank);
		assert_memory_equal(one->value, other->value, sizeof one->value);
	}
	assert_true(query->kind == VIEW_METHOD || views[0].total[0] > 0);
	view_free(&views[0]);
	view_free(&views[1]);
}

static void assert_same_series(struct day_sum *const sums[2], unsigned count)
{
	for (unsigned series = 0; series < count; series++) {
		struct view_step *steps[2];
		size_t sizes[2];
		for (int which = 0; which < 2; which++)
			assert_int_equal(
			    day_sum_series(sums[which], series, 1, false, &steps[which], &sizes[which], NULL), OK);
		assert_int_equal(sizes[0], sizes[1]);
		for (size_t i = 0; i < sizes[0]; i++)
			assert_true(steps[0][i].packets == steps[1][i].packets);
		free(steps[0]);
		free(steps[1]);
	}
}

static void test_a_split_sum_answers_as_one_of_everything(void **unused)
{
	static const struct view_query queries[] = {
		{ VIEW_ACCESS, VIEW_BY_NOTHING, 0, "", 0, 0, 0, false },
		{ VIEW_ACCESS, VIEW_BY_NOTHING, VIEW_PORTS_WELL_KNOWN, "", 0, 0, 0, true },
		{ VIEW_ACCESS, VIEW_BY_NOTHING, VIEW_PORTS_OTHER, "", 0, 0, 0, false },
		{ VIEW_ACCESS, VIEW_BY_NOTHING, VIEW_PORTS_NONE, "", 0, 0, 0, false },
		{ VIEW_ACCESS, VIEW_BY_NOTHING, 0, "", 23, 6, 0, false },
		{ VIEW_ACCESS, VIEW_BY_PORT, 0, "", 0, 0, 0, false },
		{ VIEW_ACCESS, VIEW_BY_PORT, 0, "", 0, 0, 0, true },
		{ VIEW_ACCESS, VIEW_BY_PORT, 0, "JP", 0, 0, 0, true },
		{ VIEW_ACCESS, VIEW_BY_COUNTRY, 0, "", 0, 0, 0, true },
		{ VIEW_METHOD, VIEW_BY_METHOD, 0, "", 0, 0, 0, false },
		{ VIEW_METHOD, VIEW_BY_COUNTRY, 0, "", 0, 0, 0, true },
		{ VIEW_BACKSCATTER, VIEW_BY_NOTHING, 0, "", 0, 0, 0, false },
		{ VIEW_BACKSCATTER, VIEW_BY_PORT, 0, "", 0, 0, 0, false },
		{ VIEW_BACKSCATTER, VIEW_BY_COUNTRY, 0, "", 0, 0, 0, false },
	};
	struct view_period now = { FIRST + 5, FIRST + 9 }, before = { FIRST, FIRST + 6 }; /* two days are in both */
	(void)unused;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct day_sum *sums[2] = { day_sum_new(&now, &before), day_sum_new(&now, &before) };
		unsigned series = 0;
		assert_true(sums[0] && sums[1]);
		assert_int_equal(day_sum_split(sums[1], "JP", NULL), OK);
		for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
			for (int which = 0; which < 2; which++)
				assert_int_equal(day_sum_follow(sums[which], &queries[i], &series, NULL), OK);
		count_at_random(sums, seed);
		for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
			assert_same_view(sums, &queries[i]);
		assert_same_series(sums, series + 1);
		day_sum_free(sums[0]);
		day_sum_free(sums[1]);
	}
}

static int set_up(void **unused)
{
	(void)unused;
	return mkdtemp(base) ? 0 : 1;
}

static int clean(void **unused)
{
	(void)unused;
	char command[64];

	snprintf(command, sizeof command, "rm -r %s", base);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ranks_changes_and_shares, fresh),
		cmocka_unit_test_setup(test_one_packet_more_changes_the_cells_it_must_and_no_other, fresh),
		cmocka_unit_test_setup(test_a_packet_that_moves_over_midnight_in_japan_moves_between_the_days, fresh),
		cmocka_unit_test_setup(test_what_is_read_twice_or_in_two_parts_counts_once, fresh),
		cmocka_unit_test_setup(test_sensors_add_up_and_their_absence_counts, fresh),
		cmocka_unit_test_setup(test_a_late_activity_takes_its_day_up_again, fresh),
		cmocka_unit_test_setup(test_a_file_that_was_cut_or_changed_is_refused, fresh),
		cmocka_unit_test_setup(test_names_that_are_paths_are_refused, fresh),
		cmocka_unit_test(test_a_split_sum_answers_as_one_of_everything),
	};

	return cmocka_run_group_tests_name("darknet views", tests, set_up, clean);
}
