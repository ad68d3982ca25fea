/*
 * intel/feed_item.h: which links are one link, and by what an entry is known again.
 */
#include "intel/feed_item.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (1790000000 * SECOND)

static void check_link(const char *link, const char *wanted)
{
	struct builder to = { 0 };
	feed_link(text_of(link), &to);
	assert_true(text_equal((struct text){ to.at, to.size }, text_of(wanted)));
	builder_free(&to);
}

static void test_copies_of_one_link_are_one(void **state)
{
	(void)state;
	check_link("https://P.example/a/", "p.example/a");
	check_link("http://p.example:80/a?utm_source=x&id=1&UTM_medium=y", "p.example/a?id=1");
	check_link("HTTPS://p.example:443/a?gclid=1#part", "p.example/a#part");
	check_link("https://p.example", "p.example");
	check_link("https://p.example/A?", "p.example/A");
	check_link("https://p.example/a?utm_=1", "p.example/a?utm_=1");
	check_link("urn:uuid:1", "");
	check_link("", "");
}

struct made {
	struct arena *arena;
	struct item item;
	struct entry_keys keys;
};

static struct made make(const char *id, const char *link, const char *feed, const char *title, nanoseconds when)
{
	struct made made = { .arena = arena_new(1 << 20) };
	const struct feed_entry entry = {
		.id = text_of(id), .link = text_of(link), .title = text_of(title), .published = when
	};
	struct failure failure = { 0 };
	assert_int_equal(feed_item_make(&entry, text_of(feed), TLP_GREEN, NOW, made.arena, &made.item, &failure), OK);
	assert_true(feed_item_keys(&made.item, text_of(feed), &made.keys));
	assert_int_equal(made.item.tlp, TLP_GREEN);
	assert_int_equal(made.item.kind, ITEM_ADVISORY);
	return made;
}

static void test_an_entry_is_known_by_its_id_and_by_its_address(void **state)
{
	struct made one = make("tag:p,1", "https://p.example/1", "a", "t", NOW),
		    two = make("", "http://p.example/1/", "b", "t", NOW), bare = make("7", "", "a", "t", NOW),
		    other = make("7", "", "b", "t", NOW),
		    link = make("https://p.example/1", "http://p.example/1", "c", "t", NOW);
	(void)state;
	assert_int_equal(one.keys.count, 2);
	assert_int_equal(two.keys.count, 1);
	assert_memory_equal(one.keys.keys[1], two.keys.keys[0], 32);
	assert_memory_not_equal(bare.keys.keys[0], other.keys.keys[0], 32); /* a name in its feed alone */
	assert_int_equal(link.keys.count, 1);                               /* the id is the address */
	assert_memory_equal(link.keys.keys[0], two.keys.keys[0], 32);
	assert_true(text_equal(link.item.id, two.item.id));
	arena_free(one.arena);
	arena_free(two.arena);
	arena_free(bare.arena);
	arena_free(other.arena);
	arena_free(link.arena);
}

static void test_another_text_or_date_is_another_version(void **state)
{
	struct made one = make("1", "", "a", "t", NOW - HOUR), text = make("1", "", "a", "u", NOW - HOUR),
		    date = make("1", "", "a", "t", NOW), same = make("1", "", "a", "t", NOW - HOUR),
		    ahead = make("1", "", "a", "t", NOW + 9 * DAY);
	(void)state;
	assert_memory_not_equal(one.keys.digest, text.keys.digest, 32);
	assert_memory_not_equal(one.keys.digest, date.keys.digest, 32);
	assert_memory_equal(one.keys.digest, same.keys.digest, 32);
	assert_int_equal(ahead.item.modified.when, NOW);
	assert_int_equal(ahead.item.published.when, 0);
	arena_free(one.arena);
	arena_free(text.arena);
	arena_free(date.arena);
	arena_free(same.arena);
	arena_free(ahead.arena);
}

static void test_an_entry_without_id_and_address_is_refused(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct item item;
	struct failure failure = { 0 };
	const struct feed_entry entry = { .title = TEXT("x") };
	(void)state;
	assert_int_equal(feed_item_make(&entry, TEXT("a"), TLP_CLEAR, NOW, arena, &item, &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, "id"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_of_one_link_are_one),
		cmocka_unit_test(test_an_entry_is_known_by_its_id_and_by_its_address),
		cmocka_unit_test(test_another_text_or_date_is_another_version),
		cmocka_unit_test(test_an_entry_without_id_and_address_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
