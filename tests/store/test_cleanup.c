/*
 * The clean-up list in the store: what is said of an address holds until it is seen again, pages by when it was seen
 * last, and what a member may see.
 */
#include "store_place.h"

#include "store/darknet.h"

#define NOON ((nanoseconds)1795230000 * SECOND)
#define ROWS 7

static struct address address_of(const char *text)
{
	struct address address = { 0 };
	assert_true(address_parse(text_of(text), &address));
	return address;
}

static void see(struct place *place, uint32_t organisation, const char *address, enum appearance_kind kind,
    nanoseconds first, nanoseconds last)
{
	struct appearance appearance;
	enum error error = store_appearance_find(
	    place->store, place->work, organisation, address_of(address), kind, &appearance, &place->failure);
	if (error == ERROR_NOT_FOUND)
		appearance =
		    (struct appearance){ .organisation = organisation, .address = address_of(address), .kind = kind };
	appearance.first = first;
	appearance.last = last;
	done(place, store_begin(place->store, &place->failure));
	done(place, store_appearance_put(place->store, place->work, &appearance, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

static void say(
    struct place *place, uint32_t organisation, const char *address, enum cleanup_state state, nanoseconds when)
{
	struct cleanup cleanup = { .organisation = organisation,
		.address = address_of(address),
		.state = state,
		.note = "a camera",
		.who = "m",
		.changed = when };
	done(place, store_begin(place->store, &place->failure));
	done(place, store_cleanup_put(place->store, place->work, &cleanup, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

struct list {
	struct cleanup_row rows[ROWS];
	size_t count;
};

static void take(void *context, const struct cleanup_row *row)
{
	struct list *list = context;
	assert_true(list->count < ROWS);
	list->rows[list->count++] = *row;
}

static struct list list(struct place *place, const struct scope *scope, struct cleanup_query asked)
{
	struct list list = { 0 };
	struct page page = { 0 };
	done(place, store_cleanup_each(place->store, scope, &asked, &page, take, &list, &place->failure));
	assert_int_equal(page.next[0], 0);
	return list;
}

static enum cleanup_state state(struct place *place)
{
	struct list all = list(place, place->work, (struct cleanup_query){ 0 });
	assert_int_equal(all.count, 1);
	for (int i = 0; i < CLEANUP_STATES; i++) {
		struct cleanup_query asked = { .of_one_state = true, .state = (enum cleanup_state)i };
		assert_int_equal(list(place, place->work, asked).count, all.rows[0].state == asked.state);
	}
	return all.rows[0].state;
}

static void test_what_was_said_holds_until_it_is_seen_again(void **given)
{
	struct place *place = *given;
	uint32_t alpha = add_organisation(place, "alpha");
	see(place, alpha, "192.0.2.7", APPEARANCE_PROBE, NOON, NOON + HOUR);
	assert_int_equal(state(place), CLEANUP_OPEN);
	say(place, alpha, "192.0.2.7", CLEANUP_CLEANED, NOON + 2 * HOUR);
	assert_int_equal(state(place), CLEANUP_CLEANED);
	see(place, alpha, "192.0.2.7", APPEARANCE_PROBE, NOON, NOON + 2 * HOUR); /* no later than that */
	assert_int_equal(state(place), CLEANUP_CLEANED);
	see(place, alpha, "192.0.2.7", APPEARANCE_PROBE, NOON, NOON + 2 * HOUR + 1);
	assert_int_equal(state(place), CLEANUP_OPEN);
	say(place, alpha, "192.0.2.7", CLEANUP_EXPLAINED, NOON + 3 * HOUR);
	see(place, alpha, "192.0.2.7", APPEARANCE_PROBE, NOON, NOON + 4 * HOUR); /* goes on */
	assert_int_equal(state(place), CLEANUP_EXPLAINED);
	see(place, alpha, "192.0.2.7", APPEARANCE_PROBE, NOON + 5 * HOUR, NOON + 5 * HOUR); /* anew */
	assert_int_equal(state(place), CLEANUP_OPEN);
	struct cleanup_row row = list(place, place->work, (struct cleanup_query){ 0 }).rows[0];
	assert_int_equal(row.said.state, CLEANUP_EXPLAINED);
	assert_string_equal(row.said.note, "a camera");
	assert_string_equal(row.said.who, "m");
	assert_true(row.said.changed == NOON + 3 * HOUR && row.seen.last == NOON + 5 * HOUR);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_cleanup_expire(place->store, place->work, NOON + 4 * HOUR, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	assert_true(list(place, place->work, (struct cleanup_query){ 0 }).rows[0].said.changed == 0);
}

static void test_pages_go_by_what_was_seen_last(void **given)
{
	struct place *place = *given;
	uint32_t alpha = add_organisation(place, "alpha");
	char address[32], after[sizeof(((struct page *)0)->next)];
	for (int i = 0; i < ROWS; i++) { /* pairs of one time */
		snprintf(address, sizeof address, "192.0.2.%d", i);
		see(place, alpha, address, APPEARANCE_PROBE, NOON, NOON + (i * 5 % ROWS) / 2 * SECOND);
	}
	struct list whole = list(place, place->work, (struct cleanup_query){ 0 }), pages = { 0 };
	struct page page = { .limit = 2 };
	struct cleanup_query all = { 0 };
	assert_int_equal(whole.count, ROWS);
	for (int i = 1; i < ROWS; i++)
		assert_true(whole.rows[i - 1].seen.last >= whole.rows[i].seen.last);
	do {
		done(place, store_cleanup_each(place->store, place->work, &all, &page, take, &pages, &place->failure));
		strcpy(after, page.next);
		page.after = text_of(after);
	} while (*page.next);
	assert_int_equal(pages.count, ROWS);
	for (int i = 0; i < ROWS; i++)
		assert_true(pages.rows[i].seen.number == whole.rows[i].seen.number);
}

#define MANY 12000 /* more than one step of a walk has, and than a page */

struct walked {
	uint64_t numbers[MANY + 1];
	size_t count;
};

static void walk_over(void *context, const struct cleanup_row *row)
{
	struct walked *walked = context;
	assert_true(walked->count < MANY + 1);
	walked->numbers[walked->count++] = row->seen.number;
}

/* What telescopes told of their newest events is there again, of each. */
static void test_what_telescopes_told_last_is_kept(void **given)
{
	struct place *place = *given;
	uint32_t alpha = add_organisation(place, "alpha");
	struct appearance put = { .organisation = alpha, .kind = APPEARANCE_PROBE, .first = NOON, .last = NOON }, got;
	put.address = address_of("198.51.100.7");
	put.telescope_count = APPEARANCE_TELESCOPES;
	for (uint32_t i = 0; i < APPEARANCE_TELESCOPES; i++) {
		put.telescopes[i] = 10 + i;
		put.events[i] = (struct told_event){ NOON - i, UINT64_MAX / 2 + i };
	}
	done(place, store_begin(place->store, &place->failure));
	done(place, store_appearance_put(place->store, place->work, &put, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	done(place, store_appearance_find(
			place->store, place->work, alpha, put.address, APPEARANCE_PROBE, &got, &place->failure));
	assert_int_equal(got.telescope_count, APPEARANCE_TELESCOPES);
	assert_memory_equal(got.telescopes, put.telescopes, sizeof put.telescopes);
	assert_memory_equal(got.events, put.events, sizeof put.events);
}

static void see_many(struct place *place, uint32_t organisation, int from, int to)
{
	done(place, store_begin(place->store, &place->failure));
	for (int i = from; i < to; i++) {
		struct appearance appearance = {
			.organisation = organisation, .kind = APPEARANCE_PROBE, .first = NOON, .last = NOON + i
		};
		char address[32];
		snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		appearance.address = address_of(address);
		done(place, store_appearance_put(place->store, place->work, &appearance, &place->failure));
	}
	done(place, store_commit(place->store, &place->failure));
}

/* Between all steps an address comes, one that was told is seen again, and one that was not told yet is. */
static void test_a_walk_tells_each_row_once_while_others_come(void **given)
{
	static struct walked walked;
	struct place *place = *given;
	uint32_t alpha = add_organisation(place, "alpha"), beta = add_organisation(place, "beta");
	struct cleanup_walk walk = { 0 };
	struct cleanup_query all = { 0 };
	int steps = 0;
	walked = (struct walked){ 0 };
	see_many(place, alpha, 0, MANY / 2);
	see_many(place, beta, 0, 10);
	see_many(place, alpha, MANY / 2, MANY);
	const struct scope *own = scope_of(place, ROLE_MEMBER, alpha, ACTION_APPEARANCE_READ);
	while (!walk.done) {
		done(place, store_cleanup_walk(place->store, own, &all, &walk, walk_over, &walked, &place->failure));
		see_many(place, alpha, MANY + steps, MANY + steps + 1);
		see(place, alpha, "10.0.0.1", APPEARANCE_PROBE, NOON, NOON + DAY);
		see(place, alpha, "10.0.46.223", APPEARANCE_PROBE, NOON,
		    NOON + DAY); /* the last of those that were there */
		steps++;
	}
	assert_int_equal(walked.count, MANY);
	assert_true(steps > 5);
	for (size_t i = 1; i < walked.count; i++)
		assert_true(walked.numbers[i] > walked.numbers[i - 1]);
	/* One state alone; nothing at all. */
	say(place, alpha, "10.0.0.1", CLEANUP_CLEANED, NOON + 2 * DAY);
	struct cleanup_query cleaned = { .of_one_state = true, .state = CLEANUP_CLEANED };
	walk = (struct cleanup_walk){ 0 };
	walked.count = 0;
	while (!walk.done)
		done(
		    place, store_cleanup_walk(place->store, own, &cleaned, &walk, walk_over, &walked, &place->failure));
	assert_int_equal(walked.count, 1);
}

static void test_a_member_sees_and_says_its_own(void **given)
{
	struct place *place = *given;
	uint32_t alpha = add_organisation(place, "alpha"), beta = add_organisation(place, "beta");
	/* The same address at both, one after the other: what one says is not the other's. */
	see(place, alpha, "192.0.2.7", APPEARANCE_PROBE, NOON, NOON);
	see(place, beta, "192.0.2.7", APPEARANCE_PROBE, NOON, NOON);
	say(place, alpha, "192.0.2.7", CLEANUP_CLEANED, NOON + HOUR);
	const struct scope *own = scope_of(place, ROLE_MEMBER, beta, ACTION_APPEARANCE_READ);
	struct list seen = list(place, own, (struct cleanup_query){ 0 });
	assert_int_equal(seen.count, 1);
	assert_true(seen.rows[0].seen.organisation == beta && seen.rows[0].said.changed == 0);
	assert_string_equal(seen.rows[0].said.note, "");
	struct cleanup foreign = { .organisation = alpha, .address = address_of("192.0.2.7"), .changed = NOON };
	const struct scope *writes = scope_of(place, ROLE_MEMBER, beta, ACTION_CLEANUP_WRITE);
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(store_cleanup_put(place->store, writes, &foreign, &place->failure), ERROR_NOT_FOUND);
	foreign.organisation = beta;
	assert_int_equal(store_cleanup_put(place->store, own, &foreign, &place->failure), ERROR_DENIED);
	done(place, store_cleanup_put(place->store, writes, &foreign, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_said_holds_until_it_is_seen_again),
		TEST(test_pages_go_by_what_was_seen_last),
		TEST(test_what_telescopes_told_last_is_kept),
		TEST(test_a_walk_tells_each_row_once_while_others_come),
		TEST(test_a_member_sees_and_says_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
