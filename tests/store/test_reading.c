/*
 * Who read what was released: stretches of pages, in whatever order they come, say of each entry what counting it alone
 * says; they stay few; and nobody but the owner is told.
 */
#include "store/reading.h"
#include "store_place.h"

#include <sqlite3.h>

#define START ((nanoseconds)1700000000 * SECOND / DAY * DAY)
#define ENTRIES 60

struct told {
	uint64_t count, rows;
	nanoseconds first, last;
};

static void note(void *context, const struct reading *reading)
{
	struct told *told = context;
	told->count += reading->count;
	told->rows++;
	told->first = reading->first;
	told->last = reading->last;
}

static struct release release_at(uint32_t owner, int64_t added)
{
	return (struct release){ .organisation = owner,
		.community = 1,
		.tlp = TLP_GREEN,
		.type = TEXT("indicator"),
		.spec = 21,
		.added = added * MICROSECOND };
}

static struct told readers_of(
    struct place *place, const struct scope *scope, const struct release *release, nanoseconds until)
{
	struct told told = { 0 };
	done(place, store_reading_each(place->store, scope, release, until, note, &told, &place->failure));
	return told;
}

static enum error page(struct place *place, uint32_t reader, const char *types, unsigned specs, int64_t after,
    int64_t upto, nanoseconds when)
{
	const struct reading_stretch stretch = { 1, reader, TLP_GREEN, text_of(types), specs, after, upto, when };
	done(place, store_begin(place->store, &place->failure));
	enum error error = store_reading_stretch(place->store, place->work, &stretch, &place->failure);
	if (error)
		store_rollback(place->store);
	else
		done(place, store_commit(place->store, &place->failure));
	return error;
}

static void test_pages_in_any_order_say_of_each_entry_what_counting_it_says(void **state)
{
	struct place *place = *state;
	uint32_t owner = add_organisation(place, "owner"), reader = add_organisation(place, "reader");
	struct told expected[ENTRIES + 1] = { 0 };
	uint64_t random = 7;
	for (int i = 0; i < 400; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		int64_t after = (int64_t)(random >> 33) % ENTRIES, upto = after + 1 + (int64_t)(random >> 50) % 9;
		nanoseconds when = START + i * HOUR;
		upto = upto < ENTRIES ? upto : ENTRIES;
		assert_int_equal(page(place, reader, "", 0, after, upto, when), OK);
		for (int64_t entry = after + 1; entry <= upto; entry++) {
			expected[entry].first = expected[entry].count++ ? expected[entry].first : when;
			expected[entry].last = when;
		}
		if (i % 40 == 39)
			reopen(place);
	}
	for (int64_t entry = 1; entry <= ENTRIES; entry++) {
		const struct release release = release_at(owner, entry);
		struct told told = readers_of(place, place->work, &release, 0);
		assert_int_equal(told.rows, expected[entry].count > 0);
		assert_int_equal(told.count, expected[entry].count);
		assert_int_equal(told.first / DAY, expected[entry].first / DAY);
		assert_int_equal(told.last / DAY, expected[entry].last / DAY);
	}
}

static int rows_of(struct place *place)
{
	sqlite3 *database;
	sqlite3_stmt *handle;
	assert_int_equal(sqlite3_open(place->file, &database), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(database, "SELECT count(*) FROM collection_reading", -1, &handle, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(handle), SQLITE_ROW);
	int rows = sqlite3_column_int(handle, 0);
	sqlite3_finalize(handle);
	sqlite3_close(database);
	return rows;
}

/* A client that asks once a minute for what is new, over three days: a row a day. */
static void test_who_asks_for_what_is_new_has_a_row_a_day(void **state)
{
	struct place *place = *state;
	uint32_t owner = add_organisation(place, "owner"), reader = add_organisation(place, "reader");
	for (int i = 0; i < 3 * 24 * 6; i++)
		assert_int_equal(
		    page(place, reader, "", 0, i * 1000, (i + 1) * 1000, START + i * 10 * 60 * SECOND), OK);
	assert_int_equal(rows_of(place), 3);
	const struct release release = release_at(owner, 150 * 1000);
	assert_int_equal(readers_of(place, place->work, &release, 0).first / DAY, START / DAY + 1);
}

static void test_who_cuts_pages_small_is_counted_up_to_a_bound(void **state)
{
	struct place *place = *state;
	uint32_t reader = add_organisation(place, "reader");
	enum error error = OK;
	int i = 0;
	while (!error && i < 2 * READING_STRETCHES)
		error = page(place, reader, "", 0, 10 * i, 10 * i + 1, START), i++;
	assert_int_equal(error, ERROR_LIMIT);
	assert_int_equal(i, READING_STRETCHES + 1);
	assert_int_equal(rows_of(place), READING_STRETCHES);
	assert_int_equal(page(place, reader, "", 0, 0, 10 * READING_STRETCHES, START), ERROR_LIMIT); /* too many */
	assert_int_equal(page(place, reader, "", 0, 0, 1, START), OK);
}

static void test_types_and_specifications_that_were_not_asked_for_were_not_given(void **state)
{
	struct place *place = *state;
	uint32_t owner = add_organisation(place, "owner"), reader = add_organisation(place, "reader");
	struct release release = release_at(owner, 5);
	assert_int_equal(page(place, reader, "malware,indicator-x", 0, 0, 9, START), OK);
	assert_int_equal(page(place, reader, "", 1, 0, 9, START), OK); /* of 2.0 */
	assert_int_equal(readers_of(place, place->work, &release, 0).count, 0);
	assert_int_equal(page(place, reader, "malware,indicator", 2, 0, 9, START), OK);
	assert_int_equal(readers_of(place, place->work, &release, 0).count, 1);
	release.spec = 20;
	assert_int_equal(readers_of(place, place->work, &release, 0).count, 1);
	release.tlp = TLP_AMBER; /* another collection */
	assert_int_equal(readers_of(place, place->work, &release, 0).count, 0);
}

static void test_what_was_not_shown_any_more_or_to_others_was_not_given(void **state)
{
	struct place *place = *state;
	uint32_t owner = add_organisation(place, "owner"), reader = add_organisation(place, "reader");
	struct release release = release_at(owner, 5);
	assert_int_equal(page(place, reader, "", 0, 0, 9, START), OK);
	assert_int_equal(page(place, reader, "", 0, 0, 9, START + 5 * DAY), OK);
	assert_int_equal(readers_of(place, place->work, &release, START).count, 0);
	struct told told = readers_of(place, place->work, &release, START + DAY);
	assert_true(told.count == 1 && told.last == START);
	release.ends = TEXT("indicator--x\n"); /* a relation, which not every reader is shown */
	assert_int_equal(readers_of(place, place->work, &release, 0).count, 0);
}

static void test_the_owner_alone_is_told(void **state)
{
	struct place *place = *state;
	uint32_t owner = add_organisation(place, "owner"), reader = add_organisation(place, "reader");
	const struct release release = release_at(owner, 5);
	const struct reading reading = { reader, READING_OPENED, 2, START, START + SECOND };
	done(place, store_begin(place->store, &place->failure));
	for (int i = 0; i < 2; i++)
		done(place, store_reading_add(place->store, place->work, 5, &reading, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	const struct scope *own = scope_of(place, ROLE_MEMBER, owner, ACTION_ITEM_READ),
			   *other = scope_of(place, ROLE_MEMBER, reader, ACTION_ITEM_READ),
			   *counting = scope_of(place, ROLE_AUDITOR, 0, ACTION_COUNTER_READ);
	struct told told = readers_of(place, own, &release, 0);
	assert_true(told.count == 4 && told.rows == 1 && told.first == START && told.last == START + SECOND);
	assert_int_equal(readers_of(place, other, &release, 0).rows, 0);
	assert_int_equal(readers_of(place, counting, &release, 0).rows, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pages_in_any_order_say_of_each_entry_what_counting_it_says),
		TEST(test_who_asks_for_what_is_new_has_a_row_a_day),
		TEST(test_who_cuts_pages_small_is_counted_up_to_a_bound),
		TEST(test_types_and_specifications_that_were_not_asked_for_were_not_given),
		TEST(test_what_was_not_shown_any_more_or_to_others_was_not_given),
		TEST(test_the_owner_alone_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
