/*
 * Statistics: periods of Japan, figures and medians; and over the route, counted from stored rows: two sectors over
 * three fiscal years with what stands on the border of 31 March and 1 April. The yearly sums are those of the GSOC's
 * notices (85 by the first, 269 by the second in FY2022; 342 and 322 are spread over the sectors by us).
 */
#include "caller.h"
#include "triage/statistics.h"

#define AT(text_) time_at(text_)

static nanoseconds time_at(const char *text)
{
	nanoseconds time;
	bool assumed;
	assert_true(time_parse(text_of(text), 0, &time, &assumed));
	return time;
}

/* ── the pure part ─ */

static void test_a_fiscal_year_begins_on_the_first_of_april_in_japan(void **unused)
{
	(void)unused;
	char text[PERIOD_TEXT];
	assert_int_equal(period_of(PERIOD_FISCAL_YEAR, AT("2022-03-31T23:59:59.999999999+09:00")), 2021);
	assert_int_equal(period_of(PERIOD_FISCAL_YEAR, AT("2022-04-01T00:00:00+09:00")), 2022);
	assert_int_equal(period_of(PERIOD_FISCAL_YEAR, AT("2022-03-31T15:00:00Z")), 2022);
	assert_int_equal(period_of(PERIOD_FISCAL_YEAR, AT("2022-01-01T00:00:00+09:00")), 2021);
	assert_int_equal(period_of(PERIOD_YEAR, AT("2021-12-31T15:00:00Z")), 2022);
	assert_int_equal(period_of(PERIOD_MONTH, AT("2022-03-31T15:00:00Z")), 2022 * 12 + 3);
	assert_string_equal(period_format(PERIOD_FISCAL_YEAR, 2022, text), "FY2022");
	assert_string_equal(period_format(PERIOD_MONTH, 2022 * 12 + 3, text), "2022-04");
	for (int kind = PERIOD_FISCAL_YEAR; kind <= PERIOD_MONTH; kind++) {
		int32_t period = period_of((enum period_kind)kind, AT("2024-02-29T12:00:00Z"));
		nanoseconds start = period_start((enum period_kind)kind, period);
		assert_int_equal(period_of((enum period_kind)kind, start), period);
		assert_int_equal(period_of((enum period_kind)kind, start - 1), period - 1);
	}
}

static void test_medians_are_of_the_middle_whatever_the_order(void **unused)
{
	(void)unused;
	struct arena *arena = arena_new(0);
	static const int hours[] = { 9, 1, 4, 2 };
	const struct statistics_row *rows;
	size_t count;
	struct failure failure;
	struct statistics *statistics = statistics_new(PERIOD_YEAR, arena);
	for (int i = 0; i < 4; i++) {
		nanoseconds sent = AT("2022-06-01T00:00:00Z");
		statistics_add_notice(statistics,
		    &(struct counted_notice){ .organisation = 1,
			.opened = sent - hours[i] * HOUR,
			.sent = sent,
			.deadline = sent + HOUR,
			.acknowledged = i == 0 ? 0 : sent + i * HOUR,
			.state = i == 0 ? NOTICE_SENT : NOTICE_ACKNOWLEDGED,
			.reminders = (uint32_t)i,
			.escalated = i == 3 },
		    0);
	}
	assert_int_equal(statistics_finish(statistics, &rows, &count, &failure), OK);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rows[i].figures.notices, 4);
		assert_int_equal(rows[i].figures.median[OPENED_TO_SENT], 3 * HOUR);
		assert_int_equal(rows[i].figures.median[OPENED_TO_ACKNOWLEDGED], 5 * HOUR);
		assert_int_equal(rows[i].figures.median[SENT_TO_ACKNOWLEDGED], 2 * HOUR);
		assert_int_equal(rows[i].figures.in_time, 1);
		assert_int_equal(rows[i].figures.late, 2);
		assert_int_equal(rows[i].figures.unacknowledged, 1);
		assert_int_equal(rows[i].figures.reminders, 6);
		assert_int_equal(rows[i].figures.escalations, 1);
	}
	statistics_free(statistics);
	arena_free(arena);
}

/* ── over the route ─ */

struct world {
	struct place place;
	uint32_t ministry, agency, corporation; /* the first two in one sector, the last in the other */
};

/* `count` events opened at this time (the last one a moment before `end` when it is given), each with a notice. */
static void add_notices(struct place *place, uint32_t organisation, int count, nanoseconds from, nanoseconds end)
{
	struct event *event = calloc(1, sizeof *event);
	for (int i = 0; i < count; i++) {
		nanoseconds sent = i == 0 ? from : i == 1 ? end - 1 : from + (end - from) / count * i;
		memset(event, 0, sizeof *event);
		event->id = uuid_random();
		event->organisation = organisation;
		event->opened = event->updated = event->first = event->last = sent;
		fine(place, store_event_put(place->store, place->work, event, &place->failure));
		struct notice notice = { .event = event->id,
			.organisation = organisation,
			.state = i % 3 ? NOTICE_ACKNOWLEDGED : NOTICE_SENT,
			.author = { { 1 } },
			.created = sent,
			.sent = sent,
			.deadline = sent + DAY,
			.acknowledged = i % 3 == 1   ? sent + HOUR
					: i % 3 == 2 ? sent + 2 * DAY
						     : 0 };
		fine(place, store_notice_put(place->store, place->work, &notice, &place->failure));
	}
	free(event);
}

static nanoseconds april(int year)
{
	return period_start(PERIOD_FISCAL_YEAR, year);
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	struct place *place = &world->place;
	place_open(place);
	fine(place, store_begin(place->store, &place->failure));
	world->ministry = add_organisation(place, "ministry", "=The ministry", "first");
	world->agency = add_organisation(place, "agency", "=The agency", "first");
	world->corporation = add_organisation(place, "corporation", "=The corporation", "second");
	/* FY2022: 85 + 269; FY2021: 342; FY2020: 322, the border years at their very first and last moments */
	add_notices(place, world->ministry, 60, april(2022), april(2023));
	add_notices(place, world->agency, 25, april(2022), april(2023));
	add_notices(place, world->corporation, 269, april(2022), april(2023));
	add_notices(place, world->ministry, 100, april(2021), april(2022));
	add_notices(place, world->corporation, 242, april(2021), april(2022));
	add_notices(place, world->agency, 80, april(2020), april(2021));
	add_notices(place, world->corporation, 242, april(2020), april(2021));
	fine(place, store_commit(place->store, &place->failure));
	*state = world;
	return 0;
}

static int end(void **state)
{
	struct world *world = *state;
	int code = place_close(&world->place);
	free(world);
	return code;
}

static struct answer count(struct world *world, enum role role, json_t *input)
{
	return ask(&world->place, role, role == ROLE_MEMBER ? world->agency : 0, "statistics-read", input, 0);
}

static json_int_t figure(
    json_t *output, const char *list, const char *period, const char *key, const char *value, const char *name)
{
	json_t *row;
	size_t index;
	json_array_foreach(json_object_get(output, list), index, row)
	{
		const char *has = key ? json_string_value(json_object_get(row, key)) : NULL;
		if (strcmp(json_string_value(json_object_get(row, "period")), period) == 0 &&
		    (!key || strcmp(has, value) == 0))
			return json_integer_value(json_object_get(row, name));
	}
	return -1;
}

static void check_years(json_t *output)
{
	static const struct {
		const char *year;
		int first, second;
	} years[] = { { "FY2022", 85, 269 }, { "FY2021", 100, 242 }, { "FY2020", 80, 242 } };
	assert_int_equal(json_array_size(json_object_get(output, "periods")), 3);
	for (size_t i = 0; i < 3; i++) {
		const char *year = years[i].year;
		int both = years[i].first + years[i].second;
		assert_int_equal(figure(output, "by_sector", year, "sector", "first", "notices"), years[i].first);
		assert_int_equal(figure(output, "by_sector", year, "sector", "second", "notices"), years[i].second);
		assert_int_equal(figure(output, "periods", year, NULL, NULL, "notices"), both);
		assert_int_equal(figure(output, "periods", year, NULL, NULL, "events"), both);
		assert_int_equal(figure(output, "periods", year, NULL, NULL, "acknowledged_in_time") +
				     figure(output, "periods", year, NULL, NULL, "acknowledged_late") +
				     figure(output, "periods", year, NULL, NULL, "not_acknowledged"),
		    both);
	}
	assert_int_equal(figure(output, "periods", "FY2021", NULL, NULL, "notices"), 342);
	assert_int_equal(figure(output, "periods", "FY2020", NULL, NULL, "notices"), 322);
	assert_int_equal(figure(output, "by_organisation", "FY2022", "organisation_name", "agency", "notices"), 25);
}

static void test_the_yearly_counts_of_two_sectors_come_out_exactly_and_again(void **state)
{
	struct world *world = *state;
	struct place *place = &world->place;
	static const enum role readers[] = { ROLE_ANALYST, ROLE_AUDITOR, ROLE_ADMINISTRATOR };
	char *before = NULL;
	for (size_t i = 0; i < 3; i++) {
		struct answer answer = count(world, readers[i], json_object());
		fine(place, answer.error);
		check_years(answer.output);
		json_t *watched = json_object_get(answer.output, "watched"); /* up to now, which goes on */
		assert_true(json_is_array(json_object_get(watched, "gaps")));
		json_object_del(answer.output, "watched");
		char *whole = json_dumps(answer.output, JSON_SORT_KEYS);
		if (before)
			assert_string_equal(before, whole);
		free(before);
		before = whole;
		json_decref(answer.output);
	}
	free(before);
	struct answer month = count(world, ROLE_ANALYST, json_pack("{s:s,s:i}", "by", "month", "first_year", 2022));
	fine(place, month.error);
	json_t *first = json_array_get(json_object_get(month.output, "periods"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "period")), "2022-01");
	json_decref(month.output);
}

static void test_years_sectors_and_organisations_can_be_chosen(void **state)
{
	struct world *world = *state;
	struct place *place = &world->place;
	struct answer answer = count(
	    world, ROLE_ANALYST, json_pack("{s:s,s:i,s:i}", "sector", "first", "first_year", 2021, "last_year", 2022));
	fine(place, answer.error);
	json_t *total = json_object_get(answer.output, "total");
	assert_int_equal(json_integer_value(json_object_get(total, "notices")), 185);
	assert_int_equal(json_array_size(json_object_get(answer.output, "periods")), 2);
	json_decref(answer.output);
	answer = count(world, ROLE_ANALYST, json_pack("{s:s}", "sector", "nobody's"));
	fine(place, answer.error);
	assert_int_equal(json_array_size(json_object_get(answer.output, "periods")), 0);
	json_decref(answer.output);
	answer = count(world, ROLE_ANALYST, json_pack("{s:i}", "organisation", world->agency));
	fine(place, answer.error);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(answer.output, "total"), "notices")), 105);
	json_decref(answer.output);
}

static void test_a_member_counts_its_own_organisation_only(void **state)
{
	struct world *world = *state;
	struct place *place = &world->place;
	struct answer answer = count(world, ROLE_MEMBER, json_object());
	fine(place, answer.error);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(answer.output, "total"), "notices")), 105);
	char *whole = json_dumps(answer.output, 0);
	assert_null(strstr(whole, "corporation"));
	assert_null(strstr(whole, "ministry"));
	assert_null(strstr(whole, "second\""));
	free(whole);
	json_decref(answer.output);
	answer = count(world, ROLE_MEMBER, json_pack("{s:i}", "organisation", world->corporation));
	fine(place, answer.error);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(answer.output, "total"), "notices")), 0);
	json_decref(answer.output);
}

static void test_csv_has_the_same_figures_and_no_formula(void **state)
{
	struct world *world = *state;
	struct place *place = &world->place;
	struct answer answer = count(world, ROLE_ANALYST, json_pack("{s:s}", "format", "csv"));
	fine(place, answer.error);
	assert_non_null(answer.csv.at);
	assert_non_null(strstr(answer.csv.at, "level,period,first_day,last_day,sector,"));
	assert_non_null(
	    strstr(answer.csv.at, "\r\nsector,FY2022,2022-04-01,2023-03-31,\"second\",\"\",\"\",269,0,0,269,0,269,"));
	assert_non_null(strstr(answer.csv.at, "\r\nperiod,FY2021,2021-04-01,2022-03-31,\"\",\"\",\"\",342,"));
	assert_non_null(strstr(answer.csv.at, "\"agency\",\"'=The agency\",25,"));
	json_decref(answer.output);
}

static void test_merged_events_count_with_the_event_they_became_part_of(void **state)
{
	struct world *world = *state;
	struct place *place = &world->place;
	struct event *event = arena_take(place->arena, sizeof *event);
	struct uuid ids[3];
	fine(place, store_begin(place->store, &place->failure));
	for (int i = 0; i < 3; i++) {
		event->id = ids[i] = uuid_random();
		event->organisation = world->agency;
		event->opened = event->first = event->last = AT("2024-06-01T00:00:00Z");
		fine(place, store_event_put(place->store, place->work, event, &place->failure));
	}
	const struct uuid none = { 0 };
	fine(place, store_event_decide(place->store, place->work, ids[0], EVENT_CONFIRMED, none, TEXT("yes"), 0,
			time_now(), &place->failure));
	fine(place, store_event_decide(place->store, place->work, ids[1], EVENT_MERGED, ids[0], TEXT("same"), 0,
			time_now(), &place->failure));
	fine(place, store_event_decide(place->store, place->work, ids[2], EVENT_DISMISSED, none, TEXT("test"), 0,
			time_now(), &place->failure));
	fine(place, store_commit(place->store, &place->failure));
	struct answer answer = count(world, ROLE_ANALYST, json_pack("{s:i}", "first_year", 2024));
	fine(place, answer.error);
	json_t *total = json_object_get(answer.output, "total");
	assert_int_equal(json_integer_value(json_object_get(total, "events")), 2);
	assert_int_equal(json_integer_value(json_object_get(total, "confirmed")), 1);
	assert_int_equal(json_integer_value(json_object_get(total, "dismissed")), 1);
	assert_int_equal(json_integer_value(json_object_get(total, "merged")), 1);
	json_decref(answer.output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fiscal_year_begins_on_the_first_of_april_in_japan),
		cmocka_unit_test(test_medians_are_of_the_middle_whatever_the_order),
		cmocka_unit_test(test_the_yearly_counts_of_two_sectors_come_out_exactly_and_again),
		cmocka_unit_test(test_years_sectors_and_organisations_can_be_chosen),
		cmocka_unit_test(test_a_member_counts_its_own_organisation_only),
		cmocka_unit_test(test_csv_has_the_same_figures_and_no_formula),
		cmocka_unit_test(test_merged_events_count_with_the_event_they_became_part_of),
	};
	return cmocka_run_group_tests_name("triage statistics", tests, begin, end);
}
