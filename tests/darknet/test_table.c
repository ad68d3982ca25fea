/*
 * The index of lines (darknet/event/line.h, table.c): whatever comes, goes and comes again, each source that has a line
 * is found at it, and no other is.
 */
#include "darknet/event/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define KEYS 4096u

static uint64_t state = 88172645463325252u;

static uint32_t chance(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static struct touch touch_to(uint32_t key)
{
	struct touch touch = { .key = key, .kind = ARRIVAL_PROBE };
	touch.hash = line_hash(key, touch.kind, false);
	return touch;
}

static void check_all(const struct line_table *table, const uint32_t lines[static KEYS])
{
	struct line_table looked = *table; /* find() of what is there changes nothing */
	for (uint32_t key = 0; key < KEYS; key++) {
		const struct touch touch = touch_to(key);
		struct line *line;
		if (!lines[key])
			continue;
		assert_int_equal(line_table_find(&looked, &touch, &line), LINE_KNOWN);
		assert_int_equal(line - table->at, lines[key]);
	}
}

static void come_and_go(uint32_t most, uint32_t keys, unsigned rounds)
{
	static uint32_t lines[KEYS]; /* of each key; 0 = none */
	struct line_table table;
	memset(lines, 0, sizeof lines);
	assert_true(line_table_init(&table, most));
	for (unsigned i = 0; i < rounds; i++) {
		uint32_t key = chance(keys);
		const struct touch touch = touch_to(key);
		struct line *line;
		uint32_t peeked = line_table_peek(&table, touch.hash);
		if (lines[key]) {
			assert_int_not_equal(peeked, 0);
			line_table_remove(&table, &table.at[lines[key]]);
			lines[key] = 0;
		} else {
			enum line_found found = line_table_find(&table, &touch, &line);
			assert_int_equal(found, table.count == most && found == LINE_FULL ? LINE_FULL : LINE_NEW);
			if (found == LINE_NEW) {
				*line = (struct line){ .key = key, .kind = ARRIVAL_PROBE, .flags = LINE_OCCUPIED };
				lines[key] = (uint32_t)(line - table.at);
			}
		}
		if (i % 97 == 0)
			check_all(&table, lines);
	}
	check_all(&table, lines);
	line_table_free(&table);
}

static void test_lines_come_and_go(void **unused)
{
	(void)unused;
	come_and_go(48, 64, 20000);     /* eight buckets, three quarters full */
	come_and_go(3000, KEYS, 20000); /* and as it grows */
}

static void test_a_table_that_is_full_says_so(void **unused)
{
	(void)unused;
	come_and_go(20, 64, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines_come_and_go),
		cmocka_unit_test(test_a_table_that_is_full_says_so) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
