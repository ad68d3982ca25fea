/*
 * What a report holds beside its rankings: a telescope's figures, notes on periods and what they leave out, kinds of
 * ports, ports of IoT devices, sensors and outages.
 */
#include "darknet/day/day_folder.h"
#include "darknet/packet/arrival.h"
#include "darknet/report/report.h"
#include "darknet/view/views_report.h"

#include "base/file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JAPAN (9 * 3600)
#define FIRST 19000 /* 2022-01-08 */
#define MIDNIGHT ((nanoseconds)FIRST * DAY - JAPAN * SECOND)

static char base[] = "/tmp/noroshi-views-report-XXXXXX";
static char folder[128];

static int fresh(void **unused)
{
	static unsigned number;

	(void)unused;
	snprintf(folder, sizeof folder, "%s/%u", base, ++number);
	return directory_make(folder, 0700, NULL) != OK;
}

static void write_days(
    const char *sensor, uint64_t addresses, int64_t from, int64_t to, const struct activity *each, size_t count)
{
	struct day_folder_part part = { folder, sensor, "a", JAPAN, addresses };
	struct day_folder *days;

	assert_int_equal(day_folder_begin(&part, &days, NULL), OK);
	for (int64_t day = from; day <= to; day++)
		for (size_t i = 0; i < count; i++) {
			struct activity activity = each[i];
			activity.bin = day_begins(day, JAPAN);
			assert_int_equal(day_folder_add(days, &activity, NULL), OK);
		}
	assert_int_equal(day_folder_end(days, NULL), OK);
}

static const struct activity world[] = {
	{ .packets = 60, .port = 23, .protocol = 6, .kind = ARRIVAL_PROBE, .country = "US" },
	{ .packets = 20, .port = 8080, .protocol = 6, .kind = ARRIVAL_PROBE, .country = "JP" },
	{ .packets = 15, .port = 2048, .protocol = 1, .kind = ARRIVAL_PROBE, .country = "JP" },
	{ .packets = 5, .port = 443, .protocol = 6, .kind = ARRIVAL_PROBE, .country = "US", .research = 1 },
	{ .packets = 50, .port = 443, .protocol = 6, .kind = ARRIVAL_BACKSCATTER, .country = "DE" },
};
#define WORLD (sizeof world / sizeof *world)

static struct view_notes note_of(const char *period, bool left_out)
{
	struct view_notes notes;
	struct view_note note = { .period = (char *)period,
		.japanese = (char *)"停電",
		.english = (char *)"power \"cut\" \\ \\x",
		.author = (char *)"A",
		.written_text = (char *)"2022-02-01T00:00:00+09:00",
		.left_out = left_out };
	struct failure failure;

	if (view_notes_add(folder, &note, &failure) != OK)
		fail_msg("%s", failure.words);
	assert_int_equal(view_notes_read(folder, &notes, NULL), OK);
	return notes;
}

static void make(
    struct views_report *report, int64_t from, int64_t to, const struct view_notes *notes, const struct iot_ports *iot)
{
	*report = (struct views_report){
		.periods = { { from, to }, { from - (to - from) - 1, from - 1 } }, .top = 10, .notes = notes, .iot = iot
	};
	struct failure failure;

	if (views_report_make(report, folder, NULL, &failure) != OK)
		fail_msg("%s", failure.words);
}

static void test_a_year_of_nicter_is_a_packet_every_eighteen_seconds(void **unused)
{
	(void)unused;
	/* 2022: 522.6 billion packets, about 300,000 addresses; printed: 17 seconds */
	struct view_cover year = { .days = 365, .address_days = 365.0 * 300000, .files = 1 };
	struct views_figures figures = views_figures_of(522600000000, &year);

	assert_true(fabs(figures.seconds_for_each - 18.1) < 0.05);
	assert_true(figures.addresses == 300000 && figures.per_address == 1742000);
	year.address_days = 365.0 * 274000;
	assert_true(views_figures_of(522600000000, &year).seconds_for_each > 16.5);
	year.address_days = 365.0 * 290000;
	assert_true(views_figures_of(522600000000, &year).seconds_for_each < 17.51);
	/* half of the year with twice the addresses: an address waits as long, and there were more of them */
	year = (struct view_cover){ .days = 182.5, .address_days = 365.0 * 300000 };
	figures = views_figures_of(522600000000, &year);
	assert_true(fabs(figures.seconds_for_each - 18.1) < 0.05 && figures.addresses == 600000);
	assert_true(isnan(views_figures_of(7, &(struct view_cover){ 0 }).per_address));
	assert_true(isnan(views_figures_of(0, &year).seconds_for_each));
}

static void test_figures_know_researchers_and_devices(void **unused)
{
	(void)unused;
	struct iot_ports list;
	struct views_report report;

	assert_int_equal(iot_ports_parse("list",
			     TEXT("name: a list\ndate: 2022-01-01\n8080/tcp cameras\n# no\n\n23/udp\n"), &list, NULL),
	    OK);
	write_days("one", 10, FIRST, FIRST + 1, world, WORLD);
	make(&report, FIRST, FIRST + 1, NULL, &list);
	assert_int_equal(report.figures[0].packets, 300);
	assert_true(report.figures[0].per_address == 30);
	assert_true(fabs(report.figures[0].research - 0.05) < 1e-12);
	assert_true(fabs(report.figures[0].iot - 20 / 95.0) < 1e-12); /* researchers left out; 23/tcp is not listed */
	assert_true(isnan(report.figures[1].iot) && report.figures[1].packets == 0);
	assert_int_equal(report.sections[SECTION_PORTS_SURVEYED].count, 3);
	assert_int_equal(report.sections[SECTION_PORTS].count, 4);
	views_report_free(&report);
}

static void test_ports_are_well_known_others_or_none(void **unused)
{
	(void)unused;
	struct views_report report;

	write_days("one", 10, FIRST, FIRST, world, WORLD);
	make(&report, FIRST, FIRST, NULL, NULL);
	assert_int_equal(report.sections[SECTION_WELL_KNOWN].total[0], 65);
	assert_int_equal(report.sections[SECTION_OTHER_PORTS].total[0], 20);
	assert_int_equal(report.sections[SECTION_NO_PORTS].total[0], 15);
	assert_int_equal(report.series[SERIES_WELL_KNOWN].days[0].packets, 65);
	assert_int_equal(report.series[SERIES_BACKSCATTER].days[0].packets, 50);
	assert_string_equal(report.series[SERIES_FOLLOWED].name, "23/tcp");
	assert_int_equal(report.series[SERIES_FOLLOWED].days[0].packets, 60);
	assert_int_equal(report.monthly_count, 4);
	assert_string_equal(report.monthly[0].name, "23/tcp");
	assert_int_equal(report.monthly[0].months[0].packets, 60);
	assert_int_equal(report.country_count, 2);
	assert_memory_equal(report.country_ports[0].query.country, "US", 2);
	assert_int_equal(report.country_ports[0].cells[0].key.port, 23);
	views_report_free(&report);
}

static void test_what_a_note_leaves_out_is_no_part_of_series_and_is_ranked(void **unused)
{
	(void)unused;
	struct views_report report;
	struct view_notes notes = note_of("2022-01-10..2022-01-11", true);

	write_days("one", 10, FIRST, FIRST + 5, world, WORLD);
	make(&report, FIRST, FIRST + 5, &notes, NULL);
	const struct views_series *all = &report.series[SERIES_ALL];
	assert_int_equal(all->day_count, 6);
	assert_int_equal(all->month_count, 1);
	assert_int_equal(all->months[0].packets, 400);
	assert_int_equal(all->months[0].left_out, 2);
	assert_true(all->months[0].value == 10); /* of four days */
	assert_true(isnan(all->days[2].value) && isnan(all->days[3].value) && all->days[4].value == 10);
	assert_int_equal(report.sections[SECTION_ALL].total[0], 600);
	size_t next = 0;
	assert_non_null(views_report_note(&report, 0, &next));
	assert_null(views_report_note(&report, 0, &next));
	next = 0;
	assert_null(views_report_note(&report, 1, &next));
	views_report_free(&report);
	view_notes_free(&notes);
}

static void test_sensors_and_outages_are_told(void **unused)
{
	(void)unused;
	struct views_report report;
	struct day_folder_part part = { folder, "two", "a", JAPAN, 30 };
	struct day_folder *days;

	write_days("one", 10, FIRST, FIRST + 1, world, 1);
	assert_int_equal(day_folder_begin(&part, &days, NULL), OK);
	struct activity late = world[0];
	late.bin = day_begins(FIRST + 6, JAPAN);
	assert_int_equal(day_folder_add(days, &late, NULL), OK);
	day_folder_awake(days, late.bin, late.bin + 6 * HOUR);
	assert_int_equal(day_folder_end(days, NULL), OK);
	make(&report, FIRST, FIRST + 6, NULL, NULL);
	assert_int_equal(report.sensor_count, 2);
	assert_string_equal(report.sensors[0].name, "one");
	assert_true(report.sensors[0].days[0] == 2 && report.sensors[1].days[0] == 0.25);
	assert_int_equal(report.sensors[1].addresses, 30);
	assert_int_equal(
	    report.outage_count, 1); /* the third day to the seventh, of which it was awake for a quarter */
	assert_int_equal(report.outages[0].from, FIRST + 2);
	assert_int_equal(report.outages[0].to, FIRST + 6);
	assert_true(report.outages[0].awake == 0.25);
	views_report_free(&report);
}

static void test_notes_are_kept_as_they_were_said(void **unused)
{
	(void)unused;
	struct view_notes notes = note_of("2020", false), again;
	struct builder text = { 0 };

	view_notes_free(&notes);
	notes = note_of("2021-03", true);
	assert_int_equal(notes.count, 2);
	assert_string_equal(notes.items[0].english, "power \"cut\" \\ \\x");
	assert_string_equal(notes.items[1].japanese, "停電");
	assert_false(notes.items[0].left_out);
	assert_true(notes.items[1].left_out && notes.items[1].days.to - notes.items[1].days.from == 30);
	view_notes_write(&notes, &text);
	assert_int_equal(view_notes_parse("again", (struct text){ text.at, text.size }, &again, NULL), OK);
	assert_int_equal(again.count, 2);
	assert_int_equal(again.items[1].written, notes.items[1].written);
	assert_true(view_notes_leave_out(&notes, &(struct view_period){ 18700, 18720 })); /* in March 2021 */
	assert_false(view_notes_leave_out(&notes, &(struct view_period){ 18730, 18740 }));
	builder_free(&text);
	view_notes_free(&again);
	view_notes_free(&notes);
}

static void test_notes_that_say_too_little_are_refused(void **unused)
{
	(void)unused;
	static const struct {
		const char *text, *said;
	} wrong[] = {
		{ "notes = ( { period = \"2020\"; ja = \"a\"; en = \"b\"; author = \"c\"; } );", "written" },
		{ "notes = ( { period = \"2020-13\"; ja = \"a\"; en = \"b\"; author = \"c\"; written = "
		  "\"2021-01-01T00:00:00Z\"; } );",
		    "period" },
		{ "notes = ( { period = \"2020\"; en = \"b\"; author = \"c\"; written = \"2021-01-01T00:00:00Z\"; } );",
		    "ja" },
		{ "notes = ( { period = \"2020\"; ja = \"a\\nb\"; en = \"b\"; author = \"c\"; written = "
		  "\"2021-01-01T00:00:00Z\"; } );",
		    "one line" },
		{ "notes = ( { periode = \"2020\"; } );", "did you mean \"period\"" },
		{ "notes = ( { period = \"2020\"; ja = \"a\"; en = \"b\"; author = \"c\"; written = \"yesterday\"; } "
		  ");",
		    "written" },
		{ "notes = ( { period = \"2020\" ", "" },
	};
	struct view_notes notes;
	struct failure failure;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(view_notes_parse("notes", text_of(wrong[i].text), &notes, &failure), ERROR_INPUT);
		if (!strstr(failure.words, wrong[i].said))
			fail_msg("%s", failure.words);
		assert_int_equal(notes.count, 0);
	}
	assert_int_equal(view_notes_read("/nonexistent", &notes, NULL), OK);
	assert_int_equal(notes.count, 0);
}

static void test_lists_of_ports_that_say_too_little_are_refused(void **unused)
{
	(void)unused;
	static const char *const wrong[] = { "", "name: a\n23/tcp\n", "date: 2022-01-01\n23/tcp\n",
		"name: a\ndate: 2022-02-30\n23/tcp\n", "name: a\ndate: 2022-01-01\n",
		"name: a\ndate: 2022-01-01\n65536/tcp\n", "name: a\ndate: 2022-01-01\n23/icmp\n",
		"name: a\ndate: 2022-01-01\n23\n", "name:\ndate: 2022-01-01\n23/tcp\n" };
	struct iot_ports list;
	struct failure failure;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(iot_ports_parse("list", text_of(wrong[i]), &list, &failure), ERROR_INPUT);
	assert_int_equal(
	    iot_ports_parse("list", TEXT("name: a\ndate: 2022-01-01\n23/tcp\n7/udp x\n"), &list, NULL), OK);
	assert_true(iot_ports_has(&list, 23, 6) && iot_ports_has(&list, 7, 17));
	assert_false(iot_ports_has(&list, 23, 17) || iot_ports_has(&list, 7, 6));
}

static void test_periods_are_read_and_said_as_people_write_them(void **unused)
{
	(void)unused;
	static const struct {
		const char *text;
		int64_t from, to, before_from;
		const char *said;
	} good[] = {
		{ "2022", 18993, 19357, 18628, "2022" },
		{ "2020-02", 18293, 18321, 18262, "2020-02" },
		{ "2022-03-01", 19052, 19052, 19051, "2022-03-01" },
		{ "2022-03-01..2022-03-10", 19052, 19061, 19042, "2022-03-01–2022-03-10" },
		{ "2022-03-01..2022-03-31", 19052, 19082, 19021, "2022-03" },
	};
	static const char *const wrong[] = { "", "22", "2022-", "2022-00", "2022-13", "2022-02-29", "2022-03-01..",
		"2022-03-02..2022-03-01", "2022..2023", "1969", "2262", "2022-3-01", "2022-03-01x", "..", "２０２２" };
	struct view_period period;
	enum period_form form;
	char words[VIEW_PERIOD_TEXT];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(view_period_parse(text_of(good[i].text), &period, &form));
		assert_int_equal(period.from, good[i].from);
		assert_int_equal(period.to, good[i].to);
		assert_int_equal(view_period_before(&period, form).from, good[i].before_from);
		assert_int_equal(view_period_before(&period, form).to, good[i].from - 1);
		assert_string_equal(view_period_format(&period, words), good[i].said);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (view_period_parse(text_of(wrong[i]), &period, &form))
			fail_msg("%s is no period", wrong[i]);
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
		cmocka_unit_test(test_a_year_of_nicter_is_a_packet_every_eighteen_seconds),
		cmocka_unit_test_setup(test_figures_know_researchers_and_devices, fresh),
		cmocka_unit_test_setup(test_ports_are_well_known_others_or_none, fresh),
		cmocka_unit_test_setup(test_what_a_note_leaves_out_is_no_part_of_series_and_is_ranked, fresh),
		cmocka_unit_test_setup(test_sensors_and_outages_are_told, fresh),
		cmocka_unit_test_setup(test_notes_are_kept_as_they_were_said, fresh),
		cmocka_unit_test(test_notes_that_say_too_little_are_refused),
		cmocka_unit_test(test_lists_of_ports_that_say_too_little_are_refused),
		cmocka_unit_test(test_periods_are_read_and_said_as_people_write_them),
	};

	return cmocka_run_group_tests_name("darknet views report", tests, set_up, clean);
}
