/*
 * Prefix sets and name sets against a plain walk over everything that was added.
 */
#include "match/name_set.h"
#include "match/prefix_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct prefix random_prefix(void)
{
	struct address address = { { 0 } };
	/* Few values in each byte, so that prefixes nest and touch. */
	static const uint8_t bytes[] = { 0, 1, 127, 128, 255 };
	for (int i = 0; i < 16; i++)
		address.bytes[i] = bytes[random() % 5];
	if (random() % 2) {
		memset(address.bytes, 0, 10);
		memset(address.bytes + 10, 0xff, 2);
	}
	return prefix_of(address, (uint8_t)(random() % 4 ? 96 + random() % 33 : random() % 129));
}

static void test_prefix_set_finds_what_a_walk_over_all_prefixes_finds(void **state)
{
	(void)state;
	enum { PREFIXES = 300 };
	srandom(5);
	for (int round = 0; round < 20; round++) {
		struct prefix prefixes[PREFIXES];
		uint32_t numbers[PREFIXES];
		struct prefix_set *set = prefix_set_new();
		for (int i = 0; i < PREFIXES; i++) {
			prefixes[i] = random_prefix();
			numbers[i] = (uint32_t)random() % 12;
			assert_int_equal(prefix_set_add(set, prefixes[i], numbers[i]), OK);
		}
		assert_int_equal(prefix_set_compile(set), OK);
		for (int i = 0; i < 2000; i++) {
			struct address address = prefix_of(random_prefix().address, 128).address;
			uint32_t wanted = 0, found = 0;
			size_t count;
			for (int j = 0; j < PREFIXES; j++)
				if (prefix_contains(prefixes[j], address))
					wanted |= 1u << numbers[j];
			const uint32_t *got = prefix_set_find(set, address, &count);
			for (size_t j = 0; j < count; j++) {
				assert_true(j == 0 || got[j] > got[j - 1]);
				found |= 1u << got[j];
			}
			assert_int_equal(found, wanted);
		}
		prefix_set_free(set);
	}
}

static void test_prefix_set_keeps_the_lowest_numbers_where_very_many_overlap(void **state)
{
	(void)state;
	struct prefix_set *set = prefix_set_new();
	struct prefix prefix;
	struct address address;
	size_t count;
	assert_true(prefix_parse(TEXT("10.0.0.0/8"), &prefix) && address_parse(TEXT("10.255.255.255"), &address));
	for (uint32_t i = 100; i > 0; i--)
		assert_int_equal(prefix_set_add(set, prefix, i), OK);
	assert_int_equal(prefix_set_compile(set), OK);
	const uint32_t *numbers = prefix_set_find(set, address, &count);
	assert_int_equal(count, PREFIX_SET_NUMBERS);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(numbers[i], i + 1);
	assert_true(address_parse(TEXT("11.0.0.0"), &address));
	assert_null(prefix_set_find(set, address, &count));
	assert_int_equal(count, 0);
	prefix_set_free(set);
}

static void test_prefix_set_covers_the_whole_space_and_nothing_when_empty(void **state)
{
	(void)state;
	struct prefix_set *set = prefix_set_new();
	struct address last;
	size_t count;
	memset(last.bytes, 0xff, 16);
	assert_int_equal(prefix_set_compile(set), OK);
	assert_null(prefix_set_find(set, last, &count));
	prefix_set_free(set);
	set = prefix_set_new();
	assert_int_equal(prefix_set_add(set, (struct prefix){ .length = 0 }, 7), OK);
	assert_int_equal(prefix_set_compile(set), OK);
	assert_int_equal(*prefix_set_find(set, last, &count), 7);
	assert_int_equal(*prefix_set_find(set, (struct address){ { 0 } }, &count), 7);
	prefix_set_free(set);
}

static void sum(void *context, uint32_t number)
{
	*(uint32_t *)context += number;
}

static uint32_t sum_of(const struct name_set *set, const char *name)
{
	uint32_t all = 0;
	name_set_find(set, name, sum, &all);
	return all;
}

static void test_name_set_finds_names_and_the_names_below_them(void **state)
{
	(void)state;
	struct name_set *set = name_set_new();
	assert_int_equal(sum_of(set, "example.org"), 0);
	assert_int_equal(name_set_add(set, "example.org", true, 1), OK);
	assert_int_equal(name_set_add(set, "example.org", true, 1), OK); /* the same again counts once */
	assert_int_equal(name_set_add(set, "example.org", false, 10), OK);
	assert_int_equal(name_set_add(set, "org", true, 100), OK);
	assert_int_equal(sum_of(set, "example.org"), 111);
	assert_int_equal(sum_of(set, "a.b.example.org"), 101);
	assert_int_equal(sum_of(set, "badexample.org"), 100);
	assert_int_equal(sum_of(set, "example.org.example"), 0);
	for (uint32_t i = 0; i < 5000; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%u.example", i);
		assert_int_equal(name_set_add(set, name, i % 2, i), OK);
	}
	assert_int_equal(sum_of(set, "n4711.example"), 4711);
	assert_int_equal(sum_of(set, "x.n4711.example"), 4711);
	assert_int_equal(sum_of(set, "x.n4710.example"), 0);
	name_set_free(set);
}

static void test_names_are_normalized_or_refused(void **state)
{
	(void)state;
	char name[NAME_LONGEST + 1], large[400];
	assert_true(name_normalize(TEXT("WWW.Example.ORG."), name));
	assert_string_equal(name, "www.example.org");
	assert_true(name_normalize(TEXT("_dmarc.xn--p1ai"), name));
	static const char *const bad[] = { "", ".", "..", ".a", "a..b", "a b", "a/b", "a:1", "*.a", "vak\xc4\xb1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(name_normalize(text_of(bad[i]), name));
	memset(large, 'a', sizeof large);
	assert_true(name_normalize((struct text){ large, 63 }, name));
	assert_false(name_normalize((struct text){ large, 64 }, name));
	for (size_t i = 63; i < sizeof large; i += 64)
		large[i] = '.';
	assert_true(name_normalize((struct text){ large, 253 }, name));
	assert_true(name_normalize((struct text){ large, 255 + 1 }, name) == false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix_set_finds_what_a_walk_over_all_prefixes_finds),
		cmocka_unit_test(test_prefix_set_keeps_the_lowest_numbers_where_very_many_overlap),
		cmocka_unit_test(test_prefix_set_covers_the_whole_space_and_nothing_when_empty),
		cmocka_unit_test(test_name_set_finds_names_and_the_names_below_them),
		cmocka_unit_test(test_names_are_normalized_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
