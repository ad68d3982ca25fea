/*
 * Base64: the examples of RFC 4648, and decoding in pieces whatever stands between the digits.
 */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_base64_is_as_rfc_4648_has_it(void **state)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	char text[BASE64_SIZE(6)];
	uint8_t bytes[9];
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct base64_decoder decoder = { 0 };
		assert_string_equal(base64_format(pairs[i][0], strlen(pairs[i][0]), text), pairs[i][1]);
		assert_int_equal(base64_decode(&decoder, text, strlen(text), bytes), strlen(pairs[i][0]));
		assert_memory_equal(bytes, pairs[i][0], strlen(pairs[i][0]));
	}
}

static void test_base64_decodes_in_pieces_past_what_is_no_digit(void **state)
{
	static const char text[] = "Zm\r\n9v Yg==\r\nZm8=!Zm9v";
	struct base64_decoder decoder = { 0 };
	char found[32];
	size_t size = 0;
	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++)
		size += base64_decode(&decoder, text + i, 1, (uint8_t *)found + size);
	assert_int_equal(size, 9);
	assert_memory_equal(found, "foobfofoo", 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64_is_as_rfc_4648_has_it),
		cmocka_unit_test(test_base64_decodes_in_pieces_past_what_is_no_digit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
