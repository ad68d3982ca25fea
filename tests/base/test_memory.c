/*
 * base/memory.h and base/codec.h: arenas, and values to bytes and back.
 */
#include "base/codec.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void test_an_arena_gives_zeroed_aligned_memory_again_after_a_clear(void **state)
{
	(void)state;
	struct arena *arena = arena_new(0);
	assert_non_null(arena);
	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 3000; size += 7) {
			char *at = arena_take(arena, size);
			assert_non_null(at);
			assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(at[i], 0);
			memset(at, 0xee, size);
		}
		char *large = arena_take(arena, 5 << 20);
		assert_non_null(large);
		memset(large, 0xee, 5 << 20);
		assert_true(arena_used(arena) > 5 << 20);
		arena_clear(arena);
		assert_int_equal(arena_used(arena), 0);
	}
	arena_free(arena);
	arena_free(NULL);
}

static void test_an_arena_keeps_to_its_limit(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1000);
	size_t taken = 0;
	while (arena_take(arena, 100))
		taken += 100;
	assert_true(taken >= 800 && taken <= 1000);
	assert_true(arena_used(arena) <= 1000);
	arena_clear(arena);
	assert_null(arena_take(arena, 1001));
	assert_null(arena_take(arena, SIZE_MAX));
	assert_null(arena_take(arena, SIZE_MAX - 3));
	assert_non_null(arena_take(arena, 992));
	assert_null(arena_take(arena, 1000));
	arena_free(arena);
}

static void test_copies_are_terminated_behind_their_size(void **state)
{
	(void)state;
	struct arena *arena = arena_new(0);
	struct text copy = arena_text(arena, TEXT("a\0b"));
	assert_true(text_equal(copy, TEXT("a\0b")) && copy.at[3] == 0);
	assert_string_equal(arena_string(arena, TEXT("狼煙")), "狼煙");
	assert_string_equal(arena_string(arena, TEXT_NONE), "");
	arena_free(arena);
	arena = arena_new(16);
	assert_non_null(arena_take(arena, 16));
	assert_null(arena_text(arena, TEXT("x")).at);
	arena_free(arena);
}

static void test_an_array_grows_to_twice_its_room_or_stays_as_it_was(void **state)
{
	(void)state;
	size_t room = 0;
	uint32_t *items = array_grow(NULL, &room, 3, sizeof *items);
	assert_non_null(items);
	assert_int_equal(room, 3);
	for (uint32_t i = 0; i < 3; i++)
		items[i] = i + 7;
	uint32_t *more = array_grow(items, &room, 3, sizeof *items);
	assert_non_null(more);
	assert_int_equal(room, 6);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(more[i], i + 7);
	more[5] = 1;
	for (size_t impossible = SIZE_MAX / 8; impossible; impossible = impossible == SIZE_MAX ? 0 : SIZE_MAX) {
		room = impossible;
		assert_null(array_grow(more, &room, 3, 16));
		assert_int_equal(room, impossible);
		assert_int_equal(more[2], 9);
	}
	free(more);
}

static void test_values_come_back_as_they_were_written(void **state)
{
	(void)state;
	struct builder bytes = { 0 };
	struct uuid uuid = uuid_random();
	put_u8(&bytes, 0xfe);
	put_u16(&bytes, 0x1234);
	put_u32(&bytes, 0x12345678);
	put_u64(&bytes, 0x123456789abcdef0);
	put_i64(&bytes, INT64_MIN);
	put_text(&bytes, TEXT("a\0b"));
	put_text(&bytes, TEXT_NONE);
	put_uuid(&bytes, uuid);
	put_bytes(&bytes, "xy", 2);
	assert_false(bytes.failed);
	assert_memory_equal(bytes.at, "\xfe\x34\x12\x78\x56\x34\x12\xf0\xde\xbc\x9a\x78\x56\x34\x12", 15);
	assert_int_equal(bytes.size, 1 + 2 + 4 + 8 + 8 + 7 + 4 + 16 + 2);
	struct reader reader = reader_of(bytes.at, bytes.size);
	assert_int_equal(get_u8(&reader), 0xfe);
	assert_int_equal(get_u16(&reader), 0x1234);
	assert_int_equal(get_u32(&reader), 0x12345678);
	assert_int_equal(get_u64(&reader), 0x123456789abcdef0);
	assert_true(get_i64(&reader) == INT64_MIN);
	assert_true(text_equal(get_text(&reader), TEXT("a\0b")));
	assert_int_equal(get_text(&reader).size, 0);
	assert_true(uuid_equal(get_uuid(&reader), uuid));
	assert_false(reader_done(&reader));
	assert_memory_equal(get_bytes(&reader, 2), "xy", 2);
	assert_true(reader_done(&reader));
	builder_free(&bytes);
}

static void test_reading_never_runs_past_the_end(void **state)
{
	(void)state;
	struct builder bytes = { 0 };
	put_u16(&bytes, 7);
	put_text(&bytes, TEXT("hello"));
	put_u64(&bytes, 9);
	for (size_t size = 0; size < bytes.size; size++) {
		char *copy = malloc(size + 1); /* of exactly this size, so that a sanitizer sees a byte too many */
		memcpy(copy, bytes.at, size);
		struct reader reader = reader_of(copy, size);
		get_u16(&reader);
		struct text text = get_text(&reader);
		uint64_t last = get_u64(&reader);
		assert_true(reader.failed && !reader_done(&reader));
		assert_int_equal(last, 0);
		assert_true(text.size == 0 || text.size == 5);
		assert_null(get_bytes(&reader, 0));
		free(copy);
	}
	struct reader reader = reader_of("\xff\xff\xff\xff", 4); /* a length that is not there */
	assert_int_equal(get_text(&reader).size, 0);
	assert_true(reader.failed);
	assert_int_equal(get_u8(&reader), 0);
	reader = reader_of(NULL, 0);
	assert_true(reader_done(&reader));
	assert_int_equal(get_u32(&reader), 0);
	assert_true(reader.failed);
	builder_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_arena_gives_zeroed_aligned_memory_again_after_a_clear),
		cmocka_unit_test(test_an_arena_keeps_to_its_limit),
		cmocka_unit_test(test_copies_are_terminated_behind_their_size),
		cmocka_unit_test(test_an_array_grows_to_twice_its_room_or_stays_as_it_was),
		cmocka_unit_test(test_values_come_back_as_they_were_written),
		cmocka_unit_test(test_reading_never_runs_past_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
