/*
 * Pieces of a message in random order, doubled and overlapping, give the message; what arrived first stays.
 */
#include "net/assembly.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 500

static void test_pieces_in_any_order_give_the_message(void **state)
{
	char message[SIZE];
	(void)state;
	srandom(3);
	for (size_t i = 0; i < SIZE; i++)
		message[i] = (char)random();
	for (int round = 0; round < 2000; round++) {
		struct assembly assembly = { NULL };
		bool have[SIZE] = { false };
		size_t ready = 0, longest = 1 + (size_t)random() % 60;
		while (ready < SIZE) {
			size_t from = (size_t)random() % SIZE, size = (size_t)random() % (longest + 1);
			if (size > SIZE - from)
				size = SIZE - from;
			bool added = assembly_add(&assembly, from, (struct text){ message + from, size }, SIZE);
			assert_true(added || assembly.count == ASSEMBLY_PIECES);
			for (size_t i = 0; added && i < size; i++)
				have[from + i] = true;
			while (ready < SIZE && have[ready])
				ready++;
			assert_int_equal(assembly_ready(&assembly), ready);
			assert_memory_equal(assembly.bytes ? (char *)assembly.bytes : message, message, ready);
			if (assembly.count == ASSEMBLY_PIECES) /* only what touches a piece fits now */
				assembly_add(&assembly, 0, (struct text){ message, SIZE }, SIZE), memset(have, 1, SIZE);
		}
		assembly_free(&assembly);
	}
}

static void test_what_came_first_stays(void **state)
{
	struct assembly assembly = { NULL };
	(void)state;
	assert_true(assembly_add(&assembly, 2, TEXT("cd"), 10));
	assert_true(assembly_add(&assembly, 6, TEXT("gh"), 10));
	assert_true(assembly_add(&assembly, 0, TEXT("ABCDEFGHIJ"), 10));
	assert_int_equal(assembly_ready(&assembly), 10);
	assert_memory_equal(assembly.bytes, "ABcdEFghIJ", 10);
	assembly_free(&assembly);
}

static void test_limits_hold(void **state)
{
	struct assembly assembly = { NULL };
	(void)state;
	assert_false(assembly_add(&assembly, 11, TEXT(""), 10));
	assert_false(assembly_add(&assembly, 5, TEXT("abcdef"), 10));
	assert_false(assembly_add(&assembly, SIZE_MAX, TEXT("ab"), 10));
	for (size_t i = 0; i < ASSEMBLY_PIECES; i++)
		assert_true(assembly_add(&assembly, 1 + 2 * i, TEXT("x"), 1000));
	assert_false(assembly_add(&assembly, 999, TEXT("x"), 1000));
	assert_true(assembly_add(&assembly, 0, TEXT("x"), 1000));
	assert_int_equal(assembly_ready(&assembly), 2);
	assembly_free(&assembly);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_in_any_order_give_the_message),
		cmocka_unit_test(test_what_came_first_stays),
		cmocka_unit_test(test_limits_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
